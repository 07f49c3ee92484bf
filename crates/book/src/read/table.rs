//! Books as tables.

use super::check_size;
use crate::error::{BookError, Place, clip};
use crate::records::{Entry, Records, Row, Side, amount};
use std::collections::BTreeMap;

const COLUMNS: [&str; 5] = ["account", "instrument", "quantity", "entry_cost", "entry_price"];

/// Reads a book as a comma-separated table with a header:
///
/// ```text
/// account,instrument,quantity,entry_price
/// harbour/cross/main,BTC-PERPETUAL,-250000,61250.5
/// harbour/cross/main,USD,1200000.50,
/// vault/cold/main,,,
/// ```
///
/// Columns `account`, `instrument` and `quantity` must be there, `entry_cost` and `entry_price` may be, in any order. A row
/// with nothing but an account declares it: it will be attested as empty if no other row names it. Empty lines and lines
/// that begin with `#` are skipped.
///
/// # Errors
/// [`BookError`], with file and line.
pub fn csv(file: &str, bytes: &[u8]) -> Result<Records, BookError> {
    check_size(file, bytes)?;
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let mut records = Records::default();
    let mut columns: Option<BTreeMap<&str, usize>> = None;
    let mut width = 0;
    let mut record = csv::StringRecord::new();
    // Line by line: no field spans two lines, and an open quote must not swallow the rows after it.
    for (line, text) in (1..).zip(bytes.split(|b| *b == b'\n')) {
        let text = text.trim_ascii();
        if text.is_empty() || text.starts_with(b"#") {
            continue;
        }
        let quotes = text.iter().filter(|b| **b == b'"').count();
        let mut reader = csv::ReaderBuilder::new()
            .has_headers(false)
            .trim(csv::Trim::All)
            .buffer_capacity(text.len())
            .from_reader(text);
        // The library's own words may quote the line.
        if !quotes.is_multiple_of(2) || !matches!(reader.read_record(&mut record), Ok(true)) {
            return Err(form(file, line, "this is not UTF-8 text with comma-separated fields".into()));
        }
        let Some(columns) = &columns else {
            columns = Some(header(file, line, &record)?);
            width = record.len();
            continue;
        };
        if record.len() != width {
            return Err(form(
                file,
                line,
                format!("{} fields, the header has {width}: every row needs as many", record.len()),
            ));
        }
        let place = Place::new(file, line);
        let field = |name: &str| columns.get(name).and_then(|i| record.get(*i)).filter(|t| !t.is_empty());
        let Some(account) = field("account") else {
            return Err(form(file, line, "the account is empty".into()));
        };
        records.declare(account, &place);
        if COLUMNS[1..].iter().all(|name| field(name).is_none()) {
            continue;
        }
        let Some(instrument) = field("instrument") else {
            return Err(form(file, line, "the instrument is empty".into()));
        };
        let read = |name: &'static str| field(name).map(|t| amount(t, name, instrument, &place)).transpose();
        let Some(quantity) = read("quantity")? else {
            return Err(form(file, line, format!("the quantity of `{}` is empty", clip(instrument))));
        };
        let entry = match (read("entry_cost")?, read("entry_price")?) {
            (Some(_), Some(_)) => {
                let why = "has both an entry cost and an entry price: one of them is enough";
                return Err(form(file, line, format!("`{}` {why}", clip(instrument))));
            }
            (Some(cost), None) => Some(Entry::Cost(cost)),
            (None, Some(price)) => Some(Entry::Price(price)),
            (None, None) => None,
        };
        records.rows.push(Row {
            account: account.to_owned(),
            instrument: instrument.to_owned(),
            side: Side::Net,
            quantity,
            entry,
            place,
            may_be_idle: false,
        });
    }
    if columns.is_none() {
        return Err(form(file, 1, WANTED.into()));
    }
    Ok(records)
}

const WANTED: &str = "the first line must be a header: `account`, `instrument`, `quantity`, and perhaps `entry_cost` or `entry_price`";

fn form(file: &str, line: u64, why: String) -> BookError {
    BookError::Form { place: Place::new(file, line), why }
}

/// The columns by name. A line that is no header may be a row, so nothing of it is quoted.
fn header(
    file: &str,
    line: u64,
    record: &csv::StringRecord,
) -> Result<BTreeMap<&'static str, usize>, BookError> {
    let mut columns = BTreeMap::new();
    for (i, name) in record.iter().enumerate() {
        let Some(known) = COLUMNS.iter().find(|c| c.eq_ignore_ascii_case(name)) else {
            return Err(form(file, line, format!("column {} is not known; {WANTED}", i + 1)));
        };
        if columns.insert(*known, i).is_some() {
            return Err(form(file, line, format!("column `{known}` stands twice")));
        }
    }
    match COLUMNS[..3].iter().find(|c| !columns.contains_key(**c)) {
        Some(missing) => Err(form(file, line, format!("column `{missing}` is missing; {WANTED}"))),
        None => Ok(columns),
    }
}
