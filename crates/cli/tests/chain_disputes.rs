//! `mandate chain` after the first day: disputes over data and the bonds behind them, later versions of a mandate, drawn epochs.
//! On a local node; skipped where the node's program is not installed.

mod support;
use mandate_chain::LocalChain;
use serde_json::Value;
use support::node::{FIRST, node};
use support::{AS_OF, Desk, MANDATE};

/// A node, and a desk whose commands go to it.
struct Town {
    node: LocalChain,
    desk: Desk,
}

impl Town {
    /// With contracts deployed as `terms` say; `None` where there is no node to be had.
    fn new(terms: &[&str]) -> Option<Self> {
        let (node, desk, quorum) = node()?;
        let mut town = Self { node, desk };
        town.go(0, "deploy", &[&["--quorum", &quorum], terms].concat());
        Some(town)
    }
    /// Runs a command of the sender's.
    fn go(&mut self, code: i32, command: &str, more: &[&str]) -> String {
        self.by("k", code, command, more)
    }
    fn by(&mut self, sender: &str, code: i32, command: &str, more: &[&str]) -> String {
        let url = self.node.url();
        let on = ["chain", command, "--rpc", &url, "--sender", sender];
        self.desk.exits(code, &[&on[..], more].concat())
    }
    /// Runs a command that sends nothing.
    fn ask(&mut self, code: i32, command: &str, more: &[&str]) -> String {
        let url = self.node.url();
        self.desk.exits(code, &[&["chain", command, "--rpc", &url], more].concat())
    }
    /// The same, read as JSON. What goes to stderr is left out.
    fn json(&mut self, command: &str, more: &[&str]) -> Value {
        let url = self.node.url();
        let out = self.desk.run(&[&["--json", "chain", command, "--rpc", &url], more].concat());
        serde_json::from_slice(&out.stdout).unwrap()
    }
    /// Rehearses: exit code 0, nothing sent.
    fn rehearse(&mut self, command: &str, more: &[&str]) {
        let said = self.go(0, command, &[more, &["--dry-run"]].concat());
        assert!(said.contains("nothing was sent"), "{command}: {said}");
    }
    /// Sets the clock: one block.
    fn wait_until(&self, seconds: u64) {
        mandate_chain::runtime().unwrap().block_on(async {
            let chain = mandate_chain::Chain::connect(&self.node.url(), &self.node.keys()[0]).await.unwrap();
            chain.set_time(seconds).await.unwrap();
        });
    }
    /// The id that `register` or `propose` spoke of.
    fn id_in(said: &str) -> String {
        let at = said.find("mandate id ").unwrap() + "mandate id ".len();
        said[at..].split_whitespace().next().unwrap().to_owned()
    }
}

#[test]
fn nothing_is_decided_without_a_node() {
    let mut desk = Desk::new();
    desk.write_private("k", FIRST);
    let at = format!("0x{}", "11".repeat(20));
    let names = ["keys", "verifier", "mandates", "risks", "beacon", "compliance"];
    let entries: Vec<String> = names.iter().map(|n| format!("\"{n}\": \"{at}\"")).collect();
    desk.write("deployment.json", &format!("{{ \"chain_id\": 31337, {} }}", entries.join(", ")));
    let id = "22".repeat(32);
    let on = ["--rpc", "http://127.0.0.1:1", "--sender", "k"];
    let commands: [&[&str]; 11] = [
        &["propose", "--of", &id, "m.toml", "-s", "s.snap"],
        &["cancel", &id],
        &["pause", &id],
        &["resume", &id],
        &["draw", &id],
        &["demand", &id, "0"],
        &["give", &id, "0", "--trace", "nowhere.json"],
        &["expire", &id, "0"],
        &["reclaim", &id, "0"],
        &["release", &id],
        &["withdraw"],
    ];
    for command in commands {
        desk.exits(2, &[&["chain"][..], command, &on].concat());
        // Without the addresses as well.
        desk.exits(2, &[&["chain"][..], command, &on, &["--deployment", "nowhere.json"]].concat());
    }
    desk.exits(2, &["chain", "versions", "--rpc", "http://127.0.0.1:1", &id]);
    desk.exits(2, &["chain", "part", "--rpc", "http://127.0.0.1:1", &id]);
}

#[test]
fn data_is_asked_for_given_and_missed_and_bonds_follow() {
    let terms = ["--delay", "1h", "--timelock", "0s", "--bond", "1000"];
    let Some(mut town) = Town::new(&terms) else { return };
    town.go(0, "register", &["m.toml", "-s", "s.snap"]);
    let publish =
        ["m.toml", "-s", "s.snap", "--quorum-key", "q", "--trace", "sums.json", "--usable-for", "3h"];
    town.go(0, "publish", &publish);
    let risk = town.json("check", &["m.toml", "-s", "s.snap"])["risk_id"].as_str().unwrap().to_owned();
    let said = town.ask(1, "part", &[&risk]);
    assert!(said.contains("not usable now") && said.contains("bond of 1,000 wei"), "{said}");
    let nothing = "00".repeat(32);
    assert!(town.ask(1, "part", &[&nothing]).contains("is not published"));
    assert!(town.go(2, "demand", &["12", "0"]).contains("64 hex digits"));

    // Asked for, given once, and never again.
    assert!(town.go(1, "give", &[&risk, "0", "--trace", "sums.json"]).contains("nobody waits for chunk 0"));
    town.rehearse("demand", &[&risk, "0"]);
    assert!(town.json("part", &[&risk])["demands"] == 0, "a rehearsal asks for nothing");
    town.go(0, "demand", &[&risk, "0"]);
    assert_eq!(town.json("part", &[&risk])["demands"], 1);
    assert!(town.go(1, "demand", &[&risk, "0"]).contains("asked for already"));
    assert!(town.go(1, "demand", &[&risk, "65536"]).contains("no chunk 65536"));
    let sums = std::fs::read_to_string(town.desk.path("sums.json")).unwrap();
    town.desk.write("other.json", &sums.replacen("\n    \"00", "\n    \"01", 1));
    let said = town.go(2, "give", &[&risk, "0", "--trace", "other.json"]);
    assert!(said.contains("not the partial sums that the quorum signed"), "{said}");
    town.rehearse("give", &[&risk, "0", "--trace", "sums.json"]);
    town.go(0, "give", &[&risk, "0", "--trace", "sums.json"]);
    assert_eq!(town.json("part", &[&risk])["demands"], 0);
    assert!(town.go(1, "demand", &[&risk, "0"]).contains("asked for already"));

    // Somebody else asks, and nobody answers: a quarter of the delay is the time to.
    town.by("q", 0, "demand", &[&risk, "1"]);
    assert!(town.go(1, "expire", &[&risk, "1"]).contains("may still be given"));
    assert!(town.go(1, "reclaim", &[&risk, "1"]).contains("the bond for risk part"));
    town.wait_until(AS_OF + 600 + 1800);
    assert!(town.go(1, "give", &[&risk, "1", "--trace", "sums.json"]).contains("the data was due"));
    town.rehearse("expire", &[&risk, "1"]);
    town.go(0, "expire", &[&risk, "1"]);
    let part = town.json("part", &[&risk]);
    assert_eq!((&part["state"], &part["holds"]), (&"dead".into(), &false.into()));
    assert!(town.go(1, "expire", &[&risk, "1"]).contains("was shown to be wrong"));
    town.rehearse("reclaim", &[&risk, "1"]);
    town.go(0, "reclaim", &[&risk, "1"]);
    // Half the bond and its own go to who asked; the other half and the first demand's to who governs and proposed.
    town.rehearse("withdraw", &[]);
    assert!(town.by("q", 0, "withdraw", &[]).contains("550 wei paid out"));
    assert!(town.go(0, "withdraw", &[]).contains("550 wei paid out"));
    assert!(town.go(1, "withdraw", &[]).contains("nothing is owed"));

    // A part that nobody objects to: its bond is free when its time is over.
    let later = (AS_OF + 1800).to_string();
    town.desk.ok(&["snapshot", "example", "--size", "tiny", "--as-of", &later, "-o", "s.snap"]);
    town.go(0, "publish", &publish);
    let risk = town.json("check", &["m.toml", "-s", "s.snap"])["risk_id"].as_str().unwrap().to_owned();
    town.wait_until(AS_OF + 600 + 2 * 3600);
    town.ask(0, "part", &[&risk]);
    assert!(town.go(1, "release", &[&risk]).contains("the bond for risk part"));
    assert!(town.go(1, "demand", &[&risk, "0"]).contains("data was to be asked for before"));
    town.wait_until(AS_OF + 1800 + 3 * 3600 + 1);
    town.rehearse("release", &[&risk]);
    town.go(0, "release", &[&risk]);
    assert!(town.go(0, "withdraw", &[]).contains("1,000 wei paid out"));
}

#[test]
fn a_new_version_waits_for_the_timelock() {
    let terms = ["--delay", "0s", "--timelock", "1h", "--bond", "0"];
    let Some(mut town) = Town::new(&terms) else { return };
    for (name, limit) in [("two.toml", "<= 2 * nav"), ("four.toml", "<= 4 * nav")] {
        town.desk.write(name, &MANDATE.replace("<= 3 * nav", limit));
    }
    let nothing = "00".repeat(32);
    assert!(town.ask(1, "versions", &[&nothing]).contains("no version is in force"));
    let first = Town::id_in(&town.go(0, "register", &["m.toml", "-s", "s.snap"]));
    let steps = |town: &Town| {
        let entries = std::fs::read_dir(town.desk.folder.path()).unwrap();
        entries.filter(|e| e.as_ref().unwrap().file_name().to_string_lossy().ends_with(".steps")).count()
    };
    assert_eq!(steps(&town), 1, "the deployment's own; that of the registration is done with");
    let next = ["--of", &first, "two.toml", "-s", "s.snap"];
    assert!(town.ask(1, "versions", &[&first]).contains("version 1 waits until"));
    assert!(town.go(1, "propose", &next).contains("no version of mandate"), "not in force yet");
    town.wait_until(AS_OF + 600 + 3700);
    assert!(town.ask(0, "versions", &[&first]).contains("version 1 is in force"));

    town.rehearse("propose", &next);
    let said = town.go(0, "propose", &next);
    let second = Town::id_in(&said);
    assert!(said.contains("version 2 waits until") && second != first, "{said}");
    let other = ["--of", &first, "four.toml", "-s", "s.snap"];
    assert!(town.go(1, "propose", &other).contains("one version at a time"));
    assert_eq!(town.json("versions", &[&first])["versions"]["next"], Value::String(second.clone()));
    assert!(town.by("q", 1, "cancel", &[&first]).contains("owns neither the mandate nor the registry"));
    town.rehearse("cancel", &[&first]);
    town.go(0, "cancel", &[&first]);
    assert!(town.go(1, "cancel", &[&first]).contains("no version of mandate"));
    assert!(town.go(1, "propose", &next).contains("registered already"), "it can never be scheduled again");

    let third = Town::id_in(&town.go(0, "propose", &other));
    let said = town.ask(0, "versions", &[&first]);
    assert!(said.contains("version 1 is in force") && said.contains("version 2 waits"), "{said}");
    town.wait_until(AS_OF + 600 + 2 * 3700);
    let state = town.json("versions", &[&first]);
    assert_eq!(state["versions"]["version"], 2);
    assert_eq!(state["versions"]["in_force"], Value::String(third));
    assert_eq!(state["versions"]["next"], Value::Null);

    assert!(town.by("q", 1, "pause", &[&first]).contains("owns neither"));
    town.rehearse("pause", &[&first]);
    town.ask(0, "versions", &[&first]);
    town.go(0, "pause", &[&first]);
    assert!(town.ask(1, "versions", &[&first]).contains("it is stopped"));
    town.go(0, "resume", &[&first]);
    town.ask(0, "versions", &[&first]);
    assert!(town.go(2, "draw", &[&first]).contains("are not drawn"));
}

/// The agent waits for the draw and attests the book of the drawn instant: the window is zero, so client and contract draw
/// the same second or nothing is attested.
#[test]
fn the_agent_serves_drawn_epochs() {
    let terms = ["--delay", "0s", "--timelock", "0s", "--bond", "0"];
    let Some(mut town) = Town::new(&terms) else { return };
    let start = AS_OF.to_string();
    // The node stands at the end of epoch 0, which counts as none: epoch 1 is the first.
    let schedule = ["--period", "10m", "--start", &start, "--window", "0s", "--drawn", "--max-delay", "2h"];
    let said = town.go(0, "register", &[&["m.toml", "-s", "s.snap"][..], &schedule].concat());
    let mandate = Town::id_in(&said);
    town.desk.subject("lawful.csv", "Example Fund", "old");
    town.go(0, "declare", &["old.toml", "-s", "s.snap"]);
    std::fs::create_dir(town.desk.path("books")).unwrap();
    let watch =
        ["m.toml", "--books", "books", "--accounts", "old.toml", "--shape", "t32", "--poll", "1s", "--steps"];
    let said = town.go(1, "watch", &[&watch[..], &["1"]].concat());
    assert!(said.contains("no epoch after the record's has its instant drawn"), "{said}");
    assert!(town.go(1, "draw", &["--epoch", "1", &mandate]).contains("is not over"));

    town.wait_until(AS_OF + 1200);
    town.rehearse("draw", &[&mandate]);
    assert!(town.go(1, "draw", &[&mandate]).contains("a block to come is named"));
    assert!(town.go(1, "draw", &[&mandate]).contains("waits for block"));
    for later in 1..=3 {
        town.wait_until(AS_OF + 1200 + later);
    }
    let said = town.go(0, "draw", &[&mandate]);
    assert!(said.contains("epoch 1: a book of") && said.contains("its seed was kept"), "{said}");
    let said = town.go(0, "draw", &["--epoch", "1", &mandate]);
    assert!(!said.contains("its seed was kept"), "it is drawn once: {said}");
    let instant: u64 = said.split("a book of ").nth(1).unwrap().split(' ').next().unwrap().parse().unwrap();
    assert!((AS_OF + 600..AS_OF + 1200).contains(&instant));
    let said = town.go(1, "watch", &[&watch[..], &["1"]].concat());
    assert!(said.contains(&format!("no book is of epoch 1, whose drawn instant is {instant}")), "{said}");

    // A second beside the instant is another book; the drawn one is attested.
    for (name, as_of) in [("beside", instant + 1), ("drawn", instant)] {
        town.desk.ok(&[
            "snapshot",
            "example",
            "--size",
            "tiny",
            "--as-of",
            &as_of.to_string(),
            "-o",
            "s.snap",
        ]);
        town.desk.attest("lawful.csv", "Example Fund", name);
        std::fs::copy(town.desk.path("s.snap"), town.desk.path(&format!("{name}/market.snap"))).unwrap();
        town.go(0, "publish", &["m.toml", "-s", "s.snap", "--quorum-key", "q"]);
        std::fs::rename(town.desk.path(name), town.desk.path(&format!("books/{name}"))).unwrap();
    }
    let said = town.go(0, "watch", &[&watch[..], &["4"]].concat());
    assert!(said.contains("epoch 1, book `drawn`: sent") && said.contains("epoch 1: attested"), "{said}");
    let said = town.go(0, "watch", &[&watch[..], &["2"]].concat());
    assert!(said.contains("nothing to do"), "{said}");
}
