#!/usr/bin/env python3
"""Asks cvc5 whether the parts of a .r1cs file determine what they make. Needs the build of cvc5 with finite fields, `cvc5-gpl`.

A part is a run of consecutive constraints. Its inputs are the wires that it names and that stand in an earlier constraint or
are public or private inputs; its outputs are the other wires that it names. The question, Picus's, over the field of the
file: two copies of the part with equal inputs and some output that differs. `unsat` says that there is none. Then the
same question with one constraint left out, where the answer must be `sat`: a question that can only be answered one way
is none.

Sums of 90 bits and more are beyond the solver. Of each such sum it is asked of the lowest BITS bits alone, the others being
inputs; the whole sum is what unique.py shows, by the sizes of its coefficients.

Exit code: 0 every part is determined and every hole is seen, 1 otherwise.
"""
import argparse
import sys
import time

import cvc5
from cvc5 import Kind

from unique import PRIME, File, boolean_wire, names_of_rows


# Bits of a long sum that are left open at once.
BITS = 6


class Question:
    """Two copies of some constraints."""

    def __init__(self, rows, inputs, limit_ms):
        self.terms = cvc5.TermManager()
        self.solver = cvc5.Solver(self.terms)
        self.solver.setLogic("QF_FF")
        self.solver.setOption("tlimit-per", str(limit_ms))
        self.sort = self.terms.mkFiniteFieldSort(str(PRIME))
        self.inputs = inputs
        self.wires = {}
        for copy in (0, 1):
            for a, b, c in rows:
                product = self.term(Kind.FINITE_FIELD_MULT, self.sum(a, copy), self.sum(b, copy))
                self.solver.assertFormula(self.term(Kind.EQUAL, product, self.sum(c, copy)))

    def term(self, kind, *parts):
        return self.terms.mkTerm(kind, *parts)

    def number(self, k):
        return self.terms.mkFiniteFieldElem(str(k), self.sort)

    def wire(self, wire, copy):
        if wire == 0:
            return self.number(1)
        key = (wire, 0 if wire in self.inputs else copy)
        if key not in self.wires:
            self.wires[key] = self.terms.mkConst(self.sort, f"w{key[0]}_{key[1]}")
        return self.wires[key]

    def sum(self, terms, copy):
        parts = [
            self.wire(w, copy) if k == 1 else self.term(Kind.FINITE_FIELD_MULT, self.number(k), self.wire(w, copy))
            for w, k in terms
        ]
        if not parts:
            return self.number(0)
        return parts[0] if len(parts) == 1 else self.term(Kind.FINITE_FIELD_ADD, *parts)

    def ask(self, outputs):
        differ = [self.term(Kind.DISTINCT, self.wire(w, 0), self.wire(w, 1)) for w in outputs]
        self.solver.assertFormula(differ[0] if len(differ) == 1 else self.term(Kind.OR, *differ))
        return str(self.solver.checkSat())


def parts(file, rules):
    """One of each kind of gadget: (name, first constraint, how many, the one to leave out, how many wires are asked of)."""
    def first(rule, after=0):
        return rules.index(rule, after)

    def width(start):
        """Rows of the range check that begins at `start`: bits, and the row that sums them."""
        at = start
        while boolean_wire(file.rows[at]) is not None:
            at += 1
        return at + 1 - start

    def first_range(rule):
        at = first(rule)
        while boolean_wire(file.rows[at]) is None:
            at += 1
        return at

    out = [("qty-2: the sign split", first("qty-2"), 1, 0), ("col: weights of one slot", first("col"), 32, 5)]
    out.append(("sum, own: totals of one segment", first("sum"), 32, 3))
    out.append(("com-1: one S-box with its inputs", first("com-1") + 3, 3, 1))
    out.append(("com-1: a round's five S-boxes", first("com-1"), 15, 7))
    out.append(("grp: totals carried on", first("grp"), 8, 5))
    out.append(("set: one total of an account", first("set"), 5, 4))
    for rule, name in (("worst-1", "worst-1: the cell of a worst loss"), ("wit", "wit: the cell of a witness")):
        start = first_range(rule)
        out.append((name, start, width(start), width(start) - 1))
    for rule, name in (
        ("worst-2", "worst-2: 90 bits of w + T"),
        ("row-slot", "row-slot: 112 bits of a slack"),
        ("row-global", "row-global: 128 bits of a slack"),
    ):
        start = first_range(rule)
        out.append((name, start, width(start), width(start) - 1, BITS))
        out.append((name + ", the hole a loose bit", start, width(start), 0, BITS))
    return [part if len(part) == 5 else (*part, None) for part in out]


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("r1cs")
    parser.add_argument("--map", required=True, help="the .json written beside the constraints")
    parser.add_argument("--limit", type=int, default=20, help="seconds per question")
    args = parser.parse_args()
    with open(args.r1cs, "rb") as f:
        file = File(f.read())
    rules = names_of_rows(args.map, file.count)
    earliest = {}
    for i, row in enumerate(file.rows):
        for side in row:
            for wire, _ in side:
                earliest.setdefault(wire, i)
    given = 1 + file.outputs + file.public + file.private
    wrong = 0
    for name, start, count, hole, asked in parts(file, rules):
        rows = file.rows[start:start + count]
        wires = {wire for row in rows for side in row for wire, _ in side}
        inputs = {wire for wire in wires if wire < given or earliest[wire] < start}
        outputs = sorted(wires - inputs)
        if asked:
            inputs, outputs = inputs | set(outputs[asked:]), outputs[:asked]
            # That an input is a bit is more than the question needs.
            rows = [row for row in rows if boolean_wire(row) is None or boolean_wire(row) in outputs]
            hole = 0 if hole == 0 else len(rows) - 1
        answers = []
        for these in (rows, rows[:hole] + rows[hole + 1:]):
            began = time.monotonic()
            answer = Question(these, inputs, args.limit * 1000).ask(outputs) if outputs else "nothing is made"
            answers.append((answer, time.monotonic() - began))
        (whole, t1), (holed, t2) = answers
        wrong += whole != "unsat" or holed != "sat"
        print(f"{name:<44} {count:>4} rows, {len(outputs):>3} wires made: {whole} in {t1:.2f} s;"
              f" one row left out: {holed} in {t2:.2f} s", flush=True)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
