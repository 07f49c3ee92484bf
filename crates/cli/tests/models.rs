//! Mandates of any risk model go the whole way; models are listed, shown, and refused past their day.
#![allow(missing_docs)]

mod support;
use support::{AS_OF, Desk, MANDATE};

/// The mandate of the tests, written for another model.
fn written_for(model: &str) -> String {
    MANDATE.replace("crypto-usd/1", model)
}

#[test]
fn models_are_listed_and_shown() {
    let mut desk = Desk::new();
    let list = desk.ok(&["snapshot", "models"]);
    assert_eq!(list.lines().count(), 20, "{list}");
    assert!(
        list.lines()
            .any(|l| l.starts_with("deribit-pm/1") && l.contains("35 scenarios") && l.contains("o2048"))
    );
    let one = desk.ok(&["snapshot", "models", "derive-pmrm2/1"]);
    for words in [
        "valid for snapshots until 2027-11-21",
        "leaves out: the two skew shocks",
        "lost more than",
        "9 more repeat the first",
    ] {
        assert!(one.contains(words), "{words}:\n{one}");
    }
    assert!(desk.exits(2, &["snapshot", "models", "x/1"]).contains("models are `crypto-usd/1`"));
    let json: serde_json::Value =
        serde_json::from_str(&desk.ok(&["--json", "snapshot", "models", "okx-spot/1"])).unwrap();
    assert_eq!((&json["valid_until"], &json["filled_to"]), (&"2027-11-21".into(), &16.into()));
    assert_eq!(json["scenarios"].as_array().unwrap().len(), 9);
    let weights = desk.ok(&["snapshot", "show", "s.snap", "--slot", "0", "--model", "tims-10/1"]);
    assert_ne!(weights, desk.ok(&["snapshot", "show", "s.snap", "--slot", "0"]));
    assert!(weights.contains("scenario 0: -15%/+0%"), "{weights}");
    desk.exits(2, &["snapshot", "show", "s.snap", "--slot", "0", "--model", "tims-10/2"]);
    assert!(
        desk.exits(2, &["snapshot", "show", "s.snap", "--slot", "0", "--model", "reg-t/1"])
            .contains("columns of shape `t32`")
    );
    assert!(desk.exits(2, &["snapshot", "show", "s.snap", "--runs"]).contains("no strips"));
}

#[test]
fn a_mandate_of_another_model_is_proven() {
    let mut desk = Desk::new();
    desk.write("m.toml", &written_for("aevo-15/1"));
    desk.subject("lawful.csv", "Example Fund", "good");
    assert!(desk.exits(0, &["check", "m.toml"]).contains("aevo-15/1"));
    desk.exits(0, &["evaluate", "m.toml", "-s", "s.snap", "-b", "lawful.csv"]);
    desk.ok(&["sheet", "m.toml", "-s", "s.snap", "-o", "sh"]);
    desk.ok(&["setup", "dev", "--shape", "t32"]);
    desk.ok(&["prove", "m.toml", "-s", "s.snap", "-b", "good", "--accounts", "good.toml", "-o", "p.bundle"]);
    let now = (AS_OF + 600).to_string();
    let verify = |mandate: &'static str| {
        [
            "verify",
            "p.bundle",
            "-m",
            mandate,
            "-s",
            "s.snap",
            "--accounts",
            "good.toml",
            "--allow-dev-key",
            "--now",
        ]
    };
    desk.exits(0, &[&verify("m.toml")[..], &[&now]].concat());
    // The same rules under another model are another statement.
    desk.write("other.toml", &written_for("span-16/1"));
    desk.exits(1, &[&verify("other.toml")[..], &[&now]].concat());
}

#[test]
fn rules_over_other_columns_stand_on_their_models() {
    let mut desk = Desk::new();
    let as_of = AS_OF.to_string();
    desk.ok(&["snapshot", "example", "--size", "strikes", "--as-of", &as_of, "-o", "o.snap"]);
    let shown = desk.ok(&["snapshot", "show", "o.snap"]);
    assert!(
        shown.contains("runs: 8 expiries with 160 strikes on 24 of 128 strips, 24 spare pairs"),
        "{shown}"
    );
    assert!(desk.ok(&["snapshot", "show", "o.snap", "--runs"]).contains("20 strikes, 3 spare pairs"));
    let rule = "[[rule]]\nid = \"own\"\ntext = \"Written options stay within the coins owned\"\nholds = \"short_options(all) + perp_notional(all) <= 2 * owned(all) + held(all)\"\n";
    desk.write("w.toml", &format!("{}{rule}", written_for("deribit-pm/1")));
    let sheet = desk.ok(&["sheet", "w.toml", "-s", "o.snap", "-o", "sh"]);
    assert!(sheet.contains("shape o2048"), "{sheet}");
    desk.exits(0, &["evaluate", "w.toml", "-s", "o.snap", "-b", "lawful.csv"]);
    // The usual model has no such column, and says what it has.
    desk.write("n.toml", &format!("{MANDATE}{rule}"));
    assert!(desk.exits(2, &["check", "n.toml"]).contains("short_options"));
    // A model past its last day weighs nothing.
    let late = 1_830_000_000u64.to_string();
    desk.ok(&["snapshot", "example", "--size", "tiny", "--as-of", &late, "-o", "late.snap"]);
    desk.write("m.toml", &written_for("aevo-15/1"));
    let said = desk.exits(2, &["evaluate", "m.toml", "-s", "late.snap", "-b", "lawful.csv"]);
    assert!(said.contains("m.toml:2:") && said.contains("older than its stated validity"), "{said}");
}
