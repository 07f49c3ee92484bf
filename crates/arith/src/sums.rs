//! Sums of many lists of points, by pairwise trees of batched affine additions.
//!
//! One kernel serves all of a multiplication: buckets are lists of points with one digit, a plain sum is one list, and the
//! weighted sum of buckets is made of rows and columns of them.

use crate::points::Packed;
use rayon::prelude::*;
use std::ops::Range;
use std::sync::Mutex;
use zeroize::Zeroize;

/// One addition: points `a` and `b`, each an index shifted left by one with the sign in the lowest bit; the sum goes to `to`.
#[derive(Clone, Copy, Default)]
pub(crate) struct Add {
    pub(crate) a: u32,
    pub(crate) b: u32,
    pub(crate) to: u32,
}

impl Zeroize for Add {
    fn zeroize(&mut self) {
        self.a.zeroize();
        self.b.zeroize();
        self.to.zeroize();
    }
}

/// A way to add affine points by the batch. Holds its own working memory.
pub(crate) trait Adder<const ROWS: usize>: Send {
    /// How many entries of lists are summed in one go, so that what they leave fits a second-level cache.
    const CHUNK: usize;
    fn new() -> Self;
    /// Sums of points of `from` to places of `to`. Coordinates at most `2p` on the vector path, below `p` on the portable one; so
    /// are those of the sums.
    fn across(&mut self, from: &[Packed<ROWS>], adds: &[Add], to: &mut [Packed<ROWS>]);
    /// Sums of points of a list to places of the same list. A sum may replace a point that no later addition reads.
    fn within(&mut self, points: &mut [Packed<ROWS>], adds: &[Add]);
    /// One point, or its opposite.
    fn signed(point: &Packed<ROWS>, negative: bool) -> Packed<ROWS>;
    /// `lambda` times every point, for points of the group.
    fn images(points: &[Packed<ROWS>], to: &mut [Packed<ROWS>]);
    /// Forgets what it worked on.
    fn wipe(&mut self);
}

/// How many copies ahead points are asked for.
const ODD_AHEAD: usize = 16;

/// Working memory of one thread.
struct Bench<A: Adder<ROWS>, const ROWS: usize> {
    adder: A,
    adds: Vec<Add>,
    /// Of every list still longer than one: where its sum will be, and how many points it has left.
    open: Vec<(u32, u32)>,
    /// Points that only move on: which, and where to.
    odd: Vec<(u32, u32)>,
    points: Vec<Packed<ROWS>>,
}

impl<A: Adder<ROWS>, const ROWS: usize> Drop for Bench<A, ROWS> {
    fn drop(&mut self) {
        self.adder.wipe();
        self.adds.zeroize();
        self.open.zeroize();
        self.odd.zeroize();
        self.points.fill(Packed::INFINITY);
        std::hint::black_box(&mut self.points);
    }
}

/// Working memory for all threads; each takes one and gives it back.
pub(crate) struct Benches<A: Adder<ROWS>, const ROWS: usize>(Mutex<Vec<Bench<A, ROWS>>>);

impl<A: Adder<ROWS>, const ROWS: usize> Benches<A, ROWS> {
    pub(crate) fn new() -> Self {
        Self(Mutex::new(Vec::new()))
    }
    fn with<T>(&self, work: impl FnOnce(&mut Bench<A, ROWS>) -> T) -> T {
        let free = self.0.lock().expect("no panic while it is held").pop();
        let mut bench = free.unwrap_or_else(|| Bench {
            adder: A::new(),
            adds: Vec::new(),
            open: Vec::new(),
            odd: Vec::new(),
            points: Vec::new(),
        });
        let out = work(&mut bench);
        self.0.lock().expect("no panic while it is held").push(bench);
        out
    }
}

/// The sum of every list: list `i` is `entries[bounds[i]..bounds[i + 1]]`, each entry the index of a point of `table` shifted left by one
/// with the sign in the lowest bit. An empty list sums to infinity.
pub(crate) fn sums<A: Adder<ROWS>, const ROWS: usize>(
    benches: &Benches<A, ROWS>,
    table: &[Packed<ROWS>],
    entries: &[u32],
    bounds: &[u32],
) -> Vec<Packed<ROWS>> {
    // Lists are cut into pieces of at most a chunk, and pieces gathered into chunks.
    let mut pieces: Vec<Range<u32>> = Vec::with_capacity(bounds.len());
    let mut owners: Vec<u32> = Vec::with_capacity(bounds.len());
    for (list, pair) in bounds.windows(2).enumerate() {
        let mut start = pair[0];
        while start < pair[1] {
            let end = pair[1].min(start + index(A::CHUNK));
            pieces.push(start..end);
            owners.push(index(list));
            start = end;
        }
    }
    let mut chunks: Vec<Range<usize>> = Vec::new();
    let mut first = 0;
    while first < pieces.len() {
        let start = pieces[first].start as usize;
        // At least one piece, and as many as begin within half a chunk.
        let more = pieces[first..].iter().take_while(|p| (p.end as usize) <= start + A::CHUNK).count();
        chunks.push(first..first + more);
        first += more;
    }
    let parts: Vec<Vec<Packed<ROWS>>> = chunks
        .par_iter()
        .map(|chunk| benches.with(|bench| sum_chunk(bench, table, entries, &pieces[chunk.clone()])))
        .collect();

    let mut out = vec![Packed::INFINITY; bounds.len().saturating_sub(1)];
    let mut cut: Vec<u32> = Vec::new(); // lists of several pieces
    for (owner, next) in owners.iter().zip(owners.iter().skip(1)) {
        if owner == next && cut.last() != Some(owner) {
            cut.push(*owner);
        }
    }
    let all = || parts.iter().flatten().zip(&owners);
    for (part, owner) in all() {
        out[*owner as usize] = *part;
    }
    if !cut.is_empty() {
        let (mut again, mut entries, mut bounds) = (Vec::new(), Vec::new(), vec![0]);
        let mut now = cut.iter().peekable();
        for (part, owner) in all() {
            while now.next_if(|c| *c < owner).is_some() {
                bounds.push(index(again.len()));
            }
            if now.peek() == Some(&owner) {
                entries.push(index(again.len()) << 1);
                again.push(*part);
            }
        }
        bounds.push(index(again.len()));
        for (list, sum) in cut.iter().zip(sums(benches, &again, &entries, &bounds)) {
            out[*list as usize] = sum;
        }
    }
    out
}

fn index(i: usize) -> u32 {
    u32::try_from(i).expect("fewer than 2^31 points")
}

/// The sums of `pieces`, none of them empty.
fn sum_chunk<A: Adder<ROWS>, const ROWS: usize>(
    bench: &mut Bench<A, ROWS>,
    table: &[Packed<ROWS>],
    entries: &[u32],
    pieces: &[Range<u32>],
) -> Vec<Packed<ROWS>> {
    let Bench { adder, adds, open, odd, points } = bench;
    adds.clear();
    open.clear();
    odd.clear();
    let mut places = Vec::with_capacity(pieces.len());
    let mut at = 0u32;
    // The first level reads the table. An odd one out is copied; half of the lists have one, so memory is asked for these ahead too.
    let total: usize = pieces.iter().map(|p| (p.end - p.start).div_ceil(2) as usize).sum();
    // What stood there is written over, all of it: no time is spent on wiping it first.
    if points.len() < total {
        points.resize(total, Packed::INFINITY);
    }
    for piece in pieces {
        let list = &entries[piece.start as usize..piece.end as usize];
        places.push(at);
        let left = index(list.len().div_ceil(2));
        let mut to = at;
        if let (1, [entry, ..]) = (list.len() % 2, list) {
            odd.push((*entry, to));
            to += 1;
        }
        for pair in list[list.len() % 2..].chunks_exact(2) {
            adds.push(Add { a: pair[0], b: pair[1], to });
            to += 1;
        }
        if left > 1 {
            open.push((at, left));
        }
        at += left;
    }
    for (i, (entry, to)) in odd.iter().enumerate() {
        if let Some((later, _)) = odd.get(i + ODD_AHEAD) {
            table[(later >> 1) as usize].prefetch();
        }
        points[*to as usize] = A::signed(&table[(entry >> 1) as usize], entry & 1 == 1);
    }
    adder.across(table, adds, points);
    // Then sums of sums, in place: an odd one out is the first, and stays. A sum lands no later than its first summand.
    while !open.is_empty() {
        adds.clear();
        for (at, left) in &*open {
            let odd = left % 2;
            for i in 0..left / 2 {
                let a = at + odd + 2 * i;
                adds.push(Add { a: a << 1, b: (a + 1) << 1, to: at + odd + i });
            }
        }
        adder.within(points, adds);
        open.retain_mut(|(_, left)| {
            *left = left.div_ceil(2);
            *left > 1
        });
    }
    places.iter().map(|at| points[*at as usize]).collect()
}
