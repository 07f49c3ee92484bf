//! Builds witnesses and proves. Secrets live here and are wiped here.
//!
//! A [`Prover`] is made once per shape: it holds the proving key and the constraint matrices. [`Prover::prove`] takes a
//! public sheet and the openings that custodians handed back, and gives a [`mandate_statement::Bundle`] or an error; a
//! book that breaks a row makes nothing.

mod budget;
mod executor;
mod groth16;
mod keys;
mod known;
mod matrices;
mod prove;
mod ready;

pub use executor::{Executor, InProcess, Job, Outcome, Runner};
pub use groth16::Flow;
pub use keys::{KeyHead, ProvingKey, ProvingKeyError};
pub use known::is_known_ready;
pub use mandate_arith::Path;
pub use prove::{AccountOpening, ProveError, Prover, Task};
pub use ready::{LIMIT as READY_LIMIT, ReadyError, made_of, ready_file};
