//! What the checker says, and what it lets pass at its own limits.

use Family::{Global, Group};
use mandate_checker::{Finding, check, check_rules};
use mandate_statement::{Family, GlobalVar, LocalVar, RowRef, RuleRows, RulesPart, Shape};
use mandate_testing::{RulesBuilder, columns, plain_risk_part, risk_part_for, rules_part_for, t32};

const VALUE: GlobalVar = GlobalVar::Total(columns::VALUE);
const LOTS: GlobalVar = GlobalVar::Total(columns::LOTS);

fn x(i: usize) -> LocalVar {
    LocalVar::Witness(i)
}
/// Two pieces of `x_i`, the net delta either way, and then whatever reads them.
fn magnitude(out: RulesBuilder, id: &str, i: usize) -> RulesBuilder {
    let piece =
        |sign| [(x(i), 1), (LocalVar::Total(columns::DELTA), sign), (LocalVar::Total(columns::LOTS), -1)];
    out.row(id, Group, &piece(1), &[]).row(id, Group, &piece(-1), &[])
}
fn words(part: &RulesPart) -> Vec<String> {
    check_rules(part).expect_err("the part has a defect").iter().map(ToString::to_string).collect()
}

/// Lawful parts of two shapes are no sheet.
#[test]
fn parts_of_two_shapes() {
    let other = Shape::by_name("s256").expect("a default shape");
    for (rules, risk) in [
        (rules_part_for(t32(), 1), risk_part_for(other, 1)),
        (rules_part_for(other, 1), risk_part_for(t32(), 1)),
    ] {
        check_rules(&rules).expect("lawful");
        mandate_checker::check_risk(&risk).expect("lawful");
        let findings = check(&rules, &risk).expect_err("the parts disagree");
        assert!(matches!(&findings[..], [Finding::PartsDisagree { what: "shape", .. }]), "{findings:?}");
    }
}

/// Definitions one on another are lawful however long the chain is; in a circle every name is said.
#[test]
fn chains_and_circles() {
    let chain = |closed: bool| {
        let mut out = magnitude(RulesBuilder::new(t32()), "r", 0);
        for i in 1..3 {
            out = out.row("r", Group, &[(x(i), 1), (x(i - 1), -1)], &[]).row(
                "r",
                Group,
                &[(x(i), 1)],
                &[(VALUE, -1), (LOTS, -1)],
            );
        }
        let out = if closed { out.row("r", Group, &[(x(0), 1), (x(2), -1)], &[]) } else { out };
        out.row("r", Group, &[(x(2), -1)], &[(VALUE, 1), (LOTS, -1)]).build()
    };
    check_rules(&chain(false)).expect("nothing reads itself");
    let said = words(&chain(true));
    assert_eq!(said.len(), 1, "{said:?}");
    assert!(said[0].contains("`x0 of groups`, `x1 of groups`, `x2 of groups`"), "{said:?}");
}

#[test]
fn numbers_and_levels_in_words() {
    let said = words(&RulesBuilder::new(t32()).min_nav(0).build());
    assert!(said.len() == 1 && said[0].contains(" 0") && !said[0].contains("-0"), "{said:?}");
    for (local, level) in [(true, "block"), (false, "book")] {
        let (own, book) = ([(LocalVar::Total(columns::DELTA), 1)], [(GlobalVar::Total(columns::DELTA), 1)]);
        let (own, book): (&[_], &[_]) = if local { (&own, &[]) } else { (&[], &book) };
        let said = words(&RulesBuilder::new(t32()).row("r", Group, own, book).build());
        assert!(said.len() == 1 && said[0].contains(level), "{said:?}");
    }
}

/// Exactly as many rules as are read.
#[test]
fn the_most_rules() {
    let with = |count: usize| {
        let mut part = RulesBuilder::new(t32()).build();
        let row = RowRef { family: Global, index: 0 };
        part.rules.extend((1..count).map(|n| RuleRows { id: format!("r{n}"), rows: vec![row] }));
        part
    };
    check_rules(&with(mandate_checker::MOST_RULES)).expect("not one too many");
    assert!(check_rules(&with(mandate_checker::MOST_RULES + 1)).is_err());
}

/// A list that was cut says how many are missing, those of both parts together.
#[test]
fn findings_left_out_are_counted_over_both_parts() {
    let mut risk = plain_risk_part();
    for slot in 0..t32().slots {
        for k in 0..t32().columns() {
            risk.weights[slot * t32().columns() + k] = -1;
        }
    }
    let mut rules = RulesBuilder::new(t32()).build();
    rules.rules.extend((0..300).map(|n| RuleRows { id: format!("r{n}"), rows: vec![] }));
    let all = |list: Result<(), Vec<Finding>>| {
        let list = list.expect_err("full of defects");
        let left_out = list.iter().find_map(|f| match f {
            Finding::TooMany { left_out } => Some(*left_out),
            _ => None,
        });
        list.len() + left_out.map_or(0, |n| n - 1)
    };
    let of_risk = all(mandate_checker::check_risk(&risk).map(drop));
    let of_rules = all(check_rules(&rules).map(drop));
    assert!(of_risk > 200 && of_rules > 200, "both lists are cut: {of_risk}, {of_rules}");
    assert_eq!(all(check(&rules, &risk).map(drop)), of_risk + of_rules);
}

/// The budget names each rule once, then its rows.
#[test]
fn a_report_in_words() {
    let part = magnitude(RulesBuilder::new(t32()), "r", 0)
        .row("r", Group, &[(x(0), -1)], &[(VALUE, 1), (LOTS, -1)])
        .row("s", Global, &[], &[(VALUE, 2), (LOTS, -2)])
        .build();
    let text = check_rules(&part).expect("lawful").to_string();
    let heads: Vec<&str> = text.lines().filter(|l| !l.starts_with(' ')).collect();
    assert_eq!(heads, ["min-nav", "r", "s"], "{text}");
    assert_eq!(text.lines().filter(|l| l.contains("defines x0 of groups")).count(), 2, "{text}");
}
