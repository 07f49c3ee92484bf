//! Lies by the best possible prover: exact optima over all witnesses, and over all books.
//!
//! Honest witnesses cannot show that a bound proves nothing, and sampled books cannot show that the worst one is refused.
//! Here both are searched for, as linear programs in exact arithmetic: `optimum` asks for *any* filling of the witnesses
//! of an unlawful book, and `worst-book` for the book that the rows accept and that breaks the exact rule by most.

use crate::Attack;

pub mod chosen;
pub mod generate;
pub mod integers;
pub mod language;
pub mod lies;
pub mod pieces;
pub mod readings;
pub mod relation;
pub mod simplex;
pub mod worst_book;

/// See the module's documentation.
pub const ATTACKS: &[Attack] =
    &[Attack { name: "optimum", run: lies::run }, Attack { name: "worst-book", run: worst_book::run }];
