//! Aave v3: values, averages and the health factor with the roundings of its integers.

use super::super::common::{floor_to, holds, num, power, ten, usd};
use super::counted;
use crate::report::{Check, Tolerance};
use crate::{Problem, Q, Trouble, list, number, whole};
use mandate_statement::Mode;
use num_bigint::BigInt;
use num_traits::{One, Signed, Zero};
use serde_json::Value;

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
        let mut entries = collaterals.iter().chain(debts).map(priced).collect::<Result<Vec<_>, _>>()?;
        for (owed, _) in entries.iter_mut().skip(collaterals.len()) {
            *owed = -owed.clone();
        }
        let places = |q: &Q| (0..=40).find(|p| (q * ten(*p)).is_integer()).unwrap_or(40);
        let unit = entries.iter().map(|(amount, price)| places(amount) + places(price)).fold(8, i32::max);
        let mut p = Problem::new();
        let held = counted(&mut p, &entries, 8).ok_or_else(|| too_many_digits(unit))?;
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
        if parts.is_empty() { "coll(all)".to_owned() } else { parts.join(" + ") }
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

pub(super) fn aave(v: &Value) -> Result<Vec<Check>, Trouble> {
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
    if collateral.is_zero() {
        // Nothing is lent on: averages, what is available and the factor are zero, whatever is owed.
        let nothing = p.verdict("coll(all) <= 0 USD")?.both(true);
        for field in ["avg_ltv_bps", "avg_liquidation_threshold_bps", "available_borrows_base"] {
            checks.push(Check::number(field, &wanted(field)?, &Q::zero(), &exact).judged(nothing));
        }
        checks.push(health_factor(v, p, &Q::zero(), &Q::zero(), &debt)?);
        return Ok(checks);
    }
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
    if amount.is_zero() {
        let none = p.verdict("debt(all) <= 0 USD")?.both(false);
        return Ok(Check::number("health factor, wad", &wanted, &Q::zero(), &Tolerance::None).judged(none));
    }
    let (a, d) = (amount / base(), debt / base());
    let got = ((a * &wad + (&d / whole(2)).floor()) / d).floor();
    let factor = floor_to(&(amount / debt), &ten(-6));
    let rule = |h: &Q| format!("{} * coll(all) >= {} * debt(all)", num(lt), num(h));
    let right = p.verdict(&rule(&factor))?.both(true) && p.verdict(&rule(&(&factor + ten(-6))))?.both(false);
    Ok(Check::number("health factor, wad (circuit at 10^-6)", &wanted, &got, &Tolerance::None).judged(right))
}

#[cfg(test)]
mod tests {
    use super::aave as vector;
    use super::*;
    use crate::Agreement;
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
    fn nothing_lent_on_and_nothing_owed() {
        let largest = "115792089237316195423570985008687907853269984665640564039457584007913129639935";
        let collateral = |amount: &str| {
            json!({"amount": amount, "decimals": 18, "price_1e8": 155_512_345_678_i64,
            "ltv_bps": 8000, "liq_threshold_bps": 8250})
        };
        let debt = |amount: &str| json!({"amount": amount, "decimals": 6, "price_1e8": 100_000_000});
        let zero = |collateral: Value, owed: Value, debt: i64, factor: &str| {
            json!({"inputs": {"collateral": collateral, "debt": owed}, "expected": {"total_collateral_base": 0,
                "total_debt_base": debt, "avg_ltv_bps": 0, "avg_liquidation_threshold_bps": 0,
                "available_borrows_base": 0, "health_factor_wad": factor}})
        };
        for v in [
            zero(json!([]), json!([]), 0, largest),
            zero(json!([]), json!([debt("5000000")]), 500_000_000, "0"),
            zero(json!([collateral("0")]), json!([debt("5000000")]), 500_000_000, "0"),
        ] {
            let checks = vector(&v).unwrap();
            assert_eq!(checks.len(), 6);
            assert!(
                checks.iter().all(|c| c.agrees == Agreement::Exact && c.circuit == Some(true)),
                "{checks:?}"
            );
        }
        let wrong = vector(&zero(json!([]), json!([debt("5000000")]), 500_000_000, "1")).unwrap();
        assert_eq!(wrong[5].agrees, Agreement::No);
        for owed in [json!([]), json!([debt("0")])] {
            let v = json!({"inputs": {"collateral": [collateral("2000000000000000000")], "debt": owed}, "expected": {
                "total_collateral_base": 311_024_691_356_i64, "total_debt_base": 0, "avg_ltv_bps": 8000,
                "avg_liquidation_threshold_bps": 8250, "available_borrows_base": 248_819_753_085_i64,
                "health_factor_wad": largest}});
            all_right(&vector(&v).unwrap());
        }
    }
}
