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
