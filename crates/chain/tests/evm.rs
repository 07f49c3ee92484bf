//! Proofs of the real prover in the contracts' bytecode: all are accepted, and no mutation of one is.
//!
//! The default is what a test run has time for. `MANDATE_EVM_PROOFS=2000` makes that many proofs and prints how they went:
//!
//!     MANDATE_EVM_PROOFS=2000 cargo test --release -p mandate-chain --test evm -- --nocapture
#![allow(missing_docs)]
#![allow(clippy::print_stderr, reason = "a long run says how it went")]

#[path = "support/machine.rs"]
mod machine;

use alloy::primitives::{Address, B256, U256};
use alloy::sol_types::{SolCall, SolError, SolValue};
use ark_bn254::{Fr, G1Affine};
use ark_ec::{AffineRepr, CurveGroup};
use ark_ff::{AdditiveGroup, BigInteger, PrimeField};
use contracts::{Groth16Verifier, VerifierStop, VkStore};
use machine::{Machine, Said};
use mandate_book::examples::Example;
use mandate_chain::{EvmKey, KeyParts};
use mandate_circuits::r1cs::relation;
use mandate_prover::{AccountOpening, ProveError, Prover, ProvingKey, Task};
use mandate_statement::{Bundle, CIRCUIT_VERSION, Context, Family, GlobalVar, RowRef, RulesPart, Shape};
use mandate_testing::Story;
use mandate_verifier::{Verifier, evm_proof};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use revm::primitives::hardfork::SpecId;
use std::sync::OnceLock;

#[allow(clippy::all, unused_qualifications)]
mod contracts {
    use alloy::sol;
    sol!(VkStore, "abi/VkStore.json");
    sol!(Groth16Verifier, "abi/Groth16Verifier.json");
    sol!(VerifierStop, "abi/VerifierStop.json");
}

const MANDATE: &str = r#"
risk_model = "crypto-usd/1"
min_nav = "1_000 USD"
[[rule]]
id = "lev"
text = "Gross exposure is at most three times net asset value"
holds = "gross(all) <= 3 * nav"
"#;
const SEED: u64 = 5;
/// A verification with a few accounts takes about 250,000 gas as a transaction; a malformed proof no more than this.
const BOUND: u64 = 600_000;

struct Setup {
    prover: Prover,
    story: Story,
    verifier: Verifier,
    key: EvmKey,
    sheet: [U256; 2],
}

fn setup() -> &'static Setup {
    static SETUP: OnceLock<Setup> = OnceLock::new();
    SETUP.get_or_init(|| {
        let shape = Shape::by_name("t32").unwrap();
        let relation = relation(shape);
        let key = ProvingKey::development(shape, &relation, "proofs in an evm").unwrap();
        let prover = Prover::new(key, &relation).unwrap();
        let story = Story::of("t32", MANDATE, Example::Lawful);
        let verifying = prover.key().verifying();
        let evm = verifying.evm();
        let key = EvmKey::new(KeyParts {
            fixed: evm.fixed,
            inputs: evm.head.clone(),
            sheet: evm.sheet.clone(),
            rules: evm.rules,
            circuit_version: CIRCUIT_VERSION,
            shape: evm.shape.to_owned(),
            origin: evm.origin as u8,
        })
        .unwrap();
        assert_eq!(key.id(), verifying.id(), "two crates name one key alike");
        let verifier = Verifier::new(verifying.clone());
        let (rules, risk) = verifier.sheet(&story.rules, &story.risk).unwrap().evm();
        let sheet = words((point(rules) + point(risk)).into_affine());
        Setup { prover, story, verifier, key, sheet }
    })
}

fn point([x, y]: [U256; 2]) -> G1Affine {
    let word = |w: U256| ark_bn254::Fq::from_be_bytes_mod_order(&w.to_be_bytes::<32>());
    G1Affine::new(word(x), word(y))
}

fn words(p: G1Affine) -> [U256; 2] {
    let (x, y) = p.xy().expect("not infinity");
    [x, y].map(|c| U256::from_be_slice(&c.into_bigint().to_bytes_be()))
}

fn task(s: &Setup, context: Context) -> Task<'_> {
    let accounts = s.story.opened.iter().map(|(a, o)| AccountOpening::of(a, o)).collect();
    Task { context, rules: &s.story.rules, risk: &s.story.risk, accounts }
}

/// A proof of another statement each: contexts differ in their epoch.
fn prove(s: &Setup, epoch: u64) -> Bundle {
    let mut context = s.story.context(s.prover.key().verifying().id());
    context.epoch = epoch;
    s.prover.prove(&task(s, context)).expect("a lawful book")
}

fn call(key: Address, sheet: [U256; 2], bundle: &Bundle) -> Groth16Verifier::verifyCall {
    Groth16Verifier::verifyCall {
        key,
        proof: evm_proof(&Verifier::proof(bundle).unwrap()),
        sheetX: sheet[0],
        sheetY: sheet[1],
        context: U256::from_be_bytes(bundle.context.digest().field_bytes()),
        commitments: bundle.commitments.iter().map(|c| U256::from_be_bytes(c.0)).collect(),
    }
}

struct Deployed {
    machine: Machine,
    store: Address,
    verifier: Address,
    key: Address,
}

fn deployed(rules: SpecId) -> Deployed {
    let mut machine = Machine::new(rules);
    let store = machine.deploy(&VkStore::BYTECODE, &[]);
    let verifier = machine.deploy(&Groth16Verifier::BYTECODE, &[]);
    let s = setup();
    let write = VkStore::writeCall { keyId: B256::from(s.key.id().0), head: s.key.head().into() };
    let key = machine.send(store, &write);
    Deployed { machine, store, verifier, key }
}

impl Deployed {
    fn accepts(&mut self, call: &Groth16Verifier::verifyCall) -> u64 {
        match self.machine.ask(self.verifier, call) {
            (Said::Yes(_), gas) => gas,
            (other, _) => panic!("an honest proof is refused: {other:?}"),
        }
    }
    /// Refused with one of the verifier's errors, at bounded cost.
    fn refuses(&mut self, call: &Groth16Verifier::verifyCall, what: &str) {
        let (said, gas) = self.machine.ask(self.verifier, call);
        let Said::Reverted(why) = said else { panic!("{what}: {said:?}") };
        let known = [
            Groth16Verifier::ProofRejected::SELECTOR,
            Groth16Verifier::InputNotCanonical::SELECTOR,
            Groth16Verifier::PointAtInfinity::SELECTOR,
            Groth16Verifier::KeyHasOtherInputs::SELECTOR,
        ];
        assert!(known.iter().any(|k| why.starts_with(k)), "{what}: refused with {why}");
        assert!(gas <= BOUND, "{what}: {gas} gas");
    }
}

/// One of the mutations, which all change the statement or the proof.
fn mutate(rng: &mut StdRng, honest: &Groth16Verifier::verifyCall) -> (Groth16Verifier::verifyCall, String) {
    let mut c = honest.clone();
    let bit = U256::from(1) << rng.gen_range(0..256usize);
    let modulus = U256::from_be_slice(&Fr::MODULUS.to_bytes_be());
    let what = match rng.gen_range(0..8) {
        0..=2 => {
            let word = rng.gen_range(0..8usize);
            c.proof[word] ^= bit;
            format!("bit {bit:x} of proof word {word}")
        }
        3 => {
            c.context ^= bit;
            format!("bit {bit:x} of the context")
        }
        4 => {
            let a = rng.gen_range(0..c.commitments.len());
            c.commitments[a] ^= bit;
            format!("bit {bit:x} of commitment {a}")
        }
        5 => {
            let (a, b) = (rng.gen_range(0..8usize), rng.gen_range(1..8usize));
            let b = (a + b) % 8;
            c.proof.swap(a, b);
            format!("proof words {a} and {b} swapped")
        }
        6 => {
            // The sheet of somebody else: another point of the curve.
            let scalar = Fr::from(rng.r#gen::<u64>());
            let other = (G1Affine::generator() * scalar + point([c.sheetX, c.sheetY])).into_affine();
            [c.sheetX, c.sheetY] = words(other);
            "another sheet".to_owned()
        }
        _ => match c.context.checked_add(modulus) {
            Some(alias) => {
                c.context = alias;
                "the context plus the field's order".to_owned()
            }
            None => {
                c.context = U256::MAX;
                "a context of all ones".to_owned()
            }
        },
    };
    (c, what)
}

/// The property, over `MANDATE_EVM_PROOFS` proofs of as many statements, with eight mutations of each.
#[test]
fn proofs_of_the_prover_are_accepted_and_their_mutations_are_not() {
    let wanted = std::env::var("MANDATE_EVM_PROOFS").ok().map_or(12, |n| n.parse::<u64>().expect("a number"));
    let s = setup();
    let mut chains = [deployed(SpecId::PRAGUE), deployed(SpecId::OSAKA)];
    let mut rng = StdRng::seed_from_u64(SEED);
    let (mut refused, mut least, mut most) = (0u64, u64::MAX, 0);
    for epoch in 1..=wanted {
        let bundle = prove(s, epoch);
        let honest = call(chains[0].key, s.sheet, &bundle);
        let [prague, osaka] = &mut chains;
        let gas = prague.accepts(&honest);
        assert_eq!(gas, osaka.accepts(&honest), "both forks charge alike");
        (least, most) = (least.min(gas), most.max(gas));
        for _ in 0..8 {
            let (mutant, what) = mutate(&mut rng, &honest);
            chains[usize::from(rng.r#gen::<bool>())].refuses(&mutant, &what);
            refused += 1;
        }
    }
    eprintln!(
        "{wanted} proofs accepted, {refused} mutations refused, {least} to {most} gas as a transaction"
    );
}

/// One proof, every byte of it and of its inputs changed, one at a time.
#[test]
fn every_byte_of_a_proof_and_of_its_inputs_counts() {
    let s = setup();
    let mut chain = deployed(SpecId::OSAKA);
    let honest = call(chain.key, s.sheet, &prove(s, 1));
    chain.accepts(&honest);
    let mut rng = StdRng::seed_from_u64(SEED);
    let calldata = honest.abi_encode();
    // Selector and key address first; the proof, the sheet, the context, the offset and length of the commitments, these.
    for at in 36..calldata.len() {
        let mut bytes = calldata.clone();
        bytes[at] ^= 1u8 << rng.gen_range(0..8);
        match Groth16Verifier::verifyCall::abi_decode(&bytes) {
            Ok(changed) if changed.abi_encode() == bytes => chain.refuses(&changed, &format!("byte {at}")),
            // No longer the encoding of a call: an offset or a length. Solidity's decoder may read it otherwise than
            // ours does, but never as the honest statement.
            _ => assert!((36 + 11 * 32..36 + 13 * 32).contains(&at), "byte {at} is no encoding"),
        }
    }
}

/// Re-randomised, a proof is another one of the same statement: proof bytes are no identity.
#[test]
fn a_rerandomised_proof_is_accepted() {
    let s = setup();
    let mut chain = deployed(SpecId::PRAGUE);
    let (first, second) = (prove(s, 1), prove(s, 1));
    assert_ne!(first.proof, second.proof);
    for bundle in [first, second] {
        let honest = call(chain.key, s.sheet, &bundle);
        chain.accepts(&honest);
    }
}

/// Where the constant of the first global row stands: what `VerifierStop` is built with, and the table in `docs/chain.md`.
fn reserved(shape: &Shape) -> u32 {
    let (_, globals) = RulesPart::span(shape, RowRef { family: Family::Global, index: 0 });
    u32::try_from(globals.start + GlobalVar::One.index(shape).unwrap()).unwrap()
}

#[test]
fn the_reserved_positions_are_the_documented_ones() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let text = std::fs::read_to_string(root.join("docs/chain.md")).unwrap();
    let lines = ["t32", "r64", "s256", "m1024", "l4096", "o2048"]
        .map(|name| format!("| `{name}` | {} |", reserved(Shape::by_name(name).unwrap())));
    let lacking: Vec<&String> = lines.iter().filter(|l| !text.contains(*l)).collect();
    assert!(lacking.is_empty(), "docs/chain.md lacks {lacking:#?}");
}

/// No assignment satisfies the reserved sheet: the prover says which row, and an honest proof stops nothing.
#[test]
fn the_reserved_statement_has_no_proof_and_an_honest_one_stops_nothing() {
    let s = setup();
    let shape = s.story.shape;
    let position = reserved(shape);
    let mut rules = RulesPart::empty(&s.story.rules.model, shape, s.story.rules.source);
    rules.coefficients[position as usize] = -1;
    let mut context = s.story.context(s.prover.key().verifying().id());
    context.mandate = rules.digest();
    let impossible = Task { rules: &rules, ..task(s, context) };
    assert!(matches!(s.prover.prove(&impossible), Err(ProveError::Unlawful("row-global"))));
    rules.coefficients[position as usize] = 1;
    context.mandate = rules.digest();
    let empty = Task { rules: &rules, ..task(s, context) };
    assert!(s.prover.prove(&empty).is_ok(), "with plus one the same sheet asks nothing");

    let mut chain = deployed(SpecId::PRAGUE);
    let [x, y] = s.key.parts().sheet[position as usize];
    let path: Vec<B256> = s.key.path(position).unwrap().iter().map(|d| B256::from(d.0)).collect();
    let arguments = (
        chain.verifier,
        chain.store,
        B256::from(s.key.id().0),
        Address::repeat_byte(7),
        position,
        x,
        y,
        path,
    )
        .abi_encode_params();
    let stop = chain.machine.deploy(&VerifierStop::BYTECODE, &arguments);
    let honest = call(chain.key, s.sheet, &prove(s, 1));
    let through = VerifierStop::verifyCall {
        proof: honest.proof,
        sheetX: honest.sheetX,
        sheetY: honest.sheetY,
        context: honest.context,
        commitments: honest.commitments.clone(),
    };
    assert!(matches!(chain.machine.ask(stop, &through).0, Said::Yes(_)));
    let by_proof = VerifierStop::stopByProofCall {
        proof: honest.proof,
        context: honest.context,
        commitments: honest.commitments,
    };
    let (said, _) = chain.machine.ask(stop, &by_proof);
    assert!(
        matches!(said, Said::Reverted(why) if why.starts_with(&Groth16Verifier::ProofRejected::SELECTOR))
    );
    let (said, _) = chain.machine.ask(stop, &VerifierStop::stoppedCall {});
    assert!(matches!(said, Said::Yes(word) if word.iter().all(|b| *b == 0)));
    // What is verified here is the reserved sheet itself: minus the key's point, and nothing of risk.
    let (Said::Yes(found), _) = chain.machine.ask(stop, &VerifierStop::reservedPointCall {}) else {
        panic!("no reserved point")
    };
    let expected = words(-point([x, y]));
    assert_eq!(found.as_ref(), (expected[0], expected[1]).abi_encode());
    assert_ne!(point(expected).into_group().double().into_affine(), point(expected));
    let _ = &s.verifier;
}
