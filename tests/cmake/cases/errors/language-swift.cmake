toolchainkit_enable_cache(LANGUAGES C Swift)
