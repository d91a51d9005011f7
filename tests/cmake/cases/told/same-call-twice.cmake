toolchainkit_enable_cache(PROJECT told)
unset(CMAKE_C_COMPILER_LAUNCHER)
toolchainkit_enable_cache(PROJECT told)
expect_launcher(C)
