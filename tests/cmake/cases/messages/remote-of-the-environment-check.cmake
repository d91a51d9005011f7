file(READ "${build}/toolchainkit/launcher.json" settings)
if(NOT settings MATCHES "file:/tmp/toolchainkit-no-such-folder" OR settings MATCHES "/elsewhere|taint")
  set(failure "${settings}")
endif()
