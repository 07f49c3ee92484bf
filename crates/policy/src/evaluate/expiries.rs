//! What the options of every expiry come to, strike by strike, from the definitions: a call pays what the price is above its
//! strike, a put what it is below.

use mandate_statement::{RiskPart, Runs};
use num_bigint::BigInt;
use num_traits::{Signed, Zero};

/// One option held or owed.
struct Leg {
    call: bool,
    strike: BigInt,
    /// What the holding pays for every tick in the money.
    coins: BigInt,
    /// What a call's holding delivers, in money at the index.
    cover: BigInt,
}

/// The sums over the runs in use that lie in `slots` of: calls sold that are not covered, calls sold beyond those owned, and
/// the largest loss at expiry. Each run counts for what is worst in it, never for less than nothing.
pub(super) fn peaks(risk: &RiskPart, quantities: &[i64], slots: &[usize]) -> [BigInt; Runs::PEAKS] {
    let mut out = [BigInt::zero(), BigInt::zero(), BigInt::zero()];
    for (first, last) in risk.runs.spans() {
        // A run lies in one group, so its first slot says whose it is.
        if !risk.runs.used[last] || !slots.contains(&(first * Runs::STRIP_SLOTS)) {
            continue;
        }
        let legs = legs(risk, quantities, first..last + 1);
        let zero = BigInt::zero;
        // The calls up to each strike, by strike: those that are owned cover those that are sold at no lower strike.
        let (mut held, mut short) = (zero(), zero());
        for leg in legs.iter().filter(|l| l.call) {
            held += &leg.cover;
            short = short.max(-&held);
        }
        out[Runs::UNCOVERED] += short;
        out[Runs::UPSIDE] += (-held).max(zero());
        let worst = legs.iter().map(|at| -worth(&legs, &at.strike)).max().unwrap_or_default();
        out[Runs::EXPIRY_LOSS] += worst.max(zero());
    }
    out
}

/// Every option of a run, strikes ascending; of one strike the call before the put.
fn legs(risk: &RiskPart, quantities: &[i64], strips: std::ops::Range<usize>) -> Vec<Leg> {
    let runs = &risk.runs;
    let mut strike = BigInt::zero();
    let mut out = Vec::new();
    for pair in strips.start * Runs::STRIP_PAIRS..strips.end * Runs::STRIP_PAIRS {
        strike += runs.gap[pair];
        for (slot, call) in [(2 * pair, true), (2 * pair + 1, false)] {
            let held = BigInt::from(quantities[slot]);
            let cover = if call { runs.cover[pair] } else { 0 };
            out.push(Leg {
                call,
                strike: strike.clone(),
                coins: &held * runs.coins[slot],
                cover: held * cover,
            });
        }
    }
    out
}

/// What all of them pay together at one price.
fn worth(legs: &[Leg], price: &BigInt) -> BigInt {
    let pays = |leg: &Leg| {
        let above: BigInt = price - &leg.strike;
        let ticks = if leg.call { above } else { -above };
        if ticks.is_positive() { ticks * &leg.coins } else { BigInt::zero() }
    };
    legs.iter().map(pays).sum()
}
