#!/usr/bin/env bash
# Fuzzes every target, or those named, each for as many seconds: fuzz/run.sh [seconds] [target ...]
#
# Needs stable Rust and a C++ compiler (libFuzzer is C++, and comes as source with the `libfuzzer-sys` crate); no nightly.
# What is found new stays in target/fuzz/corpus (fuzz/keep.sh takes the small ones over); a finding makes the run fail and lies
# in target/fuzz/findings. Where CI is set the seed is fixed, so that a red run repeats.
set -euo pipefail
cd "$(dirname "$0")/.."
source fuzz/build.sh

seconds=${1:-6}
shift || true
targets=("$@")
if [ ${#targets[@]} -eq 0 ]; then targets=("${all[@]}"); fi

seed=()
if [ -n "${CI:-}" ]; then seed=(-seed=1); fi

status=0
for target in "${targets[@]}"; do
  most=$(longest_of "$target")
  mkdir -p "$out/corpus/$target" "$out/findings/$target"
  dictionary=()
  if [ -f "fuzz/dictionaries/$target" ]; then dictionary=(-dict="fuzz/dictionaries/$target"); fi
  log="$out/$target.log"
  if MANDATE_FUZZ_TARGET="$target" "$program" "$out/corpus/$target" "fuzz/corpus/$target" \
    -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 -max_len="$most" \
    -artifact_prefix="$out/findings/$target/" -print_final_stats=1 "${seed[@]}" "${dictionary[@]}" >"$log" 2>&1; then
    runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")
    edges=$(grep -aoE 'cov: [0-9]+' "$log" | tail -n 1 | cut -c6- || true)
    printf '%-14s %9s runs  %s edges\n' "$target" "${runs:-0}" "${edges:-0}"
    # A fuzzer that ran nothing, or saw nothing, has found nothing.
    if [ "${runs:-0}" -eq 0 ] || [ "${edges:-0}" -eq 0 ]; then
      status=1
      echo "fuzz: $target: nothing was tried, see $log" >&2
    fi
  else
    status=1
    echo "fuzz: $target: FINDING, see $log" >&2
    tail -n 25 "$log" >&2
  fi
done
exit "$status"
