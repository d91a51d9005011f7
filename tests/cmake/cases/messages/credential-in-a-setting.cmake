# environment: MY_TOKEN=taint-token CCACHE_NAMESPACE=eu-taint-token-1
toolchainkit_enable_cache(PROJECT messages TOOL ccache REMOTE folder CCACHE_SETTINGS CCACHE_NAMESPACE=eu
  CCACHE_REMOTE_STORAGE=file:/tmp/toolchainkit-no-such-folder)
