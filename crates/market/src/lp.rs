//! Shares of a concentrated-liquidity pool (Uniswap v3): what a unit of liquidity on a range of prices holds.
//!
//! A share is linear in its liquidity, and everything else about it is public: the range, and the prices. So one row of weights
//! says all that a rule can ask of it, also after a scenario. Source: Uniswap v3 whitepaper, section 6.4, and `LiquidityAmounts` of
//! Uniswap/v3-periphery; `docs/market-data.md` has the columns.

use crate::price::Price;
use mandate_numeric::Decimal;
use num_bigint::{BigInt, BigUint};
use num_traits::{Num, One};

/// Largest tick of Uniswap v3 either way: prices from `2^-128` to `2^128`, raw units of token 1 per raw unit of token 0.
pub const TICK_LIMIT: i32 = 887_272;
/// Most decimals of a token.
pub const DECIMALS_LIMIT: u8 = 36;
/// Significant digits of a range's ends: what a [`Price`] holds of any number.
const END_DIGITS: u32 = 18;

/// A price with its square root.
#[derive(Clone, Debug)]
pub struct Rooted<N> {
    /// Price of token 0 in token 1.
    pub price: N,
    /// Its square root, as exact as the caller has it.
    pub root: N,
}

/// What a unit of liquidity holds, and how it moves, per unit of liquidity.
#[derive(Clone, Debug)]
pub struct PerLiquidity<N> {
    /// Token 0, which is also the change of value (in token 1) with the price.
    pub token0: N,
    /// Token 1.
    pub token1: N,
    /// Change of `token0` with the price: `-1 / (2 P^1.5)` inside the range, nothing outside.
    pub gamma: N,
}

/// Holdings of one unit of liquidity on `[low, high]` at the price `now`, with `now` held to the range:
///
/// ```text
/// token0 = 1/sqrt(now) - 1/sqrt(high) = (high - now) / (sqrt(now) sqrt(high) (sqrt(now) + sqrt(high)))
/// token1 = sqrt(now) - sqrt(low)      = (now - low) / (sqrt(now) + sqrt(low))
/// ```
///
/// The right-hand forms subtract prices, which are given, and not roots, which are rounded. One function for floats
/// and for exact fractions. `low.price` must be above zero and below `high.price`, or a division by zero may follow.
pub fn per_liquidity<N: Num + Clone + PartialOrd>(
    now: &Rooted<N>,
    low: &Rooted<N>,
    high: &Rooted<N>,
) -> PerLiquidity<N> {
    let inside = now.price > low.price && now.price < high.price;
    let held = if now.price <= low.price {
        low
    } else if now.price >= high.price {
        high
    } else {
        now
    };
    let sum = |a: &N, b: &N| a.clone() + b.clone();
    let token0 = (high.price.clone() - held.price.clone())
        / (held.root.clone() * high.root.clone() * sum(&held.root, &high.root));
    let token1 = (held.price.clone() - low.price.clone()) / sum(&held.root, &low.root);
    let two = N::one() + N::one();
    let gamma =
        if inside { N::zero() - N::one() / (two * now.price.clone() * now.root.clone()) } else { N::zero() };
    PerLiquidity { token0, token1, gamma }
}

/// The same in floats.
pub(crate) fn per_unit(now: f64, low: Price, high: Price) -> PerLiquidity<f64> {
    let rooted = |price: f64| Rooted { price, root: libm::sqrt(price) };
    per_liquidity(&rooted(now), &rooted(low.to_f64()), &rooted(high.to_f64()))
}

/// Binary places of [`power`].
const PLACES: u32 = 256;

/// `1.0001^n` with 256 binary places: each step rounds down, so it is short by less than `2^-220` of itself for every tick.
fn power(n: u32) -> BigUint {
    let one = BigUint::one() << PLACES;
    let mut base = &one * 10_001u32 / 10_000u32;
    let mut out = one;
    let mut left = n;
    while left > 0 {
        if left & 1 == 1 {
            out = (&out * &base) >> PLACES;
        }
        left >>= 1;
        if left > 0 {
            base = (&base * &base) >> PLACES;
        }
    }
    out
}

/// The price at a tick in whole tokens, `1.0001^tick * 10^shift`, to the nearest of 18 significant digits and at most 18 after
/// the point. `None` where the tick is out of range, or nothing above zero is left, or 63 bits do not hold it.
pub fn price_at_tick(tick: i32, shift: i32) -> Option<Price> {
    if tick.unsigned_abs() > TICK_LIMIT.unsigned_abs() || shift.unsigned_abs() > u32::from(DECIMALS_LIMIT) {
        return None;
    }
    let value = power(tick.unsigned_abs());
    // numerator / denominator, as a decimal with 20 places: two more than are kept.
    let mut numerator = BigUint::from(10u8).pow(20);
    let mut denominator = BigUint::one() << PLACES;
    if tick >= 0 {
        numerator *= value;
    } else {
        numerator <<= PLACES;
        denominator = value;
    }
    let ten = BigUint::from(10u8).pow(shift.unsigned_abs());
    if shift >= 0 {
        numerator *= ten;
    } else {
        denominator *= ten;
    }
    let digits = i128::try_from(BigInt::from(numerator / denominator)).ok()?;
    let price = Price::significant(Decimal::new(digits, 20), END_DIGITS).ok()?;
    price.is_positive().then_some(price)
}

/// The ends of a range that a position reports in ticks of its pool, as prices of the coin in the currency, lower one first.
///
/// `coin_is_token0` says on which side the coin stands; the pool's price is raw token 1 per raw token 0. `None` where ticks are
/// out of range or not in order, or an end has no digits left.
pub fn ends_of_ticks(ticks: (i32, i32), decimals: (u8, u8), coin_is_token0: bool) -> Option<(Price, Price)> {
    let shift = i32::from(decimals.0) - i32::from(decimals.1);
    let (a, b, shift) = if coin_is_token0 { (ticks.0, ticks.1, shift) } else { (-ticks.1, -ticks.0, -shift) };
    if ticks.0 >= ticks.1 || decimals.0.max(decimals.1) > DECIMALS_LIMIT {
        return None;
    }
    let (lower, upper) = (price_at_tick(a, shift)?, price_at_tick(b, shift)?);
    (lower < upper).then_some((lower, upper))
}

/// Liquidity in whole tokens, `raw * 10^-((d0 + d1) / 2)`: what a slot counts. `None` where the decimals are odd in sum (the factor is
/// then no decimal) or the number is too long.
pub fn whole_liquidity(raw: i128, decimals: (u8, u8)) -> Option<Decimal> {
    let sum = decimals.0.checked_add(decimals.1)?;
    (sum % 2 == 0 && decimals.0.max(decimals.1) <= DECIMALS_LIMIT).then(|| Decimal::new(raw, sum / 2))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn p(text: &str) -> Price {
        text.parse().unwrap()
    }

    /// Ends, the inside, both outsides, by hand: the range of squares 1 to 16.
    #[test]
    fn a_range_of_squares_by_hand() {
        for (now, token0, token1, gamma) in [
            (4.0, 0.25, 1.0, -1.0 / 16.0),
            (0.25, 0.75, 0.0, 0.0),
            (1.0, 0.75, 0.0, 0.0),
            (16.0, 0.0, 3.0, 0.0),
            (100.0, 0.0, 3.0, 0.0),
        ] {
            let unit = per_unit(now, p("1"), p("16"));
            assert!((unit.token0 - token0).abs() < 1e-15, "token 0 at {now}: {}", unit.token0);
            assert!((unit.token1 - token1).abs() < 1e-15, "token 1 at {now}: {}", unit.token1);
            assert!((unit.gamma - gamma).abs() < 1e-15, "gamma at {now}: {}", unit.gamma);
        }
    }

    /// A range of one basis point, against sixty-digit arithmetic.
    #[test]
    fn a_narrow_range_agrees_with_long_arithmetic() {
        let (low, high) = (p("2000"), p("2000.2"));
        let unit = per_unit(2000.1, low, high);
        assert!((unit.token0 / 5.589_541_110_767_554e-7 - 1.0).abs() < 1e-11, "{}", unit.token0);
        assert!((unit.token1 / 0.001_118_020_013_674_410_2 - 1.0).abs() < 1e-11, "{}", unit.token1);
        let worth = unit.token0 * 2000.1 + unit.token1;
        assert!((worth / 0.002_235_984_131_239_029 - 1.0).abs() < 1e-11, "{worth}");
    }

    #[test]
    fn ticks_are_prices() {
        assert_eq!(price_at_tick(0, 0), Some(p("1")));
        assert_eq!(price_at_tick(1, 0), Some(p("1.0001")));
        assert_eq!(price_at_tick(2, 0), Some(p("1.00020001")));
        assert_eq!(price_at_tick(-1, 0), Some(p("0.999900009999000100")));
        assert_eq!(price_at_tick(10, 2), Some(p("100.100045012002100")));
        // 1.0001^n against logarithms.
        for tick in [-400_000, -201_240, -10, 7, 46_054, 201_240, 300_000] {
            let Some(price) = price_at_tick(tick, 0) else { continue };
            let expected = libm::exp(f64::from(tick) * libm::log1p(1e-4));
            let ratio = price.to_f64() / expected;
            assert!((ratio - 1.0).abs() < 1e-9 || price.to_f64() < 1e-7, "{tick}: {price} {expected}");
        }
        for (tick, shift) in [(TICK_LIMIT + 1, 0), (i32::MIN, 0), (TICK_LIMIT, 0), (-TICK_LIMIT, 0), (0, 37)]
        {
            assert_eq!(price_at_tick(tick, shift), None, "{tick} {shift}");
        }
    }

    /// USDC (6 decimals) is token 0 of the largest pool and ETH (18) token 1: the coin's price is the reciprocal.
    #[test]
    fn ends_follow_the_side_of_the_coin() {
        let (lower, upper) = ends_of_ticks((196_250, 201_360), (6, 18), false).unwrap();
        assert!(lower < upper && (lower.to_f64() - 1800.0).abs() < 10.0, "{lower} {upper}");
        assert!((upper.to_f64() - 3000.0).abs() < 10.0, "{upper}");
        let (a, b) = ends_of_ticks((-201_360, -196_250), (18, 6), true).unwrap();
        assert_eq!((a, b), (lower, upper), "the same range from the other side");
        for (ticks, decimals) in [((5, 5), (6, 18)), ((6, 5), (6, 18)), ((0, 5), (37, 18))] {
            assert_eq!(ends_of_ticks(ticks, decimals, true), None, "{ticks:?} {decimals:?}");
        }
    }

    #[test]
    fn liquidity_is_counted_in_whole_tokens() {
        assert_eq!(whole_liquidity(1_500_000_000_000, (6, 18)), Some(Decimal::new(15, 1)));
        assert_eq!(whole_liquidity(1, (6, 9)), None, "the root of ten is no decimal");
        assert_eq!(whole_liquidity(1, (200, 100)), None);
    }
}
