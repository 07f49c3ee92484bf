//! Every row left out: for each single row there is a lie that this row refuses and no other.
//!
//! Three families of lies, all with everything after them computed honestly and the public commitments changed to what
//! the lie opens to (so that a commitment no longer is the native hash of the book):
//!
//! - a cell that a row defines, one more or one less (products, totals, hashes, slacks);
//! - a number taken out of its range by one of its bits (a quantity of `q + 2^48` lots, a worst loss or witness past its
//!   width), so that only this bit's row objects;
//! - a statement that is false: a row of the mandate at one block that does not hold, a worst loss below one scenario's
//!   loss, a book in the wrong places. There only one row objects; and where it is the row that ties a slack to its
//!   digits, a single digit that is no bit hides the negative slack from it, and only that digit's row objects.

use super::liar::{Liar, Lie};
use super::setup::{Bench, wiring};
use super::trace::Node;
use super::unlawful;
use crate::{Ledger, Score};
use ark_bn254::Fr;
use ark_ff::{AdditiveGroup, BigInteger, Field, PrimeField};
use mandate_circuits::r1cs::Id;
use mandate_testing::t32;
use rayon::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

/// For one row: the lie that it alone refuses.
pub type Alone = BTreeSet<usize>;

/// The attack on every row of `t32`.
pub fn run() -> Score {
    let (relation, alone) = (&wiring(t32()).relation, rows_needed());
    let mut ledger = Ledger::default();
    for row in 0..relation.constraints() {
        if alone.contains(&row) {
            ledger.refused();
        } else {
            ledger.believed(|| format!("row {row} ({})", relation.ids[row].name()));
        }
    }
    ledger.score("deletions", "each single row of `t32` left out: a lie that only this row refuses")
}

/// By rule: its rows, and how many of them would be missed.
pub fn by_rule() -> BTreeMap<&'static str, (usize, usize)> {
    let (relation, alone) = (&wiring(t32()).relation, rows_needed());
    let mut out: BTreeMap<&'static str, (usize, usize)> = BTreeMap::new();
    for row in 0..relation.constraints() {
        let entry = out.entry(relation.ids[row].name()).or_default();
        entry.0 += 1;
        entry.1 += usize::from(alone.contains(&row));
    }
    out
}

/// [`by_rule`] as a table for the documentation.
pub fn table() -> String {
    let mut out = String::from("| rule | rows in `t32` | lies that only this row refuses |\n|---|---|---|\n");
    for (rule, (rows, caught)) in by_rule() {
        out.push_str(&format!("| `{rule}` | {rows} | {caught} |\n"));
    }
    out
}

/// Every row for which some lie is refused by it and no other.
///
/// # Panics
/// If a case that must be lawful is not.
pub fn rows_needed() -> Alone {
    let open = Bench::of(unlawful::open());
    assert!(open.relation().holds(&open.honest), "the open case is lawful");
    let mut lies = defined_cells(&open);
    lies.extend(numbers_past_their_width(&open));
    let mut alone: Alone = lies
        .par_chunks(512)
        .map(|lies| {
            let mut liar = Liar::new(open.relation(), open.trace, open.honest.clone());
            lies.iter().filter_map(|lie| alone_against(&mut liar, &open, lie)).collect::<Alone>()
        })
        .reduce(Alone::new, union);

    // A commitment that is not what the account's quantities hash to.
    let at = mandate_statement::InputLayout::of(t32()).commitments;
    let mut liar = Liar::new(open.relation(), open.trace, open.honest.clone());
    for account in 0..t32().accounts {
        liar.tell(&[(at + account, Fr::ONE)]);
        alone.extend(only(liar.objections(2)));
        liar.recant();
    }
    let scenarios =
        (0..t32().scenarios).into_par_iter().map(|s| scenario_missed(&Bench::of(unlawful::scenario(s))));
    let mandates = unlawful::mandates().into_par_iter().map(|case| by_digits(&Bench::of(case), &[]));
    let places = unlawful::places().into_par_iter().map(|(case, lies)| {
        let bench = Bench::of(case);
        let mut liar = Liar::new(bench.relation(), bench.trace, bench.honest.clone());
        liar.tell(&lies);
        liar.adapt();
        let z = liar.z.clone();
        (0..bench.relation().constraints()).filter(|r| !bench.relation().row_holds(*r, &z)).take(2).collect()
    });
    let places = places.map(|rows: Vec<usize>| only(rows).into_iter().collect());
    alone = union(alone, scenarios.chain(mandates).chain(places).reduce(Alone::new, union));
    alone
}

fn union(mut a: Alone, b: Alone) -> Alone {
    a.extend(b);
    a
}

fn only(rows: Vec<usize>) -> Option<usize> {
    match rows.as_slice() {
        [row] => Some(*row),
        _ => None,
    }
}

/// The one row that refuses `lie` after the commitments were adapted to it. A lie about a hash must have changed one.
fn alone_against(liar: &mut Liar<'_>, bench: &Bench, lie: &[Lie]) -> Option<usize> {
    liar.tell(lie);
    liar.adapt();
    let row = only(liar.objections(2));
    let opens_otherwise = liar.changed().any(|v| v < bench.relation().inputs);
    liar.recant();
    row.filter(|row| {
        let hash = matches!(bench.relation().ids[*row], Id::Poseidon | Id::Chain | Id::Commitment);
        !hash || opens_otherwise
    })
}

/// Every cell that stands alone on the right of a row, one more and one less.
fn defined_cells(bench: &Bench) -> Vec<Vec<Lie>> {
    let cells = bench.trace.nodes.iter().filter_map(|node| match node {
        Node::Row { cell, .. } => Some(*cell),
        _ => None,
    });
    cells.flat_map(|cell| [Fr::ONE, -Fr::ONE].map(|add| vec![(cell, add)])).collect()
}

/// Every bit of every hint, moved so that its number grows by `2^width`; selectors set to two.
fn numbers_past_their_width(bench: &Bench) -> Vec<Vec<Lie>> {
    let two = Fr::from(2u64);
    let hints = bench.trace.hints.iter().filter(|h| h.boolean && h.id != Id::ActiveBit);
    hints
        .flat_map(|hint| {
            (0..hint.width).map(move |i| vec![(hint.first + i, two.pow([(hint.width - i) as u64]))])
        })
        .collect()
}

/// A false statement that, after `lies`, only the row refuses that ties some number to its digits: that row, and the row
/// of each digit.
fn by_digits(bench: &Bench, lies: &[Lie]) -> Alone {
    let mut liar = Liar::new(bench.relation(), bench.trace, bench.honest.clone());
    liar.tell(lies);
    let z = liar.z.clone();
    let mut against = (0..bench.relation().constraints()).filter(|r| !bench.relation().row_holds(*r, &z));
    let (Some(row), None) = (against.next(), against.next()) else { return Alone::new() };
    let mut alone = Alone::from([row]);
    let tied = bench.trace.nodes.iter().find_map(|node| match node {
        Node::Bits { row: r, first, width } if *r == row => Some((*first, *width)),
        _ => None,
    });
    let Some((first, width)) = tied else { return alone };
    let sum = |m: usize| bench.relation().matrices[m][row].iter().map(|(c, v)| z[*v] * c).sum::<Fr>();
    let (digits, number) = (sum(0), sum(2));
    assert!(number.into_bigint().num_bits() as usize > width, "the number is out of its range");
    let mut weight = Fr::ONE;
    for v in first..first + width {
        let mut hidden = lies.to_vec();
        hidden.push((v, (number - digits) * weight.inverse().expect("a power of two")));
        liar.recant();
        liar.tell(&hidden);
        // The row reads the digit, so it is asked again; whatever reads nothing that changed holds as before.
        let objections = liar.objections(2);
        alone.extend(only(objections));
        weight.double_in_place();
    }
    alone
}

/// One scenario loses; each block's worst loss is said to be one unit less.
fn scenario_missed(bench: &Bench) -> Alone {
    let hints = bench.hints(Id::WorstRange);
    hints
        .into_iter()
        .map(|hint| {
            let two = Fr::from(2u64);
            let honest =
                (0..hint.width).rev().fold(Fr::ZERO, |sum, i| sum * two + bench.honest[hint.first + i]);
            let less = (honest - Fr::ONE).into_bigint();
            let lie: Vec<Lie> = (0..hint.width)
                .map(|i| {
                    (hint.first + i, Fr::from(u64::from(less.get_bit(i))) - bench.honest[hint.first + i])
                })
                .filter(|(_, add)| *add != Fr::ZERO)
                .collect();
            by_digits(bench, &lie)
        })
        .reduce(union)
        .unwrap_or_default()
}
