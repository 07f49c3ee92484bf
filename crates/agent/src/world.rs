//! What the agent knows of the world: four traits, and what goes through them.

use crate::journal::{Entry, JournalError};
use mandate_statement::Digest;
use std::time::Duration;

/// The chain at one block, with the sender's counters. All fields but the last two counters are of that block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct View {
    /// Number of the block.
    pub head: u64,
    /// Its time, seconds since 1970.
    pub time: u64,
    /// The subject's record under the mandate.
    pub record: Option<Record>,
    /// What the mandate allows.
    pub terms: Terms,
    /// How epochs are numbered.
    pub epochs: Epochs,
    /// What stands between the record and those who rely on it.
    pub gate: Gate,
    /// Transactions of the sender mined up to this block.
    pub nonce: u64,
    /// Transactions of the sender mined so deep that they stay.
    pub nonce_final: u64,
    /// The same with what waits in the node's pool.
    pub nonce_pending: u64,
}

/// A record as the registry has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Record {
    /// Its epoch.
    pub epoch: u64,
    /// Instant of the book, seconds since 1970.
    pub as_of: u64,
    /// Last instant it says anything about; zero once withdrawn.
    pub valid_until: u64,
}

/// A mandate's ages, seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Terms {
    /// Longest time from the book's instant to its attestation.
    pub max_delay_s: u64,
    /// Longest time from the book's instant to the attestation's end.
    pub max_age_s: u64,
    /// Whether the mandate takes attestations now.
    pub active: bool,
}

/// How epochs are numbered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Epochs {
    /// Any number above the last.
    Free,
    /// Periods of fixed length: epoch `e` begins at `start + e * period`, and its book is of an instant at most `window`
    /// later. Each is attested once.
    Scheduled {
        /// Seconds since 1970.
        start: u64,
        /// Seconds, above zero.
        period: u64,
        /// Seconds, below the period.
        window: u64,
    },
    /// Periods whose instants are drawn from public randomness once they are over: nobody knows beforehand which book will be
    /// asked for. A book is of its epoch's instant, or at most `window` later.
    Drawn {
        /// Seconds, below the period.
        window: u64,
        /// Epochs after the record's whose instants are known and whose books may still be attested, oldest first.
        draws: Vec<Draw>,
    },
}

/// An epoch whose instant was drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Draw {
    /// The epoch.
    pub epoch: u64,
    /// Its instant, seconds since 1970.
    pub instant: u64,
}

impl Epochs {
    /// The epoch of a book of instant `as_of` after a record of epoch `last`; `None` where it has none, or an old one.
    /// Epoch zero is none: a registry without a record says zero.
    pub fn of(&self, as_of: u64, last: Option<u64>) -> Option<u64> {
        let last = last.unwrap_or(0);
        let epoch = match self {
            Self::Free => last.checked_add(1).filter(|e| *e <= as_of)?,
            Self::Scheduled { start, period, window } => {
                let since = as_of.checked_sub(*start)?;
                (since.checked_rem(*period)? <= *window).then_some(since / period)?
            }
            Self::Drawn { window, draws } => {
                let taken = |d: &&Draw| as_of.checked_sub(d.instant).is_some_and(|late| late <= *window);
                draws.iter().filter(|d| d.epoch > last).find(taken)?.epoch
            }
        };
        (epoch > last).then_some(epoch)
    }
    /// When the period after that of `instant` begins; `None` where epochs are free, or begin to matter only once they are
    /// drawn.
    pub fn next_start(&self, instant: u64) -> Option<u64> {
        match *self {
            Self::Free | Self::Drawn { .. } => None,
            Self::Scheduled { start, period, .. } => {
                let into = instant.checked_sub(start)?.checked_rem(period)?;
                instant.checked_add(period - into)
            }
        }
    }
    /// The oldest epoch after `last` whose instant is drawn.
    pub fn oldest_draw(&self, last: Option<u64>) -> Option<Draw> {
        match self {
            Self::Free | Self::Scheduled { .. } => None,
            Self::Drawn { draws, .. } => draws.iter().find(|d| d.epoch > last.unwrap_or(0)).copied(),
        }
    }
}

/// What stands between the record and those who rely on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Gate {
    /// Whether it is open.
    pub open: bool,
    /// How far prices have moved since the record's book, in basis points of the band that closes the gate: 10,000 closes it.
    /// `None` where no breaker stands there, or it cannot tell.
    pub strain_bps: Option<u32>,
}

/// A book that could be attested.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Book {
    /// Its name: one name, one content.
    pub name: String,
    /// Its instant, seconds since 1970.
    pub as_of: u64,
    /// [`mandate_statement::RiskPart::digest`] of the snapshot's risk part.
    pub risk: Digest,
}

/// Whether the chain would take a proof of a book.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ready {
    /// Now. `strain_bps` is what [`Gate::strain_bps`] would be.
    Now {
        /// In basis points of the band.
        strain_bps: Option<u32>,
    },
    /// From an instant on, seconds since 1970: its risk part waits.
    From(u64),
    /// Not yet, and nobody knows when: its risk part is not on chain.
    NotYet(&'static str),
    /// Never: its risk part was revoked, or is too old.
    Never(&'static str),
}

/// What is proven: the call that goes to the registry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call(pub Vec<u8>);

/// What proving came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Proven {
    /// A call, verified before it is handed out.
    Call(Call),
    /// No proof exists: these rules do not hold.
    Broken(Vec<String>),
}

/// Fees of a transaction, in wei per gas.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fees {
    /// The most that is paid in all.
    #[serde(with = "crate::journal::decimal")]
    pub most: u128,
    /// Of it for whoever makes the block.
    #[serde(with = "crate::journal::decimal")]
    pub tip: u128,
}

/// A signed transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signed {
    /// Its hash.
    pub hash: Digest,
    /// Its bytes.
    pub raw: Vec<u8>,
}

/// What became of a transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mined {
    /// In which block.
    pub block: u64,
    /// Whether it did what it should.
    pub succeeded: bool,
}

/// Why something did not happen this time.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// The other end did not answer, or not as it should. Trying again may help.
    #[error("{0}")]
    Unreachable(String),
    /// A contract says no.
    #[error("refused: {why}")]
    Refused {
        /// Its reason.
        why: String,
        /// Whether the same book will be refused again whatever time brings.
        lasting: bool,
    },
}

/// The chain, seen by one sender that attests for one subject under one mandate.
pub trait Chain {
    /// Looks at the newest block.
    ///
    /// # Errors
    /// [`Fault::Unreachable`].
    fn look(&mut self) -> Result<View, Fault>;
    /// Whether a proof of `book` would be taken.
    ///
    /// # Errors
    /// [`Fault::Unreachable`].
    fn ready(&mut self, book: &Book) -> Result<Ready, Fault>;
    /// What a transaction costs now to be mined soon.
    ///
    /// # Errors
    /// [`Fault::Unreachable`].
    fn fees(&mut self) -> Result<Fees, Fault>;
    /// Asks the registry whether it would take the call, and signs it. Sends nothing. The same arguments give the same bytes,
    /// but for the gas limit.
    ///
    /// # Errors
    /// [`Fault::Refused`] with the registry's reason.
    fn sign(&mut self, call: &Call, nonce: u64, fees: Fees) -> Result<Signed, Fault>;
    /// Hands signed bytes to the node. A node that knows them already is no error.
    ///
    /// # Errors
    /// [`Fault::Unreachable`], also where the node has them and its answer was lost.
    fn send(&mut self, raw: &[u8]) -> Result<(), Fault>;
    /// What became of a transaction; `None` where it is not mined.
    ///
    /// # Errors
    /// [`Fault::Unreachable`].
    fn mined(&mut self, hash: &Digest) -> Result<Option<Mined>, Fault>;
}

/// Time on this machine.
pub trait Clock {
    /// Time since some fixed instant; never goes back.
    fn elapsed(&self) -> Duration;
}

/// Books, and proofs of them. Secrets stay behind this seam.
pub trait Prover {
    /// Every book at hand, in any order.
    ///
    /// # Errors
    /// [`Fault::Unreachable`] where books cannot be read.
    fn books(&mut self) -> Result<Vec<Book>, Fault>;
    /// Proves that a book keeps the mandate, for one epoch and up to one instant.
    ///
    /// # Errors
    /// [`Fault::Unreachable`] where something on this machine is in the way, [`Fault::Refused`] where the book does not fit
    /// what is declared.
    fn prove(&mut self, book: &Book, epoch: u64, valid_until: u64) -> Result<Proven, Fault>;
}

/// What survives a crash.
pub trait Journal {
    /// Everything that was written, in order.
    ///
    /// # Errors
    /// [`JournalError`].
    fn replay(&mut self) -> Result<Vec<Entry>, JournalError>;
    /// Writes an entry and returns when it is on disk, whole.
    ///
    /// # Errors
    /// [`JournalError`]; the entry may then be there or not.
    fn append(&mut self, entry: &Entry) -> Result<(), JournalError>;
}
