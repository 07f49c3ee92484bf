//! The prover lies: one lie for each rule. `crates/soundness` tells them for every cell, choice and row.

use ark_bn254::Fr;
use ark_ff::Field;
use mandate_circuits::r1cs::{Id, Tamper};
use mandate_statement::RiskPart;
use mandate_testing::{Book, Case, RulesBuilder, t32, t32_relation};
use std::collections::{BTreeMap, BTreeSet};

/// For every variable, the rows that read it.
fn readers() -> Vec<Vec<usize>> {
    let mut readers: Vec<Vec<usize>> = vec![Vec::new(); t32_relation().inputs + t32_relation().witnesses];
    for matrix in &t32_relation().matrices {
        for (row, terms) in matrix.iter().enumerate() {
            for (_, v) in terms {
                if readers[*v].last() != Some(&row) {
                    readers[*v].push(row);
                }
            }
        }
    }
    readers
}

/// Every public input is read by some row; the context and the commitments alone changed no longer fit the witness.
#[test]
fn every_input_is_read_by_a_row() {
    let case = Case::lawful();
    let honest = case.assignment();
    for input in 1..2 + case.shape.accounts {
        let mut z = honest.clone();
        z[input] += Fr::ONE;
        assert!(!t32_relation().holds(&z), "input {input}");
    }
    for (input, rows) in readers().iter().take(t32_relation().inputs).enumerate() {
        assert!(!rows.is_empty(), "no row reads input {input}");
    }
}

/// The ids of the rows that a lie breaks, after the liar has also changed the commitments to what the lie opens to.
fn broken(case: &mut Case, tampers: &[Tamper]) -> BTreeSet<&'static str> {
    let z = case.lying(tampers);
    let dot =
        |m: usize, row: usize| -> Fr { t32_relation().matrices[m][row].iter().map(|(c, v)| z[*v] * c).sum() };
    for row in (0..t32_relation().constraints()).filter(|r| t32_relation().ids[*r] == Id::Commitment) {
        // Only the last row of an account has an input on its right side: activity times the end of the chain.
        if let [(_, input)] = t32_relation().matrices[2][row].as_slice()
            && *input < t32_relation().inputs
        {
            case.inputs[*input] = dot(0, row) * dot(1, row);
        }
    }
    let z = case.lying(tampers);
    (0..t32_relation().constraints())
        .filter(|row| !t32_relation().row_holds(*row, &z))
        .map(|row| t32_relation().ids[row].name())
        .collect()
}

/// Every rule of the relation is needed: for each there is a lie, everything after it computed from the lie and the
/// commitments adapted to it, that the rows of this one rule refuse and nobody else's. Deleting them would let it through.
#[test]
fn every_rule_is_needed() {
    let mut alone: BTreeSet<&str> = BTreeSet::new();
    let mut refuse = |ids: BTreeSet<&'static str>| {
        if ids.len() == 1 {
            alone.extend(ids);
        }
    };

    // A cell that a row defines (the last one on its right side), changed: products, sums, hashes, slacks.
    let mut cells: BTreeMap<Id, Vec<usize>> = BTreeMap::new();
    for (row, id) in t32_relation().ids.iter().enumerate() {
        if let [.., (_, v)] = t32_relation().matrices[2][row].as_slice()
            && *v >= t32_relation().inputs
        {
            cells.entry(*id).or_default().push(v - t32_relation().inputs);
        }
    }
    for cells in cells.values() {
        for cell in cells.iter().copied().step_by(cells.len().div_ceil(6)) {
            for add in [Fr::ONE, -Fr::ONE] {
                refuse(broken(&mut Case::lawful(), &[Tamper { cell, add }]));
            }
        }
    }
    // An account said to begin elsewhere: one segment more joined to the one before it, another one less.
    for pair in cells[&Id::Span].windows(2) {
        let lies = [Tamper { cell: pair[0], add: Fr::ONE }, Tamper { cell: pair[1], add: -Fr::ONE }];
        refuse(broken(&mut Case::lawful(), &lies));
    }

    // Two bits of one number changed so that the number stays: 2 in place of 0, 0 in place of the 1 above it.
    let case = Case::lawful();
    let honest = case.assignment();
    let readers = readers();
    for row in (0..t32_relation().constraints()).step_by(5) {
        // Rows of bits: b * (b - 1) = 0.
        let ([(_, bit)], true) =
            (t32_relation().matrices[0][row].as_slice(), t32_relation().matrices[2][row].is_empty())
        else {
            continue;
        };
        let next = bit + 1;
        let same_rule = t32_relation().ids.get(row + 1) == Some(&t32_relation().ids[row]);
        if same_rule
            && *bit >= t32_relation().inputs
            && honest[*bit] == Fr::from(0u64)
            && honest[next] == Fr::ONE
        {
            let mut z = honest.clone();
            (z[*bit], z[next]) = (Fr::from(2u64), Fr::from(0u64));
            let rows: BTreeSet<usize> = readers[*bit].iter().chain(&readers[next]).copied().collect();
            let ids = rows.into_iter().filter(|r| !t32_relation().row_holds(*r, &z));
            refuse(ids.map(|r| t32_relation().ids[r].name()).collect());
        }
    }

    // A selector that is 2; no row of the mandate reads it.
    for (cell, readers) in readers.iter().enumerate().skip(t32_relation().inputs) {
        if readers.iter().any(|r| t32_relation().ids[*r] == Id::Selector) {
            let lie = Tamper { cell: cell - t32_relation().inputs, add: Fr::from(2u64) };
            refuse(broken(&mut Case::lawful(), &[lie]));
        }
    }

    // Books in the wrong places, under a mandate that only asks for net asset value.
    let modest = |risk: RiskPart, book: Book| Case::of(RulesBuilder::new(t32()).build(), risk, book);
    let base = Case::lawful();
    let forbidden = (0..t32().slots).find(|j| {
        base.risk.weights_of(t32(), *j)[t32().forbidden_column()] == 1
            && base.risk.layout.account[j / t32().segment_len()].is_some()
    });
    let mut book = base.book.clone();
    book.quantities[forbidden.expect("a padding slot")] = 7;
    refuse(broken(&mut modest(base.risk.clone(), book), &[])); // forbid

    let last = base.risk.layout.account.iter().flatten().max().copied().expect("accounts");
    let mut book = base.book.clone();
    book.active[usize::from(last)] = false;
    refuse(broken(&mut modest(base.risk.clone(), book.clone()), &[])); // act-3

    let mut risk = base.risk.clone();
    for account in &mut risk.layout.account {
        if *account == Some(last) {
            *account = None;
        }
    }
    refuse(broken(&mut modest(risk.clone(), book.clone()), &[])); // own

    for (slot, q) in book.quantities.iter_mut().enumerate() {
        if risk.layout.account[slot / t32().segment_len()].is_none() {
            *q = 0;
        }
    }
    book.active[usize::from(last)] = true;
    refuse(broken(&mut modest(risk, book.clone()), &[])); // act-2

    // An account that holds nothing, twice as active as it can be. Activity is allocated right after the context.
    let empty = Tamper { cell: 1 + usize::from(last), add: Fr::ONE };
    refuse(broken(&mut modest(base.risk.clone(), book), &[empty])); // act-1

    let every = [
        "ctx",
        "act-1",
        "act-2",
        "act-3",
        "own",
        "qty-1",
        "qty-2",
        "col",
        "sum",
        "span",
        "com-1",
        "com-2",
        "com-3",
        "grp",
        "set",
        "tot",
        "forbid",
        "worst-1",
        "worst-2",
        "wit",
        "bit",
        "mask",
        "row-group",
        "row-account",
        "row-asset",
        "row-slot",
        "row-global",
    ];
    let missing: Vec<&str> = every.into_iter().filter(|id| !alone.contains(id)).collect();
    assert!(missing.is_empty(), "deleting {missing:?} would go unnoticed");
}
