#!/usr/bin/env bash
# Generates a project of C++20 modules, and measures its builds with `toolchainkit bench`: without a cache, and with sccache and an empty
# and a full cache, in each round. It needs Clang 22 with clang-scan-deps, `cargo build --release`, and CMake 3.28 or newer, Ninja and
# sccache on PATH or among the test tools (tests/setup.sh).
#
#   tests/modules.sh [MODULES [ROUNDS]]     by default 200 and 3: a quarter of an hour on two cores without other work
#
# Each module imports up to three others and includes two standard headers, as a module of a larger project does. The imports have
# eight levels: Clang merges the standard headers of all modules that it reaches, so in a chain each module takes longer than the last.
set -euo pipefail

count=${1:-200} rounds=${2:-3}
root=$(cd "$(dirname "$0")/.." && pwd)
tools=${TOOLCHAINKIT_TEST_TOOLS:-$HOME/.cache/toolchainkit-tests}
cmakes='' sccache=''
# shellcheck source=tests/versions.sh
. "$root/tests/versions.sh"
PATH=$PATH:$tools/cmake-${cmakes##* }/cmake/data/bin:$tools/ninja/bin:$tools/sccache-$sccache/bin
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
program=${CARGO_TARGET_DIR:-$root/target}/release/toolchainkit
[[ -x $program ]] || { echo "$program is missing: run cargo build --release" >&2; exit 1; }

mkdir "$work/project"
cd "$work/project"
files='' imports='' sum=0
for ((i = 0; i < count; i++)); do
  {
    printf 'module;\n#include <string>\n#include <vector>\nexport module m%s;\n' "$i"
    for j in $((i / 2)) $((i / 3)) $((i / 5)); do
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
project(modules CXX)
set(CMAKE_CXX_STANDARD 20)
add_library(library STATIC)
target_sources(library PUBLIC FILE_SET CXX_MODULES FILES$files)
add_executable(program main.cpp)
target_link_libraries(program PRIVATE library)
EOF
"$program" bench --tool sccache --only uncached,cold,warm --with toolchainkit --rounds "$rounds" --warm 3 --json "$work/bench.json" \
  -- -DCMAKE_CXX_COMPILER="${CXX:-clang++-22}"
python3 - "$work/bench.json" <<'END'
import json, sys
for cell in json.load(open(sys.argv[1]))["cells"]:
    for key, name in [("wall_s", "wall"), ("cpu_s", "processor")]:
        times = sorted(sample[key] for sample in cell["samples"])
        print(f'{cell["scenario"]} {cell["variant"]}, {name} time: {times[0]:.1f} to {times[-1]:.1f} s, {100 * (times[-1] / times[0] - 1):.0f} % apart')
END
