# environment: TOOLCHAINKIT_CACHE_TOOL=sccache
set(CMAKE_GENERATOR "Visual Studio 17 2022")
toolchainkit_enable_cache(PROJECT generators)
expect_unset(CMAKE_VS_GLOBALS)
