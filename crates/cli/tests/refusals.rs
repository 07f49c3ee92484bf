//! What is refused, and with which words.

mod support;
use support::{ACCOUNTS, AS_OF, Desk, text};

/// `attest` of one account of the tiny market, with the rest of the arguments.
fn attest(desk: &mut Desk, code: i32, account: &str, more: &[&str]) -> String {
    if !desk.path("k").exists() {
        desk.ok(&["attest", "new-key", "-o", "k"]);
    }
    let base = ["attest", "-s", "s.snap", "--subject", "Fund", "--key", "k", "--account", account];
    desk.exits(code, &[&base[..], more].concat())
}

#[test]
fn a_declaration_is_of_this_universe_and_every_grade_is_used() {
    let mut desk = Desk::new();
    attest(&mut desk, 0, ACCOUNTS[1], &["--statement", "lawful.csv", "--out", "b"]);
    let declare = |desk: &mut Desk, code, snapshot: &str, grades: &[&str]| {
        let base = ["accounts", "declare", "--subject", "Fund", "-s", snapshot, "b", "-o", "a.toml"];
        let grades: Vec<&str> = grades.iter().flat_map(|g| ["--grade", *g]).collect();
        desk.exits(code, &[&base[..], &grades].concat())
    };
    let said = declare(&mut desk, 2, "s.snap", &["self", "vault/segregated/mian=venue"]);
    assert!(said.contains("no attestation is of account `vault/segregated/mian`"), "{said}");
    assert!(declare(&mut desk, 2, "s.snap", &["self", "venue"]).contains("twice"));
    assert!(!desk.path("a.toml").exists());
    declare(&mut desk, 0, "s.snap", &["self", "vault/segregated/main=venue"]);
    assert!(std::fs::read_to_string(desk.path("a.toml")).unwrap().contains("grade = \"venue\""));
    let as_of = AS_OF.to_string();
    desk.ok(&["snapshot", "example", "--size", "small", "--as-of", &as_of, "-o", "other.snap"]);
    let said = declare(&mut desk, 2, "other.snap", &["self"]);
    assert!(said.contains("universe"), "{said}");
}

#[test]
fn an_account_is_attested_by_the_name_it_has() {
    let mut desk = Desk::new();
    let own = ACCOUNTS[0];
    desk.write("mine.csv", "account,instrument,quantity\n12345,BTC,1\n");
    desk.write("more.csv", "account,instrument,quantity\n12345,USD,1000\n");
    desk.write("other.csv", "account,instrument,quantity\nvault/segregated/main,BTC,1\n");
    let said = attest(&mut desk, 2, own, &["--statement", "mine.csv"]);
    assert!(said.contains("12345") && said.contains("--own-name"), "{said}");
    let said = attest(&mut desk, 2, own, &["--statement", "other.csv", "--own-name", "12345"]);
    assert!(said.contains("another account of the universe"), "{said}");
    assert!(attest(&mut desk, 2, own, &["--statement", "mine.csv", "--own-name", " "]).contains("empty"));
    assert!(desk.exits(2, &["attest", "release", "--key", "k", "--own-name", ""]).contains("empty"));

    // A folder that cannot be made is found before a number is used up.
    let said =
        attest(&mut desk, 2, own, &["--statement", "mine.csv", "--own-name", "12345", "--out", "mine.csv/b"]);
    assert!(said.contains("mine.csv/b"), "{said}");
    let both = ["--statement", "mine.csv", "--statement", "more.csv", "--own-name", "12345", "--out", "b"];
    let said = attest(&mut desk, 0, own, &both);
    assert!(said.contains("sequence   1"), "{said}");
    desk.ok(&["disclose", "account", "--opening", "b/harbour_cross_main.opening", "-o", "d"]);
    let shown = desk.ok(&["disclose", "verify", "d", "-s", "s.snap"]);
    assert!(shown.contains("BTC") && shown.contains("USD"), "{shown}");
    attest(&mut desk, 2, own, &["--statement", "mine.csv", "--statement", "mine.csv", "--own-name", "12345"]);
}

#[test]
fn a_statement_that_does_not_read_says_why() {
    let mut desk = Desk::new();
    desk.write("table.txt", support::LAWFUL);
    desk.write("broken.json", "{\n  \"accounts\": [\n    }\n");
    let evaluate = |desk: &mut Desk, code, book: &str, more: &[&str]| {
        let base = ["evaluate", "m.toml", "-s", "s.snap", "-b", book];
        desk.exits(code, &[&base[..], more].concat())
    };
    assert!(evaluate(&mut desk, 2, "table.txt", &[]).contains("tables must end in .csv"));
    let said = evaluate(&mut desk, 2, "broken.json", &[]);
    assert!(said.contains("broken.json:3: not JSON"), "{said}");

    // Contracts of a size that the report does not say.
    let report =
        "[{\"symbol\": \"BTC/USD:BTC\", \"contracts\": 600, \"side\": \"short\", \"entryPrice\": 60000}]";
    desk.write("venue.json", report);
    let account = ["--account", "harbour/cross/main"];
    let said = evaluate(&mut desk, 2, "venue.json", &account);
    assert!(said.contains("contract size"), "{said}");
    let sized = [&account[..], &["--contract-size", "BTC/USD:BTC=100"]].concat();
    // Read, it is a short of 60,000 dollars against nothing: over by more than that.
    let said = evaluate(&mut desk, 1, "venue.json", &sized);
    assert!(said.contains("over by 60,"), "{said}");
    for wrong in ["BTC", "=1", "BTC=0", "BTC=-1", "BTC=x"] {
        let said =
            evaluate(&mut desk, 2, "venue.json", &[&account[..], &["--contract-size", wrong]].concat());
        assert!(said.contains("wanted NAME=SIZE"), "{said}");
    }
}

#[test]
fn a_key_is_not_made_for_a_reader_who_would_refuse_it() {
    let mut desk = Desk::new();
    desk.subject("lawful.csv", "Fund", "good");
    let prove = ["prove", "m.toml", "-s", "s.snap", "-b", "good", "--accounts"];
    let with =
        |accounts: &'static str, more: &[&'static str]| [&prove[..], &[accounts, "-o", "p"], more].concat();
    assert!(desk.exits(2, &with("good.toml", &["--valid-for", "0s"])).contains("--valid-for"));
    std::fs::rename(desk.path("good/vault_segregated_main.opening"), desk.path("away.opening")).unwrap();
    let said = desk.exits(2, &with("good.toml", &[]));
    assert!(said.contains("`vault/segregated/main` is declared, but there is no opening of it"), "{said}");
    assert!(!desk.path("params").exists(), "accounts are compared before a key is made");
    std::fs::rename(desk.path("away.opening"), desk.path("good/vault_segregated_main.opening")).unwrap();

    desk.ok(&["setup", "dev", "--shape", "t32", "-o", "elsewhere"]);
    desk.ok(&with("good.toml", &["--params", "elsewhere"]));
    let now = (AS_OF + 600).to_string();
    let verify = ["verify", "p", "-m", "m.toml", "-s", "s.snap", "--accounts", "good.toml", "--now", &now];
    let said = desk.exits(2, &verify);
    assert!(said.contains("--allow-dev-key") && !desk.path("params").exists(), "{said}");

    // A disclosure is compared with the whole attestation, and says what it leaves open.
    desk.ok(&["disclose", "account", "--opening", "good/vault_segregated_main.opening", "-o", "one"]);
    let check = |desk: &mut Desk, code, file: &str| {
        desk.exits(code, &["disclose", "verify", file, "-s", "s.snap", "--bundle", "p"])
    };
    let said = check(&mut desk, 0, "one");
    assert!(said.contains("1 of the 3 account(s) declared in the bundle") && said.contains("mandate verify"));
    desk.attest("lawful.csv", "Fund", "again");
    desk.ok(&["disclose", "account", "--opening", "again/vault_segregated_main.opening", "-o", "two"]);
    assert!(check(&mut desk, 1, "two").contains("another commitment"));
    std::fs::remove_dir_all(desk.path("again")).unwrap();
    // A bundle of one account fewer.
    std::fs::remove_file(desk.path("good/vault_segregated_main.opening")).unwrap();
    std::fs::remove_file(desk.path("good/vault_segregated_main.attestation")).unwrap();
    desk.ok(&[
        "accounts",
        "declare",
        "--subject",
        "Fund",
        "-s",
        "s.snap",
        "--grade",
        "venue",
        "good",
        "-o",
        "two.toml",
    ]);
    let base = ["prove", "m.toml", "-s", "s.snap", "-b", "good", "--accounts", "two.toml", "-o", "p"];
    desk.ok(&[&base[..], &["--params", "elsewhere"]].concat());
    assert!(check(&mut desk, 1, "one").contains("not declared in the bundle"));
}

/// An answer that does not reach its reader is no answer.
#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_no_success() {
    let desk = Desk::new();
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let out = std::process::Command::new(env!("CARGO_BIN_EXE_mandate"))
        .args(["check", "m.toml"])
        .current_dir(desk.folder.path())
        .stdout(full)
        .output()
        .unwrap();
    assert_eq!(out.status.code(), Some(2));
    assert!(text(&out).contains("error: stdout: "), "{}", text(&out));
}

/// Whoever altered a proving key could read the book from proofs under it: the folder's key of the default seed is that key or
/// nothing, and any other is named.
#[test]
fn a_proving_key_that_nobody_vouches_for() {
    let mut desk = Desk::new();
    desk.subject("lawful.csv", "Fund", "good");
    desk.ok(&["setup", "dev", "--shape", "t32", "--params", "p", "--seed", "mine"]);
    let mut found = Vec::new();
    support::files(&desk.path("p"), &mut found);
    let own = found.iter().find(|f| f.extension().is_some_and(|e| e == "pk")).expect("a proving key").clone();
    let prove = [
        "prove",
        "m.toml",
        "-s",
        "s.snap",
        "-b",
        "good",
        "--accounts",
        "good.toml",
        "-o",
        "b",
        "--params",
        "p",
    ];
    let out = desk.run(&[&prove[..], &["--seed", "mine"]].concat());
    let said = text(&out);
    assert!(out.status.success() && said.contains("this program does not know the key"), "{said}");
    std::fs::rename(own, desk.path("p/t32.pk")).unwrap();
    std::fs::remove_file(desk.path("b")).unwrap();
    let said = desk.exits(2, &prove);
    assert!(said.contains("p/t32.pk: this is not the development key that the default seed makes"), "{said}");
    assert!(!desk.path("b").exists(), "nothing was proven");
}
