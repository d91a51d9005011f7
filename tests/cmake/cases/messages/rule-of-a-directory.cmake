# since: 3.19
set(LANGUAGES C)
toolchainkit_enable_cache(PROJECT messages TOOL ccache LANGUAGES C)
function(after_project)
  file(WRITE "${CMAKE_BINARY_DIR}/one.c" "int one;\n")
  add_library(other OBJECT "${CMAKE_BINARY_DIR}/one.c")
  set_property(DIRECTORY PROPERTY RULE_LAUNCH_COMPILE /usr/bin/env)
endfunction()
