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
``TOOLCHAINKIT_LAUNCH``
  Path of the program ``toolchainkit-launch``, also as an environment variable. Goes before ``PATH`` and the user's cache
  folder. ``OFF``: the launcher is a script, as it is where there is no program.
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
  set(launch "")
  set(told_socket "")
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
    _toolchainkit_care_for_other_launchers()
    set_property(GLOBAL PROPERTY _TOOLCHAINKIT_MAPS_PATHS "${enclosing_maps_paths}")
    set("${out_launcher}" "${command}" PARENT_SCOPE)
    set("${out_languages}" "${languages}" PARENT_SCOPE)
    return()
  endif()

  _toolchainkit_user_folder(user_folder)
  _toolchainkit_derived()
  _toolchainkit_choose_launcher(launch launch_file)
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
  _toolchainkit_care_for_other_launchers()
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
  set(launcher_notes "${notes}")
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
    set(notes "${launcher_notes}")
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
      _toolchainkit_installed(installed "${name}" "")
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
      elseif(CMAKE_MATCH_1 STREQUAL "sccache" AND CMAKE_MATCH_3 VERSION_LESS 0.9 AND launch STREQUAL "script")
        # Its daemon listens at a port, where anybody could be: the program makes sure of it, and a script cannot.
        list(APPEND reason "${place} is sccache ${CMAKE_MATCH_3}, and without toolchainkit-launch, which `toolchainkit install` brings, 0.9 is needed")
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

# What `toolchainkit install` put into the user's cache folder, newest first. The name of the folder may end with a suffix.
function(_toolchainkit_installed out_programs name suffix)
  file(GLOB folders LIST_DIRECTORIES TRUE "${user_folder}/tools/${name}-*${suffix}")
  set(programs "")
  set(newest 0)
  set(file_name "${name}")
  if(CMAKE_HOST_WIN32)
    string(APPEND file_name ".exe")
  endif()
  foreach(folder IN LISTS folders)
    if(folder MATCHES "-([0-9]+(\\.[0-9]+)*)${suffix}$" AND EXISTS "${folder}/${file_name}")
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

# Describes the storage `remote` or `local`: <storage>_directory, _size, _location, _id, _refused, and its variables: _pairs
# (NAME=VALUE), _members (of a JSON object), _environment (assignments for sh), _names, _unset; those with secrets are in
# _templates (JSON), _secrets (sh), _environment and _names. _address is that of the daemon on Windows.
function(_toolchainkit_storage storage override)
  set(environment "")
  set(names "")
  set(pairs "")
  set(members "")
  set(unset "")
  set(secrets "")
  set(templates "")
  set(refused "")
  set(identity "")
  set(address "")
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
    if(launch STREQUAL "script")
      # It has a daemon of its own, and two must not share a folder.
      string(APPEND directory "-script")
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
      string(REGEX REPLACE "-script$" "" named "${directory}")
      string(SHA256 id "${tool}\nproject=${project}\ndirectory=${named}\n${identity}")
      string(SUBSTRING "${id}" 0 16 id)
    endif()
  endif()
  _toolchainkit_set("${TOOL}_DIR" "${directory}")
  _toolchainkit_set("${size_name}" "${size}")
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
  string(REGEX REPLACE "^, " "" members "${members}")
  string(REGEX REPLACE "^, " "" templates "${templates}")
  foreach(part IN ITEMS directory size location address environment names pairs members unset secrets templates id refused)
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
  _toolchainkit_json(member "${name}" "${value}")
  string(APPEND members ", ${member}")
  _toolchainkit_return(environment names pairs members)
endfunction()

# A setting, or what the user's environment has instead, where that may be written down.
function(_toolchainkit_setting out_value name value)
  set("${out_value}" "${value}" PARENT_SCOPE)
  set(theirs "$ENV{${name}}")
  if(theirs STREQUAL "" OR theirs STREQUAL value)
    return()
  endif()
  # The configuration says which remote is used and who may write to it, and an address may carry a password.
  if(name MATCHES "^(CCACHE_REMOTE_STORAGE|SCCACHE_MULTILEVEL_CHAIN|SCCACHE_[A-Z0-9]+_RW_MODE)$" OR theirs MATCHES "://[^/]*@")
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
    if(value STREQUAL "true")
      # sccache takes keys in the environment for a contradiction, and people have keys for other things.
      foreach(pair IN LISTS contradicted)
        if(pair MATCHES "^${name}=(.+)$")
          list(APPEND unset "${CMAKE_MATCH_1}")
        endif()
      endforeach()
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
  _toolchainkit_return(environment names pairs members unset secrets templates identity refused notes)
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
  foreach(pair IN LISTS ccache_schemes)
    string(REGEX MATCH "^(.*)=(.*)$" pair "${pair}")
    set(scheme "${CMAKE_MATCH_1}")
    string(FIND "${features}" " ${CMAKE_MATCH_2} " built_at)
    string(FIND " ${storage}" " ${scheme}:" at)
    if(built_at EQUAL -1 AND NOT at EQUAL -1)
      set("${out_refused}" "cannot be used (${program} was built without ${scheme} storage)" PARENT_SCOPE)
    endif()
  endforeach()
endfunction()

# Notes a variable whose value comes from the environment: as JSON, and as sh code that puts it into a variable of the
# script. In a template, {VARIABLE} stands for a value and %{VARIABLE} for one that is percent-encoded.
function(_toolchainkit_secret name template result)
  _toolchainkit_json(member name "${name}" template "${template}")
  string(APPEND templates ", {${member}}")
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
      string(APPEND code "  ${result}=$${result}${literal}$(printf %s \"\${${variable}-}\" | od -An -v -tx1 | tr -d ' \\n' | sed 's/../%&/g')\n")
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
  _toolchainkit_return(secrets templates environment names notes)
endfunction()

function(_toolchainkit_sccache_settings)
  # A configuration file of the user might name another storage.
  if(CMAKE_HOST_WIN32)
    _toolchainkit_set(SCCACHE_CONF "NUL")
  else()
    _toolchainkit_set(SCCACHE_CONF "/dev/null")
  endif()
  if(CMAKE_HOST_WIN32)
    string(SUBSTRING "${id}" 0 6 hexadecimal)
    # Below the range from which systems take ports for outgoing connections.
    math(EXPR port "20000 + 0x${hexadecimal} % 12000")
    set(address "SCCACHE_SERVER_PORT=${port}")
    _toolchainkit_set(SCCACHE_SERVER_PORT "${port}")
  endif()
  if(arg_DIRECT_MODE AND arg_RELOCATABLE AND version VERSION_GREATER_EQUAL 0.14)
    # sccache would forget about headers that changed (mozilla/sccache#2863).
    set(arg_DIRECT_MODE OFF)
    list(APPEND notes "left out: DIRECT_MODE (sccache cannot do it with base directories)")
  endif()
  if(NOT arg_DIRECT_MODE)
    _toolchainkit_set(SCCACHE_DIRECT "false")
  endif()
  _toolchainkit_return(address environment names pairs members notes)
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
    list(APPEND unset CCACHE_DIRECT)
  endif()
  _toolchainkit_return(environment names pairs members unset notes)
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


# --- what the tables of the backends and the rules say: made by a test, TOOLCHAINKIT_UPDATE=1 writes it -------------------

# Sets, for each tool, the variables of the environment that must not reach it (clear_<tool>), what sccache's daemon may get
# of the environment (keep; * at the end only), the credentials that contradict a storage without (contradicted, as
# setting=variable), the schemes that ccache may be built without (ccache_schemes, as scheme=feature), the options that a
# compiler gets with a tool (options_<tool>_<compiler>), and the oldest protocol and rules of toolchainkit-launch that will
# do.
macro(_toolchainkit_derived)
  set(clear_sccache
    SCCACHE_AZURE_BLOB_CONTAINER
    SCCACHE_AZURE_CONNECTION_STRING
    SCCACHE_AZURE_ENDPOINT
    SCCACHE_AZURE_KEY_PREFIX
    SCCACHE_AZURE_RW_MODE
    SCCACHE_AZURE_STORAGE_ACCOUNT
    SCCACHE_BASEDIRS
    SCCACHE_BUCKET
    SCCACHE_CACHE_SIZE
    SCCACHE_CONF
    SCCACHE_COS_BUCKET
    SCCACHE_COS_ENDPOINT
    SCCACHE_COS_KEY_PREFIX
    SCCACHE_COS_RW_MODE
    SCCACHE_DIR
    SCCACHE_ENDPOINT
    SCCACHE_GCS_BUCKET
    SCCACHE_GCS_CREDENTIALS_URL
    SCCACHE_GCS_KEY_PATH
    SCCACHE_GCS_KEY_PREFIX
    SCCACHE_GCS_OAUTH_URL
    SCCACHE_GCS_RW_MODE
    SCCACHE_GCS_SERVICE_ACCOUNT
    SCCACHE_GHA_ENABLED
    SCCACHE_GHA_RW_MODE
    SCCACHE_GHA_VERSION
    SCCACHE_LOCAL_RW_MODE
    SCCACHE_MEMCACHED
    SCCACHE_MEMCACHED_ENDPOINT
    SCCACHE_MEMCACHED_EXPIRATION
    SCCACHE_MEMCACHED_KEY_PREFIX
    SCCACHE_MEMCACHED_PASSWORD
    SCCACHE_MEMCACHED_RW_MODE
    SCCACHE_MEMCACHED_USERNAME
    SCCACHE_MULTILEVEL_CHAIN
    SCCACHE_MULTILEVEL_WRITE_ERROR_POLICY
    SCCACHE_OSS_BUCKET
    SCCACHE_OSS_ENDPOINT
    SCCACHE_OSS_KEY_PREFIX
    SCCACHE_OSS_NO_CREDENTIALS
    SCCACHE_OSS_RW_MODE
    SCCACHE_REDIS
    SCCACHE_REDIS_CLUSTER_ENDPOINTS
    SCCACHE_REDIS_DB
    SCCACHE_REDIS_ENDPOINT
    SCCACHE_REDIS_EXPIRATION
    SCCACHE_REDIS_KEY_PREFIX
    SCCACHE_REDIS_PASSWORD
    SCCACHE_REDIS_RW_MODE
    SCCACHE_REDIS_TTL
    SCCACHE_REDIS_USERNAME
    SCCACHE_REGION
    SCCACHE_S3_ENABLE_VIRTUAL_HOST_STYLE
    SCCACHE_S3_KEY_PREFIX
    SCCACHE_S3_NO_CREDENTIALS
    SCCACHE_S3_RW_MODE
    SCCACHE_S3_SERVER_SIDE_ENCRYPTION
    SCCACHE_S3_SERVER_SIDE_ENCRYPTION_AWS_KMS
    SCCACHE_S3_SERVER_SIDE_ENCRYPTION_KMS_KEY_ID
    SCCACHE_S3_USE_SSL
    SCCACHE_SERVER_PORT
    SCCACHE_SERVER_UDS
    SCCACHE_WEBDAV_DISABLE_CREATE_DIR
    SCCACHE_WEBDAV_ENDPOINT
    SCCACHE_WEBDAV_KEY_PREFIX
    SCCACHE_WEBDAV_PASSWORD
    SCCACHE_WEBDAV_RW_MODE
    SCCACHE_WEBDAV_TOKEN
    SCCACHE_WEBDAV_USERNAME)
  set(clear_ccache
    CCACHE_BASEDIR
    CCACHE_DIR
    CCACHE_MAXSIZE
    CCACHE_NOREMOTE_ONLY
    CCACHE_REMOTE_ONLY
    CCACHE_REMOTE_STORAGE
    CCACHE_SECONDARY_STORAGE)
  set(keep
    ACTIONS_*
    ALIBABA_*
    ALL_PROXY
    APPDATA
    AWS_*
    AZBLOB_*
    AZURE_*
    GCE_METADATA_HOST
    GITHUB_SERVER_URL
    GOOGLE_*
    HOME
    HTTPS_PROXY
    HTTP_PROXY
    LANG
    LC_*
    LOCALAPPDATA
    LOGNAME
    NO_PROXY
    OSS_*
    PATH
    RUST_BACKTRACE
    SCCACHE_ALLOW_CORE_DUMPS
    SCCACHE_CACHE_MULTIARCH
    SCCACHE_CACHE_ZSTD_LEVEL
    SCCACHE_DIRECT
    SCCACHE_DIST_CLIENT_CACHE_DIR
    SCCACHE_ERROR_LOG
    SCCACHE_IDLE_TIMEOUT
    SCCACHE_LOG
    SCCACHE_LOG_MILLIS
    SCCACHE_MAX_FRAME_LENGTH
    SCCACHE_SKIP_CACHE_CHECK
    SSL_CERT_DIR
    SSL_CERT_FILE
    SYSTEMROOT
    TEMP
    TENCENTCLOUD_*
    TKE_*
    TMP
    TMPDIR
    TZ
    USER
    USERNAME
    USERPROFILE
    XDG_*
    all_proxy
    http_proxy
    https_proxy
    no_proxy)
  set(contradicted
    SCCACHE_S3_NO_CREDENTIALS=AWS_ACCESS_KEY_ID
    SCCACHE_S3_NO_CREDENTIALS=AWS_SECRET_ACCESS_KEY
    SCCACHE_S3_NO_CREDENTIALS=AWS_SESSION_TOKEN
    SCCACHE_S3_NO_CREDENTIALS=AWS_WEB_IDENTITY_TOKEN_FILE
    SCCACHE_OSS_NO_CREDENTIALS=ALIBABA_CLOUD_ACCESS_KEY_ID
    SCCACHE_OSS_NO_CREDENTIALS=ALIBABA_CLOUD_ACCESS_KEY_SECRET
    SCCACHE_OSS_NO_CREDENTIALS=ALIBABA_CLOUD_SECURITY_TOKEN)
  set(ccache_schemes
    file=file-storage
    http=http-storage
    https=https-storage
    redis=redis-storage
    redis+unix=redis+unix-storage
    rediss=rediss-storage)
  set(options_sccache_gcc
    -fno-working-directory
    -fprofile-arcs
    -fno-profile-arcs)
  set(options_sccache_clang
    -fprofile-arcs
    -fno-profile-arcs)
  set(options_ccache_gcc)
  set(options_ccache_clang)
  set(minimum_protocol 1)
  set(minimum_rules 1)
endmacro()

# --- making a storage ready -------------------------------------------------------------------------------------------

# The folder of a local cache must be there, and so must be those in it, which another user may have made. One process, since
# each configuring does this.
function(_toolchainkit_make_folders out_reason storage)
  set("${out_reason}" "" PARENT_SCOPE)
  set(directory "${${storage}_directory}")
  if(CMAKE_HOST_WIN32)
    string(REPLACE ";" "\\;" directory "${directory}")
    execute_process(COMMAND "${CMAKE_COMMAND}" -E make_directory ${directory} RESULT_VARIABLE result ERROR_QUIET)
    set(refusal "${directory}")
  else()
    execute_process(RESULT_VARIABLE result OUTPUT_VARIABLE refusal ERROR_QUIET COMMAND sh -c [=[
[ -d "$1" ] || mkdir -p "$1"
for folder in "$1" "$1"/? "$1"/?/?; do
  case $folder in *'?') continue ;; esac
  [ -w "$folder" ] && [ -x "$folder" ] || { printf %s "$folder"; exit 1; }
done]=] toolchainkit "${directory}")
  endif()
  if(NOT result EQUAL 0)
    set("${out_reason}" "cannot write to ${refusal}" PARENT_SCOPE)
  endif()
endfunction()

# Up to version 0.8 of this module, a storage had a daemon in a folder of the user with files for its state: it goes, if it
# is the user's own, with the program that started it. On Windows a daemon is still replaced when its settings change.
function(_toolchainkit_end_old_daemon storage)
  set(run "${user_folder}/run/${${storage}_id}")
  set(settings "")
  if(CMAKE_HOST_WIN32)
    set(settings "version=${version}\nsize=${${storage}_size}\naddress=${${storage}_address}\nprogram=${program}\n")
  else()
    string(LENGTH "${run}/socket" length)
    if(length GREATER 100)
      execute_process(COMMAND id -u OUTPUT_VARIABLE user OUTPUT_STRIP_TRAILING_WHITESPACE)
      set(run "/tmp/toolchainkit-${user}/${${storage}_id}")
    endif()
  endif()
  set(known_settings "")
  if(EXISTS "${run}/settings")
    file(READ "${run}/settings" known_settings)
  endif()
  if(known_settings STREQUAL settings)
    return()
  endif()
  if(CMAKE_HOST_WIN32)
    if(known_settings MATCHES "address=([^\n]+)\nprogram=([^\n]+)\n")
      execute_process(COMMAND "${CMAKE_COMMAND}" -E env "${CMAKE_MATCH_1}" SCCACHE_CONF=NUL "${CMAKE_MATCH_2}" --stop-server
        OUTPUT_QUIET ERROR_QUIET TIMEOUT 15)
    endif()
    file(WRITE "${run}/settings" "${settings}")
    return()
  endif()
  if(known_settings MATCHES "address=SCCACHE_SERVER_UDS=[^\n]+\nprogram=([^\n]+)\n")
    # Its launchers wait at `starting` for the next daemon. The process that is waited for is not touched.
    execute_process(OUTPUT_QUIET ERROR_QUIET TIMEOUT 30 COMMAND sh -c [=[
for path in "$1" "$1/socket"; do
  [ -O "$path" ] && [ ! -L "$path" ] || exit
done
mkdir "$1/starting"
export SCCACHE_SERVER_UDS="$1/socket" SCCACHE_CONF=/dev/null SCCACHE_MEMCACHED_ENDPOINT=tcp://no-daemon
"$2" --stop-server || exit
while read -r process <"$1/pid" && kill -0 "$process"; do sleep 0.05 || sleep 1; done]=]
      toolchainkit "${run}" "${CMAKE_MATCH_1}")
  endif()
  foreach(name IN ITEMS socket new pid leaving settings basedirs server.json lock log clients clients.read watching broken told
      starting)
    file(REMOVE_RECURSE "${run}/${name}")
  endforeach()
endfunction()

# Makes the storages ready for the build: the first is the one in use, another one stands by. Starting the launcher is also
# the proof that the storage can be reached.
function(_toolchainkit_activate out_reason)
  list(GET ARGN 0 active)
  set(reason "${${active}_refused}")
  foreach(storage IN LISTS ARGN)
    if(reason STREQUAL "")
      _toolchainkit_make_folders(reason "${storage}")
    endif()
    if(reason STREQUAL "" AND tool STREQUAL "sccache")
      _toolchainkit_end_old_daemon("${storage}")
    endif()
  endforeach()
  if(reason STREQUAL "")
    if(CMAKE_HOST_WIN32)
      set(command "${CMAKE_COMMAND}" -E env ${${active}_pairs} "${program}")
    else()
      _toolchainkit_put_launcher_in_place(${ARGN})
      set(command "${folder}/launcher")
    endif()
    _toolchainkit_probe(reason)
  endif()
  _toolchainkit_return(notes told_socket)
  set("${out_reason}" "${reason}" PARENT_SCOPE)
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
  file(READ "${folder}/probe-output" output)
  file(READ "${folder}/probe-errors" errors)
  file(REMOVE "${folder}/probe-output" "${folder}/probe-errors")
  if(result EQUAL 0)
    _toolchainkit_json_member(told_socket "${output}" address)
    _toolchainkit_json_member(log "${output}" log)
    _toolchainkit_look_for_refused_writes("${log}")
    _toolchainkit_return(notes told_socket)
    return()
  endif()
  string(REGEX REPLACE "\n.*" "" first "${errors}")
  string(REGEX REPLACE "^(sccache|toolchainkit): (error: )?(Server startup failed: )?" "" first "${first}")
  if(first STREQUAL "")
    set(first "${result}")
  endif()
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
function(_toolchainkit_look_for_refused_writes log)
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

# --- the launcher: a copy of toolchainkit-launch, or a script ---------------------------------------------------------

# Sets whether the launcher is a `program` or a `script`, and the file that becomes <build>/toolchainkit/launcher: a copy of
# the program, which is asked there, since it may be unable to start in this folder. Empty on Windows.
function(_toolchainkit_choose_launcher out_launch out_file)
  set("${out_launch}" "" PARENT_SCOPE)
  set("${out_file}" "" PARENT_SCOPE)
  if(CMAKE_HOST_WIN32)
    return()
  endif()
  set("${out_launch}" script PARENT_SCOPE)
  set(wanted "${TOOLCHAINKIT_LAUNCH}")
  if(wanted STREQUAL "")
    set(wanted "$ENV{TOOLCHAINKIT_LAUNCH}")
  endif()
  string(TOUPPER "${wanted}" upper)
  if(upper MATCHES "^(OFF|NO|FALSE|0)$")
    return()
  endif()
  _toolchainkit_find_launch_programs(places "${wanted}")
  set(reason "")
  foreach(place IN LISTS places)
    get_filename_component(place "${place}" REALPATH)
    if(NOT EXISTS "${place}" OR IS_DIRECTORY "${place}")
      continue()
    endif()
    _toolchainkit_copy_program(copy "${place}")
    _toolchainkit_ask_program(reason "${copy}" "${place}")
    if(reason STREQUAL "")
      set("${out_launch}" program PARENT_SCOPE)
      set("${out_file}" "${copy}" PARENT_SCOPE)
      return()
    endif()
  endforeach()
  if(reason STREQUAL "" AND NOT wanted STREQUAL "")
    set(reason "TOOLCHAINKIT_LAUNCH=${wanted} is not there")
  elseif(reason STREQUAL "")
    set(reason "without toolchainkit-launch, which `toolchainkit install` brings")
  endif()
  list(APPEND notes "${reason}")
  set(notes "${notes}" PARENT_SCOPE)
endfunction()

# Where the program may be: at the path that was given, or in PATH and the user's cache folder.
function(_toolchainkit_find_launch_programs out_places wanted)
  if(NOT wanted STREQUAL "")
    set("${out_places}" "${wanted}" PARENT_SCOPE)
    return()
  endif()
  set(places "")
  file(TO_CMAKE_PATH "$ENV{PATH}" path)
  foreach(entry IN LISTS path)
    # Whoever writes to the folder where a build happens to be started does not decide what runs.
    if(IS_ABSOLUTE "${entry}" AND EXISTS "${entry}/toolchainkit-launch")
      list(APPEND places "${entry}/toolchainkit-launch")
      break()
    endif()
  endforeach()
  string(TOLOWER "${CMAKE_HOST_SYSTEM_NAME}" system)
  if("${CMAKE_HOST_SYSTEM_PROCESSOR}" STREQUAL "")
    # Not known yet in a toolchain file.
    cmake_host_system_information(RESULT processor QUERY OS_PLATFORM)
  else()
    set(processor "${CMAKE_HOST_SYSTEM_PROCESSOR}")
  endif()
  string(TOLOWER "${processor}" processor)
  string(REGEX REPLACE "^(amd64|x64)$" "x86_64" processor "${processor}")
  string(REGEX REPLACE "^arm64$" "aarch64" processor "${processor}")
  _toolchainkit_installed(installed toolchainkit-launch "-${system}-${processor}")
  list(APPEND places ${installed})
  set("${out_places}" "${places}" PARENT_SCOPE)
endfunction()

# The launcher that is in place, if it is a copy of this program, or else a new copy. Hashing both would take longer than all
# else here.
function(_toolchainkit_copy_program out_copy program)
  _toolchainkit_program_stamp(stamp "${program}")
  if(EXISTS "${folder}/launcher" AND EXISTS "${folder}/launcher-stamp")
    file(READ "${folder}/launcher-stamp" present)
    _toolchainkit_program_stamp(copied "${folder}/launcher")
    if(present STREQUAL "${program}\n${stamp}\n${copied}\n")
      set("${out_copy}" "${folder}/launcher" PARENT_SCOPE)
      return()
    endif()
  endif()
  _toolchainkit_copy_executable("${program}")
  _toolchainkit_program_stamp(copied "${folder}/new/launcher")
  file(WRITE "${folder}/launcher-stamp" "${program}\n${stamp}\n${copied}\n")
  set("${out_copy}" "${folder}/new/launcher" PARENT_SCOPE)
endfunction()

function(_toolchainkit_program_stamp out_stamp program)
  file(SIZE "${program}" size)
  file(TIMESTAMP "${program}" time "%s" UTC)
  set("${out_stamp}" "${size} ${time}" PARENT_SCOPE)
endfunction()

# A file as <build>/toolchainkit/new/launcher, to be put in place by renaming, since a build may be running the old one. Only
# file(COPY) sets permissions.
function(_toolchainkit_copy_executable file)
  get_filename_component(name "${file}" NAME)
  file(REMOVE_RECURSE "${folder}/new")
  file(COPY "${file}" DESTINATION "${folder}/new/copy" FILE_PERMISSIONS
    OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
  file(RENAME "${folder}/new/copy/${name}" "${folder}/new/launcher")
endfunction()

# Why a copy of the program does not do; empty if it does.
function(_toolchainkit_ask_program out_reason copy place)
  execute_process(COMMAND "${copy}" --about RESULT_VARIABLE result OUTPUT_VARIABLE about ERROR_QUIET TIMEOUT 20)
  set(reason "")
  if(NOT result EQUAL 0 OR NOT about MATCHES "\"protocol\": *([0-9]+)")
    set(reason "without ${place}, which does not run in ${folder}")
  elseif(CMAKE_MATCH_1 LESS minimum_protocol
      OR NOT about MATCHES "\"rules\": *([0-9]+)" OR CMAKE_MATCH_1 LESS minimum_rules)
    set(reason "without ${place}, which is too old: update toolchainkit")
  endif()
  set("${out_reason}" "${reason}" PARENT_SCOPE)
endfunction()

# The storages are in ARGN; the first is the one in use.
function(_toolchainkit_put_launcher_in_place)
  if(launch STREQUAL "program")
    _toolchainkit_launcher_json(json ${ARGN})
    file(WRITE "${folder}/launcher.json.new" "${json}")
    file(RENAME "${folder}/launcher.json.new" "${folder}/launcher.json")
    if(NOT launch_file STREQUAL "${folder}/launcher" AND EXISTS "${launch_file}")
      file(RENAME "${launch_file}" "${folder}/launcher")
    endif()
  else()
    _toolchainkit_script(text ${ARGN})
    _toolchainkit_put_script_in_place("${text}")
    file(REMOVE "${folder}/launcher.json" "${folder}/launcher-stamp")
  endif()
  # Of a script from before, of this module or an older one.
  file(REMOVE_RECURSE "${folder}/new" "${folder}/known-compilers" "${folder}/launcher-functions" "${folder}/paths"
    "${folder}/broken")
endfunction()

function(_toolchainkit_put_script_in_place text)
  set(present "")
  if(EXISTS "${folder}/launcher")
    file(READ "${folder}/launcher" present LIMIT 100000)
  endif()
  if(NOT present STREQUAL text)
    file(WRITE "${folder}/script" "${text}")
    _toolchainkit_copy_executable("${folder}/script")
    file(RENAME "${folder}/new/launcher" "${folder}/launcher")
    file(REMOVE_RECURSE "${folder}/new" "${folder}/script")
  endif()
endfunction()

# launcher.json, which the program reads.
function(_toolchainkit_launcher_json out_json)
  set(folders "")
  set(relocatable false)
  if(arg_RELOCATABLE)
    _toolchainkit_base_directories(folders)
    set(relocatable true)
  endif()
  _toolchainkit_json_list(folders ${folders})
  _toolchainkit_json_list(clear ${clear_${tool}})
  _toolchainkit_json_list(keep ${keep})
  set(storages "")
  foreach(storage IN LISTS ARGN)
    set(client "")
    if(${storage}_names MATCHES " SCCACHE_DIRECT")
      set(client "\"SCCACHE_DIRECT\"")
    endif()
    _toolchainkit_json_list(unset ${${storage}_unset})
    _toolchainkit_json(json name "${storage}" id "${${storage}_id}" location "${${storage}_location}"
      directory "${${storage}_directory}")
    string(APPEND storages ",\n    {${json},\n      \"environment\": {${${storage}_members}},\n"
      "      \"client\": [${client}], \"unset\": [${unset}], \"secrets\": [${${storage}_templates}]}")
  endforeach()
  string(SUBSTRING "${storages}" 1 -1 storages)
  _toolchainkit_json(json tool "${tool}" tool_version "${version}" program "${program}" project "${arg_PROJECT}"
    source "${CMAKE_SOURCE_DIR}" build "${CMAKE_BINARY_DIR}" run_root "${user_folder}/run")
  # Seconds without a client after which the daemon ends; 0 is never, as for sccache.
  set(idle_seconds 600)
  if("$ENV{SCCACHE_IDLE_TIMEOUT}" MATCHES "^[0-9]+$")
    set(idle_seconds "$ENV{SCCACHE_IDLE_TIMEOUT}")
  endif()
  set("${out_json}" "{\"version\": 1, ${json},
  \"base_dirs\": [${folders}], \"relocatable\": ${relocatable},
  \"clear\": [${clear}],
  \"keep\": [${keep}],
  \"storages\": [${storages}],
  \"breaker_seconds\": 60, \"idle_seconds\": ${idle_seconds}}
" PARENT_SCOPE)
endfunction()

# fallback.sh with its settings.
function(_toolchainkit_script out_text)
  set(settings "")
  foreach(setting IN ITEMS kind=tool program=program folder=folder run_root=user_folder)
    string(REGEX MATCH "^(.*)=(.*)$" setting "${setting}")
    set(name "${CMAKE_MATCH_1}")
    set(value "${${CMAKE_MATCH_2}}")
    if(name STREQUAL "run_root")
      string(APPEND value "/run")
    endif()
    _toolchainkit_sh_quote(value "${value}")
    string(APPEND settings "tk_${name}=${value}\n")
  endforeach()
  foreach(compiler IN ITEMS gcc clang)
    list(JOIN options_${tool}_${compiler} " " options)
    string(APPEND settings "tk_${compiler}_options='${options}'\n")
  endforeach()
  list(JOIN clear_${tool} " " names)
  string(APPEND settings "tk_clear() {\n  unset ${names}\n}\n")
  foreach(storage IN LISTS ARGN)
    set(limit "")
    if(storage STREQUAL "remote" AND tool STREQUAL "sccache")
      # It does not let itself be interrupted.
      set(limit "timeout -s KILL 30")
    elseif(storage STREQUAL "remote")
      set(limit "timeout 30")
    endif()
    set(unset "")
    if(NOT ${storage}_unset STREQUAL "")
      list(JOIN ${storage}_unset " " unset)
      set(unset "  unset ${unset}\n")
    endif()
    string(APPEND settings "tk_use_${storage}() {\n  tk_id=${${storage}_id} tk_limit='${limit}' tk_missing= tk_run=\n"
      "${${storage}_secrets}  tk_clear\n${unset}${${storage}_environment}  export${${storage}_names}\n}\n")
  endforeach()
  list(GET ARGN 0 first)
  string(APPEND settings "tk_use_${first}\n")
  set(text [=[
#!/bin/sh
# Written by ToolchainKit.cmake because it found no toolchainkit-launch; configuring writes it again.
# `launcher COMPILER ARGUMENTS...` compiles through the tool; `launcher -OPTION...` runs the tool itself, on the same cache.
# It is slower than the program and hits less. Whatever fails in it ends in the compiler being run. It holds no secret.
# A redirection that fails ends the shell when its command is `:`, so such redirections are in subshells.
# shellcheck disable=SC2015,SC2016,SC2030,SC2031,SC2046,SC2086,SC2154,SC2209 # unquoted words are to be split; the module sets

# Prints one line, at most one a minute for this build folder. Of several callers one creates the file.
tk_warn() {
  find "$tk_folder/warned" -prune ! -mmin -1 -exec rm -rf {} +
  (set -C && : >"$tk_folder/warned") && printf 'toolchainkit: %s\n' "$1" >&3
} 3>&2 2>/dev/null

# Opens the breaker: compilations do without the tool for a minute, and then one tries again.
tk_break() {
  (: >"$tk_folder/broken") 2>/dev/null
  tk_warn "$1: compiling without $tk_kind for a minute"
}

# Sets tk_run to a private folder for the daemon of this user, boot, mount namespace and root folder.
tk_find_run() {
  read -r tk_boot </proc/sys/kernel/random/boot_id || tk_boot=
  tk_owner=$(stat -Lc %i /proc/self/ns/mnt / || stat -f %i /) || return
  for tk_root in "$tk_run_root" "${XDG_RUNTIME_DIR:-$tk_run_root}/toolchainkit" "/tmp/toolchainkit-$(id -u)"; do
    tk_run=$tk_root/$tk_id/s-${tk_boot%%-*}-$(echo $tk_owner | tr ' ' -)
    [ -d "$tk_run" ] || (umask 077 && mkdir -p "$tk_run")
    [ ${#tk_run} -lt 93 ] && [ -O "$tk_root" ] && [ ! -L "$tk_root" ] && [ -O "$tk_run" ] && [ -w "$tk_run" ] && return
  done
} 2>/dev/null

# Runs the tool. A client of sccache that finds no daemon would start one; with this endpoint, it fails instead. It ignores
# interrupts, because the daemon would go on writing the object.
tk_ask() (
  if [ "$tk_kind" = sccache ]; then
    trap '' HUP INT TERM
    tk_clear
    export SCCACHE_CONF=/dev/null SCCACHE_SERVER_UDS="$tk_run/socket" SCCACHE_MEMCACHED_ENDPOINT=tcp://no-daemon
  fi
  exec $tk_limit "$tk_program" "$@"
)

# Starts the daemon; of several callers one does. The daemon gets no file of the build: before 0.18 it would keep them all,
# and dash cannot close a file from 10 on.
tk_start() {
  [ -z "$(find "$tk_run/starting" -mmin +1)" ] || rmdir "$tk_run/starting"
  tk_shell=sh
  case $(ls /proc/self/fd) in *[0-9][0-9]*) tk_shell=$(command -v bash) || return ;; esac
  mkdir "$tk_run/starting" || return
  tk_ask --dist-status >/dev/null || (rm -f "$tk_run/socket" && export SCCACHE_SERVER_UDS="$tk_run/socket" &&
    exec "$tk_shell" -c 'for fd in /proc/self/fd/[1-9][0-9]*; do [ ! -e "$fd" ] || eval "exec ${fd##*/}>&-"; done
      exec "$1" --start-server' sh "$tk_program" </dev/null >"$tk_run/log" 2>&1 3>&- 4>&- 5>&- 6>&- 7>&- 8>&- 9>&-)
  set -- $?
  rmdir "$tk_run/starting"
  [ "$1" -eq 0 ] || { tk_break "sccache does not start" && false; }
}

# Finds out once which options a compiler gets. A script, or a link to another cache, may be any compiler: no cache. sccache
# ignores line numbers unless the compiler is to profile; the options for GCC and Clang look like that.
tk_find_options() {
  tk_options=no
  [ "$(head -c 2 "$1")" = "#!" ] || case $tk_kind:$(readlink -f "$1") in
  *:*/*ccache* | *:*/*distcc* | *:*/*icecc*) ;;
  ccache:* | *clang-cl* | *nvcc | *hipcc) tk_options= ;;
  *clang*) tk_options=$tk_clang_options ;;
  *gcc* | *g++*) tk_options=$tk_gcc_options ;;
  esac
  (printf ':%s=%s:' "$1" "$tk_options" >>"$tk_folder/known-compilers")
} 2>/dev/null
# <settings>
[ "$tk_kind" = ccache ] || tk_find_run || tk_run=
# A daemon that runs needs no secret.
[ -z "$tk_missing" ] || [ "$1" = --start-server ] || [ -S "$tk_run/socket" ] ||
  { tk_warn "${tk_missing# } is not set: using the local cache"; tk_use_local; [ "$tk_kind" = ccache ] || tk_find_run || tk_run=; }
[ "$tk_kind$tk_run" != sccache ] ||
  { tk_warn "cannot write to $tk_run_root nor $tk_root: compiling without sccache"; case $1 in -*) exit 2 ;; *) exec "$@" ;; esac; }
case $1 in
--start-server)
  rm -rf "$tk_folder/broken" "$tk_folder/warned"
  [ -z "$tk_missing" ] || { echo "toolchainkit:$tk_missing is not set" >&2 && exit 3; }
  case $tk_kind in
  ccache) tk_ask --version >/dev/null || exit 2 ;;
  *) tk_ask --dist-status >/dev/null 2>&1 || tk_start 2>/dev/null || { cat "$tk_run/log" >&2 && exit 2; } ;;
  esac
  tk_run=$(printf %s "$tk_run" | sed 's/[\\"]/\\&/g')
  printf '{"address": "%s", "log": "%s"}\n' "${tk_run:+$tk_run/socket}" "${tk_run:+$tk_run/log}" && exit ;;
--stop-server) [ -S "$tk_run/socket" ] && tk_ask "$@" && rm -f "$tk_run/socket" && exit || exit 2 ;;
-*) tk_ask "$@" && exit || exit ;;
esac

# <rules>
# Made from src/launch/rules by a test; TOOLCHAINKIT_UPDATE=1 writes it.
tk_words="-e incbin -e INCBIN"
[ "$tk_kind" = ccache ] || [ -z "${SOURCE_DATE_EPOCH-}" ] || tk_words="$tk_words -e __DATE__ -e __TIME__"
case " $* " in
*" @"* | *" -DTOOLCHAINKIT_NO_CACHE "* | *" -DTOOLCHAINKIT_NO_CACHE="* | *" -D TOOLCHAINKIT_NO_CACHE"* | \
  *" -fbranch-probabilities "* | *" -da "* | *" -fopt-info"*=* | *" -fsave-optimization-record"* | \
  *" -foptimization-record-file="* | *" -save-stats"* | *" --save-stats"* | *" -fproc-stat-report"* | *" -stats-file="* | \
  *" -info-output-file="* | *" -pass-remarks-output="* | *" -diagnostic-log-file "* | *" -aux-info "* | \
  *" -fdiagnostics-format="*-file* | *" -fdiagnostics-add-output="* | *" -fdiagnostics-set-output="* | *" -Wa,"*-MD* | \
  *" --MD "* | *" -al="* | *" -ad"*=* | *" -fcallgraph-info"* | *" -fprofile-generate"* | *" -march=native "* | \
  *" -mcpu=native "* | *" -mtune=native "* | *" --config="* | *" -fprofile-list="* | \
  *" -fsanitize-ignorelist="*) exec "$@" ;;
esac
case $tk_kind in
sccache)
  case " $* " in
  *" -fstack-usage "* | *" -fdump-"* | *" -ftime-trace"* | *" -fprofile-note="* | *" -Wa,-a"*=* | *" --coverage "* | \
    *" -coverage "* | *" -ftest-coverage "* | *" -fcoverage-mapping "* | *" -fprofile-arcs "* | \
    *" -fprofile-instr-generate"* | *" -fcs-profile-generate"* | *" -specs="* | *" --specs="* | \
    *" -fprofile-sample-use="* | *" -fauto-profile="*) exec "$@" ;;
  esac ;;
ccache) case " $* " in *" -ftime-trace="* | *cmake_pch* | *" -fprofile-use"*) exec "$@" ;; esac ;;
esac
# </rules>
{ read -r tk_known <"$tk_folder/known-compilers" || tk_known=; } 2>/dev/null
tk_options=${tk_known##*":$1="}
[ "$tk_options" != "$tk_known" ] && tk_options=${tk_options%%:*} || tk_find_options "$1"
[ "$tk_options" != no ] || exec "$@"
tk_compiler=$1 && shift && set -- "$tk_compiler" $tk_options "$@"
[ -z "${TOOLCHAINKIT_BYPASS-}" ] || exec "$@"
for tk_part; do
  case $tk_part in -* | *.o | *.d | "$1") continue ;; esac
  [ ! -f "$tk_part" ] || ! LC_ALL=C grep -qF $tk_words "$tk_part" || exec "$@"
done
[ -x "$tk_program" ] || { tk_warn "$tk_program is gone: compiling without it until the project is configured again"; exec "$@"; }
# A compilation that succeeds closes the breaker; meanwhile the others go on without the tool.
[ ! -e "$tk_folder/broken" ] || { [ -z "$(find "$tk_folder/broken" -type f -mmin -1)" ] || exec "$@"; (: >"$tk_folder/broken") 2>/dev/null; }
if [ "$tk_kind" = ccache ]; then
  # ccache says by this line alone that it failed, and not the compiler.
  { tk_text=$(tk_ask "$@" 2>&1 >&9 9>&-) && tk_status=0 || tk_status=$?; } 9>&1
  case $tk_text in "ccache: error: "*) tk_status=failed ;; ?*) printf '%s\n' "$tk_text" >&2 ;; esac
else
  { [ -S "$tk_run/socket" ] && [ ! -d "$tk_run/starting" ]; } || tk_start 2>/dev/null || exec "$@"
  trap : HUP INT TERM && tk_ask "$@" && tk_status=0 || tk_status=$?
fi
case $tk_kind:$tk_status in
*:0) [ ! -e "$tk_folder/broken" ] || rm -rf "$tk_folder/broken" ;;
*:failed) tk_break "ccache fails"; exec "$@" ;;
*:124 | *:137)
  tk_break "$tk_kind or the compiler took more than 30 s"
  [ "$tk_kind" = ccache ] || "$0" --stop-server </dev/null >/dev/null 2>&1 &
  exec "$@" ;;
sccache:2 | sccache:101 | sccache:12? | sccache:13? | sccache:254)
  # sccache has failed, or the compiler has. If the daemon is gone, the next compilation starts another.
  tk_ask --dist-status >/dev/null 2>&1 || { rm -f "$tk_run/socket"; exec "$@"; }
  tk_text=$("$@" 2>&1) && tk_second=0 || tk_second=$?
  [ $tk_second -eq "$tk_status" ] || { tk_break "sccache fails"; printf '%s\n' "$tk_text" >&2; }
  exit $tk_second ;;
esac
exit "$tk_status"
]=])
  string(REPLACE "# <settings>\n" "${settings}" text "${text}")
  set("${out_text}" "${text}" PARENT_SCOPE)
endfunction()

# --- the launcher in the commands of the build ------------------------------------------------------------------------

# What goes into CMAKE_<LANG>_COMPILER_LAUNCHER: one word, which projects can hand on, except on Windows.
function(_toolchainkit_command out_command)
  string(REPLACE ";" "\\;" command "${folder}/launcher")
  if(CMAKE_GENERATOR MATCHES "^Visual Studio")
    set(command "${folder}/visual-studio")
  elseif(CMAKE_GENERATOR STREQUAL "Xcode")
    # It takes one word.
    set(command "${folder}/launcher")
  elseif(CMAKE_HOST_WIN32)
    set(command "${CMAKE_COMMAND}" -E env ${${active}_pairs} "${program}")
  endif()
  set("${out_command}" "${command}" PARENT_SCOPE)
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


# A target with RULE_LAUNCH_COMPILE has a launcher of its own, which would take ours for the compiler. Known at the end, and
# deferring came with CMake 3.19.
function(_toolchainkit_care_for_other_launchers)
  if(CMAKE_VERSION VERSION_GREATER_EQUAL 3.19)
    cmake_language(DEFER DIRECTORY "${CMAKE_SOURCE_DIR}" CALL _toolchainkit_leave_launched_targets)
  endif()
endfunction()

function(_toolchainkit_leave_launched_targets)
  get_property(launcher GLOBAL PROPERTY _TOOLCHAINKIT_LAUNCHER)
  get_property(languages GLOBAL PROPERTY _TOOLCHAINKIT_LANGUAGES)
  get_property(of_all GLOBAL PROPERTY RULE_LAUNCH_COMPILE)
  set(names "")
  _toolchainkit_all_targets(targets)
  foreach(target IN LISTS targets)
    get_property(directory TARGET "${target}" PROPERTY SOURCE_DIR)
    get_property(of_directory DIRECTORY "${directory}" PROPERTY RULE_LAUNCH_COMPILE)
    get_property(own TARGET "${target}" PROPERTY RULE_LAUNCH_COMPILE)
    if("${of_all}${of_directory}${own}" STREQUAL "")
      continue()
    endif()
    foreach(language IN LISTS languages)
      get_property(present TARGET "${target}" PROPERTY "${language}_COMPILER_LAUNCHER")
      if("${present}" STREQUAL "${launcher}")
        set_property(TARGET "${target}" PROPERTY "${language}_COMPILER_LAUNCHER" "")
        list(APPEND names "${target}")
      endif()
    endforeach()
  endforeach()
  if(NOT names STREQUAL "")
    list(REMOVE_DUPLICATES names)
    list(JOIN names ", " names)
    message(STATUS "toolchainkit: RULE_LAUNCH_COMPILE is set, and stays as it is: no cache of ours for ${names}")
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
  set(launch "")
  file(REMOVE "${folder}/nested.cmake" "${folder}/launcher.json" "${folder}/launcher-stamp")
  file(REMOVE_RECURSE "${folder}/new")
  if(NOT EXISTS "${folder}/nested-users")
    file(REMOVE "${folder}/launcher")
  elseif(EXISTS "${folder}/launcher")
    # A build inside of this one still calls it.
    _toolchainkit_put_script_in_place(
      "#!/bin/sh\n# Written by ToolchainKit.cmake: this build has no cache any more.\nexec \"$@\"\n")
  endif()
  _toolchainkit_write_summary("${reason}")
  message("${kind}" "toolchainkit: no cache: ${reason}")
endfunction()

# cache.json, for whoever asks which cache this build uses.
function(_toolchainkit_write_summary reason)
  set(launcher "")
  if(mode STREQUAL "none")
    set(active none)
  elseif(NOT CMAKE_HOST_WIN32)
    set(launcher "${folder}/launcher")
  endif()
  _toolchainkit_json(json tool "${tool}" tool_version "${version}" program "${program}" launcher "${launcher}"
    launch "${launch}" mode "${mode}" location "${${active}_location}" dir "${${active}_directory}" socket "${told_socket}"
    id "${${active}_id}"
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
  string(ASCII 1 first)
  string(ASCII 31 last)
  if(NOT text MATCHES "[\\\"${first}-${last}]")
    set("${out_text}" "\"${text}\"" PARENT_SCOPE)
    return()
  endif()
  string(REPLACE "\\" "\\\\" text "${text}")
  string(REPLACE "\"" "\\\"" text "${text}")
  string(REPLACE "\n" "\\n" text "${text}")
  string(REPLACE "\t" "\\t" text "${text}")
  string(REPLACE "\r" "\\r" text "${text}")
  if(text MATCHES "[${first}-${last}]")
    foreach(code RANGE 1 31)
      string(ASCII ${code} character)
      math(EXPR number "${code} + 0x100" OUTPUT_FORMAT HEXADECIMAL)
      string(REPLACE "0x1" "\\u00" number "${number}")
      string(REPLACE "${character}" "${number}" text "${text}")
    endforeach()
  endif()
  set("${out_text}" "\"${text}\"" PARENT_SCOPE)
endfunction()

# A text in an object on one line; empty if there is none.
function(_toolchainkit_json_member out_value json name)
  set(value "")
  if(json MATCHES "\"${name}\": *\"(([^\"\\]|\\\\.)*)\"")
    string(REGEX REPLACE "\\\\(.)" "\\1" value "${CMAKE_MATCH_1}")
  endif()
  set("${out_value}" "${value}" PARENT_SCOPE)
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

function(_toolchainkit_json_list out_elements)
  set(elements "")
  foreach(element IN LISTS ARGN)
    _toolchainkit_json_text(element "${element}")
    string(APPEND elements ", ${element}")
  endforeach()
  string(REGEX REPLACE "^, " "" elements "${elements}")
  set("${out_elements}" "${elements}" PARENT_SCOPE)
endfunction()

cmake_policy(POP)
