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
    string(REGEX REPLACE "Gi?B?$" " GiB" size "${size}")
    string(APPEND text "local cache ${directory} (${size})")
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
  _toolchainkit_get(passed_over user passed_over)
  _toolchainkit_json(json tool "${tool}" tool_version "${version}" program "${program}" launcher "${launcher}"
    launch "${launch}" mode "${mode}" location "${location}" dir "${directory}" socket "${socket}" id "${id}"
    project "${arg_PROJECT}" profile "${arg_PROFILE}" reason "${reason}" passed_over "${passed_over}"
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
