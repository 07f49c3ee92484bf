//! `mandate prove --batch`: many books of one mandate and market, under one key.
//!
//! What is true is the folder of bundles. A bundle stands there under its name whole and verified, or not at all: it is written in a
//! folder of its own, synced and renamed. Whatever is started again looks at what stands there, keeps what is a proof of the book at
//! hand, and makes the rest. So there is no journal that could say something else.

use crate::accounts;
use crate::cmd::prove::{Desk, Proven};
use crate::failure::{At, Done, Failure, Outcome as Exit, fail};
use crate::files;
use crate::openings;
use crate::screen::{Screen, seconds};
use crate::sheet::Sheet;
use mandate_prover::{Executor, InProcess, Job, Outcome, Runner};
use mandate_statement::{Bundle, Kind, decode, encode};
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::collections::BTreeSet;
use std::fs::{File, TryLockError};
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use zeroize::Zeroizing;

/// Most books of one batch.
const MOST: usize = 1_000_000;
/// Where bundles are written before they have their name.
const PARTIAL: &str = ".partial";

/// One book of a batch.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Order {
    /// What its bundle is called.
    name: String,
    /// Folder of openings.
    book: PathBuf,
    /// Its subject's declared accounts.
    accounts: PathBuf,
}

/// Reads a batch: a folder of folders, or a list.
pub fn read(path: &Path) -> Result<Vec<Order>, Failure> {
    let mut orders = if path.is_dir() { of_folder(path)? } else { of_list(path)? };
    orders.sort_by(|a, b| a.name.cmp(&b.name));
    if orders.is_empty() {
        return fail(format!(
            "{}: no book; wanted a folder for each, with `accounts.toml` in it",
            path.display()
        ));
    }
    if orders.len() > MOST {
        return fail(format!("{}: {} books; at most {MOST}", path.display(), orders.len()));
    }
    let mut seen = BTreeSet::new();
    for order in &orders {
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
        if order.name.is_empty()
            || order.name.len() > 100
            || order.name.starts_with('.')
            || !order.name.chars().all(plain)
        {
            return fail(format!(
                "{}: a book is named `{}`; names are letters, digits, `-`, `_` and `.`, which does not come first, 100 at most",
                path.display(),
                order.name.escape_debug()
            ));
        }
        // Two that differ in case alone are one file in some systems.
        if !seen.insert(order.name.to_ascii_lowercase()) {
            return fail(format!("{}: two books are named `{}`", path.display(), order.name));
        }
    }
    Ok(orders)
}

fn of_folder(path: &Path) -> Result<Vec<Order>, Failure> {
    let mut orders = Vec::new();
    for entry in std::fs::read_dir(path).at(path.display())? {
        let book = entry.at(path.display())?.path();
        let Some(name) = book.file_name().and_then(|n| n.to_str()).filter(|n| !n.starts_with('.')) else {
            continue;
        };
        if book.is_dir() {
            orders.push(Order { name: name.to_owned(), accounts: book.join("accounts.toml"), book });
        }
    }
    Ok(orders)
}

fn of_list(path: &Path) -> Result<Vec<Order>, Failure> {
    let text = files::read_text(path, 1 << 28)?;
    // Relative paths are relative to the list.
    let base = path.parent().unwrap_or(Path::new(""));
    let mut orders = Vec::new();
    for row in csv::Reader::from_reader(text.as_bytes()).deserialize() {
        let order: Order = row.at(path.display())?;
        orders.push(Order { book: base.join(order.book), accounts: base.join(order.accounts), ..order });
    }
    Ok(orders)
}

/// What became of one book.
enum Fate {
    /// Proven now.
    Proven(Duration),
    /// Its bundle was there already, and verifies.
    Kept,
    /// These rules do not hold: there is no proof.
    Broken(Vec<String>),
    /// Not decided, and why.
    Failed(String),
}

impl Fate {
    const fn is_good(&self) -> bool {
        matches!(self, Self::Proven(_) | Self::Kept)
    }
    const fn word(&self) -> &'static str {
        match self {
            Self::Proven(_) => "proven",
            Self::Kept => "kept",
            Self::Broken(_) => "does not hold",
            Self::Failed(_) => "failed",
        }
    }
    fn text(&self) -> String {
        match self {
            Self::Proven(took) => format!("proven in {}", seconds(*took)),
            Self::Kept => "kept: its bundle was there and verifies".to_owned(),
            Self::Broken(rules) => {
                format!("does not hold: {}; `mandate evaluate` says by how much", rules.join(", "))
            }
            Self::Failed(why) => format!("failed: {why}"),
        }
    }
}

/// Makes the proof of one order.
struct Clerk<'a> {
    desk: &'a Desk<'a>,
    sheet: &'a Sheet,
    out: &'a Path,
}

impl Clerk<'_> {
    fn bundle(&self, order: &Order) -> PathBuf {
        self.out.join(format!("{}.bundle", order.name))
    }
    fn one(&self, order: &Order) -> Result<Fate, Failure> {
        let set = accounts::read(&order.accounts, &self.sheet.snapshot.universe)?;
        let handed = openings::read(&order.book)?;
        let path = self.bundle(order);
        let kept = |bundle: &Bundle| self.desk.is_proof_of(bundle, &handed, &set);
        // Whatever else stands under that name is made anew.
        let there = files::read(&path, Kind::Bundle.limit() as u64 + 1024).ok();
        if there.and_then(|bytes| decode::<Bundle>(Kind::Bundle, &bytes).ok()).is_some_and(|b| kept(&b)) {
            return Ok(Fate::Kept);
        }
        match self.desk.prove_quietly(&handed, &set)? {
            Proven::Broken(rules) => Ok(Fate::Broken(rules.into_iter().map(|(id, _)| id).collect())),
            Proven::Bundle(bundle, took) => {
                let partial = self.out.join(PARTIAL).join(format!("{}.bundle", order.name));
                files::write(&partial, &encode(Kind::Bundle, bundle.as_ref()))?;
                std::fs::rename(&partial, &path).at(path.display())?;
                Ok(Fate::Proven(took))
            }
        }
    }
}

impl Runner for Clerk<'_> {
    type Output = Fate;
    fn run(&self, job: Job) -> Fate {
        let order = serde_json::from_slice(&job.input).map_err(Failure::from);
        order.and_then(|order| self.one(&order)).unwrap_or_else(|why| Fate::Failed(why.0))
    }
}

/// Told to stop, by the keyboard or the system: what is at hand is ended. Told twice: at once.
fn stop_when_told() -> Result<Arc<AtomicBool>, Failure> {
    let stop = Arc::new(AtomicBool::new(false));
    let told = Arc::clone(&stop);
    ctrlc::set_handler(move || {
        if told.swap(true, Ordering::SeqCst) {
            // Nothing is lost by that: bundles have their names only when they are whole.
            std::process::exit(130);
        }
    })?;
    Ok(stop)
}

/// Only one batch writes to a folder at a time. The system takes the lock away with the process.
fn only_one(out: &Path) -> Result<File, Failure> {
    std::fs::create_dir_all(out).at(out.display())?;
    let lock = File::create(out.join(".lock")).at(out.display())?;
    match lock.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            return fail(format!("{}: another batch is writing there", out.display()));
        }
        Err(TryLockError::Error(why)) => return Err(why).at(out.display()),
    }
    // What a batch that was killed had not finished.
    let partial = out.join(PARTIAL);
    if partial.exists() {
        std::fs::remove_dir_all(&partial).at(partial.display())?;
    }
    Ok(lock)
}

/// Proves all of them into `out`.
pub fn run(
    desk: &Desk<'_>,
    sheet: &Sheet,
    orders: &[Order],
    out: &Path,
    in_flight: NonZeroUsize,
    screen: &Screen,
) -> Done {
    let lock = only_one(out)?;
    let stop = stop_when_told()?;
    let start = Instant::now();
    let clerk = Clerk { desk, sheet, out };
    let mut fates: Vec<Option<Fate>> = orders.iter().map(|_| None).collect();
    let (mut ended, mut proven) = (0usize, 0u32);
    let inputs = orders.iter().map(serde_json::to_vec).collect::<Result<Vec<_>, _>>()?;
    let mut jobs = (0..).zip(inputs).map(|(id, input)| Job { id, input: Zeroizing::new(input) });
    InProcess { in_flight }.run(&mut jobs, &clerk, &stop, &mut |id, outcome| {
        let fate = match outcome {
            Outcome::Done(fate) => fate,
            Outcome::Panicked => {
                Fate::Failed("the prover failed on this book; that is a fault of the program".into())
            }
        };
        ended += 1;
        proven += u32::from(matches!(fate, Fate::Proven(_)));
        let rest = orders.len() - ended;
        let left = match u32::try_from(rest) {
            Ok(rest) if rest > 0 && proven > 0 => {
                format!("; {} left", seconds(start.elapsed() / proven * rest))
            }
            _ => String::new(),
        };
        screen.say(format!("  {ended} of {}: {}: {}{left}", orders.len(), orders[id].name, fate.text()));
        fates[id] = Some(fate);
    });
    let partial = out.join(PARTIAL);
    if partial.exists() {
        std::fs::remove_dir_all(&partial).at(partial.display())?;
    }
    drop(lock);
    report(orders, &fates, out, start.elapsed(), screen)
}

fn report(orders: &[Order], fates: &[Option<Fate>], out: &Path, took: Duration, screen: &Screen) -> Done {
    let count = |of: fn(&Fate) -> bool| fates.iter().flatten().filter(|f| of(f)).count();
    let (good, proven) = (count(Fate::is_good), count(|f| matches!(f, Fate::Proven(_))));
    let ended = fates.iter().flatten().count();
    let width = orders.iter().map(|o| o.name.len()).max().unwrap_or(0);
    let stopped = format!(
        "stopped: {} of {} books were not begun; the same command goes on from here",
        orders.len() - ended,
        orders.len()
    );
    if ended < orders.len() && screen.is_json() {
        // One document a run: the error's.
        return fail(stopped);
    }
    let word = |fate: &Option<Fate>| fate.as_ref().map_or("not begun", Fate::word);
    screen.data(
        || {
            let mut lines: Vec<String> = orders
                .iter()
                .zip(fates)
                .filter(|(_, fate)| !fate.as_ref().is_some_and(Fate::is_good))
                .map(|(order, fate)| {
                    let text = fate.as_ref().map_or_else(|| "not begun".to_owned(), Fate::text);
                    format!("{:<width$}  {text}", order.name)
                })
                .collect();
            lines.push(format!(
                "{good} of {} books have their bundle in {}: {proven} proven now in {}, {} kept",
                orders.len(),
                out.display(),
                seconds(took),
                good - proven
            ));
            lines.join("\n")
        },
        || {
            json!({
                "holds": good == orders.len(), "books": orders.len(), "proven": proven, "kept": good - proven,
                "not_begun": orders.len() - ended, "seconds": took.as_secs_f64(),
                "list": orders.iter().zip(fates).map(|(order, fate)| json!({
                    "name": order.name, "fate": word(fate),
                    "rules": match fate { Some(Fate::Broken(rules)) => Some(rules), _ => None },
                    "why": match fate { Some(Fate::Failed(why)) => Some(why), _ => None },
                })).collect::<Vec<_>>(),
            })
        },
    );
    if ended < orders.len() {
        return fail(stopped);
    }
    Ok(if good == orders.len() { Exit::Holds } else { Exit::DoesNotHold })
}
