# options: -DTOOLCHAINKIT_CACHE=OFF
set(CMAKE_SYSTEM_NAME Windows)
toolchainkit_enable_cache(PROJECT microsoft)
expect(CMAKE_MSVC_DEBUG_INFORMATION_FORMAT "^$")
expect(CMAKE_USER_MAKE_RULES_OVERRIDE "^$")
