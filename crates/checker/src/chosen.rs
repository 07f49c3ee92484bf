//! Variables that are no bounds: bits that let one alternative of a witness go, and free witnesses.
//!
//! A **choice** is a bit `z` in the definitions of one witness `x` and nowhere else: some are let go by `z = 1`
//! (`x >= a - M z`), others by `z = 0` (`x >= b - M (1 - z)`). Whatever the bit, the other alternative binds, so `x` is at
//! least the smaller of the two.
//!
//! A **free witness** `y` stands in the definitions of *excesses*, `x >= g - a y` beside `x >= 0`, and in one *charge*,
//! `T >= n y + sum of c x`, that is all that reads it and them. Then `T` is at least the least, over all `y`, of
//! `n y + sum of c max(0, g - a y)`: a number that the book fixes, convex in its totals. It is a number because it does not
//! fall without end: either `y >= 0` is a row, or the excesses grow faster than `n y` falls (`sum of c a >= n`, counted
//! where their number is known).

use crate::finding::{Finding, Findings};
use crate::terms::Row;
use crate::witness::{Node, Reading, node_name};
use mandate_statement::{Family, GlobalVar, LocalVar, RowRef};
use num_bigint::BigInt;
use std::collections::{BTreeMap, BTreeSet};

/// The bits that choose between alternatives, each held against what is said above. They are taken out of what the
/// definitions use.
pub fn bits(
    rows: &BTreeMap<RowRef, Row>,
    readings: &mut BTreeMap<RowRef, Reading>,
    findings: &mut Findings,
) -> BTreeSet<Node> {
    let mut owners: BTreeMap<Node, Node> = BTreeMap::new();
    let mut choice_of: BTreeMap<Node, Node> = BTreeMap::new();
    for (at, reading) in readings.iter() {
        let (Some(x), Some((bit @ Node::Bit(..), _))) = (reading.defines, reading.lets_go) else { continue };
        if *owners.entry(bit).or_insert(x) != x || *choice_of.entry(x).or_insert(bit) != bit {
            findings.push(Finding::SharedChoice { row: *at, variable: node_name(bit) });
        }
    }
    for (bit, x) in &owners {
        let mut other_way = false;
        for (at, reading) in readings.iter_mut() {
            if !reads(&rows[at], *bit) {
                continue;
            }
            if reading.defines != Some(*x) {
                findings.push(Finding::SharedChoice { row: *at, variable: node_name(*bit) });
            }
            other_way |= reading.uses.contains(bit);
            reading.uses.retain(|n| n != bit);
        }
        if !other_way {
            let variable = node_name(*bit);
            findings.push(Finding::OpenChoice { variable, witness: node_name(*x) });
        }
    }
    owners.into_keys().collect()
}

fn reads(row: &Row, node: Node) -> bool {
    let Node::Bit(family, i) = node else { return false };
    row.local.iter().any(|(v, _)| *v == LocalVar::Bit(i) && row.at.family == family)
        || row.global.iter().any(|(v, _)| match *v {
            GlobalVar::Bit(j) => family == Family::Global && j == i,
            GlobalVar::BitSum(f, j) => f == family && j == i,
            _ => false,
        })
}

/// The free witnesses, each held against what is said above.
pub fn free(
    rows: &BTreeMap<RowRef, Row>,
    readings: &BTreeMap<RowRef, Reading>,
    findings: &mut Findings,
) -> BTreeSet<Node> {
    let lets_go = |r: &Reading| r.lets_go.map(|(n, _)| n).filter(|n| matches!(n, Node::Witness(..)));
    let list: BTreeSet<Node> = readings.values().filter_map(lets_go).collect();
    for y in &list {
        if let Err((row, why)) = lawful(*y, rows, readings) {
            findings.push(Finding::FreeWitness { row, variable: node_name(*y), why });
        }
    }
    list
}

/// Whether a row is `node >= 0` and nothing else.
fn is_floor(row: &Row, node: Node) -> bool {
    match node {
        Node::Witness(Family::Global, i) => {
            row.local.is_empty() && row.global == [(GlobalVar::Witness(i), 1)]
        }
        Node::Witness(_, i) => row.global.is_empty() && row.local == [(LocalVar::Witness(i), 1)],
        Node::Bit(..) => false,
    }
}

fn lawful(
    y: Node,
    rows: &BTreeMap<RowRef, Row>,
    readings: &BTreeMap<RowRef, Reading>,
) -> Result<(), (RowRef, &'static str)> {
    let goes = |r: &Reading| r.lets_go.filter(|(n, _)| *n == y);
    let first = readings.iter().find(|(_, r)| goes(r).is_some()).map(|(at, _)| *at);
    let first = first.expect("a row that it lets go");
    let mut floor = false;
    for (at, _) in readings.iter().filter(|(_, r)| r.defines == Some(y)) {
        if !is_floor(&rows[at], y) {
            return Err((*at, "it bounds a free witness by other than zero"));
        }
        floor = true;
    }
    let mut uses = readings.iter().filter(|(_, r)| r.uses.contains(&y));
    let (charge_at, charge) = match (uses.next(), uses.next()) {
        (Some((at, reading)), None) => (*at, reading),
        (None, _) => return Err((first, "no charge counts the free witness against the book")),
        (Some(_), Some((at, _))) => return Err((*at, "it is a second row that counts a free witness")),
    };
    let total = charge.defines.filter(|_| charge_at.family == Family::Global && charge.lets_go.is_none());
    let Some(total) = total else {
        return Err((charge_at, "it counts a free witness, but is not the definition of a charge"));
    };
    if readings.iter().any(|(at, r)| *at != charge_at && r.defines == Some(total)) {
        return Err((charge_at, "the charge of a free witness has more than one definition"));
    }
    // Each excess with the largest factor on the free witness.
    let mut excesses: BTreeMap<Node, i128> = BTreeMap::new();
    for (reading, (_, a)) in readings.values().filter_map(|r| goes(r).map(|g| (r, g))) {
        let x = reading.defines.expect("what lets go lets a definition go");
        let largest = excesses.entry(x).or_insert(a);
        *largest = a.max(*largest);
    }
    for x in excesses.keys() {
        let mut grounded = false;
        for (at, reading) in readings.iter().filter(|(_, r)| r.defines == Some(*x)) {
            if is_floor(&rows[at], *x) {
                grounded = true;
            } else if goes(reading).is_none() || reading.divisor != 1 {
                return Err((*at, "it defines an excess over a free witness by other than one"));
            }
        }
        if !grounded {
            return Err((first, "an excess over the free witness has no row that keeps it from below zero"));
        }
        if let Some((at, _)) = readings.iter().find(|(at, r)| **at != charge_at && r.uses.contains(x)) {
            return Err((*at, "it reads an excess over a free witness, which only its charge may"));
        }
    }
    let lawful_term = |n: &Node| *n == y || excesses.contains_key(n);
    let row = &rows[&charge_at];
    let plain =
        row.global.iter().all(|(v, _)| matches!(v, GlobalVar::Witness(_) | GlobalVar::WitnessSum(..)));
    if !plain || !charge.uses.iter().all(lawful_term) || charge.divisor != 1 {
        return Err((charge_at, "a charge counts more than a free witness and the excesses over it"));
    }
    let price = |node: Node| match node {
        Node::Witness(Family::Global, i) => row.global(GlobalVar::Witness(i)),
        Node::Witness(family, i) => row.global(GlobalVar::WitnessSum(family, i)),
        Node::Bit(..) => 0,
    };
    let known = excesses.iter().filter(|(x, _)| x.family() == Family::Global);
    let growth: BigInt = known.map(|(x, a)| -BigInt::from(price(*x)) * *a).sum();
    if !floor && growth < -BigInt::from(price(y)) {
        return Err((
            charge_at,
            "nothing keeps the charge from falling without end as its free witness does",
        ));
    }
    Ok(())
}
