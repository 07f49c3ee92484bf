//! Instruments, what a quantity of each means, and their one canonical name.

use crate::price::Price;
use crate::time::{DAY, expiry_text, parse_expiry};
use std::fmt;

/// Hour of the day, UTC, at which an expiry without a written time falls.
const USUAL_EXPIRY: u64 = 8 * 3600;

/// What profit and loss are paid in.
#[derive(
    Clone,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    bincode::Encode,
    bincode::Decode,
    serde::Serialize,
    serde::Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum Settle {
    /// In the underlying coin. Perpetuals and futures then count quantity in dollars of face value; options are quoted
    /// in coin per coin of contract.
    Inverse,
    /// In a quote currency. Quantity is in coins of the underlying, prices are in that currency.
    Linear {
        /// The currency's symbol, for example `USDT`.
        currency: String,
    },
}

/// Call or put.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    bincode::Encode,
    bincode::Decode,
    serde::Serialize,
    serde::Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum Right {
    /// The right to buy.
    Call,
    /// The right to sell.
    Put,
}

/// One instrument. The order of the variants, then of the fields, is the order of slots in a group.
#[derive(
    Clone,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    bincode::Encode,
    bincode::Decode,
    serde::Serialize,
    serde::Deserialize,
)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Instrument {
    /// Fiat or stablecoin balance. Quantity: units of the currency; negative is a debt.
    Cash {
        /// Symbol, for example `USD`.
        currency: String,
    },
    /// Coin balance. Quantity: coins; negative is a debt.
    Spot {
        /// Symbol, for example `BTC`.
        asset: String,
    },
    /// Lent out, or held as a deposit of a lending pool. Quantity: units of the asset.
    Deposit {
        /// Symbol of a coin or of a currency.
        asset: String,
    },
    /// Borrowed. Quantity: units of the asset; **negative** is what is owed, a positive quantity is an overpaid loan.
    Borrow {
        /// Symbol of a coin or of a currency.
        asset: String,
    },
    /// Unsettled profit and loss of perpetuals and futures. Quantity: units of the settlement currency, gains positive.
    /// Linear: quantity x (mark - cost). Inverse: quantity x (1 / cost - 1 / mark), in coin.
    UnsettledPnl {
        /// Symbol of the settlement currency.
        currency: String,
    },
    /// Perpetual. Quantity: linear in coins of the underlying; inverse in dollars of face value.
    Perpetual {
        /// Symbol of the underlying.
        underlying: String,
        /// Settlement.
        settle: Settle,
    },
    /// Dated future. Quantity as for perpetuals.
    Future {
        /// Symbol of the underlying.
        underlying: String,
        /// Settlement.
        settle: Settle,
        /// Expiry, seconds since 1970 in UTC, a whole minute.
        expiry: u64,
    },
    /// European option. Quantity: coins of contract (one contract is one coin), inverse or linear.
    Option {
        /// Symbol of the underlying.
        underlying: String,
        /// Settlement.
        settle: Settle,
        /// Expiry, seconds since 1970 in UTC, a whole minute.
        expiry: u64,
        /// Strike, dollars (or units of the linear currency) per coin.
        strike: Price,
        /// Call or put.
        right: Right,
    },
    /// Share of a concentrated-liquidity pool (Uniswap v3) on a range of prices, without fees that wait to be collected.
    /// Quantity: liquidity in whole tokens, `sqrt(coins x currency)`; see [`crate::lp`].
    LiquidityRange {
        /// Symbol of the coin.
        asset: String,
        /// Symbol of the currency it is paired with.
        currency: String,
        /// Lower end, units of the currency per coin.
        lower: Price,
        /// Upper end, above the lower one.
        upper: Price,
    },
}

impl Instrument {
    /// The symbol whose price the position moves with: the underlying, or the currency itself.
    pub fn exposure(&self) -> &str {
        match self {
            Self::Spot { asset: s }
            | Self::LiquidityRange { asset: s, .. }
            | Self::Deposit { asset: s }
            | Self::Borrow { asset: s }
            | Self::Cash { currency: s }
            | Self::UnsettledPnl { currency: s }
            | Self::Perpetual { underlying: s, .. }
            | Self::Future { underlying: s, .. }
            | Self::Option { underlying: s, .. } => s,
        }
    }
    /// The settlement of a perpetual, future or option.
    pub const fn settle(&self) -> Option<&Settle> {
        match self {
            Self::Perpetual { settle, .. } | Self::Future { settle, .. } | Self::Option { settle, .. } => {
                Some(settle)
            }
            _ => None,
        }
    }
    /// The expiry of a future or option, seconds since 1970 in UTC.
    pub const fn expiry(&self) -> Option<u64> {
        match self {
            Self::Future { expiry, .. } | Self::Option { expiry, .. } => Some(*expiry),
            _ => None,
        }
    }
    /// Whether it needs a quote of its own; balances are priced by their currency alone.
    pub const fn is_derivative(&self) -> bool {
        self.settle().is_some()
    }
    /// The other symbol whose price the value depends on: the currency in which profit and loss of a perpetual, future or
    /// option falls due, or the one that a pool pairs the coin with.
    pub fn settlement_currency(&self) -> Option<&str> {
        if let Self::LiquidityRange { currency, .. } = self {
            return Some(currency);
        }
        Some(match self.settle()? {
            Settle::Inverse => self.exposure(),
            Settle::Linear { currency } => currency,
        })
    }
    /// What one unit of quantity is, for people.
    pub fn quantity_unit(&self) -> String {
        match self {
            Self::Perpetual { settle: Settle::Inverse, .. }
            | Self::Future { settle: Settle::Inverse, .. } => "USD of face value".into(),
            Self::LiquidityRange { asset, currency, .. } => {
                format!("liquidity, the root of {asset} x {currency}")
            }
            _ => self.exposure().to_owned(),
        }
    }
    /// Reads the name of a perpetual, future or option: `BTC-PERPETUAL`, `BTC_USDC-PERPETUAL`, `BTC-27MAR26`,
    /// `BTC-27MAR26-70000-C`, strikes with `d` for the point (`XRP_USDC-27MAR26-1d5-P`), expiries at 08:00 UTC unless
    /// written `27MAR26@1600`. The inverse of `Display`.
    pub fn parse_derivative(name: &str) -> Option<Self> {
        let mut parts = name.split('-');
        let head = parts.next()?;
        let (underlying, settle) = match head.split_once('_') {
            Some((underlying, currency)) => (underlying, Settle::Linear { currency: currency.to_owned() }),
            None => (head, Settle::Inverse),
        };
        if !is_symbol(underlying) || matches!(&settle, Settle::Linear { currency } if !is_symbol(currency)) {
            return None;
        }
        let underlying = underlying.to_owned();
        let second = parts.next()?;
        let (strike, right, more) = (parts.next(), parts.next(), parts.next());
        if more.is_some() {
            return None;
        }
        let found = match (second, strike, right) {
            ("PERPETUAL", None, None) => Self::Perpetual { underlying, settle },
            (date, None, None) => Self::Future { underlying, settle, expiry: parse_moment(date)? },
            (date, Some(strike), Some(right)) => Self::Option {
                underlying,
                settle,
                expiry: parse_moment(date)?,
                strike: strike.replace('d', ".").parse().ok().filter(|s: &Price| s.is_positive())?,
                right: match right {
                    "C" => Right::Call,
                    "P" => Right::Put,
                    _ => return None,
                },
            },
            _ => return None,
        };
        (found.to_string() == name).then_some(found)
    }
    /// Reads the name of a share of a pool: `LP:ETH_USDC-1800-3000d5`, the ends in units of the currency per coin with `d` for
    /// the point. The inverse of `Display`.
    pub fn parse_range(name: &str) -> Option<Self> {
        let mut parts = name.strip_prefix("LP:")?.split('-');
        let (asset, currency) = parts.next()?.split_once('_')?;
        let (lower, upper) = (parts.next()?, parts.next()?);
        if parts.next().is_some() || !is_symbol(asset) || !is_symbol(currency) {
            return None;
        }
        let end = |text: &str| text.replace('d', ".").parse().ok().filter(|p: &Price| p.is_positive());
        let (lower, upper) = (end(lower)?, end(upper)?);
        let found =
            Self::LiquidityRange { asset: asset.to_owned(), currency: currency.to_owned(), lower, upper };
        (lower < upper && found.to_string() == name).then_some(found)
    }
}

/// Whether text is a symbol: 1 to 24 of `A-Z`, `0-9`.
pub fn is_symbol(text: &str) -> bool {
    (1..=24).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit())
}

fn parse_moment(text: &str) -> Option<u64> {
    let (date, of_day) = match text.split_once('@') {
        None => (text, USUAL_EXPIRY),
        Some((date, clock)) if clock.len() == 4 && clock.bytes().all(|b| b.is_ascii_digit()) => {
            let (hours, minutes) = clock.split_at(2);
            let (hours, minutes): (u64, u64) = (hours.parse().ok()?, minutes.parse().ok()?);
            if hours > 23 || minutes > 59 {
                return None;
            }
            (date, hours * 3600 + minutes * 60)
        }
        Some(_) => return None,
    };
    Some(parse_expiry(date)? * DAY + of_day)
}

fn moment_text(expiry: u64) -> String {
    let of_day = expiry % DAY;
    if of_day == USUAL_EXPIRY {
        expiry_text(expiry)
    } else {
        format!("{}@{:02}{:02}", expiry_text(expiry), of_day / 3600, of_day / 60 % 60)
    }
}

/// The canonical name: balances by symbol (`BTC`, `USD`), `DEPOSIT:`, `BORROW:` and `PNL:` before a symbol, derivatives
/// as [`Instrument::parse_derivative`] reads them, shares of pools as [`Instrument::parse_range`] does.
impl fmt::Display for Instrument {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let head = |underlying: &str, settle: &Settle| match settle {
            Settle::Inverse => underlying.to_owned(),
            Settle::Linear { currency } => format!("{underlying}_{currency}"),
        };
        let text = match self {
            Self::Cash { currency } => currency.clone(),
            Self::Spot { asset } => asset.clone(),
            Self::Deposit { asset } => format!("DEPOSIT:{asset}"),
            Self::Borrow { asset } => format!("BORROW:{asset}"),
            Self::UnsettledPnl { currency } => format!("PNL:{currency}"),
            Self::Perpetual { underlying, settle } => format!("{}-PERPETUAL", head(underlying, settle)),
            Self::Future { underlying, settle, expiry } => {
                format!("{}-{}", head(underlying, settle), moment_text(*expiry))
            }
            Self::Option { underlying, settle, expiry, strike, right } => format!(
                "{}-{}-{}-{}",
                head(underlying, settle),
                moment_text(*expiry),
                strike.to_string().replace('.', "d"),
                if *right == Right::Call { 'C' } else { 'P' },
            ),
            Self::LiquidityRange { asset, currency, lower, upper } => {
                let end = |price: &Price| price.to_string().replace('.', "d");
                format!("LP:{asset}_{currency}-{}-{}", end(lower), end(upper))
            }
        };
        f.pad(&text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_back() {
        for name in [
            "BTC-PERPETUAL",
            "BTC_USDC-PERPETUAL",
            "BTC-27MAR26",
            "BTC-7FEB26-69000-P",
            "XRP_USDC-27MAR26-1d5-C",
            "ETH-27MAR26@1600-1800-C",
        ] {
            assert_eq!(Instrument::parse_derivative(name).unwrap().to_string(), name);
        }
        for bad in [
            "BTC",
            "BTC-",
            "btc-PERPETUAL",
            "BTC-27MAR26-70000",
            "BTC-27MAR26-70000-X",
            "BTC-27MAR26-070000-C",
            "BTC-27MAR26-0-C",
            "BTC-27MAR26@0800",
            "BTC-27MAR26@2500",
            "BTC_-PERPETUAL",
            "BTC-27MAR26-70000-C-1",
        ] {
            assert_eq!(Instrument::parse_derivative(bad), None, "{bad}");
        }
    }

    #[test]
    fn names_of_ranges_are_read_back() {
        for name in ["LP:ETH_USDC-1800-3000", "LP:PEPE_USDC-0d0000012-0d00002", "LP:ETH_USDC-1800d25-1800d5"]
        {
            assert_eq!(Instrument::parse_range(name).unwrap().to_string(), name);
        }
        for bad in [
            "ETH_USDC-1800-3000",
            "LP:ETH-1800-3000",
            "LP:ETH_USDC-3000-1800",
            "LP:ETH_USDC-1800-1800",
            "LP:ETH_USDC-0-3000",
            "LP:ETH_USDC--1-3000",
            "LP:ETH_USDC-1800-3000-1",
            "LP:ETH_USDC-1800-3000d50",
            "LP:eth_USDC-1800-3000",
        ] {
            assert_eq!(Instrument::parse_range(bad), None, "{bad}");
        }
    }
}
