//! What is wrong with a use of a template is said at its line.

use super::*;

fn refusal(uses: &str) -> String {
    let text = format!("risk_model = \"crypto-usd/1\"\nmin_nav = \"1 USD\"\n{uses}");
    Mandate::parse("m.toml", &text).expect_err(uses).to_string()
}

#[test]
fn what_is_wrong_with_a_use_is_said_at_its_line() {
    let lev = |rest: &str| format!("[[use]]\ntemplate = \"leverage/1\"\nid = \"lev\"\n{rest}");
    let caps = |lower: &str, upper: &str| {
        format!(
            "[[use]]\ntemplate = \"perp-open-interest/1\"\nopen_interest = \"9 USD\"\nlower = \"{lower}\"\nupper = \"{upper}\""
        )
    };
    for (uses, place, why, help) in [
        (lev("gros = \"3\""), "m.toml:6:1", "no such knob", "knobs are `gross`"),
        (lev("gross = \"300%\""), "m.toml:6:9", "knob `gross` takes a plain number", "for 300% write 3"),
        (lev("gross = \"3 USD\""), "m.toml:6:9", "knob `gross` takes a plain number", "for example"),
        (lev("gross = 101"), "m.toml:6:9", "knob `gross` is above its range", "from 0 to 100"),
        (lev("gross = -0.5"), "m.toml:6:9", "knob `gross` is below its range", "from 0 to 100"),
        (lev("gross = true"), "m.toml:6:9", "knob `gross` takes a plain number", "for example"),
        (lev("gross = \"3 * nav\""), "m.toml:6:9", "knob `gross` takes a plain number", "for example"),
        (
            lev("netted = 2\nnetting = \"city\""),
            "m.toml:7:11",
            "no option `city`",
            "options are `venue`, `underlying`",
        ),
        (lev(""), "m.toml:4:12", "says nothing", "set at least one of `gross`, `net`, `netted`"),
        (
            "[[use]]\ntemplate = \"leverge/1\"".into(),
            "m.toml:4:12",
            "unknown template",
            "templates are `aifmd`",
        ),
        (
            "[[use]]\ntemplate = \"leverage/7\"".into(),
            "m.toml:4:12",
            "unknown version",
            "there is `leverage/1`",
        ),
        (
            "[[use]]\ntemplate = \"leverage\"".into(),
            "m.toml:4:12",
            "without its version",
            "there is `leverage/1`",
        ),
        ("[[use]]\nid = \"x\"".into(), "m.toml:3:1", "names no template", "mandate templates"),
        ("[[use]]\ntemplate = 3".into(), "m.toml:4:12", "`template` is a text", "leverage/1"),
        (
            "[[use]]\ntemplate = \"perp-tier/1\"".into(),
            "m.toml:4:12",
            "knob `table` of template `perp-tier/1` is not set",
            "`binance-btc`",
        ),
        (
            "[[use]]\ntemplate = \"perp-open-interest/1\"".into(),
            "m.toml:4:12",
            "knob `open_interest` of template `perp-open-interest/1` is not set",
            "at least 0 USD",
        ),
        (
            "[[use]]\ntemplate = \"liquidity/1\"\ncash = 25".into(),
            "m.toml:5:8",
            "takes a percentage",
            "for 25 percent write \"25%\"",
        ),
        (
            "[[use]]\ntemplate = \"liquidity/1\"\nvolume = 25".into(),
            "m.toml:5:10",
            "takes an amount of money",
            "\"25 USD\"",
        ),
        (
            "[[use]]\ntemplate = \"liquidity/1\"\nvolume = \"9 USD\"\ndays = 2.5".into(),
            "m.toml:6:8",
            "takes a whole number",
            "for example \"5\"",
        ),
        (
            "[[use]]\ntemplate = \"liquidity/1\"\ncash = \"10%\"\ndays = 2".into(),
            "m.toml:6:8",
            "no rule that stands here reads it",
            "read by `days`",
        ),
        (lev("gross = 3") + "\n" + &lev("gross = 2"), "m.toml:9:6", "`lev-gross` is there already", "line 5"),
        (
            "[[use]]\ntemplate = \"leverage/1\"\nid = \"Lev\"\ngross = 1".into(),
            "m.toml:5:6",
            "not a rule id",
            "small letters",
        ),
        (
            format!("[[use]]\ntemplate = \"leverage/1\"\nid = \"{}\"\ngross = 1", "x".repeat(35)),
            "m.toml:5:6",
            "over 40 characters",
            "at most 34",
        ),
        (
            "[[rule]]\nid = \"x\"\ntext = \"One exchange\"\nholds = \"nav(deribit) <= 10% * nav\"".into(),
            "m.toml:6:14",
            "`deribit` is not a block in reach",
            "none is named",
        ),
        (lev("gross = \"3\\u200b\""), "m.toml:6:9", "cannot be seen", ""),
        (
            "[[use]]\ntemplate = \"leverage/1\"\nid = \"\"\ngross = 1".into(),
            "m.toml:5:6",
            "the `id` of a use is empty",
            "the template's name",
        ),
        (
            caps("5 USD", "5 USD"),
            "m.toml:7:9",
            "knob `upper` must be above knob `lower`",
            "set `upper` to more",
        ),
        (
            caps("5.1 USD", "5 USD"),
            "m.toml:7:9",
            "knob `upper` must be above knob `lower`",
            "`lower` is 5.1 USD",
        ),
    ] {
        let found = refusal(&uses);
        assert!(found.contains(&format!("--> {place}")), "{uses}: {place}\n{found}");
        assert!(found.contains(why) && found.contains(help), "{uses}: {why}, {help}\n{found}");
    }
}

/// A template that stands on other risk models, and a rule that reads a column which the mandate's model lacks, are one error
/// that names the models that would do.
#[test]
fn the_risk_model_has_what_a_rule_needs() {
    let on = |model: &str, uses: &str| {
        let text = format!("risk_model = \"{model}\"\nmin_nav = \"1 USD\"\n[[use]]\n{uses}");
        Mandate::parse("m.toml", &text).map_err(|e| e.to_string())
    };
    let found = on("perps-basis/1", "template = \"leverage/1\"\ngross = 2").unwrap_err();
    assert!(found.contains("rule `leverage-gross` needs the column `gross`"), "{found}");
    assert!(
        found.contains("m.toml:4:12") && found.contains("  | ^^^^^ not a column of the model"),
        "{found}"
    );
    assert!(
        found.contains("risk models with it are `crypto-usd/1`") && !found.contains("`perps-basis/1`,"),
        "{found}"
    );
    assert!(on("perps-basis/1", "template = \"leverage/1\"\nnet = 2").is_ok(), "another rule of it does");
    let found = on("crypto-usd/1", "template = \"reg-t/1\"\nmethod = \"written\"").unwrap_err();
    assert!(found.contains("does not stand on risk model `crypto-usd/1`"), "{found}");
    assert!(found.contains("m.toml:4:12") && found.contains("it stands on `reg-t/1`"), "{found}");
}

/// Issuers, and coins with a tier table, are columns of the risk model: a mandate that names another is told at its line.
#[test]
fn a_list_of_the_model_is_not_the_mandates() {
    for (model, uses, place, help) in [
        (
            "issuers/1",
            "template = \"issuers/1\"\nissuer = \"9%\"\nfrax = \"5%\"",
            "m.toml:6:1",
            "knobs are `issuer`, `issuers`, `venue`",
        ),
        (
            "perp-tiers/1",
            "template = \"perp-tiers/1\"\nbtc = \"binance-btc-4\"\ndoge = \"binance-sol-4\"",
            "m.toml:6:1",
            "knobs are `btc`, `eth`, `sol`",
        ),
    ] {
        let text = format!("risk_model = \"{model}\"\nmin_nav = \"1 USD\"\n[[use]]\n{uses}");
        let found = Mandate::parse("m.toml", &text).unwrap_err().to_string();
        assert!(found.contains("no such knob") && found.contains(help), "{found}");
        assert!(found.contains(&format!("--> {place}")), "{found}");
    }
    let text = "risk_model = \"issuers/1\"\nmin_nav = \"1 USD\"\n[[rule]]\nid = \"x\"\ntext = \"Frax\"\nholds = \"frax(all) <= 5% * nav\"";
    let found = Mandate::parse("m.toml", text).unwrap_err().to_string();
    assert!(found.contains("there is no `frax`") && found.contains("m.toml:6:10"), "{found}");
    assert!(found.contains("`circle`, `coinbase`, `lido`"), "{found}");
}

/// Both ends of a range are lawful, and nothing past them.
#[test]
fn ranges_hold_their_ends() {
    for (value, lawful) in [("0", true), ("100", true), ("100.000001", false), ("-0.000001", false)] {
        let text = format!(
            "risk_model = \"crypto-usd/1\"\nmin_nav = \"1 USD\"\n[[use]]\ntemplate = \"leverage/1\"\nnet = {value}\n"
        );
        assert_eq!(Mandate::parse("m.toml", &text).is_ok(), lawful, "{value}");
    }
}

/// What goes wrong inside a rule that a template wrote points at the use and quotes the rule.
#[test]
fn an_expanded_rule_is_quoted() {
    let found = refusal("[[use]]\ntemplate = \"basis-book/1\"\nstaked = \"1%\"");
    assert!(found.contains("needs the column `staked`") && found.contains("m.toml:4:12"), "{found}");
    assert!(found.contains("rule `basis-book-staked` reads\n  | staked(all) <= 1% * nav"), "{found}");
    // So does a verdict.
    let mandate = text("examples/templates/leverage.toml").replace("net    = \"1\"", "net    = \"0.01\"");
    let judged = judge("leverage.toml", &mandate, "small", "desk");
    assert_eq!(judged.broken, BTreeSet::from(["lev-net".to_owned()]));
    let line = judged.lines.iter().find(|l| l.starts_with("error")).unwrap();
    assert!(
        line.contains("| template = \"leverage/1\"") && line.contains("  | abs(net(all)) <= 0.01 * nav"),
        "{line}"
    );
}
