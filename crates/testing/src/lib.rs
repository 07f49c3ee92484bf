//! Fixtures for tests: made-up sheets, books and rules, most of them on the tiny shape `t32`.
//!
//! Everything is a function of a seed, so that a failing case is named by one number; the `any_*` functions are the
//! same as `proptest` strategies. Sheets made here are lawful: the sheet checker accepts every one of them (a test of
//! that crate holds it to that). Books are not secret here, and have `Debug`.

mod books;
mod case;
pub mod columns;
mod risk;
mod rules;
mod runs;
mod story;

pub use books::{
    Book, Defect, EDGE_QUANTITIES, any_book, any_quantities, any_unlawful_book, book, empty_book, quantities,
    solvent_book, unlawful_book,
};
pub use case::{Case, commitments, context, t32_relation};
pub use risk::{
    any_layout, any_risk_part, full_width_risk_part, lawful_layout, layout, plain_risk_part, risk_part,
    risk_part_for, t32, usable_slots,
};
pub use rules::{RulesBuilder, any_rules_part, rules_part, rules_part_for};
pub use runs::r64;
pub use story::{MANDATE, Story};

/// The seeded stream behind every fixture: the same numbers on every machine.
fn stream(domain: u64, seed: u64) -> rand_chacha::ChaCha8Rng {
    use rand::SeedableRng;
    let mut key = [0u8; 32];
    key[..8].copy_from_slice(&seed.to_le_bytes());
    key[8..16].copy_from_slice(&domain.to_le_bytes());
    rand_chacha::ChaCha8Rng::from_seed(key)
}
