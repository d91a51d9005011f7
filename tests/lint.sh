#!/usr/bin/env bash
# Compiles with Clippy; Cargo calls it as `tests/lint.sh rustc ARGUMENT...` for each part of this package.
#
# The library is compiled twice, the second time with its unit tests. Clippy checks it then. Without Clippy it is compiled in two
# thirds of the time, because Clippy also turns off what makes the code smaller before LLVM gets it. The shell is Bash because
# dash drops variables such as CARGO_BIN_EXE_toolchainkit-launch.
case " $* " in
  *' --test '*) ;;
  *' --crate-name toolchainkit '*' --crate-type lib '*) exec "$@" -Dwarnings ;;
esac
exec "$("$1" --print sysroot)/bin/clippy-driver" "$@"
