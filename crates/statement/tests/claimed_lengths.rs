//! A length in a file is a claim. Bound here: for every place of a bundle's, an attestation's, a rules part's and a risk
//! part's payload, a huge length put there is refused, and no memory is asked for on the strength of it.

use mandate_statement::{
    Attestation, Bundle, Context, Digest, Kind, Layout, RiskPart, RuleRows, RulesPart, Runs, Shape,
    SignedAttestation, decode, encode, keccak,
};

/// Bytes before the payload.
const HEADER: usize = 52;

fn seal(kind: Kind, payload: &[u8]) -> Vec<u8> {
    let mut out = b"MANDATE\0".to_vec();
    out.extend_from_slice(&1u16.to_le_bytes());
    out.extend_from_slice(&(kind as u16).to_le_bytes());
    out.extend_from_slice(&(payload.len() as u64).to_le_bytes());
    out.extend_from_slice(&keccak(payload).0);
    out.extend_from_slice(payload);
    out
}

/// Puts lengths of `2^26` (below the limit of every kind but the smallest, as bytes) up to `2^64 - 1` at every place.
fn claim_everywhere<T: bincode::Encode + bincode::Decode<()>>(kind: Kind, value: &T) {
    let file = encode(kind, value);
    assert!(decode::<T>(kind, &file).is_ok());
    let payload = &file[HEADER..];
    for claim in [
        [252, 0, 0, 0, 4].as_slice(),
        [252, 255, 255, 255, 7].as_slice(),
        [252, 255, 255, 255, 255].as_slice(),
        [253, 0, 0, 0, 0, 1, 0, 0, 0].as_slice(),
        [253, 255, 255, 255, 255, 255, 255, 255, 255].as_slice(),
    ] {
        for place in 0..payload.len() {
            let mut bad = payload[..place].to_vec();
            bad.extend_from_slice(claim);
            bad.extend_from_slice(&payload[place + 1..]);
            // A claim where a number stands is a number, and may well be read.
            let _ = decode::<T>(kind, &seal(kind, &bad));
        }
    }
}

/// Set in the child, which has little memory to ask for.
const CHILD: &str = "MANDATE_TEST_LITTLE_MEMORY";

/// Runs itself again with 60 MiB of address space in all: an allocation for a claim of 64 MiB ends the child, whether or not the
/// memory is ever touched.
#[test]
#[cfg(target_os = "linux")]
fn no_memory_is_asked_for_on_a_claim() {
    if std::env::var_os(CHILD).is_some() {
        return claims();
    }
    let own = std::env::current_exe().expect("the test knows itself");
    let child = std::process::Command::new("sh")
        .args(["-c", "ulimit -v 61440 && exec \"$0\" --exact no_memory_is_asked_for_on_a_claim"])
        .arg(own)
        .env(CHILD, "1")
        .env("MALLOC_ARENA_MAX", "1")
        .output()
        .expect("a shell");
    let (out, err) = (String::from_utf8_lossy(&child.stdout), String::from_utf8_lossy(&child.stderr));
    assert!(child.status.success() && out.contains("1 passed"), "{out}{err}");
}

fn claims() {
    let shape = Shape::by_name("t32").expect("the shape for tests");
    let context = Context {
        chain_id: 1,
        registry: [2; 20],
        subject: Digest([3; 32]),
        key: Digest([4; 32]),
        mandate: Digest([5; 32]),
        risk: Digest([6; 32]),
        account_set: Digest([7; 32]),
        as_of: 8,
        valid_until: 9,
        epoch: 10,
    };
    let attestation = Attestation {
        subject: Digest([1; 32]),
        account: Digest([2; 32]),
        netting_set: 0,
        universe: Digest([3; 32]),
        as_of: 4,
        sequence: 5,
        commitment: Digest([6; 32]),
    };
    let signed = SignedAttestation { attestation, signature: vec![7; 65] };
    let bundle = Bundle {
        backend: 1,
        shape: "t32".into(),
        context,
        commitments: vec![Digest([1; 32]); 3],
        attestations: vec![signed.clone(); 3],
        proof: vec![9; 128],
    };
    let rules = RulesPart {
        rules: vec![RuleRows { id: "a".into(), rows: Vec::new() }],
        ..RulesPart::empty("crypto-usd/1", shape, Digest([1; 32]))
    };
    let risk = RiskPart {
        model: "crypto-usd/1".into(),
        shape: "t32".into(),
        universe: Digest([1; 32]),
        snapshot: Digest([2; 32]),
        as_of: 3,
        layout: Layout {
            carry: vec![false; 4],
            group_used: vec![true; 4],
            account: vec![Some(1); 4],
            asset: vec![None; 4],
        },
        weights: vec![-5; 32 * 32],
        runs: Runs::default(),
    };
    claim_everywhere(Kind::Attestation, &signed);
    claim_everywhere(Kind::Bundle, &bundle);
    claim_everywhere(Kind::RiskPart, &risk);
    claim_everywhere(Kind::RulesPart, &rules);
}
