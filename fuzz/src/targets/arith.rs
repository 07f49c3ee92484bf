//! What proofs are computed with: no reader, but its corner cases are found in the same way.

use ark_bn254::{Fr, G1Affine, G1Projective, G2Affine, G2Projective};
use ark_ec::{CurveGroup, PrimeGroup};
use ark_ff::{AdditiveGroup, Field, PrimeField};
use mandate_arith::{G1Bases, G2Bases, Path, Scalars};
use std::sync::OnceLock;

/// The points that inputs choose among: `k G` for `k` from 0 to 15, so that sums meet summands all the time.
fn points() -> &'static (Vec<G1Affine>, Vec<G2Affine>) {
    static POINTS: OnceLock<(Vec<G1Affine>, Vec<G2Affine>)> = OnceLock::new();
    POINTS.get_or_init(|| {
        let multiples = (0..16u64).map(Fr::from);
        let first: Vec<G1Projective> = multiples.clone().map(|k| G1Projective::generator() * k).collect();
        let second: Vec<G2Projective> = multiples.map(|k| G2Projective::generator() * k).collect();
        (G1Projective::normalize_batch(&first), G2Projective::normalize_batch(&second))
    })
}

/// Reads items of a point, a kind of scalar, and its bytes: multiples of the generator, scalars, how often.
fn items(mut data: &[u8]) -> Vec<(usize, bool, Fr, usize)> {
    let mut out = Vec::new();
    while let [point, kind, rest @ ..] = data {
        let length = [1, 1, 8, 16, 32, 1, 1, 1][usize::from(kind & 7)];
        let Some((bytes, rest)) = rest.split_at_checked(length) else { break };
        let number = Fr::from_le_bytes_mod_order(bytes);
        let power = Fr::from(2u64).pow([u64::from(bytes[0])]);
        let size = match kind & 7 {
            5 => power,
            6 => power - Fr::ONE,
            7 => power + Fr::ONE,
            _ => number,
        };
        let scalar = if kind & 8 == 8 { -size } else { size };
        out.push((usize::from(point & 15), point & 16 == 16, scalar, usize::from(kind >> 4) + 1));
        data = rest;
    }
    out
}

pub(super) fn msm(data: &[u8]) -> bool {
    let items = items(data);
    let (g1, g2) = points();
    let (mut first, mut second, mut scalars, mut sum) = (Vec::new(), Vec::new(), Vec::new(), Fr::ZERO);
    for (k, negative, scalar, times) in items {
        for _ in 0..times {
            first.push(if negative { -g1[k] } else { g1[k] });
            second.push(if negative { -g2[k] } else { g2[k] });
            scalars.push(scalar);
            let term = Fr::from(k as u64) * scalar;
            sum += if negative { -term } else { term };
        }
    }
    if scalars.is_empty() {
        return false;
    }
    let read = Scalars::new(&scalars);
    for path in [Some(Path::PORTABLE), Path::ifma()].into_iter().flatten() {
        let expected = G1Projective::generator() * sum;
        assert_eq!(G1Bases::new(&first).msm(&read, 0, path), expected, "G1 {path}");
        let expected = G2Projective::generator() * sum;
        assert_eq!(G2Bases::new(&second).msm(&read, 0, path), expected, "G2 {path}");
    }
    true
}
