//! Hyperliquid's `clearinghouseState`.

use super::Venue;
use crate::error::{BookError, clip};
use crate::json::Json;
use crate::records::{Entry, Side, exact};
use crate::secret::Amount;
use mandate_numeric::Decimal;

impl Venue<'_> {
    /// `assetPositions[].position` with `coin`, `szi` (signed coins) and `entryPx`; `marginSummary.totalRawUsd`.
    ///
    /// Raw dollars have every position's cost taken out, so that `accountValue = totalRawUsd + sum of szi x mark`. Cash is
    /// therefore `totalRawUsd + sum of szi x entryPx`, and the cost that was added there is the one that unsettled profit
    /// is counted from: the sum is exact however the venue rounded `entryPx`.
    pub(super) fn hyperliquid(&mut self, json: &Json) -> Result<(), BookError> {
        let summary = json.get("marginSummary").unwrap_or(json);
        self.read_positions(json);
        let mut cash = self.needed(summary, "totalRawUsd", "USDC")?;
        for item in self.items(json, "assetPositions")? {
            let position = item.get("position").unwrap_or(item);
            let coin = self.name(position, "coin")?;
            let place = position.place(self.file);
            let size = self.needed(position, "szi", coin)?;
            if size.is_zero() {
                continue;
            }
            let price = self.needed(position, "entryPx", coin)?;
            let cost = exact(size.times(&price), "szi", coin, &place)?;
            cash = exact(cash.plus(&cost), "totalRawUsd", "USDC", &place)?;
            // `kPEPE` counts thousands of PEPE.
            let (symbol, unit) = match coin.strip_prefix('k') {
                Some(rest) => (rest, 1000),
                None => (coin, 1),
            };
            if symbol.is_empty() || !symbol.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit()) {
                return Err(self.unknown_symbol(position, coin, "`BTC` or `kPEPE`"));
            }
            let unit = Amount::new(Decimal::new(unit, 0));
            let quantity = exact(size.times(&unit), "szi", coin, &place)?;
            if position.get("leverage").and_then(|l| l.given("type")).and_then(Json::text) == Some("isolated")
            {
                self.records.notes.push(format!(
                    "{place}: `{}` is margined on its own; it is counted in the account's netting set",
                    clip(coin)
                ));
            }
            self.row(position, format!("{symbol}_USDC-PERPETUAL"), Side::Net, quantity).entry =
                Some(Entry::Cost(cost));
        }
        if !cash.is_zero() {
            self.row(summary, "USDC".into(), Side::Net, cash);
        }
        Ok(())
    }
}
