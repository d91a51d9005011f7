# options: -DCMAKE_C_COMPILER_LAUNCHER= -DCMAKE_CXX_COMPILER_LAUNCHER=/usr/bin/env
toolchainkit_enable_cache(PROJECT messages LANGUAGES C CXX)
expect(CMAKE_C_COMPILER_LAUNCHER "")
expect(CMAKE_CXX_COMPILER_LAUNCHER /usr/bin/env)
