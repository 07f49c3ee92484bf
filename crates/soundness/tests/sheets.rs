//! Lies about sheets: none is believed, and the checker alone refuses as many as it did.

use mandate_book::examples::Example;
use mandate_circuits::r1cs::relation;
use mandate_prover::{AccountOpening, Prover, ProvingKey, Task};
use mandate_soundness::sheets::corpus::{Written, example_texts, random_text, written};
use mandate_soundness::sheets::{risk, rules};
use mandate_statement::{AttestorGrade, Bundle, Family, GlobalVar, RiskPart, RowRef, RulesPart};
use mandate_testing::{Story, columns, t32};
use mandate_verifier::{Expectations, Verifier, VerifyError};

fn sample() -> Vec<Written> {
    let examples = example_texts().into_iter().filter_map(|(name, text)| written(&name, &text, t32()));
    let random = (0..60).filter_map(|s| written(&format!("random {s}"), &random_text(s), t32()));
    examples.chain(random).collect()
}

/// Who refuses how many: a checker that sees less than it did changes the first number, a digest that misses something
/// leaves a lie believed.
#[test]
fn no_lie_about_rows_is_believed() {
    let pinned: [(&str, u64, u64); 9] = [
        ("row-dropped", 496, 0),
        ("row-unlisted", 917, 0),
        // A witness with one definition may be divided: its coefficient above one is another lawful sheet, for the digest.
        ("coefficient", 2996, 3289),
        ("new-term", 9105, 873),
        ("rows-swapped", 898, 296),
        ("rule-removed", 239, 351),
        ("definition-cut", 164, 118),
        ("limit-loosened", 160, 1585),
        ("min-nav", 264, 198),
    ];
    let sheets = sample();
    let mut found = Vec::new();
    for (name, what, liar) in rules::FAMILIES {
        let (score, split) = rules::tell(name, what, liar, &sheets);
        assert!(score.is_whole(), "{score:?}");
        assert!(score.told > 50, "{name}: {} lies", score.told);
        found.push((name, split.checker, split.digest));
    }
    assert_eq!(found, pinned, "who refuses how many has changed; fewer by the checker needs a reason");
}

#[test]
fn no_lie_about_weights_is_believed() {
    let score = risk::weights_of(&[("t32", 1), ("s256", 8)]);
    assert!(score.is_whole(), "{score:?}");
    assert!(score.told > 3000, "{}", score.told);
}

#[test]
fn no_lie_about_the_layout_is_believed() {
    let score = risk::risk_layout();
    assert!(score.is_whole(), "{score:?}");
}

const MANDATE: &str = r#"
risk_model = "crypto-usd/1"
min_nav = "1_000 USD"
[[rule]]
id = "lev"
text = "Gross exposure is at most three times net asset value"
holds = "gross(all) <= 3 * nav"
"#;

struct Liar {
    prover: Prover,
    story: Story,
}

impl Liar {
    fn of(which: Example) -> Self {
        let relation = relation(t32());
        let key = ProvingKey::development(t32(), &relation, "sheets").expect("a key");
        Self {
            prover: Prover::new(key, &relation).expect("its relation"),
            story: Story::of("t32", MANDATE, which),
        }
    }
    /// A bundle of this book under any sheet, with a true proof of that sheet.
    fn bundle(&self, rules: &RulesPart, risk: &RiskPart) -> Bundle {
        let mut context = self.story.context(self.prover.key().verifying().id());
        (context.mandate, context.risk) = (rules.digest(), risk.digest());
        let open =
            self.story.opened.iter().map(|(attestation, opening)| AccountOpening::of(attestation, opening));
        let task = Task { context, rules, risk, accounts: open.collect() };
        self.prover.prove(&task).expect("the book keeps the liar's sheet")
    }
    /// What a reader says, who holds what mandate and snapshot compile to.
    fn reader(&self, bundle: &Bundle) -> Result<(), VerifyError> {
        let verifier = Verifier::new(self.prover.key().verifying().clone());
        let sheet = verifier.sheet(&self.story.rules, &self.story.risk).expect("the honest sheet");
        let expect = Expectations {
            now: self.story.risk.as_of + 60,
            max_age: 3600,
            min_grade: AttestorGrade::Administrator,
            attestors: None,
            account_set: None,
            development_keys: true,
            chain: None,
        };
        verifier.verify(bundle, &sheet, &self.story.accounts, &expect).map(drop)
    }
}

/// A book of twenty times leverage, and true proofs that it keeps another sheet.
#[test]
fn a_true_proof_of_another_sheet_is_refused_by_its_name_and_under_a_false_one() {
    let liar = Liar::of(Example::OverLeveraged);
    let (rules, risk) = (&liar.story.rules, &liar.story.risk);
    let leverage = RowRef { family: Family::Global, index: 1 };
    let gross = GlobalVar::Total(columns::GROSS).index(t32()).expect("a column");
    let nav = GlobalVar::Total(columns::VALUE).index(t32()).expect("a column");
    // A limit a thousand times as high, with the allowance that it asks for: a lawful row.
    let mut loose = rules.clone();
    let row = loose.row_mut(t32(), leverage).1;
    assert_eq!((row[nav], row[gross]), (3, -1));
    (row[nav], row[columns::LOTS]) = (3000, -3000);
    mandate_checker::check_rules(&loose).expect("a lawful mandate, but not this one");
    // The rule is gone, its row with it.
    let mut gone = rules.clone();
    gone.row_mut(t32(), leverage).1.fill(0);
    gone.rules.pop();
    mandate_checker::check_rules(&gone).expect("a lawful mandate, but not this one");
    // No contract weighs anything in `gross`.
    let mut light = risk.clone();
    for slot in 0..t32().slots {
        let w = &mut light.weights[slot * t32().columns() + columns::GROSS];
        *w = i64::from(*w > 0);
    }
    mandate_checker::check_risk(&light).expect("a lawful market, but not this one");
    for (lie, market) in [(&loose, risk), (&gone, risk), (rules, &light)] {
        let mut bundle = liar.bundle(lie, market);
        let named = liar.reader(&bundle).expect_err("another sheet's name");
        assert!(
            matches!(named, VerifyError::Binding { what: "mandate" | "snapshot or risk part", .. }),
            "{named}"
        );
        (bundle.context.mandate, bundle.context.risk) = (rules.digest(), risk.digest());
        let renamed = liar.reader(&bundle).expect_err("another sheet's proof");
        assert!(matches!(renamed, VerifyError::Rejected), "{renamed}");
    }
    // The harness proves and reads: a lawful book under the sheet itself is accepted.
    let honest = Liar { prover: liar.prover, story: Story::of("t32", MANDATE, Example::Lawful) };
    let bundle = honest.bundle(&honest.story.rules, &honest.story.risk);
    honest.reader(&bundle).expect("a lawful book");
}
