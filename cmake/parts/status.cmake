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
  file(REMOVE_RECURSE "${folder}/new")
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
  _toolchainkit_write_if_changed("${folder}/cache.json" "{\"version\": 1, \"size_gb\": ${arg_SIZE_GB}, ${json}}\n")
endfunction()

