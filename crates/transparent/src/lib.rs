//! Proofs without a ceremony, over the same sheet, book and accounts as the Groth16 ones.
//!
//! A [`SheetKey`] is derived from public files alone: shape, rules part, risk part. [`prove`] holds the only code here that
//! touches a secret.

mod keys;
mod params;
mod statement;
mod verify;

pub mod prove;

pub use keys::{KeyError, SheetKey};
pub use params::{Parameters, ParametersError};
pub use statement::{PublicSheet, TransparentError, TransparentlyVerified};
pub use verify::{Refused, accepts, batch_accepts};
