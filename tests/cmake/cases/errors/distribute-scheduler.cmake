toolchainkit_enable_cache(TOOL sccache DISTRIBUTE sccache-dist DISTRIBUTE_SCHEDULER "http://user@a" DISTRIBUTE_TOKEN "{A}")
