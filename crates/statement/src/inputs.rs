//! Where each public input lies. Input 0 is the constant one of Groth16.

use crate::rules::RulesPart;
use crate::shape::Shape;
use crate::sheet::RiskPart;

/// Offsets of the public inputs of a shape: `one, context, commitments, rules, risk`.
///
/// Rules and risk inputs are the sheet: they never travel with a proof, but are collapsed to two curve points that
/// anyone recomputes from public files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InputLayout {
    /// Position of the first commitment; account `a` is at `commitments + a`. An account that is not declared is zero.
    pub commitments: usize,
    /// Position of the first rules coefficient.
    pub rules: usize,
    /// Position of the universe digest; the risk part's integers follow.
    pub risk: usize,
    /// All inputs, the constant one included.
    pub total: usize,
}

impl InputLayout {
    /// Position of the context digest.
    pub const CONTEXT: usize = 1;
    /// Quantities packed into one field element, 48 bits each.
    pub const SLOTS_PER_ELEMENT: usize = 5;

    /// The offsets of `shape`.
    pub fn of(shape: &Shape) -> Self {
        let commitments = 2;
        let rules = commitments + shape.accounts;
        let risk = rules + RulesPart::len(shape);
        Self { commitments, rules, risk, total: risk + 1 + RiskPart::integer_count(shape) }
    }
}
