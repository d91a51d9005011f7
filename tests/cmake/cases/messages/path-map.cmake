# since: 3.19
set(LANGUAGES C)
toolchainkit_enable_cache(PROJECT messages TOOL sccache LANGUAGES C)
function(after_project)
  add_library(other INTERFACE)
  target_compile_options(other INTERFACE "-ffile-prefix-map=${CMAKE_SOURCE_DIR}/=")
endfunction()
