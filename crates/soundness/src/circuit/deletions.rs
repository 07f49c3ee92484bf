//! Every row left out: for each single row there is a lie that this row refuses and no other.
//!
//! A lie that no row refuses is believed, and named: each of them is false or leaves some cell without its definition.
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
use super::setup::{Bench, Wiring, wiring};
use super::trace::Node;
use super::unlawful;
use crate::{Ledger, Score};
use ark_bn254::Fr;
use ark_ff::{AdditiveGroup, BigInteger, Field, PrimeField};
use mandate_circuits::r1cs::Id;
use mandate_statement::Shape;
use mandate_testing::{Case, r64, t32};
use rayon::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

/// What came of all lies.
#[derive(Clone, Debug, Default)]
pub struct Found {
    /// Rows for which some lie is refused by it and no other.
    pub alone: BTreeSet<usize>,
    /// Lies that no row refuses.
    pub unrefused: Vec<String>,
}

impl Found {
    fn merge(mut self, other: Self) -> Self {
        self.alone.extend(other.alone);
        self.unrefused.extend(other.unrefused);
        self
    }
    /// Takes down who refuses a lie, of which at least two rows are known if there are two; the row, if it is one alone.
    fn note(&mut self, rows: &[usize], name: impl FnOnce() -> String) -> Option<usize> {
        match rows {
            [] => {
                self.unrefused.push(name());
                None
            }
            [row] => Some(*row),
            _ => None,
        }
    }
}

/// The shapes whose every row is left out: one without runs, one with them.
pub fn shapes() -> [&'static Shape; 2] {
    [t32(), r64()]
}

/// The attack on every row of `t32` and of `r64`.
pub fn run() -> Score {
    shapes().into_iter().map(tell).reduce(Ledger::merge).unwrap_or_default().score(
        "deletions",
        "each single row of `t32` and of `r64` left out: a lie that only this row refuses; no lie is refused by none",
    )
}

/// The attack on every row of one tiny shape.
pub fn tell(shape: &'static Shape) -> Ledger {
    let (relation, found) = (&wiring(shape).relation, rows_needed(shape));
    let mut ledger = Ledger::default();
    for row in 0..relation.constraints() {
        if found.alone.contains(&row) {
            ledger.refused();
        } else {
            ledger.believed(|| format!("{}: row {row} ({})", shape.name, relation.ids[row].name()));
        }
    }
    for lie in &found.unrefused {
        ledger.believed(|| format!("{}: no row refuses: {lie}", shape.name));
    }
    ledger
}

/// By rule: its rows, and how many of them would be missed.
pub fn by_rule(shape: &'static Shape) -> BTreeMap<&'static str, (usize, usize)> {
    let (relation, found) = (&wiring(shape).relation, rows_needed(shape));
    let mut out: BTreeMap<&'static str, (usize, usize)> = BTreeMap::new();
    for row in 0..relation.constraints() {
        let entry = out.entry(relation.ids[row].name()).or_default();
        entry.0 += 1;
        entry.1 += usize::from(found.alone.contains(&row));
    }
    out
}

/// [`by_rule`] as a table for the documentation.
pub fn table() -> String {
    let mut out = String::from(
        "| rule | rows in `t32` | lies that only this row refuses | rows in `r64` | lies |\n|---|---|---|---|---|\n",
    );
    let [plain, strips] = shapes().map(by_rule);
    for (rule, (rows, caught)) in &strips {
        let (before, told) = plain.get(rule).copied().unwrap_or_default();
        out.push_str(&format!("| `{rule}` | {before} | {told} | {rows} | {caught} |\n"));
    }
    for (rule, (rows, caught)) in plain.iter().filter(|(rule, _)| !strips.contains_key(*rule)) {
        out.push_str(&format!("| `{rule}` | {rows} | {caught} | 0 | 0 |\n"));
    }
    out
}

/// Every lie about one tiny shape, told once per process.
///
/// # Panics
/// If it is not one of [`shapes`].
pub fn rows_needed(shape: &'static Shape) -> &'static Found {
    static FOUND: [OnceLock<Found>; 2] = [const { OnceLock::new() }; 2];
    let at = shapes().iter().position(|s| s.name == shape.name).expect("a tiny shape");
    FOUND[at].get_or_init(|| {
        let wiring = wiring(shape);
        let scenarios = (0..shape.scenarios)
            .into_par_iter()
            .map(|s| scenario_missed(&Bench::with(unlawful::scenario(shape, s), wiring), s));
        let mandates = unlawful::mandates(shape)
            .into_par_iter()
            .map(|(name, case)| by_digits(&Bench::with(case, wiring), &[], &name));
        let found = scenarios.chain(mandates).reduce(Found::default, Found::merge);
        let shorts = unlawful::shorts(shape).into_par_iter().map(|short| one_too_small(short, wiring));
        let found = found.merge(shorts.reduce(Found::default, Found::merge));
        found.merge(of_open_case(shape, wiring)).merge(of_places(shape, wiring, ""))
    })
}

/// A number of a run that is one less than it must be.
fn one_too_small(short: unlawful::Short, wiring: &'static Wiring) -> Found {
    let unlawful::Short { name, case, strip, peak } = short;
    let bench = Bench::with(case, wiring);
    assert!(bench.relation().holds(&bench.honest), "{name}: the honest number holds");
    let hint = bench.hints(Id::PeakRange)[3 * strip + peak];
    let honest = bench.honest[hint.first];
    assert_eq!(honest, Fr::ONE, "{name}: short of one unit");
    by_digits(&bench, &[(hint.first, -honest)], &name)
}

/// Lies about the one lawful case: its cells, its numbers, its commitments.
///
/// # Panics
/// If it is not lawful.
fn of_open_case(shape: &'static Shape, wiring: &'static Wiring) -> Found {
    let open = Bench::with(unlawful::open(shape), wiring);
    assert!(open.relation().holds(&open.honest), "the open case is lawful");
    let mut lies = defined_cells(&open);
    lies.extend(numbers_past_their_width(&open));
    let found = lies
        .par_chunks(512)
        .map(|lies| {
            let mut found = Found::default();
            let mut liar = Liar::new(open.relation(), open.trace, open.honest.clone());
            lies.iter().for_each(|lie| alone_against(&mut found, &mut liar, &open, lie));
            found
        })
        .reduce(Found::default, Found::merge);
    found.merge(of_commitments(&open))
}

/// A commitment that is not what the account's quantities hash to.
fn of_commitments(open: &Bench) -> Found {
    let mut found = Found::default();
    let shape = open.case.shape;
    let at = mandate_statement::InputLayout::of(shape).commitments;
    let mut liar = Liar::new(open.relation(), open.trace, open.honest.clone());
    for account in 0..shape.accounts {
        liar.tell(&[(at + account, Fr::ONE)]);
        let rows = liar.objections(2);
        let row = found.note(&rows, || format!("com-3: account {account} opens to another commitment"));
        found.alone.extend(row);
        liar.recant();
    }
    found
}

/// The lies of [`unlawful::places`] whose names begin so, to these rows.
fn of_places(shape: &'static Shape, wiring: &'static Wiring, rule: &str) -> Found {
    let one = |(name, case, lies): (String, Case, Vec<Lie>)| {
        let bench = Bench::with(case, wiring);
        let mut liar = Liar::new(bench.relation(), bench.trace, bench.honest.clone());
        liar.tell(&lies);
        liar.adapt();
        let against =
            (0..bench.relation().constraints()).filter(|r| !bench.relation().row_holds(*r, &liar.z));
        let rows: Vec<usize> = against.take(2).collect();
        let mut found = Found::default();
        let row = found.note(&rows, || name);
        found.alone.extend(row);
        found
    };
    unlawful::places(shape)
        .into_par_iter()
        .filter(|(name, ..)| name.starts_with(rule))
        .map(one)
        .reduce(Found::default, Found::merge)
}

/// The lies that a demand of `rule` alone refuses, told to these rows of one of [`shapes`].
pub fn of_demands(shape: &'static Shape, wiring: &'static Wiring, rule: Id) -> Found {
    let named = format!("{}: ", rule.name());
    match rule {
        Id::Commitment => of_commitments(&Bench::with(unlawful::open(shape), wiring)),
        Id::PeakJoin => unlawful::shorts(shape)
            .into_par_iter()
            .filter(|short| short.name.starts_with(&named))
            .map(|short| one_too_small(short, wiring))
            .reduce(Found::default, Found::merge),
        _ => of_places(shape, wiring, &named),
    }
}

/// Takes down the one row that refuses `lie` after the commitments were adapted to it. A lie about a hash must have
/// changed one.
fn alone_against(found: &mut Found, liar: &mut Liar<'_>, bench: &Bench, lie: &[Lie]) {
    liar.tell(lie);
    liar.adapt();
    let rows = liar.objections(2);
    let opens_otherwise = liar.changed().any(|v| v < bench.relation().inputs);
    liar.recant();
    let cell = lie[0].0 - bench.relation().inputs;
    let row = found.note(&rows, || format!("cell {cell} is more by {}", lie[0].1)).filter(|row| {
        let hash = matches!(bench.relation().ids[*row], Id::Poseidon | Id::Chain | Id::Commitment);
        !hash || opens_otherwise
    });
    found.alone.extend(row);
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
fn by_digits(bench: &Bench, lies: &[Lie], name: &str) -> Found {
    let mut found = Found::default();
    let mut liar = Liar::new(bench.relation(), bench.trace, bench.honest.clone());
    liar.tell(lies);
    let z = liar.z.clone();
    let against = (0..bench.relation().constraints()).filter(|r| !bench.relation().row_holds(*r, &z));
    let Some(row) = found.note(&against.take(2).collect::<Vec<_>>(), || name.to_owned()) else {
        return found;
    };
    found.alone.insert(row);
    let tied = bench.trace.nodes.iter().find_map(|node| match node {
        Node::Bits { row: r, first, width } if *r == row => Some((*first, *width)),
        _ => None,
    });
    let Some((first, width)) = tied else { return found };
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
        let rows = liar.objections(2);
        let hider = found.note(&rows, || format!("{name}, hidden in digit {}", v - first));
        found.alone.extend(hider);
        weight.double_in_place();
    }
    found
}

/// One scenario loses; each block's worst loss is said to be one unit less.
fn scenario_missed(bench: &Bench, scenario: usize) -> Found {
    let shape = bench.case.shape;
    let hints = bench.hints(Id::WorstRange);
    assert_eq!(hints.len(), shape.segments + shape.accounts + 1, "a worst loss per block and for the book");
    let missed = hints.into_iter().enumerate().map(|(n, hint)| {
        let two = Fr::from(2u64);
        let honest = (0..hint.width).rev().fold(Fr::ZERO, |sum, i| sum * two + bench.honest[hint.first + i]);
        let less = (honest - Fr::ONE).into_bigint();
        let lie: Vec<Lie> = (0..hint.width)
            .map(|i| (hint.first + i, Fr::from(u64::from(less.get_bit(i))) - bench.honest[hint.first + i]))
            .filter(|(_, add)| *add != Fr::ZERO)
            .collect();
        by_digits(bench, &lie, &format!("worst-2: worst loss {n} is below the loss in scenario {scenario}"))
    });
    missed.reduce(Found::merge).unwrap_or_default()
}
