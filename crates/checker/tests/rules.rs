//! Each defect of a rules part, one at a time, is refused by its own finding.

use Family::{Account, Asset, Global, Group, Slot};
use GlobalVar as G;
use LocalVar as L;
use mandate_checker::{Finding, Level, check, check_rules, check_rules_on, rule_rows};
use mandate_statement::{Digest, Family, GlobalVar, LocalVar, RowRef, RuleRows, RulesPart, SHAPES, Shape};
use mandate_testing::{RulesBuilder, columns, plain_risk_part, rules_part, rules_part_for, t32};

const VALUE: GlobalVar = G::Total(columns::VALUE);
const LOTS: GlobalVar = G::Total(columns::LOTS);
const OWN_LOTS: LocalVar = L::Total(columns::LOTS);

macro_rules! finds_only {
    ($part:expr, $($pattern:pat),+ $(if $guard:expr)?) => {{
        let findings = check_rules(&$part).expect_err("the part has a defect");
        assert!(matches!(&findings[..], [$($pattern),+] $(if $guard)?), "{findings:?}");
        assert!(findings.iter().all(|f| !f.to_string().is_empty()));
    }};
}

fn builder() -> RulesBuilder {
    RulesBuilder::new(t32())
}
/// A part with `min-nav` and one more row over the book.
fn book_row(terms: &[(GlobalVar, i128)]) -> RulesPart {
    builder().row("r", Global, &[], terms).build()
}
/// A part with `min-nav` and `|delta(g)| <= nav` by a witness, and more rows from `more`.
fn with_witness(more: impl FnOnce(RulesBuilder) -> RulesBuilder) -> RulesPart {
    let delta = |sign| [(L::Witness(0), 1), (L::Total(columns::DELTA), sign), (OWN_LOTS, -1)];
    let base = builder().row("d", Group, &delta(1), &[]).row("d", Group, &delta(-1), &[]).row(
        "d",
        Group,
        &[(L::Witness(0), -1)],
        &[(VALUE, 1), (LOTS, -1)],
    );
    more(base).build()
}
/// The part with these rows listed under its last rule too.
fn listing(mut part: RulesPart, rows: &[RowRef]) -> RulesPart {
    let rule = part.rules.last_mut().expect("a part has rules");
    rule.rows = rows.iter().chain(&rule.rows).copied().collect();
    part
}
fn at(family: Family, index: u16) -> RowRef {
    RowRef { family, index }
}

#[test]
fn fixtures_are_lawful_on_every_shape() {
    for shape in SHAPES.iter().filter(|s| s.name != "o2048") {
        for seed in 0..200 {
            let part = rules_part_for(shape, seed);
            let report = check_rules(&part).unwrap_or_else(|f| panic!("seed {seed}: {f:?}"));
            assert_eq!(report.rows.len(), part.rules.iter().map(|r| r.rows.len()).sum::<usize>());
            assert!(report.min_nav >= 1);
            assert!(report.rows.iter().all(|r| r.bits > 0 && r.bits <= u64::from(r.limit)));
        }
    }
}

#[test]
fn names_digests_and_lengths() {
    let after = |change: fn(&mut RulesPart)| {
        let mut part = rules_part(1);
        change(&mut part);
        part
    };
    finds_only!(after(|p| p.shape = "none".into()), Finding::UnknownShape { part: "rules part", .. });
    finds_only!(after(|p| p.model = "none".into()), Finding::UnknownModel { .. });
    finds_only!(after(|p| p.shape = "s256".into()), Finding::CoefficientCount { .. });
    finds_only!(after(|p| p.coefficients.clear()), Finding::CoefficientCount { got: 0, .. });
    finds_only!(after(|p| p.source = Digest::default()), Finding::ZeroDigest { what: "mandate text" });
}

#[test]
fn a_part_is_checked_on_its_own_shape_alone() {
    let named = |change: fn(&mut Shape)| -> &'static Shape {
        let mut shape = *t32();
        change(&mut shape);
        Box::leak(Box::new(shape))
    };
    let refused = |shape| {
        let findings = check_rules_on(shape, &rules_part(1)).expect_err("another shape");
        assert!(matches!(findings[..], [Finding::UnknownModel { .. }]), "{findings:?}");
    };
    assert!(check_rules_on(named(|_| ()), &rules_part(1)).is_ok());
    // Of the same sizes under another name; of the same name with columns that the model does not have.
    refused(named(|s| s.name = "other"));
    refused(named(|s| s.scenarios += 1));
}

#[test]
fn claims() {
    let after = |change: fn(&mut RulesPart)| {
        let mut part = book_row(&[(VALUE, 5), (LOTS, -5), (G::Total(columns::GROSS), -1)]);
        change(&mut part);
        part
    };
    for bad in ["", "No", "a b", "x\n", "é"] {
        let mut part = after(|_| {});
        part.rules[1].id = bad.to_owned();
        finds_only!(part, Finding::RuleId { .. });
    }
    finds_only!(after(|p| p.rules[1].id = "min-nav".into()), Finding::DuplicateRule { .. });
    finds_only!(
        after(|p| p.rules.push(RuleRows { id: "x".into(), rows: vec![] })),
        Finding::RuleWithoutRows { .. }
    );
    finds_only!(
        after(|p| p.rules[1].rows.push(at(Group, 8))),
        Finding::NoSuchRow { row: RowRef { family: Group, index: 8 }, .. }
    );
    let many = after(|p| {
        let row = p.rules[1].clone();
        p.rules.extend(
            (0..mandate_checker::MOST_RULES).map(|n| RuleRows { id: format!("r{n}"), ..row.clone() }),
        );
    });
    finds_only!(many, Finding::TooManyRules { got: 514, most: 512 });
    assert!(rule_rows(&many).unwrap().contains("r9\n  global row 1: as above\n"));
    // Rules may share a row, but none names one twice.
    check_rules(&after(|p| p.rules[1].rows.push(at(Global, 0)))).unwrap();
    finds_only!(after(|p| p.rules[1].rows.push(at(Global, 1))), Finding::RowClaimedTwice { .. });
    finds_only!(
        after(|p| p.rules[1].rows.push(at(Global, 7))),
        Finding::EmptyRow { row: RowRef { family: Global, index: 7 }, .. }
    );
    finds_only!(
        after(|p| {
            p.rules.pop();
        }),
        Finding::UnclaimedRow { row: RowRef { family: Global, index: 1 } }
    );
}

#[test]
fn row_0() {
    let one = G::One.index(t32()).unwrap();
    let after = |change: &dyn Fn(&mut [i128])| {
        let mut part = builder().build();
        change(part.row_mut(t32(), at(Global, 0)).1);
        part
    };
    check_rules(&after(&|_| {})).unwrap();
    for nav in [1, 5, i128::MAX] {
        let report = check_rules(&builder().min_nav(nav).build()).unwrap();
        assert_eq!(report.min_nav, nav.unsigned_abs());
    }
    finds_only!(builder().min_nav(0).build(), Finding::MinNavTooSmall { .. });
    finds_only!(builder().min_nav(-3).build(), Finding::MinNavTooSmall { got } if got == "-3");
    finds_only!(after(&|row| row[columns::VALUE] = 2), Finding::MinNavRow { .. }, Finding::Allowance { .. });
    finds_only!(after(&|row| row[columns::LOTS] = -2), Finding::MinNavRow { .. });
    finds_only!(after(&|row| row[columns::LOTS] = 0), Finding::MinNavRow { .. }, Finding::Allowance { .. });
    finds_only!(after(&|row| row[columns::ASSETS] = 1), Finding::MinNavRow { got: 1, wanted: 0, .. });
    // An accept-all sheet.
    let mut part = after(&|row| row.fill(0));
    part.rules.clear();
    finds_only!(part, Finding::MinNavRow { .. }, Finding::MinNavRow { .. }, Finding::MinNavTooSmall { .. });
    // The largest constant there is still fits the slack of 128 bits.
    let part = after(&|row| row[one] = i128::MIN);
    assert_eq!(check_rules(&part).unwrap().min_nav, 1 << 127);
}

#[test]
fn widths() {
    // gross reaches 2^88: 2^40 times that is 129 bits, and 2^40 - 1 fits 128.
    let gross = |c| book_row(&[(G::Total(columns::GROSS), c)]);
    finds_only!(gross(-(1 << 40)), Finding::RowTooWide { bits: 129, limit: 128, .. });
    let report = check_rules(&gross(1 - (1 << 40))).unwrap();
    assert_eq!(report.rows[1].bits, 128);
    finds_only!(gross(i128::MIN), Finding::RowTooWide { .. });
    for family in [Group, Account, Asset, Slot] {
        let part = |c| builder().row("r", family, &[(L::Total(columns::GROSS), c)], &[]).build();
        finds_only!(part(-(1 << 24)), Finding::RowTooWide { bits: 113, limit: 112, .. });
        check_rules(&part(1 - (1 << 24))).unwrap();
        let part = |c| builder().row("r", family, &[], &[(G::Total(columns::GROSS), c)]).build();
        finds_only!(part(-(1 << 24)), Finding::RowTooWide { bits: 113, limit: 112, .. });
    }
    // Witnesses at full width, sums over every block of the shape: 4 groups, 3 accounts.
    let bits = |part: &RulesPart, row| {
        let report = check_rules(part).unwrap();
        report.rows.iter().find(|r| r.row == row).unwrap().bits
    };
    let both = [at(Group, 0), at(Group, 1)];
    let part = with_witness(|b| b.row("e", Global, &[], &[(G::WitnessSum(Group, 0), -1)]));
    let part = listing(part, &both);
    assert_eq!(bits(&part, at(Group, 2)), 104);
    assert_eq!(bits(&part, at(Global, 1)), 106);
    let worst = |family, lots| book_row(&[(G::WorstSum(family), -1), (LOTS, lots)]);
    assert_eq!(bits(&worst(Group, -1), at(Global, 1)), 91);
    assert_eq!(bits(&worst(Account, -1), at(Global, 1)), 91);
    let y = builder()
        .row("r", Global, &[], &[(G::Witness(7), 1), (G::Total(columns::GROSS), -1)])
        .row("r", Global, &[], &[(G::Witness(7), 1)])
        .row("r", Global, &[], &[(G::Witness(7), -1), (G::One, 9)])
        .build();
    assert_eq!(bits(&y, at(Global, 1)), 112);
    finds_only!(
        with_witness(|b| b.row("e", Global, &[], &[(G::WitnessSum(Group, 0), -(1 << 23))])),
        Finding::RowTooWide { bits: 129, .. }
    );
}

#[test]
fn allowances() {
    let short_of = |terms: &[(GlobalVar, i128)], wanted: &str| {
        let findings = check_rules(&book_row(terms)).expect_err("the allowance is missing");
        let [Finding::Allowance { level: Level::Book, needed, .. }] = &findings[..] else {
            panic!("{findings:?}")
        };
        assert_eq!(needed, wanted);
    };
    let lawful = |terms: &[(GlobalVar, i128)]| drop(check_rules(&book_row(terms)).unwrap());
    // Signed and scenario columns both ways; one-sided columns where they help by their rounding.
    for column in (0..8).chain(16..32) {
        for c in [-7, 7] {
            short_of(&[(G::Total(column), c)], "7");
            short_of(&[(G::Total(column), c), (LOTS, -6)], "7");
            lawful(&[(G::Total(column), c), (LOTS, -7)]);
            lawful(&[(G::Total(column), c), (LOTS, -8)]);
        }
    }
    for column in [columns::GROSS, columns::NOTIONAL, columns::LONG, columns::LIABILITIES, columns::SHORT] {
        short_of(&[(G::Total(column), 3)], "3");
        lawful(&[(G::Total(column), -3)]);
    }
    short_of(&[(G::Total(columns::ASSETS), -3)], "3");
    lawful(&[(G::Total(columns::ASSETS), 3)]);
    for variable in [G::WorstSum(Group), G::WorstSum(Account), G::WorstBook] {
        short_of(&[(variable, -2)], "2");
        lawful(&[(variable, -2), (LOTS, -2)]);
    }
    short_of(&[(VALUE, 3), (G::Total(columns::DELTA), -4), (G::WorstBook, -5), (LOTS, -11)], "12");
    short_of(&[(G::Total(columns::ASSETS), 1), (LOTS, 1)], "0");
    // Block terms at the block's lots, book terms at the book's: neither stands in for the other.
    for family in [Group, Account, Asset, Slot] {
        let part = |own, book| {
            let local = [(L::Total(columns::DELTA), -2), (OWN_LOTS, own)];
            builder().row("r", family, &local, &[(VALUE, 3), (LOTS, book)]).build()
        };
        check_rules(&part(-2, -3)).unwrap();
        finds_only!(part(-1, -3), Finding::Allowance { level: Level::Block, got: -1, .. });
        finds_only!(part(-2, -2), Finding::Allowance { level: Level::Book, got: -2, .. });
        finds_only!(part(0, -5), Finding::Allowance { level: Level::Block, got: 0, .. });
        finds_only!(part(-5, 0), Finding::Allowance { level: Level::Book, got: 0, .. });
    }
    for family in [Group, Account] {
        let part = |own| builder().row("r", family, &[(L::Worst, -2), (OWN_LOTS, own)], &[]).build();
        check_rules(&part(-2)).unwrap();
        finds_only!(part(-1), Finding::Allowance { level: Level::Block, .. });
    }
    // No overflow: thirty-two coefficients at the end of their range.
    let all: Vec<_> = (0..32).map(|k| (G::Total(k), i128::MIN)).collect();
    assert!(check_rules(&book_row(&all)).is_err());
}

#[test]
fn worst_losses_count_against_the_book() {
    for variable in [G::WorstSum(Group), G::WorstSum(Account), G::WorstBook] {
        finds_only!(book_row(&[(variable, 1), (LOTS, -1)]), Finding::PositiveWorst { got: 1, .. });
    }
    for family in [Group, Account] {
        finds_only!(
            builder().row("r", family, &[(L::Worst, 1), (OWN_LOTS, -1)], &[]).build(),
            Finding::PositiveWorst { .. }
        );
    }
}

#[test]
fn witnesses_are_defined_once_or_used() {
    check_rules(&with_witness(|b| b)).unwrap();
    for c in [2, 250] {
        let part = with_witness(|b| b.row("e", Group, &[(L::Witness(0), c)], &[(VALUE, 1), (LOTS, -1)]));
        let findings = check_rules(&part).unwrap_err();
        assert!(
            matches!(&findings[..], [
                Finding::WitnessCoefficient { got, wanted: 1, .. },
                Finding::RequiresNothing { .. }
            ] if *got == c),
            "{findings:?}"
        );
    }
    for c in [1, 5] {
        finds_only!(
            with_witness(|b| b.row("e", Global, &[], &[(G::WitnessSum(Group, 0), c)])),
            Finding::PositiveSum { .. }
        );
    }
    // Nothing defines them.
    for family in [Group, Account, Asset] {
        finds_only!(
            book_row(&[(VALUE, 1), (LOTS, -1), (G::WitnessSum(family, 3), -1)]),
            Finding::UndefinedWitness { .. }
        );
        finds_only!(
            builder().row("r", family, &[(L::Witness(3), -1)], &[(VALUE, 1), (LOTS, -1)]).build(),
            Finding::UndefinedWitness { .. }
        );
    }
    finds_only!(
        book_row(&[(VALUE, 1), (LOTS, -1), (G::Witness(2), -1)]),
        Finding::UndefinedWitness { variable, .. } if variable == "y2"
    );
    // Defined in one family, used in another: a different witness of the same number.
    finds_only!(
        with_witness(|b| b.row("e", Global, &[], &[(G::WitnessSum(Asset, 0), -1)])),
        Finding::UndefinedWitness { variable, .. } if variable == "x0 of assets"
    );
    // Defined, but required of nothing, itself or through another.
    finds_only!(
        with_witness(|b| b.row("d", Group, &[(L::Witness(1), 1), (L::Witness(0), -1)], &[])),
        Finding::UnusedWitness { variable, .. } if variable == "x1 of groups"
    );
    finds_only!(
        builder()
            .row("r", Global, &[], &[(G::Witness(0), 1), (G::Total(columns::GROSS), -1)])
            .row("r", Global, &[], &[(G::Witness(1), 1), (G::Witness(0), -1)])
            .build(),
        Finding::UnusedWitness { .. },
        Finding::UnusedWitness { .. },
        Finding::RequiresNothing { .. }
    );
    // A rule that only defines what another rule uses requires nothing either.
    finds_only!(
        with_witness(|b| b.row("e", Group, &[(L::Witness(0), 1)], &[])),
        Finding::RequiresNothing { id } if id == "e"
    );
    finds_only!(
        with_witness(|b| b
            .row("d", Group, &[(L::Witness(0), 1), (L::Witness(1), 1)], &[])
            .row("d", Group, &[(L::Witness(1), 1)], &[])
            .row("d", Group, &[(L::Witness(1), -1)], &[])),
        Finding::TwoDefinitions { .. }
    );
}

#[test]
fn a_row_over_blocks_defines_no_witness_of_the_book() {
    // Alone: with no account active, nothing would define it.
    finds_only!(
        builder()
            .row("r", Account, &[(OWN_LOTS, -1)], &[(G::Witness(0), 1)])
            .row("r", Global, &[], &[(G::Witness(0), -1), (G::One, 5)])
            .build(),
        Finding::BlockDefinesBook { row: RowRef { family: Account, index: 0 }, .. },
        Finding::UndefinedWitness { .. }
    );
    // Beside a definition over the book: the reader of rows refuses it, and so does the checker.
    for family in [Group, Account, Asset, Slot] {
        finds_only!(
            builder()
                .row("r", family, &[(L::Total(columns::GROSS), -1)], &[(G::Witness(0), 1)])
                .row("r", Global, &[], &[(G::Witness(0), 1), (G::Total(columns::GROSS), -1)])
                .row("r", Global, &[], &[(VALUE, 1), (LOTS, -1), (G::Witness(0), -1)])
                .build(),
            Finding::BlockDefinesBook { variable, .. } if variable == "y0"
        );
    }
}

#[test]
fn definitions_do_not_go_in_circles() {
    // x1 >= x0 in a chain is lawful; x0 >= x1 closes it.
    let chain = |b: RulesBuilder| {
        b.row("e", Group, &[(L::Witness(1), 1), (L::Witness(0), -1)], &[]).row(
            "e",
            Global,
            &[],
            &[(VALUE, 1), (LOTS, -1), (G::WitnessSum(Group, 1), -1)],
        )
    };
    check_rules(&listing(with_witness(chain), &[at(Group, 0), at(Group, 1)])).unwrap();
    finds_only!(
        with_witness(|b| chain(b).row("e", Group, &[(L::Witness(0), 1), (L::Witness(1), -1)], &[])),
        Finding::Cycle { variables } if variables.len() == 2
    );
    // A witness above its own sum over all blocks.
    finds_only!(
        with_witness(|b| b.row("d", Group, &[(L::Witness(0), 1)], &[(G::WitnessSum(Group, 0), -1)])),
        Finding::Cycle { variables } if variables.len() == 1
    );
    // Through the book and back: y0 >= sum of x0, x0 >= y0.
    finds_only!(
        with_witness(|b| b
            .row("d", Global, &[], &[(G::Witness(0), 1), (G::WitnessSum(Group, 0), -1)])
            .row("d", Group, &[(L::Witness(0), 1)], &[(G::Witness(0), -1)])),
        Finding::Cycle { variables } if variables.len() == 2
    );
}

/// A part with sums over blocks, of a maximum and of one thing, and a maximum over the book.
fn with_sums() -> RulesPart {
    let sum = |family| (G::WitnessSum(family, 0), -1);
    with_witness(|b| {
        b.row("assets", Asset, &[(L::Witness(0), 1), (L::Total(columns::DELTA), -1), (OWN_LOTS, -1)], &[])
            .row("assets", Global, &[], &[(VALUE, 1), (LOTS, -1), sum(Asset)])
            .row("fee", Account, &[(L::Witness(0), 1)], &[(G::One, -5)])
            .row("fee", Global, &[], &[(VALUE, 1), (LOTS, -1), sum(Account)])
            .row("book", Global, &[], &[(G::Witness(0), 1), (G::Total(columns::GROSS), -1)])
            .row("book", Global, &[], &[(G::Witness(0), 1), (G::Total(columns::LONG), -2)])
            .row("book", Global, &[], &[(VALUE, 1), (LOTS, -1), (G::Witness(0), -3)])
    })
}

#[test]
fn rows_are_written_one_after_another() {
    check_rules(&with_sums()).unwrap();
    // A rule with its rows is taken out: the rows after it stand where they stood.
    let mut part = with_sums();
    let rule = part.rules.remove(2);
    for row in &rule.rows {
        let (local, global) = part.row_mut(t32(), *row);
        local.fill(0);
        global.fill(0);
    }
    finds_only!(part, Finding::RowGap { row: RowRef { family: Global, index: 2 } });
    let mut part = book_row(&[(G::Total(columns::GROSS), -1)]);
    part.rules[0].id = "min-nev".into();
    finds_only!(part, Finding::MinNavRule { id } if id == "min-nev");
    let mut part = book_row(&[(G::Total(columns::GROSS), -1)]);
    part.rules.remove(0);
    part.rules[0].rows.push(at(Global, 0));
    finds_only!(part, Finding::MinNavRule { id } if id == "r");
    let mut part = book_row(&[(G::Total(columns::GROSS), -1)]);
    part.rules[0].rows.push(at(Global, 1));
    finds_only!(part, Finding::MinNavRule { .. });
}

#[test]
fn a_rule_lists_what_it_stands_on_and_nothing_else() {
    let sum =
        |b: RulesBuilder| b.row("e", Global, &[], &[(VALUE, 1), (LOTS, -1), (G::WitnessSum(Group, 0), -1)]);
    let part = with_witness(sum);
    finds_only!(
        listing(part.clone(), &[at(Group, 0)]),
        Finding::DefinitionNotListed { id, row: RowRef { family: Group, index: 1 }, .. } if id == "e"
    );
    check_rules(&listing(part, &[at(Group, 1), at(Group, 0)])).unwrap();
    // Through another definition.
    let chain = with_witness(|b| {
        b.row("e", Group, &[(L::Witness(1), 1), (L::Witness(0), -2)], &[])
            .row("e", Group, &[(L::Witness(1), 1)], &[])
            .row("e", Group, &[(L::Witness(1), -1)], &[(VALUE, 1), (LOTS, -1)])
    });
    finds_only!(
        listing(chain.clone(), &[at(Group, 0)]),
        Finding::DefinitionNotListed { row: RowRef { family: Group, index: 1 }, .. }
    );
    check_rules(&listing(chain, &[at(Group, 0), at(Group, 1)])).unwrap();
    let gross = with_witness(|b| b.row("e", Global, &[], &[(G::Total(columns::GROSS), -1)]));
    finds_only!(
        listing(gross, &[at(Group, 0)]),
        Finding::DefinitionNotNeeded { id, variable, .. } if id == "e" && variable == "x0 of groups"
    );
}

#[test]
fn a_maximum_is_of_more_than_one_thing() {
    let cut = |row: RowRef| {
        let mut part = with_sums();
        part.rules.iter_mut().for_each(|rule| rule.rows.retain(|r| *r != row));
        // The rows after it move up, as they would if it had never been written.
        for index in row.index.. {
            let next = RowRef { index: index + 1, ..row };
            let moved = usize::from(next.index) < row.family.rows(t32());
            let (local, global) = match moved {
                true => (part.row(t32(), next).0.to_vec(), part.row(t32(), next).1.to_vec()),
                false => {
                    let (l, g) = part.row(t32(), row);
                    (vec![0; l.len()], vec![0; g.len()])
                }
            };
            let (l, g) = part.row_mut(t32(), RowRef { index, ..row });
            l.copy_from_slice(&local);
            g.copy_from_slice(&global);
            part.rules
                .iter_mut()
                .flat_map(|rule| &mut rule.rows)
                .filter(|r| **r == next)
                .for_each(|r| r.index = index);
            if !moved {
                break;
            }
        }
        part
    };
    for piece in [0, 1] {
        finds_only!(cut(at(Group, piece)), Finding::OnePiece { variable, .. } if variable == "x0 of groups");
        finds_only!(cut(at(Global, 3 + piece)), Finding::OnePiece { variable, .. } if variable == "y0");
    }
    // A sum of totals or of worst losses over groups or accounts has a variable of its own.
    for local in [L::Total(columns::DELTA), L::Worst] {
        let part = builder()
            .row("r", Account, &[(L::Witness(0), 1), (local, -1), (OWN_LOTS, -1)], &[])
            .row("r", Global, &[], &[(VALUE, 1), (LOTS, -1), (G::WitnessSum(Account, 0), -1)])
            .build();
        finds_only!(part, Finding::OnePiece { .. });
    }
    // A row that reads a witness of one thing directly could read the thing.
    let part = builder()
        .row("r", Asset, &[(L::Witness(0), 1), (L::Total(columns::DELTA), -1), (OWN_LOTS, -1)], &[])
        .row("r", Asset, &[(L::Witness(0), -1)], &[(VALUE, 1), (LOTS, -1)])
        .build();
    finds_only!(part, Finding::OnePiece { variable, .. } if variable == "x0 of assets");
}

#[test]
fn bits_and_constants() {
    for (family, variable) in [(Group, L::Bit(0)), (Account, L::Bit(0)), (Asset, L::Bit(0))] {
        finds_only!(
            builder().row("r", family, &[(variable, 1)], &[(VALUE, 1), (LOTS, -1)]).build(),
            Finding::UnusedWitness { .. },
            Finding::RequiresNothing { .. }
        );
    }
    for variable in [G::Bit(3), G::BitSum(Group, 0), G::BitSum(Account, 0), G::BitSum(Asset, 0)] {
        finds_only!(book_row(&[(variable, -1), (VALUE, 1), (LOTS, -1)]), Finding::UndefinedWitness { .. });
    }
    for c in [-1, 1, 50] {
        finds_only!(book_row(&[(G::One, c)]), Finding::ConstantRow { .. });
        finds_only!(builder().row("r", Group, &[], &[(G::One, c)]).build(), Finding::ConstantRow { .. });
    }
}

#[test]
fn parts_belong_together() {
    let risk = plain_risk_part();
    let assets =
        builder().row("r", Asset, &[(L::Total(columns::GROSS), -1)], &[(VALUE, 1), (LOTS, -1)]).build();
    let report = check(&assets, &risk).unwrap();
    assert!(report.notes.is_empty());
    let mut other = assets.clone();
    other.shape = "s256".into();
    other.coefficients = vec![0; RulesPart::len(Shape::by_name("s256").unwrap())];
    let findings = check(&other, &risk).unwrap_err();
    assert!(matches!(findings[0], Finding::PartsDisagree { what: "shape", .. }), "{findings:?}");
    other.model = "x".into();
    let findings = check(&other, &risk).unwrap_err();
    assert!(matches!(findings[0], Finding::PartsDisagree { what: "risk model", .. }), "{findings:?}");
    // Findings of both parts come together.
    let mut bad = risk.clone();
    bad.as_of = 0;
    let findings = check(&builder().min_nav(0).build(), &bad).unwrap_err();
    assert!(matches!(&findings[..], [Finding::ZeroInstant, Finding::MinNavTooSmall { .. }]), "{findings:?}");
    // Rows over assets where some segments, and where all, belong to none.
    let mut bare = risk.clone();
    bare.layout.asset[2] = None;
    let findings = check(&assets, &bare).unwrap_err();
    assert!(matches!(&findings[..], [Finding::NoAsset { segment: 2, slot: 16 }]), "{findings:?}");
    bare.layout.asset.fill(None);
    let findings = check(&assets, &bare).unwrap_err();
    assert!(findings.iter().all(|f| matches!(f, Finding::NoAsset { .. })), "{findings:?}");
    assert_eq!(findings.len(), 4);
}

#[test]
fn rules_are_printed_with_their_rows() {
    let part = with_witness(|b| {
        b.min_nav(7).row("sum", Global, &[], &[(G::WitnessSum(Group, 0), -3), (VALUE, 2), (LOTS, -2)])
    });
    let part = listing(part, &[at(Group, 0), at(Group, 1)]);
    let text = rule_rows(&part).unwrap();
    let wanted = "\
min-nav
  global row 0: 1 book value - 1 book lots - 7 >= 0
d
  group row 0: 1 delta - 1 lots + 1 x0 >= 0
  group row 1: -1 delta - 1 lots + 1 x0 >= 0
  group row 2: -1 x0 + 1 book value - 1 book lots >= 0
sum
  group row 0: as above
  group row 1: as above
  global row 1: 2 book value - 2 book lots - 3 sum(groups: x0) >= 0
";
    assert_eq!(text, wanted);
    let table = check_rules(&part).unwrap().to_string();
    assert!(
        table.contains(
            "  group row 0 (104 of 112 bits, defines x0 of groups): 1 delta - 1 lots + 1 x0 >= 0\n"
        ),
        "{table}"
    );
    // Unlawful parts print as well.
    let mut bad = part.clone();
    bad.rules.pop();
    bad.rules[1].rows.push(at(Slot, 9));
    bad.rules[1].id = "\n".into();
    bad.rules.push(RuleRows { id: "none".into(), rows: vec![] });
    let text = rule_rows(&bad).unwrap();
    assert!(text.contains("\\n\n") && text.contains("slot row 9: says nothing"), "{text}");
    assert!(text.contains("none\n  no rows") && text.contains("(rows of no rule)\n  global row 1"), "{text}");
    bad.model = String::new();
    assert!(matches!(rule_rows(&bad), Err(Finding::UnknownModel { .. })));
}
