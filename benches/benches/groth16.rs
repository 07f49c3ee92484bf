//! The main job per shape, in one run with plain `ark-groth16` on the same constraints.
//!
//! `cargo bench -p mandate-benches [-- SHAPE...]`; default `s256 m1024`. Times are wall seconds, the best of the runs,
//! and for the two provers processor seconds beside them; the ratio of those is what carries over to other machines.
#![allow(clippy::print_stdout, missing_docs)]

use ark_bn254::{Bn254, Fr};
use ark_groth16::Groth16;
use ark_relations::gr1cs::{
    ConstraintSynthesizer, ConstraintSystemRef, LinearCombination, SynthesisError, Variable,
};
use ark_snark::SNARK;
use mandate_book::examples::Example;
use mandate_circuits::r1cs::{Relation, relation};
use mandate_prover::{AccountOpening, Prover, ProvingKey, Task};
use mandate_statement::{AttestorGrade, Shape};
use mandate_testing::Story;
use mandate_verifier::{BatchItem, Expectations, Verifier};
use std::time::Instant;

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
    let prover = Prover::new(key, constraints).expect("the key of this relation");
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
    let (prove, bundle) = best(3, || prover.prove(&task).expect("a lawful book"));
    let mut rng = rand::rngs::OsRng;
    let (plain_setup, (plain_key, _)) = best(1, || {
        Groth16::<Bn254>::circuit_specific_setup(prover.relation(), &mut rng).expect("the setup runs")
    });
    let mut plain_proof = || {
        let circuit = Plain { relation: prover.relation(), assignment: &assignment };
        Groth16::<Bn254>::prove(&plain_key, circuit, &mut rng).expect("the same witness")
    };
    let (plain, _) = best(3, &mut plain_proof);
    let plain_cpu = least_cpu(3, &mut plain_proof);
    let prove_cpu = least_cpu(3, || prover.prove(&task).expect("a lawful book"));

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

    println!("{}", shape.name);
    println!(
        "  constraints {rows}  inputs {inputs}  evaluation points {points} of 2^{}",
        points.next_power_of_two().ilog2()
    );
    println!("  proving key {} B  verifying key {} B  proof {} B", sizes.0, sizes.1, bundle.proof.len());
    println!("  matrices {build:.2} s  setup {setup:.2} s (plain {plain_setup:.2} s)  key load {load:.2} s");
    println!(
        "  witness {witness:.3} s  prove {prove:.3} s  plain ark-groth16 {plain:.3} s  ratio {:.2}",
        prove / plain
    );
    println!(
        "  processor: prove {prove_cpu:.2} s  plain {plain_cpu:.2} s  ratio {:.2}",
        prove_cpu / plain_cpu
    );
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

/// High-water mark of resident memory in MiB, where the system tells.
fn peak_memory() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|l| l.starts_with("VmHWM:"))?;
    line.split_whitespace().nth(1)?.parse::<u64>().ok().map(|kib| kib / 1024)
}
