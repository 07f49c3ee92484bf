//! Which cells are functions of the others: for every statement at once, not for one assignment.
//!
//! From the public inputs and the hints every other cell is determined: it stands alone on the right of a row, with a
//! constant coefficient, or it is one of the binary digits of something determined (at most 252 of them, each held to
//! zero and one). So two assignments with one set of inputs and one set of hints are one assignment. The hints are
//! exactly what the statement calls private: quantities, activity, blindings, upper-bound witnesses and selectors. A
//! number in bits is one hint: its bits are digits of it.

use super::setup::wiring;
use super::trace::{Node, Trace};
use crate::{Ledger, Score};
use mandate_circuits::r1cs::{Id, Relation};
use mandate_statement::{SHAPES, Shape};

/// The attack, on every shape.
pub fn run() -> Score {
    SHAPES.iter().map(tell).reduce(Ledger::merge).unwrap_or_default().score(
        "uniqueness",
        "each witness cell of each shape: a second value for it, with inputs and hints as they are",
    )
}

/// What the statement says is private: rule, how many, bits of each, and why the prover may choose.
pub fn declared(shape: &Shape) -> Vec<(Id, usize, usize, &'static str)> {
    let blocks = shape.segments + shape.accounts + shape.assets;
    vec![
        (Id::ActiveBit, shape.accounts, 1, "a hint: whether an account is declared"),
        (Id::QuantityBit, shape.slots, 48, "a hint: the bits of a quantity"),
        (Id::Poseidon, shape.accounts, 1, "a hint: a blinding"),
        (
            Id::WorstRange,
            shape.segments + shape.accounts + 1,
            89,
            "a hint: the bits of a worst loss, which is an upper bound",
        ),
        (
            Id::PeakRange,
            3 * shape.strips,
            88,
            "a hint: the bits of what a run is short of, which is an upper bound",
        ),
        (Id::WitnessRange, blocks * shape.local_witnesses, 104, "a hint: the bits of an upper-bound witness"),
        (Id::WitnessRange, shape.global_witnesses, 112, "a hint: the bits of an upper-bound witness"),
        (Id::Selector, blocks * shape.local_bits + shape.global_bits, 1, "a hint: a selector"),
    ]
}

/// Counts the cells of one shape.
pub fn tell(shape: &Shape) -> Ledger {
    let wiring = wiring(shape);
    tell_of(shape, &wiring.relation, &wiring.trace)
}

/// Counts the cells of a relation that says it is of `shape`.
pub fn tell_of(shape: &Shape, relation: &Relation, trace: &Trace) -> Ledger {
    let mut ledger = Ledger::default();
    let mut defined = vec![0u32; relation.inputs + relation.witnesses];
    for node in &trace.nodes {
        match node {
            Node::Row { cell, .. } => defined[*cell] += 1,
            Node::Bits { first, width, .. } => {
                defined[*first..first + width].iter_mut().for_each(|d| *d += 1)
            }
            Node::Worst { .. } | Node::Peak { .. } => {} // what honest provers put there; no row says so
        }
    }
    let mut hint = vec![None; defined.len()];
    for (id, count, width, reason) in declared(shape) {
        let alike: Vec<_> = trace.hints.iter().filter(|h| h.id == id && h.width == width).collect();
        if alike.len() == count {
            alike.iter().for_each(|h| hint[h.first..h.first + h.width].fill(Some(reason)));
        }
    }
    for cell in relation.inputs..defined.len() {
        match (defined[cell], hint[cell]) {
            (1, None) => ledger.refused(),
            (0, Some(reason)) => ledger.excused(reason),
            (n, _) => {
                ledger.believed(|| format!("{}: {n} rows define cell {}", shape.name, cell - relation.inputs))
            }
        }
    }
    for what in &trace.unread {
        ledger.believed(|| format!("{}: {what}", shape.name));
    }
    ledger
}
