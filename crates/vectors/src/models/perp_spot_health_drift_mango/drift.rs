//! Drift v2: weights that fall with size, and accounts with open orders.

use super::super::common::{holds, least, most, ten, tolerance, usd};
use crate::report::{Check, Tolerance};
use crate::{Problem, Q, Trouble, at, flag, number, optional, text};
use mandate_statement::Mode;
use num_bigint::BigInt;
use num_traits::{One, Signed, Zero};
use serde_json::Value;

/// Sizes are searched below this many units of `10^-9`.
fn beyond() -> BigInt {
    BigInt::one() << 90u32
}

/// How a weight depends on the size of a position, in `10^-9` units: public parameters.
struct Weight {
    base: BigInt,
    factor: BigInt,
    liability: bool,
}

impl Weight {
    /// In ten-thousandths, floors as in the source.
    fn at(&self, size: &BigInt) -> BigInt {
        if self.factor.is_zero() {
            return self.base.clone();
        }
        let root = (size * 10u8 + 1u8).sqrt();
        let million = BigInt::from(1_000_000u32);
        if self.liability {
            let premium = root * &self.factor / BigInt::from(10_000_000u32);
            return (&self.base - &self.base / 5u8 + premium).max(self.base.clone());
        }
        let divisor = &million + root * &self.factor / BigInt::from(100_000u32);
        (BigInt::from(1_100_000u64 * 10_000) / divisor).min(self.base.clone())
    }
    /// Whether a weight is as good for the holder as another: large for an asset, small for a liability.
    fn reaches(&self, size: &BigInt, weight: &BigInt) -> bool {
        if self.liability { self.at(size) <= *weight } else { self.at(size) >= *weight }
    }
    /// The largest size at which the weight is still as good as `weight`; the weight never gets better with size.
    fn largest(&self, weight: &BigInt) -> Option<BigInt> {
        let (mut good, mut bad) = (BigInt::zero(), beyond());
        if !self.reaches(&good, weight) {
            return None;
        }
        if self.reaches(&bad, weight) {
            return Some(bad);
        }
        while &bad - &good > BigInt::one() {
            let middle: BigInt = (&good + &bad) / 2u8;
            if self.reaches(&middle, weight) { good = middle } else { bad = middle }
        }
        Some(good)
    }
}

/// The weight of a private size. A square root of a private number is not in the language, and is not needed: the weight
/// never gets better with size, so "my weight is at least `w`" is "my size is at most the largest that has it".
pub(super) fn size_weight(v: &Value) -> Result<Vec<Check>, Trouble> {
    let side = text(v, "inputs.side")?;
    let size = optional(v, "inputs.size_units").map_or_else(|| number(v, "inputs.pnl_usd"), Ok)?;
    let weight = Weight {
        base: number(v, "inputs.base_weight_1e4")?.to_integer(),
        factor: number(v, "inputs.imf_factor_1e6")?.to_integer(),
        liability: side == "liability",
    };
    if weight.base.is_negative() || weight.factor.is_negative() {
        return Err(Trouble::Cannot("weight or factor below zero".into()));
    }
    let mut p = Problem::new();
    let slot = p.slot(size);
    p.column("size", Mode::Absolute, &[(slot, Q::one())]);
    p.exact();
    let held = (p.value("size(all)")?.1 * ten(9)).floor().to_integer();
    let got = weight.at(&held);
    let better = if weight.liability { &got - 1u8 } else { &got + 1u8 };
    let rule = |limit: Option<BigInt>| {
        let limit = limit.map_or_else(|| -ten(-9), |units| Q::from(units) * ten(-9));
        format!("size(all) <= {}", usd(&limit))
    };
    let right = p.verdict(&rule(weight.largest(&got)))?.both(true)
        && p.verdict(&rule(weight.largest(&better)))?.both(false);
    let expected = number(v, "expected.weight_1e4")?;
    Ok(vec![
        Check::number("weight of the size, 10^-4", &expected, &Q::from(got), &Tolerance::None).judged(right),
    ])
}

/// A weight that falls with the deposits of the whole pool: public, and what ten thousand of private value count for.
pub(super) fn pool_weight(v: &Value) -> Result<Vec<Check>, Trouble> {
    let of = |name: &str| number(v, &format!("inputs.{name}"));
    let (base, start) = (of("initial_asset_weight_1e4")?, of("scale_start_usd")?);
    let deposits = of("total_deposits_units")? * of("oracle_price")?;
    let weight =
        if !start.is_positive() || deposits <= start { base } else { (base * start / deposits).floor() };
    let mut p = Problem::new();
    let slot = p.slot(ten(4));
    p.column("collateral", Mode::Long, &[(slot, weight * ten(-4))]);
    p.exact();
    Ok(vec![least(
        "ten thousand count for",
        &p,
        "collateral(all)",
        at(v, "expected.weight_1e4")?,
        &Tolerance::None,
    )?])
}

/// An account in USDC and one other coin, with its perpetual and its open orders.
struct Account {
    problem: Problem,
}

/// What every open order adds to the requirement.
fn per_order() -> Q {
    ten(-2)
}

impl Account {
    fn read(v: &Value) -> Result<Self, Trouble> {
        let of = |name: &str| optional(v, &format!("inputs.{name}"));
        let or_zero = |name: &str| of(name).unwrap_or_else(Q::zero);
        let weight = |stem: &str| ["initial", "maintenance"].iter().find_map(|k| of(&format!("{stem}_{k}")));
        let coin = of("sol_price")
            .or_else(|| of("price"))
            .ok_or_else(|| Trouble::Missing("inputs.sol_price".into()))?;
        let twap = of("sol_twap5m").unwrap_or_else(|| coin.clone());
        let usdc = of("usdc_price").unwrap_or_else(Q::one);
        let usdc_twap = of("usdc_twap5m").unwrap_or_else(|| usdc.clone());
        let custom = or_zero("user_max_margin_ratio");

        let mut p = Problem::new();
        let cash = p.slot(or_zero("usdc_deposit") - or_zero("usdc_borrow"));
        let held = p.slot(or_zero("sol_deposit") - or_zero("sol_borrow"));
        let bids = p.slot(or_zero("sol_open_bids").abs());
        let asks = p.slot(-or_zero("sol_open_asks").abs());
        let perp = p.slot(or_zero("sol_perp"));
        let orders = p.slot(or_zero("open_orders"));

        // Assets at the lower of price and average, liabilities at the higher.
        p.column("cash", Mode::Long, &[(cash, usdc.clone().min(usdc_twap.clone()))]);
        p.column("loan", Mode::Short, &[(cash, usdc.max(usdc_twap))]);
        let missing = |name: &str| Trouble::Missing(format!("inputs.{name}"));
        let liability = match weight("sol_liability_weight") {
            Some(w) => w.max(Q::one() + &custom),
            // No coin can be owed: the weight does not matter.
            None if !or_zero("sol_borrow").is_positive() && or_zero("sol_open_asks").is_zero() => {
                Q::one() + &custom
            }
            None => return Err(missing("sol_liability_weight_initial")),
        };
        let asset = match weight("sol_asset_weight") {
            Some(w) => w.min(Q::one() - &custom).max(Q::zero()),
            None if !or_zero("sol_deposit").is_positive() && or_zero("sol_open_bids").is_zero() => Q::zero(),
            None => return Err(missing("sol_asset_weight_initial")),
        };
        let (low, high) = (coin.clone().min(twap.clone()), coin.clone().max(twap));
        for (fill, order) in [("bids", bids), ("asks", asks)] {
            let (as_asset, as_debt) = (&low * &asset, &high * &liability);
            p.column(&format!("asset_{fill}"), Mode::Signed, &[(held, as_asset.clone()), (order, as_asset)]);
            p.column(&format!("owed_{fill}"), Mode::Signed, &[(held, as_debt.clone()), (order, as_debt)]);
            p.column(&format!("paid_{fill}"), Mode::Signed, &[(order, -coin.clone())]);
        }
        let margin = weight("perp_margin").unwrap_or_else(Q::zero).max(custom);
        p.column("perp", Mode::Absolute, &[(perp, high * margin)]);
        p.column("orders", Mode::Absolute, &[(orders, per_order())]);
        Ok(Self { problem: p })
    }
    /// The requirement when one side of the book fills.
    fn requirement(fill: &str) -> String {
        format!("pos(-owed_{fill}(all)) + pos(-paid_{fill}(all)) + loan(all) + perp(all) + orders(all)")
    }
    /// Collateral less requirement when one side fills: a coin counts at the smaller of its two weights.
    fn health(fill: &str) -> String {
        format!(
            "min(asset_{fill}(all), owed_{fill}(all)) + paid_{fill}(all) + cash(all) - loan(all) - perp(all) - orders(all)"
        )
    }
}

pub(super) fn account(v: &Value) -> Result<Vec<Check>, Trouble> {
    if optional(v, "inputs.sol_price").is_none() && optional(v, "inputs.price").is_none() {
        return Err(Trouble::Cannot("the file gives no balances or prices for this account".into()));
    }
    let account = Account::read(v)?;
    let p = &account.problem;
    let wanted = |name: &str| v.get("expected").and_then(|e| e.get(name));
    // The file states the figures of the worse fill.
    let (bids, asks) = (Account::health("bids"), Account::health("asks"));
    let fill = if p.value(&bids)?.0 < p.value(&asks)?.0 { "bids" } else { "asks" };
    let requirement = Account::requirement(fill);
    let mut checks = Vec::new();
    if let Some(e) = wanted("margin_requirement_usd") {
        checks.push(most("margin requirement", p, &requirement, e, &tolerance(v, e))?);
    }
    if let Some(e) = wanted("total_collateral_usd") {
        // Collateral is proven through health, which is the smaller of both fills'.
        let edge = p.at_least(&format!("min({bids}, {asks})"))?;
        let needed = p.at_most(&requirement)?;
        let got = &edge.value + &needed.value;
        checks.push(Check::number("collateral", &number(e, "")?, &got, &tolerance(v, e)).on(&edge));
    }
    if let Ok(e) = flag(v, "expected.meets_margin_requirement") {
        checks.push(holds("meets its requirement", p, &format!("min({bids}, {asks}) >= 0 USD"), e)?);
    }
    Ok(checks)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Agreement;
    use serde_json::json;

    fn right(checks: Result<Vec<Check>, Trouble>) -> Vec<Check> {
        let checks = checks.unwrap();
        assert!(!checks.is_empty());
        for c in &checks {
            assert!(c.agrees == Agreement::Exact && c.circuit == Some(true), "{c:?}");
        }
        checks
    }

    #[test]
    fn the_largest_size_of_a_weight_has_it_and_one_more_has_not() {
        for liability in [false, true] {
            let w = Weight {
                base: (if liability { 11_000 } else { 8_000 }).into(),
                factor: 3_000.into(),
                liability,
            };
            for step in [-300i32, -1, 1, 7, 500] {
                let weight = &w.base + if liability { step.abs() } else { -step.abs() };
                let size = w.largest(&weight).unwrap();
                assert!(w.reaches(&size, &weight) && !w.reaches(&(size + 1u8), &weight));
            }
            let better = &w.base + if liability { -1 } else { 1 };
            assert_eq!(w.largest(&better), None);
        }
        let flat = Weight { base: 9_000.into(), factor: BigInt::zero(), liability: false };
        assert_eq!(flat.largest(&9_000.into()), Some(beyond()));
    }

    #[test]
    fn sizes_and_pools_by_hand() {
        let v = |side: &str, size: i64, factor: i64, base: i64, weight: i64| {
            json!({"inputs": {"side": side, "size_units": size, "imf_factor_1e6": factor, "base_weight_1e4": base},
                "expected": {"weight_1e4": weight}})
        };
        // 40 units: the root of 4e11 + 1 is 632,455; 632,455 * 100,000 / 1e5 is 632,455; 1.1e10 / 1,632,455 = 6738.
        right(size_weight(&v("asset", 40, 100_000, 9_000, 6_738)));
        right(size_weight(&v("asset", 40, 0, 9_000, 9_000)));
        // 12,000 - 2,400 + 632,455 * 100,000 / 1e7 = 15,924.
        right(size_weight(&v("liability", 40, 100_000, 12_000, 15_924)));
        let wrong = size_weight(&v("asset", 40, 100_000, 9_000, 6_739)).unwrap();
        assert_eq!(wrong[0].agrees, Agreement::No);
        right(pool_weight(&json!({"inputs": {"initial_asset_weight_1e4": 8000, "scale_start_usd": 100,
            "total_deposits_units": 30, "oracle_price": 10}, "expected": {"weight_1e4": 2666}})));
    }

    #[test]
    fn the_worse_of_the_two_fills_counts() {
        // 10 coins at 20, 30 asked: 20 owed at 1.5, 600 received. 5 bid: 15 held at 0.5, 100 paid.
        let v = json!({"inputs": {"usdc_deposit": 7, "sol_deposit": 10, "sol_open_asks": -30, "sol_open_bids": 5, "sol_price": 20,
            "sol_asset_weight_initial": 0.5, "sol_liability_weight_initial": 1.5, "open_orders": 2},
            "expected": {"margin_requirement_usd": 100.02, "total_collateral_usd": 157}});
        // Health with bids: 7 + 150 - 100 - 0.02; with asks: 7 - 600 + 600 - 0.02, which is worse.
        let checks = account(&v).unwrap();
        assert!(checks.iter().all(|c| c.agrees == Agreement::No), "{checks:?}");
        let mut v = v;
        v["expected"] = json!({"margin_requirement_usd": 600.02, "total_collateral_usd": 607});
        right(account(&v));
    }

    #[test]
    fn ratios_of_the_user_and_averages_of_the_price() {
        right(account(&json!({"inputs": {"usdc_deposit": 5, "sol_borrow": 2, "sol_perp": -3, "price": 10,
            "perp_margin_initial": 0.1, "sol_liability_weight_initial": 1.2, "user_max_margin_ratio": 0.4},
            "expected": {"margin_requirement_usd": 40}})));
        right(account(
            &json!({"inputs": {"usdc_deposit": 5, "usdc_price": 1, "usdc_twap5m": 0.8, "sol_borrow": 2, "sol_price": 10,
            "sol_twap5m": 12, "sol_liability_weight_maintenance": 1.1},
            "expected": {"margin_requirement_usd": 26.4, "total_collateral_usd": 4, "meets_margin_requirement": false}}),
        ));
        assert!(matches!(account(&json!({"inputs": {"note": "elsewhere"}})), Err(Trouble::Cannot(_))));
    }
}
