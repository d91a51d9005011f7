# Sourced by the launcher, which see.

# Whether FILE is less than a minute old.
tk_is_fresh() {
  [ -e "$1" ] && [ -n "$(find "$1" -mmin -1 2>/dev/null)" ]
}

# One line to people, not more than one a minute for this build folder, since compilers run by the hundred.
tk_warn() {
  [ ! -e "$tk_folder/warned" ] || tk_is_fresh "$tk_folder/warned" || rm -f "$tk_folder/warned"
  # Of several callers one creates the file.
  (set -C; : >"$tk_folder/warned") 2>/dev/null && printf 'toolchainkit: %s\n' "$1" >&2
}

# In a session of its own, where signals to the build do not reach it, and without our files: a build tool would wait for
# their end.
tk_start_in_background() {
  tk_setsid=
  ! command -v setsid >/dev/null || tk_setsid=setsid
  $tk_setsid "$@" </dev/null >/dev/null 2>&1 3>&- 4>&- 5>&- 6>&- 7>&- 8>&- 9>&- &
}

# Both tools know a compiler by its bytes, which for a script say nothing of the compiler that it runs; so its version is a
# part of the key. Ours name the version. Which compilers need not be asked is found out once.
tk_look_at_compiler() {
  if [ "$(head -c 2 "$1")" != "#!" ] || grep -qF '# Written by ToolchainKit.cmake.' "$1"; then
    printf ':%s:' "$1" >>"$tk_folder/known-compilers"
    return
  fi
  tk_version=$(LC_ALL=C "$1" --version </dev/null | cksum)
  CCACHE_NAMESPACE=${CCACHE_NAMESPACE-}$tk_version
  SCCACHE_C_CUSTOM_CACHE_BUSTER="${SCCACHE_C_CUSTOM_CACHE_BUSTER-} $tk_version"
  export CCACHE_NAMESPACE SCCACHE_C_CUSTOM_CACHE_BUSTER
} 2>/dev/null

# The breaker: once it is open, nobody uses the tool or the remote for a minute. It is told once in an outage.
tk_break() {
  : >"$tk_run/broken"
  (set -C; : >"$tk_run/told") 2>/dev/null && echo "toolchainkit: $1" >&2
}

# Puts those that have signed in since the last time into tk_new, and so empties the list.
tk_read_clients() {
  tk_new=
  [ -s "$tk_run/clients" ] && mv "$tk_run/clients" "$tk_run/clients.read" || return 0
  while read -r tk_client; do
    case "$tk_clients $tk_new " in
    *" $tk_client"[:\ ]*) continue ;;
    esac
    kill -0 "$tk_client" && tk_new="$tk_new $tk_client"
  done <"$tk_run/clients.read"
}

# Puts the children of process $1 into tk_children; fails where they cannot be known.
tk_find_children() {
  tk_children=
  if [ -e "/proc/$$/task/$$/children" ]; then
    for tk_thread in "/proc/$1/task/"*/children; do
      tk_line=
      read -r tk_line <"$tk_thread"
      tk_children="$tk_children $tk_line"
    done
  else
    command -v ps >/dev/null || return
    tk_children=$(ps -A -o ppid= -o pid= | awk -v parent="$1" '$1 == parent { print $2 }')
  fi
} 2>/dev/null

# Puts the tool that the launcher $1 waits for into tk_waits_for; fails if it does not.
tk_find_tool() {
  tk_find_children "$1" || return
  for tk_waits_for in $tk_children; do
    tk_line=$tk_tool
    [ ! -e /proc/$$/cmdline ] || read -r tk_line <"/proc/$tk_waits_for/cmdline"
    case $tk_line in
    *"$tk_tool"*) return 0 ;;
    esac
  done
  return 1
} 2>/dev/null
