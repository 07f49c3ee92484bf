//! The relation as a rank-1 constraint system over BN254's scalar field.

pub mod compliance;
mod field;
mod inputs;
mod poseidon;
mod quantity;
mod range;
mod runs;
mod system;

pub use compliance::{Blocks, Hints, Secrets, synthesize};
pub use field::{from_digest, from_i64, from_i128};
pub use inputs::public_inputs;
pub use system::{Id, Num, Relation, System, Tamper};

use mandate_statement::{InputLayout, Shape};

/// Gadgets alone, for tests that break each by itself. Nothing else needs them, and no other use is kept working.
#[doc(hidden)]
pub mod gadgets {
    pub use super::poseidon::Poseidon;
    pub mod quantity {
        pub use super::super::quantity::{Slot, enforce};
    }
    pub mod range {
        pub use super::super::range::{bits, enforce};
    }
}

/// The constraints of `shape`, without a witness.
pub fn relation(shape: &Shape) -> Relation {
    let mut system = System::recording(InputLayout::of(shape).total);
    synthesize(&mut system, shape, &Secrets::blank(shape));
    system.into_relation()
}

/// The assignment of every variable for `inputs` and `secrets`: inputs first, then the witness in the order of
/// allocation. It satisfies [`relation`] exactly when the hidden book keeps the sheet.
///
/// # Panics
/// If `inputs` is not as long as the shape asks.
pub fn assignment(
    shape: &Shape,
    inputs: Vec<ark_bn254::Fr>,
    secrets: &Secrets<'_>,
) -> zeroize::Zeroizing<Vec<ark_bn254::Fr>> {
    assert_eq!(inputs.len(), InputLayout::of(shape).total, "one value per public input");
    let mut system = System::assigning(inputs);
    synthesize(&mut system, shape, secrets);
    system.into_assignment()
}
