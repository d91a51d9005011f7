toolchainkit_enable_cache(PROJECT messages)
toolchainkit_enable_cache(PROJECT messages SIZE_GB 3)
