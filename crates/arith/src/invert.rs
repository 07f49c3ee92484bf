//! Inverses in the base field and its extension.
//!
//! By division steps (Bernstein and Yang, "Fast constant-time gcd computation and modular inversion", 2019) in the form without
//! constant time that libsecp256k1 made known: 62 steps on single words, then their matrix applied to whole numbers. Time depends on
//! the number inverted.

use crate::fast::Fast;
use ark_bn254::{Fq, Fq2, FqConfig};
use ark_ff::{AdditiveGroup, BigInt, MontConfig};

/// A field whose inverses we know how to compute quickly.
pub(crate) trait Invert: Fast {
    /// `1/x`.
    ///
    /// # Panics
    /// At zero.
    fn inverted(&self) -> Self;
}

/// A signed number in limbs of 62 bits, the last one with the sign.
type Signed = [i64; 5];

const MASK: u64 = u64::MAX >> 2;

const fn signed(w: [u64; 4]) -> Signed {
    [
        (w[0] & MASK).cast_signed(),
        ((w[0] >> 62 | w[1] << 2) & MASK).cast_signed(),
        ((w[1] >> 60 | w[2] << 4) & MASK).cast_signed(),
        ((w[2] >> 58 | w[3] << 6) & MASK).cast_signed(),
        (w[3] >> 56).cast_signed(),
    ]
}

const MODULUS: Signed = signed(FqConfig::MODULUS.0);
/// `1/p` modulo `2^62`.
const INVERSE: u64 = FqConfig::INV.wrapping_neg() & MASK;

/// Up to 62 division steps, as a matrix times `2^62`: `(u, v, q, r)`.
struct Steps(i64, i64, i64, i64);

/// Takes `eta` and the low words of `f` (odd) and `g`.
fn steps(eta: &mut i64, f: u64, g: u64) -> Steps {
    let (mut f, mut g) = (f, g);
    let (mut u, mut v, mut q, mut r) = (1u64, 0u64, 0u64, 1u64);
    let mut left = 62u32;
    loop {
        // At most `left` zeros at once.
        let zeros = (g | u64::MAX << left).trailing_zeros();
        g >>= zeros;
        u <<= zeros;
        v <<= zeros;
        *eta -= i64::from(zeros);
        left -= zeros;
        if left == 0 {
            return Steps(u.cast_signed(), v.cast_signed(), q.cast_signed(), r.cast_signed());
        }
        let swapped = *eta < 0;
        if swapped {
            *eta = -*eta;
            (f, g) = (g, f.wrapping_neg());
            (u, q) = (q, u.wrapping_neg());
            (v, r) = (r, v.wrapping_neg());
        }
        // As many low bits of g as the steps to come may clear: a multiple of f does that.
        let limit = u32::try_from((*eta + 1).min(i64::from(left))).expect("between 1 and 62");
        let bits = u64::MAX >> (64 - limit);
        let w = if swapped {
            // -g/f modulo 64: f (f^2 - 2) is -1/f there.
            f.wrapping_mul(g).wrapping_mul(f.wrapping_mul(f).wrapping_sub(2)) & bits & 63
        } else {
            // Modulo 16.
            let inverse = f.wrapping_add((f.wrapping_add(1) & 4) << 1);
            inverse.wrapping_neg().wrapping_mul(g) & bits & 15
        };
        g = g.wrapping_add(f.wrapping_mul(w));
        q = q.wrapping_add(u.wrapping_mul(w));
        r = r.wrapping_add(v.wrapping_mul(w));
    }
}

fn product(a: i64, b: i64) -> i128 {
    i128::from(a) * i128::from(b)
}

#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the low bits of a sum")]
fn low(x: i128) -> i64 {
    (x as u64 & MASK).cast_signed()
}

/// `(d, e)` times the matrix, over `2^62`, modulo `p`. Both stay between `-2p` and `p`.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the low bits of sums")]
fn apply_modulo(d: &mut Signed, e: &mut Signed, t: &Steps) {
    let (sd, se) = (d[4] >> 63, e[4] >> 63);
    let mut md = (t.0 & sd) + (t.1 & se);
    let mut me = (t.2 & sd) + (t.3 & se);
    let mut cd = product(t.0, d[0]) + product(t.1, e[0]);
    let mut ce = product(t.2, d[0]) + product(t.3, e[0]);
    // Multiples of p that clear the lowest 62 bits.
    md -= (INVERSE.wrapping_mul(cd as u64).wrapping_add(md as u64) & MASK).cast_signed();
    me -= (INVERSE.wrapping_mul(ce as u64).wrapping_add(me as u64) & MASK).cast_signed();
    cd = (cd + product(MODULUS[0], md)) >> 62;
    ce = (ce + product(MODULUS[0], me)) >> 62;
    for i in 1..5 {
        cd += product(t.0, d[i]) + product(t.1, e[i]) + product(MODULUS[i], md);
        ce += product(t.2, d[i]) + product(t.3, e[i]) + product(MODULUS[i], me);
        (d[i - 1], e[i - 1]) = (low(cd), low(ce));
        (cd, ce) = (cd >> 62, ce >> 62);
    }
    (d[4], e[4]) = (cd as i64, ce as i64);
}

/// `(f, g)` times the matrix, over `2^62`: exact.
#[allow(clippy::cast_possible_truncation, reason = "what is left has few bits")]
fn apply(f: &mut Signed, g: &mut Signed, t: &Steps) {
    let mut cf = (product(t.0, f[0]) + product(t.1, g[0])) >> 62;
    let mut cg = (product(t.2, f[0]) + product(t.3, g[0])) >> 62;
    for i in 1..5 {
        cf += product(t.0, f[i]) + product(t.1, g[i]);
        cg += product(t.2, f[i]) + product(t.3, g[i]);
        (f[i - 1], g[i - 1]) = (low(cf), low(cg));
        (cf, cg) = (cf >> 62, cg >> 62);
    }
    (f[4], g[4]) = (cf as i64, cg as i64);
}

/// Adds the modulus, where it is wanted, and carries.
fn carry(x: &mut Signed, with_modulus: bool) {
    for i in 0..5 {
        x[i] += if with_modulus { MODULUS[i] } else { 0 };
    }
    for i in 0..4 {
        x[i + 1] += x[i] >> 62;
        x[i] &= MASK.cast_signed();
    }
}

/// The inverse modulo `p` of an integer from 1 to `p - 1`.
fn integer(x: [u64; 4]) -> [u64; 4] {
    let (mut d, mut e) = ([0i64; 5], [1, 0, 0, 0, 0]);
    let (mut f, mut g) = (MODULUS, signed(x));
    let mut eta = -1;
    while g != [0; 5] {
        let t = steps(&mut eta, f[0].cast_unsigned(), g[0].cast_unsigned());
        apply_modulo(&mut d, &mut e, &t);
        apply(&mut f, &mut g, &t);
    }
    // Now f is 1 or -1, the inverse d or -d, and d between -2p and p.
    let negative = d[4] < 0;
    carry(&mut d, negative);
    if f[4] < 0 {
        d = d.map(|x| -x);
        carry(&mut d, false);
    }
    let negative = d[4] < 0;
    carry(&mut d, negative);
    let d = d.map(i64::cast_unsigned);
    [d[0] | d[1] << 62, d[1] >> 2 | d[2] << 60, d[2] >> 4 | d[3] << 58, d[3] >> 6 | d[4] << 56]
}

impl Invert for Fq {
    fn inverted(&self) -> Self {
        assert!(*self != Self::ZERO, "zero has no inverse");
        // The words say x 2^256; their inverse is missing 2^512, and a product takes 2^256 away.
        // Unchecked on purpose, both: these are words below `p` taken as they stand, not numbers to be brought into the form.
        const R2: Fq = Fq::new_unchecked(FqConfig::R2);
        Self::new_unchecked(BigInt::new(integer(self.0.0))).times(&R2.times(&R2))
    }
}

impl Invert for Fq2 {
    /// By the norm: `(a - bu) / (a^2 + b^2)`.
    fn inverted(&self) -> Self {
        let norm = self.c0.squared().plus(&self.c1.squared()).inverted();
        Self::new(self.c0.times(&norm), -(self.c1.times(&norm)))
    }
}

/// Inverts all, with one inversion and three products each (Montgomery's trick).
///
/// # Panics
/// Where one is zero.
pub(crate) fn invert_all<T: Invert, const N: usize>(values: &mut [T; N]) {
    let mut before = [T::ONE; N];
    let mut product = T::ONE;
    for (b, x) in before.iter_mut().zip(values.iter()) {
        *b = product;
        product = product.times(x);
    }
    let mut inverse = product.inverted();
    for (b, x) in before.iter().zip(values.iter_mut()).rev() {
        let this = inverse.times(b);
        inverse = inverse.times(x);
        *x = this;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ark_ff::{Field, UniformRand};
    use rand::SeedableRng;

    #[test]
    fn inverses_are_arks() {
        let mut rng = rand_chacha::ChaCha20Rng::seed_from_u64(1);
        let two = Fq::from(2u64);
        let mut list = vec![Fq::ONE, -Fq::ONE, two, -two];
        list.extend((0..254).flat_map(|k| [two.pow([k]), two.pow([k]) - Fq::ONE, -two.pow([k])]));
        list.extend((0..5000).map(|_| Fq::rand(&mut rng)));
        for x in list.into_iter().filter(|x| *x != Fq::ZERO) {
            assert_eq!(Some(x.inverted()), x.inverse());
            let y = Fq2::new(x, Fq::rand(&mut rng));
            assert_eq!(Some(y.inverted()), y.inverse());
        }
        assert!(std::panic::catch_unwind(|| Fq::ZERO.inverted()).is_err());
        assert!(std::panic::catch_unwind(|| Fq2::ZERO.inverted()).is_err());
        let mut eight: [Fq; 8] = std::array::from_fn(|_| Fq::rand(&mut rng));
        let expected = eight.map(|x| x.inverse().unwrap());
        invert_all(&mut eight);
        assert_eq!(eight, expected);
    }
}
