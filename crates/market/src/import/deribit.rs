//! Deribit: option chains (two table forms), perpetual prices, term futures marks.

use super::ImportError;
use super::table::{InputFile, Row};
use crate::instrument::{Instrument, Right};
use crate::price::Price;
use std::collections::BTreeSet;

/// One option of a chain. Marks, bids and asks in coin per coin of contract.
#[derive(Clone, Debug)]
pub struct ChainRow {
    /// Line in the file.
    pub line: u64,
    /// The option; always inverse.
    pub instrument: Instrument,
    /// Forward of the underlying at expiry, USD.
    pub forward: Price,
    /// Spot index, USD, as this row saw it.
    pub index: Price,
    /// Mark.
    pub mark: Option<Price>,
    /// Best bid.
    pub bid: Option<Price>,
    /// Best ask.
    pub ask: Option<Price>,
    /// Implied volatility of the mark, `0.5988` for 59.88%.
    pub vol: Option<Price>,
    /// Quoted delta, per coin of forward.
    pub delta: Option<f64>,
    /// Quoted gamma, per USD.
    pub gamma: Option<f64>,
    /// Quoted vega, USD per volatility point.
    pub vega: Option<f64>,
    /// Quoted theta, USD per day.
    pub theta: Option<f64>,
    /// Instant of the row, seconds since 1970.
    pub time: u64,
}

/// A perpetual's or future's mark, USD.
#[derive(Clone, Debug)]
pub struct ContractMark {
    /// The contract; always inverse.
    pub instrument: Instrument,
    /// Mark, USD.
    pub mark: Price,
    /// Instant of the mark, seconds since 1970.
    pub time: u64,
    /// Instant of the snapshot it was collected for, seconds since 1970.
    pub collected_for: u64,
}

/// The option that `instrument_name` names, checked against the row's own strike, kind and expiry.
fn option_of(row: &Row<'_>, expiry: u64) -> Result<Instrument, ImportError> {
    const NAME: &str = "instrument_name";
    let named = Instrument::parse_derivative(row.text(NAME)?);
    let Some(instrument @ Instrument::Option { .. }) = named else {
        return Err(row.wrong(NAME, "an inverse option such as BTC-27MAR26-70000-C"));
    };
    let Instrument::Option { expiry: named_expiry, strike, right, .. } = &instrument else {
        return Err(row.wrong(NAME, "an option"));
    };
    if row.positive("strike")? != *strike {
        return Err(row.wrong("strike", format!("{strike}, as the name says")));
    }
    let word = if *right == Right::Call { "call" } else { "put" };
    if row.text("option_type")? != word {
        return Err(row.wrong("option_type", format!("`{word}`, as the name says")));
    }
    if *named_expiry != expiry {
        return Err(
            row.wrong(NAME, format!("of the expiry in its row, {}", crate::time::instant_text(expiry)))
        );
    }
    if instrument.settlement_currency() != Some(instrument.exposure()) {
        return Err(row.wrong(NAME, "settled in coin"));
    }
    Ok(instrument)
}

fn unique(rows: Vec<ChainRow>, file: &InputFile) -> Result<Vec<ChainRow>, ImportError> {
    let mut seen = BTreeSet::new();
    if let Some(row) = rows.iter().find(|r| !seen.insert(&r.instrument)) {
        return Err(ImportError::Value {
            file: file.name.clone(),
            line: row.line,
            column: "instrument_name".into(),
            value: row.instrument.to_string(),
            wanted: "listed once".into(),
        });
    }
    if rows.is_empty() {
        return Err(ImportError::Missing(format!("{}: the chain has no row", file.name)));
    }
    Ok(rows)
}

/// Reads a chain with columns `timestamp`, `instrument_name`, `option_type`, `strike`, `expiry_datetime`, `bid_price`,
/// `ask_price`, `mark_price`, `futures_price`, `implied_volatility` (decimal), `delta`, `vega`, `index_price`.
///
/// # Errors
/// [`ImportError`], naming file, line, column and value.
pub fn read_chain(file: &InputFile) -> Result<Vec<ChainRow>, ImportError> {
    let rows = file.rows(|row| {
        Ok(ChainRow {
            line: row.line,
            instrument: option_of(row, row.instant("expiry_datetime")?)?,
            forward: row.positive("futures_price")?,
            index: row.positive("index_price")?,
            mark: row.price("mark_price")?,
            bid: row.price("bid_price")?,
            ask: row.price("ask_price")?,
            vol: row.price("implied_volatility")?.filter(|v| v.is_positive()),
            delta: row.float("delta")?,
            gamma: None,
            vega: row.float("vega")?,
            theta: None,
            time: row.instant("timestamp")?,
        })
    })?;
    unique(rows, file)
}

/// Reads a chain with all Greeks: columns `timestamp` and `expiration_timestamp` (milliseconds), `instrument_name`,
/// `option_type`, `strike`, `underlying_price`, `index_price`, `mark_price`, `mark_iv` (percent), `best_bid_price`,
/// `best_ask_price`, and `greeks` as a dictionary in text.
///
/// # Errors
/// [`ImportError`], naming file, line, column and value.
pub fn read_chain_with_greeks(file: &InputFile) -> Result<Vec<ChainRow>, ImportError> {
    let rows = file.rows(|row| {
        // `{'vega': 0.94545, ...}`: single quotes and `None` are all that tells it from JSON.
        let text = row.text("greeks")?.replace('\'', "\"").replace("None", "null");
        let greeks: std::collections::BTreeMap<String, Option<f64>> =
            serde_json::from_str(&text).map_err(|_| row.wrong("greeks", "a dictionary of numbers"))?;
        let greek = |name: &str| greeks.get(name).copied().flatten();
        let percent = row.price("mark_iv")?.filter(|v| v.is_positive());
        // A best price of zero is this table's word for none.
        let best = |column| Ok::<_, ImportError>(row.price(column)?.filter(|p| p.is_positive()));
        Ok(ChainRow {
            line: row.line,
            instrument: option_of(row, row.milliseconds("expiration_timestamp")?)?,
            forward: row.positive("underlying_price")?,
            index: row.positive("index_price")?,
            mark: row.price("mark_price")?,
            bid: best("best_bid_price")?,
            ask: best("best_ask_price")?,
            vol: percent.and_then(|p| Price::new(p.mantissa(), p.places() + 2)),
            delta: greek("delta"),
            gamma: greek("gamma"),
            vega: greek("vega"),
            theta: greek("theta"),
            time: row.milliseconds("timestamp")?,
        })
    })?;
    unique(rows, file)
}

/// Reads a chain of either form: with a `greeks` column by [`read_chain_with_greeks`], else by [`read_chain`].
///
/// # Errors
/// [`ImportError`], naming file, line, column and value.
pub fn read_any_chain(file: &InputFile) -> Result<Vec<ChainRow>, ImportError> {
    let header = file.bytes.split(|b| *b == b'\n').next().unwrap_or_default();
    if header.split(|b| *b == b',').any(|c| c.trim_ascii() == b"greeks") {
        read_chain_with_greeks(file)
    } else {
        read_chain(file)
    }
}

fn contract(row: &Row<'_>, column: &str) -> Result<Instrument, ImportError> {
    match Instrument::parse_derivative(row.text(column)?) {
        Some(i @ (Instrument::Perpetual { .. } | Instrument::Future { .. }))
            if i.settlement_currency() == Some(i.exposure()) =>
        {
            Ok(i)
        }
        _ => Err(row.wrong(column, "an inverse perpetual or future such as BTC-27MAR26")),
    }
}

/// Reads perpetual prices: columns `instrument_name`, `perp_futures_mark_price` (USD), `candle_price_timestamp_ms`,
/// `obs_datetime`. One table holds several snapshots.
///
/// # Errors
/// [`ImportError`], naming file, line, column and value.
pub fn read_perpetuals(file: &InputFile) -> Result<Vec<ContractMark>, ImportError> {
    file.rows(|row| {
        Ok(ContractMark {
            instrument: contract(row, "instrument_name")?,
            mark: row.positive("perp_futures_mark_price")?,
            time: row.milliseconds("candle_price_timestamp_ms")?,
            collected_for: row.instant("obs_datetime")?,
        })
    })
}

/// Reads term futures marks: columns `futures_instrument_name`, `snapshot_term_mark_price` (USD, the forward that the
/// option rows of the same snapshot carry), `timestamp`. One table holds several snapshots.
///
/// # Errors
/// [`ImportError`], naming file, line, column and value.
pub fn read_futures(file: &InputFile) -> Result<Vec<ContractMark>, ImportError> {
    file.rows(|row| {
        let time = row.instant("timestamp")?;
        Ok(ContractMark {
            instrument: contract(row, "futures_instrument_name")?,
            mark: row.positive("snapshot_term_mark_price")?,
            time,
            collected_for: time,
        })
    })
}
