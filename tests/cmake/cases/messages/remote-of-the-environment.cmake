# environment: CCACHE_REMOTE_STORAGE=file:/elsewhere CCACHE_NAMESPACE=http://user:taint@host/
# The environment overrides the settings of a call, except for the remote, and for values that may contain a password.
toolchainkit_enable_cache(PROJECT messages TOOL ccache REMOTE folder CCACHE_SETTINGS CCACHE_NAMESPACE=ours
  CCACHE_REMOTE_STORAGE=file:/tmp/toolchainkit-no-such-folder)
