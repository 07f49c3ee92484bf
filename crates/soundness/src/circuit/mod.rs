//! Lies about the assignment: single cells, hints with everything after them recomputed, rows left out.

use crate::Attack;

/// See the module's documentation.
pub const ATTACKS: &[Attack] = &[];
