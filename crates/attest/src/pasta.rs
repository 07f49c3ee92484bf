//! The second commitment to an account's quantities, over the Pasta base field: what a proof without a ceremony opens.
//!
//! One commitment for each segment, so that an account of any length is as many short hashes. With
//! `TAG = keccak("mandate/commitment/pasta/1")` and `U` the universe digest, both without their top byte, as big-endian integers,
//! and `E = 2 ceil((1 + ceil(segmentLength / 5)) / 2) - 1`:
//!
//! ```text
//! header      = nettingSet + 2^16 firstSegment + 2^32 segmentCount
//! e_i         = sum over j < 5 of (q[5 i + j] + 2^47) 2^(48 j)        i < E, q zero past the segment's last slot
//! c[segment]  = Poseidon(TAG, U, header, segment, blinding[segment], e_0, .., e_(E-1))
//! ```
//!
//! Poseidon is `P128Pow5T3` of `halo2_poseidon` over messages of constant length. The blinding of a segment comes from one seed of
//! 32 bytes, drawn for this commitment alone: Keccak twice, reduced from 512 bits.

use crate::commitment::CommitmentError;
use crate::error::AttestError;
use crate::key::AttestorKey;
use crate::opening::Opening;
use ff::{Field, FromUniformBytes, PrimeField};
use halo2_poseidon::{ConstantLength, Hash, P128Pow5T3};
use mandate_statement::{
    Digest, InputLayout, Kind, QUANTITY_LIMIT, SecondAttestation, Shape, SignedAttestation, decode, encode,
    keccak,
};
use pasta_curves::Fp;
use rand::RngCore;
use std::path::Path;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

/// What the tag is the digest of.
pub const DOMAIN: &[u8] = b"mandate/commitment/pasta/1";

/// What the blindings of an account's segments are drawn from. Wiped when dropped.
#[derive(Clone, Zeroize, ZeroizeOnDrop, bincode::Encode, bincode::Decode)]
pub struct PastaSeed([u8; 32]);

impl PastaSeed {
    /// A fresh one from the operating system.
    pub fn random() -> Self {
        let mut out = [0; 32];
        rand::rngs::OsRng.fill_bytes(&mut out);
        Self(out)
    }
    /// From 32 bytes.
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }
    /// The blinding of a segment, uniform in the field.
    pub fn blinding(&self, segment: usize) -> Fp {
        let mut wide = Zeroizing::new([0u8; 64]);
        for half in 0..2u8 {
            let mut bytes = Zeroizing::new(Vec::with_capacity(96));
            bytes.extend_from_slice(b"mandate/blinding/pasta/1");
            bytes.push(half);
            bytes.extend_from_slice(&self.0);
            bytes.extend_from_slice(&(segment as u64).to_be_bytes());
            wide[32 * usize::from(half)..][..32].copy_from_slice(&keccak(&bytes).0);
        }
        Fp::from_uniform_bytes(&wide)
    }
}

/// A digest as a field element: the top byte dropped, 248 bits.
fn element(digest: &Digest) -> Fp {
    let mut little = digest.field_bytes();
    little.reverse();
    Option::from(Fp::from_repr(little)).expect("248 bits are below the order")
}

/// The commitment of every segment of an account, in order, 32 big-endian bytes each, below the field's order.
///
/// # Errors
/// [`CommitmentError`], as [`crate::commit`] has it.
pub fn commit_pasta(
    shape: &Shape,
    universe: Digest,
    netting_set: u16,
    first_segment: usize,
    quantities: &[i64],
    seed: &PastaSeed,
) -> Result<Vec<Digest>, CommitmentError> {
    crate::commitment::check(shape, netting_set, first_segment, quantities)?;
    let length = shape.segment_len();
    let count = quantities.len() / length;
    let elements = 2 * (1 + shape.packed_per_segment()).div_ceil(2) - 1;
    let header = u128::from(netting_set) + ((first_segment as u128) << 16) + ((count as u128) << 32);
    let mut out = Vec::with_capacity(count);
    for (segment, slots) in (first_segment..).zip(quantities.chunks(length)) {
        let mut message = vec![
            element(&keccak(DOMAIN)),
            element(&universe),
            Fp::from_u128(header),
            Fp::from(segment as u64),
            seed.blinding(segment),
        ];
        for i in 0..elements {
            let step = Fp::from(1 << 48);
            let place = |j| slots.get(i * InputLayout::SLOTS_PER_ELEMENT + j).copied().unwrap_or(0);
            message.push((0..InputLayout::SLOTS_PER_ELEMENT).rev().fold(Fp::ZERO, |sum, j| {
                sum * step + Fp::from(place(j).wrapping_add(QUANTITY_LIMIT).unsigned_abs())
            }));
        }
        let digest = hash(&message);
        message.iter_mut().for_each(|m| *std::hint::black_box(m) = Fp::ZERO);
        let mut bytes = digest.to_repr();
        bytes.reverse();
        if digest == Fp::ZERO {
            return Err(CommitmentError::Zero);
        }
        out.push(Digest(bytes));
    }
    Ok(out)
}

/// The hash is typed by its length; these are the lengths that segments of 8, 16, 32 and 64 slots have.
fn hash(message: &[Fp]) -> Fp {
    fn of<const L: usize>(message: &[Fp]) -> Fp {
        let message: [Fp; L] = message.try_into().expect("the length was matched");
        Hash::<Fp, P128Pow5T3, ConstantLength<L>, 3, 2>::init().hash(message)
    }
    match message.len() {
        8 => of::<8>(message),
        10 => of::<10>(message),
        12 => of::<12>(message),
        18 => of::<18>(message),
        other => unreachable!("no shape has segments of {other} elements"),
    }
}

/// Commits to an opening's quantities a second time, with a fresh seed that the opening keeps, and signs that beside `first`.
///
/// # Errors
/// [`AttestError::Mismatch`] where the opening is not that of `first` or the key not the one that signed it; [`AttestError`] where
/// the signer fails.
pub fn attest_second(
    opening: &mut Opening,
    first: &SignedAttestation,
    key: &AttestorKey,
) -> Result<SecondAttestation, AttestError> {
    opening.check(&first.attestation)?;
    if first.signer() != Some(key.address()) {
        return Err(AttestError::Mismatch("attestor"));
    }
    let (seed, commitments) = loop {
        let seed = PastaSeed::random();
        match opening.commit_with(&seed) {
            Err(CommitmentError::Zero) => {}
            other => break (seed, other?),
        }
    };
    opening.seed = Some(seed);
    let attestation = first.attestation.signing_hash();
    let mut out = SecondAttestation { attestation, commitments, signature: Vec::new() };
    out.signature = key.sign(out.signing_hash())?;
    Ok(out)
}

impl Opening {
    fn commit_with(&self, seed: &PastaSeed) -> Result<Vec<Digest>, CommitmentError> {
        let shape = Shape::by_name(&self.shape).ok_or(CommitmentError::Length { got: 0, wanted: 0 })?;
        let first = usize::from(self.first_segment);
        commit_pasta(shape, self.universe, self.netting_set, first, &self.quantities, seed)
    }
    /// Checks that a second attestation stands beside `first` and holds what this opens.
    ///
    /// # Errors
    /// [`AttestError::Mismatch`], naming what differs; where there is no seed, too.
    pub fn check_second(
        &self,
        first: &SignedAttestation,
        second: &SecondAttestation,
    ) -> Result<(), AttestError> {
        let seed = self.seed.as_ref().ok_or(AttestError::Mismatch("second commitment"))?;
        if second.attestation != first.attestation.signing_hash() {
            return Err(AttestError::Mismatch("first attestation"));
        }
        if second.signer().is_none() || second.signer() != first.signer() {
            return Err(AttestError::Mismatch("attestor of the second attestation"));
        }
        if self.commit_with(seed)? != second.commitments {
            return Err(AttestError::Mismatch("second commitment"));
        }
        Ok(())
    }
}

/// Writes a second attestation's file, whole or not at all.
///
/// # Errors
/// [`AttestError::File`], with the path.
pub fn write_second(second: &SecondAttestation, path: &Path) -> Result<(), AttestError> {
    crate::files::write_private(path, &encode(Kind::SecondAttestation, second))
}

/// Reads a second attestation's file.
///
/// # Errors
/// [`AttestError`].
pub fn read_second(path: &Path) -> Result<SecondAttestation, AttestError> {
    let kind = Kind::SecondAttestation;
    Ok(decode(kind, &crate::files::read_limited(path, kind.limit() + 1024)?)?)
}
