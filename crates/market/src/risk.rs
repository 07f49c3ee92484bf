//! A snapshot compiled by a risk model: the risk part of a sheet.
//!
//! `docs/market-data.md` says what every column is for every kind of instrument, in formulas.

use crate::black76::{black76, years_between};
use crate::grid::{Amount, Exact};
use crate::instrument::{Instrument, Settle};
use crate::model::{RiskModel, Rounding, Scenario, Unit};
use crate::price::Price;
use crate::snapshot::{CurrencyQuote, Quote, Snapshot, SnapshotError};
use mandate_statement::{Layout, RiskPart, Shape, WEIGHT_SUM_BITS};
use std::fmt::Write as _;

/// The face value of one lot must weigh at least this, in the model's money units, or the lot is refused: rounding then
/// moves no weight of a size that matters by more than a millionth, and nothing owned or owed weighs nothing.
pub const PRECISION_FLOOR: i64 = 1 << 20;
/// Haircut of an owned option's premium and mark-up of a written one's, in basis points, where the underlying's own
/// haircut is not larger: a quarter of the volatility range that the scenarios span.
pub const OPTION_HAIRCUT_BPS: u16 = 1000;

/// Why a snapshot does not compile to a risk part.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RiskError {
    /// No model of that name.
    #[error("there is no risk model `{0}`; models are {known}", known = known_models())]
    UnknownModel(String),
    /// The model's columns are not the shape's.
    #[error("risk model `{model}` does not have the columns of shape `{shape}`")]
    Columns {
        /// The model.
        model: &'static str,
        /// The shape.
        shape: &'static str,
    },
    /// The universe is laid out on another shape.
    #[error("the universe is laid out on shape `{universe}`, the sheet wants `{wanted}`")]
    OtherShape {
        /// The universe's shape.
        universe: String,
        /// The shape asked for.
        wanted: &'static str,
    },
    /// The snapshot does not hold together.
    #[error("snapshot: {0}")]
    Snapshot(#[from] SnapshotError),
    /// The model's own currency is not worth one of itself.
    #[error(
        "the price of `{currency}` is {got}; the model counts money in it, so it must be priced, at exactly 1"
    )]
    Numeraire {
        /// The currency.
        currency: &'static str,
        /// What was found.
        got: String,
    },
    /// A lot is too small for its weights to be precise.
    #[error(
        "`{slot}`: one lot of {lot} has a face value of {face} units of 10^-{places}; at least {floor} are needed. \
         Cut the universe again at today's prices, or leave the instrument unpriced"
    )]
    Precision {
        /// The slot, for people.
        slot: String,
        /// One lot.
        lot: String,
        /// Its face value.
        face: i64,
        /// Places of the money unit.
        places: u8,
        /// The floor.
        floor: i64,
    },
    /// A weight is not a number of 62 bits.
    #[error(
        "`{slot}`: the weight in column `{column}` is out of range: its lot is far too large, or its prices have far too many digits"
    )]
    Weight {
        /// The slot, for people.
        slot: String,
        /// The column.
        column: String,
    },
    /// A column's weights are too heavy for totals to stay in range.
    #[error(
        "column `{column}`: magnitudes of the weights sum to {sum}, at least 2^{WEIGHT_SUM_BITS}; the heaviest is \
         {heaviest} at `{slot}`. Cut the universe again at today's prices"
    )]
    ColumnSum {
        /// The column.
        column: String,
        /// The sum.
        sum: u128,
        /// Largest magnitude.
        heaviest: u64,
        /// Where it is.
        slot: String,
    },
}

fn known_models() -> String {
    crate::MODELS.iter().map(|m| format!("`{}`", m.name)).collect::<Vec<_>>().join(", ")
}

/// Per unit of quantity, in USD: what the columns of a slot are rounded from.
struct Row {
    value: Amount,
    delta: Amount,
    gamma: Amount,
    vega: Amount,
    theta: Amount,
    cash: Amount,
    unsettled: Amount,
    premium: Amount,
    gross: Amount,
    /// Also `long` and `short`: the face value that counts as exposure.
    notional: Amount,
    assets: Amount,
    liabilities: Amount,
    pnl: Vec<Amount>,
    /// Face value, whether or not it counts as exposure: what the precision floor looks at.
    face: Amount,
}

impl Row {
    fn empty(face: Amount, scenarios: usize) -> Self {
        let zero = Amount::Zero;
        Self {
            value: zero,
            delta: zero,
            gamma: zero,
            vega: zero,
            theta: zero,
            cash: zero,
            unsettled: zero,
            premium: zero,
            gross: zero,
            notional: zero,
            assets: zero,
            liabilities: zero,
            pnl: vec![zero; scenarios],
            face,
        }
    }
    /// The amount of a money column; `None` for a column this module does not know.
    fn column(&self, name: &str) -> Option<Amount> {
        Some(match name {
            "value" => self.value,
            "delta" => self.delta,
            "gamma" => self.gamma,
            "vega" => self.vega,
            "theta" => self.theta,
            "cash" => self.cash,
            "unsettled" => self.unsettled,
            "premium" => self.premium,
            "gross" => self.gross,
            "notional" | "long" | "short" => self.notional,
            "assets" => self.assets,
            "liabilities" => self.liabilities,
            _ => return None,
        })
    }
}

/// Share of the move that counts, exactly: `price * weight`, over `10^8`.
fn moved(face: Exact, s: &Scenario) -> Option<Amount> {
    Some(Amount::Exact(face.times_bps(i64::from(s.price_bps))?.times_bps(i64::from(s.weight_bps))?))
}
fn share(bps: i32) -> f64 {
    f64::from(bps) / 10_000.0
}

/// Balances, loans, and unsettled profit: worth their currency's price.
fn balance_row(
    model: &RiskModel,
    instrument: &Instrument,
    moves: bool,
    cash: bool,
    own: &CurrencyQuote,
) -> Option<Row> {
    let price = Exact::from(own.price);
    let amount = Amount::Exact(price);
    let mut row = Row::empty(amount, model.scenarios.len());
    row.value = amount;
    row.assets = Amount::Exact(price.times_bps(10_000 - i64::from(own.haircut_bps))?);
    row.liabilities = Amount::Exact(price.times_bps(10_000 + i64::from(own.haircut_bps))?);
    if moves {
        row.delta = amount;
        row.pnl = model.scenarios.iter().map(|s| moved(price, s)).collect::<Option<_>>()?;
    }
    if matches!(instrument, Instrument::UnsettledPnl { .. }) {
        row.unsettled = amount;
        return Some(row);
    }
    if cash {
        row.cash = amount;
    }
    if instrument.exposure() != model.currency {
        row.gross = amount;
        row.notional = amount;
    }
    Some(row)
}

/// Perpetuals and futures: no value of their own, face value moves with the mark.
fn contract_row(model: &RiskModel, settle: &Settle, mark: Price, index: Price, money: Price) -> Option<Row> {
    match settle {
        Settle::Linear { .. } => {
            let face = Exact::from(mark).times(money)?;
            let mut row = Row::empty(Amount::Exact(face), model.scenarios.len());
            row.delta = Amount::Exact(face);
            row.gross = Amount::Exact(face);
            row.notional = Amount::Exact(face);
            row.pnl = model.scenarios.iter().map(|s| moved(face, s)).collect::<Option<_>>()?;
            Some(row)
        }
        Settle::Inverse => {
            // One dollar of face gains `1/M - 1/M(1+p)` coin, worth `S(1+p)` each: `p * S / M` dollars.
            let one = Amount::Exact(Price::ONE.into());
            let mut row = Row::empty(one, model.scenarios.len());
            let ratio = index.to_f64() / mark.to_f64();
            row.delta = Amount::Real(ratio);
            row.gross = one;
            row.notional = one;
            row.pnl = model
                .scenarios
                .iter()
                .map(|s| Amount::Real(ratio * share(s.price_bps) * share(s.weight_bps)))
                .collect();
            Some(row)
        }
    }
}

/// Options: worth their mark; Greeks and scenarios by Black-76 from forward and volatility.
fn option_row(model: &RiskModel, as_of: u64, terms: &OptionTerms<'_>) -> Option<Row> {
    let OptionTerms { instrument, quote, underlying, money } = terms;
    let Instrument::Option { settle, expiry, strike, right, .. } = instrument else { return None };
    let (forward, vol) = (quote.forward?.to_f64(), quote.vol?.to_f64());
    let index = Exact::from(underlying.price);
    // What one unit of the strike's currency, as Black-76 counts it, is worth in USD. Inverse: coin value is price /
    // forward, coins are worth the index, and index / forward stays as it is when both move by the same share.
    let (scale, value) = match settle {
        Settle::Inverse => (underlying.price.to_f64() / forward, Exact::from(quote.mark).times(index)?),
        Settle::Linear { .. } => (money.to_f64(), Exact::from(quote.mark).times(*money)?),
    };
    let years = years_between(as_of, *expiry);
    let strike = strike.to_f64();
    let base = black76(forward, strike, years, vol, *right);
    let haircut = i64::from(underlying.haircut_bps.max(OPTION_HAIRCUT_BPS));
    let mut row = Row::empty(Amount::Exact(index), model.scenarios.len());
    row.value = Amount::Exact(value);
    row.premium = Amount::Exact(value);
    row.assets = Amount::Exact(value.times_bps(10_000 - haircut)?);
    row.liabilities = Amount::Exact(value.times_bps(10_000 + haircut)?);
    let delta = base.delta * forward * scale;
    row.delta = Amount::Real(delta);
    row.gamma = Amount::Real(base.gamma * forward * forward * scale / 100.0);
    row.vega = Amount::Real(base.vega * scale);
    row.theta = Amount::Real(base.theta * scale);
    row.gross = Amount::Real(libm::fabs(delta));
    row.notional = Amount::Exact(index);
    row.pnl = model
        .scenarios
        .iter()
        .map(|s| {
            let (f, v) = (forward * (1.0 + share(s.price_bps)), vol * (1.0 + share(s.vol_bps)));
            let moved = black76(f, strike, years, v, *right).price - base.price;
            Amount::Real(moved * scale * share(s.weight_bps))
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

fn row_of(model: &RiskModel, snapshot: &Snapshot, venue: &str, instrument: &Instrument) -> Option<Row> {
    let symbol = instrument.exposure();
    let own = snapshot.currency(symbol)?;
    let Some(settle) = instrument.settle() else {
        let class = snapshot.universe.class_of(symbol)?;
        return balance_row(model, instrument, !class.is_cash(), class.is_cash(), own);
    };
    let quote = snapshot.quote(venue, instrument)?;
    let money = snapshot.price_of(instrument.settlement_currency()?)?;
    match instrument {
        Instrument::Option { .. } => {
            option_row(model, snapshot.as_of, &OptionTerms { instrument, quote, underlying: own, money })
        }
        _ => contract_row(model, settle, quote.mark, own.price, money),
    }
}

/// How the universe's groups, accounts and assets fall on the segments of the shape. A group without a usable slot is
/// not in use and stands under no asset: rows over groups and assets speak of what can be held.
fn layout(snapshot: &Snapshot, shape: &Shape, weights: &[i64]) -> Layout {
    let n = shape.segments;
    let mut layout = Layout {
        carry: vec![false; n],
        group_used: vec![false; n],
        account: vec![None; n],
        asset: vec![None; n],
    };
    let usable = |slot: usize| weights[slot * shape.columns() + shape.forbidden_column()] == 0;
    for (account, _, segments, group) in snapshot.universe.groups() {
        let len = shape.segment_len();
        let used = (segments.start * len..segments.end * len).any(usable);
        for segment in segments.clone() {
            layout.carry[segment] = segment > segments.start;
            layout.account[segment] = u16::try_from(account).ok();
            layout.asset[segment] = used.then_some(group.asset);
        }
        layout.group_used[segments.end - 1] = used;
    }
    layout
}

/// Compiles a snapshot by the model `crypto-usd/1`.
///
/// Weights are per lot, in money units of `10^-10` USD, rounded once, the way each column's
/// [`crate::Rounding`] says. Listed slots that are priced weigh 1 in `lots`; all others (head-room, padding, unpriced)
/// weigh 1 in `forbidden` and nothing elsewhere, so the circuit keeps them empty.
///
/// # Errors
/// [`RiskError`], naming the instrument: a lot below the precision floor, a weight out of range, a column too heavy.
pub fn compile(snapshot: &Snapshot, shape: &Shape) -> Result<RiskPart, RiskError> {
    compile_as("crypto-usd/1", snapshot, shape)
}

/// Compiles a snapshot by a named risk model. See [`compile`].
///
/// # Errors
/// As [`compile`].
pub fn compile_as(model: &str, snapshot: &Snapshot, shape: &Shape) -> Result<RiskPart, RiskError> {
    let model = RiskModel::by_name(model).ok_or_else(|| RiskError::UnknownModel(model.to_owned()))?;
    if !model.fits(shape) {
        return Err(RiskError::Columns { model: model.name, shape: shape.name });
    }
    snapshot.validate()?;
    if snapshot.universe.shape != shape.name {
        return Err(RiskError::OtherShape { universe: snapshot.universe.shape.clone(), wanted: shape.name });
    }
    match snapshot.price_of(model.currency) {
        Some(Price::ONE) => {}
        found => {
            let got = found.map_or_else(|| "not in the snapshot".into(), |p| p.to_string());
            return Err(RiskError::Numeraire { currency: model.currency, got });
        }
    }
    let columns = shape.columns();
    let mut weights = vec![0i64; shape.slots * columns];
    for row in weights.chunks_exact_mut(columns) {
        row[shape.forbidden_column()] = 1;
    }
    for found in snapshot.universe.slots().map_err(SnapshotError::from)? {
        let venue = &snapshot.universe.accounts[found.account].venue;
        let instrument = &found.slot.instrument;
        if snapshot.unpriced(venue, instrument).is_some() {
            continue;
        }
        let label = || format!("{} {instrument}", snapshot.universe.accounts[found.account].label());
        let out_of_range = |column: &str| RiskError::Weight { slot: label(), column: column.to_owned() };
        let row = row_of(model, snapshot, venue, instrument).ok_or_else(|| out_of_range("value"))?;
        let (places, lot) = (model.money_places, found.slot.lot_places);
        let face = row.face.weight(places, lot, Rounding::Down).ok_or_else(|| out_of_range("notional"))?;
        if face < PRECISION_FLOOR {
            return Err(RiskError::Precision {
                slot: label(),
                lot: found.slot.lot().to_string(),
                face,
                places,
                floor: PRECISION_FLOOR,
            });
        }
        let out = &mut weights[found.index * columns..(found.index + 1) * columns];
        for (k, column) in model.columns.iter().enumerate() {
            out[k] = match column.unit {
                Unit::Lots => i64::from(k == shape.lots_column()),
                Unit::Money => row
                    .column(column.name)
                    .and_then(|amount| amount.weight(places, lot, column.rounding))
                    .ok_or_else(|| out_of_range(column.name))?,
            };
        }
        for (s, amount) in row.pnl.iter().enumerate() {
            out[shape.metrics() + s] = amount
                .weight(places, lot, Rounding::Nearest)
                .ok_or_else(|| out_of_range(&format!("scenario {s}")))?;
        }
    }
    check_sums(model, snapshot, columns, &weights)?;
    Ok(RiskPart {
        model: model.name.to_owned(),
        shape: shape.name.to_owned(),
        universe: snapshot.universe.digest(),
        snapshot: snapshot.digest(),
        as_of: snapshot.as_of,
        layout: layout(snapshot, shape, &weights),
        weights,
    })
}

fn column_name(model: &RiskModel, k: usize) -> String {
    match model.columns.get(k) {
        Some(column) => column.name.to_owned(),
        None => {
            let s = &model.scenarios[k - model.columns.len()];
            format!(
                "scenario {}: price {:+}%, vol {:+}%",
                k - model.columns.len(),
                s.price_bps / 100,
                s.vol_bps / 100
            )
        }
    }
}

fn check_sums(
    model: &RiskModel,
    snapshot: &Snapshot,
    columns: usize,
    weights: &[i64],
) -> Result<(), RiskError> {
    for k in 0..columns {
        let of = |row: &[i64]| row[k].unsigned_abs();
        let sum: u128 = weights.chunks_exact(columns).map(|row| u128::from(of(row))).sum();
        if sum >= 1 << WEIGHT_SUM_BITS {
            let (slot, heaviest) =
                weights.chunks_exact(columns).map(of).enumerate().max_by_key(|(_, w)| *w).unwrap_or((0, 0));
            let slot = snapshot.universe.slot_label(slot).unwrap_or_else(|| format!("slot {slot}"));
            return Err(RiskError::ColumnSum { column: column_name(model, k), sum, heaviest, slot });
        }
    }
    Ok(())
}

/// One slot's weights in words and in USD per unit of quantity, for people; lines of text.
///
/// # Errors
/// [`RiskError`] where the part's model or the universe's shape is unknown, or they are of different sizes.
pub fn explain_slot(part: &RiskPart, snapshot: &Snapshot, slot: usize) -> Result<String, RiskError> {
    let model = RiskModel::by_name(&part.model).ok_or_else(|| RiskError::UnknownModel(part.model.clone()))?;
    let shape = snapshot.universe.shape().map_err(SnapshotError::from)?;
    if part.shape != shape.name || part.weights.len() != shape.slots * shape.columns() {
        return Err(RiskError::OtherShape { universe: part.shape.clone(), wanted: shape.name });
    }
    if slot >= shape.slots {
        return Ok(format!("slot {slot}: shape `{}` has {} slots\n", shape.name, shape.slots));
    }
    let Some(found) = snapshot.universe.slot(slot) else {
        return Ok(format!("slot {slot}: head-room; it must stay empty\n"));
    };
    let venue = &snapshot.universe.accounts[found.account].venue;
    let label = snapshot.universe.slot_label(slot).unwrap_or_default();
    let mut out = format!(
        "slot {slot}: {label}, lots of {} {}\n",
        found.slot.lot(),
        found.slot.instrument.quantity_unit()
    );
    if let Some(why) = snapshot.unpriced(venue, &found.slot.instrument) {
        let _ = writeln!(out, "  not priced ({why}); it must stay empty");
        return Ok(out);
    }
    for (k, weight) in part.weights_of(shape, slot).iter().enumerate().filter(|(_, w)| **w != 0) {
        let name = column_name(model, k);
        match model.columns.get(k).map(|c| c.unit) {
            Some(Unit::Lots) => {
                let _ = writeln!(out, "  {name:<40} {weight:>16} per lot");
            }
            _ => {
                // weight * 10^-money_places per lot of 10^-lot_places units.
                let places = i32::from(model.money_places) - i32::from(found.slot.lot_places);
                let per_unit = match u8::try_from(places) {
                    Ok(places) => mandate_numeric::Decimal::new(i128::from(*weight), places),
                    Err(_) => mandate_numeric::Decimal::new(
                        i128::from(*weight) * 10i128.pow(places.unsigned_abs()),
                        0,
                    ),
                };
                let _ = writeln!(
                    out,
                    "  {name:<40} {weight:>16} per lot = {per_unit} {} per unit",
                    model.currency
                );
            }
        }
    }
    Ok(out)
}
