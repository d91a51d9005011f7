#!/usr/bin/env bash
# Installs what is missing, checks the style, and runs all tests. What passes here passes in CI.
#
#   tests/run.sh                   everything, with a subset of the tool versions in which each pair occurs
#   tests/run.sh --full            with all combinations of tool versions
#   tests/run.sh redis s3          only the tests with one of these words in their names
set -euo pipefail
cd "$(dirname "$0")/.."

setup=()
if [[ ${1-} = --full ]]; then
  setup=(--full)
  export TOOLCHAINKIT_TEST_FULL=1
  shift
fi
export TOOLCHAINKIT_TEST_TOOLS=${TOOLCHAINKIT_TEST_TOOLS:-$HOME/.cache/toolchainkit-tests}
command -v cargo >/dev/null || PATH=$HOME/.cargo/bin:$PATH

step() { printf '\n== %s\n' "$*" >&2; "$@"; }

step tests/setup.sh "${setup[@]}"
step cargo fmt --check
step shellcheck .ci/run tests/*.sh examples/*.sh cmake/parts/*.sh
step cargo clippy --all-targets --locked -- -D warnings
RUSTDOCFLAGS=-Dwarnings step cargo doc --no-deps --locked

# Documentation examples run in this environment as it is, so it gets the tools, a home of its own, and no setting of
# the caller's. The other tests each have a sandbox.
sandbox=$(mktemp -d /tmp/tk-run.XXXXXX)
export CARGO_HOME=${CARGO_HOME:-$HOME/.cargo} RUSTUP_HOME=${RUSTUP_HOME:-$HOME/.rustup}
for name in $(compgen -e); do
  case $name in AWS_* | SCCACHE_* | CCACHE_* | ACTIONS_* | GITHUB_*) unset "$name" ;; esac
done
PATH=$TOOLCHAINKIT_TEST_TOOLS/sccache-0.16.0/bin:$TOOLCHAINKIT_TEST_TOOLS/ccache-4.14.2/bin:$PATH
export SCCACHE_SERVER_UDS=$sandbox/sccache.sock
export HOME=$sandbox XDG_CACHE_HOME=$sandbox/cache XDG_CONFIG_HOME=$sandbox/config XDG_RUNTIME_DIR=$sandbox
end() {
  # Fails if no test started a daemon.
  sccache --stop-server >/dev/null 2>&1 || true
  rm -rf "$sandbox"
}
trap end EXIT

step cargo test --locked -- --skip costs:: "$@"
# What has a limit of milliseconds is measured while nothing else runs.
if [[ $# -eq 0 || " $* " = *" costs "* ]]; then
  step cargo build --release --locked
  step cargo test --locked --test suite -- --test-threads=1 costs::
fi
