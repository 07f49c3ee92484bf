//! `mandate evaluate`: private. Nothing here leaves the machine.

use crate::book::{Holdings, holdings, report_lines};
use crate::failure::{Done, Failure, Outcome, fail};
use crate::place;
use crate::screen::{Screen, grouped};
use crate::sheet::Sheet;
use mandate_book::read::VenueOptions;
use mandate_book::{Options, Rounding};
use mandate_market::Snapshot;
use mandate_policy::{Mandate, Verdict, evaluate};
use serde_json::json;
use std::fmt::Write as _;
use std::path::PathBuf;

/// What to evaluate.
#[derive(clap::Args)]
pub struct Args {
    /// The mandate, a TOML file.
    mandate: PathBuf,
    /// The snapshot.
    #[arg(short, long, value_name = "SNAP")]
    snapshot: PathBuf,
    /// The book: CSV, JSON, a venue's report, or a folder of openings.
    #[arg(short, long)]
    book: PathBuf,
    /// Which account a venue's report is of.
    #[arg(long)]
    account: Option<String>,
    #[command(flatten)]
    reading: Reading,
}

/// Choices that whoever reads a statement makes in the open.
#[derive(clap::Args, Clone)]
pub struct Reading {
    /// Round balances that are finer than their lot down; refused otherwise.
    #[arg(long)]
    pub round: bool,
    /// Leave out owned assets that the universe does not list or price; refused otherwise.
    #[arg(long)]
    pub ignore_unlisted_assets: bool,
    /// How large one contract is, by the venue's own name, where a venue's report counts contracts and does not say (may be
    /// repeated).
    #[arg(long, value_name = "NAME=SIZE")]
    pub contract_size: Vec<String>,
}

impl Reading {
    /// As the book reader takes them.
    pub fn options(&self) -> Options {
        Options {
            rounding: if self.round { Rounding::Down } else { Options::default().rounding },
            ignore_unlisted_assets: self.ignore_unlisted_assets,
        }
    }
    /// As the readers of venues' reports take them.
    ///
    /// # Errors
    /// Where a size is no decimal above zero, or is given twice.
    pub fn venue(&self) -> Result<VenueOptions, Failure> {
        let mut out = VenueOptions::default();
        for text in &self.contract_size {
            let wrong = || Failure(format!("--contract-size {text}: wanted NAME=SIZE, the size above zero"));
            let (name, size) = text.rsplit_once('=').ok_or_else(wrong)?;
            let size = size.parse().map_err(|_| wrong())?;
            if name.is_empty() {
                return Err(wrong());
            }
            if out.contract_sizes.insert(name.to_owned(), size).is_some() {
                return fail(format!("--contract-size {text}: the size of `{name}` is given twice"));
            }
            if size.is_zero() || size.is_negative() {
                return Err(wrong());
            }
        }
        Ok(out)
    }
}

/// Reads every rule over a book, and the net asset value in money units.
pub fn verdicts(sheet: &Sheet, book: &Holdings) -> Result<(Vec<Verdict>, i128), Failure> {
    let list = evaluate(&sheet.mandate, sheet.mandate.model, &sheet.risk, &book.quantities, &book.active)?;
    let totals = mandate_rows::totals(&sheet.risk, sheet.shape(), &book.quantities)?;
    let (value, _) = sheet
        .mandate
        .model
        .column("value")
        .ok_or_else(|| Failure("the risk model has no column `value`".into()))?;
    Ok((list, totals.book[value]))
}

/// Runs it.
pub fn run(args: &Args, screen: &Screen) -> Done {
    let sheet = Sheet::read(&args.mandate, &args.snapshot)?;
    let (book, report) = holdings(
        &args.book,
        args.account.as_deref(),
        &sheet.snapshot,
        sheet.shape(),
        &args.reading.options(),
        &args.reading.venue()?,
    )?;
    report_lines(&report).iter().for_each(|line| screen.say(line));
    let (list, nav) = verdicts(&sheet, &book)?;
    let holds = list.iter().all(|v| v.holds);
    screen.data(
        || table(&sheet.mandate, &sheet.snapshot, &list, nav),
        || {
            json!({
                "holds": holds,
                "nav": nav.to_string(),
                "verdicts": list.iter().map(|v| json!({
                    "verdict": v, "place": place::of(&sheet.snapshot, v),
                })).collect::<Vec<_>>(),
            })
        },
    );
    Ok(if holds { Outcome::Holds } else { Outcome::DoesNotHold })
}

/// A table of verdicts with bars: headroom as a share of net asset value, then every broken rule underlined.
pub fn table(mandate: &Mandate, snapshot: &Snapshot, list: &[Verdict], nav: i128) -> String {
    let mut out = String::new();
    let unit = 10i128.pow(u32::from(mandate.model.money_places));
    let _ = writeln!(out, "net asset value {} {}", grouped(nav / unit), mandate.model.currency);
    let _ = writeln!(out, "\n  rule                     headroom, to the right a full net asset value");
    for verdict in list {
        let mark = if verdict.holds { "✓" } else { "✗" };
        let at = place::of(snapshot, verdict).map_or_else(String::new, |p| format!("  at {p}"));
        let _ = writeln!(
            out,
            "{mark} {:<24} {} {:>24}{at}",
            verdict.id,
            bar(verdict, nav),
            if verdict.headroom.is_some() { verdict.headroom_text.as_str() } else { "-" }
        );
    }
    for verdict in list.iter().filter(|v| !v.holds) {
        let _ = writeln!(out, "\n{}", broken(mandate, snapshot, verdict));
    }
    out
}

/// A broken rule, underlined, with where in words.
pub fn broken(mandate: &Mandate, snapshot: &Snapshot, verdict: &Verdict) -> String {
    let text = verdict.render(mandate);
    match place::of(snapshot, verdict) {
        Some(at) => format!("{text}\nwhere: {at}"),
        None => text,
    }
}

/// Ten cells, an eighth of a cell at a time; what is over the limit grows from the right in the other shade.
fn bar(verdict: &Verdict, nav: i128) -> String {
    const EIGHTHS: [char; 8] = [' ', '▏', '▎', '▍', '▌', '▋', '▊', '▉'];
    const CELLS: usize = 10;
    let headroom: i128 = match &verdict.headroom {
        Some(h) => h.to_string().parse().unwrap_or(if verdict.holds { i128::MAX } else { i128::MIN }),
        None => return " ".repeat(CELLS),
    };
    let share =
        headroom.unsigned_abs().saturating_mul(80).checked_div(nav.unsigned_abs()).unwrap_or(80).min(80);
    let steps = usize::try_from(share).unwrap_or(80);
    if headroom < 0 {
        let cells = steps.div_ceil(8).max(1);
        return format!("{}{}", " ".repeat(CELLS - cells), "░".repeat(cells));
    }
    let mut out = "█".repeat(steps / 8);
    if steps % 8 > 0 {
        out.push(EIGHTHS[steps % 8]);
    }
    let used = steps.div_ceil(8);
    out.push_str(&" ".repeat(CELLS - used));
    out
}
