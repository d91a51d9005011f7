# environment: CODEQL_TRACER_LANGUAGES=cpp
# options: -DTOOLCHAINKIT_CACHE=ON
toolchainkit_enable_cache(PROJECT messages LANGUAGES C CXX)
expect_launcher(C CXX)
