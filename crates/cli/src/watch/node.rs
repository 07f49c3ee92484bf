//! The chain as the agent sees it.

use mandate_agent as agent;
use mandate_agent::Fault;
use mandate_chain::{
    Ask, ChainError, Draw, Head, Offer, Payer, Registries, Standing, Usable, VersionTerms, with_room,
};
use mandate_statement::Digest;
use std::time::{Duration, Instant};
use tokio::runtime::Handle;

/// One connection, one sender, one subject under one mandate.
pub struct Node {
    /// Where calls to the node run.
    pub runtime: Handle,
    /// Who pays.
    pub payer: Payer,
    /// The contracts.
    pub registries: Registries,
    /// Who is looked at.
    pub ask: Ask,
    /// Version of the mandate that the agent's own file is.
    pub version: Digest,
    /// Id of the verifying key.
    pub key: Digest,
    /// Name of the risk model.
    pub model: String,
    /// Blocks after which one stays.
    pub confirmations: u64,
    /// Longest wait for one answer.
    pub patience: Duration,
    /// Terms at the last look.
    pub terms: Option<VersionTerms>,
    /// The last look's block.
    pub head: Option<Head>,
}

/// Errors of contracts that no later time mends for the same book.
const LASTING: [&str; 12] = [
    "AccountBusy",
    "AccountMissing",
    "AccountOutOfRange",
    "AsOfMismatch",
    "AttestorIsRevoked",
    "BadValidity",
    "Disproved",
    "OffSchedule",
    "ProofRejected",
    "Revoked",
    "SequenceUsed",
    "TooLate",
];

fn fault(error: ChainError) -> Fault {
    match &error {
        ChainError::Refused { name, .. } => {
            Fault::Refused { why: error.to_string(), lasting: LASTING.contains(name) }
        }
        _ => Fault::Unreachable(error.to_string()),
    }
}

impl Node {
    /// Waits for the node, but not for ever.
    fn wait<T>(&self, asked: impl Future<Output = Result<T, ChainError>>) -> Result<T, Fault> {
        let limited = async { tokio::time::timeout(self.patience, asked).await };
        match self.runtime.block_on(limited) {
            Ok(answer) => answer.map_err(fault),
            Err(_) => Err(Fault::Unreachable(format!("no answer within {} s", self.patience.as_secs()))),
        }
    }
    async fn everything(&self) -> Result<(Head, Standing, Vec<Draw>, [u64; 3]), ChainError> {
        let head = self.payer.head().await?;
        let standing = self.registries.standing(&self.ask, &head).await?;
        let last = standing.record.map(|r| r.epoch);
        let draws = match standing.terms.filter(|t| t.drawn) {
            Some(terms) => self.registries.draws(&self.ask, &terms, last, &head).await?,
            None => vec![],
        };
        let at = self.payer.nonce(Some(head.number)).await?;
        let deep = self.payer.nonce(Some(head.number.saturating_sub(self.confirmations))).await?;
        let pending = self.payer.nonce(None).await?;
        Ok((head, standing, draws, [at, deep, pending]))
    }
}

impl agent::Chain for Node {
    fn look(&mut self) -> Result<agent::View, Fault> {
        let (head, standing, draws, [nonce, nonce_final, nonce_pending]) = self.wait(self.everything())?;
        (self.head, self.terms) = (Some(head), standing.terms);
        // Another version than that of the agent's own file is one that it cannot prove under.
        let ours = standing.terms.filter(|t| t.version == self.version);
        let epochs = match ours {
            Some(t) if t.drawn => agent::Epochs::Drawn {
                window: t.window_s,
                draws: draws.iter().map(|d| agent::Draw { epoch: d.epoch, instant: d.instant }).collect(),
            },
            Some(t) if t.period_s > 0 => {
                agent::Epochs::Scheduled { start: t.start, period: t.period_s, window: t.window_s }
            }
            _ => agent::Epochs::Free,
        };
        Ok(agent::View {
            head: head.number,
            time: head.time,
            record: standing.record.map(|r| agent::Record {
                epoch: r.epoch,
                as_of: r.as_of,
                valid_until: r.valid_until,
            }),
            terms: agent::Terms {
                max_delay_s: ours.map_or(0, |t| t.max_delay_s),
                max_age_s: ours.map_or(0, |t| t.max_age_s),
                active: ours.is_some(),
            },
            epochs,
            gate: agent::Gate { open: standing.open, strain_bps: standing.strain },
            nonce,
            nonce_final,
            nonce_pending,
        })
    }
    fn ready(&mut self, book: &agent::Book) -> Result<agent::Ready, Fault> {
        let (Some(head), Some(terms)) = (self.head, self.terms) else {
            return Ok(agent::Ready::NotYet("the mandate is not in force"));
        };
        let usable = self.registries.usable(&self.ask, &terms, &book.risk, &self.key, &self.model, &head);
        Ok(match self.wait(usable)? {
            Usable::Now { strain } => agent::Ready::Now { strain_bps: strain },
            Usable::From(instant) => agent::Ready::From(instant),
            Usable::Unknown => agent::Ready::NotYet("its risk part is not published"),
            Usable::DataMissing => agent::Ready::NotYet("somebody waits for data of its risk part"),
            Usable::Over => agent::Ready::Never("the time of its risk part is over"),
            Usable::Struck => agent::Ready::Never("its risk part was revoked, or shown to be wrong"),
        })
    }
    fn fees(&mut self) -> Result<agent::Fees, Fault> {
        let Offer { most, tip } = self.wait(self.payer.offer())?;
        Ok(agent::Fees { most, tip })
    }
    fn sign(&mut self, call: &agent::Call, nonce: u64, fees: agent::Fees) -> Result<agent::Signed, Fault> {
        let to = Some(self.registries.at().compliance);
        let offer = Offer { most: fees.most, tip: fees.tip };
        let signed = self.wait(async {
            let gas = with_room(self.payer.estimate("attest", to, &call.0).await?);
            self.payer.sign(to, &call.0, nonce, gas, offer).await
        })?;
        Ok(agent::Signed { hash: signed.hash, raw: signed.bytes })
    }
    fn send(&mut self, raw: &[u8]) -> Result<(), Fault> {
        self.wait(self.payer.broadcast(raw))
    }
    fn mined(&mut self, hash: &Digest) -> Result<Option<agent::Mined>, Fault> {
        let receipt = self.wait(self.payer.receipt(hash))?;
        Ok(receipt.map(|r| agent::Mined { block: r.block, succeeded: r.succeeded }))
    }
}

/// This process's own clock.
pub struct Monotonic(pub Instant);

impl agent::Clock for Monotonic {
    fn elapsed(&self) -> Duration {
        self.0.elapsed()
    }
}
