toolchainkit_enable_cache(PROJECT messages TOOL sccache)
expect_launcher(C CXX OBJC OBJCXX)
expect_no_launcher(CUDA HIP Fortran ISPC Swift ASM)
