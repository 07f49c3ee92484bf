//! Rules with bits and free witnesses, from their text to the verdict, on a small shape: sums above a threshold, the largest few, the
//! better of two, rounding up, and losses at expiry, all in one proof.

use mandate_book::examples::Example;
use mandate_circuits::r1cs::relation;
use mandate_prover::{AccountOpening, Prover, ProvingKey, Task};
use mandate_statement::{AttestorGrade, Shape};
use mandate_testing::Story;
use mandate_verifier::{Expectations, Verifier, VerifyError};

/// Each construct in a rule of its own with a limit that the lawful book keeps, and one that it breaks.
const RULES: [(&str, &str, &str, &str); 5] = [
    ("bits", "above(u in underlyings: gross(u) > 5% * nav) <= LIMIT * nav", "4", "0.01"),
    ("free", "top(2; g in groups: gross(g)) <= LIMIT * nav", "4", "0.01"),
    ("choice", "better(40% * gross(all), 45% * notional(all)) <= LIMIT * nav", "4", "0.001"),
    ("step", "up(gross(all), 0.0000065536 USD) <= LIMIT * nav", "4", "-9"),
    ("peaks", "expiry_loss(all) <= LIMIT * nav + 1_000 USD", "1", "-9"),
];

/// The mandate with every rule at its lawful limit, but for one at the limit that is broken.
fn mandate(broken: Option<usize>) -> String {
    let mut out = String::from("risk_model = \"crypto-usd/1\"\nmin_nav = \"1_000 USD\"\n");
    for (i, (id, rule, lawful, too_tight)) in RULES.iter().enumerate() {
        let limit = if broken == Some(i) { too_tight } else { lawful };
        let holds = rule.replace("LIMIT", limit);
        out.push_str(&format!("[[rule]]\nid = \"{id}\"\ntext = \"{id}\"\nholds = \"{holds}\"\n"));
    }
    out
}

fn task<'a>(story: &'a Story, prover: &Prover) -> Task<'a> {
    Task {
        context: story.context(prover.key().verifying().id()),
        rules: &story.rules,
        risk: &story.risk,
        accounts: story.opened.iter().map(|(signed, opening)| AccountOpening::of(signed, opening)).collect(),
    }
}

#[test]
fn rules_with_bits_and_free_witnesses_are_proven_and_verified() {
    let shape = Shape::by_name("r64").expect("a default shape");
    let relation = relation(shape);
    let key = ProvingKey::development(shape, &relation, "tests").expect("a setup");
    let prover = Prover::new(key, &relation).expect("the key of this relation");
    let verifier = Verifier::new(prover.key().verifying().clone());

    let story = Story::of("r64", &mandate(None), Example::Lawful);
    let bundle = prover.prove(&task(&story, &prover)).unwrap_or_else(|e| panic!("{e}"));
    let expect = Expectations {
        now: story.risk.as_of + 60,
        max_age: 3600,
        min_grade: AttestorGrade::Administrator,
        attestors: None,
        account_set: None,
        development_keys: true,
        chain: None,
    };
    let sheet = verifier.sheet(&story.rules, &story.risk).expect("a lawful sheet");
    verifier.verify(&bundle, &sheet, &story.accounts, &expect).expect("it verifies");

    for (broken, (id, ..)) in RULES.iter().enumerate() {
        let tight = Story::of("r64", &mandate(Some(broken)), Example::Lawful);
        // No proof is made: the least filling of bits and witnesses breaks the rule, so every filling does.
        let error = prover.prove(&task(&tight, &prover)).map(|_| ()).expect_err("a broken rule").to_string();
        assert!(error.contains("does not satisfy the sheet"), "{id}: {error}");
        // And the lawful mandate's proof is none for it.
        let sheet = verifier.sheet(&tight.rules, &tight.risk).expect("a lawful sheet");
        let mut renamed = bundle.clone();
        renamed.context.mandate = tight.rules.digest();
        let verdict = verifier.verify(&renamed, &sheet, &story.accounts, &expect);
        assert!(matches!(verdict, Err(VerifyError::Rejected)), "{id}: {verdict:?}");
    }
}
