//! dYdX v4: initial and maintenance margin of a perpetual, in whole quote quantums, rounded up.
//!
//! The position is the slot; price, margin rates and the open interest of the market are public, so each rate is too.

use super::common::{floor_to, most_in_steps, or_zero, power, public, ten, usd};
use crate::report::{Check, Tolerance, each};
use crate::{Outcome, Problem, Q, Trouble, number, optional};
use mandate_statement::Mode;
use num_traits::{One, Signed, Zero};
use serde_json::Value;

/// One outcome per vector of the file.
pub fn run(file: &Value) -> Vec<Outcome> {
    each(file, "dYdX v4 margin", vector)
}

/// Parts per million.
fn million() -> Q {
    ten(6)
}

/// One quote quantum in the currency of the problem.
fn quantum() -> Q {
    Q::one()
}

/// The initial rate in parts per million, raised in a straight line between the two caps of open interest.
fn scaled(rate: &Q, interest: &Q, lower: &Q, upper: &Q) -> Q {
    if upper.is_zero() && lower.is_zero() || interest <= lower {
        return rate.clone();
    }
    if interest >= upper {
        return million();
    }
    let rise = ((million() - rate) * (interest - lower) / (upper - lower)).floor();
    (rate + rise).min(million())
}

/// Position and notional per unit of it, in quote quantums; and the market's open interest in quote quantums.
struct Market {
    position: Q,
    notional: Q,
    interest: Q,
}

impl Market {
    fn read(v: &Value) -> Result<Option<Self>, Trouble> {
        if let Some(position) = optional(v, "inputs.position_quote_quantums") {
            let interest = or_zero(v, "inputs.oi_notional_quote_quantums");
            return Ok(Some(Self { position, notional: Q::one(), interest }));
        }
        let Some(position) = optional(v, "inputs.base_quantums") else { return Ok(None) };
        // Price times 10^(exponent + resolution - quote resolution of -6).
        let shift = power(v, "inputs.price_exponent")? + power(v, "inputs.base_atomic_resolution")? + 6;
        let notional = number(v, "inputs.oracle_price")? * ten(shift);
        // A market without open interest, or without caps, has its rate as it stands.
        let interest = (or_zero(v, "inputs.open_interest_base_quantums") * &notional).floor();
        Ok(Some(Self { position, notional, interest }))
    }
}

/// The open interest at which the rate begins to rise, or reaches the whole notional; zero where there is none.
fn cap(v: &Value, side: &str) -> Q {
    optional(v, &format!("inputs.oi_{side}_cap_quote_quantums"))
        .unwrap_or_else(|| or_zero(v, &format!("inputs.oi_{side}_cap")))
}

/// The margin of a position at a rate: `up(rate * |notional|, 1 quantum)`. The rate is in the weight.
fn margin(what: &str, market: &Market, ppm: &Q, expected: &Value) -> Result<Check, Trouble> {
    let weight = &market.notional * ppm / million() * quantum();
    let step = quantum();
    let mut one = Problem::new();
    let slot = one.slot(market.position.clone());
    one.column("margin", Mode::Absolute, &[(slot, weight.clone())]);
    one.exact();
    if one.unit().is_ok() {
        return most_in_steps(what, &one, &format!("up(margin(all), {})", usd(&step)), &step, expected);
    }
    // A weight with more digits than a column holds: its last six digits in a column of their own, the rest in another,
    // a million times too light.
    let places = (0..=24).find(|p| (&weight * ten(*p)).is_integer()).unwrap_or(24);
    let lead = floor_to(&weight, &ten(6 - places));
    let mut two = Problem::new();
    let slot = two.slot(market.position.clone());
    two.column("lead", Mode::Absolute, &[(slot, &lead / million())]);
    two.column("rest", Mode::Absolute, &[(slot, weight - lead)]);
    two.exact();
    let expr = format!("up(1000000 * lead(all) + rest(all), {})", usd(&step));
    match most_in_steps(what, &two, &expr, &step, expected) {
        Err(Trouble::Weights { .. } | Trouble::Rule(_)) => Err(Trouble::Cannot(format!(
            "the notional has {} bits and more behind the point: a total holds 88",
            (&market.position * &market.notional).abs().ceil().to_integer().bits()
        ))),
        other => other,
    }
}

fn vector(v: &Value) -> Result<Vec<Check>, Trouble> {
    let initial = number(v, "inputs.initial_margin_ppm")?;
    let maintenance =
        optional(v, "inputs.maintenance_fraction_ppm").map(|f| (&initial * f / million()).floor());
    let expected = |field: &str| v.get("expected").and_then(|e| e.get(field));
    let exact = Tolerance::None;
    let mut checks = Vec::new();
    let market = Market::read(v)?;
    if let Some(market) = &market {
        let rate = scaled(&initial, &market.interest, &cap(v, "lower"), &cap(v, "upper"));
        if let Some(e) = expected("adjusted_imf_ppm") {
            checks.push(public("initial rate, ppm", e, &rate, &exact)?);
        }
        if let Some(e) = expected("imr_quote_quantums") {
            checks.push(margin("initial margin, quantums", market, &rate, e)?);
        }
        if let (Some(e), Some(rate)) = (expected("mmr_quote_quantums"), &maintenance) {
            checks.push(margin("maintenance margin, quantums", market, rate, e)?);
        }
    }
    if let (Some(e), Some(rate)) = (expected("maintenance_margin_ppm"), &maintenance) {
        checks.push(public("maintenance rate, ppm", e, rate, &exact)?);
        // A rate is what a private million of quote quantums needs.
        let market = Market { position: million(), notional: Q::one(), interest: Q::zero() };
        checks.push(margin("maintenance margin of a million quantums", &market, rate, e)?);
    }
    Ok(checks)
}

/// An account: collateral net of all requirements, which are rounded per market.
#[cfg(test)]
fn account_rule() -> String {
    format!("equity(all) >= sum(u in underlyings: up(margin(u), {}))", usd(&quantum()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Agreement, ratio, whole};
    use serde_json::json;

    #[test]
    fn open_interest_raises_the_rate_between_the_caps() {
        let at = |interest: i64| scaled(&whole(100_000), &whole(interest), &whole(1_000), &whole(4_000));
        assert_eq!(
            [at(0), at(1_000), at(4_000), at(9_000)],
            [100_000, 100_000, 1_000_000, 1_000_000].map(whole)
        );
        // 900,000 * 700 / 3,000 = 210,000; and a third of 900,000 * 1 / 3000 is floored.
        assert_eq!(at(1_700), whole(310_000));
        assert_eq!(scaled(&whole(7), &whole(1_001), &whole(1_000), &whole(1_003)), whole(7 + 333_331));
        assert_eq!(scaled(&whole(7), &whole(5), &Q::zero(), &Q::zero()), whole(7));
    }

    #[test]
    fn margin_rounds_up_for_longs_and_shorts() {
        for quantums in [333, -333] {
            let v = json!({"id": "dydx/x", "inputs": {"oracle_price": 1001, "price_exponent": -3, "base_atomic_resolution": -6,
                "base_quantums": quantums, "initial_margin_ppm": 50_000, "maintenance_fraction_ppm": 300_000,
                "open_interest_base_quantums": 0, "oi_lower_cap_quote_quantums": 0, "oi_upper_cap_quote_quantums": 0},
                "expected": {"adjusted_imf_ppm": 50_000, "imr_quote_quantums": 17, "mmr_quote_quantums": 5}});
            // 333 * 1.001 = 333.333; 5 % is 16.67, 1.5 % is 4.99...
            let checks = vector(&v).unwrap();
            assert_eq!(checks.len(), 3);
            for c in checks {
                assert!(c.agrees == Agreement::Exact && c.circuit != Some(false), "{c:?}");
            }
        }
    }

    #[test]
    fn a_price_of_many_digits_is_split() {
        // 9,999,991 at 10^-12 a quantum and 12.3457 % of it: 0.00000123456888889, ten thousand million times.
        let v = json!({"id": "dydx/x", "inputs": {"oracle_price": 9_999_991, "price_exponent": -8, "base_atomic_resolution": -10,
            "base_quantums": 10_000_000_001i64, "initial_margin_ppm": 123_457, "maintenance_fraction_ppm": 1_000_000,
            "open_interest_base_quantums": 0, "oi_lower_cap_quote_quantums": 0, "oi_upper_cap_quote_quantums": 0},
            "expected": {"imr_quote_quantums": 12_346}});
        let checks = vector(&v).unwrap();
        assert!(checks[0].agrees == Agreement::Exact && checks[0].circuit == Some(true), "{checks:?}");
    }

    #[test]
    fn each_market_is_rounded_by_itself() {
        let mut p = Problem::new();
        let (a, b, cash) = (p.slot_in(0, 0, whole(3)), p.slot_in(0, 1, whole(-5)), p.slot_in(0, 2, whole(4)));
        p.column("margin", Mode::Absolute, &[(a, ratio(1, 2)), (b, ratio(1, 4))]);
        p.column("equity", Mode::Signed, &[(cash, Q::one())]);
        // 1.5 and 1.25 are 2 and 2.
        assert!(p.verdict(&account_rule()).unwrap().both(true));
        let last = p.slot_in(0, 2, ratio(-1, 1000));
        p.column("short", Mode::Signed, &[(last, Q::one())]);
        assert!(
            p.verdict(&account_rule().replace("equity(all)", "equity(all) + short(all)"))
                .unwrap()
                .both(false)
        );
    }
}
