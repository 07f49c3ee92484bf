//! The chain side in Rust: deploys the contracts, stores keys, registers mandates from their integers, publishes risk
//! parts with a quorum's signatures, attests, and reads the result.
//!
//! ```no_run
//! # fn main() -> Result<(), mandate_chain::ChainError> {
//! use mandate_chain::{Chain, DeployOptions, LocalChain, Registries};
//! let node = LocalChain::spawn(&mandate_chain::find_anvil(std::path::Path::new("."))?, None)?;
//! mandate_chain::runtime()?.block_on(async {
//!     let chain = Chain::connect(&node.url(), &node.keys()[0]).await?;
//!     let options = DeployOptions { quorum: vec![node.keys()[1].address()], threshold: 1, ..DeployOptions::local() };
//!     let registries = Registries::deploy(chain, &options).await?;
//!     println!("{}", hex::encode(registries.at().compliance));
//!     Ok(())
//! })
//! # }
//! ```
//!
//! Everything that changes the chain is estimated first, so a contract's refusal comes back as
//! [`ChainError::Refused`] with its reason in words, and costs nothing.

mod abi;
mod attest;
mod beacon;
mod breaker;
mod chain;
mod challenge;
mod check;
mod deploy;
mod error;
mod key;
mod lines;
mod local;
mod parties;
mod payer;
mod refusal;
mod registration;
mod registries;
mod risk;
mod signer;
mod standing;
mod trace;
mod trace_file;
mod tree;
mod typed_data;
mod vault;

pub use attest::{AttestRequest, Record, Status};
pub use beacon::{Draw, Drawn};
pub use breaker::{Breaker, PlayFeed};
pub use chain::{Chain, Rehearsals, Rehearsed, Sent};
pub use challenge::{Challenge, RiskState, RiskStatus};
pub use check::Difference;
pub use deploy::{Cost, Deployer, Done, Manifest, Pending, Save};
pub use error::ChainError;
pub use key::{Coefficient, EvmKey, EvmPoint, EvmProof, KeyParts, ORIGIN_CEREMONY, ORIGIN_DEVELOPMENT};
pub use lines::Line;
pub use local::{LOCAL_CHAIN_ID, LocalChain, find_anvil};
pub use payer::{Head, Offer, Payer, RawTransaction, Receipt, with_room};
pub use registries::{DeployOptions, Deployment, MandateTerms, Registered, Registries, Schedule, mandate_id};
pub use risk::{COMPILER_SEMANTICS, Publication, QuorumSignature, Spot, Use, risk_id};
pub use signer::SigningKey;
pub use standing::{Ask, BAND, Standing, Usable, VersionTerms};
pub use trace::{CHUNK, Chunk, Trace};
pub use tree::Tree;
pub use vault::Vault;

/// A runtime for callers that are not asynchronous themselves. One per program: a connection lives on the runtime that
/// opened it.
///
/// # Errors
/// [`ChainError::Runtime`] where the system gives no thread.
pub fn runtime() -> Result<tokio::runtime::Runtime, ChainError> {
    Ok(tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?)
}
