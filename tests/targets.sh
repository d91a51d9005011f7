#!/usr/bin/env bash
# Checks that the library and both programs compile for systems on which the tests do not run. Nothing is linked, so neither a linker
# nor a C compiler for these systems is needed; `tests/setup.sh targets` installs what is.
#
#   tests/targets.sh             Windows
#   tests/targets.sh TARGET...   these, such as aarch64-apple-darwin
#
# The results are kept in the folder windows/check-KEY of $TOOLCHAINKIT_TEST_TOOLS. With them, only this package is checked. The key is the
# version of the compiler and the hash of Cargo.lock.
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=tests/windows/toolchain.sh
. tests/windows/toolchain.sh

if [[ $# -eq 0 ]]; then set -- x86_64-pc-windows-gnu; fi
use_target_folder check
options=()
for target in "$@"; do
  options+=(--target "$target")
  # Build scripts compile C. Nobody uses the results.
  export "CC_${target//-/_}=true" "AR_${target//-/_}=true"
done
cargo_with_std check --lib --bins "${options[@]}"
