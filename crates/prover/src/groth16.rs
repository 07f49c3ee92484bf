//! The proof itself, as `ark-groth16` computes it for equal blinders, in fewer steps.
//!
//! Beside faster arithmetic (`mandate-arith`) three things are saved against the reference:
//!
//! - `C z` is not evaluated on its own and never transformed alone. Rows hold, so `C z = A z * B z` on the domain, and
//!   with `AB = lo + X^n hi` the quotient by `X^n - 1` is `hi`: what interpolates `AB` on the roots of unity is `lo + hi`, on the
//!   coset of `g` it is `lo + g^n hi`. Six transforms give `hi`, the reference takes seven.
//! - The sheet's share of `A` and `B` is one point each, cached: public inputs are most of what `A` sums over.
//! - Everything is in one scope of the thread pool, so that no sum waits for another to end.

use crate::matrices::{Matrices, Sides};
use ark_bn254::{Bn254, Fr, G1Affine, G1Projective, G2Affine, G2Projective};
use ark_ec::CurveGroup;
use ark_ff::{AdditiveGroup, Field, UniformRand};
use ark_groth16::{Proof, ProvingKey as ArkKey};
use mandate_arith::{Fft, G1Bases, G2Bases, Path, Scalars};
use rand::SeedableRng;
use rand::rngs::OsRng;
use rayon::prelude::*;
use zeroize::{Zeroize, Zeroizing};

/// The points of a proving key, sorted by what multiplies them.
pub struct Points {
    /// The points that stand alone.
    pub fixed: Fixed,
    /// Of public inputs, the constant one first.
    pub input_a: G1Bases,
    /// Likewise.
    pub input_b_g1: G1Bases,
    /// Likewise.
    pub input_b_g2: G2Bases,
    /// Of witness cells.
    pub a: G1Bases,
    /// Likewise.
    pub b_g1: G1Bases,
    /// Likewise.
    pub b_g2: G2Bases,
    /// Likewise.
    pub l: G1Bases,
    /// Of the quotient's coefficients.
    pub h: G1Bases,
}

/// `alpha`, `beta` and `delta` in the groups that a proof reads them in.
pub struct Fixed {
    pub alpha_g1: G1Affine,
    pub beta_g1: G1Affine,
    pub delta_g1: G1Affine,
    pub beta_g2: G2Affine,
    pub delta_g2: G2Affine,
}

impl Points {
    /// Takes a key of `inputs` public inputs, each of whose points lies on its curve.
    pub fn of(key: &ArkKey<Bn254>, inputs: usize) -> Self {
        Self {
            fixed: Fixed {
                alpha_g1: key.vk.alpha_g1,
                beta_g1: key.beta_g1,
                delta_g1: key.delta_g1,
                beta_g2: key.vk.beta_g2,
                delta_g2: key.vk.delta_g2,
            },
            input_a: G1Bases::new(&key.a_query[..inputs]),
            input_b_g1: G1Bases::new(&key.b_g1_query[..inputs]),
            input_b_g2: G2Bases::new(&key.b_g2_query[..inputs]),
            a: G1Bases::new(&key.a_query[inputs..]),
            b_g1: G1Bases::new(&key.b_g1_query[inputs..]),
            b_g2: G2Bases::new(&key.b_g2_query[inputs..]),
            l: G1Bases::new(&key.l_query),
            h: G1Bases::new(&key.h_query),
        }
    }
}

/// What a run of public inputs adds to `A` and to `B` in both groups.
#[derive(Clone, Copy)]
pub struct Share {
    a: G1Projective,
    b_g1: G1Projective,
    b_g2: G2Projective,
}

impl Share {
    fn plus(self, other: Self) -> Self {
        Self { a: self.a + other.a, b_g1: self.b_g1 + other.b_g1, b_g2: self.b_g2 + other.b_g2 }
    }
}

/// Whether the multiplications see the secret values themselves.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Flow {
    /// They do: zeros cost nothing and small numbers little, so time and memory access tell about them.
    #[default]
    Fast,
    /// Each value `w` is multiplied as `w + u` less `u`, with `u` uniform and fresh: what they see is uniform whatever the book.
    Constant,
}

/// All that proving needs for one shape.
pub struct Engine {
    pub(crate) matrices: Matrices,
    points: Points,
    fft: Fft,
    path: Path,
}

/// The sums over the witness.
struct Sums {
    a: G1Projective,
    b_g1: G1Projective,
    b_g2: G2Projective,
    l: G1Projective,
}

impl Engine {
    /// `None` where the relation is larger than any evaluation domain of the field that transforms are made for.
    pub fn new(matrices: Matrices, points: Points, path: Path) -> Option<Self> {
        let fft = Fft::new(matrices.domain().ilog2())?;
        Some(Self { matrices, points, fft, path })
    }
    pub const fn path(&self) -> Path {
        self.path
    }
    pub const fn set_path(&mut self, path: Path) {
        self.path = path;
    }

    /// What inputs `first..first + values.len()` add. Public: nothing is masked.
    ///
    /// # Panics
    /// If there are not that many inputs.
    pub fn share(&self, first: usize, values: &[Fr]) -> Share {
        let mut all = vec![Fr::ZERO; self.matrices.inputs];
        all[first..first + values.len()].copy_from_slice(values);
        let scalars = Scalars::new(&all);
        let p = &self.points;
        let (a, (b_g1, b_g2)) = rayon::join(
            || p.input_a.msm(&scalars, 0, self.path),
            || (p.input_b_g1.msm(&scalars, 0, self.path), p.input_b_g2.msm(&scalars, 0, self.path)),
        );
        Share { a, b_g1, b_g2 }
    }

    /// The quotient of `AB - C` by `X^n - 1`, `n - 1` coefficients. Secret.
    fn quotient(&self, sides: Sides) -> Zeroizing<Vec<Fr>> {
        let Sides { mut a, mut b } = sides;
        let path = self.path;
        let multiply = |into: &mut [Fr], by: &[Fr]| {
            into.par_iter_mut().with_min_len(4096).zip(by).for_each(|(x, y)| *x *= y);
        };
        // lo + hi
        let mut low = Zeroizing::new(a.to_vec());
        multiply(&mut low, &b);
        rayon::join(|| self.fft.inverse(&mut low, path), || self.fft.to_coset(&mut a, path));
        self.fft.to_coset(&mut b, path);
        multiply(&mut a, &b);
        drop(b);
        // lo + g^n hi
        self.fft.coset_inverse(&mut a, path);
        let scale = self.fft.vanishing_on_coset().inverse().expect("the coset is no root of unity");
        a.par_iter_mut().with_min_len(4096).zip(&*low).for_each(|(x, y)| *x = (*x - y) * scale);
        // The product has degree 2n - 2 at most, so the last coefficient is zero, and the key has no point for it.
        a.pop();
        a
    }

    fn sums(&self, witness: &[Fr]) -> Sums {
        let scalars = Scalars::new(witness);
        let (p, path) = (&self.points, self.path);
        let ((a, b_g1), (b_g2, l)) = rayon::join(
            || rayon::join(|| p.a.msm(&scalars, 0, path), || p.b_g1.msm(&scalars, 0, path)),
            || rayon::join(|| p.b_g2.msm(&scalars, 0, path), || p.l.msm(&scalars, 0, path)),
        );
        Sums { a, b_g1, b_g2, l }
    }

    fn masked_sums(&self, witness: &[Fr]) -> Sums {
        let (sum, mask) = masked(witness);
        let with = self.sums(&sum);
        drop(sum);
        let less = self.sums(&mask);
        Sums {
            a: with.a - less.a,
            b_g1: with.b_g1 - less.b_g1,
            b_g2: with.b_g2 - less.b_g2,
            l: with.l - less.l,
        }
    }

    fn quotient_sum(&self, sides: Sides, flow: Flow) -> G1Projective {
        let h = self.quotient(sides);
        let msm = |values: &[Fr]| self.points.h.msm(&Scalars::new(values), 0, self.path);
        match flow {
            Flow::Fast => msm(&h),
            Flow::Constant => {
                let (sum, mask) = masked(&h);
                drop(h);
                msm(&sum) - msm(&mask)
            }
        }
    }

    /// Proves the assignment `z`, whose inputs from `own` on add `sheet`. The number of a row that does not hold where there is one.
    pub fn prove(
        &self,
        z: &[Fr],
        own: usize,
        sheet: Share,
        [r, s]: [Fr; 2],
        flow: Flow,
    ) -> Result<Proof<Bn254>, usize> {
        let sides = self.matrices.evaluate(z)?;
        let (inputs, witness) = z.split_at(self.matrices.inputs);
        let (h, (w, share)) = rayon::join(
            || self.quotient_sum(sides, flow),
            || {
                let sums = match flow {
                    Flow::Fast => self.sums(witness),
                    Flow::Constant => self.masked_sums(witness),
                };
                (sums, self.share(0, &inputs[..own]).plus(sheet))
            },
        );
        let p = &self.points.fixed;
        let a = share.a + w.a + p.alpha_g1 + p.delta_g1 * r;
        let b_g1 = share.b_g1 + w.b_g1 + p.beta_g1 + p.delta_g1 * s;
        let b = share.b_g2 + w.b_g2 + p.beta_g2 + p.delta_g2 * s;
        let mut rs = r * s;
        let c = a * s + b_g1 * r - p.delta_g1 * rs + w.l + h;
        rs.zeroize();
        Ok(Proof { a: a.into_affine(), b: b.into_affine(), c: c.into_affine() })
    }
}

/// `values + u` and `u`, for a fresh uniform `u` of the operating system's seed.
fn masked(values: &[Fr]) -> (Zeroizing<Vec<Fr>>, Zeroizing<Vec<Fr>>) {
    let mut mask = Zeroizing::new(vec![Fr::ZERO; values.len()]);
    mask.par_chunks_mut(4096).for_each(|chunk| {
        let mut rng =
            rand_chacha::ChaCha20Rng::from_rng(OsRng).expect("the operating system has random bytes");
        chunk.iter_mut().for_each(|u| *u = Fr::rand(&mut rng));
    });
    let mut sum = Zeroizing::new(values.to_vec());
    sum.par_iter_mut().with_min_len(4096).zip(&*mask).for_each(|(w, u)| *w += u);
    (sum, mask)
}
