# environment: PATH=/usr/bin:/bin
toolchainkit_enable_cache(PROJECT messages TOOL sccache)
expect_no_launcher(C CXX)
