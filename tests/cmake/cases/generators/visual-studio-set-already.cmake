set(CMAKE_GENERATOR "Visual Studio 17 2022")
set(CMAKE_VS_GLOBALS A=b CLToolPath=C:/mine)
toolchainkit_enable_cache(PROJECT generators)
expect(CMAKE_VS_GLOBALS "^A=b;CLToolPath=C:/mine$")
