//! What an agent looks at: a subject's standing under a mandate, all of one block, and how far the market has moved.

use crate::attest::Record;
use crate::error::ChainError;
use crate::payer::Head;
use crate::refusal::explain;
use crate::registries::Registries;
use alloy::contract::SolCallBuilder;
use alloy::eips::BlockId;
use alloy::primitives::{Address, B256, U256};
use alloy::providers::DynProvider;
use alloy::sol_types::SolCall;
use mandate_statement::Digest;
use read_only::{IBreaker, IFeed};

/// What is read of contracts that need not be of this project's own deployment.
mod read_only {
    #![allow(missing_docs)]
    alloy::sol! {
        #[sol(rpc)]
        interface IFeed {
            function latestRoundData() external view returns (uint80, int256, uint256, uint256, uint80);
        }
        struct Feed {
            address source;
            uint32 heartbeat;
            uint8 decimals;
            bool listed;
        }
        #[sol(rpc)]
        interface IBreaker {
            function isCompliant(bytes32 subject, bytes32 mandateId, uint256 maxAge) external view returns (bool);
            function feed(bytes32 asset) external view returns (Feed memory);
            function trippedAt(bytes32 mandateId) external view returns (uint40);
        }
    }
}

/// The whole band, in basis points of itself.
pub const BAND: u32 = 10_000;
/// A price, its decimals: what a spot and a feed say.
type Quote = (U256, u32);

/// Who is looked at, and what stands in front of the registry.
#[derive(Clone, Copy, Debug)]
pub struct Ask {
    /// The subject.
    pub subject: Digest,
    /// The mandate's id in the compliance registry.
    pub mandate: Digest,
    /// The price breaker that gates ask, if they ask one.
    pub breaker: Option<[u8; 20]>,
    /// Oldest book that gates accept, seconds.
    pub max_age_s: u64,
}

/// How a subject stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// The record; `None` where nothing was ever attested.
    pub record: Option<Record>,
    /// Terms of the version in force; `None` where none is.
    pub terms: Option<VersionTerms>,
    /// Whether a gate would open.
    pub open: bool,
    /// How far prices moved since the record's book, in parts of [`BAND`]; `None` where nobody watches them, or they cannot
    /// be told.
    pub strain: Option<u32>,
}

/// Terms of a mandate's version. Times in seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VersionTerms {
    /// Id of the version: [`crate::mandate_id`] of its rules and key.
    pub version: Digest,
    /// Longest time from a book's instant to its attestation.
    pub max_delay_s: u64,
    /// Longest time from a book's instant to the attestation's end.
    pub max_age_s: u64,
    /// Start of epoch zero, seconds since 1970.
    pub start: u64,
    /// Length of an epoch; zero where epochs are numbered freely.
    pub period_s: u64,
    /// How long after its epoch's beginning a book may be.
    pub window_s: u64,
    /// Whether an epoch's instant is drawn from public randomness when it is over.
    pub drawn: bool,
    /// How far a price may move, in basis points; zero: no band.
    pub band_bps: u32,
}

/// Whether a risk part may be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Usable {
    /// Now. How far prices moved since, as in [`Standing::strain`].
    Now {
        /// In parts of [`BAND`].
        strain: Option<u32>,
    },
    /// From an instant on, seconds since 1970.
    From(u64),
    /// It is not on chain.
    Unknown,
    /// Somebody waits for data of it.
    DataMissing,
    /// Its time is over.
    Over,
    /// It was revoked, or shown to be wrong.
    Struck,
}

impl Registries {
    /// How a subject stands at a block.
    ///
    /// # Errors
    /// [`ChainError::Node`], also where the block is no longer part of the chain.
    pub async fn standing(&self, ask: &Ask, at: &Head) -> Result<Standing, ChainError> {
        let block = BlockId::hash(B256::from(at.hash.0));
        let (s, m) = (B256::from(ask.subject.0), B256::from(ask.mandate.0));
        let registry = self.compliance_registry();
        let r = read("read the record", registry.record(s, m), block).await?;
        let record = (!r.provenAt.is_zero()).then(|| Record::from(&r));
        let terms = self.terms_in_force(&ask.mandate, block).await?;
        let max_age = U256::from(ask.max_age_s);
        let open = match ask.breaker {
            None => read("ask for compliance", registry.isCompliant(s, m, max_age), block).await?,
            Some(breaker) => {
                let breaker = IBreaker::new(breaker.into(), self.chain().provider());
                read("ask the price breaker", breaker.isCompliant(s, m, max_age), block).await?
            }
        };
        let band = terms.map_or(0, |t| t.band_bps);
        let strain = match (ask.breaker, record) {
            (Some(breaker), Some(_)) => {
                let risks = self.risk_registry();
                let risk = read("name the record's risk part", risks.riskOf(r.risk), block).await?;
                let moved = self.strain(risk, breaker, band, block).await?;
                let breaker = IBreaker::new(breaker.into(), self.chain().provider());
                let tripped = read("ask the price breaker", breaker.trippedAt(m), block).await?;
                if r.asOf.to::<u64>() <= tripped.to::<u64>() {
                    Some(moved.unwrap_or(0).max(BAND))
                } else {
                    moved
                }
            }
            _ => None,
        };
        Ok(Standing { record, terms, open, strain })
    }
    /// Whether the risk part of a book may be used for a version of a mandate, at a block.
    ///
    /// # Errors
    /// [`ChainError::Node`].
    pub async fn usable(
        &self,
        ask: &Ask,
        terms: &VersionTerms,
        risk: &Digest,
        key: &Digest,
        model: &str,
        at: &Head,
    ) -> Result<Usable, ChainError> {
        let block = BlockId::hash(B256::from(at.hash.0));
        let id = B256::from(crate::risk_id(risk, key, model).0);
        let status = read("look at the risk part", self.risk_registry().status(id), block).await?;
        // 0 unknown, 1 live, 2 revoked, 3 dead: `IRiskRegistry.State`.
        match status.state {
            0 => return Ok(Usable::Unknown),
            1 => {}
            _ => return Ok(Usable::Struck),
        }
        let (from, to) = (status.usableFrom.to::<u64>(), status.usableTo.to::<u64>());
        if at.time > to {
            return Ok(Usable::Over);
        }
        if status.demands > 0 {
            return Ok(Usable::DataMissing);
        }
        if at.time < from {
            return Ok(Usable::From(from));
        }
        let strain = match ask.breaker {
            Some(breaker) => self.strain(id, breaker, terms.band_bps, block).await?,
            None => None,
        };
        Ok(Usable::Now { strain })
    }
    /// The largest move of a watched spot of a risk part, in parts of the band.
    async fn strain(
        &self,
        risk: B256,
        breaker: [u8; 20],
        band_bps: u32,
        block: BlockId,
    ) -> Result<Option<u32>, ChainError> {
        if risk.is_zero() || band_bps == 0 {
            return Ok(None);
        }
        let breaker = IBreaker::new(breaker.into(), self.chain().provider());
        let spots = read("read a risk part's spots", self.risk_registry().spots(risk), block).await?;
        let mut worst = None;
        for spot in spots {
            let feed = read("ask for a spot's feed", breaker.feed(spot.asset), block).await?;
            if feed.source == Address::ZERO {
                continue; // exempt, or not listed: the breaker answers for the latter
            }
            let source = IFeed::new(feed.source, self.chain().provider());
            let said = read("read a price feed", source.latestRoundData(), block).await;
            // A feed that answers nothing closes the gate by itself; no fresher book would open it.
            let Ok(said) = said else { return Ok(None) };
            let Ok(live) = U256::try_from(said._1) else { return Ok(None) };
            let moved = parts_of_band(
                (live, feed.decimals.into()),
                (U256::from(spot.price), spot.decimals.into()),
                band_bps,
            );
            worst = worst.max(Some(moved));
        }
        Ok(worst)
    }
    pub(crate) async fn terms_in_force(
        &self,
        mandate: &Digest,
        block: BlockId,
    ) -> Result<Option<VersionTerms>, ChainError> {
        let m = B256::from(mandate.0);
        let registry = self.compliance_registry();
        let state = read("read the mandate's state", registry.mandateState(m), block).await?;
        let active = read("ask whether the mandate is active", registry.isActive(m), block).await?;
        if !active {
            return Ok(None);
        }
        Ok(Some(self.version_at(state.pointer, block).await?))
    }
}

/// Reads at a block.
pub(crate) async fn read<C: SolCall>(
    doing: &'static str,
    call: SolCallBuilder<&DynProvider, C>,
    block: BlockId,
) -> Result<C::Return, ChainError> {
    call.block(block).call().await.map_err(|e| explain(doing, &e))
}

/// How far `live` is from `base`, in parts of a band of `band_bps` basis points of `base`, rounded up: a move that is called
/// less than the band is less. Prices below 2^128, decimals at most 18, as the contracts have them; anything else is beyond.
fn parts_of_band(live: Quote, base: Quote, band_bps: u32) -> u32 {
    let most = U256::from(u128::MAX);
    if live.0 > most || base.0 > most || base.0.is_zero() || live.1 > 18 || base.1 > 18 || band_bps == 0 {
        return u32::MAX;
    }
    let ten = U256::from(10);
    let a = live.0 * ten.pow(U256::from(base.1));
    let b = base.0 * ten.pow(U256::from(live.1));
    // Below 2^(188 + 14 + 14), over a divisor above zero.
    let parts = a.abs_diff(b) * U256::from(10_000u64 * u64::from(BAND));
    let parts = parts.div_ceil(b * U256::from(band_bps));
    u32::try_from(parts).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Around the contract's own bound: at the band it is open, one unit beyond it is not.
    #[test]
    fn the_band_is_reached_where_the_contract_says() {
        let at = |live: u64| parts_of_band((U256::from(live), 8), (U256::from(60_000), 0), 500);
        let (base, unit) = (60_000 * 100_000_000u64, 1);
        let edge = base / 20;
        assert_eq!(at(base), 0);
        assert_eq!((at(base + edge), at(base - edge)), (BAND, BAND));
        assert_eq!((at(base + edge + unit), at(base - edge - unit)), (BAND + 1, BAND + 1));
        assert_eq!(at(base + edge - unit), BAND, "rounded up");
        assert_eq!(at(base + edge / 2), BAND / 2);
    }

    #[test]
    fn what_cannot_be_a_price_is_beyond_any_band() {
        let one = (U256::from(1), 0);
        for (live, base, band) in [
            (one, (U256::ZERO, 0), 500),
            ((U256::MAX, 0), one, 500),
            ((U256::from(1), 19), one, 500),
            (one, (U256::from(1), 40), 500),
            (one, one, 0),
        ] {
            assert_eq!(parts_of_band(live, base, band), u32::MAX);
        }
        assert_eq!(parts_of_band((U256::from(u128::MAX), 0), (U256::from(1), 18), 1), u32::MAX);
    }

    /// Where the agent takes a price for outside the band, the breaker does too, and nowhere else: `Band.within` reads the same
    /// file. With `MANDATE_BLESS=1` it is written anew.
    #[test]
    fn the_breaker_draws_the_same_line() {
        let most = U256::from(u128::MAX);
        let (one, ten) = (U256::from(1), U256::from(10));
        let mut cases: Vec<(Quote, Quote, u32)> = vec![
            ((most, 18), (most, 18), 1),
            ((most, 0), (most, 0), 9_999),
            ((most, 0), (one, 18), 9_999),
            ((one, 18), (most, 0), 9_999),
            ((most + one, 0), (most, 0), 9_999),
            ((most, 0), (most + one, 0), 9_999),
            ((U256::ZERO, 0), (U256::ZERO, 0), 9_999),
            ((one, 19), (one, 19), 9_999),
            ((one, 0), (ten, 1), 1),
        ];
        // Around both ends of a band, in the feed's decimals.
        for (base, band) in
            [((6_012_345u64, 2u32), 500u32), ((1, 0), 9_999), ((999_999_999_999, 9), 1), ((77, 3), 1234)]
        {
            let spot = U256::from(base.0) * ten.pow(U256::from(10)) / ten.pow(U256::from(base.1));
            for bps in [10_000 - band, 10_000 + band] {
                let edge = spot * U256::from(bps) / U256::from(10_000);
                cases.extend(
                    [edge.saturating_sub(one), edge, edge + one]
                        .map(|live| ((live, 10), (U256::from(base.0), base.1), band)),
                );
            }
        }
        let column =
            |of: &dyn Fn(&(Quote, Quote, u32)) -> String| -> Vec<String> { cases.iter().map(of).collect() };
        let file = serde_json::json!({
            "live": column(&|c| c.0.0.to_string()),
            "liveDecimals": column(&|c| c.0.1.to_string()),
            "base": column(&|c| c.1.0.to_string()),
            "baseDecimals": column(&|c| c.1.1.to_string()),
            "band": column(&|c| c.2.to_string()),
            "within": column(&|c| u8::from(parts_of_band(c.0, c.1, c.2) <= BAND).to_string()),
        });
        let text = format!("{file:#}\n");
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../contracts/test/vectors/bands.json");
        if std::env::var_os("MANDATE_BLESS").is_some() {
            std::fs::write(path, &text).unwrap();
        }
        assert_eq!(std::fs::read_to_string(path).unwrap(), text, "MANDATE_BLESS=1 writes it anew");
        let inside = cases.iter().filter(|c| parts_of_band(c.0, c.1, c.2) <= BAND).count();
        assert!(inside > 5 && inside + 5 < cases.len(), "{inside} of {}", cases.len());
    }
}
