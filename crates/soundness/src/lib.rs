//! Attacks on the trusted core, each with a score.
//!
//! An attack tries a family of lies exhaustively or by seed, counts how many were told and how many refused, and names
//! every one that was believed. A lie that may be believed is excused with a written reason. `docs/soundness.md` has the
//! table; `make soundness` regenerates it and fails if a score falls.

pub mod circuit;
pub mod optimum;
pub mod pins;
mod score;
pub mod sheets;
pub mod transparent;

pub use score::{BY_CHECKER, Excuse, Ledger, Part, Score, falls};

/// One family of lies: its name in the table, and the function that tells them all.
pub struct Attack {
    /// Short name, a row of the table and an argument of the program.
    pub name: &'static str,
    /// Tells every lie of the family.
    pub run: fn() -> Score,
}

/// Every attack, in the order of the table.
pub fn attacks() -> impl Iterator<Item = &'static Attack> {
    circuit::ATTACKS.iter().chain(optimum::ATTACKS).chain(sheets::ATTACKS).chain(transparent::ATTACKS)
}
