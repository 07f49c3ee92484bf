//! How many instructions a proof takes on the portable path, counted by valgrind: the same on every machine of this compiler, so that a
//! prover that became slower is seen where walls cannot be compared.

#![allow(clippy::print_stderr, reason = "a measured figure is worth a line in the log")]

mod common;
use common::{MANDATE, proving_key};
use mandate_book::examples::Example;
use mandate_prover::{AccountOpening, Path, Prover, Task, ready_file};
use mandate_statement::Digest;
use mandate_testing::Story;
use std::process::Command;

/// Where the counted process finds what it needs, as `FILE DIGEST`.
const VARIABLE: &str = "MANDATE_COUNTED_PROOFS";

/// Millions of instructions, start to end: a ready key is read, its digest compared, and one proof made at `t32`.
/// Measured: 5,905 and 5,907 (blinders are fresh), of which the sum over the quotient takes three quarters; the bound is a tenth more. A change
/// that lowers the count lowers this.
const BOUND: f64 = 6_500.0;

/// What is counted; does nothing where it is not asked to.
#[test]
fn counted() {
    let Ok(asked) = std::env::var(VARIABLE) else { return };
    let words: Vec<&str> = asked.split(' ').collect();
    let [file, digest] = words.as_slice() else { panic!("wanted: FILE DIGEST") };
    let pin = Digest::from_hex(digest).expect("a digest");
    let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build().expect("a pool");
    pool.install(|| {
        let file = std::fs::read(file).expect("the ready key");
        let prover = Prover::from_ready(&file, &[pin]).expect("it was pinned").with_path(Path::PORTABLE);
        let story = Story::of("t32", MANDATE, Example::Lawful);
        let task = Task {
            context: story.context(prover.key().verifying().id()),
            rules: &story.rules,
            risk: &story.risk,
            accounts: story.opened.iter().map(|(a, o)| AccountOpening::of(a, o)).collect(),
        };
        prover.prove(&task).expect("a lawful book");
    });
}

/// Instructions of a process that does so, counted by valgrind.
fn instructions(file: &str, digest: Digest) -> f64 {
    let this = std::env::current_exe().expect("this test");
    let out = Command::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .arg(this)
        .args(["--exact", "counted", "--test-threads=1"])
        .env(VARIABLE, format!("{file} {digest}"))
        .output()
        .expect("valgrind runs");
    let said = String::from_utf8_lossy(&out.stderr).into_owned();
    assert!(out.status.success(), "{said}");
    let line =
        said.lines().find(|l| l.contains("Collected :")).unwrap_or_else(|| panic!("no count in:\n{said}"));
    let digits: String = line.rsplit(':').next().unwrap_or("").chars().filter(char::is_ascii_digit).collect();
    digits.parse().expect("a count")
}

#[test]
fn a_proof_takes_no_more_instructions_than_it_did() {
    if Command::new("valgrind").arg("--version").output().is_err() {
        eprintln!("skipped: valgrind is not installed, so no instruction was counted");
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("t32.ready");
    let (key, relation) = proving_key();
    let (file, digest) = ready_file(&key, &relation).expect("the key of this relation");
    std::fs::write(&path, file).expect("it writes");
    let path = path.to_str().expect("a plain path");
    let count = instructions(path, digest) / 1e6;
    eprintln!("a key read and a proof at t32: {count:.0} million instructions, the bound is {BOUND}");
    assert!(count < BOUND, "{count:.0} million instructions");
    assert!(count > BOUND / 1.5, "{count:.0} million instructions: lower the bound, or nothing was counted");
}
