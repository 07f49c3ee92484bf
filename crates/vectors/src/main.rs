//! `make vectors`: computes every vector of a folder and prints how they agree.

use mandate_vectors::report::{Line, Standing, table};
use mandate_vectors::{Agreement, Outcome, models};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

const USAGE: &str = "usage: mandate-vectors [--json] [--write] [--all] [DIR] [STEM ...]
  Computes every vector of the folder DIR (else of $MANDATE_VECTORS, else of ../shared/vectors), or of the files named by
  their stems, and prints per file how many agree; every vector that does not, or cannot be computed, with what it says.
  --json   every vector with every figure, for machines
  --write  takes the table into docs/vectors.md
  --all    every vector with every figure, for people
  Exit 0: nothing disagrees. 1: something does, and is not on record. 2: the run could not be made.";

const BEGIN: &str = "<!-- table: written by `make vectors` -->";
const END: &str = "<!-- end of table -->";

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn folder() -> PathBuf {
    std::env::var_os("MANDATE_VECTORS").map_or_else(|| root().join("../shared/vectors"), PathBuf::from)
}

/// The files of a folder by stem, in order.
fn files(folder: &Path) -> Result<Vec<(String, PathBuf)>, String> {
    let fail = |e: &dyn std::fmt::Display| format!("{}: {e}", folder.display());
    let mut out = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(|e| fail(&e))? {
        let path = entry.map_err(|e| fail(&e))?.path();
        if path.extension().is_some_and(|e| e == "json")
            && let Some(stem) = path.file_stem().and_then(|s| s.to_str())
        {
            out.push((stem.to_owned(), path.clone()));
        }
    }
    out.sort();
    Ok(out)
}

struct Options {
    json: bool,
    write: bool,
    all: bool,
    folder: PathBuf,
    stems: Vec<String>,
}

fn run(options: &Options) -> Result<ExitCode, String> {
    let mut lines = Vec::new();
    let mut outcomes = Vec::new();
    let mut unread = Vec::new();
    for (stem, path) in files(&options.folder)? {
        if !options.stems.is_empty() && !options.stems.contains(&stem) {
            continue;
        }
        let read = std::fs::read_to_string(&path).map_err(|e| e.to_string());
        let value = match read.and_then(|text| mandate_vectors::parse(&text).map_err(|e| e.to_string())) {
            Ok(value) => value,
            Err(e) => {
                unread.push(format!("{}: {e}", path.display()));
                continue;
            }
        };
        let found = models::run(&stem, &value);
        lines.push(Line::of(&stem, &found));
        outcomes.push((stem, found));
    }
    if lines.is_empty() && unread.is_empty() {
        return Err(format!("{}: no vector file", options.folder.display()));
    }
    let table = table(&lines);
    if options.json {
        let files: Vec<serde_json::Value> = outcomes
            .iter()
            .zip(&lines)
            .map(|((_, found), line)| {
                let vectors: Vec<_> = found.iter().map(|o| serde_json::json!({
                    "id": o.id, "model": o.model, "standing": o.standing(), "checks": o.checks, "cannot": o.cannot,
                })).collect();
                serde_json::json!({ "summary": line, "vectors": vectors })
            })
            .collect();
        let total = Line::total(&lines);
        say(&serde_json::json!({ "files": files, "total": total }).to_string());
    } else {
        for (stem, found) in &outcomes {
            found.iter().for_each(|o| print_outcome(stem, o, options.all));
        }
        say(&table);
    }
    if !unread.is_empty() {
        return Err(unread.join("\n"));
    }
    if options.write {
        write(&format!("{table}\n{}", left_out(&outcomes)))?;
    }
    let wrong = outcomes
        .iter()
        .flat_map(|(_, found)| found)
        .filter(|o| o.standing() == Standing::Disagrees && models::on_record(&o.id).is_none())
        .count();
    Ok(if wrong == 0 { ExitCode::SUCCESS } else { ExitCode::from(1) })
}

#[allow(clippy::print_stdout)] // a program for people
fn say(text: &str) {
    println!("{text}");
}

fn print_outcome(stem: &str, outcome: &Outcome, all: bool) {
    let standing = outcome.standing();
    if let Some(why) = &outcome.cannot {
        say(&format!("{stem}: {}: cannot: {}", outcome.id, why.lines().next().unwrap_or_default()));
    }
    if standing == Standing::Disagrees {
        let record = models::on_record(&outcome.id).map(|w| format!(" (on record: {w})")).unwrap_or_default();
        say(&format!("{stem}: {}: disagrees{record}", outcome.id));
    } else if all {
        say(&format!("{stem}: {}: {standing:?}", outcome.id));
    }
    for c in &outcome.checks {
        let wrong = c.agrees == Agreement::No || c.circuit == Some(false);
        if wrong || all {
            let circuit = match c.circuit {
                None => "",
                Some(true) => ", circuit right",
                Some(false) => ", circuit WRONG",
            };
            say(&format!("    {}: expected {}, got {}: {:?}{circuit}", c.what, c.expected, c.got, c.agrees));
        }
    }
}

/// The vectors that cannot be computed or are known to disagree, with the reasons, as Markdown.
fn left_out(outcomes: &[(String, Vec<Outcome>)]) -> String {
    let mut out = String::from("Left out, or on record as in disagreement:\n\n");
    for o in outcomes.iter().flat_map(|(_, found)| found) {
        let why = o.cannot.as_deref().or_else(|| models::on_record(&o.id));
        if let Some(why) = why {
            out.push_str(&format!("- `{}`: {}\n", o.id, why.lines().next().unwrap_or_default()));
        }
    }
    out
}

/// Takes the table into the page, between its marks.
fn write(table: &str) -> Result<(), String> {
    let path = root().join("docs/vectors.md");
    let fail = |e: &dyn std::fmt::Display| format!("{}: {e}", path.display());
    let page = std::fs::read_to_string(&path).map_err(|e| fail(&e))?;
    let (before, rest) = page.split_once(BEGIN).ok_or_else(|| fail(&"no mark where the table begins"))?;
    let (_, after) = rest.split_once(END).ok_or_else(|| fail(&"no mark where the table ends"))?;
    std::fs::write(&path, format!("{before}{BEGIN}\n\n{table}\n{END}{after}")).map_err(|e| fail(&e))
}

#[allow(clippy::print_stderr)] // a program for people
fn main() -> ExitCode {
    let mut options = Options { json: false, write: false, all: false, folder: folder(), stems: Vec::new() };
    for argument in std::env::args().skip(1) {
        match argument.as_str() {
            "--json" => options.json = true,
            "--write" => options.write = true,
            "--all" => options.all = true,
            "--help" | "-h" => {
                say(USAGE);
                return ExitCode::SUCCESS;
            }
            name if models::MODELS.iter().any(|(stem, _)| *stem == name) => {
                options.stems.push(name.to_owned())
            }
            dir if !dir.starts_with('-') => options.folder = PathBuf::from(dir),
            other => {
                eprintln!("`{other}` is not an option\n{USAGE}");
                return ExitCode::from(2);
            }
        }
    }
    run(&options).unwrap_or_else(|e| {
        eprintln!("{e}");
        ExitCode::from(2)
    })
}
