//! `mandate-mutants ROOT LIST SKIP CRATE...`: rewrites, in place, every source file of the crates in the tree at ROOT so that each mutant
//! stands behind a switch that is thrown at run time, and writes to LIST what each is. `CRATE` is `folder` or `folder:file,file`.
//! Mutants whose numbers stand in the file SKIP, one a line, are counted and left out: those that do not compile.
//!
//! One mutant is active at a time, so the branch of a mutant holds the original of everything inside it, and the text grows
//! with the depth of an expression and not with its power. `run.py` builds, finds out what compiles, and runs the tests.

mod mutate;

use mutate::Mutator;
use serde_json::json;
use std::collections::HashSet;
use std::path::{Path, PathBuf};

/// The switch, a module at the root of every crate: `MANDATE_MUTANT` is the number of the active one, and where `MANDATE_MUTANT_TRACE`
/// names a file, every number that is asked for is written to it once.
const SWITCH: &str = r#"
#[doc(hidden)]
#[allow(missing_docs, unused)]
pub mod mutant {
    use std::io::Write;
    use std::sync::OnceLock;
    use std::sync::atomic::{AtomicBool, Ordering};
    static ACTIVE: OnceLock<(u32, Option<std::ffi::OsString>)> = OnceLock::new();
    static ASKED: [AtomicBool; 1 << 14] = [const { AtomicBool::new(false) }; 1 << 14];
    pub fn on(id: u32) -> bool {
        let (active, trace) = ACTIVE.get_or_init(|| {
            let number = std::env::var("MANDATE_MUTANT").ok().and_then(|n| n.parse().ok());
            (number.unwrap_or(0), std::env::var_os("MANDATE_MUTANT_TRACE"))
        });
        if let Some(path) = trace {
            if !ASKED[id as usize].swap(true, Ordering::Relaxed) {
                let file = std::fs::OpenOptions::new().append(true).create(true).open(path);
                file.expect("a trace").write_all(format!("{id}\n").as_bytes()).expect("a trace");
            }
        }
        *active == id
    }
}
"#;

fn sources(folder: &Path, out: &mut Vec<PathBuf>) {
    let mut entries: Vec<PathBuf> =
        std::fs::read_dir(folder).expect("a folder").map(|e| e.expect("an entry").path()).collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            // Programs have no crate root with the switch in it.
            if path.file_name().is_some_and(|n| n != "bin") {
                sources(&path, out);
            }
        } else if path.extension().is_some_and(|e| e == "rs")
            && path.file_name().is_some_and(|n| n != "main.rs")
        {
            out.push(path);
        }
    }
}

fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [root, list, skip, crates @ ..] = args.as_slice() else {
        eprintln!("usage: mandate-mutants ROOT LIST SKIP CRATE...");
        std::process::exit(2);
    };
    let skip: HashSet<u32> = std::fs::read_to_string(skip)
        .unwrap_or_default()
        .lines()
        .map(|l| l.parse().expect("a number"))
        .collect();
    let (mut next, mut mutants) = (1, Vec::new());
    for one in crates {
        let (folder, only) = one.split_once(':').unwrap_or((one, ""));
        let src = Path::new(root).join(folder).join("src");
        let mut files = Vec::new();
        sources(&src, &mut files);
        for path in files {
            let inside = path.strip_prefix(&src).expect("below it").display().to_string();
            let chosen = only.is_empty()
                || only.split(',').any(|o| inside == o || inside.starts_with(&format!("{o}/")));
            let text = std::fs::read_to_string(&path).expect("a source file");
            let mut out = if chosen {
                let mut file = syn::parse_file(&text).expect("Rust");
                let mut mutator = Mutator::new(next, &skip);
                mutator.file(&mut file);
                next = mutator.next;
                mutants.extend(mutator.found.into_iter().map(|m| {
                    json!({ "id": m.id, "crate": folder, "file": format!("{folder}/src/{inside}"), "line": m.line,
                            "function": m.function, "change": m.change, "built": !skip.contains(&m.id) })
                }));
                prettyplease::unparse(&file)
            } else {
                text
            };
            if inside == "lib.rs" {
                out.push_str(SWITCH);
            }
            std::fs::write(&path, out).expect("it writes");
        }
    }
    assert!(next < 1 << 14, "more mutants than the switch has room for");
    std::fs::write(list, serde_json::to_string_pretty(&mutants).expect("JSON")).expect("it writes");
}
