//! Content digests: Keccak-256, because the chain has it too.

use std::fmt;

/// A Keccak-256 digest.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default, bincode::Encode, bincode::Decode)]
pub struct Digest(pub [u8; 32]);

/// Keccak-256 of `bytes`.
pub fn keccak(bytes: &[u8]) -> Digest {
    Digest(alloy_primitives::keccak256(bytes).0)
}

impl Digest {
    /// The digest as a field element of BN254 holds it: the top byte dropped, so 248 bits, big-endian.
    pub fn field_bytes(&self) -> [u8; 32] {
        let mut out = self.0;
        out[0] = 0;
        out
    }
    /// Reads 64 hex digits, with or without `0x`.
    pub fn from_hex(text: &str) -> Option<Self> {
        let text = text.strip_prefix("0x").unwrap_or(text);
        let mut out = [0u8; 32];
        hex::decode_to_slice(text, &mut out).ok()?;
        Some(Self(out))
    }
    /// Twelve hex digits, for tables that people read.
    pub fn short(&self) -> String {
        hex::encode(&self.0[..6])
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "0x{}", hex::encode(self.0))
    }
}
impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
impl serde::Serialize for Digest {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}
impl<'de> serde::Deserialize<'de> for Digest {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let text = String::deserialize(d)?;
        Self::from_hex(&text)
            .ok_or_else(|| serde::de::Error::custom(format!("`{text}` is not 64 hex digits")))
    }
}
