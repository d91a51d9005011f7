# The launcher of the project would treat ours as the compiler.
file(READ "${build}/build.ninja" ninja)
if(ninja MATCHES "toolchainkit/launcher")
  set(failure "the target has both launchers")
endif()
