//! Keys, public inputs and proofs as snarkjs reads them: decimal strings, points projective, `Fq2` as `[c0, c1]`.

use ark_bn254::{Bn254, Fq, Fq2, Fr, G1Affine, G2Affine};
use ark_ff::PrimeField;
use ark_groth16::Proof;
use mandate_statement::{Bundle, Digest, RiskPart, RulesPart};
use mandate_verifier::{VerifyError, VerifyingKey};
use serde_json::{Value, json};

/// Why a bundle has no form that another verifier could read, or would say something else than the files at hand.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ExportError {
    /// Parts of different shapes.
    #[error("{what} is for shape `{got}`, the key is for `{wanted}`")]
    Shape {
        /// Which part.
        what: &'static str,
        /// Its shape.
        got: String,
        /// The key's shape.
        wanted: &'static str,
    },
    /// The bundle was made with other files than these.
    #[error("the proof was made for another {what}: it names {named}, given is {given}")]
    Binding {
        /// Which file.
        what: &'static str,
        /// What the bundle names.
        named: Digest,
        /// What was given.
        given: Digest,
    },
    /// Not one commitment per account of the shape.
    #[error("the bundle has {got} commitments, the shape takes {wanted}")]
    CommitmentCount {
        /// Found.
        got: usize,
        /// Wanted.
        wanted: usize,
    },
    /// A commitment at or above the field order.
    #[error("the commitment of account {0} is not below the field order")]
    NotCanonical(usize),
    /// How many integers.
    #[error("{what} has {got} integers, shape `{shape}` takes {wanted}")]
    Length {
        /// Which part.
        what: &'static str,
        /// Found.
        got: usize,
        /// The shape.
        shape: &'static str,
        /// Wanted.
        wanted: usize,
    },
    /// The risk part does not have its shape's lengths.
    #[error(transparent)]
    Risk(#[from] mandate_statement::SheetError),
    /// The proof's bytes are no points.
    #[error(transparent)]
    Proof(#[from] VerifyError),
}

/// The public inputs of a bundle's statement under these files, the constant one left aside.
///
/// Nothing is verified but that the bundle names these files: saying yes or no is the other verifier's task.
///
/// # Errors
/// [`ExportError`]. Never panics, whatever the bundle.
pub fn public_inputs(
    key: &VerifyingKey,
    bundle: &Bundle,
    rules: &RulesPart,
    risk: &RiskPart,
) -> Result<Vec<Fr>, ExportError> {
    let shape = key.shape;
    for (what, got) in
        [("the bundle", &bundle.shape), ("the mandate", &rules.shape), ("the risk part", &risk.shape)]
    {
        if got != shape.name {
            let got = got.chars().take(40).flat_map(char::escape_debug).collect();
            return Err(ExportError::Shape { what, got, wanted: shape.name });
        }
    }
    risk.shape()?;
    let (got, wanted) = (rules.coefficients.len(), RulesPart::len(shape));
    if got != wanted {
        return Err(ExportError::Length { what: "the mandate", got, shape: shape.name, wanted });
    }
    for (what, named, given) in [
        ("verifying key", bundle.context.key, key.id()),
        ("mandate", bundle.context.mandate, rules.digest()),
        ("snapshot or risk part", bundle.context.risk, risk.digest()),
    ] {
        if named != given {
            return Err(ExportError::Binding { what, named, given });
        }
    }
    if bundle.commitments.len() != shape.accounts {
        return Err(ExportError::CommitmentCount { got: bundle.commitments.len(), wanted: shape.accounts });
    }
    let order = Fr::MODULUS;
    for (account, commitment) in bundle.commitments.iter().enumerate() {
        if big_endian(&commitment.0) >= order {
            return Err(ExportError::NotCanonical(account));
        }
    }
    let mut inputs =
        mandate_circuits::r1cs::public_inputs(shape, &bundle.context, &bundle.commitments, rules, risk);
    inputs.remove(0);
    Ok(inputs)
}

fn big_endian(bytes: &[u8; 32]) -> ark_ff::BigInteger256 {
    let mut limbs = [0u64; 4];
    for (limb, chunk) in limbs.iter_mut().rev().zip(bytes.chunks_exact(8)) {
        *limb = chunk.iter().fold(0, |sum, byte| sum << 8 | u64::from(*byte));
    }
    ark_ff::BigInteger256::new(limbs)
}

/// `public.json`.
pub fn public_json(inputs: &[Fr]) -> Value {
    inputs.iter().map(|v| v.into_bigint().to_string()).collect()
}

/// `verification_key.json`.
pub fn verification_key_json(key: &VerifyingKey) -> Value {
    let points = &key.points;
    json!({
        "protocol": "groth16",
        "curve": "bn128",
        "nPublic": points.gamma_abc_g1.len() - 1,
        "vk_alpha_1": g1(&points.alpha_g1),
        "vk_beta_2": g2(&points.beta_g2),
        "vk_gamma_2": g2(&points.gamma_g2),
        "vk_delta_2": g2(&points.delta_g2),
        "IC": points.gamma_abc_g1.iter().map(g1).collect::<Value>(),
    })
}

/// `proof.json`.
pub fn proof_json(proof: &Proof<Bn254>) -> Value {
    json!({
        "pi_a": g1(&proof.a),
        "pi_b": g2(&proof.b),
        "pi_c": g1(&proof.c),
        "protocol": "groth16",
        "curve": "bn128",
    })
}

fn number(v: &Fq) -> String {
    v.into_bigint().to_string()
}

fn pair(v: &Fq2) -> Value {
    json!([number(&v.c0), number(&v.c1)])
}

// No point at infinity comes here: key and proof are refused before.
fn g1(point: &G1Affine) -> Value {
    json!([number(&point.x), number(&point.y), "1"])
}

fn g2(point: &G2Affine) -> Value {
    json!([pair(&point.x), pair(&point.y), ["1", "0"]])
}
