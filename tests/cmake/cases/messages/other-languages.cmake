# No cache supports these languages, although CMake supports launchers for some of them.
toolchainkit_enable_cache(PROJECT messages)
expect_launcher(C CXX)
expect_no_launcher(Fortran Swift ISPC ASM)
