# environment: CI_KEY=taint-of-ci SCCACHE_BUCKET=planted TOOLCHAINKIT_LAUNCH=OFF
# The local disk as a remote: sccache needs no credentials for it, but its daemon gets them.
write_tool(sccache)
toolchainkit_enable_cache(PROJECT ${CASE} TOOL sccache REMOTE disk SCCACHE_SETTINGS SCCACHE_LOCAL_RW_MODE=READ_WRITE
  SCCACHE_SECRETS "SCCACHE_WEBDAV_PASSWORD=<{CI_KEY}'>" AWS_ACCESS_KEY_ID={CI_KEY})
