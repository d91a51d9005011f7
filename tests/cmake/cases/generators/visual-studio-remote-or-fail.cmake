set(CMAKE_GENERATOR "Visual Studio 17 2022")
toolchainkit_enable_cache(PROJECT generators REMOTE redis ON_FAILURE fail CCACHE_SETTINGS CCACHE_REMOTE_STORAGE=redis://h)
