toolchainkit_enable_cache(PROJECT told TOOL ccache SIZE_GB 3)
expect_launcher(C CXX OBJC OBJCXX)
