//! The transform on plain integers: the four steps of `recipe.rs`, eight neighbouring columns or rows at a time, each in a buffer that
//! fits a first-level cache.

use crate::fast::Fast;
use crate::recipe::{Kind, Recipe, Sizes, reversed};
use crate::scatter::blocks;
use ark_bn254::Fr;
use ark_ff::AdditiveGroup;
use rayon::prelude::*;
use zeroize::Zeroizing;

/// Tables for transforms of one size.
pub(crate) struct Plan {
    sizes: Sizes,
    recipes: [Recipe<Fr, Fr>; 4],
}

/// Transforms values that lie in bit-reversed order, in place: decimation in time, two layers at once.
fn transform(values: &mut [Fr], twiddles: &[Fr]) {
    let n = values.len();
    let log = n.trailing_zeros();
    let full = 2 * twiddles.len();
    let fourth = twiddles[full / 4];
    for four in values.chunks_exact_mut(4) {
        let (s, t) = (four[0].plus(&four[1]), four[0].minus(&four[1]));
        let (u, v) = (four[2].plus(&four[3]), four[2].minus(&four[3]).times(&fourth));
        (four[0], four[1]) = (s.plus(&u), t.plus(&v));
        (four[2], four[3]) = (s.minus(&u), t.minus(&v));
    }
    let mut layer = 2;
    while layer + 2 <= log {
        let h = 1usize << layer;
        let (inner, outer) = (full / (2 * h), full / (4 * h));
        for block in values.chunks_exact_mut(4 * h) {
            let (low, high) = block.split_at_mut(2 * h);
            let ((a, b), (c, d)) = (low.split_at_mut(h), high.split_at_mut(h));
            for j in 0..h {
                let one = &twiddles[j * inner];
                let (bw, dw) = (b[j].times(one), d[j].times(one));
                let (s, t) = (a[j].plus(&bw), a[j].minus(&bw));
                let u = c[j].plus(&dw).times(&twiddles[j * outer]);
                let v = c[j].minus(&dw).times(&twiddles[(j + h) * outer]);
                (a[j], c[j]) = (s.plus(&u), s.minus(&u));
                (b[j], d[j]) = (t.plus(&v), t.minus(&v));
            }
        }
        layer += 2;
    }
    if layer < log {
        let (a, b) = values.split_at_mut(n / 2);
        for (j, (a, b)) in a.iter_mut().zip(b).enumerate() {
            let bw = b.times(&twiddles[j * (full / n)]);
            (*a, *b) = (a.plus(&bw), a.minus(&bw));
        }
    }
}

impl Plan {
    /// Tables for `2^log` points; none below 64.
    pub(crate) fn new(log: u32) -> Option<Self> {
        let sizes = Sizes::new(log)?;
        Some(Self { sizes, recipes: Kind::ALL.map(|kind| Recipe::new(kind, sizes)) })
    }
    /// Transforms in place.
    pub(crate) fn run(&self, values: &mut [Fr], kind: Kind) {
        let (recipe, Sizes { rows, columns }) = (&self.recipes[kind as usize], self.sizes);
        let log = rows.trailing_zeros();
        // Column by column; of a column, value `k1` at `k1`.
        let mut work = Zeroizing::new(vec![Fr::ZERO; values.len()]);
        let input = &*values;
        work.par_chunks_mut(8 * rows).enumerate().for_each(|(block, eight)| {
            for i in 0..rows {
                let from = &input[i * columns + 8 * block..][..8];
                for (lane, x) in from.iter().enumerate() {
                    let x = recipe.before.as_ref().map_or(*x, |before| x.times(&before[i]));
                    eight[lane * rows + reversed(i, log)] = x;
                }
            }
            for (lane, column) in eight.chunks_exact_mut(rows).enumerate() {
                transform(column, &recipe.twiddles);
                let (mut twist, step) = (recipe.start[8 * block + lane], recipe.step[8 * block + lane]);
                for x in column {
                    *x = x.times(&twist);
                    twist = twist.times(&step);
                }
            }
        });
        let memory =
            || (Zeroizing::new(vec![Fr::ZERO; 8 * columns]), Zeroizing::new(vec![[Fr::ZERO; 8]; columns]));
        let log = columns.trailing_zeros();
        let threads = rayon::current_num_threads();
        blocks(values, rows).into_par_iter().with_min_len((rows / 8 / (4 * threads)).max(1)).for_each_init(
            memory,
            |(eight, lines), mut block| {
                for j in 0..columns {
                    let from = &work[j * rows + 8 * block.index()..][..8];
                    for (lane, x) in from.iter().enumerate() {
                        eight[lane * columns + reversed(j, log)] = *x;
                    }
                }
                for (lane, row) in eight.chunks_exact_mut(columns).enumerate() {
                    transform(row, &recipe.twiddles);
                    for (k2, (x, line)) in row.iter().zip(lines.iter_mut()).enumerate() {
                        line[lane] = recipe.after.as_ref().map_or(*x, |after| x.times(&after[k2]));
                    }
                }
                block.put(lines);
            },
        );
    }
}
