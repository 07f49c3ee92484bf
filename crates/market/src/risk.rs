//! A snapshot compiled by a risk model: the risk part of a sheet.
//!
//! `docs/market-data.md` says what every column is for every kind of instrument, in formulas.

mod row;
mod runs;

use crate::grid::Amount;
use crate::instrument::Instrument;
use crate::model::{RiskModel, Rounding, Unit, day_text};
use crate::price::Price;
use crate::snapshot::{Snapshot, SnapshotError};
use crate::time::{expiry_text, instant_text};
use mandate_statement::{Layout, RiskPart, Runs, Shape, WEIGHT_SUM_BITS};
use row::{Row, row_of};
use std::fmt::Write as _;

/// The face value of one lot must weigh at least this, in the model's money units, or the lot is refused: rounding then
/// moves no weight of a size that matters by more than a millionth, and nothing owned or owed weighs nothing.
pub const PRECISION_FLOOR: i64 = 1 << 20;
pub use row::OPTION_HAIRCUT_BPS;

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
    /// The model's last day is past.
    #[error(
        "risk model `{model}` holds for snapshots until {until}, its owner says ({owner}); the snapshot is of {as_of}. \
         Take a newer version of the model"
    )]
    Expired {
        /// The model.
        model: &'static str,
        /// Its last day.
        until: String,
        /// Who answers for it.
        owner: &'static str,
        /// Instant of the snapshot.
        as_of: String,
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
    /// What an option pays at a strike is no whole number of money units.
    #[error(
        "`{slot}`: a lot of {lot} pays no whole number of 10^-{places} {currency} from strike to strike: strikes of its expiry \
         have up to {digits} digits after the point, its settlement currency counts {money}; rules at every strike are exact, \
         so the lot, the strikes and the currency may have {places} digits after the point together. Cut the universe with a \
         larger lot, or leave the instrument unpriced"
    )]
    Strike {
        /// The slot, for people.
        slot: String,
        /// One lot.
        lot: String,
        /// Most digits after the point of a strike of the run.
        digits: u8,
        /// Price of the settlement currency; 1 for inverse options.
        money: Price,
        /// Places of the money unit.
        places: u8,
        /// The model's currency.
        currency: &'static str,
    },
    /// Strikes or lots are too heavy for sums along a run to stay in range.
    #[error(
        "run of `{run}`: {what} sum to {sum}, at least 2^{WEIGHT_SUM_BITS}. Cut the universe again at today's prices, or leave \
         its farthest strikes unpriced"
    )]
    RunSum {
        /// Underlying and expiry, with the account.
        run: String,
        /// Coins, cover weights, or payoffs.
        what: &'static str,
        /// Sum of magnitudes.
        sum: u128,
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
    compile_by(model, snapshot, shape)
}

/// Compiles a snapshot by a risk model at hand. See [`compile`].
///
/// # Errors
/// As [`compile`].
pub fn compile_by(model: &RiskModel, snapshot: &Snapshot, shape: &Shape) -> Result<RiskPart, RiskError> {
    if !model.fits(shape) {
        return Err(RiskError::Columns { model: model.name, shape: shape.name });
    }
    if !model.is_valid_at(snapshot.as_of) {
        return Err(RiskError::Expired {
            model: model.name,
            until: day_text(model.details.valid_until),
            owner: model.details.owner,
            as_of: instant_text(snapshot.as_of),
        });
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
                Unit::Money => column_of(model, snapshot, instrument, &row, column.name)
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
        runs: runs::runs(model, snapshot, shape, &weights)?,
        weights,
    })
}

/// The amount of a money column: a part of another one is that one's, or nothing.
fn column_of(
    model: &RiskModel,
    snapshot: &Snapshot,
    instrument: &Instrument,
    row: &Row,
    name: &str,
) -> Option<Amount> {
    let Some(part) = model.part(name) else { return Some(row.column(name)) };
    let index = snapshot.price_of(instrument.exposure())?;
    let money =
        instrument.settlement_currency().map_or(Some(Price::ONE), |symbol| snapshot.price_of(symbol))?;
    let taken = part.takes(instrument, snapshot.as_of, index, money)?;
    Some(if taken { row.column(part.of) } else { Amount::Zero })
}

fn column_name(model: &RiskModel, k: usize) -> String {
    match model.columns.get(k) {
        Some(column) => column.name.to_owned(),
        None => {
            let s = k - model.columns.len();
            format!("scenario {s}: {}", model.scenarios[s].words())
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
    if let Some(coins) = part.runs.coins.get(slot).filter(|coins| **coins != 0) {
        let _ = writeln!(
            out,
            "  strike {} ticks above the one before it; a lot pays {coins} units of 10^-{} {} a tick",
            part.runs.gap[slot / 2],
            model.money_places,
            model.currency
        );
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

/// The runs of a risk part with their strikes, ticks, coins and cover, for people; lines of text, none on a shape without strips.
///
/// # Errors
/// As [`explain_slot`].
pub fn explain_runs(part: &RiskPart, snapshot: &Snapshot) -> Result<String, RiskError> {
    let model = RiskModel::by_name(&part.model).ok_or_else(|| RiskError::UnknownModel(part.model.clone()))?;
    let shape = snapshot.universe.shape().map_err(SnapshotError::from)?;
    if part.fits(shape).is_err() {
        return Err(RiskError::OtherShape { universe: part.shape.clone(), wanted: shape.name });
    }
    let mut out = String::new();
    for (first_slot, _, arrangement) in snapshot.universe.arrangements().map_err(SnapshotError::from)? {
        let group = snapshot.universe.group_label(first_slot / shape.segment_len()).unwrap_or_default();
        for run in &arrangement.runs {
            let start = first_slot + run.strips.start * Runs::STRIP_SLOTS;
            let end = first_slot + run.strips.end * Runs::STRIP_SLOTS;
            let spare = (end - start) / 2 - 1 - run.pairs.len();
            let used = part.runs.used[end / Runs::STRIP_SLOTS - 1];
            let _ = writeln!(
                out,
                "slots {start} to {}  {group} {}: {} strikes, {spare} spare pairs{}",
                end - 1,
                expiry_text(run.expiry),
                run.pairs.len(),
                if used { "" } else { ", not in use: nothing of it is priced" }
            );
            for (n, pair) in run.pairs.iter().enumerate() {
                let at = start / 2 + n + 1;
                let coins = |slot: usize| part.runs.coins[slot];
                let _ = writeln!(
                    out,
                    "  pair {at:>5}  strike {:>12}  gap {:>10}  coins of call and put {:>8} {:>8}  cover {:>12}",
                    pair.strike.to_string(),
                    part.runs.gap[at],
                    coins(2 * at),
                    coins(2 * at + 1),
                    part.runs.cover[at]
                );
            }
        }
    }
    if !out.is_empty() {
        let _ = writeln!(
            out,
            "coins x gap is money in units of 10^-{} {} a lot, cover is one lot at the index",
            model.money_places, model.currency
        );
    }
    Ok(out)
}
