//! Multiplication of many points by many scalars: Pippenger's buckets, with signed digits.

use crate::points::{Packed, Words};
use crate::scalars::{Kind, Scalars};
use crate::sums::{Adder, Benches, sums};
use ark_bn254::{Fq, Fq2, G1Affine, G2Affine, g1, g2};
use ark_ec::PrimeGroup;
use ark_ec::short_weierstrass::Projective;
use rayon::prelude::*;
use zeroize::Zeroizing;

/// A group, with the form its points are stored in.
pub(crate) trait Group: PrimeGroup {
    type Coordinate: Words;
    /// From coordinates on the curve. Unchecked: they are those of bases, whose owner has checked them (a proving key on reading), and of
    /// sums of bases by complete formulas. Nothing from outside is made a point here.
    fn of(x: Self::Coordinate, y: Self::Coordinate) -> Self;
}

impl Group for Projective<g1::Config> {
    type Coordinate = Fq;
    fn of(x: Fq, y: Fq) -> Self {
        // Unchecked: coordinates of checked bases and of their sums; the trait says more.
        G1Affine::new_unchecked(x, y).into()
    }
}

impl Group for Projective<g2::Config> {
    type Coordinate = Fq2;
    fn of(x: Fq2, y: Fq2) -> Self {
        // As in the other group.
        G2Affine::new_unchecked(x, y).into()
    }
}

fn projective<G: Group, const ROWS: usize>(point: &Packed<ROWS>) -> G {
    point.coordinates().map_or_else(G::zero, |(x, y)| G::of(x, y))
}

/// Points are mapped by the endomorphism in runs of so many.
const IMAGES: usize = 4096;
/// Windows are at most this wide: `2^15` buckets.
const WIDEST: u32 = 16;

/// Points with their signed multipliers, those with long ones first.
struct Terms<const ROWS: usize> {
    points: Vec<Packed<ROWS>>,
    multipliers: Zeroizing<Vec<i128>>,
    /// How many are long; the rest are below `2^62`.
    long: usize,
}

/// `sum of scalars[of[i]] * points[i]`.
pub(crate) fn msm<G: Group, A: Adder<ROWS>, const ROWS: usize>(
    points: &[Packed<ROWS>],
    of: impl Fn(usize) -> usize + Sync,
    scalars: &Scalars,
) -> G {
    let benches = Benches::<A, ROWS>::new();
    // Sized beforehand: a list that grew would leave unwiped copies behind.
    let mut counts = [0usize; 6];
    (0..points.len()).for_each(|i| counts[scalars.kind(of(i)) as usize] += 1);
    let list = |kinds: &[Kind]| {
        Zeroizing::new(Vec::<u32>::with_capacity(kinds.iter().map(|k| counts[*k as usize]).sum()))
    };
    let mut ones = list(&[Kind::One, Kind::MinusOne]);
    let [mut short, mut long, mut both] = [Kind::Short, Kind::Long, Kind::Split].map(|k| list(&[k]));
    for i in 0..points.len() {
        let entry = u32::try_from(i).expect("fewer than 2^31 points");
        match scalars.kind(of(i)) {
            Kind::Zero => {}
            Kind::One => ones.push(entry << 1),
            Kind::MinusOne => ones.push(entry << 1 | 1),
            Kind::Short => short.push(entry),
            Kind::Long => long.push(entry),
            Kind::Split => both.push(entry),
        }
    }
    let (plain, weighted): (G, G) = rayon::join(
        || {
            let end = u32::try_from(ones.len()).expect("fewer than 2^31 points");
            projective::<G, ROWS>(&sums(&benches, points, &ones, &[0, end])[0])
        },
        || {
            let first = |i: &u32| scalars.first(of(*i as usize));
            let count = 2 * both.len() + long.len() + short.len();
            let mut multipliers = Zeroizing::new(Vec::with_capacity(count));
            multipliers.extend(both.iter().map(first));
            multipliers.extend(both.iter().map(|i| scalars.second(of(*i as usize))));
            multipliers.extend(long.iter().chain(short.iter()).map(first));
            let mut list = Vec::with_capacity(count);
            let at = |i: &u32| points[*i as usize];
            list.par_extend(both.par_iter().map(at));
            list.resize(2 * both.len(), Packed::INFINITY);
            let (straight, images) = list.split_at_mut(both.len());
            let runs = straight.par_chunks(IMAGES).zip(images.par_chunks_mut(IMAGES));
            runs.for_each(|(points, images)| A::images(points, images));
            list.par_extend(long.par_iter().chain(short.par_iter()).map(at));
            let points = list;
            let terms = Terms { points, multipliers, long: 2 * both.len() + long.len() };
            weighted(&benches, &terms)
        },
    );
    plain + weighted
}

/// How many windows of width `c` cover `bits` bits and the carry out of them.
const fn windows(bits: u32, c: u32) -> u32 {
    bits.div_ceil(c)
}

/// Which width costs least, counted in additions.
fn width(long: usize, short: usize) -> u32 {
    let cost = |c: u32| {
        let buckets = 1usize << (c - 1);
        let of = |points: usize, windows: u32| {
            // Every point once, every bucket that is not empty twice, and rows and columns singly, which is dearer.
            windows as usize * (points + 2 * buckets.min(points) + 8 * (1 << c.div_ceil(2)))
        };
        let short_only = windows(64, c);
        of(long + short, short_only) + if long > 0 { of(long, windows(128, c) - short_only) } else { 0 }
    };
    (3..=WIDEST).min_by_key(|c| cost(*c)).unwrap_or(WIDEST)
}

/// `sum of multipliers[i] * points[i]`.
fn weighted<G: Group, A: Adder<ROWS>, const ROWS: usize>(
    benches: &Benches<A, ROWS>,
    terms: &Terms<ROWS>,
) -> G {
    let (all, long) = (terms.points.len(), terms.long);
    if all == 0 {
        return G::zero();
    }
    let c = width(long, all - long);
    let count = windows(if long > 0 { 128 } else { 64 }, c);
    let parts: Vec<G> = (0..count)
        .into_par_iter()
        .map(|w| {
            let used = if w < windows(64, c) { all } else { long };
            window(benches, &terms.points, &terms.multipliers[..used], c, w, count)
        })
        .collect();
    // Horner's rule over the windows.
    let mut sum = G::zero();
    for part in parts.iter().rev() {
        for _ in 0..c {
            sum.double_in_place();
        }
        sum += part;
    }
    sum
}

/// Digits of width `c`, from `-2^(c-1)` to `2^(c-1)`, of integers below `2^126.5`, for `count` windows.
///
/// Half of every digit but the last is added first, so that each digit is read off by itself: a digit is what stands in its bits, less that
/// half. The last takes what is left above, at most `2^(c-1)`, as `c * count >= 128`; for integers below `2^62` every digit
/// beyond 64 bits is zero.
#[derive(Clone, Copy)]
struct Digits {
    halves: u128,
    shift: u32,
    mask: u128,
    half: i64,
}

impl Digits {
    fn new(c: u32, window: u32, count: u32) -> Self {
        let halves = (0..count - 1).fold(0, |sum, w| sum | 1 << (c * w + c - 1));
        let last = window == count - 1;
        Self {
            halves,
            shift: c * window,
            mask: if last { u128::MAX } else { (1 << c) - 1 },
            half: if last { 0 } else { 1 << (c - 1) },
        }
    }
    /// The digit's size, which is its bucket, shifted left by one with the sign in the lowest bit; zero at zero.
    #[inline]
    #[allow(clippy::cast_possible_truncation, reason = "a digit has at most 17 bits")]
    fn of(&self, multiplier: i128) -> u32 {
        let raw = (multiplier.unsigned_abs() + self.halves) >> self.shift & self.mask;
        let digit = raw as i64 - self.half;
        let negative = u32::from(digit < 0) ^ u32::from(multiplier < 0);
        if digit == 0 { 0 } else { (digit.unsigned_abs() as u32) << 1 | negative }
    }
}

/// One window: the sum of digit times point.
fn window<G: Group, A: Adder<ROWS>, const ROWS: usize>(
    benches: &Benches<A, ROWS>,
    points: &[Packed<ROWS>],
    multipliers: &[i128],
    c: u32,
    window: u32,
    count: u32,
) -> G {
    let digits = Digits::new(c, window, count);
    // Entries sorted by bucket, by counting.
    let buckets = 1usize << (c - 1);
    let mut bounds = Zeroizing::new(vec![0u32; buckets + 2]);
    let list: Zeroizing<Vec<u32>> = Zeroizing::new(multipliers.iter().map(|m| digits.of(*m)).collect());
    for digit in &*list {
        bounds[(digit >> 1) as usize + 1] += 1;
    }
    // Bucket 0 is that of the digit zero: it is not kept.
    bounds[1] = 0;
    for b in 0..=buckets {
        bounds[b + 1] += bounds[b];
    }
    let mut entries = Zeroizing::new(vec![0u32; bounds[buckets + 1] as usize]);
    for (i, digit) in (0u32..).zip(&*list) {
        if *digit != 0 {
            let next = &mut bounds[(digit >> 1) as usize];
            entries[*next as usize] = i << 1 | digit & 1;
            *next += 1;
        }
    }
    // Filling moved every bound to its bucket's end: bucket `b`, from 1, is `bounds[b - 1]..bounds[b]`.
    let full = sums(benches, points, &entries, &bounds[..=buckets]);
    by_weight(benches, &full, c - 1)
}

/// `sum of (j + 1) * buckets[j]` over `2^bits` buckets.
///
/// With `j = 2^k h + l` that is `2^k` times the sum of `h` times row `h`, and of `l + 1` times column `l`: two additions for every bucket, none
/// of which waits for another, and a few hundred singly.
fn by_weight<G: Group, A: Adder<ROWS>, const ROWS: usize>(
    benches: &Benches<A, ROWS>,
    buckets: &[Packed<ROWS>],
    bits: u32,
) -> G {
    let k = bits / 2;
    let (rows, columns) = (1usize << (bits - k), 1usize << k);
    let (mut entries, mut bounds) = (Vec::with_capacity(2 * buckets.len()), vec![0]);
    let mut list = |entries: &mut Vec<u32>, members: &mut dyn Iterator<Item = usize>| {
        for j in members {
            if !buckets[j].is_infinity() {
                entries.push(u32::try_from(j << 1).expect("at most 2^15 buckets"));
            }
        }
        bounds.push(u32::try_from(entries.len()).expect("at most 2^16"));
    };
    for h in 0..rows {
        list(&mut entries, &mut (h * columns..(h + 1) * columns));
    }
    for l in 0..columns {
        list(&mut entries, &mut (l..buckets.len()).step_by(columns));
    }
    let lines = sums(benches, buckets, &entries, &bounds);
    let mut total = running::<G, ROWS>(&lines[1..rows]);
    for _ in 0..k {
        total.double_in_place();
    }
    total + running::<G, ROWS>(&lines[rows..])
}

/// `sum of (i + 1) * points[i]`.
fn running<G: Group, const ROWS: usize>(points: &[Packed<ROWS>]) -> G {
    let (mut run, mut sum) = (G::zero(), G::zero());
    for point in points.iter().rev() {
        if !point.is_infinity() {
            run += projective::<G, ROWS>(point);
        }
        sum += run;
    }
    sum
}
