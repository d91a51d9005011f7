#!/usr/bin/env bash
# Installs what is missing, checks the style, and runs all tests. What passes here passes in CI.
#
#   tests/run.sh                        everything, with a subset of the tool versions in which each pair occurs
#   tests/run.sh --quick                what needs Rust alone, in two minutes
#   tests/run.sh --full                 with all combinations of tool versions
#   tests/run.sh redis s3               only the tests with one of these words in their names
#   tests/run.sh --partition hash:1/3   one of three parts, each for a machine of its own
#   tests/run.sh --list [WORD...]       the names of the tests
#
# The last lines are the summary of `cargo nextest` and what was skipped; with --quick, that of `cargo test`.
set -euo pipefail
cd "$(dirname "$0")/.."

setup=() words=() chosen=() is_quick='' is_list=''
while [[ $# -gt 0 ]]; do
  case $1 in
    --quick) is_quick=1 ;;
    --list) is_list=1 ;;
    --full)
      setup=(--full)
      export TOOLCHAINKIT_TEST_FULL=1
      ;;
    --partition)
      chosen=(--partition "${2:?--partition needs a part, as hash:1/3}")
      shift
      ;;
    -*)
      echo "tests/run.sh: $1 is not an option; see the head of this script" >&2
      exit 2
      ;;
    *) words+=("$1") ;;
  esac
  shift
done
tools=${TOOLCHAINKIT_TEST_TOOLS:-$HOME/.cache/toolchainkit-tests}
export TOOLCHAINKIT_TEST_TOOLS=$tools
command -v cargo >/dev/null || PATH=$HOME/.cargo/bin:$PATH

step() { printf '\n== %s\n' "$*" >&2; "$@"; }

style() {
  step cargo fmt --check
  step cargo clippy --all-targets --locked -- -D warnings
}

if [[ $is_quick ]]; then
  style
  step cargo test --locked --lib --bins
  # Every test of these modules needs Rust alone.
  step cargo test --locked --test suite -- \
    architecture:: command_line:: derived diagnostics:: documentation:: golden:: listed:: module::
  exit
fi

step tests/setup.sh "${setup[@]}"
command -v cargo-nextest >/dev/null || PATH=$tools/cargo-nextest-0.9.148/bin:$PATH
if [[ $is_list ]]; then
  cargo nextest list --locked "${chosen[@]}" -- "${words[@]}"
  exit
fi
step shellcheck .ci/run tests/*.sh examples/*.sh cmake/parts/*.sh
style
RUSTDOCFLAGS=-Dwarnings step cargo doc --no-deps --locked
# The costs are those of what people have, and what a limit of milliseconds is for runs last and alone.
if [[ ${#words[@]} -eq 0 || " ${words[*]} " = *" costs"* ]]; then
  step cargo build --release --locked
fi

# Documentation examples run in this environment as it is, so it gets the tools, a home of its own, and no setting of
# the caller's. The other tests each have a sandbox.
sandbox=$(mktemp -d /tmp/tk-run.XXXXXX)
export CARGO_HOME=${CARGO_HOME:-$HOME/.cargo} RUSTUP_HOME=${RUSTUP_HOME:-$HOME/.rustup}
for name in $(compgen -e); do
  case $name in AWS_* | SCCACHE_* | CCACHE_* | ACTIONS_* | GITHUB_*) unset "$name" ;; esac
done
sccache='' ccache=''
# shellcheck source=tests/versions.sh
. tests/versions.sh
PATH=$tools/sccache-$sccache/bin:$tools/ccache-$ccache/bin:$PATH
export SCCACHE_SERVER_UDS=$sandbox/sccache.sock
export HOME=$sandbox XDG_CACHE_HOME=$sandbox/cache XDG_CONFIG_HOME=$sandbox/config XDG_RUNTIME_DIR=$sandbox
export TOOLCHAINKIT_TEST_SKIPS=$sandbox/skips
end() {
  # A test whose tools are missing passes, but not silently. No tool has the version 0.0.0, by which skipping is tested.
  local skipped
  skipped=$(grep -v 'sccache 0\.0\.0 missing' "$TOOLCHAINKIT_TEST_SKIPS" 2>/dev/null | sort) || true
  if [[ $skipped ]]; then
    printf '\n%s tests were skipped:\n%s\n' "$(wc -l <<<"$skipped")" "$skipped" >&2
  fi
  # Fails if no test started a daemon.
  sccache --stop-server >/dev/null 2>&1 || true
  rm -rf "$sandbox"
}
trap end EXIT

if [[ ${#words[@]} -eq 0 ]]; then step cargo test --locked --doc; fi
# Many tests wait for a time limit or for a server, so there are more of them than processors. Those that compile all the
# time take two places; .config/nextest.toml says which.
step cargo nextest run --locked --test-threads "$((2 * $(nproc)))" "${chosen[@]}" -- "${words[@]}"
