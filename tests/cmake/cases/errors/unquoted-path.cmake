toolchainkit_enable_cache(DIR one two)
