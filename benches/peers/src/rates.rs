//! For docs/roofline.md: how fast this machine multiplies, and how many multiplications a proof of ours asks for.

use crate::measure::least;
use crate::ours;
use crate::statement::Case;
use ark_bn254::{Fq, Fr};
use ark_ff::{BigInteger, Field, One, PrimeField, UniformRand, Zero};
use mandate_circuits::r1cs::Relation;
use rand::SeedableRng;
use serde_json::{Value, json};

/// Products in one repetition of a rate.
const PRODUCTS: usize = 8_000_000;

/// Products per second of one core, by ark-ff: independent chains, so that latency is hidden.
fn rate<F: Field>() -> f64 {
    let mut rng = rand_chacha::ChaCha20Rng::seed_from_u64(3);
    let factor: [F; 8] = std::array::from_fn(|_| F::rand(&mut rng));
    let (time, _) = least(5, || {
        let mut state = factor;
        for _ in 0..PRODUCTS / 8 {
            for (x, f) in state.iter_mut().zip(&factor) {
                *x *= f;
            }
        }
        state
    });
    PRODUCTS as f64 / time["user"].as_f64().expect("a time")
}

/// Butterflies per second of one core in this project's vector transform, the best of sizes that stay in a core's cache. Each is a
/// product, an addition, a subtraction and their share of loads and stores, so products alone are faster than this.
fn vector_butterflies() -> Option<f64> {
    let path = mandate_arith::Path::ifma()?;
    let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build().ok()?;
    let mut rng = rand_chacha::ChaCha20Rng::seed_from_u64(4);
    let best = (10..=14u32).filter_map(|log| {
        let transform = mandate_arith::Fft::new(log)?;
        let mut values: Vec<Fr> = (0..1 << log).map(|_| Fr::rand(&mut rng)).collect();
        let repeats = (1u64 << 24 >> log) / u64::from(log);
        let (time, ()) = pool.install(|| {
            least(5, || {
                for _ in 0..repeats {
                    transform.forward(&mut values, path);
                }
            })
        });
        let butterflies = (repeats * u64::from(log)) << (log - 1);
        Some(butterflies as f64 / time["user"].as_f64()?)
    });
    best.reduce(f64::max)
}

/// Rates of this machine, one core.
pub fn measure() -> Value {
    json!({
        "ark_fq_per_second": rate::<Fq>(),
        "ark_fr_per_second": rate::<Fr>(),
        "vector_butterflies_per_second": vector_butterflies(),
    })
}

/// How many scalars there are of each kind: what a multi-scalar multiplication makes of them is not one cost.
#[derive(Clone, Copy, Default)]
struct Scalars {
    /// Ones and minus ones: one addition each. Zeros cost nothing and are not counted.
    units: u64,
    /// By bits of the smaller of the value and its negative: up to 64, up to 128, wider.
    short: u64,
    medium: u64,
    full: u64,
}

impl Scalars {
    fn of(values: impl Iterator<Item = Fr>) -> Self {
        let mut out = Self::default();
        for value in values.filter(|v| !v.is_zero()) {
            match value.into_bigint().num_bits().min((-value).into_bigint().num_bits()) {
                _ if value == Fr::one() || value == -Fr::one() => out.units += 1,
                0..=64 => out.short += 1,
                65..=128 => out.medium += 1,
                _ => out.full += 1,
            }
        }
        out
    }
    /// Products of the ideal bucket method. One affine addition with its share of a common inversion is `add` products; a bucket is
    /// two additions; digits are signed; wide scalars are split in two by the curve's endomorphism; every class has its best
    /// window. Bits other than the sum itself are free.
    fn products(&self, add: u64) -> u64 {
        let class = |points: u64, bits: u64| -> u64 {
            if points == 0 {
                return 0;
            }
            (2..=20u64)
                .map(|c| (bits + 1).div_ceil(c) * (points * add + (1 << (c - 1)) * 2 * add))
                .min()
                .expect("a window")
        };
        self.units * add + class(self.short, 64) + class(self.medium, 128) + class(2 * self.full, 127)
    }
    fn json(&self) -> Value {
        json!({ "units": self.units, "to_64_bits": self.short, "to_128_bits": self.medium, "wider": self.full })
    }
}

/// Products of an affine addition: 5 and a square, the inversion shared; in G2 each product is 3 and a square 2.
const ADD_G1: u64 = 6;
const ADD_G2: u64 = 17;

/// The products that our proof of a case asks for, stage by stage, from the sizes and the witness.
///
/// # Errors
/// Where the case has no witness.
pub fn count(case: &Case) -> Result<Value, String> {
    let shape = ours::shape(case)?;
    let relation = mandate_circuits::r1cs::relation(shape);
    let values = ours::assignment(case)?;
    let used = |m: usize| -> Vec<bool> {
        let mut out = vec![false; values.len()];
        for (_, v) in relation.matrices[m].iter().flatten() {
            out[*v] = true;
        }
        if m == 0 {
            // A row of its own for every public input.
            out[..relation.inputs].fill(true);
        }
        out
    };
    let of = |used: &[bool]| {
        Scalars::of(values.iter().zip(used).filter(|(_, used)| **used).map(|(value, _)| *value))
    };
    let (a, b) = (of(&used(0)), of(&used(1)));
    let l = Scalars::of(values[relation.inputs..].iter().copied());
    let points = relation.domain_points().next_power_of_two() as u64;
    let h = Scalars { full: points - 1, ..Scalars::default() };
    let butterflies = points / 2 * u64::from(points.ilog2());
    // Six transforms as docs/proving.md has them, the powers of the coset for three of them, scalings, and the product of A and B twice.
    let transforms = 6 * butterflies + (3 + 3 + 2) * points;
    let products = [
        ("quotient: six transforms", transforms),
        ("H in G1", h.products(ADD_G1)),
        ("A in G1", a.products(ADD_G1)),
        ("B in G1", b.products(ADD_G1)),
        ("L in G1", l.products(ADD_G1)),
        ("B in G2", b.products(ADD_G2)),
        ("matrix rows", entries(&relation)),
    ];
    let stages: serde_json::Map<String, Value> =
        products.iter().map(|(name, n)| ((*name).to_owned(), json!(n))).collect();
    Ok(json!({
        "points": points,
        "scalars": { "A": a.json(), "B": b.json(), "L": l.json() },
        "products": stages,
        "total": products.iter().map(|(_, n)| n).sum::<u64>(),
    }))
}

/// Entries of the matrices that ask for a product: neither one nor minus one.
fn entries(relation: &Relation) -> u64 {
    let units = [Fr::one(), -Fr::one()];
    relation.matrices.iter().flatten().flatten().filter(|(c, _)| !units.contains(c)).count() as u64
}
