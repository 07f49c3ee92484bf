//! The attacks on the transparent circuit, on its tiny shapes: `make soundness` holds their numbers to the record.

use mandate_soundness::transparent::{Scene, bytes, cells, gates, hints, laws, shapes};
use mandate_soundness::{Ledger, Score};
use mandate_testing::t32;

fn whole(name: &str, ledger: Ledger) -> Score {
    let score = ledger.score(name, "");
    assert!(score.is_whole(), "{name}: {:?}", score.survivors);
    assert!(score.refused > 0, "{name}: no lie was told");
    score
}

#[test]
fn no_cell_is_free_but_those_that_nothing_reads() {
    let (ledger, noticed) = cells::tell(&Scene::lawful(t32(), 0));
    let score = whole("cells", ledger);
    assert_eq!(noticed.len(), 4, "cells of every region: {noticed:?}");
    assert_eq!(noticed.values().sum::<u64>(), score.refused);
}

#[test]
fn every_gate_is_needed() {
    for shape in shapes() {
        let (ledger, alone) = gates::tell(&Scene::lawful(shape, 0));
        whole("gates", ledger);
        assert!(alone >= 40, "{alone}");
    }
}

#[test]
fn every_look_up_is_needed() {
    for shape in shapes() {
        let (ledger, alone) = bytes::tell(&Scene::lawful(shape, 0));
        let score = whole("bytes", ledger);
        assert_eq!(alone, score.told);
    }
}

#[test]
fn no_choice_of_the_prover_proves_what_is_false() {
    whole("hints", hints::tell(&Scene::lawful(t32(), 0)));
    let unlawful = hints::run_unlawful();
    assert!(unlawful.is_whole() && unlawful.excused.is_empty(), "{:?}", unlawful.survivors);
}

#[test]
fn false_statements_are_refused_by_the_equation_of_their_rule() {
    let told = laws::tell(t32());
    whole("laws", told.ledger);
    for id in
        ["act-1", "act-2", "act-3", "own", "com-3", "forbid", "row-group", "row-asset", "row-slot", "worst-2"]
    {
        assert!(
            told.alone.contains_key(id),
            "no lie that an equation of `{id}` alone refuses: {:?}",
            told.alone
        );
    }
}
