//! The prover's half: secrets live here and are wiped here.

use crate::keys::{SheetKey, at_position, position};
use crate::statement::PublicSheet;
use ff::Field;
use halo2_proofs::plonk::{self, ProvingKey};
use halo2_proofs::transcript::{Blake2bWrite, Challenge255};
use mandate_attest::{CommitmentError, PastaSeed, commit_pasta};
use mandate_circuits_halo2::field::from_bytes;
use mandate_circuits_halo2::{Hints, Secrets, SheetCircuit, Witness};
use mandate_rows as rows;
use mandate_statement::{
    BACKEND_TRANSPARENT, Context, SecondAttestation, SignedAttestation, TransparentBundle,
};
use mandate_verifier::VerifyError;
use pasta_curves::{EqAffine, Fp};
use rand_sys::rand_core::UnwrapErr;
use rand_sys::rngs::SysRng;
use zeroize::Zeroizing;

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

/// One account as its custodian handed it back. Borrowed: the opening's owner wipes it.
pub struct SecondOpening<'a> {
    /// Quantities of the account's segments, in slot order, in lots.
    pub quantities: &'a [i64],
    /// What the blindings of its segments come from.
    pub seed: &'a PastaSeed,
    /// What the custodian signed first.
    pub attestation: &'a SignedAttestation,
    /// What it signed beside that.
    pub second: &'a SecondAttestation,
}

/// Why no proof was made. Never names a quantity or a blinding.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ProveError {
    /// The context names another sheet.
    #[error(transparent)]
    Context(#[from] VerifyError),
    /// Accounts not in growing order, or outside the sheet.
    #[error("account {0} is given twice, out of order, or has no slots in this sheet")]
    Account(u16),
    /// An opening has the wrong number of quantities or one out of range.
    #[error("account {account}: {source}")]
    Commitment {
        /// The account.
        account: u16,
        /// What is wrong with it.
        source: CommitmentError,
    },
    /// An opening does not open its commitments under this universe.
    #[error("the opening of account {0} does not open the second commitment its custodian signed")]
    Opening(u16),
    /// The rows cannot be read.
    #[error(transparent)]
    Rows(#[from] rows::RowsError),
    /// The book does not satisfy the sheet.
    #[error("the book does not satisfy the sheet (first broken constraint: `{0}`); no proof of it exists")]
    Unlawful(&'static str),
    /// The proof system failed.
    #[error("proving failed: {0}")]
    System(#[from] plonk::Error),
}

/// Proves that the opened accounts keep a sheet.
///
/// # Errors
/// [`ProveError`]; nothing is made unless every law holds.
pub fn prove(
    sheet: &PublicSheet<'_>,
    prover: &SheetProver<'_, '_>,
    context: Context,
    accounts: &[SecondOpening<'_>],
) -> Result<TransparentBundle, ProveError> {
    sheet.named_by(&context)?;
    let (shape, risk) = (sheet.shape(), sheet.risk);
    let length = shape.segment_len();
    let mut quantities = Zeroizing::new(vec![0i64; shape.slots]);
    let mut blindings = vec![Fp::ZERO; shape.segments];
    let mut commitments = vec![Fp::ZERO; shape.segments];
    let mut active = vec![false; shape.accounts];
    let mut declared: Vec<u16> = Vec::new();
    for one in accounts {
        let account = one.attestation.attestation.netting_set;
        let segments = sheet.segments(account);
        let (Some(first), Some(slot)) = (segments.first(), active.get_mut(usize::from(account))) else {
            return Err(ProveError::Account(account));
        };
        if declared.last().is_some_and(|last| *last >= account) {
            return Err(ProveError::Account(account));
        }
        *slot = true;
        declared.push(account);
        let made = commit_pasta(shape, risk.universe, account, *first, one.quantities, one.seed)
            .map_err(|source| ProveError::Commitment { account, source })?;
        if made != one.second.commitments || made.len() != segments.len() {
            return Err(ProveError::Opening(account));
        }
        quantities[first * length..][..one.quantities.len()].copy_from_slice(one.quantities);
        for (segment, commitment) in segments.into_iter().zip(made) {
            blindings[segment] = one.seed.blinding(segment);
            commitments[segment] = from_bytes(&commitment.0).ok_or(ProveError::Opening(account))?;
        }
    }
    let least = rows::least_witnesses(sheet.rules, risk, shape, &quantities, &active)?;
    let instance = sheet.instance(&context, &declared, &commitments);
    let hints = hints(&least);
    let secrets = Secrets { quantities: &quantities, blindings: &blindings, hints: &hints };
    let (witness, broken) = Witness::of(&sheet.key.layout, risk, &instance, &secrets);
    blindings.iter_mut().for_each(|b| *std::hint::black_box(b) = Fp::ZERO);
    if let Some(id) = broken {
        return Err(ProveError::Unlawful(id));
    }
    let proof = prover.prove_assignment(&instance, &witness)?;
    Ok(TransparentBundle {
        backend: BACKEND_TRANSPARENT,
        shape: shape.name.to_owned(),
        context,
        attestations: accounts.iter().map(|a| a.attestation.clone()).collect(),
        seconds: accounts.iter().map(|a| a.second.clone()).collect(),
        proof,
        groth16: None,
    })
}
