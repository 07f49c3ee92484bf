#!/usr/bin/env python3
"""Looks for free wires in a .r1cs file. Reads the file alone, and shares no code with what wrote it.

The question is Picus's and Ecne's: do the public and private inputs determine every other wire? Wires are found determined
by propagation alone, so "determined" is proven and "free" may only mean "not found":

  product  all of A and B known, one unknown wire in C
  linear   A or B is a constant, one unknown wire in the row
  bits     a linear row whose unknown wires are all bits (x * (x - 1) = 0), with coefficients of which each is larger than
           the sum of those below it, all together below half the prime: no two choices of the bits give one sum

Beside that: the form of the file is strict; every public input stands in some constraint; and every private input is a bit,
but for as many as --loose says (the blindings, which are any field element).

Exit code: 0 nothing is free, 1 something is, 2 the file is not what it should be.
"""
import argparse
import heapq
import json
import struct
import sys
from collections import defaultdict

# The order of the scalar field of alt_bn128, as EIP-196 has it.
PRIME = 21888242871839275222246405745257275088548364400416034343698204186575808495617


class Wrong(Exception):
    """The file is not a .r1cs file of this field in its one form."""


class File:
    """Header, constraints and labels of a .r1cs file."""

    def __init__(self, data):
        self.data, self.at = data, 0
        if self.take(4) != b"r1cs":
            raise Wrong("it does not begin with `r1cs`")
        if self.word() != 1:
            raise Wrong("its version is not 1")
        if self.word() != 3:
            raise Wrong("it does not have three sections")
        self.section(1, self.header)
        self.section(2, self.constraints)
        self.section(3, self.wire_labels)
        if self.at != len(data):
            raise Wrong("bytes are left over")

    def take(self, n):
        piece = self.data[self.at:self.at + n]
        if len(piece) != n:
            raise Wrong("it ends too early")
        self.at += n
        return piece

    def word(self):
        return struct.unpack("<I", self.take(4))[0]

    def long(self):
        return struct.unpack("<Q", self.take(8))[0]

    def section(self, kind, body):
        if self.word() != kind:
            raise Wrong(f"section {kind} is missing or out of order")
        end = self.long() + self.at
        body()
        if self.at != end:
            raise Wrong(f"section {kind} is not as long as it says")

    def header(self):
        if self.word() != 32 or int.from_bytes(self.take(32), "little") != PRIME:
            raise Wrong("its prime is not that of bn128")
        self.wires, self.outputs, self.public, self.private = (self.word() for _ in range(4))
        self.labels, self.count = self.long(), self.word()
        if 1 + self.outputs + self.public + self.private > self.wires:
            raise Wrong("more inputs than wires")

    def combination(self):
        terms, last = [], -1
        for _ in range(self.word()):
            wire, coefficient = self.word(), int.from_bytes(self.take(32), "little")
            if not last < wire < self.wires:
                raise Wrong(f"wire {wire} is out of order or out of range")
            if not 0 < coefficient < PRIME:
                raise Wrong(f"a coefficient of wire {wire} is zero or not below the prime")
            terms.append((wire, coefficient))
            last = wire
        return terms

    def constraints(self):
        self.rows = [tuple(self.combination() for _ in range(3)) for _ in range(self.count)]

    def wire_labels(self):
        labels = [self.long() for _ in range(self.wires)]
        if labels[0] != 0 or sorted(labels) != list(range(self.labels)):
            raise Wrong("labels are not the numbers of the wires in some order")


def boolean_wire(row):
    """The wire of a row `x * (x - 1) = 0`, either way round, or None."""
    a, b, c = row
    if c:
        return None
    for x, y in ((a, b), (b, a)):
        if len(x) == 1 and x[0][1] == 1 and y == [(0, PRIME - 1), x[0]]:
            return x[0][0]
    return None


def linear(row):
    """The row as one linear combination that is zero, or None where it is a product of two unknowns."""
    a, b, c = row
    for x, y in ((a, b), (b, a)):
        if len(y) == 1 and y[0][0] == 0:
            out = defaultdict(int)
            for wire, k in x:
                out[wire] += k * y[0][1]
            for wire, k in c:
                out[wire] -= k
            return {wire: k % PRIME for wire, k in out.items() if k % PRIME}
    return None


def tells_bits_apart(coefficients):
    """Whether no two choices of bits have one sum modulo the prime."""
    total = 0
    for k in sorted(min(k, PRIME - k) for k in coefficients):
        if k <= total:
            return False
        total += k
    return total < PRIME // 2


class Propagation:
    """Which wires are determined, and by which rows."""

    def __init__(self, file, without=()):
        first = 1 + file.outputs
        self.file = file
        self.known = bytearray(file.wires)
        self.known[0] = 1
        for wire in range(first, first + file.public + file.private):
            self.known[wire] = 1
        self.rows = [None if i in without else row for i, row in enumerate(file.rows)]
        self.bit_rows = {boolean_wire(row): i for i, row in enumerate(self.rows) if row and boolean_wire(row)}
        self.used = set()
        self.run()

    def run(self):
        naming = defaultdict(list)
        waiting = {}
        for i, row in enumerate(self.rows):
            if row is None or boolean_wire(row) is not None:
                continue
            unknown = {wire for side in row for wire, _ in side if not self.known[wire]}
            waiting[i] = unknown
            for wire in unknown:
                naming[wire].append(i)
        # Always the first row that may have something to say: what a row is for then reads as it was written.
        todo = list(waiting)
        while todo:
            i = heapq.heappop(todo)
            for wire in self.found(i, waiting[i]):
                self.used.add(i)
                self.known[wire] = 1
                for j in naming[wire]:
                    waiting[j].discard(wire)
                    heapq.heappush(todo, j)

    def found(self, i, unknown):
        """Wires that row `i` determines, given what is known."""
        if not unknown:
            return []
        row = self.rows[i]
        a, b, _ = row
        if len(unknown) == 1:
            wire = next(iter(unknown))
            in_factors = any(w == wire for side in (a, b) for w, _ in side)
            if not in_factors:
                return [wire]
            form = linear(row)
            return [wire] if form and wire in form else []
        if all(wire in self.bit_rows for wire in unknown):
            form = linear(row)
            if form and all(w in form for w in unknown) and tells_bits_apart([form[w] for w in unknown]):
                return list(unknown)
        return []

    def free(self):
        return [wire for wire in range(self.file.wires) if not self.known[wire]]


def names_of_rows(path, count):
    """Rule of every row, from the map written beside the constraints."""
    if path is None:
        return ["?"] * count
    with open(path, encoding="utf-8") as f:
        runs = json.load(f)["rows"]
    out = []
    for rule, start, length in runs:
        if start != len(out):
            raise Wrong("the map's rows are not consecutive")
        out.extend([rule] * length)
    if len(out) != count:
        raise Wrong("the map has another number of rows")
    return out


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("r1cs")
    parser.add_argument("--map", help="the .json written beside the constraints, to name rules")
    parser.add_argument("--loose", type=int, default=0, help="private inputs that may be any field element")
    parser.add_argument("--without", type=int, action="append", default=[], help="leave out this constraint")
    parser.add_argument("--table", action="store_true", help="per rule, what its constraints are for")
    args = parser.parse_args()
    with open(args.r1cs, "rb") as f:
        file = File(f.read())
    rules = names_of_rows(args.map, file.count)
    result = Propagation(file, set(args.without))
    trouble = []

    named = bytearray(file.wires)
    for row in result.rows:
        for side in row or ():
            for wire, _ in side:
                named[wire] = 1
    first = 1 + file.outputs
    unused = [wire for wire in range(1, file.wires) if not named[wire]]
    if unused:
        trouble.append(f"{len(unused)} wires stand in no constraint, the first {unused[0]}")
    loose = [w for w in range(first + file.public, first + file.public + file.private) if w not in result.bit_rows]
    if len(loose) != args.loose:
        trouble.append(f"{len(loose)} private inputs are not bits, {args.loose} were to be: {loose[:5]}")
    free = result.free()
    if free:
        trouble.append(f"{len(free)} wires are not determined, the first {free[0]}")

    print(f"{file.count} constraints, {file.wires} wires: {file.public} public inputs, {file.private} private inputs "
          f"({len(loose)} of them not bits), {file.wires - first - file.public - file.private} others, "
          f"{len(free)} of them not determined")
    if args.table:
        bits = set(result.bit_rows.values())
        count = defaultdict(lambda: [0, 0, 0])
        for i, rule in enumerate(rules):
            count[rule][0 if i in result.used else 1 if i in bits else 2] += 1
        print("rule            determine a wire   make a wire a bit   demand something")
        for rule, (used, bit, demand) in sorted(count.items()):
            print(f"{rule:<14}{used:>18}{bit:>20}{demand:>19}")
    for line in trouble:
        print(f"free: {line}")
    return 1 if trouble else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except (Wrong, OSError, ValueError, KeyError) as why:
        print(f"error: {why}", file=sys.stderr)
        sys.exit(2)
