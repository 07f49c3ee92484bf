//! What the circuit says of a rule: honest commitments, the least witnesses, and every constraint of the shape.

use crate::build::{Built, Sheet};
use crate::problem::Trouble;
use ark_bn254::Fr;
use mandate_attest::{Blinding, commit};
use mandate_circuits::r1cs::{self, Blocks, Hints, Relation, Secrets};
use mandate_policy::Mandate;
use mandate_rows::least_witnesses;
use mandate_statement::{Context, Digest, Shape};
use std::sync::{Arc, Mutex};

/// Relations that were made last, latest first: the two verdicts of a limit ask for one shape.
static MADE: Mutex<Vec<(&'static Shape, Arc<Relation>)>> = Mutex::new(Vec::new());
/// How many are kept.
const KEPT: usize = 12;

fn relation(shape: &'static Shape) -> Arc<Relation> {
    let mut made = MADE.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    if let Some(at) = made.iter().position(|(s, _)| *s == shape) {
        let found = made.remove(at);
        made.insert(0, found);
        return Arc::clone(&made[0].1);
    }
    drop(made);
    let relation = Arc::new(r1cs::relation(shape));
    let mut made = MADE.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    made.insert(0, (shape, Arc::clone(&relation)));
    made.truncate(KEPT);
    relation
}

/// A context of made-up digests: a vector has no chain, registry or subject.
const CONTEXT: Context = Context {
    chain_id: 1,
    registry: [7; 20],
    subject: Digest([1; 32]),
    key: Digest([2; 32]),
    mandate: Digest([3; 32]),
    risk: Digest([4; 32]),
    account_set: Digest([5; 32]),
    as_of: 1_700_000_000,
    valid_until: 1_700_086_400,
    epoch: 1,
};

/// Whether the constraints of a mandate's sheet are satisfied by the problem's book with the least witnesses; by their
/// lemma, whether any filling satisfies them. A violation of anything but a rule is trouble, not a verdict.
pub(crate) fn satisfied(built: &Built, mandate: &Mandate) -> Result<bool, Trouble> {
    let (shape, rules) = match built.compiled(mandate)? {
        Sheet::Rows(shape, rules) => (shape, rules),
        Sheet::Always(verdict) => return Ok(verdict),
    };
    let (risk, quantities, active) = (&built.risk, &built.quantities, &built.active);
    let judge = |e: &dyn std::fmt::Display| Trouble::Judge(e.to_string());
    let least = least_witnesses(&rules, risk, shape, quantities, active).map_err(|e| judge(&e))?;
    let mut hints = Hints::zero(shape);
    let chosen = [
        (&least.group_x, &least.group_bits),
        (&least.account_x, &least.account_bits),
        (&least.asset_x, &least.asset_bits),
    ];
    for (blocks, (x, bits)) in hints.blocks.iter_mut().zip(chosen) {
        *blocks = Blocks { witnesses: x.clone(), bits: bits.clone() };
    }
    hints.witnesses = least.global_y.clone();
    hints.bits = least.global_bits.clone();
    let blindings: Vec<Fr> = (0..shape.accounts as u64).map(|a| Fr::from(1000 + a)).collect();
    let mut commitments = Vec::new();
    for (a, blinding) in blindings.iter().enumerate() {
        let index = u16::try_from(a).map_err(|e| judge(&e))?;
        let own: Vec<usize> =
            (0..shape.segments).filter(|g| risk.layout.account[*g] == Some(index)).collect();
        let [first, .., last] = own.as_slice() else {
            let [only] = own.as_slice() else {
                return Err(Trouble::Judge("an account without slots".into()));
            };
            commitments.push(commitment(shape, built, index, *only, *only, blinding)?);
            continue;
        };
        commitments.push(commitment(shape, built, index, *first, *last, blinding)?);
    }
    let inputs = r1cs::public_inputs(shape, &CONTEXT, &commitments, &rules, risk);
    let secrets = Secrets { quantities, blindings: &blindings, active, hints };
    let assignment = r1cs::assignment(shape, inputs, &secrets);
    match relation(shape).first_violation(&assignment) {
        None => Ok(true),
        Some((_, id)) if id.name().starts_with("row-") => Ok(false),
        Some((row, id)) => Err(Trouble::Judge(format!("constraint {row} (`{}`) fails", id.name()))),
    }
}

fn commitment(
    shape: &Shape,
    built: &Built,
    account: u16,
    first: usize,
    last: usize,
    blinding: &Fr,
) -> Result<Digest, Trouble> {
    let length = shape.segment_len();
    let own = &built.quantities[first * length..(last + 1) * length];
    commit(shape, built.risk.universe, account, first, own, &Blinding::from_element(*blinding))
        .map_err(|e| Trouble::Judge(e.to_string()))
}
