tk_alive() {
  [ -S "$tk_run/socket" ] && read -r tk_pid <"$tk_run/pid" && kill -0 "$tk_pid"
} 2>/dev/null

# What a client at socket $1 needs. Should it find no daemon, it would start one of its own; with this, it fails instead.
tk_talk_to() {
  tk_clear
  SCCACHE_CONF=/dev/null
  SCCACHE_SERVER_UDS=$1
  SCCACHE_MEMCACHED_ENDPOINT=tcp://no-daemon
  export SCCACHE_CONF SCCACHE_SERVER_UDS SCCACHE_MEMCACHED_ENDPOINT
}

tk_be_client() {
  tk_talk_to "$tk_run/socket"
  tk_sign_in
}
