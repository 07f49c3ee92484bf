//! Publishing a risk part.

use crate::abi::{IRiskRegistry, ISpots};
use crate::chain::Sent;
use crate::error::ChainError;
use crate::key::{EvmKey, EvmPoint};
use crate::local::refuse_public_key;
use crate::registries::{Deployment, Registries};
use crate::signer::SigningKey;
use crate::trace::Trace;
use alloy::primitives::{Address, B256, Bytes, U256};
use alloy::sol_types::{SolStruct, SolValue, eip712_domain};
use mandate_statement::{Digest, RiskPart, keccak};

mod typed {
    #![allow(missing_docs)]
    alloy::sol! {
        struct Publication {
            bytes32 risk;
            bytes32 universe;
            bytes32 snapshot;
            bytes32 model;
            bytes32 keyId;
            uint256 x;
            uint256 y;
            bytes32 trace;
            uint32 chunks;
            uint32 semantics;
            bytes32 spots;
            uint64 asOf;
            uint64 usableFrom;
            uint64 usableTo;
            uint64 quorum;
        }
    }
}

/// What a quorum says of a risk part. Each member recomputes the part and its point from the snapshot before signing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Publication {
    /// [`RiskPart::digest`].
    pub risk: Digest,
    /// Digest of the universe.
    pub universe: Digest,
    /// Digest of the snapshot.
    pub snapshot: Digest,
    /// Name of the risk model.
    pub model: String,
    /// Id of the key.
    pub key: Digest,
    /// The point P_risk under that key.
    pub point: EvmPoint,
    /// Root of the tree over its [`Trace`], and how many chunks that has.
    pub trace: Digest,
    /// Chunks of the trace.
    pub chunks: u32,
    /// [`COMPILER_SEMANTICS`] of whoever compiled it.
    pub semantics: u32,
    /// Prices that the risk part was built on: what a gate compares with its feeds.
    pub spots: Vec<Spot>,
    /// Instant of the snapshot, seconds since 1970.
    pub as_of: u64,
    /// First instant of use.
    pub usable_from: u64,
    /// Last instant of use.
    pub usable_to: u64,
    /// Number of the quorum that signs: [`Registries::quorum`].
    pub quorum: u64,
}

/// What the integers of a risk part mean: grows with every change of the compiler that gives a snapshot other integers.
pub const COMPILER_SEMANTICS: u32 = 1;

/// A spot price of a snapshot: `price / 10^decimals` units of the reporting currency for one coin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spot {
    /// Keccak-256 of the asset's name in the snapshot.
    pub asset: Digest,
    /// The price.
    pub price: u128,
    /// At most 18.
    pub decimals: u8,
}

/// How long, and how, a publication may be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Use {
    /// First instant, seconds since 1970; the registry's delay may move it.
    pub from: u64,
    /// Last instant.
    pub to: u64,
    /// Number of the quorum that signs: [`Registries::quorum`].
    pub quorum: u64,
}

/// One member's signature: 65 bytes for a plain account, anything for a contract.
#[derive(Clone, Debug)]
pub struct QuorumSignature {
    /// The member.
    pub signer: [u8; 20],
    /// Its signature.
    pub signature: Vec<u8>,
}

impl Publication {
    /// What there is to say of `risk` under `key`. The point comes of the trace.
    ///
    /// # Errors
    /// [`ChainError::Mismatch`] where the part is of another shape than the key.
    pub fn of(risk: &RiskPart, key: &EvmKey, spots: Vec<Spot>, usable: Use) -> Result<Self, ChainError> {
        let trace = Trace::new(key, risk)?;
        Ok(Self {
            risk: risk.digest(),
            universe: risk.universe,
            snapshot: risk.snapshot,
            model: risk.model.clone(),
            key: key.id(),
            point: trace.point(),
            trace: trace.tree().root(),
            chunks: trace.chunks(),
            semantics: COMPILER_SEMANTICS,
            spots,
            as_of: risk.as_of,
            usable_from: usable.from,
            usable_to: usable.to,
            quorum: usable.quorum,
        })
    }
    /// The risk part's id in the registry: `keccak256(abi.encode(risk, key, model))`.
    pub fn id(&self) -> Digest {
        risk_id(&self.risk, &self.key, &self.model)
    }
    /// The EIP-712 digest that members sign: one chain, one registry.
    pub fn signing_hash(&self, at: &Deployment) -> Digest {
        let p = self.abi();
        let message = typed::Publication {
            risk: p.risk,
            universe: p.universe,
            snapshot: p.snapshot,
            model: p.model,
            keyId: p.keyId,
            x: p.x,
            y: p.y,
            trace: p.trace,
            chunks: p.chunks,
            semantics: p.semantics,
            spots: p.spots,
            asOf: p.asOf,
            usableFrom: p.usableFrom,
            usableTo: p.usableTo,
            quorum: p.quorum,
        };
        let domain = eip712_domain! {
            name: "mandate risk",
            version: "2",
            chain_id: at.chain_id,
            verifying_contract: Address::from(at.risks),
        };
        Digest(message.eip712_signing_hash(&domain).0)
    }
    /// Signs as a member of the quorum.
    ///
    /// # Errors
    /// [`ChainError::BadKey`] where the key does not sign; [`ChainError::PublicKey`] for a key that the whole world has.
    pub fn sign(&self, at: &Deployment, key: &SigningKey) -> Result<QuorumSignature, ChainError> {
        refuse_public_key(at.chain_id, &key.address())?;
        let signature = key.sign_hash(B256::from(self.signing_hash(at).0))?;
        Ok(QuorumSignature { signer: key.address(), signature: signature.to_vec() })
    }
    pub(crate) fn abi(&self) -> IRiskRegistry::Publication {
        IRiskRegistry::Publication {
            risk: self.risk.0.into(),
            universe: self.universe.0.into(),
            snapshot: self.snapshot.0.into(),
            model: keccak(self.model.as_bytes()).0.into(),
            keyId: self.key.0.into(),
            x: self.point[0],
            y: self.point[1],
            trace: self.trace.0.into(),
            chunks: self.chunks,
            semantics: self.semantics,
            spots: keccak(&self.abi_spots().abi_encode()).0.into(),
            asOf: self.as_of,
            usableFrom: self.usable_from,
            usableTo: self.usable_to,
            quorum: self.quorum,
        }
    }
    pub(crate) fn abi_spots(&self) -> Vec<ISpots::Spot> {
        let spot = |s: &Spot| ISpots::Spot { asset: s.asset.0.into(), price: s.price, decimals: s.decimals };
        self.spots.iter().map(spot).collect()
    }
}

/// Id of a risk part in the registry: `keccak256(abi.encode(risk, key, keccak256(model)))`.
pub fn risk_id(risk: &Digest, key: &Digest, model: &str) -> Digest {
    keccak(&[risk.0, key.0, keccak(model.as_bytes()).0].concat())
}

impl Registries {
    /// Number of the quorum in office, and how many of its members must sign.
    ///
    /// # Errors
    /// [`ChainError::Node`].
    pub async fn quorum(&self) -> Result<(u64, u32), ChainError> {
        let registry = self.risk_registry();
        let quorum = self.chain().read("read the quorum", registry.quorum()).await?;
        Ok((quorum.version, quorum.threshold))
    }
    /// Publishes a risk part with its signatures, in any order. The sender puts up the registry's bond.
    ///
    /// # Errors
    /// [`ChainError::Refused`]: below quorum, a stranger's signature, published already, from the future.
    pub async fn publish_risk(
        &self,
        publication: &Publication,
        signatures: &[QuorumSignature],
    ) -> Result<Sent, ChainError> {
        let mut sorted: Vec<&QuorumSignature> = signatures.iter().collect();
        sorted.sort_by_key(|s| s.signer);
        let signers = sorted.iter().map(|s| Address::from(s.signer)).collect();
        let signatures = sorted.iter().map(|s| Bytes::from(s.signature.clone())).collect();
        let registry = self.risk_registry();
        let bond = self.chain().read("read the bond", registry.BOND()).await?;
        let call = registry
            .publish(publication.abi(), publication.abi_spots(), signers, signatures)
            .value(U256::from(bond));
        Ok(self.chain().send("publish the risk part", call).await?.0)
    }
    /// Makes a risk part unusable for ever.
    ///
    /// # Errors
    /// [`ChainError::Refused`] for anyone but whoever governs, and for an unknown part.
    pub async fn revoke_risk(&self, risk: &Digest, key: &Digest, model: &str) -> Result<Sent, ChainError> {
        let id = risk_id(risk, key, model);
        let registry = self.risk_registry();
        Ok(self.chain().send("revoke the risk part", registry.revoke(id.0.into())).await?.0)
    }
}
