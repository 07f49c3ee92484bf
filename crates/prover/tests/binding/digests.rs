//! Digests: every bit of the encoding of what they name changes them.

use crate::common::{HEADER, MANDATE, seal, story};
use mandate_market::RiskModel;
use mandate_policy::{Mandate, compile};
use mandate_statement::{Digest, Kind, SignedAttestation, decode, encode, keccak};
use std::fmt::Debug;

/// Flips every bit of a value's encoding. What still decodes is another value, and `digest` tells it from the first unless
/// `same` says that they differ only where the digest's own documentation says that it does not look. How many decoded.
fn walk<T>(value: &T, digest: impl Fn(&T) -> Digest, same: impl Fn(&T, &T) -> bool) -> usize
where
    T: bincode::Encode + bincode::Decode<()> + PartialEq + Debug,
{
    let file = encode(Kind::RiskPart, value);
    let mut payload = file[HEADER..].to_vec();
    let honest = digest(value);
    let mut decoded = 0;
    for place in 0..payload.len() {
        for bit in 0..8 {
            payload[place] ^= 1 << bit;
            if let Ok(other) = decode::<T>(Kind::RiskPart, &seal(Kind::RiskPart, &payload)) {
                decoded += 1;
                assert_ne!(&other, value, "byte {place}, bit {bit}: two spellings of one value");
                assert_eq!(
                    digest(&other) == honest,
                    same(&other, value),
                    "byte {place}, bit {bit}: {other:?}"
                );
            }
            payload[place] ^= 1 << bit;
        }
    }
    assert!(decoded > payload.len(), "{decoded} of {} bytes: the walk hardly decodes", payload.len());
    decoded
}

fn never<T>(_: &T, _: &T) -> bool {
    false
}

/// Bound: every bit of context, attestation, account set, risk part, snapshot and universe, in the digest that stands for it; of
/// the rules part every bit but its source and the list of rules, which are words for people.
#[test]
fn every_bit_of_what_a_digest_names_changes_it() {
    let s = story();
    walk(&s.context(Digest([9; 32])), mandate_statement::Context::digest, never);
    walk(&s.opened[0].0.attestation, mandate_statement::Attestation::signing_hash, never);
    walk(&s.accounts, mandate_statement::AccountSet::digest, never);
    walk(&s.risk, mandate_statement::RiskPart::digest, never);
    walk(&s.snapshot, |x| x.digest(), never);
    walk(&s.snapshot.universe, |x| x.digest(), never);
    walk(&s.rules, mandate_statement::RulesPart::digest, |a, b| {
        (&a.model, &a.shape, &a.coefficients) == (&b.model, &b.shape, &b.coefficients)
    });
}

/// Bound: fields that two digests could confuse with one another. No digest of one kind is one of another kind, whatever it is
/// made of: each begins with its own domain.
#[test]
fn digests_of_different_kinds_differ_in_their_first_word() {
    let domains = ["context", "accounts", "rules", "risk", "snapshot", "commitment", "subject", "account"];
    let first: std::collections::BTreeSet<Digest> =
        domains.iter().map(|d| keccak(format!("mandate/{d}/1").as_bytes())).collect();
    assert_eq!(first.len(), domains.len());
    // Equal values, other kinds: all the same digest fields, none of the same digest.
    let s = story();
    let digests = [
        s.context(Digest::default()).digest(),
        s.accounts.digest(),
        s.rules.digest(),
        s.risk.digest(),
        s.snapshot.digest(),
        s.snapshot.universe.digest(),
        s.opened[0].0.attestation.signing_hash(),
    ];
    assert_eq!(digests.iter().collect::<std::collections::BTreeSet<_>>().len(), digests.len());
}

/// Bound: the text of a mandate, by its integers. Every bit flipped: the text is refused, or it compiles to other integers with
/// another digest, or (names, ids, words) to the same integers with the same digest.
#[test]
fn every_bit_of_a_mandate_is_refused_or_in_its_digest() {
    let s = story();
    let model = RiskModel::by_name(&s.risk.model).expect("the market's model");
    let mut text = MANDATE.as_bytes().to_vec();
    let (mut refused, mut other, mut words) = (0, 0, 0);
    for place in 0..text.len() {
        for bit in 0..8 {
            text[place] ^= 1 << bit;
            let part = std::str::from_utf8(&text)
                .ok()
                .and_then(|t| Mandate::parse("fund.toml", t).ok())
                .and_then(|m| compile(&m, model, s.shape).ok());
            match part {
                None => refused += 1,
                Some(c) => {
                    let same = (&c.part.model, &c.part.shape, &c.part.coefficients)
                        == (&s.rules.model, &s.rules.shape, &s.rules.coefficients);
                    assert_eq!(c.part.digest() == s.rules.digest(), same, "byte {place}, bit {bit}");
                    if same { words += 1 } else { other += 1 }
                }
            }
            text[place] ^= 1 << bit;
        }
    }
    assert!(refused > 1000 && other > 10 && words > 100, "{refused} refused, {other} other, {words} words");
}

/// Bound: an attestation's signature covers every bit of what it says; the file, every bit of the signature.
#[test]
fn every_bit_of_a_signed_attestation_is_signed() {
    let signed = &story().opened[0].0;
    let attestor = story().accounts.entries[0].attestor;
    assert_eq!(signed.signer(), Some(attestor));
    let file = encode(Kind::Attestation, signed);
    let mut payload = file[HEADER..].to_vec();
    let mut decoded = 0;
    for place in 0..payload.len() {
        for bit in 0..8 {
            payload[place] ^= 1 << bit;
            if let Ok(other) =
                decode::<SignedAttestation>(Kind::Attestation, &seal(Kind::Attestation, &payload))
            {
                decoded += 1;
                assert_ne!(other.signer(), Some(attestor), "byte {place}, bit {bit}");
            }
            payload[place] ^= 1 << bit;
        }
    }
    assert!(decoded > 1000, "{decoded}");
}
