toolchainkit_enable_cache(PROJECT messages TOOL ccache SIZE_GB 3)
expect_launcher(C CXX OBJC OBJCXX)
