//! The attack `worst-book` on a sample of its cases, what they cover, and that it finds what it looks for.

use mandate_market::Rounding;
use mandate_soundness::optimum::generate::COLUMNS;
use mandate_soundness::optimum::language::{Comparison, Node, Over, Rule, Sign, column, mandate};
use mandate_soundness::optimum::lies::compiled;
use mandate_soundness::optimum::pieces::rounding;
use mandate_soundness::optimum::relation::Holding;
use mandate_soundness::optimum::worst_book::{Case, Search, Worst, attack, case};
use mandate_statement::{Family, GlobalVar, LocalVar, RiskPart, RowRef, RulesPart};
use mandate_testing::t32;
use num_bigint::BigInt;
use num_traits::{One, Signed, Zero};
use std::collections::BTreeMap;

#[test]
fn no_accepted_book_breaks_the_exact_rule() {
    let report = attack(0..120);
    let score = report.clone().score();
    assert!(score.is_whole(), "{:#?}", score.survivors);
    assert!(score.told > 3000 && report.tight > 500 && report.skipped < 100, "{report:?}");
    // What rounding costs, in units of 10^-10 of the currency per lot held: factors of the rules at most.
    assert!((1..=60).contains(&report.lost_per_lot), "{}", report.lost_per_lot);
    for name in [
        "rule over the book",
        "rule over groups",
        "rule over venues",
        "rule over underlyings",
        "rule over instruments",
        "<=",
        "<",
        ">=",
        ">",
        "and",
        "ratio",
        "amount",
        "max",
        "min",
        "abs",
        "pos",
        "tiers",
        "sum over groups",
        "sum over venues",
        "sum over underlyings",
        "worst of all",
        "worst of groups",
        "worst of venues",
        "*",
        "/",
    ] {
        let (all, tight) = report.constructs.get(name).copied().unwrap_or_default();
        assert!(all >= 30, "{name}: {all} linear functions, {tight} of them reached");
    }
}

fn rows(part: &RulesPart) -> Vec<RowRef> {
    let refs = Family::ALL.into_iter().flat_map(|family| {
        (0..family.rows(t32())).map(move |i| RowRef { family, index: u16::try_from(i).unwrap() })
    });
    refs.filter(|r| {
        let (local, global) = part.row(t32(), *r);
        local.iter().chain(global).any(|c| *c != 0)
    })
    .collect()
}

/// Takes the allowances off a row; whether there were any.
fn without_lots(part: &mut RulesPart, row: RowRef) -> bool {
    let lots = t32().lots_column();
    let own = LocalVar::Total(lots).index(t32(), row.family);
    let all = GlobalVar::Total(lots).index(t32()).unwrap();
    let (local, global) = part.row_mut(t32(), row);
    let mine = own.map_or(0, |at| std::mem::take(&mut local[at]));
    std::mem::take(&mut global[all]) != 0 || mine != 0
}

fn search(case: &Case, part: &RulesPart) -> bool {
    case.holdings.iter().any(|holdings| {
        let search = Search { risk: &case.risk, holdings, active: &case.active, limit: 100 };
        search.worst(part, &case.rule).is_ok_and(|found| found.iter().any(Worst::breaks))
    })
}

/// A sheet with the allowance of one row taken off accepts a book that breaks the exact rule, and so does one whose limit
/// is too kind, three times in four by a single unit of the row, and the search finds it: for rows of every family.
#[test]
fn a_row_rounded_for_the_prover_is_found() {
    let mut found: BTreeMap<(&str, Family), usize> = BTreeMap::new();
    let mut noticed: BTreeMap<i128, usize> = BTreeMap::new();
    for seed in 0..600 {
        let enough = |kind| Family::ALL.iter().all(|f| found.get(&(kind, *f)).is_some_and(|n| *n >= 4));
        if enough("no allowance") {
            break;
        }
        let Some(case) = case(seed) else { continue };
        for row in rows(&case.part) {
            for kind in ["no allowance", "a unit more"] {
                let count = found.entry((kind, row.family)).or_default();
                if *count >= 4 || row == (RowRef { family: Family::Global, index: 0 }) {
                    continue;
                }
                let mut part = case.part.clone();
                let had_allowance = without_lots(&mut part, row);
                if kind == "no allowance" {
                    *count += usize::from(had_allowance && search(&case, &part));
                } else if !had_allowance {
                    let kinder = |by: i128| {
                        let mut part = case.part.clone();
                        part.row_mut(t32(), row).1[GlobalVar::One.index(t32()).unwrap()] += by;
                        part
                    };
                    // The row may be far from deciding anything; where it decides, the least excess counts.
                    let least = [1, 1000].into_iter().find(|by| search(&case, &kinder(*by)));
                    if let Some(by) = least {
                        *noticed.entry(by).or_default() += 1;
                        *count += 1;
                    }
                }
            }
        }
    }
    for family in Family::ALL {
        let n = found.get(&("no allowance", family)).copied().unwrap_or(0);
        assert!(n >= 4, "rows of {family:?} without their allowance: {n} found");
    }
    let kind: usize = Family::ALL.iter().filter_map(|f| found.get(&("a unit more", *f))).sum();
    assert!(kind >= 4, "limits moved: {kind} found");
    // One unit is the least that a row can be too kind by. Of the rest a thousand is noticed.
    let units = noticed.get(&1).copied().unwrap_or(0);
    assert!(units >= 3 && 4 * units >= 3 * kind, "limits too kind, by the least excess noticed: {noticed:?}");
}

/// A market in which every usable slot weighs something in every column, and a book of cash and free slots.
fn every_column() -> (RiskPart, Vec<Holding>) {
    let mut risk = mandate_testing::plain_risk_part();
    for slot in mandate_testing::usable_slots(t32(), &risk) {
        for (k, w) in risk.weights[slot * t32().columns()..][..t32().columns()].iter_mut().enumerate() {
            if k != t32().lots_column() && k != t32().forbidden_column() && *w == 0 {
                *w = 1000 + i64::try_from(slot * 7 + k).unwrap();
            }
        }
    }
    let mut holdings = vec![Holding::Fixed(0); t32().slots];
    holdings[0] = Holding::Fixed(1 << 6);
    (risk, holdings)
}

fn single(family: Family, name: &'static str, sign: Sign, limit: i64) -> Rule {
    let over = if family == Family::Global { Over::All } else { Over::Block };
    let right = Node::Money(BigInt::from(limit) * 10_000_000_000u64);
    Rule { family, comparisons: vec![Comparison { left: column(name, over), ratio: None, sign, right }] }
}

/// Every column, bounded from above and from below, over every kind of block: the worst accepted book reaches the
/// limit of the definition and does not pass the exact one; where the column's rounding leaves the exact total on the
/// bad side the row has an allowance, and without it the worst book passes the limit.
#[test]
fn every_column_is_rounded_against_the_prover() {
    let (risk, base) = every_column();
    let active = vec![true; 3];
    let usable = mandate_testing::usable_slots(t32(), &risk);
    // Another account and another asset.
    let elsewhere = *usable.iter().find(|j| (17..24).contains(*j)).unwrap();
    let mut kinds: BTreeMap<String, usize> = BTreeMap::new();
    for name in COLUMNS {
        for sign in [Sign::AtMost, Sign::AtLeast] {
            for family in Family::ALL {
                let Node::Column(at, ..) = column(name, Over::All) else { panic!("a column") };
                let rule = single(family, name, sign, if sign == Sign::AtMost { 1000 } else { -1000 });
                let text = mandate(&[rule.text(&BigInt::zero())], &BigInt::one());
                let (_, c) = compiled(&text).unwrap_or_else(|| panic!("{text}"));
                let kind = rounding(at);
                let bad_side = matches!(
                    (kind, sign),
                    (Rounding::Nearest, _) | (Rounding::Up, Sign::AtLeast) | (Rounding::Down, Sign::AtMost)
                );
                let mut bare = c.part.clone();
                let row = RowRef { family, index: u16::from(family == Family::Global) };
                assert_eq!(without_lots(&mut bare, row), bad_side, "{text}");
                let (mut reached, mut broken) = (false, false);
                for (a, b) in [(Holding::Long, Holding::Short), (Holding::Short, Holding::Long)] {
                    let mut holdings = base.clone();
                    (holdings[usable[2]], holdings[elsewhere], holdings[*usable.last().unwrap()]) = (a, b, b);
                    let search = Search { risk: &risk, holdings: &holdings, active: &active, limit: 100 };
                    for worst in search.worst(&c.part, &rule).unwrap() {
                        assert!(!worst.breaks() && !worst.defined.is_positive(), "{text}");
                        reached |= worst.defined.is_zero();
                    }
                    broken |= search.worst(&bare, &rule).unwrap().iter().any(Worst::breaks);
                }
                // A column that cannot be negative never reaches a limit below zero.
                let one_sided = at >= t32().signed && sign == Sign::AtLeast;
                // Nor is net asset value, which is at least one unit by row 0.
                let one_sided = one_sided || (at == 0 && sign == Sign::AtLeast && family == Family::Global);
                assert!(reached || one_sided, "{text}: the limit is out of reach");
                assert_eq!(broken, bad_side && !one_sided, "{text}: without its allowance");
                *kinds.entry(format!("{kind:?} {sign:?}")).or_default() += usize::from(reached);
            }
        }
    }
    for kind in ["Nearest AtMost", "Nearest AtLeast", "Up AtMost", "Down AtMost"] {
        assert!(kinds[kind] >= 5, "{kinds:?}");
    }
}
