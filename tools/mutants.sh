#!/usr/bin/env bash
# Changes the trusted code one place at a time and asks whether its tests notice: tools/mutants.sh [package ...]
#
# Needs cargo-mutants (`cargo install cargo-mutants --locked`). Works on a clone of what is committed, under target/mutants, and
# leaves its lists there: caught, missed, unviable (does not compile), timeout (loops: noticed). docs/mutation-testing.md has the
# results with what each survivor is. A whole run takes hours; one package takes minutes to an hour.
set -euo pipefail
cd "$(dirname "$0")/.."
cargo mutants --version >/dev/null 2>&1 || {
  echo "mutants: cargo-mutants is not installed: cargo install cargo-mutants --locked" >&2
  exit 2
}

root=$PWD
out=$root/target/mutants
mkdir -p "$out"
if [ -d "$out/tree" ]; then
  git -C "$out/tree" fetch -q "$root" HEAD
  git -C "$out/tree" checkout -qf FETCH_HEAD
else
  git clone -q "$root" "$out/tree"
fi
ln -sfn "$root/../shared" "$out/shared"

# A failing property test is not made small first: only that it fails counts.
export PROPTEST_MAX_SHRINK_ITERS=0

packages=("$@")
if [ ${#packages[@]} -eq 0 ]; then
  packages=(mandate-numeric mandate-statement mandate-checker mandate-circuits mandate-verifier mandate-rows mandate-policy)
fi
status=0
for package in "${packages[@]}"; do
  which=(--package "$package") tests=()
  case $package in
    # Tests that take seconds; what they miss is tried against the rest by hand.
    mandate-circuits) tests=(-- --test forged --test gadgets --test pinned --test agreement) ;;
    # Their tests are those of the crates that read rows.
    mandate-rows) which+=(--test-package mandate-rows,mandate-policy) tests=(-- --test agreement) ;;
    mandate-verifier) which+=(--test-package mandate-verifier,mandate-prover) ;;
    mandate-policy) which+=(--file 'crates/policy/src/compile.rs' --file 'crates/policy/src/bounds.rs'
      --file 'crates/policy/src/form.rs' --file 'crates/policy/src/check/*.rs' --file 'crates/policy/src/evaluate.rs') ;;
  esac
  echo "mutants: $package" >&2
  (cd "$out/tree" && cargo mutants --in-place --profile mutants "${which[@]}" --timeout 120 --no-shuffle \
    -o "$out/$package" "${tests[@]}") || status=$?
done
exit "$status"
