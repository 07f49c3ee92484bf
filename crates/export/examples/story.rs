//! A made-up statement with its witness, for tools that check a witness against the constraints: a test tool. The product
//! writes no witness, and this program takes no book: what it writes is made up and the same on every machine, but for the
//! blindings.
//!
//!     cargo run --release -p mandate-export --example story -- SHAPE DIR

use ark_bn254::Fr;
use ark_ff::{BigInteger, PrimeField};
use mandate_book::examples::Example;
use mandate_circuits::r1cs::relation;
use mandate_export::{
    Wires, map_json, proof_json, public_inputs, public_json, r1cs_file, sym_file, verification_key_json,
};
use mandate_prover::{AccountOpening, Prover, ProvingKey, Task};
use mandate_statement::Shape;
use mandate_testing::Story;
use mandate_verifier::Verifier;
use std::path::Path;

const MANDATE: &str = r#"
risk_model = "crypto-usd/1"
min_nav = "1_000 USD"
[[rule]]
id = "lev"
text = "Gross exposure is at most three times net asset value"
holds = "gross(all) <= 3 * nav"
[[rule]]
id = "margin"
text = "Worst losses of all underlyings and venues stay within net asset value"
holds = "sum(g in groups: worst(scenarios, g)) <= nav"
"#;

/// The `.wtns` form: version 2, two sections, the witness in the order of the wires.
fn wtns(assignment: &[Fr], wires: &Wires) -> Vec<u8> {
    let mut out = b"wtns".to_vec();
    let word = |out: &mut Vec<u8>, v: u32| out.extend_from_slice(&v.to_le_bytes());
    let count = u32::try_from(wires.count()).expect("few wires");
    word(&mut out, 2);
    word(&mut out, 2);
    word(&mut out, 1);
    out.extend_from_slice(&40u64.to_le_bytes());
    word(&mut out, 32);
    out.extend_from_slice(&Fr::MODULUS.to_bytes_le());
    word(&mut out, count);
    word(&mut out, 2);
    out.extend_from_slice(&(u64::from(count) * 32).to_le_bytes());
    for wire in 0..wires.count() {
        out.extend_from_slice(&assignment[wires.variable(wire)].into_bigint().to_bytes_le());
    }
    out
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [name, folder] = arguments.as_slice() else { panic!("wanted: SHAPE DIR") };
    let folder = Path::new(folder);
    std::fs::create_dir_all(folder).expect("the folder");
    let shape = Shape::by_name(name).expect("a shape");
    let write = |file: &str, bytes: &[u8]| std::fs::write(folder.join(file), bytes).expect("the file");

    let relation = relation(shape);
    let wires = Wires::of(&relation);
    write("relation.r1cs", &r1cs_file(&relation, &wires));
    write("relation.sym", sym_file(&relation, shape, &wires).as_bytes());
    write("relation.json", map_json(&relation, shape, &wires).to_string().as_bytes());

    let key = ProvingKey::development(shape, &relation, "the story's seed").expect("a key");
    let prover = Prover::new(key, &relation).expect("a prover");
    let story = Story::of(shape.name, MANDATE, Example::Lawful);
    let verifying = prover.key().verifying();
    let task = Task {
        context: story.context(verifying.id()),
        rules: &story.rules,
        risk: &story.risk,
        accounts: story
            .opened
            .iter()
            .map(|(attestation, opening)| AccountOpening::of(attestation, opening))
            .collect(),
    };
    let (_, assignment) = prover.witness(&task).expect("a witness");
    write("witness.wtns", &wtns(&assignment, &wires));
    let bundle = prover.prove(&task).expect("a proof");
    let inputs = public_inputs(verifying, &bundle, &story.rules, &story.risk).expect("the inputs");
    let proof = Verifier::proof(&bundle).expect("the proof's points");
    write("verification_key.json", verification_key_json(verifying).to_string().as_bytes());
    write("public.json", public_json(&inputs).to_string().as_bytes());
    write("proof.json", proof_json(&proof).to_string().as_bytes());
}
