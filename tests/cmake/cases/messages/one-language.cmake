toolchainkit_enable_cache(PROJECT messages LANGUAGES CXX)
expect_launcher(CXX)
expect_no_launcher(C OBJC OBJCXX)
