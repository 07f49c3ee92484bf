//! Ranges by bits.

use super::system::{Id, Num, System};
use ark_bn254::Fr;
use ark_ff::{AdditiveGroup, BigInteger, Field, PrimeField};

/// Allocates `bits` cells that are bits and sum, with their weights, to a value in `[0, 2^bits)`; returns them, lowest
/// first, with their sum. The sum *is* the value: no further row ties the two together.
///
/// Cost: `bits` rows.
pub fn bits(system: &mut System, id: Id, value: Fr, bits: u32) -> (Vec<Num>, Num) {
    let repr = value.into_bigint();
    let mut sum = System::zero();
    let mut cells = Vec::with_capacity(bits as usize);
    let mut weight = Fr::ONE;
    for i in 0..bits {
        let bit = system.alloc(if repr.get_bit(i as usize) { Fr::ONE } else { Fr::ZERO });
        // b * (b - 1) = 0
        let less_one = bit.minus(&system.constant(Fr::ONE));
        system.enforce(id, &bit, &less_one, &System::zero());
        sum.add_scaled(&bit, weight);
        weight.double_in_place();
        cells.push(bit);
    }
    (cells, sum)
}

/// Enforces that `number`, read as an integer, lies in `[0, 2^bits)`.
///
/// Sound over the integers as long as the caller's `number` is an integer of magnitude below `r - 2^bits`, which every
/// caller's bound gives: then no other integer of that range has the same residue. Cost: `bits + 1` rows.
pub fn enforce(system: &mut System, id: Id, number: &Num, width: u32) {
    assert!(width < Fr::MODULUS_BIT_SIZE - 1, "a range of {width} bits would wrap");
    let (_, sum) = bits(system, id, number.value(), width);
    system.enforce_equal(id, &sum, number);
}
