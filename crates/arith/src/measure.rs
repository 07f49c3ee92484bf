//! The smallest stages, for benches: no part of the interface.

use crate::fast::Fast;
use crate::portable::Plain;
use crate::sums::{Add, Adder};
use crate::{G1Bases, Path};
use ark_bn254::Fq;
use ark_ff::Field;

/// Products of base field elements, on one thread, in eight chains (of vectors of eight, on the vector path) that do not wait for each
/// other. Says how many.
pub fn products(rounds: usize, path: Path) -> usize {
    #[cfg(target_arch = "x86_64")]
    if path.is_ifma() {
        return crate::ifma::products(rounds);
    }
    let _ = path;
    let mut chains: [Fq; 8] = std::array::from_fn(|i| Fq::from(i as u64 + 2));
    let by = Fq::from(3u64).pow([1 << 40]);
    for _ in 0..rounds {
        for x in &mut chains {
            *x = x.times(&by);
        }
    }
    std::hint::black_box(chains);
    8 * rounds
}

/// As [`products`], by ark.
pub fn products_by_ark(rounds: usize) -> usize {
    let mut chains: [Fq; 8] = std::array::from_fn(|i| Fq::from(i as u64 + 2));
    let by = Fq::from(3u64).pow([1 << 40]);
    for _ in 0..rounds {
        for x in &mut chains {
            *x *= by;
        }
    }
    std::hint::black_box(chains);
    8 * rounds
}

/// Additions of pairs of points from all over a query, on one thread. Says how many.
///
/// # Panics
/// Unless the query has a power of two of points, none of them at infinity.
pub fn additions(bases: &G1Bases, rounds: usize, path: Path) -> usize {
    let points = bases.points();
    assert!(points.len().is_power_of_two(), "a power of two");
    let place = |i: usize| u32::try_from(i.wrapping_mul(0x9e37_79b1) & (points.len() - 1)).expect("few");
    let adds: Vec<Add> = (0u32..4096)
        .zip(0..points.len() / 2)
        .map(|(to, _)| Add { a: place(2 * to as usize) << 1, b: place(2 * to as usize + 1) << 1, to })
        .collect();
    let mut sums = points[..adds.len()].to_vec();
    fn run<A: Adder<1>>(
        from: &[crate::points::Packed<1>],
        adds: &[Add],
        to: &mut [crate::points::Packed<1>],
        rounds: usize,
    ) {
        let mut adder = A::new();
        for _ in 0..rounds {
            adder.across(from, adds, to);
            std::hint::black_box(&mut *to);
        }
    }
    #[cfg(target_arch = "x86_64")]
    if path.is_ifma() {
        run::<crate::ifma::AdderG1>(points, &adds, &mut sums, rounds);
        return rounds * adds.len();
    }
    let _ = path;
    run::<Plain<Fq>>(points, &adds, &mut sums, rounds);
    rounds * adds.len()
}
