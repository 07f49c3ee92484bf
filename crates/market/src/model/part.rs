//! Columns that a model makes itself: another column, of some of the instruments alone.
//!
//! What is limited apart (the tokens of one issuer, what expires within a week, perpetuals on one coin) has a column of its own, as
//! totals are all that a row reads. A part weighs what its whole weighs, rounded the same way, or nothing; the sheet checker
//! has its own list of the parts of every model, and of what each is a part.

use super::{ColumnDef, Unit, VOCABULARY};
use crate::grid::Exact;
use crate::instrument::{Instrument, Right};
use crate::price::Price;
use crate::time::DAY;

/// What kind of instrument something is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PartKind {
    /// Balances of fiat and stablecoins.
    Cash,
    /// Balances of coins.
    Spot,
    /// What is lent out or deposited.
    Deposit,
    /// What is borrowed.
    Borrow,
    /// Unsettled profit and loss.
    Unsettled,
    /// Perpetuals.
    Perpetual,
    /// Dated futures.
    Future,
    /// Calls.
    Call,
    /// Puts.
    Put,
    /// Shares of liquidity pools.
    Pool,
}

impl PartKind {
    /// Words of model files.
    pub(super) const WORDS: [(&'static str, Self); 10] = [
        ("cash", Self::Cash),
        ("spot", Self::Spot),
        ("deposit", Self::Deposit),
        ("borrow", Self::Borrow),
        ("unsettled", Self::Unsettled),
        ("perpetual", Self::Perpetual),
        ("future", Self::Future),
        ("call", Self::Call),
        ("put", Self::Put),
        ("pool", Self::Pool),
    ];
    const fn of(instrument: &Instrument) -> Self {
        match instrument {
            Instrument::Cash { .. } => Self::Cash,
            Instrument::Spot { .. } => Self::Spot,
            Instrument::Deposit { .. } => Self::Deposit,
            Instrument::Borrow { .. } => Self::Borrow,
            Instrument::UnsettledPnl { .. } => Self::Unsettled,
            Instrument::Perpetual { .. } => Self::Perpetual,
            Instrument::Future { .. } => Self::Future,
            Instrument::Option { right: Right::Call, .. } => Self::Call,
            Instrument::Option { right: Right::Put, .. } => Self::Put,
            Instrument::LiquidityRange { .. } => Self::Pool,
        }
    }
}

/// A column of a model that is part of another one. Every condition that is given must hold.
#[derive(Clone, Copy, Debug)]
pub struct Part {
    /// Name of the column.
    pub name: &'static str,
    /// The column of the vocabulary that it is a part of.
    pub of: &'static str,
    /// In words.
    pub meaning: &'static str,
    /// Kinds; all where none is given.
    pub kinds: &'static [PartKind],
    /// Symbols, in growing order, of underlying, coin or currency; a share of a pool counts wholly where either of its two is
    /// among them. All where none is given.
    pub symbols: &'static [&'static str],
    /// Only what expires more than so many days of 24 hours after the snapshot.
    pub after_days: Option<u32>,
    /// Only what expires within so many days, the last second among them.
    pub within_days: Option<u32>,
    /// Only options struck above this share of the index.
    pub strike_above: Option<Price>,
    /// Only options struck at no more than this share of the index.
    pub strike_up_to: Option<Price>,
}

impl Part {
    /// The column's definition: unit, mode and rounding of its whole.
    pub(super) fn definition(&self) -> Option<ColumnDef> {
        let whole = VOCABULARY.iter().find(|c| c.name == self.of && c.unit == Unit::Money)?;
        Some(ColumnDef { name: self.name, meaning: self.meaning, ..*whole })
    }
    /// Whether an instrument is in it. `index` and `money` are the prices of its underlying and of its settlement currency; `None`
    /// where 127 bits do not hold what is compared.
    pub(crate) fn takes(
        &self,
        instrument: &Instrument,
        as_of: u64,
        index: Price,
        money: Price,
    ) -> Option<bool> {
        let named = |symbol: &str| self.symbols.binary_search(&symbol).is_ok();
        let second = match instrument {
            Instrument::LiquidityRange { currency, .. } => Some(currency.as_str()),
            _ => None,
        };
        if !self.symbols.is_empty() && !named(instrument.exposure()) && !second.is_some_and(named) {
            return Some(false);
        }
        if !self.kinds.is_empty() && !self.kinds.contains(&PartKind::of(instrument)) {
            return Some(false);
        }
        if self.after_days.is_some() || self.within_days.is_some() {
            let Some(expiry) = instrument.expiry() else { return Some(false) };
            let seconds = expiry.saturating_sub(as_of);
            let of = |days: u32| u64::from(days) * DAY;
            if self.after_days.is_some_and(|d| seconds <= of(d))
                || self.within_days.is_some_and(|d| seconds > of(d))
            {
                return Some(false);
            }
        }
        if self.strike_above.is_some() || self.strike_up_to.is_some() {
            let Instrument::Option { strike, settle, .. } = instrument else { return Some(false) };
            // A strike of a linear option is in its currency, the index in USD.
            let strike = match settle {
                crate::instrument::Settle::Inverse => Exact::from(*strike),
                crate::instrument::Settle::Linear { .. } => Exact::from(*strike).times(money)?,
            };
            let above = |share: Price| Some(strike.minus(Exact::from(index).times(share)?)?.is_positive());
            if let Some(share) = self.strike_above
                && !above(share)?
            {
                return Some(false);
            }
            if let Some(share) = self.strike_up_to
                && above(share)?
            {
                return Some(false);
            }
        }
        Some(true)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ANY: Part = Part {
        name: "x",
        of: "notional",
        meaning: "a part",
        kinds: &[],
        symbols: &[],
        after_days: None,
        within_days: None,
        strike_above: None,
        strike_up_to: None,
    };
    const NOW: u64 = 1_770_000_000;

    fn named(name: &str) -> Instrument {
        Instrument::parse_derivative(name).or_else(|| Instrument::parse_range(name)).unwrap()
    }
    fn takes(part: &Part, instrument: &Instrument) -> bool {
        let p = |t: &str| t.parse::<Price>().unwrap();
        part.takes(instrument, NOW, p("2500"), p("0.5")).unwrap()
    }

    /// Days at their edges: the last second of a bucket is in it, the next one is in the next.
    #[test]
    fn buckets_of_days_meet_without_a_gap() {
        let week = Part { within_days: Some(7), ..ANY };
        let month = Part { after_days: Some(7), within_days: Some(30), ..ANY };
        let of = |seconds: u64| Instrument::Future {
            underlying: "ETH".into(),
            settle: crate::instrument::Settle::Inverse,
            expiry: NOW + seconds,
        };
        for (seconds, wanted) in [
            (1, [true, false]),
            (7 * DAY, [true, false]),
            (7 * DAY + 1, [false, true]),
            (30 * DAY, [false, true]),
            (30 * DAY + 1, [false, false]),
        ] {
            assert_eq!([takes(&week, &of(seconds)), takes(&month, &of(seconds))], wanted, "{seconds}");
        }
        assert!(!takes(&week, &named("ETH-PERPETUAL")), "what never expires is in no bucket");
    }

    /// Strikes at their edges, in the index's money: a linear strike counts at its currency's price.
    #[test]
    fn strikes_are_compared_with_the_index() {
        let near = Part {
            strike_above: Some("0.9".parse().unwrap()),
            strike_up_to: Some("1.1".parse().unwrap()),
            ..ANY
        };
        for (name, wanted) in [
            ("ETH-27MAR26-2250-C", false),
            ("ETH-27MAR26-2250d1-C", true),
            ("ETH-27MAR26-2750-P", true),
            ("ETH-27MAR26-2750d1-P", false),
            ("ETH_USDC-27MAR26-5000-P", true),
            ("ETH_USDC-27MAR26-2500-P", false),
            ("ETH-PERPETUAL", false),
        ] {
            assert_eq!(takes(&near, &named(name)), wanted, "{name}");
        }
    }

    #[test]
    fn symbols_and_kinds() {
        let part = Part { symbols: &["EURC", "USDC"], ..ANY };
        let cash = |s: &str| Instrument::Cash { currency: s.into() };
        assert!(takes(&part, &cash("USDC")) && !takes(&part, &cash("USDT")));
        assert!(takes(&part, &named("LP:ETH_USDC-1-2")), "half of it is the issuer's");
        assert!(!takes(&part, &named("ETH_USDC-PERPETUAL")), "no claim on the issuer");
        let pools = Part { kinds: &[PartKind::Pool], ..ANY };
        assert!(takes(&pools, &named("LP:ETH_USDC-1-2")) && !takes(&pools, &cash("USDC")));
        for (word, kind) in PartKind::WORDS {
            assert_eq!(PartKind::WORDS.iter().filter(|(w, k)| *w == word || *k == kind).count(), 1);
        }
    }
}
