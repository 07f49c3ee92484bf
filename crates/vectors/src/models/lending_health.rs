//! Lending health: Aave v3, Compound v3, Euler, Morpho, Notional v2.
//!
//! Amounts are the slots, collateral above zero and debt below; prices, factors and thresholds are the weights.

use super::common::{floor_to, holds, least, most, num, power, public, ten, tolerance, usd};
use crate::report::{Check, Tolerance, each};
use crate::{Outcome, Problem, Q, Trouble, flag, list, number, optional, text, whole};
use mandate_statement::{Mode, WEIGHT_SUM_BITS};
use num_bigint::BigInt;
use num_traits::{One, Signed, Zero};
use serde_json::Value;

/// One outcome per vector of the file.
pub fn run(file: &Value) -> Vec<Outcome> {
    each(file, "lending health", vector)
}

fn vector(v: &Value) -> Result<Vec<Check>, Trouble> {
    let protocol = text(v, "id")?.split('/').next().unwrap_or_default();
    match text(v, "kind")? {
        "health_factor" => aave(v),
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

// ---- Aave v3 ----

/// Aave's unit of value, `10^-8` of the base currency.
fn base() -> Q {
    ten(-8)
}

/// An entry's amount in tokens and the price of one.
fn priced(entry: &Value) -> Result<(Q, Q), Trouble> {
    let places = power(entry, "decimals")?;
    Ok((number(entry, "amount")? * ten(-places), number(entry, "price_1e8")? * base()))
}

fn bps(entry: &Value, field: &str) -> Result<Q, Trouble> {
    Ok(number(entry, field)? * ten(-4))
}

fn too_many_digits(places: i32) -> Trouble {
    Trouble::Cannot(format!(
        "amounts by prices have {places} decimal places: counts of 47 bits by weights of 41 do not hold them"
    ))
}

/// Collaterals `c0 ..` with their public factors, their sum `coll`, and `debt`.
struct Aave {
    problem: Problem,
    ltv: Vec<Q>,
    threshold: Vec<Q>,
    debts: usize,
}

impl Aave {
    /// Exactly. Amounts are counted in the power of ten of a token in which the weight of one fits a column.
    fn read(v: &Value) -> Result<Self, Trouble> {
        let (collaterals, debts) = (list(v, "inputs.collateral")?, list(v, "inputs.debt")?);
        let entries = collaterals.iter().chain(debts).map(priced).collect::<Result<Vec<_>, _>>()?;
        let places = |q: &Q| (0..=40).find(|p| (q * ten(*p)).is_integer()).unwrap_or(40);
        let unit = entries.iter().map(|(amount, price)| places(amount) + places(price)).fold(8, i32::max);
        let limit = Q::from(BigInt::one() << (WEIGHT_SUM_BITS - 2));
        let mut p = Problem::new();
        let mut held = Vec::new();
        for (i, (amount, price)) in entries.into_iter().enumerate() {
            let count = (places(&amount)..=unit - places(&price)).find(|s| &price * ten(unit - s) < limit);
            let count = count.ok_or_else(|| too_many_digits(unit))?;
            let sign = if i < collaterals.len() { Q::one() } else { -Q::one() };
            held.push((p.slot(sign * amount * ten(count)), price * ten(-count)));
        }
        for (i, entry) in held.iter().enumerate() {
            let (name, mode) = match i.checked_sub(collaterals.len()) {
                None => (format!("c{i}"), Mode::Long),
                Some(d) => (format!("d{d}"), Mode::Short),
            };
            p.column(&name, mode, std::slice::from_ref(entry));
        }
        let (coll, debt) = held.split_at(collaterals.len());
        p.column("coll", Mode::Long, coll);
        p.column("debt", Mode::Short, debt);
        // Money no coarser than the unit that Aave rounds to.
        let slot = p.slot(Q::one());
        p.column("fine", Mode::Signed, &[(slot, base())]);
        p.exact();
        p.unit().map_err(|_| too_many_digits(unit))?;
        let factors = |field: &str| collaterals.iter().map(|c| bps(c, field)).collect::<Result<Vec<_>, _>>();
        Ok(Self {
            problem: p,
            ltv: factors("ltv_bps")?,
            threshold: factors("liq_threshold_bps")?,
            debts: debts.len(),
        })
    }
    /// Whether every value is a whole number of Aave's units by the prices and lots alone, so that floors of single values
    /// do nothing.
    fn whole(&self) -> Result<bool, Trouble> {
        Ok(self.problem.unit()? >= base())
    }
    /// Every collateral floored to Aave's unit.
    fn floored(&self) -> String {
        let unit = usd(&base());
        let parts: Vec<String> = (0..self.ltv.len()).map(|i| format!("down(c{i}(all), {unit})")).collect();
        parts.join(" + ")
    }
    /// `percentMul`: a share of the collateral, halves up.
    fn share(&self, of: &Q) -> Result<String, Trouble> {
        let half = base() / whole(2);
        let total = if self.whole()? { "coll(all)".to_owned() } else { format!("({})", self.floored()) };
        Ok(format!("down({} * {total} + {}, {})", num(of), usd(&half), usd(&base())))
    }
    /// A rule at its limit and past it. A rounding of a sum of roundings is wider than a witness: where dust makes both
    /// necessary, the evaluator alone speaks.
    fn judged(&self, check: Check, at: &str, past: &str) -> Result<Check, Trouble> {
        let p = &self.problem;
        if self.whole()? {
            return Ok(check.judged(p.verdict(at)?.both(true) && p.verdict(past)?.both(false)));
        }
        if p.plain(at)? && !p.plain(past)? { Ok(check) } else { Ok(check.judged(false)) }
    }
    /// The average of the collaterals' factors in basis points, floored, and whether evaluator and circuit accept it and
    /// refuse one more: `weighted >= average * collateral`.
    fn average(&self, factors: &[Q]) -> Result<(Q, bool), Trouble> {
        let p = &self.problem;
        let parts: Vec<String> =
            factors.iter().enumerate().map(|(i, f)| format!("{} * c{i}(all)", num(f))).collect();
        let sum = parts.join(" + ");
        let (total, weighted) = (p.value("coll(all)")?.0, p.value(&sum)?.0);
        if total.is_zero() {
            return Ok((Q::zero(), true));
        }
        let average = floor_to(&(weighted / total), &ten(-4));
        let rule = |k: &Q| format!("{sum} >= {} * coll(all)", num(k));
        let right =
            p.verdict(&rule(&average))?.both(true) && p.verdict(&rule(&(&average + ten(-4))))?.both(false);
        Ok((average, right))
    }
    /// The debt, each asset's floored. One asset's floor is a strict rule, `floor(d) <= L` being `d < L + 1 unit`; the floors
    /// of several stand on the side where a rule needs an upper bound, so they are proven where they do nothing.
    fn debt(&self) -> Result<(Q, Option<bool>), Trouble> {
        let p = &self.problem;
        if self.debts == 1 {
            let floored = floor_to(&p.value("debt(all)")?.1, &base());
            let rule = |limit: &Q| format!("debt(all) < {}", usd(limit));
            let right =
                p.verdict(&rule(&(&floored + base())))?.both(true) && p.verdict(&rule(&floored))?.both(false);
            return Ok((floored, Some(right)));
        }
        if self.debts == 0 || self.whole()? {
            let edge = p.at_most("debt(all)")?;
            return Ok((edge.value, Some(edge.holds_at && edge.refused_past)));
        }
        let parts: Vec<String> =
            (0..self.debts).map(|i| format!("down(d{i}(all), {})", usd(&base()))).collect();
        Ok((p.value(&parts.join(" + "))?.0, None))
    }
}

fn aave(v: &Value) -> Result<Vec<Check>, Trouble> {
    let aave = Aave::read(v)?;
    let p = &aave.problem;
    let exact = Tolerance::None;
    let wanted = |field: &str| number(v, &format!("expected.{field}"));
    let mut checks = Vec::new();

    let collateral = p.value(&aave.floored())?.0;
    let rule = |limit: &Q| format!("{} >= {}", aave.floored(), usd(limit));
    let right =
        p.verdict(&rule(&collateral))?.both(true) && p.verdict(&rule(&(&collateral + base())))?.both(false);
    checks.push(
        Check::number("collateral", &wanted("total_collateral_base")?, &(&collateral / base()), &exact)
            .judged(right),
    );
    let (debt, right) = aave.debt()?;
    let debt_check = Check::number("debt", &wanted("total_debt_base")?, &(&debt / base()), &exact);
    checks.push(Check { circuit: right, ..debt_check });
    let (ltv, right) = aave.average(&aave.ltv)?;
    checks.push(
        Check::number("average LTV, bps", &wanted("avg_ltv_bps")?, &(&ltv * ten(4)), &exact).judged(right),
    );
    let (lt, right) = aave.average(&aave.threshold)?;
    let shown = &lt * ten(4);
    let what = "average liquidation threshold, bps";
    checks.push(Check::number(what, &wanted("avg_liquidation_threshold_bps")?, &shown, &exact).judged(right));

    // With the average public, `available >= a` is one rule: strict, one unit lower, as the debt is floored.
    let share = aave.share(&ltv)?;
    let available = p.value(&share)?.0 - &debt;
    let rule = |a: &Q| format!("{share} - debt(all) > {}", usd(&(a - base())));
    let got = if available.is_negative() { Q::zero() } else { &available / base() };
    let check = Check::number("available borrows", &wanted("available_borrows_base")?, &got, &exact);
    checks.push(aave.judged(check, &rule(&available), &rule(&(&available + base())))?);

    let thresholded = p.value(&aave.share(&lt)?)?.0;
    checks.push(health_factor(v, p, &lt, &thresholded, &debt)?);
    Ok(checks)
}

/// The factor in wads from its two amounts, halves up; the circuit is asked at six decimals, which is what fits a row.
fn health_factor(v: &Value, p: &Problem, lt: &Q, amount: &Q, debt: &Q) -> Result<Check, Trouble> {
    let wad = ten(18);
    let wanted = number(v, "expected.health_factor_wad")?;
    if debt.is_zero() {
        let largest = Q::from((BigInt::one() << 256u32) - BigInt::one());
        return holds("no debt", p, "debt(all) <= 0 USD", true).map(|c| Check {
            circuit: c.circuit,
            ..Check::number("health factor, wad", &wanted, &largest, &Tolerance::None)
        });
    }
    let (a, d) = (amount / base(), debt / base());
    let got = ((a * &wad + (&d / whole(2)).floor()) / d).floor();
    let factor = floor_to(&(amount / debt), &ten(-6));
    let rule = |h: &Q| format!("{} * coll(all) >= {} * debt(all)", num(lt), num(h));
    let right = p.verdict(&rule(&factor))?.both(true) && p.verdict(&rule(&(&factor + ten(-6))))?.both(false);
    Ok(Check::number("health factor, wad (circuit at 10^-6)", &wanted, &got, &Tolerance::None).judged(right))
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

/// Weighted collateral in `power`, debt in `debt`; `factor` names the fields that weigh a collateral.
fn weighted(v: &Value, factor: &[&str], debt: &[&str]) -> Result<Problem, Trouble> {
    let mut p = Problem::new();
    let mut power = Vec::new();
    for c in collaterals(v)? {
        let price = optional(c, "price").unwrap_or_else(Q::one);
        let f = first(c, factor).or_else(|_| first(crate::at(v, "inputs")?, factor))?;
        power.push((p.slot(first(c, AMOUNTS)?), price * f));
    }
    let inputs = crate::at(v, "inputs")?;
    let owed = first(inputs, debt)?;
    let price = optional(inputs, "debt_price").unwrap_or_else(Q::one);
    let slot = p.slot(-owed);
    p.column("power", Mode::Long, &power);
    p.column("debt", Mode::Short, &[(slot, price)]);
    Ok(p)
}

const DEBTS: &[&str] = &["base_debt", "debt", "debt_value", "liability_value", "borrowed", "liability"];

fn compound(v: &Value) -> Result<Vec<Check>, Trouble> {
    let borrow = optional(v, "expected.is_borrow_collateralised").is_some()
        || flag(v, "expected.is_borrow_collateralised").is_ok();
    let (field, factors): (_, &[&str]) = if borrow {
        ("is_borrow_collateralised", &["collateral_factor", "borrow_collateral_factor", "factor"])
    } else {
        ("is_liquidatable", &["liquidate_collateral_factor", "liquidation_factor", "factor"])
    };
    let expected = flag(v, &format!("expected.{field}"))?;
    let p = weighted(v, factors, DEBTS)?;
    // A borrow is covered, and an account safe from liquidation, where the weighted collateral reaches the debt.
    let covered = if borrow { expected } else { !expected };
    Ok(vec![
        holds(field, &p, "power(all) >= debt(all)", covered)?,
        edge("headroom", &p, "power(all) - debt(all)")?,
    ])
}

/// An amount with no figure in the file: the circuit at its limit, the value against what the evaluator says.
fn edge(what: &str, p: &Problem, expr: &str) -> Result<Check, Trouble> {
    let edge = p.at_least(expr)?;
    let low = p.value(expr)?.0;
    let unit = p.unit()?;
    Ok(Check::number(format!("{what} at its limit"), &floor_to(&low, &unit), &edge.value, &Tolerance::None)
        .on(&edge))
}

fn euler(v: &Value) -> Result<Vec<Check>, Trouble> {
    let p = weighted(v, &["borrow_ltv", "liquidation_ltv", "ltv"], DEBTS)?;
    let expected = flag(v, "expected.passes")?;
    Ok(vec![holds("passes", &p, "power(all) > debt(all)", expected)?])
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

/// Notional v2: debt over haircut collateral. The ratio is the least `r` with `debt <= r * collateral`.
fn notional(v: &Value) -> Result<Vec<Check>, Trouble> {
    let inputs = crate::at(v, "inputs")?;
    let p = match first(inputs, &["haircut_collateral", "haircut_collateral_value", "adjusted_collateral"]) {
        Ok(value) => {
            let mut p = Problem::new();
            let (c, d) = (p.slot(value), p.slot(-first(inputs, DEBTS)?));
            p.column("power", Mode::Long, &[(c, Q::one())]);
            p.column("debt", Mode::Short, &[(d, Q::one())]);
            p
        }
        Err(_) => weighted(v, &["haircut", "haircut_factor", "collateral_haircut"], DEBTS)?,
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
    fn aave_floors_averages_and_rounds_halves_up() {
        // 3 tokens at 1.00000003 and 7 at 2.00000001: 17.00000016; thresholds 70 % and 81.11 %.
        let v = json!({"id": "aave_v3/made_up", "kind": "health_factor", "inputs": {
            "collateral": [
                {"amount": "3000000", "decimals": 6, "price_1e8": 100_000_003, "ltv_bps": 6000, "liq_threshold_bps": 7000},
                {"amount": "7000000", "decimals": 6, "price_1e8": 200_000_001, "ltv_bps": 7003, "liq_threshold_bps": 8111}],
            "debt": [{"amount": "4999999", "decimals": 6, "price_1e8": 100_000_077}]},
            "expected": {"total_collateral_base": 1_700_000_016, "total_debt_base": 500_000_284, "avg_ltv_bps": 6825,
                "avg_liquidation_threshold_bps": 7914, "available_borrows_base": 660_249_727,
                "health_factor_wad": "2690758497649173335"}});
        let checks = vector(&v).unwrap();
        assert_eq!(checks.len(), 6);
        all_right(&checks);
        assert!(checks.iter().all(|c| c.agrees == Agreement::Exact), "{checks:?}");
        // Dust makes what is available a rounding of a sum of roundings, which the evaluator alone judges.
        let by_circuit: Vec<bool> = checks.iter().map(|c| c.circuit == Some(true)).collect();
        assert_eq!(by_circuit, [true, true, true, true, false, true]);
        let mut whole = v;
        whole["inputs"]["collateral"][0]["price_1e8"] = json!(100_000_000);
        whole["inputs"]["collateral"][1]["price_1e8"] = json!(200_000_000);
        whole["inputs"]["debt"][0] = json!({"amount": "5000000", "decimals": 6, "price_1e8": 100_000_000});
        // 17 of collateral at 68.26 % and 79.14 %.
        whole["expected"] = json!({"total_collateral_base": 1_700_000_000, "total_debt_base": 500_000_000, "avg_ltv_bps": 6826,
            "avg_liquidation_threshold_bps": 7914, "available_borrows_base": 660_420_000,
            "health_factor_wad": "2690760000000000000"});
        let checks = vector(&whole).unwrap();
        assert!(checks.iter().all(|c| c.agrees == Agreement::Exact && c.circuit == Some(true)), "{checks:?}");
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
        let v = json!({"id": "morpho_midnight/x", "kind": "max_debt", "inputs": {"collateral": [
            {"qty": 3, "price": 10, "lltv": 0.5}, {"qty": 1, "price": 7, "lltv": 0.1}]}, "expected": {"max_debt": 15.7}});
        all_right(&vector(&v).unwrap());
    }
}
