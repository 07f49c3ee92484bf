//! Rules parts and risk parts: any bytes that decode are put before the sheet checker.

use crate::envelope::resealed;
use crate::fixtures::world;
use mandate_soundness::sheets::budget::budget;
use mandate_statement::{Kind, RiskPart, RulesPart, Shape, decode, encode};

/// Counts every row's reach again, by the interval arithmetic of the soundness program, which shares no code with compiler
/// and checker, and compares with the width of its slack.
pub(super) fn assert_rows_cannot_wrap(part: &RulesPart) {
    let shape = Shape::by_name(&part.shape).expect("accepted parts have a shape");
    for row in budget(shape, part) {
        assert!(row.is_safe(), "row {:?} reaches {:?}, its slack has {} bits", row.at, row.reach, row.width);
    }
}

pub(super) fn rules(data: &[u8]) -> bool {
    let file = resealed(Kind::RulesPart, data);
    assert!(decode::<RulesPart>(Kind::RulesPart, data).is_err() || data == file, "a second envelope");
    let Ok(part) = decode::<RulesPart>(Kind::RulesPart, &file) else { return false };
    assert_eq!(encode(Kind::RulesPart, &part), file, "a second spelling");
    let _ = part.digest();
    let told = mandate_checker::rule_rows(&part);
    match mandate_checker::check_rules(&part) {
        Err(findings) => {
            assert!(!findings.is_empty() && findings.len() <= mandate_checker::MOST_FINDINGS + 1);
            assert!(findings.iter().all(|f| !f.to_string().is_empty()));
            assert!(world().verifier.sheet(&part, &world().risk).is_err(), "a refused part makes a sheet");
            false
        }
        Ok(_) => {
            assert!(told.is_ok_and(|words| !words.is_empty()), "an accepted part cannot be told");
            assert_rows_cannot_wrap(&part);
            let same = part.digest() == world().rules.digest();
            if let Ok(sheet) = world().verifier.sheet(&part, &world().risk) {
                let known = world().verifier.sheet(&world().rules, &world().risk).expect("the good sheet");
                assert_eq!(sheet.evm() == known.evm(), same, "two mandates, one point");
            }
            true
        }
    }
}

pub(super) fn risk(data: &[u8]) -> bool {
    let file = resealed(Kind::RiskPart, data);
    let Ok(part) = decode::<RiskPart>(Kind::RiskPart, &file) else { return false };
    assert_eq!(encode(Kind::RiskPart, &part), file, "a second spelling");
    let lengths = part.shape();
    if let Ok(shape) = lengths {
        assert_eq!(part.integers(shape).len(), RiskPart::integer_count(shape));
    }
    match mandate_checker::check_risk(&part) {
        Err(findings) => {
            assert!(!findings.is_empty() && findings.len() <= mandate_checker::MOST_FINDINGS + 1);
            assert!(findings.iter().all(|f| !f.to_string().is_empty()));
            assert!(world().verifier.sheet(&world().rules, &part).is_err(), "a refused part makes a sheet");
            false
        }
        Ok(_) => {
            let shape = lengths.expect("an accepted part has its lengths");
            for column in 0..shape.columns() {
                let sum: u128 = (0..shape.slots)
                    .map(|j| u128::from(part.weights_of(shape, j)[column].unsigned_abs()))
                    .sum();
                assert!(sum < 1 << 41, "column {column} sums to {sum}");
            }
            for slot in 0..shape.slots {
                let weights = part.weights_of(shape, slot);
                let forbidden = weights[shape.forbidden_column()] == 1;
                let others = weights.iter().enumerate().filter(|(k, _)| *k != shape.forbidden_column());
                let bare = others.map(|(_, w)| *w).all(|w| w == 0);
                assert!(!forbidden || bare, "forbidden slot {slot} weighs something");
                let owned = part.layout.account[slot / shape.segment_len()].is_some();
                assert!(forbidden || owned, "slot {slot} is usable and nobody's");
            }
            if let Ok(sheet) = world().verifier.sheet(&world().rules, &part) {
                let same = part.digest() == world().risk.digest();
                let known = world().verifier.sheet(&world().rules, &world().risk).expect("the good sheet");
                // Snapshot and instant are in the digest and in the context, not in the point.
                assert!(!same || sheet.evm() == known.evm());
                let (ours, theirs) = (part.integers(shape), world().risk.integers(shape));
                let one = ours == theirs && part.universe == world().risk.universe;
                assert_eq!(sheet.evm() == known.evm(), one, "two markets, one point");
            }
            true
        }
    }
}
