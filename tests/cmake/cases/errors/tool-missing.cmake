toolchainkit_enable_cache(TOOL sccache MIN_VERSION 99 ON_FAILURE fail)
