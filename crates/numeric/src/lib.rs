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

#[cfg(test)]
mod tests {
    use super::{div_ceil, div_floor};

    #[test]
    fn roundings_by_name() {
        for (n, d, floor, ceil) in
            [(7, 2, 3, 4), (-7, 2, -4, -3), (6, 2, 3, 3), (-6, 2, -3, -3), (0, 5, 0, 0), (1, 9, 0, 1)]
        {
            assert_eq!((div_floor(n, d), div_ceil(n, d)), (floor, ceil), "{n} / {d}");
        }
    }

    #[test]
    #[should_panic(expected = "the divisor is positive")]
    fn nothing_is_divided_by_zero() {
        let _ = div_floor(1, 0);
    }
}
