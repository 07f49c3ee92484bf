//! A whole story up to the proof, with second attestations.
#![allow(dead_code)]

use mandate_book::examples::Example;
use mandate_statement::{AttestorGrade, SecondAttestation};
use mandate_testing::{MANDATE, Story};
use mandate_transparent::prove::SecondOpening;
use mandate_verifier::Expectations;

pub fn expectations(story: &Story) -> Expectations<'static> {
    Expectations {
        now: story.risk.as_of,
        max_age: 0,
        min_grade: AttestorGrade::Administrator,
        attestors: None,
        account_set: None,
        development_keys: false,
        chain: None,
    }
}

pub fn accounts<'a>(story: &'a Story, seconds: &'a [SecondAttestation]) -> Vec<SecondOpening<'a>> {
    let both = story.opened.iter().zip(seconds);
    both.map(|((attestation, opening), second)| SecondOpening {
        quantities: &opening.quantities,
        seed: opening.seed.as_ref().expect("a seed"),
        attestation,
        second,
    })
    .collect()
}

/// A book that keeps the mandate.
pub fn story() -> Story {
    story_of(Example::Lawful)
}
/// A book that keeps it or not.
pub fn story_of(which: Example) -> Story {
    Story::of("t32", MANDATE, which)
}
