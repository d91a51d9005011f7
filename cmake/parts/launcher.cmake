# --- the launcher ---------------------------------------------------------------------------------------------------

function(_toolchainkit_launcher_text out_text out_functions)
  list(GET ARGN 0 active)
  _toolchainkit_sh_quote(quoted_program "${program}")
  _toolchainkit_sh_quote(quoted_folder "${folder}")
  _toolchainkit_sh_quote(quoted_source "${CMAKE_SOURCE_DIR}")
  _toolchainkit_sh_quote(quoted_build "${CMAKE_BINARY_DIR}")
  _toolchainkit_processor(processor)
  set(text "#!/bin/sh
# Written by ToolchainKit.cmake at configure time; changes get lost. Runs a compiler through ${tool}:
#   launcher COMPILER ARGUMENTS...   compiles
#   launcher -OPTION...              runs ${tool} itself, on the same cache
# Secrets are taken from the environment; none is in this file.
tk_tool=${quoted_program}
tk_folder=${quoted_folder}
tk_processor=${processor}
tk_source=${quoted_source}
tk_build=${quoted_build}
tk_missing=
")
  _toolchainkit_launcher_parts()
  string(APPEND text "${${tool}_clear}")
  foreach(storage IN LISTS ARGN)
    if(${storage}_secrets MATCHES "tk_percent_encode")
      string(APPEND text "${encoding_part}")
      break()
    endif()
  endforeach()
  string(APPEND text "${common_part}")
  foreach(storage IN LISTS ARGN)
    _toolchainkit_sh_quote(quoted_run "${${storage}_run}")
    string(APPEND text "\ntk_use_${storage}() {\n  tk_storage=${storage}\n  tk_run=${quoted_run}\n${${storage}_secrets}  tk_clear\n"
      "${${storage}_environment}  export${${storage}_names}\n}\n")
  endforeach()
  string(APPEND text "\ntk_use_${active}\n")
  _toolchainkit_launcher_functions()
  if(tool STREQUAL "ccache")
    set(functions "${shared_functions}${ccache_functions}")
    if(version VERSION_GREATER_EQUAL 4.14)
      set(assembler_part "")
    endif()
    string(APPEND text "${option_part}${assembler_part}${compiler_part}${ccache_part}")
  else()
    set(functions "${shared_functions}${sccache_functions}")
    if(version VERSION_LESS 0.9)
      string(APPEND functions "${port_functions}")
      set(address_part "${port_part}")
    else()
      string(APPEND functions "${stop_functions}${socket_functions}")
      set(address_part "${socket_part}")
    endif()
    if(arg_RELOCATABLE AND version VERSION_GREATER_EQUAL 0.14)
      string(APPEND functions "${paths_functions}")
    else()
      set(paths_part "")
    endif()
    string(APPEND text "${address_part}${run_part}${option_part}${assembler_part}${compiler_part}${lines_part}${paths_part}${sccache_part}")
  endif()
  set("${out_text}" "${text}" PARENT_SCOPE)
  set("${out_functions}" "${functions}" PARENT_SCOPE)
endfunction()

# Names the kind of processor, for options that mean another thing on another one.
function(_toolchainkit_processor out_name)
  cmake_host_system_information(RESULT description QUERY PROCESSOR_DESCRIPTION)
  if(EXISTS /proc/cpuinfo)
    file(STRINGS /proc/cpuinfo features REGEX "^(flags|Features)" LIMIT_COUNT 1)
    string(APPEND description "${features}")
  endif()
  string(SHA256 name "${description}")
  string(SUBSTRING "${name}" 0 16 name)
  set("${out_name}" "${name}" PARENT_SCOPE)
endfunction()

# The launcher in sh, in two files: what each compilation needs, and functions for all else, since sh reads a file again
# each time. Whatever fails in here must end in the compiler being run.
macro(_toolchainkit_launcher_parts)
  set(ccache_clear [=[

@launcher/ccache_clear.sh@
]=])

  set(sccache_clear [=[

@launcher/sccache_clear.sh@
]=])

  set(encoding_part [=[

@launcher/encoding_part.sh@
]=])

  set(common_part [=[

@launcher/common_part.sh@
]=])

  set(option_part [=[

@launcher/option_part.sh@
]=])

  # Neither sccache nor ccache before 4.14 see all files that an assembler statement includes, and which these are cannot be
  # told. CMake's commands end with the source.
  set(assembler_part [=[
@launcher/assembler_part.sh@
]=])

  set(compiler_part [=[
@launcher/compiler_part.sh@
]=])

  set(ccache_part [=[
@launcher/ccache_part.sh@
]=])

  set(socket_part [=[
@launcher/socket_part.sh@
]=])

  set(run_part [=[

@launcher/run_part.sh@
]=])

  set(lines_part [=[
@launcher/lines_part.sh@
]=])

  # Base directories are taken out of the text that sccache hashes, also where a string begins with one.
  set(paths_part [=[
@launcher/paths_part.sh@
]=])

  set(sccache_part [=[
@launcher/sccache_part.sh@
]=])

  # Before 0.9 there are only ports. A port has one owner, so that the client's own way to start a daemon is right.
  set(port_part [=[
@launcher/port_part.sh@
]=])
endmacro()

macro(_toolchainkit_launcher_functions)
  set(shared_functions [=[
@launcher/shared_functions.sh@
]=])

  set(ccache_functions [=[

@launcher/ccache_functions.sh@
]=])

  set(sccache_functions [=[

@launcher/sccache_functions.sh@
]=])

  # Also run by itself, when a project is configured.
  set(stop_functions [=[

@launcher/stop_functions.sh@
]=])

  set(socket_functions [=[

@launcher/socket_functions.sh@
]=])

  set(paths_functions [=[

@launcher/paths_functions.sh@
]=])

  set(port_functions [=[

@launcher/port_functions.sh@
]=])
endmacro()

