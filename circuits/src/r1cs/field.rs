//! Integers as field elements: a negative integer is the modulus less its magnitude.

use ark_bn254::Fr;
use ark_ff::PrimeField;
use mandate_statement::Digest;

/// `v` as a field element.
pub fn from_i64(v: i64) -> Fr {
    let magnitude = Fr::from(v.unsigned_abs());
    if v < 0 { -magnitude } else { magnitude }
}

/// `v` as a field element.
pub fn from_i128(v: i128) -> Fr {
    let magnitude = Fr::from(v.unsigned_abs());
    if v < 0 { -magnitude } else { magnitude }
}

/// The lower 248 bits of a digest, big-endian.
pub fn from_digest(d: &Digest) -> Fr {
    Fr::from_be_bytes_mod_order(&d.field_bytes())
}
