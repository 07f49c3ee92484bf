//! What counts as a fall.

use mandate_soundness::{BY_CHECKER, Ledger, Score, attacks, falls};

const REASON: &str = "it proves nothing false";

fn score(name: &str, refused: u64, excused: u64, by_checker: u64) -> Score {
    let mut ledger = Ledger::default();
    (0..refused).for_each(|_| ledger.refused());
    (0..excused).for_each(|_| ledger.excused(REASON));
    ledger.score(name, "lies").with_part(BY_CHECKER, by_checker)
}

fn one(now: &Score, before: &Score) -> String {
    let found = falls(std::slice::from_ref(before), std::slice::from_ref(now), true);
    assert_eq!(found.len(), 1, "{found:?}");
    found[0].clone()
}

#[test]
fn the_same_and_the_better_are_no_falls() {
    let before = score("a", 10, 2, 5);
    for after in [before.clone(), score("a", 12, 2, 5), score("a", 11, 1, 5), score("a", 10, 2, 9)] {
        assert_eq!(
            falls(std::slice::from_ref(&before), std::slice::from_ref(&after), true),
            [""; 0],
            "{after:?}"
        );
    }
}

#[test]
fn fewer_refused_by_one_part_is_a_fall() {
    let before = score("a", 10, 0, 5);
    assert_eq!(one(&score("a", 10, 0, 4), &before), format!("a: 4 {BY_CHECKER}, 5 before"));
    let mut without = before.clone();
    without.parts.clear();
    assert_eq!(one(&without, &before), format!("a: 0 {BY_CHECKER}, 5 before"));
}

#[test]
fn fewer_lies_more_excuses_and_survivors_are_falls() {
    let before = score("a", 10, 2, 5);
    assert!(one(&score("a", 9, 2, 5), &before).contains("11 lies were told, 12 before"));
    assert!(one(&score("a", 10, 3, 5), &before).contains("3 lies are excused, 2 before"));
    let mut ledger = Ledger::default();
    ledger.believed(|| "the moon".into());
    assert!(one(&ledger.score("a", "lies"), &before).contains("the moon"));
    // One that nobody named is counted all the same.
    let mut unnamed = before.clone();
    unnamed.told += 1;
    assert!(one(&unnamed, &before).contains("1 lies were believed"));
}

#[test]
fn an_attack_that_is_gone_is_a_fall_of_a_whole_run() {
    let (a, b) = (score("a", 10, 2, 5), score("b", 1, 0, 0));
    let record = [a.clone(), b.clone()];
    assert_eq!(falls(&record, &[a.clone(), b.clone()], true), [""; 0]);
    assert_eq!(falls(&record, std::slice::from_ref(&a), false), [""; 0], "named alone");
    let found = falls(&record, std::slice::from_ref(&a), true);
    assert!(matches!(found.as_slice(), [gone] if gone.starts_with("b: on record")), "{found:?}");
    let found = falls(std::slice::from_ref(&a), &record, true);
    assert!(matches!(found.as_slice(), [new] if new.contains("no score is on record")), "{found:?}");
}

/// Every score on record is of an attack that there is: found without running any.
#[test]
fn the_record_names_attacks_that_there_are() {
    let record: Vec<Score> = serde_json::from_str(include_str!("../scores.json")).expect("the record reads");
    for score in record {
        assert!(attacks().any(|a| a.name == score.name), "no attack is called `{}`", score.name);
    }
}
