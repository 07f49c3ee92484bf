//! The two readings of a mandate: the plain evaluator reads the *text* with interval arithmetic, the circuit reads the
//! compiled sheet. They reach one verdict on random mandates, markets and books, on the limit and one unit past it.

use mandate_market::RiskModel;
use mandate_policy::{Mandate, compile, evaluate};
use mandate_statement::RiskPart;
use mandate_testing::{Book, Case, t32, t32_relation};
use proptest::prelude::*;

/// Rule forms, `{}` to be filled with a percentage.
const FORMS: [&str; 14] = [
    "gross(all) <= {}% * nav",
    "abs(net(all)) <= {}% * nav",
    "for g in groups: gross(g) <= {}% * nav",
    "for v in venues: worst(scenarios, v) <= {}% * nav",
    "sum(g in groups: worst(scenarios, g)) <= {}% * nav",
    "worst(scenarios, all) <= {}% * nav",
    "for u in underlyings: max(long(u), short(u)) <= {}% * nav",
    "sum(g in groups: abs(vega(g))) <= {}% * nav",
    "liabilities(all) <= {}% * assets(all)",
    "for v in venues: short(v) <= long(v) + {}% * cash(v)",
    "gamma(all) >= -{}% * nav and theta(all) >= -{}% * nav",
    "sum(u in underlyings: pos(net(u))) <= {}% * nav",
    "sum(g in groups: tiers(notional(g); 0 USD: 1%, 1_000 USD: 2%, 50_000 USD: 5%)) <= {}% * nav",
    "for i in instruments: gross(i) <= {}% * nav",
];

/// What the text says, and what the constraints say.
fn verdicts(text: &str, risk: &RiskPart, book: &Book) -> (bool, bool) {
    let mandate = Mandate::parse("random.toml", text).expect("the forms are lawful");
    let model = RiskModel::by_name(&risk.model).expect("the fixtures' model");
    let rules = compile(&mandate, model, t32()).expect("the forms fit the tiny shape").part;
    let plain = evaluate(&mandate, model, risk, &book.quantities, &book.active)
        .expect("the book is in range")
        .iter()
        .all(|v| v.holds);
    let case = Case::of(rules, risk.clone(), book.clone());
    (plain, t32_relation().holds(&case.assignment()))
}

fn text(min_nav: &str, rules: &[(usize, u32)]) -> String {
    use std::fmt::Write;
    let mut out = format!("risk_model = \"crypto-usd/1\"\nmin_nav = \"{min_nav} USD\"\n");
    for (i, (form, percent)) in rules.iter().enumerate() {
        let holds = FORMS[*form].replace("{}", &percent.to_string());
        let _ = writeln!(out, "[[rule]]\nid = \"r-{i}\"\ntext = \"a rule\"\nholds = \"{holds}\"");
    }
    out
}

/// How many of each verdict a test has seen, so that agreement is not agreement on one side only.
#[test]
fn evaluator_and_circuit_agree() {
    let mut seen = [0usize; 2];
    let mut runner = proptest::test_runner::TestRunner::new(ProptestConfig::with_cases(120));
    let strategy =
        (any::<u64>(), any::<u64>(), prop::collection::btree_map(0..FORMS.len(), 1u32..2000, 1..4));
    let outcomes = std::cell::RefCell::new(&mut seen);
    runner
        .run(&strategy, |(seed, other, rules)| {
            let risk = mandate_testing::risk_part(seed);
            let rules: Vec<(usize, u32)> = rules.into_iter().collect();
            let text = text("1", &rules);
            for book in [mandate_testing::solvent_book(&risk, other), mandate_testing::book(&risk, other)] {
                let (plain, circuit) = verdicts(&text, &risk, &book);
                prop_assert_eq!(plain, circuit, "{}", text);
                outcomes.borrow_mut()[usize::from(plain)] += 1;
            }
            Ok(())
        })
        .unwrap();
    assert!(seen[0] > 20 && seen[1] > 20, "both verdicts came up: {seen:?}");
}

/// Net asset value at -1, 0 and 1 units above the minimum; the empty book; both readings.
#[test]
fn the_minimum_is_exact() {
    let risk = mandate_testing::plain_risk_part();
    let book = mandate_testing::solvent_book(&risk, 5);
    let totals = mandate_rows::totals(&risk, t32(), &book.quantities).expect("in range");
    let nav = totals.book[mandate_testing::columns::VALUE] - totals.book[t32().lots_column()];
    assert!(nav > 0);
    let money = |units: i128| format!("{}.{:010}", units / 10_000_000_000, units % 10_000_000_000);
    for (delta, holds) in [(-1, true), (0, true), (1, false)] {
        let text = text(&money(nav + delta), &[(0, 1_000_000)]);
        assert_eq!(verdicts(&text, &risk, &book), (holds, holds), "{text}");
    }
    let text = text("0.0000000001", &[(0, 100)]);
    assert_eq!(verdicts(&text, &risk, &mandate_testing::empty_book(&risk)), (false, false));
}

/// A limit in money exactly at a gross exposure, and one unit below it.
#[test]
fn an_absolute_limit_is_exact() {
    let risk = mandate_testing::risk_part(11);
    let book = mandate_testing::solvent_book(&risk, 11);
    let totals = mandate_rows::totals(&risk, t32(), &book.quantities).expect("in range");
    let gross = totals.book[mandate_testing::columns::GROSS];
    let money = |units: i128| format!("{}.{:010}", units / 10_000_000_000, units % 10_000_000_000);
    for (limit, holds) in [(gross, true), (gross - 1, false), (gross + 1, true)] {
        let text = format!(
            "risk_model = \"crypto-usd/1\"\nmin_nav = \"0.0000000001 USD\"\n[[rule]]\nid = \"cap\"\ntext = \"a cap\"\nholds = \"gross(all) <= {} USD\"\n",
            money(limit)
        );
        assert_eq!(verdicts(&text, &risk, &book), (holds, holds), "{text}");
    }
}
