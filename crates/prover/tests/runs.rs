//! A market with runs of strikes, from the key to the verdict; and, when asked, the figures of the shape that is made for them.

use mandate_book::examples::Example;
use mandate_circuits::r1cs::relation;
use mandate_prover::{AccountOpening, Prover, ProvingKey, Task};
use mandate_statement::{AttestorGrade, Shape};
use mandate_testing::Story;
use mandate_verifier::{Expectations, Verifier, VerifyError};
use std::time::Instant;

/// What the command line makes development keys from where nothing else is said.
const SEED: &str = "mandate development key";

fn mandate(model: &str) -> String {
    format!(
        r#"
risk_model = "{model}"
min_nav = "1_000 USD"
[[rule]]
id = "lev"
text = "Gross exposure is at most three times net asset value"
holds = "gross(all) <= 3 * nav"
[[rule]]
id = "margin"
text = "Worst losses stay within net asset value"
holds = "sum(g in groups: worst(scenarios, g)) <= nav"
"#
    )
}

fn task<'a>(story: &'a Story, prover: &Prover) -> Task<'a> {
    Task {
        context: story.context(prover.key().verifying().id()),
        rules: &story.rules,
        risk: &story.risk,
        accounts: story.opened.iter().map(|(signed, opening)| AccountOpening::of(signed, opening)).collect(),
    }
}

fn expect(story: &Story) -> Expectations<'static> {
    Expectations {
        now: story.risk.as_of + 60,
        max_age: 3600,
        min_grade: AttestorGrade::Administrator,
        attestors: None,
        account_set: None,
        development_keys: true,
        chain: None,
    }
}

/// Every number of a run is bound: with one of them changed (and everything else of the sheet renamed with it) a proof is
/// refused, by the checker or by the pairing.
#[test]
fn a_book_of_options_in_runs_is_proven_and_every_number_is_bound() {
    let shape = Shape::by_name("r64").expect("a default shape");
    let story = Story::of("r64", &mandate("crypto-usd/1"), Example::Lawful);
    assert!(story.risk.runs.used.contains(&true), "options stand in runs");
    let relation = relation(shape);
    let key = ProvingKey::development(shape, &relation, "tests").expect("a setup");
    let prover = Prover::new(key, &relation).expect("the key of this relation");
    let verifier = Verifier::new(prover.key().verifying().clone());
    let bundle = prover.prove(&task(&story, &prover)).expect("a lawful book");
    let sheet = verifier.sheet(&story.rules, &story.risk).expect("a lawful sheet");
    verifier.verify(&bundle, &sheet, &story.accounts, &expect(&story)).expect("it verifies");

    let runs = &story.risk.runs;
    let strip = runs.used.iter().position(|used| *used).expect("a run");
    let slot = runs.coins.iter().position(|coins| *coins != 0).expect("an option");
    let gap = runs.gap.iter().position(|gap| *gap != 0).expect("a strike");
    let cover = runs.cover.iter().position(|cover| *cover != 0).expect("a call");
    let mut refused = [0, 0];
    for change in 0..6 {
        let mut risk = story.risk.clone();
        match change {
            0 => risk.runs.used[strip] = false,
            1 => risk.runs.carry[strip] ^= true,
            2 => risk.runs.gap[gap] += 1,
            3 => risk.runs.coins[slot] += 1,
            4 => risk.runs.cover[cover] += 1,
            _ => risk.runs.cover[cover] *= 2,
        }
        let Ok(sheet) = verifier.sheet(&story.rules, &risk) else {
            refused[0] += 1;
            continue;
        };
        let mut renamed = bundle.clone();
        renamed.context.risk = risk.digest();
        let verdict = verifier.verify(&renamed, &sheet, &story.accounts, &expect(&story));
        assert!(matches!(verdict, Err(VerifyError::Rejected)), "change {change}");
        let verdict = verifier.verify(&bundle, &sheet, &story.accounts, &expect(&story));
        assert!(matches!(verdict, Err(VerifyError::Binding { .. })), "change {change}");
        refused[1] += 1;
    }
    assert!(
        refused[0] >= 2 && refused[1] >= 2,
        "by the checker {}, by the pairing {}",
        refused[0],
        refused[1]
    );
}

/// Prints what a shape costs on this machine: `cargo test --release -p mandate-prover --test runs -- --ignored --nocapture`.
#[test]
#[ignore = "minutes and some 2 GB; for the figures of docs/shapes.md"]
#[allow(clippy::print_stderr)]
fn figures_of_o2048() {
    let shape = Shape::by_name("o2048").expect("a default shape");
    let timed = |what: &str, start: Instant| eprintln!("{what}: {:.2} s", start.elapsed().as_secs_f64());
    let start = Instant::now();
    let relation = relation(shape);
    timed("matrices", start);
    eprintln!("constraints {}, inputs {}", relation.constraints(), relation.inputs);
    let start = Instant::now();
    let key = ProvingKey::development(shape, &relation, SEED).expect("a setup");
    timed("setup", start);
    let file = key.to_bytes();
    let digest: Vec<String> = file[36..68].iter().map(|b| format!("{b:02x}")).collect();
    eprintln!("proving key {} bytes, digest {}", file.len(), digest.concat());
    eprintln!("verifying key {} bytes", key.verifying().to_bytes().len());
    drop(file);
    let prover = Prover::new(key, &relation).expect("the key of this relation");
    let verifier = Verifier::new(prover.key().verifying().clone());
    let story = Story::of("o2048", &mandate("deribit-pm/1"), Example::Lawful);
    let start = Instant::now();
    prover.witness(&task(&story, &prover)).expect("a lawful book");
    timed("witness", start);
    let start = Instant::now();
    let bundle = prover.prove(&task(&story, &prover)).expect("a lawful book");
    timed("prove", start);
    let start = Instant::now();
    let sheet = verifier.sheet(&story.rules, &story.risk).expect("a lawful sheet");
    timed("sheet checked and collapsed", start);
    let start = Instant::now();
    verifier.verify(&bundle, &sheet, &story.accounts, &expect(&story)).expect("it verifies");
    timed("verify", start);
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    status.lines().filter(|l| l.starts_with("VmHWM")).for_each(|l| eprintln!("{l}"));
}
