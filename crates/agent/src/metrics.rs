//! What an operator sees: counters and gauges in the text format of Prometheus. Nothing of a book is in it.

use crate::journal::Outcome;
use crate::policy::{Need, Why};
use crate::world::View;
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::Path;

/// Counters since the start, and gauges of the last look.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Metrics {
    /// Looks at the chain.
    pub looks: u64,
    /// Failures: of the node, of books, of proving; refusals.
    pub faults: [u64; 4],
    /// Proofs made.
    pub proofs: u64,
    /// Intents written to the journal.
    pub intents: u64,
    /// Of them those that replace one with lower fees, or of an older book.
    pub replacements: u64,
    /// Times signed bytes were handed to the node.
    pub sends: u64,
    /// Nonces settled: attested, reverted, displaced.
    pub settled: [u64; 3],
    /// Failures in a row.
    pub failures_in_a_row: u32,
    /// Whether the newest book breaks the mandate.
    pub breach: bool,
    /// Whether another transaction of the sender waits that this agent did not send.
    pub stranger_pending: bool,
    /// Whether fees beyond the cap would be needed.
    pub fee_capped: bool,
    /// The nonce under way.
    pub in_flight: Option<u64>,
    /// What is needed.
    pub need: Option<Need>,
    /// Whether it waits for a book.
    pub wants_book: bool,
    /// The last look.
    pub view: Option<View>,
    /// The chain's clock as the agent reckons it, seconds since 1970.
    pub now: u64,
    /// The last instant at which the record opens a gate, seconds since 1970; zero where there is none.
    pub end: u64,
}

/// What failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Failed {
    /// The node.
    Node = 0,
    /// Reading books.
    Books = 1,
    /// Proving.
    Proving = 2,
    /// The registry said no before anything was sent.
    Refused = 3,
}

const FAILED: [&str; 4] = ["node", "books", "proving", "refused"];
const SETTLED: [&str; 3] = ["attested", "reverted", "displaced"];

impl Metrics {
    pub(crate) const fn failed(&mut self, what: Failed) {
        self.faults[what as usize] += 1;
    }
    pub(crate) const fn settle(&mut self, outcome: &Outcome) {
        let index = match outcome {
            Outcome::Attested { .. } => 0,
            Outcome::Reverted { .. } => 1,
            Outcome::Displaced => 2,
        };
        self.settled[index] += 1;
    }
    /// The text format of Prometheus, version 0.0.4.
    pub fn text(&self) -> String {
        let mut out = String::with_capacity(4096);
        let mut put = |name: &str, kind: &str, help: &str, values: &[(String, u128)]| {
            let _ = writeln!(out, "# HELP mandate_agent_{name} {help}\n# TYPE mandate_agent_{name} {kind}");
            for (labels, value) in values {
                let _ = writeln!(out, "mandate_agent_{name}{labels} {value}");
            }
        };
        let one = |value: u128| vec![(String::new(), value)];
        let labelled = |label: &str, names: &[&str], values: &[u64]| -> Vec<(String, u128)> {
            let pair = |(name, value): (&&str, &u64)| (format!("{{{label}=\"{name}\"}}"), u128::from(*value));
            names.iter().zip(values).map(pair).collect()
        };
        put("looks_total", "counter", "Looks at the chain.", &one(self.looks.into()));
        let faults = labelled("what", &FAILED, &self.faults);
        put("faults_total", "counter", "Failures that are tried again.", &faults);
        put("proofs_total", "counter", "Proofs made.", &one(self.proofs.into()));
        put("intents_total", "counter", "Intents written to the journal.", &one(self.intents.into()));
        let help = "Intents that replace another of the same nonce.";
        put("replacements_total", "counter", help, &one(self.replacements.into()));
        put("sends_total", "counter", "Times signed bytes were handed to the node.", &one(self.sends.into()));
        let settled = labelled("outcome", &SETTLED, &self.settled);
        put("settled_total", "counter", "Nonces whose fate is final.", &settled);
        put(
            "failures_in_a_row",
            "gauge",
            "Failures since something last went well.",
            &one(self.failures_in_a_row.into()),
        );
        put("breach", "gauge", "1 while the newest book breaks the mandate.", &one(self.breach.into()));
        let help = "1 while a transaction of the sender waits that this agent did not send.";
        put("stranger_pending", "gauge", help, &one(self.stranger_pending.into()));
        put(
            "fee_capped",
            "gauge",
            "1 while the fee cap keeps a transaction from being offered more.",
            &one(self.fee_capped.into()),
        );
        put(
            "in_flight",
            "gauge",
            "1 while a transaction is under way.",
            &one(self.in_flight.is_some().into()),
        );
        let whys = [Why::None, Why::RunsOut, Why::Strain, Why::Period];
        let needs: Vec<u64> =
            whys.iter().map(|w| u64::from(self.need.is_some_and(|n| n.why == *w))).collect();
        let names = whys.map(Why::word);
        put(
            "need",
            "gauge",
            "1 where the record needs a successor, by reason.",
            &labelled("why", &names, &needs),
        );
        put("wants_book", "gauge", "1 while it waits for a fresh book.", &one(self.wants_book.into()));
        put("clock_seconds", "gauge", "The chain's clock as reckoned.", &one(self.now.into()));
        put(
            "record_end_seconds",
            "gauge",
            "Last instant at which the record opens a gate; 0: none.",
            &one(self.end.into()),
        );
        if let Some(view) = &self.view {
            put("head_block", "gauge", "Number of the newest block.", &one(view.head.into()));
            put("head_seconds", "gauge", "Its time.", &one(view.time.into()));
            put("gate_open", "gauge", "1 while the gate is open.", &one(view.gate.open.into()));
            if let Some(strain) = view.gate.strain_bps {
                let help = "How far prices moved, in basis points of the breaker's band.";
                put("strain_bps", "gauge", help, &one(strain.into()));
            }
            if let Some(record) = view.record {
                put("record_epoch", "gauge", "The record's epoch.", &one(record.epoch.into()));
                put("record_as_of_seconds", "gauge", "Instant of its book.", &one(record.as_of.into()));
            }
        }
        out
    }
}

/// Writes metrics where a collector of text files looks: whole, or not at all.
///
/// # Errors
/// The file system's.
pub fn write_text_file(path: &Path, metrics: &Metrics) -> std::io::Result<()> {
    let beside = path.with_added_extension("new");
    let mut file = std::fs::File::create(&beside)?;
    file.write_all(metrics.text().as_bytes())?;
    drop(file);
    std::fs::rename(&beside, path)
}
