#!/bin/sh
# The artefacts committed for the Rust client must be what the sources compile to.
set -eu
here=$(CDPATH= cd -- "$(dirname -- "$0")" && pwd)
fresh=$(mktemp -d)
trap 'rm -rf "$fresh"' EXIT
"$here/abi.sh" "$fresh"
if ! diff -rq "$fresh" "$here/../../crates/chain/abi" >&2; then
  echo "check-abi: crates/chain/abi is not what the contracts compile to; run contracts/tools/abi.sh" >&2
  exit 1
fi
echo "check-abi: the committed artefacts are fresh" >&2
