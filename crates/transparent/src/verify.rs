//! The verifier's half of the proof system: bytes against a key and public inputs. No secret.

use crate::keys::SheetKey;
use ff::Field;
use halo2_proofs::plonk::{Error, VerificationStrategy, verify_proof};
use halo2_proofs::poly::commitment::{Guard, MSM};
use halo2_proofs::transcript::{Blake2bRead, Challenge255, EncodedChallenge};
use pasta_curves::{EqAffine, Fp};
use rand_sys::rand_core::UnwrapErr;
use rand_sys::rngs::SysRng;
use rayon::prelude::*;

/// Why proof bytes are not a proof of the public inputs.
#[derive(Clone, Copy, Debug, thiserror::Error, PartialEq, Eq)]
#[error("the proof does not hold for this statement")]
pub struct Refused;

/// Leaves the last equation to whoever sums several.
struct Deferred<'p>(MSM<'p, EqAffine>);

impl<'p> VerificationStrategy<'p, EqAffine> for Deferred<'p> {
    type Output = MSM<'p, EqAffine>;

    fn process<E: EncodedChallenge<EqAffine>>(
        self,
        f: impl FnOnce(MSM<'p, EqAffine>) -> Result<Guard<'p, EqAffine, E>, Error>,
    ) -> Result<Self::Output, Error> {
        Ok(f(self.0)?.use_challenges())
    }
}

/// Everything but the last equation. Every byte of the proof is read, so that no proof has two spellings.
fn equation<'p>(key: &SheetKey<'p>, instance: &[Fp], proof: &[u8]) -> Result<MSM<'p, EqAffine>, Refused> {
    let points = key.parameters.points();
    let mut rest = proof;
    let msm = {
        let mut transcript = Blake2bRead::<_, EqAffine, Challenge255<_>>::init(&mut rest);
        let strategy = Deferred(MSM::new(points));
        verify_proof(points, &key.verifying, strategy, &[&[instance]], &mut transcript)
            .map_err(|_| Refused)?
    };
    if rest.is_empty() { Ok(msm) } else { Err(Refused) }
}

/// Whether `proof` proves the public inputs under the key.
///
/// # Errors
/// [`Refused`]. Never panics, whatever the bytes.
pub fn accepts(key: &SheetKey<'_>, instance: &[Fp], proof: &[u8]) -> Result<(), Refused> {
    if equation(key, instance, proof)?.eval() { Ok(()) } else { Err(Refused) }
}

/// The same for many proofs, one verdict each. The last equations are summed with weights drawn from the operating system after
/// all proofs are fixed; if the sum fails, halves are tried until each wrong one is found.
pub fn batch_accepts(key: &SheetKey<'_>, items: &[(&[Fp], &[u8])]) -> Vec<Result<(), Refused>> {
    let read: Vec<_> = items.par_iter().map(|(instance, proof)| equation(key, instance, proof)).collect();
    let mut out: Vec<Result<(), Refused>> =
        read.iter().map(|r| r.as_ref().map(|_| ()).map_err(|e| *e)).collect();
    let whole: Vec<(usize, MSM<'_, EqAffine>)> =
        read.into_iter().enumerate().filter_map(|(i, r)| r.ok().map(|m| (i, m))).collect();
    find_wrong(key, &whole, &mut out);
    out
}

fn find_wrong(key: &SheetKey<'_>, equations: &[(usize, MSM<'_, EqAffine>)], out: &mut [Result<(), Refused>]) {
    let Some((first, others)) = equations.split_first() else { return };
    let mut sum = MSM::new(key.parameters.points());
    for (_, one) in equations {
        sum.scale(Fp::random(&mut UnwrapErr(SysRng)));
        sum.add_msm(one);
    }
    if sum.eval() {
        return;
    }
    if others.is_empty() {
        out[first.0] = Err(Refused);
        return;
    }
    let (left, right) = equations.split_at(equations.len() / 2);
    find_wrong(key, left, out);
    find_wrong(key, right, out);
}
