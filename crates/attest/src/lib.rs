//! What a custodian, venue, administrator or auditor runs: it computes the commitment to an account from its own
//! records, draws the blinding, signs what it derived, and hands the opening back to the holder.

pub mod commitment;

pub use commitment::{Blinding, CommitmentError, commit};
