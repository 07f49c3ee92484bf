//! Constants are worked out where the mandate is read, as the same words mean them of a quantity; and what cannot be negative.

mod common;

use common::tiny;
use mandate_policy::{Mandate, compile};
use mandate_statement::Shape;

fn text(holds: &str) -> String {
    format!(
        "risk_model = \"crypto-usd/1\"\nmin_nav = \"1 USD\"\n[[rule]]\nid = \"r\"\ntext = \"t\"\nholds = {holds:?}\n"
    )
}

/// The rows of a rule; the digest of its text is left out.
fn coefficients(holds: &str) -> Vec<i128> {
    let mandate = Mandate::parse("m.toml", &text(holds)).unwrap_or_else(|e| panic!("{e}"));
    let compiled = compile(&mandate, mandate.model, tiny()).unwrap_or_else(|e| panic!("{e}"));
    compiled.part.coefficients
}

fn refused(holds: &str, shape: &'static Shape) -> String {
    match Mandate::parse("m.toml", &text(holds)) {
        Err(e) => e.to_string(),
        Ok(mandate) => compile(&mandate, mandate.model, shape).expect_err("it is refused").to_string(),
    }
}

#[test]
fn constants_are_worked_out() {
    for (written, meant) in [
        ("up(7 USD, 5 USD)", "10 USD"),
        ("up(10 USD, 5 USD)", "10 USD"),
        ("up(0.3 USD, 0.25 USD)", "0.5 USD"),
        ("down(7 USD, 5 USD)", "5 USD"),
        ("up(-7 USD, 5 USD)", "-5 USD"),
        ("better(3 USD, 5 USD)", "3 USD"),
        ("better(5 USD, 3 USD)", "3 USD"),
        ("abs(-3 USD)", "3 USD"),
        ("abs(3 USD)", "3 USD"),
        ("pos(-3 USD)", "0 USD"),
        ("pos(3 USD)", "3 USD"),
        ("max(3 USD, 5 USD)", "5 USD"),
        ("min(3 USD, 5 USD)", "3 USD"),
    ] {
        let rule = |amount: &str| coefficients(&format!("gross(all) + {amount} <= 2 * nav"));
        assert_eq!(rule(written), rule(meant), "{written}");
        assert_ne!(rule(written), rule("100 USD"), "{written}");
    }
}

/// A charge in tiers from zero has a floor, which is a row more, unless what it is of cannot be negative.
#[test]
fn what_cannot_be_negative_takes_no_floor() {
    let rows = |arg: &str| {
        let text = text(&format!("tiers({arg}; 0 USD: 1%, 1_000 USD: 2%) <= nav"));
        let mandate = Mandate::parse("m.toml", &text).unwrap_or_else(|e| panic!("{e}"));
        compile(&mandate, mandate.model, tiny()).unwrap_or_else(|e| panic!("{e}")).rows.len()
    };
    let without = rows("gross(all)");
    for never_negative in [
        "long(all)",
        "gross(all) + long(all)",
        "2 * gross(all)",
        "gross(all) + 5 USD",
        "abs(net(all))",
        "max(gross(all), 3 USD)",
    ] {
        assert!(rows(never_negative) >= without, "{never_negative}");
    }
    // The same columns with the same kinds of terms: what may be negative has the floor, what may not has none.
    for (may_be, may_not) in [
        ("net(all) + long(all)", "gross(all) + long(all)"),
        ("-2 * gross(all)", "2 * gross(all)"),
        ("gross(all) - 5 USD", "gross(all) + 5 USD"),
        ("better(gross(all), net(all))", "better(gross(all), long(all))"),
    ] {
        assert!(rows(may_be) > rows(may_not), "{may_be}: {}, {may_not}: {}", rows(may_be), rows(may_not));
    }
}

#[test]
fn what_is_missing_is_named() {
    let sum = refused("sum(gross(all)) <= nav", tiny());
    assert!(sum.contains("`sum` needs blocks to run over") && sum.contains("write `a + b`"), "{sum}");
    let block = refused("for g in groups: g <= nav", tiny());
    assert!(block.contains("a block is measured by a column: `gross(g)`"), "{block}");
    let all = refused("all <= nav", tiny());
    assert!(all.contains("a block is measured by a column: `gross(all)`"), "{all}");
    let column = refused("for g in groups: gross <= nav", tiny());
    assert!(column.contains("say of what: `gross(all)`"), "{column}");
    let other = refused("for g in groups: h <= nav", tiny());
    assert!(other.contains("`h` is not a quantity") && !other.contains("a block is measured"), "{other}");
    // Shapes with runs are named, but for those of tests.
    let runs = refused("uncovered(all) <= nav", tiny());
    assert!(runs.contains("has none") && runs.contains("`o2048`"), "{runs}");
    assert!(!runs.contains("`r64`") && !runs.contains("`m1024`"), "{runs}");
}
