#!/usr/bin/env bash
# Measures toolchainkit beside the bare tools on public projects. Nothing of these projects is in this repository:
# tests/setup.sh downloads their sources as Debian source packages.
#
#   tests/bench/run.sh                      everything, in two hours on two cores
#   tests/bench/run.sh --quick              a few small measurements, in ten minutes
#   tests/bench/run.sh --projects fmt,zstd  the builds of these projects: zstd, catch2, abseil, fmt, json, libuv, mbedtls
#   tests/bench/run.sh --parts builds,configuring
#                                           only these parts: single, builds, hits, configuring, generate, remotes, growth;
#                                           those of the same day, measured before, stay in the results
#   tests/bench/run.sh --rounds 3           how often builds that compile are measured; warm ones are measured five times as often
#   tests/bench/run.sh --name laptop        the name of the machine in the names of the results
#   tests/bench/run.sh --output FOLDER      the folder for the results, by default tests/bench/results
#   tests/bench/run.sh --program FILE       this toolchainkit, with toolchainkit-launch beside it, instead of the new static programs
#                                           that the packages contain
#
# It writes DATE-NAME.json and DATE-NAME.md, and compares them with the last recorded run of the same name. The files contain
# no paths and no host names. `TOOLCHAINKIT_UPDATE=1 cargo test --test suite derived` writes the tables of README.md from the
# newest JSON in tests/bench/results. The machine should be idle: the times of a busy one vary.
set -euo pipefail
cd "$(dirname "$0")/../.."
tools=${TOOLCHAINKIT_TEST_TOOLS:-$HOME/.cache/toolchainkit-tests}
export TOOLCHAINKIT_TEST_TOOLS=$tools

cmakes='' sccaches='' sccache='' ccache=''
# shellcheck source=tests/versions.sh
. tests/versions.sh
read -ra words <<<"$cmakes"
cmake=${words[-1]}
read -ra words <<<"$sccaches"
newest=${words[-1]}
sources=(libzstd catch2 abseil fmtlib nlohmann-json3 libuv1 mbedtls)
tests/setup.sh "cmake-$cmake" ninja "ccache-$ccache" "sccache-$sccache" "sccache-$newest" rclone gcc g++ redis-server gmock \
  "${sources[@]/#/source-}"

program=''
for word in "$@"; do [[ $word != --program* ]] || program=1; done
if [[ ! $program ]]; then
  command -v cargo >/dev/null || PATH=$HOME/.cargo/bin:$PATH
  target=$(uname -m)-unknown-linux-musl out=${CARGO_TARGET_DIR:-target}/bench
  if ! compgen -G "$(rustc --print target-libdir --target "$target")/libstd-*.rlib" >/dev/null; then
    # std for this target is built along.
    tests/setup.sh zig
    tests/windows/setup.sh rust
  fi
  packaging/build.sh --target "$target" --out "$out" programs
  set -- --program "$out/files-$target/bin/toolchainkit" "$@"
fi
exec python3 tests/bench/main.py --cmake "$cmake" --ccache "$ccache" --sccache "$sccache" --sccache "$newest" "$@"
