//! The prover's half: secrets live here and are wiped here.

use crate::keys::{SheetKey, at_position, position};
use halo2_proofs::plonk::{self, ProvingKey};
use halo2_proofs::transcript::{Blake2bWrite, Challenge255};
use mandate_circuits_halo2::{Hints, SheetCircuit, Witness};
use mandate_rows as rows;
use pasta_curves::{EqAffine, Fp};
use rand_sys::rand_core::UnwrapErr;
use rand_sys::rngs::SysRng;

/// A key ready for many proofs of one sheet.
pub struct SheetProver<'k, 'p> {
    key: &'k SheetKey<'p>,
    proving: ProvingKey<EqAffine>,
}

impl<'k, 'p> SheetProver<'k, 'p> {
    /// Prepares a key.
    ///
    /// # Errors
    /// The proof system's, where the key is of another circuit.
    pub fn new(key: &'k SheetKey<'p>) -> Result<Self, plonk::Error> {
        Ok(Self { proving: key.proving()?, key })
    }
    /// The key.
    pub const fn key(&self) -> &'k SheetKey<'p> {
        self.key
    }
    /// A proof of an assignment, whether it satisfies the circuit or not: one that does not gives bytes that no verifier takes, or
    /// none at all.
    ///
    /// # Errors
    /// The proof system's.
    pub fn prove_assignment(&self, instance: &[Fp], witness: &Witness) -> Result<Vec<u8>, plonk::Error> {
        let mut transcript = Blake2bWrite::<_, EqAffine, Challenge255<_>>::init(Vec::new());
        at_position!(position(self.key.layout.shape()), N, {
            plonk::create_proof(
                self.key.parameters.points(),
                &self.proving,
                &[SheetCircuit::<N>::new(&self.key.layout, Some(witness))],
                &[&[instance]],
                UnwrapErr(SysRng),
                &mut transcript,
            )
        })?;
        Ok(transcript.finalize())
    }
}

/// The least witnesses that satisfy the rows, as the circuit takes them.
pub fn hints(least: &rows::Witnesses) -> Hints {
    Hints {
        worst: [least.group_worst.clone(), least.account_worst.clone()],
        worst_book: least.book_worst,
        witnesses: [least.group_x.clone(), least.account_x.clone(), least.asset_x.clone()],
        bits: [least.group_bits.clone(), least.account_bits.clone(), least.asset_bits.clone()],
        book_witnesses: least.global_y.clone(),
        book_bits: least.global_bits.clone(),
        peaks: least.strip_peaks.clone(),
    }
}
