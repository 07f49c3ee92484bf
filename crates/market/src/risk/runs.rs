//! The runs of a risk part: gaps between strikes, coins and cover of every option, as exact integers.

use super::RiskError;
use crate::arrange::Run;
use crate::grid::{Amount, Exact};
use crate::instrument::Settle;
use crate::model::{RiskModel, Rounding};
use crate::price::Price;
use crate::slot::Slot;
use crate::snapshot::{Snapshot, SnapshotError};
use crate::time::expiry_text;
use mandate_statement::{Runs, Shape, WEIGHT_SUM_BITS};

/// Runs of every group, or none on a shape without strips.
///
/// Strikes are counted in ticks of the last digit that any strike of the run has. `coins` of a slot is what one lot pays, in
/// money units, for each tick between strike and price: so coins times gaps are money, exactly. A slot that must stay empty
/// has neither coins nor cover; its strike stands in the run all the same.
pub(super) fn runs(
    model: &RiskModel,
    snapshot: &Snapshot,
    shape: &Shape,
    weights: &[i64],
) -> Result<Runs, RiskError> {
    let mut out = Runs::none(shape);
    let usable = |slot: usize| weights[slot * shape.columns() + shape.forbidden_column()] == 0;
    for (first_slot, group, arrangement) in snapshot.universe.arrangements().map_err(SnapshotError::from)? {
        let first_strip = first_slot / Runs::STRIP_SLOTS;
        for run in &arrangement.runs {
            let strips = first_strip + run.strips.start..first_strip + run.strips.end;
            out.carry[strips.start + 1..strips.end].fill(true);
            let digits = run.pairs.iter().map(|p| p.strike.places()).max().unwrap_or(0);
            let money = money(snapshot, run);
            let mut before = 0;
            for (n, pair) in run.pairs.iter().enumerate() {
                let at = strips.start * Runs::STRIP_PAIRS + n + 1;
                let label = |slot: usize| snapshot.universe.slot_label(slot).unwrap_or_default();
                let ticks = in_ticks(pair.strike, digits)
                    .ok_or_else(|| RiskError::Weight { slot: label(2 * at), column: "strike".to_owned() })?;
                out.gap[at] = ticks - before;
                before = ticks;
                for (slot, listed) in [(2 * at, pair.call), (2 * at + 1, pair.put)] {
                    let Some(listed) = listed.filter(|_| usable(slot)) else { continue };
                    let listed: &Slot = &group.slots[listed];
                    let strike = || RiskError::Strike {
                        slot: label(slot),
                        lot: listed.lot().to_string(),
                        digits,
                        money,
                        places: model.money_places,
                        currency: model.currency,
                    };
                    out.coins[slot] = coins(model, listed, digits, money).ok_or_else(strike)?;
                    if slot % 2 == 0 {
                        let index = snapshot.price_of(run.underlying).map(|p| Amount::Exact(Exact::from(p)));
                        let cover = index
                            .and_then(|i| i.weight(model.money_places, listed.lot_places, Rounding::Nearest));
                        out.cover[at] = cover.ok_or_else(|| RiskError::Weight {
                            slot: label(slot),
                            column: "cover of a run".to_owned(),
                        })?;
                    }
                }
            }
            let slots = strips.start * Runs::STRIP_SLOTS..strips.end * Runs::STRIP_SLOTS;
            out.used[strips.end - 1] = slots.clone().any(usable);
            check(&out, slots, || {
                let account = snapshot.universe.slot_label(first_slot).unwrap_or_default();
                let account = account.split(' ').next().unwrap_or_default().to_owned();
                format!("{account} {} {}", run.underlying, expiry_text(run.expiry))
            })?;
        }
    }
    Ok(out)
}

/// What one unit of the strike's currency is worth; without a price, no option of the run has one either.
fn money(snapshot: &Snapshot, run: &Run<'_>) -> Price {
    match run.settle {
        Settle::Inverse => Price::ONE,
        Settle::Linear { currency } => snapshot.price_of(currency).unwrap_or(Price::ONE),
    }
}

fn in_ticks(strike: Price, digits: u8) -> Option<i64> {
    strike.mantissa().checked_mul(10i64.checked_pow(u32::from(digits - strike.places()))?)
}

/// Money units that one lot pays for each tick: `money * 10^(money_places - lot_places - digits)`, where that is whole.
fn coins(model: &RiskModel, slot: &Slot, digits: u8, money: Price) -> Option<i64> {
    let exponent = i32::from(model.money_places)
        - i32::from(slot.lot_places)
        - i32::from(digits)
        - i32::from(money.places());
    money.mantissa().checked_mul(10i64.checked_pow(u32::try_from(exponent).ok()?)?)
}

/// Sums along a run stay below `2^41` lot for lot, so that what is carried stays below `2^88`: coins, cover weights, and what all
/// its options would pay over all its strikes.
fn check(runs: &Runs, slots: std::ops::Range<usize>, name: impl Fn() -> String) -> Result<(), RiskError> {
    let pairs = slots.start / 2..slots.end / 2;
    let sum = |list: &[i64]| list.iter().map(|w| u128::from(w.unsigned_abs())).sum::<u128>();
    let width = sum(&runs.gap[pairs.clone()]);
    let coins = sum(&runs.coins[slots]);
    for (what, sum) in [
        ("coins", coins),
        ("cover weights", sum(&runs.cover[pairs])),
        ("payoffs", coins.saturating_mul(width)),
    ] {
        if sum >= 1 << WEIGHT_SUM_BITS {
            return Err(RiskError::RunSum { run: name(), what, sum });
        }
    }
    Ok(())
}
