# environment: TOOLCHAINKIT_LAUNCH=OFF
toolchainkit_enable_cache(PROJECT ${CASE} TOOL ccache LANGUAGES C)
