toolchainkit_enable_cache(PROJECT messages TOOL sccache MIN_VERSION 99)
expect_no_launcher(C CXX)
