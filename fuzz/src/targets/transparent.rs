//! Proofs without a ceremony, and what goes with them. A proof is nine kilobytes of points and numbers, so most inputs are lists of
//! alterations of a good one; the first byte says of what.

use super::keys::altered;
use crate::envelope::{HEADER, resealed, seal};
use crate::transparent::second;
use mandate_circuits_halo2::field::{from_bytes, to_bytes};
use mandate_statement::{AttestorGrade, Kind, SecondAttestation, TransparentBundle, decode, encode};
use mandate_transparent::{Parameters, TransparentError};
use mandate_verifier::Expectations;

pub(super) fn bundle(data: &[u8]) -> bool {
    let Some((what, data)) = data.split_first() else { return false };
    match what {
        b'a' => read(&seal(Kind::TransparentBundle, &altered(second().payload(), data))),
        b'b' => read(&resealed(Kind::TransparentBundle, data)),
        b'c' => commitment(data),
        b'k' => parameters(&altered(&second().parameters, data)),
        b'p' => {
            let mut bundle = second().bundle.clone();
            bundle.proof = altered(&bundle.proof, data);
            verify(&bundle)
        }
        b's' => attestation(&resealed(Kind::SecondAttestation, data)),
        _ => false,
    }
}

fn read(file: &[u8]) -> bool {
    let Ok(bundle) = decode::<TransparentBundle>(Kind::TransparentBundle, file) else { return false };
    assert_eq!(encode(Kind::TransparentBundle, &bundle), file, "a second spelling");
    verify(&bundle)
}

/// Alone and beside the good one, with one verdict; only the good one is accepted.
fn verify(bundle: &TransparentBundle) -> bool {
    let s = second();
    let expect = Expectations {
        now: s.story.risk.as_of + 60,
        max_age: 3600,
        min_grade: AttestorGrade::Administrator,
        attestors: None,
        account_set: None,
        development_keys: false,
        chain: None,
    };
    let accounts = &s.story.accounts;
    let alone = s.sheet.verify(bundle, accounts, &expect);
    if alone.is_ok() {
        // The other proof that may stand beside it is not what is verified here.
        let bare = TransparentBundle { groth16: None, ..bundle.clone() };
        assert!(bare == s.bundle, "another statement verifies, or a second proof of this one");
        return true;
    }
    let batch = s.sheet.verify_batch(&[(&s.bundle, accounts), (bundle, accounts)], &expect);
    assert!(batch[0].is_ok(), "a bad neighbour spoils a good bundle");
    match (&alone, &batch[1]) {
        (Err(one), Err(other)) => {
            assert_eq!(one.to_string(), other.to_string(), "alone and in a batch for different reasons");
            matches!(one, TransparentError::Rejected)
        }
        _ => panic!("alone and in a batch differ"),
    }
}

/// Parameters are those that the hash gives, or none.
fn parameters(bytes: &[u8]) -> bool {
    let s = second();
    let rows = s.sheet.key().layout_of().k;
    for k in [0, rows + 1, 31, 64, u32::MAX] {
        assert!(Parameters::from_bytes(k, bytes).is_err(), "parameters of another size");
    }
    match Parameters::from_bytes(rows, bytes) {
        Ok(read) => {
            assert!(bytes == s.parameters && read.to_bytes() == bytes, "other parameters");
            true
        }
        Err(error) => {
            assert!(!error.to_string().is_empty());
            false
        }
    }
}

/// A commitment is 32 bytes below the field's order, in one spelling; in a bundle no other one is taken.
fn commitment(data: &[u8]) -> bool {
    let Ok(bytes) = <[u8; 32]>::try_from(data) else { return false };
    let Some(value) = from_bytes(&bytes) else { return false };
    assert_eq!(to_bytes(value), bytes, "a second spelling");
    let mut bundle = second().bundle.clone();
    bundle.seconds[0].commitments[0].0 = bytes;
    verify(&bundle);
    true
}

fn attestation(file: &[u8]) -> bool {
    let Ok(signed) = decode::<SecondAttestation>(Kind::SecondAttestation, file) else { return false };
    assert_eq!(encode(Kind::SecondAttestation, &signed), file, "a second spelling");
    let Some(signer) = signed.signer() else { return false };
    let mut other = signed.clone();
    other.attestation.0[0] ^= 1;
    assert_ne!(other.signer(), Some(signer), "the signature does not cover the first attestation");
    let mut other = signed.clone();
    other.commitments.push(mandate_statement::Digest::default());
    assert_ne!(other.signer(), Some(signer), "the signature does not cover how many commitments there are");
    for at in 0..signed.commitments.len() {
        let mut other = signed.clone();
        other.commitments[at].0[0] ^= 1;
        assert_ne!(other.signer(), Some(signer), "the signature does not cover commitment {at}");
    }
    let mut other = signed.clone();
    other.signature[64] ^= 27 ^ 28;
    assert_ne!(other.signer(), Some(signer), "a second spelling of the signature");
    true
}

/// The seeds: everything good as it is, and one alteration of each kind.
pub(crate) fn seeds() -> Vec<(String, Vec<u8>)> {
    let s = second();
    let one = |what: u8, data: &[u8]| [&[what], data].concat();
    let attested = encode(Kind::SecondAttestation, &s.bundle.seconds[0]);
    let payload = s.payload();
    // The last byte of the proof, and the bundle cut within its proof.
    let last = [0x80, 0, 1, 1, 0xff];
    let cut = [0x80, 0, 200, 255];
    vec![
        ("seed-altered".into(), one(b'a', &[])),
        ("seed-bundle".into(), one(b'b', &s.file)),
        ("seed-commitment".into(), one(b'c', &s.bundle.seconds[0].commitments[0].0)),
        ("seed-parameters".into(), one(b'k', &[])),
        ("seed-proof".into(), one(b'p', &[])),
        ("seed-proof-last".into(), one(b'p', &last)),
        ("seed-second".into(), one(b's', &attested)),
        ("more-cut".into(), one(b'a', &cut)),
        ("more-parameters-last".into(), one(b'k', &last)),
        ("more-front".into(), one(b'b', &s.file[..HEADER + payload.len() / 2])),
    ]
}
