//! Real proofs: what is true is proven and accepted, what is not is refused, byte by byte.

#![allow(
    clippy::print_stderr,
    reason = "a measured figure, or why a test is left out, is worth a line in the log"
)]

use halo2_proofs::dev::MockProver;
use mandate_circuits_halo2::SheetCircuit;
use mandate_soundness::transparent::Scene;
use mandate_statement::Shape;
use mandate_transparent::prove::SheetProver;
use mandate_transparent::{Parameters, SheetKey, accepts, batch_accepts};
use pasta_curves::Fp;
use std::time::Instant;

fn proven(scene: &Scene) {
    let start = Instant::now();
    let layout = scene.layout();
    let laid = start.elapsed();
    let instance = scene.instance(&layout);
    let (witness, broken) = scene.witness(&layout);
    assert_eq!(broken, None);
    let parameters = Parameters::derive(layout.k);
    let start = Instant::now();
    let key = SheetKey::derive(layout, &parameters).expect("a key");
    let keyed = start.elapsed();
    let start = Instant::now();
    let prover = SheetProver::new(&key).expect("a proving key");
    let proving = start.elapsed();
    let start = Instant::now();
    let proof = prover.prove_assignment(&instance, &witness).expect("a proof");
    let proved = start.elapsed();
    let start = Instant::now();
    accepts(&key, &instance, &proof).expect("an honest proof holds");
    let layout = key.layout_of();
    eprintln!(
        "{}: k {}, {} advice, {} equation rows of {}; layout {laid:?} key {keyed:?} pk {proving:?} prove {proved:?} verify {:?}, {} bytes",
        layout.shape().name,
        layout.k,
        layout.sizes().advice(),
        layout.equation_rows,
        layout.sizes().lane_rows(),
        start.elapsed(),
        proof.len(),
    );
    for at in [0, proof.len() / 2, proof.len() - 1] {
        let mut other = proof.clone();
        other[at] ^= 1;
        assert!(accepts(&key, &instance, &other).is_err(), "byte {at}");
    }
    let mut long = proof.clone();
    long.push(0);
    assert!(accepts(&key, &instance, &long).is_err(), "a byte too many");
    assert!(accepts(&key, &instance, &proof[..proof.len() - 1]).is_err(), "a byte too few");
    for i in 0..instance.len() {
        let mut other = instance.clone();
        other[i] += Fp::one();
        assert!(accepts(&key, &other, &proof).is_err(), "public input {i}");
    }
    let good: (&[_], &[u8]) = (&instance, &proof);
    let mut other = instance.clone();
    other[1] += Fp::one();
    let verdicts = batch_accepts(&key, &[good, (&other, &proof), good, (&instance, &[])]);
    assert_eq!(verdicts.iter().map(Result::is_ok).collect::<Vec<_>>(), [true, false, true, false]);
}

#[test]
fn an_honest_statement_is_proven_and_nothing_else_is() {
    proven(&Scene::lawful(Shape::by_name("t32").unwrap(), 0));
}

#[test]
fn runs_too() {
    proven(&Scene::lawful(Shape::by_name("r64").unwrap(), 0));
}

#[test]
#[ignore = "two minutes and 620 MiB; t32 and r64 run by default, and the layout of every shape is tested without a proof"]
fn every_shape() {
    for name in ["s256", "m1024", "l4096", "o2048"] {
        proven(&Scene::lawful(Shape::by_name(name).unwrap(), 0));
    }
}

#[test]
fn the_mock_prover_agrees() {
    let scene = Scene::lawful(Shape::by_name("t32").unwrap(), 0);
    let layout = scene.layout();
    let (witness, broken) = scene.witness(&layout);
    assert_eq!(broken, None);
    let circuit = SheetCircuit::<0>::new(&layout, Some(&witness));
    let mock = MockProver::run(layout.k, &circuit, vec![scene.instance(&layout)]).expect("it runs");
    let faults = mock.verify();
    if let Err(faults) = faults {
        for fault in faults.iter().take(5) {
            eprintln!("{fault}");
        }
        panic!("{} faults", faults.len());
    }
}
