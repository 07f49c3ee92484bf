//! The portable path: plain 64-bit integers under the same trees of batched affine additions.

use crate::invert::Invert;
use crate::points::{Packed, Words};
use crate::sums::{Add, Adder};
use ark_bn254::{Fq, Fq2, g1, g2};
use ark_ec::scalar_mul::glv::GLVConfig;
use ark_ff::Field;
use std::cell::Cell;

/// Coordinates, with the cube root of one that multiplies `x` under the endomorphism.
pub(crate) trait Coordinate: Words + Invert {
    fn beta() -> Self;
}

impl Coordinate for Fq {
    /// The other root than ark's: it stands for the smaller eigenvalue.
    fn beta() -> Self {
        g1::Config::ENDO_COEFFS[0].square()
    }
}

impl Coordinate for Fq2 {
    fn beta() -> Self {
        g2::Config::ENDO_COEFFS[0]
    }
}

/// A point with `y` divided by four, as it is stored. No point of a curve of odd order has `y = 0`, which stands for infinity.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Point<F> {
    x: F,
    y: F,
}

impl<F: Coordinate> Point<F> {
    const INFINITY: Self = Self { x: F::ZERO, y: F::ZERO };
    fn is_infinity(&self) -> bool {
        self.y.is_zero()
    }
    #[inline]
    fn read<const ROWS: usize>(point: &Packed<ROWS>) -> Self {
        if point.is_infinity() {
            return Self::INFINITY;
        }
        let (x, y) = point.split();
        Self { x: F::read(x), y: F::read(y) }
    }
    #[inline]
    fn packed<const ROWS: usize>(&self) -> Packed<ROWS> {
        let mut out = Packed::INFINITY;
        if !self.is_infinity() {
            let (x, y) = out.0.as_flattened_mut().split_at_mut(4 * ROWS);
            self.x.write(x);
            self.y.write(y);
        }
        out
    }
}

/// What the second pass needs of an addition.
#[derive(Clone, Copy)]
struct Note<F> {
    one: Point<F>,
    two: Point<F>,
    /// Denominator of the slope.
    run: F,
    /// The product of all denominators before.
    before: F,
    /// Whether the points are neither equal nor opposite, and neither is infinity.
    plain: bool,
}

impl<F: Coordinate> Note<F> {
    const NOTHING: Self =
        Self { one: Point::INFINITY, two: Point::INFINITY, run: F::ZERO, before: F::ZERO, plain: false };
}

/// Additions that share an inversion.
const BATCH: usize = 1024;

/// Additions in a group, with the memory they work in.
pub(crate) struct Plain<F>(Vec<Note<F>>);

/// How many additions ahead points are asked for.
const AHEAD: usize = 8;

/// The sum of two points of which one is infinity, or that are equal or opposite; `this` is the inverse of what `denominator` gave.
#[cold]
fn special<F: Coordinate>(p: &Point<F>, q: &Point<F>, this: &F) -> Point<F> {
    if p.is_infinity() {
        return *q;
    }
    if q.is_infinity() {
        return *p;
    }
    if p != q {
        return Point::INFINITY;
    }
    // With `y/4` for `y`, a quarter of the tangent's slope: 3 x^2 / 2 (y/4) is four times it.
    let square = p.x.squared().times(this).quarter().quarter();
    finish(p, q, &square.doubled().plus(&square))
}

/// The denominator of such a sum: a tangent's, or one, so that the product goes on.
#[cold]
fn denominator<F: Coordinate>(p: &Point<F>, q: &Point<F>) -> F {
    if p == q && !p.is_infinity() { p.y.doubled() } else { F::ONE }
}

/// The third point of the line through two, mirrored, from a quarter of its slope.
#[inline(always)]
fn finish<F: Coordinate>(p: &Point<F>, q: &Point<F>, quarter: &F) -> Point<F> {
    let x = quarter.doubled().doubled().squared().minus(&p.x.plus(&q.x));
    Point { x, y: quarter.times(&p.x.minus(&x)).minus(&p.y) }
}

/// Does `adds`, all reads of a batch before any write of it. Complete, as the vector path is.
#[inline(always)]
fn add_all<F: Coordinate, const ROWS: usize>(
    notes: &mut Vec<Note<F>>,
    adds: &[Add],
    get: impl Fn(usize) -> Packed<ROWS>,
    ask: impl Fn(usize),
    mut put: impl FnMut(usize, Packed<ROWS>),
) {
    let get = |entry: u32| {
        let Point { x, y } = Point::<F>::read(&get((entry >> 1) as usize));
        Point { x, y: if entry & 1 == 1 { F::ZERO.minus(&y) } else { y } }
    };
    if notes.len() < BATCH.min(adds.len()) {
        notes.resize(BATCH.min(adds.len()), Note::NOTHING);
    }
    for batch in adds.chunks(BATCH) {
        let mut product = F::ONE;
        for (i, (add, note)) in batch.iter().zip(&mut *notes).enumerate() {
            if let Some(later) = batch.get(i + AHEAD) {
                ask((later.a >> 1) as usize);
                ask((later.b >> 1) as usize);
            }
            // Written where they stay, part by part: a note is too large to be moved.
            (note.one, note.two) = (get(add.a), get(add.b));
            note.run = note.two.x.minus(&note.one.x);
            note.plain = !(note.run.is_zero() || note.one.is_infinity() || note.two.is_infinity());
            if !note.plain {
                note.run = denominator(&note.one, &note.two);
            }
            note.before = product;
            product = product.times(&note.run);
        }
        let mut inverse = product.inverted();
        for (add, note) in batch.iter().zip(&*notes).rev() {
            let (p, q) = (&note.one, &note.two);
            let this = inverse.times(&note.before);
            inverse = inverse.times(&note.run);
            let sum = if note.plain {
                // With `y/4` for `y` a quarter of the slope comes out.
                finish(p, q, &q.y.minus(&p.y).times(&this))
            } else {
                special(p, q, &this)
            };
            put(add.to as usize, sum.packed());
        }
    }
}

impl<F: Coordinate, const ROWS: usize> Adder<ROWS> for Plain<F> {
    const CHUNK: usize = 8192;
    fn new() -> Self {
        Self(Vec::new())
    }
    fn across(&mut self, from: &[Packed<ROWS>], adds: &[Add], to: &mut [Packed<ROWS>]) {
        add_all(&mut self.0, adds, |i| from[i], |i| from[i].prefetch(), |i, p| to[i] = p);
    }
    fn within(&mut self, points: &mut [Packed<ROWS>], adds: &[Add]) {
        let points = Cell::from_mut(points).as_slice_of_cells();
        // What was just written is in the cache.
        add_all(&mut self.0, adds, |i| points[i].get(), |_| (), |i, p| points[i].set(p));
    }
    fn signed(point: &Packed<ROWS>, negative: bool) -> Packed<ROWS> {
        if !negative {
            return *point;
        }
        let Point { x, y } = Point::<F>::read(point);
        Point { x, y: -y }.packed()
    }
    fn images(points: &[Packed<ROWS>], to: &mut [Packed<ROWS>]) {
        let beta = F::beta();
        for (point, to) in points.iter().zip(to) {
            let Point { x, y } = Point::<F>::read(point);
            *to = Point { x: x.times(&beta), y }.packed();
        }
    }
    fn wipe(&mut self) {
        self.0.fill(Note::NOTHING);
        std::hint::black_box(&mut self.0);
    }
}
