#!/usr/bin/env bash
# Compares the public items of the library with tests/public-api.txt, so that none changes by accident: its users are programs
# that link it, and a removed or changed item breaks them.
#
#   tests/api.sh             prints the difference, and fails if there is one
#   tests/api.sh --update    writes the file
#
# It needs tests/setup.sh cargo-public-api-0.52.0, and a nightly Rust, whose rustdoc writes JSON.
set -euo pipefail
cd "$(dirname "$0")/.."

tools=${TOOLCHAINKIT_TEST_TOOLS:-$HOME/.cache/toolchainkit-tests}
golden=tests/public-api.txt
found=$(mktemp)
trap 'rm -f "$found"' EXIT
# Derived and automatic implementations say little, and would be most of the file.
CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-target}/api "$tools/cargo-public-api-0.52.0/bin/cargo-public-api" public-api \
  --omit blanket-impls,auto-trait-impls,auto-derived-impls --color=never >"$found"
[[ $(wc -l <"$found") -gt 1000 ]] || { echo "tests/api.sh: only $(wc -l <"$found") public items" >&2; exit 1; }
if [[ ${1-} = --update ]]; then
  cp "$found" "$golden"
  exit
fi
diff -u "$golden" "$found" || {
  echo 'tests/api.sh: the public items differ. If that is intended, run tests/api.sh --update, and name it in CHANGELOG.md.' >&2
  exit 1
}
echo "$(wc -l <"$found") public items, as expected"
