#!/usr/bin/env bash
# From a fresh clone to a cached build: generates the files for examples/hello-cache, builds it twice, and prints the
# cache statistics. It works on a copy in a temporary folder, with its own cache, and removes both at the end.
#
#   examples/quickstart.sh
#
# Exit code 1 if the second build did not get every object from the cache.
set -euo pipefail
cd "$(dirname "$0")/.."
command -v cargo >/dev/null || PATH=$HOME/.cargo/bin:$PATH

bold='' plain=''
if [[ -t 1 ]]; then bold=$'\e[1m' plain=$'\e[0m'; fi
title() { printf '\n%s%s%s\n' "$bold" "$*" "$plain"; }

# Prints and runs a command, and indents its output.
show() {
  printf '  $ %s\n' "$*"
  "$@" 2>&1 | sed 's/^/    /'
}

# Prints and runs a command, and shows its output only if it fails.
quietly() {
  printf '  $ %s\n' "$*"
  "$@" >"$work/log" 2>&1 || { cat "$work/log"; exit 1; }
}

# The time in milliseconds.
now() { echo $((${EPOCHREALTIME/[.,]/} / 1000)); }
seconds() { printf '%d.%d s' $(($1 / 1000)) $(($1 % 1000 / 100)); }

# A number from the statistics of the last build.
stat() {
  toolchainkit stats --format json |
    python3 -c 'import json, sys; print(json.load(sys.stdin)["compilations"]["total"][sys.argv[1]])' "$1"
}

title 'Setup: a compiler, CMake, Ninja, sccache and toolchainkit'
tests/setup.sh quickstart
cargo build --release --locked --quiet

# shellcheck source=examples/sandbox.sh
. examples/sandbox.sh

title 'The configuration is a single file'
show cat toolchainkit.yaml

title 'toolchainkit generates the files for CMake; with these files in git, building does not need toolchainkit'
show toolchainkit generate
show wc -l CMakePresets.json cmake/toolchain.cmake cmake/ToolchainKit.cmake

title 'The first build compiles'
quietly cmake --preset release
sed -n 's/^-- toolchainkit: /    &/p' "$work/log"
start=$(now)
quietly cmake --build --preset release
cold=$(($(now) - start))
hits=$(stat hits)

title 'The second build also starts without a build folder'
quietly rm -rf build
quietly cmake --preset release
start=$(now)
quietly cmake --build --preset release
warm=$(($(now) - start))
warm_hits=$(stat hits) warm_misses=$(stat misses)
quietly ctest --preset release
objects=$(find build -name '*.o' -path '*.dir/*' | wc -l)

title 'The statistics of the cache'
show toolchainkit stats
printf '\n  first build   %8s   %2d of %d objects from the cache\n' "$(seconds "$cold")" "$hits" "$objects"
printf '  second build  %8s   %2d of %d objects from the cache\n' "$(seconds "$warm")" "$warm_hits" "$objects"
printf '  %s%d times as fast%s\n' "$bold" $((cold / (warm > 0 ? warm : 1))) "$plain"
if [[ $warm_hits -ne $objects || $warm_misses -ne 0 ]]; then
  printf 'The second build compiled %d objects; it should have compiled none.\n' "$((objects - warm_hits))" >&2
  exit 1
fi
