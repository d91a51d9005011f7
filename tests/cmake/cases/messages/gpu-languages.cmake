toolchainkit_enable_cache(PROJECT messages TOOL sccache LANGUAGES CUDA HIP)
expect_launcher(CUDA HIP)
expect_no_launcher(C CXX)
