//! Tables of a transform, and its course over all threads.

use super::enter;
use super::field::F;
use crate::Path;
use crate::recipe::{Kind, Recipe, Sizes};
use crate::scatter::blocks;
use ark_bn254::{Fr, FrConfig};
use ark_ff::AdditiveGroup;
use rayon::prelude::*;
use std::sync::Mutex;
use zeroize::{Zeroize, Zeroizing};

/// The limbs of eight elements, limb by limb.
pub(crate) type Lanes = [[u64; 8]; 5];

/// A vector of elements in memory.
#[derive(Clone, Copy)]
#[repr(align(64))]
pub(crate) struct Cell(pub(crate) Lanes);

impl Cell {
    const ZERO: Self = Self([[0; 8]; 5]);
}

impl Zeroize for Cell {
    fn zeroize(&mut self) {
        self.0.zeroize();
    }
}

/// The factors of one transform: limbs for all lanes alike, or lanes of their own for eight columns.
pub(crate) type Factors = Recipe<[u64; 5], Lanes>;

/// Tables for transforms of one size. Exists only where the instructions were detected.
pub(crate) struct Plan {
    sizes: Sizes,
    recipes: [Factors; 4],
    /// Working memory that is not in use: kept, as asking the system for it again takes a tenth of a transform.
    memory: Mutex<Vec<Zeroizing<Vec<Cell>>>>,
}

fn constant(x: Fr) -> [u64; 5] {
    F::<FrConfig>::constant(x)
}

/// Eight to a vector.
fn lanes(list: &[Fr]) -> Vec<Lanes> {
    let of = |eight: &[Fr]| {
        let limbs: Vec<[u64; 5]> = eight.iter().map(|x| constant(*x)).collect();
        std::array::from_fn(|i| std::array::from_fn(|lane| limbs[lane][i]))
    };
    list.chunks_exact(8).map(of).collect()
}

impl Factors {
    fn of(plain: Recipe<Fr, Fr>) -> Self {
        let constants = |list: Vec<Fr>| list.into_iter().map(constant).collect::<Vec<_>>();
        Self {
            twiddles: constants(plain.twiddles),
            start: lanes(&plain.start),
            step: lanes(&plain.step),
            before: plain.before.map(constants),
            after: plain.after.map(constants),
        }
    }
}

impl Plan {
    /// Tables for `2^log` points; none where the instructions are missing, or below 64 points.
    pub(crate) fn new(log: u32) -> Option<Self> {
        Path::ifma()?;
        let sizes = Sizes::new(log)?;
        let recipes = Kind::ALL.map(|kind| Factors::of(Recipe::new(kind, sizes)));
        Some(Self { sizes, recipes, memory: Mutex::new(Vec::new()) })
    }
    /// Transforms in place.
    pub(crate) fn run(&self, values: &mut [Fr], kind: Kind) {
        let (recipe, sizes) = (&self.recipes[kind as usize], self.sizes);
        let free = self.memory.lock().expect("no panic while it is held").pop();
        let mut cells = free.unwrap_or_else(|| Zeroizing::new(vec![Cell::ZERO; values.len() / 8]));
        let input = &*values;
        cells
            .par_chunks_mut(sizes.rows)
            .enumerate()
            .for_each(|(block, out)| enter::columns(sizes, recipe, input, block, out));
        let memory = || {
            (
                Zeroizing::new(vec![Cell::ZERO; sizes.columns]),
                Zeroizing::new(vec![[Fr::ZERO; 8]; sizes.columns]),
            )
        };
        let threads = rayon::current_num_threads();
        blocks(values, sizes.rows)
            .into_par_iter()
            .with_min_len((sizes.rows / 8 / (4 * threads)).max(1))
            .for_each_init(memory, |(work, lines), mut block| {
                enter::rows(sizes, recipe, &cells, block.index(), work, lines);
                block.put(lines);
            });
        self.memory.lock().expect("no panic while it is held").push(cells);
    }
}
