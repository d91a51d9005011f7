#!/bin/sh
# Assembles the module: cmake/parts/assemble.sh >cmake/ToolchainKit.cmake
# Replaces each line @FILE@ by the content of FILE. A test compares the result with the committed file.
cd "$(dirname "$0")" || exit
exec awk '/^@.+@$/ { part = substr($0, 2, length($0) - 2); while ((getline line <part) > 0) print line; close(part); next } { print }' \
  module.cmake trust.cmake deciding.cmake toolchain.cmake generators.cmake tool.cmake storage.cmake derived.cmake activating.cmake launcher.cmake \
  command.cmake compilers.cmake launchers.cmake status.cmake text.cmake
