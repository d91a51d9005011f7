# times: 2
toolchainkit_enable_cache(PROJECT messages)
expect_launcher(C CXX)
