//! ccxt's unified structures. Where the venue's own answer is inside (`info`), and is one that is read, that is believed
//! instead: unified contract counts and costs have changed their meaning between versions.

use super::{Venue, symbols};
use crate::error::{BookError, clip};
use crate::json::Json;
use crate::records::{Entry, Side, exact};
use crate::secret::Amount;

impl Venue<'_> {
    /// `symbol`, `side`, `contracts`, `contractSize`, `entryPrice`, `unrealizedPnl`.
    pub(super) fn ccxt_position(&mut self, item: &Json) -> Result<(), BookError> {
        if let Some(info) = item.get("info") {
            let has = |key| info.given(key).is_some();
            if has("instrument_name") && has("size") {
                return self.deribit_position(info);
            }
            if has("positionAmt") {
                return self.binance_position(info);
            }
        }
        let symbol = self.name(item, "symbol")?;
        let Some(contracts) = self.number(item, "contracts", symbol)? else {
            return Err(self.wrong(item, format!("`contracts` of `{}` must be a number", clip(symbol))));
        };
        if contracts.is_zero() {
            return Ok(());
        }
        let side = match item.given("side").and_then(Json::text) {
            Some("long") => Side::Long,
            Some("short") => Side::Short,
            Some("buy" | "sell") | None => Side::Net,
            Some(other) => {
                return Err(self.wrong(item, format!("side `{}` must be `long` or `short`", clip(other))));
            }
        };
        if side == Side::Long && contracts.is_negative() {
            return Err(
                self.wrong(item, format!("`{}` is long with a negative count of contracts", clip(symbol)))
            );
        }
        let name = symbols::unified(symbol).ok_or_else(|| {
            self.unknown_symbol(item, symbol, "`BTC/USD:BTC` or `BTC/USD:BTC-220422-38000-P`")
        })?;
        let size = match self.number(item, "contractSize", symbol)? {
            Some(size) => size,
            None => self.contract_size(item, symbol)?,
        };
        let place = item.place(self.file);
        let quantity = exact(contracts.magnitude().times(&size), "quantity", symbol, &place)?;
        let short = side == Side::Short || contracts.is_negative();
        let quantity = if short { quantity.negated() } else { quantity };
        let entry = if symbols::is_future(&name) {
            match (self.number(item, "entryPrice", symbol)?, self.number(item, "unrealizedPnl", symbol)?) {
                (Some(price), _) if !price.is_zero() => Some(Entry::Price(price)),
                (_, Some(pnl)) => Some(Entry::Unsettled(pnl)),
                _ => None,
            }
        } else {
            None
        };
        self.row(item, name, side, quantity).entry = entry;
        Ok(())
    }

    /// `total`, and `debt` where the venue lends. Currencies with nothing in them are left out.
    ///
    /// ccxt's `total` is the venue's equity on some venues, with unsettled profit and option value in it, which would
    /// then count twice beside positions. Where the venue's own balances are inside, they are read instead.
    pub(super) fn ccxt_balance(&mut self, json: &Json) -> Result<(), BookError> {
        if let Some(info) = json.get("info") {
            let info = info.get("result").filter(|r| r.is_object()).unwrap_or(info);
            let has = |key| info.given(key).is_some();
            if has("assets") && has("positions") {
                return self.binance_wallet(info);
            }
            if has("currency") && has("balance") && has("equity") {
                return self.deribit_summary(info);
            }
            if has("summaries") || has("userAssets") || has("data") || has("assetPositions") {
                return self.document(info);
            }
        }
        self.read_balances(json);
        self.records.notes.push(format!(
            "{}: ccxt's `total` is taken as the balance; where a venue puts unsettled profit or option value into it, give \
             the venue's own report instead",
            json.place(self.file)
        ));
        for (currency, value) in json.get("total").map(Json::members).unwrap_or_default() {
            let total = self.balance_of(value, "total", currency)?;
            if let Some(total) = total.filter(|t| !t.is_zero()) {
                self.row(value, currency.clone(), Side::Net, total);
            }
        }
        for (currency, value) in json.get("debt").map(Json::members).unwrap_or_default() {
            let debt = self.balance_of(value, "debt", currency)?;
            if let Some(debt) = debt.filter(|d| !d.is_zero()) {
                self.row(value, format!("BORROW:{currency}"), Side::Net, debt.magnitude().negated());
            }
        }
        Ok(())
    }
    fn balance_of(
        &self,
        value: &Json,
        what: &'static str,
        currency: &str,
    ) -> Result<Option<Amount>, BookError> {
        match value.number() {
            Some(text) => crate::records::amount(text, what, currency, &value.place(self.file)).map(Some),
            None if matches!(value.value, crate::json::Value::Null) => Ok(None),
            None => Err(self.wrong(value, format!("`{what}` of `{}` must be a number", clip(currency)))),
        }
    }
}
