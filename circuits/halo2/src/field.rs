//! Integers as elements of the field, and back.

use ff::{Field, PrimeField};
use pasta_curves::Fp;

/// `v`.
pub fn from_i128(v: i128) -> Fp {
    let magnitude = Fp::from_u128(v.unsigned_abs());
    if v < 0 { -magnitude } else { magnitude }
}
/// `2^n`.
pub fn power_of_two(n: u32) -> Fp {
    Fp::from(2).pow_vartime([u64::from(n)])
}
/// 32 big-endian bytes below the field's order, or `None`.
pub fn from_bytes(bytes: &[u8; 32]) -> Option<Fp> {
    let mut little = *bytes;
    little.reverse();
    Option::from(Fp::from_repr(little))
}
/// 32 big-endian bytes.
pub fn to_bytes(v: Fp) -> [u8; 32] {
    let mut out = v.to_repr();
    out.reverse();
    out
}
