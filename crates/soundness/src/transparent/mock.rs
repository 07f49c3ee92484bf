//! The proof system's own checker, on the constraint system that keys are made of.

use super::Fault;
use halo2_proofs::dev::metadata::{Constraint, Gate};
use halo2_proofs::dev::{MockProver, VerifyFailure};
use mandate_circuits_halo2::{Layout, SheetCircuit, Witness};
use mandate_statement::{SHAPES, Shape};
use pasta_curves::Fp;
use std::collections::BTreeSet;

/// What is broken, places left aside.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Broken {
    /// Gates, by position.
    pub gates: BTreeSet<usize>,
    /// Look-ups, by position.
    pub lookups: BTreeSet<usize>,
    /// Whether two cells differ that must be the same.
    pub copies: bool,
}

impl Broken {
    /// What these faults come to.
    pub fn of(layout: &Layout, faults: &[Fault]) -> Self {
        let looked_up = layout.sizes().looked_up();
        let mut out = Self::default();
        for fault in faults {
            match fault {
                Fault::Gate(gate, _) => {
                    out.gates.insert(*gate);
                }
                Fault::Copy(_) => out.copies = true,
                Fault::Byte(column, _) => out.lookups.extend(looked_up.iter().position(|c| c == column)),
            }
        }
        out
    }
}

fn position(shape: &Shape) -> usize {
    SHAPES.iter().position(|s| s.name == shape.name).expect("every shape is in SHAPES")
}

/// What the proof system says of a witness.
///
/// # Panics
/// If the shape is none of the tiny ones, or a gate is named that is none of `ids`, in their order.
pub fn broken(layout: &Layout, ids: &[&'static str], instance: &[Fp], witness: &Witness) -> Broken {
    const T32: usize = 0;
    const R64: usize = 1;
    let instance = vec![instance.to_vec()];
    let faults = match position(layout.shape()) {
        T32 => MockProver::run(layout.k, &SheetCircuit::<T32>::new(layout, Some(witness)), instance),
        R64 => MockProver::run(layout.k, &SheetCircuit::<R64>::new(layout, Some(witness)), instance),
        _ => panic!("{} is not one of the tiny shapes", layout.shape().name),
    }
    .expect("it runs")
    .verify();
    let mut out = Broken::default();
    for fault in faults.err().into_iter().flatten() {
        match fault {
            VerifyFailure::ConstraintNotSatisfied { constraint, .. } => {
                let is = |(i, id)| constraint == Constraint::from((Gate::from((0, "mandate")), i, id));
                let at = (0..ids.len()).find(|i| is((*i, ids[*i])));
                out.gates.insert(at.expect("one of the gates"));
            }
            VerifyFailure::Lookup { lookup_index, .. } => {
                out.lookups.insert(lookup_index);
            }
            VerifyFailure::Permutation { .. } => out.copies = true,
            other => panic!("the circuit itself is at fault: {other}"),
        }
    }
    out
}
