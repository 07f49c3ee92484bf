//! The envelope of every machine file: magic, version, kind, length, digest, then `bincode` 2 (standard
//! configuration: little-endian, variable-length integers).
//!
//! `bincode` accepts trailing bytes and non-canonical integers, so a decoded value is encoded again and must give the
//! same bytes: one value, one file.

use crate::digest::{Digest, keccak};
use bincode::{Decode, Encode};

const MAGIC: &[u8; 8] = b"MANDATE\0";
const VERSION: u16 = 1;
const HEADER: usize = 8 + 2 + 2 + 8 + 32;

/// What a file holds, with the largest size a reader accepts before it looks inside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u16)]
pub enum Kind {
    /// A market snapshot with its universe.
    Snapshot = 1,
    /// The risk part of a sheet.
    RiskPart = 2,
    /// The rules part of a sheet.
    RulesPart = 3,
    /// A proof with everything a verifier needs beside public files.
    Bundle = 4,
    /// A custodian's opening of one account. Secret.
    Opening = 5,
    /// A signed attestation of one account.
    Attestation = 6,
    /// A proving key.
    ProvingKey = 7,
    /// A verifying key.
    VerifyingKey = 8,
    /// A disclosure of part of a book to one reader.
    Disclosure = 9,
    /// A second attestation of one account, over the Pasta field.
    SecondAttestation = 10,
    /// A proof without a ceremony, with everything a verifier needs beside public files.
    TransparentBundle = 11,
}

impl Kind {
    /// Largest payload accepted, in bytes.
    pub const fn limit(self) -> usize {
        match self {
            Self::Attestation | Self::SecondAttestation => 4 << 10,
            Self::Bundle | Self::TransparentBundle => 1 << 20,
            Self::Opening | Self::Disclosure => 4 << 20,
            Self::RulesPart => 8 << 20,
            Self::Snapshot | Self::RiskPart | Self::VerifyingKey => 64 << 20,
            Self::ProvingKey => 2 << 30,
        }
    }
    const fn name(self) -> &'static str {
        match self {
            Self::Snapshot => "snapshot",
            Self::RiskPart => "risk part",
            Self::RulesPart => "rules part",
            Self::Bundle => "bundle",
            Self::Opening => "opening",
            Self::Attestation => "attestation",
            Self::ProvingKey => "proving key",
            Self::VerifyingKey => "verifying key",
            Self::Disclosure => "disclosure",
            Self::SecondAttestation => "second attestation",
            Self::TransparentBundle => "transparent bundle",
        }
    }
}

/// Why bytes are not a file of the wanted kind.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum CodecError {
    /// Larger than any honest file.
    #[error("{kind} is {got} bytes; at most {limit} are read")]
    TooLarge {
        /// What was wanted.
        kind: &'static str,
        /// Bytes found.
        got: usize,
        /// Bytes accepted.
        limit: usize,
    },
    /// Not one of this project's files at all, or cut short.
    #[error("this is no {kind} file: {why}")]
    NotThisKind {
        /// What was wanted.
        kind: &'static str,
        /// What was found instead.
        why: String,
    },
    /// The payload is not what the header's digest names.
    #[error("{kind} is damaged: its digest is {found}, the header names {named}")]
    Damaged {
        /// What was wanted.
        kind: &'static str,
        /// Digest of the payload.
        found: Digest,
        /// Digest in the header.
        named: Digest,
    },
    /// The payload does not decode, or is not the one encoding of what it decodes to.
    #[error("{kind} does not decode: {why}")]
    Malformed {
        /// What was wanted.
        kind: &'static str,
        /// The decoder's word.
        why: String,
    },
}

/// The one encoding of `value` as a file of `kind`.
///
/// # Panics
/// If the value is larger than the kind's limit, which no value made by this project is.
pub fn encode<T: Encode>(kind: Kind, value: &T) -> Vec<u8> {
    let payload = payload(value);
    assert!(
        payload.len() <= kind.limit(),
        "{} of {} bytes is over its own limit",
        kind.name(),
        payload.len()
    );
    let mut out = Vec::with_capacity(HEADER + payload.len());
    out.extend_from_slice(MAGIC);
    out.extend_from_slice(&VERSION.to_le_bytes());
    out.extend_from_slice(&(kind as u16).to_le_bytes());
    out.extend_from_slice(&(payload.len() as u64).to_le_bytes());
    out.extend_from_slice(&keccak(&payload).0);
    out.extend_from_slice(&payload);
    out
}

pub(crate) fn payload<T: Encode>(value: &T) -> Vec<u8> {
    bincode::encode_to_vec(value, bincode::config::standard()).expect("writing to memory does not fail")
}

/// Reads a file of `kind`. Never panics, whatever the bytes.
///
/// # Errors
/// [`CodecError`], naming what was wanted and what was found.
pub fn decode<T: Decode<()> + Encode>(kind: Kind, bytes: &[u8]) -> Result<T, CodecError> {
    let name = kind.name();
    let not = |why: String| CodecError::NotThisKind { kind: name, why };
    if bytes.len() > HEADER + kind.limit() {
        return Err(CodecError::TooLarge { kind: name, got: bytes.len(), limit: HEADER + kind.limit() });
    }
    let Some((header, body)) = bytes.split_at_checked(HEADER) else {
        return Err(not(format!("{} bytes are too few for the {HEADER}-byte header", bytes.len())));
    };
    if &header[..8] != MAGIC {
        return Err(not("it does not begin with `MANDATE`".into()));
    }
    let u16_at = |i: usize| u16::from_le_bytes([header[i], header[i + 1]]);
    if u16_at(8) != VERSION {
        return Err(not(format!("format version {}, this program reads {VERSION}", u16_at(8))));
    }
    if u16_at(10) != kind as u16 {
        return Err(not(format!("its kind is {}, wanted {}", u16_at(10), kind as u16)));
    }
    let length = u64::from_le_bytes(header[12..20].try_into().expect("eight bytes"));
    if length != body.len() as u64 {
        return Err(not(format!("the header names {length} bytes, {} follow", body.len())));
    }
    let named = Digest(header[20..52].try_into().expect("thirty-two bytes"));
    let found = keccak(body);
    if found != named {
        return Err(CodecError::Damaged { kind: name, found, named });
    }
    let malformed = |why: String| CodecError::Malformed { kind: name, why };
    let decoded = decode_within::<T>(room(kind, body.len()), body);
    let (value, read) = decoded.map_err(|e| malformed(e.to_string()))?;
    if read != body.len() {
        return Err(malformed(format!("{} bytes are left over", body.len() - read)));
    }
    if payload(&value) != body {
        return Err(malformed("it is not the canonical encoding".into()));
    }
    Ok(value)
}

/// Bytes of memory that a decoder may ask for, as a power of two: 64 for each byte at hand, at most 128 MiB (4 GiB for a
/// proving key). A length in the file is a claim that nothing stands behind yet, and memory is not given out for claims: a
/// byte of payload stands for at most 16 bytes in memory (an `i128` that is zero), and texts and lists take some more.
const fn room(kind: Kind, payload: usize) -> u32 {
    if matches!(kind, Kind::ProvingKey) {
        return 32;
    }
    let wanted = payload.saturating_mul(64);
    let mut power = 17;
    while power < 27 && wanted > 1 << power {
        power += 2;
    }
    power
}

/// Decodes with at most `2^power` bytes of memory. The limit is a type parameter of bincode's, hence the steps.
fn decode_within<T: Decode<()>>(power: u32, body: &[u8]) -> Result<(T, usize), bincode::error::DecodeError> {
    let all = bincode::config::standard();
    match power {
        17 => bincode::decode_from_slice(body, all.with_limit::<{ 1 << 17 }>()),
        19 => bincode::decode_from_slice(body, all.with_limit::<{ 1 << 19 }>()),
        21 => bincode::decode_from_slice(body, all.with_limit::<{ 1 << 21 }>()),
        23 => bincode::decode_from_slice(body, all.with_limit::<{ 1 << 23 }>()),
        25 => bincode::decode_from_slice(body, all.with_limit::<{ 1 << 25 }>()),
        32 => bincode::decode_from_slice(body, all.with_limit::<{ 4 << 30 }>()),
        _ => bincode::decode_from_slice(body, all.with_limit::<{ 1 << 27 }>()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn every_altered_byte_is_refused() {
        let good = encode(Kind::Attestation, &vec![1u64, 300, 70_000]);
        assert_eq!(decode::<Vec<u64>>(Kind::Attestation, &good).unwrap(), vec![1, 300, 70_000]);
        for i in 0..good.len() {
            let mut bad = good.clone();
            bad[i] ^= 1;
            assert!(decode::<Vec<u64>>(Kind::Attestation, &bad).is_err(), "byte {i}");
            assert!(decode::<Vec<u64>>(Kind::Attestation, &good[..i]).is_err(), "cut at {i}");
        }
        let mut long = good.clone();
        long.push(0);
        assert!(decode::<Vec<u64>>(Kind::Attestation, &long).is_err());
        assert!(decode::<Vec<u64>>(Kind::Bundle, &good).is_err());
    }

    #[test]
    fn a_non_canonical_integer_is_refused() {
        // 251 announces two bytes; 5 fits in one, so this is a second spelling of 5.
        let body = [251u8, 5, 0];
        let mut file = Vec::new();
        file.extend_from_slice(MAGIC);
        file.extend_from_slice(&VERSION.to_le_bytes());
        file.extend_from_slice(&(Kind::Attestation as u16).to_le_bytes());
        file.extend_from_slice(&3u64.to_le_bytes());
        file.extend_from_slice(&keccak(&body).0);
        file.extend_from_slice(&body);
        assert!(matches!(decode::<u64>(Kind::Attestation, &file), Err(CodecError::Malformed { .. })));
    }

    proptest! {
        #[test]
        fn random_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            let _ = decode::<Vec<String>>(Kind::Bundle, &bytes);
        }
    }
}
