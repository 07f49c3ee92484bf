//! Figures: `cargo test --release -p mandate-transparent --test figures -- --ignored --nocapture`, one shape at a time with
//! `MANDATE_SHAPE`. Processor time of this process, all threads; memory at its largest so far.

#![allow(
    clippy::print_stderr,
    reason = "a measured figure, or why a test is left out, is worth a line in the log"
)]

use mandate_soundness::transparent::Scene;
use mandate_statement::Shape;
use mandate_transparent::prove::SheetProver;
use mandate_transparent::{Parameters, SheetKey, accepts, batch_accepts};

/// Seconds of processor time, user and system, and the largest resident memory in MiB.
fn spent() -> (f64, u64) {
    let stat = std::fs::read_to_string("/proc/self/stat").expect("Linux");
    let after = stat.rsplit(')').next().expect("a name in brackets");
    let ticks: u64 =
        after.split_whitespace().skip(11).take(2).map(|t| t.parse::<u64>().expect("ticks")).sum();
    let status = std::fs::read_to_string("/proc/self/status").expect("Linux");
    let peak = status.lines().find_map(|l| l.strip_prefix("VmHWM:")).expect("a peak");
    let kib: u64 = peak.split_whitespace().next().and_then(|t| t.parse().ok()).expect("kibibytes");
    (ticks as f64 / 100.0, kib / 1024)
}

fn measured<T>(what: &str, run: impl FnOnce() -> T) -> T {
    let before = spent().0;
    let out = run();
    let (after, memory) = spent();
    eprintln!("  {what:<32} {:7.2} s  peak {memory} MiB", after - before);
    out
}

fn figures(name: &str, scene: &Scene) {
    let layout = scene.layout();
    let instance = scene.instance(&layout);
    eprintln!(
        "{name}: k {}, {} advice columns, {} lookups, {} fixed, rows {} and {}",
        layout.k,
        layout.sizes().advice(),
        layout.sizes().looked_up().len(),
        layout.sizes().fixed(),
        layout.sizes().lane_rows(),
        layout.equation_rows
    );
    let k = layout.k;
    let hashed = measured("parameters, hashed", || Parameters::derive(k));
    eprintln!("        {k} => \"{}\",", mandate_statement::keccak(&hashed.to_bytes()));
    let key = measured("verifying key", || SheetKey::derive(layout, &hashed).expect("a key"));
    let prover = measured("proving key", || SheetProver::new(&key).expect("a proving key"));
    let (witness, broken) = measured("witness", || scene.witness(key.layout_of()));
    assert_eq!(broken, None);
    let mut proof = Vec::new();
    for _ in 0..3 {
        proof = measured("proof", || prover.prove_assignment(&instance, &witness).expect("a proof"));
    }
    for _ in 0..3 {
        measured("verifying", || accepts(&key, &instance, &proof).expect("it holds"));
    }
    let items: Vec<(&[_], &[u8])> = vec![(&instance, &proof); 10];
    measured("verifying ten in a batch", || assert!(batch_accepts(&key, &items).iter().all(Result::is_ok)));
    eprintln!("  {} bytes of proof", proof.len());
}

#[test]
#[ignore = "measures, and asserts no figure: half a minute for docs/backends.md; run by name"]
fn figures_of_one_shape() {
    let name = std::env::var("MANDATE_SHAPE").unwrap_or_else(|_| "m1024".to_owned());
    let shape = Shape::by_name(&name).expect("a shape");
    figures(&name, &Scene::lawful(shape, 0));
}
