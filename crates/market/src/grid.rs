//! From prices to integer weights: exact products where they exist, floats where they must, each rounded to the grid once.

use crate::model::Rounding;
use crate::price::{Price, pow10};

/// An exact value `num * 10^exp`.
#[derive(Clone, Copy, Debug)]
pub struct Exact {
    num: i128,
    exp: i32,
}

impl From<Price> for Exact {
    fn from(price: Price) -> Self {
        Self { num: i128::from(price.mantissa()), exp: -i32::from(price.places()) }
    }
}

impl Exact {
    /// Zero.
    pub const ZERO: Self = Self { num: 0, exp: 0 };

    /// Both at the smaller exponent.
    fn aligned(self, other: Self) -> Option<(i128, i128, i32)> {
        let exp = self.exp.min(other.exp);
        let at = |v: Self| {
            if v.num == 0 {
                return Some(0);
            }
            v.num.checked_mul(10i128.checked_pow((v.exp - exp).unsigned_abs())?)
        };
        Some((at(self)?, at(other)?, exp))
    }
    /// The sum, or `None` where 127 bits do not hold it.
    pub fn plus(self, other: Self) -> Option<Self> {
        let (a, b, exp) = self.aligned(other)?;
        Some(Self { num: a.checked_add(b)?, exp })
    }
    /// The difference, or `None` where 127 bits do not hold it.
    pub fn minus(self, other: Self) -> Option<Self> {
        let (a, b, exp) = self.aligned(other)?;
        Some(Self { num: a.checked_sub(b)?, exp })
    }
    /// The larger one, or `None` where 127 bits do not hold both at one exponent.
    pub fn max(self, other: Self) -> Option<Self> {
        let (a, b, _) = self.aligned(other)?;
        Some(if a >= b { self } else { other })
    }
    /// Whether it is above zero.
    pub const fn is_positive(self) -> bool {
        self.num > 0
    }
    /// The product, or `None` where 127 bits do not hold it.
    pub fn times(self, other: impl Into<Self>) -> Option<Self> {
        let other: Self = other.into();
        Some(Self { num: self.num.checked_mul(other.num)?, exp: self.exp + other.exp })
    }
    /// The product with `numerator / 10^4`.
    pub fn times_bps(self, numerator: i64) -> Option<Self> {
        Some(Self { num: self.num.checked_mul(i128::from(numerator))?, exp: self.exp - 4 })
    }
}

/// A value in USD per unit of quantity.
#[derive(Clone, Copy, Debug)]
pub enum Amount {
    /// Nothing.
    Zero,
    /// Exact.
    Exact(Exact),
    /// By a formula, in floats. The value that a rounding is held against is this double, times the power of ten that takes
    /// it to units (one more rounding of floats): what the formula in real numbers would give is not claimed.
    Real(f64),
}

impl Amount {
    /// The weight per lot of `10^-lot_places` units in money of `10^-money_places` USD, rounded once. `None` where it is
    /// not finite or does not fit 62 bits.
    pub fn weight(self, money_places: u8, lot_places: i8, rounding: Rounding) -> Option<i64> {
        let shift = i32::from(money_places) - i32::from(lot_places);
        match self {
            Self::Zero => Some(0),
            Self::Exact(value) => exact_weight(value, shift, rounding),
            Self::Real(value) => real_weight(value, shift, rounding),
        }
    }
}

fn exact_weight(value: Exact, shift: i32, rounding: Rounding) -> Option<i64> {
    let exp = value.exp + shift;
    let power = 10i128.checked_pow(exp.unsigned_abs());
    let rounded = match (exp >= 0, power) {
        (true, Some(factor)) => value.num.checked_mul(factor)?,
        (true, None) => return (value.num == 0).then_some(0),
        (false, Some(d)) => match rounding {
            Rounding::Down => value.num.div_euclid(d),
            Rounding::Up => value.num.div_euclid(d).checked_add(i128::from(value.num.rem_euclid(d) != 0))?,
            Rounding::Nearest | Rounding::Exact => {
                let doubled = value.num.rem_euclid(d).checked_mul(2)?;
                value.num.div_euclid(d).checked_add(i128::from(doubled >= d))?
            }
        },
        // Below 10^-38 of anything 127 bits can hold, so between -1 and 1.
        (false, None) => match rounding {
            Rounding::Up => i128::from(value.num > 0),
            Rounding::Down => -i128::from(value.num < 0),
            Rounding::Nearest | Rounding::Exact => 0,
        },
    };
    i64::try_from(rounded).ok().filter(|w| w.unsigned_abs() < 1 << 62)
}

fn real_weight(value: f64, shift: i32, rounding: Rounding) -> Option<i64> {
    let power = pow10(u8::try_from(shift.unsigned_abs()).ok()?);
    let scaled = if shift >= 0 { value * power } else { value / power };
    let rounded = match rounding {
        Rounding::Up => libm::ceil(scaled),
        Rounding::Down => libm::floor(scaled),
        Rounding::Nearest | Rounding::Exact => libm::round(scaled),
    };
    #[allow(clippy::cast_possible_truncation)] // the range is checked in the same breath
    (libm::fabs(rounded) < 4.0e18).then_some(rounded as i64)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn exact(text: &str) -> Amount {
        Amount::Exact(text.parse::<Price>().unwrap().into())
    }

    /// What rounds up is less than one unit above the double in units, and what rounds down less than one below, however large.
    #[test]
    fn floats_round_by_less_than_a_unit() {
        use Rounding::{Down, Nearest, Up};
        for units in
            [0.0, 0.25, 99.999_999_999_99, 24_000_000_000.999, 1_099_511_627_776.5, -7.5, -24_000_000_000.001]
        {
            let [down, nearest, up] =
                [Down, Nearest, Up].map(|r| real_weight(units, 0, r).expect("in range") as f64);
            assert!(
                (0.0..1.0).contains(&(up - units)) && (0.0..1.0).contains(&(units - down)),
                "{units}: {down} {up}"
            );
            assert!((nearest - units).abs() <= 0.5, "{units}: {nearest}");
        }
        assert_eq!(real_weight(f64::NAN, 0, Nearest), None);
        assert_eq!(real_weight(f64::INFINITY, 0, Up), None);
    }

    #[test]
    fn each_rounding_goes_its_way() {
        use Rounding::{Down, Nearest, Up};
        for (text, lot, down, nearest, up) in [
            ("0.00000000015", 0, 1, 2, 2),
            ("-0.00000000015", 0, -2, -1, -1),
            ("63718.97", 8, 6_371_897, 6_371_897, 6_371_897),
            ("0.00000000001", 0, 0, 0, 1),
            ("-0.00000000001", 0, -1, 0, 0),
            ("0", 18, 0, 0, 0),
        ] {
            let got = [Down, Nearest, Up].map(|r| exact(text).weight(10, lot, r).unwrap());
            assert_eq!(got, [down, nearest, up], "{text}");
        }
        assert_eq!(exact("1000000000").weight(10, -12, Up), None);
        let tiny = Amount::Exact(Exact { num: 1, exp: -60 });
        assert_eq!(tiny.weight(10, 0, Up), Some(1));
        assert_eq!(tiny.weight(10, 0, Down), Some(0));
    }

    #[test]
    fn floats_in_units() {
        assert_eq!(Amount::Real(1.0).weight(10, 8, Rounding::Up), Some(100));
        assert_eq!(Amount::Real(1.0).weight(10, 8, Rounding::Down), Some(100));
        assert_eq!(Amount::Real(1.001).weight(10, 8, Rounding::Up), Some(101));
        assert_eq!(Amount::Real(-1.001).weight(10, 8, Rounding::Up), Some(-100));
        assert_eq!(Amount::Real(1.009).weight(10, 8, Rounding::Down), Some(100));
        assert_eq!(Amount::Real(1.0).weight(10, 8, Rounding::Nearest), Some(100));
        assert_eq!(Amount::Real(0.0).weight(10, 8, Rounding::Up), Some(0));
        assert_eq!(Amount::Real(f64::NAN).weight(10, 8, Rounding::Nearest), None);
        assert_eq!(Amount::Real(1e300).weight(10, 8, Rounding::Nearest), None);
    }
}
