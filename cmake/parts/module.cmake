# cmake-format: off
# Check it: tr -d '\r' <ToolchainKit.cmake | sed 2d | sha256sum
# SPDX-License-Identifier: MIT OR Apache-2.0
# gersemi: off
#[=======================================================================[.rst:
ToolchainKit
------------

Makes a build use a compiler cache (sccache or ccache), local or shared, however the build is started. Without the tool, the
network or a credential, the project still compiles.

.. code-block:: cmake

  include(cmake/ToolchainKit.cmake)
  toolchainkit_enable_cache()

Works in a toolchain file and in a ``CMakeLists.txt``, before or after ``project()``, from CMake 3.15, with the Ninja and
Makefile generators; for Xcode and Visual Studio it sets the corresponding properties. This file needs no other files: copy it
into a project and commit it.

.. command:: toolchainkit_enable_cache

  ::

    toolchainkit_enable_cache(
      [PROJECT <name>] [PROJECT_DIR <dir>] [PROFILE <name>]
      [TOOL <sccache|ccache>...|none] [MIN_VERSION <version>] [LANGUAGES <lang>...]
      [DIR <path>] [SHARED <project|user|group>] [SIZE_GB <n>]
      [ON_FAILURE <fallback|warn|strict|fail>] [RELOCATABLE <bool>] [BASE_DIRS <dir>...] [DIRECT_MODE <AUTO|bool>]
      [DISTRIBUTE <distcc|icecream|sccache-dist> [DISTRIBUTE_HOSTS <host/slots[,lzo]>...] [DISTRIBUTE_SCHEDULER <url>]
       [DISTRIBUTE_TOKEN <template>] [DISTRIBUTE_LOCAL_SLOTS <n>] [DISTRIBUTE_PREPROCESS <n>]
       [DISTRIBUTE_TIMEOUT <seconds>] [DISTRIBUTE_ON_FAILURE <fallback|fail>]]
      [REMOTE <text>] [SERVERS <host:port>...]
      [<SCCACHE|CCACHE>_SETTINGS <NAME=VALUE>...] [<SCCACHE|CCACHE>_SECRETS <NAME=TEMPLATE>...]
      [<SCCACHE|CCACHE>_SINCE <NAME=VERSION>...] [<SCCACHE|CCACHE>_REQUIRES <NAME=VERSION>...])

  ``PROJECT``
    The name of the local cache folder. Default: the name of the top-level project; before ``project()``, the name of its
    folder. If ``PROJECT_DIR`` is another project, the name of that project.
  ``PROJECT_DIR``
    The folder that ``DIR`` is relative to. Default: the top-level source folder.
  ``PROFILE``
    A name for the status line.
  ``TOOL``
    The tools to use, preferred first. Default: ``sccache ccache``. ``none`` is no cache: with ``DISTRIBUTE``, all compilations
    are distributed.
  ``MIN_VERSION``
    The oldest version of the tool to use.
  ``LANGUAGES``
    The languages to cache. Default: ``C CXX OBJC OBJCXX``. ``CUDA`` and ``HIP`` (sccache only) are possible, too.
  ``DIR``, ``SIZE_GB``
    Folder and size limit (in GiB) of the local cache. Default: the user's cache folder, 10.
  ``SHARED``
    Who uses the folder of the local cache. ``project`` (default): the checkouts of this project. ``user``: all projects of this
    user with this value; they have one limit. ``group``: all users who may write to ``DIR`` (ccache only). The folder needs the
    group's write permission and the set-group-ID bit; ccache then creates all files for the group.
  ``ON_FAILURE``
    The reaction to a cache that cannot be used. ``fallback`` (default): use the local cache, or no cache. ``warn``: also write an
    annotation into the log of GitHub Actions, GitLab CI or Azure Pipelines. ``strict``: stop with an error in a CI, where the
    environment variable ``CI`` is set. ``fail``: stop with an error.
  ``RELOCATABLE``
    Whether checkouts in different folders share hits. Default: ``ON``.
  ``BASE_DIRS``
    Up to 16 further folders whose paths differ between machines, such as ``~/.conan2/p``: sources that include files below them
    share hits, too. May begin with ``~``, and contain ``${NAME}`` for an environment variable; a relative path is relative to
    ``PROJECT_DIR``. The order must be the same on all machines. The prefixes of Python and conda environments on ``PATH`` need
    not be listed.
  ``DIRECT_MODE``
    Whether the tools find hits by the contents of known headers, without the preprocessor. With ``AUTO`` (default),
    toolchainkit-launch allows it for each compilation whose search path it knows, and makes the names in this path a part of
    the key. The launcher script does not use it. ``ON`` is the direct mode of the tool itself, which does not detect a new
    header that is earlier in the search path or in ``__has_include``. sccache does not support it together with
    ``RELOCATABLE``.
  ``DISTRIBUTE``
    The program that compiles misses on other machines: ``distcc``, ``icecream`` or ``sccache-dist``. Needs toolchainkit-launch, and
    ccache for the first two. At the end of the configuration, all workers of distcc compile a small file at the same time. Those with
    another compiler, and those that do not answer within six seconds, are not used. icecream is used if its daemon runs on this
    machine, and another machine writes the same object. The objects have a namespace of their own in ccache. ``sccache-dist`` needs
    sccache 0.10 and CMake 3.19; servers compile a small file with each compiler.
  ``DISTRIBUTE_HOSTS``
    The workers of distcc, as in ``DISTCC_HOSTS``.
  ``DISTRIBUTE_SCHEDULER``
    The URL of the scheduler of sccache-dist.
  ``DISTRIBUTE_TOKEN``
    The token for the scheduler of sccache-dist, as ``{VARIABLE}``: see ``<TOOL>_SECRETS``.
  ``DISTRIBUTE_LOCAL_SLOTS``
    The number of compilers that run on this machine at the same time, for what is not compiled elsewhere. Default: the number of
    processors.
  ``DISTRIBUTE_PREPROCESS``
    The number of preprocessors that distcc runs at the same time. Default: 8.
  ``DISTRIBUTE_TIMEOUT``
    The longest time of a remote compilation in seconds. Later, it is compiled here. Default: 120.
  ``DISTRIBUTE_ON_FAILURE``
    The reaction if no worker can be used. ``fallback`` (default): compile here. ``fail``: stop with an error.
  ``REMOTE``
    A name for the remote cache in messages. Required if there is a remote cache.
  ``SERVERS``
    Addresses of servers. The first one that answers replaces ``{SERVER}`` in ``REMOTE``, settings and secrets.
  ``<TOOL>_SETTINGS``
    The settings of the remote, as environment variables of the tool.
  ``<TOOL>_SECRETS``
    Settings with secrets. In the template, ``{VAR}`` stands for the value of the environment variable ``VAR``, and
    ``%{VAR}`` for its percent-encoded value. The launcher reads these values; CMake does not.
  ``<TOOL>_SINCE``
    The oldest version of the tool that supports a setting. For an older tool, the setting is left out.
  ``<TOOL>_REQUIRES``
    The oldest version of the tool that supports a setting. With an older tool, the remote is not used.

.. command:: toolchainkit_external_project_arguments

  ::

    toolchainkit_external_project_arguments(<variable>)

  Stores the arguments that pass the toolchain file, the profile and the cache to a build that this one starts. That build
  uses the same launcher and daemon. Call it after ``project()``:

  .. code-block:: cmake

    toolchainkit_external_project_arguments(arguments)
    ExternalProject_Add(parts ... CMAKE_CACHE_ARGS ${arguments} -DOTHER:STRING=...)

  A build in this build folder uses the cache even if it gets only ``CMAKE_TOOLCHAIN_FILE``.

.. command:: toolchainkit_set_compiler

  ::

    toolchainkit_set_compiler(<lang> <compiler> [<argument>])

  For toolchain files: sets ``CMAKE_<LANG>_COMPILER``, unless the user, a preset or another toolchain file has set it. In a
  native build, ``CC``, ``CXX``, ``FC``, … override it. A build folder keeps its first compiler. If another one is set
  later, CMake prints a notice.

.. command:: toolchainkit_set_flags

  ::

    toolchainkit_set_flags([<variable> <flags>]...)

  For toolchain files: initialises ``CMAKE_CXX_FLAGS`` and similar variables with these flags, after those of another
  toolchain file. In an existing build folder, changed flags replace the old ones, unless the user has changed them.

.. command:: toolchainkit_set_cache_entry

  ::

    toolchainkit_set_cache_entry(<variable> <type> <value>)

  For toolchain files: sets a cache entry. A changed value replaces the old one, unless the user has changed the entry.

Variables:

``TOOLCHAINKIT_CACHE``
  ``OFF`` disables the cache. ``ON`` uses it also under CodeQL and Coverity, which have to see the compilers.
``TOOLCHAINKIT_CACHE_TOOL``
  Path or name of the tool; may also be an environment variable. Overrides ``PATH``.
``TOOLCHAINKIT_LAUNCH``
  Path of the program ``toolchainkit-launch``; may also be an environment variable. Overrides ``PATH`` and the user's cache
  folder. ``OFF`` selects the launcher script. Without the program, the script is used, too.
``CMAKE_<LANG>_COMPILER_LAUNCHER``
  Set by this module, unless the user, the project or the environment has set it. An empty value counts as set. With CMake 3.19
  or newer, sources with another launcher are reported at the end of the configuration.

``CMAKE_MSVC_DEBUG_INFORMATION_FORMAT``, ``CMAKE_USER_MAKE_RULES_OVERRIDE``
  Set for Windows, unless already set, so that debug information is written into the objects.
``CMAKE_XCODE_ATTRIBUTE_C_COMPILER_LAUNCHER``, ``CMAKE_VS_GLOBALS``
  Set for Xcode and Visual Studio instead of launchers. An existing launcher or ``CLToolPath`` is not changed.

Settings of the user for the tool: the arguments of ``toolchainkit_enable_cache`` win where they are given. Otherwise, folder and
size of the local cache come from the environment at configure time (``CCACHE_DIR``, ``CCACHE_MAXSIZE``, ``SCCACHE_DIR``,
``SCCACHE_CACHE_SIZE``), or from the configuration file of the tool (``cache_dir``, ``max_size``; ``[cache.disk]``). Of
``ccache.conf``, the settings that cannot make a hit wrong count, too, such as ``prefix_command``. The status line and ``toolchainkit
doctor`` name the settings that are not used, with file and line. Variables of a remote, such as its region, override a setting of
the remote at configure time.
#]=======================================================================]
include_guard(GLOBAL)

if(CMAKE_VERSION VERSION_LESS 3.15)
  message(FATAL_ERROR "toolchainkit: CMake 3.15 or newer is required, but this is ${CMAKE_VERSION}.")
endif()

cmake_policy(PUSH)
cmake_policy(VERSION 3.15...3.31)

set_property(GLOBAL PROPERTY _TOOLCHAINKIT_MODULE "${CMAKE_CURRENT_LIST_FILE}")

# The private functions store results only in the variables whose names they get (out_…), in the record of a storage
# (_toolchainkit_put) and in the notices (_toolchainkit_note). Besides their arguments, they read only variables that do not
# change after _toolchainkit_decide has set them: the arguments of this function (arg_…), folder, user_folder, launch,
# launch_file, launcher_path, distribution, tool, version, program, executable_suffix, null_device, and the variables of _toolchainkit_derived.
function(toolchainkit_enable_cache)
  get_property(in_try_compile GLOBAL PROPERTY IN_TRY_COMPILE)
  if(in_try_compile)
    return()
  endif()
  _toolchainkit_expect_unset()
  cmake_parse_arguments(PARSE_ARGV 0 arg ""
    "PROJECT;PROJECT_DIR;PROFILE;MIN_VERSION;DIR;SHARED;SIZE_GB;ON_FAILURE;RELOCATABLE;DIRECT_MODE;REMOTE;DISTRIBUTE;DISTRIBUTE_SCHEDULER;DISTRIBUTE_TOKEN;DISTRIBUTE_LOCAL_SLOTS;DISTRIBUTE_PREPROCESS;DISTRIBUTE_TIMEOUT;DISTRIBUTE_ON_FAILURE"
    "TOOL;LANGUAGES;BASE_DIRS;SERVERS;DISTRIBUTE_HOSTS;SCCACHE_SETTINGS;SCCACHE_SECRETS;SCCACHE_SINCE;SCCACHE_REQUIRES;CCACHE_SETTINGS;CCACHE_SECRETS;CCACHE_SINCE;CCACHE_REQUIRES")
  if(DEFINED arg_UNPARSED_ARGUMENTS)
    list(JOIN arg_UNPARSED_ARGUMENTS " " arg_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "toolchainkit: unknown arguments of toolchainkit_enable_cache: ${arg_UNPARSED_ARGUMENTS}")
  endif()
  _toolchainkit_derived()
  set(executable_suffix "")
  set(null_device "/dev/null")
  if(CMAKE_HOST_WIN32)
    set(executable_suffix ".exe")
    set(null_device "NUL")
  endif()
  _toolchainkit_default(arg_PROJECT_DIR "${CMAKE_SOURCE_DIR}")
  _toolchainkit_default_project(project "${arg_PROJECT_DIR}")
  _toolchainkit_default(arg_PROJECT "${project}")
  _toolchainkit_default(arg_TOOL sccache ccache)
  _toolchainkit_default(arg_LANGUAGES C CXX OBJC OBJCXX)
  set(arg_SIZE_IS_GIVEN TRUE)
  if("${arg_SIZE_GB}" STREQUAL "")
    set(arg_SIZE_IS_GIVEN FALSE)
  endif()
  _toolchainkit_default(arg_SIZE_GB "${default_size_gb}")
  _toolchainkit_default(arg_SHARED project)
  _toolchainkit_default(arg_ON_FAILURE fallback)
  _toolchainkit_default(arg_RELOCATABLE ON)
  _toolchainkit_default(arg_DIRECT_MODE AUTO)
  _toolchainkit_default(arg_DISTRIBUTE_LOCAL_SLOTS 0)
  _toolchainkit_default(arg_DISTRIBUTE_PREPROCESS 8)
  _toolchainkit_default(arg_DISTRIBUTE_TIMEOUT 120)
  _toolchainkit_default(arg_DISTRIBUTE_ON_FAILURE fallback)
  _toolchainkit_check_distribution_arguments()
  _toolchainkit_check_arguments("${arg_LANGUAGES}" "${arg_SIZE_GB}" "${arg_ON_FAILURE}")

  # CMake reads a toolchain file twice, and a project may call this function again. The first call applies to the whole build.
  get_property(first_call GLOBAL PROPERTY _TOOLCHAINKIT_CALL)
  if("${first_call}" STREQUAL "")
    set(call "called ${ARGV}")
    set_property(GLOBAL PROPERTY _TOOLCHAINKIT_CALL "${call}")
    _toolchainkit_decide(launcher languages "${call}")
    set_property(GLOBAL PROPERTY _TOOLCHAINKIT_LAUNCHER "${launcher}")
    set_property(GLOBAL PROPERTY _TOOLCHAINKIT_LANGUAGES "${languages}")
    _toolchainkit_watch_launchers("${arg_LANGUAGES}")
    _toolchainkit_watch_workers()
  elseif(NOT "${first_call}" STREQUAL "called ${ARGV}")
    message(AUTHOR_WARNING "toolchainkit: toolchainkit_enable_cache was called before with other arguments, which still apply.")
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
  if(arg_TOOL STREQUAL "none")
    return()
  endif()

  _toolchainkit_configure_precompiled_headers()
  _toolchainkit_configure_path_maps()
  get_property(launch GLOBAL PROPERTY _TOOLCHAINKIT_LAUNCH)
  if(launch STREQUAL "command")
    _toolchainkit_configure_command()
  endif()
  if(CMAKE_HOST_WIN32 OR CMAKE_SYSTEM_NAME STREQUAL "Windows")
    _toolchainkit_configure_msvc_debug_information()
    _toolchainkit_defer_listing_of_precompiled_headers()
  endif()
endfunction()

function(toolchainkit_external_project_arguments out_arguments)
  _toolchainkit_expect_unset()
  set(cache OFF)
  if(EXISTS "${CMAKE_BINARY_DIR}/toolchainkit/nested.cmake")
    set(cache ON)
  endif()
  # Empty values are passed, too, because the CMake cache of the other build keeps earlier values.
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

