//! Books as files: a table, JSON, a venue's report, or a folder of openings. Secret.

use crate::failure::{At, Failure, fail};
use crate::openings;
use mandate_book::read::VenueOptions;
use mandate_book::{MarketSlots, Options, Records, Report, read, resolve};
use mandate_market::Snapshot;
use mandate_statement::Shape;
use serde::de::IgnoredAny;
use std::collections::BTreeMap;
use std::path::Path;
use zeroize::Zeroizing;

/// The quantities of every slot, in lots, and which accounts take part. Wiped when dropped.
pub struct Holdings {
    /// One per slot of the shape.
    pub quantities: Zeroizing<Vec<i64>>,
    /// One per account of the shape.
    pub active: Vec<bool>,
}

/// Reads statements: `.csv` is a table of the project's form; JSON is its own form (with `accounts`) or a venue's report of
/// the account that is named, read with what `venue` says of it.
///
/// # Errors
/// With file, and line where there is one.
pub fn records(path: &Path, account: Option<&str>, venue: &VenueOptions) -> Result<Records, Failure> {
    let bytes = Zeroizing::new(crate::files::read(path, read::MAX_BYTES as u64)?);
    let name = path.display().to_string();
    if path.extension().is_some_and(|e| e.eq_ignore_ascii_case("csv")) {
        return Ok(read::csv(&name, &bytes)?);
    }
    // Values are skipped, not kept: only the form and the names at the top are looked at.
    let text = bytes.strip_prefix("\u{feff}".as_bytes()).unwrap_or(&bytes);
    if let Err(why) = serde_json::from_slice::<IgnoredAny>(text) {
        return fail(match text.trim_ascii_start().first() {
            Some(b'{' | b'[') => format!("{name}:{}: not JSON: {why}", why.line()),
            _ => format!("{name}: not JSON; tables must end in .csv"),
        });
    }
    let own = serde_json::from_slice::<BTreeMap<String, IgnoredAny>>(text)
        .is_ok_and(|top| top.contains_key("accounts"));
    if own {
        return Ok(read::json(&name, &bytes)?);
    }
    let Some(account) = account else {
        return fail(format!(
            "{name}: a venue's report does not say which account it is of; name it with --account VENUE/POOL/ENTITY"
        ));
    };
    Ok(read::venue(&name, &bytes, account, venue)?)
}

/// Reads a book, from a file or a folder of openings.
pub fn holdings(
    path: &Path,
    account: Option<&str>,
    snapshot: &Snapshot,
    shape: &'static Shape,
    options: &Options,
    venue: &VenueOptions,
) -> Result<(Holdings, Report), Failure> {
    if path.is_dir() {
        let handed = openings::read(path)?;
        return Ok((of_openings(&handed, snapshot, shape)?, Report::default()));
    }
    let slots = MarketSlots::new(snapshot)?;
    let (book, report) = resolve(&records(path, account, venue)?, &slots, options)?;
    let mut active = vec![false; shape.accounts];
    for a in book.accounts() {
        if let Some(flag) = active.get_mut(usize::from(a.netting_set())) {
            *flag = true;
        }
    }
    Ok((Holdings { quantities: book.quantities(shape.slots), active }, report))
}

/// The quantities that openings open to.
pub fn of_openings(
    handed: &[openings::Handed],
    snapshot: &Snapshot,
    shape: &'static Shape,
) -> Result<Holdings, Failure> {
    let universe = snapshot.universe.digest();
    let mut quantities = Zeroizing::new(vec![0i64; shape.slots]);
    let mut active = vec![false; shape.accounts];
    for one in handed {
        let account = usize::from(one.opening.netting_set);
        let label = snapshot.universe.account_label(account).unwrap_or_else(|| format!("account {account}"));
        if one.opening.universe != universe || one.opening.as_of != snapshot.as_of {
            return fail(format!(
                "the opening of {label} is of another universe or instant than the snapshot (as of {}, wanted {})",
                one.opening.as_of, snapshot.as_of
            ));
        }
        let book = one.opening.book().at(&label)?;
        let range = snapshot.universe.account_slots(account)?;
        if range.start != book.first_slot() || range.len() != book.quantities().len() {
            return fail(format!("the opening of {label} does not fill the slots of that account"));
        }
        quantities[range].copy_from_slice(book.quantities());
        if let Some(flag) = active.get_mut(account) {
            *flag = true;
        }
    }
    Ok(Holdings { quantities, active })
}

/// What was done to a statement beside reading it, one line each. Names, never amounts.
pub fn report_lines(report: &Report) -> Vec<String> {
    let mut out = Vec::new();
    out.extend(report.left_out.iter().map(|x| format!("left out, as the universe does not list it: {x}")));
    out.extend(report.rounded.iter().map(|x| format!("rounded down to the lot: {x}")));
    out.extend(report.notes.iter().map(|x| format!("note: {x}")));
    out
}
