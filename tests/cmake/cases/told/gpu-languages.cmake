toolchainkit_enable_cache(PROJECT told TOOL sccache LANGUAGES CUDA HIP)
expect_launcher(CUDA HIP)
expect_no_launcher(C CXX)
