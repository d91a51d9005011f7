set(CMAKE_GENERATOR "Visual Studio 17 2022")
toolchainkit_enable_cache(PROJECT generators REMOTE "redis {SERVER}" SERVERS 127.0.0.1:1
  CCACHE_SETTINGS CCACHE_REMOTE_STORAGE=redis://{SERVER})
expect(CMAKE_VS_GLOBALS "CLToolExe=cl\\.exe")
