#!/usr/bin/env bash
# Installs missing tools, checks the style, and runs all tests. CI runs the same.
#
#   tests/run.sh                        all tests, with a subset of the tool versions that contains each pair
#   tests/run.sh --quick                only the tests that need nothing but Rust, in two minutes
#   tests/run.sh --full                 all tests, with all combinations of tool versions, the list of dependencies (SBOM), the
#                                       public items of the library, and two release builds that must be the same
#   tests/run.sh redis s3               only the tests with one of these words in their names
#   tests/run.sh windows-ci             a part of the tests on Windows, in less than eight minutes with kept results: builds the
#                                       programs and the tests, runs them under Wine, and a project from init to a hit
#   tests/run.sh packages-ci            only the packages, with the programs of `cargo build --release`, in containers
#   tests/run.sh --full packages        only the packages of a release, in containers
#   tests/run.sh --partition hash:1/3   one of three parts, to run each on a separate machine
#   tests/run.sh --list [WORD...]       prints the names of the tests
#
# The last lines are the summary of `cargo nextest` and the skipped tests; with --quick, the summary of `cargo test`.
set -euo pipefail
cd "$(dirname "$0")/.."

setup=() words=() chosen=() is_quick='' is_list='' is_full='' is_windows=''
while [[ $# -gt 0 ]]; do
  case $1 in
    --quick) is_quick=1 ;;
    --list) is_list=1 ;;
    windows-ci) is_windows=1 ;;
    --full)
      setup=(--full) is_full=1
      export TOOLCHAINKIT_TEST_FULL=1
      ;;
    --partition)
      chosen=(--partition "${2:?--partition needs a part, such as hash:1/3}")
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

# Everything is built once, so data for the next build and debug information would cost more than they save. A test that fails
# prints its place without that information, too.
export CARGO_INCREMENTAL=0 CARGO_PROFILE_DEV_DEBUG=0

# Runs cargo with Clippy as the compiler of this package, in the same way as `cargo clippy -- -D warnings`. That command only
# checks the code, so the build of the tests would compile this package and all dependencies a second time.
linting() {
  RUSTC_WORKSPACE_WRAPPER=$PWD/tests/lint.sh CLIPPY_ARGS=-D__CLIPPY_HACKERY__warnings__CLIPPY_HACKERY__ cargo "$@"
}

style() {
  step cargo fmt --check
  step linting test --locked --no-run
}

if [[ $is_quick ]]; then
  # Nothing is installed here, so the same tests run on every machine.
  export TOOLCHAINKIT_TEST_TOOLS=$PWD/target/no-tools
  style
  # Both wait for a part of their time, so they run at once. The tests of these modules of the suite need only Rust.
  units=$(mktemp) status=0
  step linting test --locked --lib >"$units" 2>&1 &
  step linting test --locked --test suite -- \
    architecture:: command_line:: derived diagnostics:: documentation:: golden:: library:: listed:: module:: obstacles:: report:: run_command:: script:: voice:: || status=$?
  wait $! || status=$?
  cat "$units"
  rm "$units"
  exit "$status"
fi

if [[ $is_windows ]]; then
  # These tests exist only in a full run.
  export TOOLCHAINKIT_TEST_FULL=1
  step tests/setup.sh windows cargo-nextest-0.9.148
  step tests/windows/build.sh
  command -v cargo-nextest >/dev/null || PATH=$tools/cargo-nextest-0.9.148/bin:$PATH
  # They wait for the server of Wine more than they compute.
  step cargo nextest run --locked --test-threads 4 --test cells -- \
    windows::programs::the_unit_tests_pass windows::programs::the_suite_passes \
    windows::programs::a_project_is_generated_built_and_examined
  exit
fi

# The packages are tested by a script.
case ${words[*]} in
  packages-ci)
    step tests/setup.sh maturin-1.16.0 debootstrap lintian
    step tests/packages/run.sh --ci
    exit
    ;;
  packages)
    [[ $is_full ]] || { echo 'tests/run.sh: use --full packages, or packages-ci' >&2; exit 2; }
    step tests/setup.sh maturin-1.16.0 debootstrap lintian zig
    step tests/windows/setup.sh rust
    step tests/packages/run.sh
    exit
    ;;
esac

step tests/setup.sh "${setup[@]}"
command -v cargo-nextest >/dev/null || PATH=$tools/cargo-nextest-0.9.148/bin:$PATH
if [[ $is_list ]]; then
  linting nextest list --locked "${chosen[@]}" -- "${words[@]}"
  exit
fi
step shellcheck .ci/run tests/*.sh tests/bench/*.sh tests/windows/*.sh examples/*.sh docs/*.sh cmake/parts/*.sh fuzz/*.sh packaging/*.sh packaging/debian/*.sh tests/packages/*.sh
step node tests/workflows.mjs .github/workflows/*.yml tests/golden/ci/*-github.snap
style
if [[ ${#words[@]} -eq 0 ]]; then step tests/deny.sh; fi
RUSTDOCFLAGS=-Dwarnings step linting doc --no-deps --locked
# The tests of the costs measure the release build. Except for --full, it is built without optimization at link time, which takes
# two thirds of the time, and makes the programs only faster.
if [[ ${#words[@]} -eq 0 || " ${words[*]} " = *" costs"* ]]; then
  cheaply=(CARGO_PROFILE_RELEASE_LTO=off CARGO_PROFILE_RELEASE_CODEGEN_UNITS=16)
  if [[ $is_full ]]; then cheaply=(); fi
  step env "${cheaply[@]}" cargo build --release --locked
fi

# The tests on Windows need the Windows lab, which only --full installs.
if [[ $is_full && ( ${#words[@]} -eq 0 || " ${words[*]} " = *" windows"* ) ]]; then
  step tests/windows/build.sh
fi

# Documentation examples run in this environment, so it gets the tools, its own home folder, and no settings of the
# caller. Each of the other tests has a sandbox.
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
  # A test whose tools are missing passes, and is listed here. The test of skipping asks for the version 0.0.0.
  local skipped
  skipped=$(grep -v 'sccache 0\.0\.0 missing' "$TOOLCHAINKIT_TEST_SKIPS" 2>/dev/null | sort) || true
  if [[ $skipped ]]; then
    printf '\n%s tests were skipped:\n%s\n' "$(wc -l <<<"$skipped")" "$skipped" >&2
  fi
  # This fails if no test has started a daemon.
  sccache --stop-server >/dev/null 2>&1 || true
  rm -rf "$sandbox"
}
trap end EXIT

if [[ ${#words[@]} -eq 0 ]]; then
  step linting test --locked --doc
  if [[ $is_full ]]; then
    # Building the targets takes five minutes. In the workflow, this is a job of its own.
    TOOLCHAINKIT_FUZZ_TARGET=$tools/fuzz step fuzz/run.sh 60
    step tests/sbom.sh
    step tests/api.sh
    step tests/reproducible.sh
    step tests/targets.sh x86_64-pc-windows-gnu
    step tests/targets.sh aarch64-apple-darwin x86_64-apple-darwin
    step tests/musl.sh
    step tests/packages/recipes.sh
  fi
fi
# .config/nextest.toml says how many of these threads a test takes.
step linting nextest run --locked --test-threads "$((5 * $(nproc)))" "${chosen[@]}" -- "${words[@]}"
