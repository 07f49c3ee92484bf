//! Which version of a mandate is in force, which one waits, and what stops it.

use crate::abi::IMandateRegistry;
use crate::chain::{Sent, node};
use crate::error::ChainError;
use crate::registries::{Registries, mandate_id};
use crate::standing::VersionTerms;
use alloy::eips::BlockId;
use alloy::primitives::{Address, B256};
use alloy::providers::Provider;
use alloy::sol_types::SolValue;
use mandate_statement::Digest;

/// What a mandate stands at.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Line {
    /// Number of the version in force; zero before the first is.
    pub version: u16,
    /// Id of that version; `None` where none is in force.
    pub in_force: Option<Digest>,
    /// Whether it is paused, or ended for ever.
    pub stopped: bool,
    /// Id of a version that waits for the timelock.
    pub next: Option<Digest>,
    /// When that is in force, seconds since 1970.
    pub next_from: Option<u64>,
    /// Who may pause it beside whoever governs; `None` for a mandate that was never scheduled.
    pub owner: Option<String>,
    /// Seconds from scheduling a version to its being in force.
    pub timelock_s: u64,
    /// The chain's clock.
    pub now: u64,
}

impl Registries {
    /// What a mandate, named by the id of its first version, stands at.
    ///
    /// # Errors
    /// [`ChainError::Node`].
    pub async fn line(&self, mandate: &Digest) -> Result<Line, ChainError> {
        let registry = self.compliance_registry();
        let id = B256::from(mandate.0);
        let chain = self.chain();
        let state = chain.read("read the mandate's state", registry.mandateState(id)).await?;
        let owner = chain.read("read the mandate's owner", registry.mandateOwner(id)).await?;
        let timelock = chain.read("read the timelock", registry.TIMELOCK()).await?;
        let version = |pointer: Address| async move {
            if pointer == Address::ZERO {
                return Ok(None);
            }
            Ok::<_, ChainError>(Some(self.version_at(pointer, BlockId::latest()).await?.version))
        };
        let next = version(state.next).await?;
        Ok(Line {
            version: state.version,
            in_force: version(state.pointer).await?,
            stopped: state.stopped,
            next,
            next_from: next.map(|_| state.nextFrom.to()),
            owner: (owner != Address::ZERO).then(|| owner.to_string()),
            timelock_s: timelock.to(),
            now: chain.now().await?,
        })
    }
    /// Puts a registered version in force after the timelock: a mandate's first, or its next.
    ///
    /// # Errors
    /// [`ChainError::Refused`] for anyone but whoever governs, and for a version scheduled before.
    pub async fn schedule(&self, version: &Digest) -> Result<Sent, ChainError> {
        let call = self.compliance_registry();
        let call = call.schedule(B256::from(version.0));
        Ok(self.chain().send("schedule the mandate's version", call).await?.0)
    }
    /// Takes a version back that is not in force yet. It can never be scheduled again.
    ///
    /// # Errors
    /// [`ChainError::Refused`] for anyone but the mandate's owner and whoever governs, and where none waits.
    pub async fn cancel_version(&self, mandate: &Digest) -> Result<Sent, ChainError> {
        let call = self.compliance_registry();
        let call = call.cancel(B256::from(mandate.0));
        Ok(self.chain().send("take the waiting version back", call).await?.0)
    }
    /// Stops, or resumes, everything under a mandate.
    ///
    /// # Errors
    /// [`ChainError::Refused`] for anyone but its owner and whoever governs.
    pub async fn set_paused(&self, mandate: &Digest, paused: bool) -> Result<Sent, ChainError> {
        let call = self.compliance_registry();
        let call = call.setPaused(B256::from(mandate.0), paused);
        Ok(self.chain().send("pause or resume the mandate", call).await?.0)
    }
    /// Terms of the version whose code stands at an address.
    pub(crate) async fn version_at(
        &self,
        pointer: Address,
        block: BlockId,
    ) -> Result<VersionTerms, ChainError> {
        let doing = "read the mandate's version";
        let code = self.chain().provider().get_code_at(pointer).block_id(block).await.map_err(node(doing))?;
        let wrong = || ChainError::Node { doing, why: "it does not decode".into() };
        let body = code.get(1..1 + 17 * 32).ok_or_else(wrong)?;
        let m = IMandateRegistry::Mandate::abi_decode(body).map_err(|_| wrong())?;
        Ok(VersionTerms {
            version: mandate_id(&Digest(m.digest.0), &Digest(m.keyId.0)),
            max_delay_s: m.maxDelay.into(),
            max_age_s: m.maxAge.into(),
            start: m.start.to(),
            period_s: m.period.into(),
            window_s: m.window.into(),
            drawn: m.drawn,
            band_bps: m.band.into(),
        })
    }
}
