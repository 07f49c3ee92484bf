//! `mandate chain`, every exit code, on a local node; skipped where the node's program is not installed.

#![allow(clippy::print_stderr)] // says what it skips

mod support;
use mandate_chain::{LocalChain, Vault, find_anvil};
use std::path::Path;
use support::{AS_OF, Desk};

/// Private keys of the local node's first two accounts. They are published with the node's program: no secret.
const FIRST: &str = "0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80";
const SECOND: &str = "0x59c6995e998f97a5a0044966f0945389dc9e86dae88c7a8412f4603b6b78690d";

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
    for command in ["status", "watch"] {
        desk.exits(2, &["chain", command, "--of", "nowhere.bundle"]);
    }
    for command in ["check", "attest"] {
        desk.exits(2, &["chain", command, "--sender", "k", "nowhere.bundle"]);
    }
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
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let Ok(program) = find_anvil(&root) else {
        eprintln!("skipped: no local node; run contracts/tools/setup.sh");
        return;
    };
    let node = LocalChain::spawn(&program, Some(AS_OF + 600)).unwrap();
    let url = node.url();
    let mut desk = Desk::new();
    desk.write_private("k", FIRST);
    desk.write_private("q", SECOND);
    let quorum = format!("0x{}", hex::encode(node.keys()[1].address()));
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

    assert!(go(&mut desk, 1, chain("check", &["p.bundle"])).contains("risk part"));
    go(&mut desk, 1, chain("publish", &["m.toml", "-s", "s.snap", "--quorum-key", "k"]));
    go(&mut desk, 0, chain("publish", &["m.toml", "-s", "s.snap", "--quorum-key", "q"]));
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
    go(&mut desk, 1, status("watch", &["--looks", "1"]));
    go(&mut desk, 0, chain("check", &["p.bundle"]));
    go(&mut desk, 0, chain("attest", &["p.bundle"]));
    assert!(go(&mut desk, 1, chain("attest", &["p.bundle"])).contains("attested already"));
    assert!(go(&mut desk, 0, status("status", &[])).contains("mandate id "));
    go(&mut desk, 0, status("watch", &["--looks", "1"]));

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
