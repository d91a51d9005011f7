# ccache does not support HIP.
toolchainkit_enable_cache(PROJECT messages TOOL ccache LANGUAGES CUDA HIP)
expect_launcher(CUDA)
expect_no_launcher(HIP)
