//! The same statement in other proof systems. `README.md` has the statement in words and how to run everything.

pub mod circuit;
pub mod groth16;
pub mod known_tau;
pub mod measure;
pub mod ours;
pub mod poseidon;
pub mod r1cs;
pub mod rates;
pub mod same;
pub mod statement;
pub mod transparent;
