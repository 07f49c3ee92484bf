//! Not built yet.

use crate::Outcome;
use serde_json::Value;

/// One outcome per vector of the file.
pub fn run(file: &Value) -> Vec<Outcome> {
    super::not_built(file)
}
