# options: -DTOOLCHAINKIT_CACHE=OFF
toolchainkit_enable_cache(PROJECT told)
expect_no_launcher(C CXX)
