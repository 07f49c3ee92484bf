//! The sheet point: the public sheet collapsed to two curve points that anyone recomputes.

use crate::evm::g1;
use crate::key::VerifyingKey;
use alloy_primitives::U256;
use ark_bn254::{Fr, G1Affine, G1Projective};
use ark_ec::{CurveGroup, VariableBaseMSM};
use ark_ff::PrimeField;
use mandate_statement::{InputLayout, RiskPart, RulesPart};

/// `P_rules` and `P_risk`, with `P = P_rules + P_risk` what a proof is verified against.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SheetPoint {
    /// Sum of `coefficient * IC` over the rules part.
    pub rules: G1Affine,
    /// Sum of `integer * IC` over the risk part, the universe digest first.
    pub risk: G1Affine,
}

impl SheetPoint {
    /// Recomputes both points from the integers.
    ///
    /// # Panics
    /// If the parts are not of the key's shape, which the caller has checked.
    pub fn of(key: &VerifyingKey, rules: &RulesPart, risk: &RiskPart) -> Self {
        Self { rules: Self::rules(key, rules), risk: Self::risk(key, risk) }
    }
    /// `P_rules` alone.
    ///
    /// # Panics
    /// If the part is not of the key's shape.
    pub fn rules(key: &VerifyingKey, rules: &RulesPart) -> G1Affine {
        let at = InputLayout::of(key.shape);
        assert_eq!(rules.coefficients.len(), at.risk - at.rules, "a rules part of the key's shape");
        let bases = &key.points.gamma_abc_g1[at.rules..at.risk];
        sum(bases, rules.coefficients.iter().map(|&c| (c < 0, Fr::from(c.unsigned_abs()))))
    }
    /// `P_risk` alone.
    ///
    /// # Panics
    /// If the part is not of the key's shape.
    pub fn risk(key: &VerifyingKey, risk: &RiskPart) -> G1Affine {
        let at = InputLayout::of(key.shape);
        let bases = &key.points.gamma_abc_g1[at.risk..];
        let integers = risk.integers(key.shape);
        assert_eq!(integers.len() + 1, bases.len(), "a risk part of the key's shape");
        let universe = Fr::from_be_bytes_mod_order(&risk.universe.field_bytes());
        let values = std::iter::once((false, universe))
            .chain(integers.into_iter().map(|w| (w < 0, Fr::from(w.unsigned_abs()))));
        sum(bases, values)
    }
    /// `P_rules + P_risk`.
    pub fn total(&self) -> G1Affine {
        (G1Projective::from(self.rules) + self.risk).into_affine()
    }
    /// Both points as the contracts hold them.
    pub fn evm(&self) -> ([U256; 2], [U256; 2]) {
        (g1(&self.rules), g1(&self.risk))
    }
}

/// Sum of `scalar * base`. A negative integer negates the base, so that scalars stay short; zeros are left out.
fn sum(bases: &[G1Affine], values: impl Iterator<Item = (bool, Fr)>) -> G1Affine {
    let zero = Fr::from(0u8);
    let (points, scalars): (Vec<G1Affine>, Vec<Fr>) = bases
        .iter()
        .zip(values)
        .filter(|(_, (_, scalar))| *scalar != zero)
        .map(|(base, (negative, scalar))| (if negative { -*base } else { *base }, scalar))
        .unzip();
    G1Projective::msm(&points, &scalars).expect("as many points as scalars").into_affine()
}
