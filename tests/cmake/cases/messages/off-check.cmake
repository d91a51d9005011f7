file(READ "${build}/toolchainkit/cache.json" summary)
if(NOT summary MATCHES "\"mode\": \"none\"" OR EXISTS "${build}/toolchainkit/launcher")
  set(failure "${summary}")
endif()
