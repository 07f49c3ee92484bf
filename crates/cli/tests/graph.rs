//! Who may know whom, as README.md draws it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// Our own dependencies of every package, those for tests left aside.
fn graph() -> BTreeMap<String, BTreeSet<String>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let workspace: toml::Table = std::fs::read_to_string(root.join("Cargo.toml")).unwrap().parse().unwrap();
    let mut folders = Vec::new();
    for member in workspace["workspace"]["members"].as_array().unwrap() {
        match member.as_str().unwrap().strip_suffix("/*") {
            Some(all) => {
                folders.extend(std::fs::read_dir(root.join(all)).unwrap().map(|e| e.unwrap().path()))
            }
            None => folders.push(root.join(member.as_str().unwrap())),
        }
    }
    let mut out = BTreeMap::new();
    for folder in folders.iter().filter(|f| f.join("Cargo.toml").exists()) {
        let text = std::fs::read_to_string(folder.join("Cargo.toml")).unwrap();
        let manifest: toml::Table = text.parse().unwrap();
        let name = manifest["package"]["name"].as_str().unwrap().to_owned();
        let mut ours = BTreeSet::new();
        for section in ["dependencies", "build-dependencies"] {
            let keys =
                manifest.get(section).and_then(toml::Value::as_table).into_iter().flat_map(toml::Table::keys);
            ours.extend(keys.filter(|k| k.starts_with("mandate-")).map(|k| k["mandate-".len()..].to_owned()));
        }
        out.insert(name["mandate-".len()..].to_owned(), ours);
    }
    out
}

/// Everything that a package reaches.
fn reach(graph: &BTreeMap<String, BTreeSet<String>>, from: &str) -> BTreeSet<String> {
    let mut out = BTreeSet::new();
    let mut todo = vec![from.to_owned()];
    while let Some(next) = todo.pop() {
        for d in graph.get(&next).into_iter().flatten() {
            if out.insert(d.clone()) {
                todo.push(d.clone());
            }
        }
    }
    out
}

#[test]
fn nobody_knows_more_than_they_may() {
    let graph = graph();
    let names = |list: &[&str]| list.iter().map(|s| (*s).to_owned()).collect::<BTreeSet<_>>();
    assert_eq!(graph["statement"], names(&[]), "the vocabulary knows nobody");
    assert_eq!(graph["checker"], names(&["statement"]), "the checker shares no code with what it checks");
    assert_eq!(
        reach(&graph, "verifier"),
        names(&["checker", "statement"]),
        "the verifier trusts no other crate"
    );
    for stranger in ["policy", "market", "checker", "book", "attest", "prover", "verifier"] {
        assert!(!reach(&graph, "circuits").contains(stranger), "the circuit knows `{stranger}`");
    }
    for stranger in ["circuits", "checker", "prover", "verifier", "rows"] {
        assert!(!reach(&graph, "policy").contains(stranger), "the compiler knows `{stranger}`");
    }
    for stranger in ["policy", "market", "prover", "circuits", "book", "attest"] {
        assert!(!reach(&graph, "chain").contains(stranger), "the chain client knows `{stranger}`");
    }
    for (name, of) in &graph {
        assert!(!of.contains("cli"), "`{name}` depends on the command line");
        let for_tests = ["testing", "soundness", "fuzz"].contains(&name.as_str());
        assert!(!of.contains("testing") || for_tests, "`{name}` has test code in its product");
        assert!(!of.contains("soundness") || for_tests, "`{name}` has test code in its product");
        assert!(!of.contains("fuzz"), "`{name}` has test code in its product");
    }
}

/// The graph in README.md is this one.
#[test]
fn the_readme_draws_this_graph() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let readme = std::fs::read_to_string(root.join("README.md")).unwrap();
    for (name, of) in graph() {
        let list: Vec<String> = of.into_iter().collect();
        let line =
            format!("{name} ──► {}", if list.is_empty() { "nobody".to_owned() } else { list.join(", ") });
        assert!(readme.lines().any(|l| l.trim() == line), "README.md lacks the line `{line}`");
    }
}
