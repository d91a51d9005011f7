#!/bin/sh
# Written by ToolchainKit.cmake, because toolchainkit-launch was not found. Each configuration writes it again.
# `launcher COMPILER ARGUMENTS...` compiles through the tool; `launcher -OPTION...` runs the tool itself, with the same cache.
# If anything fails, it runs the compiler. It contains no secret. A failed redirection of `:` ends the shell, so it is in a subshell.
# shellcheck disable=SC2015,SC2016,SC2030,SC2031,SC2046,SC2086,SC2154,SC2209 # unquoted words must be split; the module sets

# Prints at most one warning a minute for this build folder. Only the caller that creates the file prints.
tk_warn() {
  find "$tk_folder/warned" -prune ! -mmin -1 -exec rm -rf {} +
  (set -C && : >"$tk_folder/warned") && printf 'toolchainkit: %s\n' "$1" >&3
} 3>&2 2>/dev/null
# Opens the breaker: for a minute, compilations do not use the tool. Then one compilation tries it again.
tk_break() { (: >"$tk_folder/broken") 2>/dev/null; tk_warn "$1: compiling without $tk_kind for a minute"; }
# Whether these folders belong to the user. Others cannot write to them, because the script or the module has made them.
tk_own() { for tk_part; do [ -d "$tk_part" ] && [ -O "$tk_part" ] && [ ! -L "$tk_part" ] || return; done; }
# Sets tk_run to a private folder for the daemon. It depends on the user, the boot, the mount namespace and the root folder.
tk_find_run() {
  read -r tk_boot </proc/sys/kernel/random/boot_id || tk_boot=
  tk_owner=$(stat -Lc %i /proc/self/ns/mnt / || stat -f %i /) || return
  tk_own "${XDG_RUNTIME_DIR-}" && tk_runtime=$XDG_RUNTIME_DIR || tk_runtime=$tk_run_root
  for tk_root in "$tk_run_root" "$tk_runtime/toolchainkit" "/tmp/toolchainkit-$(id -u)"; do
    tk_run=$tk_root/$tk_id/s-${tk_boot%%-*}-$(echo $tk_owner | tr ' ' -)
    [ -d "$tk_root" ] || (umask 077 && mkdir -p "$tk_root")
    tk_own "$tk_root" && { [ -d "$tk_run" ] || (umask 077 && mkdir -p "$tk_run"); } || continue
    [ ${#tk_run} -lt 93 ] && tk_own "$tk_root/$tk_id" "$tk_run" && [ -w "$tk_run" ] && return
  done
} 2>/dev/null
# Runs the tool. Without a daemon, sccache would start one; with this endpoint, it fails instead. It ignores interrupts,
# because the daemon would continue to write the object.
tk_ask() (
  if [ "$tk_kind" = sccache ]; then
    trap '' HUP INT TERM && tk_clear
    export SCCACHE_CONF=/dev/null SCCACHE_SERVER_UDS="$tk_run/socket" SCCACHE_MEMCACHED_ENDPOINT=tcp://no-daemon
  fi
  exec $tk_limit "$tk_program" "$@" 2>&"${tk_errors:-2}" 8>&- 9>&-
)
# Runs the tool, and sets tk_status, and tk_text to its standard error.
tk_read() {
  { tk_text=$([ "$tk_kind" = ccache ] || trap '' HUP INT TERM; exec 8>&1 2>/dev/null; tk_errors=8; tk_ask "$@" >&9) && tk_status=0 || tk_status=$?; } 9>&1
}
# Prints the messages of the compiler. Those of the tool may contain secrets: sccache can print the whole environment.
tk_print() { [ -z "$tk_text" ] || sed "/^$tk_kind: /d" >&2; } <<EOT
$tk_text
EOT
# Starts the daemon. Only the caller that creates the folder does. The daemon inherits no descriptor of the build: sccache
# before 0.18 would keep all of them open, and dash cannot close those from 10 on.
tk_start() {
  [ -z "$(find "$tk_run/starting" -mmin +1)" ] || rmdir "$tk_run/starting"
  tk_shell=sh
  case $(ls /proc/self/fd) in *[0-9][0-9]*) sh -c 'exec 10>&-' || tk_shell=$(command -v bash) || return ;; esac
  mkdir "$tk_run/starting" || return
  tk_ask --dist-status >/dev/null || (rm -f "$tk_run/socket" "$tk_run/log" && (umask 077 && : >"$tk_run/log") && export SCCACHE_SERVER_UDS="$tk_run/socket" &&
    exec "$tk_shell" -c 'for fd in /proc/self/fd/[1-9][0-9]*; do [ ! -e "$fd" ] || eval "exec ${fd##*/}>&-"; done
      exec "$1" --start-server' sh "$tk_program" </dev/null >"$tk_run/log" 2>&1 3>&- 4>&- 5>&- 6>&- 7>&- 8>&- 9>&-)
  set -- $? && rmdir "$tk_run/starting"; [ "$1" -eq 0 ] || { tk_break "sccache does not start" && false; }
}
# Ends the daemon and its compilers, which would continue to write objects. Each has the endpoint in its environment.
tk_end() {
  kill -9 $(grep -lzxF "SCCACHE_SERVER_UDS=$tk_run/socket" /proc/[0-9]*/environ | cut -d/ -f3) || tk_ask --stop-server
  rm -f "$tk_run/socket"
} >/dev/null 2>&1
# Determines which options a compiler needs. A script, a link to another cache, or a compiler with a configuration file is
# not cached. sccache ignores line numbers unless an option requests a profile, so the options request one.
tk_find_options() {
  tk_options=no
  [ "$(head -c 2 "$1")" = "#!" ] || "$1" -v 2>&1 | grep -qE "^(Configuration file|Reading specs from)" || case $tk_kind:$(readlink -f "$1") in
  *:*/*ccache* | *:*/*distcc* | *:*/*icecc*) ;;
  ccache:* | *clang-cl* | *nvcc | *hipcc) tk_options= ;;
  *clang*) tk_options=$tk_clang_options ;;
  *gcc* | *g++*) tk_options=$tk_gcc_options ;;
  esac
} 2>/dev/null
# <settings>
[ "$tk_kind" = ccache ] || tk_find_run || tk_run=
# A running daemon does not need the secrets.
[ -z "$tk_missing" ] || [ "$1" = --start-server ] || [ -S "$tk_run/socket" ] ||
  { tk_warn "${tk_missing# } is not set: using the local cache"; tk_use_local; [ "$tk_kind" = ccache ] || tk_find_run || tk_run=; }
[ "$tk_kind$tk_run" != sccache ] ||
  { tk_warn "cannot write to $tk_run_root or $tk_root, or they belong to another user: compiling without sccache"; case $1 in -*) exit 2 ;; *) exec "$@" ;; esac; }
case $1 in
--start-server)
  rm -rf "$tk_folder/broken" "$tk_folder/warned"
  [ -z "$tk_missing" ] || { echo "toolchainkit:$tk_missing is not set" >&2 && exit 3; }
  if [ "$tk_kind" = ccache ]; then tk_ask --version >/dev/null || exit 2
  else tk_ask --dist-status >/dev/null 2>&1 || tk_start 2>/dev/null || { echo "toolchainkit: sccache does not start: see $tk_run/log" >&2 && exit 2; }; fi
  tk_run=$(printf %s "$tk_run" | sed 's/[\\"]/\\&/g')
  printf '{"address": "%s", "log": "%s"}\n' "${tk_run:+$tk_run/socket}" "${tk_run:+$tk_run/log}" && exit ;;
--stop-server) [ -S "$tk_run/socket" ] && tk_ask "$@" && rm -f "$tk_run/socket" && exit || exit 2 ;;
-*) tk_ask "$@" && exit || exit ;;
esac
# <rules>
# Generated from src/launch/rules: TOOLCHAINKIT_UPDATE=1 cargo test --test suite derived
[ -z "${CCC_OVERRIDE_OPTIONS-}${CCC_ADD_ARGS-}${NVCC_PREPEND_FLAGS-}${NVCC_APPEND_FLAGS-}" ] || exec "$@"
tk_words="-e incbin -e INCBIN"
[ "$tk_kind" = ccache ] || [ -z "${SOURCE_DATE_EPOCH-}" ] || tk_words="$tk_words -e __DATE__ -e __TIME__"
case " $* " in
*" @"* | *" -fmodule"* | *" -DTOOLCHAINKIT_NO_CACHE "* | *" -DTOOLCHAINKIT_NO_CACHE="* | *" -D TOOLCHAINKIT_NO_CACHE"* | \
  *" -fbranch-probabilities "* | *" -da "* | *" -fopt-info"*=* | *" -fsave-optimization-record"* | *" -foptimization-record-file="* | \
  *" -save-stats"* | *" --save-stats"* | *" -fproc-stat-report"* | *" -stats-file="* | *" -info-output-file="* | *" -pass-remarks-output="* | \
  *" -diagnostic-log-file "* | *" -aux-info "* | *" -fdiagnostics-format="*-file* | *" -fdiagnostics-add-output="* | \
  *" -fdiagnostics-set-output="* | *" -Wa,"*-MD* | *" --MD "* | *" -al="* | *" -ad"*=* | *" -fcallgraph-info"* | *" -fprofile-generate"* | \
  *" -march=native "* | *" -mcpu=native "* | *" -mtune=native "* | *" --config="* | *" -fprofile-list="* | \
  *" -fsanitize-ignorelist="*) exec "$@" ;;
esac
case $tk_kind in
sccache) case " $* " in
  *" -fstack-usage "* | *" -fdump-"* | *" -ftime-trace"* | *" -fprofile-note="* | *" -Wa,-a"*=* | *" -arch "*" -arch "* | *" /Z7"* | *" -Z7"* | \
    *" /Zi"* | *" -Zi"* | *" /ZI"* | *" -ZI"* | *" --coverage "* | *" -coverage "* | *" -ftest-coverage "* | *" -fcoverage-mapping "* | \
    *" -fprofile-arcs "* | *" -fprofile-instr-generate"* | *" -fcs-profile-generate"* | *" -specs="* | *" --specs="* | *" -fprofile-sample-use="* | \
    *" -fauto-profile="*) exec "$@" ;;
  esac ;;
ccache) case " $* " in *" -ftime-trace="* | *cmake_pch* | *" -fprofile-use"*) exec "$@" ;; esac ;;
esac
# </rules>
tk_find_options "$1"
[ "$tk_options" != no ] || exec "$@"
tk_compiler=$1 && shift && set -- "$tk_compiler" $tk_options "$@"
[ -z "${TOOLCHAINKIT_BYPASS-}$tk_traced" ] || exec "$@"
for tk_part; do
  case $tk_part in -* | *.o | *.d | "$1") continue ;; esac
  [ ! -f "$tk_part" ] || ! LC_ALL=C grep -qF $tk_words "$tk_part" || exec "$@"
done
[ -x "$tk_program" ] || { tk_warn "$tk_program is missing: compiling without it until the project is configured again"; exec "$@"; }
# A successful compilation closes the breaker. Until then, the others do not use the tool.
[ ! -e "$tk_folder/broken" ] || { [ -z "$(find "$tk_folder/broken" -type f -mmin -1)" ] || exec "$@"; (: >"$tk_folder/broken") 2>/dev/null; }
if [ "$tk_kind" = ccache ]; then
  [ "${CCACHE_COMPILERCHECK-}" != content ] || ! tk_text=$(sha256sum <"$1") || export CCACHE_COMPILERCHECK="string:${tk_text%% *}"
  # A line that begins with "ccache: error: " shows that ccache has failed, and not the compiler.
  tk_read "$@"
  case $tk_text in "ccache: error: "*) tk_status=failed ;; esac
else
  { [ -S "$tk_run/socket" ] && [ ! -d "$tk_run/starting" ]; } || tk_start 2>/dev/null || exec "$@"
  trap : HUP INT TERM && tk_read "$@"
fi
case $tk_kind:$tk_status in
*:0) [ ! -e "$tk_folder/broken" ] || rm -rf "$tk_folder/broken" ;;
*:failed) tk_break "ccache fails"; exec "$@" ;;
*:124 | *:137 | *:393)
  tk_break "$tk_kind or the compiler took more than 30 s"
  [ "$tk_kind" = ccache ] || tk_end; exec "$@" ;;
sccache:2 | sccache:101 | sccache:12? | sccache:13? | sccache:25?)
  # Either sccache or the compiler has failed. If the daemon has ended, the next compilation starts another one.
  tk_ask --dist-status >/dev/null 2>&1 || { tk_end; exec "$@"; }
  tk_text=$("$@" 2>&1) && tk_second=0 || tk_second=$?
  [ $tk_second -eq "$tk_status" ] || tk_break "sccache fails"
  tk_print; exit $tk_second ;;
esac
tk_print; exit "$tk_status"
