# Runs the tool, which may be killed; the shell is to say nothing about that.
tk_run_tool() {
  {
    (exec "$tk_tool" "$@" 2>&9 9>&-)
    tk_status=$?
  } 9>&2 2>/dev/null
}

tk_locked=
tk_try=
# sccache takes that variable away from the compiler.
tk_also=${SOURCE_DATE_EPOCH:+-e __DATE__ -e __TIME__}
