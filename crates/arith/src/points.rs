//! Points as they lie in memory, the same for both paths.
//!
//! Of a point `(x, y)` the words of `x` and `y/4` are kept, in ark's Montgomery form (with `2^256`). The vector path reads the same
//! words as Montgomery form with `2^260`. To it they say `(x/16, y/64)`, the image of `(x, y)` under the isomorphism of curves
//! `(u^2 x, u^3 y)` with `u = 1/4`, and the formulas of addition hold there unchanged. The portable path multiplies slopes by four. So
//! neither converts a point, and a query is stored once.

use ark_bn254::{Fq, Fq2};
use ark_ff::{BigInt, BigInteger, MontFp, PrimeField};

/// A point: `x` then `y/4`, each coordinate below `2^256` in 64-bit words, least first; one row of words per cache line. Infinity is
/// marked in the last word of `x`.
#[derive(Clone, Copy)]
#[repr(align(64))]
pub(crate) struct Packed<const ROWS: usize>(pub(crate) [[u64; 8]; ROWS]);

/// The last word of `x` at infinity. No integer up to `2p` has it.
pub(crate) const AT_INFINITY: u64 = u64::MAX;

/// Where the last word of `x` stands.
const fn last_of_x(rows: usize) -> usize {
    4 * rows - 1
}

impl<const ROWS: usize> Packed<ROWS> {
    pub(crate) const INFINITY: Self = {
        let mut rows = [[0; 8]; ROWS];
        rows[0][last_of_x(ROWS)] = AT_INFINITY;
        Self(rows)
    };
    #[inline]
    pub(crate) fn is_infinity(&self) -> bool {
        self.0[0][last_of_x(ROWS)] == AT_INFINITY
    }
    /// Asks for it, some time before it is read.
    #[inline(always)]
    pub(crate) fn prefetch(&self) {
        self.0.iter().for_each(crate::hint::prefetch);
    }
    /// The words of `x` and of `y/4`.
    #[inline]
    pub(crate) fn split(&self) -> (&[u64], &[u64]) {
        self.0.as_flattened().split_at(4 * ROWS)
    }
    /// The opposite point, each coordinate of it at most `2p` where it was.
    pub(crate) fn negated(&self) -> Self {
        let mut out = *self;
        if !self.is_infinity() {
            for y in out.0.as_flattened_mut()[4 * ROWS..].chunks_exact_mut(4) {
                let mut twice = Fq::MODULUS;
                twice.mul2();
                twice.sub_with_borrow(&BigInt::new([y[0], y[1], y[2], y[3]]));
                y.copy_from_slice(&twice.0);
            }
        }
        out
    }
    /// From coordinates.
    pub(crate) fn of<F: Words>(x: F, y: F) -> Self {
        let mut out = Self::INFINITY;
        let (first, second) = out.0.as_flattened_mut().split_at_mut(4 * ROWS);
        x.write(first);
        y.quarter().write(second);
        out
    }
    /// The coordinates; `None` at infinity.
    pub(crate) fn coordinates<F: Words>(&self) -> Option<(F, F)> {
        let (x, y) = self.split();
        (!self.is_infinity()).then(|| (F::reduced(x), F::reduced(y).double().double()))
    }
}

/// Coordinates as the words of ark's Montgomery form.
pub(crate) trait Words: ark_ff::Field {
    /// From words, each coordinate below `p`: those that `write` wrote. Not for bytes from outside.
    fn read(words: &[u64]) -> Self;
    /// From words, each coordinate below `8p`.
    fn reduced(words: &[u64]) -> Self;
    fn write(&self, words: &mut [u64]);
    /// `self / 4`.
    fn quarter(&self) -> Self;
}

const QUARTER: Fq = MontFp!("5472060717959818805561601436314318772174077789324455915672259473661306552146");

impl Words for Fq {
    #[inline]
    fn read(words: &[u64]) -> Self {
        Self::new_unchecked(BigInt::new([words[0], words[1], words[2], words[3]]))
    }
    fn reduced(words: &[u64]) -> Self {
        let mut value = BigInt::new([words[0], words[1], words[2], words[3]]);
        while value >= Self::MODULUS {
            value.sub_with_borrow(&Self::MODULUS);
        }
        // Below `p`, by the loop.
        Self::new_unchecked(value)
    }
    #[inline]
    fn write(&self, words: &mut [u64]) {
        words.copy_from_slice(&self.0.0);
    }
    fn quarter(&self) -> Self {
        *self * QUARTER
    }
}

impl Words for Fq2 {
    #[inline]
    fn read(words: &[u64]) -> Self {
        Self::new(Fq::read(&words[..4]), Fq::read(&words[4..]))
    }
    fn reduced(words: &[u64]) -> Self {
        Self::new(Fq::reduced(&words[..4]), Fq::reduced(&words[4..]))
    }
    #[inline]
    fn write(&self, words: &mut [u64]) {
        self.c0.write(&mut words[..4]);
        self.c1.write(&mut words[4..]);
    }
    fn quarter(&self) -> Self {
        Self::new(self.c0.quarter(), self.c1.quarter())
    }
}
