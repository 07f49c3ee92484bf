#!/usr/bin/env bash
# Takes over into the committed corpora what earlier runs found: of the inputs of at most 1.5 KB, as few as reach all that they
# reach together. fuzz/keep.sh [target ...]
set -euo pipefail
cd "$(dirname "$0")/.."
source fuzz/build.sh

targets=("$@")
if [ ${#targets[@]} -eq 0 ]; then targets=("${all[@]}"); fi
for target in "${targets[@]}"; do
  longest_of "$target" >/dev/null
  small=$(mktemp -d)
  merged=$(mktemp -d)
  find "$out/corpus/$target" -type f -size -1500c -exec cp -t "$small" {} +
  cp "fuzz/corpus/$target"/seed* "$merged"
  MANDATE_FUZZ_TARGET="$target" "$program" -merge=1 "$merged" "$small" >"$out/$target.merge.log" 2>&1
  find "fuzz/corpus/$target" -type f ! -name 'seed*' ! -name 'more*' ! -name 'found*' -delete
  # The forty smallest are enough for a replay.
  find "$merged" -type f ! -name 'seed*' -printf '%s %f\n' | sort -n | awk 'NR <= 40' | while read -r _ name; do
    cp "$merged/$name" "fuzz/corpus/$target/$name"
  done
  rm -r "$small" "$merged"
done
du -sb fuzz/corpus
