toolchainkit_enable_cache(PROJECT told TOOL ccache REMOTE s3 SCCACHE_SETTINGS SCCACHE_BUCKET=b)
expect_launcher(C CXX)
