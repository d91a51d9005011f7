# SPDX-License-Identifier: MIT OR Apache-2.0
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
      [TOOL <sccache|ccache>...] [MIN_VERSION <version>] [LANGUAGES <lang>...]
      [DIR <path>] [SHARED <project|user|group>] [SIZE_GB <n>]
      [ON_FAILURE <fallback|fail>] [RELOCATABLE <bool>] [BASE_DIRS <dir>...] [DIRECT_MODE <AUTO|bool>]
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
    The tools to use, preferred first. Default: ``sccache ccache``.
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
    The reaction to a cache that cannot be used. ``fallback`` (default): use the local cache, or no cache. ``fail``: stop
    with an error.
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

An environment variable of the tool with another value at configure time (``SCCACHE_DIR``, ``CCACHE_MAXSIZE``, …) overrides
that setting, and the status line shows it.
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
# launch_file, tool, version, program, and the variables of _toolchainkit_derived.
function(toolchainkit_enable_cache)
  get_property(in_try_compile GLOBAL PROPERTY IN_TRY_COMPILE)
  if(in_try_compile)
    return()
  endif()
  _toolchainkit_expect_unset()
  cmake_parse_arguments(PARSE_ARGV 0 arg ""
    "PROJECT;PROJECT_DIR;PROFILE;MIN_VERSION;DIR;SHARED;SIZE_GB;ON_FAILURE;RELOCATABLE;DIRECT_MODE;REMOTE"
    "TOOL;LANGUAGES;BASE_DIRS;SERVERS;SCCACHE_SETTINGS;SCCACHE_SECRETS;SCCACHE_SINCE;SCCACHE_REQUIRES;CCACHE_SETTINGS;CCACHE_SECRETS;CCACHE_SINCE;CCACHE_REQUIRES")
  if(DEFINED arg_UNPARSED_ARGUMENTS)
    list(JOIN arg_UNPARSED_ARGUMENTS " " arg_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "toolchainkit: unknown arguments of toolchainkit_enable_cache: ${arg_UNPARSED_ARGUMENTS}")
  endif()
  _toolchainkit_derived()
  _toolchainkit_default(arg_PROJECT_DIR "${CMAKE_SOURCE_DIR}")
  _toolchainkit_default_project(project "${arg_PROJECT_DIR}")
  _toolchainkit_default(arg_PROJECT "${project}")
  _toolchainkit_default(arg_TOOL sccache ccache)
  _toolchainkit_default(arg_LANGUAGES C CXX OBJC OBJCXX)
  _toolchainkit_default(arg_SIZE_GB "${default_size_gb}")
  _toolchainkit_default(arg_SHARED project)
  _toolchainkit_default(arg_ON_FAILURE fallback)
  _toolchainkit_default(arg_RELOCATABLE ON)
  _toolchainkit_default(arg_DIRECT_MODE AUTO)
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

  _toolchainkit_configure_precompiled_headers()
  _toolchainkit_configure_path_maps()
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

# --- trust: whose files are believed ----------------------------------------------------------------------------------

# A file is executed, read to decide what is executed, connected to or written through only if it and every folder above it
# belong to this user or to root, and nobody else can write to them. toolchainkit's programs have the same rule: src/trust.
# Exceptions: a group with only this user; a group below a folder that only its owner can enter; sticky folders such as /tmp.
# On Windows, whose permissions CMake cannot read, everything is trusted.

# Paths as elements of a list: without the characters that have a meaning there, which few paths contain.
function(_toolchainkit_encode out_text text)
  if(text MATCHES "[][;\\\\]")
    _toolchainkit_recode(text "${text}" 1 0)
  endif()
  set("${out_text}" "${text}" PARENT_SCOPE)
endfunction()

function(_toolchainkit_decode out_text text)
  string(ASCII 28 first)
  string(ASCII 31 last)
  if(text MATCHES "[${first}-${last}]")
    _toolchainkit_recode(text "${text}" 0 1)
  endif()
  set("${out_text}" "${text}" PARENT_SCOPE)
endfunction()

# Replaces the characters in the column `from` by those in the column `to`. The columns have the codes of the characters.
function(_toolchainkit_recode out_text text from to)
  foreach(pair IN ITEMS "28;59" "29;91" "30;93" "31;92")
    list(GET pair "${from}" old)
    list(GET pair "${to}" new)
    string(ASCII ${old} old)
    string(ASCII ${new} new)
    string(REPLACE "${old}" "${new}" text "${text}")
  endforeach()
  set("${out_text}" "${text}" PARENT_SCOPE)
endfunction()

# The parts of an absolute path, with its links and the folders behind them, as an encoded list. Each part follows the folder
# that contains it. Ends at the first part that does not exist. Empty if the path cannot be checked.
function(_toolchainkit_path_parts out_parts path)
  if(EXISTS "${path}" AND NOT path MATCHES "\n")
    get_filename_component(real "${path}" REALPATH)
    if(real STREQUAL path)
      # The usual case, without a link, is decided at once.
      set(parts "/")
      set(part "")
      _toolchainkit_encode(path "${path}")
      string(REGEX MATCHALL "/[^/]+" names "${path}")
      foreach(name IN LISTS names)
        string(APPEND part "${name}")
        list(APPEND parts "${part}")
      endforeach()
      set("${out_parts}" "${parts}" PARENT_SCOPE)
      return()
    endif()
  endif()
  set(parts "/")
  set(folder "")
  set(left "${path}")
  set(links 0)
  while(left MATCHES "^/*([^/]+)(.*)$")
    set(name "${CMAKE_MATCH_1}")
    set(left "${CMAKE_MATCH_2}")
    if(name STREQUAL ".")
      continue()
    elseif(name STREQUAL "..")
      string(REGEX REPLACE "/[^/]*$" "" folder "${folder}")
      continue()
    endif()
    set(part "${folder}/${name}")
    if(IS_SYMLINK "${part}")
      math(EXPR links "${links} + 1")
      file(READ_SYMLINK "${part}" target)
      if(target MATCHES "^/")
        set(folder "")
      endif()
      set(left "${target}${left}")
    elseif(EXISTS "${part}")
      set(folder "${part}")
    else()
      break()
    endif()
    if(links GREATER 40 OR part MATCHES "\n")
      set(parts "")
      break()
    endif()
    _toolchainkit_encode(part "${part}")
    list(APPEND parts "${part}")
  endwhile()
  set("${out_parts}" "${parts}" PARENT_SCOPE)
endfunction()

# Reads the owners, groups and permissions of the paths in ARGN and of all folders above them, and of the encoded paths in
# `more_parts` alone, with one process for all of them. The results are global properties. The first call also finds the user,
# and the owners of the source tree and of this module, to whom what belongs to the project may belong, too: their code runs
# anyway.
function(_toolchainkit_read_owners more_parts)
  get_property(user GLOBAL PROPERTY _TOOLCHAINKIT_USER)
  set(unknown "")
  if("${user}" STREQUAL "")
    get_property(module GLOBAL PROPERTY _TOOLCHAINKIT_MODULE)
    foreach(place IN ITEMS "${CMAKE_SOURCE_DIR}" "${module}")
      get_filename_component(place "${place}" REALPATH)
      _toolchainkit_encode(place "${place}")
      list(APPEND unknown "${place}")
    endforeach()
    # On Linux, this folder belongs to the user.
    set(self "/proc/self/.")
    if(EXISTS "${self}")
      list(APPEND unknown "${self}")
    endif()
  endif()
  list(APPEND unknown ${more_parts})
  set(wanted "")
  set(index 1)
  while(index LESS ARGC)
    _toolchainkit_path_parts(parts "${ARGV${index}}")
    list(APPEND wanted ${parts})
    math(EXPR index "${index} + 1")
  endwhile()
  list(REMOVE_DUPLICATES wanted)
  foreach(part IN LISTS wanted)
    get_property(is_known GLOBAL PROPERTY "_TOOLCHAINKIT_OWNER_${part}" SET)
    if(NOT is_known)
      list(APPEND unknown "${part}")
    endif()
  endforeach()
  list(REMOVE_DUPLICATES unknown)
  if(unknown STREQUAL "")
    return()
  endif()
  # The usual stat of Linux needs no shell, which would be a second process.
  string(ASCII 28 first)
  string(ASCII 31 last)
  set(result 1)
  if(CMAKE_HOST_SYSTEM_NAME STREQUAL "Linux" AND NOT unknown MATCHES "[${first}-${last}]")
    execute_process(COMMAND stat -c "%a %u %g" -- ${unknown} OUTPUT_VARIABLE output ERROR_QUIET RESULT_VARIABLE result)
  endif()
  if(NOT result EQUAL 0)
    list(JOIN unknown "\n" paths)
    _toolchainkit_decode(paths "${paths}")
    # The two forms of stat are those of Linux and BSD. ls is for other systems.
    execute_process(OUTPUT_VARIABLE output ERROR_QUIET COMMAND sh -c [=[
set -f
IFS='
'
found=$(stat -c '%a %u %g' -- $1) || found=$(stat -f '%Mp%Lp %u %g' -- $1) || found=$(for path in $1; do
  ls -ldn -- "$path" | awk 'NR == 1 {
    for (i = 2; i <= 10; i++) { letter = substr($1, i, 1); bit[i] = letter !~ /[-ST]/ }
    print (substr($1, 10, 1) ~ /[tT]/) (bit[2]*4+bit[3]*2+bit[4]) (bit[5]*4+bit[6]*2+bit[7]) (bit[8]*4+bit[9]*2+bit[10]), $3, $4 }'
done)
printf '%s\n' "$found"
]=] sh "${paths}")
  endif()
  string(REGEX MATCHALL "[^\n]+" lines "${output}")
  list(LENGTH lines number)
  list(LENGTH unknown expected)
  foreach(part IN LISTS unknown)
    # A path that cannot be read has no result, and is not trusted.
    set(line "")
    if(number EQUAL expected)
      list(GET lines 0 line)
      list(REMOVE_AT lines 0)
    endif()
    set_property(GLOBAL PROPERTY "_TOOLCHAINKIT_OWNER_${part}" "${line}")
  endforeach()
  if(output MATCHES " 65534 ")
    _toolchainkit_find_unmapped_owner()
  endif()
  if("${user}" STREQUAL "")
    get_property(found GLOBAL PROPERTY "_TOOLCHAINKIT_OWNER_${self}")
    if("${found}" MATCHES " ([0-9]+) ")
      set(user "${CMAKE_MATCH_1}")
    else()
      execute_process(COMMAND id -u OUTPUT_VARIABLE user OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
    endif()
    set_property(GLOBAL PROPERTY _TOOLCHAINKIT_USER "${user}")
    set(owners "")
    foreach(index IN ITEMS 0 1)
      list(GET unknown ${index} part)
      get_property(found GLOBAL PROPERTY "_TOOLCHAINKIT_OWNER_${part}")
      if(found MATCHES " ([0-9]+) ")
        list(APPEND owners "${CMAKE_MATCH_1}")
      endif()
    endforeach()
    set_property(GLOBAL PROPERTY _TOOLCHAINKIT_PROJECT_OWNERS "${owners}")
  endif()
endfunction()

# In the namespace of a container, 65534 may stand for all users outside of it, including root.
function(_toolchainkit_find_unmapped_owner)
  if(NOT EXISTS "/proc/self/uid_map")
    return()
  endif()
  file(READ "/proc/self/uid_map" maps)
  string(REGEX MATCHALL "[^\n]+" maps "${maps}")
  set(unmapped 65534)
  foreach(map IN LISTS maps)
    if(map MATCHES "^ *([0-9]+) +[0-9]+ +([0-9]+)")
      set(first "${CMAKE_MATCH_1}")
      math(EXPR end "${first} + ${CMAKE_MATCH_2}")
      if(NOT 65534 LESS first AND 65534 LESS end)
        return()
      endif()
    endif()
  endforeach()
  set_property(GLOBAL PROPERTY _TOOLCHAINKIT_UNMAPPED "${unmapped}")
endfunction()

# Whether only the owner is a member of the group: it has the number or the name of the owner, as many systems create it.
function(_toolchainkit_is_private_group out_private group owner)
  set("${out_private}" FALSE PARENT_SCOPE)
  if(group EQUAL 0)
    set("${out_private}" TRUE PARENT_SCOPE)
    return()
  endif()
  set(entry "")
  set(name "")
  set(users "")
  if(EXISTS "/etc/group")
    file(STRINGS "/etc/group" entry REGEX "^[^:]*:[^:]*:${group}:" LIMIT_COUNT 1)
  endif()
  if(EXISTS "/etc/passwd")
    file(STRINGS "/etc/passwd" name REGEX "^[^:]*:[^:]*:${owner}:" LIMIT_COUNT 1)
    file(STRINGS "/etc/passwd" users REGEX "^[^:]*:[^:]*:[0-9]+:${group}:")
  endif()
  string(REGEX REPLACE ":.*" "" name "${name}")
  foreach(user IN LISTS users)
    if(NOT user MATCHES "^[^:]*:[^:]*:${owner}:")
      return()
    endif()
  endforeach()
  set(group_name "")
  set(members "")
  if(entry MATCHES "^([^:]*):[^:]*:[0-9]+:(.*)$")
    set(group_name "${CMAKE_MATCH_1}")
    set(members "${CMAKE_MATCH_2}")
  endif()
  if(NOT group EQUAL owner AND (name STREQUAL "" OR NOT name STREQUAL group_name))
    return()
  endif()
  if(members STREQUAL "" OR members STREQUAL name)
    set("${out_private}" TRUE PARENT_SCOPE)
  endif()
endfunction()

# Sets the reason why `path` is not trusted; empty if it is. `purpose` is one of
#   state    what belongs to this user, such as a run folder
#   project  what belongs to the project; may also belong to the owner of the source tree
#   program  a program that the user has selected, for example with PATH. The prefix of an administrator is accepted, too: what
#            root owns, or has given to another user. So is everything in a source tree, as far as its owner can write to it.
# Only what is below the folder `start` is checked; everything, if it is empty. What does not exist is trusted, if its folder is.
function(_toolchainkit_is_trusted out_doubt path purpose start)
  set("${out_doubt}" "" PARENT_SCOPE)
  if(CMAKE_HOST_WIN32)
    return()
  endif()
  _toolchainkit_path_parts(parts "${path}")
  foreach(part IN LISTS parts)
    get_property(is_known GLOBAL PROPERTY "_TOOLCHAINKIT_OWNER_${part}" SET)
    if(NOT is_known)
      _toolchainkit_read_owners("" "${path}")
      break()
    endif()
  endforeach()
  get_property(user GLOBAL PROPERTY _TOOLCHAINKIT_USER)
  # The usual case is decided at once: all folders belong to the user or root, and only the owner can write, except in sticky
  # folders of root such as /tmp.
  set(is_usual FALSE)
  foreach(part IN LISTS parts)
    get_property(found GLOBAL PROPERTY "_TOOLCHAINKIT_OWNER_${part}")
    set(is_usual FALSE)
    if(found MATCHES "^[0-7]?[0-7][0145][0145] (0|${user}) ")
      set(is_usual TRUE)
    elseif(NOT found MATCHES "^1[0-7][0-7][0-7] 0 ")
      break()
    endif()
  endforeach()
  if(is_usual)
    return()
  endif()
  get_property(project_owners GLOBAL PROPERTY _TOOLCHAINKIT_PROJECT_OWNERS)
  get_property(unmapped GLOBAL PROPERTY _TOOLCHAINKIT_UNMAPPED)
  set(owners 0 "${user}")
  if(purpose STREQUAL "project")
    list(APPEND owners ${project_owners})
  elseif(purpose STREQUAL "program" AND start STREQUAL "")
    set(start "${CMAKE_SOURCE_DIR}")
  endif()
  if(NOT start STREQUAL "")
    get_filename_component(start "${start}" REALPATH)
  endif()
  _toolchainkit_encode(start "${start}")
  list(FIND parts "${start}" index)
  set(ignored "")
  if(NOT index EQUAL -1 AND NOT start STREQUAL "/")
    foreach(unused RANGE ${index})
      list(REMOVE_AT parts 0)
    endforeach()
    if(purpose STREQUAL "program")
      # Who can write to the source tree can change its code, which runs anyway.
      list(APPEND owners ${project_owners})
      get_property(found GLOBAL PROPERTY "_TOOLCHAINKIT_OWNER_${start}")
      if(found MATCHES "([0-7])([0-7]) ")
        set(ignored "${CMAKE_MATCH_1}${CMAKE_MATCH_2}")
      endif()
    endif()
  elseif(parts STREQUAL "")
    set("${out_doubt}" "${path} cannot be checked" PARENT_SCOPE)
    return()
  endif()
  foreach(part IN LISTS parts)
    _toolchainkit_decode(shown "${part}")
    get_property(found GLOBAL PROPERTY "_TOOLCHAINKIT_OWNER_${part}")
    if(NOT "0000${found}" MATCHES "([0-7])[0-7]([0-7])([0-7]) ([0-9]+) ([0-9]+)$")
      set("${out_doubt}" "${shown} cannot be checked" PARENT_SCOPE)
      return()
    endif()
    set(special "${CMAKE_MATCH_1}")
    set(of_group "${CMAKE_MATCH_2}")
    set(of_others "${CMAKE_MATCH_3}")
    set(owner "${CMAKE_MATCH_4}")
    set(group "${CMAKE_MATCH_5}")
    string(REGEX REPLACE "/[^/]*$" "" parent "${part}")
    if(parent STREQUAL "" AND NOT part STREQUAL "/")
      set(parent "/")
    endif()
    # Only an administrator can have put something into such a folder, or given it away.
    set(is_put_by_administrator FALSE)
    if(DEFINED "of_administrator_${parent}")
      set(is_put_by_administrator "${of_administrator_${parent}}")
    endif()
    set(is_closed FALSE)
    if(DEFINED "closed_${parent}")
      set(is_closed "${closed_${parent}}")
    endif()
    set(delegate "")
    if(DEFINED "delegate_${parent}")
      set(delegate "${delegate_${parent}}")
    endif()
    set(is_trusted FALSE)
    if(owner IN_LIST owners)
      set(is_trusted TRUE)
    endif()
    set(is_unmapped FALSE)
    if(owner STREQUAL "${unmapped}" AND (is_put_by_administrator OR NOT DEFINED "closed_${parent}"))
      set(is_unmapped TRUE)
    endif()
    if(NOT is_trusted AND NOT is_unmapped AND NOT owner STREQUAL delegate)
      if(NOT purpose STREQUAL "program" OR NOT is_put_by_administrator)
        set("${out_doubt}" "${shown} belongs to user ${owner}" PARENT_SCOPE)
        return()
      endif()
      set(delegate "${owner}")
    endif()
    set("delegate_${part}" "${delegate}")
    set("closed_${part}" "${is_closed}")
    if(is_trusted AND IS_DIRECTORY "${shown}" AND NOT of_group MATCHES "[1357]" AND NOT of_others MATCHES "[1357]")
      set("closed_${part}" TRUE)
    endif()
    set("of_administrator_${part}" FALSE)
    if((owner EQUAL 0 OR owner STREQUAL "${unmapped}") AND NOT "${of_group}${of_others}" MATCHES "[2367]")
      set("of_administrator_${part}" TRUE)
    endif()
    # In a sticky folder, others cannot replace what belongs to a trusted user.
    if(IS_SYMLINK "${shown}" OR (IS_DIRECTORY "${shown}" AND special MATCHES "[1357]"))
      continue()
    endif()
    set(is_of_administrator FALSE)
    if(purpose STREQUAL "program" AND (owner EQUAL 0 OR is_unmapped OR owner STREQUAL delegate))
      set(is_of_administrator TRUE)
    endif()
    # A new file in such a folder belongs to the user who writes it, and is then refused.
    if(of_others MATCHES "[2367]" AND NOT ignored MATCHES "[2367]$"
        AND NOT (is_of_administrator AND IS_DIRECTORY "${shown}" AND NOT user EQUAL 0))
      set("${out_doubt}" "every user can write to ${shown} (chmod o-w ${shown})" PARENT_SCOPE)
      return()
    endif()
    if(of_group MATCHES "[2367]" AND NOT is_closed AND NOT ignored MATCHES "^[2367]" AND NOT is_of_administrator
        AND NOT (purpose STREQUAL "program" AND CMAKE_HOST_APPLE AND group EQUAL 80))
      _toolchainkit_is_private_group(is_private "${group}" "${owner}")
      if(NOT is_private)
        set("${out_doubt}" "group ${group} can write to ${shown} (chmod g-w ${shown})" PARENT_SCOPE)
        return()
      endif()
    endif()
  endforeach()
endfunction()

# Makes the module's folder in the build folder, and removes files with decisions that others could have written. Sets the
# reason why the folder cannot be used. The build folder itself is not checked: CMake and the build tool execute what is in it.
# Reads the owners of everything that is checked later, so that one process is enough.
function(_toolchainkit_prepare_folder out_doubt)
  get_property(is_prepared GLOBAL PROPERTY _TOOLCHAINKIT_FOLDER_DOUBT SET)
  if(is_prepared)
    get_property(doubt GLOBAL PROPERTY _TOOLCHAINKIT_FOLDER_DOUBT)
    set("${out_doubt}" "${doubt}" PARENT_SCOPE)
    return()
  endif()
  set(place "${CMAKE_BINARY_DIR}/toolchainkit")
  set(doubt "")
  if(IS_SYMLINK "${place}")
    set(doubt "${place} is a link")
  else()
    # New files are written here first.
    file(MAKE_DIRECTORY "${place}/new")
  endif()
  if(doubt STREQUAL "" AND NOT CMAKE_HOST_WIN32)
    _toolchainkit_user_folder(user_folder)
    _toolchainkit_registry_entry(entry "${user_folder}")
    _toolchainkit_wanted(wanted TOOLCHAINKIT_LAUNCH)
    _toolchainkit_find_launch_programs(programs "${wanted}")
    _toolchainkit_wanted(wanted TOOLCHAINKIT_CACHE_TOOL)
    list(APPEND programs ${wanted})
    foreach(name IN ITEMS sccache ccache)
      _toolchainkit_find_on_path(program "${name}")
      _toolchainkit_installed(installed "${name}" "")
      list(APPEND programs ${program} ${installed})
    endforeach()
    get_filename_component(real_place "${place}" REALPATH)
    _toolchainkit_encode(real_place "${real_place}")
    set(parts "${real_place}" "${real_place}/new")
    foreach(name IN ITEMS launcher launcher.json launcher-stamp script nested.cmake nested-users project-include.cmake cache.json
        probe-server.cmake compilers.json known-compilers compilers paths paths-of-source paths-beside-sources
        placeholders-1.specs compresses-debug-information warned broken told unguarded)
      if(EXISTS "${place}/${name}" OR IS_SYMLINK "${place}/${name}")
        list(APPEND parts "${real_place}/${name}")
      endif()
    endforeach()
    _toolchainkit_read_owners("${parts}" "${entry}" ${programs})
    get_property(user GLOBAL PROPERTY _TOOLCHAINKIT_USER)
    get_property(owners GLOBAL PROPERTY _TOOLCHAINKIT_PROJECT_OWNERS)
    list(JOIN owners "|" owners)
    set(good "^[0-7]*[0145][0145] (0|${user}|${owners}) ")
    foreach(part IN LISTS parts)
      get_property(found GLOBAL PROPERTY "_TOOLCHAINKIT_OWNER_${part}")
      if(found MATCHES "${good}")
        continue()
      endif()
      _toolchainkit_decode(shown "${part}")
      if(part STREQUAL real_place OR part STREQUAL "${real_place}/new")
        # Only with a umask that allows others to write, or in a build folder of another user.
        execute_process(COMMAND chmod go-w "${shown}" ERROR_QUIET)
        set_property(GLOBAL PROPERTY "_TOOLCHAINKIT_OWNER_${part}")
        _toolchainkit_is_trusted(doubt "${shown}" project "${CMAKE_BINARY_DIR}")
        if(NOT doubt STREQUAL "")
          break()
        endif()
      else()
        file(REMOVE_RECURSE "${shown}")
      endif()
    endforeach()
  endif()
  set_property(GLOBAL PROPERTY _TOOLCHAINKIT_FOLDER_DOUBT "${doubt}")
  set("${out_doubt}" "${doubt}" PARENT_SCOPE)
endfunction()
# --- decisions, once per configuration --------------------------------------------------------------------------------

# The default of PROJECT. The name in project() is the same in every checkout, and is also known in a toolchain file.
function(_toolchainkit_default_project out_project project_dir)
  set(project "${CMAKE_PROJECT_NAME}")
  if(project STREQUAL "" OR project STREQUAL "Project")
    get_filename_component(project "${CMAKE_SOURCE_DIR}" NAME)
  endif()
  # A package that vcpkg or Conan builds with the toolchain file of a project uses the cache and the daemon of that project.
  if(NOT project_dir STREQUAL CMAKE_SOURCE_DIR AND EXISTS "${project_dir}/CMakeLists.txt")
    file(STRINGS "${project_dir}/CMakeLists.txt" line LIMIT_COUNT 1
      REGEX "^[ \t]*[Pp][Rr][Oo][Jj][Ee][Cc][Tt][ \t]*\\([ \t]*[A-Za-z0-9_.+-]+")
    if(line MATCHES "\\([ \t]*([A-Za-z0-9_.+-]+)")
      set(project "${CMAKE_MATCH_1}")
    endif()
  endif()
  set("${out_project}" "${project}" PARENT_SCOPE)
endfunction()

# Sets the variable to the default in ARGN if it is unset or empty.
function(_toolchainkit_default out_value)
  if("${${out_value}}" STREQUAL "")
    set("${out_value}" "${ARGN}" PARENT_SCOPE)
  endif()
endfunction()

function(_toolchainkit_check_arguments languages size_gb on_failure)
  if(NOT on_failure MATCHES "^(fallback|fail)$")
    message(FATAL_ERROR "toolchainkit: ON_FAILURE must be fallback or fail, not ${on_failure}")
  endif()
  if(NOT arg_SHARED MATCHES "^(project|user|group)$")
    message(FATAL_ERROR "toolchainkit: SHARED must be project, user or group, not ${arg_SHARED}")
  elseif(arg_SHARED STREQUAL "group" AND "${arg_DIR}" STREQUAL "")
    message(FATAL_ERROR "toolchainkit: SHARED group needs DIR, a folder that the group can write")
  endif()
  foreach(language IN LISTS languages)
    # sccache fails with unknown compilers.
    if(NOT language MATCHES "^(C|CXX|OBJC|OBJCXX|CUDA|HIP)$")
      message(FATAL_ERROR "toolchainkit: LANGUAGES can be C, CXX, OBJC, OBJCXX, CUDA and HIP; ${language} cannot be cached")
    endif()
  endforeach()
  if(NOT size_gb MATCHES "^[1-9][0-9]*$" OR size_gb GREATER largest_size_gb)
    message(FATAL_ERROR "toolchainkit: SIZE_GB must be a whole number of GiB up to ${largest_size_gb}, not ${size_gb}")
  endif()
endfunction()

function(_toolchainkit_is_free out_free language)
  if(DEFINED "CMAKE_${language}_COMPILER_LAUNCHER" OR DEFINED "ENV{CMAKE_${language}_COMPILER_LAUNCHER}")
    set("${out_free}" FALSE PARENT_SCOPE)
  else()
    set("${out_free}" TRUE PARENT_SCOPE)
  endif()
endfunction()

# Performs the steps of one configuration. An empty result means that no launcher is set. `call` identifies the arguments.
function(_toolchainkit_decide out_launcher out_languages call)
  set("${out_launcher}" "" PARENT_SCOPE)
  set(folder "${CMAKE_BINARY_DIR}/toolchainkit")
  set(tool "")
  set(version "")
  set(program "")
  set(launch "")
  set_property(GLOBAL PROPERTY _TOOLCHAINKIT_NOTES "")
  _toolchainkit_prepare_folder(doubt)
  if(NOT doubt STREQUAL "")
    _toolchainkit_fail_if_wanted("${doubt}")
    message(NOTICE "toolchainkit: no cache: ${doubt}: remove ${folder}, or use another build folder")
    return()
  endif()
  if(DEFINED TOOLCHAINKIT_CACHE AND NOT TOOLCHAINKIT_CACHE)
    _toolchainkit_no_cache(STATUS "switched off by TOOLCHAINKIT_CACHE=${TOOLCHAINKIT_CACHE}")
    return()
  endif()
  _toolchainkit_find_tracer(tracer)
  if(NOT tracer STREQUAL "" AND NOT TOOLCHAINKIT_CACHE)
    _toolchainkit_no_cache(STATUS
      "switched off, because ${tracer} traces the compilers (set TOOLCHAINKIT_CACHE=ON to use it anyway)")
    return()
  endif()
  _toolchainkit_check_generator(reason tools "${arg_TOOL}")
  if(NOT reason STREQUAL "")
    _toolchainkit_no_cache(NOTICE "${reason}")
    return()
  endif()
  set(free_languages "")
  foreach(language IN LISTS arg_LANGUAGES)
    _toolchainkit_is_free(free "${language}")
    if(free)
      list(APPEND free_languages "${language}")
    else()
      set_property(GLOBAL APPEND PROPERTY _TOOLCHAINKIT_TAKEN "${language}")
    endif()
  endforeach()
  if(free_languages STREQUAL "")
    _toolchainkit_taken_reason(reason)
    _toolchainkit_no_cache(STATUS "${reason}")
    return()
  endif()

  string(SHA256 call_id "${call}")
  _toolchainkit_enclosing_build(command languages maps_paths "${call_id}" "${free_languages}")
  if(NOT command STREQUAL "")
    _toolchainkit_configure_module_scanning()
    set_property(GLOBAL PROPERTY _TOOLCHAINKIT_MAPS_PATHS "${maps_paths}")
    set("${out_launcher}" "${command}" PARENT_SCOPE)
    set("${out_languages}" "${languages}" PARENT_SCOPE)
    return()
  endif()

  _toolchainkit_user_folder(user_folder)
  _toolchainkit_choose_launcher(launch launch_file)
  _toolchainkit_find_tool(tool version program reason "${tools}")
  if(tool STREQUAL "")
    _toolchainkit_fail_if_wanted("${reason}")
    _toolchainkit_no_cache(NOTICE "${reason}")
    return()
  endif()
  _toolchainkit_choose_direct_mode(arg_DIRECT_MODE direct_mode)
  _toolchainkit_check_base_directories()
  if(tool STREQUAL "ccache")
    list(REMOVE_ITEM free_languages HIP)
  endif()
  if(arg_SHARED STREQUAL "group" AND tool STREQUAL "sccache")
    set(reason "sccache cannot share a local folder between users: only their owner can read its entries; use ccache or a remote")
    _toolchainkit_fail_if_wanted("${reason}")
    _toolchainkit_no_cache(NOTICE "${reason}")
    return()
  endif()
  if(CMAKE_GENERATOR MATCHES "^Visual Studio" AND (tool STREQUAL "sccache" OR version VERSION_LESS 4.6))
    _toolchainkit_no_cache(NOTICE
      "the generator ${CMAKE_GENERATOR} requires ccache 4.6 or newer, and ${program} is ${tool} ${version}")
    return()
  endif()

  _toolchainkit_choose_storage(mode reason)
  if(mode STREQUAL "none")
    _toolchainkit_no_cache(NOTICE "${reason}")
    return()
  endif()
  _toolchainkit_configure_module_scanning()
  if(CMAKE_GENERATOR MATCHES "^Visual Studio")
    _toolchainkit_write_visual_studio_files()
  endif()
  _toolchainkit_maps_paths(maps_paths)
  set_property(GLOBAL PROPERTY _TOOLCHAINKIT_MAPS_PATHS "${maps_paths}")
  _toolchainkit_write_summary("${mode}" "${reason}")
  _toolchainkit_print_status("${mode}" "${reason}")
  _toolchainkit_command(command "${mode}")
  _toolchainkit_write_nested("${command}" "${free_languages}" "${maps_paths}" "${call_id}")
  set("${out_launcher}" "${command}" PARENT_SCOPE)
  set("${out_languages}" "${free_languages}" PARENT_SCOPE)
  _toolchainkit_remember_decision()
endfunction()

# Reports base directories that cannot be used.
function(_toolchainkit_check_base_directories)
  list(LENGTH arg_BASE_DIRS count)
  if(count GREATER 16)
    message(FATAL_ERROR "toolchainkit: BASE_DIRS can have at most 16 folders, not ${count}")
  elseif(count EQUAL 0)
    return()
  elseif(NOT launch STREQUAL "program")
    _toolchainkit_note("left out: BASE_DIRS (needs toolchainkit-launch)")
  elseif(NOT arg_RELOCATABLE)
    _toolchainkit_note("left out: BASE_DIRS (needs RELOCATABLE ON)")
  elseif(tool STREQUAL "sccache" AND version VERSION_LESS 0.14)
    _toolchainkit_note("left out: BASE_DIRS (needs sccache 0.14)")
  endif()
endfunction()

function(_toolchainkit_fail_if_wanted reason)
  if(arg_ON_FAILURE STREQUAL "fail")
    message(FATAL_ERROR "toolchainkit: ${reason}")
  endif()
endfunction()

# Chooses the storage: `remote`, `local` or `none`, with the reason if it is not the configured one.
function(_toolchainkit_choose_storage out_mode out_reason)
  set(override TRUE)
  set(reason "")
  if(NOT "${arg_REMOTE}" STREQUAL "")
    _toolchainkit_try_remote(reason)
    if(reason STREQUAL "")
      set("${out_mode}" remote PARENT_SCOPE)
      set("${out_reason}" "" PARENT_SCOPE)
      return()
    endif()
    _toolchainkit_fail_if_wanted("${reason}")
    # The environment may contain settings for the remote, which the local cache must not use.
    set(override FALSE)
  endif()
  _toolchainkit_storage(local "${override}" "" "")
  _toolchainkit_activate(local_reason local)
  if(local_reason STREQUAL "")
    set("${out_mode}" local PARENT_SCOPE)
  else()
    if(NOT reason STREQUAL "")
      string(APPEND reason ", and ")
    endif()
    string(APPEND reason "${tool} ${version} ${local_reason}")
    _toolchainkit_fail_if_wanted("${reason}")
    set("${out_mode}" none PARENT_SCOPE)
  endif()
  set("${out_reason}" "${reason}" PARENT_SCOPE)
endfunction()

# Activates the remote. If it cannot be used, sets the reason, and removes the notices about the remote.
function(_toolchainkit_try_remote out_reason)
  if(CMAKE_GENERATOR MATCHES "^Visual Studio")
    set(server "")
    set(reason "cannot be used with Visual Studio, which does not pass environment variables to compilers")
  else()
    _toolchainkit_find_server(server reason "${arg_SERVERS}")
  endif()
  string(REPLACE "{SERVER}" "${server}" name "${arg_REMOTE}")
  get_property(notes GLOBAL PROPERTY _TOOLCHAINKIT_NOTES)
  if(reason STREQUAL "")
    set(others "")
    _toolchainkit_storage(remote TRUE "${server}" "${name}")
    _toolchainkit_get(secrets remote secrets)
    if(NOT secrets STREQUAL "")
      # If a secret is missing at build time, the launcher uses the local cache.
      set(others local)
      _toolchainkit_storage(local FALSE "" "")
    endif()
    _toolchainkit_activate(reason remote ${others})
  endif()
  if(NOT reason STREQUAL "")
    set(reason "remote ${name} ${reason}")
    set_property(GLOBAL PROPERTY _TOOLCHAINKIT_NOTES "${notes}")
  endif()
  set("${out_reason}" "${reason}" PARENT_SCOPE)
endfunction()

# Writes nested.cmake, which _toolchainkit_enclosing_build reads in nested builds.
function(_toolchainkit_write_nested command languages maps_paths call_id)
  _toolchainkit_quote(quoted "${command}")
  _toolchainkit_write_if_changed("${folder}/nested.cmake" "# Written by ToolchainKit.cmake for nested builds, which use the cache of this build.
set(enclosing_call ${call_id})
set(enclosing_command ${quoted})
set(enclosing_languages \"${languages}\")
set(enclosing_maps_paths ${maps_paths})
")
endfunction()

# The launcher of an enclosing build with the same configuration, such as the main build of an ExternalProject. With its own
# launcher, this build would add base directories, for which the daemon is replaced during the enclosing build.
function(_toolchainkit_enclosing_build out_command out_languages out_maps_paths call_id free_languages)
  set("${out_command}" "" PARENT_SCOPE)
  set(file "${_toolchainkit_enclosing}")
  set(parent "${CMAKE_BINARY_DIR}")
  while("${file}" STREQUAL "")
    set(child "${parent}")
    get_filename_component(parent "${child}" DIRECTORY)
    if(parent STREQUAL child OR parent STREQUAL "")
      return()
    elseif(EXISTS "${parent}/toolchainkit/nested.cmake")
      # Another user may have put it into a folder such as /tmp. A file that the enclosing build has named needs no check.
      _toolchainkit_is_trusted(doubt "${parent}/toolchainkit/nested.cmake" project "")
      if(doubt STREQUAL "")
        set(file "${parent}/toolchainkit/nested.cmake")
      else()
        message(NOTICE "toolchainkit: not using ${parent}/toolchainkit/nested.cmake: ${doubt}")
      endif()
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
  if(NOT EXISTS "${place}/nested-users")
    _toolchainkit_write("${place}/nested-users" "yes\n")
  endif()
  get_filename_component(place "${place}" DIRECTORY)
  message(STATUS "toolchainkit: using the enclosing build's cache (${place})")
  set("${out_command}" "${enclosing_command}" PARENT_SCOPE)
  set("${out_languages}" "${languages}" PARENT_SCOPE)
  set("${out_maps_paths}" "${enclosing_maps_paths}" PARENT_SCOPE)
endfunction()

# --- functions for generated toolchain files --------------------------------------------------------------------------

# The environment variable from which CMake takes the compiler of a language.
function(_toolchainkit_compiler_variable out_name language)
  set(names C CC CXX CXX OBJC OBJC OBJCXX OBJCXX CUDA CUDACXX HIP HIPCXX ASM ASM Fortran FC)
  list(FIND names "${language}" index)
  math(EXPR index "${index} + 1")
  list(GET names "${index}" name)
  set("${out_name}" "${name}" PARENT_SCOPE)
endfunction()

# Replaces `zig cc` by a script of one word: sccache runs only `zig` to identify the compiler, and fails. The script contains
# the version, because the tools hash the bytes of the compiler.
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
  _toolchainkit_prepare_folder(doubt)
  if(NOT doubt STREQUAL "")
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
    file(REMOVE "${folder}/new/${name}")
    # By default, ccache hashes the size and the time of a compiler. Set a time that depends only on the text, so that it is
    # the same in a new build folder.
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
  _toolchainkit_expect_unset()
  set(variable "CMAKE_${language}_COMPILER")
  set(record "_TOOLCHAINKIT_${language}_COMPILER")
  get_property(in_try_compile GLOBAL PROPERTY IN_TRY_COMPILE)
  if(DEFINED "${variable}")
    return()
  elseif(NOT in_try_compile AND EXISTS "${CMAKE_PLATFORM_INFO_DIR}/CMake${language}Compiler.cmake")
    # CMake keeps the compiler in this file. Without a record, it came from the environment.
    if(DEFINED "CACHE{${record}}")
      _toolchainkit_compiler_program(program ${${record}})
      set("${variable}" "${program}" PARENT_SCOPE)
      if(NOT "${${record}}" STREQUAL "${ARGN}")
        string(REPLACE ";" " " wanted "${ARGN}")
        string(REPLACE ";" " " kept "${${record}}")
        message(NOTICE "toolchainkit: ${variable} is now ${wanted}, but this build folder keeps ${kept}: remove the folder, or configure with --fresh")
      endif()
    endif()
    return()
  endif()
  if(NOT in_try_compile AND NOT DEFINED CMAKE_SYSTEM_NAME)
    _toolchainkit_compiler_variable(name "${language}")
    _toolchainkit_environment(of_environment "${name}")
    if(NOT of_environment STREQUAL "")
      string(REPLACE ";" " " wanted "${ARGN}")
      message(STATUS "toolchainkit: ${name}=$ENV{${name}} from the environment overrides ${wanted}")
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
  _toolchainkit_expect_unset()
  get_property(in_try_compile GLOBAL PROPERTY IN_TRY_COMPILE)
  set(variables "")
  set(index 0)
  while(index LESS ARGC)
    set(variable "${ARGV${index}}")
    math(EXPR index "${index} + 1")
    set(flags "${ARGV${index}}")
    math(EXPR index "${index} + 1")
    list(APPEND variables "${variable}")
    _toolchainkit_expect_unset_names("${variable}_INIT")
    string(STRIP "${${variable}_INIT} ${flags}" start)
    set("${variable}_INIT" "${start}" PARENT_SCOPE)
    if(NOT in_try_compile)
      _toolchainkit_update_flags("${variable}" "${flags}")
    endif()
  endwhile()
  if(NOT in_try_compile)
    set(before "${_TOOLCHAINKIT_FLAGS}")
    foreach(variable IN LISTS before)
      if(NOT variable IN_LIST variables)
        _toolchainkit_update_flags("${variable}" "")
        unset("_TOOLCHAINKIT_${variable}" CACHE)
      endif()
    endforeach()
    set(_TOOLCHAINKIT_FLAGS "${variables}" CACHE INTERNAL "The variables with flags of the toolchain file")
  endif()
endfunction()

# Replaces older flags of the toolchain file in a build folder.
function(_toolchainkit_update_flags variable flags)
  set(record "_TOOLCHAINKIT_${variable}")
  if(NOT DEFINED "CACHE{${variable}}")
    set("${record}" "${flags}" CACHE INTERNAL "Flags of the toolchain file")
    return()
  elseif(DEFINED "CACHE{${record}}" AND "$CACHE{${record}}" STREQUAL "${flags}")
    return()
  endif()
  _toolchainkit_expect_unset_names("${record}" "${variable}_INIT")
  set(old "$CACHE{${record}}")
  set(value "$CACHE{${variable}}")
  if(NOT DEFINED "CACHE{${record}}")
    # The user has set them with -D, or the toolchain file had none in the first configuration.
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
    message(NOTICE "toolchainkit: ${variable} was changed in this build folder, so the flags ${flags} are not added")
    return()
  else()
    string(REPLACE " ${old} " " ${flags} " value " ${value} ")
  endif()
  string(STRIP "${value}" value)
  set_property(CACHE "${variable}" PROPERTY VALUE "${value}")
  set("${record}" "${flags}" CACHE INTERNAL "Flags of the toolchain file")
endfunction()

function(toolchainkit_set_cache_entry variable type value)
  _toolchainkit_expect_unset()
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

# --- generators without compiler launchers ----------------------------------------------------------------------------

# The reason why this generator cannot be used with a cache, empty if it can, and the tools that it supports.
function(_toolchainkit_check_generator out_reason out_tools tools)
  set("${out_reason}" "" PARENT_SCOPE)
  set("${out_tools}" "${tools}" PARENT_SCOPE)
  if(CMAKE_GENERATOR MATCHES "^Visual Studio")
    # sccache cannot replace the compiler, and ccache can replace only cl.exe.
    if(NOT "ccache" IN_LIST tools)
      set("${out_reason}" "the generator ${CMAKE_GENERATOR} supports only ccache; Ninja supports ${tools}" PARENT_SCOPE)
    elseif("${CMAKE_GENERATOR_TOOLSET}" MATCHES "[Cc]lang|LLVM|[Ii]ntel")
      set("${out_reason}" "the generator ${CMAKE_GENERATOR} supports only Microsoft's compiler; with Ninja, ${CMAKE_GENERATOR_TOOLSET} can be cached" PARENT_SCOPE)
    elseif("${CMAKE_VS_GLOBALS}" MATCHES "(^|;)CLTool(Exe|Path)=")
      set("${out_reason}" "CMAKE_VS_GLOBALS already names a compiler, and is not changed" PARENT_SCOPE)
    endif()
    set("${out_tools}" ccache PARENT_SCOPE)
  elseif(CMAKE_GENERATOR STREQUAL "Xcode")
    if(DEFINED CMAKE_XCODE_ATTRIBUTE_C_COMPILER_LAUNCHER)
      set("${out_reason}" "CMAKE_XCODE_ATTRIBUTE_C_COMPILER_LAUNCHER is already set, and is not changed" PARENT_SCOPE)
    endif()
  elseif(NOT CMAKE_GENERATOR MATCHES "Ninja|Makefiles")
    set("${out_reason}" "the generator ${CMAKE_GENERATOR} does not use compiler launchers; Ninja and Makefiles do" PARENT_SCOPE)
  endif()
endfunction()

# Xcode has its own setting for a launcher, which applies to all languages of Clang. The other settings make its compilations
# cacheable (docs/Xcode.md of sccache).
macro(_toolchainkit_set_xcode_attributes)
  set(CMAKE_XCODE_ATTRIBUTE_C_COMPILER_LAUNCHER "${launcher}" PARENT_SCOPE)
  foreach(attribute IN ITEMS CLANG_ENABLE_MODULES COMPILER_INDEX_STORE_ENABLE CLANG_USE_RESPONSE_FILE)
    if(NOT DEFINED CMAKE_XCODE_ATTRIBUTE_${attribute})
      set(CMAKE_XCODE_ATTRIBUTE_${attribute} NO PARENT_SCOPE)
    endif()
  endforeach()
endmacro()

# With these properties, MSBuild uses another compiler, and compiles one source at a time (see ccache's wiki).
macro(_toolchainkit_set_visual_studio_globals)
  if(NOT "${CMAKE_VS_GLOBALS}" MATCHES "(^|;)CLTool(Exe|Path)=")
    set(globals ${CMAKE_VS_GLOBALS} CLToolExe=cl.exe "CLToolPath=${launcher}" UseMultiToolTask=true
      DebugInformationFormat=OldStyle)
    set(CMAKE_VS_GLOBALS "${globals}" PARENT_SCOPE)
  endif()
endmacro()

# Copies ccache under the name of the compiler. ccache 4.13 and newer reads settings from a file in the build folder, except
# those for the location of the cache.
function(_toolchainkit_write_visual_studio_files)
  configure_file("${program}" "${folder}/visual-studio/cl.exe" COPYONLY)
  set(text "# Written by ToolchainKit.cmake for Visual Studio.\n")
  _toolchainkit_get(names local names)
  if("CCACHE_BASEDIR" IN_LIST names)
    _toolchainkit_get(base local value_CCACHE_BASEDIR)
    string(APPEND text "base_dir = ${base}\n")
  endif()
  if("CCACHE_NOHASHDIR" IN_LIST names)
    string(APPEND text "hash_dir = false\n")
  endif()
  if("CCACHE_NODIRECT" IN_LIST names)
    string(APPEND text "direct_mode = false\n")
  endif()
  _toolchainkit_write_if_changed("${CMAKE_BINARY_DIR}/ccache.conf" "${text}")
  _toolchainkit_put(local directory "")
  _toolchainkit_put(local location "ccache's own folder")
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

# Searches only PATH, as CMake does when it reads a toolchain file for the first time.
function(_toolchainkit_find_on_path out_place name)
  find_program(_toolchainkit_program NAMES "${name}" NO_CMAKE_FIND_ROOT_PATH NO_CMAKE_PATH NO_CMAKE_ENVIRONMENT_PATH
    NO_CMAKE_SYSTEM_PATH)
  set("${out_place}" "${_toolchainkit_program}" PARENT_SCOPE)
  unset(_toolchainkit_program CACHE)
endfunction()

# Finds the first of the tools that runs and is new enough for this kind of launcher. If there is none, sets the reason.
function(_toolchainkit_find_tool out_tool out_version out_program out_reason tools)
  set("${out_tool}" "" PARENT_SCOPE)
  set(reason "")
  set(doubts "")
  _toolchainkit_wanted(wanted TOOLCHAINKIT_CACHE_TOOL)
  if(wanted STREQUAL "")
    set(names "${tools}")
  else()
    set(names "${wanted}")
  endif()
  foreach(name IN LISTS names)
    if(IS_ABSOLUTE "${name}")
      set(places "${name}")
    else()
      _toolchainkit_find_on_path(places "${name}")
      _toolchainkit_installed(installed "${name}" "")
      list(APPEND places ${installed})
    endif()
    foreach(place IN LISTS places)
      if(NOT EXISTS "${place}")
        continue()
      endif()
      _toolchainkit_doubt_program(doubt "${place}")
      if(NOT doubt STREQUAL "")
        list(APPEND reason "${doubt}")
        list(APPEND doubts "${doubt}")
        continue()
      endif()
      execute_process(COMMAND "${place}" --version OUTPUT_VARIABLE output ERROR_QUIET RESULT_VARIABLE result TIMEOUT 20)
      if(NOT result STREQUAL "0" OR NOT output MATCHES "^(s?ccache) (version )?([0-9]+(\\.[0-9]+)*)")
        list(APPEND reason "${place} does not run")
      elseif(NOT "${arg_MIN_VERSION}" STREQUAL "" AND CMAKE_MATCH_3 VERSION_LESS "${arg_MIN_VERSION}")
        list(APPEND reason "${place} is ${CMAKE_MATCH_1} ${CMAKE_MATCH_3}, but ${arg_MIN_VERSION} or newer is required")
      elseif(CMAKE_MATCH_1 STREQUAL "sccache" AND CMAKE_MATCH_3 VERSION_LESS 0.9 AND launch STREQUAL "script")
        # The daemon of this sccache listens on a TCP port. Only the program can check that the daemon is its own.
        list(APPEND reason "${place} is sccache ${CMAKE_MATCH_3}, but without toolchainkit-launch (run `toolchainkit install`) 0.9 or newer is required")
      else()
        set("${out_tool}" "${CMAKE_MATCH_1}" PARENT_SCOPE)
        set("${out_version}" "${CMAKE_MATCH_3}" PARENT_SCOPE)
        set("${out_program}" "${place}" PARENT_SCOPE)
        foreach(doubt IN LISTS doubts)
          _toolchainkit_note("${doubt}")
        endforeach()
        return()
      endif()
    endforeach()
  endforeach()
  if(reason STREQUAL "")
    if(NOT wanted STREQUAL "")
      set(reason "${wanted} was not found (from TOOLCHAINKIT_CACHE_TOOL)")
    elseif(names MATCHES ";")
      list(JOIN names " nor " names)
      set(reason "neither ${names} was found on PATH or in ${user_folder}/tools (run `toolchainkit install`)")
    else()
      set(reason "${names} was not found on PATH or in ${user_folder}/tools (run `toolchainkit install`)")
    endif()
  endif()
  list(JOIN reason "; " reason)
  set("${out_reason}" "${reason}" PARENT_SCOPE)
endfunction()

# The reason why a program is not even asked for its version; empty if it is. Only this user and root may change the programs
# that `toolchainkit install` has installed, because nobody has named them.
function(_toolchainkit_doubt_program out_doubt place)
  set(purpose program)
  string(FIND "${place}" "${user_folder}/tools/" at)
  if(at EQUAL 0)
    set(purpose state)
  endif()
  _toolchainkit_is_trusted(doubt "${place}" "${purpose}" "")
  if(NOT doubt STREQUAL "")
    set(doubt "${place} is not used: ${doubt}")
  endif()
  set("${out_doubt}" "${doubt}" PARENT_SCOPE)
endfunction()

# The programs that `toolchainkit install` has installed, newest first. The name of the folder ends with the suffix.
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

# --- storages: the remote and the local cache -------------------------------------------------------------------------

# Sends an HTTP request to each server, and uses the first one with any answer. The timeout is three seconds.
function(_toolchainkit_find_server out_server out_reason servers)
  set("${out_server}" "" PARENT_SCOPE)
  set("${out_reason}" "" PARENT_SCOPE)
  if(servers STREQUAL "")
    return()
  endif()
  # The request uses no proxy. If sccache uses one, only the start of its daemon shows whether the server answers.
  string(CONCAT proxy "$ENV{http_proxy}$ENV{HTTP_PROXY}$ENV{https_proxy}$ENV{HTTPS_PROXY}$ENV{all_proxy}$ENV{ALL_PROXY}")
  set(no_proxy "$ENV{no_proxy}")
  set(ENV{no_proxy} "*")
  _toolchainkit_write_if_changed("${folder}/probe-server.cmake" [=[
# cmake -Dserver=HOST:PORT -P probe-server.cmake: fails if the server does not answer.
get_filename_component(answer "${CMAKE_CURRENT_LIST_DIR}/probe-answer" ABSOLUTE)
file(DOWNLOAD "http://${server}/" "${answer}" TIMEOUT 3 STATUS status)
file(REMOVE "${answer}")
set(failure "")
if(status MATCHES "^7;")
  set(failure "no server listens at ${server}")
elseif(status MATCHES "^28;")
  set(failure "no answer from ${server} within 3 s")
elseif(status MATCHES "^6;")
  set(failure "unknown host ${server}")
endif()
if(CMAKE_SCRIPT_MODE_FILE AND NOT failure STREQUAL "")
  message(FATAL_ERROR "${failure}")
endif()
]=])
  if(NOT EXISTS "${folder}/probe-server.cmake")
    _toolchainkit_unwritten(reason)
    set("${out_reason}" "${reason}" PARENT_SCOPE)
    return()
  endif()
  set(failures "")
  set(found "")
  foreach(server IN LISTS servers)
    include("${folder}/probe-server.cmake")
    if(failure STREQUAL "")
      set(found "${server}")
      break()
    endif()
    list(APPEND failures "${failure}")
  endforeach()
  set(ENV{no_proxy} "${no_proxy}")
  if(no_proxy STREQUAL "")
    unset(ENV{no_proxy})
  endif()
  if(found STREQUAL "")
    list(GET servers 0 found)
    if(proxy STREQUAL "" OR tool STREQUAL "ccache")
      list(JOIN failures ", " failures)
      set("${out_reason}" "does not answer (${failures})" PARENT_SCOPE)
    endif()
  endif()
  set("${out_server}" "${found}" PARENT_SCOPE)
endfunction()

# A storage, `remote` or `local`, is a record of these fields: directory, size, location, id, refused (a reason), unset (names
# of variables), names (of the tool's settings) and value_<NAME>, secrets (names of variables) and template_<NAME>. Only the
# functions that write a file or a command convert them to NAME=VALUE, JSON or sh.
function(_toolchainkit_put storage field value)
  set_property(GLOBAL PROPERTY "_TOOLCHAINKIT_${storage}_${field}" "${value}")
endfunction()

function(_toolchainkit_add storage field element)
  set_property(GLOBAL APPEND PROPERTY "_TOOLCHAINKIT_${storage}_${field}" "${element}")
endfunction()

function(_toolchainkit_get out_value storage field)
  get_property(value GLOBAL PROPERTY "_TOOLCHAINKIT_${storage}_${field}")
  set("${out_value}" "${value}" PARENT_SCOPE)
endfunction()

# Fills the record of a storage. With `override`, the environment overrides settings. `server` is the one that answers, and
# `location` the name of a remote for messages.
function(_toolchainkit_storage storage override server location)
  foreach(field IN ITEMS names secrets unset refused)
    _toolchainkit_put("${storage}" "${field}" "")
  endforeach()
  string(TOUPPER "${tool}" TOOL)
  set(identity "")
  if(storage STREQUAL "remote")
    _toolchainkit_remote_settings(identity "${storage}" "${server}")
  endif()

  string(REGEX REPLACE "[^A-Za-z0-9._+-]" "_" project "${arg_PROJECT}")
  if(NOT "${arg_DIR}" STREQUAL "")
    get_filename_component(directory "${arg_DIR}/${tool}" ABSOLUTE BASE_DIR "${arg_PROJECT_DIR}")
  elseif(arg_SHARED STREQUAL "user")
    set(directory "${user_folder}/shared/${tool}")
  else()
    set(directory "${user_folder}/cache/${project}/${tool}")
  endif()
  # Projects with the same folder have the same daemon, because two daemons must not share a folder.
  if(NOT "${arg_DIR}" STREQUAL "" OR arg_SHARED STREQUAL "user")
    set(project "")
  endif()
  string(SHA256 id "${tool}\nproject=${project}\ndirectory=${directory}\n${identity}")
  string(SUBSTRING "${id}" 0 16 id)
  if(tool STREQUAL "sccache")
    if(storage STREQUAL "remote")
      # The folder for local copies of objects from the remote. Two daemons must not share a folder.
      string(APPEND directory "-${id}")
    endif()
    if(launch STREQUAL "script")
      # The script has its own daemon, and two daemons must not share a folder.
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
  _toolchainkit_set("${storage}" "${TOOL}_DIR" "${directory}")
  _toolchainkit_set("${storage}" "${size_name}" "${size}")
  if(tool STREQUAL "sccache")
    _toolchainkit_sccache_settings("${storage}" "${id}")
  else()
    _toolchainkit_ccache_settings("${storage}")
  endif()
  if(storage STREQUAL "local")
    set(location "${directory}")
  endif()
  foreach(field IN ITEMS directory size location id)
    _toolchainkit_put("${storage}" "${field}" "${${field}}")
  endforeach()
endfunction()


# Adds a setting of the tool.
function(_toolchainkit_set storage name value)
  if(tool STREQUAL "ccache")
    # ccache expands variables in every value.
    string(REPLACE "$" "$$" value "${value}")
  endif()
  _toolchainkit_add("${storage}" names "${name}")
  _toolchainkit_put("${storage}" "value_${name}" "${value}")
endfunction()

# The value of a setting. The environment overrides it, unless its value must not be written to a file.
function(_toolchainkit_setting out_value name value)
  set("${out_value}" "${value}" PARENT_SCOPE)
  _toolchainkit_environment(theirs "${name}")
  if(theirs STREQUAL "" OR theirs STREQUAL value)
    return()
  endif()
  # The environment must not choose the remote or the write access, and an address may contain a password.
  if(name MATCHES "^(CCACHE_REMOTE_STORAGE|SCCACHE_MULTILEVEL_CHAIN|SCCACHE_[A-Z0-9]+_RW_MODE)$" OR theirs MATCHES "://[^/]*@")
    _toolchainkit_note("${name} from the environment is ignored")
  else()
    set("${out_value}" "${theirs}" PARENT_SCOPE)
    _toolchainkit_foreign(theirs "${theirs}")
    _toolchainkit_note("${name}=${theirs} from the environment")
  endif()
endfunction()

# Adds the settings of the remote. Sets a text that identifies it: two remotes with the same text may share a daemon.
function(_toolchainkit_remote_settings out_identity storage server)
  string(TOUPPER "${tool}" TOOL)
  foreach(entry IN LISTS "arg_${TOOL}_REQUIRES")
    if(entry MATCHES "^([A-Za-z0-9_]+)=(.+)$" AND version VERSION_LESS CMAKE_MATCH_2)
      _toolchainkit_put("${storage}" refused
        "needs ${tool} ${CMAKE_MATCH_2} or newer for ${CMAKE_MATCH_1}, and ${program} is ${version}")
    endif()
  endforeach()
  if("${arg_${TOOL}_SETTINGS}${arg_${TOOL}_SECRETS}" STREQUAL "")
    _toolchainkit_put("${storage}" refused "has no settings for ${tool}")
  endif()
  set(too_new "")
  set(left_out "")
  foreach(entry IN LISTS "arg_${TOOL}_SINCE")
    if(entry MATCHES "^([A-Za-z0-9_]+)=(.+)$" AND version VERSION_LESS CMAKE_MATCH_2)
      list(APPEND too_new "${CMAKE_MATCH_1}")
      list(APPEND left_out "${CMAKE_MATCH_1} (needs ${tool} ${CMAKE_MATCH_2})")
    endif()
  endforeach()
  if(NOT left_out STREQUAL "")
    list(JOIN left_out ", " left_out)
    _toolchainkit_note("left out: ${left_out}")
  endif()
  set(identity "")
  foreach(entry IN LISTS "arg_${TOOL}_SETTINGS")
    if(NOT entry MATCHES "^([A-Za-z_][A-Za-z0-9_]*)=(.*)$")
      message(FATAL_ERROR "toolchainkit: ${TOOL}_SETTINGS must be NAME=VALUE, not ${entry}")
    endif()
    set(name "${CMAKE_MATCH_1}")
    set(value "${CMAKE_MATCH_2}")
    if(name IN_LIST too_new)
      continue()
    endif()
    if(value MATCHES "{SERVER}")
      string(REPLACE "{SERVER}" "${server}" value "${value}")
    else()
      _toolchainkit_setting(value "${name}" "${value}")
    endif()
    string(APPEND identity "${name}=${value}\n")
    _toolchainkit_set("${storage}" "${name}" "${value}")
    if(value STREQUAL "true")
      # sccache rejects this setting together with keys in the environment. Other programs may need these keys.
      foreach(key IN LISTS "contradicted_${name}")
        _toolchainkit_add("${storage}" unset "${key}")
      endforeach()
    elseif(name STREQUAL "CCACHE_REMOTE_STORAGE")
      _toolchainkit_check_ccache_feature("${storage}" "${value}")
    endif()
  endforeach()
  foreach(entry IN LISTS "arg_${TOOL}_SECRETS")
    if(NOT entry MATCHES "^([A-Za-z_][A-Za-z0-9_]*)=(.*)$")
      message(FATAL_ERROR "toolchainkit: ${TOOL}_SECRETS must be NAME=TEMPLATE")
    endif()
    set(name "${CMAKE_MATCH_1}")
    string(REPLACE "{SERVER}" "${server}" template "${CMAKE_MATCH_2}")
    if(name IN_LIST too_new)
      continue()
    endif()
    string(APPEND identity "${name}<-${template}\n")
    if(name STREQUAL "CCACHE_REMOTE_STORAGE")
      _toolchainkit_check_ccache_feature("${storage}" "${template}")
    endif()
    _toolchainkit_add("${storage}" secrets "${name}")
    _toolchainkit_put("${storage}" "template_${name}" "${template}")
    if(CMAKE_HOST_WIN32 AND NOT template STREQUAL "{${name}}")
      _toolchainkit_note("${name} must be in the environment under this name on Windows")
    endif()
  endforeach()
  set("${out_identity}" "${identity}" PARENT_SCOPE)
endfunction()

# ccache fails with every compilation if it was built without the storage. Its --version lists the supported ones.
function(_toolchainkit_check_ccache_feature storage address)
  _toolchainkit_get(refused "${storage}" refused)
  if(NOT refused STREQUAL "")
    return()
  endif()
  execute_process(COMMAND "${program}" --version OUTPUT_VARIABLE output ERROR_QUIET TIMEOUT 20)
  if(NOT output MATCHES "\nFeatures: ([^\n]*-storage[^\n]*)")
    return()
  endif()
  set(features " ${CMAKE_MATCH_1} ")
  foreach(scheme IN LISTS ccache_schemes)
    string(FIND "${features}" " ${ccache_feature_${scheme}} " built_at)
    string(FIND " ${address}" " ${scheme}:" at)
    if(built_at EQUAL -1 AND NOT at EQUAL -1)
      _toolchainkit_put("${storage}" refused "cannot be used (${program} was built without ${scheme} storage)")
    endif()
  endforeach()
endfunction()

function(_toolchainkit_sccache_settings storage id)
  # A configuration file of the user could select another storage.
  if(CMAKE_HOST_WIN32)
    _toolchainkit_set("${storage}" SCCACHE_CONF "NUL")
  else()
    _toolchainkit_set("${storage}" SCCACHE_CONF "/dev/null")
  endif()
  if(CMAKE_HOST_WIN32)
    string(SUBSTRING "${id}" 0 6 hexadecimal)
    math(EXPR port "${first_port} + 0x${hexadecimal} % ${port_count}")
    _toolchainkit_set("${storage}" SCCACHE_SERVER_PORT "${port}")
  endif()
  if(arg_DIRECT_MODE AND NOT direct_mode STREQUAL "auto" AND arg_RELOCATABLE AND version VERSION_GREATER_EQUAL 0.14)
    # sccache would not notice changed headers (mozilla/sccache#2863).
    set(arg_DIRECT_MODE OFF)
    _toolchainkit_note("left out: DIRECT_MODE ON (sccache does not support it with base directories)")
  endif()
  if(NOT arg_DIRECT_MODE)
    _toolchainkit_set("${storage}" SCCACHE_DIRECT "false")
  elseif(direct_mode STREQUAL "auto")
    _toolchainkit_set("${storage}" SCCACHE_DIRECT "true")
  endif()
endfunction()

function(_toolchainkit_ccache_settings storage)
  # The time stamp of the compiler differs between machines, and an upgrade may not change it.
  _toolchainkit_setting(check CCACHE_COMPILERCHECK content)
  _toolchainkit_set("${storage}" CCACHE_COMPILERCHECK "${check}")
  if(NOT storage STREQUAL "remote")
    _toolchainkit_set("${storage}" CCACHE_REMOTE_STORAGE "")
  endif()
  if(arg_SHARED STREQUAL "group")
    # For the files in the cache, not for objects.
    _toolchainkit_set("${storage}" CCACHE_UMASK 002)
  endif()
  if(arg_RELOCATABLE)
    _toolchainkit_checkout(base)
    if(version VERSION_GREATER_EQUAL 4.12)
      _toolchainkit_base_directories(folders)
      if(CMAKE_HOST_WIN32)
        list(JOIN folders ";" base)
      else()
        list(JOIN folders ":" base)
      endif()
    endif()
    _toolchainkit_setting(base CCACHE_BASEDIR "${base}")
    _toolchainkit_set("${storage}" CCACHE_BASEDIR "${base}")
    # With a base directory, the compiler gets relative paths. Editors and IDEs need absolute ones in its messages.
    _toolchainkit_set("${storage}" CCACHE_ABSSTDERR 1)
    _toolchainkit_has_no_path_maps(has_none)
    if(has_none)
      # Otherwise, ccache hashes the working directory with the path maps of the launcher. Without path maps, debug information
      # contains it, so other checkouts must not share the object.
      _toolchainkit_set("${storage}" CCACHE_NOHASHDIR 1)
    endif()
  endif()
  if(NOT arg_DIRECT_MODE AND NOT "$ENV{CCACHE_DIRECT}" STREQUAL "")
    _toolchainkit_note("CCACHE_DIRECT=$ENV{CCACHE_DIRECT} from the environment")
  elseif(NOT arg_DIRECT_MODE)
    _toolchainkit_set("${storage}" CCACHE_NODIRECT 1)
    _toolchainkit_add("${storage}" unset CCACHE_DIRECT)
  endif()
endfunction()

# The checkout, the source folder and the build folder. sccache uses the longest match, so the name of the build folder does not
# matter, nor the position of the source folder in another repository. ccache makes all paths relative to the build folder. If a
# folder is behind a link, compilers use both paths.
function(_toolchainkit_base_directories out_folders)
  _toolchainkit_checkout(root)
  set(folders "${root}" "${CMAKE_SOURCE_DIR}" "${CMAKE_BINARY_DIR}")
  foreach(path IN LISTS folders)
    get_filename_component(path "${path}" REALPATH)
    list(APPEND folders "${path}")
  endforeach()
  list(REMOVE_DUPLICATES folders)
  # All paths begin with these.
  list(FILTER folders EXCLUDE REGEX "^([A-Za-z]:)?/$")
  if(NOT CMAKE_HOST_WIN32)
    # The tools separate the folders with colons.
    list(FILTER folders EXCLUDE REGEX ":")
  endif()
  set("${out_folders}" "${folders}" PARENT_SCOPE)
endfunction()

# Further folders whose paths the launcher replaces, as JSON: [NUMBER, "PATH"] for each. 0 to 2 are the real paths of the checkout,
# the source folder and the build folder, if these are behind links. From 3 on are those of BASE_DIRS, which have the same number on
# all machines, from 19 on environments on PATH, 23 is the workspace, and the others are named by variables of CMake.
function(_toolchainkit_places out_places)
  _toolchainkit_checkout(root)
  set(paths "")
  set(number 0)
  foreach(path IN LISTS root CMAKE_SOURCE_DIR CMAKE_BINARY_DIR)
    get_filename_component(real "${path}" REALPATH)
    if(NOT real STREQUAL path)
      list(APPEND paths "${number}:${real}")
    endif()
    math(EXPR number "${number} + 1")
  endforeach()
  foreach(entry IN LISTS arg_BASE_DIRS)
    _toolchainkit_expand_folder(path reason "${entry}")
    if(NOT reason STREQUAL "")
      _toolchainkit_note("left out: base directory ${entry} (${reason})")
    else()
      list(APPEND paths "${number}:${path}")
    endif()
    math(EXPR number "${number} + 1")
  endforeach()
  _toolchainkit_environments(environments "${root}")
  set(number 19)
  foreach(path IN LISTS environments)
    list(APPEND paths "${number}:${path}")
    math(EXPR number "${number} + 1")
  endforeach()
  _toolchainkit_workspace(workspace "${root}")
  if(NOT workspace STREQUAL "")
    list(APPEND paths "23:${workspace}")
  endif()
  set(number 24)
  foreach(name IN ITEMS CPM_SOURCE_CACHE FETCHCONTENT_BASE_DIR)
    set(path "${${name}}")
    if(path STREQUAL "" AND name STREQUAL "CPM_SOURCE_CACHE")
      set(path "$ENV{${name}}")
    endif()
    _toolchainkit_expand_folder(path reason "${path}")
    _toolchainkit_is_inside(is_inside "${path}" "${root}" "${CMAKE_BINARY_DIR}")
    if(reason STREQUAL "" AND NOT is_inside)
      list(APPEND paths "${number}:${path}")
    endif()
    math(EXPR number "${number} + 1")
  endforeach()
  set(json "")
  foreach(entry IN LISTS paths)
    string(REGEX MATCH "^([0-9]+):(.*)$" entry "${entry}")
    set(number "${CMAKE_MATCH_1}")
    set(path "${CMAKE_MATCH_2}")
    get_filename_component(real "${path}" REALPATH)
    _toolchainkit_json_text(text "${path}")
    string(APPEND json ", [${number}, ${text}]")
    if(NOT real STREQUAL path AND number GREATER 2)
      _toolchainkit_json_text(text "${real}")
      string(APPEND json ", [${number}, ${text}]")
    endif()
  endforeach()
  string(REGEX REPLACE "^, " "" json "${json}")
  set("${out_places}" "${json}" PARENT_SCOPE)
endfunction()

# The absolute path of an element of BASE_DIRS, or the reason why it cannot be used.
function(_toolchainkit_expand_folder out_path out_reason entry)
  set("${out_path}" "" PARENT_SCOPE)
  set(path "${entry}")
  if(path MATCHES "^~(/.*)?$")
    set(path "\${HOME}${CMAKE_MATCH_1}")
  endif()
  set(expanded "")
  while(path MATCHES "^([^$]*)\\$\\{([A-Za-z_][A-Za-z0-9_]*)\\}(.*)$")
    if("$ENV{${CMAKE_MATCH_2}}" STREQUAL "")
      set("${out_reason}" "${CMAKE_MATCH_2} is not set" PARENT_SCOPE)
      return()
    endif()
    string(APPEND expanded "${CMAKE_MATCH_1}$ENV{${CMAKE_MATCH_2}}")
    set(path "${CMAKE_MATCH_3}")
  endwhile()
  string(PREPEND path "${expanded}")
  if(path STREQUAL "")
    set("${out_reason}" "it is empty" PARENT_SCOPE)
    return()
  endif()
  get_filename_component(path "${path}" ABSOLUTE BASE_DIR "${arg_PROJECT_DIR}")
  get_filename_component(home "$ENV{HOME}" REALPATH)
  get_filename_component(real "${path}" REALPATH)
  string(FIND "${home}/" "${real}/" at)
  _toolchainkit_is_home("${path}" is_home)
  set(reason "")
  if(is_home OR at EQUAL 0)
    set(reason "it contains the home folder")
  elseif("${path}${real}" MATCHES "[:;=]")
    set(reason "the tools do not support its characters")
  endif()
  set("${out_path}" "${path}" PARENT_SCOPE)
  set("${out_reason}" "${reason}" PARENT_SCOPE)
endfunction()

# Whether `path` is one of the folders in ARGN or below one of them.
function(_toolchainkit_is_inside out_is path)
  set(is FALSE)
  foreach(folder IN LISTS ARGN)
    string(FIND "${path}/" "${folder}/" at)
    if(at EQUAL 0)
      set(is TRUE)
    endif()
  endforeach()
  set("${out_is}" "${is}" PARENT_SCOPE)
endfunction()

# The folder of a workspace of packages that include each other: that of the configuration, or of colcon (a file is in the folder of the
# build folders) or catkin. Each package may be a repository.
function(_toolchainkit_workspace out_folder root)
  get_filename_component(builds "${CMAKE_BINARY_DIR}" DIRECTORY)
  get_filename_component(workspace "${arg_PROJECT_DIR}" ABSOLUTE)
  _toolchainkit_is_inside(is_inside "${root}" "${workspace}")
  if(NOT is_inside OR workspace STREQUAL root)
    set(workspace "")
    if(EXISTS "${builds}/COLCON_IGNORE")
      get_filename_component(workspace "${builds}" DIRECTORY)
    else()
      set(child "")
      set(parent "${root}")
      while(workspace STREQUAL "" AND NOT parent STREQUAL child)
        set(child "${parent}")
        get_filename_component(parent "${child}" DIRECTORY)
        if(EXISTS "${parent}/.catkin_workspace" OR EXISTS "${parent}/.catkin_tools")
          set(workspace "${parent}")
        endif()
      endwhile()
    endif()
  endif()
  _toolchainkit_expand_folder(workspace reason "${workspace}")
  _toolchainkit_is_inside(is_inside "${workspace}" "${root}")
  if(NOT reason STREQUAL "" OR is_inside)
    set(workspace "")
  endif()
  set("${out_folder}" "${workspace}" PARENT_SCOPE)
endfunction()

# The Python and conda environments on PATH, at most three. pip and other tools that build packages make one for each build, in a
# temporary folder, and packages such as pybind11 and numpy have headers in it.
function(_toolchainkit_environments out_folders root)
  set(folders "")
  file(TO_CMAKE_PATH "$ENV{PATH}" path)
  foreach(entry IN LISTS path)
    if(NOT entry MATCHES "^(/.+)/bin/*$")
      continue()
    endif()
    set(folder "${CMAKE_MATCH_1}")
    if(folder MATCHES "^(.*/pip-build-env-[^/]+)/(overlay|normal)$")
      set(folder "${CMAKE_MATCH_1}")
    elseif(NOT EXISTS "${folder}/pyvenv.cfg" AND NOT EXISTS "${folder}/conda-meta")
      continue()
    endif()
    _toolchainkit_is_inside(is_inside "${folder}" "${root}")
    _toolchainkit_expand_folder(folder reason "${folder}")
    if(reason STREQUAL "" AND NOT is_inside)
      list(APPEND folders "${folder}")
    endif()
  endforeach()
  list(REMOVE_DUPLICATES folders)
  list(LENGTH folders count)
  if(count GREATER 3)
    list(SUBLIST folders 0 3 folders)
  endif()
  set("${out_folders}" "${folders}" PARENT_SCOPE)
endfunction()

# The top folder of the checkout: the next folder with `.git` (of a worktree or a submodule, it is a file), else the folder of the
# configuration, else the source folder. Users have a repository for their settings in the home folder, which is no checkout.
function(_toolchainkit_checkout out_root)
  get_property(root GLOBAL PROPERTY _TOOLCHAINKIT_CHECKOUT)
  if("${root}" STREQUAL "")
    set(root "${CMAKE_SOURCE_DIR}")
    set(parent "${root}")
    set(child "")
    while(NOT parent STREQUAL child AND NOT EXISTS "${parent}/.git")
      set(child "${parent}")
      get_filename_component(parent "${child}" DIRECTORY)
    endwhile()
    get_filename_component(configured "${arg_PROJECT_DIR}" ABSOLUTE)
    foreach(folder IN ITEMS "${parent}" "${configured}")
      string(FIND "${CMAKE_SOURCE_DIR}/" "${folder}/" at)
      _toolchainkit_is_home("${folder}" is_home)
      if(at EQUAL 0 AND NOT is_home)
        set(root "${folder}")
        break()
      endif()
    endforeach()
    set_property(GLOBAL PROPERTY _TOOLCHAINKIT_CHECKOUT "${root}")
  endif()
  set("${out_root}" "${root}" PARENT_SCOPE)
endfunction()

# Whether `path` is the top folder of the file system or the home folder.
function(_toolchainkit_is_home path out_is)
  get_filename_component(path "${path}" REALPATH)
  set(is FALSE)
  foreach(home IN ITEMS "$ENV{HOME}" "$ENV{USERPROFILE}")
    if(NOT home STREQUAL "")
      get_filename_component(home "${home}" REALPATH)
      if(path STREQUAL home)
        set(is TRUE)
      endif()
    endif()
  endforeach()
  if(path MATCHES "^([A-Za-z]:)?/$")
    set(is TRUE)
  endif()
  set("${out_is}" "${is}" PARENT_SCOPE)
endfunction()


# --- generated from the backends and rules: TOOLCHAINKIT_UPDATE=1 cargo test --test suite derived --------------------------

# Sets these variables:
# clear_<tool>               variables of the environment that must not reach the tool
# keep                       variables of the environment that sccache's daemon inherits; a * at the end is any suffix
# contradicted_<setting>     credentials that sccache rejects together with this setting
# ccache_schemes             schemes of remote storages
# ccache_feature_<scheme>    the feature of ccache that the scheme needs
# options_<tool>_<compiler>  options that the launcher inserts before the arguments of the compiler
# credential_names           a regular expression for variables of the environment that are credentials (capital letters)
# other_names                variables that are none, although they match credential_names
# hidden_headers             a regular expression for headers whose values are credentials
# hidden_keys                the same for other keys
# shortest_secret            the length of the shortest value to search for in texts
# first_port, port_count     the ports for a daemon without a socket
# longest_socket_path        the maximum length of the path of a socket
# default_size_gb            the default of SIZE_GB
# largest_size_gb            the maximum of SIZE_GB
# minimum_protocol           the oldest protocol of toolchainkit-launch that the module can use
# minimum_rules              the oldest version of the rules that the module can use
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
  set(contradicted_SCCACHE_S3_NO_CREDENTIALS
    AWS_ACCESS_KEY_ID
    AWS_SECRET_ACCESS_KEY
    AWS_SESSION_TOKEN
    AWS_WEB_IDENTITY_TOKEN_FILE)
  set(contradicted_SCCACHE_OSS_NO_CREDENTIALS
    ALIBABA_CLOUD_ACCESS_KEY_ID
    ALIBABA_CLOUD_ACCESS_KEY_SECRET
    ALIBABA_CLOUD_SECURITY_TOKEN)
  set(ccache_schemes
    file
    http
    https
    redis
    redis+unix
    rediss)
  set(ccache_feature_file file-storage)
  set(ccache_feature_http http-storage)
  set(ccache_feature_https https-storage)
  set(ccache_feature_redis redis-storage)
  set(ccache_feature_redis+unix redis+unix-storage)
  set(ccache_feature_rediss rediss-storage)
  set(options_sccache_gcc
    -fno-working-directory
    -fprofile-arcs
    -fno-profile-arcs)
  set(options_sccache_clang
    -fprofile-arcs
    -fno-profile-arcs)
  set(options_ccache_gcc)
  set(options_ccache_clang)
  set(credential_names
    "TOKEN|SECRET|PASSWORD|PASSWD|PASSPHRASE|CREDENTIAL|CONNECTION_STRING|APIKEY|ACCESS_KEY|(^|_)(KEY|AUTH|PASS|PAT|PW|SAS)(_(ID|BASE64|B64|PEM|JSON))*\$")
  set(other_names
    "(^|_)(FILE|PATH|DIR|PREFIX|TYPE|SOCK|NAME|URL|URI|ENDPOINT)\$")
  set(hidden_headers
    [Aa][Uu][Tt][Hh][Oo][Rr][Ii][Zz][Aa][Tt][Ii][Oo][Nn]
    [Pp][Rr][Oo][Xx][Yy][-_]?[Aa][Uu][Tt][Hh][Oo][Rr][Ii][Zz][Aa][Tt][Ii][Oo][Nn]
    [Xx][-_]?[Aa][Mm][Zz][-_]?[Ss][Ee][Cc][Uu][Rr][Ii][Tt][Yy][-_]?[Tt][Oo][Kk][Ee][Nn]
    [Xx][-_]?[Oo][Ss][Ss][-_]?[Ss][Ee][Cc][Uu][Rr][Ii][Tt][Yy][-_]?[Tt][Oo][Kk][Ee][Nn]
    [Xx][-_]?[Cc][Oo][Ss][-_]?[Ss][Ee][Cc][Uu][Rr][Ii][Tt][Yy][-_]?[Tt][Oo][Kk][Ee][Nn]
    [Xx][-_]?[Mm][Ss][-_]?[Ee][Nn][Cc][Rr][Yy][Pp][Tt][Ii][Oo][Nn][-_]?[Kk][Ee][Yy]
    [Xx][-_]?[Aa][Pp][Ii][-_]?[Kk][Ee][Yy]
    [Ss][Ee][Tt][-_]?[Cc][Oo][Oo][Kk][Ii][Ee]
    [Cc][Oo][Oo][Kk][Ii][Ee])
  set(hidden_keys
    [Ss][Hh][Aa][Rr][Ee][Dd][-_]?[Aa][Cc][Cc][Ee][Ss][Ss][-_]?[Ss][Ii][Gg][Nn][Aa][Tt][Uu][Rr][Ee]
    [Cc][Oo][Nn][Nn][Ee][Cc][Tt][Ii][Oo][Nn][-_]?[Ss][Tt][Rr][Ii][Nn][Gg]
    [Pp][Aa][Ss][Ss][Ww][Oo][Rr][Dd]
    [Pp][Aa][Ss][Ss][Ww][Dd]
    [Pp][Ww][Dd]
    [Pp][Aa][Ss][Ss][Pp][Hh][Rr][Aa][Ss][Ee]
    [Ss][Ee][Cc][Rr][Ee][Tt]
    [Tt][Oo][Kk][Ee][Nn]
    [Aa][Cc][Cc][Ee][Ss][Ss][-_]?[Kk][Ee][Yy][-_]?[Ii][Dd]
    [Aa][Cc][Cc][Ee][Ss][Ss][-_]?[Kk][Ee][Yy]
    [Aa][Cc][Cc][Oo][Uu][Nn][Tt][-_]?[Kk][Ee][Yy]
    [Aa][Pp][Ii][-_]?[Kk][Ee][Yy]
    [Pp][Rr][Ii][Vv][Aa][Tt][Ee][-_]?[Kk][Ee][Yy]
    [Ss][Ee][Cc][Rr][Ee][Tt][-_]?[Kk][Ee][Yy]
    [Ss][Hh][Aa][Rr][Ee][Dd][-_]?[Kk][Ee][Yy]
    [Ss][Ii][Gg][Nn][Aa][Tt][Uu][Rr][Ee]
    [Ss][Ii][Gg]
    [Cc][Rr][Ee][Dd][Ee][Nn][Tt][Ii][Aa][Ll][Ss]
    [Cc][Rr][Ee][Dd][Ee][Nn][Tt][Ii][Aa][Ll])
  set(shortest_secret 6)
  set(first_port 20000)
  set(port_count 12000)
  set(longest_socket_path 100)
  set(default_size_gb 10)
  set(largest_size_gb 1000000)
  set(minimum_protocol 1)
  set(minimum_rules 2)
  list(JOIN hidden_headers "|" hidden_headers)
  list(JOIN hidden_keys "|" hidden_keys)
endmacro()

# --- activating a storage ---------------------------------------------------------------------------------------------

# Creates the folder of the local cache, and checks that it and the folders in it are writable, because another user may have
# created them. Uses a single process, to save time in each configuration.
function(_toolchainkit_make_folders out_reason storage)
  set("${out_reason}" "" PARENT_SCOPE)
  _toolchainkit_get(directory "${storage}" directory)
  if(CMAKE_HOST_WIN32)
    string(REPLACE ";" "\\;" directory "${directory}")
    execute_process(COMMAND "${CMAKE_COMMAND}" -E make_directory ${directory} RESULT_VARIABLE result ERROR_QUIET)
    set(refusal "${directory}")
  else()
    # `toolchainkit cache` and the supervisor read this registration, to find caches whose checkouts are gone.
    _toolchainkit_checkout(checkout)
    string(SHA256 registration "${checkout}\n${directory}")
    string(SUBSTRING "${registration}" 0 16 registration)
    set(registration "${user_folder}/checkouts/${registration}.json")
    _toolchainkit_json(json checkout "${checkout}" project "${arg_PROJECT}" folder "${directory}")
    set(of_group "")
    if(arg_SHARED STREQUAL "group")
      get_filename_component(of_group "${directory}" DIRECTORY)
    endif()
    # A folder inherits the group and the set-group-ID bit of its parent, and needs the group's permission in addition.
    execute_process(RESULT_VARIABLE result OUTPUT_VARIABLE refusal ERROR_QUIET COMMAND sh -c [=[
if [ "$2" ]; then
  umask 002
  if [ ! -d "$2" ]; then mkdir -p "$2" && chmod g+ws "$2"; fi
  for folder in "$2" "$1"; do
    mkdir -p "$folder"
    case $(ls -ld "$folder") in
      d????ws* | d????wS*) ;;
      *) printf '%s for its group: run chmod g+ws %s' "$folder" "$folder"; exit 1 ;;
    esac
  done
fi
case $1 in "$5"/*) umask g-w,o-w ;; *) umask o-w ;; esac
[ -d "$1" ] || mkdir -p "$1"
for folder in "$1" "$1"/? "$1"/?/?; do
  case $folder in *'?') continue ;; esac
  [ -w "$folder" ] && [ -x "$folder" ] || { printf %s "$folder"; exit 1; }
done
umask 077
# Not into a folder of another user.
if [ -O "$5" ]; then
  { [ -d "$5/builds" ] && [ -r "$3" ] && read -r known <"$3" && [ "$known" = "$4" ]; } ||
    { mkdir -p "${3%/*}" "$5/builds" && printf '%s\n' "$4" >"$3.new" && mv -f "$3.new" "$3"; } && printf registered
fi
:]=]
      toolchainkit "${directory}" "${of_group}" "${registration}" "{${json}}" "${user_folder}")
  endif()
  if(refusal STREQUAL "registered")
    set_property(GLOBAL PROPERTY _TOOLCHAINKIT_REGISTERS_IN "${user_folder}")
  endif()
  if(NOT result EQUAL 0)
    set("${out_reason}" "cannot write to ${refusal}" PARENT_SCOPE)
  endif()
endfunction()

# Stops the daemon of an older module with the program that started it. The older module kept the state of the daemon in files
# in the run folder, which must belong to the user. On Windows, this still replaces a daemon when its settings change.
function(_toolchainkit_stop_old_daemon storage)
  _toolchainkit_get(id "${storage}" id)
  set(run "${user_folder}/run/${id}")
  set(settings "")
  if(CMAKE_HOST_WIN32)
    _toolchainkit_get(size "${storage}" size)
    _toolchainkit_get(port "${storage}" value_SCCACHE_SERVER_PORT)
    set(settings "version=${version}\nsize=${size}\naddress=SCCACHE_SERVER_PORT=${port}\nprogram=${program}\n")
  else()
    string(LENGTH "${run}/socket" length)
    if(length GREATER longest_socket_path)
      get_property(user GLOBAL PROPERTY _TOOLCHAINKIT_USER)
      set(run "/tmp/toolchainkit-${user}/${id}")
    endif()
  endif()
  set(known_settings "")
  if(EXISTS "${run}/settings")
    # It names a program to run.
    _toolchainkit_is_trusted(doubt "${run}/settings" state "")
    if(NOT doubt STREQUAL "")
      return()
    endif()
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
    # With `starting`, older launchers wait for the next daemon. The process is not killed.
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

# Prepares the storage `used`, and those in ARGN, which replace it if a secret is missing. Starting the daemon also shows that
# the storage works.
function(_toolchainkit_activate out_reason used)
  _toolchainkit_get(reason "${used}" refused)
  foreach(storage IN ITEMS "${used}" ${ARGN})
    if(reason STREQUAL "")
      _toolchainkit_make_folders(reason "${storage}")
    endif()
    if(reason STREQUAL "" AND tool STREQUAL "sccache")
      _toolchainkit_stop_old_daemon("${storage}")
    endif()
  endforeach()
  if(reason STREQUAL "")
    if(CMAKE_HOST_WIN32)
      _toolchainkit_windows_command(command "${used}")
    else()
      _toolchainkit_install_launcher("${used}" ${ARGN})
      set(command "${folder}/launcher")
      _toolchainkit_unwritten(reason)
    endif()
    if(reason STREQUAL "")
      _toolchainkit_probe(reason "${used}" "${command}")
    endif()
  endif()
  set("${out_reason}" "${reason}" PARENT_SCOPE)
endfunction()

# Starts the daemon with the command. Its output goes to files, because CMake would wait for the end of a daemon that inherits
# a pipe.
function(_toolchainkit_probe out_reason storage command)
  set("${out_reason}" "" PARENT_SCOPE)
  set(option --start-server)
  if(CMAKE_HOST_WIN32 AND tool STREQUAL "ccache")
    set(option --version)
  endif()
  # On Windows, this folder does not exist yet.
  file(MAKE_DIRECTORY "${folder}")
  execute_process(COMMAND ${command} "${option}" RESULT_VARIABLE result TIMEOUT 30
    OUTPUT_FILE "${folder}/probe-output" ERROR_FILE "${folder}/probe-errors")
  file(READ "${folder}/probe-output" output)
  file(READ "${folder}/probe-errors" errors)
  file(REMOVE "${folder}/probe-output" "${folder}/probe-errors")
  if(result EQUAL 0)
    _toolchainkit_json_member(socket "${output}" address)
    _toolchainkit_put("${storage}" socket "${socket}")
    _toolchainkit_json_member(log "${output}" log)
    _toolchainkit_check_refused_writes("${storage}" "${log}")
    return()
  endif()
  if(errors MATCHES "^toolchainkit: sccache does not start: see ([^\n]+)")
    # The script does not print the log, because it cannot filter it.
    set(log "${CMAKE_MATCH_1}")
    if(EXISTS "${log}")
      file(READ "${log}" errors LIMIT 4096)
      string(REGEX REPLACE "^sccache: Starting the server[^\n]*\n" "" errors "${errors}")
    endif()
  endif()
  string(REGEX REPLACE "\n.*" "" first "${errors}")
  string(REGEX REPLACE "^(sccache|toolchainkit): (error: )?(Server startup failed: )?" "" first "${first}")
  if(first STREQUAL "")
    set(first "${result}")
  endif()
  if(errors MATCHES "\nSource:\n *([^\n]+)")
    set(first "${first}: ${CMAKE_MATCH_1}")
  endif()
  set(failure "does not answer")
  if(storage STREQUAL "local")
    set(failure "does not start")
  elseif(errors MATCHES "^toolchainkit: .* is not set")
    set(failure "cannot be used")
  elseif(errors MATCHES "cache type is not enabled|Cache type not supported with current feature|requires the '[a-z0-9]+' feature")
    set(failure "cannot be used")
    set(first "${program} was built without it")
  endif()
  _toolchainkit_foreign(first "${first}")
  set("${out_reason}" "${failure} (${first})" PARENT_SCOPE)
endfunction()

# If the remote refuses the first write, sccache only reads from it, and reports this only in its log.
function(_toolchainkit_check_refused_writes storage log)
  if(NOT tool STREQUAL "sccache" OR NOT storage STREQUAL "remote" OR NOT EXISTS "${log}")
    return()
  endif()
  file(STRINGS "${log}" refusals REGEX "^storage write check failed: " LIMIT_COUNT 1)
  if(refusals MATCHES "failed: (.*)$")
    _toolchainkit_foreign(refusal "${CMAKE_MATCH_1}")
    _toolchainkit_note("which refuses writes (${refusal}) and is only read")
  endif()
endfunction()

# --- the launcher: a copy of toolchainkit-launch, or a script ---------------------------------------------------------

# Chooses between `program` and `script`. For the program, sets the file that becomes <build>/toolchainkit/launcher. It is a
# copy, which runs once here to check that this folder allows programs to run. Both results are empty on Windows.
function(_toolchainkit_choose_launcher out_launch out_file)
  set("${out_launch}" "" PARENT_SCOPE)
  set("${out_file}" "" PARENT_SCOPE)
  if(CMAKE_HOST_WIN32)
    return()
  endif()
  set("${out_launch}" script PARENT_SCOPE)
  _toolchainkit_wanted(wanted TOOLCHAINKIT_LAUNCH)
  string(TOUPPER "${wanted}" upper)
  if(upper MATCHES "^(OFF|NO|FALSE|0)$")
    return()
  endif()
  if(wanted STREQUAL "" AND NOT EXISTS "/proc/self/stat")
    # The supervisor of the program needs a process table, which it reads only on Linux.
    return()
  endif()
  _toolchainkit_find_launch_programs(places "${wanted}")
  set(reason "")
  foreach(place IN LISTS places)
    _toolchainkit_doubt_program(doubt "${place}")
    get_filename_component(place "${place}" REALPATH)
    if(NOT EXISTS "${place}" OR IS_DIRECTORY "${place}")
      continue()
    elseif(NOT doubt STREQUAL "")
      set(reason "using the launcher script, because ${doubt}")
      continue()
    endif()
    _toolchainkit_copy_program(copy "${place}")
    if(copy STREQUAL "")
      set(reason "using the launcher script, because ${place} cannot be copied to ${folder}")
      continue()
    endif()
    _toolchainkit_ask_program(reason "${copy}" "${place}")
    if(reason STREQUAL "")
      set("${out_launch}" program PARENT_SCOPE)
      set("${out_file}" "${copy}" PARENT_SCOPE)
      return()
    endif()
  endforeach()
  if(reason STREQUAL "" AND NOT wanted STREQUAL "")
    set(reason "using the launcher script, because TOOLCHAINKIT_LAUNCH=${wanted} does not exist")
  elseif(reason STREQUAL "")
    set(reason "using the launcher script, because toolchainkit-launch was not found (run `toolchainkit install`)")
  endif()
  _toolchainkit_note("${reason}")
endfunction()

# Sets `direct_mode`: with `auto`, the program decides for each compilation whether the tool uses direct mode. With `set`, the
# value (ON or OFF) decides. The script has no guard for the direct mode.
function(_toolchainkit_choose_direct_mode out_value out_direct_mode)
  set("${out_direct_mode}" set PARENT_SCOPE)
  string(TOUPPER "${arg_DIRECT_MODE}" upper)
  if(NOT upper STREQUAL "AUTO")
    return()
  endif()
  set("${out_value}" OFF PARENT_SCOPE)
  set(first 0.7)
  set(of_user "")
  if(tool STREQUAL "ccache")
    set(first 4.0)
    set(of_user "$ENV{CCACHE_DIRECT}")
  endif()
  # Visual Studio runs ccache without the launcher.
  if(launch STREQUAL "program" AND NOT CMAKE_GENERATOR MATCHES "^Visual Studio"
      AND of_user STREQUAL "" AND version VERSION_GREATER_EQUAL "${first}")
    set("${out_value}" ON PARENT_SCOPE)
    set("${out_direct_mode}" auto PARENT_SCOPE)
  endif()
endfunction()

# The value of a variable, or of the environment variable with this name.
function(_toolchainkit_wanted out_value name)
  set(value "${${name}}")
  if(value STREQUAL "")
    set(value "$ENV{${name}}")
  endif()
  set("${out_value}" "${value}" PARENT_SCOPE)
endfunction()

# The possible paths of the program: the given one, or those on PATH and in the user's cache folder.
function(_toolchainkit_find_launch_programs out_places wanted)
  if(NOT wanted STREQUAL "")
    set("${out_places}" "${wanted}" PARENT_SCOPE)
    return()
  endif()
  set(places "")
  file(TO_CMAKE_PATH "$ENV{PATH}" path)
  foreach(entry IN LISTS path)
    # Relative folders are skipped, because other users may be able to write to the current folder.
    if(IS_ABSOLUTE "${entry}" AND EXISTS "${entry}/toolchainkit-launch")
      list(APPEND places "${entry}/toolchainkit-launch")
      break()
    endif()
  endforeach()
  string(TOLOWER "${CMAKE_HOST_SYSTEM_NAME}" system)
  if("${CMAKE_HOST_SYSTEM_PROCESSOR}" STREQUAL "")
    # CMake does not know the processor yet when it reads a toolchain file.
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

# The path of a copy of the program: the present launcher, if it is one, otherwise a new copy. Compares sizes and times, because
# hashing both files would take longer than the rest of the function.
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
  if(NOT EXISTS "${folder}/new/launcher")
    set("${out_copy}" "" PARENT_SCOPE)
    return()
  endif()
  _toolchainkit_program_stamp(copied "${folder}/new/launcher")
  _toolchainkit_write("${folder}/launcher-stamp" "${program}\n${stamp}\n${copied}\n")
  set("${out_copy}" "${folder}/new/launcher" PARENT_SCOPE)
endfunction()

function(_toolchainkit_program_stamp out_stamp program)
  file(SIZE "${program}" size)
  file(TIMESTAMP "${program}" time "%s" UTC)
  set("${out_stamp}" "${size} ${time}" PARENT_SCOPE)
endfunction()

# Copies a program to <build>/toolchainkit/new/launcher. It is later renamed, because a build may be running the old launcher. On
# a full disk, there is no copy afterwards. The module is copied, too, and removed: then there is room for the other files.
function(_toolchainkit_copy_executable file)
  get_filename_component(name "${file}" NAME)
  get_property(module GLOBAL PROPERTY _TOOLCHAINKIT_MODULE)
  get_filename_component(module_name "${module}" NAME)
  file(REMOVE_RECURSE "${folder}/new/launcher" "${folder}/new/${name}")
  execute_process(COMMAND cp "${file}" "${module}" "${folder}/new/" RESULT_VARIABLE result OUTPUT_QUIET ERROR_QUIET)
  file(REMOVE "${folder}/new/${module_name}")
  if(result EQUAL 0)
    file(RENAME "${folder}/new/${name}" "${folder}/new/launcher")
    if(CMAKE_VERSION VERSION_GREATER_EQUAL 3.19)
      file(CHMOD "${folder}/new/launcher" PERMISSIONS
        OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
    else()
      execute_process(COMMAND chmod 755 "${folder}/new/launcher" ERROR_QUIET)
    endif()
    set_property(GLOBAL PROPERTY _TOOLCHAINKIT_HAS_SPACE TRUE)
  else()
    file(REMOVE "${folder}/new/${name}")
  endif()
endfunction()

# The reason why a copy of the program cannot be used; empty if it can.
function(_toolchainkit_ask_program out_reason copy place)
  execute_process(COMMAND "${copy}" --about RESULT_VARIABLE result OUTPUT_VARIABLE about ERROR_QUIET TIMEOUT 20)
  set(reason "")
  if(NOT result EQUAL 0 OR NOT about MATCHES "\"protocol\": *([0-9]+)")
    set(reason "using the launcher script, because ${place} does not run in ${folder}")
  elseif(CMAKE_MATCH_1 LESS minimum_protocol
      OR NOT about MATCHES "\"rules\": *([0-9]+)" OR CMAKE_MATCH_1 LESS minimum_rules)
    set(reason "using the launcher script, because ${place} is too old (update toolchainkit)")
  endif()
  set("${out_reason}" "${reason}" PARENT_SCOPE)
endfunction()

# Writes the launcher and its settings. The storages are in ARGN; the first one is used.
function(_toolchainkit_install_launcher)
  if(launch STREQUAL "program")
    _toolchainkit_launcher_json(json ${ARGN})
    _toolchainkit_write_if_changed("${folder}/launcher.json" "${json}")
    if(NOT launch_file STREQUAL "${folder}/launcher" AND EXISTS "${launch_file}")
      file(RENAME "${launch_file}" "${folder}/launcher")
    endif()
  else()
    _toolchainkit_script(text ${ARGN})
    _toolchainkit_install_script("${text}")
    file(REMOVE "${folder}/launcher.json" "${folder}/launcher-stamp")
  endif()
  # Remove files of an earlier launcher script.
  file(REMOVE_RECURSE "${folder}/new/launcher" "${folder}/known-compilers" "${folder}/launcher-functions" "${folder}/paths"
    "${folder}/broken")
endfunction()

function(_toolchainkit_install_script text)
  set(present "")
  if(EXISTS "${folder}/launcher")
    file(READ "${folder}/launcher" present LIMIT 100000)
  endif()
  if(NOT present STREQUAL text)
    _toolchainkit_write("${folder}/script" "${text}")
    _toolchainkit_copy_executable("${folder}/script")
    if(EXISTS "${folder}/new/launcher")
      file(RENAME "${folder}/new/launcher" "${folder}/launcher")
    else()
      set_property(GLOBAL PROPERTY _TOOLCHAINKIT_UNWRITTEN "${folder}/launcher")
    endif()
    file(REMOVE "${folder}/script")
  endif()
endfunction()

# The text of launcher.json for the program.
function(_toolchainkit_launcher_json out_json)
  set(folders "")
  set(places "")
  set(relocatable false)
  if(arg_RELOCATABLE)
    _toolchainkit_base_directories(folders)
    _toolchainkit_places(places)
    set(relocatable true)
  endif()
  _toolchainkit_json_list(folders ${folders})
  _toolchainkit_json_list(clear ${clear_${tool}})
  _toolchainkit_json_list(keep ${keep})
  set(storages "")
  foreach(storage IN LISTS ARGN)
    foreach(field IN ITEMS id location directory names unset secrets)
      _toolchainkit_get("${field}" "${storage}" "${field}")
    endforeach()
    set(members "")
    foreach(name IN LISTS names)
      _toolchainkit_get(value "${storage}" "value_${name}")
      _toolchainkit_json(member "${name}" "${value}")
      string(APPEND members ", ${member}")
    endforeach()
    string(REGEX REPLACE "^, " "" members "${members}")
    set(templates "")
    foreach(name IN LISTS secrets)
      _toolchainkit_get(template "${storage}" "template_${name}")
      _toolchainkit_json(member name "${name}" template "${template}")
      string(APPEND templates ", {${member}}")
    endforeach()
    string(REGEX REPLACE "^, " "" templates "${templates}")
    set(client "")
    if("SCCACHE_DIRECT" IN_LIST names)
      set(client "\"SCCACHE_DIRECT\"")
    endif()
    _toolchainkit_json_list(unset ${unset})
    _toolchainkit_json(json name "${storage}" id "${id}" location "${location}" directory "${directory}")
    string(APPEND storages ",\n    {${json},\n      \"environment\": {${members}},\n"
      "      \"client\": [${client}], \"unset\": [${unset}], \"secrets\": [${templates}]}")
  endforeach()
  string(SUBSTRING "${storages}" 1 -1 storages)
  set(under_tracers false)
  if(TOOLCHAINKIT_CACHE)
    set(under_tracers true)
  endif()
  _toolchainkit_checkout(root)
  _toolchainkit_json(json tool "${tool}" tool_version "${version}" program "${program}" project "${arg_PROJECT}"
    root "${root}" source "${CMAKE_SOURCE_DIR}" build "${CMAKE_BINARY_DIR}" run_root "${user_folder}/run")
  # The time in seconds after which an unused daemon ends; 0 is never, as for sccache.
  set(idle_seconds 600)
  if("$ENV{SCCACHE_IDLE_TIMEOUT}" MATCHES "^[0-9]+$")
    set(idle_seconds "$ENV{SCCACHE_IDLE_TIMEOUT}")
  endif()
  set("${out_json}" "{\"version\": 1, ${json},
  \"base_dirs\": [${folders}],
  \"places\": [${places}], \"relocatable\": ${relocatable}, \"direct_mode\": \"${direct_mode}\",
  \"clear\": [${clear}],
  \"keep\": [${keep}],
  \"storages\": [${storages}],
  \"caches_under_tracers\": ${under_tracers}, \"breaker_seconds\": 60, \"idle_seconds\": ${idle_seconds}}
" PARENT_SCOPE)
endfunction()

# sh code that sets `result` to the value of a template. {VARIABLE} stands for the value of an environment variable, and
# %{VARIABLE} for its percent-encoded value. The code appends the names of missing variables to tk_missing.
function(_toolchainkit_sh_template out_code result template)
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
      string(APPEND code "  ${result}=$${result}${literal}$({ [ \"$(command -v print)\" = print ] && print -rn -- \"\${${variable}-}\" || printf %s \"\${${variable}-}\"; } 2>/dev/null | od -An -v -tx1 | tr -d ' \\n' | sed 's/../%&/g')\n")
    else()
      string(APPEND code "  ${result}=$${result}${literal}\${${variable}-}\n")
    endif()
  endwhile()
  _toolchainkit_sh_quote(literal "${template}")
  set("${out_code}" "${code}  ${result}=$${result}${literal}\n" PARENT_SCOPE)
endfunction()

# The sh function that selects this storage.
function(_toolchainkit_sh_storage out_code storage)
  foreach(field IN ITEMS id names unset secrets)
    _toolchainkit_get("${field}" "${storage}" "${field}")
  endforeach()
  set(limit "")
  if(storage STREQUAL "remote" AND tool STREQUAL "sccache")
    # The script makes sccache ignore other signals.
    set(limit "timeout -s KILL 30")
  elseif(storage STREQUAL "remote")
    set(limit "timeout 30")
  endif()
  set(code "tk_use_${storage}() {\n  tk_id=${id} tk_limit='${limit}' tk_missing= tk_run=\n")
  set(assignments "")
  foreach(name IN LISTS names)
    _toolchainkit_get(value "${storage}" "value_${name}")
    _toolchainkit_sh_quote(value "${value}")
    string(APPEND assignments "  ${name}=${value}\n")
  endforeach()
  set(number 0)
  foreach(name IN LISTS secrets)
    math(EXPR number "${number} + 1")
    _toolchainkit_get(template "${storage}" "template_${name}")
    _toolchainkit_sh_template(secret "tk_${number}" "${template}")
    string(APPEND code "${secret}")
    string(APPEND assignments "  ${name}=$tk_${number}\n")
  endforeach()
  string(APPEND code "  tk_clear\n")
  if(NOT unset STREQUAL "")
    list(JOIN unset " " unset)
    string(APPEND code "  unset ${unset}\n")
  endif()
  list(JOIN names " " exported)
  foreach(name IN LISTS secrets)
    string(APPEND exported " ${name}")
  endforeach()
  set("${out_code}" "${code}${assignments}  export ${exported}\n}\n" PARENT_SCOPE)
endfunction()

# The text of fallback.sh with its settings. The storages are in ARGN.
function(_toolchainkit_script out_text)
  set(tk_kind "${tool}")
  set(tk_program "${program}")
  set(tk_folder "${folder}")
  set(tk_run_root "${user_folder}/run")
  _toolchainkit_is_trusted(doubt "${tk_run_root}" state "")
  if(NOT doubt STREQUAL "")
    # The script does not check the folders above this one.
    get_property(user GLOBAL PROPERTY _TOOLCHAINKIT_USER)
    set(tk_run_root "/tmp/toolchainkit-${user}")
  endif()
  set(settings "")
  foreach(name IN ITEMS tk_kind tk_program tk_folder tk_run_root)
    _toolchainkit_sh_quote(value "${${name}}")
    string(APPEND settings "${name}=${value}\n")
  endforeach()
  foreach(compiler IN ITEMS gcc clang)
    list(JOIN options_${tool}_${compiler} " " options)
    string(APPEND settings "tk_${compiler}_options='${options}'\n")
  endforeach()
  _toolchainkit_sh_tracers(tracers)
  string(APPEND settings "${tracers}")
  list(JOIN clear_${tool} " " names)
  string(APPEND settings "tk_clear() {\n  unset ${names}\n}\n")
  foreach(storage IN LISTS ARGN)
    _toolchainkit_sh_storage(code "${storage}")
    string(APPEND settings "${code}")
  endforeach()
  list(GET ARGN 0 first)
  string(APPEND settings "tk_use_${first}\n")
  set(text [=[
#!/bin/sh
# Written by ToolchainKit.cmake, because toolchainkit-launch was not found. Each configuration writes it again.
# `launcher COMPILER ARGUMENTS...` compiles through the tool; `launcher -OPTION...` runs the tool itself, with the same cache.
# If anything fails, it runs the compiler. It contains no secret. A failed redirection of `:` ends the shell, so it is in a subshell.
# shellcheck disable=SC2015,SC2016,SC2030,SC2031,SC2046,SC2086,SC2154,SC2209 # unquoted words must be split; the module sets

# Prints at most one warning a minute for this build folder. Only the caller that creates the file prints.
tk_warn() {
  find "$tk_folder/warned" -prune ! -mmin -1 -exec rm -rf {} +
  (set -C && : >"$tk_folder/warned") && printf 'toolchainkit: %s\n' "$1" >&3
} 3>&2 2>/dev/null
# Opens the breaker: for a minute, compilations do not use the tool. Then one compilation tries it again.
tk_break() { (: >"$tk_folder/broken") 2>/dev/null; tk_warn "$1: compiling without $tk_kind for a minute"; }
# Whether these folders belong to the user. Others cannot write to them, because the script or the module has made them.
tk_own() { for tk_part; do [ -d "$tk_part" ] && [ -O "$tk_part" ] && [ ! -L "$tk_part" ] || return; done; }
# Sets tk_run to a private folder for the daemon. It depends on the user, the boot, the mount namespace and the root folder.
tk_find_run() {
  read -r tk_boot </proc/sys/kernel/random/boot_id || tk_boot=
  tk_owner=$(stat -Lc %i /proc/self/ns/mnt / || stat -f %i /) || return
  tk_own "${XDG_RUNTIME_DIR-}" && tk_runtime=$XDG_RUNTIME_DIR || tk_runtime=$tk_run_root
  for tk_root in "$tk_run_root" "$tk_runtime/toolchainkit" "/tmp/toolchainkit-$(id -u)"; do
    tk_run=$tk_root/$tk_id/s-${tk_boot%%-*}-$(echo $tk_owner | tr ' ' -)
    [ -d "$tk_root" ] || (umask 077 && mkdir -p "$tk_root")
    tk_own "$tk_root" && { [ -d "$tk_run" ] || (umask 077 && mkdir -p "$tk_run"); } || continue
    [ ${#tk_run} -lt 93 ] && tk_own "$tk_root/$tk_id" "$tk_run" && [ -w "$tk_run" ] && return
  done
} 2>/dev/null
# Runs the tool. Without a daemon, sccache would start one; with this endpoint, it fails instead. It ignores interrupts,
# because the daemon would continue to write the object.
tk_ask() (
  if [ "$tk_kind" = sccache ]; then
    trap '' HUP INT TERM && tk_clear
    export SCCACHE_CONF=/dev/null SCCACHE_SERVER_UDS="$tk_run/socket" SCCACHE_MEMCACHED_ENDPOINT=tcp://no-daemon
  fi
  exec $tk_limit "$tk_program" "$@" 2>&"${tk_errors:-2}" 8>&- 9>&-
)
# Runs the tool, and sets tk_status, and tk_text to its standard error.
tk_read() {
  { tk_text=$([ "$tk_kind" = ccache ] || trap '' HUP INT TERM; exec 8>&1 2>/dev/null; tk_errors=8; tk_ask "$@" >&9) && tk_status=0 || tk_status=$?; } 9>&1
}
# Prints the messages of the compiler. Those of the tool may contain secrets: sccache can print the whole environment.
tk_print() { [ -z "$tk_text" ] || sed "/^$tk_kind: /d" >&2; } <<EOT
$tk_text
EOT
# Starts the daemon. Only the caller that creates the folder does. The daemon inherits no descriptor of the build: sccache
# before 0.18 would keep all of them open, and dash cannot close those from 10 on.
tk_start() {
  [ -z "$(find "$tk_run/starting" -mmin +1)" ] || rmdir "$tk_run/starting"
  tk_shell=sh
  case $(ls /proc/self/fd) in *[0-9][0-9]*) tk_shell=$(command -v bash) || return ;; esac
  mkdir "$tk_run/starting" || return
  tk_ask --dist-status >/dev/null || (rm -f "$tk_run/socket" "$tk_run/log" && (umask 077 && : >"$tk_run/log") && export SCCACHE_SERVER_UDS="$tk_run/socket" &&
    exec "$tk_shell" -c 'for fd in /proc/self/fd/[1-9][0-9]*; do [ ! -e "$fd" ] || eval "exec ${fd##*/}>&-"; done
      exec "$1" --start-server' sh "$tk_program" </dev/null >"$tk_run/log" 2>&1 3>&- 4>&- 5>&- 6>&- 7>&- 8>&- 9>&-)
  set -- $? && rmdir "$tk_run/starting"; [ "$1" -eq 0 ] || { tk_break "sccache does not start" && false; }
}
# Ends the daemon and its compilers, which would continue to write objects. Each has the endpoint in its environment.
tk_end() {
  kill -9 $(grep -lzxF "SCCACHE_SERVER_UDS=$tk_run/socket" /proc/[0-9]*/environ | cut -d/ -f3) || tk_ask --stop-server
  rm -f "$tk_run/socket"
} >/dev/null 2>&1
# Determines once which options a compiler needs. A script, a link to another cache, or a compiler with a configuration file is
# not cached. sccache ignores line numbers unless an option requests a profile, so the options request one.
tk_find_options() {
  tk_options=no
  [ "$(head -c 2 "$1")" = "#!" ] || "$1" -v 2>&1 | grep -qE "^(Configuration file|Reading specs from)" || case $tk_kind:$(readlink -f "$1") in
  *:*/*ccache* | *:*/*distcc* | *:*/*icecc*) ;;
  ccache:* | *clang-cl* | *nvcc | *hipcc) tk_options= ;;
  *clang*) tk_options=$tk_clang_options ;;
  *gcc* | *g++*) tk_options=$tk_gcc_options ;;
  esac
  (umask go-w && printf ':%s=%s:' "$1" "$tk_options" >>"$tk_folder/known-compilers")
} 2>/dev/null
# <settings>
[ "$tk_kind" = ccache ] || tk_find_run || tk_run=
# A running daemon does not need the secrets.
[ -z "$tk_missing" ] || [ "$1" = --start-server ] || [ -S "$tk_run/socket" ] ||
  { tk_warn "${tk_missing# } is not set: using the local cache"; tk_use_local; [ "$tk_kind" = ccache ] || tk_find_run || tk_run=; }
[ "$tk_kind$tk_run" != sccache ] ||
  { tk_warn "cannot write to $tk_run_root nor $tk_root, or they belong to another user: compiling without sccache"; case $1 in -*) exit 2 ;; *) exec "$@" ;; esac; }
case $1 in
--start-server)
  rm -rf "$tk_folder/broken" "$tk_folder/warned"
  [ -z "$tk_missing" ] || { echo "toolchainkit:$tk_missing is not set" >&2 && exit 3; }
  if [ "$tk_kind" = ccache ]; then tk_ask --version >/dev/null || exit 2
  else tk_ask --dist-status >/dev/null 2>&1 || tk_start 2>/dev/null || { echo "toolchainkit: sccache does not start: see $tk_run/log" >&2 && exit 2; }; fi
  tk_run=$(printf %s "$tk_run" | sed 's/[\\"]/\\&/g')
  printf '{"address": "%s", "log": "%s"}\n' "${tk_run:+$tk_run/socket}" "${tk_run:+$tk_run/log}" && exit ;;
--stop-server) [ -S "$tk_run/socket" ] && tk_ask "$@" && rm -f "$tk_run/socket" && exit || exit 2 ;;
-*) tk_ask "$@" && exit || exit ;;
esac
# <rules>
# Generated from src/launch/rules: TOOLCHAINKIT_UPDATE=1 cargo test --test suite derived
tk_words="-e incbin -e INCBIN"
[ "$tk_kind" = ccache ] || [ -z "${SOURCE_DATE_EPOCH-}" ] || tk_words="$tk_words -e __DATE__ -e __TIME__"
case " $* " in
*" @"* | *" -DTOOLCHAINKIT_NO_CACHE "* | *" -DTOOLCHAINKIT_NO_CACHE="* | *" -D TOOLCHAINKIT_NO_CACHE"* | *" -fbranch-probabilities "* | *" -da "* | \
  *" -fopt-info"*=* | *" -fsave-optimization-record"* | *" -foptimization-record-file="* | *" -save-stats"* | *" --save-stats"* | \
  *" -fproc-stat-report"* | *" -stats-file="* | *" -info-output-file="* | *" -pass-remarks-output="* | *" -diagnostic-log-file "* | \
  *" -aux-info "* | *" -fdiagnostics-format="*-file* | *" -fdiagnostics-add-output="* | *" -fdiagnostics-set-output="* | *" -Wa,"*-MD* | \
  *" --MD "* | *" -al="* | *" -ad"*=* | *" -fcallgraph-info"* | *" -fprofile-generate"* | *" -march=native "* | *" -mcpu=native "* | \
  *" -mtune=native "* | *" --config="* | *" -fprofile-list="* | *" -fsanitize-ignorelist="*) exec "$@" ;;
esac
case $tk_kind in
sccache)
  case " $* " in
  *" -fstack-usage "* | *" -fdump-"* | *" -ftime-trace"* | *" -fprofile-note="* | *" -Wa,-a"*=* | *" --coverage "* | *" -coverage "* | \
    *" -ftest-coverage "* | *" -fcoverage-mapping "* | *" -fprofile-arcs "* | *" -fprofile-instr-generate"* | *" -fcs-profile-generate"* | \
    *" -specs="* | *" --specs="* | *" -fprofile-sample-use="* | *" -fauto-profile="*) exec "$@" ;;
  esac ;;
ccache) case " $* " in *" -ftime-trace="* | *cmake_pch* | *" -fprofile-use"*) exec "$@" ;; esac ;;
esac
# </rules>
{ read -r tk_known <"$tk_folder/known-compilers" || tk_known=; } 2>/dev/null
tk_options=${tk_known##*":$1="}
[ "$tk_options" != "$tk_known" ] && tk_options=${tk_options%%:*} || tk_find_options "$1"
[ "$tk_options" != no ] || exec "$@"
tk_compiler=$1 && shift && set -- "$tk_compiler" $tk_options "$@"
[ -z "${TOOLCHAINKIT_BYPASS-}$tk_traced" ] || exec "$@"
for tk_part; do
  case $tk_part in -* | *.o | *.d | "$1") continue ;; esac
  [ ! -f "$tk_part" ] || ! LC_ALL=C grep -qF $tk_words "$tk_part" || exec "$@"
done
[ -x "$tk_program" ] || { tk_warn "$tk_program is missing: compiling without it until the project is configured again"; exec "$@"; }
# A successful compilation closes the breaker. Until then, the others do not use the tool.
[ ! -e "$tk_folder/broken" ] || { [ -z "$(find "$tk_folder/broken" -type f -mmin -1)" ] || exec "$@"; (: >"$tk_folder/broken") 2>/dev/null; }
if [ "$tk_kind" = ccache ]; then
  [ "${CCACHE_COMPILERCHECK-}" != content ] || ! tk_text=$(sha256sum <"$1") || export CCACHE_COMPILERCHECK="string:${tk_text%% *}"
  # A line that begins with "ccache: error: " shows that ccache has failed, and not the compiler.
  tk_read "$@"
  case $tk_text in "ccache: error: "*) tk_status=failed ;; esac
else
  { [ -S "$tk_run/socket" ] && [ ! -d "$tk_run/starting" ]; } || tk_start 2>/dev/null || exec "$@"
  trap : HUP INT TERM && tk_read "$@"
fi
case $tk_kind:$tk_status in
*:0) [ ! -e "$tk_folder/broken" ] || rm -rf "$tk_folder/broken" ;;
*:failed) tk_break "ccache fails"; exec "$@" ;;
*:124 | *:137 | *:393)
  tk_break "$tk_kind or the compiler took more than 30 s"
  [ "$tk_kind" = ccache ] || tk_end; exec "$@" ;;
sccache:2 | sccache:101 | sccache:12? | sccache:13? | sccache:25?)
  # Either sccache or the compiler has failed. If the daemon has ended, the next compilation starts another one.
  tk_ask --dist-status >/dev/null 2>&1 || { tk_end; exec "$@"; }
  tk_text=$("$@" 2>&1) && tk_second=0 || tk_second=$?
  [ $tk_second -eq "$tk_status" ] || tk_break "sccache fails"
  tk_print; exit $tk_second ;;
esac
tk_print
exit "$tk_status"
]=])
  string(REPLACE "# <settings>\n" "${settings}" text "${text}")
  set("${out_text}" "${text}" PARENT_SCOPE)
endfunction()

# --- the launcher in the commands of the build ------------------------------------------------------------------------

# The value of CMAKE_<LANG>_COMPILER_LAUNCHER. Except on Windows, it is one word, so that projects can use it elsewhere.
function(_toolchainkit_command out_command storage)
  string(REPLACE ";" "\\;" command "${folder}/launcher")
  if(CMAKE_GENERATOR MATCHES "^Visual Studio")
    set(command "${folder}/visual-studio")
  elseif(CMAKE_GENERATOR STREQUAL "Xcode")
    # The setting of Xcode must be one word.
    set(command "${folder}/launcher")
  elseif(CMAKE_HOST_WIN32)
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
# --- options and properties for caching ------- ------------------------------------------------------------------------

function(_toolchainkit_has_precompiled_header out_condition)
  set("${out_condition}" "$<BOOL:$<TARGET_PROPERTY:PRECOMPILE_HEADERS>$<TARGET_PROPERTY:PRECOMPILE_HEADERS_REUSE_FROM>>"
    PARENT_SCOPE)
endfunction()

# GCC omits the macros of a precompiled header from the preprocessed text. Both tools would then return objects that were
# compiled with other macros; with -dD, the text contains the macros. Clang writes a time stamp into the header.
function(_toolchainkit_configure_precompiled_headers)
  _toolchainkit_has_precompiled_header(has_header)
  set(gcc "$<OR:$<COMPILE_LANG_AND_ID:C,GNU>,$<COMPILE_LANG_AND_ID:CXX,GNU>,$<COMPILE_LANG_AND_ID:OBJC,GNU>,$<COMPILE_LANG_AND_ID:OBJCXX,GNU>>")
  string(REPLACE "GNU" "Clang,AppleClang" clang "${gcc}")
  # A single option, because only the first evaluation of PRECOMPILE_HEADERS includes those of linked libraries.
  set(option "$<${has_header}:$<${gcc}:-dD>$<${clang}:SHELL:-Xclang -fno-pch-timestamp>>")
  get_directory_property(options COMPILE_OPTIONS)
  if(NOT option IN_LIST options)
    add_compile_options("${option}")
  endif()
endfunction()

# For Microsoft's compiler and clang-cl. Debug information can be cached in the object (/Z7), but not in a separate file (/Zi).
# A variable selects /Z7 with policy CMP0141, and rules for project() select it without. After project(), the flags are changed.
# clang-cl can write dependencies in two ways, and ccache supports only one of them (ccache/ccache#1775).
macro(_toolchainkit_configure_msvc_debug_information)
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

# sccache cannot cache precompiled headers with Microsoft's options (/Yc, /Yu); ccache can. The targets are known only at the
# end of the configuration, and CMake 3.19 and newer can defer a call until then.
function(_toolchainkit_defer_listing_of_precompiled_headers)
  get_property(deferred GLOBAL PROPERTY _TOOLCHAINKIT_NAMES_HEADERS)
  if(tool STREQUAL "sccache" AND NOT deferred AND CMAKE_VERSION VERSION_GREATER_EQUAL 3.19)
    set_property(GLOBAL PROPERTY _TOOLCHAINKIT_NAMES_HEADERS TRUE)
    cmake_language(DEFER DIRECTORY "${CMAKE_SOURCE_DIR}" CALL _toolchainkit_list_uncached_precompiled_headers)
  endif()
endfunction()

# All targets of the project, in all directories.
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

function(_toolchainkit_list_uncached_precompiled_headers)
  _toolchainkit_expect_unset()
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
    message(STATUS "toolchainkit: sccache cannot cache these targets with precompiled headers (with this compiler, only ccache can): ${names}")
  endif()
endfunction()

# Whether the compiler may be one that has no options to map paths: Microsoft's, or clang-cl.
function(_toolchainkit_has_no_path_maps out_whether)
  set("${out_whether}" FALSE PARENT_SCOPE)
  if(CMAKE_HOST_WIN32 OR CMAKE_GENERATOR MATCHES "^Visual Studio"
      OR "${CMAKE_C_COMPILER} ${CMAKE_CXX_COMPILER} $ENV{CC} $ENV{CXX}" MATCHES "clang-cl")
    set("${out_whether}" TRUE PARENT_SCOPE)
  endif()
endfunction()

# Whether to replace the path of the checkout in __FILE__, because another checkout may get the object. sccache before 0.18 hashes
# the options with their paths, so other checkouts would get no hits. The launcher does the same for debug information: see
# src/launch/rules/debug_paths.rs.
function(_toolchainkit_maps_paths out_whether)
  set("${out_whether}" FALSE PARENT_SCOPE)
  _toolchainkit_has_no_path_maps(has_none)
  if(arg_RELOCATABLE AND NOT has_none AND (tool STREQUAL "ccache" OR version VERSION_GREATER_EQUAL 0.18)
      AND NOT "${CMAKE_SOURCE_DIR} ${CMAKE_BINARY_DIR}" MATCHES "[;<>$]")
    set("${out_whether}" TRUE PARENT_SCOPE)
  endif()
endfunction()

# Replaces the path of the checkout in objects, but not with -ffile-prefix-map: that option also changes the paths in coverage
# data, where tools need the original ones. Languages with such options in the user's flags are not changed.
function(_toolchainkit_configure_path_maps)
  get_property(maps_paths GLOBAL PROPERTY _TOOLCHAINKIT_MAPS_PATHS)
  if(NOT maps_paths)
    return()
  endif()
  # The final slash keeps the map from applying to folders whose names begin with that of the source folder.
  set(maps "${CMAKE_SOURCE_DIR}/=./")
  _toolchainkit_checkout(root)
  if(NOT root STREQUAL CMAKE_SOURCE_DIR)
    # Clang before 17 uses the shortest match, so the result must be right for a path in the source folder as well.
    file(RELATIVE_PATH relative "${CMAKE_SOURCE_DIR}" "${root}")
    string(REGEX REPLACE "/+$" "" relative "${relative}")
    list(INSERT maps 0 "${root}/=./${relative}/")
  endif()
  if(CMAKE_BINARY_DIR STREQUAL CMAKE_SOURCE_DIR)
    list(APPEND maps "${CMAKE_BINARY_DIR}=.")
  else()
    # The same option for every build folder, because sccache hashes it.
    list(APPEND maps "${CMAKE_BINARY_DIR}=./build")
  endif()
  set(options "")
  foreach(map IN LISTS maps)
    list(APPEND options "-fmacro-prefix-map=${map}")
  endforeach()
  set(compilers "")
  set(languages C CXX)
  if(CMAKE_VERSION VERSION_GREATER_EQUAL 3.16)
    list(APPEND languages OBJC OBJCXX)
  endif()
  foreach(language IN LISTS languages)
    # When CMake first reads a toolchain file, the variable does not contain the flags of the environment yet.
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

# Disables the scan for C++20 modules in projects without modules, because scanned sources cannot be cached.
function(_toolchainkit_configure_module_scanning)
  if(CMAKE_VERSION VERSION_GREATER_EQUAL 3.28 AND NOT DEFINED CMAKE_CXX_SCAN_FOR_MODULES)
    cmake_language(DEFER DIRECTORY "${CMAKE_SOURCE_DIR}" CALL _toolchainkit_disable_module_scanning)
  endif()
endfunction()

function(_toolchainkit_disable_module_scanning)
  _toolchainkit_expect_unset()
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

# --- which compilations use the launcher ------------------------------------------------------------------------------

# The variables in the environment of traced processes; the same as in src/launch/tracers.rs.
# CodeQL: github/codeql-action (src/tracer-config.ts) and the environment of `codeql database trace-command`. Coverity:
# COVERITY_LD_PRELOAD is the sign of cov-build according to the documentation of the Sailfish SDK, NetBSD's
# share/mk/bsd.sys.mk tests COVERITY_TOP_CONFIG, and Coverity's own makefiles clear COVERITY_BUILD_INVOCATION_ID.
function(_toolchainkit_tracer_variables out_codeql out_coverity)
  set("${out_codeql}" CODEQL_TRACER_CONFIGURATION CODEQL_TRACER_LANGUAGES CODEQL_TRACER_LOG ODASA_TRACER_CONFIGURATION
    SEMMLE_PRELOAD_libtrace PARENT_SCOPE)
  set("${out_coverity}" COVERITY_LD_PRELOAD COVERITY_TOP_CONFIG COVERITY_BUILD_INVOCATION_ID PARENT_SCOPE)
endfunction()

# The tracer that has to see the compilers in this build, empty if there is none. A hit runs no compiler, and sccache's daemon
# runs it outside of the traced processes.
function(_toolchainkit_find_tracer out_tracer)
  set("${out_tracer}" "" PARENT_SCOPE)
  _toolchainkit_tracer_variables(variables_CodeQL variables_Coverity)
  foreach(tracer IN ITEMS CodeQL Coverity)
    foreach(name IN LISTS variables_${tracer})
      _toolchainkit_environment(value "${name}")
      if(NOT value STREQUAL "")
        set("${out_tracer}" "${tracer}" PARENT_SCOPE)
      endif()
    endforeach()
  endforeach()
endfunction()

# The setting of the launcher script for builds that are traced, although they were not when CMake ran.
function(_toolchainkit_sh_tracers out_code)
  set(text "")
  if(NOT TOOLCHAINKIT_CACHE)
    _toolchainkit_tracer_variables(names more)
    foreach(name IN LISTS names more)
      string(APPEND text "\${${name}-}")
    endforeach()
  endif()
  set("${out_code}" "tk_traced=\"${text}\"\n" PARENT_SCOPE)
endfunction()

# Keeps what the check at the end of the configuration needs to know of the decision.
function(_toolchainkit_remember_decision)
  set_property(GLOBAL PROPERTY _TOOLCHAINKIT_TOOL "${tool}")
  set_property(GLOBAL PROPERTY _TOOLCHAINKIT_LAUNCH "${launch}")
  # The launcher script shares no objects with other checkouts.
  if(arg_RELOCATABLE AND launch STREQUAL "program" AND tool STREQUAL "sccache" AND version VERSION_LESS 0.18)
    set_property(GLOBAL PROPERTY _TOOLCHAINKIT_HASHES_OPTIONS TRUE)
  endif()
endfunction()

# The message if the launchers of all languages are set. CMake before 3.19 cannot check them at the end of the configuration.
function(_toolchainkit_taken_reason out_reason)
  set(reason "the compiler launchers are already set, and are not changed")
  get_property(taken GLOBAL PROPERTY _TOOLCHAINKIT_TAKEN)
  if(CMAKE_VERSION VERSION_LESS 3.19)
    list(GET taken 0 language)
    set(value "${CMAKE_${language}_COMPILER_LAUNCHER}")
    if("${value}" STREQUAL "")
      set(value "$ENV{CMAKE_${language}_COMPILER_LAUNCHER}")
    endif()
    _toolchainkit_explain_launcher(cause launcher "${language}" "${value}" "${CMAKE_SOURCE_DIR}" "${CMAKE_SOURCE_DIR}" "")
    string(APPEND reason ": ${cause}")
  endif()
  set("${out_reason}" "${reason}" PARENT_SCOPE)
endfunction()

# Checks the launchers of all targets at the end of the configuration, when they are known. CMake 3.19 and newer can defer a
# call until then; before, only `toolchainkit doctor` checks them.
function(_toolchainkit_watch_launchers languages)
  if(CMAKE_VERSION VERSION_LESS 3.19 OR CMAKE_GENERATOR MATCHES "^(Visual Studio|Xcode)")
    return()
  endif()
  get_property(launcher GLOBAL PROPERTY _TOOLCHAINKIT_LAUNCHER)
  get_property(taken GLOBAL PROPERTY _TOOLCHAINKIT_TAKEN)
  get_property(tool GLOBAL PROPERTY _TOOLCHAINKIT_TOOL)
  if("${launcher}" STREQUAL "" AND NOT taken)
    return()
  endif()
  if("${tool}" STREQUAL "ccache")
    list(REMOVE_ITEM languages HIP)
  endif()
  set_property(GLOBAL PROPERTY _TOOLCHAINKIT_WATCHED "${languages}")
  cmake_language(DEFER DIRECTORY "${CMAKE_SOURCE_DIR}" CALL _toolchainkit_check_launchers)
endfunction()

# Removes our launcher from targets with RULE_LAUNCH_COMPILE, because the project's launcher would treat ours as the compiler
# (CTest's launcher does not), and reports the sources that do not use the cache.
function(_toolchainkit_check_launchers)
  _toolchainkit_expect_unset()
  get_property(launcher GLOBAL PROPERTY _TOOLCHAINKIT_LAUNCHER)
  get_property(languages GLOBAL PROPERTY _TOOLCHAINKIT_WATCHED)
  get_property(enabled GLOBAL PROPERTY ENABLED_LANGUAGES)
  get_property(checks_maps GLOBAL PROPERTY _TOOLCHAINKIT_HASHES_OPTIONS)
  set(watched "")
  foreach(language IN LISTS languages)
    if(language IN_LIST enabled)
      list(APPEND watched "${language}")
    endif()
  endforeach()
  set(usual "")
  foreach(language IN ITEMS C CXX OBJC OBJCXX CUDA HIP)
    set("of_${language}" "")
    string(APPEND usual "|")
    if(language IN_LIST watched)
      string(APPEND usual "${launcher}")
    endif()
  endforeach()
  if("${launcher}" STREQUAL "")
    set(usual "no launcher")
  endif()
  set(found "")
  set(mapped "")
  set(seen "")
  set(directories "${CMAKE_SOURCE_DIR}")
  while(NOT directories STREQUAL "")
    list(POP_FRONT directories directory)
    list(APPEND seen "${directory}")
    get_property(targets DIRECTORY "${directory}" PROPERTY BUILDSYSTEM_TARGETS)
    get_property(subdirectories DIRECTORY "${directory}" PROPERTY SUBDIRECTORIES)
    get_property(of_directory DIRECTORY "${directory}" PROPERTY RULE_LAUNCH_COMPILE)
    list(APPEND directories ${subdirectories})
    foreach(target IN LISTS targets)
      # The property of the directory, or else the global one, applies to targets without their own.
      get_property(rule TARGET "${target}" PROPERTY RULE_LAUNCH_COMPILE)
      foreach(language IN LISTS watched)
        get_property("of_${language}" TARGET "${target}" PROPERTY "${language}_COMPILER_LAUNCHER")
      endforeach()
      # A single comparison for the usual target, because there may be thousands.
      if(NOT "${rule}${of_directory}|${of_C}|${of_CXX}|${of_OBJC}|${of_OBJCXX}|${of_CUDA}|${of_HIP}" STREQUAL "${usual}")
        if("${rule}" STREQUAL "")
          set(rule "${of_directory}")
        endif()
        get_property(type TARGET "${target}" PROPERTY TYPE)
        set(compiled "${watched}")
        if(type MATCHES "^(INTERFACE_LIBRARY|UTILITY)$")
          set(compiled "")
        endif()
        foreach(language IN LISTS compiled)
          if(NOT "${rule}" STREQUAL "" AND NOT rule MATCHES "ctest[^ ]* +--launch ")
            if("${of_${language}}" STREQUAL "${launcher}")
              set_property(TARGET "${target}" PROPERTY "${language}_COMPILER_LAUNCHER" "")
            endif()
            list(APPEND found "rule/${language}/${target}")
          elseif(("${launcher}" STREQUAL "" OR NOT "${of_${language}}" STREQUAL "${launcher}")
              AND NOT "${of_${language}}" MATCHES "/toolchainkit/launcher$")
            # A project may pass the launcher of this module to a nested build.
            list(APPEND found "launcher/${language}/${target}")
          endif()
        endforeach()
      endif()
      if(checks_maps)
        get_property(options TARGET "${target}" PROPERTY COMPILE_OPTIONS)
        get_property(more TARGET "${target}" PROPERTY INTERFACE_COMPILE_OPTIONS)
        if("${options};${more}" MATCHES "-prefix-map=")
          list(APPEND mapped "${options}" "${more}")
        endif()
      endif()
    endforeach()
    if(checks_maps)
      foreach(language IN LISTS watched)
        get_directory_property(flags DIRECTORY "${directory}" DEFINITION "CMAKE_${language}_FLAGS")
        if("${flags}" MATCHES "-prefix-map=")
          list(APPEND mapped "${flags}")
        endif()
      endforeach()
    endif()
  endwhile()
  if(NOT found STREQUAL "")
    _toolchainkit_report_launchers("${found}" "${seen}" "${watched}" "${launcher}")
  endif()
  _toolchainkit_report_compilers("${watched}" "${seen}" "${launcher}")
  _toolchainkit_report_path_maps("${mapped}")
endfunction()

# --- the message ------------------------------------------------------------------------------------------------------

# The sources of a language in a target. A generator expression is no source of the project, or its condition is unknown.
function(_toolchainkit_count_sources out_number target language)
  set("${out_number}" 0 PARENT_SCOPE)
  get_property(type TARGET "${target}" PROPERTY TYPE)
  if(NOT type MATCHES "^(EXECUTABLE|(STATIC|SHARED|MODULE|OBJECT)_LIBRARY)$")
    return()
  endif()
  set(extensions_C "c")
  set(extensions_CXX "C|CPP|c\\+\\+|cc|cpp|cxx|cppm|ixx")
  set(extensions_OBJC "m")
  set(extensions_OBJCXX "M|mm")
  set(extensions_CUDA "cu")
  set(extensions_HIP "hip")
  get_property(sources TARGET "${target}" PROPERTY SOURCES)
  list(FILTER sources INCLUDE REGEX "\\.(${extensions_${language}})$")
  list(LENGTH sources number)
  set("${out_number}" "${number}" PARENT_SCOPE)
endfunction()

function(_toolchainkit_report_launchers found directories languages launcher)
  set(total 0)
  foreach(directory IN LISTS directories)
    get_property(targets DIRECTORY "${directory}" PROPERTY BUILDSYSTEM_TARGETS)
    foreach(target IN LISTS targets)
      foreach(language IN LISTS languages)
        _toolchainkit_count_sources(number "${target}" "${language}")
        math(EXPR total "${total} + ${number}")
      endforeach()
    endforeach()
  endforeach()
  set(without 0)
  set(keys "")
  set(groups "")
  set(kind STATUS)
  foreach(entry IN LISTS found)
    string(REGEX MATCH "^([a-z]+)/([A-Z]+)/(.*)$" entry "${entry}")
    set(way "${CMAKE_MATCH_1}")
    set(language "${CMAKE_MATCH_2}")
    set(target "${CMAKE_MATCH_3}")
    _toolchainkit_count_sources(number "${target}" "${language}")
    if(number EQUAL 0)
      continue()
    endif()
    math(EXPR without "${without} + ${number}")
    get_property(directory TARGET "${target}" PROPERTY SOURCE_DIR)
    get_property(is_set TARGET "${target}" PROPERTY "${language}_COMPILER_LAUNCHER" SET)
    get_property(value TARGET "${target}" PROPERTY "${language}_COMPILER_LAUNCHER")
    get_directory_property(of_directory DIRECTORY "${directory}" DEFINITION "CMAKE_${language}_COMPILER_LAUNCHER")
    if(way STREQUAL "rule")
      get_property(value TARGET "${target}" PROPERTY RULE_LAUNCH_COMPILE)
      if("${value}" STREQUAL "")
        get_property(value DIRECTORY "${directory}" PROPERTY RULE_LAUNCH_COMPILE)
      endif()
      string(REGEX REPLACE "^\"([^\"]*)\".*$" "\\1" value "${value}")
      string(REGEX REPLACE " .*$" "" value "${value}")
    elseif(NOT is_set)
      set(way unset)
    elseif(NOT "${value}" STREQUAL "${of_directory}")
      set(way property)
    endif()
    if(NOT way STREQUAL "launcher" OR NOT "${value}" STREQUAL "")
      set(kind NOTICE)
    endif()
    # The cause is the same for all targets of a directory with the same value.
    set(key "${way} ${language} ${value} ${directory}")
    string(REPLACE ";" " " key "${key}")
    list(FIND keys "${key}" index)
    if(index EQUAL -1)
      list(LENGTH keys index)
      list(APPEND keys "${key}")
      _toolchainkit_explain_launcher("reason_${index}" "${way}" "${language}" "${value}" "${directory}" "${directories}"
        "${launcher}")
    endif()
    set(group "${reason_${index}}")
    list(FIND groups "${group}" index)
    if(index EQUAL -1)
      list(LENGTH groups index)
      list(APPEND groups "${group}")
      set("number_${index}" 0)
    endif()
    math(EXPR "number_${index}" "${number_${index}} + ${number}")
  endforeach()
  if(without EQUAL 0)
    return()
  endif()
  math(EXPR with "${total} - ${without}")
  if(with EQUAL 0)
    set(kind NOTICE)
  endif()
  set(reasons "")
  set(index 0)
  list(LENGTH groups several)
  foreach(group IN LISTS groups)
    string(APPEND reasons "; ")
    if(several GREATER 1)
      string(APPEND reasons "for ${number_${index}}, ")
    endif()
    string(APPEND reasons "${group}")
    math(EXPR index "${index} + 1")
  endforeach()
  string(SUBSTRING "${reasons}" 2 -1 reasons)
  message("${kind}" "toolchainkit: ${with} of ${total} sources use this cache: ${reasons}")
endfunction()

# Why a target does not use our launcher, and what to do. The text contains no semicolon.
function(_toolchainkit_explain_launcher out_reason way language value directory directories launcher)
  set(variable "CMAKE_${language}_COMPILER_LAUNCHER")
  set(again "configure with -U${variable}")
  if("${value}" STREQUAL "")
    set(name "")
    set(to "is empty")
  elseif(NOT launcher STREQUAL "" AND launcher IN_LIST value)
    list(REMOVE_ITEM value "${launcher}")
    get_filename_component(name "${value}" NAME)
    set(to "adds ${name} to this cache")
  else()
    list(GET value 0 name)
    get_filename_component(name "${name}" NAME)
    set(to "is set to ${name}")
  endif()
  set(place "")
  set(entry "")
  if(way STREQUAL "rule")
    set(variable RULE_LAUNCH_COMPILE)
  elseif(way STREQUAL "property")
    _toolchainkit_find_setting(place property "${language}" "${directory}" "${directories}")
    if(place STREQUAL "")
      # A function has set the variable for the targets that it has created.
      _toolchainkit_find_setting(place variable "${language}" "${directory}" "${directories}")
    else()
      set(variable "the target property ${language}_COMPILER_LAUNCHER")
    endif()
  endif()
  if(way STREQUAL "rule")
    _toolchainkit_find_setting(place rule "" "${directory}" "${directories}")
  elseif(NOT way STREQUAL "property")
    if(DEFINED "CACHE{${variable}}" AND "$CACHE{${variable}}" STREQUAL "${value}")
      set(entry "${variable}")
    endif()
    _toolchainkit_environment(of_environment "${variable}")
    if(NOT of_environment STREQUAL "" AND of_environment STREQUAL "${value}")
      set("${out_reason}" "the environment variable ${variable} ${to} (unset it, and ${again})" PARENT_SCOPE)
      return()
    endif()
    _toolchainkit_find_setting(place variable "${language}" "${directory}" "${directories}")
    if(NOT entry STREQUAL "" AND NOT place MATCHES " CACHE$")
      _toolchainkit_find_setting(preset preset "${language}" "${directory}" "${directories}")
      if(preset STREQUAL "")
        set("${out_reason}" "${variable} ${to} by -D (${again})" PARENT_SCOPE)
      else()
        set("${out_reason}" "${variable} ${to} in ${preset} (remove it there, and ${again})" PARENT_SCOPE)
      endif()
      return()
    elseif(way STREQUAL "unset" AND place STREQUAL "")
      set("${out_reason}" "targets are created before toolchainkit_enable_cache() is called, or outside of its scope (call it first in the top CMakeLists.txt)" PARENT_SCOPE)
      return()
    elseif(way STREQUAL "unset")
      set(to "is changed")
    endif()
  endif()
  set(help "remove this line")
  if(place STREQUAL "")
    set(place " by the project")
    set(help "remove it")
  elseif(place MATCHES " CACHE$")
    string(REGEX REPLACE " CACHE$" "" place "${place}")
    set(help "remove this line, and ${again}")
    set(place " in ${place}")
  else()
    set(place " in ${place}")
    get_property(taken GLOBAL PROPERTY _TOOLCHAINKIT_TAKEN)
    if(way STREQUAL "launcher" AND NOT language IN_LIST taken)
      string(APPEND help ", or put it into if(NOT ${variable})")
    endif()
  endif()
  set("${out_reason}" "${variable} ${to}${place} (${help})" PARENT_SCOPE)
endfunction()

# --- where a setting is -----------------------------------------------------------------------------------------------

# Finds the line that sets a launcher, as FILE:LINE, and ` CACHE` if it sets a cache entry; empty if there is none. CMake does
# not tell which files it has read, so this follows `include()` from the lists of the directories, first those around the
# target. It only runs if there is something to report.
function(_toolchainkit_find_setting out_place what language directory directories)
  set("${out_place}" "" PARENT_SCOPE)
  set(name "(${language}|\\\${[^}\n]*})_COMPILER_LAUNCHER")
  if(what STREQUAL "variable")
    set(pattern "(^|\n)([^\n#]*[ \t)])?([Ss][Ee][Tt]|[Uu][Nn][Ss][Ee][Tt]|[Ll][Ii][Ss][Tt]|[Oo][Pp][Tt][Ii][Oo][Nn]|[Ff][Ii][Nn][Dd]_[Pp][Rr][Oo][Gg][Rr][Aa][Mm])[ \t]*\\([ \t\n]*([A-Z_]+[ \t\n]+)?\"?CMAKE_${name}[^\n]*")
  elseif(what STREQUAL "property")
    set(pattern "(^|\n)([^\n#]*[ \t(\"])?${name}[^A-Za-z0-9_][^\n]*")
  elseif(what STREQUAL "rule")
    set(pattern "(^|\n)([^\n#]*[ \t(\"])?RULE_LAUNCH_COMPILE[^A-Za-z0-9_][^\n]*")
  else()
    set(pattern "\n[^\n]*\"CMAKE_${language}_COMPILER_LAUNCHER\"[^\n]*")
  endif()
  set(lists "")
  if(what STREQUAL "preset")
    set(lists "${CMAKE_SOURCE_DIR}/CMakeUserPresets.json" "${CMAKE_SOURCE_DIR}/CMakePresets.json")
  else()
    set(around "")
    while(NOT "${directory}" STREQUAL "")
      list(APPEND around "${directory}")
      get_property(directory DIRECTORY "${directory}" PROPERTY PARENT_DIRECTORY)
    endwhile()
    list(REMOVE_ITEM directories ${around})
    foreach(directory IN LISTS around directories)
      list(APPEND lists "${directory}/CMakeLists.txt")
    endforeach()
    list(APPEND lists ${CMAKE_TOOLCHAIN_FILE} ${CMAKE_PROJECT_INCLUDE} ${CMAKE_PROJECT_INCLUDE_BEFORE}
      ${CMAKE_PROJECT_TOP_LEVEL_INCLUDES} ${CMAKE_USER_MAKE_RULES_OVERRIDE})
  endif()
  get_property(module GLOBAL PROPERTY _TOOLCHAINKIT_MODULE)
  set(seen "${module}")
  while(NOT "${lists}" STREQUAL "")
    list(POP_FRONT lists file)
    get_filename_component(file "${file}" ABSOLUTE BASE_DIR "${CMAKE_SOURCE_DIR}")
    list(LENGTH seen number)
    if(file IN_LIST seen OR NOT EXISTS "${file}" OR IS_DIRECTORY "${file}" OR number GREATER 400)
      continue()
    endif()
    list(APPEND seen "${file}")
    file(READ "${file}" text LIMIT 1000000)
    set(line 1)
    set(rest "${text}")
    while(rest MATCHES "${pattern}")
      set(match "${CMAKE_MATCH_0}")
      string(FIND "${rest}" "${match}" at)
      string(SUBSTRING "${rest}" 0 ${at} before)
      string(REGEX REPLACE "[^\n]" "" before "${before}")
      string(LENGTH "${before}" skipped)
      math(EXPR line "${line} + ${skipped}")
      string(REGEX REPLACE "^\n" "" command "${match}")
      set(its_line "${line}")
      if(NOT command STREQUAL match)
        math(EXPR its_line "${line} + 1")
      endif()
      if(NOT command MATCHES "([Gg][Ee][Tt]_|[Ii][Ff][ \t]*\\(|[Mm][Ee][Ss][Ss][Aa][Gg][Ee][ \t]*\\()[^\n]*LAUNCH[^\n]*$"
          OR command MATCHES "^[ \t]*[Ii][Ff].*\\)[ \t]*[Ss][Ee][Tt]")
        string(FIND "${file}" "${CMAKE_SOURCE_DIR}/" at)
        if(at EQUAL 0)
          file(RELATIVE_PATH file "${CMAKE_SOURCE_DIR}" "${file}")
        endif()
        set(suffix "")
        if(command MATCHES "[ \t]CACHE[ \t\n]")
          set(suffix " CACHE")
        endif()
        set("${out_place}" "${file}:${its_line}${suffix}" PARENT_SCOPE)
        return()
      endif()
      string(LENGTH "${match}" length)
      string(FIND "${rest}" "${match}" at)
      math(EXPR at "${at} + ${length}")
      string(SUBSTRING "${rest}" ${at} -1 rest)
      string(REGEX REPLACE "[^\n]" "" before "${match}")
      string(LENGTH "${before}" skipped)
      math(EXPR line "${line} + ${skipped}")
    endwhile()
    _toolchainkit_included_files(included "${file}" "${text}")
    set(lists ${included} ${lists})
  endwhile()
endfunction()

# The files that a list file includes, except CMake's own modules. Its variables are those of the top directory.
function(_toolchainkit_included_files out_files file text)
  get_filename_component(folder "${file}" DIRECTORY)
  string(REPLACE ";" " " text "${text}")
  string(REGEX MATCHALL "(^|\n)[ \t]*[Ii][Nn][Cc][Ll][Uu][Dd][Ee][ \t]*\\([ \t\n]*\"?[^ \t\n\")]+" calls "${text}")
  set(files "")
  foreach(call IN LISTS calls)
    string(REGEX REPLACE "^.*\\([ \t\n]*\"?" "" name "${call}")
    string(REGEX REPLACE "\\\${(CMAKE_CURRENT_(SOURCE|LIST)_DIR|[A-Za-z0-9_]*_SOURCE_DIR)}" "@\\1@" name "${name}")
    string(REGEX REPLACE "@CMAKE_CURRENT_(SOURCE|LIST)_DIR@|@PROJECT_SOURCE_DIR@" "${folder}" name "${name}")
    string(REGEX REPLACE "@([A-Za-z0-9_]*)@" "\${\\1}" name "${name}")
    string(CONFIGURE "${name}" name)
    foreach(place IN ITEMS "${folder}" "${CMAKE_SOURCE_DIR}" ${CMAKE_MODULE_PATH} "${folder}/cmake" "${CMAKE_SOURCE_DIR}/cmake")
      get_filename_component(path "${name}" ABSOLUTE BASE_DIR "${place}")
      foreach(suffix IN ITEMS "" ".cmake")
        if(EXISTS "${path}${suffix}" AND NOT IS_DIRECTORY "${path}${suffix}")
          list(APPEND files "${path}${suffix}")
        endif()
      endforeach()
    endforeach()
  endforeach()
  list(REMOVE_DUPLICATES files)
  set("${out_files}" "${files}" PARENT_SCOPE)
endfunction()

# --- compilers and options that other caches or checkouts see ---------------------------------------------------------

# Tells if the compiler of a language is another cache: `CXX="ccache g++"`, a link to a cache, or a script that runs one.
function(_toolchainkit_report_compilers languages directories launcher)
  get_property(tool GLOBAL PROPERTY _TOOLCHAINKIT_TOOL)
  get_property(launch GLOBAL PROPERTY _TOOLCHAINKIT_LAUNCH)
  if("${tool}" STREQUAL "" OR "${launcher}" STREQUAL "")
    return()
  endif()
  set(caches "^(ccache|sccache|distcc|icecc|buildcache|gomacc|fastbuild)$")
  foreach(language IN LISTS languages)
    set(compiler "${CMAKE_${language}_COMPILER}")
    get_filename_component(name "${compiler}" NAME_WE)
    get_filename_component(real "${compiler}" REALPATH)
    get_filename_component(real_name "${real}" NAME_WE)
    file(READ "${real}" head LIMIT 2 HEX)
    set(reason "")
    if(name MATCHES "${caches}")
      set(reason "with the compiler ${name}${CMAKE_${language}_COMPILER_ARG1}, ${language} sources use ${name} in addition to this cache")
      if(tool STREQUAL "sccache" OR launch STREQUAL "script")
        set(reason "with the compiler ${name}${CMAKE_${language}_COMPILER_ARG1}, no ${language} sources use this cache")
      endif()
    elseif(real_name MATCHES "${caches}" AND launch STREQUAL "script")
      set(reason "the compiler ${compiler} is a link to ${real_name}, so no ${language} sources use this cache")
    elseif(head STREQUAL "2321")
      file(STRINGS "${real}" line LIMIT_COUNT 1 LIMIT_INPUT 4096 REGEX "(^|[ /\"])(ccache|sccache|distcc|icecc|buildcache)[ \"]")
      if(line MATCHES "(^|[ /\"])(ccache|sccache|distcc|icecc|buildcache)[ \"]")
        set(reason "the compiler ${compiler} runs ${CMAKE_MATCH_2}, so ${language} sources use ${CMAKE_MATCH_2} in addition to this cache")
      endif()
      if(launch STREQUAL "script")
        set(reason "the compiler ${compiler} is a script, so no ${language} sources use this cache with the launcher script")
      endif()
    endif()
    if(NOT reason STREQUAL "")
      message(NOTICE "toolchainkit: ${reason}: use the compiler itself in a new build folder")
    endif()
  endforeach()
endfunction()

# sccache before 0.18 hashes an option that maps the path of this checkout, so no other checkout gets hits: see the rule
# "checkout path in a path map" in src/launch/rules/table.rs.
function(_toolchainkit_report_path_maps options)
  _toolchainkit_checkout(root)
  foreach(folder IN ITEMS "${CMAKE_SOURCE_DIR}" "${root}" "${CMAKE_BINARY_DIR}")
    foreach(option IN ITEMS file debug macro coverage profile)
      string(FIND "${options}" "-f${option}-prefix-map=${folder}" at)
      if(NOT at EQUAL -1)
        message(NOTICE "toolchainkit: other checkouts get no hits: the project sets -f${option}-prefix-map with the path of this checkout, and sccache before 0.18 hashes it (use sccache 0.18 or newer, or remove the option)")
        return()
      endif()
    endforeach()
  endforeach()
endfunction()
# --- messages and cache.json ------------------------------------------------------------------------------------------

# Adds a notice to the status line.
function(_toolchainkit_note text)
  set_property(GLOBAL APPEND PROPERTY _TOOLCHAINKIT_NOTES "${text}")
endfunction()

function(_toolchainkit_print_status mode reason)
  set(text "toolchainkit: ")
  if(NOT "${arg_PROFILE}" STREQUAL "")
    string(APPEND text "[${arg_PROFILE}] ")
  endif()
  foreach(field IN ITEMS directory size location)
    _toolchainkit_get("${field}" "${mode}" "${field}")
  endforeach()
  string(APPEND text "${tool} ${version}, ")
  if(mode STREQUAL "remote")
    string(APPEND text "remote ${location}")
  elseif(directory STREQUAL "")
    string(APPEND text "local cache in ${location}")
  else()
    string(REGEX REPLACE "Gi?B?$" "" size "${size}")
    string(APPEND text "local cache ${directory} (${size} GiB)")
  endif()
  # Two storages may have added the same notice.
  get_property(notes GLOBAL PROPERTY _TOOLCHAINKIT_NOTES)
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
  file(REMOVE "${folder}/nested.cmake" "${folder}/launcher.json" "${folder}/launcher-stamp")
  file(REMOVE_RECURSE "${folder}/new/launcher")
  if(NOT EXISTS "${folder}/nested-users")
    file(REMOVE "${folder}/launcher")
  elseif(EXISTS "${folder}/launcher")
    # A nested build still calls it.
    _toolchainkit_install_script(
      "#!/bin/sh\n# Written by ToolchainKit.cmake: this build no longer uses a cache.\nexec \"$@\"\n")
  endif()
  _toolchainkit_write_summary(none "${reason}")
  message("${kind}" "toolchainkit: no cache: ${reason}")
endfunction()

# Writes cache.json, which `toolchainkit stats`, `doctor` and `server` read.
function(_toolchainkit_write_summary mode reason)
  set(launcher "")
  if(mode STREQUAL "none")
    set(launch "")
  elseif(NOT CMAKE_HOST_WIN32)
    set(launcher "${folder}/launcher")
  endif()
  foreach(field IN ITEMS location directory socket id)
    _toolchainkit_get("${field}" "${mode}" "${field}")
  endforeach()
  _toolchainkit_json(json tool "${tool}" tool_version "${version}" program "${program}" launcher "${launcher}"
    launch "${launch}" mode "${mode}" location "${location}" dir "${directory}" socket "${socket}" id "${id}"
    project "${arg_PROJECT}" profile "${arg_PROFILE}" reason "${reason}"
    languages "${arg_LANGUAGES}")
  _toolchainkit_marker(marker)
  set(text "{\"version\": 1, \"marker\": \"${marker}\", \"size_gb\": ${arg_SIZE_GB}, ${json}}\n")
  _toolchainkit_write_if_changed("${folder}/cache.json" "${text}")
  _toolchainkit_register("${text}")
endfunction()

# A random number in cache.json, which is the same in all configurations of this build folder. A copy of the file from elsewhere
# has another one.
function(_toolchainkit_marker out_marker)
  set(marker "${_TOOLCHAINKIT_MARKER}")
  if(NOT marker MATCHES "^[0-9a-f]+$")
    if(EXISTS "/dev/urandom")
      file(READ "/dev/urandom" marker LIMIT 16 HEX)
    else()
      string(RANDOM LENGTH 32 ALPHABET 0123456789abcdef marker)
    endif()
    set(_TOOLCHAINKIT_MARKER "${marker}" CACHE INTERNAL "Identifies this build folder")
  endif()
  set("${out_marker}" "${marker}" PARENT_SCOPE)
endfunction()

# The file for this build folder in the registry of one of the user's folders.
function(_toolchainkit_registry_entry out_entry place)
  get_filename_component(build "${CMAKE_BINARY_DIR}" REALPATH)
  string(SHA256 name "${build}")
  set("${out_entry}" "${place}/builds/${name}" PARENT_SCOPE)
endfunction()

# Stores the hash of cache.json outside of the build folder, where only this user can write. cache.json names programs that
# toolchainkit runs, and a clone of a repository may contain one, too. Without an entry, toolchainkit does not use the file.
function(_toolchainkit_register text)
  if(CMAKE_HOST_WIN32)
    return()
  endif()
  string(SHA256 digest "${text}")
  # The path shows whether the build folder still exists.
  string(APPEND digest "\n${CMAKE_BINARY_DIR}")
  _toolchainkit_user_folder(user_cache)
  get_property(user GLOBAL PROPERTY _TOOLCHAINKIT_USER)
  foreach(place IN ITEMS "${user_cache}" "$ENV{XDG_RUNTIME_DIR}/toolchainkit" "/tmp/toolchainkit-${user}")
    string(FIND "${place}/" "${CMAKE_BINARY_DIR}/" at)
    if(at EQUAL 0 OR place STREQUAL "/toolchainkit")
      continue()
    endif()
    _toolchainkit_registry_entry(entry "${place}")
    _toolchainkit_is_trusted(doubt "${entry}" state "")
    if(NOT doubt STREQUAL "")
      continue()
    endif()
    set(present "")
    if(EXISTS "${entry}")
      file(READ "${entry}" present)
    endif()
    if(present STREQUAL digest)
      return()
    endif()
    get_property(writable GLOBAL PROPERTY _TOOLCHAINKIT_REGISTERS_IN)
    if(place STREQUAL "${writable}")
      # Faster than a process. The checkout was just registered in this folder.
      _toolchainkit_replace_file("${entry}" "${entry}.new" "${digest}" OWNER_READ OWNER_WRITE)
      return()
    endif()
    # file(WRITE) would end the configuration if it failed.
    execute_process(RESULT_VARIABLE result OUTPUT_QUIET ERROR_QUIET COMMAND sh -c [=[
umask g-w,o-w
{ [ -d "$1/builds" ] || { mkdir -p "$1" && mkdir -m 700 "$1/builds"; }; } && printf %s "$3" >"$2.$$" && mv -f "$2.$$" "$2"
]=] sh "${place}" "${entry}" "${digest}")
    if(result EQUAL 0)
      return()
    endif()
  endforeach()
endfunction()
# --- text -------------------------------------------------------------------------------------------------------------

function(_toolchainkit_write_if_changed path text)
  set(present "")
  if(EXISTS "${path}")
    file(READ "${path}" present)
  endif()
  if(NOT EXISTS "${path}" OR NOT present STREQUAL text)
    _toolchainkit_write("${path}" "${text}")
  endif()
endfunction()

# Replaces a file in the build folder. Nobody else can write to it, even with a umask of 0. On a full disk, file() would end the
# configuration with an error, so the shell writes; a failure is a global property, which _toolchainkit_unwritten reads.
function(_toolchainkit_write path text)
  if(CMAKE_HOST_WIN32)
    file(WRITE "${path}" "${text}")
    return()
  endif()
  get_filename_component(name "${path}" NAME)
  get_property(has_space GLOBAL PROPERTY _TOOLCHAINKIT_HAS_SPACE)
  if(has_space)
    # Faster than a process.
    _toolchainkit_replace_file("${path}" "${CMAKE_BINARY_DIR}/toolchainkit/new/${name}" "${text}"
      OWNER_READ OWNER_WRITE GROUP_READ WORLD_READ)
    return()
  endif()
  execute_process(RESULT_VARIABLE result OUTPUT_QUIET ERROR_QUIET COMMAND sh -c [=[
umask 022
printf %s "$3" >"$1" && mv -f "$1" "$2" || { rm -f "$1"; exit 1; }]=]
    sh "${CMAKE_BINARY_DIR}/toolchainkit/new/${name}" "${path}" "${text}")
  if(NOT result EQUAL 0)
    set_property(GLOBAL PROPERTY _TOOLCHAINKIT_UNWRITTEN "${path}")
  endif()
endfunction()

# Writes a file with the permissions in ARGN as `new`, and renames it. CMake before 3.19 can set permissions only while it copies.
function(_toolchainkit_replace_file path new text)
  file(WRITE "${new}" "${text}")
  if(CMAKE_VERSION VERSION_GREATER_EQUAL 3.19)
    file(CHMOD "${new}" PERMISSIONS ${ARGN})
    file(RENAME "${new}" "${path}")
  else()
    get_filename_component(name "${new}" NAME)
    file(COPY "${new}" DESTINATION "${new}.copy" FILE_PERMISSIONS ${ARGN})
    file(RENAME "${new}.copy/${name}" "${path}")
    file(REMOVE_RECURSE "${new}" "${new}.copy")
  endif()
endfunction()

# The reason why the files of the module are incomplete; empty if they are complete.
function(_toolchainkit_unwritten out_reason)
  get_property(path GLOBAL PROPERTY _TOOLCHAINKIT_UNWRITTEN)
  set("${out_reason}" "" PARENT_SCOPE)
  if(NOT "${path}" STREQUAL "")
    set("${out_reason}" "cannot write to ${path}" PARENT_SCOPE)
  endif()
endfunction()

# The text as a quoted argument of CMake.
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

# A text of a tool or a server, for messages and files: one line, without credentials and control characters, and with at most
# 1000 bytes. Every such text must go through this function before message() or a file gets it. It does what src/foreign does in
# the programs of toolchainkit, except that it does not find values in Base64 without their header.
function(_toolchainkit_foreign out_text text)
  # CMake 4 keeps NUL, which ends a text for regular expressions.
  if(NOT text MATCHES "^.+")
    set("${out_text}" "" PARENT_SCOPE)
    return()
  endif()
  set(text "${CMAKE_MATCH_0}")
  string(LENGTH "${text}" length)
  if(length GREATER 16000)
    # The last line may contain a part of a credential.
    string(SUBSTRING "${text}" 0 16000 text)
    string(REGEX REPLACE "[^\n]*$" "" text "${text}")
  endif()
  _toolchainkit_mask_values(text "${text}")
  # An environment, as sccache prints it if it cannot start a compiler.
  string(REGEX REPLACE "[A-Za-z0-9_]+=\\\\*\"[^\n]*=\\\\*\"[^\n]*=\\\\*\"[^\n]*" "***" text "${text}")
  string(REGEX REPLACE "(${hidden_headers})(\\\\*[\"']?)[ \t]*[:=,][^\n]*" "\\1\\2: ***" text "${text}")
  string(REGEX REPLACE "([Ss]hared[Aa]ccess[Ss]ignature=)[^ \t\n;\"']*" "\\1***" text "${text}")
  string(REGEX REPLACE "((${hidden_keys})\\\\*[\"']?[ ]*[=:]>?[ ]*)(\\\\*\")[^\"\n]*" "\\1\\3***" text "${text}")
  string(REGEX REPLACE "((${hidden_keys})\\\\*[\"']?[ ]*=>?[ ]*)[^] \t\n;&,\"'<>)}\\\\]+" "\\1***" text "${text}")
  string(REGEX REPLACE "((${hidden_keys})\\\\*[\"']?:)[^] \t\n;&,\"'<>)}\\\\:]+" "\\1***" text "${text}")
  string(REGEX REPLACE "(([Bb]earer|[Bb]asic) +)[A-Za-z0-9._~+/-]+=*" "\\1***" text "${text}")
  string(REGEX REPLACE "://[^ \t\n\"'<>]*@" "://***@" text "${text}")
  string(REGEX REPLACE "[ \t\r\n]+" " " text "${text}")
  string(STRIP "${text}" text)
  _toolchainkit_plain(text "${text}")
  string(REGEX REPLACE "##([A-Za-z0-9]*\\[)" "\\\\u{23}#\\1" text "${text}")
  string(REGEX REPLACE "^::" "\\\\u{3a}:" text "${text}")
  string(LENGTH "${text}" length)
  if(length GREATER 1000)
    string(SUBSTRING "${text}" 0 990 text)
    # The last character may be incomplete.
    string(ASCII 128 first)
    string(ASCII 191 last)
    string(ASCII 192 lead)
    string(ASCII 255 highest)
    string(REGEX REPLACE "[${lead}-${highest}][${first}-${last}]*$" "" text "${text}")
    string(APPEND text " ...")
  endif()
  set("${out_text}" "${text}" PARENT_SCOPE)
endfunction()

# Replaces the values of all variables of the environment that are credentials, also percent-encoded and within quotes.
function(_toolchainkit_mask_values out_text text)
  get_property(is_known GLOBAL PROPERTY _TOOLCHAINKIT_CREDENTIALS SET)
  if(NOT is_known)
    # The variables in the templates of secrets.
    string(REGEX MATCHALL "{[A-Za-z_][A-Za-z0-9_]*}" names "${arg_SCCACHE_SECRETS};${arg_CCACHE_SECRETS}")
    execute_process(COMMAND "${CMAKE_COMMAND}" -E environment OUTPUT_VARIABLE environment ERROR_QUIET)
    string(REGEX MATCHALL "\n[A-Za-z_][A-Za-z0-9_]*=" lines "\n${environment}")
    string(REGEX REPLACE "[{}]" "" names "${names}")
    foreach(line IN LISTS lines)
      string(REGEX REPLACE "[\n=]" "" name "${line}")
      string(TOUPPER "${name}" upper)
      if(upper MATCHES "${credential_names}" AND NOT upper MATCHES "${other_names}")
        list(APPEND names "${name}")
      endif()
    endforeach()
    set_property(GLOBAL PROPERTY _TOOLCHAINKIT_CREDENTIALS "${names}")
  endif()
  get_property(names GLOBAL PROPERTY _TOOLCHAINKIT_CREDENTIALS)
  foreach(name IN LISTS names)
    _toolchainkit_environment(value "${name}")
    string(STRIP "${value}" value)
    string(LENGTH "${value}" length)
    # As in src/foreign: a shorter value is a part of too many other texts.
    if(length LESS shortest_secret OR value MATCHES "^[*]*$")
      continue()
    endif()
    set(encoded "${value}")
    set(lower "${value}")
    foreach(code IN ITEMS 37 32 33 34 35 36 38 39 40 41 42 43 44 47 58 59 60 61 62 63 64 91 92 93 94 96 123 124 125)
      string(ASCII ${code} character)
      math(EXPR number "${code}" OUTPUT_FORMAT HEXADECIMAL)
      string(REPLACE "0x" "%" number "${number}")
      string(REPLACE "${character}" "${number}" lower "${lower}")
      string(TOUPPER "${number}" number)
      string(REPLACE "${character}" "${number}" encoded "${encoded}")
    endforeach()
    string(REPLACE "\\" "\\\\" quoted "${value}")
    string(REPLACE "\"" "\\\"" quoted "${quoted}")
    foreach(hidden IN ITEMS "${quoted}" "${encoded}" "${lower}" "${value}")
      string(REPLACE "${hidden}" "***" text "${text}")
    endforeach()
    # The parts of a connection string. A message may contain only one of them.
    while(value MATCHES "^([^;]*);(.*)$")
      set(value "${CMAKE_MATCH_2}")
      set(part "${CMAKE_MATCH_1}")
      _toolchainkit_mask_part(text "${text}" "${part}")
      if(NOT value MATCHES ";")
        _toolchainkit_mask_part(text "${text}" "${value}")
      endif()
    endwhile()
  endforeach()
  set("${out_text}" "${text}" PARENT_SCOPE)
endfunction()

function(_toolchainkit_mask_part out_text text part)
  if(NOT part MATCHES "^[A-Za-z]*([Ee]ndpoint|[Ss]uffix|[Pp]rotocol|[Aa]ccount[Nn]ame) *[=:]")
    string(REGEX REPLACE "^[A-Za-z ]*[=:] *" "" part "${part}")
    string(LENGTH "${part}" length)
    if(NOT length LESS shortest_secret)
      string(REPLACE "${part}" "***" text "${text}")
    endif()
  endif()
  set("${out_text}" "${text}" PARENT_SCOPE)
endfunction()

# Replaces control characters, characters that change the direction of text, and bytes that are not UTF-8.
function(_toolchainkit_plain out_text text)
  string(ASCII 1 first)
  string(ASCII 31 last)
  string(ASCII 127 delete)
  if(text MATCHES "[${first}-${last}${delete}]")
    foreach(code RANGE 1 31)
      string(ASCII ${code} character)
      math(EXPR number "${code}" OUTPUT_FORMAT HEXADECIMAL)
      string(REPLACE "0x" "\\u{" number "${number}}")
      string(REPLACE "${character}" "${number}" text "${text}")
    endforeach()
    string(REPLACE "${delete}" "\\u{7f}" text "${text}")
  endif()
  string(ASCII 91 128 45 255 93 any)
  if(NOT text MATCHES "${any}")
    set("${out_text}" "${text}" PARENT_SCOPE)
    return()
  endif()
  # The semicolon and brackets have a meaning in lists. The text contains no control characters here.
  string(ASCII 91 128 45 191 93 more)
  string(ASCII 91 194 45 223 93 two)
  string(ASCII 224 91 160 45 191 93 three_low)
  string(ASCII 91 225 45 236 238 239 93 three)
  string(ASCII 237 91 128 45 159 93 three_high)
  string(ASCII 240 91 144 45 191 93 four_low)
  string(ASCII 91 241 45 243 93 four)
  string(ASCII 244 91 128 45 143 93 four_high)
  string(CONCAT character "[${first}-${last} -~]|${two}${more}|${three_low}${more}|${three}${more}${more}|${three_high}${more}|"
    "${four_low}${more}${more}|${four}${more}${more}${more}|${four_high}${more}${more}")
  string(ASCII 2 open)
  string(ASCII 3 close)
  string(REPLACE ";" "${first}" text "${text}")
  string(REPLACE "[" "${open}" text "${text}")
  string(REPLACE "]" "${close}" text "${text}")
  string(REGEX MATCHALL "(${character})+" parts "${text}?")
  list(JOIN parts "?" text)
  string(REGEX REPLACE "[?]$" "" text "${text}")
  string(REPLACE "${close}" "]" text "${text}")
  string(REPLACE "${open}" "[" text "${text}")
  string(REPLACE "${first}" ";" text "${text}")
  foreach(code RANGE 128 159)
    string(ASCII 194 ${code} character)
    math(EXPR number "${code}" OUTPUT_FORMAT HEXADECIMAL)
    string(REPLACE "0x" "\\u{" number "${number}}")
    string(REPLACE "${character}" "${number}" text "${text}")
  endforeach()
  # The number of each character, and its bytes.
  foreach(entry IN ITEMS "61c 216 156" "200e 226 128 142" "200f 226 128 143" "2028 226 128 168" "2029 226 128 169" "202a 226 128 170"
      "202b 226 128 171" "202c 226 128 172" "202d 226 128 173" "202e 226 128 174" "2066 226 129 166" "2067 226 129 167"
      "2068 226 129 168" "2069 226 129 169" "feff 239 187 191")
    string(REPLACE " " ";" bytes "${entry}")
    list(GET bytes 0 number)
    list(REMOVE_AT bytes 0)
    string(ASCII ${bytes} character)
    string(REPLACE "${character}" "\\u{${number}}" text "${text}")
  endforeach()
  set("${out_text}" "${text}" PARENT_SCOPE)
endfunction()

# The string value of a member of a JSON object on one line; empty if there is none.
function(_toolchainkit_json_member out_value json name)
  set(value "")
  if(json MATCHES "\"${name}\": *\"(([^\"\\]|\\\\.)*)\"")
    string(REGEX REPLACE "\\\\(.)" "\\1" value "${CMAKE_MATCH_1}")
  endif()
  set("${out_value}" "${value}" PARENT_SCOPE)
endfunction()

# The members of a JSON object, from alternating names and values.
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
  # Long lists consist of names, which need no escapes.
  if("${ARGN}" MATCHES "^[A-Za-z0-9_.*;-]+$")
    list(JOIN ARGN "\", \"" elements)
    set("${out_elements}" "\"${elements}\"" PARENT_SCOPE)
    return()
  endif()
  foreach(element IN LISTS ARGN)
    _toolchainkit_json_text(element "${element}")
    string(APPEND elements ", ${element}")
  endforeach()
  string(REGEX REPLACE "^, " "" elements "${elements}")
  set("${out_elements}" "${elements}" PARENT_SCOPE)
endfunction()

cmake_policy(POP)

# A preset can make CMake report each variable that is read without being set, also of the environment, and make this an error.
# A variable that was unset counts as set. These functions read unset variables on purpose, so each public function and each
# deferred one begins with this call.
macro(_toolchainkit_expect_unset)
  _toolchainkit_expect_unset_names(
    CMAKE_PROJECT_NAME CMAKE_HOST_SYSTEM_PROCESSOR CMAKE_SYSTEM_NAME CMAKE_BUILD_TYPE CMAKE_TOOLCHAIN_FILE
    CMAKE_MATCH_1 CMAKE_MATCH_2 CMAKE_MATCH_3 CMAKE_MATCH_4
    CMAKE_C_COMPILER CMAKE_CXX_COMPILER CMAKE_OBJC_COMPILER CMAKE_OBJCXX_COMPILER CMAKE_CUDA_COMPILER CMAKE_HIP_COMPILER
    CMAKE_C_FLAGS CMAKE_CXX_FLAGS CMAKE_OBJC_FLAGS CMAKE_OBJCXX_FLAGS CMAKE_CUDA_FLAGS CMAKE_HIP_FLAGS
    CC CXX OBJC OBJCXX CUDACXX HIPCXX CFLAGS CXXFLAGS OBJCFLAGS OBJCXXFLAGS CUDAFLAGS HIPFLAGS
    TOOLCHAINKIT_CACHE TOOLCHAINKIT_CACHE_TOOL TOOLCHAINKIT_LAUNCH TOOLCHAINKIT_PROFILE _TOOLCHAINKIT_MARKER _TOOLCHAINKIT_FLAGS
    _toolchainkit_enclosing _toolchainkit_call
    HOME PATH USERPROFILE LOCALAPPDATA XDG_CACHE_HOME XDG_RUNTIME_DIR CCACHE_DIRECT SCCACHE_IDLE_TIMEOUT
    http_proxy https_proxy all_proxy no_proxy HTTP_PROXY HTTPS_PROXY ALL_PROXY NO_PROXY)
endmacro()

macro(_toolchainkit_expect_unset_names)
  foreach(_toolchainkit_name IN ITEMS ${ARGN})
    if(NOT DEFINED "${_toolchainkit_name}")
      unset("${_toolchainkit_name}")
    endif()
  endforeach()
endmacro()

# The value of an environment variable, empty if it is not set.
function(_toolchainkit_environment out_value name)
  set("${out_value}" "" PARENT_SCOPE)
  if(DEFINED "ENV{${name}}")
    set("${out_value}" "$ENV{${name}}" PARENT_SCOPE)
  endif()
endfunction()
