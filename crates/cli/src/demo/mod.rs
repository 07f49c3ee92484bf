//! The whole story: custodians attest, a book is proven, verified, attested on a chain, a deposit passes; and everything
//! that must be refused is.

pub mod books;
mod chain;
mod offchain;
mod parties;
mod refusals;
mod table;
mod twice;
pub mod watch;

pub use offchain::{Options, tell};
