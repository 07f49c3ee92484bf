//! `make soundness`: tells every lie, prints the scores, fails if one falls.

use mandate_soundness::{Score, attacks, falls};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

const USAGE: &str = "usage: mandate-soundness [--accept | ATTACK ...]
  Runs the attacks (all of them by default) and compares with the scores on record.
  --accept  takes the scores of this run as the new record: after a change of the circuit, read them first.
            It takes whole runs alone, so it stands without names";

const BEGIN: &str = "<!-- scores: written by `make soundness` -->";
const END: &str = "<!-- end of scores -->";

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

#[allow(clippy::print_stdout, clippy::print_stderr)] // a program for people
fn main() -> ExitCode {
    let mut accept = false;
    let mut named = Vec::new();
    for argument in std::env::args().skip(1) {
        match argument.as_str() {
            "--accept" => accept = true,
            "--help" | "-h" => {
                println!("{USAGE}");
                return ExitCode::SUCCESS;
            }
            name if attacks().any(|a| a.name == name) => named.push(name.to_owned()),
            other => {
                let known: Vec<&str> = attacks().map(|a| a.name).collect();
                eprintln!("no attack is called `{other}`; there are {}\n{USAGE}", known.join(", "));
                return ExitCode::from(2);
            }
        }
    }
    if accept && !named.is_empty() {
        eprintln!("--accept takes the scores of a whole run: name no attacks with it\n{USAGE}");
        return ExitCode::from(2);
    }
    let record = match read_record() {
        Ok(record) => record,
        Err(e) => {
            eprintln!("{e}");
            return ExitCode::from(2);
        }
    };
    let mut scores = Vec::new();
    for attack in attacks().filter(|a| named.is_empty() || named.iter().any(|n| n == a.name)) {
        eprint!("{:<12} ", attack.name);
        let start = Instant::now();
        let score = (attack.run)();
        eprintln!(
            "{:>9} told, {:>9} refused, {:>6} excused, {:>3} believed   {:.1} s",
            score.told,
            score.refused,
            score.excuses(),
            score.believed(),
            start.elapsed().as_secs_f64()
        );
        scores.push(score);
    }
    let mut printed = table(&scores);
    if scores.iter().any(|s| s.name == "deletions") {
        printed.push_str("\nRows left out, by rule (`deletions`):\n\n");
        printed.push_str(&mandate_soundness::circuit::deletions::table());
    }
    println!("{printed}");
    // An accepted run is held against itself: nothing is excused that is believed.
    let fallen = falls(if accept { &scores } else { &record }, &scores, named.is_empty());
    for fall in &fallen {
        eprintln!("FALLEN {fall}");
    }
    if !fallen.is_empty() {
        return ExitCode::FAILURE;
    }
    if named.is_empty()
        && let Err(e) = write_record(&scores, &printed)
    {
        eprintln!("{e}");
        return ExitCode::from(2);
    }
    ExitCode::SUCCESS
}

fn table(scores: &[Score]) -> String {
    let mut out = String::from(
        "| attack | what is tried | lies told | refused | may be believed | also counted: must not fall |\n|---|---|---|---|---|---|\n",
    );
    for s in scores {
        let parts: Vec<String> = s.parts.iter().map(|p| format!("{} {}", p.count, p.what)).collect();
        let (name, what, parts) = (&s.name, &s.what, parts.join("; "));
        let _ =
            writeln!(out, "| `{name}` | {what} | {} | {} | {} | {parts} |", s.told, s.refused, s.excuses());
    }
    let excused: Vec<(&str, &mandate_soundness::Excuse)> =
        scores.iter().flat_map(|s| s.excused.iter().map(move |e| (s.name.as_str(), e))).collect();
    if !excused.is_empty() {
        out.push_str("\nLies that may be believed, with the reason:\n\n");
        for (name, excuse) in excused {
            let _ = writeln!(out, "- `{name}`, {}: {}", excuse.count, excuse.reason);
        }
    }
    out
}

fn record_path() -> PathBuf {
    root().join("crates/soundness/scores.json")
}

fn read_record() -> Result<Vec<Score>, String> {
    let path = record_path();
    let text = std::fs::read_to_string(&path).map_err(|e| format!("{}: {e}", path.display()))?;
    serde_json::from_str(&text).map_err(|e| format!("{}: {e}", path.display()))
}

/// Writes the record and the tables in `docs/soundness.md`, each file whole or not at all.
fn write_record(scores: &[Score], printed: &str) -> Result<(), String> {
    let mut json = serde_json::to_string_pretty(scores).map_err(|e| e.to_string())?;
    json.push('\n');
    replace(&record_path(), &json)?;
    let path = root().join("docs/soundness.md");
    let text = std::fs::read_to_string(&path).map_err(|e| format!("{}: {e}", path.display()))?;
    let (head, rest) =
        text.split_once(BEGIN).ok_or_else(|| format!("{}: the line `{BEGIN}` is gone", path.display()))?;
    let (_, tail) =
        rest.split_once(END).ok_or_else(|| format!("{}: the line `{END}` is gone", path.display()))?;
    replace(&path, &format!("{head}{BEGIN}\n{printed}{END}{tail}"))
}

fn replace(path: &Path, text: &str) -> Result<(), String> {
    let say = |e: &dyn std::fmt::Display| format!("{}: {e}", path.display());
    let folder = path.parent().ok_or_else(|| say(&"has no folder"))?;
    let mut file = tempfile::NamedTempFile::new_in(folder).map_err(|e| say(&e))?;
    std::io::Write::write_all(&mut file, text.as_bytes()).map_err(|e| say(&e))?;
    file.persist(path).map_err(|e| say(&e.error))?;
    Ok(())
}
