//! Binance: the list of collateral assets with prices and haircuts.

use super::ImportError;
use super::table::InputFile;
use crate::instrument::is_symbol;
use crate::price::Price;
use crate::universe::CurrencyClass;
use std::collections::BTreeSet;

/// One asset of the list.
#[derive(Clone, Debug)]
pub struct CollateralAsset {
    /// Symbol, in capitals.
    pub symbol: String,
    /// Price in USDT per unit.
    pub price: Price,
    /// Share not counted in the first band of portfolio margin, in basis points; all of it where the list has no band.
    pub haircut_bps: u16,
}

/// State money by symbol. `RON` is left out: most venues mean a coin by it.
const FIAT: [&str; 15] =
    ["ARS", "AUD", "BRL", "COP", "CZK", "EUR", "GBP", "JPY", "MXN", "PLN", "TRY", "UAH", "USD", "ZAR", "CHF"];
/// Tokens meant to keep a peg to state money. A token that has lost it (USTC) is a coin.
const STABLE: [&str; 15] = [
    "AEUR", "BFUSD", "BUSD", "DAI", "EURI", "FDUSD", "IDRT", "PYUSD", "TUSD", "USD1", "USDC", "USDE", "USDP",
    "USDT", "XUSD",
];

/// The class of a symbol, by two public lists of symbols; everything else is a coin.
pub fn class_of_symbol(symbol: &str) -> CurrencyClass {
    if FIAT.contains(&symbol) {
        CurrencyClass::Fiat
    } else if STABLE.contains(&symbol) {
        CurrencyClass::Stable
    } else {
        CurrencyClass::Coin
    }
}

/// The ratio of the first band of `[0-3000000:100, 3000000-4000000:90]`, in percent; `None` for no band.
fn first_ratio(text: &str) -> Option<Result<u16, ()>> {
    let inner = text.trim().trim_start_matches('[').trim_end_matches(']').trim();
    if inner.is_empty() {
        return None;
    }
    let band = inner.split(',').next().unwrap_or_default().trim();
    let ratio = band.rsplit_once(':').and_then(|(range, ratio)| {
        let from = range.split_once('-')?.0.trim();
        let ratio: u16 = ratio.trim().parse().ok()?;
        (from == "0" && ratio <= 100).then_some(ratio)
    });
    Some(ratio.ok_or(()))
}

/// Reads the list: columns `token`, `asset_usdt_price`, `collateral_portfolio_margin_ratio_tiers`. An empty one is none.
///
/// # Errors
/// [`ImportError`], naming file, line, column and value.
pub fn read_collateral(file: &InputFile) -> Result<Vec<CollateralAsset>, ImportError> {
    const TIERS: &str = "collateral_portfolio_margin_ratio_tiers";
    let mut seen = BTreeSet::new();
    file.rows_of(&["token", "asset_usdt_price", TIERS], |row| {
        let symbol = row.text("token")?.to_ascii_uppercase();
        if !is_symbol(&symbol) {
            return Err(row.wrong("token", "1 to 24 letters or digits"));
        }
        if !seen.insert(symbol.clone()) {
            return Err(row.wrong("token", "listed once"));
        }
        let haircut_bps = match first_ratio(row.text(TIERS)?) {
            None => 10_000,
            Some(Ok(percent)) => (100 - percent) * 100,
            Some(Err(())) => return Err(row.wrong(TIERS, "bands such as [0-3000000:95, 3000000-4000000:90]")),
        };
        Ok(CollateralAsset { symbol, price: row.positive("asset_usdt_price")?, haircut_bps })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bands_are_read_with_and_without_spaces() {
        assert_eq!(first_ratio("[0-18446744073709551615:95]"), Some(Ok(95)));
        assert_eq!(first_ratio("[0-200000:100,200000-400000:80]"), Some(Ok(100)));
        assert_eq!(first_ratio("[ 0 - 3000000 : 90 , 3000000-4000000:80]"), Some(Ok(90)));
        assert_eq!(first_ratio("[]"), None);
        assert_eq!(first_ratio(""), None);
        for bad in ["[5-10:95]", "[0-10:101]", "[0-10]", "[0-10:x]"] {
            assert_eq!(first_ratio(bad), Some(Err(())), "{bad}");
        }
    }
}
