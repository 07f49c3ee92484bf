//! What the language takes and refuses, and how it says so.

use mandate_policy::{Mandate, MandateError, SIZE_LIMIT, compile, dump, explain};
use mandate_statement::Shape;
use proptest::prelude::*;

fn file(holds: &str) -> String {
    format!(
        "risk_model = \"crypto-usd/1\"\nmin_nav = \"1 USD\"\n[[rule]]\nid = \"r-1\"\ntext = \"a rule\"\nholds = '{holds}'\n"
    )
}

fn refuse(holds: &str) -> String {
    match Mandate::parse("m.toml", &file(holds)) {
        Err(e) => e.to_string(),
        Ok(_) => panic!("`{holds}` was taken"),
    }
}

fn rows(holds: &str, shape: &str) -> Result<Vec<String>, MandateError> {
    let mandate = Mandate::parse("m.toml", &file(holds)).unwrap_or_else(|e| panic!("{e}"));
    let compiled = compile(&mandate, mandate.model, Shape::by_name(shape).unwrap())?;
    mandate_checker::check_rules(&compiled.part).unwrap_or_else(|e| panic!("{}\n{}", e[0], dump(&compiled)));
    Ok(compiled.rows.iter().filter(|r| r.rule != "min-nav").map(|r| r.text.clone()).collect())
}

#[test]
fn an_error_underlines_the_words_and_says_what_would_be_right() {
    assert_eq!(
        refuse("gross(all) <= 3 * navv"),
        "`navv` is not a quantity\n \
         --> m.toml:6:28\n\
         6 | holds = 'gross(all) <= 3 * navv'\n  \
         |                            ^^^^ not a quantity\n\
         help: there are `nav`, `net`, `value`, `delta`, `gamma`, `vega`, `theta`, `cash`, `unsettled`, `premium`, \
         `gross`, `notional`, `assets`, `long`, `liabilities`, `short`, and `worst`, `shortfall`, `exceed`, `uncovered`, `upside`, `expiry_loss`, \
         `sum`, `above`, `top`, `max`, `min`, `better`, `abs`, `pos`, \
         `tiers`, `up`, `down`"
    );
}

#[test]
fn what_is_refused_and_why() {
    for (holds, why) in [
        ("gross(all) == nav", "equality cannot be proven"),
        ("gross(all) = nav", "equality cannot be proven"),
        ("gross(all) <= 3", "money and a number do not go together"),
        ("gross(all) + 1 <= nav", "money and a number"),
        ("gross(all) * nav <= 1", "a product of two quantities of the book"),
        ("5 USD * 2 USD <= nav", "money times money"),
        ("gross(all) / nav / cash(all) <= 1", "division by a quantity"),
        ("gross(all) / nav <= cash(all) / nav", "both sides are ratios"),
        ("gross(all) / nav <= cash(all)", "a ratio is compared with a constant"),
        ("gross(all) / 0 <= nav", "division by zero"),
        ("1 / 5 USD <= 1", "a number divided by money"),
        ("gross(g) <= nav", "`g` is not a block in reach"),
        ("for g in groups: sum(h in groups: gross(g)) <= nav", "`g` is not a block in reach"),
        ("for g in groups: sum(g in groups: gross(g)) <= nav", "already names a block"),
        ("for all in groups: gross(all) <= nav", "`all` already has a meaning"),
        ("for g in books: gross(g) <= nav", "there are no blocks called `books`"),
        ("sum(v in venues: sum(g in groups: gross(g))) <= nav", "a sum inside a sum"),
        ("sum(i in instruments: gross(i)) <= nav", "sums do not run over instruments"),
        ("lots(all) <= 5 USD", "there is no `lots`"),
        ("forbidden(all) <= 5 USD", "there is no `forbidden`"),
        ("gross <= nav", "`gross` is not a quantity"),
        ("gross(all) <= 3 BTC", "`BTC` is not a unit"),
        ("gross(all) <= 3 nav", "`nav` is not a unit"),
        ("3 <= 4", "this says nothing about the book"),
        ("gross(all)", "wanted a comparison"),
        ("gross(all) <= nav <= cash(all)", "wanted the end of the rule"),
        ("gross(all) <= nav or nav >= 0", "wanted the end of the rule"),
        ("gross(all) <= nav and for g in groups: gross(g) <= nav", "wanted a comparison"),
        ("nav <= max(gross(all), cash(all))", "`max` or `min` stands on the side"),
        ("nav >= min(gross(all), cash(all))", "`max` or `min` stands on the side"),
        ("worst(scenarios, all) >= 0", "`worst` stands on the side"),
        ("abs(net(all)) >= 5 USD", "`abs` stands on the side"),
        ("abs(worst(scenarios, all)) <= nav", "`worst` stands on the side"),
        ("pos(-abs(net(all))) <= nav", "`abs` stands on the side"),
        ("max(nav, 0) / max(nav, 1 USD) <= 3", "`max` or `min` stands on the side"),
        ("for u in underlyings: worst(scenarios, u) <= nav", "no worst loss of one underlying"),
        ("for i in instruments: worst(scenarios, i) <= nav", "no worst loss of one instrument"),
        ("worst(all) <= nav", "`worst` takes the scenarios and a block"),
        ("worst(shocks, all) <= nav", "there is one list: `scenarios`"),
        ("tiers(gross(all); 0 USD: 2%, 5 USD: 1%) <= nav", "rates that fall"),
        ("tiers(gross(all); 5 USD: 1%, 5 USD: 2%) <= nav", "growing order"),
        ("tiers(gross(all); 0 USD: -1%) <= nav", "a rate below zero"),
        ("tiers(gross(all); 0 USD: 1 USD) <= nav", "a rate is a plain number"),
        ("tiers(gross(all); nav: 1%) <= nav", "a step is made of constants"),
        ("tiers(gross(all)) <= nav", "`tiers` takes one expression and steps"),
        ("max() <= nav", "`max` of nothing"),
        ("gross(all) <= 3 * nav $", "`$` means nothing here"),
        ("gross(all) <= 1..2 * nav", "not a decimal number"),
        ("gross(x in groups: nav) <= nav", "does not run over blocks"),
        ("", "wanted a number"),
    ] {
        let error = refuse(holds);
        assert!(error.contains(why), "`{holds}`: {error}");
        assert!(error.contains("^"), "`{holds}`: {error}");
    }
    let deep = format!("{}nav{} >= 0", "(".repeat(100), ")".repeat(100));
    assert!(refuse(&deep).contains("levels of nesting"));
    assert!(refuse(&format!("{}nav >= 0", "-".repeat(100))).contains("levels of nesting"));
    assert!(refuse(&format!("nav >= {}0", "0 + ".repeat(2000))).contains("at most 4096"));
}

/// The constant zero has every unit, but it is no bridge between two.
#[test]
fn a_zero_between_two_units_does_not_join_them() {
    for holds in [
        "nav + 0 + 1 >= 5_000_001",
        "nav + 0 + 1 >= 5 USD",
        "0 + nav + 0 + 1 >= 5 USD",
        "1 - 1 + nav >= 5 USD",
        "max(gross(all), 0, 3) <= 5000000",
        "max(0, gross(all), 0, 3) <= 5 USD",
        "min(0, 3, nav) >= 0",
        "min(nav, 0 USD, 0, 3) >= 0",
        "gross(all) / nav <= max(3, 0, 1 USD)",
        "gross(all) / 1 USD + tiers(0; -5 USD: 100%, 3: 200%) <= 7",
        "gross(all) / 1 USD + tiers(0; -5 USD: 100%) <= 7",
        "gross(all) + tiers(0; 1: 100%, 5 USD: 200%) <= nav",
    ] {
        let error = refuse(holds);
        assert!(
            error.contains("money and a number") || error.contains("a number and money"),
            "{holds}: {error}"
        );
    }
    let text = file("gross(all) <= nav").replace("1 USD", "5_000_000 + 0 + 0.0000000001 USD");
    let error = Mandate::parse("m.toml", &text).map(|_| ()).unwrap_err().to_string();
    assert!(error.contains("a number and money do not go together"), "{error}");
    // On its own, and at the side of one unit, it stands anywhere.
    for (holds, row) in [
        ("nav + 0 >= 0 + 5 USD + 0", "value(all) - lots(all) - 50000000000 >= 0"),
        ("0 - gross(all) + 0 >= 0 - 3 * nav", "3*value(all) - gross(all) - 3*lots(all) >= 0"),
        ("max(0, gross(all) - 5 USD, 0) <= 0", "-gross(all) + 50000000000 >= 0"),
        ("gross(all) + tiers(0; 5 USD: 1%) <= nav", "value(all) - gross(all) - lots(all) >= 0"),
    ] {
        let found = rows(holds, "s256").unwrap_or_else(|e| panic!("{holds}: {e}"));
        assert!(found.iter().any(|r| r == row), "{holds}: {found:?}");
    }
}

/// Constants are told in the unit of what they are added to, though the first of them was a bare zero.
#[test]
fn constants_after_a_zero_are_told_as_money() {
    for (holds, words) in [
        (
            "for g in groups: 0 - gross(g) - 6 USD <= 3 * nav",
            "minus gross exposure of the group plus -6 USD is at most 3 times net asset value of the whole book",
        ),
        (
            "max(0, gross(all), 6 USD) <= nav",
            "the largest of (0 USD; gross exposure of the whole book; 6 USD)",
        ),
        ("0 + gross(all) + 1 USD - 2 USD <= nav", "gross exposure of the whole book plus -1 USD is at most"),
    ] {
        let mandate = Mandate::parse("m.toml", &file(holds)).unwrap_or_else(|e| panic!("{e}"));
        let text = explain(&mandate, None).unwrap_or_else(|e| panic!("{e}"));
        assert!(text.contains(words), "{holds}:\n{text}");
        assert!(!text.contains("000,000"), "{holds}:\n{text}");
    }
}

#[test]
fn text_that_looks_other_than_it_is_is_refused() {
    let good = file("gross(all) <= nav").replace("min_nav", "name = \"Growth fund\"\nmin_nav");
    assert!(Mandate::parse("m.toml", &good).is_ok());
    for (at, what) in [("Growth", "name"), ("a rule", "text"), ("r-1", "id")] {
        for escape in [
            "\\u202E",
            "\\u2066",
            "\\u200F",
            "\\u061C",
            "\\u001B[2J",
            "\\n",
            "\\r",
            "\\t",
            "\\u0085",
            "\\u2028",
            "\\u200B",
            "\\uFEFF",
        ] {
            let text = good.replacen(at, &format!("{at}{escape}x"), 1);
            let error = Mandate::parse("m.toml", &text).map(|_| ()).unwrap_err().to_string();
            assert!(error.contains(&format!("`{what}` has the character U+")), "{what} {escape}: {error}");
            assert!(error.contains("cannot be seen"), "{error}");
        }
        // As it stands, too, and the error does not pass it on.
        let text = good.replacen(at, &format!("{at}\u{202e}x"), 1);
        let error = Mandate::parse("m.toml", &text).map(|_| ()).unwrap_err().to_string();
        assert!(error.contains("U+202E") && !error.contains('\u{202e}'), "{error:?}");
    }
    // Other scripts are text.
    for text in ["Die Brutto\u{fc}berdeckung", "レバレッジは三倍以下", "نسبت بدهی به دارایی", "ceiling ≤ 3×"]
    {
        let text = good.replacen("a rule", text, 1);
        assert!(Mandate::parse("m.toml", &text).is_ok(), "{text}");
    }
}

#[test]
fn underscores_part_thousands() {
    for number in [
        "5_00_0",
        "50_00",
        "5_",
        "5_000_",
        "_5",
        "5__000",
        "1234_567",
        "0.00_01",
        "0.000_0001",
        "5_.5",
        "5._5",
    ] {
        let error = refuse(&format!("gross(all) <= {number} * nav"));
        assert!(error.contains("underscores") || number == "_5", "{number}: {error}");
    }
    for number in ["5", "5000", "5_000", "15_000_000", "123_456.789", "0.000_001", "0.000_000_01", ".5", "5."]
    {
        let text = file(&format!("gross(all) <= {number} * nav"));
        assert!(Mandate::parse("m.toml", &text).is_ok(), "{number}");
    }
    for (number, taken) in [("5_000_000", true), ("5_00_000", false)] {
        let text = file("gross(all) <= nav").replace("1 USD", &format!("{number} USD"));
        assert_eq!(Mandate::parse("m.toml", &text).is_ok(), taken, "{number}");
    }
}

#[test]
fn the_file_is_checked_too() {
    let good = file("gross(all) <= nav");
    assert!(Mandate::parse("m.toml", &good).is_ok());
    for (from, to, why) in [
        ("min_nav = \"1 USD\"\n", "", "missing field `min_nav`"),
        ("1 USD", "1", "not an amount of money"),
        ("1 USD", "0 USD", "at least one unit"),
        ("1 USD", "-5 USD", "at least one unit"),
        ("1 USD", "0.00000000001 USD", "whole number of units"),
        ("1 USD", "nav", "not an amount of money"),
        ("crypto-usd/1", "crypto-usd/9", "unknown risk model"),
        ("min_nav", "colour = 1\nmin_nav", "unknown field `colour`"),
        ("text = ", "txt = ", "unknown field `txt`"),
        ("r-1", "R 1", "not a rule id"),
        ("r-1", "min-nav", "the compiler's own"),
        ("a rule", " ", "`text` says the rule in words"),
        ("min_nav", "shape = \"huge\"\nmin_nav", "unknown shape"),
        ("[[rule]]", "[[rule", "here"),
    ] {
        let text = good.replacen(from, to, 1);
        let error = Mandate::parse("m.toml", &text).map(|_| ()).unwrap_err().to_string();
        assert!(error.contains(why), "{to}: {error}");
    }
    let twice = format!("{good}[[rule]]\nid = \"r-1\"\ntext = \"again\"\nholds = \"nav > 0\"\n");
    assert!(
        Mandate::parse("m.toml", &twice)
            .map(|_| ())
            .unwrap_err()
            .to_string()
            .contains("rule `r-1` is there already")
    );
    let large = format!("{good}#{}", " ".repeat(SIZE_LIMIT));
    assert!(matches!(Mandate::parse("m.toml", &large), Err(MandateError::TooLarge { .. })));
}

#[test]
fn a_string_with_escapes_is_underlined_as_a_whole() {
    let text = file("x").replace("'x'", "\"gross(\\u0061ll) <= 3 * navv\"");
    let error = Mandate::parse("m.toml", &text).map(|_| ()).unwrap_err();
    assert_eq!(error.diagnostic().unwrap().column, 9);
}

#[test]
fn the_rows_of_each_construct() {
    for (holds, wanted) in [
        ("gross(all) <= 3 * nav", vec!["3*value(all) - gross(all) - 3*lots(all) >= 0"]),
        ("nav < 5 USD", vec!["-value(all) - lots(all) + 49999999999 >= 0"]),
        ("assets(all) >= 25% * liabilities(all)", vec!["4*assets(all) - liabilities(all) >= 0"]),
        ("liabilities(all) >= assets(all)", vec!["-2*lots(all) - assets(all) + liabilities(all) >= 0"]),
        ("worst(scenarios, all) <= nav", vec!["value(all) - 2*lots(all) - worst(all) >= 0"]),
        (
            "sum(g in groups: worst(scenarios, g)) <= nav",
            vec!["value(all) - 2*lots(all) - sum of worst over groups >= 0"],
        ),
        ("sum(g in groups: gross(g)) <= nav", vec!["value(all) - gross(all) - lots(all) >= 0"]),
        (
            "for g in groups: gross(g) / nav <= 25%",
            vec!["-4*gross(group) + value(all) - lots(all) >= 0", "value(all) - lots(all) - 1 >= 0"],
        ),
        (
            "sum(u in underlyings: long(u)) <= nav",
            vec![
                "-long(underlying) + x0(underlying) >= 0",
                "value(all) - lots(all) - sum of x0 over underlyings >= 0",
            ],
        ),
        (
            "for v in venues: tiers(gross(v); 0 USD: 1%, 5 USD: 2%) <= nav(v)",
            vec![
                "100*value(venue) - gross(venue) - 100*lots(venue) >= 0",
                "50*value(venue) - gross(venue) - 50*lots(venue) + 25000000000 >= 0",
            ],
        ),
        // Within a limit of 12.34% a row on the witness would be too wide, so the maximum is multiplied out.
        (
            "sum(g in groups: abs(net(g))) <= nav and nav > 0",
            vec![
                "delta(group) - lots(group) + x0(group) >= 0",
                "-delta(group) - lots(group) + x0(group) >= 0",
                "value(all) - lots(all) - sum of x0 over groups >= 0",
                "value(all) - lots(all) - 1 >= 0",
            ],
        ),
    ] {
        let mut found = rows(holds, "s256").unwrap_or_else(|e| panic!("{e}"));
        let mut wanted: Vec<String> = wanted.into_iter().map(str::to_owned).collect();
        found.sort();
        wanted.sort();
        assert_eq!(found, wanted, "{holds}");
    }
}

#[test]
fn a_witness_too_wide_for_a_row_is_multiplied_out() {
    let text = format!(
        "{}[[rule]]\nid = \"r-2\"\ntext = \"a rule\"\nholds = \"for g in groups: abs(net(g)) <= 12.34% * nav\"\n",
        file("sum(g in groups: abs(net(g))) <= nav")
    );
    let mandate = Mandate::parse("m.toml", &text).unwrap();
    let compiled = compile(&mandate, mandate.model, Shape::by_name("l4096").unwrap()).unwrap();
    let texts: Vec<&str> =
        compiled.rows.iter().filter(|r| r.rule == "r-2").map(|r| r.text.as_str()).collect();
    assert_eq!(texts.len(), 2);
    assert!(texts[0].contains("5000*delta(group)"), "{texts:?}");
}

#[test]
fn a_shape_that_is_too_small_is_named_with_those_that_would_do() {
    let error = rows("for i in instruments: gross(i) <= 10% * nav", "m1024").unwrap_err();
    assert!(matches!(error, MandateError::TooSmall(_)));
    let text = error.to_string();
    assert!(
        text.contains("more instrument rows than the 0 of shape `m1024`") && text.contains("`s256` (has 1)"),
        "{text}"
    );
    assert_eq!(
        rows("for i in instruments: gross(i) <= 10% * nav", "s256").unwrap(),
        ["-10*gross(instrument) + value(all) - lots(all) >= 0"]
    );
    let many = (1..=5).map(|n| format!("gross(v) <= {n} * nav")).collect::<Vec<_>>().join(" and ");
    let text = rows(&format!("for v in venues: {many}"), "s256").unwrap_err().to_string();
    assert!(text.contains("more venue rows than the 4") && text.contains("no shape has more"), "{text}");
    let wide = rows("for g in groups: 1234567.890123 * gross(g) <= nav", "s256").unwrap_err().to_string();
    assert!(wide.contains("its slack is 112 bits wide"), "{wide}");
    let never = rows("for g in groups: max(gross(g), 5 USD) <= 3 USD", "s256").unwrap_err().to_string();
    assert!(never.contains("holds for no book"), "{never}");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_text_makes_the_reader_panic(text in "\\PC{0,200}") {
        let _ = Mandate::parse("m.toml", &text);
        let _ = Mandate::parse("m.toml", &file(&text)).map(|m| compile(&m, m.model, Shape::by_name("t32").unwrap()).map(|c| dump(&c)));
    }

    #[test]
    fn no_arrangement_of_words_makes_the_reader_panic(words in proptest::collection::vec(
        proptest::sample::select(vec![
            "gross", "net", "nav", "(", ")", "all", "g", "for", "in", "groups", ":", "<=", ">=", "<", "sum", "max", "abs",
            "tiers", ";", ",", "0 USD", "5%", "3", "*", "/", "+", "-", "worst", "scenarios", "and", "v", "venues", "min",
            "0", "99999999999999999999999999999999999", "0.000000000000000000000000000000000001", "bps", "underlyings",
        ]), 0..40))
    {
        let text = words.join(" ");
        if let Ok(mandate) = Mandate::parse("m.toml", &file(&text)) {
            let _ = compile(&mandate, mandate.model, Shape::by_name("t32").unwrap());
        }
    }
}
