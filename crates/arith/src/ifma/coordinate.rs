//! Coordinates of points: the base field for G1, its quadratic extension for G2.
//!
//! Bounds, in multiples of `p` and per component, are those that the adder meets; docs/arith.md walks through them.

use super::field::{Ark, F};
use super::lanes::{Mask, V};
use crate::invert::invert_all;
use ark_bn254::{Fq, Fq2, FqConfig};

/// The base field in eight lanes.
pub(crate) type Base = F<FqConfig>;

/// Eight coordinates. `Ok` means that every component is below `4p`: what differences are made of.
pub(crate) trait Coordinate: Copy {
    /// 64-bit words of one packed coordinate.
    const WORDS: usize;
    fn zero() -> Self;
    /// The element one (Montgomery form), below `p`.
    fn one() -> Self;
    fn mul(&self, b: &Self) -> Self;
    fn square(&self) -> Self;
    fn double(&self) -> Self;
    fn triple(&self) -> Self;
    /// The product with an element of the base field.
    fn scale(&self, by: &Base) -> Self;
    /// `a - b + 2p`, for `b <= 2p`.
    fn sub(&self, b: &Self) -> Self;
    /// `a - b - c`, tidied, for `b, c <= 2p` and `a <= 4p`.
    fn sub_two_tidy(&self, b: &Self, c: &Self) -> Self;
    /// `a - b`, tidied, for `b <= 2p` and `a <= 6p`.
    fn sub_tidy(&self, b: &Self) -> Self;
    fn or_where(&self, mask: Mask, b: &Self) -> Self;
    /// Lanes that may be zero; misses none, for components below `8p`.
    fn maybe_zero(&self) -> Mask;
    /// Lanes that are zero, for components below `8p`.
    fn is_zero(&self) -> Mask;
    /// The inverse of every lane, below `2p`, for components below `8p`.
    ///
    /// # Panics
    /// Where a lane is zero.
    fn inverse(&self) -> Self;
    /// `2p - a` where the mask has a bit, for `a <= 2p`.
    #[inline(always)]
    fn negated_where(&self, mask: Mask) -> Self {
        self.or_where(mask, &Self::zero().sub(self))
    }
    /// From words, least first, of all eight lanes.
    fn from_words(words: &[V]) -> Self;
    /// To words, for components below `2p`.
    fn to_words(self, words: &mut [V]);
}

impl Coordinate for Base {
    const WORDS: usize = 4;
    #[inline(always)]
    fn zero() -> Self {
        Self::zero()
    }
    #[inline(always)]
    fn one() -> Self {
        const ONE: [u64; 5] = super::field::one::<FqConfig>();
        Self::splat(&ONE)
    }
    #[inline(always)]
    fn mul(&self, b: &Self) -> Self {
        self.mul(b)
    }
    #[inline(always)]
    fn square(&self) -> Self {
        self.square()
    }
    #[inline(always)]
    fn double(&self) -> Self {
        self.double()
    }
    #[inline(always)]
    fn triple(&self) -> Self {
        self.double().add(self)
    }
    #[inline(always)]
    fn scale(&self, by: &Base) -> Self {
        self.mul(by)
    }
    #[inline(always)]
    fn sub(&self, b: &Self) -> Self {
        self.sub::<2>(b)
    }
    #[inline(always)]
    fn sub_two_tidy(&self, b: &Self, c: &Self) -> Self {
        self.sub_two::<4>(b, c).tidy()
    }
    #[inline(always)]
    fn sub_tidy(&self, b: &Self) -> Self {
        self.sub::<2>(b).tidy()
    }
    #[inline(always)]
    fn or_where(&self, mask: Mask, b: &Self) -> Self {
        self.or_where(mask, b)
    }
    #[inline(always)]
    fn maybe_zero(&self) -> Mask {
        self.maybe_zero()
    }
    #[inline(always)]
    fn is_zero(&self) -> Mask {
        self.is_zero()
    }
    #[inline(always)]
    fn inverse(&self) -> Self {
        let mut lanes = self.to_ark();
        invert_all(&mut lanes);
        Self::from_ark(&lanes)
    }
    #[inline(always)]
    fn from_words(w: &[V]) -> Self {
        Self::from_words([w[0], w[1], w[2], w[3]])
    }
    #[inline(always)]
    fn to_words(self, words: &mut [V]) {
        let w = Self::to_words(self);
        words[..4].copy_from_slice(&w);
    }
}

/// The quadratic extension `Fq[u] / (u^2 + 1)` in eight lanes.
#[derive(Clone, Copy)]
pub(crate) struct Extension([Base; 2]);

/// A product that is called, not copied to the place: the adder of G2 has some fifty, and would outgrow the instruction
/// cache.
#[inline(always)]
fn times(a: &Base, b: &Base) -> Base {
    super::enter::mul(a, b)
}

impl Coordinate for Extension {
    const WORDS: usize = 8;
    #[inline(always)]
    fn zero() -> Self {
        Self([Base::zero(); 2])
    }
    #[inline(always)]
    fn one() -> Self {
        Self([<Base as Coordinate>::one(), Base::zero()])
    }
    /// Karatsuba. For components `(a0, a1)` and `(b0, b1)` with `(a0 + a1)(b0 + b1) <= 80 p^2` and the two straight products together
    /// below `84 p^2`: below `3.2p` and `5p`.
    #[inline(always)]
    fn mul(&self, b: &Self) -> Self {
        let ([a0, a1], [b0, b1]) = (&self.0, &b.0);
        let low = times(a0, b0);
        let high = times(a1, b1);
        let mixed = times(&a0.add(a1), &b0.add(b1));
        Self([low.sub::<2>(&high), mixed.sub_two::<3>(&low, &high)])
    }
    /// `(a0 + a1)(a0 - a1)` and `2 a0 a1`: below `2p` and `2.5p` for components below `3.2p` and `5p`.
    #[inline(always)]
    fn square(&self) -> Self {
        let [a0, a1] = &self.0;
        let first = times(&a0.add(a1), &a0.sub::<6>(a1));
        Self([first, times(a0, a1).double()])
    }
    #[inline(always)]
    fn double(&self) -> Self {
        Self([self.0[0].double(), self.0[1].double()])
    }
    #[inline(always)]
    fn triple(&self) -> Self {
        Self([self.0[0].double().add(&self.0[0]), self.0[1].double().add(&self.0[1])])
    }
    #[inline(always)]
    fn scale(&self, by: &Base) -> Self {
        Self([times(&self.0[0], by), times(&self.0[1], by)])
    }
    #[inline(always)]
    fn sub(&self, b: &Self) -> Self {
        Self([self.0[0].sub::<2>(&b.0[0]), self.0[1].sub::<2>(&b.0[1])])
    }
    #[inline(always)]
    fn sub_two_tidy(&self, b: &Self, c: &Self) -> Self {
        let part = [self.0[0].sub_two::<4>(&b.0[0], &c.0[0]), self.0[1].sub_two::<4>(&b.0[1], &c.0[1])];
        Self([part[0].tidy(), part[1].tidy()])
    }
    #[inline(always)]
    fn sub_tidy(&self, b: &Self) -> Self {
        Self([self.0[0].sub::<2>(&b.0[0]).tidy(), self.0[1].sub::<2>(&b.0[1]).tidy()])
    }
    #[inline(always)]
    fn or_where(&self, mask: Mask, b: &Self) -> Self {
        Self([self.0[0].or_where(mask, &b.0[0]), self.0[1].or_where(mask, &b.0[1])])
    }
    #[inline(always)]
    fn maybe_zero(&self) -> Mask {
        self.0[0].maybe_zero() & self.0[1].maybe_zero()
    }
    #[inline(always)]
    fn is_zero(&self) -> Mask {
        self.0[0].is_zero() & self.0[1].is_zero()
    }
    #[inline(always)]
    fn inverse(&self) -> Self {
        let (a0, a1) = (self.0[0].to_ark(), self.0[1].to_ark());
        let mut lanes: [Fq2; 8] = std::array::from_fn(|i| Fq2::new(a0[i], a1[i]));
        invert_all(&mut lanes);
        let part = |f: fn(&Fq2) -> Fq| -> [Ark<FqConfig>; 8] { std::array::from_fn(|i| f(&lanes[i])) };
        Self([Base::from_ark(&part(|x| x.c0)), Base::from_ark(&part(|x| x.c1))])
    }
    #[inline(always)]
    fn from_words(w: &[V]) -> Self {
        Self([Base::from_words([w[0], w[1], w[2], w[3]]), Base::from_words([w[4], w[5], w[6], w[7]])])
    }
    #[inline(always)]
    fn to_words(self, words: &mut [V]) {
        words[..4].copy_from_slice(&Base::to_words(self.0[0]));
        words[4..8].copy_from_slice(&Base::to_words(self.0[1]));
    }
}
