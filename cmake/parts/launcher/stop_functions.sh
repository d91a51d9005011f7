# Ends the daemon, which finishes first what it is compiling, for which it takes up to 10 s. Holds the lock afterwards:
# compilations that come now wait for the next daemon.
tk_stop() {
  trap 'rmdir "$tk_run/starting"; exit 130' INT TERM HUP
  tk_waited=0
  until mkdir "$tk_run/starting" 2>/dev/null || [ $tk_waited -ge 300 ]; do
    sleep 0.05 || sleep 1
    tk_waited=$((tk_waited + 1))
  done
  # Nobody comes any more, and who has seen the daemon alive gets the time to arrive.
  mv -f "$tk_run/pid" "$tk_run/leaving" 2>/dev/null && { sleep 0.2 || sleep 1; }
  "$tk_tool" --stop-server
  tk_status=$?
  tk_waited=0
  while [ $tk_status -eq 0 ] && read -r tk_pid <"$tk_run/leaving" && kill -0 "$tk_pid"; do
    [ $tk_waited -lt 240 ] || kill -s KILL "$tk_pid"
    sleep 0.05 || sleep 1
    tk_waited=$((tk_waited + 1))
  done 2>/dev/null
  rm -f "$tk_run/leaving" "$tk_run/socket"
}
