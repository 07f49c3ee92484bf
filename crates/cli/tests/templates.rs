//! `mandate templates`, and mandates that use them.

mod support;
use support::Desk;

const USED: &str = "risk_model = \"crypto-usd/1\"\nmin_nav = \"1 USD\"\n[[use]]\ntemplate = \"leverage/1\"\nid = \"lev\"\ngross = 3\n";

#[test]
fn templates_are_listed_shown_used_and_explained() {
    let mut desk = Desk::new();
    let list = desk.exits(0, &["templates"]);
    assert!(list.contains("leverage/1 ") && list.contains("lending-health/1 "), "{list}");
    let json: serde_json::Value = serde_json::from_str(&desk.ok(&["templates", "--json"])).unwrap();
    let names: Vec<&str> =
        json["templates"].as_array().unwrap().iter().map(|t| t["name"].as_str().unwrap()).collect();
    assert!(names.len() >= 18 && names.is_sorted(), "{names:?}");
    assert!(json["data"][0]["valid_until"].is_string());

    let one = desk.exits(0, &["templates", "leverage"]);
    for words in [
        "formula",
        "covers",
        "leaves out",
        "source",
        "knobs",
        "rules",
        "digest 0x",
        "gross(all) / nav <= {gross}",
    ] {
        assert!(one.contains(words), "{words}: {one}");
    }
    let json: serde_json::Value =
        serde_json::from_str(&desk.ok(&["templates", "leverage/1", "--json"])).unwrap();
    assert!(one.contains(json["digest"].as_str().unwrap()), "one digest everywhere");
    assert!(desk.exits(2, &["templates", "leverge"]).contains("there is no template `leverge`"));

    desk.write("used.toml", USED);
    let json: serde_json::Value = serde_json::from_str(&desk.ok(&["check", "used.toml", "--json"])).unwrap();
    assert_eq!(json["uses"][0]["template"], "leverage/1");
    assert_eq!(json["rules"][1]["holds"], "gross(all) / nav <= 3");
    let words = desk.exits(0, &["explain", "used.toml"]);
    for said in [
        "leverage/1 as `lev`",
        "gross = 3",
        "netting = venue (default)",
        "leaves out: ",
        "back-test: ",
        "kept by",
    ] {
        assert!(words.contains(said), "{said}: {words}");
    }
    desk.exits(0, &["evaluate", "used.toml", "-s", "s.snap", "-b", "lawful.csv"]);
    let broken = desk.exits(1, &["evaluate", "used.toml", "-s", "s.snap", "-b", "unlawful.csv"]);
    assert!(
        broken.contains("template = \"leverage/1\"") && broken.contains("gross(all) / nav <= 3"),
        "{broken}"
    );
    desk.write("wrong.toml", &USED.replace("gross = 3", "gros = 3"));
    assert!(desk.exits(2, &["check", "wrong.toml"]).contains("wrong.toml:6:1"));
}

/// A sheet is refused where the tables of a template are older than the snapshot allows, whatever the day it is made on.
#[test]
fn a_sheet_does_not_stand_on_stale_tables() {
    let mut desk = Desk::new();
    desk.write(
        "tiers.toml",
        "risk_model = \"crypto-usd/1\"\nmin_nav = \"1 USD\"\n[[use]]\ntemplate = \"perp-tier/1\"\ntable = \"binance-btc\"\n",
    );
    desk.exits(0, &["sheet", "tiers.toml", "-s", "s.snap", "-o", "sh"]);
    desk.ok(&["snapshot", "example", "--size", "tiny", "--as-of", "1900000000", "-o", "late.snap"]);
    let found = desk.exits(2, &["sheet", "tiers.toml", "-s", "late.snap", "-o", "sh"]);
    assert!(found.contains("tiers.toml:5:9") && found.contains("older than its stated validity"), "{found}");
}
