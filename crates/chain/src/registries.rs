//! The contracts together: deployment, keys and mandates.

use crate::abi::{
    ComplianceRegistry, EpochBeacon, Groth16Verifier, IComplianceRegistry, IRiskRegistry, MandateRegistry,
    RiskRegistry, VkStore,
};
use crate::chain::{Chain, Sent};
use crate::deploy::{Deployer, Manifest};
use crate::error::ChainError;
use crate::key::{EvmKey, ORIGIN_DEVELOPMENT};
use crate::local::refuse_public_key;
use crate::payer::Payer;
use alloy::primitives::{Address, B256, U256, Uint};
use alloy::providers::DynProvider;
use mandate_statement::{Digest, keccak};

/// Most gas that one transaction of a registration should use: below the cap that chains put on a transaction.
pub(crate) const TRANSACTION_GAS: u64 = 10_000_000;

/// Where the contracts are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Deployment {
    /// The chain.
    pub chain_id: u64,
    /// `VkStore`.
    pub keys: [u8; 20],
    /// `Groth16Verifier`, for readers and batches; for one proof the compliance registry carries the same code itself.
    pub verifier: [u8; 20],
    /// `MandateRegistry`.
    pub mandates: [u8; 20],
    /// `RiskRegistry`.
    pub risks: [u8; 20],
    /// `EpochBeacon`: randomness for drawn epochs.
    pub beacon: [u8; 20],
    /// `ComplianceRegistry`: what a proof's context names. Knows attestors and accounts too.
    pub compliance: [u8; 20],
}

/// What is decided at deployment. The sender governs.
#[derive(Clone, Debug)]
pub struct DeployOptions {
    /// Who signs risk parts.
    pub quorum: Vec<[u8; 20]>,
    /// How many of them must.
    pub threshold: u64,
    /// Seconds from publication of a risk part to its first use; zero on a local chain only.
    pub delay_s: u64,
    /// Seconds before a new version of a mandate is in force; zero on a local chain only.
    pub timelock_s: u64,
    /// Longest time from a risk part's instant to its last use, seconds.
    pub history_s: u64,
    /// What whoever publishes a risk part puts up, in wei.
    pub bond_wei: u128,
}

impl DeployOptions {
    /// For a local chain: nothing waits, and nothing is put up. The quorum is still to be named.
    pub const fn local() -> Self {
        Self {
            quorum: Vec::new(),
            threshold: 1,
            delay_s: 0,
            timelock_s: 0,
            history_s: 30 * 86_400,
            bond_wei: 0,
        }
    }
    /// Fewer signatures do after a day of silence, and wait four times as long; whoever asks for data puts up a twentieth of
    /// the bond, and has an answer within a quarter of the delay.
    fn rules(&self) -> IRiskRegistry::Rules {
        let seconds = |s: u64| Uint::<40, 1>::saturating_from(s);
        IRiskRegistry::Rules {
            delay: seconds(self.delay_s),
            fallbackDelay: seconds(self.delay_s.saturating_mul(4).max(3600)),
            silence: seconds(86_400),
            fallbackThreshold: 1,
            response: seconds((self.delay_s / 4).max(600)),
            history: seconds(self.history_s),
            bond: Uint::saturating_from(self.bond_wei),
            demandBond: Uint::saturating_from(self.bond_wei / 20),
        }
    }
}

/// What governance decides about a mandate beside its integers.
#[derive(Clone, Copy, Debug)]
pub struct MandateTerms {
    /// Longest time from the book's instant to the attestation's transaction, seconds; above zero.
    pub max_delay_s: u32,
    /// Longest time from the book's instant to the attestation's end, seconds; above zero.
    pub max_age_s: u32,
    /// Longest time between the instants of two consecutive epochs that count as unbroken; zero for any.
    pub max_gap_s: u32,
    /// The mandate that this is a new version of, by the id of its first; zero for a mandate of its own.
    pub line: Digest,
    /// When its epochs are.
    pub schedule: Schedule,
    /// How far a spot price may move before gates close, in basis points below 10,000; zero for no band.
    pub band_bps: u16,
    /// Who may pause it, beside whoever governs the registry.
    pub owner: [u8; 20],
}

/// When a mandate's epochs are. The default is no schedule: epochs are numbered freely and only have to grow.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Schedule {
    /// Epoch `e` begins at `start + e * period`; seconds since 1970, below 2^40.
    pub start: u64,
    /// Seconds; zero for no schedule.
    pub period_s: u32,
    /// How long after its epoch's instant a book may be, seconds.
    pub window_s: u32,
    /// Whether an epoch's instant is drawn from public randomness once the epoch is over.
    pub drawn: bool,
}

/// A mandate just registered.
#[derive(Clone, Debug, serde::Serialize)]
pub struct Registered {
    /// Its id: [`mandate_id`].
    pub mandate_id: Digest,
    /// Non-zero coefficients.
    pub coefficients: usize,
    /// Transactions it took.
    pub transactions: usize,
    /// Gas of all of them.
    pub gas: u64,
}

/// Id under which a rules part is registered for a key: `keccak256(abi.encode(digest, key))`.
pub fn mandate_id(rules: &Digest, key: &Digest) -> Digest {
    keccak(&[rules.0, key.0].concat())
}

/// The contracts, seen by one sender.
#[derive(Clone)]
pub struct Registries {
    chain: Chain,
    at: Deployment,
}

impl Registries {
    /// Deploys everything in one go. The sender governs all of it.
    ///
    /// # Errors
    /// [`ChainError::Refused`], for example for a delay of zero off a local chain.
    pub async fn deploy(chain: Chain, options: &DeployOptions) -> Result<Self, ChainError> {
        let mut forgotten = |_: &Manifest| Ok(());
        let mut steps = Deployer::new(Payer::new(chain.clone())?, None, &mut forgotten).await?;
        let at = Self::deploy_steps(&mut steps, options).await?;
        Ok(Self { chain, at })
    }
    /// The same step by step: for deployments that can be broken off, and for those that are only rehearsed. Addresses are
    /// those that a rehearsal would end with, where it is one.
    ///
    /// # Errors
    /// As for [`Registries::deploy`]; [`ChainError::Mismatch`] where the manifest is of something else.
    pub async fn deploy_steps(
        steps: &mut Deployer<'_>,
        options: &DeployOptions,
    ) -> Result<Deployment, ChainError> {
        let chain_id = steps.payer().chain().id();
        let provider = steps.payer().chain().provider();
        let p = || provider.clone();
        let owner = Address::from(steps.payer().address());
        let quorum: Vec<Address> = options.quorum.iter().map(Address::from).collect();
        for member in &options.quorum {
            refuse_public_key(chain_id, member)?;
        }
        let keys = steps.create("VkStore", VkStore::deploy_builder(p()).calldata()).await?;
        let verifier =
            steps.create("Groth16Verifier", Groth16Verifier::deploy_builder(p()).calldata()).await?;
        let mandates = MandateRegistry::deploy_builder(p(), owner, keys);
        let mandates = steps.create("MandateRegistry", mandates.calldata()).await?;
        let threshold = U256::from(options.threshold);
        let risks = RiskRegistry::deploy_builder(p(), owner, keys, quorum, threshold, options.rules());
        let risks = steps.create("RiskRegistry", risks.calldata()).await?;
        let beacon = steps.create("EpochBeacon", EpochBeacon::deploy_builder(p()).calldata()).await?;
        let setup = IComplianceRegistry::Setup {
            owner,
            mandates,
            risks,
            verifier,
            beacon,
            timelock: Uint::saturating_from(options.timelock_s),
        };
        let compliance = ComplianceRegistry::deploy_builder(p(), setup);
        let compliance = steps.create("ComplianceRegistry", compliance.calldata()).await?;
        Ok(Deployment {
            chain_id,
            keys: keys.into_array(),
            verifier: verifier.into_array(),
            mandates: mandates.into_array(),
            risks: risks.into_array(),
            beacon: beacon.into_array(),
            compliance: compliance.into_array(),
        })
    }
    /// Speaks to contracts that are there already.
    ///
    /// # Errors
    /// [`ChainError::Mismatch`] where they are on another chain.
    pub fn new(chain: Chain, at: Deployment) -> Result<Self, ChainError> {
        if chain.id() != at.chain_id {
            let wanted = format!("the contracts are on chain {}", at.chain_id);
            return Err(ChainError::mismatch("the chain", chain.id(), wanted));
        }
        Ok(Self { chain, at })
    }
    /// Where the contracts are.
    pub fn at(&self) -> &Deployment {
        &self.at
    }
    /// The connection.
    pub fn chain(&self) -> &Chain {
        &self.chain
    }
    /// Stores a key, unless it is stored already (then `None`).
    ///
    /// # Errors
    /// [`ChainError::DevelopmentKey`] off a local chain; [`ChainError::Refused`] for a key with a bad point.
    pub async fn store_key(&self, key: &EvmKey) -> Result<Option<Sent>, ChainError> {
        self.check_origin(key)?;
        let store = VkStore::new(self.at.keys.into(), self.chain.provider());
        let id = B256::from(key.id().0);
        if self.chain.read("look for the key", store.has(id)).await? {
            return Ok(None);
        }
        let (sent, _) = self.chain.send("store the key", store.write(id, key.head().into())).await?;
        Ok(Some(sent))
    }
    /// The point that the contract computed for a mandate.
    ///
    /// # Errors
    /// [`ChainError::Refused`] for an unknown mandate.
    pub async fn rules_point(&self, mandate_id: &Digest) -> Result<[U256; 2], ChainError> {
        let registry = self.mandate_registry();
        let m = self.chain.read("read the mandate", registry.mandate(B256::from(mandate_id.0))).await?;
        Ok([m.x, m.y])
    }
    pub(crate) fn check_origin(&self, key: &EvmKey) -> Result<(), ChainError> {
        if key.parts().origin == ORIGIN_DEVELOPMENT && !self.chain.is_local() {
            let key = key.id().to_string();
            return Err(ChainError::DevelopmentKey { key, chain_id: self.chain.id() });
        }
        Ok(())
    }
    pub(crate) fn risk_registry(&self) -> RiskRegistry::RiskRegistryInstance<DynProvider> {
        RiskRegistry::new(self.at.risks.into(), self.chain.provider())
    }
    pub(crate) fn mandate_registry(&self) -> MandateRegistry::MandateRegistryInstance<DynProvider> {
        MandateRegistry::new(self.at.mandates.into(), self.chain.provider())
    }
    pub(crate) fn epoch_beacon(&self) -> EpochBeacon::EpochBeaconInstance<DynProvider> {
        EpochBeacon::new(self.at.beacon.into(), self.chain.provider())
    }
    pub(crate) fn compliance_registry(&self) -> ComplianceRegistry::ComplianceRegistryInstance<DynProvider> {
        ComplianceRegistry::new(self.at.compliance.into(), self.chain.provider())
    }
}
