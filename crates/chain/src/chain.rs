//! One connection to a node, with one sender.

use crate::error::ChainError;
use crate::local::{LOCAL_CHAIN_ID, refuse_public_key};
use crate::refusal::explain;
use crate::signer::SigningKey;
use alloy::contract::{CallBuilder, CallDecoder, RawCallBuilder, SolCallBuilder};
use alloy::eips::BlockNumberOrTag;
use alloy::network::{EthereumWallet, TransactionBuilder};
use alloy::primitives::Address;
use alloy::providers::ext::AnvilApi;
use alloy::providers::{DynProvider, PendingTransactionBuilder, Provider, ProviderBuilder};
use alloy::rpc::types::{TransactionReceipt, TransactionRequest};
use alloy::sol_types::SolCall;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// A connection to a node, and the account that pays.
#[derive(Clone)]
pub struct Chain {
    provider: DynProvider,
    chain_id: u64,
    sender: Address,
    wallet: Option<EthereumWallet>,
    rehearsed: Option<Rehearsals>,
}

/// What a rehearsing connection was asked to send.
pub type Rehearsals = Arc<Mutex<Vec<Rehearsed>>>;

/// A transaction that was not sent: what it is for, and everything that is needed to sign it elsewhere.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Rehearsed {
    /// What it is for.
    pub doing: &'static str,
    /// EIP-155 chain id.
    pub chain_id: u64,
    /// Who would send it.
    pub from: String,
    /// The contract; none where one would be created.
    pub to: Option<String>,
    /// Wei that go with it.
    pub value: String,
    /// The call.
    pub data: String,
    /// Gas it would take now.
    pub gas: u64,
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
            .wallet(wallet.clone())
            .connect_http(parse(url)?)
            .erased();
        let chain = Self::new(provider, key.alloy_address(), Some(wallet)).await?;
        refuse_public_key(chain.chain_id, &key.address())?;
        Ok(chain)
    }
    /// Connects to read only: whatever sends is refused by the node.
    ///
    /// # Errors
    /// As for [`Chain::connect`].
    pub async fn read_only(url: &str) -> Result<Self, ChainError> {
        Self::new(ProviderBuilder::new().connect_http(parse(url)?).erased(), Address::ZERO, None).await
    }
    async fn new(
        provider: DynProvider,
        sender: Address,
        wallet: Option<EthereumWallet>,
    ) -> Result<Self, ChainError> {
        let chain_id = provider.get_chain_id().await.map_err(node("connect"))?;
        if chain_id == LOCAL_CHAIN_ID {
            // A local node mines at once: waiting longer for a receipt only makes the story longer.
            provider.client().set_poll_interval(Duration::from_millis(20));
        }
        Ok(Self { provider, chain_id, sender, wallet, rehearsed: None })
    }
    /// The same connection, sending nothing: what would be sent is estimated, put on the list, and answered with
    /// [`ChainError::Rehearsed`].
    #[must_use]
    pub fn rehearsing(mut self, list: &Rehearsals) -> Self {
        self.rehearsed = Some(Arc::clone(list));
        self
    }
    pub(crate) const fn is_rehearsing(&self) -> bool {
        self.rehearsed.is_some()
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

    /// A local chain's blocks: one every so many seconds, or none at all. Without this it mines each transaction at once.
    ///
    /// # Errors
    /// [`ChainError::Mismatch`] off a local chain; [`ChainError::Node`].
    pub async fn set_mining(&self, every_s: Option<u64>) -> Result<(), ChainError> {
        let doing = "set the local chain's blocks";
        if !self.is_local() {
            return Err(ChainError::mismatch(
                "the chain",
                self.chain_id,
                "only a local chain's blocks can be set",
            ));
        }
        self.provider.anvil_set_auto_mine(false).await.map_err(node(doing))?;
        self.provider.anvil_set_interval_mining(every_s.unwrap_or(0)).await.map_err(node(doing))?;
        Ok(())
    }

    pub(crate) fn provider(&self) -> DynProvider {
        self.provider.clone()
    }
    pub(crate) fn wallet(&self) -> Option<EthereumWallet> {
        self.wallet.clone()
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
        self.rehearse(doing, &call).await?;
        mined(doing, call.send().await.map_err(|e| explain(doing, &e))?).await
    }
    /// Where this connection only rehearses: estimates, notes, and stops there.
    async fn rehearse<C>(
        &self,
        doing: &'static str,
        call: &CallBuilder<&DynProvider, C>,
    ) -> Result<(), ChainError>
    where
        C: CallDecoder,
    {
        let Some(list) = &self.rehearsed else { return Ok(()) };
        let gas = call.estimate_gas().await.map_err(|e| explain(doing, &e))?;
        let request: &TransactionRequest = call.as_ref();
        list.lock().unwrap_or_else(PoisonError::into_inner).push(Rehearsed {
            doing,
            chain_id: self.chain_id,
            from: self.sender.to_string(),
            to: request.to().map(|a| a.to_string()),
            value: request.value().unwrap_or_default().to_string(),
            data: call.calldata().to_string(),
            gas,
        });
        Err(ChainError::Rehearsed { doing })
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
