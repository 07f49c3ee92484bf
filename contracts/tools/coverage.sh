#!/bin/sh
# What the tests reach of src: lines and branches per file, then every line and branch that none reaches. docs/chain.md says why
# each is left. Assembly is not seen; tools/mutants.py is for that.
set -eu
here=$(CDPATH= cd -- "$(dirname -- "$0")" && pwd)
cd "$here/.."
mkdir -p out-coverage
# The gas figures are of code that is not instrumented; mocks are no product.
FOUNDRY_PROFILE=coverage "$here/forge" coverage --no-match-contract GasTest --exclude-tests --no-match-coverage "mocks|node_modules" \
  --report summary --report lcov --report-file out-coverage/lcov.info >out-coverage/log 2>&1 || {
  grep -E '^\[FAIL|^Error' out-coverage/log >&2
  exit 1
}
awk -F '[:,]' '
  /^SF:/ { file = $2 }
  /^DA:/ { lines++; if ($3 == 0) missed[++n] = file ":" $2 " line" ; else hit++ }
  /^BRDA:/ { branches++; if ($5 == "-" || $5 == 0) missed[++n] = file ":" $2 " branch " $4; else taken++ }
  END {
    printf "%d of %d lines, %d of %d branches\n", hit, lines, taken, branches
    for (i = 1; i <= n; i++) print missed[i]
  }' out-coverage/lcov.info
