//! Multi-scalar multiplication and FFT over BN254: what a Groth16 prover spends its time on.
//!
//! Everything runs on one of two [`Path`]s, plain 64-bit integers or eight lanes of AVX-512 IFMA, chosen at run time;
//! the answers are the same. docs/arith.md has the algorithms, their sources, the bounds of every lazy reduction, what
//! depends on secret values, and measurements.
//!
//! - [`Scalars`] sorts a witness by the size of its values, once, for the several queries that multiply it.
//! - [`G1Bases`] and [`G2Bases`] hold the points of a query, made once per key.
//! - [`Fft`] transforms over the scalar field, in natural order both ways.
//!
//! Scalars are secret: they and everything derived from them are wiped, and nothing that holds them can be printed. Time
//! and memory access depend on them, as in every fast prover.

mod bases;
mod fast;
mod fft;
mod hint;
#[cfg(target_arch = "x86_64")]
mod ifma;
mod invert;
#[doc(hidden)]
pub mod measure;
mod msm;
mod path;
mod plain;
mod points;
mod portable;
mod recipe;
mod scalars;
mod scatter;
mod sums;

pub use bases::{G1Bases, G2Bases};
pub use fft::Fft;
pub use path::Path;
pub use scalars::Scalars;
