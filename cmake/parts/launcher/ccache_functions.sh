tk_do_option() {
  case $1 in
  --start-server)
    # ccache has none; this says whether the cache can be used.
    if [ -n "$tk_missing" ]; then
      echo "toolchainkit:$tk_missing is not set" >&2
      exit 3
    fi
    rm -f "$tk_run/broken" "$tk_run/told"
    exec "$tk_tool" --version
    ;;
  --watch)
    trap '' HUP INT QUIT TERM
    tk_watch
    exit
    ;;
  *) exec "$tk_tool" "$@" ;;
  esac
}

# Before the tool runs: when something is not as it should be.
tk_prepare() {
  if [ -n "$tk_missing" ]; then
    tk_warn "${tk_missing# } is not set: using the local cache"
    tk_use_local
  fi
  if [ ! -x "$tk_tool" ]; then
    tk_warn "$tk_tool is gone: compiling without a cache until the project is configured again"
    exec "$@"
  fi
  if tk_is_fresh "$tk_run/broken"; then
    CCACHE_REMOTE_STORAGE=
  elif [ -e "$tk_run/broken" ]; then
    # One compilation tries again, the others meanwhile go on without.
    : >"$tk_run/broken"
    tk_try=1
  fi
}

# After the tool has run, in an outage.
tk_conclude() {
  if [ $tk_status -eq 130 ] || [ $tk_status -eq 137 ]; then
    tk_break "the remote cache does not answer: using the local cache for a minute"
    CCACHE_REMOTE_STORAGE=
    exec "$tk_tool" "$@"
  fi
  [ -z "$tk_try" ] || rm -f "$tk_run/broken" "$tk_run/told"
}

# Kills each ccache that has done nothing but wait for 8 s: that is one without a child. The launcher then does without
# the remote. First by SIGINT, of which no shell says a word. Lives as long as there are compilations.
tk_watch() {
  echo $$ >"$tk_run/watching"
  tk_clients=
  tk_quiet=0
  while [ $tk_quiet -lt 5 ]; do
    sleep 1
    tk_read_clients
    tk_left=
    for tk_client in $tk_clients; do
      tk_idle=${tk_client#*:}
      tk_client=${tk_client%:*}
      tk_find_tool "$tk_client" && tk_find_children "$tk_waits_for" || continue
      [ -z "${tk_children# }" ] && tk_idle=$((tk_idle + 1)) || tk_idle=0
      tk_left="$tk_left $tk_client:$tk_idle"
      case $tk_idle in
      [0-7]) ;;
      8)
        : >"$tk_run/broken"
        kill -s INT "$tk_waits_for"
        ;;
      *) kill -s KILL "$tk_waits_for" ;;
      esac
    done
    for tk_client in $tk_new; do
      tk_left="$tk_left $tk_client:0"
    done
    tk_clients=$tk_left
    tk_quiet=$((tk_quiet + 1))
    [ -z "$tk_clients" ] || tk_quiet=0
  done
  rm -f "$tk_run/watching"
}
