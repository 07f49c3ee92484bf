//! Publishing a risk part.

use crate::abi::IRiskRegistry;
use crate::chain::Sent;
use crate::error::ChainError;
use crate::key::EvmPoint;
use crate::registries::{Deployment, Registries};
use crate::signer::SigningKey;
use alloy::primitives::{Address, B256, Bytes};
use alloy::sol_types::{SolStruct, eip712_domain};
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
            uint64 asOf;
            uint64 usableFrom;
            uint64 usableTo;
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
    /// Instant of the snapshot, seconds since 1970.
    pub as_of: u64,
    /// First instant of use.
    pub usable_from: u64,
    /// Last instant of use.
    pub usable_to: u64,
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
    /// What there is to say of `risk` under `key`, whose point for it is `point`.
    pub fn of(risk: &RiskPart, key: Digest, point: EvmPoint, usable_from: u64, usable_to: u64) -> Self {
        Self {
            risk: risk.digest(),
            universe: risk.universe,
            snapshot: risk.snapshot,
            model: risk.model.clone(),
            key,
            point,
            as_of: risk.as_of,
            usable_from,
            usable_to,
        }
    }
    /// The EIP-712 digest that members sign: one chain, one registry.
    pub fn signing_hash(&self, at: &Deployment) -> Digest {
        let message = typed::Publication {
            risk: self.risk.0.into(),
            universe: self.universe.0.into(),
            snapshot: self.snapshot.0.into(),
            model: keccak(self.model.as_bytes()).0.into(),
            keyId: self.key.0.into(),
            x: self.point[0],
            y: self.point[1],
            asOf: self.as_of,
            usableFrom: self.usable_from,
            usableTo: self.usable_to,
        };
        let domain = eip712_domain! {
            name: "mandate risk",
            version: "1",
            chain_id: at.chain_id,
            verifying_contract: Address::from(at.risks),
        };
        Digest(message.eip712_signing_hash(&domain).0)
    }
    /// Signs as a member of the quorum.
    ///
    /// # Errors
    /// [`ChainError::BadKey`] where the key does not sign.
    pub fn sign(&self, at: &Deployment, key: &SigningKey) -> Result<QuorumSignature, ChainError> {
        let signature = key.sign_hash(B256::from(self.signing_hash(at).0))?;
        Ok(QuorumSignature { signer: key.address(), signature: signature.to_vec() })
    }
    fn abi(&self) -> IRiskRegistry::Publication {
        IRiskRegistry::Publication {
            risk: self.risk.0.into(),
            universe: self.universe.0.into(),
            snapshot: self.snapshot.0.into(),
            model: keccak(self.model.as_bytes()).0.into(),
            keyId: self.key.0.into(),
            x: self.point[0],
            y: self.point[1],
            asOf: self.as_of,
            usableFrom: self.usable_from,
            usableTo: self.usable_to,
        }
    }
}

impl Registries {
    /// Publishes a risk part with its signatures, in any order.
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
        let call = registry.publish(publication.abi(), signers, signatures);
        Ok(self.chain().send("publish the risk part", call).await?.0)
    }
    /// Makes a risk part unusable for ever.
    ///
    /// # Errors
    /// [`ChainError::Refused`] for anyone but whoever governs, and for an unknown part.
    pub async fn revoke_risk(&self, risk: &Digest, key: &Digest, model: &str) -> Result<Sent, ChainError> {
        let id = keccak(&[risk.0, key.0, keccak(model.as_bytes()).0].concat());
        let registry = self.risk_registry();
        Ok(self.chain().send("revoke the risk part", registry.revoke(id.0.into())).await?.0)
    }
}
