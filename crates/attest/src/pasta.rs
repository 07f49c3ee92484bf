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
use ff::{Field, FromUniformBytes, PrimeField};
use halo2_poseidon::{ConstantLength, Hash, P128Pow5T3};
use mandate_statement::{Digest, InputLayout, QUANTITY_LIMIT, Shape, keccak};
use pasta_curves::Fp;
use rand::RngCore;
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

/// One digest for the commitments of all segments of an account: what the custodian signs.
pub fn pasta_digest(commitments: &[Digest]) -> Digest {
    let mut bytes = keccak(b"mandate/commitment/pasta/list/1").0.to_vec();
    bytes.extend_from_slice(&(commitments.len() as u64).to_be_bytes());
    commitments.iter().for_each(|c| bytes.extend_from_slice(&c.0));
    keccak(&bytes)
}
