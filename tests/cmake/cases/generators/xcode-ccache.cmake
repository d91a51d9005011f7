# The launcher for Xcode must be one word, without the arguments that other generators get.
set(CMAKE_GENERATOR Xcode)
toolchainkit_enable_cache(PROJECT generators TOOL ccache)
expect(CMAKE_XCODE_ATTRIBUTE_C_COMPILER_LAUNCHER "^[^;]*/toolchainkit/launcher$")
