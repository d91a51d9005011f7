#!/usr/bin/env bash
# Builds the release twice, in two folders and with two cargo homes, and compares the bytes. Takes several minutes.
#
#   tests/reproducible.sh
set -euo pipefail
cd "$(dirname "$0")/.."

work=$(mktemp -d /tmp/tk-reproducible.XXXXXX)
trap 'rm -rf "$work"' EXIT
home=${CARGO_HOME:-$HOME/.cargo}
folders=(first second/in-another-folder)
for name in "${folders[@]}"; do
  mkdir -p "$work/$name" "$work/home-of-$name"
  git ls-files -z --cached --others --exclude-standard | tar --null -T - -cf - | tar -xf - -C "$work/$name"
  # The downloaded crates are shared, but seen at another path.
  ln -s "$home/registry" "$work/home-of-$name/registry"
done
for name in "${folders[@]}"; do
  CARGO_HOME=$work/home-of-$name CARGO_TARGET_DIR='' \
    "$work/$name/packaging/release.sh" "$work/$name/programs" >"$work/$name/digests"
done
cat "$work/first/digests"
cmp "$work/first/digests" "$work/second/in-another-folder/digests"
for program in "$work"/first/programs/*; do
  if grep -qaF -e "$work" -e "$home" "$program"; then
    echo "reproducible.sh: $program contains a path of this machine" >&2
    exit 1
  fi
done
echo 'both builds have the same bytes'
