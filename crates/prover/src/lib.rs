//! Builds witnesses and proves. Secrets live here and are wiped here.
//!
//! A [`Prover`] is made once per shape: it holds the proving key and the constraint matrices. [`Prover::prove`] takes a
//! public sheet and the openings that custodians handed back, and gives a [`mandate_statement::Bundle`] or an error; a
//! book that breaks a row makes nothing.

mod budget;
mod keys;
mod known;
mod prove;

pub use keys::{ProvingKey, ProvingKeyError};
pub use prove::{AccountOpening, ProveError, Prover, Task};
