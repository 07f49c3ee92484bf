//! Our own relation, key for key the same constraints, proven by `ark-groth16`, `taceo-groth16` and ours: what the provers differ in, with
//! the circuits left out of it.

use crate::measure::least;
use crate::ours::{self, Story};
use crate::statement::Case;
use ark_bn254::{Bn254, Fr};
use ark_ff::UniformRand;
use ark_groth16::Groth16;
use ark_snark::SNARK;
use mandate_circuits::r1cs::relation;
use mandate_prover::{Prover, ProvingKey};
use rand::rngs::OsRng;
use serde_json::{Value, json};
use taceo_groth16::{ConstraintMatrices, LibSnarkReduction};

/// Proves one case `runs` times with each prover, keys and matrices in memory. Peers are given the assignment; ours works it out
/// from the book each time, of a table it has seen before, as theirs is part of what they are given.
///
/// # Errors
/// Where a setup fails, or a proof does not verify.
pub fn prove(case: &Case, runs: usize) -> Result<Value, String> {
    let text = |e: &dyn std::fmt::Display| e.to_string();
    let shape = ours::shape(case)?;
    let relation = relation(shape);
    let values = ours::assignment(case)?;
    let (key, verifying) =
        Groth16::<Bn254>::circuit_specific_setup(&relation, &mut OsRng).map_err(|e| text(&e))?;
    let prepared = Groth16::<Bn254>::process_vk(&verifying).map_err(|e| text(&e))?;
    let verified = |name: &str, proof: &ark_groth16::Proof<Bn254>| {
        match Groth16::<Bn254>::verify_with_processed_vk(&prepared, &values[1..relation.inputs], proof) {
            Ok(true) => Ok(()),
            _ => Err(format!("the proof by {name} does not verify")),
        }
    };
    let rows: Vec<_> = relation.matrices.to_vec();
    let mut rng = OsRng;
    let (ark, proof) = least(runs, || {
        Groth16::<Bn254>::create_proof_with_reduction_and_matrices(
            &key,
            Fr::rand(&mut rng),
            Fr::rand(&mut rng),
            &rows,
            relation.inputs,
            relation.constraints(),
            &values,
        )
    });
    verified("ark-groth16", &proof.map_err(|e| text(&e))?)?;
    let entries = |m: usize| rows[m].iter().map(Vec::len).sum();
    let matrices = ConstraintMatrices {
        num_instance_variables: relation.inputs,
        num_witness_variables: values.len() - relation.inputs,
        num_constraints: relation.constraints(),
        a_num_non_zero: entries(0),
        b_num_non_zero: entries(1),
        c_num_non_zero: entries(2),
        a: rows[0].clone(),
        b: rows[1].clone(),
        c: rows[2].clone(),
    };
    drop(rows);
    let (taceo, proof) = least(runs, || {
        let (r, s) = (Fr::rand(&mut rng), Fr::rand(&mut rng));
        taceo_groth16::Groth16::<Bn254>::prove::<LibSnarkReduction>(&key, r, s, &matrices, &values)
    });
    verified("taceo-groth16", &proof.map_err(|e| text(&e))?)?;
    drop((key, matrices));

    let key = ProvingKey::development(shape, &relation, "peers").map_err(|e| text(&e))?;
    let mut prover = Prover::new(key, &relation).map_err(|e| text(&e))?;
    let story = Story::of(case, shape, prover.key().verifying().id())?;
    let task = story.task(case);
    prover.prove(&task).map_err(|e| text(&e))?;
    let vector = prover.path().is_ifma();
    let (ours, proof) = least(runs, || prover.prove(&task));
    proof.map_err(|e| text(&e))?;
    prover = prover.with_path(mandate_prover::Path::PORTABLE);
    let (portable, proof) = least(runs, || prover.prove(&task));
    proof.map_err(|e| text(&e))?;
    Ok(json!({
        "constraints": relation.constraints(),
        "ark": ark,
        "taceo": taceo,
        "ours": ours,
        "portable": portable,
        "vector": vector,
    }))
}
