//! The reader gives 64 bytes of memory for each byte of payload, and 128 KiB at least (`room` in `src/codec.rs`). Bound here: of
//! every kind in this package, the honest value that takes most memory for its bytes, on the largest shape, is read again.
//! Snapshots, keys and openings have the same test in `mandate-market`, `mandate-verifier` and `mandate-attest`.

use mandate_statement::{
    Attestation, Bundle, Context, Digest, Family, Kind, Layout, RiskPart, RowRef, RuleRows, RulesPart, Runs,
    SHAPES, Shape, SignedAttestation, decode, encode,
};

fn reads_again<T: bincode::Encode + bincode::Decode<()> + PartialEq>(kind: Kind, value: &T) -> usize {
    let file = encode(kind, value);
    let read = decode::<T>(kind, &file).unwrap_or_else(|e| panic!("{kind:?} of {} bytes: {e}", file.len()));
    assert!(read == *value);
    file.len()
}

/// Sixteen bytes in memory for each coefficient of one byte, and every row a rule of its own under a short id.
#[test]
fn rules_of_zeros_read_again() {
    for shape in &SHAPES {
        let mut part = RulesPart::empty("m", shape, Digest([0; 32]));
        assert!(part.coefficients.iter().all(|c| *c == 0));
        for family in Family::ALL {
            for index in (0u16..).take(family.rows(shape)) {
                part.rules.push(RuleRows { id: "a".into(), rows: vec![RowRef { family, index }] });
            }
        }
        reads_again(Kind::RulesPart, &part);
    }
}

/// Eight bytes in memory for each weight of one byte.
#[test]
fn weights_of_zero_read_again() {
    for shape in &SHAPES {
        let part = RiskPart {
            model: "m".into(),
            shape: shape.name.into(),
            universe: Digest([0; 32]),
            snapshot: Digest([0; 32]),
            as_of: 0,
            layout: Layout {
                carry: vec![false; shape.segments],
                group_used: vec![false; shape.segments],
                account: vec![None; shape.segments],
                asset: vec![None; shape.segments],
            },
            weights: vec![0; shape.slots * shape.columns()],
            runs: Runs::none(shape),
        };
        let bytes = reads_again(Kind::RiskPart, &part);
        let floor = (128 << 10) / size_of::<i64>();
        assert!(shape.name != "l4096" || bytes > floor, "{bytes} bytes never leave the floor");
    }
}

/// Everything zero, and as many accounts as a shape can hold.
#[test]
fn bundles_of_zeros_read_again() {
    let shape = Shape::by_name("l4096").expect("the largest shape");
    let zero = Digest([0; 32]);
    let context = Context {
        chain_id: 0,
        registry: [0; 20],
        subject: zero,
        key: zero,
        mandate: zero,
        risk: zero,
        account_set: zero,
        as_of: 0,
        valid_until: 0,
        epoch: 0,
    };
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
    reads_again(Kind::Attestation, &signed);
    let bundle = Bundle {
        backend: 0,
        shape: shape.name.into(),
        context,
        commitments: vec![zero; shape.accounts],
        attestations: vec![signed; shape.accounts],
        proof: vec![0; 128],
    };
    reads_again(Kind::Bundle, &bundle);
}
