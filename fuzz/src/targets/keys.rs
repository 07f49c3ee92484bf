//! Keys. A key file is large and nearly all of it points: the input is a list of alterations of a good one.

use crate::envelope::{HEADER, seal};
use crate::fixtures::world;
use ark_ec::AffineRepr;
use mandate_prover::ProvingKey;
use mandate_statement::{Kind, keccak};
use mandate_verifier::{Verifier, VerifyingKey};
use std::sync::OnceLock;

/// The payload of the good key's file.
fn good() -> &'static [u8] {
    static GOOD: OnceLock<Vec<u8>> = OnceLock::new();
    GOOD.get_or_init(|| world().verifier.key().to_bytes()[HEADER..].to_vec())
}

/// Alterations: three bytes of place (from the front, or from the back where the top bit is set), one of length, then as many
/// bytes. What is left over at the end of the input is put behind the file; a record of length 255 cuts the file there.
pub(super) fn altered(good: &[u8], data: &[u8]) -> Vec<u8> {
    let mut out = good.to_vec();
    let mut rest = data;
    while let [a, b, c, length, tail @ ..] = rest {
        let place = usize::from(*a & 0x7f) << 16 | usize::from(*b) << 8 | usize::from(*c);
        let place = if a & 0x80 == 0 { place } else { out.len().saturating_sub(place) };
        if *length == 255 {
            out.truncate(place);
            rest = tail;
            continue;
        }
        let Some((bytes, next)) = tail.split_at_checked(usize::from(*length)) else { break };
        if let Some(target) = out.get_mut(place..place + bytes.len()) {
            target.copy_from_slice(bytes);
        }
        rest = next;
    }
    out.extend_from_slice(if rest.len() < 4 { rest } else { &[] });
    out
}

pub(super) fn verifying(data: &[u8]) -> bool {
    // As it stands, and behind a header that is made right.
    let _ = VerifyingKey::from_bytes(data);
    let payload = altered(good(), data);
    let file = seal(Kind::VerifyingKey, &payload);
    match VerifyingKey::from_bytes(&file) {
        Ok(key) => {
            assert!(key.to_bytes() == file, "a second spelling");
            let points = &key.points;
            for point in points.gamma_abc_g1.iter().chain([&points.alpha_g1]) {
                assert!(point.is_on_curve() && !point.is_zero());
            }
            for point in [points.beta_g2, points.gamma_g2, points.delta_g2] {
                assert!(
                    point.is_on_curve()
                        && point.is_in_correct_subgroup_assuming_on_curve()
                        && !point.is_zero()
                );
            }
            assert_eq!(key.id() == world().verifier.key().id(), payload == good(), "two keys, one id");
            let _ = Verifier::new(key);
            true
        }
        Err(error) => {
            assert!(!error.to_string().is_empty());
            false
        }
    }
}

/// A proving key's header with length and digest made right for whatever follows.
pub(super) fn proving(data: &[u8]) -> bool {
    const START: usize = 68;
    assert!(ProvingKey::from_bytes(data).is_err(), "a proving key of a few bytes");
    let Some((header, body)) = data.split_at_checked(START) else { return false };
    let mut file = header[..28].to_vec();
    file.extend_from_slice(&(body.len() as u64).to_le_bytes());
    let mut digest = keccak(body).0.to_vec();
    digest.extend_from_slice(&file);
    file.extend_from_slice(&keccak(&digest).0);
    file.extend_from_slice(body);
    match ProvingKey::from_bytes(&file) {
        Ok(_) => panic!("a proving key of a few bytes"),
        // Past the header, into the points.
        Err(error) => error.to_string().contains("point"),
    }
}
