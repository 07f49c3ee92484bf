//! Many additions of affine points at once, eight to a vector, with one inversion for all of them.
//!
//! Complete: equal points are doubled, opposite ones give infinity, infinity is neutral. The common case pays for that with
//! nine comparisons of one limb per vector.
#![allow(
    clippy::needless_range_loop,
    reason = "closures are compiled without the processor feature; loops are not"
)]

use super::coordinate::Coordinate;
use super::lanes::{Mask, V, transpose};
use crate::points::{AT_INFINITY, Packed};
use crate::sums::Add;

/// Vectors of eight additions that share an inversion. With 2 KB of notes each (4 KB in G2) they stay in a second-level cache.
const GROUPS: usize = 256;
/// How many vectors ahead points are asked for.
const AHEAD: usize = 3;

/// What the second pass needs of a vector of additions.
#[derive(Clone, Copy)]
pub(crate) struct Group<C> {
    x1: C,
    y1: C,
    x2: C,
    /// Numerator of the slope; where the first point is infinite, `y2`.
    rise: C,
    /// Its denominator; one where there is no slope.
    run: C,
    /// The product of all denominators before.
    before: C,
    first_infinite: Mask,
    second_infinite: Mask,
    /// Where the sum is infinite.
    gone: Mask,
}

impl<C: Coordinate> Group<C> {
    /// Zeros.
    #[inline(always)]
    pub(crate) fn nothing() -> Self {
        let z = C::zero();
        let (first_infinite, second_infinite, gone) = (0, 0, 0);
        Self { x1: z, y1: z, x2: z, rise: z, run: z, before: z, first_infinite, second_infinite, gone }
    }
}

/// Where points are read, and where sums go. Both through one type, as they may be the same list.
pub(crate) trait Place<P> {
    fn get(&self, index: usize) -> &P;
    fn put(&mut self, index: usize, point: P);
}

/// Sums of points of one list go to another.
pub(crate) struct Across<'a, P>(pub(crate) &'a [P], pub(crate) &'a mut [P]);
/// Sums replace points of their own list.
pub(crate) struct Within<'a, P>(pub(crate) &'a mut [P]);

impl<P> Place<P> for Across<'_, P> {
    #[inline(always)]
    fn get(&self, index: usize) -> &P {
        &self.0[index]
    }
    #[inline(always)]
    fn put(&mut self, index: usize, point: P) {
        self.1[index] = point;
    }
}
impl<P> Place<P> for Within<'_, P> {
    #[inline(always)]
    fn get(&self, index: usize) -> &P {
        &self.0[index]
    }
    #[inline(always)]
    fn put(&mut self, index: usize, point: P) {
        self.0[index] = point;
    }
}

/// Eight points: coordinates, and where they are infinite.
#[inline(always)]
fn read<C: Coordinate, const ROWS: usize>(
    place: &impl Place<Packed<ROWS>>,
    points: &[u32; 8],
) -> (C, C, Mask) {
    let points: [&Packed<ROWS>; 8] = std::array::from_fn(|i| place.get((points[i] >> 1) as usize));
    let mut words = [V::zero(); 16];
    for row in 0..ROWS {
        let mut rows = [V::zero(); 8];
        for i in 0..8 {
            rows[i] = V::load(&points[i].0[row]);
        }
        words[8 * row..8 * row + 8].copy_from_slice(&transpose(rows));
    }
    let (x, y) = (&words[..C::WORDS], &words[C::WORDS..2 * C::WORDS]);
    (C::from_words(x), C::from_words(y), x[C::WORDS - 1].eq(V::splat(AT_INFINITY)))
}

/// Eight points back to memory.
#[inline(always)]
fn write<C: Coordinate, const ROWS: usize>(
    place: &mut impl Place<Packed<ROWS>>,
    adds: &[Add],
    x: C,
    y: C,
    gone: Mask,
) {
    let mut words = [V::zero(); 16];
    x.to_words(&mut words[..C::WORDS]);
    y.to_words(&mut words[C::WORDS..]);
    words[C::WORDS - 1] = words[C::WORDS - 1].or_where(gone, V::splat(AT_INFINITY));
    let mut points = [Packed([[0; 8]; ROWS]); 8];
    for row in 0..ROWS {
        let mut columns = [V::zero(); 8];
        columns.copy_from_slice(&words[8 * row..8 * row + 8]);
        let rows = transpose(columns);
        for i in 0..8 {
            rows[i].store(&mut points[i].0[row]);
        }
    }
    for (add, point) in adds.iter().zip(points) {
        place.put(add.to as usize, point);
    }
}

/// The lowest bits of eight entries.
#[inline(always)]
fn signs(points: &[u32; 8]) -> Mask {
    let mut mask = 0;
    for i in 0..8 {
        mask |= ((points[i] & 1) as Mask) << i;
    }
    mask
}

/// Slope of eight additions, where at least one may be special.
#[cold]
#[inline(always)]
fn special<C: Coordinate>(group: &mut Group<C>, y2: &C, padding: Mask) {
    let infinite = group.first_infinite | group.second_infinite;
    let same_x = group.run.is_zero() & !infinite;
    // On the curve, equal x leaves only y and -y; y is never zero, as the order is odd.
    let same = same_x & group.rise.is_zero();
    group.gone = (same_x & !same) | (group.first_infinite & group.second_infinite);
    // A tangent's slope is 3x^2 / 2y.
    let square = group.x1.square();
    let tangent = square.triple();
    group.rise = group.rise.or_where(same, &tangent).or_where(group.first_infinite, y2);
    group.run = group.run.or_where(same, &group.y1.double());
    group.run = group.run.or_where((same_x & !same) | infinite | padding, &C::one());
}

/// Does `adds`, all reads before any write of a batch: additions may replace points that earlier ones of the list, or
/// the same one, have read.
#[inline(always)]
pub(crate) fn add_all<C: Coordinate, const ROWS: usize>(
    notes: &mut Vec<Group<C>>,
    place: &mut impl Place<Packed<ROWS>>,
    adds: &[Add],
) {
    for batch in adds.chunks(8 * GROUPS) {
        notes.clear();
        let mut product = C::one();
        for (g, adds) in batch.chunks(8).enumerate() {
            let later = (8 * (g + AHEAD)).min(batch.len());
            for add in &batch[later..(later + 8).min(batch.len())] {
                for point in [add.a, add.b] {
                    place.get((point >> 1) as usize).prefetch();
                }
            }
            // A last vector that is not full repeats its first addition, and forgets the result.
            let padding = if adds.len() == 8 { 0 } else { 0xff << adds.len() };
            let (mut first, mut second) = ([adds[0].a; 8], [adds[0].b; 8]);
            for (i, add) in adds.iter().enumerate() {
                (first[i], second[i]) = (add.a, add.b);
            }
            let (x1, y1, first_infinite) = read::<C, ROWS>(place, &first);
            let (x2, y2, second_infinite) = read::<C, ROWS>(place, &second);
            let (y1, y2) = (y1.negated_where(signs(&first)), y2.negated_where(signs(&second)));
            let (run, rise) = (x2.sub(&x1), y2.sub(&y1));
            let mut group =
                Group { x1, y1, x2, rise, run, before: product, first_infinite, second_infinite, gone: 0 };
            if run.maybe_zero() | first_infinite | second_infinite | padding != 0 {
                special(&mut group, &y2, padding);
            }
            product = product.mul(&group.run);
            notes.push(group);
        }
        let mut inverse = product.inverse();
        // Two vectors at a time: their products do not wait for each other.
        let mut end = notes.len();
        while end > 0 {
            if end % 2 == 1 {
                finish(place, &[(&notes[end - 1], &batch[8 * (end - 1)..])], &mut inverse);
                end -= 1;
            } else {
                let two = [
                    (&notes[end - 1], &batch[8 * (end - 1)..]),
                    (&notes[end - 2], &batch[8 * (end - 2)..8 * (end - 1)]),
                ];
                finish(place, &two, &mut inverse);
                end -= 2;
            }
        }
    }
}

/// Sums from slopes, for `N` vectors of additions in falling order.
#[inline(always)]
fn finish<C: Coordinate, const ROWS: usize, const N: usize>(
    place: &mut impl Place<Packed<ROWS>>,
    work: &[(&Group<C>, &[Add]); N],
    inverse: &mut C,
) {
    let [mut of, mut slope, mut square, mut xs, mut ys] = [[C::zero(); N]; 5];
    for n in 0..N {
        of[n] = inverse.mul(&work[n].0.before);
        *inverse = inverse.mul(&work[n].0.run);
    }
    for n in 0..N {
        slope[n] = work[n].0.rise.mul(&of[n]);
    }
    for n in 0..N {
        square[n] = slope[n].square();
    }
    for n in 0..N {
        xs[n] = square[n].sub_two_tidy(&work[n].0.x1, &work[n].0.x2);
    }
    for n in 0..N {
        ys[n] = slope[n].mul(&work[n].0.x1.sub(&xs[n]));
    }
    for n in 0..N {
        let (group, adds) = work[n];
        let (mut x, mut y) = (xs[n], ys[n].sub_tidy(&group.y1));
        if group.first_infinite | group.second_infinite != 0 {
            x = x.or_where(group.second_infinite, &group.x1).or_where(group.first_infinite, &group.x2);
            y = y.or_where(group.second_infinite, &group.y1).or_where(group.first_infinite, &group.rise);
        }
        write(place, &adds[..adds.len().min(8)], x, y, group.gone);
    }
}

/// Every point with `x` multiplied by `beta`.
#[inline(always)]
pub(crate) fn images<C: Coordinate, const ROWS: usize>(
    points: &[Packed<ROWS>],
    to: &mut [Packed<ROWS>],
    beta: &super::coordinate::Base,
) {
    let mut place = Across(points, to);
    let mut adds = [Add::default(); 8];
    for first in (0..points.len()).step_by(8) {
        // The last few are done by lanes that repeat the last point.
        let mut entries = [0; 8];
        for (i, add) in adds.iter_mut().enumerate() {
            let at = u32::try_from((first + i).min(points.len() - 1)).expect("fewer than 2^31 points");
            entries[i] = at << 1;
            add.to = at;
        }
        let (x, y, infinite) = read::<C, ROWS>(&place, &entries);
        write(&mut place, &adds, x.scale(beta), y, infinite);
    }
}
