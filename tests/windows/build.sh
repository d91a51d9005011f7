#!/usr/bin/env bash
# Builds both programs and the tests for Windows with the toolchain of the lab, and puts them into target/windows.
#
#   tests/windows/build.sh            the programs, the unit tests and tests/suite
#   tests/windows/build.sh programs   only the programs
#
# The tests of the suite start the program in the folder of the results, so only one checkout should use a lab at a time.
#
# The results of the dependencies and of std are kept in the lab, in target/KEY. The key is the version of the compiler and the
# hash of Cargo.lock. A new key begins with the results of the last one, so only what has changed is built: a minute if only this
# crate has, five minutes without any results.
set -euo pipefail
cd "$(dirname "$0")/../.."

lab=${TOOLCHAINKIT_TEST_TOOLS:-$HOME/.cache/toolchainkit-tests}/windows
root=$lab/rust/usr
target=x86_64-pc-windows-gnu
linker=x86_64-w64-mingw32-gcc
[[ -x $root/bin/rustc ]] || { echo 'tests/windows/build.sh: run tests/setup.sh windows first' >&2; exit 1; }
here=$PWD

# Only for this toolchain, so that no other program loads its libraries.
export LD_LIBRARY_PATH=$root/lib/x86_64-linux-gnu RUSTC=$root/bin/rustc
# There is no std for Windows, so it is built, too, which only nightly toolchains support officially.
export RUSTC_BOOTSTRAP=1
export CARGO_TARGET_X86_64_PC_WINDOWS_GNU_LINKER=$linker CC_x86_64_pc_windows_gnu=$linker
# Debug information is most of a program.
export CARGO_PROFILE_DEV_DEBUG=0 CARGO_INCREMENTAL=0
# insta would ask `cargo` for this folder, which does not exist on Windows.
export INSTA_WORKSPACE_ROOT=$here

# Two checkouts may build at the same time.
mkdir -p "$lab/target"
exec 9>"$lab/target/.lock"
flock 9
key=$({ "$RUSTC" -vV; cat Cargo.lock; } | sha256sum | cut -c 1-16)
folder=$lab/target/$key
if [[ ! -d $folder ]]; then
  last=$(find "$lab/target" -mindepth 1 -maxdepth 1 -type d -printf '%T@ %p\n' | sort -n | tail -n 1 | cut -d ' ' -f 2-)
  if [[ $last ]]; then mv "$last" "$folder"; fi
fi
mkdir -p "$folder"
touch "$folder"
export CARGO_TARGET_DIR=$folder

build() {
  "$root/bin/cargo" "$@" --locked --target "$target" -Z build-std=std,panic_unwind,test -Z build-std-features= \
    --message-format json-render-diagnostics >"$folder/messages"
  # The lines of programs contain their path and the name of the target.
  sed -nE 's/.*"target":\{"kind":\["([a-z]+)"\].*"name":"([a-z-]+)".*"executable":"([^"]+)".*/\1 \2 \3/p' "$folder/messages"
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
find "$folder/$target/debug/deps" -name '*toolchainkit*' -mtime +7 -delete
ls -l target/windows
