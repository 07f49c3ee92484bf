//! What Binance answers: `positionRisk`, the USD-M account, the cross-margin account.

use super::{Venue, symbols};
use crate::error::BookError;
use crate::json::Json;
use crate::records::{Entry, Side, exact};
use crate::secret::Amount;
use mandate_numeric::Decimal;

impl Venue<'_> {
    /// `symbol`, `positionAmt` (signed; coins for USD-M, contracts for COIN-M), `entryPrice`, `positionSide`.
    pub(super) fn binance_position(&mut self, item: &Json) -> Result<(), BookError> {
        let symbol = self.name(item, "symbol")?;
        let amount = self.needed(item, "positionAmt", symbol)?;
        if amount.is_zero() {
            return Ok(());
        }
        let name = symbols::binance(symbol).ok_or_else(|| {
            self.unknown_symbol(item, symbol, "`BTCUSDT`, `BTCUSD_PERP` or `BTCUSD_250328`")
        })?;
        let side = match item.given("positionSide").and_then(Json::text) {
            Some("LONG") => Side::Long,
            Some("SHORT") => Side::Short,
            _ => Side::Net,
        };
        if side == Side::Long && amount.is_negative() || side == Side::Short && !amount.is_negative() {
            return Err(
                self.wrong(item, format!("`positionAmt` of `{symbol}` has the sign of the other side"))
            );
        }
        let quantity = if symbols::is_inverse(&name) {
            let size = match self.options.contract_sizes.get(symbol) {
                Some(size) => Amount::new(*size),
                // Binance's contract specification: 100 dollars for BTC, 10 for every other coin.
                None => Amount::new(Decimal::new(if name.starts_with("BTC-") { 100 } else { 10 }, 0)),
            };
            exact(amount.times(&size), "positionAmt", symbol, &item.place(self.file))?
        } else {
            amount
        };
        let price = self.number(item, "entryPrice", symbol)?.filter(|p| !p.is_zero());
        let entry = match price {
            Some(price) => Some(Entry::Price(price)),
            None => self.number(item, "unRealizedProfit", symbol)?.map(Entry::Unsettled),
        };
        self.row(item, name, side, quantity).entry = entry;
        Ok(())
    }

    /// `assets` with `walletBalance` (profit and loss that is not realized left out), and `positions`.
    pub(super) fn binance_futures(&mut self, json: &Json) -> Result<(), BookError> {
        self.binance_wallet(json)?;
        self.read_positions(json);
        for item in self.items(json, "positions")? {
            self.binance_position(item)?;
        }
        Ok(())
    }
    /// `assets` alone.
    pub(super) fn binance_wallet(&mut self, json: &Json) -> Result<(), BookError> {
        self.read_balances(json);
        for asset in self.items(json, "assets")? {
            let name = self.name(asset, "asset")?;
            let balance = self.needed(asset, "walletBalance", name)?;
            if !balance.is_zero() {
                self.row(asset, name.to_owned(), Side::Net, balance);
            }
        }
        Ok(())
    }

    /// `userAssets` with `free`, `locked`, `borrowed` and `interest`: what is owned and what is owed stand in two slots.
    pub(super) fn binance_margin(&mut self, json: &Json) -> Result<(), BookError> {
        self.read_balances(json);
        for asset in self.items(json, "userAssets")? {
            let name = self.name(asset, "asset")?;
            let owned = self.sum(asset, &["free", "locked"], name)?;
            let owed = self.sum(asset, &["borrowed", "interest"], name)?;
            if owed.is_negative() {
                return Err(self.wrong(asset, format!("what is borrowed of `{name}` is below zero")));
            }
            if !owned.is_zero() {
                self.row(asset, name.to_owned(), Side::Net, owned);
            }
            if !owed.is_zero() {
                self.row(asset, format!("BORROW:{name}"), Side::Net, owed.negated());
            }
        }
        Ok(())
    }
}
