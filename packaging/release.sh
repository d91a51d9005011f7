#!/usr/bin/env bash
# Builds both programs for a package. The same source, compiler and linker give the same bytes in every folder:
# tests/reproducible.sh checks this.
#
#   packaging/release.sh FOLDER   copies the programs to FOLDER, and prints their SHA-256
set -euo pipefail

[[ $# -eq 1 ]] || { sed -n '2,5p' "$0" >&2; exit 2; }
mkdir -p "$1"
folder=$(cd "$1" && pwd)
cd "$(dirname "$0")/.."
target=${CARGO_TARGET_DIR:-$PWD/target}
cargo_home=${CARGO_HOME:-$HOME/.cargo}

# Messages of panics contain the paths of sources, and C code can contain those of its files. If several prefixes match,
# rustc and GCC use the last one.
prefixes=("$PWD=/toolchainkit" "$cargo_home=/cargo" "$target=/target" "$(rustc --print sysroot)=/rust")
flags='' c_flags=''
for prefix in "${prefixes[@]}"; do
  flags+=${flags:+$'\x1f'}--remap-path-prefix=$prefix
  c_flags+=" -ffile-prefix-map=$prefix"
done
export CARGO_ENCODED_RUSTFLAGS=$flags CFLAGS="${CFLAGS-}$c_flags" LC_ALL=C TZ=UTC
unset RUSTFLAGS
cargo build --release --locked --target-dir "$target"
cp "$target/release/toolchainkit" "$target/release/toolchainkit-launch" "$folder/"
cd "$folder"
sha256sum toolchainkit toolchainkit-launch
