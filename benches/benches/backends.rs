//! Both proof systems on the same statements, in one run: the table of docs/backends.md.
//!
//! `cargo bench -p mandate-benches --bench backends [-- SHAPE...]`; default `r64 s256 m1024 l4096`. Every measurement is a process of its
//! own, so that its largest resident memory is its alone. Times are user and system seconds on all threads, the least of three for
//! proofs, the mean of twenty for verifications; the load of the machine stands beside each shape.
#![allow(clippy::print_stdout, missing_docs)]

use mandate_book::examples::Example;
use mandate_circuits::r1cs::relation;
use mandate_prover::{AccountOpening, Prover, ProvingKey, Task, ready_file};
use mandate_statement::{AttestorGrade, Digest, Shape};
use mandate_testing::Story;
use mandate_transparent::prove::{SecondOpening, SheetProver, prove};
use mandate_transparent::{Parameters, PublicSheet};
use mandate_verifier::{Expectations, Verifier};
use std::path::Path;
use std::process::Command;

const MANDATE: &str = include_str!("../mandate.toml");
const PROOFS: u32 = 3;
const VERIFICATIONS: u32 = 20;

fn main() {
    let given: Vec<String> = std::env::args().skip(1).filter(|a| !a.starts_with("--")).collect();
    match given.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["make", shape, file] => make(shape, Path::new(file)),
        ["groth16", shape, file] => groth16(shape, Path::new(file)),
        ["transparent", shape] => transparent(shape),
        [] => table(&["r64", "s256", "m1024", "l4096"]),
        ref shapes => table(shapes),
    }
}

/// Runs one measurement in a process of its own and reads its figures back.
fn measured(arguments: &[&str]) -> Vec<f64> {
    let program = std::env::current_exe().expect("this program");
    let out = Command::new(program).args(arguments).output().expect("it runs");
    assert!(out.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&out.stderr));
    let text = String::from_utf8_lossy(&out.stdout);
    text.split_whitespace().map(|n| n.parse().expect("a number")).collect()
}

fn table(shapes: &[&str]) {
    println!(
        "| shape | slots | load | proof system | prove | verify | proof | memory of a prover | once | key of a sheet |"
    );
    println!("|---|---|---|---|---|---|---|---|---|---|");
    let folder = std::env::temp_dir().join(format!("mandate-bench-backends-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a folder");
    for name in shapes {
        let slots = Shape::by_name(name).expect("a default shape").slots;
        let file = folder.join(name);
        let file = file.to_str().expect("a path in UTF-8");
        let setup = measured(&["make", name, file])[0];
        let line = |system: &str, figures: &[f64]| {
            let [prove, verify, bytes, memory, once, key] = figures else { panic!("six figures") };
            println!(
                "| `{name}` | {slots} | {} | {system} | {prove:.2} s | {:.1} ms | {bytes} B | {memory} MiB | {once:.1} s | {key:.2} s |",
                load(),
                verify * 1e3
            );
        };
        let mut one = measured(&["groth16", name, file]);
        one[4] = setup;
        line("Groth16", &one);
        line("transparent", &measured(&["transparent", name]));
    }
    std::fs::remove_dir_all(&folder).expect("its own folder");
}

fn story(shape: &str) -> Story {
    let strikes = shape == "o2048";
    let mandate = if strikes { MANDATE.replace("crypto-usd/1", "deribit-pm/1") } else { MANDATE.to_owned() };
    Story::of(shape, &mandate, Example::Lawful)
}

fn expectations(story: &Story) -> Expectations<'static> {
    Expectations {
        now: story.risk.as_of,
        max_age: 3600,
        min_grade: AttestorGrade::Custodian,
        attestors: None,
        account_set: None,
        development_keys: true,
        chain: None,
    }
}

/// A key made ready, in a file with its digest before it: what a prover keeps. Making it takes more memory than proving.
fn make(shape: &str, file: &Path) {
    let shape = Shape::by_name(shape).expect("a default shape");
    let constraints = relation(shape);
    let before = seconds();
    let key = ProvingKey::development(shape, &constraints, "benches").expect("the setup runs");
    let took = seconds() - before;
    let (ready, digest) = ready_file(&key, &constraints).expect("the key of this relation");
    std::fs::write(file, [&digest.0[..], &ready].concat()).expect("it is written");
    println!("{took}");
}

fn groth16(shape: &str, file: &Path) {
    let bytes = std::fs::read(file).expect("the key");
    let (digest, ready) = bytes.split_at(32);
    let digest = Digest(digest.try_into().expect("32 bytes"));
    let prover = Prover::from_ready(ready, &[digest]).expect("it was pinned");
    drop(bytes);
    let story = story(shape);
    let verifier = Verifier::new(prover.key().verifying().clone());
    let open = story.opened.iter().map(|(attestation, o)| AccountOpening::of(attestation, o));
    let context = story.context(verifier.key().id());
    let task = Task { context, rules: &story.rules, risk: &story.risk, accounts: open.collect() };
    let (took, bundle) = least(|| prover.prove(&task).expect("a lawful book"));
    let before = seconds();
    let sheet = verifier.sheet(&story.rules, &story.risk).expect("a sound sheet");
    let key = seconds() - before;
    let expect = expectations(&story);
    let each = mean(|| drop(verifier.verify(&bundle, &sheet, &story.accounts, &expect).expect("it holds")));
    println!("{took} {each} {} {} 0 {key}", bundle.proof.len(), peak());
}

fn transparent(shape: &str) {
    let mut story = story(shape);
    let seconds_made = story.seconds();
    let rows = PublicSheet::rows(&story.rules, &story.risk).expect("a sound sheet");
    let before = seconds();
    let parameters = Parameters::derive(rows);
    let once = seconds() - before;
    let before = seconds();
    let sheet = PublicSheet::new(&story.rules, &story.risk, &parameters).expect("a key");
    let key = seconds() - before;
    let prover = SheetProver::new(sheet.key()).expect("a proving key");
    let context = story.context(sheet.key().id());
    let both = story.opened.iter().zip(&seconds_made);
    let accounts: Vec<SecondOpening<'_>> = both
        .map(|((attestation, opening), second)| SecondOpening {
            quantities: &opening.quantities,
            seed: opening.seed.as_ref().expect("its custodian attested twice"),
            attestation,
            second,
        })
        .collect();
    let (took, bundle) = least(|| prove(&sheet, &prover, context, &accounts).expect("a lawful book"));
    let expect = expectations(&story);
    let each = mean(|| drop(sheet.verify(&bundle, &story.accounts, &expect).expect("it holds")));
    println!("{took} {each} {} {} {once} {key}", bundle.proof.len(), peak());
}

/// The least time of a few proofs, and the last one.
fn least<T>(mut work: impl FnMut() -> T) -> (f64, T) {
    let mut out = None;
    let mut least = f64::INFINITY;
    for _ in 0..PROOFS {
        let before = seconds();
        out = Some(work());
        least = least.min(seconds() - before);
    }
    (least, out.expect("at least one"))
}

fn mean(mut work: impl FnMut()) -> f64 {
    let before = seconds();
    (0..VERIFICATIONS).for_each(|_| work());
    (seconds() - before) / f64::from(VERIFICATIONS)
}

/// Processor seconds of this process so far, user and system, in steps of a hundredth.
fn seconds() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").expect("Linux");
    let fields = stat.rsplit(')').next().expect("a name in brackets").split_whitespace().skip(11).take(2);
    fields.map(|t| t.parse::<f64>().expect("ticks") / 100.0).sum()
}

/// The largest resident memory of this process, in MiB.
fn peak() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").expect("Linux");
    let line = status.lines().find_map(|l| l.strip_prefix("VmHWM:")).expect("a peak");
    line.split_whitespace().next().and_then(|t| t.parse::<u64>().ok()).expect("kibibytes") / 1024
}

/// Load of the machine over the last minute.
fn load() -> String {
    let text = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    text.split_whitespace().next().unwrap_or("unknown").to_owned()
}
