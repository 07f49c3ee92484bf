//! The main job per shape, in one run with plain `ark-groth16` on the same constraints.
//!
//! `cargo bench -p mandate-benches --bench groth16 [-- SHAPE...]`; default `s256 m1024`. Times are wall seconds, the best of the
//! runs, and for the provers processor seconds beside them; the ratio of those is what carries over to other machines. The load of the machine
//! stands beside each shape, as walls mean little on a busy one. BATCH=n sets the books of the batch; it is proven on one thread and on two.
#![allow(clippy::print_stdout, missing_docs)]

use ark_bn254::{Bn254, Fr};
use ark_groth16::Groth16;
use ark_relations::gr1cs::{
    ConstraintSynthesizer, ConstraintSystemRef, LinearCombination, SynthesisError, Variable,
};
use ark_snark::SNARK;
use mandate_book::examples::Example;
use mandate_circuits::r1cs::{Relation, relation};
use mandate_prover::{
    AccountOpening, Executor, Flow, InProcess, Job, Path, Prover, ProvingKey, Runner, Task, ready_file,
};
use mandate_statement::{AttestorGrade, Shape};
use mandate_testing::Story;
use mandate_verifier::{BatchItem, Expectations, Verifier};
use std::num::NonZeroUsize;
use std::sync::atomic::AtomicBool;
use std::time::Instant;
use zeroize::Zeroizing;

const MANDATE: &str = include_str!("../mandate.toml");

fn main() {
    let asked: Vec<String> = std::env::args().skip(1).filter(|a| !a.starts_with('-')).collect();
    let shapes = if asked.is_empty() { vec!["s256".to_owned(), "m1024".to_owned()] } else { asked };
    for name in shapes {
        let shape = Shape::by_name(&name).expect("a default shape");
        bench(shape);
    }
}

/// The best of `runs`, in seconds, and the last result.
fn best<T>(runs: usize, mut work: impl FnMut() -> T) -> (f64, T) {
    let mut least = f64::INFINITY;
    let mut last = None;
    for _ in 0..runs {
        let start = Instant::now();
        last = Some(work());
        least = least.min(start.elapsed().as_secs_f64());
    }
    (least, last.expect("at least one run"))
}

/// The least processor time of `runs`, in seconds, where the system tells (100 ticks a second).
fn least_cpu<T>(runs: usize, mut work: impl FnMut() -> T) -> f64 {
    let ticks = || -> Option<u64> {
        let stat = std::fs::read_to_string("/proc/self/stat").ok()?;
        let fields: Vec<&str> = stat.rsplit(')').next()?.split_whitespace().collect();
        Some(fields.get(11)?.parse::<u64>().ok()? + fields.get(12)?.parse::<u64>().ok()?)
    };
    let mut least = f64::INFINITY;
    for _ in 0..runs {
        let before = ticks();
        std::hint::black_box(work());
        if let (Some(before), Some(after)) = (before, ticks()) {
            least = least.min((after - before) as f64 / 100.0);
        }
    }
    least
}

/// The relation with its assignment, handed to ark as a circuit of its own: what plain `ark-groth16` does per proof.
struct Plain<'a> {
    relation: &'a Relation,
    assignment: &'a [Fr],
}

impl ConstraintSynthesizer<Fr> for Plain<'_> {
    fn generate_constraints(self, cs: ConstraintSystemRef<Fr>) -> Result<(), SynthesisError> {
        let mut variables = vec![Variable::One];
        for (i, value) in self.assignment.iter().enumerate().skip(1) {
            variables.push(if i < self.relation.inputs {
                cs.new_input_variable(|| Ok(*value))?
            } else {
                cs.new_witness_variable(|| Ok(*value))?
            });
        }
        for row in 0..self.relation.constraints() {
            let lc = |m: usize| {
                LinearCombination(
                    self.relation.matrices[m][row].iter().map(|(c, v)| (*c, variables[*v])).collect(),
                )
            };
            cs.enforce_r1cs_constraint(|| lc(0), || lc(1), || lc(2))?;
        }
        Ok(())
    }
}

fn bench(shape: &'static Shape) {
    let (build, constraints) = best(1, || relation(shape));
    let (points, inputs, rows) = (constraints.domain_points(), constraints.inputs, constraints.constraints());
    let (setup, key) =
        best(1, || ProvingKey::development(shape, &constraints, "benches").expect("the setup runs"));
    let proving_bytes = key.to_bytes();
    let verifying_bytes = key.verifying().to_bytes();
    let (load, key) = best(1, || ProvingKey::from_bytes(&proving_bytes).expect("it reads back"));
    let sizes = (proving_bytes.len(), verifying_bytes.len());
    drop(proving_bytes);
    let (make_ready, (ready, digest)) =
        best(1, || ready_file(&key, &constraints).expect("the key of this relation"));
    let (load_ready, _) = best(3, || Prover::from_ready(&ready, &[digest]).expect("it was pinned"));
    let mut prover = Prover::new(key, &constraints).expect("the key of this relation");
    let verifier = Verifier::new(prover.key().verifying().clone());

    // The shape with wider columns takes a model that has them.
    let mandate =
        if shape.scenarios == 40 { MANDATE.replace("crypto-usd/1", "deribit-pm/1") } else { MANDATE.into() };
    let story = Story::of(shape.name, &mandate, Example::Lawful);
    let context = story.context(verifier.key().id());
    let task = Task {
        context,
        rules: &story.rules,
        risk: &story.risk,
        accounts: story
            .opened
            .iter()
            .map(|(attestation, o)| AccountOpening {
                quantities: &o.quantities,
                blinding: &o.blinding,
                attestation,
            })
            .collect(),
    };
    let (witness, (_, assignment)) = best(3, || prover.witness(&task).expect("a lawful book"));
    let bundle = prover.prove(&task).expect("a lawful book");
    let mut rng = rand::rngs::OsRng;
    let (plain_setup, (plain_key, _)) =
        best(1, || Groth16::<Bn254>::circuit_specific_setup(&constraints, &mut rng).expect("the setup runs"));
    let mut plain_proof = || {
        let circuit = Plain { relation: &constraints, assignment: &assignment };
        Groth16::<Bn254>::prove(&plain_key, circuit, &mut rng).expect("the same witness")
    };
    let (plain, _) = best(3, &mut plain_proof);
    let plain_cpu = least_cpu(3, &mut plain_proof);
    drop(plain_key);
    let mut ours = Vec::new();
    for path in [Some(Path::PORTABLE), Path::ifma()].into_iter().flatten() {
        for flow in [Flow::Fast, Flow::Constant] {
            prover = prover.with_path(path).with_flow(flow);
            let (wall, _) = best(3, || prover.prove(&task).expect("a lawful book"));
            let cpu = least_cpu(3, || prover.prove(&task).expect("a lawful book"));
            ours.push((path, flow, wall, cpu));
        }
    }
    prover = prover.with_path(Path::best()).with_flow(Flow::Fast);
    // A start: the file's bytes are in memory, as after a read; then one proof of a sheet that this prover has not seen.
    let (cold, _) = best(3, || {
        let prover = Prover::from_ready(&ready, &[digest]).expect("it was pinned");
        prover.prove(&task).expect("a lawful book")
    });
    let warm = ours.iter().filter(|o| o.1 == Flow::Fast).map(|o| o.2).fold(f64::INFINITY, f64::min);

    let expect = Expectations {
        now: story.risk.as_of,
        max_age: 3600,
        min_grade: AttestorGrade::Custodian,
        attestors: None,
        account_set: None,
        development_keys: true,
        chain: None,
    };
    let accounts = &story.accounts;
    let (collapse, sheet) = best(5, || verifier.sheet(&story.rules, &story.risk).expect("a sound sheet"));
    let (verify, _) = best(20, || verifier.verify(&bundle, &sheet, accounts, &expect).expect("it verifies"));
    let items = vec![BatchItem { bundle: &bundle, sheet: &sheet, accounts }; 64];
    let (batch, results) = best(3, || verifier.verify_batch(&items, &expect));
    assert!(results.iter().all(Result::is_ok), "the batch verifies");

    println!("{}  (load of the machine {})", shape.name, machine_load());
    println!(
        "  constraints {rows}  inputs {inputs}  evaluation points {points} of 2^{}",
        points.next_power_of_two().ilog2()
    );
    println!("  proving key {} B  verifying key {} B  proof {} B", sizes.0, sizes.1, bundle.proof.len());
    println!("  matrices {build:.2} s  setup {setup:.2} s (plain {plain_setup:.2} s)  key load {load:.2} s");
    println!(
        "  made ready {make_ready:.2} s, {} B, load {load_ready:.3} s  load and prove {cold:.3} s, {:.2} of a proof at hand",
        ready.len(),
        cold / warm
    );
    println!("  witness {witness:.3} s  plain ark-groth16: wall {plain:.3} s  processor {plain_cpu:.2} s");
    for (path, flow, wall, cpu) in &ours {
        println!(
            "  prove, {path}, {flow:?}: wall {wall:.3} s  processor {cpu:.2} s; plain over it {:.2} in wall, {:.2} in processor time",
            plain / wall,
            plain_cpu / cpu
        );
    }
    many(&prover, &task);
    println!(
        "  sheet checked and collapsed {:.2} ms  verify {:.2} ms  batch of 64 {:.2} ms each",
        collapse * 1e3,
        verify * 1e3,
        batch * 1e3 / 64.0
    );
    if let Some(peak) = peak_memory() {
        println!("  peak memory of this process so far {peak} MiB");
    }
}

/// A batch of one book many times: the same work as so many books.
struct Same<'a> {
    prover: &'a Prover,
    task: &'a Task<'a>,
}

impl Runner for Same<'_> {
    type Output = ();
    fn run(&self, _: Job) {
        self.prover.prove(self.task).expect("a lawful book");
    }
}

/// A batch on one thread and on two, and what Amdahl's law makes of the two: a projection, no measurement.
fn many(prover: &Prover, task: &Task<'_>) {
    let count: usize = std::env::var("BATCH").ok().and_then(|n| n.parse().ok()).unwrap_or(64);
    let time = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("a pool");
        let in_flight = NonZeroUsize::new(threads).expect("at least one");
        let start = Instant::now();
        pool.install(|| {
            let mut jobs = (0..count).map(|id| Job { id, input: Zeroizing::default() });
            let runner = Same { prover, task };
            InProcess { in_flight }.run(&mut jobs, &runner, &AtomicBool::new(false), &mut |_, _| ());
        });
        start.elapsed().as_secs_f64()
    };
    let (one, two) = (time(1), time(2));
    let serial = (2.0 * two / one - 1.0).max(0.0);
    println!(
        "  batch of {count}: one thread {one:.2} s, two {two:.2} s, {:.2} times the throughput; serial fraction {serial:.3}; projected \
         (not measured) on 64 cores {:.1} times",
        one / two,
        1.0 / (serial + (1.0 - serial) / 64.0)
    );
}

/// Load of the machine over the last minute, where the system tells.
fn machine_load() -> String {
    let text = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    text.split_whitespace().next().unwrap_or("unknown").to_owned()
}

/// High-water mark of resident memory in MiB, where the system tells.
fn peak_memory() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|l| l.starts_with("VmHWM:"))?;
    line.split_whitespace().nth(1)?.parse::<u64>().ok().map(|kib| kib / 1024)
}
