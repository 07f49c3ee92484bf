//! Keys, proofs and sheet points as the contracts take them, against words put together here; and keys that prove anything.

use alloy_primitives::U256;
use ark_bn254::{Bn254, Fq, Fr, G1Affine, G1Projective, G2Affine, G2Projective};
use ark_ec::{AffineRepr, CurveGroup, PrimeGroup};
use ark_ff::{BigInteger, PrimeField};
use ark_groth16::{Proof, VerifyingKey as Points};
use mandate_statement::{CIRCUIT_VERSION, Digest, InputLayout, RulesPart, Shape, keccak};
use mandate_testing::{plain_risk_part, rules_part, t32};
use mandate_verifier::{KeyOrigin, Verifier, VerifyingKey, evm_proof};

fn g1(s: u64) -> G1Affine {
    (G1Projective::generator() * Fr::from(s)).into_affine()
}
fn g2(s: u64) -> G2Affine {
    (G2Projective::generator() * Fr::from(s)).into_affine()
}

/// A key with a point of its own for every input.
fn points(shape: &Shape) -> Points<Bn254> {
    let step = G1Projective::generator();
    let list: Vec<G1Projective> = std::iter::successors(Some(step * Fr::from(1_000u64)), |p| Some(*p + step))
        .take(InputLayout::of(shape).total)
        .collect();
    Points {
        alpha_g1: g1(11),
        beta_g2: g2(12),
        gamma_g2: g2(13),
        delta_g2: g2(14),
        gamma_abc_g1: G1Projective::normalize_batch(&list),
    }
}

fn key(shape: &'static Shape) -> VerifyingKey {
    VerifyingKey::new(KeyOrigin::Development, shape, points(shape)).expect("a key like any other")
}

/// Thirty-two bytes, most significant first.
fn bytes(v: Fq) -> [u8; 32] {
    v.into_bigint().to_bytes_be().try_into().expect("four words")
}
fn of_g1(p: &G1Affine) -> Vec<u8> {
    [bytes(p.x), bytes(p.y)].concat()
}
/// The contracts' order: the coefficient of `u` first.
fn of_g2(p: &G2Affine) -> Vec<u8> {
    [bytes(p.x.c1), bytes(p.x.c0), bytes(p.y.c1), bytes(p.y.c0)].concat()
}
fn words<'a>(list: impl IntoIterator<Item = &'a U256>) -> Vec<u8> {
    list.into_iter().flat_map(|w| w.to_be_bytes::<32>()).collect()
}

#[test]
fn a_key_in_words() {
    let shape = t32();
    let (points, evm) = (points(shape), key(shape).evm());
    let at = InputLayout::of(shape);
    let fixed =
        [of_g1(&points.alpha_g1), of_g2(&points.beta_g2), of_g2(&points.gamma_g2), of_g2(&points.delta_g2)]
            .concat();
    let inputs: Vec<u8> = points.gamma_abc_g1.iter().flat_map(of_g1).collect();
    assert_eq!(words(&evm.fixed), fixed);
    assert_eq!(words(evm.head.iter().flatten()), inputs[..64 * at.rules]);
    assert_eq!(words(evm.sheet.iter().flatten()), inputs[64 * at.rules..]);
    assert_eq!(evm.rules as usize, RulesPart::len(shape));

    // Every path leads to one root.
    let levels = evm.sheet.len().next_power_of_two().ilog2() as usize;
    for position in 0..evm.sheet.len() {
        let leaf = &inputs[64 * (at.rules + position)..][..64];
        let number = u32::try_from(position).expect("few");
        let mut node = keccak(&[&[0u8][..], &number.to_be_bytes(), leaf].concat());
        let path = evm.path(number);
        assert_eq!(path.len(), levels);
        for (level, sibling) in path.iter().enumerate() {
            let (left, right) = if position >> level & 1 == 0 { (&node, sibling) } else { (sibling, &node) };
            node = keccak(&[&[1u8][..], &left.0, &right.0].concat());
        }
        assert_eq!(node, evm.root, "position {position}");
    }
    assert!(std::panic::catch_unwind(|| evm.path(u32::try_from(evm.sheet.len()).expect("few"))).is_err());

    let id = [
        &fixed[..],
        &inputs[..64 * at.rules],
        &evm.rules.to_be_bytes(),
        &evm.root.0,
        &CIRCUIT_VERSION.to_be_bytes(),
        &keccak(b"t32").0,
        &[KeyOrigin::Development as u8],
    ]
    .concat();
    assert_eq!(evm.id(), keccak(&id));
    assert_eq!(key(shape).id(), evm.id());
    assert_ne!(evm.id(), Digest::default());
}

#[test]
fn a_proof_in_words() {
    let proof = Proof::<Bn254> { a: g1(3), b: g2(5), c: g1(7) };
    assert_eq!(words(&evm_proof(&proof)), [of_g1(&proof.a), of_g2(&proof.b), of_g1(&proof.c)].concat());
}

#[test]
fn a_sheet_in_words() {
    let (rules, risk) = (rules_part(1), plain_risk_part());
    let shape = t32();
    let at = InputLayout::of(shape);
    let verifier = Verifier::new(key(shape));
    let sheet = verifier.sheet(&rules, &risk).expect("a lawful sheet");
    let points = points(shape).gamma_abc_g1;
    let sum = |terms: &mut dyn Iterator<Item = (usize, Fr)>| {
        terms.map(|(i, c)| points[i] * c).sum::<G1Projective>().into_affine()
    };
    let integer = |v: i128| if v < 0 { -Fr::from(v.unsigned_abs()) } else { Fr::from(v.unsigned_abs()) };
    let of_rules = sum(&mut rules.coefficients.iter().enumerate().map(|(i, c)| (at.rules + i, integer(*c))));
    let universe = Fr::from_be_bytes_mod_order(&risk.universe.field_bytes());
    let weights = risk.integers(shape).into_iter().map(|w| integer(w.into()));
    let of_risk =
        sum(&mut std::iter::once(universe).chain(weights).enumerate().map(|(i, c)| (at.risk + i, c)));
    let (rules_point, risk_point) = sheet.evm();
    assert_eq!(words(&rules_point), of_g1(&of_rules));
    assert_eq!(words(&risk_point), of_g1(&of_risk));
}

#[test]
fn keys_that_prove_anything_are_refused() {
    let refused = |change: fn(&mut Points<Bn254>), wanted: &str| {
        let mut points = points(t32());
        change(&mut points);
        let error = VerifyingKey::new(KeyOrigin::Development, t32(), points).err().map(|e| e.to_string());
        assert!(error.as_deref().is_some_and(|e| e.contains(wanted)), "{error:?}: not {wanted}");
    };
    refused(|p| p.alpha_g1 = G1Affine::zero(), "is the point at infinity");
    refused(|p| p.beta_g2 = G2Affine::zero(), "is the point at infinity");
    refused(|p| p.gamma_g2 = G2Affine::zero(), "is the point at infinity");
    refused(|p| p.delta_g2 = G2Affine::zero(), "is the point at infinity");
    refused(|p| p.delta_g2 = p.gamma_g2, "delta equals gamma");
    refused(|p| p.delta_g2 = G2Affine::generator(), "delta is the generator");
    refused(|p| p.gamma_abc_g1[3_000] = G1Affine::zero(), "that input would bind nothing");
    refused(|p| p.gamma_abc_g1.truncate(3_000), "3000");
}

#[test]
fn a_part_of_another_shape_is_named() {
    let verifier = Verifier::new(key(t32()));
    let (rules, mut risk) = (rules_part(1), plain_risk_part());
    risk.shape = "r64\u{7}".to_owned();
    let error = verifier.sheet(&rules, &risk).err().expect("another shape").to_string();
    assert!(error.contains("r64") && error.contains("t32") && !error.contains('\u{7}'), "{error}");
}
