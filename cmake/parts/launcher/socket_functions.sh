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
