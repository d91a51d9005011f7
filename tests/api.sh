#!/usr/bin/env bash
# Compares the public items of the library with tests/api.txt, so that an item becomes public, or disappears, only on purpose.
#
#   tests/api.sh                        fails if they differ
#   TOOLCHAINKIT_UPDATE=1 tests/api.sh  writes the file
#
# rustdoc's JSON is not stable yet, which RUSTC_BOOTSTRAP allows.
set -euo pipefail
cd "$(dirname "$0")/.."
RUSTC_BOOTSTRAP=1 cargo rustdoc --quiet --locked --lib -- -Z unstable-options --output-format json
python3 tests/api.py "${CARGO_TARGET_DIR:-target}/doc/toolchainkit.json" >target/api.txt
if [[ ${TOOLCHAINKIT_UPDATE-} ]]; then cp target/api.txt tests/api.txt; fi
diff -u tests/api.txt target/api.txt || { echo 'api.sh: the public items differ; see CHANGELOG.md, then run TOOLCHAINKIT_UPDATE=1 tests/api.sh' >&2; exit 1; }
echo "$(wc -l <tests/api.txt) public items"
