#!/usr/bin/env bash
# Runs the fuzz targets in parallel for some time each. Without a crash, the exit code is 0.
#
#   fuzz/run.sh                       both targets for a minute
#   fuzz/run.sh 1800                  both targets for half an hour
#   fuzz/run.sh 600 yaml_to_files     one target for ten minutes
#   fuzz/run.sh --minimise            replaces the corpus by the smallest one with the same coverage
#
# Needs only a C++ compiler and the Rust of this project: the coverage options of rustc that libFuzzer needs are stable.
# The inputs that were found are in fuzz/target/corpus, and a crash is in fuzz/target/crashes. Add its input to
# fuzz/corpus, and a test to the module that was wrong.
set -euo pipefail
cd "$(dirname "$0")"

seconds=60 is_minimising=''
if [[ ${1-} = --minimise ]]; then
  is_minimising=1
  shift
elif [[ $# -gt 0 ]]; then
  seconds=$1
  shift
fi
targets=("$@")
[[ $# -gt 0 ]] || targets=(yaml_to_files compiler_arguments)
# Building the dependencies takes longer than anything else, so CI keeps them between two runs.
export CARGO_TARGET_DIR=${TOOLCHAINKIT_FUZZ_TARGET:-$PWD/target}
# With --target, build scripts and macros are compiled without these options.
host=$(rustc -vV | sed -n 's/^host: //p')
export RUSTFLAGS="-Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4
  -Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table
  -Cllvm-args=-sanitizer-coverage-trace-compares --cfg fuzzing"
RUSTFLAGS=${RUSTFLAGS//$'\n'/} cargo build --quiet --release --locked --target "$host"
programs=$CARGO_TARGET_DIR/$host/release

# An input of 64 KiB is the largest configuration. It must be read within seconds although all checks are enabled.
options=(-max_len=65536 -timeout=10 -rss_limit_mb=1024)
if [[ $is_minimising ]]; then
  for target in "${targets[@]}"; do
    rm -rf "$CARGO_TARGET_DIR/minimised"
    mkdir -p "$CARGO_TARGET_DIR/minimised" "$CARGO_TARGET_DIR/corpus/$target"
    "$programs/$target" -merge=1 "${options[@]}" "$CARGO_TARGET_DIR/minimised" "corpus/$target" "$CARGO_TARGET_DIR/corpus/$target"
    rm -rf "corpus/$target"
    mv "$CARGO_TARGET_DIR/minimised" "corpus/$target"
  done
  exit
fi

status=0 running=()
mkdir -p "$CARGO_TARGET_DIR/crashes"
for target in "${targets[@]}"; do
  found=$CARGO_TARGET_DIR/corpus/$target
  mkdir -p "$found"
  "$programs/$target" "${options[@]}" -max_total_time="$seconds" -print_final_stats=1 -dict="$target.dict" \
    -artifact_prefix="$CARGO_TARGET_DIR/crashes/$target-" "$found" "corpus/$target" \
    >"$CARGO_TARGET_DIR/$target.log" 2>&1 &
  running+=($!)
done
for index in "${!running[@]}"; do
  target=${targets[index]} log=$CARGO_TARGET_DIR/${targets[index]}.log
  if wait "${running[index]}"; then
    executions=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")
    printf '%s: %s executions, %s\n' "$target" "$executions" "$(grep -o 'cov: [0-9]* ft: [0-9]*' "$log" | tail -n 1)"
  else
    status=1
    printf '%s failed:\n' "$target" >&2
    tail -n 60 "$log" >&2
  fi
done
exit "$status"
