//! Vaults of Opyn's Gamma protocol: fully collateralised shorts, spreads, partially collateralised shorts, settlement.
//!
//! Private: options written, options held, collateral. Public: strikes, the settlement price, the shock and the bound by
//! days. A put vault is counted in dollars. A call vault is counted in the underlying and its rules divide by a strike or
//! a price, so its columns are in the underlying times that divisor: every weight is whole and nothing is rounded.
//! The protocol keeps 18 places of the underlying and rounds a payout down; so does the comparison.

use super::found::{Found, Got, Rule, money, positive, smaller};
use crate::report::each;
use crate::{Outcome, Problem, Q, Trouble, number, optional, text, whole};
use mandate_statement::Mode;
use num_bigint::BigInt;
use num_traits::{One, Zero};
use serde_json::Value;

const MODEL: &str = "opyn-gamma";

/// One outcome per vector of the file.
pub fn run(file: &Value) -> Vec<Outcome> {
    each(file, MODEL, |vector| {
        let inputs = crate::at(vector, "inputs")?;
        let found = match text(vector, "kind")? {
            "put_spread_collateral" => put_spread(inputs),
            "call_spread_collateral" => call_spread(inputs),
            "naked_margin" => naked(inputs, file),
            "settlement" => settlement(inputs),
            other => Err(Trouble::Cannot(format!("no rule for kind `{other}`"))),
        }?;
        found.compare(crate::at(vector, "expected")?)
    })
}

/// The quantities of a vault. Options written are a negative quantity, as in any book.
struct Vault {
    problem: Problem,
    short: usize,
    long: usize,
    collateral: usize,
    short_strike: Q,
    long_strike: Q,
}

fn vault(inputs: &Value, collateral: &str) -> Result<Vault, Trouble> {
    vault_in(inputs, collateral, &Q::one())
}

/// A vault whose quantities count so many per unit.
fn vault_in(inputs: &Value, collateral: &str, per: &Q) -> Result<Vault, Trouble> {
    let mut problem = Problem::new();
    problem.exact();
    let short = problem.slot(-number(inputs, "short_qty")? * per);
    let long = problem.slot(number(inputs, "long_qty")? * per);
    let collateral = problem.slot(number(inputs, collateral)? * per);
    let short_strike = number(inputs, "short_strike")?;
    let long_strike = number(inputs, "long_strike")?;
    Ok(Vault { problem, short, long, collateral, short_strike, long_strike })
}

/// `max(Qs*Ks - Kl*min(Qs, Ql), 0)`: the largest loss at expiry, which a book of puts has at zero or at the strike of the
/// long. Both losses are linear in the quantities.
fn put_spread(inputs: &Value) -> Result<Found, Trouble> {
    let mut v = vault(inputs, "collateral_usd")?;
    v.problem.column(
        "at_zero",
        Mode::Signed,
        &[(v.short, v.short_strike.clone()), (v.long, v.long_strike.clone())],
    );
    let between = positive(v.short_strike - v.long_strike);
    v.problem.column("at_long", Mode::Signed, &[(v.short, between)]);
    v.problem.column("collateral", Mode::Signed, &[(v.collateral, Q::one())]);
    excess(&v.problem, &Q::one(), "excess_collateral_usd")
}

/// `max((Kl-Ks)*Qs/Kl, max(Qs-Ql, 0))` in the underlying: the loss at the strike of the long, and without end above it.
fn call_spread(inputs: &Value) -> Result<Found, Trouble> {
    let mut v = vault(inputs, "collateral_underlying")?;
    let divisor = if v.long_strike.is_zero() { Q::one() } else { v.long_strike.clone() };
    v.problem.column("at_zero", Mode::Signed, &[(v.short, divisor.clone()), (v.long, divisor.clone())]);
    let between = positive(v.long_strike - v.short_strike);
    v.problem.column("at_long", Mode::Signed, &[(v.short, between)]);
    v.problem.column("collateral", Mode::Signed, &[(v.collateral, divisor.clone())]);
    excess(&v.problem, &divisor, "excess_collateral_underlying")
}

/// Collateral less the larger of the two losses and nothing.
fn excess(p: &Problem, divisor: &Q, name: &str) -> Result<Found, Trouble> {
    let mut found = Found::default();
    let required = "max(0, -at_zero(all), -at_long(all))";
    let edge = p.at_least(&format!("collateral(all) - {required}"))?;
    found.edge(name, &edge.value / divisor, &edge);
    found.verdict("valid", p, &[Rule::new(required, "collateral(all)")])?;
    Ok(found)
}

/// `(U*min(K, s*S) + max(K - s*S, 0))*Q` for a put; for a call `(U*min(1, K*s/S) + max(1 - K*s/S, 0))*Q` in the
/// underlying, here times `S`. Both are a public charge per option written.
fn naked(inputs: &Value, file: &Value) -> Result<Found, Trouble> {
    let (strike, spot) = (number(inputs, "strike")?, number(inputs, "spot")?);
    let shock =
        optional(inputs, "spot_shock").map_or_else(|| number(file, "parameters.naked_spot_shock_s"), Ok)?;
    let listed = inputs.get("days_to_expiry").map(|_| bound(inputs, file));
    let bound = match (optional(inputs, "upper_bound_value"), listed) {
        // The bound in force is the vector's; where the table has one for the days, the two must not contradict each other.
        (Some(own), Some(Ok(listed))) if own != listed => {
            return Err(Trouble::Cannot(
                "`upper_bound_value` is not the table's for `days_to_expiry`".into(),
            ));
        }
        (Some(own), _) => own,
        (None, listed) => listed.unwrap_or_else(|| bound(inputs, file))?,
    };
    let (charge, divisor, unit) = match text(inputs, "type")? {
        "put" => (at_bound(&bound, &strike, &(&shock * &spot)), Q::one(), "USD"),
        "call" => (at_bound(&bound, &spot, &(&shock * &strike)), spot.clone(), "underlying"),
        other => return Err(Trouble::Cannot(format!("no rule for a naked {other}"))),
    };
    if divisor <= Q::zero() {
        return Err(Trouble::Cannot(
            "a call cannot be charged in an underlying that is worth nothing".into(),
        ));
    }
    let mut p = Problem::new();
    p.exact();
    let short = p.slot(-number(inputs, "qty")?);
    p.column("margin", Mode::Short, &[(short, charge)]);
    let mut found = Found::default();
    let edge = p.at_most("margin(all)")?;
    found.edge("required_margin", &edge.value / &divisor, &edge);
    found.got("unit", Got::Text(unit.into()));
    Ok(found)
}

/// `U*min(whole, shocked) + max(whole - shocked, 0)`.
fn at_bound(bound: &Q, whole: &Q, shocked: &Q) -> Q {
    bound * smaller(whole.clone(), shocked.clone()) + positive(whole - shocked)
}

/// The bound of the shortest listed time that is not shorter than the option's.
fn bound(inputs: &Value, file: &Value) -> Result<Q, Trouble> {
    let days = number(inputs, "days_to_expiry")?;
    let path = "parameters.naked_upper_bound_U_by_days";
    let table = crate::at(file, path)?.as_object().ok_or_else(|| Trouble::Missing(path.into()))?;
    let mut listed = Vec::new();
    for key in table.keys() {
        let at = key.parse::<i64>().map_err(|_| Trouble::Missing(format!("{path} (days as keys)")))?;
        listed.push((whole(at), number(table.get(key).unwrap_or(&Value::Null), "")?));
    }
    listed.sort();
    let row = listed.into_iter().find(|(at, _)| *at >= days);
    row.map(|(_, u)| u)
        .ok_or_else(|| Trouble::Cannot("the option runs longer than the table of bounds".into()))
}

/// Collateral and payoffs at the settlement price; a call vault is paid in the underlying, so payoffs are divided by it.
fn settlement(inputs: &Value) -> Result<Found, Trouble> {
    let price = number(inputs, "settlement_price")?;
    let call = match text(inputs, "type")? {
        "call" => true,
        "put" => false,
        other => return Err(Trouble::Cannot(format!("no rule to settle a {other}"))),
    };
    if call && price <= Q::zero() {
        return Err(Trouble::Cannot("payoffs cannot be paid in an underlying that is worth nothing".into()));
    }
    let mut v = vault(inputs, if call { "collateral_underlying" } else { "collateral_usd" })?;
    let payoff = |strike: &Q| positive(if call { &price - strike } else { strike - &price });
    let divisor = if call { price.clone() } else { Q::one() };
    let weights = |v: &Vault, per: &Q| {
        let of = [payoff(&v.short_strike), payoff(&v.long_strike), divisor.clone()];
        [v.short, v.long, v.collateral].into_iter().zip(of.map(|w| w / per)).collect::<Vec<_>>()
    };
    let all = weights(&v, &Q::one());
    v.problem.column("payout", Mode::Signed, &all);
    let mut found = Found::default();
    let edge = v.problem.at_least("payout(all)")?;
    let net = &edge.value / &divisor;
    if !call {
        found.edge("net_value_usd", net, &edge);
        return Ok(found);
    }
    found.edge("net_value_underlying", net.clone(), &edge);
    // Rounded down to 18 places by the rule itself: in quantities of 10^-8, and a unit that holds the last place.
    let (grain, last) = (whole(100_000_000), &price / Q::from(BigInt::from(10u8).pow(18)));
    let mut fine = vault_in(inputs, "collateral_underlying", &grain)?;
    let all = weights(&fine, &grain);
    fine.problem.column("payout", Mode::Signed, &all);
    fine.problem.column("last_place", Mode::Signed, &[(fine.collateral, last.clone())]);
    if fine.problem.unit().is_ok() {
        let edge = fine.problem.at_least(&format!("down(payout(all), {})", money(&last)))?;
        found.edge("net_value_underlying_1e18_floor", &edge.value / &last, &edge);
    } else {
        // A price of many digits: no unit holds both the last place and the payoffs, so the exact value is rounded for print.
        let places = Q::from(BigInt::from(10u8).pow(18));
        found.edge("net_value_underlying_1e18_floor", (net * places).floor(), &edge);
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::Standing;
    use serde_json::json;

    fn one(kind: &str, inputs: Value, expected: Value) -> Standing {
        let file = json!({
            "parameters": {"naked_spot_shock_s": 0.5, "naked_upper_bound_U_by_days": {"10": 0.1, "20": 0.2}},
            "vectors": [{"id": "x", "kind": kind, "inputs": inputs, "expected": expected}],
        });
        let outcomes = run(&file);
        assert!(outcomes[0].cannot.is_none(), "{:?}", outcomes[0].cannot);
        outcomes[0].standing()
    }
    fn spread(short: (f64, f64), long: (f64, f64), unit: &str, collateral: f64) -> Value {
        json!({"short_qty": short.0, "short_strike": short.1, "long_qty": long.0, "long_strike": long.1,
               format!("collateral_{unit}"): collateral})
    }

    #[test]
    fn a_put_spread_needs_its_largest_loss() {
        let inputs = spread((2.0, 90.0), (1.5, 80.0), "usd", 61.0);
        // At zero 180 - 120 = 60, at 80 it is 20.
        let expect = |excess: f64| json!({"excess_collateral_usd": excess, "valid": true});
        assert_eq!(one("put_spread_collateral", inputs.clone(), expect(1.0)), Standing::Exact);
        assert_eq!(one("put_spread_collateral", inputs, expect(1.1)), Standing::Disagrees);
        // More held than written: at zero a gain of 30, at 80 a loss of 10.
        let inputs = spread((1.0, 90.0), (1.5, 80.0), "usd", 9.0);
        let expected = json!({"excess_collateral_usd": -1.0, "valid": false});
        assert_eq!(one("put_spread_collateral", inputs, expected), Standing::Exact);
    }

    #[test]
    fn a_call_spread_is_counted_in_the_underlying() {
        // (120 - 90) / 120 of 3 is 0.75, and one call more is written than held: 1.
        let inputs = spread((3.0, 90.0), (2.0, 120.0), "underlying", 0.875);
        let expected = json!({"excess_collateral_underlying": -0.125, "valid": false});
        assert_eq!(one("call_spread_collateral", inputs, expected), Standing::Exact);
        let inputs = spread((1.0, 90.0), (1.0, 110.0), "underlying", 0.0);
        let expected = json!({"excess_collateral_underlying": -0.181_818_181_818_181_82, "valid": false});
        assert_ne!(one("call_spread_collateral", inputs, expected), Standing::Disagrees);
    }

    #[test]
    fn a_naked_option_takes_the_bound_of_the_next_listed_time() {
        let inputs = json!({"type": "put", "qty": 4, "strike": 60, "spot": 100, "days_to_expiry": 11});
        // 0.2 * min(60, 50) + 10 = 20 each.
        let expected = json!({"required_margin": 80, "unit": "USD"});
        assert_eq!(one("naked_margin", inputs, expected), Standing::Exact);
        let inputs = json!({"type": "call", "qty": 4, "strike": 150, "spot": 100, "days_to_expiry": 10});
        // 0.1 * 0.75 + 0.25 = 0.325 each.
        let expected = json!({"required_margin": 1.3, "unit": "underlying"});
        assert_eq!(one("naked_margin", inputs, expected), Standing::Exact);
    }

    #[test]
    fn a_settled_call_vault_is_paid_down_to_the_last_place() {
        let mut inputs = spread((1.0, 70.0), (0.0, 0.0), "underlying", 1.0);
        inputs["type"] = json!("call");
        inputs["settlement_price"] = json!(90);
        let exact = json!({"net_value_underlying_1e18_floor": 777_777_777_777_777_777_u64});
        assert_eq!(one("settlement", inputs.clone(), exact), Standing::Exact);
        let up = json!({"net_value_underlying_1e18_floor": 777_777_777_777_777_778_u64});
        assert_eq!(one("settlement", inputs, up), Standing::Disagrees);
    }

    #[test]
    fn a_kind_without_a_rule_is_said() {
        let file = json!({"vectors": [{"id": "x", "kind": "tea", "inputs": {}, "expected": {}}]});
        assert_eq!(run(&file)[0].standing(), Standing::Cannot);
    }
}
