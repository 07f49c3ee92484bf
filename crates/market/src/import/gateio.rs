//! Gate.io: the list of USDT perpetuals.

use super::ImportError;
use super::table::{DIGITS, InputFile};
use crate::instrument::is_symbol;
use crate::price::Price;
use mandate_numeric::Decimal;
use std::collections::BTreeSet;

/// One perpetual. Quantities in this project are coins; the venue counts contracts of `multiplier` coins.
#[derive(Clone, Debug)]
pub struct GatePerpetual {
    /// Symbol of the underlying.
    pub underlying: String,
    /// Symbol of the settlement currency.
    pub currency: String,
    /// Mark, settlement currency per coin.
    pub mark: Price,
    /// Index, settlement currency per coin.
    pub index: Price,
    /// Coins per contract.
    pub multiplier: Price,
    /// Whether the venue is taking it off its list.
    pub delisting: bool,
}

#[derive(serde::Deserialize)]
struct Entry {
    name: String,
    mark_price: String,
    index_price: String,
    quanto_multiplier: String,
    #[serde(default)]
    in_delisting: bool,
}

/// Reads the list: an array of objects with `name` (`BTC_USDT`), `mark_price`, `index_price`, `quanto_multiplier`,
/// `in_delisting`. Inverse contracts (multiplier 0) are left out.
///
/// # Errors
/// [`ImportError`], naming file, entry, key and value.
pub fn read_gateio(file: &InputFile) -> Result<Vec<GatePerpetual>, ImportError> {
    let entries: Vec<Entry> = serde_json::from_slice(&file.bytes).map_err(|e| ImportError::Syntax {
        file: file.name.clone(),
        line: e.line() as u64,
        why: e.to_string(),
    })?;
    let mut seen = BTreeSet::new();
    let mut out = Vec::with_capacity(entries.len());
    for (entry, line) in entries.iter().zip(1..) {
        let wrong = |column: &str, value: &str, wanted: &str| ImportError::Value {
            file: file.name.clone(),
            line,
            column: column.to_owned(),
            value: value.chars().take(80).collect(),
            wanted: wanted.to_owned(),
        };
        let price = |column: &str, text: &str| {
            text.parse::<Decimal>()
                .and_then(|d| Price::significant(d, DIGITS))
                .ok()
                .filter(|p| *p >= Price::ZERO)
                .ok_or_else(|| wrong(column, text, "a decimal number of at least zero"))
        };
        let multiplier = price("quanto_multiplier", &entry.quanto_multiplier)?;
        if multiplier == Price::ZERO {
            continue;
        }
        let Some((underlying, currency)) =
            entry.name.split_once('_').filter(|(u, c)| is_symbol(u) && is_symbol(c))
        else {
            return Err(wrong("name", &entry.name, "a pair such as BTC_USDT"));
        };
        if !seen.insert(&entry.name) {
            return Err(wrong("name", &entry.name, "listed once"));
        }
        out.push(GatePerpetual {
            underlying: underlying.to_owned(),
            currency: currency.to_owned(),
            mark: price("mark_price", &entry.mark_price)?,
            index: price("index_price", &entry.index_price)?,
            multiplier,
            delisting: entry.in_delisting,
        });
    }
    Ok(out)
}
