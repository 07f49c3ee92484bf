//! Files: every byte altered behind a digest that was made to agree, every length, every header.

use crate::common::{HEADER, bundle, check, expect, prover, proving_key, seal, story, verifier};
use mandate_attest::Opening;
use mandate_market::Snapshot;
use mandate_prover::{ProvingKey, ProvingKeyError};
use mandate_statement::{
    AccountSet, Bundle, CodecError, Kind, RiskPart, RulesPart, SignedAttestation, decode, encode, keccak,
};
use mandate_verifier::{KeyError, VerifyingKey};
use rayon::prelude::*;
use std::collections::BTreeMap;

/// The first word of an error, for counting.
fn word(error: &impl std::fmt::Debug) -> String {
    format!("{error:?}").chars().take_while(|c| c.is_alphanumeric()).collect()
}

/// Bound: every bit of a bundle's payload. It does not decode, or the verifier refuses it.
#[test]
fn every_bit_of_a_bundle_is_bound() {
    let file = encode(Kind::Bundle, bundle());
    let payload = &file[HEADER..];
    // One after the other: pairings use all cores themselves, and nested they pile up on one stack.
    let told: Vec<String> = (0..payload.len() * 8)
        .map(|at| {
            let mut bad = payload.to_vec();
            bad[at / 8] ^= 1 << (at % 8);
            match decode::<Bundle>(Kind::Bundle, &seal(Kind::Bundle, &bad)) {
                Err(error) => word(&error),
                Ok(other) => word(&check(&other).expect_err("a bundle with another bit verifies")),
            }
        })
        .collect();
    let mut count: BTreeMap<&str, usize> = BTreeMap::new();
    for reason in &told {
        *count.entry(reason).or_default() += 1;
    }
    // Every part of the bundle has its own reason; none of them is the panic of a test's neighbour.
    for reason in
        ["Malformed", "Backend", "Shape", "Binding", "Attestation", "Signature", "ProofPoints", "Rejected"]
    {
        assert!(count.contains_key(reason), "no bit is refused as {reason}: {count:?}");
    }
}

/// Bound: every bit of the account set that the reader brings.
#[test]
fn every_bit_of_an_account_set_is_bound() {
    let s = story();
    let sheet = verifier().sheet(&s.rules, &s.risk).expect("a sound sheet");
    let file = encode(Kind::Bundle, &s.accounts);
    let mut payload = file[HEADER..].to_vec();
    for at in 0..payload.len() * 8 {
        payload[at / 8] ^= 1 << (at % 8);
        if let Ok(other) = decode::<AccountSet>(Kind::Bundle, &seal(Kind::Bundle, &payload)) {
            assert!(verifier().verify(bundle(), &sheet, &other, &expect()).is_err(), "bit {at}");
            // Nor where the context is made to agree with it.
            let mut agreed = bundle().clone();
            agreed.context.account_set = other.digest();
            agreed.context.subject = other.subject;
            assert!(verifier().verify(&agreed, &sheet, &other, &expect()).is_err(), "bit {at}, agreed");
        }
        payload[at / 8] ^= 1 << (at % 8);
    }
}

/// Bound: every bit of an opening. It does not open, or it opens something else than the attestation says.
#[test]
fn every_bit_of_an_opening_is_bound() {
    let (signed, opening) = &story().opened[0];
    assert!(opening.check(&signed.attestation).is_ok());
    let file = opening.to_bytes();
    let payload = &file[HEADER..];
    let survivors: Vec<usize> = (0..payload.len() * 8)
        .into_par_iter()
        .filter(|at| {
            let mut bad = payload.to_vec();
            bad[at / 8] ^= 1 << (at % 8);
            Opening::from_bytes(&seal(Kind::Opening, &bad))
                .is_ok_and(|o| o.check(&signed.attestation).is_ok())
        })
        .collect();
    assert!(survivors.is_empty(), "bits {survivors:?}");
}

type Reader = fn(&[u8]) -> bool;
/// Every kind of machine file but keys: a good one, and whether bytes are read as one.
fn kinds() -> Vec<(Kind, Vec<u8>, Reader)> {
    let s = story();
    vec![
        (Kind::Bundle, encode(Kind::Bundle, bundle()), |b| decode::<Bundle>(Kind::Bundle, b).is_ok()),
        (Kind::Attestation, encode(Kind::Attestation, &s.opened[0].0), |b| {
            decode::<SignedAttestation>(Kind::Attestation, b).is_ok()
        }),
        (Kind::Opening, s.opened[0].1.to_bytes().to_vec(), |b| Opening::from_bytes(b).is_ok()),
        (Kind::RulesPart, encode(Kind::RulesPart, &s.rules), |b| {
            decode::<RulesPart>(Kind::RulesPart, b).is_ok()
        }),
        (Kind::RiskPart, encode(Kind::RiskPart, &s.risk), |b| decode::<RiskPart>(Kind::RiskPart, b).is_ok()),
        (Kind::Snapshot, s.snapshot.to_bytes(), |b| Snapshot::from_bytes(b).is_ok()),
    ]
}

/// Bound: length. Cut short at every place, with the old header and with one made to agree; with bytes behind the end, likewise.
#[test]
fn every_length_but_the_right_one_is_refused() {
    for (kind, file, read) in kinds() {
        assert!(read(&file), "{kind:?}");
        for cut in 0..file.len() {
            assert!(!read(&file[..cut]), "{kind:?} cut at {cut}");
            if cut >= HEADER {
                assert!(!read(&seal(kind, &file[HEADER..cut])), "{kind:?} cut at {cut}, header agreed");
            }
        }
        for tail in [&[0u8][..], &[0xff; 3], &file[..HEADER]] {
            let long = [&file[..], tail].concat();
            assert!(!read(&long), "{kind:?} with a tail");
            assert!(!read(&seal(kind, &long[HEADER..])), "{kind:?} with a tail, header agreed");
        }
    }
}

/// Bound: every byte of the header, in each of its 255 other values; and the kind, for every pair of kinds.
#[test]
fn every_byte_of_a_header_is_checked() {
    for (kind, file, read) in kinds() {
        for place in 0..HEADER {
            for by in 1..=255u8 {
                let mut bad = file.clone();
                bad[place] ^= by;
                assert!(!read(&bad), "{kind:?}, header byte {place}, {by}");
            }
        }
        for (other, _, read) in kinds() {
            let relabelled = seal(other, &file[HEADER..]);
            assert_eq!(read(&relabelled), other == kind, "{kind:?} as {other:?}");
        }
        let told = |bytes: &[u8]| decode::<SignedAttestation>(kind, bytes).expect_err("it is refused");
        let mut bad = file.clone();
        bad[0] ^= 1;
        assert!(matches!(told(&bad), CodecError::NotThisKind { .. }));
        let mut bad = file.clone();
        *bad.last_mut().unwrap() ^= 1;
        assert!(matches!(told(&bad), CodecError::Damaged { .. }));
        let big = vec![0; HEADER + kind.limit() + 1];
        assert!(matches!(told(&big), CodecError::TooLarge { .. }));
    }
}

/// Bound: every bit of a verifying key's structure, and a bit of its points: of the first twenty input points each, then of
/// every twenty-ninth. Cut and lengthened likewise. What still reads is a key of another id.
#[test]
fn a_verifying_key_is_bound_in_structure_and_points() {
    let key = prover().key().verifying();
    let file = key.to_bytes();
    let payload = &file[HEADER..];
    // Origin, version, shape, length of the points; then 64 + 3 * 128 bytes of fixed points and 8 of their number.
    let points = payload.len() - (64 + 3 * 128 + 8 + 64 * key.points.gamma_abc_g1.len());
    let count = points + 64 + 3 * 128;
    let mut places: Vec<(usize, u32)> =
        (0..points).chain(count..count + 8).flat_map(|p| (0..8).map(move |b| (p, b))).collect();
    places.extend((points..count).step_by(16).map(|p| (p, 0)));
    places.extend([31, 63, 95, 127].iter().flat_map(|p| [6, 7].map(|b| (points + 64 + p, b))));
    let stride = (0..20).chain((20..key.points.gamma_abc_g1.len()).step_by(29));
    places.extend(stride.map(|i| (count + 8 + 64 * i + i % 64, u32::try_from(i % 8).unwrap())));
    let read = |payload: &[u8]| VerifyingKey::from_bytes(&seal(Kind::VerifyingKey, payload));
    assert_eq!(read(payload).expect("it reads").id(), key.id());
    let others: Vec<_> = places
        .par_iter()
        .filter(|(place, bit)| {
            let mut bad = payload.to_vec();
            bad[*place] ^= 1 << bit;
            read(&bad).is_ok_and(|other| {
                assert_ne!(other.id(), key.id(), "byte {place}, bit {bit}");
                true
            })
        })
        .collect();
    // The origin is a label: another label is another id, which no reader takes.
    assert_eq!(others, [&(0, 0)], "altered keys that read");
    for cut in (0..points + 20).chain([count, count + 7, count + 8, payload.len() - 64, payload.len() - 1]) {
        assert!(read(&payload[..cut]).is_err(), "cut at {cut}");
    }
    for tail in [&[0u8][..], &[0; 64]] {
        assert!(read(&[payload, tail].concat()).is_err());
    }
    // More points than the shape has inputs, and fewer, behind a number that agrees.
    for by in [-1isize, 1] {
        let mut other = key.points.clone();
        other.gamma_abc_g1.resize(other.gamma_abc_g1.len().checked_add_signed(by).unwrap(), other.alpha_g1);
        let told = VerifyingKey::new(key.origin, key.shape, other);
        assert!(matches!(told, Err(KeyError::Inputs { .. })));
    }
}

/// Bound: a bit of every byte of a proving key's header, as it stands and two behind a digest made to agree. Only the label of its origin can
/// be another one, and then the key is one that no verifier takes.
#[test]
fn a_proving_keys_header_is_bound() {
    const START: usize = 68;
    let file = proving_key().0.to_bytes();
    let mut bad = file.clone();
    for at in 0..START {
        bad[at] ^= 1 << (at % 8);
        assert!(ProvingKey::from_bytes(&bad).is_err(), "byte {at}");
        bad[at] ^= 1 << (at % 8);
    }
    let agreed = |header: &[u8], body: &[u8]| {
        let mut out = header[..28].to_vec();
        out.extend_from_slice(&(body.len() as u64).to_le_bytes());
        let mut digest = keccak(body).0.to_vec();
        digest.extend_from_slice(&out);
        out.extend_from_slice(&keccak(&digest).0);
        out.extend_from_slice(body);
        ProvingKey::from_bytes(&out)
    };
    let (header, body) = file.split_at(START);
    for at in (0..28 * 8).filter(|at| *at % 8 < 2) {
        let mut bad = header.to_vec();
        bad[at / 8] ^= 1 << (at % 8);
        match agreed(&bad, body) {
            Ok(other) => {
                assert_eq!(at, 10 * 8, "bit {at} reads");
                assert_ne!(other.verifying().id(), prover().key().verifying().id());
            }
            Err(ProvingKeyError::NotAKey(_) | ProvingKeyError::Version { .. } | ProvingKeyError::Key(_)) => {}
            Err(other) => panic!("bit {at}: {other}"),
        }
    }
    for cut in [0, 1, 63, 64, 100, 500, body.len() / 2, body.len() - 1] {
        assert!(agreed(header, &body[..cut]).is_err(), "cut at {cut}");
    }
    assert!(agreed(header, &[body, &[0]].concat()).is_err());
    for cut in 0..START {
        assert!(ProvingKey::from_bytes(&file[..cut]).is_err(), "cut at {cut}");
    }
}
