//! Cases about sheets that must stay dead, each by its name.

use mandate_book::examples::Example;
use mandate_checker::{Finding, check, check_risk, check_rules};
use mandate_circuits::r1cs::relation;
use mandate_policy::{Mandate, compile};
use mandate_prover::{AccountOpening, ProveError, Prover, ProvingKey, Task};
use mandate_statement::{Digest, Family, GlobalVar, LocalVar, RuleRows, RulesPart, keccak};
use mandate_testing::{RulesBuilder, Story, columns, plain_risk_part, t32};
use mandate_verifier::{Verifier, VerifyError};

const MANDATE: &str = "risk_model = \"crypto-usd/1\"\nmin_nav = \"1 USD\"\n[[rule]]\nid = \"lev\"\ntext = \"Leverage\"\n\
                       holds = \"gross(all) <= 3 * nav\"\n";

fn prover() -> Prover {
    let relation = relation(t32());
    let key = ProvingKey::development(t32(), &relation, "regressions").expect("a key");
    Prover::new(key, &relation).expect("its relation")
}

/// A sheet of zeros collapses to the point at infinity, under which any book would do. It never gets that far.
#[test]
fn an_all_zero_sheet() {
    let lawful = plain_risk_part();
    let empty = RulesPart::empty("crypto-usd/1", t32(), keccak(b"a text"));
    let mut claimed = empty.clone();
    let row = mandate_statement::RowRef { family: Family::Global, index: 0 };
    claimed.rules.push(RuleRows { id: "min-nav".into(), rows: vec![row] });
    let mut zero = lawful.clone();
    zero.weights.fill(0);
    let mut bare = zero.clone();
    bare.universe = Digest::default();
    let verifier = Verifier::new(prover().key().verifying().clone());
    let rules = RulesBuilder::new(t32()).build();
    for part in [&empty, &claimed] {
        let findings = check_rules(part).expect_err("a part of zeros");
        assert!(findings.iter().any(|f| matches!(f, Finding::MinNavTooSmall { .. })), "{findings:?}");
        assert!(matches!(verifier.sheet(part, &lawful), Err(VerifyError::Sheet(_))));
    }
    for part in [&zero, &bare] {
        let findings = check_risk(part).expect_err("a part of zeros");
        assert!(findings.contains(&Finding::NoUsableSlot), "{findings:?}");
        assert!(matches!(verifier.sheet(&rules, part), Err(VerifyError::Sheet(_))));
    }
    check(&empty, &bare).expect_err("a sheet of zeros");
    assert!(verifier.sheet(&rules, &lawful).is_ok());
}

/// A gain at one venue meets no loss at another: no group, and nothing with a worst loss, reaches over two accounts.
#[test]
fn netting_across_venues() {
    let lawful = plain_risk_part();
    // Segments 0 and 1 are one venue, 2 another, 3 a third.
    for segment in [2, 3] {
        let mut lie = lawful.clone();
        lie.layout.asset[segment] = lie.layout.asset[segment - 1];
        lie.layout.carry[segment] = true;
        lie.layout.group_used[segment - 1] = false;
        let findings = check_risk(&lie).expect_err("a group over two venues");
        let across =
            |f: &Finding| matches!(f, Finding::CarryAcross { segment: s, what: "account" } if *s == segment);
        assert!(findings.iter().any(across), "{findings:?}");
    }
    // A venue's segments given to another venue's netting set.
    for (segment, to) in [(2, 0), (3, 0), (1, 1)] {
        let mut lie = lawful.clone();
        lie.layout.account[segment] = Some(to);
        assert_ne!(lie.digest(), lawful.digest());
        check_risk(&lie).expect_err("the accounts are no longer runs in order, or a group crosses them");
    }
    // Assets do reach over accounts, and have no worst loss for that reason: no row can name one.
    assert_eq!(LocalVar::Worst.index(t32(), Family::Asset), None);
    assert_eq!(GlobalVar::WorstSum(Family::Asset).index(t32()), None);
    let text = MANDATE.replace("gross(all) <= 3 * nav", "for u in underlyings: worst(scenarios, u) <= nav");
    Mandate::parse("mandate.toml", &text).expect_err("no worst loss over an underlying");
}

/// A row that would fit every book that anyone has, but not every book in range, is refused by all three who compute it.
#[test]
fn a_bound_computed_from_honest_values() {
    let row = |c: i128| {
        RulesBuilder::new(t32()).row("r", Family::Group, &[(LocalVar::Total(columns::GROSS), c)], &[]).build()
    };
    let story = Story::of("t32", MANDATE, Example::Lawful);
    let (fits, wide) = (row(1 - (1 << 24)), row(-(1 << 24)));
    // The story's own book leaves forty bits to spare.
    let totals = mandate_rows::totals(
        &story.risk,
        t32(),
        &story
            .opened
            .iter()
            .flat_map(|(_, o)| o.quantities.clone())
            .chain(std::iter::repeat(0))
            .take(32)
            .collect::<Vec<_>>(),
    );
    let gross = totals.expect("in range").book[columns::GROSS];
    assert!(gross.unsigned_abs() < 1 << 72, "an honest book is small: {gross}");
    check_rules(&fits).expect("within full ranges");
    let findings = check_rules(&wide).expect_err("one beyond full ranges");
    assert!(matches!(findings[..], [Finding::RowTooWide { bits: 113, limit: 112, .. }]), "{findings:?}");
    let prover = prover();
    for (rules, refused) in [(&fits, false), (&wide, true)] {
        let mut context = story.context(prover.key().verifying().id());
        context.mandate = rules.digest();
        let open = story.opened.iter().map(|(attestation, opening)| AccountOpening::of(attestation, opening));
        let task = Task { context, rules, risk: &story.risk, accounts: open.collect() };
        let done =
            prover.prove(&task).expect_err("the book has gross exposure, of which the row allows none");
        assert_eq!(
            matches!(done, ProveError::TooWide { family: Family::Group, index: 0 }),
            refused,
            "{done}"
        );
    }
    let text = MANDATE
        .replace("gross(all) <= 3 * nav", "for g in groups: 40_000_000 * gross(g) <= 40_000_001 * nav");
    let mandate = Mandate::parse("mandate.toml", &text).expect("it reads");
    compile(&mandate, mandate.model, t32()).expect_err("too wide a row");
}
