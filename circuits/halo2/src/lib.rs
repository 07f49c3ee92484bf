//! The statement as a circuit without any ceremony: PLONK with lookups over the Pasta curves, opened by an inner-product
//! argument (`halo2_proofs`).
//!
//! The relation is that of `docs/statement.md`, id by id, and shares no code with the rank-1 one. Here the sheet is part of the
//! circuit: its weights, coefficients and memberships stand in fixed columns, so that the verifying key is a function of shape
//! and sheet which anyone derives. `docs/backends.md` has the layout.

pub mod circuit;
pub mod field;
pub mod gates;
pub mod layout;
pub mod plan;
pub mod poseidon;
pub mod sizes;
pub mod witness;

pub use circuit::SheetCircuit;
pub use layout::{Layout, LayoutError};
pub use plan::Inputs;
pub use witness::{Hints, Secrets, Witness};
