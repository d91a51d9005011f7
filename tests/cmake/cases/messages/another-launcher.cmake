# since: 3.19
set(LANGUAGES C)
toolchainkit_enable_cache(PROJECT messages TOOL ccache LANGUAGES C)
function(after_project)
  set(CMAKE_C_COMPILER_LAUNCHER /usr/bin/env)
  file(WRITE "${CMAKE_BINARY_DIR}/one.c" "int one;\n")
  file(WRITE "${CMAKE_BINARY_DIR}/two.c" "int two;\n")
  add_library(other OBJECT "${CMAKE_BINARY_DIR}/one.c" "${CMAKE_BINARY_DIR}/two.c")
endfunction()
