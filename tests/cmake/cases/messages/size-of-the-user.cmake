# environment: SCCACHE_CACHE_SIZE=4G
toolchainkit_enable_cache(PROJECT user TOOL sccache)
