//! Black-76: undiscounted prices and Greeks of European options on a forward, in software floating point.
//!
//! The same bytes on every machine: only IEEE additions, multiplications, divisions and the functions of `libm`.

use crate::instrument::Right;

/// Days in the year by which implied volatilities are quoted and theta is spread.
pub const YEAR_DAYS: f64 = 365.0;

/// Price and Greeks per coin of contract, in the strike's currency, not discounted.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Black {
    /// Price.
    pub price: f64,
    /// Change of price per unit of the forward.
    pub delta: f64,
    /// Change of delta per unit of the forward.
    pub gamma: f64,
    /// Change of price per point (0.01) of volatility.
    pub vega: f64,
    /// Change of price over a day of 1/365 year, forward and volatility unchanged; never above zero. The slope times one
    /// day, or what is left of the last day; and never more than the whole price, as venues quote it.
    pub theta: f64,
}

/// The standard normal distribution function, by `erfc` so that both tails keep their precision.
pub fn normal_cdf(x: f64) -> f64 {
    0.5 * libm::erfc(-x * std::f64::consts::FRAC_1_SQRT_2)
}

/// The standard normal density.
pub fn normal_pdf(x: f64) -> f64 {
    const INV_SQRT_2PI: f64 = 0.398_942_280_401_432_7;
    INV_SQRT_2PI * libm::exp(-0.5 * x * x)
}

/// Price and Greeks of an option on a forward. `forward` and `strike` above zero; `years` to expiry and `vol` per square
/// root of a year; where either is zero or below, the intrinsic value, with gamma, vega and theta zero.
pub fn black76(forward: f64, strike: f64, years: f64, vol: f64, right: Right) -> Black {
    let sign = if right == Right::Call { 1.0 } else { -1.0 };
    let deviation = if years > 0.0 && vol > 0.0 { vol * libm::sqrt(years) } else { 0.0 };
    if deviation <= 0.0 {
        let intrinsic = sign * (forward - strike);
        let inside = intrinsic > 0.0;
        return Black {
            price: if inside { intrinsic } else { 0.0 },
            delta: if inside { sign } else { 0.0 },
            gamma: 0.0,
            vega: 0.0,
            theta: 0.0,
        };
    }
    let d1 = libm::log(forward / strike) / deviation + 0.5 * deviation;
    let d2 = d1 - deviation;
    let density = normal_pdf(d1);
    let price = sign * (forward * normal_cdf(sign * d1) - strike * normal_cdf(sign * d2));
    // The difference of two nearly equal terms can fall below zero by rounding.
    let price = if price > 0.0 { price } else { 0.0 };
    let day = if years < 1.0 / YEAR_DAYS { years } else { 1.0 / YEAR_DAYS };
    let decay = forward * density * vol / (2.0 * libm::sqrt(years)) * day;
    Black {
        price,
        delta: sign * normal_cdf(sign * d1),
        gamma: density / (forward * deviation),
        vega: forward * density * libm::sqrt(years) / 100.0,
        theta: if decay < price { -decay } else { -price },
    }
}

/// Years from one instant to another, seconds since 1970; zero where the second is not later.
#[allow(clippy::cast_precision_loss)]
pub fn years_between(from: u64, to: u64) -> f64 {
    to.saturating_sub(from) as f64 / (YEAR_DAYS * 86_400.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parity_and_limits() {
        for (f, k, t, v) in [(100.0, 90.0, 0.5, 0.8), (63_000.0, 120_000.0, 0.01, 1.3), (1.5, 1.5, 2.0, 0.2)]
        {
            let (c, p) = (black76(f, k, t, v, Right::Call), black76(f, k, t, v, Right::Put));
            assert!(libm::fabs(c.price - p.price - (f - k)) < 1e-9 * f, "parity at {f} {k}");
            assert!(libm::fabs(c.delta - p.delta - 1.0) < 1e-12);
            assert!(c.price >= 0.0 && p.price >= 0.0 && c.gamma >= 0.0 && c.theta <= 0.0);
        }
        let dead = black76(100.0, 90.0, 0.0, 0.5, Right::Call);
        assert_eq!((dead.price, dead.delta, dead.vega), (10.0, 1.0, 0.0));
        assert_eq!(black76(100.0, 90.0, 0.5, 0.0, Right::Put).price, 0.0);
    }

    #[test]
    fn greeks_are_the_slopes_of_the_price() {
        let (f, k, t, v, h) = (64_000.0, 70_000.0, 0.2, 0.7, 1e-4);
        for right in [Right::Call, Right::Put] {
            let at = |f: f64, t: f64, v: f64| black76(f, k, t, v, right);
            let mid = at(f, t, v);
            let delta = (at(f * (1.0 + h), t, v).price - at(f * (1.0 - h), t, v).price) / (2.0 * h * f);
            let gamma = (at(f * (1.0 + h), t, v).delta - at(f * (1.0 - h), t, v).delta) / (2.0 * h * f);
            let vega = (at(f, t, v + h).price - at(f, t, v - h).price) / (2.0 * h) / 100.0;
            let theta = (at(f, t - h, v).price - at(f, t + h, v).price) / (2.0 * h) / YEAR_DAYS;
            for (name, formula, slope) in [
                ("delta", mid.delta, delta),
                ("gamma", mid.gamma, gamma),
                ("vega", mid.vega, vega),
                ("theta", mid.theta, theta),
            ] {
                assert!(libm::fabs(formula / slope - 1.0) < 1e-4, "{name}: {formula} against {slope}");
            }
        }
    }

    /// Bits, not approximate values: another machine, compiler or `libm` that changes one of them changes every digest.
    #[test]
    fn the_last_bit_is_pinned() {
        let b = black76(64_195.929_230_769_23, 88_000.0, 0.212, 0.5988, Right::Call);
        let bits = [b.price, b.delta, b.gamma, b.vega, b.theta].map(f64::to_bits);
        assert_eq!(bits, PINNED, "{bits:#x?} {b:?}");
    }
    const PINNED: [u64; 5] = [
        0x4094_3a13_804e_afb8,
        0x3fc4_1e9c_b6d7_2ace,
        0x3eec_7ee5_3dfa_d65f,
        0x4051_c57b_002b_4ad2,
        0xc03b_812b_aca0_6e3e,
    ];
}
