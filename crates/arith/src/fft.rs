//! Transforms over the scalar field.

use crate::recipe::Kind;
use crate::{Path, plain};
use ark_bn254::Fr;
use ark_ff::{FftField, Field};
use ark_poly::{EvaluationDomain, Radix2EvaluationDomain};
use zeroize::Zeroize;

/// Polynomials of degree below `n = 2^k` and their values on the `n`-th roots of unity `1, w, w^2, ...` (ark's `w`), or on the
/// coset `g, gw, gw^2, ...` of them with `g` the field's multiplicative generator 5. Natural order everywhere.
pub struct Fft {
    domain: Radix2EvaluationDomain<Fr>,
    coset: Radix2EvaluationDomain<Fr>,
    #[cfg(target_arch = "x86_64")]
    vector: Option<crate::ifma::Plan>,
    /// None for fewer than 64 points, which ark transforms.
    plain: Option<plain::Plan>,
}

impl Fft {
    /// The largest `k`.
    pub const MAX_LOG: u32 = 22;

    /// Tables for `2^log` points; `None` above [`Self::MAX_LOG`].
    #[must_use]
    pub fn new(log: u32) -> Option<Self> {
        if log > Self::MAX_LOG {
            return None;
        }
        let domain = Radix2EvaluationDomain::new(1 << log)?;
        Some(Self {
            domain,
            coset: domain.get_coset(Fr::GENERATOR)?,
            #[cfg(target_arch = "x86_64")]
            vector: crate::ifma::Plan::new(log),
            plain: plain::Plan::new(log),
        })
    }
    /// How many points, `n`.
    #[must_use]
    pub fn size(&self) -> usize {
        self.domain.size()
    }
    /// `g^n - 1`: what the polynomial that vanishes on the roots of unity is, everywhere on the coset.
    #[must_use]
    pub fn vanishing_on_coset(&self) -> Fr {
        Fr::GENERATOR.pow([self.size() as u64]) - Fr::ONE
    }
    /// Coefficients to values on the roots of unity.
    ///
    /// # Panics
    /// As all of these: unless there are [`Self::size`] values.
    pub fn forward(&self, values: &mut [Fr], path: Path) {
        self.run(values, path, Kind::Forward);
    }
    /// Values on the roots of unity to coefficients.
    pub fn inverse(&self, values: &mut [Fr], path: Path) {
        self.run(values, path, Kind::Inverse);
    }
    /// Coefficients to values on the coset.
    pub fn coset_forward(&self, values: &mut [Fr], path: Path) {
        self.run(values, path, Kind::CosetForward);
    }
    /// Values on the coset to coefficients.
    pub fn coset_inverse(&self, values: &mut [Fr], path: Path) {
        self.run(values, path, Kind::CosetInverse);
    }
    /// Values on the roots of unity to values on the coset: [`Self::inverse`], then [`Self::coset_forward`].
    pub fn to_coset(&self, values: &mut [Fr], path: Path) {
        self.inverse(values, path);
        self.coset_forward(values, path);
    }
    fn run(&self, values: &mut [Fr], path: Path, kind: Kind) {
        assert_eq!(values.len(), self.size(), "a transform of another size");
        #[cfg(target_arch = "x86_64")]
        if let (true, Some(plan)) = (path.is_ifma(), &self.vector) {
            return plan.run(values, kind);
        }
        let _ = path;
        if let Some(plan) = &self.plain {
            return plan.run(values, kind);
        }
        let mut list = values.to_vec();
        match kind {
            Kind::Forward => self.domain.fft_in_place(&mut list),
            Kind::Inverse => self.domain.ifft_in_place(&mut list),
            Kind::CosetForward => self.coset.fft_in_place(&mut list),
            Kind::CosetInverse => self.coset.ifft_in_place(&mut list),
        }
        values.copy_from_slice(&list);
        list.zeroize();
    }
}
