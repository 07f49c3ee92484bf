//! What one unit of an instrument weighs in every column of the vocabulary, in USD: formulas, before any rounding.

use crate::black76::{black76, years_between};
use crate::grid::{Amount, Exact};
use crate::instrument::{Instrument, Right, Settle};
use crate::lp::per_unit;
use crate::model::{RiskModel, Scenario};
use crate::price::Price;
use crate::snapshot::{CurrencyQuote, Quote, Snapshot};
use crate::time::DAY;
use crate::universe::CurrencyClass;

/// Haircut of an owned option's premium and mark-up of a written one's, in basis points, where the underlying's own
/// haircut is not larger: a quarter of the volatility range that the scenarios span.
pub const OPTION_HAIRCUT_BPS: u16 = 1000;

/// Per unit of quantity, in USD: what the columns of a slot are rounded from.
pub(super) struct Row {
    /// By name of the vocabulary; what is not there is nothing.
    columns: Vec<(&'static str, Amount)>,
    /// Profit or loss of each scenario, weighed.
    pub pnl: Vec<Amount>,
    /// Face value, whether or not it counts as exposure: what the precision floor looks at.
    pub face: Amount,
}

impl Row {
    fn new(face: Amount, scenarios: usize) -> Self {
        Self { columns: Vec::new(), pnl: vec![Amount::Zero; scenarios], face }
    }
    fn put(&mut self, names: &[&'static str], amount: Amount) {
        self.columns.extend(names.iter().map(|name| (*name, amount)));
    }
    /// The amount of a money column of the vocabulary.
    pub fn column(&self, name: &str) -> Amount {
        self.columns.iter().find(|(n, _)| *n == name).map_or(Amount::Zero, |(_, amount)| *amount)
    }
}

/// Share of a move that counts, exactly.
fn moved(face: Exact, by: Price, s: &Scenario) -> Option<Amount> {
    Some(Amount::Exact(face.times(by)?.times(s.weight)?))
}

/// Balances, loans, and unsettled profit: worth their currency's price. Coins move by the scenario's price or by their own
/// move; currencies only where the scenario names them.
fn balance_row(
    model: &RiskModel,
    instrument: &Instrument,
    class: CurrencyClass,
    own: &CurrencyQuote,
) -> Option<Row> {
    let symbol = instrument.exposure();
    let price = Exact::from(own.price);
    let amount = Amount::Exact(price);
    let mut row = Row::new(amount, model.scenarios.len());
    let haircut = i64::from(own.haircut_bps);
    let on_top = if model.details.parameters.debts_at_par { 0 } else { haircut };
    row.put(&["value"], amount);
    row.put(&["assets"], Amount::Exact(price.times_bps(10_000 - haircut)?));
    row.put(&["liabilities"], Amount::Exact(price.times_bps(10_000 + on_top)?));
    if !class.is_cash() {
        row.put(&["delta"], amount);
    }
    for (pnl, s) in row.pnl.iter_mut().zip(model.scenarios) {
        let by = if class.is_cash() { s.named_move(symbol) } else { Some(s.move_of(symbol)) };
        if let Some(by) = by {
            *pnl = moved(price, by, s)?;
        }
    }
    if matches!(instrument, Instrument::UnsettledPnl { .. }) {
        row.put(&["unsettled"], amount);
        return Some(row);
    }
    row.put(&["held", "owed"], amount);
    match class {
        CurrencyClass::Coin => row.put(&["owned"], amount),
        CurrencyClass::Stable => row.put(&["cash", "stable"], amount),
        CurrencyClass::Fiat => row.put(&["cash"], amount),
    }
    let listed = |list: &[&str]| list.binary_search(&symbol).is_ok();
    if class == CurrencyClass::Coin && listed(model.details.parameters.staked) {
        row.put(&["staked"], amount);
    }
    if symbol != model.currency {
        row.put(&["gross", "notional", "long", "short"], amount);
        if !listed(model.details.parameters.liquid) {
            row.put(&["illiquid"], amount);
        }
    }
    Some(row)
}

/// Perpetuals and futures: no value of their own, face value moves with the mark.
fn contract_row(
    model: &RiskModel,
    instrument: &Instrument,
    mark: Price,
    index: Price,
    money: Price,
) -> Option<Row> {
    const FACE: [&str; 7] =
        ["gross", "notional", "long", "short", "perp_notional", "long_perps", "short_perps"];
    let by = |s: &Scenario| s.move_of(instrument.exposure());
    match instrument.settle()? {
        Settle::Linear { .. } => {
            let face = Exact::from(mark).times(money)?;
            let mut row = Row::new(Amount::Exact(face), model.scenarios.len());
            row.put(&["delta"], Amount::Exact(face));
            row.put(&FACE, Amount::Exact(face));
            row.pnl = model.scenarios.iter().map(|s| moved(face, by(s), s)).collect::<Option<_>>()?;
            Some(row)
        }
        Settle::Inverse => {
            // One dollar of face gains `1/M - 1/M(1+p)` coin, worth `S(1+p)` each: `p * S / M` dollars.
            let one = Amount::Exact(Price::ONE.into());
            let mut row = Row::new(one, model.scenarios.len());
            let ratio = index.to_f64() / mark.to_f64();
            row.put(&["delta"], Amount::Real(ratio));
            row.put(&FACE, one);
            row.pnl = model
                .scenarios
                .iter()
                .map(|s| Amount::Real(ratio * by(s).to_f64() * s.weight.to_f64()))
                .collect();
            Some(row)
        }
    }
}

/// A share of a pool, per unit of liquidity: worth the coins and the currency that it holds at the index, never at the pool's
/// own price, which one trade can move. Scenarios move the coin by the scenario and the currency where it is named, and
/// value what the share then holds.
fn range_row(
    model: &RiskModel,
    instrument: &Instrument,
    coin: &CurrencyQuote,
    paired: &CurrencyQuote,
) -> Option<Row> {
    let Instrument::LiquidityRange { asset, currency, lower, upper } = instrument else { return None };
    let (index, money) = (coin.price.to_f64(), paired.price.to_f64());
    let worth = |index: f64, money: f64| {
        let held = per_unit(index / money, *lower, *upper);
        (held.token0 * index + held.token1 * money, held)
    };
    let (value, held) = worth(index, money);
    let haircut = f64::from(coin.haircut_bps.max(paired.haircut_bps)) / 10_000.0;
    let amount = Amount::Real(value);
    let mut row = Row::new(amount, model.scenarios.len());
    row.put(&["value", "gross", "notional", "long", "short"], amount);
    row.put(&["assets"], Amount::Real(value * (1.0 - haircut)));
    row.put(&["liabilities"], Amount::Real(value * (1.0 + haircut)));
    row.put(&["delta"], Amount::Real(held.token0 * index));
    // gamma is coins per unit of price in the currency; a move of 1% is index / money / 100 of them.
    row.put(&["gamma"], Amount::Real(held.gamma * (index / money) * index / 100.0));
    let liquid = model.details.parameters.liquid;
    let listed = |symbol: &str| symbol == model.currency || liquid.binary_search(&symbol).is_ok();
    if !listed(asset) || !listed(currency) {
        row.put(&["illiquid"], amount);
    }
    row.pnl = model
        .scenarios
        .iter()
        .map(|s| {
            let by = |price: f64, by: Price| price * (1.0 + by.to_f64());
            let then = by(index, s.move_of(asset));
            let paired = by(money, s.named_move(currency).unwrap_or(Price::ZERO));
            Amount::Real((worth(then, paired).0 - value) * s.weight.to_f64())
        })
        .collect();
    Some(row)
}

struct OptionTerms<'a> {
    instrument: &'a Instrument,
    quote: &'a Quote,
    underlying: &'a CurrencyQuote,
    money: Price,
}

/// Options: worth their mark; Greeks and scenarios by Black-76 from forward and volatility.
fn option_row(model: &RiskModel, as_of: u64, terms: &OptionTerms<'_>) -> Option<Row> {
    let OptionTerms { instrument, quote, underlying, money } = terms;
    let Instrument::Option { settle, expiry, strike, right, .. } = instrument else { return None };
    let (forward, vol) = (quote.forward?.to_f64(), quote.vol?.to_f64());
    let index = Exact::from(underlying.price);
    // What one unit of the strike's currency, as Black-76 counts it, is worth in USD. Inverse: coin value is price /
    // forward, coins are worth the index, and index / forward stays as it is when both move by the same share.
    let (scale, value, strike_value) = match settle {
        Settle::Inverse => {
            (underlying.price.to_f64() / forward, Exact::from(quote.mark).times(index)?, Exact::from(*strike))
        }
        Settle::Linear { .. } => {
            (money.to_f64(), Exact::from(quote.mark).times(*money)?, Exact::from(*strike).times(*money)?)
        }
    };
    let years = years_between(as_of, *expiry);
    let seconds = expiry.saturating_sub(as_of);
    let black = |f: f64, v: f64| black76(f, strike.to_f64(), years, v, *right);
    let base = black(forward, vol);
    let haircut = i64::from(underlying.haircut_bps.max(OPTION_HAIRCUT_BPS));
    let mut row = Row::new(Amount::Exact(index), model.scenarios.len());
    row.put(&["value", "premium", "written_premium"], Amount::Exact(value));
    row.put(&["assets"], Amount::Exact(value.times_bps(10_000 - haircut)?));
    row.put(&["liabilities"], Amount::Exact(value.times_bps(10_000 + haircut)?));
    let delta = base.delta * forward * scale;
    row.put(&["delta"], Amount::Real(delta));
    row.put(&["gamma"], Amount::Real(base.gamma * forward * forward * scale / 100.0));
    let vega = match seconds {
        0..=2_592_000 => "vega_30d",
        2_592_001..=7_776_000 => "vega_90d",
        _ => "vega_long",
    };
    row.put(&["vega", vega], Amount::Real(base.vega * scale));
    row.put(&["theta"], Amount::Real(base.theta * scale));
    row.put(&["gross"], Amount::Real(libm::fabs(delta)));
    let face = Amount::Exact(index);
    row.put(&["notional", "long", "short", "option_notional", "long_options", "short_options"], face);
    row.put(&[if *right == Right::Call { "short_calls" } else { "short_puts" }], face);
    if *right == Right::Put {
        row.put(&["put_cash"], Amount::Exact(strike_value));
    }
    if seconds <= 7 * DAY {
        row.put(&["option_7d"], face);
    }
    if model.details.parameters.liquid.binary_search(&instrument.exposure()).is_err() {
        row.put(&["illiquid"], Amount::Exact(value));
    }
    if let Some(w) = model.details.parameters.written_margin {
        // Out of the money by this much: strike less index for a call, index less strike for a put.
        let (above, below) =
            if *right == Right::Call { (strike_value, index) } else { (index, strike_value) };
        let out = above.minus(below)?.max(Exact::ZERO)?;
        let on_strike = w.put_floor_on_strike && *right == Right::Put;
        let least = if on_strike { strike_value } else { index }.times(w.floor)?;
        let charge = index.times(w.rate)?.minus(out)?.max(least)?;
        row.put(&["written_margin"], Amount::Exact(value.plus(charge)?));
    }
    row.pnl = model
        .scenarios
        .iter()
        .map(|s| {
            let by = s.move_of(instrument.exposure());
            let moved = black(forward * (1.0 + by.to_f64()), s.vol.shifted(vol, seconds)).price - base.price;
            Amount::Real(moved * scale * s.weight.to_f64())
        })
        .collect();
    Some(row)
}

/// The row of an instrument of a venue; `None` where it has no price, or a product leaves 127 bits.
pub(super) fn row_of(
    model: &RiskModel,
    snapshot: &Snapshot,
    venue: &str,
    instrument: &Instrument,
) -> Option<Row> {
    let symbol = instrument.exposure();
    let own = snapshot.currency(symbol)?;
    if let Instrument::LiquidityRange { currency, .. } = instrument {
        return range_row(model, instrument, own, snapshot.currency(currency)?);
    }
    if instrument.settle().is_none() {
        return balance_row(model, instrument, snapshot.universe.class_of(symbol)?, own);
    }
    let quote = snapshot.quote(venue, instrument)?;
    let money = snapshot.price_of(instrument.settlement_currency()?)?;
    match instrument {
        Instrument::Option { .. } => {
            option_row(model, snapshot.as_of, &OptionTerms { instrument, quote, underlying: own, money })
        }
        _ => contract_row(model, instrument, quote.mark, own.price, money),
    }
}
