//! Inverses in the base field and its extension.

use ark_bn254::{Fq, Fq2};
use ark_ff::Field;

/// A field whose inverses we know how to compute quickly.
pub(crate) trait Invert: Field {
    /// `1/x`, in time that depends on `x`.
    ///
    /// # Panics
    /// At zero.
    fn inverted(&self) -> Self;
}

impl Invert for Fq {
    fn inverted(&self) -> Self {
        self.inverse().expect("not zero")
    }
}

impl Invert for Fq2 {
    /// By the norm: `(a - bu) / (a^2 + b^2)`.
    fn inverted(&self) -> Self {
        let norm = (self.c0.square() + self.c1.square()).inverted();
        Self::new(self.c0 * norm, -(self.c1 * norm))
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
        product *= x;
    }
    let mut inverse = product.inverted();
    for (b, x) in before.iter().zip(values.iter_mut()).rev() {
        let this = inverse * b;
        inverse *= &*x;
        *x = this;
    }
}
