# environment: CMAKE_C_COMPILER_LAUNCHER=/usr/bin/env
toolchainkit_enable_cache(PROJECT messages LANGUAGES C CXX)
expect_no_launcher(C)
expect_launcher(CXX)
