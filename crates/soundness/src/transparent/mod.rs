//! Lies about the circuit of the transparent backend: single cells, gates and look-ups left out, the prover's choices, equations.
//!
//! Constraints are evaluated over plain values ([`check::Checker`]) by the very code that the proof system compiles, and what
//! that evaluation says of each lie about a gate or a look-up is compared with what `halo2_proofs`' own checker says of it.

pub mod bytes;
pub mod cells;
pub mod check;
pub mod gates;
pub mod hashes;
pub mod hints;
pub mod laws;
pub mod liar;
pub mod mock;
pub mod scene;

pub use check::{Checker, Fault};
pub use scene::Scene;

use crate::Attack;
use mandate_statement::Shape;
use mandate_testing::{r64, t32};

/// See the modules' documentation.
pub const ATTACKS: &[Attack] = &[
    Attack { name: "t-cells", run: cells::run },
    Attack { name: "t-gates", run: gates::run },
    Attack { name: "t-bytes", run: bytes::run },
    Attack { name: "t-hints", run: hints::run },
    Attack { name: "t-unlawful", run: hints::run_unlawful },
    Attack { name: "t-laws", run: laws::run },
];

/// The shapes that are attacked: without runs of strikes, and with them.
pub fn shapes() -> [&'static Shape; 2] {
    [t32(), r64()]
}
