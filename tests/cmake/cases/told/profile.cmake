toolchainkit_enable_cache(PROJECT told PROFILE ci)
