#!/usr/bin/env bash
# Builds both programs for a package. The same source, compiler and linker give the same bytes in every folder:
# tests/reproducible.sh checks this.
#
#   packaging/release.sh FOLDER [TARGET]   copies the programs to FOLDER, and prints their SHA-256
#
# TARGET is by default this machine. If rustup has no std for it (`rustup target add TARGET`), std is built, too, with the
# toolchain and the zig that `tests/setup.sh zig` and `tests/windows/setup.sh rust` install.
set -euo pipefail

[[ $# -eq 1 || $# -eq 2 ]] || { sed -n '2,8p' "$0" >&2; exit 2; }
mkdir -p "$1"
folder=$(cd "$1" && pwd)
cd "$(dirname "$0")/.."
platform=${2-} cargo='' options=() suffix='' target=''
# shellcheck source=packaging/toolchain.sh
. packaging/toolchain.sh
"$cargo" build "${options[@]}" --target-dir "$target"
results=$target${platform:+/$platform}/release
cp "$results/toolchainkit$suffix" "$results/toolchainkit-launch$suffix" "$folder/"
cd "$folder"
sha256sum "toolchainkit$suffix" "toolchainkit-launch$suffix"
