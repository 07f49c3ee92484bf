//! Products, sums and differences of the portable path.
//!
//! The same elements as ark's, in the same form. Products of a prime field are ark's: two carry chains in assembly were tried,
//! and took the same time on the machine at hand (docs/arith.md). Sums and differences have no branch, as theirs would be guessed
//! wrongly half of the time; products of the extension are three of the field's.

use ark_bn254::{Fq, Fq2, FqConfig, Fr, FrConfig};
use ark_ff::{BigInt, Field, Fp, MontBackend, MontConfig};

/// A field with operations that we make faster.
pub(crate) trait Fast: Field {
    fn times(&self, b: &Self) -> Self;
    fn plus(&self, b: &Self) -> Self;
    fn minus(&self, b: &Self) -> Self;
    #[inline(always)]
    fn squared(&self) -> Self {
        self.times(self)
    }
    #[inline(always)]
    fn doubled(&self) -> Self {
        self.plus(self)
    }
}

type Prime<M> = Fp<MontBackend<M, 4>, 4>;

/// Unchecked, as ark's own arithmetic is: every caller here has reduced the words below `p`, and the tests compare with ark's at the
/// ends of the range.
#[inline(always)]
fn element<M: MontConfig<4>>(words: [u64; 4]) -> Prime<M> {
    Prime::<M>::new_unchecked(BigInt::new(words))
}

/// `a + b`, of elements below `p < 2^255`.
#[inline(always)]
fn sum<M: MontConfig<4>>(a: &Prime<M>, b: &Prime<M>) -> Prime<M> {
    let (a, b, p) = (&a.0.0, &b.0.0, &M::MODULUS.0);
    let (mut t, mut u) = ([0u64; 4], [0u64; 4]);
    let (mut carry, mut borrow) = (false, false);
    for i in 0..4 {
        (t[i], carry) = a[i].carrying_add(b[i], carry);
    }
    for i in 0..4 {
        (u[i], borrow) = t[i].borrowing_sub(p[i], borrow);
    }
    let keep = 0u64.wrapping_sub(u64::from(borrow));
    for i in 0..4 {
        u[i] = (t[i] & keep) | (u[i] & !keep);
    }
    element(u)
}

/// `a - b`.
#[inline(always)]
fn difference<M: MontConfig<4>>(a: &Prime<M>, b: &Prime<M>) -> Prime<M> {
    let (a, b, p) = (&a.0.0, &b.0.0, &M::MODULUS.0);
    let mut t = [0u64; 4];
    let (mut borrow, mut carry) = (false, false);
    for i in 0..4 {
        (t[i], borrow) = a[i].borrowing_sub(b[i], borrow);
    }
    let back = 0u64.wrapping_sub(u64::from(borrow));
    for i in 0..4 {
        (t[i], carry) = t[i].carrying_add(p[i] & back, carry);
    }
    element(t)
}

macro_rules! prime {
    ($field:ty, $config:ty) => {
        impl Fast for $field {
            #[inline(always)]
            fn times(&self, b: &Self) -> Self {
                *self * b
            }
            #[inline(always)]
            fn plus(&self, b: &Self) -> Self {
                sum::<$config>(self, b)
            }
            #[inline(always)]
            fn minus(&self, b: &Self) -> Self {
                difference::<$config>(self, b)
            }
        }
    };
}

prime!(Fq, FqConfig);
prime!(Fr, FrConfig);

impl Fast for Fq2 {
    /// Karatsuba: three products.
    #[inline]
    fn times(&self, b: &Self) -> Self {
        let (low, high) = (self.c0.times(&b.c0), self.c1.times(&b.c1));
        let mixed = self.c0.plus(&self.c1).times(&b.c0.plus(&b.c1));
        Self::new(low.minus(&high), mixed.minus(&low.plus(&high)))
    }
    #[inline(always)]
    fn plus(&self, b: &Self) -> Self {
        Self::new(self.c0.plus(&b.c0), self.c1.plus(&b.c1))
    }
    #[inline(always)]
    fn minus(&self, b: &Self) -> Self {
        Self::new(self.c0.minus(&b.c0), self.c1.minus(&b.c1))
    }
    /// `(a + b)(a - b)` and `2ab`.
    #[inline]
    fn squared(&self) -> Self {
        let first = self.c0.plus(&self.c1).times(&self.c0.minus(&self.c1));
        Self::new(first, self.c0.times(&self.c1).doubled())
    }
}
