# environment: SCCACHE_DIR=/tmp/toolchainkit-elsewhere SCCACHE_CACHE_SIZE=3G
# The settings of the environment may be for the remote, so the local cache in its place does not use them.
toolchainkit_enable_cache(PROJECT messages TOOL sccache REMOTE redis SERVERS 127.0.0.1:1
  SCCACHE_SETTINGS SCCACHE_REDIS_ENDPOINT=tcp://{SERVER})
