#!/bin/sh
# Written by ToolchainKit.cmake when the project was configured, for want of toolchainkit-launch; changes get lost.
#   launcher COMPILER ARGUMENTS...   compiles through sccache or ccache
#   launcher -OPTION...              runs the tool itself, on the same cache
# Slower than the program, and with fewer hits. Whatever fails here ends in the compiler being run. No secret is in this file.
# A redirection of `:` that fails would end the shell, so these are made in subshells.
# shellcheck disable=SC2015,SC2016,SC2046,SC2086,SC2154 # What is not quoted is to be split; settings come from the module.

# One line to people, at most one a minute for this build folder. Of several callers one creates the file.
tk_warn() {
  [ -n "$(find "$tk_folder/warned" -mmin -1)" ] || rm -rf "$tk_folder/warned"
  (set -C && : >"$tk_folder/warned") && printf 'toolchainkit: %s\n' "$1" >&3
} 3>&2 2>/dev/null

# Opens the breaker: compilations do without the tool for a minute, and then one tries again.
tk_break() {
  (: >"$tk_folder/broken") 2>/dev/null
  tk_warn "$1: compiling without $tk_kind for a minute"
}

# Puts the private folder for the daemon of this user, boot, mount namespace and root folder into tk_run.
tk_find_run() {
  read -r tk_boot </proc/sys/kernel/random/boot_id || tk_boot=
  set -- $(stat -Lc %i /proc/self/ns/mnt / || stat -f %i /)
  [ -n "${1-}" ] || return
  for tk_root in "$tk_run_root" "${XDG_RUNTIME_DIR:-$tk_run_root}/toolchainkit" /tmp/toolchainkit-; do
    [ "$tk_root" != /tmp/toolchainkit- ] || tk_root=$tk_root$(id -u)
    tk_run=$tk_root/$tk_id/script-${tk_boot%%-*}-${1-}-${2-}
    [ -d "$tk_run" ] || (umask 077 && mkdir -p "$tk_run")
    [ ${#tk_run} -lt 93 ] && [ -O "$tk_root" ] && [ ! -L "$tk_root" ] && [ -O "$tk_run" ] && [ -w "$tk_run" ] && return
  done
} 2>/dev/null

# Runs the tool. Where a client of sccache finds no daemon, it would start one of its own; with this, it fails instead. It
# does not let itself be interrupted, since the daemon would go on writing the object.
tk_ask() (
  if [ "$tk_kind" = sccache ]; then
    trap '' HUP INT TERM
    tk_clear
    export SCCACHE_CONF=/dev/null SCCACHE_SERVER_UDS="$tk_run/socket" SCCACHE_MEMCACHED_ENDPOINT=tcp://no-daemon
  fi
  exec $tk_limit "$tk_program" "$@"
)

# Starts the daemon; of several callers one does. It is the child of a shell that removes its socket when it ends, and gets
# no file of the build: not every shell can close those from 10 on.
tk_start() {
  [ -z "$(find "$tk_run/starting" -mmin +1 2>/dev/null)" ] || rmdir "$tk_run/starting"
  tk_shell="sh"
  case $(ls /proc/self/fd 2>/dev/null) in
  *[0-9][0-9]*) tk_shell=$(command -v bash) || return ;;
  esac
  mkdir "$tk_run/starting" 2>/dev/null && (: >"$tk_run/log" && : >"$tk_run/alive") 2>/dev/null || return
  rm -rf "$tk_run/socket"
  (exec env SCCACHE_SERVER_UDS="$tk_run/socket" SCCACHE_START_SERVER=1 SCCACHE_NO_DAEMON=1 $(command -v setsid) $tk_shell -c '
    cd / && trap "" HUP INT TERM
    for fd in /proc/self/fd/[1-9][0-9]*; do [ ! -e "$fd" ] || eval "exec ${fd##*/}>&-"; done
    "$1"
    rm -f "$2/socket" "$2/alive"' sh "$tk_program" "$tk_run" \
    </dev/null >"$tk_run/log" 2>&1 3>&- 4>&- 5>&- 6>&- 7>&- 8>&- 9>&-) &
  tk_tries=0
  until tk_ask --dist-status >/dev/null 2>&1 || [ ! -e "$tk_run/alive" ] || [ $tk_tries -ge 200 ]; do
    sleep 0.05 2>/dev/null || sleep 1
    tk_tries=$((tk_tries + 1))
  done
  rmdir "$tk_run/starting"
  [ -e "$tk_run/alive" ] && [ $tk_tries -lt 200 ] || { tk_break "sccache does not start" && false; }
}

# Finds out once which options a compiler gets. A script, or a link to another cache, may be any compiler: no cache. sccache
# leaves line numbers out of the text that it compares unless the compiler is to profile, as which these two count.
tk_find_options() {
  tk_options=no
  [ "$(head -c 2 "$1")" = "#!" ] || case $tk_kind:$(readlink -f "$1") in
  *:*/*ccache* | *:*/*distcc* | *:*/*icecc*) ;;
  ccache:* | *clang-cl* | *nvcc | *hipcc) tk_options= ;;
  *clang*) tk_options=$tk_clang_options ;;
  *gcc* | *g++*) tk_options=$tk_gcc_options ;;
  esac
  (printf ':%s=%s:' "$1" "$tk_options" >>"$tk_folder/known-compilers")
} 2>/dev/null

# <settings>
[ -z "$tk_limit" ] || command -v timeout >/dev/null || tk_limit=
[ -z "$tk_missing" ] || [ "$1" = --start-server ] || { tk_warn "${tk_missing# } is not set: using the local cache"; tk_use_local; }
if [ "$tk_kind" = sccache ] && ! tk_find_run; then
  tk_warn "cannot write to $tk_run_root nor $tk_root: compiling without sccache"
  [ "${1#-}" = "$1" ] || exit 2
  exec "$@"
fi
case $1 in
--start-server)
  rm -rf "$tk_folder/broken" "$tk_folder/warned"
  [ -z "$tk_missing" ] || { echo "toolchainkit:$tk_missing is not set" >&2 && exit 3; }
  case $tk_kind in
  ccache) tk_ask --version >/dev/null || exit 2 ;;
  *) tk_ask --dist-status >/dev/null 2>&1 || tk_start 2>/dev/null || { cat "$tk_run/log" >&2 && exit 2; } ;;
  esac
  tk_run=$(printf %s "${tk_run-}" | sed 's/[\\"]/\\&/g')
  printf '{"address": "%s", "log": "%s"}\n' "${tk_run:+$tk_run/socket}" "${tk_run:+$tk_run/log}"
  exit ;;
--stop-server)
  [ -S "${tk_run-}/socket" ] && tk_ask "$@" || exit 2
  while [ -S "$tk_run/socket" ]; do sleep 1; done
  exit ;;
-*) tk_ask "$@" && exit || exit ;;
esac

# <rules>
# Made from src/launch/rules by a test; TOOLCHAINKIT_UPDATE=1 writes it.
case $tk_kind in
sccache)
  tk_words="-e incbin -e INCBIN"
  [ -z "${SOURCE_DATE_EPOCH-}" ] || tk_words="$tk_words -e __DATE__ -e __TIME__"
  case " $* " in
  *" @"* | *" -DTOOLCHAINKIT_NO_CACHE "* | *" -DTOOLCHAINKIT_NO_CACHE="* | *" -D TOOLCHAINKIT_NO_CACHE"* | \
    *" -fbranch-probabilities "* | *" -da "* | *" -fopt-info"*=* | *" -fsave-optimization-record"* | \
    *" -foptimization-record-file="* | *" -save-stats"* | *" --save-stats"* | *" -fproc-stat-report"* | \
    *" -stats-file="* | *" -info-output-file="* | *" -pass-remarks-output="* | *" -diagnostic-log-file "* | \
    *" -aux-info "* | *" -fdiagnostics-format="*-file* | *" -fdiagnostics-add-output="* | \
    *" -fdiagnostics-set-output="* | *" -Wa,"*-MD* | *" --MD "* | *" -al="* | *" -ad"*=* | *" -fstack-usage "* | \
    *" -fcallgraph-info"* | *" -fdump-"* | *" -ftime-trace"* | *" -fprofile-note="* | *" -Wa,-a"*=* | \
    *" --coverage "* | *" -coverage "* | *" -ftest-coverage "* | *" -fcoverage-mapping "* | *" -fprofile-arcs "* | \
    *" -fprofile-generate"* | *" -fprofile-instr-generate"* | *" -fcs-profile-generate"* | *" -march=native "* | \
    *" -mcpu=native "* | *" -mtune=native "* | *" -specs="* | *" --specs="* | *" --config="* | \
    *" -fprofile-sample-use="* | *" -fauto-profile="* | *" -fprofile-list="* | \
    *" -fsanitize-ignorelist="*) exec "$@" ;;
  esac
  ;;
ccache)
  tk_words="-e incbin -e INCBIN"
  case " $* " in
  *" @"* | *" -DTOOLCHAINKIT_NO_CACHE "* | *" -DTOOLCHAINKIT_NO_CACHE="* | *" -D TOOLCHAINKIT_NO_CACHE"* | \
    *" -da "* | *" -fopt-info"*=* | *" -fsave-optimization-record"* | *" -foptimization-record-file="* | \
    *" -save-stats"* | *" --save-stats"* | *" -ftime-trace="* | *" -fproc-stat-report"* | *" -stats-file="* | \
    *" -info-output-file="* | *" -pass-remarks-output="* | *" -diagnostic-log-file "* | *" -aux-info "* | \
    *" -fdiagnostics-format="*-file* | *" -fdiagnostics-add-output="* | *" -fdiagnostics-set-output="* | \
    *" -Wa,"*-MD* | *" --MD "* | *" -al="* | *" -ad"*=* | *" -fcallgraph-info"* | *" -march=native "* | \
    *" -mcpu=native "* | *" -mtune=native "* | *" -fsanitize-ignorelist="* | *" --config="* | \
    *" -fprofile-list="* | *cmake_pch* | *" -fprofile-generate"* | *" -fprofile-use"* | \
    *" -fbranch-probabilities "*) exec "$@" ;;
  esac
  ;;
esac
# </rules>
{ read -r tk_known <"$tk_folder/known-compilers" || tk_known=; } 2>/dev/null
tk_options=${tk_known##*":$1="}
[ "$tk_options" != "$tk_known" ] && tk_options=${tk_options%%:*} || tk_find_options "$1"
[ "$tk_options" != no ] || exec "$@"
tk_compiler=$1 && shift
set -- "$tk_compiler" $tk_options "$@"
[ -z "${TOOLCHAINKIT_BYPASS-}" ] || exec "$@"
for tk_part; do
  case $tk_part in -* | *.o | *.d | "$1") continue ;; esac
  [ -z "$tk_words" ] || [ ! -f "$tk_part" ] || ! LC_ALL=C grep -qF $tk_words "$tk_part" || exec "$@"
done
[ -x "$tk_program" ] || { tk_warn "$tk_program is gone: compiling without it until the project is configured again"; exec "$@"; }
# Closed if this compilation succeeds; meanwhile the others go on without.
[ ! -e "$tk_folder/broken" ] || { [ -z "$(find "$tk_folder/broken" -type f -mmin -1)" ] || exec "$@"; (: >"$tk_folder/broken") 2>/dev/null; }
[ "$tk_kind" = ccache ] || { [ -S "$tk_run/socket" ] && [ ! -d "$tk_run/starting" ]; } || tk_start || exec "$@"
[ "$tk_kind" = ccache ] || trap : HUP INT TERM
tk_ask "$@"
tk_status=$?
case $tk_kind:$tk_status in
*:0) [ ! -e "$tk_folder/broken" ] || rm -rf "$tk_folder/broken" ;;
*:124 | *:137)
  tk_break "$tk_kind or the compiler took more than 30 s"
  [ "$tk_kind" = ccache ] || "$0" --stop-server </dev/null >/dev/null 2>&1 &
  exec "$@" ;;
ccache:1 | sccache:2 | sccache:101 | sccache:12? | sccache:13? | sccache:254)
  # The tool has failed, or the compiler has. Where the daemon is gone, the next compilation starts another.
  if [ "$tk_kind" = ccache ]; then
    for tk_part in "$CCACHE_DIR" "$CCACHE_DIR"/? "$CCACHE_DIR"/?/?; do
      [ ! -d "$tk_part" ] || [ -w "$tk_part" ] || { tk_break "cannot write to $tk_part" && :; exec "$@"; }
    done
  else
    tk_ask --dist-status >/dev/null 2>&1 || { rm -f "$tk_run/socket"; exec "$@"; }
  fi
  tk_text=$("$@" 2>&1)
  tk_second=$?
  [ $tk_second -eq $tk_status ] || { tk_break "$tk_kind fails" && :; printf '%s\n' "$tk_text" >&2; }
  exit $tk_second ;;
esac
exit $tk_status
