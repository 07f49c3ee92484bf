//! Worked examples that other people's systems produced, computed again by ours.
//!
//! A *vector* is a portfolio with public parameters and the number that a venue, a protocol or a regulator gives for it.
//! A model turns each vector into a small public [`Problem`]: slots with private quantities, columns of exact public
//! weights, and a requirement in the mandate language over those columns. The value comes from the plain evaluator, and the
//! circuit is asked for a verdict at the limit and one unit past it.
//!
//! Expected values are compared, never computed with: [`Outcome`] keeps the two apart.

mod build;
mod circuit;
pub mod models;
mod number;
mod problem;
pub mod report;

pub use num_rational::BigRational as Q;
pub use number::{at, decimal, exact, flag, float, list, number, optional, parse, ratio, text, whole};
pub use problem::{Edge, Problem, Trouble, Verdict};
pub use report::{Agreement, Check, Outcome, Tolerance, each};
