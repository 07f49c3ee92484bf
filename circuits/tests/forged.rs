//! The prover lies.

mod common;

use ark_bn254::Fr;
use ark_ff::Field;
use common::{Case, lawful, relation};
use mandate_circuits::r1cs::{Id, Tamper};
use mandate_testing::{RulesBuilder, t32};
use std::collections::{BTreeMap, BTreeSet};

/// For every variable, the rows that read it.
fn readers() -> Vec<Vec<usize>> {
    let mut readers: Vec<Vec<usize>> = vec![Vec::new(); relation().inputs + relation().witnesses];
    for matrix in &relation().matrices {
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

/// Changing any one witness cell of an honest assignment breaks a row that names a rule.
///
/// The one kind of cell that may be free: a selector bit that no rule of the mandate reads (none of the language does
/// in this version, and the sheet checker refuses a sheet that does).
#[test]
fn no_witness_cell_is_free() {
    let case = lawful();
    let honest = case.assignment();
    assert!(relation().holds(&honest));
    let readers = readers();
    for cell in relation().inputs..honest.len() {
        for change in [Fr::ONE, -Fr::ONE, Fr::from(2u64).pow([60])] {
            let mut z = honest.clone();
            z[cell] += change;
            if readers[cell].iter().all(|row| relation().row_holds(*row, &z)) {
                let selector = readers[cell].iter().any(|row| relation().ids[*row] == Id::Selector);
                assert!(selector, "witness cell {} is free", cell - relation().inputs);
            }
        }
    }
}

/// Overriding one hint and computing everything after it from the lie is refused: a wrong bit, quantity or blinding does
/// not become right because the rest agrees with it.
///
/// Cells that may be overridden, with the reason: bits of upper-bound witnesses (a larger bound proves the same rule
/// from less headroom, and `unlawful_books_have_no_lie` shows that it proves nothing false), selector bits that no rule
/// reads, and the blinding of an account that is not active, which opens nothing.
#[test]
fn no_hint_can_be_overridden() {
    let case = lawful();
    assert!(case.book.active.iter().all(|a| *a), "no blinding is idle in this book");
    let readers = readers();
    let mut caught: BTreeMap<&str, usize> = BTreeMap::new();
    for cell in stride() {
        for add in [Fr::ONE, -Fr::ONE] {
            match relation().first_violation(&case.lying(Tamper { cell, add })) {
                Some((_, id)) => *caught.entry(id.name()).or_default() += 1,
                None => {
                    let bound = readers[relation().inputs + cell].iter().any(|row| {
                        matches!(relation().ids[*row], Id::WorstRange | Id::WitnessRange | Id::Selector)
                    });
                    assert!(bound, "the lie in cell {cell} is believed");
                }
            }
        }
    }
    assert!(caught.len() >= 8, "lies of every kind were told: {caught:?}");
}

/// A book one unit past a limit has no believed lie, in any cell, upper-bound witnesses included.
#[test]
fn unlawful_books_have_no_lie() {
    let honest = lawful();
    let totals = mandate_rows::totals(&honest.risk, t32(), &honest.book.quantities).expect("in range");
    let nav = totals.book[mandate_testing::columns::VALUE] - totals.book[t32().lots_column()];
    let rules = RulesBuilder::new(t32()).min_nav(nav + 1).build();
    let case = Case::of(rules, honest.risk.clone(), honest.book.clone());
    assert!(!case.rows_hold());
    for cell in stride() {
        for add in [Fr::ONE, -Fr::ONE] {
            assert!(
                !relation().holds(&case.lying(Tamper { cell, add })),
                "the lie in cell {cell} is believed"
            );
        }
    }
}

/// Every 97th cell (coprime to every width, so it visits each kind) and the first slots.
fn stride() -> impl Iterator<Item = usize> {
    (0..relation().witnesses).step_by(97).chain(0..120)
}

/// Every public input is read by some row; the context and the commitments alone changed no longer fit the witness.
#[test]
fn every_input_is_read_by_a_row() {
    let case = lawful();
    let honest = case.assignment();
    for input in 1..2 + case.shape.accounts {
        let mut z = honest.clone();
        z[input] += Fr::ONE;
        assert!(!relation().holds(&z), "input {input}");
    }
    for (input, rows) in readers().iter().take(relation().inputs).enumerate() {
        assert!(!rows.is_empty(), "no row reads input {input}");
    }
}

/// Constraints that some one-cell lie is refused by alone: deleting all rows of one of them lets that lie through.
#[test]
fn every_rule_is_needed() {
    let case = lawful();
    let honest = case.assignment();
    let mut alone: BTreeSet<&str> = BTreeSet::new();
    let mut change = |cells: &[usize], readers: &[Vec<usize>]| {
        let mut z = honest.clone();
        for cell in cells {
            z[*cell] += Fr::ONE;
        }
        let ids: BTreeSet<&str> = cells
            .iter()
            .flat_map(|c| &readers[*c])
            .filter(|row| !relation().row_holds(**row, &z))
            .map(|row| relation().ids[*row].name())
            .collect();
        if ids.len() == 1 {
            alone.extend(ids);
        }
    };
    let readers = readers();
    for cell in 1..honest.len() {
        change(&[cell], &readers);
    }
    // The rules that one cell shows. What the others refuse takes a whole book to say, and `agreement.rs` says it:
    // `own`, `act-3`, `forbid` by a book in the wrong slots, `qty` and `com` by one that opens another commitment.
    for id in [
        "ctx",
        "act-3",
        "col",
        "com-1",
        "com-3",
        "grp",
        "mask",
        "set",
        "tot",
        "wit",
        "worst-1",
        "worst-2",
        "row-group",
        "row-account",
        "row-asset",
        "row-slot",
        "row-global",
    ] {
        assert!(alone.contains(id), "deleting `{id}` would go unnoticed by one-cell lies: {alone:?}");
    }
}
