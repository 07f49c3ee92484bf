//! Bundles, attestations, openings.

use crate::envelope::resealed;
use crate::fixtures::{expectations, world};
use mandate_attest::{Opening, attestation_from_bytes, attestation_to_bytes};
use mandate_statement::{Attestation, Bundle, Kind, decode, encode};
use mandate_verifier::{BatchItem, VerifyError};

pub(super) fn bundle(data: &[u8]) -> bool {
    let file = resealed(Kind::Bundle, data);
    let Ok(bundle) = decode::<Bundle>(Kind::Bundle, &file) else { return false };
    assert_eq!(encode(Kind::Bundle, &bundle), file, "a second spelling");
    let w = world();
    let sheet = w.verifier.sheet(&w.rules, &w.risk).expect("the good sheet");
    let alone = w.verifier.verify(&bundle, &sheet, &w.accounts, &expectations());
    if alone.is_ok() {
        // The forged proof has no randomness left in it but what only its maker knows; signatures have one spelling.
        assert!(bundle == w.bundle, "another statement verifies");
    }
    let item = |bundle| BatchItem { bundle, sheet: &sheet, accounts: &w.accounts };
    let batch = w.verifier.verify_batch(&[item(&w.bundle), item(&bundle)], &expectations());
    assert!(batch[0].is_ok(), "a bad neighbour spoils a good bundle");
    match (&alone, &batch[1]) {
        (Ok(_), Ok(_)) => true,
        (Err(one), Err(other)) => {
            assert_eq!(one.to_string(), other.to_string(), "alone and in a batch for different reasons");
            matches!(one, VerifyError::Rejected)
        }
        _ => panic!("alone and in a batch differ"),
    }
}

pub(super) fn attestation(data: &[u8]) -> bool {
    let file = resealed(Kind::Attestation, data);
    let Ok(signed) = attestation_from_bytes(&file) else { return false };
    assert_eq!(attestation_to_bytes(&signed), file, "a second spelling");
    let Some(signer) = signed.signer() else { return false };
    // The same signature over anything else recovers to somebody else.
    type Change = fn(&mut Attestation);
    let changes: [Change; 7] = [
        |a| a.subject.0[0] ^= 1,
        |a| a.account.0[0] ^= 1,
        |a| a.netting_set ^= 1,
        |a| a.universe.0[0] ^= 1,
        |a| a.as_of ^= 1,
        |a| a.sequence ^= 1,
        |a| a.commitment.0[0] ^= 1,
    ];
    for change in changes {
        let mut other = signed.clone();
        change(&mut other.attestation);
        assert_ne!(other.signer(), Some(signer), "a field that the signature does not cover");
    }
    let mut flipped = signed.clone();
    flipped.signature[64] ^= 27 ^ 28;
    assert_ne!(flipped.signer(), Some(signer), "a second spelling of the signature");
    true
}

pub(super) fn opening(data: &[u8]) -> bool {
    let file = resealed(Kind::Opening, data);
    let opening = match Opening::from_bytes(&file) {
        Ok(opening) => opening,
        Err(error) => {
            assert!(!error.to_string().is_empty());
            return false;
        }
    };
    assert!(*opening.to_bytes() == file, "a second spelling");
    let commitment = opening.commitment().expect("it was read");
    let book = opening.book().expect("it was read");
    assert_eq!(book.netting_set(), opening.netting_set);
    let says = Attestation {
        subject: opening.subject,
        account: opening.account,
        netting_set: opening.netting_set,
        universe: opening.universe,
        as_of: opening.as_of,
        sequence: 1,
        commitment,
    };
    assert!(opening.check(&says).is_ok());
    let mut other = says;
    other.netting_set ^= 1;
    assert!(opening.check(&other).is_err());
    let mut other = opening.clone();
    other.universe.0[31] ^= 1;
    assert!(
        other.check(&says).is_err() && other.commitment().ok() != Some(commitment),
        "two universes, one commitment"
    );
    true
}
