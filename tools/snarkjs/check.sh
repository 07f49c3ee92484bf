#!/usr/bin/env bash
# Checks by code that is not ours: snarkjs on proofs, constraints and witnesses, unique.py on constraints. For each, first what
# must hold, then something altered, which must not.
#
#     tools/snarkjs/check.sh [SHAPE ...]      t32 where nothing is said; s256 and m1024 take longer
#
# SOLVER=1 also asks cvc5 (installed with pip into tools/snarkjs/.venv; GPL, and only run, never linked).
set -euo pipefail
cd "$(dirname "$0")/../.."
here=tools/snarkjs
mandate=$PWD/${CARGO_TARGET_DIR:-target}/release/mandate
case ${CARGO_TARGET_DIR:-} in /*) mandate=$CARGO_TARGET_DIR/release/mandate ;; esac
story=$(dirname "$mandate")/examples/story
snarkjs=$PWD/$here/node_modules/.bin/snarkjs
[ "${1:-}" = --story ] || { work=$(mktemp -d); trap 'rm -rf "$work"' EXIT; }
checks=0 expected=0

say() { echo "snarkjs: $*" >&2; }
fails() { say "FAILED: $*"; exit 1; }

# holds WORDS COMMAND...: the command succeeds. refused WORDS COMMAND...: it does not, and says so in the way that is named.
holds() {
  local words=$1 start=$SECONDS; shift
  "$@" >"$work/out" 2>&1 || { cat "$work/out" >&2; fails "$words"; }
  checks=$((checks + 1)); say "holds    $words ($((SECONDS - start)) s)"
}
refused() {
  local words=$1 like=$2; shift 2
  if "$@" >"$work/out" 2>&1; then cat "$work/out" >&2; fails "accepted: $words"; fi
  grep -aq "$like" "$work/out" || { cat "$work/out" >&2; fails "refused for another reason: $words"; }
  checks=$((checks + 1)); say "refused  $words"
}

# alter FILE EDIT: a copy with one change, made by a line of Python over `v`, the JSON value, or `b`, the bytes.
alter() {
  python3 - "$1" "$2" "$3" <<'P'
import json, sys
kind, path, edit = sys.argv[1:]
if kind == "json":
    v = json.load(open(path))
    exec(edit)
    json.dump(v, open(path + ".altered", "w"))
else:
    b = bytearray(open(path, "rb").read())
    exec(edit)
    open(path + ".altered", "wb").write(b)
P
}

# One statement's three files: verified as they are, refused with anything altered.
proof_files() {
  local vk=$1/verification_key.json public=$1/public.json proof=$1/proof.json
  holds "$2: the proof" "$snarkjs" groth16 verify "$vk" "$public" "$proof"
  local last; last=$(python3 -c 'import json,sys; print(len(json.load(open(sys.argv[1]))) - 1)' "$public")
  local i
  for i in 0 1 "$((last / 2))" "$last"; do
    alter json "$public" "v[$i] = str(int(v[$i]) + 1)"
    refused "$2: public input $i of $last altered" "Invalid proof" "$snarkjs" groth16 verify "$vk" "$public.altered" "$proof"
  done
  # The next input of the same residue: snarkjs must not take it for the same.
  alter json "$public" "v[0] = str(int(v[0]) + 21888242871839275222246405745257275088548364400416034343698204186575808495617)"
  refused "$2: a public input above the field's order" "Public inputs are not valid" "$snarkjs" groth16 verify "$vk" "$public.altered" "$proof"
  alter json "$proof" "v['pi_a'], v['pi_c'] = v['pi_c'], v['pi_a']"
  refused "$2: A and C exchanged" "Invalid proof" "$snarkjs" groth16 verify "$vk" "$public" "$proof.altered"
  alter json "$proof" "v['pi_a'][1] = str(21888242871839275222246405745257275088696311157297823662689037894645226208583 - int(v['pi_a'][1]))"
  refused "$2: A negated" "Invalid proof" "$snarkjs" groth16 verify "$vk" "$public" "$proof.altered"
  alter json "$vk" "v['IC'][1], v['IC'][2] = v['IC'][2], v['IC'][1]"
  refused "$2: two points of the key exchanged" "Invalid proof" "$snarkjs" groth16 verify "$vk.altered" "$public" "$proof"
}

# The story of the command line: market, custodians, proof, export.
command_line() {
  local shape=$1 size=$2 root=$PWD desk=$work/desk-$1 account n=0
  mkdir -p "$desk"; pushd "$desk" >/dev/null
  cp "$root/examples/demo/fund.toml" m.toml
  if [ "$size" = tiny ]; then
    printf '%s\n' account,instrument,quantity harbour/cross/main,USD,3000000 harbour/cross/main,BTC,1.5 \
      vault/segregated/main,BTC,5.25 administrator/fund/main,USD,200000 >book.csv
  else
    cp "$root/examples/demo/book.csv" book.csv
  fi
  chmod 600 book.csv
  "$mandate" snapshot example --size "$size" -o s.snap
  for account in $(grep -E '^[a-z]+/' book.csv | cut -d, -f1 | sort -u); do
    n=$((n + 1))
    "$mandate" attest new-key -o "$n.key"
    "$mandate" attest --statement book.csv -s s.snap --account "$account" --subject Example --key "$n.key" --out book
  done
  "$mandate" accounts declare --subject Example -s s.snap --grade custodian book -o accounts.toml
  "$mandate" prove m.toml -s s.snap -b book --accounts accounts.toml -o p.bundle
  "$mandate" export proof p.bundle -m m.toml -s s.snap -o export
  "$mandate" export r1cs --shape "$shape" -o export/relation.r1cs
  popd >/dev/null
}

# A function that `holds` calls would go on after a failure; a run of its own does not.
if [ "${1:-}" = --story ]; then
  shift; work=$1; shift
  command_line "$@"
  exit 0
fi

for shape in "${@:-t32}"; do
  # 18 for every shape: the story, its sizes, the witness and four cells of it, nine of `proof_files`, free wires, a byte too many;
  # eleven of the command line where it has a market of that size; two of each of 15 rules on t32.
  case $shape in
    t32) expected=$((expected + 18 + 11 + 30)) ;;
    s256) expected=$((expected + 18 + 11)) ;;
    *) expected=$((expected + 18)) ;;
  esac
  [ -z "${SOLVER:-}" ] || expected=$((expected + 1))
  test_story=$work/$shape
  holds "$shape: a made-up statement with its witness" "$story" "$shape" "$test_story"
  r1cs=$test_story/relation.r1cs map=$test_story/relation.json witness=$test_story/witness.wtns

  holds "$shape: r1cs info" "$snarkjs" r1cs info "$r1cs"
  python3 - "$map" "$work/out" <<'P' || fails "$shape: snarkjs counts otherwise"
import json, re, sys
ours, theirs = json.load(open(sys.argv[1])), open(sys.argv[2]).read()
for words, key in (("# of Wires", "wires"), ("# of Constraints", "constraints"), ("# of Public Inputs", "public_inputs"),
                   ("# of Private Inputs", "private_inputs"), ("# of Labels", "wires")):
    assert int(re.search(re.escape(words) + r": (\d+)", theirs).group(1)) == ours[key], words
assert "bn-128" in theirs and re.search(r"# of Outputs: 0\b", theirs)
# The prover's choices, counted from the sizes alone: bits of quantities and upper bounds, selectors, activity, blindings.
s = ours["sizes"]
blocks = s["segments"] + s["accounts"] + s["assets"]
choices = (48 * s["slots"] + 2 * s["accounts"] + 89 * (s["segments"] + s["accounts"] + 1)
           + blocks * (104 * s["local_witnesses"] + s["local_bits"]) + 112 * s["global_witnesses"] + s["global_bits"])
assert choices == ours["private_inputs"], (choices, ours["private_inputs"])
P
  loose=$(python3 -c 'import json,sys; print(json.load(open(sys.argv[1]))["sizes"]["accounts"])' "$map")
  rows=$(python3 -c 'import json,sys; print(json.load(open(sys.argv[1]))["constraints"])' "$map")

  holds "$shape: the witness" "$snarkjs" wtns check "$r1cs" "$witness"
  # Byte 76 begins the first value; each has 32. The context, the lowest bit of a quantity, a cell in the middle, the last one.
  # (The price of an instrument that is not held may be any: that is another statement with the same witness.)
  count=$(python3 -c 'import json,sys; print(json.load(open(sys.argv[1]))["wires"])' "$map")
  public=$(python3 -c 'import json,sys; print(json.load(open(sys.argv[1]))["public_inputs"])' "$map")
  for wire in 1 $((public + loose + 1)) $((count / 2)) $((count - 1)); do
    alter bytes "$witness" "b[76 + 32 * $wire] ^= 1"
    refused "$shape: cell $wire of $count altered" "WITNESS IS NOT CORRECT" \
      "$snarkjs" wtns check "$r1cs" "$witness.altered"
  done
  proof_files "$test_story" "$shape"

  holds "$shape: no wire is free" python3 $here/unique.py "$r1cs" --map "$map" --loose "$loose" --table
  cat "$work/out" >&2
  if [ "$shape" = t32 ]; then
    for rule in qty-1 qty-2 col sum com-1 com-2 grp set worst-1 worst-2 wit mask row-slot row-group row-global; do
      # The first and the last constraint of each rule. A rule that has none, or only one, is a check that is not made.
      rows_of_rule=$(python3 -c 'import json,sys
runs = [r for r in json.load(open(sys.argv[1]))["rows"] if r[0] == sys.argv[2]]
if not runs:
    sys.exit("no constraint is of this rule")
print(*sorted({runs[0][1], runs[-1][1] + runs[-1][2] - 1}))' "$map" "$rule") || fails "$shape: $rule cannot be left out"
      for at in $rows_of_rule; do
        refused "$shape: constraint $at of $rows ($rule) left out" "^free:" \
          python3 $here/unique.py "$r1cs" --map "$map" --loose "$loose" --without "$at"
      done
    done
  fi
  alter bytes "$r1cs" "b.append(0)"
  refused "$shape: a byte after the end" "left over" python3 $here/unique.py "$r1cs.altered" --loose "$loose"

  if [ "${SOLVER:-}" ]; then
    [ -x $here/.venv/bin/python ] || { python3 -m venv $here/.venv && $here/.venv/bin/pip -q install -r $here/requirements.txt; }
    holds "$shape: cvc5 finds every part determined, and every hole" $here/.venv/bin/python $here/solve.py "$r1cs" --map "$map"
    cat "$work/out" >&2
  fi

  case $shape in
    t32) size=tiny ;;
    s256) size=small ;;
    *) continue ;;
  esac
  holds "$shape: proof and constraints exported by the command line" "$PWD/$here/check.sh" --story "$work" "$shape" "$size"
  proof_files "$work/desk-$shape/export" "$shape, command line"
  holds "$shape: the same constraints" cmp "$r1cs" "$work/desk-$shape/export/relation.r1cs"
done
[ "$checks" = "$expected" ] || fails "$checks checks were made, $expected were to be"
say "$checks checks: all as they must be"
