toolchainkit_enable_cache(PROJECT messages TOOL ccache REMOTE s3 SCCACHE_SETTINGS SCCACHE_BUCKET=b)
expect_launcher(C CXX)
