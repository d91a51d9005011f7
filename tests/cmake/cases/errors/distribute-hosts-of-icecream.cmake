toolchainkit_enable_cache(TOOL ccache DISTRIBUTE icecream DISTRIBUTE_HOSTS a)
