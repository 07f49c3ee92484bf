//! What a custodian, venue, administrator or auditor runs: it computes the commitment to an account from its own
//! records, draws the blinding, signs what it derived, and hands the opening back to the holder.
//!
//! The steps are [`mandate_book::read`] and [`mandate_book::resolve`] (records to slots), then [`attest()`]. A [`Ledger`]
//! beside the key keeps the attestor from vouching for one account in two books.

mod attest;
pub mod commitment;
mod error;
mod files;
mod key;
mod ledger;
mod opening;
pub mod pasta;

pub use attest::{
    Request, account_id, attest, attestation_from_bytes, attestation_to_bytes, read_attestation, subject_id,
    write_attestation,
};
pub use commitment::{Blinding, CommitmentError, commit};
pub use error::AttestError;
pub use key::AttestorKey;
pub use ledger::Ledger;
pub use opening::Opening;
pub use pasta::{PastaSeed, attest_second, commit_pasta, read_second, write_second};
