# No cache takes these; CMake has launchers for some.
toolchainkit_enable_cache(PROJECT told)
expect_launcher(C CXX)
expect_no_launcher(Fortran Swift ISPC ASM)
