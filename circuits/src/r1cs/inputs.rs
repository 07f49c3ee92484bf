//! The public inputs as field elements, in the order of [`InputLayout`].

use super::field::{from_digest, from_i64, from_i128};
use ark_bn254::Fr;
use ark_ff::{Field, PrimeField};
use mandate_statement::{Context, Digest, InputLayout, RiskPart, RulesPart, Shape};

/// All public inputs: one, context, commitments (canonical, below the field order), rules, universe, risk integers.
///
/// # Panics
/// If a commitment is not below the field order or a part is not of this shape. Both come from this process: a verifier
/// never calls this.
pub fn public_inputs(
    shape: &Shape,
    context: &Context,
    commitments: &[Digest],
    rules: &RulesPart,
    risk: &RiskPart,
) -> Vec<Fr> {
    assert_eq!(commitments.len(), shape.accounts, "one commitment per account");
    let mut out = vec![Fr::ONE, from_digest(&context.digest())];
    for c in commitments {
        let value = Fr::from_be_bytes_mod_order(&c.0);
        assert_eq!(
            ark_ff::BigInteger::to_bytes_be(&value.into_bigint()),
            c.0,
            "a commitment below the field order"
        );
        out.push(value);
    }
    out.extend(rules.coefficients.iter().map(|&c| from_i128(c)));
    out.push(from_digest(&risk.universe));
    out.extend(risk.integers(shape).into_iter().map(from_i64));
    assert_eq!(out.len(), InputLayout::of(shape).total, "inputs of shape {}", shape.name);
    out
}
