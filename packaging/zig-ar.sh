#!/usr/bin/env bash
# The archiver for packaging/zig-cc.sh.
exec "$TOOLCHAINKIT_ZIG" ar "$@"
