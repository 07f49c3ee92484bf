//! The arithmetic of proofs, each stage in one run with ark's.
//!
//! `cargo bench -p mandate-benches --bench arith [-- LOG...]`, sizes as powers of two; default 16 18. Milliseconds: the least wall time of the
//! runs, and their mean processor time on all threads; the ratio is of processor times, ark's over ours.
#![allow(clippy::print_stdout, missing_docs)]

use ark_bn254::{Fr, G1Projective, G2Projective};
use ark_ec::{CurveGroup, PrimeGroup, VariableBaseMSM};
use ark_ff::{AdditiveGroup, Field, UniformRand};
use ark_poly::{EvaluationDomain, Radix2EvaluationDomain};
use mandate_arith::{Fft, G1Bases, G2Bases, Path, Scalars, measure};
use rand::{Rng, SeedableRng, rngs::StdRng};
use std::time::Instant;

fn main() {
    let asked: Vec<u32> = std::env::args().skip(1).filter_map(|a| a.parse().ok()).collect();
    let logs = if asked.is_empty() { vec![16, 18] } else { asked };
    let paths: Vec<Path> = Path::ifma().into_iter().chain([Path::PORTABLE]).collect();
    println!(
        "{} threads; milliseconds of wall and of processor time, and how many times less of the latter than ark",
        rayon::current_num_threads()
    );
    smallest(&paths);
    for log in logs {
        group::<G1Projective, _>("G1", log, &paths, |points, path| {
            let bases = G1Bases::new(points);
            Box::new(move |s| bases.msm(s, 0, path))
        });
        group::<G2Projective, _>("G2", log.saturating_sub(1), &paths, |points, path| {
            let bases = G2Bases::new(points);
            Box::new(move |s| bases.msm(s, 0, path))
        });
        transforms(log, &paths);
    }
}

/// Products and additions on one thread: nanoseconds of processor time each.
fn smallest(paths: &[Path]) {
    let nanoseconds = |cost: Cost, count: usize| cost.1 * 1e6 / count as f64;
    let rounds = 1 << 17;
    let ark = nanoseconds(cost(|| measure::products_by_ark(rounds)), 8 * rounds);
    print!("one field product, ns      ark {ark:>8.1}");
    for path in paths {
        let ours = nanoseconds(cost(|| measure::products(rounds, *path)), measure::products(rounds, *path));
        print!(" | {path} {ours:>8.1} {:>6.2}x", ark / ours);
    }
    println!();
    let (first, step) = (G1Projective::generator(), G1Projective::generator() * Fr::from(7u64));
    let points: Vec<G1Projective> =
        std::iter::successors(Some(first), |p| Some(*p + step)).take(1 << 16).collect();
    let points = G1Projective::normalize_batch(&points);
    let bases = G1Bases::new(&points);
    // What ark adds with: a point to a sum, without an inversion.
    let ark =
        nanoseconds(cost(|| points.iter().fold(G1Projective::generator(), |sum, p| sum + p)), points.len());
    print!("one addition in G1, ns     ark {ark:>8.1}");
    for path in paths {
        let ours = nanoseconds(cost(|| measure::additions(&bases, 64, *path)), 64 * 4096);
        print!(" | {path} {ours:>8.1} {:>6.2}x", ark / ours);
    }
    println!();
}

/// Milliseconds: wall and processor.
#[derive(Clone, Copy)]
struct Cost(f64, f64);

/// Processor time of this process so far, in ticks of ten milliseconds, where the system tells.
fn ticks() -> Option<u64> {
    let stat = std::fs::read_to_string("/proc/self/stat").ok()?;
    let fields: Vec<&str> = stat.rsplit(')').next()?.split_whitespace().collect();
    Some(fields.get(11)?.parse::<u64>().ok()? + fields.get(12)?.parse::<u64>().ok()?)
}

/// The least wall time of the runs, and their mean processor time: runs go on until the ticks of the clock no longer matter.
fn cost<T>(mut work: impl FnMut() -> T) -> Cost {
    std::hint::black_box(work());
    let (mut wall, mut runs) = (f64::INFINITY, 0u32);
    let (begin, before) = (Instant::now(), ticks());
    while runs < 3 || begin.elapsed().as_secs_f64() < 1.0 {
        let start = Instant::now();
        std::hint::black_box(work());
        wall = wall.min(start.elapsed().as_secs_f64() * 1e3);
        runs += 1;
    }
    let spent = ticks().zip(before).map_or(f64::NAN, |(after, before)| (after - before) as f64 * 10.0);
    Cost(wall, spent / f64::from(runs))
}

fn row(what: &str, ark: Cost, ours: &[(Path, Cost)]) {
    print!("{what:<26} ark {:>8.1} {:>8.1}", ark.0, ark.1);
    for (path, cost) in ours {
        print!(" | {path} {:>8.1} {:>8.1} {:>6.2}x", cost.0, cost.1, ark.1 / cost.1);
    }
    println!();
}

type Work<G> = Box<dyn Fn(&Scalars) -> G>;

fn group<G: CurveGroup<ScalarField = Fr> + VariableBaseMSM, F>(
    name: &str,
    log: u32,
    paths: &[Path],
    prepare: F,
) where
    F: Fn(&[G::Affine], Path) -> Work<G>,
{
    let mut rng = StdRng::seed_from_u64(1);
    let n = 1usize << log;
    let (mut point, step) = (G::rand(&mut rng), G::rand(&mut rng));
    let points: Vec<G> = (0..n)
        .map(|_| {
            point += step;
            point
        })
        .collect();
    let points = G::normalize_batch(&points);
    let works: Vec<(Path, Work<G>)> = paths.iter().map(|p| (*p, prepare(&points, *p))).collect();
    let bit = |rng: &mut StdRng| if rng.r#gen() { Fr::ONE } else { Fr::ZERO };
    let mut of = |class: &str| -> Vec<Fr> {
        (0..n)
            .map(|_| match class {
                "full" => Fr::rand(&mut rng),
                "bits" => bit(&mut rng),
                "64 bits" => Fr::from(rng.r#gen::<u64>()),
                _ => match rng.gen_range(0..20) {
                    0..=16 => bit(&mut rng),
                    17..=18 => Fr::from(rng.r#gen::<u128>()),
                    _ => Fr::rand(&mut rng),
                },
            })
            .collect()
    };
    for class in ["full", "witness", "bits", "64 bits"] {
        let scalars = of(class);
        let ark = cost(|| G::msm(&points, &scalars).expect("one scalar a point"));
        let expected = G::msm(&points, &scalars).expect("one scalar a point");
        let ours: Vec<(Path, Cost)> = works
            .iter()
            .map(|(path, work)| {
                assert_eq!(work(&Scalars::new(&scalars)), expected, "the same sum");
                (*path, cost(|| work(&Scalars::new(&scalars))))
            })
            .collect();
        row(&format!("{name} 2^{log} {class}"), ark, &ours);
    }
}

fn transforms(log: u32, paths: &[Path]) {
    let mut rng = StdRng::seed_from_u64(1);
    let values: Vec<Fr> = (0..1usize << log).map(|_| Fr::rand(&mut rng)).collect();
    let domain = Radix2EvaluationDomain::<Fr>::new(values.len()).expect("a power of two");
    let fft = Fft::new(log).expect("a size it has");
    let mut work = values.clone();
    for (what, inverse) in [("FFT", false), ("inverse FFT", true)] {
        let ark =
            cost(|| if inverse { domain.ifft_in_place(&mut work) } else { domain.fft_in_place(&mut work) });
        let ours: Vec<(Path, Cost)> =
            paths
                .iter()
                .map(|path| {
                    let cost = cost(|| {
                        if inverse { fft.inverse(&mut work, *path) } else { fft.forward(&mut work, *path) }
                    });
                    (*path, cost)
                })
                .collect();
        row(&format!("{what} 2^{log}"), ark, &ours);
    }
}
