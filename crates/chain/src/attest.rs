//! Attesting and reading.

use crate::abi::IComplianceRegistry;
use crate::chain::Sent;
use crate::error::ChainError;
use crate::key::EvmProof;
use crate::registries::{Registries, mandate_id};
use alloy::primitives::{B256, U256};
use mandate_statement::{Context, Digest, SignedAttestation};

/// What an attestation is made of: a bundle, with its proof in the words of the chain.
#[derive(Clone, Copy, Debug)]
pub struct AttestRequest<'a> {
    /// Whose, under what, when and where; names this chain and this compliance registry.
    pub context: &'a Context,
    /// One per account of the shape, big-endian; zero where none is declared.
    pub commitments: &'a [Digest],
    /// One per declared account, in growing order of netting set.
    pub attestations: &'a [SignedAttestation],
    /// The proof.
    pub proof: EvmProof,
}

/// What the registry holds of a subject under a mandate. Times are seconds since 1970.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Record {
    /// Time of the attestation's block.
    pub proven_at: u64,
    /// Last instant it says anything about; zero once withdrawn.
    pub valid_until: u64,
    /// Its epoch.
    pub epoch: u64,
    /// Instant of the book.
    pub as_of: u64,
    /// The mandate's number in its registry.
    pub serial: u32,
    /// Consecutive epochs attested without a gap, this one included.
    pub streak: u32,
}

/// What a reader learns.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Status {
    /// Whether a gate with the asked age would open.
    pub compliant: bool,
    /// Why not.
    pub reason: Option<String>,
    /// The last record, if any.
    pub record: Option<Record>,
    /// The chain's clock.
    pub now: u64,
}

impl Registries {
    /// Sends an attestation. Whoever pays, the record is the subject's.
    ///
    /// # Errors
    /// [`ChainError::Mismatch`] where the proof is for another chain or registry; [`ChainError::Refused`] with the
    /// contract's reason.
    pub async fn attest(&self, request: &AttestRequest<'_>) -> Result<Sent, ChainError> {
        let call = self.attest_call(request)?;
        let registry = self.compliance_registry();
        Ok(self.chain().send("attest", registry.attest(call)).await?.0)
    }
    /// Asks whether an attestation would be accepted now, without sending it.
    ///
    /// # Errors
    /// As for [`Registries::attest`].
    pub async fn rehearse(&self, request: &AttestRequest<'_>) -> Result<(), ChainError> {
        let call = self.attest_call(request)?;
        let registry = self.compliance_registry();
        self.chain().read("attest", registry.attest(call)).await?;
        Ok(())
    }
    /// Withdraws the last attestation.
    ///
    /// # Errors
    /// [`ChainError::Refused`] for anyone but whoever governs, the mandate's owner and the subject's administrator.
    pub async fn revoke(&self, subject: &Digest, mandate_id: &Digest) -> Result<Sent, ChainError> {
        let registry = self.compliance_registry();
        let call = registry.revoke(subject.0.into(), mandate_id.0.into());
        Ok(self.chain().send("withdraw the attestation", call).await?.0)
    }
    /// Whether a subject keeps a mandate with a book no older than `max_age_s` seconds, and if not, why.
    ///
    /// # Errors
    /// [`ChainError::Node`].
    pub async fn status(
        &self,
        subject: &Digest,
        mandate_id: &Digest,
        max_age_s: u64,
    ) -> Result<Status, ChainError> {
        let registry = self.compliance_registry();
        let (s, m) = (B256::from(subject.0), B256::from(mandate_id.0));
        let chain = self.chain();
        let r = chain.read("read the record", registry.record(s, m)).await?;
        let record = Record {
            proven_at: r.provenAt.to(),
            valid_until: r.validUntil.to(),
            epoch: r.epoch.to(),
            as_of: r.asOf.to(),
            serial: r.serial,
            streak: r.streak,
        };
        let call = registry.requireCompliant(s, m, U256::from(max_age_s));
        let reason = match chain.read("ask for compliance", call).await {
            Ok(_) => None,
            Err(ChainError::Refused { reason, .. }) => Some(reason),
            Err(other) => return Err(other),
        };
        Ok(Status {
            compliant: reason.is_none(),
            reason,
            record: (record.proven_at > 0).then_some(record),
            now: chain.now().await?,
        })
    }

    fn attest_call(
        &self,
        request: &AttestRequest<'_>,
    ) -> Result<IComplianceRegistry::AttestCall, ChainError> {
        let context = request.context;
        if context.chain_id != self.at().chain_id {
            let wanted = format!("this is chain {}", self.at().chain_id);
            return Err(ChainError::mismatch("the proof's chain", context.chain_id, wanted));
        }
        if context.registry != self.at().compliance {
            let wanted = format!("this is 0x{}", hex::encode(self.at().compliance));
            let got = format!("0x{}", hex::encode(context.registry));
            return Err(ChainError::mismatch("the proof's registry", got, wanted));
        }
        let signatures = request.attestations.iter().map(signature).collect::<Result<_, _>>()?;
        Ok(IComplianceRegistry::AttestCall {
            subject: context.subject.0.into(),
            mandateId: mandate_id(&context.mandate, &context.key).0.into(),
            riskDigest: context.risk.0.into(),
            keyId: context.key.0.into(),
            asOf: context.as_of,
            validUntil: context.valid_until,
            epoch: context.epoch,
            commitments: request.commitments.iter().map(|c| U256::from_be_bytes(c.0)).collect(),
            signatures,
            proof: request.proof.0,
        })
    }
}

fn signature(signed: &SignedAttestation) -> Result<IComplianceRegistry::AccountSignature, ChainError> {
    let bytes: &[u8; 65] = signed.signature.as_slice().try_into().map_err(|_| {
        ChainError::mismatch("a signature's length", signed.signature.len(), "65 bytes: r, s, v")
    })?;
    Ok(IComplianceRegistry::AccountSignature {
        sequence: signed.attestation.sequence,
        v: bytes[64],
        r: B256::from_slice(&bytes[..32]),
        s: B256::from_slice(&bytes[32..64]),
    })
}
