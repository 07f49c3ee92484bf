//! One quantity and its exact sign split.

use super::field::from_i64;
use super::range;
use super::system::{Id, Num, System};
use mandate_statement::{QUANTITY_BITS, QUANTITY_LIMIT};

/// A slot's parts: `q`, `max(q, 0)`, `|q|`, `max(-q, 0)`, and `q + 2^47`.
pub struct Slot {
    /// `q`.
    pub signed: Num,
    /// `max(q, 0)`.
    pub long: Num,
    /// `|q|`.
    pub absolute: Num,
    /// `max(-q, 0)`.
    pub short: Num,
    /// `q + 2^47`.
    pub offset: Num,
}

/// `qty-1`, `qty-2`: a quantity in offset binary, and its exact sign split.
///
/// The top bit of `q + 2^47` is one exactly when `q >= 0`, so `long = top * q` is `max(q, 0)` with no further check.
/// Cost: 49 rows.
pub fn enforce(system: &mut System, q: i64) -> Slot {
    let offset = from_i64(q) + from_i64(QUANTITY_LIMIT);
    let (bits, offset) = range::bits(system, Id::QuantityBit, offset, QUANTITY_BITS);
    let signed = offset.minus(&system.constant(from_i64(QUANTITY_LIMIT)));
    let long = system.product(Id::SignSplit, &bits[bits.len() - 1], &signed);
    let short = long.minus(&signed);
    let absolute = long.plus(&short);
    Slot { signed, long, absolute, short, offset }
}
