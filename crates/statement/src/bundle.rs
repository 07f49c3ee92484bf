//! The bundle: one file that a prover hands to a verifier.

use crate::attestation::{SecondAttestation, SignedAttestation};
use crate::context::Context;
use crate::digest::Digest;

/// A proof with everything a verifier needs beside the public files (mandate, snapshot, account set, key).
#[derive(Clone, Debug, PartialEq, Eq, bincode::Encode, bincode::Decode)]
pub struct Bundle {
    /// Which proof system: [`BACKEND_GROTH16`].
    pub backend: u8,
    /// Name of the shape.
    pub shape: String,
    /// Whose, under what, when and where.
    pub context: Context,
    /// Commitment per account index, big-endian field elements; all zero where no account is declared.
    pub commitments: Vec<Digest>,
    /// One signed attestation per non-zero commitment, in the order of the account indices.
    pub attestations: Vec<SignedAttestation>,
    /// Proof bytes, in the fixed encoding of the backend.
    pub proof: Vec<u8>,
}

/// Groth16 over BN254: 128 bytes, points A, B, C compressed as `ark-serialize` does.
pub const BACKEND_GROTH16: u8 = 1;
/// PLONK with lookups over the Pasta curves, opened by an inner-product argument: no ceremony.
pub const BACKEND_TRANSPARENT: u8 = 2;

/// A proof that needs no ceremony, with everything a verifier needs beside the public files (mandate, snapshot, account set). The
/// key is derived from those.
#[derive(Clone, Debug, PartialEq, Eq, bincode::Encode, bincode::Decode)]
pub struct TransparentBundle {
    /// Which proof system: [`BACKEND_TRANSPARENT`].
    pub backend: u8,
    /// Name of the shape.
    pub shape: String,
    /// Whose, under what, when and where. Its key is that of the sheet.
    pub context: Context,
    /// One signed attestation per declared account, in the order of the account indices.
    pub attestations: Vec<SignedAttestation>,
    /// The second attestation of each, with the commitments that the proof opens.
    pub seconds: Vec<SecondAttestation>,
    /// Proof bytes, as the proof system writes them.
    pub proof: Vec<u8>,
    /// The same statement under the other proof system, where the prover was asked for both.
    pub groth16: Option<Bundle>,
}
