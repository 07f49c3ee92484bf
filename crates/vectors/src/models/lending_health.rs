//! Lending health: Aave v3, Compound v3, Euler, Morpho, Notional v2.
//!
//! Amounts are the slots, collateral above zero and debt below; prices, factors and thresholds are the weights.

use super::common::{floor_to, holds, least, most, num, public, ten, tolerance};
use crate::report::{Check, Tolerance, each};
use crate::{Outcome, Problem, Q, Trouble, flag, list, number, optional, text, whole};
use mandate_statement::{Mode, WEIGHT_SUM_BITS};
use num_bigint::BigInt;
use num_traits::{One, Signed, Zero};
use serde_json::Value;

mod aave;

/// One outcome per vector of the file.
pub fn run(file: &Value) -> Vec<Outcome> {
    each(file, "lending health", vector)
}

fn vector(v: &Value) -> Result<Vec<Check>, Trouble> {
    let protocol = text(v, "id")?.split('/').next().unwrap_or_default();
    match text(v, "kind")? {
        "health_factor" => aave::aave(v),
        "time_ramp" => euler_ramp(v),
        "max_debt" => max_debt(v),
        "liquidation_incentive" => incentive(v),
        "pass_fail" if protocol.starts_with("compound") => compound(v),
        "pass_fail" if protocol.starts_with("euler") => euler(v),
        "pass_fail" if protocol.starts_with("morpho") => morpho(v),
        _ if protocol.starts_with("notional") => notional(v),
        other => Err(Trouble::Cannot(format!("no model of kind `{other}` of `{protocol}`"))),
    }
}

/// Slots for amounts and their weights such that every weight is exact in some unit: each amount is counted in the power of
/// ten of a token in which the weight of one fits a column. `None` where there are too many digits.
fn counted(p: &mut Problem, entries: &[(Q, Q)], least_places: i32) -> Option<Vec<(usize, Q)>> {
    let places = |q: &Q| (0..=40).find(|p| (q * ten(*p)).is_integer());
    let mut unit = least_places;
    for (amount, price) in entries {
        unit = unit.max(places(amount)? + places(price)?);
    }
    let limit = Q::from(BigInt::one() << (WEIGHT_SUM_BITS - 2));
    entries
        .iter()
        .map(|(amount, price)| {
            let mut counts = places(amount)?..=unit - places(price)?;
            let count = counts.find(|s| price.abs() * ten(unit - s) < limit)?;
            Some((p.slot(amount * ten(count)), price * ten(-count)))
        })
        .collect()
}

// ---- Compound v3, Euler, Morpho, Notional: sums of weighted collateral against debt ----

fn first(v: &Value, names: &[&str]) -> Result<Q, Trouble> {
    names.iter().find_map(|n| optional(v, n)).ok_or_else(|| Trouble::Missing(names.join("` or `")))
}

/// The collaterals of a vector: a list, or the fields of one beside the others.
fn collaterals(v: &Value) -> Result<Vec<&Value>, Trouble> {
    let inputs = crate::at(v, "inputs")?;
    for name in ["collateral", "collaterals", "assets"] {
        if let Some(list) = inputs.get(name).and_then(Value::as_array) {
            return Ok(list.iter().collect());
        }
    }
    Ok(vec![inputs])
}

const AMOUNTS: &[&str] =
    &["qty", "collateral_qty", "collateral_value", "collateral_amount", "value", "amount"];

/// Weighted collateral in `power`, debt in `debt`; `factor` names the fields that weigh a collateral. Exact where the digits
/// fit, so that a debt one smallest unit below the limit is told from one at it.
fn weighted(v: &Value, factor: &[&str], debt: &[&str]) -> Result<Problem, Trouble> {
    let inputs = crate::at(v, "inputs")?;
    let mut entries = Vec::new();
    for c in collaterals(v)? {
        let price = optional(c, "price").unwrap_or_else(Q::one);
        let f = first(c, factor).or_else(|_| first(inputs, factor))?;
        entries.push((first(c, AMOUNTS)?, price * f));
    }
    // A balance of the base asset below zero is a debt.
    let owed = first(inputs, debt).or_else(|e| optional(inputs, "base_balance").map(|b| -b).ok_or(e))?;
    entries.push((-owed, optional(inputs, "debt_price").unwrap_or_else(Q::one)));
    let columns = |p: &mut Problem, weights: &[(usize, Q)]| {
        let (debt, power) = weights.split_last()?;
        p.column("power", Mode::Long, power);
        p.column("debt", Mode::Short, std::slice::from_ref(debt));
        Some(())
    };
    let mut p = Problem::new();
    if let Some(weights) = counted(&mut p, &entries, 0) {
        columns(&mut p, &weights);
        p.exact();
        if p.unit().is_ok() {
            return Ok(p);
        }
    }
    let mut p = Problem::new();
    let weights: Vec<(usize, Q)> = entries.into_iter().map(|(q, w)| (p.slot(q), w)).collect();
    columns(&mut p, &weights);
    Ok(p)
}

const DEBTS: &[&str] = &["base_debt", "debt", "debt_value", "liability_value", "borrowed", "liability"];

/// Takes the factors of a collateral that another verdict of the protocol uses as read: this one's are named apart.
fn other_factors(v: &Value, names: &[&str]) -> Result<(), Trouble> {
    for place in collaterals(v)?.into_iter().chain([crate::at(v, "inputs")?]) {
        for name in names {
            let _ = optional(place, name);
        }
    }
    Ok(())
}

/// The verdicts of Compound that a vector may expect, each with the factors that it weighs collateral by.
const COMPOUND: [(&str, &[&str]); 2] = [
    ("is_borrow_collateralised", &["collateral_factor", "borrow_collateral_factor", "factor"]),
    (
        "is_liquidatable",
        &["liquidate_collateral_factor", "liquidation_collateral_factor", "liquidation_factor", "factor"],
    ),
];

fn compound(v: &Value) -> Result<Vec<Check>, Trouble> {
    let mut checks = Vec::new();
    for (field, factors) in COMPOUND {
        let Ok(expected) = flag(v, &format!("expected.{field}")) else {
            other_factors(v, factors)?;
            continue;
        };
        let p = weighted(v, factors, DEBTS)?;
        // A borrow is covered, and an account safe from liquidation, where the weighted collateral reaches the debt.
        let covered = expected == (field == COMPOUND[0].0);
        checks.push(holds(field, &p, "power(all) >= debt(all)", covered)?);
        checks.push(edge("headroom", &p, "power(all) - debt(all)")?);
    }
    Ok(checks)
}

/// An amount with no figure in the file: the circuit at its limit, the value against what the evaluator says.
fn edge(what: &str, p: &Problem, expr: &str) -> Result<Check, Trouble> {
    let edge = p.at_least(expr)?;
    let low = p.value(expr)?.0;
    let unit = p.unit()?;
    Ok(Check::number(format!("{what} at its limit"), &floor_to(&low, &unit), &edge.value, &Tolerance::None)
        .on(&edge))
}

/// The verdicts of Euler: each with the ratios that it weighs collateral by, and whether it says that the account is safe.
const EULER: [(&str, &[&str], bool); 3] = [
    ("passes", &["borrow_ltv", "ltv", "liquidation_ltv"], true),
    ("healthy", &["liquidation_ltv", "ltv"], true),
    ("liquidatable", &["liquidation_ltv", "ltv"], false),
];

fn euler(v: &Value) -> Result<Vec<Check>, Trouble> {
    let mut checks = Vec::new();
    for (field, ratios, safe) in EULER {
        let Ok(expected) = flag(v, &format!("expected.{field}")) else {
            other_factors(v, ratios)?;
            continue;
        };
        let p = weighted(v, ratios, DEBTS)?;
        checks.push(holds(field, &p, "power(all) > debt(all)", expected == safe)?);
    }
    Ok(checks)
}

/// The loan-to-value ratio that falls in a straight line, in whole basis points, floored.
fn ramp(initial: &Q, target: &Q, length: &Q, at: &Q) -> Q {
    if at >= length || target >= initial || !length.is_positive() {
        return target.clone();
    }
    let left = (initial - target) * ten(4) * (length - at) / length;
    target + left.floor() * ten(-4)
}

fn euler_ramp(v: &Value) -> Result<Vec<Check>, Trouble> {
    let of = |name: &str| number(v, &format!("inputs.{name}"));
    let (initial, target, length) = (of("initial_ltv")?, of("target_ltv")?, of("ramp_seconds")?);
    let wanted = list(v, "expected.liquidation_ltv")?;
    let times = list(v, "inputs.at_seconds")?;
    let mut checks = Vec::new();
    for (time, expected) in times.iter().zip(wanted) {
        let ltv = ramp(&initial, &target, &length, &number(time, "")?);
        // The ratio is public: what it allows on one unit of collateral.
        let mut p = Problem::new();
        let slot = p.slot(Q::one());
        p.column("power", Mode::Long, &[(slot, ltv)]);
        checks.push(least(
            &format!("ratio at {time} s"),
            &p,
            "power(all)",
            expected,
            &tolerance(v, expected),
        )?);
    }
    Ok(checks)
}

fn max_debt(v: &Value) -> Result<Vec<Check>, Trouble> {
    let mut p = Problem::new();
    let mut power = Vec::new();
    for c in collaterals(v)? {
        let lltv = first(c, &["lltv", "liquidation_ltv"])?;
        power.push((p.slot(first(c, AMOUNTS)?), number(c, "price")? * lltv));
    }
    p.column("power", Mode::Long, &power);
    let expected = crate::at(v, "expected.max_debt")?;
    Ok(vec![least("largest debt", &p, "power(all)", expected, &tolerance(v, expected))?])
}

/// Morpho Blue: `floor(floor(C * price) * LLTV) >= ceil(debt)`.
fn morpho(v: &Value) -> Result<Vec<Check>, Trouble> {
    let lltv = first(crate::at(v, "inputs")?, &["lltv", "liquidation_ltv"])?;
    let mut p = Problem::new();
    let inputs = crate::at(v, "inputs")?;
    let price = first(inputs, &["price", "oracle_price", "collateral_price"])?;
    let collateral = p.slot(first(inputs, &["collateral", "collateral_qty", "qty"])?);
    let owed = p.slot(-first(inputs, DEBTS)?);
    p.column("quoted", Mode::Long, &[(collateral, price)]);
    p.column("debt", Mode::Short, &[(owed, Q::one())]);
    let rule = format!("down({} * down(quoted(all), 1 USD), 1 USD) >= up(debt(all), 1 USD)", num(&lltv));
    let expected =
        ["passes", "healthy", "is_healthy"].iter().find_map(|f| flag(v, &format!("expected.{f}")).ok());
    let expected = expected.ok_or_else(|| Trouble::Missing("expected.healthy".into()))?;
    Ok(vec![holds("healthy", &p, &rule, expected)?])
}

/// What a liquidator of Morpho Blue gets per unit of debt repaid; public, and the weight of a private repayment.
fn incentive(v: &Value) -> Result<Vec<Check>, Trouble> {
    let lltv = number(v, "inputs.lltv")?;
    let rest = Q::one() - ten(-1) * whole(3) * (Q::one() - lltv);
    if !rest.is_positive() {
        return Err(Trouble::Cannot("the incentive is not defined for this ratio".into()));
    }
    let free = rest.recip();
    let cap = ten(-2) * whole(115);
    let factor = if free < cap { free } else { cap };
    let expected = crate::at(v, "expected.lif")?;
    let room = tolerance(v, expected);
    let mut p = Problem::new();
    let repaid = p.slot(Q::one());
    p.column("seized", Mode::Long, &[(repaid, factor.clone())]);
    Ok(vec![
        public("factor", expected, &factor, &room)?,
        most("seized per unit repaid", &p, "seized(all)", expected, &room)?,
    ])
}

/// The number of the first field whose name has one of `both` (where there are any), one of `words` and none of `not`.
fn worded(inputs: &Value, both: &[&str], words: &[&str], not: &[&str]) -> Option<Q> {
    let has = |name: &str, list: &[&str]| list.iter().any(|w| name.contains(w));
    let fields = inputs.as_object().into_iter().flatten();
    fields
        .filter(|(n, _)| (both.is_empty() || has(n, both)) && has(n, words) && !has(n, not))
        .find_map(|(_, x)| optional(x, ""))
}

/// Notional v2: debt over haircut collateral. The ratio is the least `r` with `debt <= r * collateral`.
fn notional(v: &Value) -> Result<Vec<Check>, Trouble> {
    let inputs = crate::at(v, "inputs")?;
    let total = ["haircut", "adjusted", "discounted", "risk"];
    let p = match worded(inputs, &total, &["collateral"], &[]) {
        // Above one it is an amount; a share of one is what the collateral counts for.
        Some(value) if value > Q::one() => {
            let owed = worded(inputs, &[], &["debt", "borrow", "loan", "liab"], &[]);
            let owed = owed.ok_or_else(|| Trouble::Missing("inputs.debt".into()))?;
            let mut p = Problem::new();
            let (c, d) = (p.slot(value), p.slot(-owed));
            p.column("power", Mode::Long, &[(c, Q::one())]);
            p.column("debt", Mode::Short, &[(d, Q::one())]);
            p
        }
        _ if collaterals(v)?.len() == 1 && std::ptr::eq(collaterals(v)?[0], inputs) => {
            // One collateral beside the debt: its fields by the words in their names.
            let missing = |name: &str| Trouble::Missing(format!("inputs.{name}"));
            let owed = worded(inputs, &[], &["debt", "borrow", "loan", "liab"], &["price"]);
            let factor =
                worded(inputs, &[], &["haircut", "factor"], &[]).ok_or_else(|| missing("haircut"))?;
            let held = worded(inputs, &[], &["collateral", "qty", "amount"], &["haircut", "price", "factor"]);
            let price = worded(inputs, &[], &["price", "rate"], &["debt"]).unwrap_or_else(Q::one);
            let mut p = Problem::new();
            let c = p.slot(held.ok_or_else(|| missing("collateral"))?);
            let d = p.slot(-owed.ok_or_else(|| missing("debt"))?);
            p.column("power", Mode::Long, &[(c, price * factor)]);
            p.column("debt", Mode::Short, &[(d, Q::one())]);
            p
        }
        _ => weighted(v, &["haircut", "haircut_factor", "collateral_haircut"], DEBTS)?,
    };
    let expected =
        crate::at(v, "expected")?.as_object().and_then(|o| o.iter().find(|(_, e)| number(e, "").is_ok()));
    let (name, expected) = expected.ok_or_else(|| Trouble::Missing("expected (a ratio)".into()))?;
    let (power, debt) = (p.value("power(all)")?.0, p.value("debt(all)")?.1);
    if power.is_zero() {
        return Err(Trouble::Cannot("no collateral: the ratio is not defined".into()));
    }
    // Six decimals beyond the point, upwards, so that the rule holds at it.
    let ratio = -floor_to(&-(debt / power), &ten(-6));
    let rule = |r: &Q| format!("debt(all) <= {} * power(all)", num(r));
    let right = p.verdict(&rule(&ratio))?.both(true) && p.verdict(&rule(&(&ratio - ten(-6))))?.both(false);
    Ok(vec![Check::number(name, &number(expected, "")?, &ratio, &tolerance(v, expected)).judged(right)])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Agreement, ratio};
    use serde_json::json;

    fn all_right(checks: &[Check]) {
        for c in checks {
            assert!(c.agrees != Agreement::No && c.circuit != Some(false), "{c:?}");
        }
    }

    #[test]
    fn strict_and_not_strict() {
        let compound = |debt: f64, covered: bool| {
            json!({"id": "compound_v3/x", "kind": "pass_fail", "inputs": {"collateral_factor": 0.8, "collateral_qty": 2.5,
                "price": 4, "base_debt": debt}, "expected": {"is_borrow_collateralised": covered}})
        };
        all_right(&vector(&compound(8.0, true)).unwrap());
        all_right(&vector(&compound(8.000_001, false)).unwrap());
        let wrong = vector(&compound(8.000_001, true)).unwrap();
        assert_eq!(wrong[0].agrees, Agreement::No);
        let euler = |debt: &str, passes: bool| {
            json!({"id": "euler_evk/x", "kind": "pass_fail", "inputs": {"borrow_ltv": 0.8, "collateral_value": 10,
                "liability_value": debt}, "expected": {"passes": passes}})
        };
        all_right(&vector(&euler("8", false)).unwrap());
        all_right(&vector(&euler("7.999999", true)).unwrap());
        // One unit of a token with eighteen places, on both sides.
        all_right(&vector(&euler("7.999999999999999999", true)).unwrap());
        all_right(&vector(&euler("8.000000000000000001", false)).unwrap());
        // Two verdicts of one account, each with its own factor; a balance instead of a debt.
        let both = json!({"id": "compound_v3/x", "kind": "pass_fail", "inputs": {"borrow_collateral_factor": 0.8,
            "liquidate_collateral_factor": 0.85, "collateral_qty": 100, "price": 1, "base_balance": -82},
            "expected": {"is_borrow_collateralised": false, "is_liquidatable": false}});
        let checks = vector(&both).unwrap();
        assert_eq!(checks.len(), 4);
        all_right(&checks);
        let liquidation = json!({"id": "euler_evk/x", "kind": "pass_fail", "inputs": {"borrow_ltv": 0.8, "liquidation_ltv": 0.9,
            "collateral_value": 1000, "liability_value": 900}, "expected": {"passes": false, "liquidatable": true}});
        let checks = vector(&liquidation).unwrap();
        assert_eq!(checks.len(), 2);
        all_right(&checks);
    }

    #[test]
    fn morpho_rounds_collateral_down_and_debt_up() {
        let v = |debt: &str, healthy: bool| {
            json!({"id": "morpho_blue/x", "kind": "pass_fail", "inputs": {"collateral": 10, "price": 1.29, "lltv": 0.8,
                "debt": debt}, "expected": {"healthy": healthy}})
        };
        // floor(12.9) = 12, floor(9.6) = 9.
        all_right(&vector(&v("8.2", true)).unwrap());
        all_right(&vector(&v("9.1", false)).unwrap());
    }

    #[test]
    fn ramps_and_ratios() {
        assert_eq!(ramp(&ratio(9, 10), &ratio(3, 10), &whole(300), &whole(100)), ratio(7, 10));
        assert_eq!(ramp(&ratio(9, 10), &ratio(3, 10), &whole(300), &whole(500)), ratio(3, 10));
        assert_eq!(ramp(&ratio(8, 10), &ratio(7, 10), &whole(3), &whole(1)), ratio(7666, 10_000));
        let v = json!({"id": "notional_v2/x", "kind": "ratio", "inputs": {"debt": 300, "collateral": [
            {"value": 400, "haircut": 0.5}, {"value": 1000, "haircut": 0.8}]}, "expected": {"loan_to_value": 0.3}});
        all_right(&vector(&v).unwrap());
        for (inputs, ratio) in [
            (json!({"debt": 700, "haircut_collateral": 1400}), 0.5),
            (json!({"collateral_eth": 2, "eth_price": 1500, "haircut": 0.8, "debt_usd": 1000}), 0.4167),
        ] {
            let v =
                json!({"id": "notional_v2/x", "kind": "any", "inputs": inputs, "expected": {"ratio": ratio}});
            all_right(&vector(&v).unwrap());
        }
        let v = json!({"id": "morpho_midnight/x", "kind": "max_debt", "inputs": {"collateral": [
            {"qty": 3, "price": 10, "lltv": 0.5}, {"qty": 1, "price": 7, "lltv": 0.1}]}, "expected": {"max_debt": 15.7}});
        all_right(&vector(&v).unwrap());
    }
}
