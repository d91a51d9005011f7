#!/bin/sh
# Puts ToolchainKit.cmake together: cmake/parts/assemble.sh >cmake/ToolchainKit.cmake
# A line @FILE@ stands for what is in FILE. A test compares the result with the file that is committed.
cd "$(dirname "$0")" || exit
exec awk '/^@.+@$/ { part = substr($0, 2, length($0) - 2); while ((getline line <part) > 0) print line; close(part); next } { print }' \
  module.cmake deciding.cmake toolchain.cmake generators.cmake tool.cmake storage.cmake derived.cmake activating.cmake launcher.cmake \
  command.cmake compilers.cmake words.cmake text.cmake
