//! A whole story up to the proof, with second attestations.
#![allow(dead_code)]

use mandate_attest::{AttestorKey, attest_second};
use mandate_book::examples::Example;
use mandate_statement::{AttestorGrade, SecondAttestation};
use mandate_testing::Story;
use mandate_transparent::prove::SecondOpening;
use mandate_verifier::Expectations;

pub const MANDATE: &str = r#"
risk_model = "crypto-usd/1"
min_nav = "1_000 USD"
[[rule]]
id = "lev"
text = "Gross exposure is at most three times net asset value"
holds = "gross(all) <= 3 * nav"
[[rule]]
id = "margin"
text = "Worst losses stay within net asset value"
holds = "sum(g in groups: worst(scenarios, g)) <= nav"
[[rule]]
id = "direction"
text = "No underlying is more than twice net asset value either way"
holds = "for u in underlyings: abs(net(u)) <= 200% * nav"
"#;

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

/// The custodian's key of an account, as the story has it.
pub fn key(netting_set: u16) -> AttestorKey {
    let mut seed = [1u8; 32];
    seed[31] = u8::try_from(netting_set + 1).expect("few accounts");
    AttestorKey::from_bytes(&seed).expect("a key")
}

pub fn seconds(story: &mut Story) -> Vec<SecondAttestation> {
    let opened = story.opened.iter_mut();
    opened
        .map(|(first, opening)| {
            let netting_set = first.attestation.netting_set;
            attest_second(opening, first, &key(netting_set)).expect("a second attestation")
        })
        .collect()
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
