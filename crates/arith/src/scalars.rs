//! A witness, read once for all the queries that multiply it.

use ark_bn254::Fr;
use zeroize::Zeroize;

/// The scalars of one or several multiplications. Wiped when dropped; cannot be printed.
pub struct Scalars {
    values: Vec<Fr>,
}

impl Scalars {
    /// Reads `values`. Zeros, ones and small integers, of either sign, are told apart here, so that a query pays only
    /// for the bits that are there.
    #[must_use]
    pub fn new(values: &[Fr]) -> Self {
        Self { values: values.to_vec() }
    }
    /// How many.
    #[must_use]
    pub fn len(&self) -> usize {
        self.values.len()
    }
    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }
    pub(crate) fn slice(&self, first: usize, count: usize) -> &[Fr] {
        &self.values[first..first + count]
    }
}

impl Drop for Scalars {
    fn drop(&mut self) {
        self.values.zeroize();
    }
}
