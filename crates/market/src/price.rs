//! Market numbers as they are stored: exact decimals, one encoding per value.

use bincode::de::Decoder;
use bincode::error::DecodeError;
use mandate_numeric::{Decimal, DecimalError, div_floor};
use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;

/// An exact decimal `mantissa * 10^-places`: `|mantissa| < 2^63`, `places <= 18`, the last digit not zero (zero has no
/// places). Units are said where it is used. In text and JSON it is a decimal string.
#[derive(Clone, Copy, PartialEq, Eq, Hash, bincode::Encode)]
pub struct Price {
    mantissa: i64,
    places: u8,
}

impl Price {
    /// Most digits after the point.
    pub const MAX_PLACES: u8 = 18;
    /// One.
    pub const ONE: Self = Self { mantissa: 1, places: 0 };
    /// Zero.
    pub const ZERO: Self = Self { mantissa: 0, places: 0 };

    /// `mantissa * 10^-places`, or `None` where `places` is above 18.
    pub fn new(mantissa: i64, places: u8) -> Option<Self> {
        let (mut mantissa, mut places) = (mantissa, places);
        while places > 0 && mantissa % 10 == 0 {
            mantissa /= 10;
            places -= 1;
        }
        (places <= Self::MAX_PLACES).then_some(Self { mantissa, places })
    }
    /// The digits without the point.
    pub const fn mantissa(self) -> i64 {
        self.mantissa
    }
    /// Digits after the point.
    pub const fn places(self) -> u8 {
        self.places
    }
    /// Whether it is above zero.
    pub const fn is_positive(self) -> bool {
        self.mantissa > 0
    }
    /// The value rounded to the nearest multiple of `10^-places`, halves up.
    ///
    /// # Errors
    /// [`DecimalError::Range`] where 63 bits do not hold the digits.
    pub fn rounded(value: Decimal, places: u8) -> Result<Self, DecimalError> {
        let range = || DecimalError::Range(value.to_string());
        let places = places.min(Self::MAX_PLACES);
        let (digits, places) = if value.scale() <= places {
            (value.digits(), value.scale())
        } else {
            let step = 10i128.checked_pow(u32::from(value.scale() - places)).ok_or_else(range)?;
            let doubled =
                value.digits().checked_mul(2).and_then(|d| d.checked_add(step)).ok_or_else(range)?;
            (div_floor(doubled, step.checked_mul(2).ok_or_else(range)?), places)
        };
        i64::try_from(digits).ok().and_then(|m| Self::new(m, places)).ok_or_else(range)
    }
    /// The value rounded to at most `digits` significant digits (never left of the point) and 18 places.
    ///
    /// # Errors
    /// As [`Price::rounded`].
    pub fn significant(value: Decimal, digits: u32) -> Result<Self, DecimalError> {
        let have = value.digits().unsigned_abs().checked_ilog10().map_or(1, |log| log + 1);
        let drop = u8::try_from(have.saturating_sub(digits)).unwrap_or(u8::MAX);
        Self::rounded(value, value.scale().saturating_sub(drop))
    }
    /// A finite float rounded to the nearest multiple of `10^-places`; `None` where it is not finite or too large.
    pub fn nearest(value: f64, places: u8) -> Option<Self> {
        if places > Self::MAX_PLACES || !value.is_finite() {
            return None;
        }
        let scaled = libm::round(value * pow10(places));
        if libm::fabs(scaled) >= 9.0e18 {
            return None;
        }
        #[allow(clippy::cast_possible_truncation)] // the range was just checked
        Self::new(scaled as i64, places)
    }
    /// The nearest float. Division of two exact floats wherever the mantissa is below `2^53`, so the same on every
    /// machine.
    #[allow(clippy::cast_precision_loss)]
    pub fn to_f64(self) -> f64 {
        self.mantissa as f64 / pow10(self.places)
    }
    /// The same value as an exact decimal.
    pub fn to_decimal(self) -> Decimal {
        Decimal::new(i128::from(self.mantissa), self.places)
    }
}

/// `10^places` as a float, exact up to `10^22`.
pub(crate) fn pow10(places: u8) -> f64 {
    let mut out = 1.0;
    for _ in 0..places {
        out *= 10.0;
    }
    out
}

impl FromStr for Price {
    type Err = DecimalError;
    fn from_str(text: &str) -> Result<Self, DecimalError> {
        let value: Decimal = text.parse()?;
        if value.scale() > Self::MAX_PLACES {
            return Err(DecimalError::TooLong(value.to_string()));
        }
        Self::rounded(value, Self::MAX_PLACES)
    }
}
impl PartialOrd for Price {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}
impl Ord for Price {
    fn cmp(&self, other: &Self) -> Ordering {
        // 2^63 * 10^18 < 2^123.
        let scaled = |p: &Self, by: u8| i128::from(p.mantissa) * 10i128.pow(u32::from(by));
        scaled(self, other.places).cmp(&scaled(other, self.places))
    }
}
impl fmt::Display for Price {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.to_decimal().to_string())
    }
}
impl fmt::Debug for Price {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
impl<C> bincode::Decode<C> for Price {
    fn decode<D: Decoder<Context = C>>(decoder: &mut D) -> Result<Self, DecodeError> {
        let mantissa = i64::decode(decoder)?;
        let places = u8::decode(decoder)?;
        match Self::new(mantissa, places) {
            Some(price) if price.mantissa == mantissa && price.places == places => Ok(price),
            _ => Err(DecodeError::OtherString(format!("{mantissa}e-{places} is not a canonical decimal"))),
        }
    }
}
bincode::impl_borrow_decode!(Price);
impl serde::Serialize for Price {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}
impl<'de> serde::Deserialize<'de> for Price {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let text = String::deserialize(d)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn p(text: &str) -> Price {
        text.parse().unwrap()
    }

    #[test]
    fn one_encoding_per_value() {
        assert_eq!(p("1.50"), p("1.5"));
        assert_eq!(p("-0.0"), Price::ZERO);
        assert!(p("0.1") < p("0.11") && p("-2") < p("-1.999"));
        let config = bincode::config::standard();
        let bytes = bincode::encode_to_vec(p("63718.97"), config).unwrap();
        assert_eq!(bincode::decode_from_slice::<Price, _>(&bytes, config).unwrap().0, p("63718.97"));
        let second = bincode::encode_to_vec((10i64, 1u8), config).unwrap();
        assert!(bincode::decode_from_slice::<Price, _>(&second, config).is_err());
        let deep = bincode::encode_to_vec((1i64, 200u8), config).unwrap();
        assert!(bincode::decode_from_slice::<Price, _>(&deep, config).is_err());
    }

    #[test]
    fn rounding_is_to_the_nearest() {
        let d = |t: &str| t.parse::<Decimal>().unwrap();
        assert_eq!(Price::rounded(d("0.8001999999999999"), 8).unwrap(), p("0.8002"));
        assert_eq!(Price::rounded(d("-0.15"), 1).unwrap(), p("-0.1"));
        assert_eq!(Price::rounded(d("64195.92923076923"), 4).unwrap(), p("64195.9292"));
        assert_eq!(Price::significant(d("64195.92923076923"), 12).unwrap(), p("64195.9292308"));
        assert_eq!(Price::significant(d("0.0000006900000000"), 12).unwrap(), p("0.00000069"));
        assert_eq!(Price::significant(d("1234567.5"), 3).unwrap(), p("1234568"));
        assert_eq!(Price::nearest(0.1 + 0.2, 6), Some(p("0.3")));
        assert_eq!(Price::nearest(f64::NAN, 6), None);
        assert_eq!(Price::nearest(1e30, 6), None);
        assert!("1e-19".parse::<Price>().is_err());
        assert!("10000000000000000000".parse::<Price>().is_err());
    }
}
