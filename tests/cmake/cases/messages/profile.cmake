toolchainkit_enable_cache(PROJECT messages PROFILE ci)
