//! How much memory a proof takes, counted in bytes asked for: the same on every machine with as many threads.

#![allow(clippy::print_stderr, reason = "a measured figure is worth a line in the log")]

mod common;
use common::MANDATE;
use mandate_book::examples::Example;
use mandate_circuits::r1cs::relation;
use mandate_prover::{AccountOpening, Prover, ProvingKey, Task, ready_file};
use mandate_statement::Shape;
use mandate_testing::Story;
use peak_alloc::PeakAlloc;

#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;

/// Threads of the measured pool, whatever the machine has.
const THREADS: usize = 2;

/// Most megabytes (2^20 bytes) in use while a ready key is read, and while it proves, the key included in both.
fn peaks(name: &str) -> [f64; 2] {
    let shape = Shape::by_name(name).expect("a default shape");
    let story = Story::of(name, MANDATE, Example::Lawful);
    let (file, digest) = {
        let relation = relation(shape);
        let key = ProvingKey::development(shape, &relation, "memory").expect("a setup");
        ready_file(&key, &relation).expect("the key of this relation")
    };
    let pool = rayon::ThreadPoolBuilder::new().num_threads(THREADS).build().expect("a pool");
    let before = MEMORY.current_usage_as_mb();
    MEMORY.reset_peak_usage();
    let prover = pool.install(|| Prover::from_ready(&file, &[digest]).expect("it was pinned"));
    // The file is in memory while it is read.
    let read = MEMORY.peak_usage_as_mb() - before + file.len() as f32 / (1 << 20) as f32;
    let before = before - file.len() as f32 / (1 << 20) as f32;
    drop(file);
    let task = Task {
        context: story.context(prover.key().verifying().id()),
        rules: &story.rules,
        risk: &story.risk,
        accounts: story.opened.iter().map(|(a, o)| AccountOpening::of(a, o)).collect(),
    };
    MEMORY.reset_peak_usage();
    pool.install(|| prover.prove(&task).expect("a lawful book"));
    let proof = MEMORY.peak_usage_as_mb() - before;
    eprintln!("{name}: {read:.1} MiB while the key is read, {proof:.1} MiB while it proves");
    [f64::from(read), f64::from(proof)]
}

/// One test, as what another does at the same time would be counted too. Measured: 120.3 and 84.7 MiB at `s256`, 195.6 and 133.6 at
/// `m1024`; how two threads share the work moves the second by a few sums' worth.
#[test]
fn memory_stays_below_its_bounds() {
    for (name, bounds) in [("s256", [150.0, 110.0]), ("m1024", [240.0, 180.0])] {
        for (got, bound) in peaks(name).into_iter().zip(bounds) {
            assert!(got < bound, "{name}: {got:.1} MiB, the bound is {bound}");
            assert!(got > 1.0, "{name}: {got:.1} MiB is not what a key takes: nothing was counted");
        }
    }
}
