toolchainkit_enable_cache(SIZE_GB 0)
