toolchainkit_enable_cache(PROJECT told)
toolchainkit_enable_cache(PROJECT told SIZE_GB 3)
