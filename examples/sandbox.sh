#!/usr/bin/env bash
# Sourced by quickstart.sh and docs/recording.sh in the top folder of the repository, after tests/setup.sh and cargo build: enters a copy of
# hello-cache in a temporary folder `$work`, with its own home and cache folders and the tools on PATH. At the end of the script, its
# daemon and the folder are removed.
set -euo pipefail
repository=$PWD
tools=${TOOLCHAINKIT_TEST_TOOLS:-$HOME/.cache/toolchainkit-tests}

work=
stop() {
  [[ -n $work ]] || return 0
  (cd "$work/hello-cache" && toolchainkit server stop >/dev/null 2>&1) || true
  rm -rf "$work"
}

# The path is short, because it becomes part of the path of the daemon's socket, which has a length limit.
work=$(mktemp -d /tmp/tk-quickstart.XXXXXX)
trap stop EXIT
cp -r examples/hello-cache "$work/"
rm -rf "$work"/hello-cache/{build,.toolchainkit,cmake,CMakePresets.json}
cd "$work/hello-cache"
for name in $(compgen -e); do
  case $name in SCCACHE_* | CCACHE_* | AWS_* | TOOLCHAINKIT_* | CMAKE_*) unset "$name" ;; esac
done
mkdir -m 700 "$work/home" "$work/cache" "$work/run"
export HOME=$work/home XDG_CACHE_HOME=$work/cache XDG_RUNTIME_DIR=$work/run
cmakes='' sccache=''
# shellcheck source=tests/versions.sh
. "$repository/tests/versions.sh"
PATH=${CARGO_TARGET_DIR:-$repository/target}/release:$tools/cmake-${cmakes##* }/cmake/data/bin:$tools/ninja/bin:$tools/sccache-$sccache/bin:$PATH
