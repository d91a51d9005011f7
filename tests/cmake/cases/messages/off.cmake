# options: -DTOOLCHAINKIT_CACHE=OFF
toolchainkit_enable_cache(PROJECT messages)
expect_no_launcher(C CXX)
