//! A witness, read once for all the queries that multiply it.

use ark_bn254::Fr;
use ark_ff::{AdditiveGroup, BigInt, BigInteger, Field, PrimeField};
use rayon::prelude::*;
use zeroize::{Zeroize, ZeroizeOnDrop};

// The endomorphism `(x, y) -> (beta x, y)` multiplies points by `lambda`, the smaller cube root of one modulo the order `r`:
// 0xb3c4d79d41a917585bfc41088d8daaa78b17ea66b99c90dd.
// A reduced basis of the pairs `(a, b)` with `a + b lambda = 0` modulo `r`: `(A, B)` and `(-B, C)`.
const A: u128 = 0x6f4d_8248_eeb8_59fd_0be4_e154_1221_250b;
const B: u128 = 0x89d3_2568_94d2_13e3;
const C: u128 = 0x6f4d_8248_eeb8_59fc_8211_bbeb_7d4f_1128;
/// `2^256 C / r`, rounded.
const C_BY_R: [u64; 3] = [0x7a7b_d9d4_391e_b18e, 0x4cce_f014_a773_d2cf, 2];
/// `2^256 B / r`, rounded.
const B_BY_R: [u64; 3] = [0xd91d_232e_c7e0_b3d7, 2, 0];

/// How a scalar is multiplied.
#[derive(Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Kind {
    /// Not at all.
    Zero,
    /// By one: the point is added.
    One,
    /// By minus one.
    MinusOne,
    /// By a signed integer below `2^62`.
    Short,
    /// By a signed integer below `2^126`.
    Long,
    /// By two signed integers below `2^126.4`, the second for the point's image under the endomorphism.
    Split,
}

/// Numbers below this are short: a window of any width has room for the carry at `2^64`.
const SHORT: u128 = 1 << 62;
const LONG: u128 = 1 << 126;

/// The scalars of one or several multiplications. Wiped when dropped; cannot be printed.
pub struct Scalars {
    kinds: Vec<Kind>,
    /// Where the parts of each begin; what stands at others is of no meaning.
    at: Vec<u32>,
    parts: Vec<i128>,
}

impl Scalars {
    /// Reads `values`. Zeros, ones and small integers, of either sign, are told apart here, so that a query pays only
    /// for the bits that are there.
    ///
    /// # Panics
    /// At `2^31` values or more.
    #[must_use]
    pub fn new(values: &[Fr]) -> Self {
        assert!(values.len() < 1 << 31, "fewer than 2^31 scalars");
        const RUN: usize = 1 << 12;
        let mut runs: Vec<(Vec<Kind>, Vec<i128>)> = values
            .par_chunks(RUN)
            .map(|run| {
                let (mut kinds, mut parts) =
                    (Vec::with_capacity(run.len()), Vec::with_capacity(2 * run.len()));
                for value in run {
                    let (kind, [first, second]) = read(value);
                    kinds.push(kind);
                    match kind {
                        Kind::Zero | Kind::One | Kind::MinusOne => {}
                        Kind::Short | Kind::Long => parts.push(first),
                        Kind::Split => parts.extend([first, second]),
                    }
                }
                (kinds, parts)
            })
            .collect();
        let total = runs.iter().map(|r| r.1.len()).sum();
        let mut out = Self {
            kinds: Vec::with_capacity(values.len()),
            at: Vec::with_capacity(values.len()),
            parts: Vec::with_capacity(total),
        };
        for (kinds, parts) in &mut runs {
            let mut next = u32::try_from(out.parts.len()).expect("at most two parts a scalar");
            for kind in kinds.iter() {
                out.at.push(next);
                next += match kind {
                    Kind::Zero | Kind::One | Kind::MinusOne => 0,
                    Kind::Short | Kind::Long => 1,
                    Kind::Split => 2,
                };
            }
            out.kinds.extend_from_slice(kinds);
            out.parts.extend_from_slice(parts);
            wipe(kinds);
            parts.zeroize();
        }
        out
    }
    /// How many.
    #[must_use]
    pub fn len(&self) -> usize {
        self.kinds.len()
    }
    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.kinds.is_empty()
    }
    pub(crate) fn kind(&self, i: usize) -> Kind {
        self.kinds[i]
    }
    /// The first part, of scalars that have one.
    pub(crate) fn first(&self, i: usize) -> i128 {
        self.parts[self.at[i] as usize]
    }
    /// The second, of [`Kind::Split`].
    pub(crate) fn second(&self, i: usize) -> i128 {
        self.parts[self.at[i] as usize + 1]
    }
}

fn wipe(kinds: &mut [Kind]) {
    kinds.fill(Kind::Zero);
    std::hint::black_box(kinds);
}

impl Drop for Scalars {
    fn drop(&mut self) {
        wipe(&mut self.kinds);
        self.at.zeroize();
        self.parts.zeroize();
    }
}

impl ZeroizeOnDrop for Scalars {}

/// What kind of scalar, and its parts.
fn read(value: &Fr) -> (Kind, [i128; 2]) {
    // Most of a witness, told by its form as it is.
    if *value == Fr::ZERO {
        return (Kind::Zero, [0; 2]);
    }
    if *value == Fr::ONE {
        return (Kind::One, [0; 2]);
    }
    let k = value.into_bigint();
    if let Some(small) = small(&k) {
        return of_size(small, false);
    }
    let mut opposite = Fr::MODULUS;
    opposite.sub_with_borrow(&k);
    if let Some(small) = small(&opposite) {
        return of_size(small, true);
    }
    (Kind::Split, split(&k.0))
}

/// Integers below `2^126`.
fn small(k: &BigInt<4>) -> Option<u128> {
    let low = u128::from(k.0[0]) | u128::from(k.0[1]) << 64;
    (k.0[2] | k.0[3] == 0 && low < LONG).then_some(low)
}

fn of_size(size: u128, negative: bool) -> (Kind, [i128; 2]) {
    let signed = if negative { -size.cast_signed() } else { size.cast_signed() };
    match (size, negative) {
        (0, _) => (Kind::Zero, [0; 2]),
        (1, false) => (Kind::One, [0; 2]),
        (1, true) => (Kind::MinusOne, [0; 2]),
        (2..SHORT, _) => (Kind::Short, [signed, 0]),
        _ => (Kind::Long, [signed, 0]),
    }
}

/// `k` as `k1 + k2 lambda` (Gallant, Lambert, Vanstone 2001): `(k, 0)` less the point of the lattice next to it.
///
/// The quotients are off by at most 1/2 + 1/8 (their constants are rounded at `2^-257`, and `k < 2^254`), so both parts are below 0.625 times
/// the sum of two basis coordinates, `2^126.2`; arithmetic modulo `2^128` finds them.
fn split(k: &[u64; 4]) -> [i128; 2] {
    let (c1, c2) = (quotient(k, &C_BY_R), quotient(k, &B_BY_R));
    let low = u128::from(k[0]) | u128::from(k[1]) << 64;
    let k1 = low.wrapping_sub(c1.wrapping_mul(A)).wrapping_sub(c2.wrapping_mul(B));
    let k2 = c2.wrapping_mul(C).wrapping_sub(c1.wrapping_mul(B));
    [k1.cast_signed(), k2.cast_signed()]
}

/// `k g / 2^256`, rounded to the nearest integer; below `2^128` for what it is used for.
#[allow(clippy::cast_possible_truncation, reason = "the low words of double words")]
fn quotient(k: &[u64; 4], g: &[u64; 3]) -> u128 {
    let mut product = [0u64; 7];
    for (i, g) in g.iter().enumerate() {
        let mut carry = 0u128;
        for (j, k) in k.iter().enumerate() {
            let sum = u128::from(product[i + j]) + u128::from(*g) * u128::from(*k) + carry;
            product[i + j] = sum as u64;
            carry = sum >> 64;
        }
        product[i + 4] = carry as u64;
    }
    let rounded = u128::from(product[3] >> 63);
    (u128::from(product[4]) | u128::from(product[5]) << 64).wrapping_add(rounded)
}

#[cfg(test)]
mod tests {
    use super::*;
    use ark_ff::UniformRand;
    use rand::{Rng, SeedableRng};

    /// Every scalar is the value of its parts, and those are as short as is said.
    #[test]
    fn parts_make_the_scalar() {
        let mut rng = rand_chacha::ChaCha20Rng::seed_from_u64(1);
        let lambda =
            Fr::from(BigInt::new([0x8b17_ea66_b99c_90dd, 0x5bfc_4108_8d8d_aaa7, 0xb3c4_d79d_41a9_1758, 0]));
        let mut values = vec![Fr::ZERO, Fr::ONE, -Fr::ONE, lambda, -lambda, lambda * lambda];
        for k in 0..254 {
            let power = Fr::from(2u64).pow([k]);
            values.extend([power, -power, power - Fr::ONE, power + Fr::ONE, lambda * power, lambda - power]);
        }
        for _ in 0..20_000 {
            // Also the corners of the lattice, where rounding goes either way.
            let (a, b) = (rng.r#gen::<u128>() >> 1, rng.r#gen::<u128>() >> 1);
            values.extend([Fr::rand(&mut rng), Fr::from(a) + lambda * Fr::from(b)]);
        }
        let read = Scalars::new(&values);
        let signed = |x: i128| if x < 0 { -Fr::from(x.unsigned_abs()) } else { Fr::from(x.unsigned_abs()) };
        // 2^126.4, a bound that the digits of any window have room for.
        let most = 112_251_318_762_176_182_006_190_894_644_952_301_568u128;
        for (i, value) in values.iter().enumerate() {
            let (got, longest) = match read.kind(i) {
                Kind::Zero => (Fr::ZERO, 0),
                Kind::One => (Fr::ONE, 0),
                Kind::MinusOne => (-Fr::ONE, 0),
                Kind::Short => (signed(read.first(i)), read.first(i).unsigned_abs() << 64),
                Kind::Long => (signed(read.first(i)), read.first(i).unsigned_abs()),
                Kind::Split => {
                    let (first, second) = (read.first(i), read.second(i));
                    (signed(first) + lambda * signed(second), first.unsigned_abs().max(second.unsigned_abs()))
                }
            };
            assert_eq!(got, *value);
            assert!(longest < most, "{value}");
        }
        assert!([0, 1, 2].map(|i| read.kind(i)) == [Kind::Zero, Kind::One, Kind::MinusOne]);
    }

    /// Memory that was given back, read through the system's own view of the process.
    #[cfg(target_os = "linux")]
    #[test]
    fn scalars_are_wiped() {
        use std::os::unix::fs::FileExt;
        /// The allocator writes its own notes to the first words.
        const NOTES: usize = 32;
        fn range<T>(list: &[T]) -> (u64, usize) {
            (list.as_ptr() as u64 + NOTES as u64, size_of_val(list) - NOTES)
        }
        let memory = std::fs::File::open("/proc/self/mem").expect("one's own memory");
        // Small enough that no other thread is given the memory at once.
        let held = Scalars::new(&[Fr::from(0x0123_4567_89abu64); 40]);
        let lists = [range(&held.kinds), range(&held.at), range(&held.parts)];
        let left = |(start, length): (u64, usize)| {
            let mut bytes = vec![0; length];
            memory.read_exact_at(&mut bytes, start).expect("mapped");
            bytes.iter().filter(|b| **b != 0).count()
        };
        let before = lists.map(left);
        drop(std::hint::black_box(held));
        assert!(before.iter().all(|n| *n > 0), "there was something to wipe");
        assert_eq!(lists.map(left), [0; 3]);
    }
}
