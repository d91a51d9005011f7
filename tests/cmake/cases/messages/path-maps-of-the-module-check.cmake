file(STRINGS "${build}/build.ninja" flags REGEX "^ *FLAGS = ")
if(NOT flags MATCHES "-fmacro-prefix-map=${source}/=\\./( |$)" OR NOT flags MATCHES "-fmacro-prefix-map=${build}=\\./build( |$)")
  set(failure "${flags}")
endif()
