# shellcheck shell=bash disable=SC2034
# How packages are compiled, for packaging/release.sh and packaging/build.sh. Both source it, in the folder of Cargo.toml. `platform`
# is the target, or empty for this machine.
#
# It sets `cargo` (the program), `options` (of `cargo build`, also for maturin), `suffix` (of programs), and the environment.

target=${CARGO_TARGET_DIR:-$PWD/target}
cargo_home=${CARGO_HOME:-$HOME/.cargo}
cargo=cargo options=(--release --locked) suffix=''
flags=() c_flags=''

has_std() { compgen -G "$(rustc --print target-libdir --target "$platform")/libstd-*.rlib" >/dev/null; }

# Builds std with the unpacked toolchain. RUSTC_BOOTSTRAP allows this with a stable compiler.
use_unpacked_toolchain() {
  local rust=${TOOLCHAINKIT_TEST_TOOLS:-$HOME/.cache/toolchainkit-tests}/windows/rust/usr
  [[ -x $rust/bin/rustc ]] || {
    echo "packaging: there is no std for $platform; run: rustup target add $platform" >&2
    exit 1
  }
  # shellcheck source=tests/windows/toolchain.sh
  . tests/windows/toolchain.sh
  use_zig "$platform"
  export LD_LIBRARY_PATH=$rust/lib/x86_64-linux-gnu RUSTC=$rust/bin/rustc RUSTC_BOOTSTRAP=1
  cargo=$rust/bin/cargo
  options+=(-Z 'build-std=std,panic_unwind' -Z build-std-features=)
  flags+=(-Clink-self-contained=no)
}

if [[ $platform ]]; then
  options+=(--target "$platform")
  case $platform in
    *windows*) suffix=.exe ;;
    # Also the launcher; build.rs links it statically only for this machine.
    *linux-musl) flags+=(-Ctarget-feature=+crt-static) ;;
  esac
  has_std || use_unpacked_toolchain
fi

# Messages of panics contain the paths of sources, and C code can contain those of its files. If several prefixes match,
# rustc and GCC use the last one.
rustc=${RUSTC:-rustc}
prefixes=("$PWD=/toolchainkit" "$cargo_home=/cargo" "$target=/target" "$("$rustc" --print sysroot)=/rust")
for prefix in "${prefixes[@]}"; do
  flags+=("--remap-path-prefix=$prefix")
  c_flags+=" -ffile-prefix-map=$prefix"
done
CARGO_ENCODED_RUSTFLAGS=$(IFS=$'\x1f'; echo "${flags[*]}")
export CARGO_ENCODED_RUSTFLAGS CFLAGS="${CFLAGS-}$c_flags" LC_ALL=C TZ=UTC
unset RUSTFLAGS
