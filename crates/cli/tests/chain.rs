//! `mandate chain`, every exit code, on a local node; skipped where the node's program is not installed.

mod support;
use mandate_chain::Vault;
use support::node::{FIRST, node};
use support::{AS_OF, Desk};

#[test]
fn nothing_is_decided_without_a_node() {
    let mut desk = Desk::new();
    desk.write_private("k", FIRST);
    let nowhere = "http://127.0.0.1:1";
    let quorum = "0x70997970C51812dc3A010C7d01b50e0d17dc79C8";
    desk.exits(2, &["chain", "deploy", "--rpc", nowhere, "--sender", "k", "--quorum", quorum]);
    desk.exits(2, &["chain", "deploy", "--rpc", "ftp://x", "--sender", "k", "--quorum", quorum]);
    desk.write_private("bad", "not a key");
    let said = desk.exits(2, &["chain", "deploy", "--rpc", nowhere, "--sender", "bad", "--quorum", quorum]);
    assert!(!said.contains("not a key"), "a key's text is never repeated");
    #[cfg(unix)]
    {
        desk.write("open", FIRST);
        let said =
            desk.exits(2, &["chain", "deploy", "--rpc", nowhere, "--sender", "open", "--quorum", quorum]);
        assert!(said.contains("chmod 600"), "{said}");
    }
    desk.exits(2, &["chain", "status", "--of", "nowhere.bundle"]);
    desk.exits(2, &["chain", "attest", "--sender", "k", "nowhere.bundle"]);
    desk.exits(2, &["chain", "check", "m.toml", "-s", "nowhere.snap"]);
    let watch =
        ["chain", "watch", "m.toml", "--sender", "k", "--books", "nowhere", "--accounts", "nowhere.toml"];
    desk.exits(2, &watch);
    desk.exits(2, &["chain", "confirm", "m.toml", "-s", "nowhere.snap", "--typed-data", "t.json"]);
    desk.exits(
        2,
        &["chain", "challenge", "--sender", "k", "m.toml", "-s", "s.snap", "--trace", "nowhere.json"],
    );
    desk.exits(2, &["chain", "register", "--sender", "k", "m.toml", "-s", "nowhere.snap"]);
    desk.exits(
        2,
        &["chain", "publish", "--sender", "k", "m.toml", "-s", "nowhere.snap", "--quorum-key", "k"],
    );
    desk.exits(2, &["chain", "declare", "--sender", "k", "nowhere.toml", "-s", "s.snap"]);
    desk.exits(2, &["chain", "deposit", "--sender", "k", "--vault", quorum, "--token", quorum, "1"]);
}

#[test]
fn from_deployment_to_deposit() {
    let Some((node, mut desk, quorum)) = node() else { return };
    let url = node.url();
    let on = ["--rpc", url.as_str(), "--sender", "k"];
    let chain = |command: &'static str, more: &[&str]| -> Vec<String> {
        ["chain", command].iter().chain(&on).chain(more).map(|s| (*s).to_owned()).collect()
    };
    let go = |desk: &mut Desk, code: i32, args: Vec<String>| {
        let args: Vec<&str> = args.iter().map(String::as_str).collect();
        desk.exits(code, &args)
    };
    go(&mut desk, 1, chain("deploy", &["--quorum", &quorum, "--threshold", "2"]));
    go(
        &mut desk,
        0,
        chain("deploy", &["--quorum", &quorum, "--delay", "0s", "--timelock", "0s", "--bond", "0"]),
    );
    let once = std::fs::read(desk.path("deployment.json")).unwrap();
    let again = ["--quorum", &quorum, "--delay", "0s", "--timelock", "0s", "--bond", "0"];
    assert!(go(&mut desk, 0, chain("deploy", &again)).contains("6 steps are done"));
    assert_eq!(std::fs::read(desk.path("deployment.json")).unwrap(), once, "nothing is deployed twice");
    let other = ["--quorum", &quorum, "--delay", "5s", "--timelock", "0s", "--bond", "0"];
    assert!(go(&mut desk, 2, chain("deploy", &other)).contains("something else"));
    let dry = ["--quorum", &quorum, "--delay", "0s", "--timelock", "0s", "--dry-run", "-o", "dry.json"];
    assert!(go(&mut desk, 0, chain("deploy", &dry)).contains("nothing was sent"));
    assert!(!desk.path("dry.json").exists());
    desk.subject("lawful.csv", "Example Fund", "good");
    let said = go(&mut desk, 0, chain("register", &["m.toml", "-s", "s.snap"]));
    assert!(said.contains("mandate id ") && said.contains(" under key "), "{said}");
    let said = go(&mut desk, 1, chain("register", &["m.toml", "-s", "s.snap"]));
    assert!(said.contains("registered already") && !said.contains("integers sent"), "{said}");

    let at: serde_json::Value =
        serde_json::from_slice(&std::fs::read(desk.path("deployment.json")).unwrap()).unwrap();
    let registry = at["compliance"].as_str().unwrap().to_owned();
    let prove = |out: &'static str, more: &[&str]| -> Vec<String> {
        let base = ["prove", "m.toml", "-s", "s.snap", "-b", "good", "--accounts", "good.toml", "-o", out];
        base.iter().chain(more).map(|s| (*s).to_owned()).collect()
    };
    go(&mut desk, 0, prove("p.bundle", &["--chain-id", "31337", "--registry", &registry]));
    go(&mut desk, 0, prove("off.bundle", &[]));

    let said = go(&mut desk, 1, chain("attest", &["--dry-run", "p.bundle"]));
    assert!(said.contains("has declared no accounts"), "{said}");
    let check = ["chain", "check", "--rpc", &url, "m.toml", "-s", "s.snap"];
    assert!(desk.exits(1, &check).contains("no: risk part"));
    // What a hardware wallet signs, and a signature that comes back in a file.
    let confirm = ["chain", "confirm", "--rpc", &url, "m.toml", "-s", "s.snap"];
    desk.exits(0, &[&confirm[..], &["--typed-data", "t.json"]].concat());
    let typed: serde_json::Value =
        serde_json::from_slice(&std::fs::read(desk.path("t.json")).unwrap()).unwrap();
    assert_eq!(typed["primaryType"], "Publication");
    assert_eq!(typed["domain"]["verifyingContract"], at["risks"]);
    desk.exits(0, &[&confirm[..], &["--quorum-key", "q", "-o", "q.sig"]].concat());
    go(&mut desk, 1, chain("publish", &["m.toml", "-s", "s.snap", "--quorum-key", "k"]));
    desk.write("bad.sig", "0x12 0x34");
    go(&mut desk, 2, chain("publish", &["m.toml", "-s", "s.snap", "--signature", "bad.sig"]));
    let publish = ["m.toml", "-s", "s.snap", "--signature", "q.sig", "--trace", "sums.json"];
    let said = go(&mut desk, 0, chain("publish", &[&publish[..], &["--dry-run"]].concat()));
    assert!(said.contains("nothing was sent"), "{said}");
    assert!(desk.exits(1, &check).contains("no: risk part"), "a rehearsal publishes nothing");
    go(&mut desk, 0, chain("publish", &publish));
    assert!(desk.exits(0, &check).contains("yes: "));
    // Another market, another mandate: not what is on chain.
    let later = (AS_OF + 60).to_string();
    desk.ok(&["snapshot", "example", "--size", "tiny", "--as-of", &later, "-o", "other.snap"]);
    desk.exits(1, &["chain", "check", "--rpc", &url, "m.toml", "-s", "other.snap"]);
    desk.write("other.toml", &support::MANDATE.replace("<= 3 * nav", "<= 4 * nav"));
    desk.exits(1, &["chain", "check", "--rpc", &url, "other.toml", "-s", "s.snap"]);
    let challenge = chain("challenge", &["m.toml", "-s", "s.snap", "--trace", "sums.json"]);
    assert!(go(&mut desk, 1, challenge.clone()).contains("nothing to challenge"));
    let sums = std::fs::read_to_string(desk.path("sums.json")).unwrap();
    desk.write("sums.json", &sums.replacen("\n    \"00", "\n    \"01", 1));
    assert!(go(&mut desk, 2, challenge).contains("not the partial sums that the quorum signed"));
    go(&mut desk, 0, chain("declare", &["good.toml", "-s", "s.snap"]));
    assert!(go(&mut desk, 1, chain("declare", &["good.toml", "-s", "s.snap"])).contains("version"));
    assert!(go(&mut desk, 2, chain("attest", &["off.bundle"])).contains("chain"));

    let status = |command: &'static str, more: &[&str]| -> Vec<String> {
        ["chain", command, "--rpc", &url, "--of", "p.bundle"]
            .iter()
            .chain(more)
            .map(|s| (*s).to_owned())
            .collect()
    };
    assert!(go(&mut desk, 1, status("status", &[])).contains("has no attestation"));
    go(&mut desk, 1, status("status", &["--every", "1s", "--looks", "1"]));
    assert!(go(&mut desk, 0, chain("attest", &["--dry-run", "p.bundle"])).contains("nothing was sent"));
    assert!(go(&mut desk, 1, status("status", &[])).contains("has no attestation"));
    go(&mut desk, 0, chain("attest", &["p.bundle"]));
    assert!(go(&mut desk, 1, chain("attest", &["p.bundle"])).contains("attested already"));
    assert!(go(&mut desk, 0, status("status", &[])).contains("mandate id "));
    go(&mut desk, 0, status("status", &["--every", "1s", "--looks", "1"]));

    let bundle: mandate_statement::Bundle = mandate_statement::decode(
        mandate_statement::Kind::Bundle,
        &std::fs::read(desk.path("p.bundle")).unwrap(),
    )
    .unwrap();
    let vault = mandate_chain::runtime().unwrap().block_on(async {
        let connected = mandate_chain::Chain::connect(&url, &node.keys()[0]).await.unwrap();
        let part = |name: &str| -> [u8; 20] {
            hex::decode(&at[name].as_str().unwrap()[2..]).unwrap().try_into().unwrap()
        };
        let at = mandate_chain::Deployment {
            chain_id: at["chain_id"].as_u64().unwrap(),
            keys: part("keys"),
            verifier: part("verifier"),
            mandates: part("mandates"),
            risks: part("risks"),
            beacon: part("beacon"),
            compliance: part("compliance"),
        };
        let registries = mandate_chain::Registries::new(connected, at).unwrap();
        let me = registries.chain().sender();
        registries.approve_address(&bundle.context.subject, me, true).await.unwrap();
        registries.link_address(&bundle.context.subject).await.unwrap();
        let mandate = mandate_chain::mandate_id(&bundle.context.mandate, &bundle.context.key);
        let vault = Vault::deploy(&registries, me, &mandate, 86_400).await.unwrap();
        vault.fund(registries.chain(), 1_000).await.unwrap();
        vault
    });
    let hex = |a: &[u8; 20]| format!("0x{}", hex::encode(a));
    let (v, t) = (hex(&vault.vault), hex(&vault.token));
    go(&mut desk, 0, chain("deposit", &["--vault", &v, "--token", &t, "500"]));
    mandate_chain::runtime().unwrap().block_on(async {
        let connected = mandate_chain::Chain::connect(&url, &node.keys()[0]).await.unwrap();
        connected.set_time(AS_OF + 2 * 86_400).await.unwrap();
    });
    assert!(
        go(&mut desk, 1, chain("deposit", &["--vault", &v, "--token", &t, "500"])).contains("valid until")
    );
    go(&mut desk, 1, status("status", &[]));
}

/// The agent attests what is put into its folder, once, and takes up its journal when it is started again.
#[test]
fn the_agent_attests_what_is_in_its_folder() {
    let Some((node, mut desk, quorum)) = node() else { return };
    let url = node.url();
    let chain = |desk: &mut Desk, code: i32, command: &str, more: &[&str]| -> String {
        let on = ["chain", command, "--rpc", &url, "--sender", "k"];
        desk.exits(code, &[&on[..], more].concat())
    };
    let local = ["--quorum", &quorum, "--delay", "0s", "--timelock", "0s", "--bond", "0"];
    chain(&mut desk, 0, "deploy", &local);
    desk.subject("lawful.csv", "Example Fund", "good");
    chain(&mut desk, 0, "register", &["m.toml", "-s", "s.snap"]);
    chain(&mut desk, 0, "declare", &["good.toml", "-s", "s.snap"]);
    std::fs::create_dir(desk.path("books")).unwrap();
    std::fs::create_dir(desk.path("books/empty")).unwrap();
    let agent = ["m.toml", "--books", "books", "--accounts", "good.toml", "--shape", "t32", "--poll", "1s"];
    let watch =
        |desk: &mut Desk, code: i32, more: &[&str]| chain(desk, code, "watch", &[&agent[..], more].concat());

    let said = watch(&mut desk, 1, &["--steps", "2"]);
    assert!(
        said.contains("book `empty` is passed over") && said.contains("a fresh book is wanted"),
        "{said}"
    );
    assert!(watch(&mut desk, 2, &["--steps", "1", "--lead", "2d"]).contains("the lead"));
    assert!(watch(&mut desk, 2, &["--steps", "1", "--listen", "0.0.0.0:0"]).contains("loopback"));

    std::fs::copy(desk.path("s.snap"), desk.path("good/market.snap")).unwrap();
    std::fs::rename(desk.path("good"), desk.path("books/first")).unwrap();
    assert!(watch(&mut desk, 1, &["--steps", "2"]).contains("not published"));
    chain(&mut desk, 0, "publish", &["m.toml", "-s", "s.snap", "--quorum-key", "q"]);
    let said = watch(&mut desk, 0, &["--steps", "5", "--metrics", "agent.prom"]);
    assert!(said.contains("epoch 1, book `first`: sent") && said.contains("epoch 1: attested"), "{said}");
    let metrics = std::fs::read_to_string(desk.path("agent.prom")).unwrap();
    assert!(metrics.contains("mandate_agent_settled_total{outcome=\"attested\"} 1\n"), "{metrics}");
    let said = watch(&mut desk, 0, &["--steps", "2", "--metrics", "agent.prom"]);
    assert!(said.contains("nothing to do"), "{said}");
    assert!(
        std::fs::read_to_string(desk.path("agent.prom")).unwrap().contains("mandate_agent_sends_total 0\n")
    );
    // Another agent's journal, and a damaged one.
    let journal = std::fs::read_to_string(desk.path("watch.journal")).unwrap();
    desk.write("watch.journal", &journal.replacen("31337", "31338", 1));
    assert!(watch(&mut desk, 2, &["--steps", "1"]).contains("line 1"));
    desk.write("watch.journal", &journal);

    // A book that breaks the mandate: nothing is sent for it.
    let later = (AS_OF + 300).to_string();
    desk.ok(&["snapshot", "example", "--size", "tiny", "--as-of", &later, "-o", "s.snap"]);
    desk.attest("unlawful.csv", "Example Fund", "bad");
    std::fs::copy(desk.path("s.snap"), desk.path("bad/market.snap")).unwrap();
    std::fs::rename(desk.path("bad"), desk.path("books/second")).unwrap();
    chain(&mut desk, 0, "publish", &["m.toml", "-s", "s.snap", "--quorum-key", "q"]);
    let urgent = ["--steps", "3", "--lead", "1d", "--max-age", "2d", "--valid-for", "2d"];
    let said = watch(&mut desk, 0, &urgent);
    assert!(said.contains("book `second` breaks the mandate (lev"), "{said}");
    assert!(!said.contains("sent for the first time"), "{said}");
}
