//! Attestations: a custodian, venue, administrator or auditor vouches that a commitment holds what its own records say.

use crate::digest::{Digest, keccak};
use alloy_primitives::{Address, B256, Signature, U256};
use alloy_sol_types::{Eip712Domain, SolStruct, eip712_domain, sol};

sol! {
    /// What an attestor signs (EIP-712). `nettingSet` is the account's index in the universe.
    struct AccountAttestation {
        bytes32 subject;
        bytes32 account;
        uint16 nettingSet;
        bytes32 universe;
        uint64 asOf;
        uint64 sequence;
        uint256 commitment;
    }

    /// What the same attestor signs beside it, where a proof without a ceremony is wanted. `attestation` is the digest that was
    /// signed first; `commitment` is the digest of the second commitment.
    struct PastaAttestation {
        bytes32 attestation;
        bytes32 commitment;
    }
}

/// The EIP-712 domain carries no chain: one attestation serves every chain and every off-chain reader. What keeps an
/// account from backing two books is the subject and the sequence number in the message.
fn domain() -> Eip712Domain {
    eip712_domain! { name: "mandate", version: "1", }
}

/// How close an attestor is to the records it vouches for.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    bincode::Encode,
    bincode::Decode,
    serde::Serialize,
    serde::Deserialize,
)]
#[serde(rename_all = "lowercase")]
pub enum AttestorGrade {
    /// The subject itself. Refused unless a reader asks for it.
    #[serde(rename = "self")]
    SelfAttested = 0,
    /// A fund administrator or auditor reading statements.
    Administrator = 1,
    /// A custodian that holds the assets.
    Custodian = 2,
    /// The venue where the positions stand.
    Venue = 3,
}

impl AttestorGrade {
    /// As people write it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::SelfAttested => "self",
            Self::Administrator => "administrator",
            Self::Custodian => "custodian",
            Self::Venue => "venue",
        }
    }
}

/// What an attestor says of one account at one instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, bincode::Encode, bincode::Decode, serde::Serialize)]
pub struct Attestation {
    /// Whose book the account belongs to.
    pub subject: Digest,
    /// The account, in the attestor's own naming, hashed.
    pub account: Digest,
    /// Index of the account in the universe.
    pub netting_set: u16,
    /// Digest of the universe whose slots the commitment opens to.
    pub universe: Digest,
    /// Instant of the records, seconds since 1970 in UTC.
    pub as_of: u64,
    /// Grows with every attestation of this account; never used twice.
    pub sequence: u64,
    /// The commitment, big-endian, below the field order.
    pub commitment: Digest,
}

impl Attestation {
    /// The EIP-712 digest that is signed.
    pub fn signing_hash(&self) -> Digest {
        let message = AccountAttestation {
            subject: B256::from(self.subject.0),
            account: B256::from(self.account.0),
            nettingSet: self.netting_set,
            universe: B256::from(self.universe.0),
            asOf: self.as_of,
            sequence: self.sequence,
            commitment: U256::from_be_bytes(self.commitment.0),
        };
        Digest(message.eip712_signing_hash(&domain()).0)
    }
}

/// An attestation with its signature: `r`, `s`, `v` (27 or 28), 65 bytes, `s` in the lower half.
#[derive(Clone, Debug, PartialEq, Eq, bincode::Encode, bincode::Decode, serde::Serialize)]
pub struct SignedAttestation {
    /// What was signed.
    pub attestation: Attestation,
    /// The signature.
    #[serde(serialize_with = "hex_bytes")]
    pub signature: Vec<u8>,
}

fn hex_bytes<S: serde::Serializer>(bytes: &[u8], s: S) -> Result<S::Ok, S::Error> {
    s.serialize_str(&format!("0x{}", hex::encode(bytes)))
}

impl SignedAttestation {
    /// The address that signed, or `None` where the signature is malformed, recovers to nothing, or has its `s` in the
    /// upper half (a second signature over the same message).
    pub fn signer(&self) -> Option<[u8; 20]> {
        signer(&self.signature, self.attestation.signing_hash())
    }
}

/// The address that signed `hash`, or `None` where the signature is malformed or one of two over the same message.
fn signer(signature: &[u8], hash: Digest) -> Option<[u8; 20]> {
    let bytes: &[u8; 65] = signature.try_into().ok()?;
    if !matches!(bytes[64], 27 | 28) {
        return None;
    }
    let signature = Signature::from_raw_array(bytes).ok()?;
    if signature.normalize_s().is_some() {
        return None;
    }
    let address: Address = signature.recover_address_from_prehash(&B256::from(hash.0)).ok()?;
    Some(address.into_array())
}

/// A second statement by an attestor about the same records: the commitment over the Pasta field.
#[derive(Clone, Debug, PartialEq, Eq, bincode::Encode, bincode::Decode)]
pub struct SecondAttestation {
    /// [`Attestation::signing_hash`] of the first.
    pub attestation: Digest,
    /// Commitment of every segment of the account, in order, big-endian, below the order of the Pasta base field.
    pub commitments: Vec<Digest>,
    /// The signature, as [`SignedAttestation::signature`].
    pub signature: Vec<u8>,
}

impl SecondAttestation {
    /// The EIP-712 digest that is signed.
    pub fn signing_hash(&self) -> Digest {
        let message = PastaAttestation {
            attestation: B256::from(self.attestation.0),
            commitment: B256::from(second_commitment(&self.commitments).0),
        };
        Digest(message.eip712_signing_hash(&domain()).0)
    }
    /// The address that signed, as [`SignedAttestation::signer`] has it.
    pub fn signer(&self) -> Option<[u8; 20]> {
        signer(&self.signature, self.signing_hash())
    }
}

/// One digest for the commitments of an account's segments:
/// `keccak(keccak("mandate/commitment/pasta/list/1") || word(count) || commitments)`.
pub fn second_commitment(commitments: &[Digest]) -> Digest {
    let mut bytes = keccak(b"mandate/commitment/pasta/list/1").0.to_vec();
    push_number(&mut bytes, commitments.len() as u64);
    commitments.iter().for_each(|c| bytes.extend_from_slice(&c.0));
    keccak(&bytes)
}

/// One declared account of a subject.
#[derive(Clone, Debug, PartialEq, Eq, bincode::Encode, bincode::Decode)]
pub struct AccountEntry {
    /// Index of the account in the universe.
    pub netting_set: u16,
    /// The account, in the attestor's own naming, hashed.
    pub account: Digest,
    /// Address that must sign for it.
    pub attestor: [u8; 20],
    /// How close that attestor is to the records.
    pub grade: AttestorGrade,
}

/// All accounts of a subject, declared by its administrator. A proof must have every one of them, and no other.
#[derive(Clone, Debug, PartialEq, Eq, bincode::Encode, bincode::Decode)]
pub struct AccountSet {
    /// Whose accounts they are.
    pub subject: Digest,
    /// Grows with every change.
    pub version: u64,
    /// In strictly growing order of `netting_set`.
    pub entries: Vec<AccountEntry>,
}

impl AccountSet {
    /// `d = keccak(keccak("mandate/accounts/1") || subject || word(version))`, then for each entry
    /// `d = keccak(d || word(nettingSet) || account || word(attestor) || word(grade))`, words of 32 bytes, as a
    /// contract computes it.
    pub fn digest(&self) -> Digest {
        let mut bytes = keccak(b"mandate/accounts/1").0.to_vec();
        bytes.extend_from_slice(&self.subject.0);
        push_number(&mut bytes, self.version);
        let mut digest = keccak(&bytes);
        for entry in &self.entries {
            bytes.clear();
            bytes.extend_from_slice(&digest.0);
            push_number(&mut bytes, u64::from(entry.netting_set));
            bytes.extend_from_slice(&entry.account.0);
            bytes.extend_from_slice(&[0; 12]);
            bytes.extend_from_slice(&entry.attestor);
            push_number(&mut bytes, entry.grade as u64);
            digest = keccak(&bytes);
        }
        digest
    }
}

fn push_number(bytes: &mut Vec<u8>, value: u64) {
    bytes.extend_from_slice(&[0; 24]);
    bytes.extend_from_slice(&value.to_be_bytes());
}
