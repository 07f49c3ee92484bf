//! Worst cases of rows, over full quantity and witness ranges.

use mandate_statement::{
    Family, GLOBAL_SLACK_BITS, GLOBAL_WITNESS_BITS, GlobalVar, LOCAL_SLACK_BITS, LOCAL_WITNESS_BITS,
    LocalVar, PEAK_BITS, Shape, TOTAL_BITS, WORST_BITS,
};
use num_bigint::BigInt;
use num_traits::{One, Signed, Zero};
use std::collections::BTreeMap;

/// A variable of a row: `(false, i)` local variable `i`, `(true, i)` global variable `i`.
pub(crate) type Var = (bool, usize);
/// Integer coefficients; none is zero.
pub(crate) type Integers = BTreeMap<Var, BigInt>;

fn power(bits: u32) -> BigInt {
    BigInt::one() << bits
}

/// What a variable's magnitude never exceeds.
pub(crate) fn of_var(shape: &Shape, family: Family, var: Var) -> BigInt {
    let total = power(TOTAL_BITS);
    let worst = power(WORST_BITS - 1);
    let local = power(LOCAL_WITNESS_BITS - 1);
    let peaks = power(PEAK_BITS) * BigInt::from(shape.strips);
    if !var.0 {
        let is = |v: LocalVar| v.index(shape, family) == Some(var.1);
        if is(LocalVar::Worst) {
            return worst;
        }
        if (0..shape.local_witnesses).any(|i| is(LocalVar::Witness(i))) {
            return local;
        }
        if (0..shape.local_bits).any(|i| is(LocalVar::Bit(i))) {
            return BigInt::one();
        }
        if (0..shape.peaks()).any(|i| is(LocalVar::Peak(i))) {
            return peaks;
        }
        return total;
    }
    let is = |v: GlobalVar| v.index(shape) == Some(var.1);
    if is(GlobalVar::One) || (0..shape.global_bits).any(|i| is(GlobalVar::Bit(i))) {
        return BigInt::one();
    }
    if is(GlobalVar::WorstBook) {
        return worst;
    }
    if (0..shape.peaks()).any(|i| is(GlobalVar::PeakSum(i))) {
        return peaks;
    }
    if (0..shape.global_witnesses).any(|i| is(GlobalVar::Witness(i))) {
        return power(GLOBAL_WITNESS_BITS - 1);
    }
    for f in [Family::Group, Family::Account, Family::Asset] {
        let blocks = BigInt::from(f.blocks(shape));
        if f.has_worst() && is(GlobalVar::WorstSum(f)) {
            return worst * blocks;
        }
        if (0..shape.local_witnesses).any(|i| is(GlobalVar::WitnessSum(f, i))) {
            return local * blocks;
        }
        if (0..shape.local_bits).any(|i| is(GlobalVar::BitSum(f, i))) {
            return blocks;
        }
    }
    total
}

/// Largest magnitude that the left-hand side of a row can take.
pub(crate) fn of_row(shape: &Shape, family: Family, row: &Integers) -> BigInt {
    row.iter().fold(BigInt::zero(), |sum, (var, c)| sum + c.abs() * of_var(shape, family, *var))
}

/// Bits within which a row's slack is range-checked.
pub(crate) const fn slack_bits(family: Family) -> u32 {
    match family {
        Family::Global => GLOBAL_SLACK_BITS,
        _ => LOCAL_SLACK_BITS,
    }
}

/// What a witness of a family must be able to hold: magnitudes below this.
pub(crate) fn witness_limit(family: Family) -> BigInt {
    match family {
        Family::Global => power(GLOBAL_WITNESS_BITS - 1),
        _ => power(LOCAL_WITNESS_BITS - 1),
    }
}

/// Bits of the largest divisor in a row that defines a witness, which may be anything in its range: as wide as leaves half
/// of the slack to what is divided.
pub(crate) const fn divisor_bits(family: Family) -> u32 {
    match family {
        Family::Global => GLOBAL_SLACK_BITS - GLOBAL_WITNESS_BITS,
        _ => LOCAL_SLACK_BITS - LOCAL_WITNESS_BITS,
    }
}

pub(crate) fn fits(value: &BigInt, bits: u32) -> bool {
    *value < power(bits)
}
