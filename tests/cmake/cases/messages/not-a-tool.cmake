# environment: TOOLCHAINKIT_CACHE_TOOL=/bin/true
toolchainkit_enable_cache(PROJECT messages)
