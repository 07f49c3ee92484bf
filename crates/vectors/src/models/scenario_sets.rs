//! Published scenario grids. The file holds parameters and no vectors: a vector in it would be one without a rule. That the
//! models of this project have these grids is held by a test of `mandate-market`.

use crate::report::each;
use crate::{Outcome, Trouble};
use serde_json::Value;

/// One outcome per vector of the file.
pub fn run(file: &Value) -> Vec<Outcome> {
    each(file, "scenario-sets", |_| Err(Trouble::Cannot("a scenario grid states no requirement".into())))
}
