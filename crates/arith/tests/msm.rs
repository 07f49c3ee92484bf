//! Multiplications against ark's, on both paths.

use ark_bn254::{Fr, G1Affine, G1Projective, G2Affine, G2Projective};
use ark_ec::{CurveGroup, PrimeGroup, VariableBaseMSM};
use ark_ff::{AdditiveGroup, BigInt, Field, PrimeField, UniformRand};
use mandate_arith::{G1Bases, G2Bases, Path, Scalars};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha20Rng;

#[allow(clippy::print_stderr)]
fn paths() -> Vec<Path> {
    if Path::ifma().is_none() {
        eprintln!("no AVX-512 IFMA here: only the portable path is tried");
    }
    std::iter::once(Path::PORTABLE).chain(Path::ifma()).collect()
}

/// Different points, quickly: a running sum.
fn points<G: CurveGroup>(count: usize, rng: &mut impl Rng) -> Vec<G::Affine> {
    let (mut point, step) = (G::rand(rng), G::rand(rng));
    let all: Vec<G> = (0..count)
        .map(|_| {
            point += step;
            point
        })
        .collect();
    G::normalize_batch(&all)
}

#[track_caller]
fn agree_g1(points: &[G1Affine], scalars: &[Fr]) {
    let expected = G1Projective::msm(points, scalars).unwrap();
    for path in paths() {
        let got = G1Bases::new(points).msm(&Scalars::new(scalars), 0, path);
        assert_eq!(got.into_affine(), expected.into_affine(), "{path}, {} points", points.len());
    }
}

#[track_caller]
fn agree_g2(points: &[G2Affine], scalars: &[Fr]) {
    let expected = G2Projective::msm(points, scalars).unwrap();
    for path in paths() {
        let got = G2Bases::new(points).msm(&Scalars::new(scalars), 0, path);
        assert_eq!(got.into_affine(), expected.into_affine(), "{path}, {} points", points.len());
    }
}

/// The scalars at which something changes its kind.
fn edges() -> Vec<Fr> {
    let mut out = vec![Fr::ZERO, Fr::ONE, -Fr::ONE];
    for k in 0..254 {
        let power = Fr::from(2u64).pow([k]);
        out.extend([power, power - Fr::ONE, power + Fr::ONE, -power, Fr::ONE - power]);
    }
    // The eigenvalue of the endomorphism, its square and multiples: one part of the split is small or zero.
    let lambda =
        Fr::from(BigInt::new([0x8b17_ea66_b99c_90dd, 0x5bfc_4108_8d8d_aaa7, 0xb3c4_d79d_41a9_1758, 0]));
    assert_eq!(lambda.pow([3]), Fr::ONE);
    for k in [1u64, 2, 3, 1 << 15, (1 << 15) + 1, 1 << 16, 1 << 62, u64::MAX] {
        let m = lambda * Fr::from(k);
        out.extend([m, -m, m + Fr::ONE, m - Fr::ONE, lambda * m, lambda * m - Fr::ONE]);
    }
    // Around half of the order, where the sign of the small form changes.
    let half = Fr::from(2u64).inverse().unwrap();
    out.extend([half, half - Fr::ONE, -half]);
    assert!(out.iter().any(|x| x.into_bigint().0[3] > 1 << 60));
    out
}

#[test]
fn every_length_around_a_vector_and_a_window() {
    let mut rng = ChaCha20Rng::seed_from_u64(1);
    let all = points::<G1Projective>(530, &mut rng);
    let scalars: Vec<Fr> = (0..530).map(|_| Fr::rand(&mut rng)).collect();
    for n in (0..=34).chain([63, 64, 65, 127, 128, 129, 255, 257, 511, 512, 513, 530]) {
        agree_g1(&all[..n], &scalars[..n]);
    }
    let all = points::<G2Projective>(66, &mut rng);
    for n in (0..=18).chain([63, 64, 65]) {
        agree_g2(&all[..n], &scalars[..n]);
    }
}

#[test]
fn every_edge_scalar_alone_and_together() {
    let mut rng = ChaCha20Rng::seed_from_u64(2);
    let edges = edges();
    let g1 = points::<G1Projective>(edges.len(), &mut rng);
    agree_g1(&g1, &edges);
    agree_g2(&points::<G2Projective>(edges.len(), &mut rng), &edges);
    let one = G1Bases::new(&g1[..1]);
    for k in &edges {
        for path in paths() {
            assert_eq!(one.msm(&Scalars::new(&[*k]), 0, path), g1[0] * k, "{k} {path}");
        }
    }
}

/// The mixture of a witness: bits, small integers of either sign, full ones.
fn witness(count: usize, rng: &mut impl Rng) -> Vec<Fr> {
    (0..count)
        .map(|_| match rng.gen_range(0..20) {
            0..=7 => Fr::ZERO,
            8..=15 => Fr::ONE,
            16 => -Fr::ONE,
            17 => Fr::from(rng.r#gen::<i64>() >> rng.gen_range(0..60)),
            18 => Fr::from(rng.r#gen::<i128>() >> rng.gen_range(0..60)),
            _ => Fr::rand(rng),
        })
        .collect()
}

#[test]
fn a_witness_of_many_thousands() {
    let mut rng = ChaCha20Rng::seed_from_u64(3);
    for (n, seed) in [(40_000, 0), (3_000, 1)] {
        let _ = seed;
        let scalars = witness(n, &mut rng);
        agree_g1(&points::<G1Projective>(n, &mut rng), &scalars);
    }
    let scalars = witness(3_000, &mut rng);
    agree_g2(&points::<G2Projective>(3_000, &mut rng), &scalars);
    // All full, so that wide windows and many chunks are used.
    let scalars: Vec<Fr> = (0..20_000).map(|_| Fr::rand(&mut rng)).collect();
    agree_g1(&points::<G1Projective>(20_000, &mut rng), &scalars);
}

#[test]
fn points_that_meet() {
    let mut rng = ChaCha20Rng::seed_from_u64(4);
    let n = 700;
    let spread = points::<G1Projective>(8, &mut rng);
    let p = spread[0];
    let lists: Vec<Vec<G1Affine>> = vec![
        vec![p; n],                                                // all equal: doublings all the way up
        (0..n).map(|i| if i % 2 == 0 { p } else { -p }).collect(), // all cancel
        (0..n).map(|i| if i % 3 == 0 { -p } else { p }).collect(), // some
        (0..n).map(|i| spread[i % 8]).collect(),                   // few points
        (0..n).map(|i| if i % 5 == 0 { G1Affine::identity() } else { spread[i % 8] }).collect(),
        vec![G1Affine::identity(); n],
        (0..n).map(|i| (p * Fr::from(1u64 << (i % 16))).into_affine()).collect(), // sums that meet summands
    ];
    let full = Fr::rand(&mut rng);
    let scalars: Vec<Vec<Fr>> = vec![
        vec![Fr::ONE; n],
        vec![-Fr::ONE; n],
        vec![Fr::from(2u64); n],
        vec![full; n],
        (0..n).map(|i| if i % 2 == 0 { full } else { -full }).collect(),
        (0..n).map(|i| Fr::from(i as u64)).collect(),
        (0..n).map(|i| -Fr::from(i as u64)).collect(),
        witness(n, &mut rng),
        vec![Fr::ZERO; n],
    ];
    for l in &lists {
        for s in &scalars {
            agree_g1(l, s);
        }
    }
    let q = G2Projective::generator().into_affine();
    for l in [
        vec![q; 100],
        (0..100).map(|i| if i % 2 == 0 { q } else { -q }).collect(),
        (0..100).map(|i| if i % 3 == 0 { G2Affine::identity() } else { q }).collect(),
        (0..100).map(|i| if i % 3 == 0 { -q } else { q }).collect(),
    ] {
        for s in &scalars {
            agree_g2(&l, &s[..100]);
        }
    }
}

#[test]
fn a_part_of_the_scalars() {
    let mut rng = ChaCha20Rng::seed_from_u64(5);
    let scalars = witness(300, &mut rng);
    let mut list = points::<G1Projective>(200, &mut rng);
    list[17] = G1Affine::identity();
    let read = Scalars::new(&scalars);
    assert_eq!((read.len(), read.is_empty()), (300, false));
    for path in paths() {
        let bases = G1Bases::new(&list);
        assert_eq!((bases.len(), bases.is_empty()), (200, false));
        for first in [0, 1, 99, 100] {
            let expected = G1Projective::msm(&list, &scalars[first..first + 200]).unwrap();
            assert_eq!(bases.msm(&read, first, path), expected);
        }
        let short = std::panic::catch_unwind(|| bases.msm(&read, 101, path));
        assert!(short.is_err(), "a scalar is missing");
    }
}
