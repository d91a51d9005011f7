tk_is_up() {
  :
}

tk_stop() {
  "$tk_tool" --stop-server
  tk_status=$?
}

tk_start() {
  "$tk_tool" --start-server >"$tk_run/log" 2>&1 3>&- 4>&- 5>&- 6>&- 7>&- 8>&- 9>&- || grep -q 'Address .*in use' "$tk_run/log"
}

tk_interrupted() {
  trap - "$tk_signal"
  kill -s "$tk_signal" $$
}
