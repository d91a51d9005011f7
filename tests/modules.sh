#!/usr/bin/env bash
# Generates a project of C++20 modules, and measures the time of a complete build: without a cache, with an empty one, and with a
# full one. It needs Clang 22 with clang-scan-deps, CMake 3.28 or newer, Ninja, and sccache on PATH.
#
#   tests/modules.sh [MODULES]     the number of modules, by default 200
#
# Each module imports up to three others and includes two standard headers, as a module of a larger project does.
set -euo pipefail

count=${1:-200}
root=$(cd "$(dirname "$0")/.." && pwd)
work=$(mktemp -d)
trap '"$work/build/toolchainkit/launcher" --stop-server >/dev/null 2>&1 || true; rm -rf "$work"' EXIT
export XDG_CACHE_HOME=$work/cache TOOLCHAINKIT_LAUNCH=${TOOLCHAINKIT_LAUNCH:-$root/target/release/toolchainkit-launch}
[[ -x $TOOLCHAINKIT_LAUNCH ]] || { echo "$TOOLCHAINKIT_LAUNCH is missing: run cargo build --release" >&2; exit 1; }

mkdir -p "$work/project/cmake"
cp "$root/cmake/ToolchainKit.cmake" "$work/project/cmake/"
cd "$work/project"
files='' imports='' sum=0
for ((i = 0; i < count; i++)); do
  {
    printf 'module;\n#include <string>\n#include <vector>\nexport module m%s;\n' "$i"
    for j in $((i - 1)) $((i / 2)) $((i / 3)); do
      if ((j >= 0 && j < i)); then printf 'import m%s;\n' "$j"; fi
    done | sort -u
    printf 'export struct s%s { std::string name = "m%s"; std::vector<int> values{%s}; };\n' "$i" "$i" "$i"
    printf 'export inline int f%s() { return s%s{}.values[0]%s; }\n' "$i" "$i" "$( ((i == 0)) || echo " + f$((i / 2))() * 0")"
    printf 'export template <class T> T t%s(const std::vector<T> &all) { T sum{}; for (const T &one : all) sum += one; return sum; }\n' "$i"
  } >"m$i.cppm"
  files+=" m$i.cppm"
  imports+="import m$i;"$'\n'
  sum+=" + f$i()"
done
printf '%sint main() { return (%s) == %s ? 0 : 1; }\n' "$imports" "$sum" "$((count * (count - 1) / 2))" >main.cpp
cat >CMakeLists.txt <<EOF
cmake_minimum_required(VERSION 3.28)
list(APPEND CMAKE_MODULE_PATH \${CMAKE_CURRENT_SOURCE_DIR}/cmake)
include(ToolchainKit)
project(modules CXX)
set(CMAKE_CXX_STANDARD 20)
toolchainkit_enable_cache(TOOL sccache)
add_library(library STATIC)
target_sources(library PUBLIC FILE_SET CXX_MODULES FILES$files)
add_executable(program main.cpp)
target_link_libraries(program PRIVATE library)
EOF

# Prints the time of a complete build with the environment in the arguments.
build() {
  local name=$1 begun ended
  shift
  cmake --build "$work/build" --target clean >/dev/null
  find "$work/build/CMakeFiles" -path '*.dir/*' \( -name '*.o' -o -name '*.pcm' \) -delete
  begun=$(date +%s%N)
  env "$@" cmake --build "$work/build" >/dev/null
  ended=$(date +%s%N)
  "$work/build/program"
  printf '%-28s %6.1f s\n' "$name" "$(((ended - begun) / 1000000))e-3"
}

cmake -G Ninja -S . -B "$work/build" -DCMAKE_CXX_COMPILER="${CXX:-clang++-22}" -DCMAKE_BUILD_TYPE=Release >/dev/null
echo "$count modules and a program:"
build 'without a cache' TOOLCHAINKIT_BYPASS=1
build 'with an empty cache' TOOLCHAINKIT_BYPASS=
build 'with a full cache' TOOLCHAINKIT_BYPASS=
build 'again' TOOLCHAINKIT_BYPASS=
"$work/build/toolchainkit/launcher" --show-stats | grep -E '^Cache (hits|misses)  '
