//! `docs/public-values.md` has a line for every public field and every event, and no line for anything else.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn read(path: impl AsRef<Path>) -> String {
    std::fs::read_to_string(path).unwrap()
}

/// The fields of every struct of these files that is encoded, as `Struct.field`.
fn fields(text: &str) -> BTreeSet<String> {
    let mut out = BTreeSet::new();
    let mut inside: Option<String> = None;
    let mut encoded = false;
    for line in text.lines() {
        let bare = line.trim();
        if bare.contains("bincode::Encode") {
            encoded = true;
        } else if let Some(rest) = line.strip_prefix("pub struct ") {
            let name = rest.split([' ', '<', '{', '(']).next().unwrap().to_owned();
            let by_hand = text.contains(&format!("impl Encode for {name} "));
            inside = (encoded || by_hand).then_some(name);
            encoded = false;
        } else if line.starts_with("pub enum ") {
            encoded = false;
        } else if line == "}" {
            inside = None;
        } else if let (Some(name), Some(rest)) = (&inside, bare.strip_prefix("pub "))
            && let Some((field, _)) = rest.split_once(':')
        {
            out.insert(format!("{name}.{field}"));
        }
    }
    out
}

fn events(folder: &Path, into: &mut BTreeSet<String>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            events(&path, into);
        } else if path.extension().is_some_and(|e| e == "sol") {
            let text = read(&path);
            let named = text.lines().filter_map(|l| l.trim().strip_prefix("event "));
            into.extend(named.map(|l| l.split('(').next().unwrap().to_owned()));
        }
    }
}

#[test]
fn every_public_value_has_a_line() {
    let statement = root().join("crates/statement/src");
    let mut wanted = BTreeSet::new();
    for entry in std::fs::read_dir(&statement).unwrap() {
        wanted.extend(fields(&read(entry.unwrap().path())));
    }
    // A digest is what it is a digest of.
    wanted.retain(|f| !f.starts_with("Digest."));
    assert!(wanted.len() > 35 && wanted.contains("Bundle.proof"), "the structs are read: {wanted:?}");
    let mut chain = BTreeSet::new();
    events(&root().join("contracts/src"), &mut chain);
    assert!(chain.len() > 12, "the contracts are read: {chain:?}");
    wanted.extend(chain);

    let page = read(root().join("docs/public-values.md"));
    let lines: Vec<&str> = page
        .lines()
        .filter_map(|l| l.strip_prefix("| `")?.split_once("` | ").map(|(name, _)| name))
        .collect();
    let said: BTreeSet<String> = lines.iter().map(|l| (*l).to_owned()).collect();
    assert_eq!(lines.len(), said.len(), "a line stands twice");
    let missing: Vec<_> = wanted.difference(&said).collect();
    let stale: Vec<_> = said.difference(&wanted).collect();
    assert!(missing.is_empty(), "docs/public-values.md lacks {missing:?}");
    assert!(stale.is_empty(), "docs/public-values.md has lines for what does not exist: {stale:?}");
}
