//! Uniswap v3: liquidity and amounts as the source rounds them, and what a unit of liquidity is worth at a public price.
//!
//! Liquidity (or the amounts that are to be turned into it) is private; price and range are public, so every factor is.

use super::common::{floor_to, least_in_steps, most, ten, tolerance};
use crate::report::{Check, Tolerance, each};
use crate::{Outcome, Problem, Q, Trouble, at, list, number, optional};
use mandate_market::lp::{PerLiquidity, Rooted, per_liquidity};
use mandate_statement::{Mode, QUANTITY_BITS, WEIGHT_SUM_BITS};
use num_bigint::BigInt;
use num_traits::{One, Signed};
use serde_json::Value;

/// One outcome per vector of the file.
pub fn run(file: &Value) -> Vec<Outcome> {
    each(file, "Uniswap v3", vector)
}

fn vector(v: &Value) -> Result<Vec<Check>, Trouble> {
    if optional(v, "inputs.range_low").is_some() { greeks(v) } else { amounts(v) }
}

/// `floor(sqrt(price * 2^192))`: a square root with 96 binary places, as the source encodes prices.
fn encoded(price: &Q) -> Result<BigInt, Trouble> {
    if !price.is_positive() {
        return Err(Trouble::Cannot("a price is not above zero".into()));
    }
    Ok(((price.numer() << 192u32) / price.denom()).sqrt())
}

/// Prices in the source's encoding: the current one held to the range, and the range.
struct Range {
    low: BigInt,
    high: BigInt,
    now: BigInt,
}

impl Range {
    fn read(v: &Value) -> Result<Self, Trouble> {
        let ends = list(v, "inputs.range")?;
        let [a, b] = ends else { return Err(Trouble::Missing("inputs.range (two prices)".into())) };
        let (a, b) = (encoded(&number(a, "")?)?, encoded(&number(b, "")?)?);
        let (low, high) = if a < b { (a, b) } else { (b, a) };
        if low == high {
            return Err(Trouble::Cannot("the range is empty".into()));
        }
        let now = encoded(&number(v, "inputs.price")?)?.clamp(low.clone(), high.clone());
        Ok(Self { low, high, now })
    }
    /// Token 0 and token 1 per unit of liquidity. Floors of floors are one floor, so the roundings of the source are
    /// one rounding down of the product.
    fn per_liquidity(&self) -> (Q, Q) {
        let zero = Q::new((&self.high - &self.now) << 96u32, &self.high * &self.now);
        (zero, Q::new(&self.now - &self.low, BigInt::one() << 96u32))
    }
    /// Liquidity per unit of either token; nothing where the token is not in the range.
    fn per_token(&self) -> (Option<Q>, Option<Q>) {
        let zero =
            (self.now < self.high).then(|| Q::new((&self.now * &self.high) >> 96u32, &self.high - &self.now));
        let one = (self.now > self.low).then(|| Q::new(BigInt::one() << 96u32, &self.now - &self.low));
        (zero, one)
    }
}

/// Private amounts by public factors of 96 binary places. A weight holds 41 bits, so a factor takes two columns: its leading
/// digits, and the next six a million times heavier; what is behind them is dropped, which makes the amount smaller.
fn split(amounts: &[(&str, Q, Q)]) -> Result<(Problem, Vec<String>), Trouble> {
    let fits = |places: i32| {
        amounts.iter().all(|(_, quantity, factor)| {
            let spare = quantity.to_integer().bits().saturating_sub(QUANTITY_BITS as u64 - 2);
            factor * ten(places) * Q::from(BigInt::one() << (spare + 1))
                < Q::from(BigInt::one() << WEIGHT_SUM_BITS)
        })
    };
    let places = (0..18).rev().find(|p| fits(*p)).unwrap_or(0);
    let million = ten(6);
    let mut p = Problem::new();
    let mut exprs = Vec::new();
    for (name, quantity, factor) in amounts {
        let slot = p.slot(quantity.clone());
        let lead = floor_to(factor, &ten(-places));
        let rest = floor_to(&((factor - &lead) * &million), &ten(-places));
        p.column(&format!("{name}_lead"), Mode::Signed, &[(slot, lead)]);
        p.column(&format!("{name}_rest"), Mode::Signed, &[(slot, rest)]);
        exprs.push(format!("{name}_lead(all) + {name}_rest(all) / 1000000"));
    }
    p.exact();
    let undecided = || {
        Trouble::Cannot("the amount has more digits than two columns hold: its floor is not decided".into())
    };
    p.unit().map_err(|_| undecided())?;
    for ((_, quantity, _), expr) in amounts.iter().zip(&exprs) {
        let (low, dropped) = (p.value(expr)?.0, quantity * ten(-places - 6));
        if low.floor() != (&low + dropped).floor() {
            return Err(undecided());
        }
    }
    Ok((p, exprs.iter().map(|e| format!("down({e}, 1 USD)")).collect()))
}

fn amounts(v: &Value) -> Result<Vec<Check>, Trouble> {
    let range = Range::read(v)?;
    let wanted = |name: &str| at(v, &format!("expected.{name}"));
    if let Some(liquidity) = optional(v, "inputs.liquidity") {
        let (zero, one) = range.per_liquidity();
        return [("amount0", zero), ("amount1", one)]
            .into_iter()
            .map(|(name, factor)| {
                let (p, exprs) = split(&[(name, liquidity.clone(), factor)])?;
                least_in_steps(name, &p, &exprs[0], &Q::one(), wanted(name)?)
            })
            .collect();
    }
    let (zero, one) = range.per_token();
    let mut parts = Vec::new();
    for (name, field, factor) in [("zero", "amount0_max", zero), ("one", "amount1_max", one)] {
        // What the range does not take at this price is there all the same.
        let amount = number(v, &format!("inputs.{field}"))?;
        if let Some(factor) = factor {
            parts.push((name, amount, factor));
        }
    }
    let (p, mut exprs) = split(&parts)?;
    let expr = if exprs.len() == 1 { exprs.remove(0) } else { format!("min({})", exprs.join(", ")) };
    Ok(vec![least_in_steps("liquidity", &p, &expr, &Q::one(), wanted("liquidity")?)?])
}

/// A square root to forty decimal places, rounded down.
fn root(x: &Q) -> Q {
    let scale = BigInt::from(10u8).pow(80);
    let whole = (x.numer() * &scale / x.denom()).sqrt();
    Q::new(whole, BigInt::from(10u8).pow(40))
}

/// Per unit of liquidity at a price: the product's own formula, in fractions.
fn per_unit(price: &Q, low: &Q, high: &Q) -> PerLiquidity<Q> {
    let rooted = |price: &Q| Rooted { price: price.clone(), root: root(price) };
    per_liquidity(&rooted(price), &rooted(low), &rooted(high))
}

fn greeks(v: &Value) -> Result<Vec<Check>, Trouble> {
    let of = |name: &str| number(v, &format!("inputs.{name}"));
    let (price, low, high, liquidity) = (of("price")?, of("range_low")?, of("range_high")?, of("liquidity")?);
    if !(price.is_positive() && low.is_positive() && low < high) {
        return Err(Trouble::Cannot("prices are not above zero and in order".into()));
    }
    let unit = per_unit(&price, &low, &high);
    let worth = &unit.token0 * &price + &unit.token1;
    let expected = at(v, "expected")?.as_object().ok_or_else(|| Trouble::Missing("expected".into()))?;
    expected
        .iter()
        .map(|(name, wanted)| {
            let weight = match name.as_str() {
                "token0" | "delta" => &unit.token0,
                "token1" => &unit.token1,
                "value_in_token1" => &worth,
                "gamma" => &unit.gamma,
                _ => return Err(Trouble::Cannot(format!("no figure is called `{name}`"))),
            };
            figure(name, &liquidity, weight, wanted, &tolerance(v, wanted))
        })
        .collect()
}

/// A private liquidity times a public factor with more digits than one weight holds: leading digits in one column, the
/// rest, a thousand million times larger, in another.
fn figure(
    name: &str,
    liquidity: &Q,
    weight: &Q,
    expected: &Value,
    room: &Tolerance,
) -> Result<Check, Trouble> {
    let fine = ten(9);
    let lead = floor_to(weight, &fine.recip());
    let rest = floor_to(&((weight - &lead) * &fine), &fine.recip());
    let mut p = Problem::new();
    let slot = p.slot(liquidity.clone());
    p.column("lead", Mode::Signed, &[(slot, lead)]);
    p.column("rest", Mode::Signed, &[(slot, rest)]);
    most(name, &p, "lead(all) + rest(all) / 1000000000", expected, room)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Agreement, ratio, whole};
    use num_traits::Zero;
    use serde_json::json;

    fn right(v: &Value) {
        let checks = vector(v).unwrap();
        assert!(!checks.is_empty());
        for c in checks {
            assert!(c.agrees != Agreement::No && c.circuit == Some(true), "{c:?}");
        }
    }

    #[test]
    fn prices_are_encoded_with_96_binary_places() {
        assert_eq!(encoded(&whole(4)).unwrap(), BigInt::from(2u8) << 96u32);
        // sqrt(1/4) is exact; sqrt(2) * 2^96 is floored.
        assert_eq!(encoded(&ratio(1, 4)).unwrap(), BigInt::one() << 95u32);
        let x = encoded(&whole(2)).unwrap();
        let two = BigInt::from(2u8) << 192u32;
        assert!(&x * &x <= two && (&x + 1u8) * (&x + 1u8) > two);
        assert!(encoded(&Q::zero()).is_err());
    }

    #[test]
    fn a_range_of_squares_by_hand() {
        // Range 1 to 16 at 4: roots 1, 4 and 2. One unit of liquidity is 1/2 - 1/4 of token 0 and 1 of token 1.
        let at = |price: &str, liquidity: i64, zero: i64, one: i64| {
            right(
                &json!({"id": "u/1", "inputs": {"price": price, "range": ["1/1", "16/1"], "liquidity": liquidity},
                "expected": {"amount0": zero, "amount1": one}}),
            );
        };
        at("4/1", 1003, 250, 1003);
        at("1/4", 1003, 752, 0);
        at("25/1", 1003, 0, 3009);
        // Back: 250 of token 0 is 1000, 1003 of token 1 is 1003; the smaller counts.
        right(
            &json!({"id": "u/2", "inputs": {"price": "4/1", "range": ["16/1", "1/1"], "amount0_max": 250, "amount1_max": 1003},
            "expected": {"liquidity": 1000}}),
        );
        right(
            &json!({"id": "u/3", "inputs": {"price": "400/1", "range": ["1/1", "16/1"], "amount0_max": 1, "amount1_max": 1003},
            "expected": {"liquidity": 334}}),
        );
    }

    #[test]
    fn a_floor_that_is_not_decided_is_no_answer() {
        let v = json!({"id": "u/1", "inputs": {"price": "2/1", "range": ["1/1", "16/1"], "liquidity": "987654321987654321987654"},
            "expected": {"amount0": 0, "amount1": 0}});
        assert!(matches!(vector(&v), Err(Trouble::Cannot(why)) if why.contains("floor")));
    }

    #[test]
    fn values_and_slopes_by_hand() {
        right(
            &json!({"id": "lp_greeks/x", "inputs": {"price": 4, "range_low": 1.0, "range_high": 16.0, "liquidity": 64.0},
            "expected": {"token0": 16, "token1": 64, "value_in_token1": 128, "delta": 16, "gamma": -4}}),
        );
        let checks =
            vector(&json!({"id": "lp_greeks/x", "inputs": {"price": 2, "range_low": 1.0, "range_high": 16.0,
            "liquidity": 1.0}, "expected": {"token1": 0.414_213_562_373_095_1, "token0": 0.457_106_781_19}}))
            .unwrap();
        assert!(checks.iter().all(|c| c.agrees != Agreement::No), "{checks:?}");
    }
}
