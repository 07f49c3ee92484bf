//! The pinned values that are functions of the program alone.

use crate::pins::{Files, QUICK_KEYS};
use crate::sheets::corpus::{AS_OF, example_texts, snapshots, written};
use ark_bn254::Fr;
use ark_ff::{BigInteger, PrimeField};
use mandate_attest::{Blinding, account_id, commit, subject_id};
use mandate_circuits::r1cs::{Relation, relation};
use mandate_market::{examples, risk};
use mandate_prover::ProvingKey;
use mandate_statement::{
    AccountEntry, AccountSet, Attestation, AttestorGrade, CIRCUIT_VERSION, Context, Digest, Kind, SHAPES,
    Shape, keccak,
};
use mandate_verifier::VerifyingKey;
use rayon::prelude::*;
use std::borrow::Borrow;
use std::collections::BTreeMap;
use std::sync::Mutex;

/// The seed of the development keys that the command line makes where none is named.
pub const SEED: &str = "mandate development key";

/// Keccak-256 over the rows in order: per row its id, then A, B and C as (variable, coefficient) pairs, each with their
/// count. Rows are hashed in runs of 4,096, and the digests of the runs once more.
pub fn relation_digest(relation: &Relation) -> Digest {
    let rows: Vec<usize> = (0..relation.constraints()).collect();
    let runs: Vec<Digest> = rows
        .par_chunks(4096)
        .map(|run| {
            let mut bytes = Vec::new();
            for row in run {
                bytes.extend_from_slice(relation.ids[*row].name().as_bytes());
                bytes.push(0);
                for matrix in &relation.matrices {
                    bytes.extend_from_slice(&(matrix[*row].len() as u64).to_be_bytes());
                    for (coefficient, variable) in &matrix[*row] {
                        bytes.extend_from_slice(&(*variable as u64).to_be_bytes());
                        bytes.extend_from_slice(&coefficient.into_bigint().to_bytes_be());
                    }
                }
            }
            keccak(&bytes)
        })
        .collect();
    let mut bytes = keccak(b"mandate/pins/relation/1").0.to_vec();
    for number in [relation.inputs, relation.witnesses, relation.constraints()] {
        bytes.extend_from_slice(&(number as u64).to_be_bytes());
    }
    runs.iter().for_each(|run| bytes.extend_from_slice(&run.0));
    keccak(&bytes)
}

static KEYS: Mutex<BTreeMap<&str, VerifyingKey>> = Mutex::new(BTreeMap::new());

/// The development key of a shape, made once per process.
pub fn verifying_key(shape: &'static Shape) -> VerifyingKey {
    key_once(shape, || relation(shape))
}

/// As [`verifying_key`], for those who have the relation at hand, or would rather not make it where the key is there.
fn key_once<R: Borrow<Relation>>(shape: &'static Shape, relation: impl FnOnce() -> R) -> VerifyingKey {
    let mut keys = KEYS.lock().expect("making a key does not panic");
    let make = || {
        let key = ProvingKey::development(shape, relation().borrow(), SEED).expect("a development key");
        key.verifying().clone()
    };
    keys.entry(shape.name).or_insert_with(make).clone()
}

/// The whole development key, for a proof. Its verifying half is kept, so that it is not made a second time.
pub fn proving_key(shape: &'static Shape, relation: &Relation) -> ProvingKey {
    let key = ProvingKey::development(shape, relation, SEED).expect("a development key");
    KEYS.lock().expect("making a key does not panic").insert(shape.name, key.verifying().clone());
    key
}

/// All of them, by file.
pub fn files(all: bool) -> Files {
    let mut out = Files::new();
    for shape in &SHAPES {
        out.insert(format!("shape-{}.txt", shape.name), shape_values(shape, all));
    }
    out.insert("sheets.txt".into(), sheets());
    out.insert("words.txt".into(), words());
    out
}

fn line(name: impl Into<String>, value: impl ToString) -> (String, String) {
    (name.into(), value.to_string())
}

fn shape_values(shape: &'static Shape, all: bool) -> Vec<(String, String)> {
    let relation = relation(shape);
    let mut out = vec![
        line("circuit-version", CIRCUIT_VERSION),
        line("constraints", relation.constraints()),
        line("inputs", relation.inputs),
        line("witnesses", relation.witnesses),
        line("domain", relation.domain_points().next_power_of_two()),
        line("relation", relation_digest(&relation)),
    ];
    if all || QUICK_KEYS.contains(&shape.name) {
        let verifying = key_once(shape, || &relation);
        out.push(line("key-id", verifying.id()));
        out.push(line("key-file", keccak(&verifying.to_bytes())));
        out.push(line("key-inputs-root", verifying.evm().root));
    }
    out
}

/// Digests of the made-up markets, and of every example on every shape that takes it.
fn sheets() -> Vec<(String, String)> {
    let mut out = Vec::new();
    let others = [examples::large(AS_OF), examples::strikes_tiny(AS_OF), examples::strikes(AS_OF)];
    for snapshot in snapshots().into_iter().chain(others) {
        let shape = snapshot.universe.shape().expect("a default shape");
        let model = if shape.name == "o2048" { "deribit-pm/1" } else { "crypto-usd/1" };
        let part = risk::compile_as(model, &snapshot, shape).expect("the made-up market compiles");
        out.push(line(format!("snapshot/{}", shape.name), snapshot.digest()));
        out.push(line(format!("universe/{}", shape.name), part.universe));
        out.push(line(format!("risk/{}", shape.name), part.digest()));
    }
    for (name, text) in example_texts() {
        for shape in &SHAPES {
            let Some(sheet) = written(&name, &text, shape) else { continue };
            let rows: usize = sheet.part.rules.iter().map(|r| r.rows.len()).sum();
            let (rules, integers) = (sheet.part.rules.len(), sheet.part.entries().count());
            let value = format!("{} {rules} rules, {rows} rows, {integers} integers", sheet.part.digest());
            out.push(line(format!("rules/{name}/{}", shape.name), value));
        }
    }
    out
}

/// Commitments, contexts, account sets and attestations of made-up values, and numbers that contracts and files hold.
fn words() -> Vec<(String, String)> {
    let mut out = Vec::new();
    let modulus: String = Fr::MODULUS.to_bytes_be().iter().map(|b| format!("{b:02x}")).collect();
    out.push(line("field-order", format!("0x{modulus}")));
    let universe = keccak(b"mandate/pins/universe");
    for shape in &SHAPES {
        let length = shape.segment_len();
        let edge: Vec<i64> = [0, 1, -1, (1 << 47) - 1, -(1 << 47)].into_iter().cycle().take(length).collect();
        for (name, quantities, segment, blinding) in [
            ("empty", vec![0; length], 0, 0u64),
            ("edge", edge.clone(), 0, 1),
            ("second", edge.clone(), 1, 1),
            ("two", [edge.clone(), vec![7; length]].concat(), 0, 1),
        ] {
            let blinding = Blinding::from_element(Fr::from(blinding));
            let c = commit(shape, universe, 0, segment, &quantities, &blinding).expect("in range");
            out.push(line(format!("commitment/{}/{name}", shape.name), c));
        }
    }
    let subject = subject_id("pins");
    let account = account_id(&[9; 20], "main");
    out.push(line("subject", subject));
    out.push(line("account", account));
    let attestation = Attestation {
        subject,
        account,
        netting_set: 2,
        universe,
        as_of: AS_OF,
        sequence: 3,
        commitment: keccak(b"c"),
    };
    // The type is spelled out here once more, so that the value below is not only what the code says it is.
    let type_hash = keccak(
        b"AccountAttestation(bytes32 subject,bytes32 account,uint16 nettingSet,bytes32 universe,uint64 asOf,uint64 sequence,uint256 commitment)",
    );
    out.push(line("attestation-type", type_hash));
    out.push(line("attestation", attestation.signing_hash()));
    assert_eq!(attestation.signing_hash(), signing_hash(&attestation, type_hash), "EIP-712 by hand");
    let entry = AccountEntry { netting_set: 2, account, attestor: [9; 20], grade: AttestorGrade::Venue };
    let set = AccountSet { subject, version: 4, entries: vec![entry] };
    out.push(line("account-set", set.digest()));
    let context = Context {
        chain_id: 31_337,
        registry: [5; 20],
        subject,
        key: keccak(b"key"),
        mandate: keccak(b"mandate"),
        risk: keccak(b"risk"),
        account_set: set.digest(),
        as_of: AS_OF,
        valid_until: AS_OF + 86_400,
        epoch: 7,
    };
    out.push(line("context", context.digest()));
    for (name, kind) in [
        ("snapshot", Kind::Snapshot),
        ("risk-part", Kind::RiskPart),
        ("rules-part", Kind::RulesPart),
        ("bundle", Kind::Bundle),
        ("opening", Kind::Opening),
        ("attestation", Kind::Attestation),
        ("proving-key", Kind::ProvingKey),
        ("verifying-key", Kind::VerifyingKey),
        ("disclosure", Kind::Disclosure),
    ] {
        out.push(line(format!("file/{name}"), format!("{} of at most {} bytes", kind as u16, kind.limit())));
    }
    out
}

/// The EIP-712 digest, written out.
fn signing_hash(a: &Attestation, type_hash: Digest) -> Digest {
    let number = |v: u64| {
        let mut word = [0u8; 32];
        word[24..].copy_from_slice(&v.to_be_bytes());
        word
    };
    let domain_type = keccak(b"EIP712Domain(string name,string version)");
    let domain = keccak(&[domain_type.0, keccak(b"mandate").0, keccak(b"1").0].concat());
    let message = keccak(
        &[
            type_hash.0,
            a.subject.0,
            a.account.0,
            number(u64::from(a.netting_set)),
            a.universe.0,
            number(a.as_of),
            number(a.sequence),
            a.commitment.0,
        ]
        .concat(),
    );
    keccak(&[&[0x19, 0x01][..], &domain.0, &message.0].concat())
}
