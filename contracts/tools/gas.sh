#!/bin/sh
# Prints the figures of test/Gas.t.sol beside their goals, and writes snapshots/gas.json, which the test run compares.
# Exits non-zero where a test fails, or with --strict where a goal is missed.
set -eu
here=$(CDPATH= cd -- "$(dirname -- "$0")" && pwd)
log=$(mktemp)
trap 'rm -f "$log"' EXIT
if ! "$here/forge" test --match-contract GasTest -vv >"$log" 2>&1; then
  cat "$log" >&2
  exit 1
fi
sed -n 's/^ *FIGURE \(.*\) | \([0-9]*\): \([0-9]*\).*/\1|\3|\2/p' "$log" | sort | awk -F'|' -v strict="${1:-}" '
  BEGIN { printf "%-44s %12s %12s\n", "gas", "measured", "goal" }
  {
    over = $2 - $3
    missed += over > 0
    printf "%-44s %12d %12d%s\n", $1, $2, $3, (over > 0 ? sprintf("  %d over", over) : "")
  }
  END { if (NR < 10) exit 1; if (strict == "--strict" && missed) exit 1 }'
