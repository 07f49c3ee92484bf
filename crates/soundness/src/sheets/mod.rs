//! Lies about the sheet: rows dropped or altered, weights and layouts altered.
//!
//! A liar hands in a bundle made under a sheet that is not what mandate and snapshot compile to. Two things stand in the
//! way: the sheet checker, which knows neither text, and the reader, who compiles both again and compares what the bundle
//! names with what came out. Each attack says how many lies each of them refuses.

pub mod budget;
pub mod corpus;
pub mod reader;
pub mod risk;
pub mod rules;

use crate::Attack;

/// See the module's documentation.
pub const ATTACKS: &[Attack] = &[
    Attack { name: "row-dropped", run: rules::row_dropped },
    Attack { name: "row-unlisted", run: rules::row_unlisted },
    Attack { name: "coefficient", run: rules::coefficient },
    Attack { name: "new-term", run: rules::new_term },
    Attack { name: "rows-swapped", run: rules::rows_swapped },
    Attack { name: "rule-removed", run: rules::rule_removed },
    Attack { name: "definition-cut", run: rules::definition_cut },
    Attack { name: "limit-loosened", run: rules::limit_loosened },
    Attack { name: "min-nav", run: rules::min_nav },
    Attack { name: "risk-weight", run: risk::risk_weight },
    Attack { name: "risk-layout", run: risk::risk_layout },
];
