//! The transform in eight lanes, by the four steps of `recipe.rs`: columns, twists, rows, and a transposition that falls to the stores.
//!
//! Eight columns, then eight rows, are done at once, one per lane, so that no layer crosses lanes and all of a vector has one twiddle.
//!
//! Words of ark's Montgomery form (`2^256`) are read as ours (`2^260`): the same words say an element sixteen times less. A transform is
//! linear, so the words that come out are again ark's form of the result.
//!
//! Nothing is reduced on the way. A butterfly makes `a + bw` and `a - bw + 2p`, with `bw < 2p` for any `b < 84p` and a twiddle below `p`; so a
//! value gains at most `2p` a layer. The first two layers, which have no twiddles but one, make less than `7.2p` of `1.6p`; nine more, for the
//! longest row of `2^11`, less than `26p`. A product with a twist below `1.6p` brings that below `1.6p` again.
#![allow(
    clippy::needless_range_loop,
    reason = "closures are compiled without the processor feature; loops are not"
)]

use super::field::F;
use super::lanes::{V, transpose};
use super::plan::{Cell, Factors, Lanes};
use crate::recipe::{Sizes, reversed};
use ark_bn254::{Fr, FrConfig};

type Scalar = F<FrConfig>;

#[inline(always)]
fn load(cell: &Lanes) -> Scalar {
    let mut limbs = [V::zero(); 5];
    for i in 0..5 {
        limbs[i] = V::load(&cell[i]);
    }
    Scalar::of(limbs)
}

#[inline(always)]
fn store(x: &Scalar, cell: &mut Cell) {
    for i in 0..5 {
        x.limbs()[i].store(&mut cell.0[i]);
    }
}

/// Transforms vectors that lie in bit-reversed order, in place: decimation in time, two layers at once. `twiddles` are powers of a root of
/// order `2 * twiddles.len()`, of which every `stride`-th serves here.
#[inline(always)]
pub(super) fn transform(cells: &mut [Cell], twiddles: &[[u64; 5]]) {
    let n = cells.len();
    let log = n.trailing_zeros();
    let full = 2 * twiddles.len();
    let fourth = Scalar::splat(&twiddles[full / 4]);
    for four in cells.chunks_exact_mut(4) {
        // Layers of two and of four: no twiddle but the fourth root of one.
        let (a, b, c, d) = (load(&four[0].0), load(&four[1].0), load(&four[2].0), load(&four[3].0));
        let (s, t) = (a.add(&b), a.sub::<2>(&b));
        let (u, v) = (c.add(&d), c.sub::<2>(&d).mul(&fourth));
        store(&s.add(&u), &mut four[0]);
        store(&t.add(&v), &mut four[1]);
        store(&s.sub::<4>(&u), &mut four[2]);
        store(&t.sub::<2>(&v), &mut four[3]);
    }
    let mut layer = 2;
    while layer + 2 <= log {
        let h = 1usize << layer;
        let (inner, outer) = (full / (2 * h), full / (4 * h));
        for block in cells.chunks_exact_mut(4 * h) {
            let (low, high) = block.split_at_mut(2 * h);
            let ((a, b), (c, d)) = (low.split_at_mut(h), high.split_at_mut(h));
            for j in 0..h {
                let one = Scalar::splat(&twiddles[j * inner]);
                let (first, second) =
                    (Scalar::splat(&twiddles[j * outer]), Scalar::splat(&twiddles[(j + h) * outer]));
                let bw = load(&b[j].0).mul(&one);
                let dw = load(&d[j].0).mul(&one);
                let (a0, c0) = (load(&a[j].0), load(&c[j].0));
                let u = c0.add(&dw).mul(&first);
                let v = c0.sub::<2>(&dw).mul(&second);
                let (s, t) = (a0.add(&bw), a0.sub::<2>(&bw));
                store(&s.add(&u), &mut a[j]);
                store(&s.sub::<2>(&u), &mut c[j]);
                store(&t.add(&v), &mut b[j]);
                store(&t.sub::<2>(&v), &mut d[j]);
            }
        }
        layer += 2;
    }
    if layer < log {
        let (a, b) = cells.split_at_mut(n / 2);
        for (j, (a, b)) in a.iter_mut().zip(b).enumerate() {
            let bw = load(&b.0).mul(&Scalar::splat(&twiddles[j * (full / n)]));
            let a0 = load(&a.0);
            store(&a0.add(&bw), a);
            store(&a0.sub::<2>(&bw), b);
        }
    }
}

/// Eight neighbouring values, one per lane.
#[inline(always)]
fn read(values: &[Fr]) -> Scalar {
    let mut words = [[0u64; 8]; 4];
    for i in 0..8 {
        words[i / 2][4 * (i % 2)..][..4].copy_from_slice(&values[i].0.0);
    }
    let (a, b, c, d) = (V::load(&words[0]), V::load(&words[1]), V::load(&words[2]), V::load(&words[3]));
    let low = V::load(&[0, 4, 8, 12, 1, 5, 9, 13]);
    let high = V::load(&[2, 6, 10, 14, 3, 7, 11, 15]);
    let (ab0, ab1) = (a.pick(low, b), a.pick(high, b));
    let (cd0, cd1) = (c.pick(low, d), c.pick(high, d));
    Scalar::from_words([
        ab0.pairs::<0x44>(cd0),
        ab0.pairs::<0xee>(cd0),
        ab1.pairs::<0x44>(cd1),
        ab1.pairs::<0xee>(cd1),
    ])
}

/// Eight values, reduced, to eight neighbours.
#[inline(always)]
fn write(x: &Scalar, values: &mut [Fr]) {
    let [w0, w1, w2, w3] = x.to_words();
    let low = V::load(&[0, 4, 8, 12, 1, 5, 9, 13]);
    let high = V::load(&[2, 6, 10, 14, 3, 7, 11, 15]);
    let (a, b) = (w0.pairs::<0x44>(w1), w2.pairs::<0x44>(w3));
    let (c, d) = (w0.pairs::<0xee>(w1), w2.pairs::<0xee>(w3));
    let rows = [a.pick(low, b), a.pick(high, b), c.pick(low, d), c.pick(high, d)];
    let mut words = [[0u64; 8]; 4];
    for i in 0..4 {
        rows[i].store(&mut words[i]);
    }
    for i in 0..8 {
        values[i].0.0.copy_from_slice(&words[i / 2][4 * (i % 2)..][..4]);
    }
}

/// Columns `8 * block` to `8 * block + 7` of `values`, transformed and twisted, to `out`: one vector per row.
#[inline(always)]
pub(crate) fn columns(sizes: Sizes, recipe: &Factors, values: &[Fr], block: usize, out: &mut [Cell]) {
    let log = sizes.rows.trailing_zeros();
    for i in 0..sizes.rows {
        let mut x = read(&values[i * sizes.columns + 8 * block..][..8]);
        if let Some(before) = &recipe.before {
            x = x.mul(&Scalar::splat(&before[i]));
        }
        store(&x, &mut out[reversed(i, log)]);
    }
    transform(out, &recipe.twiddles);
    let (mut twist, step) = (load(&recipe.start[block]), load(&recipe.step[block]));
    for cell in out {
        store(&load(&cell.0).mul(&twist), cell);
        twist = twist.mul(&step);
    }
}

/// Rows `8 * block` to `8 * block + 7` of what [`columns`] left, transformed: in line `k2`, eight neighbours from `k2 * rows + 8 * block` on.
#[inline(always)]
pub(crate) fn rows(
    sizes: Sizes,
    recipe: &Factors,
    from: &[Cell],
    block: usize,
    work: &mut [Cell],
    lines: &mut [[Fr; 8]],
) {
    let log = sizes.columns.trailing_zeros();
    for j in 0..sizes.columns / 8 {
        let cells = &from[j * sizes.rows + 8 * block..][..8];
        for limb in 0..5 {
            let mut lanes = [V::zero(); 8];
            for r in 0..8 {
                lanes[r] = V::load(&cells[r].0[limb]);
            }
            let lanes = transpose(lanes);
            for i in 0..8 {
                lanes[i].store(&mut work[reversed(8 * j + i, log)].0[limb]);
            }
        }
    }
    transform(work, &recipe.twiddles);
    for (k2, (cell, line)) in work.iter().zip(lines).enumerate() {
        let mut x = load(&cell.0);
        if let Some(after) = &recipe.after {
            x = x.mul(&Scalar::splat(&after[k2]));
        }
        write(&x.canonical(), line);
    }
}
