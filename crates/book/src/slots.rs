//! What a book needs to know of a universe and its market data.

use mandate_market::Instrument;
use mandate_numeric::Decimal;
use mandate_statement::{Digest, Shape};
use std::ops::Range;

/// What a slot's quantity stands for, as far as reading a book goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SlotKind {
    /// Coin, fiat or stablecoin; negative is a debt. Or lent out or deposited, or liquidity of a pool.
    Balance,
    /// Borrowed; what is owed is negative.
    Borrow,
    /// Unsettled profit and loss in one settlement currency.
    UnsettledPnl,
    /// Perpetual or future, quantity in coins, price and profit in `currency`.
    Linear {
        /// Settlement currency.
        currency: String,
    },
    /// Perpetual or future, quantity in dollars of face value, profit in `currency`, the coin.
    Inverse {
        /// Settlement currency: the coin.
        currency: String,
    },
    /// Option; its premium was paid in cash.
    Option,
}

/// One slot of an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SlotInfo {
    /// Position in the universe, `0 .. shape.slots`.
    pub slot: usize,
    /// A lot is `10^-lot_places` units.
    pub lot_places: i8,
    /// What it is.
    pub kind: SlotKind,
    /// Whether the snapshot gives it a price. A slot without one must stay empty, or nothing can be proven.
    pub priced: bool,
}

/// A universe with the market data of one instant.
pub trait SlotIndex {
    /// The shape that the slots are laid out in.
    fn shape(&self) -> &'static Shape;
    /// Digest of the universe.
    fn universe(&self) -> Digest;
    /// Instant of the market data, seconds since 1970 in UTC.
    fn as_of(&self) -> u64;
    /// All accounts, by index.
    fn accounts(&self) -> Vec<String>;
    /// Slots of an account: whole segments. Empty where there is no such account.
    fn slots(&self, account: u16) -> Range<usize>;
    /// Index of an account.
    fn account(&self, name: &str) -> Option<u16> {
        self.accounts().iter().position(|n| n == name).and_then(|i| u16::try_from(i).ok())
    }
    /// The slot of an instrument, by canonical name.
    fn slot(&self, account: u16, instrument: &str) -> Option<SlotInfo>;
    /// Canonical names of everything listed for an account.
    fn names(&self, account: u16) -> Vec<String>;
    /// Mark price of a perpetual or future: in the settlement currency per coin where linear, in dollars per coin where
    /// inverse. `None` where the snapshot has none.
    fn mark(&self, slot: usize) -> Option<Decimal>;
}

/// Whether holding an instrument that is not listed can only be worth something, by its name alone. A future can lose,
/// whichever way it is held.
pub(crate) fn is_asset_name(name: &str) -> bool {
    let symbol = name.strip_prefix("DEPOSIT:").unwrap_or(name);
    // Tokens of a debt have names of both cases (`variableDebtUSDC`); a plain symbol is in capitals.
    let is_symbol = !symbol.is_empty()
        && symbol.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'.');
    is_symbol
        || matches!(Instrument::parse_derivative(name), Some(Instrument::Option { .. }))
        || Instrument::parse_range(name).is_some()
}

/// Up to three listed names that are spelt most like `name`.
pub(crate) fn nearest(name: &str, listed: &[String]) -> Vec<String> {
    let wanted: Vec<char> = name.to_ascii_uppercase().chars().take(64).collect();
    let mut ranked: Vec<(usize, &String)> = listed
        .iter()
        .map(|l| (distance(&wanted, &l.to_ascii_uppercase().chars().take(64).collect::<Vec<_>>()), l))
        .filter(|(d, l)| *d <= (wanted.len().max(l.len()) / 2).max(2))
        .collect();
    ranked.sort();
    ranked.into_iter().take(3).map(|(_, l)| l.clone()).collect()
}

/// Levenshtein's distance.
fn distance(a: &[char], b: &[char]) -> usize {
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut before = row[0];
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let kept = before + usize::from(x != y);
            before = row[j + 1];
            row[j + 1] = kept.min(before + 1).min(row[j] + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_names_come_first() {
        let listed: Vec<String> =
            ["BTC", "ETH", "BTC-PERPETUAL", "BTC-27MAR26-70000-C"].map(String::from).to_vec();
        assert_eq!(nearest("BTC-PERP", &listed)[0], "BTC-PERPETUAL");
        assert_eq!(nearest("btc-27MAR26-7000-C", &listed)[0], "BTC-27MAR26-70000-C");
        assert_eq!(nearest("BTX", &listed)[0], "BTC");
        assert!(nearest("SOMETHING-ELSE-ENTIRELY", &["ETH".into()]).is_empty());
    }

    #[test]
    fn only_what_cannot_lose_is_an_asset() {
        for name in ["BTC", "1INCH", "DEPOSIT:BTC", "BTC-27MAR26-70000-C"] {
            assert!(is_asset_name(name), "{name}");
        }
        for name in [
            "BORROW:BTC",
            "PNL:USD",
            "BTC-PERPETUAL",
            "BTC-27MAR26",
            "BTC-27MAR26-70000-X",
            "",
            "A:B",
            "variableDebtUSDC",
        ] {
            assert!(!is_asset_name(name), "{name}");
        }
    }
}
