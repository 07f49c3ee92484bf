//! Cross-margin health with haircut weights and the worse of all bids and all asks filling: Drift v2 and Mango v4.

use crate::report::{Check, each};
use crate::{Outcome, Trouble, text};
use serde_json::Value;

mod drift;
mod mango;

/// One outcome per vector of the file.
pub fn run(file: &Value) -> Vec<Outcome> {
    each(file, "cross-margin health", |v| vector(file, v))
}

fn vector(file: &Value, v: &Value) -> Result<Vec<Check>, Trouble> {
    let venue = text(v, "id")?.split('/').next().unwrap_or_default();
    match (venue, text(v, "kind")?) {
        ("drift", "size_dependent_weight") => drift::size_weight(v),
        ("drift", "pool_scaled_weight") => drift::pool_weight(v),
        ("drift", "account") => drift::account(v),
        (_, "account_health") => mango::health(file, v),
        (venue, kind) => Err(Trouble::Cannot(format!("no model of kind `{kind}` of `{venue}`"))),
    }
}
