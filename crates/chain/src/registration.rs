//! Registering mandates, and later versions of them, step by step.

use crate::abi::{IMandateRegistry, MandateRegistry};
use crate::chain::node;
use crate::deploy::{Deployer, Manifest};
use crate::error::ChainError;
use crate::key::{Coefficient, EvmKey};
use crate::payer::Payer;
use crate::registries::{MandateTerms, Registered, Registries, TRANSACTION_GAS, mandate_id};
use alloy::primitives::{B256, U256, Uint};
use alloy::providers::Provider;
use mandate_statement::{Digest, RulesPart};

const DOING: &str = "register the mandate";

impl Registries {
    /// Registers a mandate: sends its non-zero integers with the key's points, in as many transactions as gas asks for,
    /// lets the contract compute the point, and schedules the version. `progress` hears how many coefficients of how many are
    /// in.
    ///
    /// A registration that breaks off leaves a draft behind, which nothing can use.
    ///
    /// # Errors
    /// [`ChainError::Mismatch`] for a mandate of another shape; [`ChainError::DevelopmentKey`];
    /// [`ChainError::Refused`], for example where the mandate is registered already; [`ChainError::Rehearsed`] with the first
    /// transaction on the list, on a rehearsing connection.
    pub async fn register_mandate(
        &self,
        key: &EvmKey,
        rules: &RulesPart,
        terms: &MandateTerms,
        progress: impl FnMut(usize, usize),
    ) -> Result<Registered, ChainError> {
        if self.chain().is_rehearsing() {
            self.check_origin(key)?;
            self.chain().send(DOING, self.mandate_registry().begin(words(key, rules, terms))).await?;
        }
        let mut forgotten = |_: &Manifest| Ok(());
        let payer = Payer::new(self.chain().clone())?;
        let mut steps = Deployer::of(DOING, payer, None, &mut forgotten).await?;
        self.register_steps(&mut steps, key, rules, terms, progress).await
    }
    /// The same for registrations that can be broken off and taken up again: a manifest is of one mandate, under one key, with
    /// one set of terms.
    ///
    /// # Errors
    /// As for [`Registries::register_mandate`]; [`ChainError::Mismatch`] where the manifest is of something else.
    pub async fn register_steps(
        &self,
        steps: &mut Deployer<'_>,
        key: &EvmKey,
        rules: &RulesPart,
        terms: &MandateTerms,
        mut progress: impl FnMut(usize, usize),
    ) -> Result<Registered, ChainError> {
        self.check_origin(key)?;
        let coefficients = key.coefficients(rules)?;
        let registry = self.mandate_registry();
        let to = self.at().mandates.into();
        let begun = steps.call("begin", to, registry.begin(words(key, rules, terms)).calldata()).await?;
        let draft = self.draft(&begun).await?;
        let mut sent = 0;
        for chunk in coefficients.chunks(per_transaction(key.depth())) {
            let entries = chunk.iter().map(Into::into).collect();
            steps.call("append", to, registry.append(draft, entries).calldata()).await?;
            sent += chunk.len();
            progress(sent, coefficients.len());
        }
        let digest = rules.digest();
        steps.call("finish", to, registry.finish(draft, B256::from(digest.0)).calldata()).await?;
        let mandate_id = mandate_id(&digest, &key.id());
        let lines = self.compliance_registry();
        let to = self.at().compliance.into();
        steps.call("schedule", to, lines.schedule(B256::from(mandate_id.0)).calldata()).await?;
        let done = &steps.manifest().done;
        let gas = done.iter().map(|d| d.gas).sum();
        Ok(Registered { mandate_id, coefficients: coefficients.len(), transactions: done.len(), gas })
    }
    /// The draft that a mined `begin` opened.
    async fn draft(&self, transaction: &Digest) -> Result<U256, ChainError> {
        let asked = self.chain().provider().get_transaction_receipt(B256::from(transaction.0)).await;
        let receipt = asked.map_err(node(DOING))?;
        let log = receipt.and_then(|r| r.decoded_log::<MandateRegistry::DraftBegun>());
        let log = log.ok_or(ChainError::Node { doing: DOING, why: "the receipt names no draft".into() })?;
        Ok(log.draft)
    }
}

fn words(key: &EvmKey, rules: &RulesPart, terms: &MandateTerms) -> IMandateRegistry::Terms {
    IMandateRegistry::Terms {
        keyId: key.id().0.into(),
        shape: rules.shape.clone(),
        model: rules.model.clone(),
        maxDelay: terms.max_delay_s,
        maxAge: terms.max_age_s,
        maxGap: terms.max_gap_s,
        line: terms.line.0.into(),
        start: Uint::saturating_from(terms.schedule.start),
        period: terms.schedule.period_s,
        window: terms.schedule.window_s,
        drawn: terms.schedule.drawn,
        band: terms.band_bps,
        owner: terms.owner.into(),
    }
}

/// Coefficients per transaction: measured at 12,000 gas each and 1,200 per level of the tree; taken with head-room.
fn per_transaction(depth: usize) -> usize {
    let each = 14_000 + 1_300 * depth as u64;
    usize::try_from((TRANSACTION_GAS - 200_000) / each).expect("a few hundred")
}

impl From<&Coefficient> for IMandateRegistry::Entry {
    fn from(c: &Coefficient) -> Self {
        Self {
            position: c.position,
            value: c.value,
            x: c.point[0],
            y: c.point[1],
            path: c.path.iter().map(|d| B256::from(d.0)).collect(),
        }
    }
}
