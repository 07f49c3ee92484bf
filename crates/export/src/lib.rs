//! The relation, verifying keys, public inputs and proofs in the formats of circom and snarkjs, so that code that shares
//! nothing with this project can check them. `docs/independent-verification.md` says how, and what was found.
//!
//! Everything here is public: nothing in this crate takes a book, an opening or a witness, and none can be written by it.

mod r1cs;
mod snarkjs;
mod wires;

pub use r1cs::{R1CS_VERSION, r1cs_file};
pub use snarkjs::{ExportError, proof_json, public_inputs, public_json, verification_key_json};
pub use wires::{Wires, map_json, sym_file};
