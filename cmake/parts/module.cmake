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

