toolchainkit_enable_cache(PROJECT told TOOL ccache)
expect_launcher(C CXX)
expect_no_launcher(Fortran Swift ISPC ASM)
