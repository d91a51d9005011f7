# environment: CODEQL_TRACER_LANGUAGES=cpp
toolchainkit_enable_cache(PROJECT messages LANGUAGES C CXX)
expect_no_launcher(C CXX)
