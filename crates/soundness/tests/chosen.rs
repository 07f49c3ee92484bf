//! The best possible prover against rules with bits and free witnesses, and that it finds what it looks for.

use mandate_soundness::optimum::chosen::{CONSTRUCTS, ROOMY, attack, cases};
use mandate_statement::{Family, GlobalVar, LocalVar, RowRef};
use std::collections::BTreeMap;

/// No choice of bits and witnesses takes a book past its limit by one unit, and some choice takes every book at its limit.
#[test]
fn no_choice_of_bits_makes_an_unlawful_book_pass() {
    let report = attack(0..420);
    let score = report.lies.clone().score("chosen", "books one unit past a limit with bits");
    assert!(score.is_whole(), "{:#?}", score.survivors);
    assert!(report.too_strict.is_empty(), "lawful, and refused: {:#?}", report.too_strict);
    for name in CONSTRUCTS {
        let (bad, good) = report.constructs.get(name).copied().unwrap_or_default();
        assert!(bad >= 15 && good >= 15, "{name}: {bad} unlawful and {good} lawful cases");
    }
}

/// The same search finds a filling where one row that ties a bit or a witness down is missing.
#[test]
fn a_missing_row_is_found_as_a_lie_that_is_believed() {
    let mut believed: BTreeMap<&str, usize> = BTreeMap::new();
    for seed in 0..140 {
        for case in cases(seed).iter().filter(|c| !c.lawful) {
            for family in Family::ALL {
                for index in 0..u16::try_from(family.rows(&ROOMY)).expect("few rows") {
                    let row = RowRef { family, index };
                    let (local, global) = case.part.row(&ROOMY, row);
                    let own = |v: LocalVar| v.index(&ROOMY, family).is_some_and(|at| local[at] > 0);
                    let book = |v: GlobalVar| v.index(&ROOMY).is_some_and(|at| global[at] > 0);
                    let defines = (0..ROOMY.local_witnesses).any(|i| own(LocalVar::Witness(i)))
                        || (0..ROOMY.local_bits).any(|i| own(LocalVar::Bit(i)))
                        || (0..ROOMY.global_witnesses).any(|i| book(GlobalVar::Witness(i)))
                        || (0..ROOMY.global_bits).any(|i| book(GlobalVar::Bit(i)));
                    if !defines || believed.get(case.construct).is_some_and(|n| *n >= 3) {
                        continue;
                    }
                    let mut part = case.part.clone();
                    let (local, global) = part.row_mut(&ROOMY, row);
                    local.fill(0);
                    global.fill(0);
                    let found = case.has_filling_under(&part);
                    *believed.entry(case.construct).or_default() += usize::from(found);
                }
            }
        }
    }
    for name in CONSTRUCTS {
        assert!(believed.get(name).is_some_and(|n| *n > 0), "{name}: a missing row was never noticed");
    }
}
