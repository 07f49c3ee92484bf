//! Epochs whose instants are drawn from public randomness once they are over.

use crate::chain::Sent;
use crate::error::ChainError;
use crate::payer::Head;
use crate::registries::Registries;
use crate::standing::{Ask, VersionTerms, read};
use alloy::eips::BlockId;
use alloy::primitives::{B256, U256, keccak256};
use alloy::sol_types::SolValue;
use mandate_statement::Digest;

/// Most epochs that are looked at in one go: those before them are given up.
const MOST: u64 = 32;

/// An epoch whose instant is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Draw {
    /// The epoch.
    pub epoch: u64,
    /// Its instant, seconds since 1970: the book is of this instant, or at most a window later.
    pub instant: u64,
}

/// What the beacon knows of an epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Drawn {
    /// The instant is drawn.
    Known(Draw),
    /// It is not drawn yet.
    NotYet,
}

impl VersionTerms {
    /// The end of an epoch, which its seed belongs to; `None` where epochs are numbered freely.
    pub fn end_of(&self, epoch: u64) -> Option<u64> {
        let end = epoch.checked_add(1)?.checked_mul(self.period_s)?.checked_add(self.start)?;
        (self.period_s > 0).then_some(end)
    }
    /// The newest epoch that is over at an instant; `None` where none is.
    pub fn last_over(&self, now: u64) -> Option<u64> {
        now.checked_sub(self.start)?.checked_div(self.period_s)?.checked_sub(1)
    }
    /// The instant of an epoch that a seed draws: `start + epoch * period + H(seed, mandate, epoch) mod period`, where `mandate`
    /// is the id of the mandate's first version. As `ComplianceRegistry` computes it.
    pub fn drawn_instant(&self, seed: &Digest, mandate: &Digest, epoch: u64) -> Option<u64> {
        let begins = self.end_of(epoch)?.checked_sub(self.period_s)?;
        let hash = keccak256((B256::from(seed.0), B256::from(mandate.0), U256::from(epoch)).abi_encode());
        let within = U256::from_be_bytes(hash.0) % U256::from(self.period_s);
        begins.checked_add(within.to::<u64>())
    }
}

impl Registries {
    /// Terms of the version of a mandate that is in force; `None` where none is, or something stops it.
    ///
    /// # Errors
    /// [`ChainError::Node`].
    pub async fn terms(&self, mandate: &Digest) -> Result<Option<VersionTerms>, ChainError> {
        self.terms_in_force(mandate, BlockId::latest()).await
    }
    /// What the beacon knows of an epoch.
    ///
    /// # Errors
    /// [`ChainError::Node`]; [`ChainError::Mismatch`] where the mandate's epochs are not drawn.
    pub async fn draw_of(
        &self,
        mandate: &Digest,
        terms: &VersionTerms,
        epoch: u64,
    ) -> Result<Drawn, ChainError> {
        self.draw_at(mandate, terms, epoch, BlockId::latest()).await
    }
    /// The epochs after that of the record, oldest first, whose instants are known at a block and whose books may still be
    /// attested then.
    ///
    /// # Errors
    /// [`ChainError::Node`].
    pub async fn draws(
        &self,
        ask: &Ask,
        terms: &VersionTerms,
        after: Option<u64>,
        at: &Head,
    ) -> Result<Vec<Draw>, ChainError> {
        let block = BlockId::hash(B256::from(at.hash.0));
        let Some(last) = terms.last_over(at.time) else { return Ok(vec![]) };
        let first = after.unwrap_or(0).saturating_add(1).max(last.saturating_sub(MOST - 1));
        let mut out = vec![];
        for epoch in first..=last {
            let latest = terms.end_of(epoch).map(|e| e.saturating_add(terms.window_s + terms.max_delay_s));
            if latest.is_none_or(|l| l < at.time) {
                continue;
            }
            if let Drawn::Known(draw) = self.draw_at(&ask.mandate, terms, epoch, block).await? {
                let latest = draw.instant.saturating_add(terms.window_s).saturating_add(terms.max_delay_s);
                out.extend((at.time <= latest).then_some(draw));
            }
        }
        Ok(out)
    }
    async fn draw_at(
        &self,
        mandate: &Digest,
        terms: &VersionTerms,
        epoch: u64,
        block: BlockId,
    ) -> Result<Drawn, ChainError> {
        let none = || ChainError::mismatch("the mandate's schedule", "not drawn", "wanted drawn epochs");
        let end = terms.end_of(epoch).filter(|_| terms.drawn).ok_or_else(none)?;
        let beacon = self.epoch_beacon();
        match read("read the epoch's seed", beacon.seedOf(end), block).await {
            Ok(seed) => {
                let instant = terms.drawn_instant(&Digest(seed.0), mandate, epoch).ok_or_else(none)?;
                Ok(Drawn::Known(Draw { epoch, instant }))
            }
            Err(ChainError::Refused { name: "NotSettled", .. }) => Ok(Drawn::NotYet),
            Err(why) => Err(why),
        }
    }
    /// Names the block that the seed of an instant will be made of. Anyone may.
    ///
    /// # Errors
    /// [`ChainError::Refused`]: before the instant, or where a block is named that can still be read.
    pub async fn arm(&self, instant: u64) -> Result<Sent, ChainError> {
        let beacon = self.epoch_beacon();
        Ok(self.chain().send("name the block of the epoch's seed", beacon.arm(instant)).await?.0)
    }
    /// Keeps the seed of an instant. Anyone may, within 256 blocks of the one that was named.
    ///
    /// # Errors
    /// [`ChainError::Refused`] with `CannotSettle` before that block is there, after it is forgotten, and where none is named.
    pub async fn settle(&self, instant: u64) -> Result<Sent, ChainError> {
        let beacon = self.epoch_beacon();
        Ok(self.chain().send("keep the epoch's seed", beacon.settle(instant)).await?.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use mandate_statement::keccak;

    fn terms() -> VersionTerms {
        VersionTerms {
            version: keccak(b"version"),
            max_delay_s: 7200,
            max_age_s: 14_400,
            start: 1_000,
            period_s: 3600,
            window_s: 600,
            drawn: true,
            band_bps: 0,
        }
    }

    #[test]
    fn an_epoch_is_over_at_its_end_and_not_before() {
        let t = terms();
        assert_eq!(t.end_of(0), Some(4600));
        assert_eq!((t.last_over(999), t.last_over(4599), t.last_over(4600)), (None, None, Some(0)));
        assert_eq!(t.last_over(4600 + 3600), Some(1));
        assert_eq!(t.end_of(u64::MAX), None);
        let free = VersionTerms { period_s: 0, ..t };
        assert_eq!(
            (free.end_of(3), free.last_over(10_000), free.drawn_instant(&keccak(b""), &keccak(b""), 3)),
            (None, None, None)
        );
    }

    /// Every instant of an epoch can be drawn, none outside it, and seed, mandate and epoch all count.
    #[test]
    fn instants_are_drawn_from_all_of_their_epoch() {
        let t = VersionTerms { period_s: 7, ..terms() };
        let mandate = keccak(b"mandate");
        let mut seen = [0u32; 7];
        for i in 0..700u64 {
            let instant = t.drawn_instant(&keccak(&i.to_be_bytes()), &mandate, 5).unwrap();
            seen[usize::try_from(instant - (1_000 + 35)).unwrap()] += 1;
        }
        assert!(seen.iter().all(|n| (60..140).contains(n)), "{seen:?}");
        let t = terms();
        let (a, b) = (keccak(b"a"), keccak(b"b"));
        let one = t.drawn_instant(&a, &mandate, 5).unwrap();
        assert_ne!(Some(one), t.drawn_instant(&b, &mandate, 5));
        assert_ne!(Some(one), t.drawn_instant(&a, &b, 5));
        assert_ne!(Some(one + 3600), t.drawn_instant(&a, &mandate, 6));
    }
}
