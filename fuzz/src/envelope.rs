//! The envelope of machine files, written a second time: a fuzzer must get past the digest, or it tests nothing else.

use mandate_statement::{Kind, keccak};

/// Bytes before the payload: magic, version, kind, length, digest.
pub const HEADER: usize = 52;

/// A file of `kind` around any payload, with the length and the digest that the payload has.
pub fn seal(kind: Kind, payload: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(HEADER + payload.len());
    out.extend_from_slice(b"MANDATE\0");
    out.extend_from_slice(&1u16.to_le_bytes());
    out.extend_from_slice(&(kind as u16).to_le_bytes());
    out.extend_from_slice(&(payload.len() as u64).to_le_bytes());
    out.extend_from_slice(&keccak(payload).0);
    out.extend_from_slice(payload);
    out
}

/// The file with length and digest made right for whatever stands behind its header.
pub fn resealed(kind: Kind, file: &[u8]) -> Vec<u8> {
    seal(kind, file.get(HEADER..).unwrap_or(file))
}
