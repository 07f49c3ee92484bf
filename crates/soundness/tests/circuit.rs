//! The circuit's attacks, as `make soundness` runs them, and the machinery they rest on.

use ark_bn254::Fr;
use ark_ff::Field;
use mandate_circuits::r1cs::Tamper;
use mandate_soundness::circuit::{cells, hints, liar::Liar, setup::Bench, uniqueness};
use mandate_testing::{Case, t32};

/// Recomputing only what follows from a lie gives what the circuit's own code computes from it.
#[test]
fn liars_agree_with_the_circuits_own_code() {
    let bench = Bench::of(Case::lawful());
    let inputs = bench.relation().inputs;
    let mut liar = Liar::new(bench.relation(), bench.trace, bench.honest.clone());
    let cells = (0..bench.relation().witnesses).step_by(397).chain(0..60);
    for (n, cell) in cells.enumerate() {
        let add = [Fr::ONE, -Fr::ONE, Fr::from(1u64 << 40)][n % 3];
        liar.tell(&[(inputs + cell, add)]);
        assert!(liar.z == bench.case.lying(&[Tamper { cell, add }]), "cell {cell}");
        let all = (0..bench.relation().constraints()).filter(|r| !bench.relation().row_holds(*r, &liar.z));
        let mut seen = liar.objections(usize::MAX);
        seen.sort_unstable();
        assert!(all.eq(seen), "cell {cell}");
        liar.recant();
        assert!(liar.z == bench.honest, "cell {cell} taken back");
    }
}

#[test]
fn no_cell_can_be_changed_alone() {
    let ledger = cells::tell(&Bench::of(Case::lawful()));
    let score = ledger.score("cells", "");
    assert!(score.is_whole(), "{:?}", score.survivors);
}

#[test]
fn every_cell_follows_from_inputs_and_hints() {
    let score = uniqueness::tell(t32()).score("uniqueness", "");
    assert!(score.is_whole(), "{:?}", score.survivors);
}

#[test]
fn no_hint_can_be_overridden() {
    let score = hints::tell(&Bench::of(Case::lawful())).score("hints", "");
    assert!(score.is_whole(), "{:?}", score.survivors);
}
