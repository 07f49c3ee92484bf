//! Attesting and reading.

use crate::abi::{IAttestorRegistry, IComplianceRegistry};
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
    /// The mandate's version that it was made under.
    pub version: u16,
    /// Epochs attested.
    pub kept: u32,
    /// Epochs passed over since the first.
    pub missed: u32,
    /// Consecutive epochs attested under one version without a gap, this one included.
    pub streak: u16,
    /// The risk part's number in its registry.
    pub risk: u32,
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
        let (statement, [mandate, risk]) = self.statement(request)?;
        let registry = self.compliance_registry();
        Ok(self.chain().send("attest", registry.attest(mandate, risk, statement)).await?.0)
    }
    /// The call that [`Registries::attest`] sends, for whoever signs and sends it elsewhere or later.
    ///
    /// # Errors
    /// [`ChainError::Mismatch`] where the proof is for another chain or registry.
    pub fn attest_data(&self, request: &AttestRequest<'_>) -> Result<Vec<u8>, ChainError> {
        let (statement, [mandate, risk]) = self.statement(request)?;
        Ok(self.compliance_registry().attest(mandate, risk, statement).calldata().to_vec())
    }
    /// Sends many attestations under one mandate and risk part, with one pairing for all. One bad one fails all.
    ///
    /// # Errors
    /// As for [`Registries::attest`]; [`ChainError::Mismatch`] where there is none, or mandates or risk parts differ.
    pub async fn attest_batch(&self, requests: &[AttestRequest<'_>]) -> Result<Sent, ChainError> {
        let mut statements = Vec::with_capacity(requests.len());
        let mut under = None;
        for request in requests {
            let (statement, ids) = self.statement(request)?;
            if *under.get_or_insert(ids) != ids {
                let got = format!("{ids:?}");
                return Err(ChainError::mismatch("a batch's mandate and risk part", got, "one of each"));
            }
            statements.push(statement);
        }
        let Some([mandate, risk]) = under else {
            return Err(ChainError::mismatch("the number of attestations", 0, "at least one"));
        };
        let registry = self.compliance_registry();
        Ok(self.chain().send("attest", registry.attestBatch(mandate, risk, statements)).await?.0)
    }
    /// Asks whether an attestation would be accepted now, without sending it.
    ///
    /// # Errors
    /// As for [`Registries::attest`].
    pub async fn rehearse(&self, request: &AttestRequest<'_>) -> Result<(), ChainError> {
        let (statement, [mandate, risk]) = self.statement(request)?;
        let registry = self.compliance_registry();
        self.chain().read("attest", registry.attest(mandate, risk, statement)).await?;
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
        let record = Record::from(&r);
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

    /// What the registry takes, and under which mandate and risk part.
    fn statement(
        &self,
        request: &AttestRequest<'_>,
    ) -> Result<(IComplianceRegistry::Statement, [B256; 2]), ChainError> {
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
        let accounts = request.attestations.iter().map(signed).collect::<Result<_, _>>()?;
        // The chain fills the places of accounts that are not declared with zeros of its own.
        let declared = |i: usize| request.attestations.iter().any(|a| place(a) == i);
        let stray = request.commitments.iter().enumerate().find(|(i, c)| {
            let named = request.attestations.iter().find(|a| place(a) == *i);
            named.map_or(c.0 != [0; 32], |a| a.attestation.commitment != **c)
        });
        if let Some((i, c)) = stray {
            let wanted = if declared(i) { "what its attestor signed" } else { "zero: no account is there" };
            return Err(ChainError::mismatch("the commitment of an account", format!("{i}: {c}"), wanted));
        }
        let statement = IComplianceRegistry::Statement {
            subject: context.subject.0.into(),
            validUntil: context.valid_until,
            epoch: context.epoch,
            proof: request.proof.0,
            accounts,
        };
        let mandate = mandate_id(&context.mandate, &context.key);
        Ok((statement, [mandate.0.into(), context.risk.0.into()]))
    }
}

impl From<&IComplianceRegistry::Record> for Record {
    fn from(r: &IComplianceRegistry::Record) -> Self {
        Self {
            proven_at: r.provenAt.to(),
            valid_until: r.validUntil.to(),
            epoch: r.epoch.into(),
            as_of: r.asOf.to(),
            version: r.version,
            kept: r.kept.to(),
            missed: r.missed.to(),
            streak: r.streak,
            risk: r.risk.to(),
        }
    }
}

fn place(signed: &SignedAttestation) -> usize {
    usize::from(signed.attestation.netting_set)
}

/// An account with its signature in the short form of ERC-2098.
fn signed(signed: &SignedAttestation) -> Result<IAttestorRegistry::SignedAccount, ChainError> {
    let bytes: &[u8; 65] = signed.signature.as_slice().try_into().map_err(|_| {
        ChainError::mismatch("a signature's length", signed.signature.len(), "65 bytes: r, s, v")
    })?;
    let parity = match bytes[64] {
        27 => 0,
        28 => 0x80,
        v => return Err(ChainError::mismatch("a signature's v", v, "27 or 28")),
    };
    let mut vs = B256::from_slice(&bytes[32..64]);
    if vs[0] & 0x80 != 0 {
        return Err(ChainError::mismatch("a signature's s", vs, "in the lower half of the order"));
    }
    vs[0] |= parity;
    Ok(IAttestorRegistry::SignedAccount {
        commitment: U256::from_be_bytes(signed.attestation.commitment.0),
        sequence: signed.attestation.sequence,
        r: B256::from_slice(&bytes[..32]),
        vs,
    })
}
