//! Lies about the assignment: single cells, hints with everything after them recomputed, rows left out, and freedom
//! that no single lie would find.

pub mod cells;
pub mod counts;
pub mod deletions;
pub mod hints;
pub mod isolation;
pub mod liar;
pub mod setup;
pub mod trace;
pub mod uniqueness;
pub mod unlawful;

use crate::Attack;

/// See the modules' documentation.
pub const ATTACKS: &[Attack] = &[
    Attack { name: "cells", run: cells::run },
    Attack { name: "hints", run: hints::run },
    Attack { name: "unlawful", run: hints::run_unlawful },
    Attack { name: "deletions", run: deletions::run },
    Attack { name: "row-count", run: counts::run },
    Attack { name: "isolation", run: isolation::run },
    Attack { name: "uniqueness", run: uniqueness::run },
];
