//! The file reader gives 64 bytes of memory for each byte of payload (`room` in `mandate-statement`): the key of the largest
//! shape is read again.

use ark_bn254::{Bn254, Fr, G1Affine, G2Projective};
use ark_ec::{AffineRepr, CurveGroup, PrimeGroup};
use ark_groth16::VerifyingKey as Points;
use mandate_statement::{InputLayout, Shape};
use mandate_verifier::{KeyOrigin, VerifyingKey};

#[test]
fn the_largest_key_reads_again() {
    let shape = Shape::by_name("l4096").expect("the largest shape");
    let g2 = |s: u64| (G2Projective::generator() * Fr::from(s)).into_affine();
    let points = Points::<Bn254> {
        alpha_g1: G1Affine::generator(),
        beta_g2: g2(2),
        gamma_g2: g2(3),
        delta_g2: g2(4),
        gamma_abc_g1: vec![G1Affine::generator(); InputLayout::of(shape).total],
    };
    let key = VerifyingKey::new(KeyOrigin::Development, shape, points).expect("as many points as inputs");
    let file = key.to_bytes();
    assert!(file.len() > 8 << 20, "{} bytes", file.len());
    assert_eq!(VerifyingKey::from_bytes(&file).expect("it reads").id(), key.id());
}
