//! The universal circuit: one relation for every mandate, generic over the shape.
//!
//! `docs/statement.md` says in symbols what is proven; [`r1cs::compliance`] enforces it in the same order and under the
//! same ids. Nothing here knows what a mandate, a price or an option is: a sheet is integers.

pub mod r1cs;
