toolchainkit_enable_cache(PROJECT messages TOOL sccache REMOTE "redis {SERVER}" SERVERS 127.0.0.1:1 127.0.0.1:2
  SCCACHE_SETTINGS SCCACHE_REDIS_ENDPOINT=tcp://{SERVER})
expect_launcher(C CXX)
