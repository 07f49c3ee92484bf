//! Mutated sheets: nothing panics, and what a mutation changes is either refused or in the digest.

use mandate_checker::{check, check_risk, check_rules, rule_rows};
use mandate_statement::{Digest, Family, Layout, RiskPart, RowRef, RuleRows, RulesPart, SHAPES};
use mandate_testing::{any_risk_part, any_rules_part, t32};
use proptest::prelude::*;

fn any_family() -> impl Strategy<Value = Family> {
    proptest::sample::select(Family::ALL.to_vec())
}
fn any_row() -> impl Strategy<Value = RowRef> {
    (any_family(), prop_oneof![0u16..20, any::<u16>()]).prop_map(|(family, index)| RowRef { family, index })
}
fn any_coefficient() -> impl Strategy<Value = i128> {
    prop_oneof![
        Just(0),
        Just(1),
        Just(-1),
        -1000i128..1000,
        any::<i128>(),
        Just(i128::MIN),
        Just(i128::MAX),
        Just(-(1 << 24))
    ]
}
fn any_weight() -> impl Strategy<Value = i64> {
    prop_oneof![Just(0), Just(1), Just(-1), any::<i64>(), Just(i64::MIN), Just(i64::MAX), Just(1 << 41)]
}
fn any_shape_name() -> impl Strategy<Value = String> {
    prop_oneof![
        proptest::sample::select(SHAPES.iter().map(|s| s.name.to_owned()).collect::<Vec<_>>()),
        ".{0,80}"
    ]
}
fn flags(n: usize) -> impl Strategy<Value = Vec<bool>> {
    proptest::collection::vec(any::<bool>(), n)
}
fn indices(n: usize) -> impl Strategy<Value = Vec<Option<u16>>> {
    proptest::collection::vec(proptest::option::of(0u16..4), n)
}

prop_compose! {
    /// A part with any layout, lengths mostly right, and weights from nowhere.
    fn wild_risk()(
        good in any_risk_part(),
        shape in prop_oneof![9 => Just("t32".to_owned()), 1 => any_shape_name()],
        carry in flags(4), group_used in flags(4), account in indices(4), asset in indices(4),
        patches in proptest::collection::vec((0usize..1024, any_weight()), 0..40),
        cut in prop_oneof![9 => Just(1024usize), 1 => 0usize..1024],
        zero in any::<bool>(),
    ) -> RiskPart {
        let mut part = RiskPart { shape, layout: Layout { carry, group_used, account, asset }, ..good };
        for (at, weight) in patches {
            part.weights[at] = weight;
        }
        part.weights.truncate(cut);
        if zero {
            part.universe = Digest::default();
        }
        part
    }
}
prop_compose! {
    /// A part with any claims and many coefficients from nowhere.
    fn wild_rules()(
        good in any_rules_part(),
        shape in prop_oneof![9 => Just("t32".to_owned()), 1 => any_shape_name()],
        patches in proptest::collection::vec((any::<prop::sample::Index>(), any_coefficient()), 0..200),
        rules in proptest::collection::vec((".{0,12}", proptest::collection::vec(any_row(), 0..6)), 0..12),
        keep in any::<bool>(),
    ) -> RulesPart {
        let mut part = RulesPart { shape, ..good };
        for (at, c) in patches {
            let at = at.index(part.coefficients.len());
            part.coefficients[at] = c;
        }
        if !keep {
            part.rules = rules.into_iter().map(|(id, rows)| RuleRows { id, rows }).collect();
        }
        part
    }
}

fn all_rows() -> impl Iterator<Item = RowRef> {
    Family::ALL
        .into_iter()
        .flat_map(|family| (0u16..).take(family.rows(t32())).map(move |index| RowRef { family, index }))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1000, ..ProptestConfig::default() })]

    #[test]
    fn no_part_makes_the_checker_panic(rules in wild_rules(), risk in wild_risk()) {
        if let Err(findings) = check(&rules, &risk) {
            prop_assert!(!findings.is_empty());
            for finding in findings {
                prop_assert!(!finding.to_string().contains('\n'));
            }
        }
        let _ = rule_rows(&rules);
    }

    /// One weight altered: the digest is another one.
    #[test]
    fn a_weight_altered_changes_the_digest(part in any_risk_part(), at in 0usize..1024, weight in any_weight()) {
        let mut other = part.clone();
        other.weights[at] = weight;
        prop_assume!(part != other);
        prop_assert_ne!(part.digest(), other.digest());
        let _ = check_risk(&other);
    }

    /// One coefficient altered: the digest is another one, so the sheet is another mandate's; whether it is lawful is
    /// what the findings say. Bits are refused wherever they appear.
    #[test]
    fn a_coefficient_altered_changes_the_digest(
        part in any_rules_part(),
        at in any::<prop::sample::Index>(),
        c in any_coefficient(),
    ) {
        let mut other = part.clone();
        let at = at.index(part.coefficients.len());
        other.coefficients[at] = c;
        prop_assume!(part != other);
        prop_assert_ne!(part.digest(), other.digest());
        // A coefficient in a row that was empty belongs to no rule.
        let row = all_rows().find(|row| {
            let (local, global) = RulesPart::span(t32(), *row);
            local.contains(&at) || global.contains(&at)
        });
        if !part.rules.iter().flat_map(|r| &r.rows).any(|r| Some(*r) == row) {
            prop_assert!(check_rules(&other).is_err());
        }
    }

    /// A row dropped from the coefficients changes the digest *and* is refused: its rule claims a row that says nothing.
    #[test]
    fn a_row_dropped_is_refused(part in any_rules_part(), pick in any::<prop::sample::Index>()) {
        let claimed: Vec<RowRef> = part.rules.iter().flat_map(|r| r.rows.clone()).collect();
        let row = claimed[pick.index(claimed.len())];
        let mut other = part.clone();
        let (local, global) = other.row_mut(t32(), row);
        local.fill(0);
        global.fill(0);
        prop_assert_ne!(part.digest(), other.digest());
        prop_assert!(check_rules(&other).is_err());
    }

    /// The list of rules is not in the digest; a row that leaves it is refused, and so is one that is named twice.
    #[test]
    fn a_claim_dropped_or_doubled_is_refused(part in any_rules_part(), pick in any::<prop::sample::Index>()) {
        let count: usize = part.rules.iter().map(|r| r.rows.len()).sum();
        let nth = pick.index(count);
        let (rule, at) = part
            .rules
            .iter()
            .enumerate()
            .flat_map(|(i, r)| (0..r.rows.len()).map(move |j| (i, j)))
            .nth(nth)
            .unwrap();
        let mut dropped = part.clone();
        let row = dropped.rules[rule].rows.remove(at);
        prop_assert_eq!(part.digest(), dropped.digest());
        prop_assert!(check_rules(&dropped).is_err());
        let mut doubled = part.clone();
        doubled.rules[rule].rows.push(row);
        prop_assert!(check_rules(&doubled).is_err());
    }

    /// A lawful row with its allowance lowered by one is refused: random rules carry exactly what they need.
    #[test]
    fn an_allowance_lowered_by_one_is_refused(part in any_rules_part()) {
        let lots = t32().lots_column();
        for row in part.rules.iter().flat_map(|r| &r.rows) {
            for block in [true, false] {
                let mut other = part.clone();
                let (local, global) = other.row_mut(t32(), *row);
                let side = if block { local } else { global };
                if side.get(lots).is_some_and(|c| *c < 0) {
                    side[lots] += 1;
                    prop_assert!(check_rules(&other).is_err(), "{row:?}");
                }
            }
        }
    }
}
