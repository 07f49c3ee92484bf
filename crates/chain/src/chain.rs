//! One connection to a node, with one sender.

use crate::error::ChainError;
use crate::local::LOCAL_CHAIN_ID;
use crate::refusal::explain;
use crate::signer::SigningKey;
use alloy::contract::RawCallBuilder;
use alloy::contract::SolCallBuilder;
use alloy::eips::BlockNumberOrTag;
use alloy::network::EthereumWallet;
use alloy::primitives::Address;
use alloy::providers::ext::AnvilApi;
use alloy::providers::{DynProvider, PendingTransactionBuilder, Provider, ProviderBuilder};
use alloy::rpc::types::TransactionReceipt;
use alloy::sol_types::SolCall;
use std::time::Duration;

/// A connection to a node, and the account that pays.
#[derive(Clone)]
pub struct Chain {
    provider: DynProvider,
    chain_id: u64,
    sender: Address,
}

/// A mined transaction.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Sent {
    /// Its hash.
    pub transaction: String,
    /// Gas it used.
    pub gas: u64,
}

pub(crate) fn node(doing: &'static str) -> impl Fn(alloy::transports::TransportError) -> ChainError {
    move |e| ChainError::Node { doing, why: e.to_string() }
}

impl Chain {
    /// Connects over HTTP; `key` pays for what is sent.
    ///
    /// # Errors
    /// [`ChainError::BadUrl`], or [`ChainError::Node`] where nothing answers.
    pub async fn connect(url: &str, key: &SigningKey) -> Result<Self, ChainError> {
        let wallet = EthereumWallet::from(key.inner().clone());
        // The nonce is asked for each time: a counter kept here would run ahead of the chain with every call that a
        // contract refuses at estimation, and the next transaction would wait for ever.
        let provider = ProviderBuilder::new()
            .disable_recommended_fillers()
            .with_gas_estimation()
            .with_simple_nonce_management()
            .fetch_chain_id()
            .wallet(wallet)
            .connect_http(parse(url)?)
            .erased();
        Self::new(provider, key.alloy_address()).await
    }
    /// Connects to read only: whatever sends is refused by the node.
    ///
    /// # Errors
    /// As for [`Chain::connect`].
    pub async fn read_only(url: &str) -> Result<Self, ChainError> {
        Self::new(ProviderBuilder::new().connect_http(parse(url)?).erased(), Address::ZERO).await
    }
    async fn new(provider: DynProvider, sender: Address) -> Result<Self, ChainError> {
        let chain_id = provider.get_chain_id().await.map_err(node("connect"))?;
        if chain_id == LOCAL_CHAIN_ID {
            // A local node mines at once: waiting longer for a receipt only makes the story longer.
            provider.client().set_poll_interval(Duration::from_millis(20));
        }
        Ok(Self { provider, chain_id, sender })
    }
    /// EIP-155 chain id.
    pub fn id(&self) -> u64 {
        self.chain_id
    }
    /// Whether this is a local chain, the only kind that takes development keys.
    pub fn is_local(&self) -> bool {
        self.chain_id == LOCAL_CHAIN_ID
    }
    /// The account that pays.
    pub fn sender(&self) -> [u8; 20] {
        self.sender.into_array()
    }
    /// The latest block's time, seconds since 1970.
    ///
    /// # Errors
    /// [`ChainError::Node`].
    pub async fn now(&self) -> Result<u64, ChainError> {
        let doing = "read the chain's clock";
        let block = self.provider.get_block_by_number(BlockNumberOrTag::Latest).await.map_err(node(doing))?;
        let block = block.ok_or(ChainError::Node { doing, why: "it has no latest block".into() })?;
        Ok(block.header.timestamp)
    }
    /// Sets a local chain's clock and mines a block at that time. Later blocks go on from there.
    ///
    /// # Errors
    /// [`ChainError::Mismatch`] off a local chain; [`ChainError::Node`], for example where the clock would go back.
    pub async fn set_time(&self, seconds: u64) -> Result<(), ChainError> {
        let doing = "set the local chain's clock";
        if !self.is_local() {
            return Err(ChainError::mismatch(
                "the chain",
                self.chain_id,
                "only a local chain's clock can be set",
            ));
        }
        self.provider.anvil_set_next_block_timestamp(seconds).await.map_err(node(doing))?;
        self.provider.evm_mine(None).await.map_err(node(doing))?;
        Ok(())
    }

    pub(crate) fn provider(&self) -> DynProvider {
        self.provider.clone()
    }
    pub(crate) fn sender_address(&self) -> Address {
        self.sender
    }

    /// Sends a call and waits until it is mined.
    pub(crate) async fn send<C: SolCall>(
        &self,
        doing: &'static str,
        call: SolCallBuilder<&DynProvider, C>,
    ) -> Result<(Sent, TransactionReceipt), ChainError> {
        mined(doing, call.send().await.map_err(|e| explain(doing, &e))?).await
    }
    /// Reads.
    pub(crate) async fn read<C: SolCall>(
        &self,
        doing: &'static str,
        call: SolCallBuilder<&DynProvider, C>,
    ) -> Result<C::Return, ChainError> {
        call.call().await.map_err(|e| explain(doing, &e))
    }
    /// Deploys a contract.
    pub(crate) async fn create(
        &self,
        doing: &'static str,
        call: RawCallBuilder<DynProvider>,
    ) -> Result<(Address, Sent), ChainError> {
        let (sent, receipt) = mined(doing, call.send().await.map_err(|e| explain(doing, &e))?).await?;
        let address = receipt
            .contract_address
            .ok_or(ChainError::Node { doing, why: "the receipt names no contract".into() })?;
        Ok((address, sent))
    }
}

async fn mined(
    doing: &'static str,
    pending: PendingTransactionBuilder<alloy::network::Ethereum>,
) -> Result<(Sent, TransactionReceipt), ChainError> {
    let pending = pending.with_timeout(Some(Duration::from_secs(600)));
    let receipt = pending.get_receipt().await.map_err(|e| ChainError::Node { doing, why: e.to_string() })?;
    let transaction = receipt.transaction_hash.to_string();
    if !receipt.status() {
        return Err(ChainError::Failed { doing, transaction });
    }
    Ok((Sent { transaction, gas: receipt.gas_used }, receipt))
}

fn parse(url: &str) -> Result<alloy::transports::http::reqwest::Url, ChainError> {
    let bad = || ChainError::BadUrl { url: url.to_owned() };
    let parsed: alloy::transports::http::reqwest::Url = url.parse().map_err(|_| bad())?;
    if matches!(parsed.scheme(), "http" | "https") { Ok(parsed) } else { Err(bad()) }
}
