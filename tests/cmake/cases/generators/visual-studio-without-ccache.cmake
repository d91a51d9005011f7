set(CMAKE_GENERATOR "Visual Studio 17 2022")
toolchainkit_enable_cache(PROJECT generators TOOL sccache)
expect_unset(CMAKE_VS_GLOBALS)
