//! The agent of continuous compliance: it proves and attests again before a record ends, or before the price breaker closes
//! the gate, and never attests one epoch twice.
//!
//! [`Agent`] is a state machine. What it knows of the world comes through four traits, [`Chain`], [`Clock`], [`Prover`] and
//! [`Journal`]; it opens no socket and reads no file of its own accord, so that the whole of it runs against a simulated
//! chain in tests. One call of [`Agent::step`] looks at the chain, does at most one thing, and says how long to wait.
//!
//! # What it promises
//!
//! - `agent-1`: no two transactions of different nonces attest one epoch, unless the nonce of the first was taken for good by
//!   something else. An intent (nonce, epoch, signed bytes) is on disk before a byte of it is sent, all that is sent until
//!   it is settled has its nonce, and one nonce is mined once.
//! - `agent-2`: after a crash at any point the journal and the chain alone decide what happens next, and the chain is asked
//!   first. Sending the bytes of an intent again is the same transaction.
//! - `agent-3`: a record does not run out while a book that could be attested is at hand [`Policy::lead_s`] seconds before,
//!   as long as what goes wrong in between (node, mempool, crashes) is over before proving and mining no longer fit.
//! - `agent-4`: a book that breaks its mandate is never passed over for an older one that keeps it.
//! - `agent-5`: where instants are drawn, a book is attested for the epoch whose instant asks for it and for no other, the book
//!   nearest after that instant first, and older epochs before newer ones.
//!
//! What it assumes: nobody else uses the sender's key (where somebody does, the agent waits and says so); a block under
//! [`View::nonce_final`] stays.

mod agent;
mod backoff;
mod choice;
mod event;
mod flight;
mod journal;
mod listen;
mod metrics;
mod policy;
mod world;

pub use agent::Agent;
pub use backoff::Backoff;
pub use event::{Event, Halt, Step};
pub use journal::{Entry, FileJournal, Identity, Intent, JournalError, Outcome};
pub use listen::{ListenError, Listener};
pub use metrics::{Metrics, write_text_file};
pub use policy::{Need, Policy, PolicyError, Why};
pub use world::{
    Book, Call, Chain, Clock, Draw, Epochs, Fault, Fees, Gate, Journal, Mined, Proven, Prover, Ready, Record,
    Signed, Terms, View,
};
