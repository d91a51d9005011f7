toolchainkit_enable_cache(PROJECT a FOLDER b)
