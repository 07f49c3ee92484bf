//! A market, a mandate, a key and a bundle that verifies, the same on every machine.
//!
//! The key is made from numbers that this program knows, so a proof is *forged* under it, without a circuit: what is fuzzed
//! here is how bytes are read and bound, not the circuit.

use alloy_signer::SignerSync;
use alloy_signer_local::PrivateKeySigner;
use ark_bn254::{Bn254, Fr, G1Projective, G2Projective};
use ark_ec::{CurveGroup, PrimeGroup};
use ark_ff::{Field, PrimeField, UniformRand};
use ark_groth16::{Proof, VerifyingKey as ArkKey};
use ark_serialize::CanonicalSerialize;
use mandate_attest::{Blinding, Opening, account_id, subject_id};
use mandate_market::{RiskModel, Snapshot, examples, risk};
use mandate_policy::{Mandate, compile};
use mandate_statement::{
    AccountEntry, AccountSet, Attestation, AttestorGrade, BACKEND_GROTH16, Bundle, Context, Digest,
    InputLayout, RiskPart, RulesPart, Shape, SignedAttestation,
};
use mandate_verifier::{Expectations, KeyOrigin, Verifier, VerifyingKey};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use std::sync::OnceLock;

/// The instant of everything here.
pub const AS_OF: u64 = 1_767_268_800;
/// The mandate.
pub const MANDATE: &str = r#"risk_model = "crypto-usd/1"
name = "Fuzzed fund"
min_nav = "1_000 USD"
[[rule]]
id = "lev"
text = "Gross exposure is at most three times net asset value"
holds = "gross(all) <= 3 * nav"
[[rule]]
id = "margin"
text = "Worst losses stay within net asset value"
holds = "sum(g in groups: worst(scenarios, g)) <= nav"
[[rule]]
id = "direction"
text = "No underlying is more than twice net asset value either way"
holds = "for u in underlyings: abs(net(u)) <= 200% * nav"
"#;

/// Everything that is verified here.
pub struct World {
    /// The market.
    pub snapshot: Snapshot,
    /// Its risk part.
    pub risk: RiskPart,
    /// The mandate's rules part.
    pub rules: RulesPart,
    /// The declared accounts.
    pub accounts: AccountSet,
    /// The openings of their commitments.
    pub openings: Vec<Opening>,
    /// The verifier, under the key of known numbers.
    pub verifier: Verifier,
    /// The bundle that it accepts.
    pub bundle: Bundle,
}

/// What the reader here asks for.
pub const fn expectations() -> Expectations<'static> {
    Expectations {
        now: AS_OF + 60,
        max_age: 3600,
        min_grade: AttestorGrade::Administrator,
        attestors: None,
        account_set: None,
        development_keys: true,
        chain: None,
    }
}

/// The key of an account's attestor.
pub fn attestor(netting_set: u16) -> PrivateKeySigner {
    let mut seed = [7u8; 32];
    seed[30..].copy_from_slice(&(netting_set + 1).to_be_bytes());
    PrivateKeySigner::from_bytes(&seed.into()).expect("a key")
}

/// The world, made once.
pub fn world() -> &'static World {
    static WORLD: OnceLock<World> = OnceLock::new();
    WORLD.get_or_init(|| {
        let snapshot = examples::tiny(AS_OF);
        let shape = Shape::by_name("t32").expect("the shape for tests");
        let risk = risk::compile(&snapshot, shape).expect("the market compiles");
        let mandate = Mandate::parse("fund.toml", MANDATE).expect("the mandate reads");
        let model = RiskModel::by_name(&risk.model).expect("the market's model");
        let rules = compile(&mandate, model, shape).expect("the mandate compiles").part;
        let subject = subject_id("fuzzed fund");
        let mut entries = Vec::new();
        let mut openings = Vec::new();
        for account in 0..snapshot.universe.accounts.len() {
            let netting_set = u16::try_from(account).expect("few accounts");
            let slots = snapshot.universe.account_slots(account).expect("the universe holds together");
            let attestor = attestor(netting_set).address().into_array();
            let id = account_id(&attestor, "main");
            let mut quantities = vec![0i64; slots.len()];
            quantities[0] = 1_000_000;
            openings.push(Opening {
                shape: shape.name.to_owned(),
                universe: risk.universe,
                as_of: AS_OF,
                subject,
                account: id,
                netting_set,
                first_segment: u16::try_from(slots.start / shape.segment_len()).expect("few segments"),
                quantities,
                blinding: Blinding::from_element(Fr::from(1_234_567u64 + account as u64)),
                seed: None,
            });
            entries.push(AccountEntry {
                netting_set,
                account: id,
                attestor,
                grade: AttestorGrade::Custodian,
            });
        }
        let accounts = AccountSet { subject, version: 1, entries };
        let toy = Toy::new(shape);
        let context = Context {
            chain_id: 0,
            registry: [0; 20],
            subject,
            key: toy.key.id(),
            mandate: rules.digest(),
            risk: risk.digest(),
            account_set: accounts.digest(),
            as_of: AS_OF,
            valid_until: AS_OF + 86_400,
            epoch: 1,
        };
        let mut commitments = vec![Digest::default(); shape.accounts];
        let mut attestations = Vec::new();
        for (entry, opening) in accounts.entries.iter().zip(&openings) {
            let commitment = opening.commitment().expect("it opens");
            commitments[usize::from(entry.netting_set)] = commitment;
            let attestation = Attestation {
                subject,
                account: entry.account,
                netting_set: entry.netting_set,
                universe: risk.universe,
                as_of: AS_OF,
                sequence: 1,
                commitment,
            };
            attestations.push(signed(&attestation));
        }
        let mut inputs = vec![Fr::from(1u8), element(&Digest(context.digest().field_bytes()))];
        inputs.extend(commitments.iter().map(element));
        inputs.extend(rules.coefficients.iter().map(|c| Fr::from(*c)));
        inputs.push(element(&Digest(risk.universe.field_bytes())));
        inputs.extend(risk.integers(shape).into_iter().map(Fr::from));
        let proof = toy.forge(&inputs);
        let bundle = Bundle {
            backend: BACKEND_GROTH16,
            shape: shape.name.to_owned(),
            context,
            commitments,
            attestations,
            proof,
        };
        World { snapshot, risk, rules, accounts, openings, verifier: Verifier::new(toy.key), bundle }
    })
}

/// Signs as the account's attestor does.
pub fn signed(attestation: &Attestation) -> SignedAttestation {
    let hash = attestation.signing_hash().0.into();
    let signature = attestor(attestation.netting_set).sign_hash_sync(&hash).expect("it signs");
    SignedAttestation { attestation: *attestation, signature: signature.as_bytes().to_vec() }
}

fn element(digest: &Digest) -> Fr {
    Fr::from_be_bytes_mod_order(&digest.0)
}

/// A key of which all secret numbers are known.
struct Toy {
    key: VerifyingKey,
    /// alpha, beta, gamma, delta.
    secret: [Fr; 4],
    /// Discrete logarithms of the input points.
    inputs: Vec<Fr>,
}

impl Toy {
    fn new(shape: &'static Shape) -> Self {
        let mut rng = ChaCha8Rng::from_seed([9; 32]);
        let secret: [Fr; 4] = std::array::from_fn(|_| Fr::rand(&mut rng));
        let inputs: Vec<Fr> = (0..InputLayout::of(shape).total).map(|_| Fr::rand(&mut rng)).collect();
        let g2 = |s: Fr| (G2Projective::generator() * s).into_affine();
        let points: Vec<_> = inputs.iter().map(|s| G1Projective::generator() * s).collect();
        let points = ArkKey::<Bn254> {
            alpha_g1: (G1Projective::generator() * secret[0]).into_affine(),
            beta_g2: g2(secret[1]),
            gamma_g2: g2(secret[2]),
            delta_g2: g2(secret[3]),
            gamma_abc_g1: G1Projective::normalize_batch(&points),
        };
        let key = VerifyingKey::new(KeyOrigin::Development, shape, points).expect("good points");
        Self { key, secret, inputs }
    }
    /// `C = (ab - alpha beta - x gamma) / delta`.
    fn forge(&self, inputs: &[Fr]) -> Vec<u8> {
        let [alpha, beta, gamma, delta] = self.secret;
        let x: Fr = self.inputs.iter().zip(inputs).map(|(t, v)| *t * v).sum();
        let (a, b) = (Fr::from(5u8), Fr::from(7u8));
        let c = (a * b - alpha * beta - x * gamma) * delta.inverse().expect("not zero");
        let g1 = |s: Fr| (G1Projective::generator() * s).into_affine();
        let proof = Proof::<Bn254> { a: g1(a), b: (G2Projective::generator() * b).into_affine(), c: g1(c) };
        let mut out = Vec::new();
        proof.serialize_compressed(&mut out).expect("writing to memory does not fail");
        out
    }
}
