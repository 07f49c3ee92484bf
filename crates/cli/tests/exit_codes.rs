//! Every command with every exit code it has: 0 it holds, 1 it does not, 2 that could not be decided.

mod support;
use support::{AS_OF, Desk};

#[test]
fn commands_without_a_key() {
    let mut desk = Desk::new();
    desk.write("bad.toml", "risk_model = \"crypto-usd/1\"\nmin_nav = \"1 USD\"\n[[rule]]\nid = \"a\"\ntext = \"t\"\nholds = \"gross(all) <= \"\n");
    desk.write("junk", "not a snapshot");

    assert!(desk.exits(0, &["check", "m.toml"]).contains("crypto-usd/1"));
    assert!(desk.exits(2, &["check", "bad.toml"]).contains("bad.toml:6"), "an error names file and line");
    desk.exits(2, &["check", "nowhere.toml"]);
    desk.exits(2, &["check", "m.toml", "--shape", "x9"]);
    assert!(desk.exits(0, &["explain", "m.toml"]).contains("net asset value"));
    desk.exits(2, &["explain", "bad.toml"]);
    desk.exits(2, &["no-such-command", "error: "]);
    desk.exits(0, &["--help"]);

    desk.exits(0, &["snapshot", "show", "s.snap"]);
    desk.exits(0, &["snapshot", "show", "s.snap", "--slots"]);
    desk.exits(0, &["snapshot", "show", "s.snap", "--slot", "0"]);
    desk.exits(2, &["snapshot", "show", "s.snap", "--slot", "9999"]);
    desk.exits(2, &["snapshot", "show", "junk"]);
    desk.exits(2, &["snapshot", "import", "-o", "x.snap"]);
    desk.exits(2, &["snapshot", "import", "--deribit", "junk", "-o", "x.snap"]);
    desk.exits(2, &["snapshot", "compare", "--deribit", "junk"]);
    desk.exits(2, &["snapshot", "example", "--as-of", "1", "-o", "x.snap"]);

    let dump = desk.exits(0, &["sheet", "m.toml", "-s", "s.snap", "-o", "sh"]);
    assert!(desk.path("sh.rules").exists() && desk.path("sh.risk").exists());
    assert!(dump.contains("lev") && dump.contains("worst case"));
    desk.exits(2, &["sheet", "bad.toml", "-s", "s.snap", "-o", "sh"]);

    desk.exits(0, &["evaluate", "m.toml", "-s", "s.snap", "-b", "lawful.csv"]);
    let broken = desk.exits(1, &["evaluate", "m.toml", "-s", "s.snap", "-b", "unlawful.csv"]);
    assert!(broken.contains("rule `lev` does not hold") && broken.contains("over by"));
    desk.exits(2, &["evaluate", "m.toml", "-s", "s.snap", "-b", "nowhere.csv"]);
    desk.write("unknown.csv", "account,instrument,quantity\nharbour/cross/main,NOTHING-PERPETUAL,1\n");
    assert!(
        desk.exits(2, &["evaluate", "m.toml", "-s", "s.snap", "-b", "unknown.csv"]).contains("unknown.csv")
    );
    desk.write("venue.json", "[{\"symbol\": \"BTC/USD:BTC\", \"contracts\": 1}]");
    assert!(desk.exits(2, &["evaluate", "m.toml", "-s", "s.snap", "-b", "venue.json"]).contains("--account"));

    for command in ["new", "contribute", "verify"] {
        assert!(desk.exits(2, &["setup", command]).contains("not in this version"));
    }
    desk.exits(2, &["setup", "dev", "--shape", "x9"]);
    desk.exits(2, &["demo", "--real", "nowhere"]);

    let json = desk.ok(&["--json", "evaluate", "m.toml", "-s", "s.snap", "-b", "lawful.csv"]);
    let value: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(value["holds"], true);
    let out = desk.run(&["check", "nowhere.toml", "--json"]);
    let value: serde_json::Value = serde_json::from_slice(&out.stdout).unwrap();
    assert!(value["error"].is_string());
}

#[test]
fn attestations_and_accounts() {
    let mut desk = Desk::new();
    let address = desk.ok(&["attest", "new-key", "-o", "k"]);
    assert!(address.starts_with("0x"));
    assert!(desk.exits(2, &["attest", "new-key", "-o", "k"]).contains("never overwritten"));
    let base = [
        "attest",
        "--statement",
        "lawful.csv",
        "-s",
        "s.snap",
        "--subject",
        "Fund",
        "--key",
        "k",
        "--out",
        "b",
    ];
    let with = |more: &[&'static str]| [&base[..], more].concat();
    desk.exits(0, &with(&["--account", "vault/segregated/main"]));
    assert!(desk.exits(2, &with(&["--account", "vault/other/main"])).contains("vault/segregated/main"));
    assert!(desk.exits(2, &with(&["--account", "vault/segregated/main", "--sequence", "1"])).contains("1"));
    assert!(desk.exits(2, &["attest", "--statement", "lawful.csv"]).contains("--"));

    desk.exits(
        0,
        &[
            "accounts",
            "declare",
            "--subject",
            "Fund",
            "-s",
            "s.snap",
            "--grade",
            "venue",
            "b",
            "-o",
            "a.toml",
        ],
    );
    desk.exits(0, &["accounts", "show", "a.toml", "-s", "s.snap"]);
    desk.exits(
        2,
        &[
            "accounts",
            "declare",
            "--subject",
            "Other",
            "-s",
            "s.snap",
            "--grade",
            "venue",
            "b",
            "-o",
            "x.toml",
        ],
    );
    desk.exits(
        2,
        &["accounts", "declare", "--subject", "Fund", "-s", "s.snap", "--grade", "king", "b", "-o", "x.toml"],
    );
    desk.exits(0, &["accounts", "new", "--subject", "Fund", "-s", "s.snap", "-o", "blank.toml"]);
    assert!(desk.exits(2, &["accounts", "show", "blank.toml", "-s", "s.snap"]).contains("attestor"));
    desk.write("twice.toml", "subject = \"F\"\nversion = 1\nwhat = 1\n");
    desk.exits(2, &["accounts", "show", "twice.toml", "-s", "s.snap"]);
}

#[test]
fn a_book_is_proven_verified_and_disclosed() {
    let mut desk = Desk::new();
    desk.subject("lawful.csv", "Example Fund", "good");
    desk.subject("unlawful.csv", "Reckless Fund", "bad");
    let now = (AS_OF + 600).to_string();
    let late = (AS_OF + 90_000).to_string();
    let prove = ["prove", "m.toml", "-s", "s.snap", "-b"];
    let with = |more: &[&'static str]| [&prove[..], more].concat();

    let broken = desk.exits(1, &with(&["bad", "--accounts", "bad.toml", "-o", "x.bundle"]));
    assert!(
        broken.contains("rule `lev` does not hold")
            && broken.contains("m.toml:7")
            && broken.contains("over by")
    );
    assert!(!desk.path("x.bundle").exists(), "nothing may be written");
    assert!(!desk.path("params").exists(), "the rules are looked at before a key is made");
    let none = desk
        .exits(2, &with(&["good", "--accounts", "good.toml", "--backend", "transparent", "-o", "x.bundle"]));
    assert!(none.contains("has no second commitment"), "{none}");

    desk.exits(0, &["setup", "dev", "--shape", "t32"]);
    desk.exits(0, &with(&["good", "--accounts", "good.toml", "-o", "p.bundle"]));
    desk.exits(0, &with(&["good", "--accounts", "good.toml", "--epoch", "2", "-o", "q.bundle"]));
    desk.exits(2, &with(&["good", "--accounts", "bad.toml", "-o", "x.bundle"]));
    desk.exits(2, &with(&["nowhere", "--accounts", "good.toml", "-o", "x.bundle"]));

    let verify =
        |bundle: &'static str, accounts: &'static str, now: &str, more: &[&'static str]| -> Vec<String> {
            let args =
                ["verify", bundle, "-m", "m.toml", "-s", "s.snap", "--accounts", accounts, "--now", now];
            args.iter().chain(more).map(|s| (*s).to_owned()).collect()
        };
    let go = |desk: &mut Desk, code: i32, args: Vec<String>| {
        let args: Vec<&str> = args.iter().map(String::as_str).collect();
        desk.exits(code, &args)
    };
    let dev: &[&str] = &["--allow-dev-key"];
    let said = go(&mut desk, 0, verify("p.bundle", "good.toml", &now, dev));
    for rule in ["min-nav", "lev", "margin", "direction"] {
        assert!(said.contains(rule), "{rule} is not listed:\n{said}");
    }
    go(&mut desk, 0, verify("p.bundle", "good.toml", &now, &["q.bundle", "--allow-dev-key"]));
    assert!(go(&mut desk, 1, verify("p.bundle", "good.toml", &now, &[])).contains("development key"));
    assert!(go(&mut desk, 1, verify("p.bundle", "good.toml", &late, dev)).contains("expired"));
    assert!(go(&mut desk, 1, verify("p.bundle", "bad.toml", &now, dev)).contains("another subject"));
    let graded =
        go(&mut desk, 1, verify("p.bundle", "good.toml", &now, &["--allow-dev-key", "--min-grade", "venue"]));
    assert!(graded.contains("grade"));
    go(&mut desk, 2, verify("m.toml", "good.toml", &now, dev));
    let mut bytes = std::fs::read(desk.path("p.bundle")).unwrap();
    let last = bytes.len() - 1;
    bytes[last] ^= 1;
    std::fs::write(desk.path("damaged.bundle"), bytes).unwrap();
    assert!(go(&mut desk, 2, verify("damaged.bundle", "good.toml", &now, dev)).contains("damaged"));

    desk.exits(
        0,
        &["disclose", "account", "--opening", "good/vault_segregated_main.opening", "-o", "one.disclosure"],
    );
    desk.exits(0, &["disclose", "all", "-b", "good", "-o", "all.disclosure"]);
    let shown =
        desk.exits(0, &["disclose", "verify", "one.disclosure", "-s", "s.snap", "--bundle", "p.bundle"]);
    assert!(shown.contains("5.54321987"));
    desk.exits(0, &["disclose", "all", "-b", "bad", "-o", "bad.disclosure"]);
    desk.exits(1, &["disclose", "verify", "bad.disclosure", "-s", "s.snap", "--bundle", "p.bundle"]);
    desk.exits(2, &["disclose", "verify", "p.bundle", "-s", "s.snap"]);
    desk.exits(2, &["disclose", "account", "--opening", "nowhere", "-o", "x"]);
}

/// One statement, two proof systems, one file.
#[test]
fn a_book_is_proven_without_a_ceremony() {
    let mut desk = Desk::new();
    desk.subject("lawful.csv", "Example Fund", "good");
    // The numbers of the ledger grow: the second time, the same accounts with a second commitment.
    desk.attest_with("lawful.csv", "Example Fund", "twice", &["--second"]);
    let now = (AS_OF + 600).to_string();
    let prove = ["prove", "m.toml", "-s", "s.snap", "-b", "twice", "--accounts", "good.toml", "--backend"];
    desk.exits(0, &[&prove[..], &["both", "-o", "both.bundle"]].concat());
    desk.exits(0, &[&prove[..], &["transparent", "--epoch", "2", "-o", "two.bundle"]].concat());
    let verify = |bundle| {
        ["verify", bundle, "-m", "m.toml", "-s", "s.snap", "--accounts", "good.toml", "--now", now.as_str()]
    };
    let said = desk.exits(0, &verify("both.bundle"));
    for word in ["without a ceremony", "min-nav", "lev", "attested twice"] {
        assert!(said.contains(word), "{word} is not there:\n{said}");
    }
    desk.exits(0, &[&verify("both.bundle")[..], &["two.bundle"]].concat());
    desk.exits(0, &[&verify("both.bundle")[..], &["--groth16", "--allow-dev-key"]].concat());
    let said = desk.exits(1, &[&verify("both.bundle")[..], &["--groth16", "--params", "params"]].concat());
    assert!(said.contains("development key"), "{said}");
    let said = desk.exits(2, &[&verify("two.bundle")[..], &["--groth16", "--allow-dev-key"]].concat());
    assert!(said.contains("no proof under Groth16"), "{said}");
    desk.exits(0, &[&verify("two.bundle")[..], &["--json"]].concat());
    // Without a second attestation beside it, an opening proves nothing here; nor with another account's.
    let other = desk.path("twice").join("vault_segregated_main.second");
    let kept = std::fs::read(&other).unwrap();
    let mut bytes = kept.clone();
    let last = bytes.len() - 1;
    bytes[last] ^= 1;
    std::fs::write(&other, bytes).unwrap();
    let said = desk.exits(2, &[&prove[..], &["transparent", "-o", "x.bundle"]].concat());
    assert!(said.contains("damaged"), "{said}");
    std::fs::write(&other, kept).unwrap();
    // A parameters' file that somebody altered is hashed again.
    let cache = std::fs::read_dir(desk.path("params")).unwrap().map(|e| e.unwrap().path());
    let cache: Vec<_> = cache.filter(|p| p.extension().is_some_and(|e| e == "params")).collect();
    assert_eq!(cache.len(), 1, "{cache:?}");
    let mut bytes = std::fs::read(&cache[0]).unwrap();
    bytes[77] ^= 1;
    std::fs::write(&cache[0], bytes).unwrap();
    assert!(desk.exits(0, &verify("two.bundle")).contains("hashed again"));
}

#[test]
fn the_demonstration_without_a_chain() {
    let mut desk = Desk::new();
    let said = desk.exits(0, &["demo", "--size", "tiny", "--no-chain"]);
    assert!(said.contains("attempts refused as they must be"), "{said}");
}
