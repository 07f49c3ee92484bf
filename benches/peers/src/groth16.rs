//! `ark-groth16` and `taceo-groth16` on the circuit of [`crate::circuit`]: one key, two provers.

use crate::circuit::{Binding, circuit, public_inputs};
use crate::measure::least;
use crate::r1cs::Circuit;
use crate::statement::Case;
use ark_bn254::{Bn254, Fr};
use ark_ff::UniformRand;
use ark_groth16::{Groth16, Proof, ProvingKey};
use ark_serialize::{CanonicalDeserialize, CanonicalSerialize};
use ark_snark::SNARK;
use rand::{SeedableRng, rngs::OsRng};
use serde_json::{Value, json};
use std::path::Path;
use taceo_groth16::{ConstraintMatrices, LibSnarkReduction};

/// The blinding of every measured commitment: it does not change the work.
fn blinding() -> Fr {
    Fr::rand(&mut rand_chacha::ChaCha20Rng::seed_from_u64(5))
}

fn built(case: &Case, binding: Binding) -> (Vec<Fr>, Circuit) {
    let inputs = public_inputs(case, binding, blinding());
    let circuit = circuit(case, binding, blinding(), &inputs, true);
    (inputs, circuit)
}

/// Makes a key from this process's own randomness and writes it, uncompressed.
///
/// # Errors
/// Where the setup or the file fails.
pub fn setup(case: &Case, binding: Binding, path: &Path) -> Result<Value, String> {
    let (_, circuit) = built(case, binding);
    let (time, key) =
        least(1, || Groth16::<Bn254>::generate_random_parameters_with_reduction(&circuit, &mut OsRng));
    let key = key.map_err(|e| e.to_string())?;
    let mut bytes = Vec::new();
    key.serialize_uncompressed(&mut bytes).map_err(|e| e.to_string())?;
    std::fs::write(path, &bytes).map_err(|e| format!("{}: {e}", path.display()))?;
    let entries: usize = circuit.rows.as_ref().expect("recorded").iter().flatten().map(Vec::len).sum();
    Ok(json!({
        "setup": time,
        "key_bytes": bytes.len(),
        "constraints": circuit.constraints(),
        "public_inputs": circuit.inputs - 1,
        "entries": entries,
    }))
}

/// Which prover.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum With {
    /// `ark-groth16`.
    Ark,
    /// `taceo-groth16`.
    Taceo,
}

/// Proves `runs` times with a key in memory and matrices built once, then verifies with `ark-groth16`; a wrong limit must be
/// refused.
///
/// # Errors
/// Where the key does not read, a step fails, or a verdict is wrong.
pub fn prove(case: &Case, binding: Binding, with: With, path: &Path, runs: usize) -> Result<Value, String> {
    let bytes = std::fs::read(path).map_err(|e| format!("{}: {e}", path.display()))?;
    // Unchecked: the bench wrote this file itself a step before, and the proof made with it is verified below.
    let key = ProvingKey::<Bn254>::deserialize_uncompressed_unchecked(&*bytes).map_err(|e| e.to_string())?;
    drop(bytes);
    let (inputs, circuit_with_rows) = built(case, binding);
    let constraints = circuit_with_rows.constraints();
    let rows = circuit_with_rows.rows.expect("recorded");
    let witness = || {
        let inputs = public_inputs(case, binding, blinding());
        circuit(case, binding, blinding(), &inputs, false).values
    };
    let mut rng = OsRng;
    let (witness_time, _) = least(runs, witness);
    let (time, proof): (_, Result<Proof<Bn254>, String>) = match with {
        With::Ark => least(runs, || {
            let values = witness();
            let (r, s) = (Fr::rand(&mut rng), Fr::rand(&mut rng));
            Groth16::<Bn254>::create_proof_with_reduction_and_matrices(
                &key,
                r,
                s,
                &rows,
                inputs.len() + 1,
                constraints,
                &values,
            )
            .map_err(|e| e.to_string())
        }),
        With::Taceo => {
            let entries = |m: usize| rows[m].iter().map(Vec::len).sum();
            let matrices = ConstraintMatrices {
                num_instance_variables: inputs.len() + 1,
                num_witness_variables: circuit_with_rows.values.len() - inputs.len() - 1,
                num_constraints: constraints,
                a_num_non_zero: entries(0),
                b_num_non_zero: entries(1),
                c_num_non_zero: entries(2),
                a: rows[0].clone(),
                b: rows[1].clone(),
                c: rows[2].clone(),
            };
            least(runs, || {
                let values = witness();
                let (r, s) = (Fr::rand(&mut rng), Fr::rand(&mut rng));
                taceo_groth16::Groth16::<Bn254>::prove::<LibSnarkReduction>(&key, r, s, &matrices, &values)
                    .map_err(|e| e.to_string())
            })
        }
    };
    let proof = proof?;
    let prepared = Groth16::<Bn254>::process_vk(&key.vk).map_err(|e| e.to_string())?;
    let verify = |inputs: &[Fr]| {
        Groth16::<Bn254>::verify_with_processed_vk(&prepared, inputs, &proof).map_err(|e| e.to_string())
    };
    let (verify_time, holds) = least(10, || verify(&inputs));
    let mut lie = inputs.clone();
    *lie.last_mut().expect("limits") -= Fr::from(1u64);
    if !holds? || verify(&lie)? {
        return Err("the verifier's verdict is wrong".to_owned());
    }
    let mut proof_bytes = Vec::new();
    proof.serialize_compressed(&mut proof_bytes).map_err(|e| e.to_string())?;
    Ok(json!({
        "prove": time,
        "witness": witness_time,
        "verify": verify_time,
        "proof_bytes": proof_bytes.len(),
    }))
}
