//! A prime field of 254 bits in eight lanes: five limbs of 52 bits, Montgomery form with `R = 2^260`.
//!
//! Both of BN254's moduli lie between `2^253` and `2^254`, so `R` is more than 84 times the modulus `p`. An element is any
//! integer below its stated multiple of `p`; nothing is reduced further than the next product needs:
//!
//! - `mul(a, b) < p + ab/R`, hence below `2p` as long as `a b <= 84 p^2`, for limbs below `2^52`;
//! - a difference adds a multiple of `p` that is no less than what is taken away;
//! - [`F::tidy`] takes anything below `8p` to below `1.2p`.
#![allow(
    clippy::needless_range_loop,
    reason = "closures are compiled without the processor feature; loops are not"
)]

use super::lanes::{Mask, V};
use ark_ff::{BigInt, Fp, MontBackend, MontConfig, PrimeField};
use std::marker::PhantomData;

const MASK: u64 = (1 << 52) - 1;

/// A 256-bit integer in limbs of 52 bits.
const fn split(w: [u64; 4]) -> [u64; 5] {
    [
        w[0] & MASK,
        (w[0] >> 52 | w[1] << 12) & MASK,
        (w[1] >> 40 | w[2] << 24) & MASK,
        (w[2] >> 28 | w[3] << 36) & MASK,
        w[3] >> 16,
    ]
}

/// `k * p`, in limbs of 52 bits, for `k < 64`.
const fn multiple(p: [u64; 4], k: u64) -> [u64; 5] {
    let limbs = split(p);
    let mut out = [0; 5];
    let (mut i, mut carry) = (0, 0);
    while i < 5 {
        let sum = limbs[i] * k + carry;
        out[i] = if i < 4 { sum & MASK } else { sum };
        carry = sum >> 52;
        i += 1;
    }
    out
}

/// The element one: `2^260 mod p`, by doubling `2^256 mod p` four times.
pub(crate) const fn one<M: Modulus>() -> [u64; 5] {
    let (p, mut r) = (M::MODULUS.0, M::R.0);
    let mut n = 0;
    while n < 4 {
        // r < p < 2^254: doubling stays within 256 bits.
        let d = [r[0] << 1, r[1] << 1 | r[0] >> 63, r[2] << 1 | r[1] >> 63, r[3] << 1 | r[2] >> 63];
        let mut less = [0; 4];
        let (mut i, mut borrow) = (0, false);
        while i < 4 {
            let (x, b1) = d[i].overflowing_sub(p[i]);
            let (x, b2) = x.overflowing_sub(borrow as u64);
            less[i] = x;
            borrow = b1 || b2;
            i += 1;
        }
        r = if borrow { d } else { less };
        n += 1;
    }
    split(r)
}

/// The table that [`F::tidy`] looks multiples of the modulus up in: limb `i` of `k * p`, for `k` from 0 to 7.
const fn multiples(p: [u64; 4]) -> [[u64; 8]; 5] {
    let mut out = [[0; 8]; 5];
    let mut k = 0;
    while k < 8 {
        let limbs = multiple(p, k as u64);
        let mut i = 0;
        while i < 5 {
            out[i][k] = limbs[i];
            i += 1;
        }
        k += 1;
    }
    out
}

/// One of the two fields.
pub(crate) trait Modulus: MontConfig<4> + 'static {
    /// The modulus in limbs.
    const P: [u64; 5] = split(Self::MODULUS.0);
    /// `-1/p` modulo `2^52`.
    const NEG_INV: u64 = Self::INV & MASK;
    /// Its small multiples.
    const MULTIPLES: [[u64; 8]; 5] = multiples(Self::MODULUS.0);
}

impl<M: MontConfig<4> + 'static> Modulus for M {}

/// ark's field of this modulus.
pub(crate) type Ark<M> = Fp<MontBackend<M, 4>, 4>;

/// Eight elements.
pub(crate) struct F<M: Modulus> {
    limbs: [V; 5],
    of: PhantomData<M>,
}

impl<M: Modulus> Clone for F<M> {
    #[inline(always)]
    fn clone(&self) -> Self {
        *self
    }
}
impl<M: Modulus> Copy for F<M> {}

impl<M: Modulus> F<M> {
    #[inline(always)]
    pub(crate) fn of(limbs: [V; 5]) -> Self {
        Self { limbs, of: PhantomData }
    }
    #[inline(always)]
    pub(crate) fn limbs(&self) -> &[V; 5] {
        &self.limbs
    }
    /// The integer zero.
    #[inline(always)]
    pub(crate) fn zero() -> Self {
        Self::of([V::zero(); 5])
    }
    /// The same integer in every lane.
    #[inline(always)]
    pub(crate) fn splat(limbs: &[u64; 5]) -> Self {
        let mut out = [V::zero(); 5];
        for i in 0..5 {
            out[i] = V::splat(limbs[i]);
        }
        Self::of(out)
    }
    /// An element of ark's, in every lane.
    pub(crate) fn constant(x: Ark<M>) -> [u64; 5] {
        split((x * Ark::<M>::from(16u64)).0.0)
    }

    /// Four vectors of 64-bit words, least first, to limbs. The integer stays the same.
    #[inline(always)]
    pub(crate) fn from_words(w: [V; 4]) -> Self {
        let m = V::splat(MASK);
        Self::of([
            w[0].and(m),
            w[0].shr::<52>().or(w[1].shl::<12>()).and(m),
            w[1].shr::<40>().or(w[2].shl::<24>()).and(m),
            w[2].shr::<28>().or(w[3].shl::<36>()).and(m),
            w[3].shr::<16>(),
        ])
    }
    /// The words of an integer below `2^256`.
    #[inline(always)]
    pub(crate) fn to_words(self) -> [V; 4] {
        let l = self.limbs;
        [
            l[0].or(l[1].shl::<52>()),
            l[1].shr::<12>().or(l[2].shl::<40>()),
            l[2].shr::<24>().or(l[3].shl::<28>()),
            l[3].shr::<36>().or(l[4].shl::<16>()),
        ]
    }
    /// ark's form (Montgomery with `2^256`, below `p`) to ours: the integer times 16, so below `16p`.
    #[inline(always)]
    pub(crate) fn from_ark_words(w: [V; 4]) -> Self {
        let m = V::splat(MASK);
        Self::of([
            w[0].shl::<4>().and(m),
            w[0].shr::<48>().or(w[1].shl::<16>()).and(m),
            w[1].shr::<36>().or(w[2].shl::<28>()).and(m),
            w[2].shr::<24>().or(w[3].shl::<40>()).and(m),
            w[3].shr::<12>(),
        ])
    }

    /// Carries along the limbs, which may be negative as long as the whole is not: all end up below `2^52`.
    #[inline(always)]
    fn carried(mut l: [V; 5]) -> Self {
        let m = V::splat(MASK);
        for i in 0..4 {
            l[i + 1] = l[i + 1].add(l[i].sar::<52>());
            l[i] = l[i].and(m);
        }
        Self::of(l)
    }
    /// `a + b`.
    #[inline(always)]
    pub(crate) fn add(&self, b: &Self) -> Self {
        let mut l = self.limbs;
        for i in 0..5 {
            l[i] = l[i].add(b.limbs[i]);
        }
        Self::carried(l)
    }
    /// `2a`.
    #[inline(always)]
    pub(crate) fn double(&self) -> Self {
        self.add(self)
    }
    /// `a - b + Kp`, for `b <= Kp`.
    #[inline(always)]
    pub(crate) fn sub<const K: usize>(&self, b: &Self) -> Self {
        let mut l = self.limbs;
        for i in 0..5 {
            l[i] = l[i].sub(b.limbs[i]).add(V::splat(M::MULTIPLES[i][K]));
        }
        Self::carried(l)
    }
    /// `a - b - c + Kp`, for `b + c <= Kp`.
    #[inline(always)]
    pub(crate) fn sub_two<const K: usize>(&self, b: &Self, c: &Self) -> Self {
        let mut l = self.limbs;
        for i in 0..5 {
            l[i] = l[i].sub(b.limbs[i].add(c.limbs[i])).add(V::splat(M::MULTIPLES[i][K]));
        }
        Self::carried(l)
    }
    /// The same element, below `1.2p`, for an integer below `8p`.
    ///
    /// The quotient by `p` is guessed from the top limb `t` as `t * 84 / 2^52`. With `v` the integer, `v/2^208 - 1 < t <= v/2^208` and
    /// `84 < 2^260/p < 84.7`, so the guess is at most `v/p`, and more than `0.9917 v/p - 1 - 2^-45`; at `v < 8p` what is left is
    /// between 0 and `1.07p`.
    #[inline(always)]
    pub(crate) fn tidy(&self) -> Self {
        let q = V::zero().madd_hi(self.limbs[4], V::splat(84));
        let mut l = self.limbs;
        for i in 0..5 {
            l[i] = l[i].sub(V::load(&M::MULTIPLES[i]).at(q));
        }
        Self::carried(l)
    }
    /// The same element below `p`, for an integer below `32p`.
    ///
    /// The quotient is guessed as in [`F::tidy`], at most 0.27 and one too small; what is left is below `1.3p`, and less `p` where that
    /// is not negative.
    #[inline(always)]
    pub(crate) fn canonical(&self) -> Self {
        let q = V::zero().madd_hi(self.limbs[4], V::splat(84));
        let mut l = self.limbs;
        for i in 0..5 {
            l[i] = l[i].sub(V::zero().madd_lo(q, V::splat(M::P[i])));
        }
        for i in 0..4 {
            l[i + 1] = l[i + 1].sub(V::zero().madd_hi(q, V::splat(M::P[i])));
        }
        let rest = Self::carried(l);
        let mut l = rest.limbs;
        for i in 0..5 {
            l[i] = l[i].sub(V::splat(M::P[i]));
        }
        let less = Self::carried(l);
        let negative = less.limbs[4].negative();
        less.or_where(negative, &rest)
    }
    /// `b` where the mask has a bit.
    #[inline(always)]
    pub(crate) fn or_where(&self, mask: Mask, b: &Self) -> Self {
        let mut l = self.limbs;
        for i in 0..5 {
            l[i] = l[i].or_where(mask, b.limbs[i]);
        }
        Self::of(l)
    }
    /// Lanes that may be a multiple of `p`, judged by the lowest limb: every integer below `8p` that is one is found, and hardly ever
    /// another (once in `2^49`).
    #[inline(always)]
    pub(crate) fn maybe_zero(&self) -> Mask {
        let low = self.limbs[0];
        let mut mask = 0;
        for k in 0..8 {
            mask |= low.eq(V::splat(M::MULTIPLES[0][k]));
        }
        mask
    }
    /// Lanes that are a multiple of `p`, for integers below `8p`.
    #[inline(always)]
    pub(crate) fn is_zero(&self) -> Mask {
        // Below 1.2p only 0 and p are multiples.
        let t = self.tidy().limbs;
        let (mut zero, mut p) = (0xff, 0xff);
        for i in 0..5 {
            zero &= t[i].eq(V::zero());
            p &= t[i].eq(V::splat(M::P[i]));
        }
        zero | p
    }

    /// The Montgomery reduction of ten columns, each below `2^60`: `columns / 2^260`, plus at most `p`.
    #[inline(always)]
    fn reduce(mut t: [V; 10]) -> Self {
        let mut p = [V::zero(); 5];
        for i in 0..5 {
            p[i] = V::splat(M::P[i]);
        }
        let inv = V::splat(M::NEG_INV);
        for i in 0..5 {
            let m = V::zero().madd_lo(t[i], inv);
            let low = t[i].madd_lo(m, p[0]);
            // The lowest 52 bits are zero now; what is above them goes to the next column.
            t[i + 1] = t[i + 1].madd_lo(m, p[1]).madd_hi(m, p[0]).add(low.shr::<52>());
            t[i + 2] = t[i + 2].madd_lo(m, p[2]).madd_hi(m, p[1]);
            t[i + 3] = t[i + 3].madd_lo(m, p[3]).madd_hi(m, p[2]);
            t[i + 4] = t[i + 4].madd_lo(m, p[4]).madd_hi(m, p[3]);
            t[i + 5] = t[i + 5].madd_hi(m, p[4]);
        }
        Self::carried([t[5], t[6], t[7], t[8], t[9]])
    }
    /// `a b / R`, below `p + ab/R`; limbs below `2^52`.
    #[inline(always)]
    pub(crate) fn mul(&self, b: &Self) -> Self {
        let (a, b) = (&self.limbs, &b.limbs);
        let mut t = [V::zero(); 10];
        for i in 0..5 {
            for j in 0..5 {
                t[i + j] = t[i + j].madd_lo(a[j], b[i]);
            }
            for j in 0..5 {
                t[i + j + 1] = t[i + j + 1].madd_hi(a[j], b[i]);
            }
        }
        Self::reduce(t)
    }
    /// `a^2 / R`.
    #[inline(always)]
    pub(crate) fn square(&self) -> Self {
        let a = &self.limbs;
        let mut t = [V::zero(); 10];
        for i in 0..5 {
            for j in i + 1..5 {
                t[i + j] = t[i + j].madd_lo(a[i], a[j]);
                t[i + j + 1] = t[i + j + 1].madd_hi(a[i], a[j]);
            }
        }
        for i in 1..9 {
            t[i] = t[i].add(t[i]);
        }
        for i in 0..5 {
            t[2 * i] = t[2 * i].madd_lo(a[i], a[i]);
            t[2 * i + 1] = t[2 * i + 1].madd_hi(a[i], a[i]);
        }
        Self::reduce(t)
    }

    /// The elements as ark's field has them, lane by lane; below `8p`.
    #[inline(always)]
    pub(crate) fn to_ark(self) -> [Ark<M>; 8] {
        // From R = 2^260 to 2^256: one product with 2^256, which is below 2^256 < 6p.
        let shift = Self::splat(&[0, 0, 0, 0, 1 << 48]);
        let words = self.tidy().mul(&shift).to_words();
        let mut out = [[0u64; 8]; 4];
        for i in 0..4 {
            words[i].store(&mut out[i]);
        }
        std::array::from_fn(|lane| {
            let mut value = BigInt::new(std::array::from_fn(|i| out[i][lane]));
            if value >= Ark::<M>::MODULUS {
                ark_ff::BigInteger::sub_with_borrow(&mut value, &Ark::<M>::MODULUS);
            }
            // Below `p`: the product is below `2p`, and one subtraction was made where it was needed.
            Ark::<M>::new_unchecked(value)
        })
    }
    /// Eight elements of ark's; below `1.2p`.
    #[inline(always)]
    pub(crate) fn from_ark(x: &[Ark<M>; 8]) -> Self {
        let mut words = [V::zero(); 4];
        for i in 0..4 {
            let word: [u64; 8] = std::array::from_fn(|lane| x[lane].0.0[i]);
            words[i] = V::load(&word);
        }
        // Below 16p; the product with one (2^260 mod p) is below p + 16/84 p.
        Self::from_ark_words(words).mul(&Self::splat(&one::<M>()))
    }
}
