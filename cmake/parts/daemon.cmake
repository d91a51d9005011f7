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

