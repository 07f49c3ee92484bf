//! Many bundles under one key: one pairing product, weighted at random.

use crate::points::Sheet;
use crate::verify::{Expectations, Verified, Verifier, VerifyError};
use ark_bn254::{Bn254, Fr, G1Affine, G1Projective, G2Affine};
use ark_ec::pairing::{MillerLoopOutput, Pairing};
use ark_ec::{CurveGroup, VariableBaseMSM};
use ark_ff::{Field, Zero};
use mandate_statement::{AccountSet, Bundle};
use rand::RngCore;
use rand::rngs::OsRng;
use rayon::prelude::*;

/// Pairs of one Miller loop: enough to share its squarings, few enough for the memory of a small machine.
const PAIRED: usize = 512;

/// One bundle of a batch, with the public files it is verified against.
#[derive(Clone, Copy)]
pub struct BatchItem<'a> {
    /// The bundle.
    pub bundle: &'a Bundle,
    /// The sheet.
    pub sheet: &'a Sheet<'a>,
    /// The subject's declared accounts.
    pub accounts: &'a AccountSet,
}

impl Verifier {
    /// Verifies many bundles; the result at `i` is that of item `i`.
    ///
    /// The equations are summed with 128-bit weights drawn from the operating system *after* all proofs are fixed, so a
    /// wrong one survives with probability 2^-128. If the sum fails, halves are tried until each wrong one is found.
    pub fn verify_batch(
        &self,
        items: &[BatchItem<'_>],
        expect: &Expectations<'_>,
    ) -> Vec<Result<Verified, VerifyError>> {
        let checked: Vec<_> =
            items.par_iter().map(|i| self.check(i.bundle, i.sheet, i.accounts, expect)).collect();
        let mut out = Vec::with_capacity(items.len());
        let mut equations = Vec::new();
        for (index, result) in checked.into_iter().enumerate() {
            match result {
                Ok(c) => {
                    equations.push(Equation {
                        index,
                        a: c.proof.a,
                        b: c.proof.b,
                        c: c.proof.c,
                        inputs: c.inputs.into_affine(),
                    });
                    out.push(Ok(c.verified));
                }
                Err(e) => out.push(Err(e)),
            }
        }
        let mut wrong = Vec::new();
        self.find_wrong(&equations, &mut wrong);
        for index in wrong {
            out[index] = Err(VerifyError::Rejected);
        }
        out
    }

    fn find_wrong(&self, equations: &[Equation], wrong: &mut Vec<usize>) {
        if equations.is_empty() || self.all_hold(equations) {
            return;
        }
        if let [one] = equations {
            wrong.push(one.index);
            return;
        }
        let (left, right) = equations.split_at(equations.len() / 2);
        self.find_wrong(left, wrong);
        self.find_wrong(right, wrong);
    }

    /// `prod e(r_i A_i, B_i) = e(sum r_i * alpha, beta) * e(sum r_i X_i, gamma) * e(sum r_i C_i, delta)`.
    fn all_hold(&self, equations: &[Equation]) -> bool {
        let weights: Vec<Fr> = equations.iter().map(|_| weight()).collect();
        let total: Fr = weights.iter().sum();
        let weighted = |points: Vec<G1Affine>| {
            G1Projective::msm(&points, &weights).expect("a weight per point").into_affine()
        };
        let inputs = weighted(equations.iter().map(|e| e.inputs).collect());
        let c = weighted(equations.iter().map(|e| e.c).collect());
        let vk = &self.prepared().vk;
        let mut left: Vec<G1Affine> =
            equations.par_iter().zip(&weights).map(|(e, r)| (e.a * r).into_affine()).collect();
        let mut right: Vec<G2Affine> = equations.iter().map(|e| e.b).collect();
        left.extend([(-(vk.alpha_g1 * total)).into_affine(), -inputs, -c]);
        right.extend([vk.beta_g2, vk.gamma_g2, vk.delta_g2]);
        // A point of G2 takes 20 KB to be paired: thousands are not made ready all at once.
        let loops = left.chunks(PAIRED).zip(right.chunks(PAIRED));
        let product = loops.map(|(l, r)| Bn254::multi_miller_loop(l, r).0).product();
        Bn254::final_exponentiation(MillerLoopOutput(product)).is_some_and(|p| p.is_zero())
    }
}

struct Equation {
    index: usize,
    a: G1Affine,
    b: G2Affine,
    c: G1Affine,
    inputs: G1Affine,
}

/// A random non-zero weight of 128 bits.
fn weight() -> Fr {
    loop {
        let mut bytes = [0u8; 16];
        OsRng.fill_bytes(&mut bytes);
        let value = Fr::from(u128::from_le_bytes(bytes));
        if value.inverse().is_some() {
            return value;
        }
    }
}
