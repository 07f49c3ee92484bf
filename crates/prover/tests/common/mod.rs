//! One story, its key and its proof, made once per test program.
#![allow(dead_code)] // each test program takes what it needs

use ark_bn254::Fr;
use mandate_book::examples::Example;
use mandate_circuits::r1cs::{Relation, public_inputs, relation};
use mandate_prover::{AccountOpening, Prover, ProvingKey, Task};
use mandate_statement::{Attestation, AttestorGrade, Bundle, Context, Kind, Shape, keccak};
#[allow(unused_imports, reason = "each test program takes what it needs")]
pub use mandate_testing::MANDATE;
use mandate_testing::Story;
use mandate_verifier::{Expectations, Sheet, Verified, Verifier, VerifyError};
use std::sync::OnceLock;

/// The key of [`prover`], made again.
pub fn proving_key() -> (ProvingKey, Relation) {
    let shape = Shape::by_name("t32").unwrap();
    let relation = relation(shape);
    (ProvingKey::development(shape, &relation, "tests").unwrap(), relation)
}

pub fn prover() -> &'static Prover {
    static PROVER: OnceLock<Prover> = OnceLock::new();
    PROVER.get_or_init(|| {
        let (key, relation) = proving_key();
        Prover::new(key, &relation).expect("the key of this relation")
    })
}

pub fn story() -> &'static Story {
    static STORY: OnceLock<Story> = OnceLock::new();
    STORY.get_or_init(|| Story::of("t32", MANDATE, Example::Lawful))
}

pub fn task(story: &Story, context: Context) -> Task<'_> {
    let accounts =
        story.opened.iter().map(|(attestation, opening)| AccountOpening::of(attestation, opening)).collect();
    Task { context, rules: &story.rules, risk: &story.risk, accounts }
}

pub fn bundle() -> &'static Bundle {
    static BUNDLE: OnceLock<Bundle> = OnceLock::new();
    BUNDLE.get_or_init(|| {
        prover()
            .prove(&task(story(), story().context(prover().key().verifying().id())))
            .expect("a lawful book")
    })
}

/// The values of all public inputs of [`bundle`], the constant one first.
pub fn inputs() -> Vec<Fr> {
    let s = story();
    public_inputs(s.shape, &bundle().context, &bundle().commitments, &s.rules, &s.risk)
}

pub fn expect() -> Expectations<'static> {
    Expectations {
        now: story().risk.as_of + 60,
        max_age: 3600,
        min_grade: AttestorGrade::Administrator,
        attestors: None,
        account_set: None,
        development_keys: true,
        chain: None,
    }
}

pub fn verifier() -> &'static Verifier {
    static VERIFIER: OnceLock<Verifier> = OnceLock::new();
    VERIFIER.get_or_init(|| Verifier::new(prover().key().verifying().clone()))
}

/// The honest sheet.
pub fn sheet() -> &'static Sheet<'static> {
    static SHEET: OnceLock<Sheet<'static>> = OnceLock::new();
    SHEET.get_or_init(|| verifier().sheet(&story().rules, &story().risk).expect("a sound sheet"))
}

/// Some bundle against the honest sheet and account set.
pub fn check(bundle: &Bundle) -> Result<Verified, VerifyError> {
    verifier().verify(bundle, sheet(), &story().accounts, &expect())
}

/// Signs as the story's attestor of a netting set does.
pub fn sign(netting_set: u16, attestation: &Attestation) -> Vec<u8> {
    use alloy_signer::SignerSync;
    let mut seed = [1u8; 32];
    seed[31] = u8::try_from(netting_set + 1).expect("few accounts");
    let signer = alloy_signer_local::PrivateKeySigner::from_bytes(&seed.into()).expect("a key");
    signer.sign_hash_sync(&attestation.signing_hash().0.into()).expect("signs").as_bytes().to_vec()
}

/// Bytes of an envelope before its payload.
pub const HEADER: usize = 52;

/// The envelope around any payload, with the length and digest that the payload has.
pub fn seal(kind: Kind, payload: &[u8]) -> Vec<u8> {
    let mut out = b"MANDATE\0".to_vec();
    out.extend_from_slice(&1u16.to_le_bytes());
    out.extend_from_slice(&(kind as u16).to_le_bytes());
    out.extend_from_slice(&(payload.len() as u64).to_le_bytes());
    out.extend_from_slice(&keccak(payload).0);
    out.extend_from_slice(payload);
    out
}
