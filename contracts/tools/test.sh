#!/bin/sh
# Everything that holds the contracts: a failing test fails, format, lint, tests with the gas they may take under
# both forks, the tests that docs/chain.md names, and the committed artefacts.
set -eu
here=$(CDPATH= cd -- "$(dirname -- "$0")" && pwd)
"$here/setup.sh"
"$here/self-check.sh"
"$here/forge" fmt --check
"$here/forge" lint -D warnings src
"$here/forge" test -vv --gas-snapshot-check=true
# The same bytecode under the fork after: nothing is compiled again, and every figure must be the same.
FOUNDRY_HARDFORK=osaka "$here/forge" test --gas-snapshot-check=true
"$here/check-doc.sh"
"$here/check-abi.sh"
