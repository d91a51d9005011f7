# times: 2
toolchainkit_enable_cache(PROJECT told)
expect_launcher(C CXX)
