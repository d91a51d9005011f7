
# --- the launcher in the commands of the build ------------------------------------------------------------------------

# The value of CMAKE_<LANG>_COMPILER_LAUNCHER. With a launcher, it is one word, so that projects can use it elsewhere.
function(_toolchainkit_command out_command storage)
  string(REPLACE ";" "\\;" command "${launcher_path}")
  if(CMAKE_GENERATOR MATCHES "^Visual Studio")
    set(command "${folder}/visual-studio")
  elseif(CMAKE_GENERATOR STREQUAL "Xcode")
    # The setting of Xcode must be one word.
    set(command "${folder}/launcher")
  elseif(launch STREQUAL "command")
    _toolchainkit_windows_command(command "${storage}")
  endif()
  set("${out_command}" "${command}" PARENT_SCOPE)
endfunction()

# The tool with its settings, without a script. In a value, a semicolon separates folders.
function(_toolchainkit_windows_command out_command storage)
  set(command "${CMAKE_COMMAND}" -E env)
  _toolchainkit_get(names "${storage}" names)
  foreach(name IN LISTS names)
    _toolchainkit_get(value "${storage}" "value_${name}")
    string(REPLACE ";" "\\;" value "${value}")
    list(APPEND command "${name}=${value}")
  endforeach()
  list(APPEND command "${program}")
  set("${out_command}" "${command}" PARENT_SCOPE)
endfunction()
