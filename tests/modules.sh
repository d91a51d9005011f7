#!/usr/bin/env bash
# Generates a project of C++20 modules, and measures the time of a complete build: without toolchainkit, and with it and sccache, with an
# empty and a full cache. It needs Clang 22 with clang-scan-deps and, on PATH or among the test tools (tests/setup.sh), CMake 3.28 or
# newer, Ninja and sccache. It takes nine minutes with its defaults on two cores.
#
#   tests/modules.sh [MODULES [ROUNDS]]     the number of modules, by default 200, and of builds of each kind, by default 3
#
# Each module imports up to three others and includes two standard headers, as a module of a larger project does. Each round builds in
# all ways, so that a slow minute of the machine affects all of them. The last line of the output is the noise: by how much
# the slowest build of a kind exceeds the fastest one.
set -euo pipefail

count=${1:-200} rounds=${2:-3}
root=$(cd "$(dirname "$0")/.." && pwd)
tools=${TOOLCHAINKIT_TEST_TOOLS:-$HOME/.cache/toolchainkit-tests}
cmakes='' sccache=''
# shellcheck source=tests/versions.sh
. "$root/tests/versions.sh"
PATH=$PATH:$tools/cmake-${cmakes##* }/cmake/data/bin:$tools/ninja/bin:$tools/sccache-$sccache/bin
work=$(mktemp -d)
stop() { "$work/cached/toolchainkit/launcher" --stop-server >/dev/null 2>&1 || true; }
trap 'stop; rm -rf "$work"' EXIT
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

# Removes the results of a build folder, and builds it. Appends the time in milliseconds to a file.
build() {
  local folder=$work/$1 begun
  cmake --build "$folder" --target clean >/dev/null
  # Ninja does not remove all files of modules.
  find "$folder/CMakeFiles" -path '*.dir/*' \( -name '*.o' -o -name '*.pcm' \) -delete
  begun=$(date +%s%N)
  cmake --build "$folder" >/dev/null
  echo "$((($(date +%s%N) - begun) / 1000000))" >>"$work/$2"
  "$folder/program"
}

configure() {
  cmake -G Ninja -S . -B "$work/$1" -DCMAKE_CXX_COMPILER="${CXX:-clang++-22}" -DCMAKE_BUILD_TYPE=Release "${@:2}" >/dev/null
}
counts() { "$work/cached/toolchainkit/launcher" --show-stats | awk '/^Cache (hits|misses)  / { print $2, $3 }' | paste -sd' '; }

configure uncached -DTOOLCHAINKIT_CACHE=OFF
configure cached
for ((round = 0; round < rounds; round++)); do
  build uncached 'without a cache'
  stop
  find "$XDG_CACHE_HOME" "$work/cached" -depth -path '*sccache*' -type f -path '*/[0-9a-f]/*' -delete
  build cached 'with an empty cache'
  cold=$(counts)
  build cached 'with a full cache'
  echo "round $((round + 1)): sccache's counts after the cold build: $cold; after the warm one: $(counts)" >&2
done

echo "$count modules and a program, $rounds builds each, $(nproc) cores:"
noise=0
for kind in 'without a cache' 'with an empty cache' 'with a full cache'; do
  sort -n "$work/$kind" | awk -v kind="$kind" '{ t[NR] = $1 / 1000 } END {
    median = NR % 2 ? t[(NR + 1) / 2] : (t[NR / 2] + t[NR / 2 + 1]) / 2
    printf "%-20s median %6.1f s, from %.1f s to %.1f s\n", kind, median, t[1], t[NR] }'
  noise=$(sort -n "$work/$kind" | awk -v noise="$noise" 'NR == 1 { first = $1 } END { n = 100 * ($1 / first - 1); printf "%.0f", (n > noise) ? n : noise }')
done
echo "noise: the slowest build of a kind takes at most $noise % longer than the fastest one"
