//! A decimal read exactly as it was written: `digits * 10^-scale`.

use std::fmt;
use std::str::FromStr;

/// An exact decimal, `digits * 10^-scale`, normalised so that the last digit is not zero (and zero has scale 0).
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Decimal {
    digits: i128,
    scale: u8,
}

/// Why text is not a decimal this project reads.
#[derive(Clone, Debug, thiserror::Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum DecimalError {
    /// Not of the form `-12_345.678` or `1.2e-5`.
    #[error("`{0}` is not a decimal number")]
    Syntax(String),
    /// More digits than 127 bits hold, more than 40 of them after the point, or an exponent beyond 60.
    #[error("`{0}` has more digits than the 38 that are read exactly")]
    TooLong(String),
    /// Not a whole number of steps.
    #[error("`{value}` is not a multiple of {step}: at most {places} decimals can stand here")]
    TooManyDecimals {
        /// The value.
        value: String,
        /// The step.
        step: String,
        /// Decimals allowed.
        places: u8,
    },
    /// Does not fit the integer it must fit.
    #[error("`{0}` is out of range")]
    Range(String),
}

impl Decimal {
    /// Zero.
    pub const ZERO: Self = Self { digits: 0, scale: 0 };
    const MAX_SCALE: u8 = 40;

    /// `digits * 10^-scale`.
    ///
    /// # Panics
    /// If `scale` is above 40.
    pub fn new(digits: i128, scale: u8) -> Self {
        assert!(scale <= Self::MAX_SCALE, "scale {scale} is above 40");
        let (mut digits, mut scale) = (digits, scale);
        while scale > 0 && digits % 10 == 0 {
            digits /= 10;
            scale -= 1;
        }
        Self { digits, scale }
    }
    /// The digits without the point.
    pub const fn digits(&self) -> i128 {
        self.digits
    }
    /// Digits after the point.
    pub const fn scale(&self) -> u8 {
        self.scale
    }
    /// Whether it is below zero.
    pub const fn is_negative(&self) -> bool {
        self.digits < 0
    }
    /// Whether it is zero.
    pub const fn is_zero(&self) -> bool {
        self.digits == 0
    }
    /// The value times `10^places`, exactly.
    ///
    /// # Errors
    /// [`DecimalError::TooManyDecimals`] where that is not whole, [`DecimalError::Range`] where it does not fit.
    pub fn to_scaled(&self, places: u8) -> Result<i128, DecimalError> {
        if self.scale > places {
            return Err(DecimalError::TooManyDecimals {
                value: self.to_string(),
                step: Self::new(1, places).to_string(),
                places,
            });
        }
        10i128
            .checked_pow(u32::from(places - self.scale))
            .and_then(|f| self.digits.checked_mul(f))
            .ok_or_else(|| DecimalError::Range(self.to_string()))
    }
    /// The value times `10^places`, rounded towards minus infinity: an asset down, a liability (negative) up.
    ///
    /// # Errors
    /// [`DecimalError::Range`] where it does not fit.
    pub fn to_scaled_floor(&self, places: u8) -> Result<i128, DecimalError> {
        if self.scale <= places {
            return self.to_scaled(places);
        }
        let factor = 10i128
            .checked_pow(u32::from(self.scale - places))
            .ok_or_else(|| DecimalError::Range(self.to_string()))?;
        Ok(crate::div_floor(self.digits, factor))
    }
}

impl FromStr for Decimal {
    type Err = DecimalError;

    /// Reads `-12_345.678`, `.5`, `5.`, `1.2e-5`. No infinities, no NaN, no hexadecimal.
    fn from_str(text: &str) -> Result<Self, DecimalError> {
        let syntax = || DecimalError::Syntax(clip(text));
        let long = || DecimalError::TooLong(clip(text));
        let body = text.trim();
        let (negative, body) = match body.as_bytes().first() {
            Some(b'-') => (true, &body[1..]),
            Some(b'+') => (false, &body[1..]),
            _ => (false, body),
        };
        let (mantissa, exponent) = match body.find(['e', 'E']) {
            Some(at) => {
                let exponent: i32 = body[at + 1..].parse().map_err(|_| syntax())?;
                if exponent.abs() > 60 {
                    return Err(long());
                }
                (&body[..at], exponent)
            }
            None => (body, 0),
        };
        let (mut digits, mut scale, mut point, mut seen) = (0i128, 0i32, false, false);
        let mut last_underscore = true;
        for c in mantissa.bytes() {
            match c {
                b'0'..=b'9' => {
                    seen = true;
                    last_underscore = false;
                    digits = digits
                        .checked_mul(10)
                        .and_then(|d| d.checked_add(i128::from(c - b'0')))
                        .ok_or_else(long)?;
                    scale += i32::from(point);
                }
                b'.' if !point => point = true,
                b'_' if !last_underscore => last_underscore = true,
                _ => return Err(syntax()),
            }
        }
        if !seen {
            return Err(syntax());
        }
        if negative {
            digits = -digits;
        }
        scale -= exponent;
        while scale > 0 && digits % 10 == 0 {
            digits /= 10;
            scale -= 1;
        }
        if scale < 0 && digits != 0 {
            digits = 10i128
                .checked_pow(scale.unsigned_abs())
                .and_then(|f| digits.checked_mul(f))
                .ok_or_else(long)?;
        }
        let scale = u8::try_from(scale.max(0)).ok().filter(|s| *s <= Self::MAX_SCALE).ok_or_else(long)?;
        Ok(Self::new(digits, if digits == 0 { 0 } else { scale }))
    }
}

fn clip(text: &str) -> String {
    text.chars().take(60).collect()
}

impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.digits < 0 { "-" } else { "" };
        let text = self.digits.unsigned_abs().to_string();
        let scale = usize::from(self.scale);
        if scale == 0 {
            return write!(f, "{sign}{text}");
        }
        let text = format!("{text:0>width$}", width = scale + 1);
        let (whole, part) = text.split_at(text.len() - scale);
        write!(f, "{sign}{whole}.{part}")
    }
}

impl fmt::Debug for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn reads_what_people_write() {
        for (text, digits, scale) in [
            ("1", 1, 0),
            ("-0.50", -5, 1),
            (".5", 5, 1),
            ("5.", 5, 0),
            ("5_000_000", 5_000_000, 0),
            ("1.2e-5", 12, 6),
            ("1.2E3", 1200, 0),
            ("-0", 0, 0),
            ("0.000", 0, 0),
            ("+7", 7, 0),
            ("0e60", 0, 0),
            ("0e-60", 0, 0),
            // What ends in zeros needs fewer decimals than it is written with.
            ("10e-41", 1, 40),
            ("-120e-1", -12, 0),
        ] {
            let d: Decimal = text.parse().unwrap();
            assert_eq!((d.digits(), d.scale()), (digits, scale), "{text}");
        }
    }

    #[test]
    fn refuses_what_is_no_number() {
        for text in [
            "",
            "-",
            ".",
            "NaN",
            "inf",
            "1e",
            "1.2.3",
            "0x10",
            "1 2",
            "_1",
            "1__2",
            "1e99",
            "0e61",
            "0e-61",
            "1e-41",
            "11e-41",
            "+-1",
            "9999999999999999999999999999999999999999",
        ] {
            assert!(text.parse::<Decimal>().is_err(), "{text}");
        }
    }

    #[test]
    fn steps_are_exact_or_floored_by_name() {
        let d: Decimal = "-1.25".parse().unwrap();
        assert_eq!(d.to_scaled(2), Ok(-125));
        assert!(matches!(d.to_scaled(1), Err(DecimalError::TooManyDecimals { places: 1, .. })));
        assert_eq!(d.to_scaled_floor(1), Ok(-13));
        assert_eq!("1.25".parse::<Decimal>().unwrap().to_scaled_floor(1), Ok(12));
    }

    #[test]
    fn signs_and_words() {
        let read = |text: &str| text.parse::<Decimal>().unwrap();
        assert_eq!(["-0.5", "0", "0.5"].map(|t| read(t).is_negative()), [true, false, false]);
        assert_eq!(["-0.5", "0", "0.5"].map(|t| read(t).is_zero()), [false, true, false]);
        assert_eq!(["-0.05", "0", "12.30"].map(|t| read(t).to_string()), ["-0.05", "0", "12.3"]);
        assert_eq!(format!("{:?}", read("-1.5")), "-1.5");
        let long = format!("x{}", "y".repeat(100));
        assert_eq!(long.parse::<Decimal>(), Err(DecimalError::Syntax(long[..60].to_owned())));
    }

    proptest! {
        #[test]
        fn prints_what_it_reads(digits in any::<i64>(), scale in 0u8..20) {
            let d = Decimal::new(i128::from(digits), scale);
            prop_assert_eq!(d.to_string().parse::<Decimal>().unwrap(), d);
        }
    }
}
