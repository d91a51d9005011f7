# shellcheck shell=bash
# For tests/windows/build.sh, tests/targets.sh, tests/musl.sh and packaging/toolchain.sh: the Rust toolchain that tests/windows/setup.sh
# installs. It has the source of std, so std is built along with this package, for any system. Only nightly toolchains support this
# officially. Scripts source this file in the folder of Cargo.toml.

lab=${TOOLCHAINKIT_TEST_TOOLS:-$HOME/.cache/toolchainkit-tests}/windows
rust=$lab/rust/usr
[[ -x $rust/bin/rustc ]] || { echo "$0: run tests/setup.sh targets first" >&2; exit 1; }

# Debug information is most of a program.
export CARGO_PROFILE_DEV_DEBUG=0 CARGO_INCREMENTAL=0

# Selects the target folder $1-KEY of the lab. A new key begins with the results of the last one, so only what has changed is built.
# Two checkouts may want to use it at the same time.
use_target_folder() {
  mkdir -p "$lab"
  exec 9>"$lab/.lock-$1"
  flock 9
  local key last
  key=$({ LD_LIBRARY_PATH=$rust/lib/x86_64-linux-gnu "$rust/bin/rustc" -vV; cat Cargo.lock; } | sha256sum | cut -c 1-16)
  export CARGO_TARGET_DIR=$lab/$1-$key
  if [[ ! -d $CARGO_TARGET_DIR ]]; then
    last=$(find "$lab" -mindepth 1 -maxdepth 1 -type d -name "$1-*" -printf '%T@ %p\n' | sort -n | tail -n 1 | cut -d ' ' -f 2-)
    if [[ $last ]]; then mv "$last" "$CARGO_TARGET_DIR"; fi
  fi
  mkdir -p "$CARGO_TARGET_DIR"
  touch "$CARGO_TARGET_DIR"
}

# zig compiles C and links for the target $1: it brings the C library, the start files and an unwinder.
use_zig() {
  local name=${1//-/_} folder=${lab%/*}/zig/ziglang
  [[ -x $folder/zig ]] || { echo "$0: run tests/setup.sh zig first" >&2; exit 1; }
  export TOOLCHAINKIT_ZIG=$folder/zig ZIG_GLOBAL_CACHE_DIR=$folder/libraries ZIG_LOCAL_CACHE_DIR=$folder/libraries
  case $1 in
    *-apple-darwin) export TOOLCHAINKIT_ZIG_TARGET=${1%-apple-darwin}-macos ;;
    *) export TOOLCHAINKIT_ZIG_TARGET=${1/-unknown/} ;;
  esac
  export "CARGO_TARGET_${name^^}_LINKER=$PWD/packaging/zig-cc.sh"
  export "CC_$name=$PWD/packaging/zig-cc.sh" "AR_$name=$PWD/packaging/zig-ar.sh"
}

# Only for this toolchain, so that no other program loads its libraries.
cargo_with_std() {
  LD_LIBRARY_PATH=$rust/lib/x86_64-linux-gnu RUSTC=$rust/bin/rustc RUSTC_BOOTSTRAP=1 \
    "$rust/bin/cargo" "$@" --locked -Z build-std=std,panic_unwind,test -Z build-std-features=
}
