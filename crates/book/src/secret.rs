//! Amounts that are wiped.

use mandate_numeric::Decimal;
use num_bigint::BigInt;
use num_integer::Integer;
use num_traits::{One, Signed, Zero};
use zeroize::{Zeroize, ZeroizeOnDrop};

/// An exact signed decimal that is nobody's business: no `Debug`, no `Display`, wiped when dropped.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct Amount {
    digits: i128,
    scale: u8,
}

/// Why text is not an amount. Never holds the text.
#[derive(Clone, Copy, Debug, thiserror::Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum AmountError {
    /// Infinite, or not a number at all by its own word.
    #[error("is not a finite number")]
    NotFinite,
    /// Not of the form `-12_345.678` or `1.2e-5`.
    #[error("is not a decimal number such as `-12.5` or `1.2e-5`")]
    Syntax,
    /// More digits than are read exactly.
    #[error("has more digits than the 36 that are read exactly")]
    TooLong,
    /// Finer than the lot.
    #[error("has {found} decimals, the lot is {lot}: at most {places} can stand here")]
    TooManyDecimals {
        /// Decimals found.
        found: u8,
        /// The lot, as a power of ten.
        lot: Lot,
        /// Decimals of the lot.
        places: u8,
    },
    /// Not a multiple of a lot of ten or more.
    #[error("is not a multiple of the lot, {0}")]
    NotWhole(Lot),
    /// Beyond what a slot holds.
    #[error("is out of range: a slot holds less than 2^47 lots of {0}")]
    Range(Lot),
}

/// A lot of `10^-places` units, printed as `1e-8`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lot(
    /// Decimals of the lot; below zero for lots of ten units and more.
    pub i8,
);

impl std::fmt::Display for Lot {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "1e{}", -i16::from(self.0))
    }
}

impl Amount {
    /// Of a decimal.
    pub const fn new(value: Decimal) -> Self {
        Self { digits: value.digits(), scale: value.scale() }
    }
    /// Reads a decimal.
    ///
    /// # Errors
    /// [`AmountError`], without the text.
    pub fn parse(text: &str) -> Result<Self, AmountError> {
        let bare = text.trim().trim_start_matches(['-', '+']);
        if ["nan", "inf", "infinity"].iter().any(|word| bare.eq_ignore_ascii_case(word)) {
            return Err(AmountError::NotFinite);
        }
        match text.parse::<Decimal>() {
            Ok(value) => Ok(Self::new(value)),
            Err(mandate_numeric::DecimalError::TooLong(_)) => Err(AmountError::TooLong),
            Err(_) => Err(AmountError::Syntax),
        }
    }
    /// Zero.
    pub const ZERO: Self = Self { digits: 0, scale: 0 };
    /// The value.
    pub fn value(&self) -> Decimal {
        Decimal::new(self.digits, self.scale)
    }
    /// Whether it is zero.
    pub const fn is_zero(&self) -> bool {
        self.digits == 0
    }
    /// Whether it is below zero.
    pub const fn is_negative(&self) -> bool {
        self.digits < 0
    }
    /// The same with the other sign.
    pub const fn negated(&self) -> Self {
        Self { digits: self.digits.saturating_neg(), scale: self.scale }
    }
    /// Without its sign.
    pub const fn magnitude(&self) -> Self {
        Self { digits: self.digits.saturating_abs(), scale: self.scale }
    }
    /// The exact sum, or `None` where it has too many digits.
    pub fn plus(&self, other: &Self) -> Option<Self> {
        let scale = self.scale.max(other.scale);
        let raise = |a: &Self| a.digits.checked_mul(10i128.checked_pow(u32::from(scale - a.scale))?);
        let sum = raise(self)?.checked_add(raise(other)?).filter(|d| *d != i128::MIN)?;
        Some(Self::new(Decimal::new(sum, scale)))
    }
    /// The exact product, or `None` where it has too many digits.
    pub fn times(&self, other: &Self) -> Option<Self> {
        let scale = self.scale.checked_add(other.scale)?;
        let (mut digits, mut scale) =
            (self.digits.checked_mul(other.digits).filter(|d| *d != i128::MIN)?, scale);
        while scale > 0 && digits % 10 == 0 {
            digits /= 10;
            scale -= 1;
        }
        (scale <= 40).then(|| Self::new(Decimal::new(digits, scale)))
    }
    /// As a fraction.
    pub(crate) fn fraction(&self) -> Fraction {
        Fraction::new(BigInt::from(self.digits), BigInt::from(10u8).pow(u32::from(self.scale)))
    }
    /// The count of lots of `10^-places`: exact, or rounded down (towards minus infinity) where `floor` says so. It lies
    /// in `(-2^47, 2^47)`.
    ///
    /// # Errors
    /// [`AmountError`], where it is finer than the lot or out of range.
    pub fn lots(&self, places: i8, floor: bool) -> Result<i64, AmountError> {
        let value = self.fraction().scaled(places);
        if !floor && !value.is_whole() {
            return Err(match u8::try_from(places) {
                Ok(at_most) => AmountError::TooManyDecimals {
                    found: self.value().scale(),
                    lot: Lot(places),
                    places: at_most,
                },
                Err(_) => AmountError::NotWhole(Lot(places)),
            });
        }
        value
            .floor()
            .filter(|n| n.abs() < mandate_statement::QUANTITY_LIMIT)
            .ok_or(AmountError::Range(Lot(places)))
    }
}

/// An exact fraction with a positive denominator. Short-lived: its digits are not wiped.
#[derive(Clone)]
pub(crate) struct Fraction {
    numerator: BigInt,
    denominator: BigInt,
}

impl Fraction {
    fn new(numerator: BigInt, denominator: BigInt) -> Self {
        if denominator.is_negative() {
            Self { numerator: -numerator, denominator: -denominator }
        } else {
            Self { numerator, denominator }
        }
    }
    pub(crate) fn zero() -> Self {
        Self { numerator: BigInt::zero(), denominator: BigInt::one() }
    }
    pub(crate) fn plus(&self, other: &Self) -> Self {
        let numerator = &self.numerator * &other.denominator + &other.numerator * &self.denominator;
        Self::new(numerator, &self.denominator * &other.denominator)
    }
    pub(crate) fn minus(&self, other: &Self) -> Self {
        self.plus(&Self::new(-&other.numerator, other.denominator.clone()))
    }
    pub(crate) fn times(&self, other: &Self) -> Self {
        Self::new(&self.numerator * &other.numerator, &self.denominator * &other.denominator)
    }
    /// `None` where `other` is zero.
    pub(crate) fn over(&self, other: &Self) -> Option<Self> {
        (!other.numerator.is_zero())
            .then(|| Self::new(&self.numerator * &other.denominator, &self.denominator * &other.numerator))
    }
    pub(crate) fn is_positive(&self) -> bool {
        self.numerator.is_positive()
    }
    /// Times `10^places`.
    pub(crate) fn scaled(&self, places: i8) -> Self {
        let factor = BigInt::from(10u8).pow(u32::from(places.unsigned_abs()));
        if places >= 0 {
            Self::new(&self.numerator * factor, self.denominator.clone())
        } else {
            Self::new(self.numerator.clone(), &self.denominator * factor)
        }
    }
    fn is_whole(&self) -> bool {
        self.numerator.is_multiple_of(&self.denominator)
    }
    /// Towards minus infinity; `None` where it does not fit.
    pub(crate) fn floor(&self) -> Option<i64> {
        i64::try_from(self.numerator.div_floor(&self.denominator)).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn a(text: &str) -> Amount {
        Amount::parse(text).ok().unwrap()
    }

    #[test]
    fn lots_are_exact_or_rounded_down_by_name() {
        assert_eq!(a("1.25").lots(2, false), Ok(125));
        assert_eq!(
            a("1.25").lots(1, false),
            Err(AmountError::TooManyDecimals { found: 2, lot: Lot(1), places: 1 })
        );
        assert_eq!(a("1.25").lots(1, true), Ok(12));
        assert_eq!(a("-1.25").lots(1, true), Ok(-13));
        assert_eq!(a("1200").lots(-2, false), Ok(12));
        assert_eq!(a("1250").lots(-2, false), Err(AmountError::NotWhole(Lot(-2))));
        assert_eq!(a("-1250").lots(-2, true), Ok(-13));
        let limit = mandate_statement::QUANTITY_LIMIT;
        assert_eq!(a(&(limit - 1).to_string()).lots(0, false), Ok(limit - 1));
        assert_eq!(a(&limit.to_string()).lots(0, false), Err(AmountError::Range(Lot(0))));
        assert_eq!(a(&format!("-{limit}")).lots(0, false), Err(AmountError::Range(Lot(0))));
        assert_eq!(a("1e30").lots(8, true), Err(AmountError::Range(Lot(8))));
        assert_eq!(Lot(8).to_string(), "1e-8");
        assert_eq!(Lot(-1).to_string(), "1e1");
    }

    #[test]
    fn what_is_no_number_is_told_apart() {
        let why = |text| Amount::parse(text).err().unwrap();
        assert_eq!(why("NaN"), AmountError::NotFinite);
        assert_eq!(why("-Infinity"), AmountError::NotFinite);
        assert_eq!(why("12,5"), AmountError::Syntax);
        assert_eq!(why(""), AmountError::Syntax);
        assert_eq!(why("1e50"), AmountError::TooLong);
    }

    #[test]
    fn sums_and_products_are_exact() {
        assert!(a("0.1").plus(&a("-2.35")).unwrap().value() == a("-2.25").value());
        assert!(a("-0.5").times(&a("0.2")).unwrap().value() == a("-0.1").value());
        assert!(a("1e30").times(&a("1e30")).is_none());
        // -2^127 has no other sign.
        assert!(a("-18446744073709551616").times(&a("9223372036854775808")).is_none());
    }
}
