# ccache knows no HIP.
toolchainkit_enable_cache(PROJECT told TOOL ccache LANGUAGES CUDA HIP)
expect_launcher(CUDA)
expect_no_launcher(HIP)
