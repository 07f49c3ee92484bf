#!/usr/bin/env python3
"""Flips each check of the verifier, one at a time, and demands that the tests fail for every one.

Coverage cannot see into assembly; this can. Sources are copied to a temporary folder first, so nothing is left behind. Exits 1 if a
mutant survives, 2 if a mutation no longer applies. `mutants.py WORD` runs those whose text has the word.
"""

import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent

VERIFIER = "src/lib/Groth16.sol"
OWN = "src/KeyVerifier.sol"
BATCH = "src/lib/Groth16Batch.sol"
POINT = "src/lib/Bn254.sol"
STORE = "src/VkStore.sol"
STOP = "src/VerifierStop.sol"
ROUTER = "src/VerifierRouter.sol"
BAND = "src/lib/Band.sol"
FEEDS = "src/lib/Feeds.sol"
BREAKER = "src/PriceBreaker.sol"

# Tests that the mutants of a file must not get past.
TESTS = {
    VERIFIER: ["Groth16Verifier"],
    OWN: ["Groth16Verifier"],
    BATCH: ["VerifierBatch"],
    POINT: ["VkStore"],
    STORE: ["VkStore"],
    STOP: ["VerifierRouter"],
    ROUTER: ["VerifierRouter"],
    BAND: ["Band"],
    FEEDS: ["PriceBreaker"],
    BREAKER: ["PriceBreaker"],
}

# File, text that stands there once (or `n`-th of several, from 1), what replaces it.
MUTANTS = [
    # The range of inputs, and their points.
    (VERIFIER, "if iszero(and(lt(scalar, R), ok)) {", "if iszero(ok) {"),
    (VERIFIER, "if iszero(and(lt(scalar, R), ok)) {", "if iszero(lt(scalar, R)) {"),
    (VERIFIER, "if iszero(and(lt(scalar, R), ok)) {", "if iszero(and(lt(scalar, add(R, 1)), ok)) {"),
    (VERIFIER, "add(NOT_CANONICAL, shr(6, sub(point, add(acc, 0xa0))))", "NOT_CANONICAL"),
    (VERIFIER, "if ok { outcome := add(NOT_CANONICAL", "if 1 { outcome := add(NOT_CANONICAL", None),
    (VERIFIER, "ok := 0\n                        break", "break"),
    (VERIFIER, "if scalar {", "if gt(scalar, 1) {"),
    (VERIFIER, "if scalar {", "if 0 {"),
    (VERIFIER, "point := add(point, 0x40)", ""),
    (VERIFIER, "extcodecopy(key, add(m, 0x1a0), 1, add(size, 0x200))", "extcodecopy(key, add(m, 0x1a0), 1, 0x200)"),
    (VERIFIER, "mcopy(add(m, 0xc0), add(m, 0x1a0), 0xc0)", ""),
    (VERIFIER, "mcopy(add(m, 0x1c0), add(m, 0x260), 0x80)", ""),
    (VERIFIER, "mcopy(add(m, 0x280), add(m, 0x2e0), 0x80)", ""),
    (VERIFIER, "mcopy(add(m, 0x300), add(m, 0x360), 0x40)", ""),
    (VERIFIER, "ok := staticcall(MUL_GAS, 7, term, 0x60, term, 0x40)", "pop(staticcall(MUL_GAS, 7, term, 0x60, term, 0x40))", None),
    (VERIFIER, "ok := and(staticcall(ADD_GAS, 6, acc, 0x80, acc, 0x40), ok)", "ok := ok"),
    # Which key it is.
    (VERIFIER, "eq(extcodesize(key), add(584, size))", "iszero(lt(extcodesize(key), add(584, size)))"),
    (VERIFIER, "eq(extcodesize(key), add(584, size))", "iszero(gt(extcodesize(key), add(584, size)))"),
    (VERIFIER, "if (!ok) return KEY_MISMATCH;", ""),
    # Infinity.
    (VERIFIER, "if iszero(or(sheetX, sheetY)) {", "if 0 {"),
    (VERIFIER, "or(or(iszero(b), iszero(c)), iszero(or(ay, mload(m))))", "or(iszero(b), iszero(c))"),
    (VERIFIER, "or(or(iszero(b), iszero(c)), iszero(or(ay, mload(m))))", "or(iszero(c), iszero(or(ay, mload(m))))"),
    (VERIFIER, "or(or(iszero(b), iszero(c)), iszero(or(ay, mload(m))))", "or(iszero(b), iszero(or(ay, mload(m))))"),
    # The sheet point.
    (VERIFIER, "let ok := staticcall(ADD_GAS, 6, acc, 0x80, acc, 0x40)", "let ok := 1"),
    (VERIFIER, "mstore(term, sheetX)", "mstore(term, sheetY)"),
    # The points of the proof, and the pairing's answer.
    (VERIFIER, "ok := lt(ay, Q)", ""),
    (VERIFIER, "sub(Q, ay)", "ay"),
    (VERIFIER, "mcopy(add(m, 0x180), acc, 0x40)", ""),
    (VERIFIER, "calldatacopy(m, proof, 0xc0)", "calldatacopy(m, proof, 0xa0)"),
    (VERIFIER, "calldatacopy(add(m, 0x240), add(proof, 0xc0), 0x40)", "calldatacopy(add(m, 0x240), add(proof, 0xc0), 0x20)"),
    (VERIFIER, "eq(mload(0x00), 1)", "1"),
    (VERIFIER, "if and(and(ok, eq(returndatasize(), 0x20)), eq(mload(0x00), 1)) {", "if ok {"),
    (VERIFIER, "staticcall(PAIRING_GAS, 8, m, 0x300, 0x00, 0x20)", "staticcall(PAIRING_GAS, 8, m, 0x240, 0x00, 0x20)"),
    (VERIFIER, "staticcall(PAIRING_GAS, 8, m, 0x300, 0x00, 0x20)", "staticcall(PAIRING_GAS, 8, m, 0, 0x00, 0x20)"),
    (VERIFIER, "staticcall(PAIRING_GAS, 8, m, 0x300, 0x00, 0x20)", "staticcall(gas(), 8, m, 0x300, 0x00, 0x20)"),
    # What is done with the outcome.
    (VERIFIER, "commitments.length + 1);", "commitments.length);"),
    (VERIFIER, "if (outcome == REJECTED) revert IGroth16Errors.ProofRejected();", "if (outcome == REJECTED) return;"),
    (VERIFIER, "if (outcome == HOLDS) return;", "if (outcome <= AT_INFINITY) return;"),
    # A key in the verifier's own code.
    (OWN, "if iszero(or(xor(calldataload(0x164), 0x180), xor(calldatasize(), end))) {", "if 1 {"),
    (OWN, "or(xor(calldataload(0x164), 0x180), xor(calldatasize(), end))", "xor(calldatasize(), end)"),
    (OWN, "or(xor(calldataload(0x164), 0x180), xor(calldatasize(), end))", "xor(calldataload(0x164), 0x180)"),
    (OWN, "if iszero(or(eq(selector, VERIFY), eq(selector, TRY_VERIFY))) {", "if eq(selector, KEY_ID) {"),
    (OWN, "eq(outcome, KEY_MISMATCH) } ok {", "1 } ok {"),
    (OWN, "if xor(mload(add(0x3e0, size)), n) { break }", ""),
    (OWN, "codecopy(0xc0, sub(codesize(), add(0x360, size)), add(0x340, size))", "codecopy(0xc0, sub(codesize(), add(0x340, size)), add(0x340, size))"),
    (OWN, "calldatacopy(0x340, 0x104, 0x40)", "calldatacopy(0x340, 0x104, 0x20)"),
    (OWN, "if iszero(or(mload(0x340), mload(0x360))) { break }", ""),
    (OWN, "ok := staticcall(ADD_GAS, 6, 0x300, 0x80, 0x300, 0x40)\n", "ok := 1\n"),
    (OWN, "if iszero(ok) { break }", "", 1),
    (OWN, "if iszero(ok) { break }\n                    }", "}", None),
    (OWN, "if iszero(ok) { break }", "", 3),
    (OWN, "if scalar {", "if gt(scalar, 1) {"),
    (OWN, "if scalar {", "if 0 {"),
    (OWN, "if iszero(lt(scalar, R)) {", "if 0 {"),
    (OWN, "if iszero(lt(scalar, R)) {", "if iszero(lt(scalar, add(R, 1))) {"),
    (OWN, "add(NOT_CANONICAL, shr(6, sub(point, 0x3a0)))", "NOT_CANONICAL"),
    (OWN, "ok := 0\n", ""),
    (OWN, "mcopy(0x340, point, 0x40)", "mcopy(0x340, point, 0x20)"),
    (OWN, "ok := staticcall(MUL_GAS, 7, 0x340, 0x60, 0x340, 0x40)", "pop(staticcall(MUL_GAS, 7, 0x340, 0x60, 0x340, 0x40))", None),
    (OWN, "ok := and(staticcall(ADD_GAS, 6, 0x300, 0x80, 0x300, 0x40), ok)", "ok := ok"),
    (OWN, "if eq(from, end) { break }", "if eq(add(from, 0x20), end) { break }"),
    (OWN, "point := add(point, 0x40)", ""),
    (OWN, "mcopy(0x180, 0x300, 0x40)", ""),
    (OWN, "calldatacopy(0x00, 0x04, 0xc0)", "calldatacopy(0x00, 0x04, 0xa0)"),
    (OWN, "calldatacopy(0x240, 0xc4, 0x40)", "calldatacopy(0x240, 0xc4, 0x20)"),
    (OWN, "or(or(iszero(b), iszero(c)), iszero(or(ay, mload(0x00))))", "or(iszero(b), iszero(c))"),
    (OWN, "or(or(iszero(b), iszero(c)), iszero(or(ay, mload(0x00))))", "or(iszero(c), iszero(or(ay, mload(0x00))))"),
    (OWN, "or(or(iszero(b), iszero(c)), iszero(or(ay, mload(0x00))))", "or(iszero(b), iszero(or(ay, mload(0x00))))"),
    (OWN, "if iszero(lt(ay, Q)) { break }", ""),
    (OWN, "sub(Q, ay)", "ay"),
    (OWN, "staticcall(PAIRING_GAS, 8, 0x00, 0x300, 0x00, 0x20)", "staticcall(PAIRING_GAS, 8, 0x00, 0x240, 0x00, 0x20)"),
    (OWN, "staticcall(PAIRING_GAS, 8, 0x00, 0x300, 0x00, 0x20)", "staticcall(gas(), 8, 0x00, 0x300, 0x00, 0x20)"),
    (OWN, "if and(and(ok, eq(returndatasize(), 0x20)), eq(mload(0x00), 1)) {", "if ok {"),
    (OWN, "and(and(ok, eq(returndatasize(), 0x20)), eq(mload(0x00), 1))", "and(ok, eq(mload(0x00), 1))", None),
    (OWN, "if eq(selector, VERIFY) { stop() }", ""),
    (OWN, "and(eq(selector, TRY_VERIFY), lt(outcome, BAD_CALL))", "eq(selector, TRY_VERIFY)"),
    (OWN, "and(eq(selector, TRY_VERIFY), lt(outcome, BAD_CALL))", "lt(outcome, BAD_CALL)"),
    (OWN, "mstore(0x40, 0x80)\n", ""),
    (OWN, "Groth16.demand(outcome, address(this), n);", ""),
    (OWN, "if (!ok) revert NoKey(keyId);", ""),
    (OWN, "mstore(add(at, size), accounts)", "mstore(add(at, size), add(accounts, 1))"),
    # Batches.
    (BATCH, "canonical := and(canonical, lt(value, R))", ""),
    (BATCH, "if ((sheetX | sheetY) == 0) return Groth16.AT_INFINITY;", ""),
    (BATCH, "mload(w), R), R)", "1, R), R)"),
    (BATCH, "shr(128, keccak256(0x00, 0x40))", "1"),
    (BATCH, "mstore(0x20, i)", "mstore(0x20, 0)"),
    (BATCH, "outcome == Groth16.HOLDS ? _pairing(m, proofs, weights) : outcome", "_pairing(m, proofs, weights)"),
    (BATCH, "ok := and(and(ok, eq(returndatasize(), 0x20)), eq(mload(0x00), 1))", "ok := ok"),
    (BATCH, "for (uint256 i = 0; i < k; ++i) {", "for (uint256 i = 1; i < k; ++i) {"),
    (BATCH, "if (outcome != Groth16.HOLDS) return outcome;", ""),
    (BATCH, "switch or(or(iszero(a), iszero(b)), iszero(or(mload(term), mload(add(term, 0x20)))))", "switch 0"),
    (BATCH, "if iszero(lt(mload(add(pair, 0x20)), Q)) { ok := 0 }", ""),
    (BATCH, "mcopy(add(tail, 0x180), sum, 0x40)", ""),
    (BATCH, "mcopy(add(tail, 0xc0), add(m, 0x300), 0x40)", ""),
    # Points of a key when it is stored.
    (POINT, "if (x >= Q || y >= Q || (x | y) == 0) return false;", "if ((x | y) == 0) return false;"),
    (POINT, "if (x >= Q || y >= Q || (x | y) == 0) return false;", "if (x >= Q || y >= Q) return false;"),
    (POINT, "mulmod(mulmod(x, x, Q), x, Q), 3, Q)", "mulmod(mulmod(x, x, Q), x, Q), 4, Q)"),
    (STORE, "if (found != keyId) revert KeyIdMismatch(keyId, found);", ""),
    (STORE, "if (any == 0) revert BadG2();", ""),
    (STORE, "if (keccak256(head[192:320]) == keccak256(head[320:448])) revert BadG2();", ""),
    (STORE, "if (!ok) revert BadG2();", ""),
    (STORE, "key.origin == 0 && block.chainid != LOCAL_CHAIN", "false"),
    (STORE, "if (key.origin > 1) revert UnknownOrigin(key.origin);", ""),
    (STORE, "if (_keys[keyId].pointer != address(0)) revert AlreadyStored(keyId);", ""),
    # Stop and router.
    (STOP, "if (stopped) revert CircuitStopped();", "", 1),
    (STOP, "if (stopped) revert CircuitStopped();", "", 2),
    (STOP, "if (msg.sender != GUARDIAN) revert NotGuardian(msg.sender);", ""),
    (STOP, "VERIFIER.verify(KEY, proof, RESERVED_X, RESERVED_Y, context, commitments);", ""),
    (STOP, "VERIFIER.verify(KEY, proof, sheetX, sheetY, context, commitments);", ""),
    (STOP, "Bn254.Q - y", "y"),
    (STOP, "if (index != 0 || node != key.sheetRoot) revert BadReserved(position);", "if (index != 0) revert BadReserved(position);"),
    (STOP, "position >= key.rules || !Bn254.isPoint(x, y)", "!Bn254.isPoint(x, y)"),
    (ROUTER, "if (state != State.Live) revert RouteNotLive(circuit, state);", "if (state == State.Dead) revert RouteNotLive(circuit, state);"),
    (ROUTER, "if (state != State.Live) revert RouteNotLive(circuit, state);", "if (state == State.Waiting) revert RouteNotLive(circuit, state);"),
    (ROUTER, "route.frozen || address(route.stop) != address(0)", "address(route.stop) != address(0)", None),
    (ROUTER, "route.frozen || address(route.stop) != address(0)", "route.frozen"),
    (ROUTER, "if (route.frozen) return State.Dead;", ""),
    (ROUTER, "if (route.stop.stopped()) return State.Dead;", ""),
    (ROUTER, "block.timestamp < route.liveFrom", "block.timestamp + 1 < route.liveFrom"),
    (ROUTER, "if (state != State.Waiting) revert RouteNotWaiting(circuit, state);", ""),
    (ROUTER, "stop.keyId() != circuit || ", ""),
    (ROUTER, "msg.sender != owner() && msg.sender != freezer", "false"),
    # The breaker.
    (BAND, "return distance * BPS_ONE <= band * b;", "return distance * BPS_ONE < band * b;"),
    (BAND, "a > b ? a - b : b - a", "a > b ? a - b : 0"),
    (BAND, "a > b ? a - b : b - a", "a > b ? 0 : b - a"),
    (BAND, "base == 0 || ", ""),
    (BAND, "live > MOST_PRICE || ", ""),
    (BAND, " || band >= BPS_ONE", ""),
    (BAND, "instant <= now_ && ", ""),
    (FEEDS, "ok := and(ok, gt(returndatasize(), 0x9f))", ""),
    (FEEDS, "staticcall(READ_GAS, source, m, 4, m, 0xa0)", "staticcall(gas(), source, m, 4, m, 0xa0)"),
    (BREAKER, "if (!f.listed) return Reason.NoFeed;", ""),
    (BREAKER, "answer <= 0 || ", ""),
    (BREAKER, "updatedAt == 0 || ", ""),
    (BREAKER, " || Feeds.decimals(f.source) != f.decimals", ""),
    (BREAKER, "if (!Band.fresh(updatedAt, block.timestamp, f.heartbeat)) return Reason.Stale;", ""),
    (BREAKER, "if (RISKS.isStruck(r.risk)) return (Reason.Struck, bytes32(0));", ""),
    (BREAKER, "if (r.asOf <= trippedAt[mandateId]) return (Reason.Tripped, bytes32(0));", ""),
    (BREAKER, "if (!_sequencerUp()) return (Reason.SequencerDown, bytes32(0));", ""),
    (BREAKER, "answer == 0 && startedAt != 0", "startedAt != 0"),
    (BREAKER, "startedAt != 0 && ", ""),
    (BREAKER, "block.timestamp - startedAt >= GRACE", "true"),
    (BREAKER, "if (spots.length == 0) return (Reason.NoSpots, bytes32(0));", ""),
    (BREAKER, "if (reason != Reason.Moved) revert NotMoved(reason);", ""),
    (BREAKER, "if (!COMPLIANCE.isCompliant(subject, mandateId, maxAge)) return false;", ""),
    (BREAKER, "COMPLIANCE.requireCompliant(subject, mandateId, maxAge);", ""),
]
# `None` in the fourth place: no test can tell, and why.
EQUAL = {
    "if ok { outcome := add(NOT_CANONICAL": "only which of two refusals is named, where the sheet point is none and an input is too large",
    "ok := staticcall(MUL_GAS, 7, term, 0x60, term, 0x40)": "points of a stored key are points; without an answer the scratch still starts with one, and too little gas is too little for the pairing",
    "ok := staticcall(MUL_GAS, 7, 0x340, 0x60, 0x340, 0x40)": "as in the equation",
    "if iszero(ok) { break }\n                    }": "as above: what fails for lack of gas leaves too little for the pairing",
    "and(and(ok, eq(returndatasize(), 0x20)), eq(mload(0x00), 1))": "the precompile succeeds with one word or fails",
    "route.frozen || address(route.stop) != address(0)": "a circuit frozen before it was proposed stays dead by `stateOf`",
}


def mutated(text, old, new, nth):
    found = text.count(old)
    if found == 0 or (nth is None and found != 1):
        return None
    at = -1
    for _ in range(nth or 1):
        at = text.find(old, at + 1)
        if at < 0:
            return None
    return text[:at] + new + text[at + len(old) :]


def run(folder):
    """The tests in the folder. Naming them keeps contracts that none of them imports from being compiled."""
    forge = ROOT / "node_modules/@foundry-rs/forge-linux-amd64/bin/forge"
    command = [forge, "test", "--fail-fast", "--match-path", "test/*.t.sol"]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


def workplace(tests):
    """A copy of the project with these tests only: compiling the others takes most of the time."""
    work = pathlib.Path(tempfile.mkdtemp(prefix="mutants-"))
    for name in ["src", "test", "tools"]:
        shutil.copytree(ROOT / name, work / name)
    for name in ["foundry.toml", "package.json"]:
        shutil.copy(ROOT / name, work / name)
    os.symlink(ROOT / "node_modules", work / "node_modules")
    for path in (work / "test").glob("*.t.sol"):
        if path.name.removesuffix(".t.sol") not in tests:
            path.unlink()
    return work


def judge(work, mutant):
    """What became of one mutant: `killed`, `SURVIVED`, `excused` or `stale`."""
    file, old, new = mutant[:3]
    nth = mutant[3] if len(mutant) > 3 else None
    path = work / file
    text = path.read_text()
    changed = mutated(text, old, new, nth)
    if changed is None:
        return "stale"
    if len(mutant) > 3 and nth is None:
        return "excused"
    path.write_text(changed)
    result = run(work)
    path.write_text(text)
    if "Compiler run failed" in result.stdout + result.stderr:
        return "stale"
    return "killed" if result.returncode != 0 else "SURVIVED"


def main():
    wanted = sys.argv[1] if len(sys.argv) > 1 else ""
    count = {"killed": 0, "SURVIVED": 0, "excused": 0, "stale": 0}
    for file in TESTS:
        mutants = [m for m in MUTANTS if m[0] == file and wanted in f"{m[0]} {m[1]} {m[2]}"]
        if not mutants:
            continue
        work = workplace(TESTS[file])
        try:
            first = run(work)
            if first.returncode != 0:
                print(first.stdout, first.stderr)
                sys.exit("mutants: the tests fail without a mutation")
            for mutant in mutants:
                fate = judge(work, mutant)
                count[fate] += 1
                reason = f": {EQUAL[mutant[1]]}" if fate == "excused" else ""
                old, new = (" ".join(text.split()) for text in mutant[1:3])
                print(f"{fate:9} {file}: `{old}` -> `{new}`{reason}", flush=True)
        finally:
            shutil.rmtree(work, ignore_errors=True)
    print(", ".join(f"{n} {fate}" for fate, n in count.items()))
    sys.exit(2 if count["stale"] else 1 if count["SURVIVED"] else 0)


if __name__ == "__main__":
    main()
