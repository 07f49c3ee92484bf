//! What Uniswap v3 answers of positions: the fields of its position manager, as its subgraph and most indexers print them.

use super::Venue;
use crate::error::{BookError, clip};
use crate::json::Json;
use crate::records::{Side, exact};
use crate::secret::Amount;
use mandate_market::import::{range_of, unwrapped};
use mandate_numeric::Decimal;

/// A token of a pool.
struct Token<'j> {
    symbol: &'j str,
    decimals: u8,
}

impl Venue<'_> {
    /// `token0` and `token1` with `symbol` and `decimals`, `tickLower`, `tickUpper` (numbers, or objects with `tickIdx`),
    /// `liquidity` in raw units; `tokensOwed0` and `tokensOwed1`, where they are there, go to the balances of their tokens. Positions
    /// on one range are added up.
    pub(super) fn uniswap_position(&mut self, item: &Json) -> Result<(), BookError> {
        let tokens = [self.token(item, "token0")?, self.token(item, "token1")?];
        let ticks = (self.tick(item, "tickLower")?, self.tick(item, "tickUpper")?);
        let decimals = (tokens[0].decimals, tokens[1].decimals);
        let range = range_of((tokens[0].symbol, tokens[1].symbol), decimals, ticks)
            .map_err(|why| self.wrong(item, why))?;
        let name = range.to_string();
        let raw = self.raw(item, "liquidity", &name)?;
        if !raw.is_zero() {
            // Whole tokens are 10^((d0 + d1) / 2) raw units of liquidity.
            let sum = decimals.0 + decimals.1;
            if sum % 2 != 0 {
                return Err(self.wrong(
                    item,
                    format!("`{}`: the decimals of its tokens are odd in sum, so its liquidity in whole tokens is no decimal", clip(&name)),
                ));
            }
            let unit = Amount::new(Decimal::new(1, sum / 2));
            let quantity = exact(raw.times(&unit), "liquidity", &name, &item.place(self.file))?;
            self.gather(item, name, &quantity)?;
        }
        for (token, key) in tokens.iter().zip(["tokensOwed0", "tokensOwed1"]) {
            if item.given(key).is_none() {
                continue;
            }
            let owed = self.raw(item, key, token.symbol)?;
            if !owed.is_zero() {
                let unit = Amount::new(Decimal::new(1, token.decimals));
                let quantity = exact(owed.times(&unit), key, token.symbol, &item.place(self.file))?;
                self.gather(item, unwrapped(token.symbol).to_owned(), &quantity)?;
            }
        }
        Ok(())
    }

    fn token<'j>(&self, item: &'j Json, key: &str) -> Result<Token<'j>, BookError> {
        let token = item
            .given(key)
            .filter(|t| t.is_object())
            .ok_or_else(|| self.wrong(item, format!("`{key}` must be here, with `symbol` and `decimals`")))?;
        let symbol = self.name(token, "symbol")?;
        let decimals = token.given("decimals").and_then(Json::number).and_then(|t| t.parse().ok());
        match decimals {
            Some(decimals) if decimals <= mandate_market::lp::DECIMALS_LIMIT => {
                Ok(Token { symbol, decimals })
            }
            _ => {
                Err(self
                    .wrong(token, format!("`decimals` of `{}` must be a number from 0 to 36", clip(symbol))))
            }
        }
    }
    fn tick(&self, item: &Json, key: &str) -> Result<i32, BookError> {
        let found = item
            .given(key)
            .and_then(|tick| if tick.is_object() { tick.given("tickIdx") } else { Some(tick) });
        found.and_then(Json::number).and_then(|t| t.parse().ok()).ok_or_else(|| {
            self.wrong(item, format!("`{key}` must be a tick: a whole number, or an object with `tickIdx`"))
        })
    }
    /// A whole number of raw units, not below zero: nobody is short of a pool.
    fn raw(&self, item: &Json, key: &'static str, of: &str) -> Result<Amount, BookError> {
        let amount = self.needed(item, key, of)?;
        if amount.is_negative() || amount.value().scale() != 0 {
            return Err(self.wrong(item, format!("`{key}` counts raw units: a whole number, zero or more")));
        }
        Ok(amount)
    }
    /// Adds to the row of an instrument that this report named before, or begins one.
    fn gather(&mut self, item: &Json, instrument: String, quantity: &Amount) -> Result<(), BookError> {
        let place = item.place(self.file);
        match self.pooled.iter().copied().find(|i| self.records.rows[*i].instrument == instrument) {
            Some(i) => {
                let sum = self.records.rows[i].quantity.plus(quantity);
                self.records.rows[i].quantity = exact(sum, "quantity", &instrument, &place)?;
            }
            None => {
                self.pooled.push(self.records.rows.len());
                self.row(item, instrument, Side::Net, quantity.clone());
            }
        }
        Ok(())
    }
}
