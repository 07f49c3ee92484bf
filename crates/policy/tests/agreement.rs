//! The two readings of a mandate agree: the evaluator's verdict is whether all compiled rows hold, on lawful and
//! unlawful books, on the limit and one unit past it.

mod common;

use common::{WIDE, any_book, any_risk, broken_rows, rows_hold, rows_hold_on, tiny};
use mandate_market::RiskModel;
use mandate_policy::{Mandate, MandateError, compile, evaluate, evaluate_on};
use mandate_statement::{RiskPart, Shape};
use num_bigint::BigInt;
use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use std::cell::Cell;

fn model() -> &'static RiskModel {
    RiskModel::by_name("crypto-usd/1").unwrap()
}

fn column() -> impl Strategy<Value = &'static str> {
    prop_oneof![
        Just("gross"),
        Just("net"),
        Just("nav"),
        Just("assets"),
        Just("liabilities"),
        Just("long"),
        Just("short"),
        Just("vega"),
        Just("cash"),
        Just("notional")
    ]
}

fn number() -> impl Strategy<Value = String> {
    prop_oneof![
        (1u32..20).prop_map(|n| n.to_string()),
        (1u32..200).prop_map(|n| format!("{n}%")),
        (1u32..2000).prop_map(|n| format!("{n} bps")),
        (1u32..40).prop_map(|n| format!("0.{n:02}")),
        (1u32..9, 1u32..9).prop_map(|(a, b)| format!("{a} / {b}")),
    ]
}

fn money() -> impl Strategy<Value = String> {
    prop_oneof![
        Just("0 USD".to_owned()),
        (1u64..1_000_000).prop_map(|n| format!("{n} USD")),
        (1u64..1_000_000).prop_map(|n| format!("0.{n:010} USD")),
    ]
}

/// Affine expressions with `block` as the block's name (or none).
fn affine(block: Option<&'static str>) -> BoxedStrategy<String> {
    let scope = match block {
        Some(b) => prop_oneof![3 => Just(b), 1 => Just("all")].boxed(),
        None => Just("all").boxed(),
    };
    let leaf = prop_oneof![
        6 => (column(), scope).prop_map(|(c, s)| format!("{c}({s})")),
        1 => money(),
    ];
    leaf.prop_recursive(2, 6, 2, |inner| {
        prop_oneof![
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("({a} + {b})")),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("({a} - {b})")),
            (number(), inner.clone()).prop_map(|(n, e)| format!("{n} * {e}")),
            inner.prop_map(|e| format!("-{e}")),
        ]
    })
    .boxed()
}

/// Convex expressions: `worst` where the block has one, sums where they may stand.
fn convex(block: Option<&'static str>, worst: bool, sums: bool) -> BoxedStrategy<String> {
    let scope = block.filter(|_| worst).unwrap_or("all");
    let mut leaves = vec![
        affine(block),
        Just(format!("worst(scenarios, {scope})")).boxed(),
        affine(block).prop_map(|e| format!("abs({e})")).boxed(),
    ];
    if sums {
        leaves.push(convex(Some("h"), true, false).prop_map(|e| format!("sum(h in groups: {e})")).boxed());
        leaves.push(convex(Some("w"), true, false).prop_map(|e| format!("sum(w in venues: {e})")).boxed());
        leaves.push(
            convex(Some("t"), false, false).prop_map(|e| format!("sum(t in underlyings: {e})")).boxed(),
        );
    }
    let union = proptest::strategy::Union::new(leaves);
    union
        .prop_recursive(2, 6, 3, |inner| {
            prop_oneof![
                (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("max({a}, {b})")),
                (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("({a} + {b})")),
                (number(), inner.clone()).prop_map(|(n, e)| format!("{n} * {e}")),
                inner.clone().prop_map(|e| format!("pos({e})")),
                (inner, 0u32..50, 1u32..50).prop_map(|(e, a, b)| format!(
                    "tiers({e}; 0 USD: {a} bps, 0.00001 USD: {}%, 2 USD: {}%)",
                    a + 1,
                    a + b
                )),
            ]
        })
        .boxed()
}

fn rule() -> BoxedStrategy<String> {
    let op = prop_oneof![4 => Just("<="), 1 => Just("<")];
    let global =
        (convex(None, false, true), op.clone(), affine(None)).prop_map(|(a, o, b)| format!("{a} {o} {b}"));
    let turned = (convex(None, false, true), affine(None)).prop_map(|(a, b)| format!("{b} - {a} >= 0"));
    let each = |name: &'static str, domain: &'static str, worst: bool| {
        (convex(Some(name), worst, false), op.clone(), affine(Some(name)))
            .prop_map(move |(a, o, b)| format!("for {name} in {domain}: {a} {o} {b}"))
    };
    let slot = (affine(Some("i")), affine(None))
        .prop_map(|(a, b)| format!("for i in instruments: {a} <= min({b}, nav)"));
    let ratio = (convex(None, false, false), column(), 1u32..9)
        .prop_map(|(a, c, n)| format!("{a} / {c}(all) <= {n} and {c}(all) > 0"));
    let local_ratio = (column(), column(), 1u32..9)
        .prop_map(|(a, c, n)| format!("for g in groups: {a}(g) / {c}(g) >= {n}%"));
    prop_oneof![
        3 => global,
        1 => turned,
        2 => each("g", "groups", true),
        1 => each("v", "venues", true),
        1 => each("u", "underlyings", false),
        1 => slot,
        1 => ratio,
        1 => local_ratio,
    ]
    .boxed()
}

fn file(rules: &[String], min_nav: &str) -> String {
    let mut out = format!("risk_model = \"crypto-usd/1\"\nmin_nav = \"{min_nav}\"\n");
    for (i, rule) in rules.iter().enumerate() {
        out.push_str(&format!("[[rule]]\nid = \"r-{i}\"\ntext = \"rule {i}\"\nholds = \"{rule}\"\n"));
    }
    out
}

/// What rounds up, in units of money that go with the rates inside or not.
fn step() -> impl Strategy<Value = &'static str> {
    prop_oneof![
        Just("0.000_000_000_1 USD"),
        Just("0.000_000_000_3 USD"),
        Just("0.000_000_01 USD"),
        Just("0.000_1 USD"),
        Just("2 USD"),
    ]
}

/// Quantities of a block that are not negative by their form.
fn positive(block: &'static str) -> BoxedStrategy<String> {
    prop_oneof![
        3 => Just(format!("gross({block})")),
        1 => Just(format!("assets({block})")),
        1 => number().prop_map(move |n| format!("({n} * long({block}) + short({block}))")),
        1 => affine(Some(block)).prop_map(|e| format!("pos({e})")),
        1 => affine(Some(block)).prop_map(|e| format!("abs({e})")),
        1 => (number(), step()).prop_map(move |(n, s)| format!("up({n} * gross({block}), {s})")),
    ]
    .boxed()
}

const BLOCKS: [(&str, &str); 3] = [("p", "groups"), ("q", "venues"), ("r", "underlyings")];

/// Constructs with witnesses or bits of their own, in rows over `block` or the whole book.
fn chosen(block: Option<&'static str>) -> BoxedStrategy<String> {
    let over = (0usize..3).prop_flat_map(|i| (Just(BLOCKS[i].1), Just(BLOCKS[i].0), positive(BLOCKS[i].0)));
    let above = over.clone().prop_flat_map(|(domain, b, e)| {
        affine(Some(b)).prop_map(move |t| format!("above({b} in {domain}: {e} > {t})"))
    });
    let top = (over, 1usize..5).prop_map(|((domain, b, e), n)| format!("top({n}; {b} in {domain}: {e})"));
    let share = prop_oneof![Just("2.5%"), Just("10%"), Just("25%"), Just("100%"), Just("1 / 3")];
    prop_oneof![
        2 => (affine(block), step()).prop_map(|(e, s)| format!("up({e}, {s})")),
        1 => (affine(block), affine(block), step()).prop_map(|(a, b, s)| format!("up(max({a}, {b}), {s})")),
        1 => (affine(block), step()).prop_map(|(e, s)| format!("(-down({e}, {s}))")),
        2 => (convex(block, false, false), affine(block)).prop_map(|(a, b)| format!("better({a}, {b})")),
        1 => (affine(block), affine(block), affine(block)).prop_map(|(a, b, c)| format!("better({a}, better({b}, {c}))")),
        2 => above,
        2 => top,
        1 => share.prop_map(|p| format!("shortfall({p}, scenarios, all)")),
    ]
    .boxed()
}

/// Rules with such a construct, beside and inside others.
fn chosen_rule() -> BoxedStrategy<String> {
    let op = prop_oneof![4 => Just("<="), 1 => Just("<")];
    let some = |block: Option<&'static str>| {
        let plain = chosen(block);
        let inside = (chosen(block), affine(block), number().boxed());
        prop_oneof![
            3 => plain,
            1 => inside.clone().prop_map(|(c, a, n)| format!("{n} * {c} + abs({a})")),
            1 => inside.clone().prop_map(|(c, a, _)| format!("max({c}, {a})")),
            1 => inside.prop_map(|(c, a, n)| format!("pos({c} - {n} * {a})")),
        ]
    };
    let global = (some(None), op.clone(), affine(None)).prop_map(|(a, o, b)| format!("{a} {o} {b}"));
    let turned = (chosen(None), affine(None)).prop_map(|(a, b)| format!("{b} - {a} >= 0"));
    let each = |i: usize| {
        let (name, domain) = BLOCKS[i];
        let one = prop_oneof![
            2 => (affine(Some(name)), step()).prop_map(|(e, s)| format!("up({e}, {s})")),
            2 => (affine(Some(name)), affine(Some(name))).prop_map(|(a, b)| format!("better({a}, {b})")),
        ];
        (one, op.clone(), affine(Some(name)))
            .prop_map(move |(a, o, b)| format!("for {name} in {domain}: {a} {o} {b}"))
    };
    let sums = (0usize..3).prop_flat_map(|i| {
        let (name, domain) = BLOCKS[i];
        (affine(Some(name)), affine(Some(name)), step(), affine(None)).prop_map(move |(a, b, s, c)| {
            format!("sum({name} in {domain}: up({a}, {s}) + better({b}, gross({name}))) <= {c}")
        })
    });
    let but = (0usize..3, 0usize..3).prop_flat_map(|(i, k)| {
        let (name, domain) = BLOCKS[i];
        (convex(Some(name), name != "r", false), prop_oneof![Just("<="), Just("<")], affine(Some(name)))
            .prop_map(move |(a, o, b)| format!("at_most({k}; {name} in {domain}: {a} {o} {b})"))
    });
    let scenarios = (0usize..16, number(), convex(None, false, false), op.clone(), affine(None))
        .prop_map(|(k, n, c, o, b)| format!("{n} * exceed({k}, scenarios, all) + {c} {o} {b}"));
    prop_oneof![5 => global, 2 => turned, 1 => each(0), 1 => each(1), 1 => each(2), 1 => sums, 3 => but, 1 => scenarios].boxed()
}

/// Compiles, or `None` where the random mandate is too large or says nothing.
fn compiled(text: &str) -> Option<(Mandate, mandate_policy::Compiled)> {
    compiled_on(tiny(), text)
}

fn compiled_on(shape: &'static Shape, text: &str) -> Option<(Mandate, mandate_policy::Compiled)> {
    let mandate = match Mandate::parse("random.toml", text) {
        Ok(m) => m,
        Err(e) if e.to_string().starts_with("this says nothing") => return None,
        Err(e) => panic!("{text}\n{e}"),
    };
    match compile(&mandate, model(), shape) {
        Ok(c) => {
            // What the compiler makes, the independent checker of sheets takes.
            if let Err(findings) = mandate_checker::check_rules_on(shape, &c.part) {
                let list: Vec<String> = findings.iter().map(ToString::to_string).collect();
                panic!("{text}\n{}\n{}", list.join("\n"), mandate_policy::dump(&c));
            }
            Some((mandate, c))
        }
        Err(MandateError::TooSmall(_) | MandateError::Text(_)) => None,
        Err(e) => panic!("{text}\n{e}"),
    }
}

fn amount(units: &BigInt) -> String {
    let negative = *units < BigInt::from(0);
    let digits = format!("{:0>11}", units.magnitude().to_string());
    let (whole, part) = digits.split_at(digits.len() - 10);
    format!("{}{whole}.{part} USD", if negative { "-" } else { "" })
}

fn cases(n: u32) -> ProptestConfig {
    ProptestConfig {
        cases: n,
        max_global_rejects: 100_000,
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

/// Evaluator and rows agree on every rule alone, whatever the others say, and on the book as a whole. Counts keep the
/// test honest: both verdicts must have come up often, and most random mandates must have compiled.
#[test]
fn verdict_is_whether_all_rows_hold() {
    let (held, failed, refused) = (Cell::new(0), Cell::new(0), Cell::new(0));
    let strategy = (proptest::collection::vec(rule(), 1..3), any_risk(), any_book());
    let mut runner = TestRunner::new(cases(3000));
    let done = runner.run(&strategy, |(rules, risk, (quantities, active))| {
        let Some((mandate, c)) = compiled(&file(&rules, "0.0000000001 USD")) else {
            refused.set(refused.get() + 1);
            return Ok(());
        };
        let verdicts = evaluate(&mandate, model(), &risk, &quantities, &active).unwrap();
        // Values beyond the ranges of the circuit are refused, never judged.
        let Ok(broken) = broken_rows(tiny(), &c.part, &risk, &quantities, &active) else {
            refused.set(refused.get() + 1);
            return Ok(());
        };
        for (verdict, rule) in verdicts.iter().zip(&c.part.rules) {
            let rows = !rule.rows.iter().any(|r| broken.contains(r));
            let count = if rows { &held } else { &failed };
            count.set(count.get() + 1);
            // A slot that must be empty counts for some blocks and not for others; there only the book as a whole agrees.
            let lawful = verdicts.last().is_some_and(|v| v.holds);
            prop_assert!(
                !lawful || verdict.holds == rows,
                "{}: {:#?}\n{}",
                rule.id,
                rules,
                mandate_policy::dump(&c)
            );
        }
        let whole = rows_hold(&c.part, &risk, &quantities, &active).unwrap();
        prop_assert_eq!(verdicts.iter().all(|v| v.holds), whole);
        Ok(())
    });
    if let Err(e) = done {
        panic!("{e}");
    }
    let counts = (held.get(), failed.get(), refused.get());
    assert!(counts.0 > 2000 && counts.1 > 2000 && counts.2 < 1200, "held, failed, refused: {counts:?}");
}

fn wide(mut risk: RiskPart) -> RiskPart {
    risk.shape = WIDE.name.into();
    risk
}

/// The same of rules with bits and free witnesses, on a shape with room for them: each rule and the whole book, and the
/// limit moved to where it holds and to where it just does not.
#[test]
fn choices_are_the_same_to_both_readings() {
    let (held, failed, refused) = (Cell::new(0), Cell::new(0), Cell::new(0));
    let strategy = (chosen_rule(), any_risk(), any_book());
    let mut runner = TestRunner::new(cases(CHOSEN));
    let done = runner.run(&strategy, |(rule, risk, (mut quantities, active))| {
        let risk = wide(risk);
        for (slot, q) in quantities.iter_mut().enumerate() {
            // Values beyond the ranges of the circuit are refused, never judged; here all are judged.
            if slot == 31 || q.abs() > 1 << 40 || !active[[0, 0, 1, 2][slot / 8]] {
                *q = 0;
            }
        }
        let split = |o: &str| rule.split_once(o).map(|(a, b)| (a.to_owned(), o.to_owned(), b.to_owned()));
        let Some((a, op, b)) = split(" <= ").or_else(|| split(" < ")).or_else(|| split(" >= ")) else {
            panic!("{rule}");
        };
        let text = |k: &BigInt| file(&[format!("{a} + {} {op} {b}", amount(k))], "0.0000000001 USD");
        let zero = BigInt::from(0);
        let mut moved = vec![zero.clone()];
        let mut first = true;
        while let Some(k) = moved.pop() {
            let Some((mandate, c)) = compiled_on(&WIDE, &text(&k)) else {
                refused.set(refused.get() + 1);
                return Ok(());
            };
            let verdicts = evaluate_on(&mandate, model(), &WIDE, &risk, &quantities, &active).unwrap();
            let Ok(broken) = broken_rows(&WIDE, &c.part, &risk, &quantities, &active) else {
                panic!("{rule}\n{}", mandate_policy::dump(&c));
            };
            for (verdict, rule) in verdicts.iter().zip(&c.part.rules) {
                let rows = !rule.rows.iter().any(|r| broken.contains(r));
                let count = if rows { &held } else { &failed };
                count.set(count.get() + u32::from(verdict.id != "min-nav"));
                prop_assert!(
                    verdict.holds == rows,
                    "{}: {} with {k}\n{}\n{:?}",
                    verdict.id,
                    text(&k),
                    mandate_policy::dump(&c),
                    broken
                );
            }
            let all = verdicts.iter().all(|v| v.holds);
            prop_assert_eq!(all, rows_hold_on(&WIDE, &c.part, &risk, &quantities, &active).unwrap());
            if first && let Some(room) = &verdicts[1].headroom {
                let room = if op == " >= " { -room.clone() } else { room.clone() };
                moved.extend([-1i32, 0, 1, 2].map(|by| &room + by).into_iter().filter(|k| k.bits() < 90));
            }
            first = false;
        }
        Ok(())
    });
    if let Err(e) = done {
        panic!("{e}");
    }
    let counts = (held.get(), failed.get(), refused.get());
    assert!(
        counts.0 > CHOSEN && counts.1 > CHOSEN && counts.2 < CHOSEN / 4,
        "held, failed, refused: {counts:?}"
    );
}

const CHOSEN: u32 = 600;

proptest! {
    #![proptest_config(cases(1500))]

    /// A constant is added so that the book is exactly on the limit, one unit past it, and one unit inside.
    #[test]
    fn the_limit_is_the_same_to_the_unit(
        rule in rule().prop_filter("one money comparison", |r| !r.contains(" / ") && !r.contains(" and ") && r.contains(" <= ")),
        risk in any_risk(),
        (mut quantities, mut active) in any_book(),
    ) {
        for (slot, q) in quantities.iter_mut().enumerate() {
            if slot == 31 || q.abs() > 1 << 40 { *q = 0 }
        }
        active.fill(true);
        // Weights as they are, but net asset value large, so that only the rule decides.
        let mut risk = risk;
        risk.weights[0] = 1 << 36;
        quantities[0] = 1 << 40;
        let rule = if rule.contains("instruments") { rule.replace("min(", "min(4_000_000_000 USD + ") } else { rule };
        let text = |k: &BigInt| {
            let (a, b) = rule.split_once(" <= ").unwrap();
            file(&[format!("{a} <= {b} + {}", amount(k))], "0.0000000001 USD")
        };
        let zero = BigInt::from(0);
        let Some((mandate, _)) = compiled(&text(&zero)) else { return Ok(()) };
        let verdicts = evaluate(&mandate, model(), &risk, &quantities, &active).unwrap();
        let (nav, mine, empty) = (&verdicts[0], &verdicts[1], &verdicts[2]);
        prop_assume!(nav.holds && empty.holds);
        let Some(room) = mine.headroom.clone() else { return Ok(()) };
        for (by, wanted) in [(0i32, Some(true)), (1, Some(true)), (-1, None), (-2, Some(false))] {
            // Room is rounded down: at `-room` the rule holds by less than one unit, two units below it fails.
            let k = -room.clone() + by;
            if k.bits() > 100 { continue }
            let Some((mandate, c)) = compiled(&text(&k)) else { continue };
            let verdicts = evaluate(&mandate, model(), &risk, &quantities, &active).unwrap();
            let holds = verdicts.iter().all(|v| v.holds);
            if let Some(wanted) = wanted {
                prop_assert_eq!(holds, wanted, "{} with {}", rule, k);
            }
            if let Ok(rows) = rows_hold(&c.part, &risk, &quantities, &active) {
                prop_assert_eq!(holds, rows, "{} with {}\n{}", rule, k, mandate_policy::dump(&c));
            }
        }
    }
}

#[test]
fn net_asset_value_at_its_edges() {
    let (mandate, c) = compiled(&file(&["gross(all) <= 3 * nav".into()], "0.0000000001 USD")).unwrap();
    let shape = tiny();
    // One lot is worth three units: value less its allowance of one per lot.
    let mut risk =
        common::risk(vec![0; shape.slots * shape.columns()], false, [Some(0), Some(1), Some(0), None]);
    for slot in 0..shape.slots {
        risk.weights[slot * shape.columns() + shape.lots_column()] = 1;
    }
    for (weight, lots, wanted) in
        [(3, 1, true), (2, 1, true), (1, 1, false), (0, 1, false), (3, 0, false), (3, -1, false)]
    {
        risk.weights[0] = weight;
        let mut quantities = vec![0; shape.slots];
        quantities[0] = lots;
        let verdicts = evaluate(&mandate, model(), &risk, &quantities, &[true; 3]).unwrap();
        assert_eq!(verdicts.iter().all(|v| v.holds), wanted, "weight {weight}, {lots} lots");
        assert_eq!(
            rows_hold(&c.part, &risk, &quantities, &[true; 3]),
            Ok(wanted),
            "weight {weight}, {lots} lots"
        );
    }
    // The empty book has no net asset value, and a forbidden slot with something in it fails by name.
    let empty = evaluate(&mandate, model(), &risk, &vec![0; shape.slots], &[false; 3]).unwrap();
    assert!(!empty[0].holds && empty[0].id == "min-nav");
    risk.weights[31 * shape.columns() + shape.forbidden_column()] = 1;
    let mut quantities = vec![0; shape.slots];
    quantities[31] = 1;
    let verdict = evaluate(&mandate, model(), &risk, &quantities, &[true; 3]).unwrap().pop().unwrap();
    assert!(!verdict.holds && verdict.id == mandate_policy::BUILT_IN && verdict.block == Some(31));
}
