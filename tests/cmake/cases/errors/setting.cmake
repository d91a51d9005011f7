toolchainkit_enable_cache(TOOL sccache REMOTE redis SCCACHE_SETTINGS "REDIS ENDPOINT")
