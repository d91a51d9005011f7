#!/usr/bin/env bash
# zig as the C compiler and linker for another target, for packaging/release.sh: it brings musl, the start files and an
# unwinder. Without these, std cannot be linked.
set -euo pipefail
words=()
for word in "$@"; do
  case $word in
    # The crate `cc` passes the name of the target that Rust uses; zig uses another one.
    --target=*) ;;
    *) words+=("$word") ;;
  esac
done
exec "$TOOLCHAINKIT_ZIG" cc -target "$TOOLCHAINKIT_ZIG_TARGET" "${words[@]}"
