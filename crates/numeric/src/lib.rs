//! Exact decimals and named roundings.

mod decimal;

pub use decimal::{Decimal, DecimalError};

/// `n / d` rounded towards minus infinity. `d` must be positive.
///
/// # Panics
/// If `d` is not positive.
pub const fn div_floor(n: i128, d: i128) -> i128 {
    assert!(d > 0, "the divisor is positive");
    n.div_euclid(d)
}

/// `n / d` rounded towards plus infinity. `d` must be positive.
///
/// # Panics
/// If `d` is not positive.
pub const fn div_ceil(n: i128, d: i128) -> i128 {
    -div_floor(-n, d)
}
