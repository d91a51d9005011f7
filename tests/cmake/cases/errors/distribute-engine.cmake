toolchainkit_enable_cache(TOOL ccache DISTRIBUTE fastcc DISTRIBUTE_HOSTS a)
