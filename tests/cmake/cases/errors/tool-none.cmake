toolchainkit_enable_cache(TOOL none)
