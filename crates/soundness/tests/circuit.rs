//! The circuit's attacks, as `make soundness` runs them, and the machinery they rest on.

use ark_bn254::Fr;
use ark_ff::Field;
use mandate_circuits::r1cs::{Id, Relation, Tamper, relation};
use mandate_soundness::circuit::setup::{Bench, Wiring};
use mandate_soundness::circuit::{
    cells, counts, deletions, hints, isolation, liar::Liar, trace::Trace, uniqueness,
};
use mandate_statement::Shape;
use mandate_testing::{Case, r64, t32};

/// Recomputing only what follows from a lie gives what the circuit's own code computes from it.
#[test]
fn liars_agree_with_the_circuits_own_code() {
    for case in [Case::lawful(), Case::lawful_of(r64(), 0)] {
        agree(&Bench::of(case));
    }
}

fn agree(bench: &Bench) {
    let inputs = bench.relation().inputs;
    let mut liar = Liar::new(bench.relation(), bench.trace, bench.honest.clone());
    let cells = (0..bench.relation().witnesses).step_by(397).chain(0..60);
    for (n, cell) in cells.enumerate() {
        let add = [Fr::ONE, -Fr::ONE, Fr::from(1u64 << 40)][n % 3];
        liar.tell(&[(inputs + cell, add)]);
        assert!(liar.z == bench.case.lying(&[Tamper { cell, add }]), "cell {cell}");
        let rows = 0..bench.relation().constraints();
        let all: Vec<usize> = rows.filter(|r| !bench.relation().row_holds(*r, &liar.z)).collect();
        let mut seen = liar.objections(usize::MAX);
        seen.sort_unstable();
        assert!(all == seen, "cell {cell}");
        liar.recant();
        assert!(liar.z == bench.honest, "cell {cell} taken back");
    }
}

#[test]
fn no_cell_can_be_changed_alone() {
    for case in [Case::lawful(), Case::lawful_of(r64(), 0)] {
        let score = cells::tell(&Bench::of(case)).score("cells", "");
        assert!(score.is_whole(), "{:?}", score.survivors);
    }
}

#[test]
fn every_cell_follows_from_inputs_and_hints() {
    for shape in [t32(), r64()] {
        let score = uniqueness::tell(shape).score("uniqueness", "");
        assert!(score.is_whole(), "{:?}", score.survivors);
    }
}

/// The rows of a tiny shape but one.
fn without(shape: &'static Shape, row: usize) -> Relation {
    let mut less = relation(shape);
    less.ids.remove(row);
    less.matrices.iter_mut().for_each(|m| drop(m.remove(row)));
    less
}

/// A demand defines nothing, so no count of cells misses it: the count of rows names its rule, and a lie that it alone
/// refused is believed, by name.
#[test]
fn a_demand_that_is_gone_is_named() {
    let rules = [
        (Id::Owned, 4),
        (Id::ActiveOwns, 3),
        (Id::ActiveHolds, 3),
        (Id::Commitment, 3),
        (Id::Forbidden, 1),
        (Id::PeakJoin, 6),
    ];
    for (shape, rules) in [(t32(), &rules[..5]), (r64(), &rules[..])] {
        let whole = Wiring::of(relation(shape));
        let mut held = vec![false; whole.relation.constraints()];
        whole.trace.boolean.iter().flatten().for_each(|row| held[*row as usize] = true);
        let demands: Vec<usize> =
            (0..held.len()).filter(|row| !whole.trace.defining[*row] && !held[*row]).collect();
        for (id, count) in rules {
            let of = demands.iter().filter(|row| whole.relation.ids[**row] == *id).count();
            assert_eq!(of, *count, "demands of {}", id.name());
        }
        assert_eq!(demands.len(), rules.iter().map(|(_, count)| count).sum::<usize>());
        // Of the shape with runs only what it has beyond the other.
        let told =
            demands.into_iter().filter(|row| shape == t32() || whole.relation.ids[*row] == Id::PeakJoin);
        for row in told {
            let rule = whole.relation.ids[row].name();
            let less: &'static Wiring = Box::leak(Box::new(Wiring::of(without(shape, row))));
            let score = counts::tell(shape, less).score("row-count", "");
            assert!(!score.survivors.is_empty(), "{rule}");
            assert!(
                score.survivors.iter().all(|s| s.contains(&format!("`{rule}`"))),
                "{:?}",
                score.survivors
            );
            let found = deletions::of_demands(shape, less, whole.relation.ids[row]);
            assert!(!found.unrefused.is_empty(), "{rule}: row {row} is gone and every lie refused");
            assert!(
                found.unrefused.iter().all(|s| s.starts_with(&format!("{rule}: "))),
                "{:?}",
                found.unrefused
            );
        }
    }
}

/// Every rule has the rows that the statement says, no more and no fewer: in every shape.
#[test]
fn every_rule_has_its_rows() {
    let score = counts::run();
    assert!(score.is_whole(), "{:?}", score.survivors);
    assert_eq!(score.told, (4 * 27 + 2 * 34) * 2, "rules of four shapes without runs and two with");
}

/// The count notices a row that is gone, whichever kind it is: the row that defined a cell, tied a number to its digits
/// or held a bit to zero and one.
#[test]
fn a_row_that_is_gone_is_noticed() {
    for shape in [t32(), r64()] {
        let whole = relation(shape);
        let trace = Trace::of(&whole);
        let mut counts = trace.defining;
        trace.boolean.iter().flatten().for_each(|row| counts[*row as usize] = true);
        let rows = (0..whole.constraints()).filter(|row| counts[*row]);
        for row in rows.step_by(2003) {
            let less = without(shape, row);
            let score = uniqueness::tell_of(shape, &less, &Trace::of(&less)).score("uniqueness", "");
            assert!(!score.is_whole(), "row {row} ({}) of {} is gone", whole.ids[row].name(), shape.name);
        }
    }
}

#[test]
fn no_hint_can_be_overridden() {
    for case in [Case::lawful(), Case::lawful_of(r64(), 0)] {
        let score = hints::tell(&Bench::of(case)).score("hints", "");
        assert!(score.is_whole(), "{:?}", score.survivors);
    }
}

#[test]
fn an_unlawful_book_has_no_believed_lie() {
    let score = hints::tell_unlawful(&Bench::of(hints::one_unit_short())).score("unlawful", "");
    assert!(score.is_whole() && score.excuses() == 0, "{:?}", score.survivors);
}

#[test]
fn no_row_can_be_left_out() {
    let score = deletions::run();
    assert!(score.is_whole(), "{:?}\n{}", score.survivors, deletions::table());
}

#[test]
fn no_cells_can_move_together() {
    for case in isolation::edges().into_iter().chain([Case::lawful(), Case::lawful_of(r64(), 0)]) {
        let score = isolation::tell(&Bench::of(case)).score("isolation", "");
        assert!(score.is_whole(), "{:?}", score.survivors);
    }
}
