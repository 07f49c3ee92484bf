//! `mandate sheet`.

use crate::failure::{Done, Outcome};
use crate::files;
use crate::screen::{Screen, grouped};
use crate::sheet::Sheet;
use mandate_statement::{InputLayout, Kind, encode};
use serde_json::json;
use std::path::PathBuf;

/// What to compile.
#[derive(clap::Args)]
pub struct Args {
    /// The mandate, a TOML file.
    mandate: PathBuf,
    /// The snapshot.
    #[arg(short, long, value_name = "SNAP")]
    snapshot: PathBuf,
    /// Writes F.rules and F.risk.
    #[arg(short, long, value_name = "F")]
    out: PathBuf,
}

/// Compiles, checks, writes and says what came out.
pub fn run(args: &Args, screen: &Screen) -> Done {
    let (sheet, _) = screen.timed("compiling the sheet", || Sheet::read(&args.mandate, &args.snapshot));
    let sheet = sheet?;
    let file = |extension: &str| {
        let mut name = args.out.as_os_str().to_owned();
        name.push(extension);
        PathBuf::from(name)
    };
    let (rules, risk) = (file(".rules"), file(".risk"));
    files::write(&rules, &encode(Kind::RulesPart, &sheet.compiled.part))?;
    files::write(&risk, &encode(Kind::RiskPart, &sheet.risk))?;
    let layout = InputLayout::of(sheet.shape());
    screen.data(
        || {
            format!(
                "mandate   {}  {}\nrisk part {}  {}\nsnapshot  {}\nuniverse  {}\nshape {}: {} public inputs, of them {} of \
                 the rules part and {} of the risk part\n\nrule to rows, with the worst case of each row over full ranges\n\
                 {}\nthe sheet checker, which shares no code with the compiler, finds nothing wrong\n{}",
                sheet.compiled.part.digest(),
                rules.display(),
                sheet.risk.digest(),
                risk.display(),
                sheet.snapshot.digest(),
                sheet.risk.universe,
                sheet.shape().name,
                grouped(layout.total),
                grouped(sheet.compiled.part.coefficients.len()),
                grouped(sheet.risk.integers(sheet.shape()).len()),
                mandate_policy::dump(&sheet.compiled),
                sheet.report.notes.iter().map(|n| format!("note: {n}\n")).collect::<String>()
            )
        },
        || {
            json!({
                "mandate": sheet.compiled.part.digest(),
                "risk": sheet.risk.digest(),
                "snapshot": sheet.snapshot.digest(),
                "universe": sheet.risk.universe,
                "shape": sheet.shape().name,
                "inputs": layout.total,
                "files": [rules, risk],
                "rules": sheet.compiled.part.rules.iter().map(|r| json!({
                    "id": r.id,
                    "rows": sheet.compiled.rows.iter().filter(|i| r.rows.contains(&i.row)).collect::<Vec<_>>(),
                })).collect::<Vec<_>>(),
                "notes": sheet.report.notes,
            })
        },
    );
    Ok(Outcome::Holds)
}
