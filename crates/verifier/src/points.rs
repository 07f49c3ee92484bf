//! The sheet, checked and collapsed to two curve points that anyone recomputes from public files.

use crate::evm::g1;
use crate::key::VerifyingKey;
use crate::verify::VerifyError;
use alloy_primitives::U256;
use ark_bn254::{Fr, G1Affine, G1Projective};
use ark_ec::{AffineRepr, CurveGroup, VariableBaseMSM};
use ark_ff::PrimeField;
use mandate_statement::{Digest, InputLayout, RiskPart, RulesPart};

/// A sheet that passed the sheet checker, with the two points it collapses to under one key: `P_rules` and `P_risk`.
///
/// Only [`crate::Verifier::sheet`] makes one, so a point cannot be paired with other files than its own, nor with a sheet that
/// nobody checked. Made once per sheet, used for any number of bundles.
pub struct Sheet<'a> {
    pub(crate) rules: &'a RulesPart,
    pub(crate) risk: &'a RiskPart,
    pub(crate) key: Digest,
    pub(crate) mandate_digest: Digest,
    pub(crate) risk_digest: Digest,
    pub(crate) total: G1Affine,
    rules_point: G1Affine,
    risk_point: G1Affine,
}

impl<'a> Sheet<'a> {
    /// Checks the sheet and computes its points.
    pub(crate) fn new(
        key: &VerifyingKey,
        rules: &'a RulesPart,
        risk: &'a RiskPart,
    ) -> Result<Self, VerifyError> {
        let wanted = key.shape.name;
        for (what, got) in [("the mandate", &rules.shape), ("the risk part", &risk.shape)] {
            if got != wanted {
                return Err(VerifyError::Shape { what, got: clip(got), wanted });
            }
        }
        mandate_checker::check(rules, risk)
            .map_err(|findings| VerifyError::Sheet(findings.iter().map(ToString::to_string).collect()))?;
        let (rules_point, risk_point) = (rules_point(key, rules), risk_point(key, risk));
        let total = (G1Projective::from(rules_point) + risk_point).into_affine();
        if rules_point.is_zero() || risk_point.is_zero() || total.is_zero() {
            return Err(VerifyError::SheetAtInfinity);
        }
        Ok(Self {
            rules,
            risk,
            key: key.id(),
            mandate_digest: rules.digest(),
            risk_digest: risk.digest(),
            total,
            rules_point,
            risk_point,
        })
    }
    /// `P_rules` and `P_risk` as the contracts hold them.
    pub fn evm(&self) -> ([U256; 2], [U256; 2]) {
        (g1(&self.rules_point), g1(&self.risk_point))
    }
    /// The mandate.
    pub const fn rules(&self) -> &'a RulesPart {
        self.rules
    }
    /// The market.
    pub const fn risk(&self) -> &'a RiskPart {
        self.risk
    }
}

/// Text from a file that somebody else made, for an error: short, and nothing that a terminal would obey.
pub(crate) fn clip(text: &str) -> String {
    text.chars().take(40).flat_map(char::escape_debug).collect()
}

/// Sum of `coefficient * IC` over the rules part.
fn rules_point(key: &VerifyingKey, rules: &RulesPart) -> G1Affine {
    let at = InputLayout::of(key.shape);
    let bases = &key.points.gamma_abc_g1[at.rules..at.risk];
    sum(bases, rules.coefficients.iter().map(|&c| (c < 0, Fr::from(c.unsigned_abs()))))
}

/// Sum of `integer * IC` over the risk part, the universe digest first.
fn risk_point(key: &VerifyingKey, risk: &RiskPart) -> G1Affine {
    let bases = &key.points.gamma_abc_g1[InputLayout::of(key.shape).risk..];
    let universe = Fr::from_be_bytes_mod_order(&risk.universe.field_bytes());
    let integers = risk.integers(key.shape);
    let values: Vec<(bool, Fr)> = std::iter::once((false, universe))
        .chain(integers.into_iter().map(|w| (w < 0, Fr::from(w.unsigned_abs()))))
        .collect();
    sum(bases, values.into_iter())
}

/// Sum of `scalar * base`. A negative integer negates the base, so that scalars stay short; zeros are left out.
fn sum(bases: &[G1Affine], values: impl ExactSizeIterator<Item = (bool, Fr)>) -> G1Affine {
    assert_eq!(bases.len(), values.len(), "the sheet checker sees to the lengths");
    let zero = Fr::from(0u8);
    let (points, scalars): (Vec<G1Affine>, Vec<Fr>) = bases
        .iter()
        .zip(values)
        .filter(|(_, (_, scalar))| *scalar != zero)
        .map(|(base, (negative, scalar))| (if negative { -*base } else { *base }, scalar))
        .unzip();
    G1Projective::msm(&points, &scalars).expect("as many points as scalars").into_affine()
}
