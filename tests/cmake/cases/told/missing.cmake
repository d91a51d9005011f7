# environment: PATH=/usr/bin:/bin
toolchainkit_enable_cache(PROJECT told TOOL sccache)
expect_no_launcher(C CXX)
