//! Points of proofs and keys: coordinates at or above the modulus, off the curve, outside the subgroup, at infinity.
//!
//! Points are made unchecked here and numbers reduced on purpose: each is there to be refused by the product's own readers.

use crate::common::{HEADER, bundle, check, prover, seal};
use ark_bn254::{Bn254, Fq, Fq2, Fr, G1Affine, G2Affine};
use ark_ec::AffineRepr;
use ark_ff::{BigInteger, Field, PrimeField};
use ark_groth16::VerifyingKey as ArkKey;
use ark_serialize::CanonicalSerialize;
use mandate_statement::{Bundle, Kind};
use mandate_verifier::{KeyError, VerifyError, VerifyingKey};

/// On the twist, outside the subgroup of prime order.
fn stray() -> G2Affine {
    (1u64..)
        .find_map(|i| {
            let point = G2Affine::get_point_from_x_unchecked(Fq2::new(Fq::from(i), Fq::ONE), false)?;
            (!point.is_in_correct_subgroup_assuming_on_curve()).then_some(point)
        })
        .expect("most points of the twist are outside the subgroup")
}

/// An `x` that no point of G1 has.
fn nowhere() -> Fq {
    (1u64..).map(Fq::from).find(|x| (x.square() * x + Fq::from(3u8)).sqrt().is_none()).expect("half of all")
}

/// `value + p`, as 32 little-endian bytes: another spelling of the same element, which fits 255 bits.
fn alias(value: Fq) -> [u8; 32] {
    let mut sum = value.into_bigint();
    assert!(!sum.add_with_carry(&Fq::MODULUS));
    sum.to_bytes_le().try_into().expect("four limbs")
}

/// Where A, B and C stand in a proof.
const PARTS: [(usize, usize); 3] = [(0, 32), (32, 64), (96, 32)];

fn refused(proof: Vec<u8>) -> bool {
    let told = check(&Bundle { proof, ..bundle().clone() });
    matches!(told, Err(VerifyError::ProofPoints(_)))
}

/// Bound: the one spelling of three points. In each of A, B and C: a coordinate at the modulus, above it, and the right one plus
/// the modulus; no point of that coordinate; infinity, with and without a coordinate beside its mark; both marks at once; the
/// opposite point is another proof, which the pairing refuses.
#[test]
fn every_point_of_a_proof_has_one_spelling_and_is_a_point() {
    let good = &bundle().proof;
    let with = |at: usize, bytes: &[u8]| {
        let mut out = good.clone();
        out[at..at + bytes.len()].copy_from_slice(bytes);
        out
    };
    let modulus: [u8; 32] = Fq::MODULUS.to_bytes_le().try_into().unwrap();
    for (at, length) in PARTS {
        // In the first half of B as in its second.
        for half in (0..length).step_by(32) {
            assert!(refused(with(at + half, &modulus)), "the modulus at {}", at + half);
            let mut top = [0xff; 32];
            top[31] = 0x3f;
            assert!(refused(with(at + half, &top)), "2^254 - 1 at {}", at + half);
            let mut own: [u8; 32] = good[at + half..at + half + 32].try_into().unwrap();
            let marks = if half + 32 == length { own[31] & 0xc0 } else { 0 };
            own[31] &= 0x3f;
            // Reduced on purpose: the alias is the same coordinate with the modulus added, which a reader must refuse.
            let mut other = alias(Fq::from_le_bytes_mod_order(&own));
            // An alias of 255 bits runs into the marks and says something else; either way it is refused.
            other[31] |= marks;
            assert!(refused(with(at + half, &other)), "an alias at {}", at + half);
        }
        let mut infinity = vec![0; length];
        infinity[length - 1] = 0x40;
        assert!(refused(with(at, &infinity)), "infinity at {at}");
        infinity[0] = 1;
        assert!(refused(with(at, &infinity)), "infinity with a coordinate at {at}");
        let end = at + length - 1;
        assert!(refused(with(end, &[good[end] | 0xc0])), "both marks at {at}");
        assert!(refused(with(end, &[good[end] | 0x40])), "the mark of infinity on a point at {at}");
        let opposite = Bundle { proof: with(end, &[good[end] ^ 0x80]), ..bundle().clone() };
        assert!(matches!(check(&opposite), Err(VerifyError::Rejected)), "the opposite point at {at}");
    }
    let mut x = Vec::new();
    nowhere().serialize_compressed(&mut x).unwrap();
    for at in [0, 96] {
        assert!(refused(with(at, &x)), "no such point at {at}");
    }
    let mut outside = Vec::new();
    stray().serialize_compressed(&mut outside).unwrap();
    assert!(refused(with(32, &outside)), "B outside the subgroup");
    // B = stray part on a point of the subgroup, so that a pairing alone might not tell.
    let b = mandate_verifier::Verifier::proof(bundle()).unwrap().b;
    let part = {
        use ark_ec::CurveGroup;
        let small = stray().mul_bigint(Fr::MODULUS).into_affine();
        assert!(!small.is_zero());
        (b + small).into_affine()
    };
    let mut mixed = Vec::new();
    part.serialize_compressed(&mut mixed).unwrap();
    assert!(refused(with(32, &mixed)), "B with a stray part");
}

type Points = ArkKey<Bn254>;

fn read_back(points: Points) -> Result<VerifyingKey, KeyError> {
    let key = prover().key().verifying();
    // Not all of it is looked at before it is read.
    let made = VerifyingKey::new(key.origin, key.shape, points)?;
    VerifyingKey::from_bytes(&made.to_bytes())
}

/// Bound: alpha, beta, gamma, delta, and the first, second and last input point of a key: off the curve, outside the subgroup, at
/// infinity, a coordinate in its second spelling; and the keys under which anyone forges: delta as gamma, delta as generator.
#[test]
fn every_point_of_a_verifying_key_is_a_point() {
    let good = &prover().key().verifying().points;
    let last = good.gamma_abc_g1.len() - 1;
    type G1 = fn(&mut Points, usize) -> &mut G1Affine;
    type G2 = fn(&mut Points) -> &mut G2Affine;
    let input: G1 = |k, i| &mut k.gamma_abc_g1[i];
    let g1: [(&str, G1, usize); 4] = [
        ("alpha", |k, _| &mut k.alpha_g1, 0),
        ("input 0", input, 0),
        ("input 1", input, 1),
        ("last", input, last),
    ];
    for (name, place, i) in g1 {
        let told = |point: G1Affine| {
            let mut bad = good.clone();
            *place(&mut bad, i) = point;
            read_back(bad).err()
        };
        let own = *place(&mut good.clone(), i);
        // Unchecked on purpose: the points that a reader must refuse.
        let off = G1Affine::new_unchecked(own.x, own.y + Fq::ONE);
        assert!(matches!(told(off), Some(KeyError::Points(_))), "{name} off the curve");
        let zero = G1Affine::new_unchecked(Fq::from(0u8), Fq::from(0u8));
        assert!(told(zero).is_some(), "{name} at (0, 0)");
        assert!(matches!(told(G1Affine::zero()), Some(KeyError::Degenerate(_))), "{name} at infinity");
    }
    let g2: [(&str, G2); 3] =
        [("beta", |k| &mut k.beta_g2), ("gamma", |k| &mut k.gamma_g2), ("delta", |k| &mut k.delta_g2)];
    for (name, place) in g2 {
        let told = |point: G2Affine| {
            let mut bad = good.clone();
            *place(&mut bad) = point;
            read_back(bad).err()
        };
        let own = *place(&mut good.clone());
        // Unchecked on purpose: a point that a reader must refuse.
        let off = G2Affine::new_unchecked(own.x, own.y + Fq2::ONE);
        assert!(matches!(told(off), Some(KeyError::Points(_))), "{name} off the curve");
        assert!(matches!(told(stray()), Some(KeyError::Points(_))), "{name} outside the subgroup");
        assert!(matches!(told(G2Affine::zero()), Some(KeyError::Degenerate(_))), "{name} at infinity");
    }
    for (name, delta) in [("gamma", good.gamma_g2), ("the generator", G2Affine::generator())] {
        let bad = Points { delta_g2: delta, ..good.clone() };
        assert!(matches!(read_back(bad).err(), Some(KeyError::Degenerate(_))), "delta is {name}");
    }
}

/// Once read: the bit that says which root `y` is, in compressed points, is ignored in uncompressed ones. One key had as many
/// files as its points have such bits.
#[test]
fn an_ignored_bit_of_a_point_is_no_second_spelling_of_a_key() {
    let key = prover().key().verifying();
    let file = key.to_bytes();
    let mut payload = file[HEADER..].to_vec();
    let end = payload.len() - 1;
    payload[end] ^= 0x80;
    let told = VerifyingKey::from_bytes(&seal(Kind::VerifyingKey, &payload)).err();
    assert!(matches!(told, Some(KeyError::Points(_))));
}

/// Bound: the one spelling of every coordinate of a key. Each 32 bytes of its points replaced by the same element plus the
/// modulus, and by the modulus itself.
#[test]
fn every_coordinate_of_a_key_has_one_spelling() {
    let key = prover().key().verifying();
    let file = key.to_bytes();
    let payload = &file[HEADER..];
    let points = payload.len() - (64 + 3 * 128 + 8 + 64 * key.points.gamma_abc_g1.len());
    let count = points + 64 + 3 * 128;
    let first: Vec<usize> = (points..count).step_by(32).collect();
    let inputs = [0, 1, key.points.gamma_abc_g1.len() - 1].map(|i| count + 8 + 64 * i);
    let modulus: [u8; 32] = Fq::MODULUS.to_bytes_le().try_into().unwrap();
    for at in first.into_iter().chain(inputs.iter().flat_map(|at| [*at, at + 32])) {
        let mut own: [u8; 32] = payload[at..at + 32].try_into().unwrap();
        own[31] &= 0x3f;
        // Reduced on purpose, as above.
        for other in [alias(Fq::from_le_bytes_mod_order(&own)), modulus] {
            let mut bad = payload.to_vec();
            bad[at..at + 32].copy_from_slice(&other);
            let told = VerifyingKey::from_bytes(&seal(Kind::VerifyingKey, &bad));
            assert!(told.is_err(), "coordinate at {at}");
        }
    }
}
