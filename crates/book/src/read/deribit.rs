//! What Deribit answers: `get_positions` and `get_account_summaries`. Its names are the canonical ones.

use super::{Venue, symbols};
use crate::error::{BookError, clip};
use crate::json::Json;
use crate::open::Needs;
use crate::records::{Entry, Side, exact};
use crate::secret::Amount;
use mandate_numeric::Decimal;

impl Venue<'_> {
    /// `instrument_name`, `size` (signed; coins, dollars for inverse futures), `floating_profit_loss`, `average_price`.
    /// Deribit moves futures' profit into cash every day, so what is still unsettled is its own figure, not the
    /// distance to the average price.
    pub(super) fn deribit_position(&mut self, item: &Json) -> Result<(), BookError> {
        let name = self.name(item, "instrument_name")?;
        let size = self.needed(item, "size", name)?;
        if size.is_zero() {
            return Ok(());
        }
        let wrong_sign = match item.given("direction").and_then(Json::text) {
            Some("buy") => size.is_negative(),
            Some("sell") => !size.is_negative(),
            _ => false,
        };
        if wrong_sign {
            return Err(
                self.wrong(item, format!("`size` of `{}` has the sign of the other direction", clip(name)))
            );
        }
        let entry = if symbols::is_future(name) {
            match self.number(item, "floating_profit_loss", name)? {
                Some(pnl) => Some(Entry::Unsettled(pnl)),
                None => self.number(item, "average_price", name)?.filter(|p| !p.is_zero()).map(Entry::Price),
            }
        } else {
            None
        };
        self.row(item, name.to_owned(), Side::Net, size).entry = entry;
        Ok(())
    }

    /// `summaries` with `balance`, and `futures_session_upl` and `futures_session_rpl`, which are not yet in it.
    /// Options' premium was paid out of the balance.
    pub(super) fn deribit_summaries(&mut self, json: &Json) -> Result<(), BookError> {
        self.items(json, "summaries")?.iter().try_for_each(|summary| self.deribit_summary(summary))
    }
    /// One currency's summary. Whatever it shows of open positions must be borne out by positions that are read too.
    pub(super) fn deribit_summary(&mut self, summary: &Json) -> Result<(), BookError> {
        let currency = self.name(summary, "currency")?;
        let mut balance = self.needed(summary, "balance", currency)?;
        if let Some(owed) = self.number(summary, "fee_balance", currency)?.filter(Amount::is_negative) {
            balance = exact(balance.plus(&owed), "balance", currency, &summary.place(self.file))?;
        }
        if !balance.is_zero() {
            self.row(summary, currency.to_owned(), Side::Net, balance);
        }
        let unsettled = self.sum(summary, &["futures_session_upl", "futures_session_rpl"], currency)?;
        self.row(summary, format!("PNL:{currency}"), Side::Net, unsettled);
        self.read_balances(summary);
        self.deribit_open(summary, currency)
    }
    /// What a summary shows of positions that it does not list.
    fn deribit_open(&mut self, summary: &Json, currency: &str) -> Result<(), BookError> {
        // One margin for all currencies, which every summary then states in its own.
        let shared =
            summary.given("margin_model").and_then(Json::text).is_some_and(|m| m.starts_with("cross"));
        let margin = if shared { Needs::Any } else { Needs::Derivative };
        for (needs, keys) in [
            (
                Needs::Option,
                &[
                    "options_value",
                    "options_delta",
                    "options_gamma",
                    "options_vega",
                    "options_theta",
                    "options_session_upl",
                ][..],
            ),
            (Needs::Future, &["futures_session_upl"]),
            (margin, &["maintenance_margin", "session_upl"]),
            (Needs::List, &["initial_margin"]),
        ] {
            let mut shown = Vec::new();
            for key in keys {
                if self.number(summary, key, currency)?.is_some_and(|n| !n.is_zero()) {
                    shown.push(format!("`{key}`"));
                }
            }
            if !shown.is_empty() {
                self.shows_open(summary, currency, needs, shown.join(", "));
            }
        }
        // Some accounts' delta has the equity in it, and then says nothing where it is just that.
        if let Some(delta) = self.number(summary, "delta_total", currency)?.filter(|d| !d.is_zero()) {
            let equity = self.number(summary, "equity", currency)?.unwrap_or(Amount::ZERO);
            let place = summary.place(self.file);
            let beyond = exact(delta.plus(&equity.negated()), "delta_total", currency, &place)?.magnitude();
            let noise = Amount::new(Decimal::new(-1, 4));
            if !exact(beyond.plus(&noise), "delta_total", currency, &place)?.is_negative() {
                self.shows_open(summary, currency, Needs::Derivative, "`delta_total`".into());
            }
        }
        Ok(())
    }
}
