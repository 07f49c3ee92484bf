//! How many rows each rule has, from a formula over the shape: `docs/statement.md` written out as numbers.
//!
//! The other attacks look at rows that are there. A row that ties cells which other rows already define (a *demand*:
//! `own`, `act-2`, `act-3`, `com-3`, `forbid`) leaves no cell without a definition when it goes, so only a count misses
//! it. Nothing here reads the circuit's code, its constants or the lengths that it computes.

use super::setup::{Wiring, wiring};
use crate::{Ledger, Score};
use mandate_circuits::r1cs::Id;
use mandate_statement::{SHAPES, Shape};
use std::collections::BTreeMap;

/// The attack, on every shape.
pub fn run() -> Score {
    SHAPES.iter().map(|shape| tell(shape, wiring(shape))).reduce(Ledger::merge).unwrap_or_default().score(
        "row-count",
        "each rule of each shape: a row of it gone or added, and a demand that defines nothing gone or added",
    )
}

/// Rows of one rule.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rows {
    /// All of them.
    pub all: usize,
    /// Those that define no cell and hold no cell to zero and one.
    pub demands: usize,
}

/// What the statement says of a shape, by rule.
pub fn declared(shape: &Shape) -> BTreeMap<Id, Rows> {
    let Shape { slots, segments, accounts, assets, scenarios, strips, .. } = *shape;
    let (x, y) = (shape.local_witnesses, shape.global_witnesses);
    let (z, book_z) = (shape.local_bits, shape.global_bits);
    let metrics = shape.signed + shape.absolute + shape.long + shape.short;
    let columns = metrics + scenarios;
    let worsts = segments + accounts + 1;
    let blocks = segments + accounts + assets;
    // Eight full rounds, 60 or 63 partial ones, three products per box, and the digest.
    let (four, eight) = (3 * (8 * 5 + 60) + 1, 3 * (8 * 9 + 63) + 1);
    // Five quantities an element, seven elements an absorption.
    let absorptions = (slots / segments).div_ceil(5).div_ceil(7);
    // The book's variables: totals, sums of worst losses, the book's own, sums over three families, y, z, peaks, one.
    let peaks = if strips == 0 { 0 } else { 3 };
    let book = columns + 2 + 1 + 3 * x + 3 * z + y + book_z + peaks + 1;
    // Eight pairs a strip; every strip but the first may carry.
    let (pairs, joints) = (8 * strips, strips.saturating_sub(1));
    // A template: a product per variable of the book but one, their sum; per block a product per variable, the slack, its
    // bits and what ties them to it.
    let template = |blocks: usize, local: usize| book + blocks * (local + 1 + 112 + 1);
    let defining = |all: usize| Rows { all, demands: 0 };
    let with = |all: usize, demands: usize| Rows { all: all + demands, demands };
    let mut out = BTreeMap::from([
        (Id::Context, defining(1)),
        (Id::ActiveBit, defining(accounts)),
        (Id::ActiveOwns, with(0, accounts)),
        (Id::ActiveHolds, with(accounts * segments, accounts)),
        (Id::Owned, with(segments, segments)),
        (Id::QuantityBit, defining(48 * slots)),
        (Id::SignSplit, defining(slots)),
        (Id::Column, defining(slots * columns)),
        (Id::SegmentSum, defining(segments * columns)),
        (Id::Span, defining(accounts * (segments - 1))),
        (Id::Poseidon, defining(accounts * four + segments * absorptions * eight)),
        (Id::Chain, defining(accounts * segments + segments - 1)),
        (Id::Commitment, with(accounts * segments, accounts)),
        (Id::GroupSum, defining((segments - 1) * (columns + peaks))),
        (Id::SetSum, defining((accounts * (columns + peaks) + assets * (metrics + peaks)) * (segments + 1))),
        (Id::Total, defining(columns + peaks)),
        (Id::Forbidden, with(0, 1)),
        (Id::WorstRange, defining(worsts * (89 + 1))),
        (Id::Worst, defining(worsts * scenarios * (90 + 1))),
        (Id::WitnessRange, defining(blocks * x * (104 + 1) + y * (112 + 1))),
        (Id::Selector, defining(blocks * z + book_z)),
        (Id::Mask, defining(segments + accounts + blocks * (x + z))),
        (Id::GroupRow, defining(shape.group_rows * template(segments, metrics + 1 + x + z + peaks))),
        (Id::AccountRow, defining(shape.account_rows * template(accounts, metrics + 1 + x + z + peaks))),
        (Id::AssetRow, defining(shape.asset_rows * template(assets, metrics + x + z + peaks))),
        (Id::SlotRow, defining(shape.slot_rows * template(slots, metrics))),
        (Id::GlobalRow, defining(shape.global_rows * (book + 128 + 1))),
    ]);
    if strips > 0 {
        out.extend([
            (Id::RunTerm, defining(3 * pairs)),
            (Id::RunPayoff, defining(2 * pairs.saturating_sub(1))),
            (Id::RunCarry, defining(5 * joints)),
            (Id::PeakRange, defining(3 * strips * (88 + 1))),
            (Id::PeakJoin, with(0, 2 * joints)),
            (Id::Peak, defining((2 * pairs + strips) * (89 + 1))),
            (Id::PeakMask, defining(3 * strips)),
        ]);
    }
    out
}

/// Counts the rows of a relation that says it is of `shape`.
pub fn tell(shape: &Shape, wiring: &Wiring) -> Ledger {
    let Wiring { relation, trace } = wiring;
    let mut boolean = vec![false; relation.constraints()];
    trace.boolean.iter().flatten().for_each(|row| boolean[*row as usize] = true);
    let mut found: BTreeMap<Id, Rows> = BTreeMap::new();
    for (row, id) in relation.ids.iter().enumerate() {
        let rows = found.entry(*id).or_default();
        rows.all += 1;
        rows.demands += usize::from(!trace.defining[row] && !boolean[row]);
    }
    let declared = declared(shape);
    let mut ledger = Ledger::default();
    for id in found.keys().chain(declared.keys().filter(|id| !found.contains_key(id))) {
        let has = found.get(id).copied().unwrap_or_default();
        let wants = declared.get(id).copied().unwrap_or_default();
        for (what, has, wants) in [("rows", has.all, wants.all), ("demands", has.demands, wants.demands)] {
            if has == wants {
                ledger.refused();
            } else {
                ledger.believed(|| format!("{}: `{}` has {has} {what}, not {wants}", shape.name, id.name()));
            }
        }
    }
    ledger
}
