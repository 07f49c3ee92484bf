//! The price breaker in front of the registry, and feeds for a local chain.

use crate::abi::{DemoFeed, PriceBreaker};
use crate::chain::{Chain, Sent};
use crate::error::ChainError;
use crate::registries::Registries;
use alloy::primitives::{Address, B256, I256};
use mandate_statement::Digest;

/// What holds a gate shut while the market is away from where a sheet was built.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Breaker(pub [u8; 20]);

impl Breaker {
    /// Deploys one over the registries, on a chain without a sequencer. The sender names its feeds.
    ///
    /// # Errors
    /// [`ChainError::Node`].
    pub async fn deploy(registries: &Registries) -> Result<Self, ChainError> {
        let chain = registries.chain();
        let at = registries.at();
        let (owner, none) = (chain.sender_address(), Address::ZERO);
        let (compliance, risks) = (at.compliance.into(), at.risks.into());
        let made = PriceBreaker::deploy_builder(chain.provider(), owner, compliance, risks, none, 0);
        let (address, _) = chain.create("deploy the price breaker", made).await?;
        Ok(Self(address.into_array()))
    }
    /// Names the feed of an asset, whose answers count for `heartbeat_s` seconds.
    ///
    /// # Errors
    /// [`ChainError::Refused`] for anyone but its owner, and for what is no feed.
    pub async fn set_feed(
        &self,
        chain: &Chain,
        asset: &Digest,
        feed: [u8; 20],
        heartbeat_s: u32,
    ) -> Result<Sent, ChainError> {
        let breaker = PriceBreaker::new(self.0.into(), chain.provider());
        let call = breaker.setFeed(B256::from(asset.0), feed.into(), heartbeat_s);
        Ok(chain.send("name a price feed", call).await?.0)
    }
    /// Lets an asset pass without a feed. Everybody sees that it is not watched.
    ///
    /// # Errors
    /// [`ChainError::Refused`] for anyone but its owner.
    pub async fn exempt(&self, chain: &Chain, asset: &Digest) -> Result<Sent, ChainError> {
        let breaker = PriceBreaker::new(self.0.into(), chain.provider());
        Ok(chain.send("exempt an asset", breaker.exempt(B256::from(asset.0))).await?.0)
    }
}

/// A price feed that anyone may set, on a local chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PlayFeed(pub [u8; 20]);

impl PlayFeed {
    /// A feed that answers `answer / 10^decimals`.
    ///
    /// # Errors
    /// [`ChainError::Refused`] off a local chain.
    pub async fn deploy(chain: &Chain, decimals: u8, answer: u64) -> Result<Self, ChainError> {
        let made = DemoFeed::deploy_builder(chain.provider(), decimals, signed(answer));
        Ok(Self(chain.create("deploy a play feed", made).await?.0.into_array()))
    }
    /// A new answer.
    ///
    /// # Errors
    /// [`ChainError::Node`].
    pub async fn set(&self, chain: &Chain, answer: u64) -> Result<Sent, ChainError> {
        let feed = DemoFeed::new(self.0.into(), chain.provider());
        Ok(chain.send("set a play feed", feed.set(signed(answer))).await?.0)
    }
}

fn signed(answer: u64) -> I256 {
    I256::try_from(answer).expect("64 bits fit")
}
