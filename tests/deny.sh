#!/usr/bin/env bash
# Checks the licences, sources and versions of all dependencies with cargo-deny (deny.toml), and with a network known
# vulnerabilities.
#
#   tests/deny.sh
set -euo pipefail
cd "$(dirname "$0")/.."

tools=${TOOLCHAINKIT_TEST_TOOLS:-$HOME/.cache/toolchainkit-tests}
PATH=$tools/cargo-deny-0.20.2/bin:$PATH
cargo deny --locked --all-features check --hide-inclusion-graph licenses bans sources
# The database of vulnerabilities is a git repository on GitHub, which not every machine reaches.
database=https://github.com/rustsec/advisory-db
if timeout 20 git ls-remote --quiet --exit-code "$database" HEAD >/dev/null 2>&1; then
  cargo deny --locked --all-features check --hide-inclusion-graph advisories
else
  echo "deny.sh: $database cannot be reached, so known vulnerabilities are not checked" >&2
fi
