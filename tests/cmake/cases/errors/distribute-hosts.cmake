toolchainkit_enable_cache(TOOL ccache DISTRIBUTE distcc)
