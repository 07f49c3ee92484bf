//! When a record needs a successor.

use crate::world::{Fees, View};
use std::time::Duration;

/// What the operator decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Policy {
    /// How long before a record's end, or a gate's, its successor is made, seconds. Leave room for a fresh book, its risk
    /// part's delay, proving and mining.
    pub lead_s: u64,
    /// Oldest book that those who rely on the record accept, seconds; the mandate's own maximum is never exceeded.
    pub gate_max_age_s: u64,
    /// How long after its instant an attestation is to say something, seconds; the mandate's own maximum is never exceeded.
    pub valid_for_s: u64,
    /// Share of the breaker's band, in basis points, from which on a fresher book is wanted: above zero, at most 10,000.
    pub strain_bps: u32,
    /// Seconds that a proof and its mining must still fit into before [`crate::Terms::max_delay_s`] is over.
    pub margin_s: u64,
    /// How long to wait between two looks when nothing is to be done.
    pub poll: Duration,
    /// How long to wait between two looks while a transaction is under way.
    pub poll_in_flight: Duration,
    /// After how long a transaction that is not mined is sent again with higher fees.
    pub stuck_after: Duration,
    /// The most that is ever offered.
    pub fee_cap: Fees,
    /// First and longest wait after a failure.
    pub backoff: (Duration, Duration),
    /// Seed of the waits' jitter.
    pub seed: u64,
}

/// Why settings cannot be used.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("{what} is {got}; {wanted}")]
pub struct PolicyError {
    what: &'static str,
    got: u64,
    wanted: &'static str,
}

/// A successor is needed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Need {
    /// Why.
    pub why: Why,
    /// When it is too late, seconds since 1970 by the chain's clock; now where it is so already.
    pub by: u64,
}

/// Why a successor is needed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// There is no record, or it was withdrawn, or it has ended.
    None,
    /// The record, or the age that gates accept, ends soon.
    RunsOut,
    /// Prices left the band, or soon will.
    Strain,
    /// A new scheduled period began, or the instant of one was drawn.
    Period,
}

impl Why {
    /// A word for metrics.
    pub const fn word(self) -> &'static str {
        match self {
            Self::None => "no_record",
            Self::RunsOut => "runs_out",
            Self::Strain => "strain",
            Self::Period => "period",
        }
    }
}

impl Policy {
    /// Refuses settings under which the agent would never rest, or never act.
    ///
    /// # Errors
    /// [`PolicyError`] with the first that does not fit.
    pub fn check(&self) -> Result<(), PolicyError> {
        let wrong = |what, got, wanted| Err(PolicyError { what, got, wanted });
        let least = self.valid_for_s.min(self.gate_max_age_s);
        if least == 0 {
            return wrong("the shorter of validity and gate's age", 0, "it must be above zero");
        }
        if self.lead_s == 0 || self.lead_s >= least {
            return wrong(
                "the lead, in seconds,",
                self.lead_s,
                "it must be above zero and below validity and gate's age",
            );
        }
        if self.strain_bps == 0 || self.strain_bps > 10_000 {
            return wrong(
                "the strain",
                self.strain_bps.into(),
                "it must be 1 to 10000 basis points of the band",
            );
        }
        if self.fee_cap.most == 0 || self.fee_cap.tip > self.fee_cap.most {
            return wrong("the tip's cap", 0, "it must be at most the fee's cap, which must be above zero");
        }
        if self.poll.is_zero() || self.poll_in_flight.is_zero() || self.stuck_after.is_zero() {
            return wrong("a wait", 0, "it must be above zero");
        }
        if self.backoff.0.is_zero() || self.backoff.0 > self.backoff.1 {
            return wrong("the first wait", 0, "it must be above zero, and at most the longest");
        }
        Ok(())
    }
    /// The last instant at which a record opens a gate.
    pub fn end(&self, as_of: u64, valid_until: u64) -> u64 {
        valid_until.min(as_of.saturating_add(self.gate_max_age_s))
    }
    /// What an attestation of a book of instant `as_of` should be valid until.
    pub fn valid_until(&self, as_of: u64, max_age_s: u64) -> u64 {
        as_of.saturating_add(self.valid_for_s.min(max_age_s))
    }
    /// Whether the record in `view` needs a successor at `now`, seconds since 1970 by the chain's clock.
    ///
    /// The end comes before the breaker: a book that mends both is wanted by the earlier of two instants.
    pub fn need(&self, view: &View, now: u64) -> Option<Need> {
        let Some(record) = view.record else { return Some(Need { why: Why::None, by: now }) };
        let end = self.end(record.as_of, record.valid_until);
        if end < now {
            return Some(Need { why: Why::None, by: now });
        }
        if view.gate.strain_bps.is_some_and(|s| s >= 10_000) {
            return Some(Need { why: Why::Strain, by: now });
        }
        if end <= now.saturating_add(self.lead_s) {
            return Some(Need { why: Why::RunsOut, by: end });
        }
        if view.gate.strain_bps.is_some_and(|s| s >= self.strain_bps) {
            return Some(Need { why: Why::Strain, by: now.saturating_add(self.lead_s) });
        }
        if let Some(start) = view.epochs.next_start(record.as_of)
            && now >= start
        {
            let by = view.epochs.next_start(now).unwrap_or(now);
            return Some(Need { why: Why::Period, by });
        }
        if let Some(draw) = view.epochs.oldest_draw(Some(record.epoch)) {
            return Some(Need { why: Why::Period, by: draw.instant.saturating_add(view.terms.max_delay_s) });
        }
        // A gate that is closed for another reason is not opened by a fresher book.
        None
    }
    /// How long nothing needs doing after a look that found no need: until the lead begins, a new period, or the poll.
    pub(crate) fn rest(&self, view: &View, now: u64) -> Duration {
        let Some(record) = view.record else { return self.poll };
        let end = self.end(record.as_of, record.valid_until);
        let mut rest = end.saturating_sub(self.lead_s).saturating_sub(now);
        if let Some(start) = view.epochs.next_start(record.as_of) {
            rest = rest.min(start.saturating_sub(now).max(1));
        }
        Duration::from_secs(rest.max(1)).min(self.poll)
    }
}
