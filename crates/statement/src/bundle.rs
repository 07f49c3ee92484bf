//! The bundle: one file that a prover hands to a verifier.

use crate::attestation::SignedAttestation;
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
