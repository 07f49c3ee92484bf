//! Transactions whose nonce, fees and bytes are the caller's business: signed first, sent later, sent again.

use crate::chain::{Chain, node};
use crate::error::ChainError;
use crate::refusal::explain;
use alloy::eips::BlockNumberOrTag;
use alloy::eips::eip2718::Encodable2718;
use alloy::network::{EthereumWallet, NetworkTransactionBuilder, TransactionBuilder};
use alloy::primitives::{Address, B256, Bytes};
use alloy::providers::Provider;
use alloy::rpc::types::TransactionRequest;
use mandate_statement::Digest;

/// A block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    /// Its number.
    pub number: u64,
    /// Its hash.
    pub hash: Digest,
    /// Its time, seconds since 1970.
    pub time: u64,
}

/// What is offered for gas, in wei.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Offer {
    /// The most that is paid in all.
    pub most: u128,
    /// Of it for whoever makes the block.
    pub tip: u128,
}

/// A signed transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RawTransaction {
    /// Its hash.
    pub hash: Digest,
    /// What goes to a node.
    pub bytes: Vec<u8>,
}

/// What became of a transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// In which block it is.
    pub block: u64,
    /// Whether it succeeded.
    pub succeeded: bool,
    /// Gas it used.
    pub gas: u64,
}

/// Signs and sends on one connection. Signing is deterministic: one request, one sequence of bytes.
#[derive(Clone)]
pub struct Payer {
    chain: Chain,
    wallet: EthereumWallet,
    address: Address,
}

impl Payer {
    /// The sender of a connection.
    ///
    /// # Errors
    /// [`ChainError::BadKey`] where the connection is for reading only.
    pub fn new(chain: Chain) -> Result<Self, ChainError> {
        let wallet = chain.wallet().ok_or(ChainError::BadKey("this connection has no key to sign with"))?;
        let address = chain.sender_address();
        Ok(Self { chain, wallet, address })
    }
    /// The connection.
    pub fn chain(&self) -> &Chain {
        &self.chain
    }
    /// Who pays.
    pub fn address(&self) -> [u8; 20] {
        self.address.into_array()
    }
    /// The newest block.
    ///
    /// # Errors
    /// [`ChainError::Node`].
    pub async fn head(&self) -> Result<Head, ChainError> {
        let doing = "look at the newest block";
        let block = self.chain.provider().get_block_by_number(BlockNumberOrTag::Latest).await;
        let block = block.map_err(node(doing))?;
        let block = block.ok_or(ChainError::Node { doing, why: "it has no latest block".into() })?;
        let header = &block.header;
        Ok(Head { number: header.number, hash: Digest(header.hash.0), time: header.timestamp })
    }
    /// Transactions of the sender mined up to a block; with those that wait in the node's pool where none is named.
    ///
    /// # Errors
    /// [`ChainError::Node`].
    pub async fn nonce(&self, block: Option<u64>) -> Result<u64, ChainError> {
        let provider = self.chain.provider();
        let ask = provider.get_transaction_count(self.address);
        let ask = match block {
            Some(number) => ask.number(number),
            None => ask.pending(),
        };
        ask.await.map_err(node("count the sender's transactions"))
    }
    /// What gets a transaction mined soon, as the node sees it.
    ///
    /// # Errors
    /// [`ChainError::Node`].
    pub async fn offer(&self) -> Result<Offer, ChainError> {
        let fees = self.chain.provider().estimate_eip1559_fees().await.map_err(node("ask for fees"))?;
        Ok(Offer { most: fees.max_fee_per_gas, tip: fees.max_priority_fee_per_gas })
    }
    /// Gas that a call, or the creation of a contract where `to` is `None`, would take now.
    ///
    /// # Errors
    /// [`ChainError::Refused`] with the contract's reason.
    pub async fn estimate(
        &self,
        doing: &'static str,
        to: Option<[u8; 20]>,
        data: &[u8],
    ) -> Result<u64, ChainError> {
        let asked = self.chain.provider().estimate_gas(self.request(to, data)).await;
        asked.map_err(|e| explain(doing, &alloy::contract::Error::from(e)))
    }
    /// Signs. Sends nothing.
    ///
    /// # Errors
    /// [`ChainError::BadKey`] where the key does not sign.
    pub async fn sign(
        &self,
        to: Option<[u8; 20]>,
        data: &[u8],
        nonce: u64,
        gas: u64,
        offer: Offer,
    ) -> Result<RawTransaction, ChainError> {
        let request = self
            .request(to, data)
            .with_nonce(nonce)
            .with_chain_id(self.chain.id())
            .with_gas_limit(gas)
            .with_max_fee_per_gas(offer.most)
            .with_max_priority_fee_per_gas(offer.tip);
        let signed = request
            .build(&self.wallet)
            .await
            .map_err(|_| ChainError::BadKey("the private key does not sign"))?;
        Ok(RawTransaction { hash: Digest(signed.tx_hash().0), bytes: signed.encoded_2718() })
    }
    /// Hands signed bytes to the node. That it has them, or has mined them, is no error.
    ///
    /// # Errors
    /// [`ChainError::Node`], also where the node has them and its answer was lost.
    pub async fn broadcast(&self, bytes: &[u8]) -> Result<(), ChainError> {
        let doing = "hand the transaction to the node";
        match self.chain.provider().send_raw_transaction(bytes).await {
            Ok(_) => Ok(()),
            Err(why) => {
                let text = why.to_string().to_lowercase();
                let known = ["already known", "already imported", "known transaction", "nonce too low"];
                if known.iter().any(|k| text.contains(k)) { Ok(()) } else { Err(node(doing)(why)) }
            }
        }
    }
    /// What became of a transaction; `None` where it is not mined.
    ///
    /// # Errors
    /// [`ChainError::Node`].
    pub async fn receipt(&self, hash: &Digest) -> Result<Option<Receipt>, ChainError> {
        let asked = self.chain.provider().get_transaction_receipt(B256::from(hash.0)).await;
        let found = asked.map_err(node("ask what became of a transaction"))?;
        Ok(found
            .and_then(|r| Some(Receipt { block: r.block_number?, succeeded: r.status(), gas: r.gas_used })))
    }

    fn request(&self, to: Option<[u8; 20]>, data: &[u8]) -> TransactionRequest {
        let request =
            TransactionRequest::default().with_from(self.address).with_input(Bytes::copy_from_slice(data));
        match to {
            Some(to) => request.with_to(to.into()),
            None => request.into_create(),
        }
    }
}

/// Gas to allow where `estimate` was measured: what a call takes moves a little with what else is on chain.
pub fn with_room(estimate: u64) -> u64 {
    estimate.saturating_add(estimate / 5).min(crate::registries::TRANSACTION_GAS)
}
