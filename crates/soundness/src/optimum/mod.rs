//! Lies by the best possible prover: exact optima over all witnesses, and over all books.

use crate::Attack;

/// See the module's documentation.
pub const ATTACKS: &[Attack] = &[];
