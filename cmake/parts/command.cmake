
# --- the launcher in the commands of the build ------------------------------------------------------------------------

# The value of CMAKE_<LANG>_COMPILER_LAUNCHER: one word, which projects can pass on, except on Windows.
function(_toolchainkit_command out_command)
  string(REPLACE ";" "\\;" command "${folder}/launcher")
  if(CMAKE_GENERATOR MATCHES "^Visual Studio")
    set(command "${folder}/visual-studio")
  elseif(CMAKE_GENERATOR STREQUAL "Xcode")
    # Its setting is one word.
    set(command "${folder}/launcher")
  elseif(CMAKE_HOST_WIN32)
    set(command "${CMAKE_COMMAND}" -E env ${${active}_pairs} "${program}")
  endif()
  set("${out_command}" "${command}" PARENT_SCOPE)
endfunction()
