#!/usr/bin/env bash
# Builds both programs and the tests for Windows with the toolchain of the lab, and puts them into target/windows.
#
#   tests/windows/build.sh            the programs, the unit tests and tests/suite
#   tests/windows/build.sh programs   only the programs
#
# The tests of the suite start the program in the folder of the results, so only one checkout should use a lab at a time.
#
# The results of the dependencies and of std are kept in the lab, in target-KEY. The key is the version of the compiler and the
# hash of Cargo.lock. A new key begins with the results of the last one, so only what has changed is built: a minute if only this
# crate has, five minutes without any results.
set -euo pipefail
cd "$(dirname "$0")/../.."

here=$PWD
# shellcheck source=tests/windows/toolchain.sh
. tests/windows/toolchain.sh

target=x86_64-pc-windows-gnu
linker=x86_64-w64-mingw32-gcc
export CARGO_TARGET_X86_64_PC_WINDOWS_GNU_LINKER=$linker CC_x86_64_pc_windows_gnu=$linker
# insta would ask `cargo` for this folder, which does not exist on Windows.
export INSTA_WORKSPACE_ROOT=$here
use_target_folder target

build() {
  cargo_with_std "$@" --target "$target" --message-format json-render-diagnostics >"$CARGO_TARGET_DIR/messages"
  # The lines of programs contain their path and the name of the target.
  sed -nE 's/.*"target":\{"kind":\["([a-z]+)"\].*"name":"([a-z-]+)".*"executable":"([^"]+)".*/\1 \2 \3/p' "$CARGO_TARGET_DIR/messages"
}

# Copies a program without its symbols.
put() { x86_64-w64-mingw32-strip -o "target/windows/$2" "$1"; }

mkdir -p target/windows
build build --bins | while read -r kind name path; do
  if [[ $kind = bin ]]; then put "$path" "$name.exe"; fi
done
if [[ ${1-} != programs ]]; then
  build test --no-run --lib --test suite | while read -r kind name path; do
    case $kind in
      lib) put "$path" unit-tests.exe ;;
      test) put "$path" "$name.exe" ;;
    esac
  done
fi
# Results of checkouts that are gone.
find "$CARGO_TARGET_DIR/$target/debug/deps" -name '*toolchainkit*' -mtime +7 -delete
ls -l target/windows
