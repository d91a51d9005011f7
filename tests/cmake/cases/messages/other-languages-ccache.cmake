toolchainkit_enable_cache(PROJECT messages TOOL ccache)
expect_launcher(C CXX)
expect_no_launcher(Fortran Swift ISPC ASM)
