#!/usr/bin/env python3
"""Changes the contracts in every place where it knows how, one change at a time, and demands that the tests fail for each.

All changes of a file stand in one build: a change is in force where the block's coinbase is its number, and forge sets the coinbase. So a
change costs a run of the tests, and no compilation. Sources are copied to a temporary folder first. `switches.py FILE` runs the files whose
path has the word, `switches.py FILE 300-400` the changes in those lines. Exits 1 where a change was not noticed and is not excused in
`EQUAL`, 2 where an excuse fits no change.

What is changed: a refusal is left out; a comparison takes or leaves equality; `&&` and `||` change places; a statement is left
out; in assembly, a comparison takes equality, a write or an assignment is left out. `mutants.py` has the changes that
someone thought of.
"""

import os
import pathlib
import re
import shutil
import subprocess
import sys

import mutants

ROOT = pathlib.Path(__file__).resolve().parent.parent
FORGE = ROOT / "node_modules/@foundry-rs/forge-linux-amd64/bin/forge"

# The files, the most dangerous first, and the tests that must notice.
TESTS = {
    "src/ComplianceRegistry.sol": ["ComplianceRegistry", "Attesting", "Refusals", "MandateLines"],
    "src/AttestorRegistry.sol": ["Vouching", "AttestorRegistry", "ComplianceRegistry", "Attesting", "Refusals"],
    "src/RiskRegistry.sol": ["RiskRegistry", "RiskChallenge", "Refusals", "Attesting"],
    "src/MandateRegistry.sol": ["MandateRegistry", "Refusals", "ComplianceRegistry"],
    "src/MandateLines.sol": ["MandateLines", "Refusals", "ComplianceRegistry"],
    "src/VkStore.sol": ["VkStore", "Refusals"],
    "src/lib/Groth16.sol": ["Groth16Verifier"],
    "src/lib/Groth16Batch.sol": ["VerifierBatch", "Groth16Verifier"],
    "src/lib/Digests.sol": ["Vectors", "RiskVectors", "RiskChallenge", "MandateRegistry"],
    "src/lib/Records.sol": ["Attesting", "ComplianceRegistry"],
    "src/lib/RiskTrace.sol": ["RiskChallenge", "RiskVectors"],
    "src/lib/DataCode.sol": ["VkStore", "MandateRegistry", "ComplianceRegistry"],
    "src/lib/Bn254.sol": ["VkStore", "MandateRegistry"],
    "src/lib/Band.sol": ["Band", "PriceBreaker"],
    "src/lib/Feeds.sol": ["PriceBreaker"],
    "src/Groth16Verifier.sol": ["Groth16Verifier", "VerifierBatch"],
    "src/VerifierRouter.sol": ["VerifierRouter"],
    "src/VerifierStop.sol": ["VerifierRouter"],
    "src/PriceBreaker.sol": ["PriceBreaker", "Refusals"],
    "src/EpochBeacon.sol": ["Attesting", "Refusals", "ComplianceRegistry"],
    "src/ComplianceGate.sol": ["GatedVault", "Adapters"],
    "src/GatedVault.sol": ["GatedVault", "Adapters"],
    "src/adapters/EasExport.sol": ["EasExport"],
    "src/adapters/Erc3643Module.sol": ["Adapters"],
    "src/adapters/Erc4626Guard.sol": ["Adapters"],
    "src/adapters/UniswapAllowlist.sol": ["Adapters"],
}

# File, what is changed (as printed), and why no test can tell.
EQUAL = {
    ("src/AttestorRegistry.sol", "lt(s, add(HALF_ORDER, 1)): or equal"): "it is refused by then; only the address in the error changes",
    ("src/AttestorRegistry.sol", "gt(lastUntil, until): or equal"): "they are the same then",
    ("src/AttestorRegistry.sol", "mstore(add(book, 0x1a0), shl(88, packed)): left out"): "the attestor is asked about once more, which only gas tells",
    ("src/RiskRegistry.sol", "if (block.timestamp < slot.usableFrom): < to <="): "at that instant the part is usable, and this is not asked",
    ("src/lib/Groth16.sol", "lt(accounts, 257): or equal"): "no stored key has more than 64; the bound keeps a size from wrapping",
    ("src/lib/Records.sol", "gt(count, 0xffffff): or equal"): "they are the same then",
    ("src/ComplianceRegistry.sol", "gt(returndatasize(), 0x9f): or equal"): "the risk registry answers in whole words",
    ("src/ComplianceRegistry.sol", "mstore(0x40, add(scalars, size)): left out"): "nothing is allocated before the scalars are used",
}


def blank(text):
    """The text with its comments made blank, each character in its place."""
    out = list(text)
    for m in re.finditer(r"//[^\n]*|/\*.*?\*/|\"[^\"\n]*\"", text, re.S):
        for i in range(m.start(), m.end()):
            if out[i] != "\n":
                out[i] = " "
    return "".join(out)


def closing(text, at, pair="()"):
    depth = 0
    for i in range(at, len(text)):
        depth += (text[i] == pair[0]) - (text[i] == pair[1])
        if depth == 0:
            return i
    raise ValueError("unbalanced")


def flipped(expression):
    """The expression with one of its comparisons or connectives changed: what, and the new expression."""
    strict = {"<": "<=", "<=": "<", ">": ">=", ">=": ">", "&&": "||", "||": "&&"}
    for m in re.finditer(r"(?<=[\s])(<=|>=|<|>|&&|\|\|)(?=[\s])", expression):
        new = strict[m.group(1)]
        yield f"{m.group(1)} to {new}", expression[: m.start()] + new + expression[m.end() :]


class Switches:
    """A source with its changes built in."""

    def __init__(self, text):
        self.text = text
        self.code = blank(text)
        self.edits = []  # start, end, new text
        self.names = []  # line and what is changed
        self.in_assembly = []
        for m in re.finditer(r"\bassembly\s*(\(\"[^)]*\)|\(\s*\))?\s*", self.code):
            start = self.code.find("{", m.start())
            self.in_assembly.append((start, closing(self.code, start, "{}")))
        self.find()

    def add(self, at, what):
        self.names.append((self.text.count("\n", 0, at) + 1, what))
        return len(self.names)

    def is_assembly(self, at):
        return any(a < at < b for a, b in self.in_assembly)

    def choose(self, at, expression, label):
        """The expression, or one of its variants."""
        out = expression
        for what, variant in flipped(expression):
            n = self.add(at, f"{label}: {what}")
            out = f"uint160(address(block.coinbase)) == {n} ? ({variant}) : ({out})"
        return out

    def find(self):
        code = self.code
        taken = []
        for m in re.finditer(r"\b(?:if|return|require)\b ?(\()?", code):
            if self.is_assembly(m.start()):
                continue
            word = m.group(0).split("(")[0].strip()
            if word == "if":
                start = m.end()
                end = closing(code, start - 1)
                condition = code[start:end]
                shown = " ".join(condition.split())
                new = self.choose(m.start(), condition, f"if ({shown})")
                if re.compile(r"\)\s*\{?\s*revert\b").match(code, end):
                    n = self.add(m.start(), f"if ({shown}) revert: left out")
                    new = f"uint160(address(block.coinbase)) != {n} && ({new})"
                if new != condition:
                    self.edits.append((start, end, new))
            elif word == "return":
                start = m.start() + len("return")
                end = code.find(";", start)
                expression = code[start:end].strip()
                if expression and not expression.startswith("(") and list(flipped(expression)):
                    new = self.choose(m.start(), expression, f"return {' '.join(expression.split())}")
                    self.edits.append((start, end, " " + new))
        for m in re.finditer(
            r"(?m)^ +((?:\([\w.,\[\] ]+\)|[a-zA-Z_][\w.]*(?:\[[^\n;]*\])*(?:\.\w+)*) (?:=|\+=|-=)\s[^;{}]*;|delete [^;]*;|emit [^;]*;|_[a-z]\w*\([^;{}]*\);)",
            code,
        ):
            s = m.group(1)
            if self.is_assembly(m.start(1)) or re.match(r"\((address|uint|bytes|bool|int)", s):
                continue
            if re.search(r" = .*[^=]\bnew\b", s):
                continue
            n = self.add(m.start(1), f"{' '.join(s.split())}: left out")
            self.edits.append((m.start(1), m.start(1), f"if (uint160(address(block.coinbase)) != {n}) {{ "))
            self.edits.append((m.end(1), m.end(1), " }"))
        for a, b in self.in_assembly:
            self.find_assembly(a, b)

    def find_assembly(self, a, b):
        code = self.code
        for m in re.finditer(r"\b(lt|gt)\(", code[a:b]):
            start = a + m.start()
            if code[: start].rstrip().endswith("for {}"):
                continue
            end = closing(code, a + m.end() - 1) + 1
            inner = code[a + m.end() : end - 1]
            depth, comma = 0, None
            for i, c in enumerate(inner):
                depth += (c == "(") - (c == ")")
                if c == "," and depth == 0:
                    comma = i
            left, right = inner[:comma].strip(), inner[comma + 1 :].strip()
            if re.search(r"staticcall|\b(lt|gt)\(", inner):
                continue
            n = self.add(start, f"{' '.join(code[start:end].split())}: or equal")
            self.edits.append((start, end, f"or({m.group(1)}({left}, {right}), and(eq(coinbase(), {n}), eq({left}, {right})))"))
        for m in re.finditer(r"(?m)^ +(sstore\(|mstore\(|(?:ok|outcome|point|word|until|list|signed) := )", code[a:b]):
            start = a + m.start(1)
            if m.group(1).endswith("("):
                end = closing(code, a + m.end(1) - 1) + 1
            else:
                at = code.find("(", start)
                newline = code.find("\n", start)
                end = closing(code, at) + 1 if 0 <= at < newline else newline
            shown = " ".join(code[start:end].split())
            n = self.add(start, f"{shown}: left out")
            self.edits.append((start, start, f"if iszero(eq(coinbase(), {n})) {{ "))
            self.edits.append((end, end, " }"))

    def source(self, without=()):
        """The text with all changes, but those whose edits start in the lines named."""
        out, at = [], 0
        # At one place, what ends there comes before what begins.
        for start, end, new in sorted(self.edits, key=lambda e: (e[0], e[1], not e[2].startswith(" }"))):
            if self.text.count("\n", 0, start) + 1 in without:
                continue
            if start < at:
                continue
            # Every line keeps its number.
            lines = self.text.count("\n", start, end)
            out += [self.text[at:start], new.replace("\n", " "), "\n" * lines]
            at = end
        return "".join(out) + self.text[at:]


def forge(folder, number=0, runs="64"):
    """The tests in the folder, with one change in force and so many runs of what is tried at random."""
    coinbase = f"0x{number:040x}"
    command = [FORGE, "test", "--fail-fast", "--code-size-limit", "1000000", "--block-coinbase", coinbase, "--match-path", "test/*.t.sol"]
    env = {**os.environ, "FOUNDRY_FUZZ_RUNS": runs}
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, env=env)


def workplace(tests):
    """A copy of the project with these tests, in which every function may read the block."""
    work = mutants.workplace(tests)
    for folder in ["src", "test"]:
        for path in (work / folder).rglob("*.sol"):
            path.write_text(re.sub(r"\bpure\b", "view", path.read_text()))
    return work


def run(file, lines):
    """Fates of the changes of a file: line, what is changed, fate."""
    work = workplace(TESTS[file])
    whole = None
    try:
        path = work / file
        switches = Switches(path.read_text())
        without = set()
        while True:
            path.write_text(switches.source(without))
            first = forge(work)
            text = first.stdout + first.stderr
            if "Compiler run failed" not in text and "Error: Compil" not in text:
                break
            # Where the compiler cannot take a change, it stays out, and says so.
            bad = {int(n) for n in re.findall(re.escape(file) + r":(\d+):", text)}
            if bad <= without:
                # What it cannot take without this statement stands beside it.
                bad |= {n + 1 for n in bad} | {n - 1 for n in bad}
            if bad <= without:
                print(text[-3000:])
                sys.exit(f"switches: {file} does not compile")
            without |= bad
        if first.returncode != 0:
            print(text[-3000:])
            sys.exit(f"switches: the tests of {file} fail without a change")
        for n, (line, what) in enumerate(switches.names, 1):
            if line not in lines:
                continue
            if line in without:
                yield line, what, "not built"
            elif (file, what) in EQUAL:
                yield line, what, "excused"
            else:
                noticed = forge(work, n, "4").returncode or forge(work, n).returncode
                if not noticed:
                    # By all other tests, but for the figures of gas, which are not those of this code.
                    whole = whole or workplace([p.name.removesuffix(".t.sol") for p in (ROOT / "test").glob("*.t.sol") if p.name != "Gas.t.sol"])
                    (whole / file).write_text(path.read_text())
                    noticed = forge(whole, n).returncode
                yield line, what, "killed" if noticed else "SURVIVED"
    finally:
        shutil.rmtree(work, ignore_errors=True)
        if whole:
            shutil.rmtree(whole, ignore_errors=True)


def main():
    wanted = sys.argv[1] if len(sys.argv) > 1 else ""
    first, last = (int(n) for n in sys.argv[2].split("-")) if len(sys.argv) > 2 else (1, 10_000)
    count = {"killed": 0, "SURVIVED": 0, "excused": 0, "not built": 0}
    unused = {key for key in EQUAL if wanted in key[0] and len(sys.argv) < 3}
    for file in TESTS:
        if wanted not in file:
            continue
        for line, what, fate in run(file, range(first, last + 1)):
            count[fate] += 1
            unused.discard((file, what))
            reason = f" ({EQUAL[(file, what)]})" if fate == "excused" else ""
            print(f"{fate:9} {file}:{line}: {what}{reason}", flush=True)
    print(", ".join(f"{n} {fate}" for fate, n in count.items()))
    for key in sorted(unused):
        print("no such change:", *key)
    sys.exit(2 if unused else 1 if count["SURVIVED"] else 0)


if __name__ == "__main__":
    main()
