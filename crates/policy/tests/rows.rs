//! The least filling is least, and rows outside the discipline are refused, not judged.

mod common;

use common::{any_book, any_risk, risk, tiny};
use mandate_policy::{Mandate, compile, evaluate};
use mandate_rows::{RowsError, least_witnesses, slacks, used_blocks};
use mandate_statement::{Family, GlobalVar, LocalVar, RowRef, RulesPart};
use proptest::prelude::*;

const TEXT: &str = r#"
risk_model = "crypto-usd/1"
min_nav = "1 USD"
[[rule]]
id = "sums"
text = "maxima of groups, venues and underlyings, and of the whole book"
holds = """sum(g in groups: abs(net(g)) + pos(vega(g))) + sum(v in venues: pos(worst(scenarios, v)))
  + sum(u in underlyings: max(long(u), short(u))) + max(nav, cash(all), gross(all)) + abs(vega(all)) + abs(theta(all))
  <= 100 * nav"""
"#;

fn part() -> RulesPart {
    let mandate = Mandate::parse("m.toml", TEXT).unwrap_or_else(|e| panic!("{e}"));
    let compiled = compile(&mandate, mandate.model, tiny()).unwrap_or_else(|e| panic!("{e}"));
    assert_eq!(compiled.witnesses, [2, 1, 1, 3]);
    compiled.part
}

fn family_witnesses(w: &mut mandate_rows::Witnesses) -> Vec<&mut i128> {
    w.group_x
        .iter_mut()
        .chain(&mut w.account_x)
        .chain(&mut w.asset_x)
        .flatten()
        .chain(&mut w.global_y)
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, failure_persistence: None, ..ProptestConfig::default() })]

    /// Raising a witness never mends a row, and lowering one that is in use breaks its definition.
    #[test]
    fn no_other_filling_does_better(risk in any_risk(), (quantities, active) in any_book(), by in 1i128..1000) {
        let (rules, shape) = (part(), tiny());
        let Ok(least) = least_witnesses(&rules, &risk, shape, &quantities, &active) else { return Ok(()) };
        let broken = |w: &_| -> Vec<(RowRef, usize)> {
            let rows = slacks(&rules, &risk, shape, &quantities, &active, w).unwrap();
            rows.iter().filter(|r| r.slack < 0).map(|r| (r.row, r.block)).collect()
        };
        let base = broken(&least);
        let count = family_witnesses(&mut least.clone()).len();
        for i in 0..count {
            let mut raised = least.clone();
            *family_witnesses(&mut raised)[i] += by;
            let after = broken(&raised);
            prop_assert!(base.iter().all(|r| after.contains(r)), "raising witness {} mended a row", i);
        }
        let used = (0..count).filter(|i| {
            let mut lowered = least.clone();
            *family_witnesses(&mut lowered)[*i] -= by;
            broken(&lowered).len() > base.len()
        });
        // Three of the whole book, and at least those of the used groups and underlyings.
        prop_assert!(used.count() >= 3 + 2 * 3);
    }
}

#[test]
fn rows_outside_the_discipline_are_refused() {
    let shape = tiny();
    let risk = risk(vec![0; shape.slots * shape.columns()], true, [None; 4]);
    let quantities = vec![0; shape.slots];
    let run = |change: &dyn Fn(&mut RulesPart)| {
        let mut rules = part();
        change(&mut rules);
        least_witnesses(&rules, &risk, shape, &quantities, &[true; 3]).map(|_| ()).unwrap_err()
    };
    let spare = RowRef { family: Family::Group, index: 7 };
    let last = RowRef { family: Family::Global, index: 15 };
    let local = |v: LocalVar| v.index(shape, Family::Group).unwrap();
    let global = |v: GlobalVar| v.index(shape).unwrap();
    for (what, error) in [
        ("worst from above", run(&|r| r.row_mut(shape, spare).0[local(LocalVar::Worst)] = 1)),
        (
            "two witnesses",
            run(&|r| {
                r.row_mut(shape, spare).0[local(LocalVar::Witness(0))] = 1;
                r.row_mut(shape, spare).0[local(LocalVar::Witness(1))] = 1;
            }),
        ),
        ("a bit of the book in a block", run(&|r| r.row_mut(shape, spare).1[global(GlobalVar::Bit(0))] = 1)),
        (
            "a bit that chooses and is counted",
            run(&|r| {
                for (row, bit) in [(spare, 5), (RowRef { index: 6, ..spare }, -5)] {
                    r.row_mut(shape, row).0[local(LocalVar::Witness(0))] = 1;
                    r.row_mut(shape, row).0[local(LocalVar::Bit(0))] = bit;
                }
                r.row_mut(shape, last).1[global(GlobalVar::BitSum(Family::Group, 0))] = -1;
            }),
        ),
        (
            "a free witness that nothing counts",
            run(&|r| {
                r.row_mut(shape, spare).0[local(LocalVar::Witness(3))] = 1;
                r.row_mut(shape, spare).1[global(GlobalVar::Witness(7))] = 1;
            }),
        ),
        ("y in a block", run(&|r| r.row_mut(shape, spare).1[global(GlobalVar::Witness(0))] = 1)),
        ("worst sum", run(&|r| r.row_mut(shape, last).1[global(GlobalVar::WorstSum(Family::Group))] = 1)),
        (
            "witness sum",
            run(&|r| r.row_mut(shape, last).1[global(GlobalVar::WitnessSum(Family::Group, 0))] = 1),
        ),
        ("bit sum", run(&|r| r.row_mut(shape, last).1[global(GlobalVar::BitSum(Family::Group, 0))] = 1)),
    ] {
        assert!(matches!(error, RowsError::NotOneSided { .. }), "{what}: {error}");
    }
    let circle = run(&|r| {
        r.row_mut(shape, spare).0[local(LocalVar::Witness(3))] = 1;
        r.row_mut(shape, spare).1[global(GlobalVar::WitnessSum(Family::Group, 3))] = -1;
    });
    assert_eq!(circle, RowsError::Circular);
    assert!(matches!(
        least_witnesses(&part(), &risk, shape, &quantities[1..], &[true; 3]).map(|_| ()),
        Err(RowsError::Length { .. })
    ));
    let mut outside = quantities.clone();
    outside[0] = 1 << 47;
    assert!(matches!(
        least_witnesses(&part(), &risk, shape, &outside, &[true; 3]).map(|_| ()),
        Err(RowsError::Range(_))
    ));
}

/// What the sheet marks, the public inputs say, the reader of rows takes and the evaluator judges are one definition.
#[test]
fn blocks_in_use_are_the_same_to_all_readers() {
    let mut made = mandate_market::examples::tiny(1_790_000_000);
    let shape = tiny();
    for unpriced in [false, true] {
        if unpriced {
            let state = mandate_market::State::Unpriced { why: "no index".into() };
            made.currencies.insert("BTC".into(), state);
        }
        let risk = mandate_market::risk::compile(&made, shape).unwrap_or_else(|e| panic!("{e}"));
        let report = mandate_checker::check_risk(&risk).unwrap_or_else(|e| panic!("{}", e[0]));
        assert_eq!(report.accounts_without_slots, if unpriced { vec![1] } else { vec![] });
        let active = [true; 3];
        let used = |family| used_blocks(&risk, shape, &active, family);
        let count = |family| used(family).into_iter().filter(|u| *u).count();
        assert_eq!((count(Family::Group), count(Family::Asset)), if unpriced { (2, 1) } else { (4, 2) });
        // The circuit's: group marks after the carry bits, asset marks before the weights.
        let integers = risk.integers(shape);
        let bits =
            |from: usize, n: usize| integers[from..from + n].iter().map(|b| *b == 1).collect::<Vec<_>>();
        assert_eq!(bits(shape.segments - 1, shape.segments), used(Family::Group));
        let weights = integers.len() - shape.slots * shape.columns();
        assert_eq!(bits(weights - shape.assets, shape.assets), used(Family::Asset));
        // The evaluator's: a rule that fails at every block, counted by a sum of ones over the blocks.
        for (family, domain) in
            [(Family::Group, "groups"), (Family::Account, "venues"), (Family::Asset, "underlyings")]
        {
            for (limit, holds) in [(count(family), true), (count(family) - 1, false)] {
                let text = format!(
                    "risk_model = \"crypto-usd/1\"\nmin_nav = \"1 USD\"\n[[rule]]\nid = \"r\"\ntext = \"count\"\n\
                     holds = \"sum(b in {domain}: 1 USD) + 0 * nav <= {limit} USD + gross(all)\"\n"
                );
                let mandate = Mandate::parse("m.toml", &text).unwrap_or_else(|e| panic!("{e}"));
                let quantities = vec![0; shape.slots];
                let verdicts = evaluate(&mandate, mandate.model, &risk, &quantities, &active).unwrap();
                assert_eq!(verdicts[1].holds, holds, "{domain} {limit}");
            }
        }
    }
}

/// No row makes the reader overflow, also not one whose rest is the least integer there is.
#[test]
fn the_least_rest_of_a_row_is_out_of_range_and_no_panic() {
    let shape = tiny();
    let risk = risk(vec![0; shape.slots * shape.columns()], true, [None; 4]);
    let mut rules = part();
    let spare = RowRef { family: Family::Group, index: 7 };
    let (local, global) = rules.row_mut(shape, spare);
    local[LocalVar::Witness(3).index(shape, Family::Group).unwrap()] = 1;
    global[GlobalVar::One.index(shape).unwrap()] = i128::MIN;
    let found = least_witnesses(&rules, &risk, shape, &vec![0; shape.slots], &[true; 3]).map(|_| ());
    assert_eq!(found, Err(RowsError::Range("a witness")));
}

/// Rows that no compiler makes and the sheet checker refuses: the excesses' floors lie 2^127 apart. Read or refused, never a
/// panic.
#[test]
fn excesses_whose_floors_lie_far_apart_do_not_overflow() {
    let shape = tiny();
    let mut rules = RulesPart::empty("crypto-usd/1", shape, mandate_statement::Digest([4; 32]));
    let far = 1i128 << 126;
    let rows: [&[(GlobalVar, i128)]; 5] = [
        &[(GlobalVar::Witness(1), 1), (GlobalVar::Witness(0), 1)],
        &[(GlobalVar::Witness(1), 1), (GlobalVar::One, far)],
        &[(GlobalVar::Witness(2), 1), (GlobalVar::Witness(0), 1)],
        &[(GlobalVar::Witness(2), 1), (GlobalVar::One, -far - 1)],
        &[
            (GlobalVar::Witness(3), 1),
            (GlobalVar::Witness(0), -1),
            (GlobalVar::Witness(1), -1),
            (GlobalVar::Witness(2), -1),
        ],
    ];
    for (index, row) in (0u16..).zip(rows) {
        let (_, global) = rules.row_mut(shape, RowRef { family: Family::Global, index });
        for (variable, coefficient) in row {
            global[variable.index(shape).unwrap()] = *coefficient;
        }
    }
    let part = risk(vec![0; shape.slots * shape.columns()], false, [Some(0), Some(1), Some(2), None]);
    let found = least_witnesses(&rules, &part, shape, &[0; 32], &[true; 3]);
    assert!(found.is_err(), "a witness that far out is out of the circuit's range");
}

/// What rows can reach at most, counted by the compiler and by the checker, which share no code: in bits, row by row.
#[test]
fn the_compiler_and_the_checker_count_the_same_bits() {
    let rule = |holds: &str| {
        format!(
            "risk_model = \"crypto-usd/1\"\nmin_nav = \"1 USD\"\n[[rule]]\nid = \"r\"\ntext = \"t\"\nholds = {holds:?}\n"
        )
    };
    // Every kind of variable, with coefficients that move the count where its range is another.
    let texts = [
        TEXT.to_owned(),
        rule("sum(g in groups: worst(scenarios, g)) + sum(v in venues: worst(scenarios, v)) <= 3 * nav"),
        rule("worst(scenarios, all) <= 3 * nav"),
        rule("for u in underlyings: abs(net(u)) <= 200% * nav"),
        rule("above(u in underlyings: gross(u) > 5% * nav) <= 40% * nav"),
        rule("top(2; u in underlyings: gross(u)) <= 35% * nav"),
        rule("sum(g in groups: better(worst(scenarios, g), 10% * gross(g))) <= nav"),
        rule("exceed(2, scenarios, all) <= 30% * nav"),
        rule("shortfall(10%, scenarios, all) <= 30% * nav"),
        rule("expiry_loss(all) + uncovered(all) <= 7 * nav"),
        rule("for g in groups: uncovered(g) <= 3 * nav"),
    ];
    let mut met = 0;
    for text in &texts {
        let Ok(mandate) = Mandate::parse("m.toml", text) else {
            panic!("{}", Mandate::parse("m.toml", text).unwrap_err())
        };
        for shape in mandate_statement::SHAPES.iter().filter(|s| mandate.model.fits(s)) {
            let Ok(compiled) = compile(&mandate, mandate.model, shape) else { continue };
            let report =
                mandate_checker::check_rules_on(shape, &compiled.part).unwrap_or_else(|f| panic!("{f:?}"));
            for row in &compiled.rows {
                let other =
                    report.rows.iter().find(|r| r.row == row.row).expect("the checker lists every row");
                assert_eq!(row.bits, other.bits, "{}: {:?} {}", shape.name, row.row, row.text);
                met += 1;
            }
        }
    }
    assert!(met > 100, "{met} rows");
}
