//! The context of a proof: whose, under what, when and where. Identity comes from here, never from proof bytes.

use crate::digest::{Digest, keccak};

/// What a proof is bound to beside the sheet and the commitments. Its digest is one public input.
#[derive(Clone, Copy, Debug, PartialEq, Eq, bincode::Encode, bincode::Decode, serde::Serialize)]
pub struct Context {
    /// EIP-155 chain id, or 0 for a proof meant for no chain.
    pub chain_id: u64,
    /// The compliance registry's address, or zero for a proof meant for no chain.
    #[serde(serialize_with = "hex_address")]
    pub registry: [u8; 20],
    /// Chain-free id of whoever the proof is about.
    pub subject: Digest,
    /// Id of the verifying key, which names shape and circuit version.
    pub key: Digest,
    /// [`crate::RulesPart::digest`].
    pub mandate: Digest,
    /// [`crate::RiskPart::digest`].
    pub risk: Digest,
    /// [`crate::AccountSet::digest`].
    pub account_set: Digest,
    /// Instant of the book and of the market data, seconds since 1970 in UTC.
    pub as_of: u64,
    /// The proof says nothing after this instant.
    pub valid_until: u64,
    /// Number of the scheduled period the proof is for.
    pub epoch: u64,
}

fn hex_address<S: serde::Serializer>(address: &[u8; 20], s: S) -> Result<S::Ok, S::Error> {
    s.serialize_str(&format!("0x{}", hex::encode(address)))
}

impl Context {
    /// `keccak256(abi.encode(keccak256("mandate/context/1"), chainId, registry, subject, key, mandate, risk,
    /// accountSet, asOf, validUntil, epoch))`: eleven words, as a contract computes it. The public input is
    /// [`Digest::field_bytes`] of it.
    pub fn digest(&self) -> Digest {
        let mut words = Vec::with_capacity(11 * 32);
        let number = |v: u64, words: &mut Vec<u8>| {
            words.extend_from_slice(&[0; 24]);
            words.extend_from_slice(&v.to_be_bytes());
        };
        words.extend_from_slice(&keccak(b"mandate/context/1").0);
        number(self.chain_id, &mut words);
        words.extend_from_slice(&[0; 12]);
        words.extend_from_slice(&self.registry);
        for digest in [self.subject, self.key, self.mandate, self.risk, self.account_set] {
            words.extend_from_slice(&digest.0);
        }
        number(self.as_of, &mut words);
        number(self.valid_until, &mut words);
        number(self.epoch, &mut words);
        keccak(&words)
    }
}
