# environment: COVERITY_TOP_CONFIG=/tmp/config.xml
toolchainkit_enable_cache(PROJECT messages LANGUAGES C CXX)
expect_no_launcher(C CXX)
