//! What a step did.

use crate::journal::{JournalError, Outcome};
use crate::policy::{PolicyError, Why};
use crate::world::Fault;
use std::fmt;
use std::time::Duration;

/// What one step did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// What happened.
    pub event: Event,
    /// How long to wait before the next step.
    pub wait: Duration,
}

/// What happened in a step.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event {
    /// Nothing is needed.
    Resting {
        /// The last instant at which the record opens a gate.
        end: u64,
    },
    /// The mandate takes no attestations.
    Inactive,
    /// A transaction of the sender waits that is not this agent's; nothing is sent beside it.
    StrangerPending,
    /// A successor is needed, and no book at hand would do.
    WantsBook {
        /// Why it is needed.
        why: Why,
        /// When it is too late.
        by: u64,
        /// What the best book waits for, if there is one.
        hint: String,
    },
    /// The newest book breaks the mandate. No older one is attested in its place.
    Breach {
        /// The book.
        book: String,
        /// The rules that do not hold.
        rules: Vec<String>,
    },
    /// An intent is on disk and its bytes with the node.
    Sent {
        /// The epoch.
        epoch: u64,
        /// The book.
        book: String,
        /// The nonce that it is pinned to.
        nonce: u64,
        /// Whether it replaces another of this nonce.
        replaces: bool,
    },
    /// The same bytes went to the node again.
    SentAgain {
        /// The nonce.
        nonce: u64,
    },
    /// A transaction is under way.
    UnderWay {
        /// Its nonce.
        nonce: u64,
        /// Whether it is mined, but not so deep that it stays.
        mined: bool,
    },
    /// A nonce is settled.
    Settled(Outcome),
    /// Something failed and will be tried again.
    Failed {
        /// What was being done.
        doing: &'static str,
        /// What went wrong.
        fault: Fault,
    },
}

/// Why the agent stops: what it holds in memory and what is on disk may differ, or it must not start at all.
#[derive(Debug, thiserror::Error)]
pub enum Halt {
    /// The journal cannot be read or written. Nothing was sent that is not in it.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// The settings cannot be used.
    #[error(transparent)]
    Policy(#[from] PolicyError),
}

impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Resting { end } => write!(f, "nothing to do: the record opens gates until {end}"),
            Self::Inactive => write!(
                f,
                "the mandate takes no attestations now: it is paused, not in force, or of another version"
            ),
            Self::StrangerPending => {
                write!(
                    f,
                    "a transaction of the sender waits that this agent did not send; nothing is sent beside it"
                )
            }
            Self::WantsBook { why, by, hint } => {
                write!(f, "a fresh book is wanted by {by} ({}): {hint}", why.word())
            }
            Self::Breach { book, rules } => {
                write!(
                    f,
                    "book `{book}` breaks the mandate ({}); no older book is attested in its place",
                    rules.join(", ")
                )
            }
            Self::Sent { epoch, book, nonce, replaces } => {
                let how = if *replaces { "in place of what was sent before" } else { "for the first time" };
                write!(f, "epoch {epoch}, book `{book}`: sent {how}, nonce {nonce}")
            }
            Self::SentAgain { nonce } => write!(f, "nonce {nonce}: the same bytes sent again"),
            Self::UnderWay { nonce, mined: false } => write!(f, "nonce {nonce}: waiting to be mined"),
            Self::UnderWay { nonce, mined: true } => {
                write!(f, "nonce {nonce}: mined, waiting until it stays")
            }
            Self::Settled(Outcome::Attested { epoch }) => write!(f, "epoch {epoch}: attested"),
            Self::Settled(Outcome::Reverted { epoch }) => write!(f, "epoch {epoch}: mined, and refused"),
            Self::Settled(Outcome::Displaced) => {
                write!(f, "something else took the nonce: somebody else uses the sender's key")
            }
            Self::Failed { doing, fault } => write!(f, "{doing}: {fault}; trying again"),
        }
    }
}
