//! Holding what is published to what anyone recomputes.

use crate::abi::ISpots;
use crate::error::ChainError;
use crate::registries::Registries;
use crate::risk::Publication;
use alloy::primitives::B256;
use mandate_statement::Digest;
use std::fmt::Display;

/// Something that is on chain as nobody who recomputes it would put it there.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Difference {
    /// What.
    pub what: &'static str,
    /// What public files give.
    pub recomputed: String,
    /// What the chain says.
    pub on_chain: String,
}

/// Notes what differs.
fn note<T: Display + PartialEq>(what: &'static str, recomputed: T, on_chain: T, into: &mut Vec<Difference>) {
    if recomputed != on_chain {
        into.push(Difference { what, recomputed: recomputed.to_string(), on_chain: on_chain.to_string() });
    }
}

impl Registries {
    /// Compares a published risk part with one recomputed from public files: every field that the quorum signed, but the
    /// times of its use and the quorum itself, and the list of spots. Empty where all agree.
    ///
    /// # Errors
    /// [`ChainError::Refused`] where it was never published.
    pub async fn compare_risk(&self, ours: &Publication) -> Result<Vec<Difference>, ChainError> {
        let id = B256::from(ours.id().0);
        let registry = self.risk_registry();
        let theirs = self.chain().read("read the risk part", registry.publication(id)).await?;
        let spots = self.chain().read("read the risk part's spots", registry.spots(id)).await?;
        let mine = ours.abi();
        let mut out = Vec::new();
        note("risk part", mine.risk, theirs.risk, &mut out);
        note("universe", mine.universe, theirs.universe, &mut out);
        note("snapshot", mine.snapshot, theirs.snapshot, &mut out);
        note("risk model, by digest", mine.model, theirs.model, &mut out);
        note("key", mine.keyId, theirs.keyId, &mut out);
        note("point P_risk, x", mine.x, theirs.x, &mut out);
        note("point P_risk, y", mine.y, theirs.y, &mut out);
        note("root of the partial sums", mine.trace, theirs.trace, &mut out);
        note("number of partial sums", mine.chunks, theirs.chunks, &mut out);
        note("compiler semantics", mine.semantics, theirs.semantics, &mut out);
        note("spots, by digest", mine.spots, theirs.spots, &mut out);
        note("instant", mine.asOf, theirs.asOf, &mut out);
        let text = |list: &[ISpots::Spot]| {
            let one = |s: &ISpots::Spot| format!("{} {}e-{}", s.asset, s.price, s.decimals);
            list.iter().map(one).collect::<Vec<_>>().join(", ")
        };
        note("spots", text(&ours.abi_spots()), text(&spots), &mut out);
        Ok(out)
    }
    /// Whether the key store has a key.
    ///
    /// # Errors
    /// [`ChainError::Node`].
    pub async fn has_key(&self, key: &Digest) -> Result<bool, ChainError> {
        let store = crate::abi::VkStore::new(self.at().keys.into(), self.chain().provider());
        self.chain().read("look for the key", store.has(B256::from(key.0))).await
    }
}
