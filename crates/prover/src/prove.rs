//! From openings to a bundle.

use crate::budget::first_too_wide;
use crate::groth16::{Engine, Flow, Points, Share};
use crate::keys::{KeyHead, ProvingKey, ProvingKeyError};
use crate::matrices::Matrices;
use crate::ready::{Ready, ReadyError};
use ark_bn254::{Bn254, Fr};
use ark_ff::{AdditiveGroup, UniformRand};
use ark_groth16::Proof;
use ark_relations::gr1cs::SynthesisError;
use ark_serialize::CanonicalSerialize;
use mandate_arith::Path;
use mandate_attest::{Blinding, CommitmentError, Opening, commit};
use mandate_circuits::r1cs::{Blocks, Hints, Relation, Secrets, assignment, public_inputs, relation};
use mandate_rows::{self as rows, RowsError};
use mandate_statement::{
    BACKEND_GROTH16, Bundle, Context, Digest, Family, InputLayout, RiskPart, RulesPart, SheetError,
    SignedAttestation,
};
use rand::rngs::OsRng;
use std::sync::{Mutex, PoisonError};
use zeroize::{Zeroize, Zeroizing};

/// One account as its custodian handed it back. Borrowed: the opening's owner wipes it.
pub struct AccountOpening<'a> {
    /// Quantities of the account's segments, in slot order, in lots.
    pub quantities: &'a [i64],
    /// Blinding of the commitment.
    pub blinding: &'a Blinding,
    /// What the custodian signed.
    pub attestation: &'a SignedAttestation,
}

impl<'a> AccountOpening<'a> {
    /// An opening and the attestation that came with it.
    pub fn of(attestation: &'a SignedAttestation, opening: &'a Opening) -> Self {
        Self { quantities: &opening.quantities, blinding: &opening.blinding, attestation }
    }
}

/// What is to be proven.
pub struct Task<'a> {
    /// Whose, under what, when and where.
    pub context: Context,
    /// The mandate.
    pub rules: &'a RulesPart,
    /// The market.
    pub risk: &'a RiskPart,
    /// One per declared account, in the order of the account indices.
    pub accounts: Vec<AccountOpening<'a>>,
}

/// Why no proof was made. Never names a quantity or a blinding.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ProveError {
    /// The sheet does not have its shape's lengths, or is of another shape than the key.
    #[error(transparent)]
    Sheet(#[from] SheetError),
    /// Parts of different shapes.
    #[error("{what} is for shape `{got}`, the key is for `{wanted}`")]
    Shape {
        /// Which part.
        what: &'static str,
        /// Its shape.
        got: String,
        /// The key's shape.
        wanted: &'static str,
    },
    /// A row could leave the range of its slack.
    #[error("{family:?} row {index} could leave the range of its slack: no lawful sheet has it")]
    TooWide {
        /// Its family.
        family: Family,
        /// Its place.
        index: u16,
    },
    /// The context names another file.
    #[error("the context names another {0} than the one given")]
    Context(&'static str),
    /// The sheet gives that account no segments.
    #[error("account {0} has no slots in this sheet")]
    NoSegments(u16),
    /// Accounts not in growing order.
    #[error("account {0} is given twice or out of order")]
    Order(u16),
    /// An opening does not open its commitment under this universe.
    #[error(
        "the opening of account {0} does not open the commitment its custodian signed: another universe, or altered"
    )]
    Opening(u16),
    /// An opening has the wrong number of quantities or one out of range.
    #[error("account {account}: {source}")]
    Commitment {
        /// The account.
        account: u16,
        /// What is wrong with it.
        source: CommitmentError,
    },
    /// The rows cannot be read.
    #[error(transparent)]
    Rows(#[from] RowsError),
    /// The constraints that came with the key are not this program's.
    #[error(
        "the key was made ready by another version of this program: make it ready again with `mandate setup ready`"
    )]
    OtherCircuit,
    /// The book does not satisfy the sheet. `evaluate` says which rule and by how much.
    #[error("the book does not satisfy the sheet (first broken constraint: `{0}`); no proof of it exists")]
    Unlawful(&'static str),
}

/// Sheets whose share of a proof is kept: one for each mandate that a desk proves at a time.
const SHARES: usize = 8;

/// A proving key with its constraint matrices, ready for many proofs of one shape, from any number of threads.
pub struct Prover {
    head: KeyHead,
    engine: Engine,
    flow: Flow,
    /// By the digests of both parts, the latest used last. Public.
    shares: Mutex<Vec<([Digest; 2], Share)>>,
}

impl Prover {
    /// Takes a key and the relation of its shape.
    ///
    /// # Errors
    /// [`ProvingKeyError::OtherCircuit`] where the key has other sizes than the relation.
    pub fn new(key: ProvingKey, relation: &Relation) -> Result<Self, ProvingKeyError> {
        let matrices = Matrices::of(relation);
        key.fits(&matrices)?;
        let points = Points::of(key.points(), matrices.inputs);
        Self::of(key.into_head(), matrices, points)
    }
    /// Reads a key made ready by [`crate::ready_file`], where its digest is one that this program knows or one of `pins`, which
    /// the caller had from somebody trusted with the book's secrecy.
    ///
    /// # Errors
    /// [`ReadyError`].
    pub fn from_ready(file: &[u8], pins: &[Digest]) -> Result<Self, ReadyError> {
        let Ready { head, points, matrices } = Ready::from_bytes(file, pins)?;
        Ok(Self::of(head, matrices, points)?)
    }
    fn of(head: KeyHead, matrices: Matrices, points: Points) -> Result<Self, ProvingKeyError> {
        let engine = Engine::new(matrices, points, Path::best())
            .ok_or(ProvingKeyError::Setup(SynthesisError::PolynomialDegreeTooLarge))?;
        Ok(Self { head, engine, flow: Flow::Fast, shares: Mutex::new(Vec::new()) })
    }
    /// The key.
    pub const fn key(&self) -> &KeyHead {
        &self.head
    }
    /// Rows of the constraints.
    pub const fn constraints(&self) -> usize {
        self.engine.matrices.constraints()
    }
    /// Public inputs, the constant one included.
    pub const fn inputs(&self) -> usize {
        self.engine.matrices.inputs
    }
    /// Whether the multiplications may see secret values; [`Flow::Fast`] unless said. Proofs are the same.
    #[must_use]
    pub const fn with_flow(mut self, flow: Flow) -> Self {
        self.flow = flow;
        self
    }
    /// Which arithmetic runs; the fastest of this processor unless said. Proofs are the same.
    #[must_use]
    pub const fn with_path(mut self, path: Path) -> Self {
        self.engine.set_path(path);
        self
    }
    /// Which arithmetic runs.
    pub const fn path(&self) -> Path {
        self.engine.path()
    }

    /// Proves that the opened accounts keep the sheet.
    ///
    /// # Errors
    /// [`ProveError`]; nothing is made unless every constraint holds.
    ///
    /// # Panics
    /// Never: writing to memory does not fail.
    pub fn prove(&self, task: &Task<'_>) -> Result<Bundle, ProveError> {
        let (commitments, full) = self.witness(task)?;
        if full.len() != self.inputs() + self.engine.matrices.witnesses {
            return Err(ProveError::OtherCircuit);
        }
        let mut blinders = Zeroizing::new([Fr::rand(&mut OsRng), Fr::rand(&mut OsRng)]);
        let own = InputLayout::of(self.head.verifying.shape).rules;
        let share = self.share(&task.context, &full[own..self.inputs()]);
        let proof = self.engine.prove(&full, own, share, *blinders, self.flow);
        blinders.zeroize();
        let proof = proof.map_err(|row| self.unlawful(row))?;
        let mut bytes = Vec::with_capacity(128);
        proof.serialize_compressed(&mut bytes).expect("writing to memory does not fail");
        Ok(Bundle {
            backend: BACKEND_GROTH16,
            shape: self.head.verifying.shape.name.to_owned(),
            context: task.context,
            commitments,
            attestations: task.accounts.iter().map(|a| a.attestation.clone()).collect(),
            proof: bytes,
        })
    }

    /// The commitments, and the assignment of every variable of the circuit.
    ///
    /// # Errors
    /// [`ProveError`], where the parts do not belong together or the rows cannot be read.
    pub fn witness(&self, task: &Task<'_>) -> Result<(Vec<Digest>, Zeroizing<Vec<Fr>>), ProveError> {
        let shape = self.head.verifying.shape;
        for (what, got) in [("the mandate", &task.rules.shape), ("the risk part", &task.risk.shape)] {
            if got != shape.name {
                return Err(ProveError::Shape { what, got: got.clone(), wanted: shape.name });
            }
        }
        task.risk.shape()?;
        let (got, wanted) = (task.rules.coefficients.len(), RulesPart::len(shape));
        if got != wanted {
            return Err(ProveError::Rows(RowsError::Length { what: "rules coefficients", got, wanted }));
        }
        if let Some(row) = first_too_wide(shape, task.rules) {
            return Err(ProveError::TooWide { family: row.family, index: row.index });
        }
        if task.context.key != self.head.verifying.id() {
            return Err(ProveError::Context("verifying key"));
        }
        if task.context.mandate != task.rules.digest() {
            return Err(ProveError::Context("mandate"));
        }
        if task.context.risk != task.risk.digest() {
            return Err(ProveError::Context("risk part"));
        }
        let mut quantities = Zeroizing::new(vec![0i64; shape.slots]);
        let mut blindings = Zeroizing::new(vec![Fr::ZERO; shape.accounts]);
        let mut commitments = vec![Digest::default(); shape.accounts];
        let mut active = vec![false; shape.accounts];
        let mut next = 0u16;
        for account in &task.accounts {
            let said = &account.attestation.attestation;
            let index = said.netting_set;
            if index < next {
                return Err(ProveError::Order(index));
            }
            next = index.saturating_add(1);
            let segments: Vec<usize> =
                (0..shape.segments).filter(|g| task.risk.layout.account[*g] == Some(index)).collect();
            let (Some(first), Some(slot)) = (segments.first(), active.get_mut(usize::from(index))) else {
                return Err(ProveError::NoSegments(index));
            };
            *slot = true;
            let opened =
                commit(shape, task.risk.universe, index, *first, account.quantities, account.blinding)
                    .map_err(|source| ProveError::Commitment { account: index, source })?;
            let length = shape.segment_len();
            if opened != said.commitment
                || said.universe != task.risk.universe
                || account.quantities.len() != segments.len() * length
            {
                return Err(ProveError::Opening(index));
            }
            let start = first * length;
            quantities[start..start + account.quantities.len()].copy_from_slice(account.quantities);
            blindings[usize::from(index)] = account.blinding.element();
            commitments[usize::from(index)] = opened;
        }
        let least = rows::least_witnesses(task.rules, task.risk, shape, &quantities, &active)?;
        let hints = hints(&least);
        let inputs = public_inputs(shape, &task.context, &commitments, task.rules, task.risk);
        let secrets = Secrets { quantities: &quantities, blindings: &blindings, active: &active, hints };
        Ok((commitments, assignment(shape, inputs, &secrets)))
    }

    /// The proof for an assignment and blinders of the caller's choice: what tests compare with another prover. A proof with
    /// blinders that anybody else knows tells which witness it is of.
    ///
    /// # Errors
    /// [`ProveError::Unlawful`] where a row does not hold.
    #[doc(hidden)]
    pub fn proof_with(&self, z: &[Fr], blinders: [Fr; 2]) -> Result<Proof<Bn254>, ProveError> {
        let none = self.engine.share(0, &[]);
        self.engine.prove(z, self.inputs(), none, blinders, self.flow).map_err(|row| self.unlawful(row))
    }

    /// What the sheet of a context whose digests were checked adds to every proof of it.
    fn share(&self, context: &Context, values: &[Fr]) -> Share {
        let name = [context.mandate, context.risk];
        let lock = || self.shares.lock().unwrap_or_else(PoisonError::into_inner);
        {
            let mut shares = lock();
            if let Some(at) = shares.iter().position(|(n, _)| *n == name) {
                let found = shares.remove(at);
                shares.push(found);
                return found.1;
            }
        }
        let share = self.engine.share(self.inputs() - values.len(), values);
        let mut shares = lock();
        if shares.len() == SHARES {
            shares.remove(0);
        }
        shares.push((name, share));
        share
    }

    /// Names a row that does not hold. The rows have no names here: they are made again, as a book without a proof can wait.
    fn unlawful(&self, row: usize) -> ProveError {
        ProveError::Unlawful(relation(self.head.verifying.shape).ids[row].name())
    }
}

fn hints(least: &rows::Witnesses) -> Hints {
    let blocks = |x: &[Vec<i128>], bits: &[Vec<bool>]| Blocks { witnesses: x.to_vec(), bits: bits.to_vec() };
    Hints {
        blocks: [
            blocks(&least.group_x, &least.group_bits),
            blocks(&least.account_x, &least.account_bits),
            blocks(&least.asset_x, &least.asset_bits),
        ],
        witnesses: least.global_y.clone(),
        bits: least.global_bits.clone(),
    }
}
