//! The factors of a transform by Bailey's four steps, the same for both paths.
//!
//! With `n = rows * columns` and the index of the input `i * columns + j`: each column `j` is transformed over `i`, its output `k1` multiplied
//! by `w^(j k1)`, then each row `k1` transformed over `j`; output `k2` of row `k1` is value `k2 * rows + k1` of the whole. (Bailey, "FFTs in external
//! or hierarchical memory", 1990.) Scaling by `1/n`, and a coset's shifts, go into factors that are there anyway where they can.

use ark_bn254::Fr;
use ark_ff::{FftField, Field};

/// Which transform.
#[derive(Clone, Copy)]
pub(crate) enum Kind {
    Forward,
    Inverse,
    CosetForward,
    CosetInverse,
}

impl Kind {
    /// All, in the order of their numbers.
    pub(crate) const ALL: [Self; 4] = [Self::Forward, Self::Inverse, Self::CosetForward, Self::CosetInverse];
}

/// Sizes: powers of two, `rows` once or twice `columns`.
#[derive(Clone, Copy)]
pub(crate) struct Sizes {
    pub(crate) rows: usize,
    pub(crate) columns: usize,
}

impl Sizes {
    /// Of `2^log` points; none for fewer than eight columns.
    pub(crate) fn new(log: u32) -> Option<Self> {
        let (rows, columns) = (1usize << log.div_ceil(2), 1usize << (log / 2));
        (columns >= 8).then_some(Self { rows, columns })
    }
}

/// The factors of one transform, as `T`.
pub(crate) struct Recipe<T, L> {
    /// Powers of the root of order `rows`, half of them; every second one serves the rows where there are half as many columns.
    pub(crate) twiddles: Vec<T>,
    /// By column `j`: what row 0 is multiplied by, between columns and rows, and what each further row is beside.
    pub(crate) start: Vec<L>,
    pub(crate) step: Vec<L>,
    /// What row `i` of the input is multiplied by.
    pub(crate) before: Option<Vec<T>>,
    /// What line `k2` of the output is multiplied by.
    pub(crate) after: Option<Vec<T>>,
}

/// `first * ratio^i` for `i < count`.
fn powers(first: Fr, ratio: Fr, count: usize) -> Vec<Fr> {
    std::iter::successors(Some(first), |x| Some(*x * ratio)).take(count).collect()
}

impl Recipe<Fr, Fr> {
    pub(crate) fn new(kind: Kind, Sizes { rows, columns }: Sizes) -> Self {
        let n = (rows * columns) as u64;
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
        let per = |shift: Fr, stride: usize, count: usize| {
            (shift != one).then(|| powers(one, shift.pow([stride as u64]), count))
        };
        Self {
            twiddles: powers(one, root.pow([columns as u64]), rows / 2),
            // Index `i * columns + j` of the input has its shift split between `before`, per row, and here, per column.
            start: powers(scale, shift_in, columns),
            // Index `k2 * rows + k1` of the output: `k1` here, `k2` in `after`.
            step: powers(shift_out, root, columns),
            before: per(shift_in, columns, rows),
            after: per(shift_out, rows, columns),
        }
    }
}

/// The place of `i` when its lowest `log` bits are read backwards.
#[inline(always)]
pub(crate) fn reversed(i: usize, log: u32) -> usize {
    if log == 0 { 0 } else { i.reverse_bits() >> (usize::BITS - log) }
}
