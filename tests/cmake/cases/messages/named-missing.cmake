# options: -DTOOLCHAINKIT_CACHE_TOOL=/nowhere/sccache
toolchainkit_enable_cache(PROJECT messages)
expect_no_launcher(C CXX)
