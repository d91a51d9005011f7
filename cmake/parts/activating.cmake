
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
# in the run folder, which must belong to the user. Without a launcher, this still replaces a daemon when its settings change.
function(_toolchainkit_stop_old_daemon storage)
  if(CMAKE_HOST_WIN32 AND NOT launch STREQUAL "command")
    return()
  endif()
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
    _toolchainkit_install_launcher("${used}" ${ARGN})
    set(command "${launcher_path}")
    if(launch STREQUAL "command")
      _toolchainkit_windows_command(command "${used}")
    endif()
    _toolchainkit_unwritten(reason)
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
  if(launch STREQUAL "command" AND tool STREQUAL "ccache")
    set(option --version)
  endif()
  # The daemon may inherit the files. Windows then refuses to remove or to replace them, so each configuration uses new ones.
  file(GLOB old LIST_DIRECTORIES FALSE "${folder}/new/probe-*")
  string(RANDOM LENGTH 8 name)
  set(name "${folder}/new/probe-${name}")
  execute_process(COMMAND ${command} "${option}" RESULT_VARIABLE result TIMEOUT 30
    OUTPUT_FILE "${name}-output" ERROR_FILE "${name}-errors")
  file(READ "${name}-output" output)
  file(READ "${name}-errors" errors)
  file(REMOVE ${old} "${name}-output" "${name}-errors")
  if(launch STREQUAL "command" AND tool STREQUAL "sccache")
    _toolchainkit_check_daemon(result errors "${storage}" "${command}" "${result}" "${errors}")
  endif()
  if(result EQUAL 0)
    _toolchainkit_json_member(socket "${output}" address)
    if(launch STREQUAL "command" AND tool STREQUAL "sccache")
      _toolchainkit_get(port "${storage}" value_SCCACHE_SERVER_PORT)
      set(socket "127.0.0.1:${port}")
    endif()
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

# Without a launcher, the daemon has a port that depends only on the storage. If something listens there, `--start-server` fails
# although the daemon of an earlier configuration or of another checkout may be usable: it must have the storage that this
# version of sccache had when a configuration started it. Another daemon would store the objects elsewhere.
function(_toolchainkit_check_daemon out_result out_errors storage command result errors)
  set(is_used FALSE)
  if(NOT result EQUAL 0 AND errors MATCHES "Address in use|os error 10048")
    set(is_used TRUE)
  elseif(NOT result EQUAL 0)
    return()
  endif()
  _toolchainkit_get(id "${storage}" id)
  set(record "${user_folder}/run/${id}/daemon")
  execute_process(COMMAND ${command} --show-stats --stats-format json OUTPUT_VARIABLE stats ERROR_QUIET TIMEOUT 15)
  _toolchainkit_json_member(location "${stats}" cache_location)
  _toolchainkit_json_member(daemon_version "${stats}" version)
  set(daemon "${daemon_version} ${location}")
  if(NOT is_used)
    _toolchainkit_write_if_changed("${record}" "${daemon}")
    return()
  endif()
  set(known "")
  if(EXISTS "${record}")
    file(READ "${record}" known)
  endif()
  if(NOT location STREQUAL "" AND daemon STREQUAL known)
    set("${out_result}" 0 PARENT_SCOPE)
  else()
    _toolchainkit_get(port "${storage}" value_SCCACHE_SERVER_PORT)
    set("${out_errors}" "another program listens on its port ${port}" PARENT_SCOPE)
  endif()
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
