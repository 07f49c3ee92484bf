//! Each defect of a risk part, one at a time, is refused by its own finding.

use mandate_checker::{Finding, check_risk};
use mandate_statement::{Digest, RiskPart, SHAPES, Shape};
use mandate_testing::{columns, full_width_risk_part, plain_risk_part, risk_part_for, t32, usable_slots};

/// The findings after one change to a lawful part on `t32`.
fn after(change: impl FnOnce(&mut RiskPart)) -> Vec<Finding> {
    let mut part = plain_risk_part();
    change(&mut part);
    check_risk(&part).expect_err("the change is a defect")
}

/// The weight of a slot in a column.
fn weight(part: &mut RiskPart, slot: usize, column: usize) -> &mut i64 {
    &mut part.weights[slot * t32().columns() + column]
}

/// Asserts that one of the findings is of the pattern, and that its text is not empty.
macro_rules! finds {
    ($findings:expr, $pattern:pat $(if $guard:expr)?) => {{
        let findings = $findings;
        assert!(findings.iter().any(|f| matches!(f, $pattern $(if $guard)?)), "{findings:?}");
        assert!(findings.iter().all(|f| !f.to_string().is_empty()));
    }};
}
/// The same, and that there are no others.
macro_rules! finds_only {
    ($findings:expr, $($pattern:pat),+ $(if $guard:expr)?) => {{
        let findings = $findings;
        assert!(matches!(&findings[..], [$($pattern),+] $(if $guard)?), "{findings:?}");
    }};
}

fn forbidden_slot(part: &RiskPart) -> usize {
    (0..t32().slots).find(|&j| part.weights_of(t32(), j)[columns::FORBIDDEN] == 1).unwrap()
}

#[test]
fn fixtures_are_lawful_on_every_shape() {
    let report = check_risk(&plain_risk_part()).unwrap();
    assert_eq!((report.shape, report.model), ("t32", "crypto-usd/1"));
    assert_eq!((report.accounts, report.groups, report.assets), (3, 3, 2));
    assert_eq!(report.usable_slots, usable_slots(t32(), &plain_risk_part()).len());
    assert_eq!(report.columns.len(), 32);
    for shape in SHAPES.iter().filter(|s| s.name != "o2048") {
        for seed in 0..20 {
            check_risk(&risk_part_for(shape, seed)).unwrap();
        }
        let report = check_risk(&full_width_risk_part(shape, 3)).unwrap();
        assert_eq!(report.columns[columns::GROSS], ("gross".to_owned(), 41));
    }
}

#[test]
fn names_digests_and_lengths() {
    finds_only!(after(|p| p.shape = "t33".into()), Finding::UnknownShape { part: "risk part", .. });
    finds_only!(after(|p| p.model = "crypto-usd/2".into()), Finding::UnknownModel { .. });
    finds_only!(after(|p| p.shape = "s256".into()), Finding::Lengths(_));
    finds_only!(after(|p| p.weights.truncate(7)), Finding::Lengths(_));
    finds_only!(after(|p| p.layout.carry.clear()), Finding::Lengths(_));
    finds_only!(after(|p| p.layout.asset[0] = Some(99)), Finding::Lengths(_));
    finds_only!(after(|p| p.universe = Digest::default()), Finding::ZeroDigest { what: "universe" });
    finds_only!(after(|p| p.snapshot = Digest::default()), Finding::ZeroDigest { what: "snapshot" });
    finds_only!(after(|p| p.as_of = 0), Finding::ZeroInstant);
    // Names of people are shown, but not at any length, and not with control characters.
    let text = after(|p| p.model = "\u{1b}[2J".repeat(1 << 16))[0].to_string();
    assert!(text.len() < 600 && !text.contains('\u{1b}'), "{text}");
}

#[test]
fn layout() {
    finds!(after(|p| p.layout.carry[0] = true), Finding::FirstCarries);
    finds!(after(|p| p.layout.carry[2] = true), Finding::CarryAcross { segment: 2, what: "account" });
    finds!(after(|p| p.layout.carry[2] = true), Finding::CarryAcross { segment: 2, what: "asset" });
    finds_only!(after(|p| p.layout.asset[1] = Some(1)), Finding::CarryAcross { segment: 1, what: "asset" });
    finds_only!(
        after(|p| p.layout.asset[1] = None),
        Finding::CarryAcross { segment: 1, what: "asset" },
        Finding::NoAsset { segment: 1, slot: 8 }
    );
    finds_only!(
        after(|p| p.layout.account[3] = Some(0)),
        Finding::AccountSplit { segment: 3, account: 0 },
        Finding::GroupSplit { segment: 3, account: 0, asset: 0 }
    );
    finds!(
        after(|p| p.layout.account = vec![Some(1), Some(1), Some(0), Some(2)]),
        Finding::AccountOrder { segment: 0, account: 1, wanted: 0 }
    );
    finds_only!(
        after(|p| p.layout.account[2..].copy_from_slice(&[Some(2), None])),
        Finding::AccountOrder { segment: 2, account: 2, wanted: 1 },
        Finding::UnownedUsable { segment: 3, .. },
        Finding::UnownedInUse { segment: 3, .. },
        Finding::UnownedInUse { segment: 3, .. }
    );
    finds_only!(after(|p| p.layout.group_used[0] = true), Finding::MarkInsideGroup { segment: 0 });
    finds_only!(after(|p| p.layout.group_used[1] = false), Finding::GroupUnmarked { segment: 1, slot: 0 });
    finds_only!(after(|p| p.layout.group_used[3] = false), Finding::GroupUnmarked { segment: 3, slot: 24 });
    finds!(after(|p| p.layout.account[3] = None), Finding::UnownedUsable { segment: 3, slot: 24 });
}

/// Makes every slot of a segment one that must stay empty.
fn forbid(part: &mut RiskPart, segment: usize) {
    let (len, columns) = (t32().segment_len(), t32().columns());
    for slot in segment * len..(segment + 1) * len {
        part.weights[slot * columns..(slot + 1) * columns].fill(0);
        *weight(part, slot, columns::FORBIDDEN) = 1;
    }
}

#[test]
fn every_usable_slot_belongs_to_an_asset() {
    finds_only!(after(|p| p.layout.asset[2] = None), Finding::NoAsset { segment: 2, slot: 16 });
}

#[test]
fn one_account_and_asset_is_one_group() {
    // Segments 0 and 1 as two groups of account 0 and asset 0: a limit per group would hold for each half.
    finds_only!(
        after(|p| {
            p.layout.carry[1] = false;
            p.layout.group_used[0] = true;
        }),
        Finding::GroupSplit { segment: 1, account: 0, asset: 0 }
    );
    // Of two assets they are two groups.
    let mut part = plain_risk_part();
    part.layout.carry[1] = false;
    part.layout.group_used[0] = true;
    part.layout.asset[1] = Some(1);
    check_risk(&part).unwrap();
}

#[test]
fn what_is_in_use_has_a_usable_slot() {
    let mut part = plain_risk_part();
    forbid(&mut part, 2);
    let findings = check_risk(&part).unwrap_err();
    finds_only!(findings, Finding::AssetEmpty { asset: 1 }, Finding::GroupEmpty { segment: 2 });
    part.layout.group_used[2] = false;
    finds_only!(check_risk(&part).unwrap_err(), Finding::AssetEmpty { asset: 1 });
    part.layout.asset[2] = None;
    let report = check_risk(&part).unwrap();
    assert_eq!((report.groups, report.assets, report.accounts_without_slots), (2, 1, vec![1]));
    // Half of a group may be head-room.
    let mut part = plain_risk_part();
    forbid(&mut part, 1);
    check_risk(&part).unwrap();
}

#[test]
fn marks() {
    for (lots, forbidden) in [(0, 0), (1, 1), (2, 0), (-1, 0), (0, -1), (i64::MIN, i64::MAX)] {
        let findings = after(|p| {
            *weight(p, 0, columns::LOTS) = lots;
            *weight(p, 0, columns::FORBIDDEN) = forbidden;
        });
        finds!(findings, Finding::SlotMarks { slot: 0, .. });
    }
    for column in [columns::VALUE, columns::GROSS, columns::ASSETS, columns::scenario(t32(), 5)] {
        let findings = after(|p| {
            let slot = forbidden_slot(p);
            *weight(p, slot, column) = 3;
        });
        finds!(findings, Finding::ForbiddenWeight { weight: 3, .. });
    }
    let nothing = after(|p| {
        p.layout.group_used.fill(false);
        p.layout.asset.fill(None);
        for slot in 0..t32().slots {
            for column in 0..t32().columns() {
                *weight(p, slot, column) = i64::from(column == columns::FORBIDDEN);
            }
        }
    });
    finds_only!(nothing, Finding::NoUsableSlot);
    finds!(after(|p| p.weights.fill(0)), Finding::NoUsableSlot);
}

#[test]
fn signs() {
    for column in [
        columns::GROSS,
        columns::NOTIONAL,
        columns::ASSETS,
        columns::LONG,
        columns::LIABILITIES,
        columns::SHORT,
    ] {
        finds!(after(|p| *weight(p, 0, column) = -1), Finding::NegativeOneSided { slot: 0, weight: -1, .. });
    }
    finds_only!(after(|p| *weight(p, 0, columns::VALUE) = -1), Finding::NegativeValue { slot: 0, .. });
    let free = after(|p| {
        for column in (0..t32().columns()).filter(|k| *k != columns::LOTS) {
            *weight(p, 0, column) = 0;
        }
    });
    finds_only!(free, Finding::FreeSlot { slot: 0 });
    let value = *weight(&mut plain_risk_part(), 0, columns::VALUE);
    finds_only!(
        after(|p| *weight(p, 0, columns::ASSETS) = value + 1),
        Finding::AssetsAboveValue { slot: 0, .. }
    );
    finds_only!(
        after(|p| *weight(p, 0, columns::LIABILITIES) = value - 1),
        Finding::LiabilitiesBelowValue { slot: 0, .. }
    );
}

#[test]
fn face_value_and_parts_of_value() {
    let face = *weight(&mut plain_risk_part(), usable_slots(t32(), &plain_risk_part())[1], columns::NOTIONAL);
    assert!(face > 1);
    let slot = usable_slots(t32(), &plain_risk_part())[1];
    for column in [columns::LONG, columns::SHORT] {
        for wrong in [0, face - 1, face + 1] {
            finds_only!(
                after(|p| *weight(p, slot, column) = wrong),
                Finding::FaceValue { weight, .. } if *weight == wrong
            );
        }
    }
    finds_only!(
        after(|p| *weight(p, slot, columns::NOTIONAL) = face + 1),
        Finding::FaceValue { .. },
        Finding::FaceValue { .. }
    );
    // The first slot is cash.
    let value = *weight(&mut plain_risk_part(), 0, columns::VALUE);
    for column in [columns::CASH, columns::UNSETTLED, columns::PREMIUM] {
        for wrong in [value + 1, value - 1, -value] {
            finds_only!(
                after(|p| *weight(p, 0, column) = wrong),
                Finding::PartOfValue { slot: 0, weight, .. } if *weight == wrong
            );
        }
    }
}

#[test]
fn column_sums() {
    for column in [columns::DELTA, columns::GROSS, columns::scenario(t32(), 15)] {
        for edge in [1 << 41, i64::MAX] {
            finds_only!(
                after(|p| *weight(p, 0, column) = edge),
                Finding::ColumnSum { column: k, .. } if *k == column
            );
        }
    }
    finds_only!(after(|p| *weight(p, 0, columns::DELTA) = i64::MIN), Finding::ColumnSum { .. });
    // The bound itself: 2^41 - 1 is lawful, one more is not.
    let mut part = full_width_risk_part(t32(), 1);
    check_risk(&part).unwrap();
    *weight(&mut part, 0, columns::GROSS) += 1;
    finds_only!(
        check_risk(&part).unwrap_err(),
        Finding::ColumnSum { column: columns::GROSS, sum, bits: 42, .. } if *sum == 1 << 41
    );
}

#[test]
fn many_findings_are_cut() {
    let mut part = risk_part_for(Shape::by_name("m1024").unwrap(), 1);
    part.weights.fill(-1);
    let findings = check_risk(&part).unwrap_err();
    assert_eq!(findings.len(), mandate_checker::MOST_FINDINGS + 1);
    assert!(matches!(findings.last(), Some(Finding::TooMany { left_out }) if *left_out > 10_000));
}
