//! Attestors, subjects, their accounts and addresses.

use crate::abi::IAttestorRegistry;
use crate::chain::Sent;
use crate::error::ChainError;
use crate::registries::Registries;
use alloy::primitives::Uint;
use mandate_statement::{AccountSet, AttestorGrade, Digest};

impl Registries {
    /// Lists an attestor for books from `valid_from` on and transactions up to `valid_to`, seconds since 1970.
    ///
    /// # Errors
    /// [`ChainError::Refused`]: not by whoever governs, an empty window, grade `self` where that is not allowed.
    pub async fn set_attestor(
        &self,
        attestor: [u8; 20],
        grade: AttestorGrade,
        valid_from: u64,
        valid_to: u64,
    ) -> Result<Sent, ChainError> {
        let registry = self.compliance_registry();
        let call = registry.setAttestor(attestor.into(), grade as u8, time(valid_from), time(valid_to));
        Ok(self.chain().send("list the attestor", call).await?.0)
    }
    /// Strikes an attestor for ever.
    ///
    /// # Errors
    /// [`ChainError::Refused`] for anyone but whoever governs.
    pub async fn revoke_attestor(&self, attestor: [u8; 20]) -> Result<Sent, ChainError> {
        let registry = self.compliance_registry();
        Ok(self.chain().send("revoke the attestor", registry.revokeAttestor(attestor.into())).await?.0)
    }
    /// Names the administrator of a subject.
    ///
    /// # Errors
    /// [`ChainError::Refused`] for anyone but whoever governs.
    pub async fn set_subject(&self, subject: &Digest, administrator: [u8; 20]) -> Result<Sent, ChainError> {
        let registry = self.compliance_registry();
        let call = registry.setSubject(subject.0.into(), administrator.into());
        Ok(self.chain().send("name the subject's administrator", call).await?.0)
    }
    /// Declares all accounts of a subject. The sender must be its administrator.
    ///
    /// # Errors
    /// [`ChainError::Refused`]: another sender, a version that is not newer, accounts out of order.
    pub async fn declare_accounts(&self, set: &AccountSet) -> Result<Sent, ChainError> {
        let accounts = set
            .entries
            .iter()
            .map(|e| IAttestorRegistry::Account {
                nettingSet: e.netting_set,
                account: e.account.0.into(),
                attestor: e.attestor.into(),
                grade: e.grade as u8,
            })
            .collect();
        let registry = self.compliance_registry();
        let call = registry.declareAccounts(set.subject.0.into(), set.version, accounts);
        Ok(self.chain().send("declare the accounts", call).await?.0)
    }
    /// Digest and version of a subject's declared accounts; `None` where it declared none.
    ///
    /// # Errors
    /// [`ChainError::Node`].
    pub async fn account_set(&self, subject: &Digest) -> Result<Option<(Digest, u64)>, ChainError> {
        let registry = self.compliance_registry();
        let set = self.chain().read("read the account set", registry.accountSet(subject.0.into())).await?;
        Ok((set.version > 0).then_some((Digest(set.digest.0), set.version)))
    }
    /// Lets an address act for a subject. The sender must be the subject's administrator.
    ///
    /// # Errors
    /// [`ChainError::Refused`] for another sender.
    pub async fn approve_address(
        &self,
        subject: &Digest,
        address: [u8; 20],
        approved: bool,
    ) -> Result<Sent, ChainError> {
        let registry = self.compliance_registry();
        let call = registry.approveAddress(subject.0.into(), address.into(), approved);
        Ok(self.chain().send("approve the address", call).await?.0)
    }
    /// The sender says that it acts for a subject.
    ///
    /// # Errors
    /// [`ChainError::Refused`] where the administrator has not approved.
    pub async fn link_address(&self, subject: &Digest) -> Result<Sent, ChainError> {
        let registry = self.compliance_registry();
        Ok(self.chain().send("link the address", registry.linkAddress(subject.0.into())).await?.0)
    }
    /// Sequence number and instant last used of an attestor's account; zeros where it was never used.
    ///
    /// # Errors
    /// [`ChainError::Node`].
    pub async fn account_use(&self, attestor: [u8; 20], account: &Digest) -> Result<(u64, u64), ChainError> {
        let registry = self.compliance_registry();
        let call = registry.accountUse(attestor.into(), account.0.into());
        let used = self.chain().read("read the account's counter", call).await?;
        Ok((used.sequence, used.asOf.to()))
    }
}

/// Times beyond the contracts' 48 bits mean "never ends".
fn time(seconds: u64) -> Uint<48, 1> {
    Uint::saturating_from(seconds)
}
