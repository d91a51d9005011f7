# SPDX-License-Identifier: MIT OR Apache-2.0
#[=======================================================================[.rst:
ToolchainKit
------------

Makes a build use a compiler cache (sccache or ccache), local or shared, whichever way the build is started, and never
at the price of the build: without the tool, the network or a credential the project still compiles.

.. code-block:: cmake

  include(cmake/ToolchainKit.cmake)
  toolchainkit_enable_cache()

Works in a toolchain file and in a ``CMakeLists.txt``, before or after ``project()``, from CMake 3.15, with the Ninja and
Makefile generators; for Xcode and Visual Studio it sets what takes the place of a launcher there. This file stands alone:
copy it into a project and commit it.

.. command:: toolchainkit_enable_cache

  ::

    toolchainkit_enable_cache(
      [PROJECT <name>] [PROJECT_DIR <dir>] [PROFILE <name>]
      [TOOL <sccache|ccache>...] [MIN_VERSION <version>] [LANGUAGES <lang>...]
      [DIR <path>] [SIZE_GB <n>] [ON_FAILURE <fallback|fail>] [RELOCATABLE <bool>] [DIRECT_MODE <bool>]
      [REMOTE <text>] [SERVERS <host:port>...]
      [<SCCACHE|CCACHE>_SETTINGS <NAME=VALUE>...] [<SCCACHE|CCACHE>_SECRETS <NAME=TEMPLATE>...]
      [<SCCACHE|CCACHE>_SINCE <NAME=VERSION>...] [<SCCACHE|CCACHE>_REQUIRES <NAME=VERSION>...])

  ``PROJECT``
    Names the local cache folder. Default: the name of the top project, or before ``project()`` that of its folder;
    where ``PROJECT_DIR`` is another project, the name of that one.
  ``PROJECT_DIR``
    What ``DIR`` is relative to. Default: the top source folder.
  ``PROFILE``
    Appears in the status line.
  ``TOOL``
    The tools to try, best first. Default: ``sccache ccache``.
  ``MIN_VERSION``
    The oldest version of the tool to use.
  ``LANGUAGES``
    Default: ``C CXX OBJC OBJCXX``. ``CUDA`` and ``HIP`` (sccache only) on request.
  ``DIR``, ``SIZE_GB``
    Place and size limit of the local cache. Default: the user's cache folder, 10.
  ``ON_FAILURE``
    When the remote cannot be used: ``fallback`` (default) to the local cache, or ``fail``.
  ``RELOCATABLE``
    Whether a checkout in another folder may hit. Default: ``ON``.
  ``DIRECT_MODE``
    Whether hits are found by the contents of headers, without the preprocessor. Faster, but the tools then do not see a new
    header that comes earlier in the search path, nor one for which ``__has_include`` asks. sccache cannot do it where
    ``RELOCATABLE`` is on. Default: ``OFF``.
  ``REMOTE``
    What to call the remote cache in messages; given if there is one.
  ``SERVERS``
    Addresses to knock at before the remote is used. The first that answers replaces ``{SERVER}`` in ``REMOTE``, settings and
    secrets.
  ``<TOOL>_SETTINGS``
    The remote, as environment variables of the tool.
  ``<TOOL>_SECRETS``
    The same for what must not be written down: ``{VAR}`` in the template stands for the value of the environment
    variable ``VAR``, ``%{VAR}`` for its percent-encoded value. CMake never reads these values; the launcher does.
  ``<TOOL>_SINCE``
    A setting that older versions of the tool do not know, and would better not get.
  ``<TOOL>_REQUIRES``
    A setting without which the remote must not be used at all.

.. command:: toolchainkit_external_project_arguments

  ::

    toolchainkit_external_project_arguments(<variable>)

  Stores what takes the toolchain file, the profile and the cache of this build, with its launcher and its daemon, to a
  build that it starts. To be called after ``project()``:

  .. code-block:: cmake

    toolchainkit_external_project_arguments(arguments)
    ExternalProject_Add(parts ... CMAKE_CACHE_ARGS ${arguments} -DOTHER:STRING=...)

  A build inside of this build folder that gets nothing but ``CMAKE_TOOLCHAIN_FILE`` uses the cache as well.

.. command:: toolchainkit_set_compiler

  ::

    toolchainkit_set_compiler(<lang> <compiler> [<argument>])

  For toolchain files: sets ``CMAKE_<LANG>_COMPILER`` unless the user, a preset or another toolchain has, or, where the build
  is for the machine that builds, the environment by ``CC``, ``CXX``, ``FC``, …. CMake reads a compiler once for a build
  folder; that another one is passed over later is said in one line.

.. command:: toolchainkit_set_flags

  ::

    toolchainkit_set_flags([<variable> <flags>]...)

  For toolchain files: ``CMAKE_CXX_FLAGS`` and the like start with these flags, behind those of another toolchain. In a build
  folder that has them already, and of which the user has not changed them, they follow a change, also to none.

.. command:: toolchainkit_set_cache_entry

  ::

    toolchainkit_set_cache_entry(<variable> <type> <value>)

  For toolchain files: a cache entry that follows a change of the value here, unless the user has set another one.

Variables:

``TOOLCHAINKIT_CACHE``
  ``OFF`` disables everything here.
``TOOLCHAINKIT_CACHE_TOOL``
  Path or name of the tool, also as an environment variable. Goes before ``PATH``.
``CMAKE_<LANG>_COMPILER_LAUNCHER``
  Set by this module only where neither the user nor the project nor the environment did; an empty value counts as set.

``CMAKE_MSVC_DEBUG_INFORMATION_FORMAT``, ``CMAKE_USER_MAKE_RULES_OVERRIDE``
  Set for Windows where nobody else did, so that debug information goes into the objects.
``CMAKE_XCODE_ATTRIBUTE_C_COMPILER_LAUNCHER``, ``CMAKE_VS_GLOBALS``
  What Xcode and Visual Studio have instead of launchers. A launcher or a ``CLToolPath`` that is there already stays.

An environment variable of the tool that is set while configuring and differs (``SCCACHE_DIR``, ``CCACHE_MAXSIZE``, …)
replaces that one setting, and the status line says so.
#]=======================================================================]
include_guard(GLOBAL)

if(CMAKE_VERSION VERSION_LESS 3.15)
  message(FATAL_ERROR "toolchainkit: CMake 3.15 or newer is needed, this is ${CMAKE_VERSION}.")
endif()

cmake_policy(PUSH)
cmake_policy(VERSION 3.15...3.31)

set_property(GLOBAL PROPERTY _TOOLCHAINKIT_MODULE "${CMAKE_CURRENT_LIST_FILE}")

# The private functions below are parts of this one: by CMake's dynamic scope they read its arguments (arg_…) and what
# _toolchainkit_decide finds out (tool, version, program, folder, notes); results go into the names they are given.
function(toolchainkit_enable_cache)
  get_property(in_try_compile GLOBAL PROPERTY IN_TRY_COMPILE)
  if(in_try_compile)
    return()
  endif()
  cmake_parse_arguments(PARSE_ARGV 0 arg ""
    "PROJECT;PROJECT_DIR;PROFILE;MIN_VERSION;DIR;SIZE_GB;ON_FAILURE;RELOCATABLE;DIRECT_MODE;REMOTE"
    "TOOL;LANGUAGES;SERVERS;SCCACHE_SETTINGS;SCCACHE_SECRETS;SCCACHE_SINCE;SCCACHE_REQUIRES;CCACHE_SETTINGS;CCACHE_SECRETS;CCACHE_SINCE;CCACHE_REQUIRES")
  if(DEFINED arg_UNPARSED_ARGUMENTS)
    list(JOIN arg_UNPARSED_ARGUMENTS " " arg_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "toolchainkit: toolchainkit_enable_cache does not know: ${arg_UNPARSED_ARGUMENTS}")
  endif()
  _toolchainkit_defaults()

  # A toolchain file is read twice, and a project may call again: the first call decides for the whole build.
  get_property(first_call GLOBAL PROPERTY _TOOLCHAINKIT_CALL)
  if("${first_call}" STREQUAL "")
    set(call "called ${ARGV}")
    set_property(GLOBAL PROPERTY _TOOLCHAINKIT_CALL "${call}")
    _toolchainkit_decide(launcher languages)
    set_property(GLOBAL PROPERTY _TOOLCHAINKIT_LAUNCHER "${launcher}")
    set_property(GLOBAL PROPERTY _TOOLCHAINKIT_LANGUAGES "${languages}")
  elseif(NOT "${first_call}" STREQUAL "called ${ARGV}")
    message(AUTHOR_WARNING "toolchainkit: toolchainkit_enable_cache was called before with other arguments, which stay in force.")
  endif()
  get_property(launcher GLOBAL PROPERTY _TOOLCHAINKIT_LAUNCHER)
  get_property(languages GLOBAL PROPERTY _TOOLCHAINKIT_LANGUAGES)
  get_property(tool GLOBAL PROPERTY _TOOLCHAINKIT_TOOL)
  if("${launcher}" STREQUAL "")
    return()
  endif()
  if(CMAKE_GENERATOR STREQUAL "Xcode")
    _toolchainkit_set_xcode_attributes()
  elseif(CMAKE_GENERATOR MATCHES "^Visual Studio")
    _toolchainkit_set_visual_studio_globals()
  else()
    foreach(language IN LISTS languages)
      _toolchainkit_is_free(free "${language}")
      if(free)
        set("CMAKE_${language}_COMPILER_LAUNCHER" "${launcher}" PARENT_SCOPE)
      endif()
    endforeach()
  endif()

  _toolchainkit_care_for_precompiled_headers()
  _toolchainkit_care_for_paths()
  if(CMAKE_HOST_WIN32 OR CMAKE_SYSTEM_NAME STREQUAL "Windows")
    _toolchainkit_care_for_microsofts_compilers()
    _toolchainkit_defer_naming_of_precompiled_headers()
  endif()
endfunction()

function(toolchainkit_external_project_arguments out_arguments)
  set(cache OFF)
  if(EXISTS "${CMAKE_BINARY_DIR}/toolchainkit/nested.cmake")
    set(cache ON)
  endif()
  # In any case, since the cache of the other build keeps what it got before.
  set(arguments "-DTOOLCHAINKIT_CACHE:BOOL=${cache}" "-DTOOLCHAINKIT_PROFILE:STRING=${TOOLCHAINKIT_PROFILE}")
  if(NOT "${CMAKE_TOOLCHAIN_FILE}" STREQUAL "")
    list(APPEND arguments "-DCMAKE_TOOLCHAIN_FILE:FILEPATH=${CMAKE_TOOLCHAIN_FILE}")
  endif()
  if(cache)
    get_property(module GLOBAL PROPERTY _TOOLCHAINKIT_MODULE)
    _toolchainkit_quote(module "${module}")
    _toolchainkit_quote(enclosing "${CMAKE_BINARY_DIR}/toolchainkit/nested.cmake")
    _toolchainkit_write_if_changed("${CMAKE_BINARY_DIR}/toolchainkit/project-include.cmake"
      "# Written by ToolchainKit.cmake for builds that this one starts and whose toolchain file, if any, has no cache.
get_property(_toolchainkit_call GLOBAL PROPERTY _TOOLCHAINKIT_CALL)
set(_toolchainkit_enclosing ${enclosing})
if(\"\${_toolchainkit_call}\" STREQUAL \"\" AND EXISTS \"\${_toolchainkit_enclosing}\")
  include(${module})
  toolchainkit_enable_cache()
endif()
")
    list(APPEND arguments "-DCMAKE_PROJECT_INCLUDE:FILEPATH=${CMAKE_BINARY_DIR}/toolchainkit/project-include.cmake")
  endif()
  set("${out_arguments}" "${arguments}" PARENT_SCOPE)
endfunction()

# --- deciding, once per configure -------------------------------------------------------------------------------------

function(_toolchainkit_defaults)
  # The name that project() gives is the same in every checkout; it is known in a toolchain file, too.
  set(PROJECT "${CMAKE_PROJECT_NAME}")
  if(PROJECT STREQUAL "" OR PROJECT STREQUAL "Project")
    get_filename_component(PROJECT "${CMAKE_SOURCE_DIR}" NAME)
  endif()
  # A package that vcpkg or Conan builds with the project's toolchain file shares the cache and the daemon of the project.
  if(NOT "${arg_PROJECT_DIR}" STREQUAL "" AND NOT "${arg_PROJECT_DIR}" STREQUAL "${CMAKE_SOURCE_DIR}"
      AND EXISTS "${arg_PROJECT_DIR}/CMakeLists.txt")
    file(STRINGS "${arg_PROJECT_DIR}/CMakeLists.txt" line LIMIT_COUNT 1
      REGEX "^[ \t]*[Pp][Rr][Oo][Jj][Ee][Cc][Tt][ \t]*\\([ \t]*[A-Za-z0-9_.+-]+")
    if(line MATCHES "\\([ \t]*([A-Za-z0-9_.+-]+)")
      set(PROJECT "${CMAKE_MATCH_1}")
    endif()
  endif()
  set(PROJECT_DIR "${CMAKE_SOURCE_DIR}")
  set(TOOL sccache ccache)
  set(LANGUAGES C CXX OBJC OBJCXX)
  set(SIZE_GB 10)
  set(ON_FAILURE fallback)
  set(RELOCATABLE ON)
  set(DIRECT_MODE OFF)
  foreach(name IN ITEMS PROJECT PROJECT_DIR TOOL LANGUAGES SIZE_GB ON_FAILURE RELOCATABLE DIRECT_MODE)
    if("${arg_${name}}" STREQUAL "")
      set("arg_${name}" "${${name}}" PARENT_SCOPE)
    else()
      set("${name}" "${arg_${name}}")
    endif()
  endforeach()
  if(NOT ON_FAILURE MATCHES "^(fallback|fail)$")
    message(FATAL_ERROR "toolchainkit: ON_FAILURE is fallback or fail, not ${ON_FAILURE}")
  endif()
  foreach(language IN LISTS LANGUAGES)
    # sccache fails with a compiler that it does not know, and with it the build.
    if(NOT language MATCHES "^(C|CXX|OBJC|OBJCXX|CUDA|HIP)$")
      message(FATAL_ERROR "toolchainkit: LANGUAGES are C, CXX, OBJC, OBJCXX, CUDA and HIP; no cache takes ${language}")
    endif()
  endforeach()
  if(NOT SIZE_GB MATCHES "^[1-9][0-9]*$")
    message(FATAL_ERROR "toolchainkit: SIZE_GB is a whole number of GiB, not ${SIZE_GB}")
  endif()
endfunction()

function(_toolchainkit_is_free out_free language)
  if(DEFINED "CMAKE_${language}_COMPILER_LAUNCHER" OR DEFINED "ENV{CMAKE_${language}_COMPILER_LAUNCHER}")
    set("${out_free}" FALSE PARENT_SCOPE)
  else()
    set("${out_free}" TRUE PARENT_SCOPE)
  endif()
endfunction()

# Everything that happens once per configure. An empty launcher: none is to be set.
function(_toolchainkit_decide out_launcher out_languages)
  set("${out_launcher}" "" PARENT_SCOPE)
  set(folder "${CMAKE_BINARY_DIR}/toolchainkit")
  set(notes "")
  set(tool "")
  set(version "")
  set(program "")
  set(override TRUE)
  if(DEFINED TOOLCHAINKIT_CACHE AND NOT TOOLCHAINKIT_CACHE)
    _toolchainkit_no_cache(STATUS "switched off by TOOLCHAINKIT_CACHE=${TOOLCHAINKIT_CACHE}")
    return()
  endif()
  _toolchainkit_look_at_generator(reason)
  if(NOT reason STREQUAL "")
    _toolchainkit_no_cache(NOTICE "${reason}")
    return()
  endif()
  set(free_languages "")
  foreach(language IN LISTS arg_LANGUAGES)
    _toolchainkit_is_free(free "${language}")
    if(free)
      list(APPEND free_languages "${language}")
    endif()
  endforeach()
  if(free_languages STREQUAL "")
    _toolchainkit_no_cache(STATUS "the compiler launchers are set already, and stay as they are")
    return()
  endif()

  _toolchainkit_enclosing_build(command languages)
  if(NOT command STREQUAL "")
    _toolchainkit_care_for_modules()
    set_property(GLOBAL PROPERTY _TOOLCHAINKIT_MAPS_PATHS "${enclosing_maps_paths}")
    set("${out_launcher}" "${command}" PARENT_SCOPE)
    set("${out_languages}" "${languages}" PARENT_SCOPE)
    return()
  endif()

  _toolchainkit_user_folder(user_folder)
  _toolchainkit_find_tool(tool version program reason)
  if(tool STREQUAL "")
    if(arg_ON_FAILURE STREQUAL "fail")
      message(FATAL_ERROR "toolchainkit: ${reason}")
    endif()
    _toolchainkit_no_cache(NOTICE "${reason}")
    return()
  endif()
  if(tool STREQUAL "ccache")
    list(REMOVE_ITEM free_languages HIP)
  endif()
  if(CMAKE_GENERATOR MATCHES "^Visual Studio" AND (tool STREQUAL "sccache" OR version VERSION_LESS 4.6))
    _toolchainkit_no_cache(NOTICE
      "the generator ${CMAKE_GENERATOR} works with ccache 4.6 or newer only, and ${program} is ${tool} ${version}")
    return()
  endif()

  set(mode "none")
  set(reason "")
  if(NOT "${arg_REMOTE}" STREQUAL "")
    _toolchainkit_try_remote()
  endif()
  if(mode STREQUAL "none")
    _toolchainkit_try_local()
  endif()
  if(mode STREQUAL "none")
    _toolchainkit_no_cache(NOTICE "${reason}")
    return()
  endif()
  _toolchainkit_care_for_modules()
  if(CMAKE_GENERATOR MATCHES "^Visual Studio")
    _toolchainkit_write_visual_studio_files()
  endif()
  _toolchainkit_maps_paths(maps_paths)
  set_property(GLOBAL PROPERTY _TOOLCHAINKIT_MAPS_PATHS "${maps_paths}")
  _toolchainkit_write_summary("${reason}")
  _toolchainkit_tell("${reason}")
  _toolchainkit_command(command)
  _toolchainkit_write_nested()
  set("${out_launcher}" "${command}" PARENT_SCOPE)
  set("${out_languages}" "${free_languages}" PARENT_SCOPE)
  set_property(GLOBAL PROPERTY _TOOLCHAINKIT_TOOL "${tool}")
endfunction()

# Sets mode and active if the remote can be used, and otherwise the reason.
macro(_toolchainkit_try_remote)
  if(CMAKE_GENERATOR MATCHES "^Visual Studio")
    set(server "")
    set(reason "cannot be used with Visual Studio, which hands no settings on")
  else()
    _toolchainkit_find_server(server reason)
  endif()
  string(REPLACE "{SERVER}" "${server}" remote_name "${arg_REMOTE}")
  if(reason STREQUAL "")
    set(storages remote)
    _toolchainkit_storage(remote TRUE)
    if(NOT remote_secrets STREQUAL "")
      # Where a secret is missing at build time, the launcher has another cache to go to.
      list(APPEND storages local)
      _toolchainkit_storage(local FALSE)
    endif()
    _toolchainkit_activate(reason ${storages})
  endif()
  if(reason STREQUAL "")
    set(mode remote)
    set(active remote)
  else()
    set(reason "remote ${remote_name} ${reason}")
    if(arg_ON_FAILURE STREQUAL "fail")
      message(FATAL_ERROR "toolchainkit: ${reason}")
    endif()
    # The environment was made for the remote: nothing in it may follow into the local cache.
    set(notes "")
    set(override FALSE)
  endif()
endmacro()

# The same for the local cache; the reason may be that of the remote already.
macro(_toolchainkit_try_local)
  _toolchainkit_storage(local "${override}")
  _toolchainkit_activate(local_reason local)
  if(local_reason STREQUAL "")
    set(mode local)
    set(active local)
  else()
    if(NOT reason STREQUAL "")
      string(APPEND reason ", and ")
    endif()
    string(APPEND reason "${tool} ${version} ${local_reason}")
    if(arg_ON_FAILURE STREQUAL "fail")
      message(FATAL_ERROR "toolchainkit: ${reason}")
    endif()
  endif()
endmacro()

# What _toolchainkit_enclosing_build reads.
function(_toolchainkit_write_nested)
  _toolchainkit_quote(quoted "${command}")
  _toolchainkit_write_if_changed("${folder}/nested.cmake" "# Written by ToolchainKit.cmake for builds inside of this one: their cache is the one of this build.
set(enclosing_call ${call_id})
set(enclosing_command ${quoted})
set(enclosing_languages \"${free_languages}\")
set(enclosing_maps_paths ${maps_paths})
")
endfunction()

# The launcher of a build of the same configuration in whose folder this one lies, as those of ExternalProject do. With a
# cache of its own, this one would stop the daemon, amid compilations, to teach it its source folder.
function(_toolchainkit_enclosing_build out_command out_languages)
  set("${out_command}" "" PARENT_SCOPE)
  string(SHA256 call_id "${call}")
  set(call_id "${call_id}" PARENT_SCOPE)
  set(file "${_toolchainkit_enclosing}")
  set(parent "${CMAKE_BINARY_DIR}")
  while("${file}" STREQUAL "")
    set(child "${parent}")
    get_filename_component(parent "${child}" DIRECTORY)
    if(parent STREQUAL child OR parent STREQUAL "")
      return()
    elseif(EXISTS "${parent}/toolchainkit/nested.cmake")
      set(file "${parent}/toolchainkit/nested.cmake")
    endif()
  endwhile()
  include("${file}")
  if("${_toolchainkit_enclosing}" STREQUAL "" AND NOT enclosing_call STREQUAL call_id)
    return()
  endif()
  set(languages "")
  foreach(language IN LISTS enclosing_languages)
    if(language IN_LIST free_languages)
      list(APPEND languages "${language}")
    endif()
  endforeach()
  get_filename_component(place "${file}" DIRECTORY)
  _toolchainkit_write_if_changed("${place}/nested-users" "yes\n")
  get_filename_component(place "${place}" DIRECTORY)
  message(STATUS "toolchainkit: the cache of ${place}")
  set("${out_command}" "${enclosing_command}" PARENT_SCOPE)
  set("${out_languages}" "${languages}" PARENT_SCOPE)
  set(enclosing_maps_paths "${enclosing_maps_paths}" PARENT_SCOPE)
endfunction()

# --- what generated toolchain files call ------------------------------------------------------------------------------

# The environment variable from which CMake takes the compiler of a language.
function(_toolchainkit_compiler_variable out_name language)
  set(names C CC CXX CXX OBJC OBJC OBJCXX OBJCXX CUDA CUDACXX HIP HIPCXX ASM ASM Fortran FC)
  list(FIND names "${language}" index)
  math(EXPR index "${index} + 1")
  list(GET names "${index}" name)
  set("${out_name}" "${name}" PARENT_SCOPE)
endfunction()

# `zig cc` as one program: sccache asks `zig` alone what it is, and then fails. The version is in the script since the
# tools take a compiler for another one when its bytes are.
function(_toolchainkit_compiler_program out_program program)
  set("${out_program}" "${program};${ARGN}" PARENT_SCOPE)
  if("${ARGN}" STREQUAL "")
    set("${out_program}" "${program}" PARENT_SCOPE)
    return()
  endif()
  get_property(in_try_compile GLOBAL PROPERTY IN_TRY_COMPILE)
  if(CMAKE_HOST_WIN32 OR in_try_compile)
    return()
  endif()
  execute_process(COMMAND "${program}" version OUTPUT_VARIABLE version OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET
    RESULT_VARIABLE result)
  if(NOT result EQUAL 0)
    return()
  endif()
  get_filename_component(name "${program}" NAME)
  string(REPLACE ";" "-" name "${name}-${ARGN}")
  set(words "")
  foreach(word IN ITEMS "${program}" ${ARGN})
    _toolchainkit_sh_quote(word "${word}")
    string(APPEND words " ${word}")
  endforeach()
  set(folder "${CMAKE_BINARY_DIR}/toolchainkit")
  set(text "#!/bin/sh\n# Written by ToolchainKit.cmake. ${version}\nexec${words} \"$@\"\n")
  set(present "")
  if(EXISTS "${folder}/${name}")
    file(READ "${folder}/${name}" present)
  endif()
  if(NOT present STREQUAL text)
    file(WRITE "${folder}/new/${name}" "${text}")
    file(COPY "${folder}/new/${name}" DESTINATION "${folder}" FILE_PERMISSIONS
      OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
    file(REMOVE_RECURSE "${folder}/new")
    # ccache knows a compiler by size and time: the time follows from the text, so that a new build folder has the same.
    string(SHA256 hash "${text}")
    set(stamp 20)
    set(at 0)
    foreach(values IN ITEMS 20 12 28 23 59)
      string(SUBSTRING "${hash}" ${at} 8 number)
      math(EXPR number "0x${number} % ${values} + 101")
      string(SUBSTRING "${number}" 1 2 number)
      string(APPEND stamp "${number}")
      math(EXPR at "${at} + 8")
    endforeach()
    execute_process(COMMAND "${CMAKE_COMMAND}" -E env TZ=UTC0 touch -t "${stamp}" "${folder}/${name}")
  endif()
  set("${out_program}" "${folder}/${name}" PARENT_SCOPE)
endfunction()

function(toolchainkit_set_compiler language)
  set(variable "CMAKE_${language}_COMPILER")
  set(record "_TOOLCHAINKIT_${language}_COMPILER")
  get_property(in_try_compile GLOBAL PROPERTY IN_TRY_COMPILE)
  if(DEFINED "${variable}")
    return()
  elseif(NOT in_try_compile AND EXISTS "${CMAKE_PLATFORM_INFO_DIR}/CMake${language}Compiler.cmake")
    # CMake stays with what is in this file, whatever is set here. Without a record it is what the environment said.
    if(DEFINED "CACHE{${record}}")
      _toolchainkit_compiler_program(program ${${record}})
      set("${variable}" "${program}" PARENT_SCOPE)
      if(NOT "${${record}}" STREQUAL "${ARGN}")
        string(REPLACE ";" " " wanted "${ARGN}")
        string(REPLACE ";" " " kept "${${record}}")
        message(NOTICE "toolchainkit: ${variable} is ${wanted} now, but this build folder keeps ${kept}: remove it, or configure with --fresh")
      endif()
    endif()
    return()
  endif()
  if(NOT in_try_compile AND NOT DEFINED CMAKE_SYSTEM_NAME)
    _toolchainkit_compiler_variable(name "${language}")
    if(NOT "$ENV{${name}}" STREQUAL "")
      string(REPLACE ";" " " wanted "${ARGN}")
      message(STATUS "toolchainkit: ${name}=$ENV{${name}} of the environment goes before ${wanted}")
      return()
    endif()
  endif()
  _toolchainkit_compiler_program(program ${ARGN})
  set("${variable}" "${program}" PARENT_SCOPE)
  if(NOT in_try_compile)
    set("${record}" "${ARGN}" CACHE INTERNAL "The compiler of the toolchain file")
  endif()
endfunction()

function(toolchainkit_set_flags)
  get_property(in_try_compile GLOBAL PROPERTY IN_TRY_COMPILE)
  set(variables "")
  set(index 0)
  while(index LESS ARGC)
    set(variable "${ARGV${index}}")
    math(EXPR index "${index} + 1")
    set(flags "${ARGV${index}}")
    math(EXPR index "${index} + 1")
    list(APPEND variables "${variable}")
    string(STRIP "${${variable}_INIT} ${flags}" start)
    set("${variable}_INIT" "${start}" PARENT_SCOPE)
    if(NOT in_try_compile)
      _toolchainkit_follow_flags("${variable}" "${flags}")
    endif()
  endwhile()
  if(NOT in_try_compile)
    set(before "${_TOOLCHAINKIT_FLAGS}")
    foreach(variable IN LISTS before)
      if(NOT variable IN_LIST variables)
        _toolchainkit_follow_flags("${variable}" "")
        unset("_TOOLCHAINKIT_${variable}" CACHE)
      endif()
    endforeach()
    set(_TOOLCHAINKIT_FLAGS "${variables}" CACHE INTERNAL "The variables with flags of the toolchain file")
  endif()
endfunction()

# The flags of a variable from a toolchain file, in a build folder that may have others from before.
function(_toolchainkit_follow_flags variable flags)
  set(record "_TOOLCHAINKIT_${variable}")
  if(NOT DEFINED "CACHE{${variable}}")
    set("${record}" "${flags}" CACHE INTERNAL "Flags of the toolchain file")
    return()
  elseif(DEFINED "CACHE{${record}}" AND "$CACHE{${record}}" STREQUAL "${flags}")
    return()
  endif()
  set(old "$CACHE{${record}}")
  set(value "$CACHE{${variable}}")
  if(NOT DEFINED "CACHE{${record}}")
    # The user gave some by -D, or the toolchain file had none when this folder began.
    if(variable IN_LIST _TOOLCHAINKIT_FLAGS OR NOT DEFINED CACHE{CMAKE_CACHE_MAJOR_VERSION})
      return()
    endif()
    set(position 0)
    if(NOT value STREQUAL "" AND NOT value STREQUAL "${${variable}_INIT}")
      set(position -1)
    endif()
  else()
    string(FIND " ${value} " " ${old} " position)
  endif()
  if(old STREQUAL "" AND NOT position EQUAL -1)
    string(APPEND value " ${flags}")
  elseif(position EQUAL -1)
    message(NOTICE "toolchainkit: ${variable} was changed in this build folder, which does not get the flags ${flags}")
    return()
  else()
    string(REPLACE " ${old} " " ${flags} " value " ${value} ")
  endif()
  string(STRIP "${value}" value)
  set_property(CACHE "${variable}" PROPERTY VALUE "${value}")
  set("${record}" "${flags}" CACHE INTERNAL "Flags of the toolchain file")
endfunction()

function(toolchainkit_set_cache_entry variable type value)
  set(record "_TOOLCHAINKIT_${variable}")
  get_property(in_try_compile GLOBAL PROPERTY IN_TRY_COMPILE)
  if(NOT DEFINED "${variable}")
    set("${variable}" "${value}" CACHE "${type}" "Set by the toolchain file")
  elseif(NOT DEFINED "CACHE{${record}}" OR NOT "$CACHE{${record}}" STREQUAL "$CACHE{${variable}}")
    return()
  else()
    set_property(CACHE "${variable}" PROPERTY VALUE "${value}")
  endif()
  if(NOT in_try_compile)
    set("${record}" "${value}" CACHE INTERNAL "Value of the toolchain file")
  endif()
endfunction()

# --- generators that take no launcher -------------------------------------------------------------------------------

# Why nothing can be cached with this generator; empty if something can. May narrow the choice of tools.
function(_toolchainkit_look_at_generator out_reason)
  set("${out_reason}" "" PARENT_SCOPE)
  if(CMAKE_GENERATOR MATCHES "^Visual Studio")
    # sccache cannot take the place of the compiler, and ccache takes that of cl.exe alone.
    if(NOT ccache IN_LIST arg_TOOL)
      set("${out_reason}" "the generator ${CMAKE_GENERATOR} works with ccache only; Ninja works with ${arg_TOOL}" PARENT_SCOPE)
    elseif("${CMAKE_GENERATOR_TOOLSET}" MATCHES "[Cc]lang|LLVM|[Ii]ntel")
      set("${out_reason}" "the generator ${CMAKE_GENERATOR} works with Microsoft's compiler only; with Ninja, ${CMAKE_GENERATOR_TOOLSET} can be cached" PARENT_SCOPE)
    elseif("${CMAKE_VS_GLOBALS}" MATCHES "(^|;)CLTool(Exe|Path)=")
      set("${out_reason}" "CMAKE_VS_GLOBALS names a compiler already, and stays as it is" PARENT_SCOPE)
    endif()
    set(arg_TOOL ccache PARENT_SCOPE)
  elseif(CMAKE_GENERATOR STREQUAL "Xcode")
    if(DEFINED CMAKE_XCODE_ATTRIBUTE_C_COMPILER_LAUNCHER)
      set("${out_reason}" "CMAKE_XCODE_ATTRIBUTE_C_COMPILER_LAUNCHER is set already, and stays as it is" PARENT_SCOPE)
    endif()
  elseif(NOT CMAKE_GENERATOR MATCHES "Ninja|Makefiles")
    set("${out_reason}" "the generator ${CMAKE_GENERATOR} does not use compiler launchers; Ninja and Makefiles do" PARENT_SCOPE)
  endif()
endfunction()

# Xcode has a setting for a launcher of its own, for all languages of Clang at once; what else is set here makes it
# compile in a way that can be cached (docs/Xcode.md of sccache).
macro(_toolchainkit_set_xcode_attributes)
  set(CMAKE_XCODE_ATTRIBUTE_C_COMPILER_LAUNCHER "${launcher}" PARENT_SCOPE)
  foreach(attribute IN ITEMS CLANG_ENABLE_MODULES COMPILER_INDEX_STORE_ENABLE CLANG_USE_RESPONSE_FILE)
    if(NOT DEFINED CMAKE_XCODE_ATTRIBUTE_${attribute})
      set(CMAKE_XCODE_ATTRIBUTE_${attribute} NO PARENT_SCOPE)
    endif()
  endforeach()
endmacro()

# MSBuild takes another compiler, and compiles one source at a time with these properties (ccache's wiki).
macro(_toolchainkit_set_visual_studio_globals)
  if(NOT "${CMAKE_VS_GLOBALS}" MATCHES "(^|;)CLTool(Exe|Path)=")
    set(globals ${CMAKE_VS_GLOBALS} CLToolExe=cl.exe "CLToolPath=${launcher}" UseMultiToolTask=true
      DebugInformationFormat=OldStyle)
    set(CMAKE_VS_GLOBALS "${globals}" PARENT_SCOPE)
  endif()
endmacro()

# ccache under the name of the compiler. From 4.13 on it looks for settings in the folder of the build and above, where it
# allows no more than what a project may decide: how objects are named, and not where they are kept.
function(_toolchainkit_write_visual_studio_files)
  configure_file("${program}" "${folder}/visual-studio/cl.exe" COPYONLY)
  set(text "# Written by ToolchainKit.cmake for Visual Studio.\n")
  foreach(pair IN LISTS local_pairs)
    if(pair MATCHES "^CCACHE_BASEDIR=(.*)$")
      string(APPEND text "base_dir = ${CMAKE_MATCH_1}\n")
    elseif(pair MATCHES "^CCACHE_NOHASHDIR=")
      string(APPEND text "hash_dir = false\n")
    elseif(pair MATCHES "^CCACHE_NODIRECT=")
      string(APPEND text "direct_mode = false\n")
    endif()
  endforeach()
  _toolchainkit_write_if_changed("${CMAKE_BINARY_DIR}/ccache.conf" "${text}")
  set(local_directory "" PARENT_SCOPE)
  set(local_location "ccache's own folder" PARENT_SCOPE)
endfunction()

# --- finding the tool -------------------------------------------------------------------------------------------------

function(_toolchainkit_user_folder out_folder)
  set(folder "${CMAKE_BINARY_DIR}/toolchainkit/user-cache")
  if(CMAKE_HOST_WIN32)
    if(NOT "$ENV{LOCALAPPDATA}" STREQUAL "")
      file(TO_CMAKE_PATH "$ENV{LOCALAPPDATA}/toolchainkit" folder)
    endif()
  elseif("$ENV{XDG_CACHE_HOME}" MATCHES "^/")
    set(folder "$ENV{XDG_CACHE_HOME}/toolchainkit")
  elseif("$ENV{HOME}" MATCHES "^/" AND IS_DIRECTORY "$ENV{HOME}")
    if(CMAKE_HOST_APPLE)
      set(folder "$ENV{HOME}/Library/Caches/toolchainkit")
    else()
      set(folder "$ENV{HOME}/.cache/toolchainkit")
    endif()
  endif()
  set("${out_folder}" "${folder}" PARENT_SCOPE)
endfunction()

# The first candidate that runs and is new enough; otherwise why there is none.
function(_toolchainkit_find_tool out_tool out_version out_program out_reason)
  set("${out_tool}" "" PARENT_SCOPE)
  set(reason "")
  if("${TOOLCHAINKIT_CACHE_TOOL}" STREQUAL "")
    set(wanted "$ENV{TOOLCHAINKIT_CACHE_TOOL}")
  else()
    set(wanted "${TOOLCHAINKIT_CACHE_TOOL}")
  endif()
  if(wanted STREQUAL "")
    set(names "${arg_TOOL}")
  else()
    set(names "${wanted}")
  endif()
  foreach(name IN LISTS names)
    if(IS_ABSOLUTE "${name}")
      set(places "${name}")
    else()
      # Only PATH: it is all that is searched when a toolchain file is read for the first time.
      find_program(_toolchainkit_program NAMES "${name}" NO_CMAKE_FIND_ROOT_PATH NO_CMAKE_PATH NO_CMAKE_ENVIRONMENT_PATH
        NO_CMAKE_SYSTEM_PATH)
      set(places "${_toolchainkit_program}")
      unset(_toolchainkit_program CACHE)
      unset(_toolchainkit_program)
      _toolchainkit_installed(installed "${name}")
      list(APPEND places ${installed})
    endif()
    foreach(place IN LISTS places)
      if(NOT EXISTS "${place}")
        continue()
      endif()
      execute_process(COMMAND "${place}" --version OUTPUT_VARIABLE output ERROR_QUIET RESULT_VARIABLE result TIMEOUT 20)
      if(NOT result STREQUAL "0" OR NOT output MATCHES "^(s?ccache) (version )?([0-9]+(\\.[0-9]+)*)")
        list(APPEND reason "${place} does not run")
      elseif(NOT "${arg_MIN_VERSION}" STREQUAL "" AND CMAKE_MATCH_3 VERSION_LESS "${arg_MIN_VERSION}")
        list(APPEND reason "${place} is ${CMAKE_MATCH_1} ${CMAKE_MATCH_3}, and ${arg_MIN_VERSION} is needed")
      else()
        set("${out_tool}" "${CMAKE_MATCH_1}" PARENT_SCOPE)
        set("${out_version}" "${CMAKE_MATCH_3}" PARENT_SCOPE)
        set("${out_program}" "${place}" PARENT_SCOPE)
        return()
      endif()
    endforeach()
  endforeach()
  if(reason STREQUAL "")
    list(JOIN names " nor " names)
    set(reason "${names} was not found (PATH, ${user_folder}/tools)")
    if(NOT wanted STREQUAL "")
      string(APPEND reason ", which TOOLCHAINKIT_CACHE_TOOL names")
    endif()
  endif()
  list(JOIN reason "; " reason)
  set("${out_reason}" "${reason}" PARENT_SCOPE)
endfunction()

# What `toolchainkit install` put into the user's cache folder, newest first.
function(_toolchainkit_installed out_programs name)
  file(GLOB folders LIST_DIRECTORIES TRUE "${user_folder}/tools/${name}-*")
  set(programs "")
  set(newest 0)
  set(file_name "${name}")
  if(CMAKE_HOST_WIN32)
    string(APPEND file_name ".exe")
  endif()
  foreach(folder IN LISTS folders)
    if(folder MATCHES "-([0-9]+(\\.[0-9]+)*)$" AND EXISTS "${folder}/${file_name}")
      if(CMAKE_MATCH_1 VERSION_GREATER newest)
        set(newest "${CMAKE_MATCH_1}")
        list(INSERT programs 0 "${folder}/${file_name}")
      endif()
    endif()
  endforeach()
  set("${out_programs}" "${programs}" PARENT_SCOPE)
endfunction()

# --- storage: where a tool keeps its objects -----------------------------------------------------------------------

# Knocks at the servers with an HTTP request: any answer will do, and a dead host costs no more than three seconds.
function(_toolchainkit_find_server out_server out_reason)
  set("${out_server}" "" PARENT_SCOPE)
  set("${out_reason}" "" PARENT_SCOPE)
  if("${arg_SERVERS}" STREQUAL "")
    return()
  endif()
  # The knock goes straight to the server; sccache may have to take a proxy, and then its own start is the only proof.
  string(CONCAT proxy "$ENV{http_proxy}$ENV{HTTP_PROXY}$ENV{https_proxy}$ENV{HTTPS_PROXY}$ENV{all_proxy}$ENV{ALL_PROXY}")
  set(no_proxy "$ENV{no_proxy}")
  set(ENV{no_proxy} "*")
  _toolchainkit_write_if_changed("${folder}/knock.cmake" [=[
# cmake -Dserver=HOST:PORT -P knock.cmake: an error if nobody answers.
get_filename_component(answer "${CMAKE_CURRENT_LIST_DIR}/knock-answer" ABSOLUTE)
file(DOWNLOAD "http://${server}/" "${answer}" TIMEOUT 3 STATUS status)
file(REMOVE "${answer}")
set(silence "")
if(status MATCHES "^7;")
  set(silence "nobody listens at ${server}")
elseif(status MATCHES "^28;")
  set(silence "no word from ${server} within 3 s")
elseif(status MATCHES "^6;")
  set(silence "there is no host ${server}")
endif()
if(CMAKE_SCRIPT_MODE_FILE AND NOT silence STREQUAL "")
  message(FATAL_ERROR "${silence}")
endif()
]=])
  set(failures "")
  set(found "")
  foreach(server IN LISTS arg_SERVERS)
    include("${folder}/knock.cmake")
    if(silence STREQUAL "")
      set(found "${server}")
      break()
    endif()
    list(APPEND failures "${silence}")
  endforeach()
  set(ENV{no_proxy} "${no_proxy}")
  if(no_proxy STREQUAL "")
    unset(ENV{no_proxy})
  endif()
  if(found STREQUAL "")
    list(GET arg_SERVERS 0 found)
    if(proxy STREQUAL "" OR tool STREQUAL "ccache")
      list(JOIN failures ", " failures)
      set("${out_reason}" "does not answer (${failures})" PARENT_SCOPE)
    endif()
  endif()
  set("${out_server}" "${found}" PARENT_SCOPE)
endfunction()

# Describes the storage `remote` or `local`: <storage>_directory, _size, _location, _environment (assignments for sh),
# _names, _list (NAME=VALUE), _secrets (sh code), _id and _run (the private folder of its daemon), _refused.
function(_toolchainkit_storage storage override)
  set(environment "")
  set(names "")
  set(pairs "")
  set(secrets "")
  set(refused "")
  set(identity "")
  set(address "")
  set(socket "")
  string(TOUPPER "${tool}" TOOL)
  if(storage STREQUAL "remote")
    _toolchainkit_remote_settings()
  endif()

  string(REGEX REPLACE "[^A-Za-z0-9._+-]" "_" project "${arg_PROJECT}")
  if("${arg_DIR}" STREQUAL "")
    set(directory "${user_folder}/cache/${project}/${tool}")
  else()
    get_filename_component(directory "${arg_DIR}/${tool}" ABSOLUTE BASE_DIR "${arg_PROJECT_DIR}")
  endif()
  string(SHA256 id "${tool}\nproject=${project}\ndirectory=${directory}\n${identity}")
  string(SUBSTRING "${id}" 0 16 id)
  if(tool STREQUAL "sccache")
    if(storage STREQUAL "remote")
      # Used if the remote has a disk in front of it; two daemons must not share one.
      string(APPEND directory "-${id}")
    endif()
    set(size "${arg_SIZE_GB}G")
    set(size_name SCCACHE_CACHE_SIZE)
  else()
    set(size "${arg_SIZE_GB}GiB")
    set(size_name CCACHE_MAXSIZE)
  endif()
  if(override)
    _toolchainkit_setting(directory "${TOOL}_DIR" "${directory}")
    _toolchainkit_setting(size "${size_name}" "${size}")
    if(tool STREQUAL "sccache" AND storage STREQUAL "local")
      string(SHA256 id "${tool}\nproject=${project}\ndirectory=${directory}\n${identity}")
      string(SUBSTRING "${id}" 0 16 id)
    endif()
  endif()
  _toolchainkit_set("${TOOL}_DIR" "${directory}")
  _toolchainkit_set("${size_name}" "${size}")
  _toolchainkit_find_run_folder(run "${id}")
  if(tool STREQUAL "sccache")
    _toolchainkit_sccache_settings()
  else()
    _toolchainkit_ccache_settings()
  endif()
  if(storage STREQUAL "remote")
    set(location "${remote_name}")
  else()
    set(location "${directory}")
  endif()
  foreach(part IN ITEMS directory size location address socket environment names pairs secrets id run refused)
    set("${storage}_${part}" "${${part}}" PARENT_SCOPE)
  endforeach()
  set(notes "${notes}" PARENT_SCOPE)
endfunction()

macro(_toolchainkit_return)
  foreach(_toolchainkit_name ${ARGN})
    set("${_toolchainkit_name}" "${${_toolchainkit_name}}" PARENT_SCOPE)
  endforeach()
endmacro()

function(_toolchainkit_set name value)
  if(tool STREQUAL "ccache")
    # ccache expands variables in every value.
    string(REPLACE "$" "$$" value "${value}")
  endif()
  _toolchainkit_sh_quote(quoted "${value}")
  string(APPEND environment "  ${name}=${quoted}\n")
  string(APPEND names " ${name}")
  list(APPEND pairs "${name}=${value}")
  _toolchainkit_return(environment names pairs)
endfunction()

# A setting, or what the user's environment has instead, where that may be written down.
function(_toolchainkit_setting out_value name value)
  set("${out_value}" "${value}" PARENT_SCOPE)
  set(theirs "$ENV{${name}}")
  if(theirs STREQUAL "" OR theirs STREQUAL value)
    return()
  endif()
  # The configuration says which remote is used and who may write to it, and an address may carry a password.
  if(name MATCHES "^(CCACHE_REMOTE_STORAGE|CCACHE_SECONDARY_STORAGE|SCCACHE_MULTILEVEL_CHAIN|SCCACHE_[A-Z0-9]+_RW_MODE)$" OR theirs MATCHES "://[^/]*@")
    list(APPEND notes "${name} of the environment is not used")
  else()
    set("${out_value}" "${theirs}" PARENT_SCOPE)
    list(APPEND notes "${name}=${theirs} from the environment")
  endif()
  _toolchainkit_return(notes)
endfunction()

function(_toolchainkit_remote_settings)
  foreach(entry IN LISTS "arg_${TOOL}_REQUIRES")
    if(entry MATCHES "^([A-Za-z0-9_]+)=(.+)$" AND version VERSION_LESS CMAKE_MATCH_2)
      set(refused "needs ${tool} ${CMAKE_MATCH_2} or newer for ${CMAKE_MATCH_1}, and ${program} is ${version}")
    endif()
  endforeach()
  if("${arg_${TOOL}_SETTINGS}${arg_${TOOL}_SECRETS}" STREQUAL "")
    set(refused "has no settings for ${tool}")
  endif()
  set(too_new ";")
  set(left_out "")
  foreach(entry IN LISTS "arg_${TOOL}_SINCE")
    if(entry MATCHES "^([A-Za-z0-9_]+)=(.+)$" AND version VERSION_LESS CMAKE_MATCH_2)
      string(APPEND too_new "${CMAKE_MATCH_1};")
      list(APPEND left_out "${CMAKE_MATCH_1} (${tool} ${CMAKE_MATCH_2} has it)")
    endif()
  endforeach()
  if(NOT left_out STREQUAL "")
    list(JOIN left_out ", " left_out)
    list(APPEND notes "left out: ${left_out}")
  endif()
  foreach(entry IN LISTS "arg_${TOOL}_SETTINGS")
    if(NOT entry MATCHES "^([A-Za-z_][A-Za-z0-9_]*)=(.*)$")
      message(FATAL_ERROR "toolchainkit: ${TOOL}_SETTINGS takes NAME=VALUE, not ${entry}")
    endif()
    set(name "${CMAKE_MATCH_1}")
    set(value "${CMAKE_MATCH_2}")
    if(too_new MATCHES ";${name};")
      continue()
    endif()
    if(value MATCHES "{SERVER}")
      string(REPLACE "{SERVER}" "${server}" value "${value}")
    else()
      _toolchainkit_setting(value "${name}" "${value}")
    endif()
    string(APPEND identity "${name}=${value}\n")
    _toolchainkit_set("${name}" "${value}")
    if(name STREQUAL "SCCACHE_S3_NO_CREDENTIALS" AND value STREQUAL "true")
      # sccache takes keys in the environment for a contradiction, and people have keys for other things.
      string(APPEND environment "  unset AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_SESSION_TOKEN\n")
    elseif(name STREQUAL "CCACHE_REMOTE_STORAGE")
      _toolchainkit_ccache_feature(refused "${value}")
    endif()
  endforeach()
  set(number 0)
  foreach(entry IN LISTS "arg_${TOOL}_SECRETS")
    if(NOT entry MATCHES "^([A-Za-z_][A-Za-z0-9_]*)=(.*)$")
      message(FATAL_ERROR "toolchainkit: ${TOOL}_SECRETS takes NAME=TEMPLATE")
    endif()
    set(name "${CMAKE_MATCH_1}")
    string(REPLACE "{SERVER}" "${server}" template "${CMAKE_MATCH_2}")
    if(too_new MATCHES ";${name};")
      continue()
    endif()
    math(EXPR number "${number} + 1")
    string(APPEND identity "${name}<-${template}\n")
    if(name STREQUAL "CCACHE_REMOTE_STORAGE")
      _toolchainkit_ccache_feature(refused "${template}")
    endif()
    _toolchainkit_secret("${name}" "${template}" "tk_${number}")
  endforeach()
  _toolchainkit_return(environment names pairs secrets identity refused notes)
endfunction()

# A ccache that was built without a kind of storage fails with each compilation; its version says what it was built with.
function(_toolchainkit_ccache_feature out_refused storage)
  if(NOT "${${out_refused}}" STREQUAL "")
    return()
  endif()
  execute_process(COMMAND "${program}" --version OUTPUT_VARIABLE output ERROR_QUIET TIMEOUT 20)
  if(NOT output MATCHES "\nFeatures: ([^\n]*-storage[^\n]*)")
    return()
  endif()
  set(features " ${CMAKE_MATCH_1} ")
  string(REGEX MATCHALL "(^| )(file|https?|rediss?|redis\\+unix):" schemes "${storage}")
  foreach(scheme IN LISTS schemes)
    string(REGEX REPLACE "[ :]" "" scheme "${scheme}")
    string(FIND "${features}" " ${scheme}-storage " at)
    if(at EQUAL -1)
      set("${out_refused}" "cannot be used (${program} was built without ${scheme} storage)" PARENT_SCOPE)
    endif()
  endforeach()
endfunction()

# sh code that puts the value of a template into a variable of the launcher.
function(_toolchainkit_secret name template result)
  set(code "  ${result}=\n")
  while(template MATCHES "(%?){([A-Za-z_][A-Za-z0-9_]*)}")
    set(reference "${CMAKE_MATCH_0}")
    set(encode "${CMAKE_MATCH_1}")
    set(variable "${CMAKE_MATCH_2}")
    string(FIND "${template}" "${reference}" at)
    string(SUBSTRING "${template}" 0 ${at} literal)
    string(LENGTH "${reference}" length)
    math(EXPR at "${at} + ${length}")
    string(SUBSTRING "${template}" ${at} -1 template)
    _toolchainkit_sh_quote(literal "${literal}")
    string(APPEND code "  [ -n \"\${${variable}-}\" ] || tk_missing=\"$tk_missing ${variable}\"\n")
    if(encode STREQUAL "%")
      string(APPEND code "  tk_percent_encode \"\${${variable}-}\"\n  ${result}=$${result}${literal}$tk_encoded\n")
    else()
      string(APPEND code "  ${result}=$${result}${literal}\${${variable}-}\n")
    endif()
    if(CMAKE_HOST_WIN32 AND NOT "${name}={${variable}}" STREQUAL entry)
      list(APPEND notes "${name} must be in the environment under this name on Windows")
    endif()
  endwhile()
  _toolchainkit_sh_quote(literal "${template}")
  string(APPEND code "  ${result}=$${result}${literal}\n")
  string(APPEND secrets "${code}")
  string(APPEND environment "  ${name}=$${result}\n")
  string(APPEND names " ${name}")
  _toolchainkit_return(secrets environment names notes)
endfunction()

function(_toolchainkit_sccache_settings)
  # A configuration file of the user might name another storage.
  if(CMAKE_HOST_WIN32)
    _toolchainkit_set(SCCACHE_CONF "NUL")
  else()
    _toolchainkit_set(SCCACHE_CONF "/dev/null")
  endif()
  if(CMAKE_HOST_WIN32 OR version VERSION_LESS 0.9)
    string(SUBSTRING "${id}" 0 6 hexadecimal)
    # Below the range from which systems take ports for outgoing connections.
    math(EXPR port "20000 + 0x${hexadecimal} % 12000")
    set(socket "")
    set(address "SCCACHE_SERVER_PORT=${port}")
  else()
    set(socket "${run}/socket")
    set(address "SCCACHE_SERVER_UDS=${socket}")
  endif()
  string(REGEX MATCH "^([A-Z_]+)=(.*)$" address "${address}")
  _toolchainkit_set("${CMAKE_MATCH_1}" "${CMAKE_MATCH_2}")
  if(arg_DIRECT_MODE AND arg_RELOCATABLE AND version VERSION_GREATER_EQUAL 0.14)
    # sccache would forget about headers that changed (mozilla/sccache#2863).
    set(arg_DIRECT_MODE OFF)
    list(APPEND notes "left out: DIRECT_MODE (sccache cannot do it with base directories)")
  endif()
  if(NOT arg_DIRECT_MODE)
    _toolchainkit_set(SCCACHE_DIRECT "false")
  endif()
  _toolchainkit_return(address socket environment names pairs notes)
endfunction()

function(_toolchainkit_ccache_settings)
  # The time stamp of the compiler differs from machine to machine, and an upgrade may keep it.
  _toolchainkit_setting(check CCACHE_COMPILERCHECK content)
  _toolchainkit_set(CCACHE_COMPILERCHECK "${check}")
  if(NOT storage STREQUAL "remote")
    _toolchainkit_set(CCACHE_REMOTE_STORAGE "")
  endif()
  if(arg_RELOCATABLE)
    set(base "${CMAKE_SOURCE_DIR}")
    if(version VERSION_GREATER_EQUAL 4.12)
      _toolchainkit_base_directories(folders)
      if(CMAKE_HOST_WIN32)
        list(JOIN folders ";" base)
      else()
        list(JOIN folders ":" base)
      endif()
    endif()
    _toolchainkit_setting(base CCACHE_BASEDIR "${base}")
    _toolchainkit_set(CCACHE_BASEDIR "${base}")
    _toolchainkit_maps_paths(maps_paths)
    if(NOT maps_paths)
      # With maps ccache compares what they make of the current folder, so that other maps make another object.
      _toolchainkit_set(CCACHE_NOHASHDIR 1)
    endif()
  endif()
  if(NOT arg_DIRECT_MODE AND NOT "$ENV{CCACHE_DIRECT}" STREQUAL "")
    list(APPEND notes "CCACHE_DIRECT=$ENV{CCACHE_DIRECT} from the environment")
  elseif(NOT arg_DIRECT_MODE)
    _toolchainkit_set(CCACHE_NODIRECT 1)
    string(APPEND environment "  unset CCACHE_DIRECT\n")
  endif()
  _toolchainkit_return(environment names pairs notes)
endfunction()

# The source folder, and the build folder: sccache takes the longest that fits, so that the name of the build folder does
# not matter, and to ccache all is relative to it anyhow.
function(_toolchainkit_base_directories out_folders)
  set(folders "${CMAKE_SOURCE_DIR}")
  string(FIND "${CMAKE_BINARY_DIR}/" "${CMAKE_SOURCE_DIR}/" at)
  if(NOT at EQUAL 0 OR tool STREQUAL "sccache")
    list(APPEND folders "${CMAKE_BINARY_DIR}")
  endif()
  list(REMOVE_DUPLICATES folders)
  if(NOT CMAKE_HOST_WIN32)
    # The tools take a list with colons.
    list(FILTER folders EXCLUDE REGEX ":")
  endif()
  set("${out_folders}" "${folders}" PARENT_SCOPE)
endfunction()

# --- the daemon of sccache ------------------------------------------------------------------------------------------

# Each storage has a private folder for its daemon: address, process id, settings.
function(_toolchainkit_find_run_folder out_run id)
  set("${out_run}" "${folder}" PARENT_SCOPE)
  if(NOT tool STREQUAL "sccache")
    return()
  endif()
  set(run "${user_folder}/run/${id}")
  string(LENGTH "${run}/socket" length)
  if(length GREATER 100 AND NOT CMAKE_HOST_WIN32)
    # The address of a socket has room for little more.
    execute_process(COMMAND id -u OUTPUT_VARIABLE user OUTPUT_STRIP_TRAILING_WHITESPACE)
    set(run "/tmp/toolchainkit-${user}/${id}")
  endif()
  set("${out_run}" "${run}" PARENT_SCOPE)
endfunction()

# Folders that the tool needs: the one of the daemon must be ours alone, since who owns it can serve us objects.
function(_toolchainkit_make_folders out_reason storage)
  set("${out_reason}" "" PARENT_SCOPE)
  set(run "${${storage}_run}")
  set(directory "${${storage}_directory}")
  if(CMAKE_HOST_WIN32)
    string(REPLACE ";" "\\;" folders "${directory}")
    if(NOT run STREQUAL "")
      list(APPEND folders "${run}")
    endif()
    execute_process(COMMAND "${CMAKE_COMMAND}" -E make_directory ${folders} RESULT_VARIABLE result ERROR_QUIET)
    if(NOT result EQUAL 0)
      set("${out_reason}" "cannot write to ${directory}" PARENT_SCOPE)
    endif()
    return()
  endif()
  set(private_folders "")
  if(tool STREQUAL "sccache")
    get_filename_component(parent "${run}" DIRECTORY)
    set(private_folders "${parent}" "${run}")
  endif()
  # Few processes, since each configuring does this. A folder is ours when it is checked both before and after its mode is set.
  execute_process(RESULT_VARIABLE result OUTPUT_QUIET ERROR_QUIET COMMAND sh -c [=[
[ -d "$1" ] || mkdir -p "$1"
[ -w "$1" ] && [ -x "$1" ] || exit 3
shift
[ $# -gt 0 ] || exit 0
umask 077
are_ours() {
  for folder do
    [ -d "$folder" ] || mkdir -p "$folder"
    [ -d "$folder" ] && [ ! -L "$folder" ] && [ -O "$folder" ] || exit 4
  done
}
are_ours "$@"
chmod 700 "$@" || exit 4
are_ours "$@"]=] toolchainkit "${directory}" ${private_folders})
  if(result EQUAL 3)
    set("${out_reason}" "cannot write to ${directory}" PARENT_SCOPE)
  elseif(NOT result EQUAL 0)
    set("${out_reason}" "needs ${run} as a folder of its own, and it belongs to somebody else" PARENT_SCOPE)
  endif()
endfunction()

# Writes down what a daemon is started with; one that was started with something else is stopped. Holds the lock of the
# storage while it does.
function(_toolchainkit_register storage)
  set(run "${${storage}_run}")
  file(LOCK "${run}/lock" GUARD FUNCTION TIMEOUT 30 RESULT_VARIABLE ignored)
  set(settings "version=${version}\nsize=${${storage}_size}\naddress=${${storage}_address}\nprogram=${program}\n")
  set(known_settings "")
  if(EXISTS "${run}/settings")
    file(READ "${run}/settings" known_settings)
  endif()
  set(known_folders "")
  set(folders "")
  if(EXISTS "${run}/basedirs")
    file(READ "${run}/basedirs" known_folders)
  endif()
  set(changed FALSE)
  if(arg_RELOCATABLE)
    _toolchainkit_base_directories(folders)
  endif()
  set(all_folders "${known_folders}")
  foreach(base IN LISTS folders)
    string(FIND "\n${known_folders}" "\n${base}\n" at)
    if(at EQUAL -1)
      string(APPEND all_folders "${base}\n")
      set(changed TRUE)
    endif()
  endforeach()
  if(NOT settings STREQUAL known_settings)
    set(changed TRUE)
  endif()
  if(changed)
    _toolchainkit_stop_daemon("${storage}" "${known_settings}")
    _toolchainkit_existing_lines(all_folders "${all_folders}")
    file(WRITE "${run}/basedirs" "${all_folders}")
    file(WRITE "${run}/settings" "${settings}")
    file(REMOVE_RECURSE "${run}/starting")
  endif()
  _toolchainkit_json_list(source_folders "${all_folders}")
  _toolchainkit_json(json id "${${storage}_id}" program "${program}" version "${version}" socket "${${storage}_socket}"
    location "${${storage}_location}" project "${arg_PROJECT}")
  _toolchainkit_write_if_changed("${run}/server.json" "{${json}, \"source_dirs\": [${source_folders}]}\n")
endfunction()

# With the program that started it: another version may not be understood. Where the daemon has a socket, the lock for
# starting one is held afterwards, and the compilations of other builds wait for what comes next.
function(_toolchainkit_stop_daemon storage settings)
  set(run "${${storage}_run}")
  set(known_address "")
  set(known_program "")
  if(settings MATCHES "address=([^\n]+)\nprogram=([^\n]+)\n")
    set(known_address "${CMAKE_MATCH_1}")
    set(known_program "${CMAKE_MATCH_2}")
  endif()
  if(known_address MATCHES "^SCCACHE_SERVER_UDS=")
    _toolchainkit_launcher_functions()
    execute_process(COMMAND sh -c "${stop_functions}\ntk_run=$1 tk_tool=$2 SCCACHE_SERVER_UDS=$1/socket SCCACHE_CONF=/dev/null
export SCCACHE_SERVER_UDS SCCACHE_CONF
tk_stop"
      toolchainkit "${run}" "${known_program}" OUTPUT_QUIET ERROR_QUIET TIMEOUT 60)
  elseif(NOT known_address STREQUAL "")
    execute_process(COMMAND "${CMAKE_COMMAND}" -E env "${known_address}" SCCACHE_CONF=/dev/null "${known_program}" --stop-server
      OUTPUT_QUIET ERROR_QUIET TIMEOUT 15)
  endif()
  # Should it run on after all, then nobody finds it any more.
  file(REMOVE "${run}/socket" "${run}/pid" "${run}/broken" "${run}/told")
endfunction()

# Without the lines that name folders which are gone.
function(_toolchainkit_existing_lines out_lines lines)
  set(existing "")
  while(lines MATCHES "^([^\n]*)\n(.*)$")
    set(lines "${CMAKE_MATCH_2}")
    if(IS_DIRECTORY "${CMAKE_MATCH_1}")
      string(APPEND existing "${CMAKE_MATCH_1}\n")
    endif()
  endwhile()
  set("${out_lines}" "${existing}" PARENT_SCOPE)
endfunction()

# Makes the storages ready for the build: the first is the one in use, another one stands by. The daemon that starts is
# also the proof that the storage can be reached.
function(_toolchainkit_activate out_reason)
  list(GET ARGN 0 active)
  set(reason "${${active}_refused}")
  foreach(storage IN LISTS ARGN)
    if(reason STREQUAL "")
      _toolchainkit_make_folders(reason "${storage}")
    endif()
    if(reason STREQUAL "" AND tool STREQUAL "sccache")
      _toolchainkit_register("${storage}")
    endif()
  endforeach()
  if(reason STREQUAL "" AND NOT CMAKE_HOST_WIN32)
    _toolchainkit_launcher_text(text functions ${ARGN})
    file(REMOVE_RECURSE "${folder}/paths" "${folder}/known-compilers")
    file(WRITE "${folder}/new/launcher-functions" "${functions}")
    file(RENAME "${folder}/new/launcher-functions" "${folder}/launcher-functions")
    _toolchainkit_new_launcher("${text}")
    set(command "${folder}/new/launcher")
  elseif(reason STREQUAL "")
    set(command "${CMAKE_COMMAND}" -E env ${${active}_pairs} "${program}")
  endif()
  if(reason STREQUAL "")
    _toolchainkit_probe(reason)
  endif()
  if(reason STREQUAL "" AND NOT CMAKE_HOST_WIN32)
    set(present "")
    if(EXISTS "${folder}/launcher")
      file(READ "${folder}/launcher" present)
    endif()
    if(NOT present STREQUAL text)
      file(RENAME "${folder}/new/launcher" "${folder}/launcher")
    endif()
  endif()
  file(REMOVE_RECURSE "${folder}/new")
  _toolchainkit_return(notes)
  set("${out_reason}" "${reason}" PARENT_SCOPE)
endfunction()

# To be put in place by renaming, since a build may be running the old one; from a copy, since only file(COPY) sets
# permissions.
function(_toolchainkit_new_launcher text)
  file(WRITE "${folder}/new/text/launcher" "${text}")
  file(COPY "${folder}/new/text/launcher" DESTINATION "${folder}/new" FILE_PERMISSIONS
    OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
endfunction()

# Output goes to files: a daemon that inherits a pipe would keep CMake waiting for its end.
function(_toolchainkit_probe out_reason)
  set("${out_reason}" "" PARENT_SCOPE)
  set(option --start-server)
  if(CMAKE_HOST_WIN32 AND tool STREQUAL "ccache")
    set(option --version)
  endif()
  execute_process(COMMAND ${command} "${option}" RESULT_VARIABLE result TIMEOUT 30
    OUTPUT_FILE "${folder}/probe-output" ERROR_FILE "${folder}/probe-errors")
  file(READ "${folder}/probe-errors" errors)
  file(REMOVE "${folder}/probe-output" "${folder}/probe-errors")
  if(result EQUAL 0)
    _toolchainkit_look_for_refused_writes()
    _toolchainkit_return(notes)
    return()
  endif()
  string(REGEX REPLACE "\n.*" "" first "${errors}")
  string(REGEX REPLACE "^(sccache|toolchainkit): (error: )?(Server startup failed: )?" "" first "${first}")
  if(errors MATCHES "\nSource:\n *([^\n]+)")
    set(first "${first}: ${CMAKE_MATCH_1}")
  endif()
  set(word "does not answer")
  if(active STREQUAL "local")
    set(word "does not start")
  elseif(errors MATCHES "^toolchainkit: .* is not set")
    set(word "cannot be used")
  elseif(errors MATCHES "cache type is not enabled|Cache type not supported with current feature|requires the '[a-z0-9]+' feature")
    set(word "cannot be used")
    set(first "${program} was built without it")
  endif()
  set("${out_reason}" "${word} (${first})" PARENT_SCOPE)
endfunction()

# A remote that refuses a first write is only read from then on, which sccache says nowhere but in its log.
function(_toolchainkit_look_for_refused_writes)
  set(log "${${active}_run}/log")
  if(NOT tool STREQUAL "sccache" OR NOT active STREQUAL "remote" OR NOT EXISTS "${log}")
    return()
  endif()
  file(STRINGS "${log}" refusals REGEX "^storage write check failed: " LIMIT_COUNT 1)
  if(refusals MATCHES "failed: (.*)$")
    string(STRIP "${CMAKE_MATCH_1}" refusal)
    list(APPEND notes "which refuses to be written to (${refusal}) and is only read")
    set(notes "${notes}" PARENT_SCOPE)
  endif()
endfunction()

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

# Variables that choose a storage: those of the environment must not reach the tool.
tk_clear() {
  unset CCACHE_DIR CCACHE_MAXSIZE CCACHE_REMOTE_STORAGE CCACHE_SECONDARY_STORAGE CCACHE_REMOTE_ONLY \
    CCACHE_NOREMOTE_ONLY CCACHE_BASEDIR
}
]=])

  set(sccache_clear [=[

# Variables that choose a storage, or another daemon: those of the environment must not reach the tool.
tk_clear() {
  unset SCCACHE_CONF SCCACHE_DIR SCCACHE_CACHE_SIZE SCCACHE_LOCAL_RW_MODE SCCACHE_SERVER_PORT SCCACHE_SERVER_UDS \
    SCCACHE_BASEDIRS SCCACHE_MULTILEVEL_CHAIN SCCACHE_MULTILEVEL_WRITE_ERROR_POLICY \
    SCCACHE_BUCKET SCCACHE_REGION SCCACHE_ENDPOINT SCCACHE_S3_USE_SSL SCCACHE_S3_KEY_PREFIX SCCACHE_S3_NO_CREDENTIALS \
    SCCACHE_S3_ENABLE_VIRTUAL_HOST_STYLE SCCACHE_S3_SERVER_SIDE_ENCRYPTION SCCACHE_S3_SERVER_SIDE_ENCRYPTION_AWS_KMS \
    SCCACHE_S3_SERVER_SIDE_ENCRYPTION_KMS_KEY_ID SCCACHE_S3_RW_MODE \
    SCCACHE_REDIS SCCACHE_REDIS_ENDPOINT SCCACHE_REDIS_CLUSTER_ENDPOINTS SCCACHE_REDIS_USERNAME SCCACHE_REDIS_PASSWORD \
    SCCACHE_REDIS_DB SCCACHE_REDIS_EXPIRATION SCCACHE_REDIS_TTL SCCACHE_REDIS_KEY_PREFIX SCCACHE_REDIS_RW_MODE \
    SCCACHE_MEMCACHED SCCACHE_MEMCACHED_ENDPOINT SCCACHE_MEMCACHED_USERNAME SCCACHE_MEMCACHED_PASSWORD \
    SCCACHE_MEMCACHED_EXPIRATION SCCACHE_MEMCACHED_KEY_PREFIX SCCACHE_MEMCACHED_RW_MODE \
    SCCACHE_GCS_BUCKET SCCACHE_GCS_KEY_PREFIX SCCACHE_GCS_KEY_PATH SCCACHE_GCS_SERVICE_ACCOUNT \
    SCCACHE_GCS_CREDENTIALS_URL SCCACHE_GCS_OAUTH_URL SCCACHE_GCS_RW_MODE \
    SCCACHE_GHA_ENABLED SCCACHE_GHA_VERSION SCCACHE_GHA_RW_MODE \
    SCCACHE_AZURE_CONNECTION_STRING SCCACHE_AZURE_BLOB_CONTAINER SCCACHE_AZURE_STORAGE_ACCOUNT SCCACHE_AZURE_ENDPOINT \
    SCCACHE_AZURE_KEY_PREFIX SCCACHE_AZURE_RW_MODE \
    SCCACHE_WEBDAV_ENDPOINT SCCACHE_WEBDAV_KEY_PREFIX SCCACHE_WEBDAV_USERNAME SCCACHE_WEBDAV_PASSWORD \
    SCCACHE_WEBDAV_TOKEN SCCACHE_WEBDAV_RW_MODE SCCACHE_WEBDAV_DISABLE_CREATE_DIR \
    SCCACHE_OSS_BUCKET SCCACHE_OSS_ENDPOINT SCCACHE_OSS_KEY_PREFIX SCCACHE_OSS_NO_CREDENTIALS SCCACHE_OSS_RW_MODE \
    SCCACHE_COS_BUCKET SCCACHE_COS_ENDPOINT SCCACHE_COS_KEY_PREFIX SCCACHE_COS_RW_MODE
}
]=])

  set(encoding_part [=[

# The unreserved characters of RFC 3986 stay; they are listed since ranges depend on the locale.
tk_percent_encode() {
  case $1 in
  *[!ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._~-]*)
    tk_encoded=$(printf %s "$1" | od -An -v -tx1 | LC_ALL=C awk '
      BEGIN { for (i = 33; i < 127; i++) { c = sprintf("%c", i); if (c ~ /[A-Za-z0-9._~-]/) keep[sprintf("%02x", i)] = c } }
      { for (i = 1; i <= NF; i++) printf "%s", ($i in keep) ? keep[$i] : "%" toupper($i) }') ;;
  *) tk_encoded=$1 ;;
  esac
}
]=])

  set(common_part [=[

# Puts the files that options name, and that are no sources, into tk_files: a list with colons.
tk_find_files() {
  tk_files=
  for tk_argument; do
    case $tk_argument in
    -specs=* | --specs=* | --config=* | -fprofile-sample-use=* | -fauto-profile=* | -fprofile-list=* | -fsanitize-ignorelist=*)
      tk_argument=${tk_argument#*=}
      # The daemon is in another folder.
      case $tk_argument in
      /*) ;;
      *) tk_argument=$PWD/$tk_argument ;;
      esac
      [ ! -f "$tk_argument" ] || tk_files=$tk_files${tk_files:+:}$tk_argument
      ;;
    esac
  done
}

# Who waits for the tool tells it here.
tk_sign_in() {
  echo $$ >>"$tk_run/clients"
} 2>/dev/null
]=])

  set(option_part [=[

case $1 in
-*)
  . "$tk_folder/launcher-functions"
  tk_do_option "$@"
  ;;
esac
case " $* " in
*" -DTOOLCHAINKIT_NO_CACHE "*) exec "$@" ;;
esac
]=])

  # Neither sccache nor ccache before 4.14 see all files that an assembler statement includes, and which these are cannot be
  # told. CMake's commands end with the source.
  set(assembler_part [=[
eval "tk_argument=\${$#}"
case $tk_argument in
-*) ;;
*)
  if LC_ALL=C grep -qF -e incbin -e INCBIN ${tk_also-} "$tk_argument" 2>/dev/null; then
    exec "$@"
  fi
  ;;
esac
]=])

  set(compiler_part [=[
tk_known=
[ ! -e "$tk_folder/known-compilers" ] || read -r tk_known <"$tk_folder/known-compilers"
case $tk_known in
*":$1:"*) ;;
*)
  . "$tk_folder/launcher-functions"
  tk_look_at_compiler "$1"
  ;;
esac
]=])

  set(ccache_part [=[
tk_is_watched() {
  read -r tk_pid <"$tk_run/watching" && kill -0 "$tk_pid"
} 2>/dev/null

tk_try=
if [ -n "$tk_missing" ] || [ ! -x "$tk_tool" ] || [ -e "$tk_run/broken" ]; then
  . "$tk_folder/launcher-functions"
  tk_prepare "$@"
fi
case " $* " in
*cmake_pch*)
  # What makes this safe is an option that the module adds to targets with a precompiled header.
  CCACHE_SLOPPINESS=${CCACHE_SLOPPINESS:+$CCACHE_SLOPPINESS,}pch_defines,time_macros
  export CCACHE_SLOPPINESS
  ;;
esac
case " $* " in
*" -march=native "* | *" -mcpu=native "* | *" -mtune=native "*)
  # Before 4.12, ccache takes the word as it stands, which would give this processor the objects of another one.
  CCACHE_NAMESPACE=${CCACHE_NAMESPACE-}$tk_processor
  export CCACHE_NAMESPACE
  ;;
esac
case " $* " in
*" -fprofile-generate"* | *" -fprofile-use"* | *" -fbranch-probabilities "*)
  # GCC takes no profile of a source that it knows by another path, and ccache changes the path only where it caches.
  unset CCACHE_BASEDIR
  ;;
esac
case " $* " in
*" -fsanitize-ignorelist="* | *" --config="* | *" -fprofile-list="*)
  # Before 4.14, ccache takes the name of the file for its content.
  tk_find_files "$@"
  CCACHE_EXTRAFILES=$tk_files${CCACHE_EXTRAFILES:+:$CCACHE_EXTRAFILES}
  export CCACHE_EXTRAFILES
  ;;
esac
[ -n "${CCACHE_REMOTE_STORAGE-}" ] || exec "$tk_tool" "$@"
if ! tk_is_watched; then
  . "$tk_folder/launcher-functions"
  tk_start_in_background "$0" --watch
fi
tk_sign_in
"$tk_tool" "$@"
tk_status=$?
if [ -e "$tk_run/broken" ]; then
  . "$tk_folder/launcher-functions"
  tk_conclude "$@"
fi
exit $tk_status
]=])

  set(socket_part [=[
tk_alive() {
  [ -S "$tk_run/socket" ] && read -r tk_pid <"$tk_run/pid" && kill -0 "$tk_pid"
} 2>/dev/null

# What a client at socket $1 needs. Should it find no daemon, it would start one of its own; with this, it fails instead.
tk_talk_to() {
  tk_clear
  SCCACHE_CONF=/dev/null
  SCCACHE_SERVER_UDS=$1
  SCCACHE_MEMCACHED_ENDPOINT=tcp://no-daemon
  export SCCACHE_CONF SCCACHE_SERVER_UDS SCCACHE_MEMCACHED_ENDPOINT
}

tk_be_client() {
  tk_talk_to "$tk_run/socket"
  tk_sign_in
}
]=])

  set(run_part [=[

# Runs the tool, which may be killed; the shell is to say nothing about that.
tk_run_tool() {
  {
    (exec "$tk_tool" "$@" 2>&9 9>&-)
    tk_status=$?
  } 9>&2 2>/dev/null
}

tk_locked=
tk_try=
# sccache takes that variable away from the compiler.
tk_also=${SOURCE_DATE_EPOCH:+-e __DATE__ -e __TIME__}
]=])

  set(lines_part [=[
case " $* " in
*" -fbranch-probabilities "*)
  # GCC reads a profile that sccache does not know of.
  exec "$@"
  ;;
esac
for tk_signal in INT TERM HUP; do
  trap "tk_signal=$tk_signal; . \"\$tk_folder/launcher-functions\"; tk_interrupted \"\$@\"" $tk_signal
done
# sccache hashes a text without line numbers, and would hand out an object of which the debug information, what
# __builtin_LINE() gives or the warnings name the lines of another text; unless the compiler is to profile. These two
# options only look like it. They come first, where whatever the user says goes before them.
case " $* " in
*" --coverage "* | *" -coverage "* | *" -ftest-coverage "* | *" -fcoverage-mapping "* | \
  *" -fprofile-arcs "* | *" -fprofile-generate"* | *" -fprofile-instr-generate"* | *" -fcs-profile-generate"*)
  # Such an object names the file that it counts into.
  SCCACHE_C_CUSTOM_CACHE_BUSTER="${SCCACHE_C_CUSTOM_CACHE_BUSTER-} $PWD $*"
  export SCCACHE_C_CUSTOM_CACHE_BUSTER
  ;;
*)
  tk_compiler=$1
  # GCC would also give the text the build folder.
  case ${1##*/} in
  *clang-cl*) tk_lines= ;;
  *clang*) tk_lines="-fprofile-arcs -fno-profile-arcs" ;;
  *gcc* | *g++*) tk_lines="-fno-working-directory -fprofile-arcs -fno-profile-arcs" ;;
  cc | c++)
    tk_lines="-fprofile-arcs -fno-profile-arcs"
    [ ! "$1" -ef "${1%/*}/gcc" ] && [ ! "$1" -ef "${1%/*}/g++" ] || tk_lines="-fno-working-directory $tk_lines"
    ;;
  *) tk_lines= ;;
  esac
  if [ -n "$tk_lines" ]; then
    shift
    set -- "$tk_compiler" $tk_lines "$@"
  fi
  ;;
esac
if [ -e "$tk_run/broken" ] || [ ! -x "$tk_tool" ] || ! tk_alive; then
  . "$tk_folder/launcher-functions"
  tk_prepare "$@"
fi
]=])

  # Base directories are taken out of the text that sccache hashes, also where a string begins with one.
  set(paths_part [=[
case " $* " in
*"$tk_build/"* | *"$tk_build "*)
  . "$tk_folder/launcher-functions"
  if tk_may_name_checkout "$@"; then
    SCCACHE_C_CUSTOM_CACHE_BUSTER="${SCCACHE_C_CUSTOM_CACHE_BUSTER-} $tk_source $tk_build"
    export SCCACHE_C_CUSTOM_CACHE_BUSTER
  fi
  ;;
esac
]=])

  set(sccache_part [=[
case " $* " in
*" -march=native "* | *" -mcpu=native "* | *" -mtune=native "*)
  # sccache takes the word as it stands, which would give this processor the objects of another one.
  SCCACHE_C_CUSTOM_CACHE_BUSTER=${SCCACHE_C_CUSTOM_CACHE_BUSTER-}$tk_processor
  export SCCACHE_C_CUSTOM_CACHE_BUSTER
  ;;
esac
case " $* " in
*" -D"*"=$tk_source"* | *" -D"*"=$tk_build"*)
  # From 0.18 on sccache leaves base directories out of arguments, and a macro would have the path of another checkout.
  for tk_argument; do
    case $tk_argument in
    -D*"=$tk_source"* | -D*"=$tk_build"*)
      SCCACHE_C_CUSTOM_CACHE_BUSTER="${SCCACHE_C_CUSTOM_CACHE_BUSTER-} $tk_source $tk_build"
      export SCCACHE_C_CUSTOM_CACHE_BUSTER
      ;;
    esac
  done
  ;;
esac
case " $* " in
*" -specs="* | *" --specs="* | *" -fprofile-sample-use="* | *" -fauto-profile="* | *" -fprofile-list="*)
  # sccache takes the name of the file for its content.
  tk_find_files "$@"
  SCCACHE_EXTRAFILES=$tk_files${SCCACHE_EXTRAFILES:+:$SCCACHE_EXTRAFILES}
  export SCCACHE_EXTRAFILES
  ;;
esac
tk_be_client
tk_run_tool "$@"
if [ $tk_status -gt 1 ] || [ -e "$tk_run/broken" ]; then
  . "$tk_folder/launcher-functions"
  tk_conclude "$@"
fi
exit $tk_status
]=])

  # Before 0.9 there are only ports. A port has one owner, so that the client's own way to start a daemon is right.
  set(port_part [=[
tk_alive() {
  false
}

tk_be_client() {
  :
}
]=])
endmacro()

macro(_toolchainkit_launcher_functions)
  set(shared_functions [=[
# Sourced by the launcher, which see.

# Whether FILE is less than a minute old.
tk_is_fresh() {
  [ -e "$1" ] && [ -n "$(find "$1" -mmin -1 2>/dev/null)" ]
}

# One line to people, not more than one a minute for this build folder, since compilers run by the hundred.
tk_warn() {
  [ ! -e "$tk_folder/warned" ] || tk_is_fresh "$tk_folder/warned" || rm -f "$tk_folder/warned"
  # Of several callers one creates the file.
  (set -C; : >"$tk_folder/warned") 2>/dev/null && printf 'toolchainkit: %s\n' "$1" >&2
}

# In a session of its own, where signals to the build do not reach it, and without our files: a build tool would wait for
# their end.
tk_start_in_background() {
  tk_setsid=
  ! command -v setsid >/dev/null || tk_setsid=setsid
  $tk_setsid "$@" </dev/null >/dev/null 2>&1 3>&- 4>&- 5>&- 6>&- 7>&- 8>&- 9>&- &
}

# Both tools know a compiler by its bytes, which for a script say nothing of the compiler that it runs; so its version is a
# part of the key. Ours name the version. Which compilers need not be asked is found out once.
tk_look_at_compiler() {
  if [ "$(head -c 2 "$1")" != "#!" ] || grep -qF '# Written by ToolchainKit.cmake.' "$1"; then
    printf ':%s:' "$1" >>"$tk_folder/known-compilers"
    return
  fi
  tk_version=$(LC_ALL=C "$1" --version </dev/null | cksum)
  CCACHE_NAMESPACE=${CCACHE_NAMESPACE-}$tk_version
  SCCACHE_C_CUSTOM_CACHE_BUSTER="${SCCACHE_C_CUSTOM_CACHE_BUSTER-} $tk_version"
  export CCACHE_NAMESPACE SCCACHE_C_CUSTOM_CACHE_BUSTER
} 2>/dev/null

# The breaker: once it is open, nobody uses the tool or the remote for a minute. It is told once in an outage.
tk_break() {
  : >"$tk_run/broken"
  (set -C; : >"$tk_run/told") 2>/dev/null && echo "toolchainkit: $1" >&2
}

# Puts those that have signed in since the last time into tk_new, and so empties the list.
tk_read_clients() {
  tk_new=
  [ -s "$tk_run/clients" ] && mv "$tk_run/clients" "$tk_run/clients.read" || return 0
  while read -r tk_client; do
    case "$tk_clients $tk_new " in
    *" $tk_client"[:\ ]*) continue ;;
    esac
    kill -0 "$tk_client" && tk_new="$tk_new $tk_client"
  done <"$tk_run/clients.read"
}

# Puts the children of process $1 into tk_children; fails where they cannot be known.
tk_find_children() {
  tk_children=
  if [ -e "/proc/$$/task/$$/children" ]; then
    for tk_thread in "/proc/$1/task/"*/children; do
      tk_line=
      read -r tk_line <"$tk_thread"
      tk_children="$tk_children $tk_line"
    done
  else
    command -v ps >/dev/null || return
    tk_children=$(ps -A -o ppid= -o pid= | awk -v parent="$1" '$1 == parent { print $2 }')
  fi
} 2>/dev/null

# Puts the tool that the launcher $1 waits for into tk_waits_for; fails if it does not.
tk_find_tool() {
  tk_find_children "$1" || return
  for tk_waits_for in $tk_children; do
    tk_line=$tk_tool
    [ ! -e /proc/$$/cmdline ] || read -r tk_line <"/proc/$tk_waits_for/cmdline"
    case $tk_line in
    *"$tk_tool"*) return 0 ;;
    esac
  done
  return 1
} 2>/dev/null
]=])

  set(ccache_functions [=[

tk_do_option() {
  case $1 in
  --start-server)
    # ccache has none; this says whether the cache can be used.
    if [ -n "$tk_missing" ]; then
      echo "toolchainkit:$tk_missing is not set" >&2
      exit 3
    fi
    rm -f "$tk_run/broken" "$tk_run/told"
    exec "$tk_tool" --version
    ;;
  --watch)
    trap '' HUP INT QUIT TERM
    tk_watch
    exit
    ;;
  *) exec "$tk_tool" "$@" ;;
  esac
}

# Before the tool runs: when something is not as it should be.
tk_prepare() {
  if [ -n "$tk_missing" ]; then
    tk_warn "${tk_missing# } is not set: using the local cache"
    tk_use_local
  fi
  if [ ! -x "$tk_tool" ]; then
    tk_warn "$tk_tool is gone: compiling without a cache until the project is configured again"
    exec "$@"
  fi
  if tk_is_fresh "$tk_run/broken"; then
    CCACHE_REMOTE_STORAGE=
  elif [ -e "$tk_run/broken" ]; then
    # One compilation tries again, the others meanwhile go on without.
    : >"$tk_run/broken"
    tk_try=1
  fi
}

# After the tool has run, in an outage.
tk_conclude() {
  if [ $tk_status -eq 130 ] || [ $tk_status -eq 137 ]; then
    tk_break "the remote cache does not answer: using the local cache for a minute"
    CCACHE_REMOTE_STORAGE=
    exec "$tk_tool" "$@"
  fi
  [ -z "$tk_try" ] || rm -f "$tk_run/broken" "$tk_run/told"
}

# Kills each ccache that has done nothing but wait for 8 s: that is one without a child. The launcher then does without
# the remote. First by SIGINT, of which no shell says a word. Lives as long as there are compilations.
tk_watch() {
  echo $$ >"$tk_run/watching"
  tk_clients=
  tk_quiet=0
  while [ $tk_quiet -lt 5 ]; do
    sleep 1
    tk_read_clients
    tk_left=
    for tk_client in $tk_clients; do
      tk_idle=${tk_client#*:}
      tk_client=${tk_client%:*}
      tk_find_tool "$tk_client" && tk_find_children "$tk_waits_for" || continue
      [ -z "${tk_children# }" ] && tk_idle=$((tk_idle + 1)) || tk_idle=0
      tk_left="$tk_left $tk_client:$tk_idle"
      case $tk_idle in
      [0-7]) ;;
      8)
        : >"$tk_run/broken"
        kill -s INT "$tk_waits_for"
        ;;
      *) kill -s KILL "$tk_waits_for" ;;
      esac
    done
    for tk_client in $tk_new; do
      tk_left="$tk_left $tk_client:0"
    done
    tk_clients=$tk_left
    tk_quiet=$((tk_quiet + 1))
    [ -z "$tk_clients" ] || tk_quiet=0
  done
  rm -f "$tk_run/watching"
}
]=])

  set(sccache_functions [=[

tk_do_option() {
  case $1 in
  --start-server | --zero-stats)
    if ! tk_alive; then
      if [ -n "$tk_missing" ]; then
        echo "toolchainkit:$tk_missing is not set" >&2
        exit 3
      fi
      tk_try=1
      tk_start || { echo "${tk_error:-$(cat "$tk_run/log")}" >&2; exit 2; }
    fi
    if [ -e "$tk_run/broken" ] || [ -e "$tk_run/told" ]; then
      rm -f "$tk_run/broken" "$tk_run/told"
    fi
    [ "$1" = --start-server ] || exec "$tk_tool" "$@"
    exit
    ;;
  --stop-server)
    tk_stop
    rmdir "$tk_run/starting" 2>/dev/null
    exit $tk_status
    ;;
  --serve)
    "tk_use_$2"
    tk_run_daemon
    exit
    ;;
  --try)
    "tk_use_$2"
    tk_try=1
    # With the breaker as it is after a minute, the next compilation tries.
    tk_start && touch -t 200001010000 "$tk_run/broken"
    exit
    ;;
  *) exec "$tk_tool" "$@" ;;
  esac
}

# Before the tool runs: when something is not as it should be.
tk_prepare() {
  if [ ! -x "$tk_tool" ]; then
    tk_warn "$tk_tool is gone: compiling without a cache until the project is configured again"
    exec "$@"
  fi
  if [ -n "$tk_missing" ] && ! tk_alive; then
    tk_warn "${tk_missing# } is not set: using the local cache"
    tk_use_local
  fi
  if [ -e "$tk_run/broken" ]; then
    tk_is_fresh "$tk_run/broken" && exec "$@"
    # One compilation tries again, the others meanwhile go on without; and none waits for a daemon to start.
    : >"$tk_run/broken"
    tk_try=1
    if ! tk_alive; then
      tk_start_in_background "$0" --try "$tk_storage"
      exec "$@"
    fi
  fi
  if ! tk_alive && ! tk_start; then
    tk_break "sccache does not start: compiling without it for a minute"
    exec "$@"
  fi
}

# After the tool has run, when it failed or in an outage.
tk_conclude() {
  case $tk_status in
  2 | 101 | 12[6-9] | 13? | 254)
    if [ "$tk_status" -eq 137 ] && [ -e "$tk_run/broken" ]; then
      tk_break "the remote cache does not answer: compiling without sccache for a minute"
      exec "$@"
    fi
    # The daemon may have ended, or another one have taken its place, since the launcher looked.
    tk_first=$tk_pid
    if [ ! -e "$tk_run/broken" ] && { ! tk_is_up || [ "$tk_pid" != "$tk_first" ]; } && tk_start; then
      tk_sign_in
      tk_run_tool "$@"
      [ $tk_status -gt 1 ] || return 0
    fi
    # In this way sccache says that it failed itself, but a compiler may mean something by it too.
    tk_first=$tk_status
    "$@"
    tk_status=$?
    [ $tk_status -eq "$tk_first" ] || tk_break "sccache fails: compiling without it for a minute"
    ;;
  *) [ -z "$tk_try" ] || rm -f "$tk_run/broken" "$tk_run/told" ;;
  esac
}
]=])

  # Also run by itself, when a project is configured.
  set(stop_functions [=[

# Ends the daemon, which finishes first what it is compiling, for which it takes up to 10 s. Holds the lock afterwards:
# compilations that come now wait for the next daemon.
tk_stop() {
  trap 'rmdir "$tk_run/starting"; exit 130' INT TERM HUP
  tk_waited=0
  until mkdir "$tk_run/starting" 2>/dev/null || [ $tk_waited -ge 300 ]; do
    sleep 0.05 || sleep 1
    tk_waited=$((tk_waited + 1))
  done
  # Nobody comes any more, and who has seen the daemon alive gets the time to arrive.
  mv -f "$tk_run/pid" "$tk_run/leaving" 2>/dev/null && { sleep 0.2 || sleep 1; }
  "$tk_tool" --stop-server
  tk_status=$?
  tk_waited=0
  while [ $tk_status -eq 0 ] && read -r tk_pid <"$tk_run/leaving" && kill -0 "$tk_pid"; do
    [ $tk_waited -lt 240 ] || kill -s KILL "$tk_pid"
    sleep 0.05 || sleep 1
    tk_waited=$((tk_waited + 1))
  done 2>/dev/null
  rm -f "$tk_run/leaving" "$tk_run/socket"
}
]=])

  set(socket_functions [=[

# Whether a daemon answers at socket $1. (Where none does, sccache makes up what it prints for --show-stats.)
tk_answers() {
  [ -S "$1" ] && (tk_talk_to "$1" && exec "$tk_tool" --dist-status) >/dev/null 2>&1
}

# As tk_alive, which a socket that was left behind deceives if its process id is now another program's, as after a restart
# of the machine.
tk_is_up() {
  tk_alive && tk_answers "$tk_run/socket"
}

# Starts the daemon. Of several callers one does it: daemons that start together would take the address from each other
# and share a folder. If it does not start, then for nobody.
tk_start() {
  tk_error=
  tk_waited=0
  until mkdir "$tk_run/starting" 2>/dev/null; do
    tk_is_up && return
    [ -w "$tk_run" ] || return
    [ -n "$tk_try" ] || ! tk_is_fresh "$tk_run/broken" || return
    if [ $tk_waited -ge 300 ]; then
      rmdir "$tk_run/starting"
      return 1
    fi
    sleep 0.05 || sleep 1
    tk_waited=$((tk_waited + 1))
  done
  tk_locked=1
  tk_is_up || tk_serve
  set -- $?
  [ "$1" -eq 0 ] || [ -n "$tk_try" ] || : >"$tk_run/broken"
  rmdir "$tk_run/starting"
  tk_locked=
  return "$1"
}

# The daemon stays a child of a shell, which watches over it and removes its traces when it ends. It gets its place when
# it answers: its socket is there before it listens, and clients would be refused.
tk_serve() {
  rm -f "$tk_run/socket" "$tk_run/new" "$tk_run/clients"
  : >"$tk_run/pid" && : >"$tk_run/log" || return
  tk_start_in_background "$0" --serve "$tk_storage"
  tk_waited=0
  until tk_answers "$tk_run/new"; do
    if read -r tk_pid <"$tk_run/pid" && ! kill -0 "$tk_pid" 2>/dev/null; then
      rm -f "$tk_run/pid" "$tk_run/new"
      return 2
    fi
    if [ $tk_waited -ge 200 ]; then
      read -r tk_pid <"$tk_run/pid" && kill "$tk_pid"
      tk_error="no answer within 10 s"
      return 2
    fi
    sleep 0.05 || sleep 1
    tk_waited=$((tk_waited + 1))
  done
  mv -f "$tk_run/new" "$tk_run/socket"
  tk_alive
}

tk_run_daemon() {
  cd / || exit
  trap '' HUP INT QUIT
  exec >"$tk_run/log" 2>&1
  SCCACHE_BASEDIRS=
  while IFS= read -r tk_line; do
    SCCACHE_BASEDIRS=$SCCACHE_BASEDIRS${SCCACHE_BASEDIRS:+:}$tk_line
  done <"$tk_run/basedirs"
  [ -z "$SCCACHE_BASEDIRS" ] || export SCCACHE_BASEDIRS
  # sccache counts from the last request on, and would end while something is compiled for long.
  tk_limit=${SCCACHE_IDLE_TIMEOUT:-600}
  case $tk_limit in
  *[!0-9]*) tk_limit=600 ;;
  esac
  unset MAKEFLAGS
  SCCACHE_SERVER_UDS=$tk_run/new
  SCCACHE_IDLE_TIMEOUT=86400 SCCACHE_START_SERVER=1 SCCACHE_NO_DAEMON=1 "$tk_tool" &
  tk_daemon=$!
  echo $tk_daemon >"$tk_run/pid"
  trap '' TERM
  tk_watch
  wait $tk_daemon
  # Under the lock, or the files may by now be those of a successor.
  if mkdir "$tk_run/starting" 2>/dev/null; then
    read -r tk_pid <"$tk_run/pid" && [ "$tk_pid" = $tk_daemon ] && rm -f "$tk_run/pid" "$tk_run/socket"
    rmdir "$tk_run/starting"
  fi
}

# sccache waits for its storage without end or word: for up to a minute with each object. It is stalled if compilations
# wait, and yet it runs fewer programs than it could, for some seconds. Then the breaker opens, and as soon as nothing is
# being compiled any more, the daemon is killed. (Another compiler must not write the same object.)
tk_watch() {
  tk_clients=
  tk_quiet=0
  tk_stalled=0
  tk_orphans=
  tk_most=1
  while sleep 1 && kill -0 $tk_daemon 2>/dev/null; do
    tk_count_clients
    tk_quiet=$((tk_quiet + 1))
    [ -z "$tk_clients" ] || tk_quiet=0
    if [ $tk_limit -gt 0 ] && [ $tk_quiet -ge $tk_limit ]; then
      # From here on nobody takes it for alive.
      rm -f "$tk_run/socket"
      kill $tk_daemon
    fi
    tk_count_programs
    if [ $tk_waiting -gt $tk_programs ] && [ $tk_programs -lt $tk_most ]; then
      tk_stalled=$((tk_stalled + 1))
    else
      tk_stalled=0
    fi
    if [ $tk_stalled -ge 4 ]; then
      : >"$tk_run/broken"
      tk_cut_off
    fi
    # Compilers for which nobody waits, now and a second ago, are those of a build that was interrupted.
    [ -n "$tk_clients" ] || [ "$tk_children" != "$tk_orphans" ] || tk_kill_programs $tk_children
    tk_orphans=$tk_children
  done
}

# Those that have waited for 4 s into tk_waiting.
tk_count_clients() {
  tk_read_clients
  tk_waiting=0
  tk_left=
  for tk_client in $tk_clients; do
    tk_age=$((${tk_client#*:} + 1))
    tk_client=${tk_client%:*}
    kill -0 "$tk_client" || continue
    tk_left="$tk_left $tk_client:$tk_age"
    [ $tk_age -lt 4 ] || ! tk_find_tool "$tk_client" || tk_waiting=$((tk_waiting + 1))
  done
  for tk_client in $tk_new; do
    tk_left="$tk_left $tk_client:0"
  done
  tk_clients=$tk_left
} 2>/dev/null

# The compilers and preprocessors that the daemon runs, and the most that were seen at once.
tk_count_programs() {
  tk_find_children $tk_daemon || tk_children=$tk_clients
  set -- $tk_children
  tk_programs=$#
  [ $tk_programs -le $tk_most ] || tk_most=$tk_programs
} 2>/dev/null

# Stopped first, so that it cannot start a compiler meanwhile.
tk_cut_off() {
  kill -s STOP $tk_daemon
  tk_count_programs
  if [ $tk_programs -eq 0 ]; then
    for tk_client in $tk_clients; do
      tk_find_tool "${tk_client%:*}" && kill -s KILL "$tk_waits_for"
    done
    kill -s KILL $tk_daemon
  fi
  kill -s CONT $tk_daemon
} 2>/dev/null

# When the build is interrupted, the daemon would go on compiling, and might overwrite the object of the next build. The
# compiler may be about to be started, after a look into the storage.
tk_interrupted() {
  trap '' INT TERM HUP
  [ -z "$tk_locked" ] || rmdir "$tk_run/starting"
  tk_object=
  tk_previous=
  for tk_argument; do
    [ "$tk_previous" != -o ] || tk_object=$tk_argument
    tk_previous=$tk_argument
  done
  tk_waited=0
  until [ -z "$tk_object" ] || tk_cancel || [ $tk_waited -ge 10 ]; do
    sleep 0.1 || sleep 1
    tk_waited=$((tk_waited + 1))
  done
  trap - "$tk_signal"
  kill -s "$tk_signal" $$
}

# Kills what makes tk_object in this folder; fails if nothing does. These need not be children of the daemon any more:
# sccache 0.19 kills the driver of the compiler by itself, and leaves the compiler.
tk_cancel() {
  tk_found=
  for tk_process in /proc/[0-9]*; do
    [ "$tk_process" != /proc/$$ ] && [ "$tk_process/cwd" -ef . ] || continue
    # Without what is between the arguments.
    tk_line=
    read -r tk_line <"$tk_process/cmdline"
    case $tk_line in
    *"-o$tk_object"* | *"-MT$tk_object"*)
      tk_kill_programs "${tk_process#/proc/}"
      tk_found=1
      ;;
    esac
  done
  [ -n "$tk_found" ] || ! tk_alive
} 2>/dev/null

# With their own children: the driver of a compiler leaves these to themselves.
tk_kill_programs() {
  for tk_child; do
    tk_find_children "$tk_child"
    kill -s KILL "$tk_child" $tk_children
  done
}
]=])

  set(paths_functions [=[

# Whether a folder of the build that the arguments name has a file with a string that begins with a path of this checkout,
# as in #define DATA "/home/me/project/data". A folder is looked through again when something is new in it.
tk_may_name_checkout() {
  tk_names=
  for tk_argument; do
    case $tk_argument in
    -I/*) tk_argument=${tk_argument#-I} ;;
    esac
    case $tk_argument in
    "$tk_build"/_deps/*-src | "$tk_build"/_deps/*-src/*) continue ;;
    "$tk_build" | "$tk_build"/*) ;;
    *) continue ;;
    esac
    [ -d "$tk_argument" ] || tk_argument=${tk_argument%/*}
    tk_seen=$tk_folder/paths${tk_argument#"$tk_build"}/seen
    [ "$tk_seen" -nt "$tk_argument" ] || tk_look_for_paths "$tk_argument"
    [ ! -s "$tk_seen" ] || tk_names=1
  done
  [ -n "$tk_names" ]
}

# Writes such lines into tk_seen. Comments and what tells the compiler where a text comes from are none.
tk_look_for_paths() {
  mkdir -p "${tk_seen%/*}"
  find "$1" -maxdepth 5 \( -name CMakeFiles -o -name toolchainkit -o -name '*-src' \) ! -path "$1" -prune -o -type f \
    \( -name '*.[chim]' -o -name '*.[ch][ch]' -o -name '*.[chit][px+][px+]' -o -name '*.mm' -o -name '*.in[cl]' -o -name '*.def' \) \
    -exec grep -F -e "\"$tk_source/" -e " $tk_source/" -e "<$tk_source/" -e "\"$tk_build/" -e " $tk_build/" -e "<$tk_build/" /dev/null {} + |
    grep -Ev '^[^:]*:[[:blank:]]*(//|/?\*|#[[:blank:]]*(line|include|import|[0-9]))' >"$tk_seen.$$"
  mv "$tk_seen.$$" "$tk_seen"
} 2>/dev/null
]=])

  set(port_functions [=[

tk_is_up() {
  :
}

tk_stop() {
  "$tk_tool" --stop-server
  tk_status=$?
}

tk_start() {
  "$tk_tool" --start-server >"$tk_run/log" 2>&1 3>&- 4>&- 5>&- 6>&- 7>&- 8>&- 9>&- || grep -q 'Address .*in use' "$tk_run/log"
}

tk_interrupted() {
  trap - "$tk_signal"
  kill -s "$tk_signal" $$
}
]=])
endmacro()

# --- the launcher in the commands of the build ------------------------------------------------------------------------

# What goes into CMAKE_<LANG>_COMPILER_LAUNCHER: a list.
function(_toolchainkit_command out_command)
  string(REPLACE ";" "\\;" command "${folder}/launcher")
  if(CMAKE_GENERATOR MATCHES "^Visual Studio")
    set(command "${folder}/visual-studio")
  elseif(CMAKE_GENERATOR STREQUAL "Xcode")
    # It takes one word.
    set(command "${folder}/launcher")
  elseif(CMAKE_HOST_WIN32)
    set(command "${CMAKE_COMMAND}" -E env ${${active}_pairs} "${program}")
  elseif(tool STREQUAL "ccache" AND version VERSION_GREATER_EQUAL 4.14 AND "${arg_REMOTE}" STREQUAL ""
      AND CMAKE_VERSION VERSION_GREATER_EQUAL 3.31)
    # ccache takes its settings as arguments: one process less per compilation. Not with a remote: the command would
    # change with its availability, and Ninja compile everything again. Older CMakes evaluate expressions in launchers
    # without a target.
    _toolchainkit_has_script_for_compiler(has_script)
    _toolchainkit_ccache_arguments(arguments)
    if(NOT has_script AND NOT arguments STREQUAL "")
      set(command "${arguments}")
    endif()
  endif()
  set("${out_command}" "${command}" PARENT_SCOPE)
endfunction()

# Whether a compiler is a script, of which the launcher finds out the version (tk_look_at_compiler). In a toolchain file
# CMake has not yet looked for compilers, and then begins with these names.
function(_toolchainkit_has_script_for_compiler out_whether)
  set("${out_whether}" FALSE PARENT_SCOPE)
  foreach(language IN LISTS free_languages)
    string(REGEX REPLACE "^(OBJC|C)$" "cc" default "${language}")
    string(REGEX REPLACE "^(OBJCXX|CXX)$" "c++" default "${default}")
    _toolchainkit_compiler_variable(variable "${language}")
    separate_arguments(environment UNIX_COMMAND "$ENV{${variable}}")
    set(program "")
    foreach(choice IN ITEMS "${CMAKE_${language}_COMPILER}" "${environment}" "${default}")
      if(program STREQUAL "" AND NOT choice STREQUAL "")
        list(GET choice 0 program)
      endif()
    endforeach()
    unset(_toolchainkit_path)
    find_program(_toolchainkit_path NAMES "${program}" NO_CACHE NO_CMAKE_FIND_ROOT_PATH)
    string(FIND "${_toolchainkit_path}" "${folder}/" at)
    if(NOT at EQUAL 0 AND IS_READABLE "${_toolchainkit_path}")
      file(READ "${_toolchainkit_path}" start LIMIT 2 HEX)
      if(start STREQUAL "2321")
        set("${out_whether}" TRUE PARENT_SCOPE)
      endif()
    endif()
  endforeach()
endfunction()

# Empty if a value would not survive in a list, a generator expression or a rule of the build tool.
function(_toolchainkit_ccache_arguments out_arguments)
  set("${out_arguments}" "" PARENT_SCOPE)
  set(arguments "${program}")
  set(base "")
  foreach(pair IN LISTS local_pairs)
    string(REGEX MATCH "^CCACHE_([A-Z_]+)=(.*)$" pair "${pair}")
    set(value "${CMAKE_MATCH_2}")
    set(key_of_DIR cache_dir)
    set(key_of_MAXSIZE max_size)
    set(key_of_REMOTE_STORAGE remote_storage)
    set(key_of_COMPILERCHECK compiler_check)
    if(CMAKE_MATCH_1 STREQUAL "NOHASHDIR")
      list(APPEND arguments "hash_dir=false")
    elseif(CMAKE_MATCH_1 STREQUAL "NODIRECT")
      list(APPEND arguments "direct_mode=false")
    elseif(CMAKE_MATCH_1 STREQUAL "BASEDIR")
      set(base "${value}")
    elseif(NOT DEFINED key_of_${CMAKE_MATCH_1})
      return()
    else()
      list(APPEND arguments "${key_of_${CMAKE_MATCH_1}}=${value}")
    endif()
  endforeach()
  if("${arguments}${base}" MATCHES "[][<>\n\\$]")
    return()
  endif()
  # The semicolons are inside of the expressions, since an empty element would be passed on as an empty argument.
  list(APPEND arguments "remote_only=false")
  if(NOT base STREQUAL "")
    # As in the script: GCC takes no profile of a source that it knows by another path.
    set(profile "-f(profile-generate|profile-use|branch-probabilities)")
    if("${CMAKE_C_FLAGS} ${CMAKE_CXX_FLAGS} $ENV{CFLAGS} $ENV{CXXFLAGS}" MATCHES "${profile}")
      return()
    endif()
    string(APPEND arguments
      "$<$<NOT:$<BOOL:$<FILTER:$<TARGET_PROPERTY:COMPILE_OPTIONS>,INCLUDE,^${profile}>>>:;base_dir=${base}>")
  endif()
  _toolchainkit_has_precompiled_header(has_header)
  set("${out_arguments}" "${arguments}$<${has_header}:;sloppiness=pch_defines,time_macros>" PARENT_SCOPE)
endfunction()

# --- what caching needs of the compiler ------------------------------------------------------------------------------

function(_toolchainkit_has_precompiled_header out_condition)
  set("${out_condition}" "$<BOOL:$<TARGET_PROPERTY:PRECOMPILE_HEADERS>$<TARGET_PROPERTY:PRECOMPILE_HEADERS_REUSE_FROM>>"
    PARENT_SCOPE)
endfunction()

# GCC leaves macros out of the preprocessed text when a precompiled header defines them, and both tools then take an
# object for right that was made with other macros; -dD brings the macros back. Clang writes a time stamp into the header.
function(_toolchainkit_care_for_precompiled_headers)
  _toolchainkit_has_precompiled_header(has_header)
  set(gcc "$<OR:$<COMPILE_LANG_AND_ID:C,GNU>,$<COMPILE_LANG_AND_ID:CXX,GNU>,$<COMPILE_LANG_AND_ID:OBJC,GNU>,$<COMPILE_LANG_AND_ID:OBJCXX,GNU>>")
  string(REPLACE "GNU" "Clang,AppleClang" clang "${gcc}")
  # One option, since only the first look at the headers in an evaluation sees those that come from linked libraries.
  set(option "$<${has_header}:$<${gcc}:-dD>$<${clang}:SHELL:-Xclang -fno-pch-timestamp>>")
  get_directory_property(options COMPILE_OPTIONS)
  if(NOT option IN_LIST options)
    add_compile_options("${option}")
  endif()
endfunction()

# Microsoft's compiler and clang-cl. Debug information in a file of its own (/Zi) cannot be cached; in the object (/Z7) it
# can. The variable works from policy CMP0141 on, the rules before it, and where project() has read the rules already, the
# flags themselves. clang-cl tells what it reads in two ways, of which ccache understands one (ccache/ccache#1775).
macro(_toolchainkit_care_for_microsofts_compilers)
  if(NOT DEFINED CMAKE_MSVC_DEBUG_INFORMATION_FORMAT)
    set(CMAKE_MSVC_DEBUG_INFORMATION_FORMAT "$<$<CONFIG:Debug,RelWithDebInfo>:Embedded>" PARENT_SCOPE)
  endif()
  if(NOT DEFINED CMAKE_USER_MAKE_RULES_OVERRIDE)
    set(rules [=[
foreach(_toolchainkit_flags IN ITEMS C_FLAGS_DEBUG C_FLAGS_RELWITHDEBINFO CXX_FLAGS_DEBUG CXX_FLAGS_RELWITHDEBINFO)
  string(REGEX REPLACE "([/-])Zi( |$)" "\\1Z7\\2" CMAKE_${_toolchainkit_flags}_INIT "${CMAKE_${_toolchainkit_flags}_INIT}")
endforeach()
]=])
    if(tool STREQUAL "ccache")
      string(APPEND rules [=[
foreach(_toolchainkit_language IN ITEMS C CXX)
  if("${CMAKE_DEPFILE_FLAGS_${_toolchainkit_language}}" MATCHES "-clang:-MD ")
    set(CMAKE_DEPFILE_FLAGS_${_toolchainkit_language} "/showIncludes")
    set(CMAKE_${_toolchainkit_language}_DEPFILE_FORMAT msvc)
  endif()
endforeach()
]=])
    endif()
    _toolchainkit_write_if_changed("${CMAKE_BINARY_DIR}/toolchainkit/microsoft-rules.cmake" "${rules}")
    set(CMAKE_USER_MAKE_RULES_OVERRIDE "${CMAKE_BINARY_DIR}/toolchainkit/microsoft-rules.cmake" PARENT_SCOPE)
  endif()
  foreach(language IN ITEMS C CXX)
    if(NOT CMAKE_${language}_COMPILER_LOADED)
      continue()
    endif()
    foreach(flags IN ITEMS DEBUG RELWITHDEBINFO)
      if("${CMAKE_${language}_FLAGS_${flags}}" MATCHES "^(.* )?([/-])Zi( .*)?$")
        set(CMAKE_${language}_FLAGS_${flags} "${CMAKE_MATCH_1}${CMAKE_MATCH_2}Z7${CMAKE_MATCH_3}" PARENT_SCOPE)
      endif()
    endforeach()
    if(tool STREQUAL "ccache" AND "${CMAKE_DEPFILE_FLAGS_${language}}" MATCHES "-clang:-MD ")
      set(CMAKE_DEPFILE_FLAGS_${language} "/showIncludes" PARENT_SCOPE)
      set(CMAKE_${language}_DEPFILE_FORMAT msvc PARENT_SCOPE)
    endif()
  endforeach()
endmacro()

# sccache cannot cache what has a precompiled header in the manner of Microsoft (/Yc, /Yu); ccache can. Only known at the
# end, and deferring came with CMake 3.19.
function(_toolchainkit_defer_naming_of_precompiled_headers)
  get_property(deferred GLOBAL PROPERTY _TOOLCHAINKIT_NAMES_HEADERS)
  if(tool STREQUAL "sccache" AND NOT deferred AND CMAKE_VERSION VERSION_GREATER_EQUAL 3.19)
    set_property(GLOBAL PROPERTY _TOOLCHAINKIT_NAMES_HEADERS TRUE)
    cmake_language(DEFER DIRECTORY "${CMAKE_SOURCE_DIR}" CALL _toolchainkit_name_precompiled_headers)
  endif()
endfunction()

# All targets of the project that are built.
function(_toolchainkit_all_targets out_targets)
  set(all_targets "")
  set(directories "${CMAKE_SOURCE_DIR}")
  while(NOT directories STREQUAL "")
    list(POP_FRONT directories directory)
    get_property(targets DIRECTORY "${directory}" PROPERTY BUILDSYSTEM_TARGETS)
    get_property(subdirectories DIRECTORY "${directory}" PROPERTY SUBDIRECTORIES)
    list(APPEND all_targets ${targets})
    list(APPEND directories ${subdirectories})
  endwhile()
  set("${out_targets}" "${all_targets}" PARENT_SCOPE)
endfunction()

function(_toolchainkit_name_precompiled_headers)
  if(NOT MSVC)
    return()
  endif()
  set(names "")
  _toolchainkit_all_targets(targets)
  foreach(target IN LISTS targets)
    get_target_property(header "${target}" PRECOMPILE_HEADERS)
    get_target_property(other "${target}" PRECOMPILE_HEADERS_REUSE_FROM)
    get_target_property(disabled "${target}" DISABLE_PRECOMPILE_HEADERS)
    if((header OR other) AND NOT disabled)
      list(APPEND names "${target}")
    endif()
  endforeach()
  if(NOT names STREQUAL "")
    list(JOIN names ", " names)
    message(STATUS "toolchainkit: with this compiler sccache cannot cache targets with a precompiled header, and ccache can: ${names}")
  endif()
endfunction()

# Whether objects are to be compiled so that they do not tell in which checkout: another one gets them, and debuggers and
# __FILE__ would lead there. sccache takes the options for those of another checkout before 0.18.
function(_toolchainkit_maps_paths out_whether)
  set("${out_whether}" FALSE PARENT_SCOPE)
  if(arg_RELOCATABLE AND NOT CMAKE_HOST_WIN32 AND NOT CMAKE_GENERATOR MATCHES "^Visual Studio"
      AND (tool STREQUAL "ccache" OR version VERSION_GREATER_EQUAL 0.18)
      AND NOT "${CMAKE_SOURCE_DIR} ${CMAKE_BINARY_DIR}" MATCHES "[;<>$]"
      # Which does not know them.
      AND NOT "${CMAKE_C_COMPILER} ${CMAKE_CXX_COMPILER} $ENV{CC} $ENV{CXX}" MATCHES "clang-cl")
    set("${out_whether}" TRUE PARENT_SCOPE)
  endif()
endfunction()

# Not -ffile-prefix-map, which reaches into coverage, whose tools look for the sources by themselves. Nothing is done for a
# language of which the user's flags have maps.
function(_toolchainkit_care_for_paths)
  get_property(maps_paths GLOBAL PROPERTY _TOOLCHAINKIT_MAPS_PATHS)
  if(NOT maps_paths)
    return()
  endif()
  # With slashes, or a folder beside the source folder would be renamed too.
  set(maps "${CMAKE_SOURCE_DIR}/=./")
  if(CMAKE_BINARY_DIR STREQUAL CMAKE_SOURCE_DIR)
    list(APPEND maps "${CMAKE_BINARY_DIR}=.")
  else()
    # Wherever it is, and whatever its name: sccache would take other options for another compilation.
    list(APPEND maps "${CMAKE_BINARY_DIR}=./build")
  endif()
  set(options "")
  foreach(map IN LISTS maps)
    list(APPEND options "-fdebug-prefix-map=${map}" "-fmacro-prefix-map=${map}")
  endforeach()
  set(compilers "")
  set(languages C CXX)
  if(CMAKE_VERSION VERSION_GREATER_EQUAL 3.16)
    list(APPEND languages OBJC OBJCXX)
  endif()
  foreach(language IN LISTS languages)
    # What comes from the environment is not in the variable yet when a toolchain file is read for the first time.
    string(REGEX REPLACE "^OBJ(CXX|C)$" "\\1" name "${language}")
    if("${CMAKE_${language}_FLAGS} $ENV{${name}FLAGS}" MATCHES "-prefix-map=")
      continue()
    endif()
    foreach(compiler IN ITEMS GNU:8 Clang:10 AppleClang:12)
      string(REPLACE ":" ";" compiler "${compiler}")
      list(GET compiler 0 id)
      list(GET compiler 1 since)
      list(APPEND compilers
        "$<AND:$<COMPILE_LANG_AND_ID:${language},${id}>,$<VERSION_GREATER_EQUAL:$<${language}_COMPILER_VERSION>,${since}>>")
    endforeach()
  endforeach()
  if(compilers STREQUAL "")
    return()
  endif()
  list(JOIN compilers "," compilers)
  set(option "$<$<OR:${compilers}>:${options}>")
  get_directory_property(present COMPILE_OPTIONS)
  string(FIND "${present}" "${option}" at)
  if(at EQUAL -1)
    add_compile_options("${option}")
  endif()
endfunction()

# Scanning for C++20 modules makes sources uncacheable; where there are no modules it is in vain.
function(_toolchainkit_care_for_modules)
  if(CMAKE_VERSION VERSION_GREATER_EQUAL 3.28 AND NOT DEFINED CMAKE_CXX_SCAN_FOR_MODULES)
    cmake_language(DEFER DIRECTORY "${CMAKE_SOURCE_DIR}" CALL _toolchainkit_stop_module_scanning)
  endif()
endfunction()

function(_toolchainkit_stop_module_scanning)
  if(DEFINED CMAKE_CXX_SCAN_FOR_MODULES)
    return()
  endif()
  set(candidates "")
  _toolchainkit_all_targets(targets)
  foreach(target IN LISTS targets)
    get_target_property(type "${target}" TYPE)
    if(NOT type MATCHES "^(EXECUTABLE|(STATIC|SHARED|MODULE|OBJECT)_LIBRARY)$")
      continue()
    endif()
    get_target_property(modules "${target}" CXX_MODULE_SETS)
    if(modules)
      message(STATUS "toolchainkit: ${target} has C++ modules: sources that are scanned for modules are not cached")
      return()
    endif()
    get_property(chosen TARGET "${target}" PROPERTY CXX_SCAN_FOR_MODULES SET)
    if(NOT chosen)
      list(APPEND candidates "${target}")
    endif()
  endforeach()
  if(NOT candidates STREQUAL "")
    set_target_properties(${candidates} PROPERTIES CXX_SCAN_FOR_MODULES OFF)
  endif()
endfunction()

# --- words ------------------------------------------------------------------------------------------------------------

function(_toolchainkit_tell reason)
  set(text "toolchainkit: ")
  if(NOT "${arg_PROFILE}" STREQUAL "")
    string(APPEND text "[${arg_PROFILE}] ")
  endif()
  string(APPEND text "${tool} ${version}, ")
  if(mode STREQUAL "remote")
    string(APPEND text "remote ${remote_name}")
  elseif("${local_directory}" STREQUAL "")
    string(APPEND text "local cache in ${local_location}")
  else()
    string(REGEX REPLACE "Gi?B?$" "" size "${local_size}")
    string(APPEND text "local cache ${local_directory} (${size} GiB)")
  endif()
  # The settings of two storages may have the same to say.
  list(REMOVE_DUPLICATES notes)
  foreach(note IN LISTS notes)
    string(APPEND text "; ${note}")
  endforeach()
  if(reason STREQUAL "")
    message(STATUS "${text}")
  else()
    message(NOTICE "${text}; ${reason}")
  endif()
endfunction()

function(_toolchainkit_no_cache kind reason)
  set(mode none)
  file(REMOVE "${folder}/nested.cmake")
  if(NOT EXISTS "${folder}/nested-users")
    file(REMOVE "${folder}/launcher")
  elseif(EXISTS "${folder}/launcher")
    # A build inside of this one still calls it.
    _toolchainkit_new_launcher("#!/bin/sh\n# Written by ToolchainKit.cmake: this build has no cache any more.\nexec \"$@\"\n")
    file(RENAME "${folder}/new/launcher" "${folder}/launcher")
    file(REMOVE_RECURSE "${folder}/new")
  endif()
  _toolchainkit_write_summary("${reason}")
  message("${kind}" "toolchainkit: no cache: ${reason}")
endfunction()

# cache.json, for whoever asks which cache this build uses.
function(_toolchainkit_write_summary reason)
  set(launcher "")
  set(socket "")
  if(mode STREQUAL "none")
    set(active none)
  elseif(NOT CMAKE_HOST_WIN32)
    set(launcher "${folder}/launcher")
    set(socket "${${active}_socket}")
  endif()
  _toolchainkit_json(json tool "${tool}" tool_version "${version}" program "${program}" launcher "${launcher}" mode "${mode}"
    location "${${active}_location}" dir "${${active}_directory}" socket "${socket}" id "${${active}_id}"
    project "${arg_PROJECT}" profile "${arg_PROFILE}" reason "${reason}")
  _toolchainkit_write_if_changed("${folder}/cache.json" "{\"version\": 1, \"size_gb\": ${arg_SIZE_GB}, ${json}}\n")
endfunction()

# --- text -------------------------------------------------------------------------------------------------------------

function(_toolchainkit_write_if_changed path text)
  set(present "")
  if(EXISTS "${path}")
    file(READ "${path}" present)
  endif()
  if(NOT present STREQUAL text)
    file(WRITE "${path}" "${text}")
  endif()
endfunction()

# A quoted argument.
function(_toolchainkit_quote out_quoted text)
  string(REPLACE "\\" "\\\\" text "${text}")
  string(REPLACE "\"" "\\\"" text "${text}")
  string(REPLACE "$" "\\$" text "${text}")
  set("${out_quoted}" "\"${text}\"" PARENT_SCOPE)
endfunction()

function(_toolchainkit_sh_quote out_text text)
  string(REPLACE "'" "'\\''" text "${text}")
  set("${out_text}" "'${text}'" PARENT_SCOPE)
endfunction()

function(_toolchainkit_json_text out_text text)
  if(NOT text MATCHES "[\\\"\n\t\r]")
    set("${out_text}" "\"${text}\"" PARENT_SCOPE)
    return()
  endif()
  string(REPLACE "\\" "\\\\" text "${text}")
  string(REPLACE "\"" "\\\"" text "${text}")
  string(REPLACE "\n" "\\n" text "${text}")
  string(REPLACE "\t" "\\t" text "${text}")
  string(REPLACE "\r" "\\r" text "${text}")
  set("${out_text}" "\"${text}\"" PARENT_SCOPE)
endfunction()

# The members of an object, from names and values by turns.
function(_toolchainkit_json out_members)
  set(members "")
  math(EXPR last "${ARGC} - 1")
  foreach(index RANGE 1 ${last} 2)
    math(EXPR next "${index} + 1")
    _toolchainkit_json_text(value "${ARGV${next}}")
    string(APPEND members ", \"${ARGV${index}}\": ${value}")
  endforeach()
  string(SUBSTRING "${members}" 2 -1 members)
  set("${out_members}" "${members}" PARENT_SCOPE)
endfunction()

function(_toolchainkit_json_list out_elements lines)
  set(elements "")
  while(lines MATCHES "^([^\n]*)\n(.*)$")
    set(lines "${CMAKE_MATCH_2}")
    _toolchainkit_json_text(element "${CMAKE_MATCH_1}")
    string(APPEND elements ", ${element}")
  endwhile()
  string(REGEX REPLACE "^, " "" elements "${elements}")
  set("${out_elements}" "${elements}" PARENT_SCOPE)
endfunction()

cmake_policy(POP)
