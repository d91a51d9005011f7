# environment: CI_KEY=taint-of/ci TOOLCHAINKIT_LAUNCH=OFF
write_tool(ccache)
toolchainkit_enable_cache(PROJECT ${CASE} TOOL ccache REMOTE folder CCACHE_SETTINGS "CCACHE_NAMESPACE=a'b\"c$d e"
  CCACHE_SECRETS CCACHE_REMOTE_STORAGE=file:/tmp/toolchainkit-no-such-folder/{CI_KEY}/%{CI_KEY})
