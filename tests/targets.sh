#!/usr/bin/env bash
# Checks that the library and both programs compile for systems on which the tests do not run.
#
#   tests/targets.sh                    Windows
#   tests/targets.sh TARGET...          these; nothing is linked, so neither a linker nor a C compiler is needed
#   tests/targets.sh --link TARGET...   also links both programs, for macOS (aarch64-apple-darwin, x86_64-apple-darwin); needs the
#                                       zig that `tests/setup.sh zig` installs
#
# `tests/setup.sh targets` installs the toolchain. The results are kept in the folders windows/check-KEY and windows/link-KEY of
# $TOOLCHAINKIT_TEST_TOOLS. With them, only this package is compiled. The key is the version of the compiler and the hash of Cargo.lock.
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=tests/windows/toolchain.sh
. tests/windows/toolchain.sh

options=() is_linked=''
if [[ ${1-} = --link ]]; then
  is_linked=1
  shift
fi
if [[ $# -eq 0 ]]; then set -- x86_64-pc-windows-gnu; fi
for target in "$@"; do options+=(--target "$target"); done

if [[ ! $is_linked ]]; then
  use_target_folder check
  # Build scripts compile C. Nobody uses the results.
  for target in "$@"; do export "CC_${target//-/_}=true" "AR_${target//-/_}=true"; done
  cargo_with_std check --lib --bins "${options[@]}"
  exit
fi

use_target_folder link
# The toolchain has no program that removes symbols from programs of macOS.
export CARGO_PROFILE_DEV_STRIP=none
# std names a library that every macOS has, and no program uses. zig does not have it.
stubs=$CARGO_TARGET_DIR/stubs
mkdir -p "$stubs"
cat >"$stubs/libiconv.tbd" <<'END'
--- !tapi-tbd
tbd-version: 4
targets: [ x86_64-macos, arm64-macos ]
install-name: '/usr/lib/libiconv.2.dylib'
current-version: 7
exports:
  - targets: [ x86_64-macos, arm64-macos ]
    symbols: [ _iconv, _iconv_open, _iconv_close ]
...
END
for target in "$@"; do
  use_zig "$target"
  name=${target//-/_}
  export "CARGO_TARGET_${name^^}_RUSTFLAGS=-L native=$stubs"
  cargo_with_std build --bins --target "$target"
  for program in toolchainkit toolchainkit-launch; do
    # The first bytes of a program with 64 bits for macOS.
    [[ $(head -c 4 "$CARGO_TARGET_DIR/$target/debug/$program" | od -An -tx1 | tr -d ' ') = cffaedfe ]] || {
      echo "tests/targets.sh: $program for $target is no program of macOS" >&2
      exit 1
    }
  done
done
