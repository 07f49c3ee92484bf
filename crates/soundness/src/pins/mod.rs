//! Pinned artefacts: what must not change unseen. Text files in `pins/`, one line per value, written by `make pins` and by
//! nothing else; a test compares them with what the program makes now.

mod proofs;
mod transparent;
mod values;

use mandate_statement::{SHAPES, Shape};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

pub use proofs::{mandate, proof_of, verify_stored};
pub use transparent::{STORED as STORED_TRANSPARENT, verify_stored as verify_stored_transparent};
pub use values::relation_digest;

/// Shapes whose development keys are made, and stored proofs verified, in every check. The keys of `l4096` and `o2048` take a minute and
/// more, and are only made where everything is asked for: `make pins-check`.
pub const QUICK_KEYS: [&str; 4] = ["t32", "r64", "s256", "m1024"];

/// The folder of the pins.
pub fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../pins")
}

/// A pinned file: its name, and its values by name, in order.
pub type Files = BTreeMap<String, Vec<(String, String)>>;

/// Every value as the program makes it now; keys of [`QUICK_KEYS`], and of every shape with `all`.
pub fn current(all: bool) -> Files {
    let mut out = values::files(all);
    out.insert("transparent.txt".into(), transparent::values());
    out
}

/// A file as text.
pub fn text(values: &[(String, String)]) -> String {
    values.iter().map(|(name, value)| format!("{name} {value}\n")).collect()
}

/// What `folder` holds differs from `current` in: one sentence per value. Values that `current` does not have because they
/// were not asked for (keys of large shapes) are passed over.
pub fn drift(folder: &Path, current: &Files) -> Vec<String> {
    let mut out = Vec::new();
    for (file, values) in current {
        let path = folder.join(file);
        let Ok(stored) = std::fs::read_to_string(&path) else {
            out.push(format!("pins/{file} is missing"));
            continue;
        };
        let stored: BTreeMap<&str, &str> = stored.lines().filter_map(|line| line.split_once(' ')).collect();
        let now: BTreeMap<&str, &str> = values.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
        for (name, value) in &now {
            match stored.get(name) {
                None => out.push(format!("pins/{file} has no `{name}`, which is now {value}")),
                Some(was) if was != value => {
                    out.push(format!("pins/{file}: `{name}` was {was}, is now {value}"))
                }
                Some(_) => {}
            }
        }
        for name in stored.keys().filter(|n| !now.contains_key(*n) && !n.starts_with("key-")) {
            out.push(format!("pins/{file}: `{name}` is no more"));
        }
    }
    let listed = std::fs::read_dir(folder).into_iter().flatten().flatten();
    for name in listed.map(|f| f.file_name().to_string_lossy().into_owned()) {
        let known = current.contains_key(&name)
            || proofs::is_proof(&name)
            || transparent::is_proof(&name)
            || name == "README.md";
        if !known {
            out.push(format!("pins/{name} belongs to nothing"));
        }
    }
    out
}

/// Writes every file, and a proof on each shape where the stored one does not verify. Without `all`, what takes the keys of large
/// shapes stays as it is stored.
///
/// # Errors
/// Where a file cannot be written.
pub fn write(folder: &Path, all: bool) -> std::io::Result<()> {
    std::fs::create_dir_all(folder)?;
    let store = |shape: &str| std::fs::write(proofs::path(folder, shape), proof_of(shape));
    // Missing ones first: a key that a proof was made with is not made again.
    let asked = |shape: &&Shape| all || QUICK_KEYS.contains(&shape.name);
    for shape in SHAPES.iter().filter(asked).filter(|shape| !proofs::path(folder, shape.name).exists()) {
        store(shape.name)?;
    }
    for (file, values) in current(all) {
        let mut lines = text(&values);
        let stored = std::fs::read_to_string(folder.join(&file)).unwrap_or_default();
        let has = |name: &str| values.iter().any(|(n, _)| n == name);
        for line in stored.lines().filter(|line| line.starts_with("key-")) {
            if line.split_once(' ').is_some_and(|(name, _)| !has(name)) {
                lines.push_str(line);
                lines.push('\n');
            }
        }
        std::fs::write(folder.join(file), lines)?;
    }
    for shape in SHAPES.iter().filter(asked) {
        if verify_stored(folder, shape.name).is_err() {
            store(shape.name)?;
        }
    }
    for shape in STORED_TRANSPARENT {
        if verify_stored_transparent(folder, shape).is_err() {
            std::fs::write(transparent::path(folder, shape), transparent::proof_of(shape))?;
        }
    }
    Ok(())
}

/// How to accept a difference, for the end of a list of them.
pub const HOW: &str =
    "if this is meant, `make pins` writes the new values; say in the commit what changed and why";
