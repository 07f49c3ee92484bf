//! Readers: bytes and a file name in, [`Records`] out. They open no file, and know no universe.

mod binance;
mod ccxt;
mod deribit;
mod hyperliquid;
mod okx;
mod own;
mod symbols;
mod table;
mod uniswap;

use crate::error::{BookError, Place};
use crate::json::Json;
use crate::open::{Needs, Open};
use crate::records::{Records, Row, Side, amount, exact};
use crate::secret::Amount;
use mandate_numeric::Decimal;
use std::collections::BTreeMap;

pub use own::json;
pub use table::csv;

/// Largest statement that is read, in bytes.
pub const MAX_BYTES: usize = 64 << 20;

pub(crate) fn check_size(file: &str, bytes: &[u8]) -> Result<(), BookError> {
    if bytes.len() > MAX_BYTES {
        return Err(BookError::TooLarge { place: Place::new(file, 0), got: bytes.len(), limit: MAX_BYTES });
    }
    Ok(())
}

/// What a venue's statement does not say of itself.
#[derive(Clone, Debug, Default)]
pub struct VenueOptions {
    /// Face value or coins of one contract, by the venue's own instrument name, where the statement counts contracts
    /// and does not say how large they are.
    pub contract_sizes: BTreeMap<String, Decimal>,
}

/// Reads a venue's report of one account, whatever its form: ccxt's unified `fetch_positions` and `fetch_balance`, and
/// what Binance, Deribit, Hyperliquid, OKX and Uniswap answer themselves.
///
/// | form | known by |
/// |---|---|
/// | ccxt positions | a list of objects with `symbol` and `contracts` |
/// | ccxt balances | an object with `total` |
/// | Binance positions | a list of objects with `positionAmt` |
/// | Binance USD-M account | an object with `assets` and `positions` |
/// | Binance cross margin | an object with `userAssets` |
/// | Deribit positions | a list (or `result`) of objects with `instrument_name` and `size` |
/// | Deribit account summaries | an object (or its `result`) with `summaries`, or one of them |
/// | Hyperliquid clearinghouse state | an object with `assetPositions` and `marginSummary` |
/// | Uniswap v3 positions | a list (perhaps under `positions`) of objects with `tickLower` and `liquidity` |
/// | OKX positions, balances | an object with `data`, of objects with `instId` and `pos`, or with `details` |
///
/// Several of them stand together in one list: `[POSITIONS, BALANCES]`. Balances that show open positions are refused by
/// [`resolve`](crate::resolve()) unless the positions were read too, here or by [`Records::merge`].
///
/// # Errors
/// [`BookError`], with file and line.
pub fn venue(file: &str, bytes: &[u8], account: &str, options: &VenueOptions) -> Result<Records, BookError> {
    check_size(file, bytes)?;
    let json = Json::parse(file, bytes)?;
    let mut out = Venue { file, account, options, records: Records::default(), pooled: Vec::new() };
    out.records.declare(account, &Place::new(file, 0));
    out.document(&json)?;
    Ok(out.records)
}

/// A reader at work on one account's report.
struct Venue<'a> {
    file: &'a str,
    account: &'a str,
    options: &'a VenueOptions,
    records: Records,
    /// Rows that stand for positions in pools: those of one range, or one token, are added up.
    pooled: Vec<usize>,
}

impl Venue<'_> {
    fn document(&mut self, json: &Json) -> Result<(), BookError> {
        if let Some(result) = json.get("result").filter(|r| r.is_object() || r.list().is_some()) {
            return self.document(result);
        }
        // `{ "data": { "positions": [...] } }`, as indexers of Uniswap answer.
        if let Some(data) = json.get("data").filter(|d| d.is_object() && d.get("positions").is_some()) {
            return self.document(data);
        }
        if let Some(items) = json.list() {
            // Several reports in one list: each item stands for itself.
            if !items.is_empty() && items.iter().all(|item| item.list().is_some() || is_report(item)) {
                return items.iter().try_for_each(|item| self.document(item));
            }
            self.read_positions(json);
            return items.iter().try_for_each(|item| self.position(item));
        }
        let has = |key| json.get(key).is_some();
        if json.get("total").is_some_and(Json::is_object) {
            self.ccxt_balance(json)
        } else if has("summaries") {
            self.deribit_summaries(json)
        } else if has("assetPositions") && has("marginSummary") {
            self.hyperliquid(json)
        } else if has("userAssets") {
            self.binance_margin(json)
        } else if let Some(list) = json.get("positions").filter(|p| p.list().is_some() && !has("assets")) {
            self.document(list)
        } else if has("assets") && has("positions") {
            self.binance_futures(json)
        } else if json.get("data").is_some_and(|d| d.list().is_some()) {
            self.okx(json)
        } else if has("currency") && has("balance") && has("equity") {
            self.deribit_summary(json)
        } else {
            Err(self.wrong(json, FORMS))
        }
    }
    fn position(&mut self, item: &Json) -> Result<(), BookError> {
        let has = |key| item.get(key).is_some();
        if has("symbol") && has("contracts") {
            self.ccxt_position(item)
        } else if has("positionAmt") {
            self.binance_position(item)
        } else if has("instrument_name") && has("size") {
            self.deribit_position(item)
        } else if has("tickLower") && has("liquidity") {
            self.uniswap_position(item)
        } else {
            Err(self.wrong(item, FORMS))
        }
    }

    /// A list of positions was read, whether or not there is something in it.
    fn read_positions(&mut self, json: &Json) {
        self.records.seen.positions.insert(self.account.to_owned(), json.place(self.file));
    }
    /// A report of balances was read.
    fn read_balances(&mut self, json: &Json) {
        self.records.seen.balances.insert(self.account.to_owned(), json.place(self.file));
    }
    /// A report of balances shows open positions.
    fn shows_open(&mut self, json: &Json, currency: &str, needs: Needs, shown: String) {
        let place = json.place(self.file);
        let (account, currency) = (self.account.to_owned(), currency.to_owned());
        self.records.seen.open.push(Open { account, currency, needs, shown, place });
    }

    fn wrong(&self, json: &Json, why: impl Into<String>) -> BookError {
        BookError::Form { place: json.place(self.file), why: why.into() }
    }
    /// The text of a member that must be there.
    fn name<'j>(&self, json: &'j Json, key: &str) -> Result<&'j str, BookError> {
        json.given(key)
            .and_then(Json::text)
            .ok_or_else(|| self.wrong(json, format!("`{key}` must be here, and be text")))
    }
    /// The items of a member that must be a list.
    fn items<'j>(&self, json: &'j Json, key: &str) -> Result<&'j [Json], BookError> {
        json.get(key)
            .and_then(Json::list)
            .ok_or_else(|| self.wrong(json, format!("`{key}` must be here, and be a list")))
    }
    /// A number that may be missing, null or an empty text.
    fn number(&self, json: &Json, key: &'static str, of: &str) -> Result<Option<Amount>, BookError> {
        let Some(value) = json.given(key) else { return Ok(None) };
        let place = value.place(self.file);
        match value.number() {
            Some(text) => amount(text, key, of, &place).map(Some),
            None => Err(self.wrong(value, format!("`{key}` must be a number"))),
        }
    }
    /// A number that must be there.
    fn needed(&self, json: &Json, key: &'static str, of: &str) -> Result<Amount, BookError> {
        self.number(json, key, of)?
            .ok_or_else(|| self.wrong(json, format!("`{key}` must be here, and be a number")))
    }
    /// A sum of numbers, of which those that are missing count zero.
    fn sum(&self, json: &Json, keys: &[&'static str], of: &str) -> Result<Amount, BookError> {
        let mut total = Amount::ZERO;
        for key in keys {
            if let Some(value) = self.number(json, key, of)? {
                total = exact(total.plus(&value), key, of, &json.place(self.file))?;
            }
        }
        Ok(total)
    }
    fn row(&mut self, json: &Json, instrument: String, side: Side, quantity: Amount) -> &mut Row {
        self.records.rows.push(Row {
            account: self.account.to_owned(),
            instrument,
            side,
            quantity,
            entry: None,
            place: json.place(self.file),
            may_be_idle: true,
        });
        self.records.rows.last_mut().expect("a row was just pushed")
    }
    /// A contract count times what one contract is, where only the caller can know that.
    fn contract_size(&self, json: &Json, name: &str) -> Result<Amount, BookError> {
        self.options.contract_sizes.get(name).map(|size| Amount::new(*size)).ok_or_else(|| {
            let name = crate::error::clip(name);
            self.wrong(
                json,
                format!(
                    "`{name}` is counted in contracts, and the statement does not say how large one is: give its contract size"
                ),
            )
        })
    }
    fn unknown_symbol(&self, json: &Json, name: &str, wanted: &str) -> BookError {
        self.wrong(
            json,
            format!(
                "`{}` is not an instrument this reads; it should look like {wanted}",
                crate::error::clip(name)
            ),
        )
    }
}

/// Whether an item of a list is a report of its own, rather than a position.
fn is_report(item: &Json) -> bool {
    ["result", "summaries", "total", "assetPositions", "userAssets", "assets", "data", "equity"]
        .iter()
        .any(|key| item.get(key).is_some())
        && ["instrument_name", "symbol"].iter().all(|key| item.get(key).is_none())
}

const FORMS: &str = "this is no statement that is read: wanted ccxt positions (`symbol`, `contracts`) or balances \
                     (`total`), or a report of Binance, Deribit, Hyperliquid, OKX or Uniswap";
