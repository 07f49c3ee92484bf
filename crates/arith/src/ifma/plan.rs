//! Tables of a transform, and its course over all threads.

use super::enter;
use super::field::F;
use super::scatter::blocks;
use crate::Path;
use crate::fft::Kind;
use ark_bn254::{Fr, FrConfig};
use ark_ff::{AdditiveGroup, FftField, Field};
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

/// The factors of one transform.
pub(crate) struct Recipe {
    /// Powers of the root of order `rows`, half of them; every second one serves the rows where there are half as many columns.
    pub(crate) twiddles: Vec<[u64; 5]>,
    /// By block of eight columns `j`: what row 0 is multiplied by, between columns and rows, and what each further row is beside.
    pub(crate) start: Vec<Lanes>,
    pub(crate) step: Vec<Lanes>,
    /// What row `i` of the input is multiplied by.
    pub(crate) before: Option<Vec<[u64; 5]>>,
    /// What line `k2` of the output is multiplied by.
    pub(crate) after: Option<Vec<[u64; 5]>>,
}

/// Tables for transforms of one size. Exists only where the instructions were detected.
pub(crate) struct Plan {
    pub(crate) rows: usize,
    pub(crate) columns: usize,
    recipes: [Recipe; 4],
    /// Working memory that is not in use: kept, as asking the system for it again takes a tenth of a transform.
    memory: Mutex<Vec<Zeroizing<Vec<Cell>>>>,
}

fn constant(x: Fr) -> [u64; 5] {
    F::<FrConfig>::constant(x)
}

/// `first * ratio^i` for `i < count`.
fn powers(first: Fr, ratio: Fr, count: usize) -> Vec<Fr> {
    std::iter::successors(Some(first), |x| Some(*x * ratio)).take(count).collect()
}

/// Eight to a vector.
fn lanes(list: &[Fr]) -> Vec<Lanes> {
    let of = |eight: &[Fr]| {
        let limbs: Vec<[u64; 5]> = eight.iter().map(|x| constant(*x)).collect();
        std::array::from_fn(|i| std::array::from_fn(|lane| limbs[lane][i]))
    };
    list.chunks_exact(8).map(of).collect()
}

impl Recipe {
    fn new(kind: Kind, log: u32, rows: usize, columns: usize) -> Self {
        let n = 1u64 << log;
        let inverse = |x: Fr| x.inverse().expect("not zero");
        let root = Fr::get_root_of_unity(n).expect("an order that divides 2^28");
        let (one, g) = (Fr::ONE, Fr::GENERATOR);
        // The whole's root; what values are scaled by; the coset's shift on the way in, per index, and on the way out.
        let (root, scale, shift_in, shift_out) = match kind {
            Kind::Forward => (root, one, one, one),
            Kind::CosetForward => (root, one, g, one),
            Kind::Inverse => (inverse(root), inverse(Fr::from(n)), one, one),
            Kind::CosetInverse => (inverse(root), inverse(Fr::from(n)), one, inverse(g)),
        };
        let constants = |list: Vec<Fr>| list.into_iter().map(constant).collect::<Vec<_>>();
        let per = |shift: Fr, stride: usize, count: usize| {
            (shift != one).then(|| constants(powers(one, shift.pow([stride as u64]), count)))
        };
        Self {
            twiddles: constants(powers(one, root.pow([columns as u64]), rows / 2)),
            // Index `i * columns + j` of the input has its shift split between `before`, per row, and here, per column.
            start: lanes(&powers(scale, shift_in, columns)),
            // Index `k2 * rows + k1` of the output: `k1` here, `k2` in `after`.
            step: lanes(&powers(shift_out, root, columns)),
            before: per(shift_in, columns, rows),
            after: per(shift_out, rows, columns),
        }
    }
}

impl Plan {
    /// Tables for `2^log` points; none where the instructions are missing, or for fewer than eight columns of eight.
    pub(crate) fn new(log: u32) -> Option<Self> {
        Path::ifma()?;
        let (rows, columns) = (1usize << log.div_ceil(2), 1usize << (log / 2));
        (columns >= 8).then(|| Self {
            rows,
            columns,
            recipes: [Kind::Forward, Kind::Inverse, Kind::CosetForward, Kind::CosetInverse]
                .map(|kind| Recipe::new(kind, log, rows, columns)),
            memory: Mutex::new(Vec::new()),
        })
    }
    /// Transforms in place.
    pub(crate) fn run(&self, values: &mut [Fr], kind: Kind) {
        let recipe = &self.recipes[kind as usize];
        let free = self.memory.lock().expect("no panic while it is held").pop();
        let mut cells = free.unwrap_or_else(|| Zeroizing::new(vec![Cell::ZERO; values.len() / 8]));
        let input = &*values;
        cells
            .par_chunks_mut(self.rows)
            .enumerate()
            .for_each(|(block, out)| enter::columns(self, recipe, input, block, out));
        let memory = || {
            (
                Zeroizing::new(vec![Cell::ZERO; self.columns]),
                Zeroizing::new(vec![[Fr::ZERO; 8]; self.columns]),
            )
        };
        let threads = rayon::current_num_threads();
        blocks(values, self.rows)
            .into_par_iter()
            .with_min_len((self.rows / 8 / (4 * threads)).max(1))
            .for_each_init(memory, |(work, lines), mut block| {
                enter::rows(self, recipe, &cells, block.index(), work, lines);
                block.put(lines);
            });
        self.memory.lock().expect("no panic while it is held").push(cells);
    }
}
