//! A key whose secrets are known, so that any statement has a proof: these tests need no prover.
#![allow(dead_code, missing_docs, clippy::print_stderr)]

use alloy::primitives::U256;
use ark_bn254::{Fq, Fq2, Fr, G1Affine, G2Affine};
use ark_ec::{AffineRepr, CurveGroup};
use ark_ff::{BigInteger, Field, PrimeField};
use mandate_chain::{EvmKey, EvmPoint, EvmProof, KeyParts, ORIGIN_DEVELOPMENT};
use mandate_statement::{
    CIRCUIT_VERSION, Digest, Layout, RiskPart, RulesPart, Shape, SignedAttestation, keccak,
};
use std::path::PathBuf;

pub const MODEL: &str = "crypto-usd/1";

pub fn repository() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
}

pub fn shape() -> &'static Shape {
    Shape::by_name("t32").unwrap()
}

pub fn scalar(name: &str, index: usize) -> Fr {
    Fr::from_be_bytes_mod_order(&keccak(format!("{name} {index}").as_bytes()).0)
}

fn word(v: &Fq) -> U256 {
    U256::from_be_slice(&v.into_bigint().to_bytes_be())
}

pub fn g1(s: Fr) -> EvmPoint {
    let p = (G1Affine::generator() * s).into_affine();
    [word(&p.x), word(&p.y)]
}

fn g2(s: Fr) -> [U256; 4] {
    let p = (G2Affine::generator() * s).into_affine();
    let pair = |v: &Fq2| [word(&v.c1), word(&v.c0)];
    let (x, y) = (pair(&p.x), pair(&p.y));
    [x[0], x[1], y[0], y[1]]
}

pub fn small(v: i128) -> Fr {
    let magnitude = Fr::from(v.unsigned_abs());
    if v < 0 { -magnitude } else { magnitude }
}

/// The key: shape `t32`, three accounts, every rules and risk point.
pub fn key() -> EvmKey {
    let mut fixed = [U256::ZERO; 14];
    fixed[..2].copy_from_slice(&g1(scalar("alpha", 0)));
    for (i, name) in ["beta", "gamma", "delta"].iter().enumerate() {
        fixed[2 + 4 * i..6 + 4 * i].copy_from_slice(&g2(scalar(name, 0)));
    }
    let rules = RulesPart::len(shape());
    let sheet = rules + 1 + RiskPart::integer_count(shape());
    EvmKey::new(KeyParts {
        fixed,
        inputs: (0..2 + shape().accounts).map(|i| g1(scalar("input", i))).collect(),
        sheet: (0..sheet).map(|i| g1(scalar("sheet", i))).collect(),
        rules: u32::try_from(rules).unwrap(),
        circuit_version: CIRCUIT_VERSION,
        shape: shape().name.to_owned(),
        origin: ORIGIN_DEVELOPMENT,
    })
    .unwrap()
}

/// P_rules as a multiple of the generator.
pub fn rules_scalar(rules: &RulesPart) -> Fr {
    rules.entries().map(|(i, v)| small(v) * scalar("sheet", i as usize)).sum()
}

/// P_risk likewise.
pub fn risk_scalar(risk: &RiskPart) -> Fr {
    let start = RulesPart::len(shape());
    let universe = Fr::from_be_bytes_mod_order(&risk.universe.field_bytes());
    let integers = risk.integers(shape());
    let terms = integers.iter().enumerate().map(|(i, v)| small((*v).into()) * scalar("sheet", start + 1 + i));
    universe * scalar("sheet", start) + terms.sum::<Fr>()
}

pub fn field(d: &Digest) -> Fr {
    Fr::from_be_bytes_mod_order(&d.0)
}

/// A proof of any statement; `salt` chooses among the many.
pub fn prove(sheet: Fr, context: &Digest, commitments: &[Digest], salt: usize) -> EvmProof {
    let context = Fr::from_be_bytes_mod_order(&context.field_bytes());
    let mut x = scalar("input", 0) + context * scalar("input", 1) + sheet;
    for (i, c) in commitments.iter().enumerate() {
        x += field(c) * scalar("input", 2 + i);
    }
    let (a, b) = (scalar("a", salt), scalar("b", salt));
    let c = (a * b - scalar("alpha", 0) * scalar("beta", 0) - scalar("gamma", 0) * x)
        * scalar("delta", 0).inverse().unwrap();
    let mut out = [U256::ZERO; 8];
    out[..2].copy_from_slice(&g1(a));
    out[2..6].copy_from_slice(&g2(b));
    out[6..].copy_from_slice(&g1(c));
    EvmProof(out)
}

/// A rules part with a few coefficients, both signs, first and last position.
pub fn rules() -> RulesPart {
    let mut rules = RulesPart::empty(MODEL, shape(), keccak(b"a mandate"));
    let last = rules.coefficients.len() - 1;
    for (i, v) in [(0, 1), (5, -7), (17, 1 << 90), (400, -(1 << 100)), (last - 1, 3), (last, -5_000_000)] {
        rules.coefficients[i] = v;
    }
    rules
}

/// A risk part with made-up weights.
pub fn risk(as_of: u64) -> RiskPart {
    let s = shape();
    let weight = |i: usize| i64::from_be_bytes(keccak(&i.to_be_bytes()).0[..8].try_into().unwrap()) >> 40;
    RiskPart {
        model: MODEL.to_owned(),
        shape: s.name.to_owned(),
        universe: keccak(b"universe"),
        snapshot: keccak(b"snapshot"),
        as_of,
        layout: Layout {
            carry: vec![false, true, false, false],
            group_used: vec![false, true, true, true],
            account: vec![Some(0), Some(0), Some(1), None],
            asset: vec![Some(0), Some(0), Some(1), None],
        },
        weights: (0..s.slots * s.columns()).map(weight).collect(),
        runs: mandate_statement::Runs::none(s),
    }
}

pub fn sign(attestation: mandate_statement::Attestation, key: &[u8; 32]) -> SignedAttestation {
    use alloy::signers::SignerSync;
    let signer = alloy::signers::local::PrivateKeySigner::from_slice(key).unwrap();
    let signature = signer.sign_hash_sync(&attestation.signing_hash().0.into()).unwrap();
    SignedAttestation { attestation, signature: signature.as_bytes().to_vec() }
}
