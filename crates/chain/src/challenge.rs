//! Holding a published risk part to its trace: asking for data, giving it, and showing a wrong step.

use crate::abi::IRiskRegistry;
use crate::chain::Sent;
use crate::error::ChainError;
use crate::key::{EvmKey, EvmPoint};
use crate::registries::Registries;
use crate::trace::{CHUNK, Chunk, Trace, first_position, values_hash};
use alloy::primitives::{B256, U256};
use mandate_statement::Digest;

/// One step of a trace with everything that lets the contract compute it.
#[derive(Clone, Debug)]
pub struct Challenge(IRiskRegistry::Challenge);

/// What has become of a risk part.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum RiskState {
    /// Never published.
    Unknown,
    /// Published, and nothing said against it.
    Live,
    /// Withdrawn by whoever governs, or by a member's veto.
    Revoked,
    /// Shown to be wrong, or its data withheld.
    Dead,
}

/// What the registry says of a risk part. Times are seconds since 1970.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
pub struct RiskStatus {
    /// Its state.
    pub state: RiskState,
    /// Whether fewer than the quorum published it.
    pub fallback: bool,
    /// Demands for data that are open.
    pub demands: u8,
    /// First instant of use.
    pub usable_from: u64,
    /// Last instant of use.
    pub usable_to: u64,
    /// Its number in the registry.
    pub serial: u32,
    /// Who put up its bond.
    pub proposer: [u8; 20],
    /// What is left of that, in wei.
    pub bond_wei: u128,
}

impl Trace {
    /// What shows chunk `chunk` of this trace, as its proposer published it, to be wrong; for one that is right the
    /// contract will say so. `None` where there is no such chunk.
    pub fn challenge(&self, key: &EvmKey, chunk: u32) -> Option<Challenge> {
        let at = chunk as usize;
        let first = first_position(key, at);
        let values = self.values.get(at)?;
        let mut points = [U256::ZERO; 2 * CHUNK];
        for (i, [x, y]) in key.parts().sheet.iter().skip(first).take(CHUNK).enumerate() {
            (points[2 * i], points[2 * i + 1]) = (*x, *y);
        }
        // The chunk's points are a subtree of 32 leaves: five levels of it are computed on chain.
        let path = key.tree().path(5, first / CHUNK)?;
        Some(Challenge(IRiskRegistry::Challenge {
            before: self.step(chunk.saturating_sub(1))?,
            step: self.step(chunk)?,
            values: *values,
            points,
            path: path.iter().map(|d| d.0.into()).collect(),
        }))
    }
    fn step(&self, chunk: u32) -> Option<IRiskRegistry::Step> {
        let at = chunk as usize;
        let [x, y]: EvmPoint = *self.sums.get(at)?;
        let path = self.tree().path(0, at)?;
        Some(IRiskRegistry::Step {
            chunk,
            x,
            y,
            values: values_hash(self.values.get(at)?).0.into(),
            path: path.iter().map(|d| d.0.into()).collect(),
        })
    }
}

impl Registries {
    /// What has become of a risk part.
    ///
    /// # Errors
    /// [`ChainError::Node`].
    pub async fn risk_status(&self, risk: &Digest) -> Result<RiskStatus, ChainError> {
        let registry = self.risk_registry();
        let s = self.chain().read("read the risk part", registry.status(B256::from(risk.0))).await?;
        let state = match s.state {
            0 => RiskState::Unknown,
            1 => RiskState::Live,
            2 => RiskState::Revoked,
            _ => RiskState::Dead,
        };
        Ok(RiskStatus {
            state,
            fallback: s.fallbackPath,
            demands: s.demands,
            usable_from: s.usableFrom.to(),
            usable_to: s.usableTo.to(),
            serial: s.serial.to(),
            proposer: s.proposer.into_array(),
            bond_wei: s.bond.to(),
        })
    }
    /// Root and number of chunks of the trace that a risk part was published with, and its point.
    ///
    /// # Errors
    /// [`ChainError::Refused`] for an unknown risk part.
    pub async fn published_trace(&self, risk: &Digest) -> Result<(Digest, u32, EvmPoint), ChainError> {
        let registry = self.risk_registry();
        let p = self.chain().read("read the risk part", registry.publication(B256::from(risk.0))).await?;
        Ok((Digest(p.trace.0), p.chunks, [p.x, p.y]))
    }
    /// Shows a step of a published risk part to be wrong: the part dies, and half its bond is the sender's.
    ///
    /// # Errors
    /// [`ChainError::Refused`] with `StepHolds` where it is right.
    pub async fn challenge(&self, risk: &Digest, wrong: &Challenge) -> Result<Sent, ChainError> {
        let registry = self.risk_registry();
        let call = registry.challenge(B256::from(risk.0), wrong.0.clone());
        Ok(self.chain().send("challenge the risk part", call).await?.0)
    }
    /// Asks for a chunk of a published risk part's trace. The sender puts up the registry's bond for that.
    ///
    /// # Errors
    /// [`ChainError::Refused`]: after its first use, for a chunk asked for before, for one that is not.
    pub async fn demand(&self, risk: &Digest, chunk: u32) -> Result<Sent, ChainError> {
        let registry = self.risk_registry();
        let bond = self.chain().read("read the bond", registry.DEMAND_BOND()).await?;
        let call = registry.demand(B256::from(risk.0), chunk).value(U256::from(bond));
        Ok(self.chain().send("ask for data", call).await?.0)
    }
    /// Gives a chunk that was asked for.
    ///
    /// # Errors
    /// [`ChainError::Mismatch`] for a chunk that the trace has not; [`ChainError::Refused`] where nobody asked, where it
    /// comes too late, or where the trace is not the published one.
    pub async fn give(&self, risk: &Digest, trace: &Trace, chunk: u32) -> Result<Sent, ChainError> {
        let values: Option<&Chunk> = trace.values.get(chunk as usize);
        let (Some(step), Some(values)) = (trace.step(chunk), values) else {
            return Err(ChainError::mismatch("the chunk", chunk, "one of the trace"));
        };
        let registry = self.risk_registry();
        let call = registry.give(B256::from(risk.0), step, *values);
        Ok(self.chain().send("give data", call).await?.0)
    }
    /// Ends a risk part whose data did not come in time.
    ///
    /// # Errors
    /// [`ChainError::Refused`] before that.
    pub async fn expire(&self, risk: &Digest, chunk: u32) -> Result<Sent, ChainError> {
        let call = self.risk_registry();
        let call = call.expire(B256::from(risk.0), chunk);
        Ok(self.chain().send("end the risk part", call).await?.0)
    }
    /// Takes back the bond of a demand that the risk part's end left open: whoever put it up is owed it.
    ///
    /// # Errors
    /// [`ChainError::Refused`] while the part is live, and where nobody waits.
    pub async fn reclaim(&self, risk: &Digest, chunk: u32) -> Result<Sent, ChainError> {
        let call = self.risk_registry();
        let call = call.reclaim(B256::from(risk.0), chunk);
        Ok(self.chain().send("take back the demand's bond", call).await?.0)
    }
    /// Gives a proposer its bond back: it is owed it.
    ///
    /// # Errors
    /// [`ChainError::Refused`] before the risk part's time is over, and while something is open.
    pub async fn release(&self, risk: &Digest) -> Result<Sent, ChainError> {
        let call = self.risk_registry();
        let call = call.release(B256::from(risk.0));
        Ok(self.chain().send("release the bond", call).await?.0)
    }
    /// What the sender is owed by the risk registry, in wei.
    ///
    /// # Errors
    /// [`ChainError::Node`].
    pub async fn owed(&self) -> Result<u128, ChainError> {
        let registry = self.risk_registry();
        let owed =
            self.chain().read("ask what is owed", registry.owed(self.chain().sender_address())).await?;
        Ok(owed.saturating_to())
    }
    /// Pays out what the sender is owed by the risk registry.
    ///
    /// # Errors
    /// [`ChainError::Refused`] where nothing is.
    pub async fn withdraw(&self) -> Result<Sent, ChainError> {
        let call = self.risk_registry();
        let call = call.withdraw();
        Ok(self.chain().send("pay out what is owed", call).await?.0)
    }
}
