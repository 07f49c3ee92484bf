//! The file reader gives 64 bytes of memory for each byte of payload, and 128 KiB at least (`room` in `mandate-statement`):
//! openings of the largest shape without a single lot, eight bytes in memory for each byte, are read again, and so are they
//! in a disclosure.

use ark_bn254::Fr;
use mandate_attest::{Blinding, Opening};
use mandate_statement::{Attestation, Digest, Kind, Shape, SignedAttestation, decode, encode};

fn opening(segments: usize) -> Opening {
    let shape = Shape::by_name("l4096").expect("the largest shape");
    Opening {
        shape: shape.name.into(),
        universe: Digest([0; 32]),
        as_of: 0,
        subject: Digest([0; 32]),
        account: Digest([0; 32]),
        netting_set: 0,
        first_segment: 0,
        quantities: vec![0; segments * shape.segment_len()],
        blinding: Blinding::from_element(Fr::from(0u64)),
        seed: None,
    }
}

#[test]
fn an_empty_account_on_every_slot_reads_again() {
    let shape = Shape::by_name("l4096").expect("the largest shape");
    let whole = opening(shape.segments);
    let read = Opening::from_bytes(&whole.to_bytes()).expect("it reads");
    assert_eq!(read.quantities, whole.quantities);
}

#[test]
fn sixteen_empty_accounts_in_one_disclosure_read_again() {
    let shape = Shape::by_name("l4096").expect("the largest shape");
    let zero = Digest([0; 32]);
    let attestation = Attestation {
        subject: zero,
        account: zero,
        netting_set: 0,
        universe: zero,
        as_of: 0,
        sequence: 0,
        commitment: zero,
    };
    let signed = SignedAttestation { attestation, signature: vec![0; 65] };
    let each = shape.segments / shape.accounts;
    // The command line's `Disclosure` is a struct of this one field, which is encoded as the field is.
    let accounts: Vec<_> = (0..shape.accounts).map(|_| (opening(each), signed.clone())).collect();
    let file = encode(Kind::Disclosure, &accounts);
    let read: Vec<(Opening, SignedAttestation)> = decode(Kind::Disclosure, &file).expect("it reads");
    assert_eq!(read.len(), accounts.len());
    assert!(read.iter().all(|(o, s)| o.quantities.len() == each * shape.segment_len() && *s == signed));
}
