//! Lies about the assignment: single cells, hints with everything after them recomputed, rows left out, and freedom
//! that no single lie would find.

pub mod cells;
pub mod hints;
pub mod liar;
pub mod setup;
pub mod trace;
pub mod uniqueness;

use crate::Attack;

/// See the modules' documentation.
pub const ATTACKS: &[Attack] = &[
    Attack { name: "cells", run: cells::run },
    Attack { name: "hints", run: hints::run },
    Attack { name: "uniqueness", run: uniqueness::run },
];
