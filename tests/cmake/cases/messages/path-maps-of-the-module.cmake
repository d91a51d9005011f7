# The option maps only paths in the source folder, and not those in a folder whose name begins with its name.
set(LANGUAGES C)
toolchainkit_enable_cache(PROJECT messages TOOL ccache LANGUAGES C)
function(after_project)
  file(WRITE "${CMAKE_BINARY_DIR}/one.c" "int one;\n")
  add_library(one OBJECT "${CMAKE_BINARY_DIR}/one.c")
endfunction()
