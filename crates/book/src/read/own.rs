//! The project's own JSON form of a book.

use super::check_size;
use crate::error::{BookError, Place, clip};
use crate::json::Json;
use crate::records::{Entry, Records, Row, Side, amount};

/// Reads a book in JSON:
///
/// ```json
/// {
///   "accounts": {
///     "harbour/cross/main": {
///       "positions": [
///         { "instrument": "BTC-PERPETUAL", "quantity": "-250000", "entry_price": "61250.5" },
///         { "instrument": "BTC-27MAR26-70000-C", "quantity": 12.5 }
///       ],
///       "cash": { "USD": "1200000.50", "BTC": "3.25" }
///     }
///   }
/// }
/// ```
///
/// Quantities are signed, in the instrument's unit; numbers may stand in quotes and keep every digit either way. A
/// perpetual or future may have `entry_price` or `entry_cost` (signed as the quantity). An account without anything in it
/// is an account all the same: it will be attested as empty.
///
/// # Errors
/// [`BookError`], with file and line.
pub fn json(file: &str, bytes: &[u8]) -> Result<Records, BookError> {
    check_size(file, bytes)?;
    let document = Json::parse(file, bytes)?;
    let wrong = |at: &Json, why: String| BookError::Form { place: at.place(file), why };
    only(file, &document, &["accounts"])?;
    let accounts = document
        .get("accounts")
        .filter(|a| a.is_object())
        .ok_or_else(|| wrong(&document, "a book is an object with `accounts`, by account name".into()))?;
    let mut records = Records::default();
    for (account, body) in accounts.members() {
        records.declare(account, &body.place(file));
        only(file, body, &["positions", "cash"])?;
        if let Some(positions) = body.get("positions") {
            let items =
                positions.list().ok_or_else(|| wrong(positions, "`positions` must be a list".into()))?;
            for item in items {
                records.rows.push(position(file, account, item)?);
            }
        }
        if let Some(cash) = body.get("cash") {
            if !cash.is_object() {
                return Err(wrong(cash, "`cash` must be an object, symbol to amount".into()));
            }
            for (symbol, value) in cash.members() {
                let place = value.place(file);
                let text = value
                    .number()
                    .ok_or_else(|| wrong(value, format!("cash in `{}` must be a number", clip(symbol))))?;
                records.rows.push(row(account, symbol, amount(text, "quantity", symbol, &place)?, place));
            }
        }
    }
    Ok(records)
}

fn position(file: &str, account: &str, item: &Json) -> Result<Row, BookError> {
    let wrong = |why: String| BookError::Form { place: item.place(file), why };
    only(file, item, &["instrument", "quantity", "entry_cost", "entry_price"])?;
    let instrument = item
        .get("instrument")
        .and_then(Json::text)
        .ok_or_else(|| wrong("a position needs an `instrument`, as text".into()))?;
    let read = |key: &'static str| match item.get(key) {
        None => Ok(None),
        Some(value) => match value.number() {
            Some(text) => amount(text, key, instrument, &value.place(file)).map(Some),
            None => Err(wrong(format!("`{key}` of `{}` must be a number", clip(instrument)))),
        },
    };
    let quantity =
        read("quantity")?.ok_or_else(|| wrong(format!("`{}` needs a `quantity`", clip(instrument))))?;
    let mut row = row(account, instrument, quantity, item.place(file));
    row.entry = match (read("entry_cost")?, read("entry_price")?) {
        (Some(_), Some(_)) => {
            return Err(wrong(format!(
                "`{}` has both an entry cost and an entry price: one of them is enough",
                clip(instrument)
            )));
        }
        (Some(cost), None) => Some(Entry::Cost(cost)),
        (None, Some(price)) => Some(Entry::Price(price)),
        (None, None) => None,
    };
    Ok(row)
}

fn row(account: &str, instrument: &str, quantity: crate::Amount, place: Place) -> Row {
    Row {
        account: account.to_owned(),
        instrument: instrument.to_owned(),
        side: Side::Net,
        quantity,
        entry: None,
        place,
        may_be_idle: false,
    }
}

/// Refuses members that mean nothing here: a misspelt one would be lost without a word.
fn only(file: &str, json: &Json, known: &[&str]) -> Result<(), BookError> {
    let wrong = |at: &Json, why: String| BookError::Form { place: at.place(file), why };
    if !json.is_object() {
        return Err(wrong(json, "an object must stand here".into()));
    }
    match json.members().iter().find(|(key, _)| !known.contains(&key.as_str())) {
        None => Ok(()),
        Some((key, value)) => {
            let known = known.iter().map(|k| format!("`{k}`")).collect::<Vec<_>>().join(", ");
            Err(wrong(value, format!("`{}` means nothing here; known are {known}", clip(key))))
        }
    }
}
