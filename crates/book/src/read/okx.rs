//! What OKX answers: positions and balances.

use super::{Venue, symbols};
use crate::error::{BookError, clip};
use crate::json::Json;
use crate::records::{Entry, Side, exact};

impl Venue<'_> {
    /// `data` of positions or of balances, told apart item by item.
    pub(super) fn okx(&mut self, json: &Json) -> Result<(), BookError> {
        for item in self.items(json, "data")? {
            if item.get("instId").is_some() && item.get("pos").is_some() {
                self.read_positions(item);
                self.okx_position(item)?;
            } else if item.get("details").is_some() {
                self.read_balances(item);
                self.okx_balance(item)?;
            } else {
                return Err(
                    self.wrong(item, "wanted OKX positions (`instId`, `pos`) or balances (`details`)")
                );
            }
        }
        Ok(())
    }

    /// `instId`, `pos` (contracts), `posSide`, `avgPx`. OKX does not say here how large a contract is.
    fn okx_position(&mut self, item: &Json) -> Result<(), BookError> {
        let id = self.name(item, "instId")?;
        let contracts = self.needed(item, "pos", id)?;
        if contracts.is_zero() {
            return Ok(());
        }
        let name = symbols::okx(id)
            .ok_or_else(|| self.unknown_symbol(item, id, "`BTC-USD-SWAP` or `BTC-USD-250328-70000-C`"))?;
        let side = match item.given("posSide").and_then(Json::text) {
            Some("long") => Side::Long,
            Some("short") => Side::Short,
            Some("net") | None => Side::Net,
            Some(other) => {
                return Err(
                    self.wrong(item, format!("posSide `{}` must be `long`, `short` or `net`", clip(other)))
                );
            }
        };
        if side != Side::Net && contracts.is_negative() {
            return Err(self.wrong(item, format!("`pos` of `{id}` is negative beside a side")));
        }
        let size = self.contract_size(item, id)?;
        let quantity = exact(contracts.times(&size), "pos", id, &item.place(self.file))?;
        let quantity = if side == Side::Short { quantity.negated() } else { quantity };
        let entry = if symbols::is_future(&name) {
            match self.number(item, "avgPx", id)?.filter(|p| !p.is_zero()) {
                Some(price) => Some(Entry::Price(price)),
                None => self.number(item, "upl", id)?.map(Entry::Unsettled),
            }
        } else {
            None
        };
        self.row(item, name, side, quantity).entry = entry;
        Ok(())
    }

    /// `details` with `ccy`, `cashBal` (negative where borrowed), `interest` owed, `upl` not yet in the balance.
    fn okx_balance(&mut self, item: &Json) -> Result<(), BookError> {
        for detail in self.items(item, "details")? {
            let currency = self.name(detail, "ccy")?;
            let place = detail.place(self.file);
            let balance = self.needed(detail, "cashBal", currency)?;
            let interest = self.sum(detail, &["interest"], currency)?.magnitude().negated();
            let balance = exact(balance.plus(&interest), "cashBal", currency, &place)?;
            if !balance.is_zero() {
                self.row(detail, currency.to_owned(), Side::Net, balance);
            }
            if let Some(unsettled) = self.number(detail, "upl", currency)?.filter(|u| !u.is_zero()) {
                self.row(detail, format!("PNL:{currency}"), Side::Net, unsettled);
            }
        }
        Ok(())
    }
}
