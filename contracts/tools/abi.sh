#!/bin/sh
# Writes what the Rust client needs of each contract, ABI and creation code, to the directory named (default:
# crates/chain/abi). Same sources, same bytes.
set -eu
here=$(CDPATH= cd -- "$(dirname -- "$0")" && pwd)
to=${1:-$here/../../crates/chain/abi}
mkdir -p "$to"
to=$(CDPATH= cd -- "$to" && pwd)
"$here/forge" build src >&2
cd "$here/.."
for name in VkStore Groth16Verifier MandateRegistry RiskRegistry EpochBeacon ComplianceRegistry GatedVault DemoToken \
  PriceBreaker VerifierStop VerifierRouter DemoFeed; do
  node -e '
    const fs = require("fs");
    const { abi, bytecode } = JSON.parse(fs.readFileSync(process.argv[1], "utf8"));
    if (Object.keys(bytecode.linkReferences).length) throw new Error("unlinked: " + process.argv[1]);
    fs.writeFileSync(process.argv[2], JSON.stringify({ abi, bytecode: bytecode.object }, null, 1) + "\n");
  ' "out/$name.sol/$name.json" "$to/$name.json"
done
