set(CMAKE_GENERATOR "Visual Studio 17 2022")
set(CMAKE_GENERATOR_TOOLSET ClangCL)
toolchainkit_enable_cache(PROJECT generators)
expect_unset(CMAKE_VS_GLOBALS)
