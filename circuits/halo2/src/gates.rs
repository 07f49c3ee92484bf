//! Every gate of the circuit, once: over expressions for the proof system, over values for whoever checks an assignment.

use crate::poseidon::CONSTANTS;
use crate::sizes::{Mark, SIDES, Sizes};
use ff::Field;
use halo2_proofs::plonk::Expression;
use mandate_statement::QUANTITY_LIMIT;
use pasta_curves::Fp;
use std::ops::{Add, Mul, Sub};

/// What gates are written over.
pub trait Ring: Clone + Add<Output = Self> + Sub<Output = Self> + Mul<Output = Self> {
    /// A constant.
    fn constant(v: Fp) -> Self;
    /// A multiple.
    fn times(self, v: Fp) -> Self;
}
impl Ring for Expression<Fp> {
    fn constant(v: Fp) -> Self {
        Self::Constant(v)
    }
    fn times(self, v: Fp) -> Self {
        self * v
    }
}
impl Ring for Fp {
    fn constant(v: Fp) -> Self {
        v
    }
    fn times(self, v: Fp) -> Self {
        self * v
    }
}

/// Reads cells relative to a row.
pub trait Cells<E> {
    /// An advice cell, `rotation` rows below.
    fn advice(&mut self, column: usize, rotation: i32) -> E;
    /// A fixed cell of this row.
    fn fixed(&mut self, column: usize) -> E;
}

/// Rows by which gates look away from their own.
pub const ROTATIONS: std::ops::RangeInclusive<i32> = -7..=7;

/// All gates: id of `docs/statement.md`, polynomial that is zero on every row. Degree at most four.
pub fn gates<E: Ring>(sizes: &Sizes, cells: &mut impl Cells<E>) -> Vec<(&'static str, E)> {
    let mut out = Vec::new();
    for lane in 0..sizes.lanes {
        poseidon(sizes, lane, cells, &mut out);
        for side in 0..SIDES {
            quantities(sizes, lane, side, cells, &mut out);
        }
        sums(sizes, lane, cells, &mut out);
    }
    for range in 0..sizes.ranges {
        equations(sizes, range, cells, &mut out);
    }
    let product = cells.fixed(Mark::Product.column());
    let value = |cells: &mut dyn FnMut(usize, i32) -> E, at| cells(sizes.value(0), at);
    let mut read = |c, r| cells.advice(c, r);
    let (a, b, c) = (value(&mut read, 0), value(&mut read, 1), value(&mut read, 2));
    out.push(("product", product * (a * b - c)));
    out
}

/// `com-1`, `com-2`. With `x = state + constants`, a full round is `unmix(next) = x^5`, each fifth power through a cell with `x^2`.
/// Two partial rounds keep `x0^2`, the first element between the two with its constant added, and that one's square; what is
/// linear between the two rounds is eliminated.
fn poseidon<E: Ring>(
    sizes: &Sizes,
    lane: usize,
    cells: &mut impl Cells<E>,
    out: &mut Vec<(&'static str, E)>,
) {
    let (mix, unmix) = (&CONSTANTS.mix, &CONSTANTS.unmix);
    let mark = |cells: &mut dyn Cells<E>, m: Mark| cells.fixed(m.column());
    let (full, partial) = (mark(cells, Mark::Full), mark(cells, Mark::Partial));
    let (absorb, emit, start) =
        (mark(cells, Mark::Absorb), mark(cells, Mark::Emit), mark(cells, Mark::Start));
    let x: [E; 3] =
        std::array::from_fn(|i| cells.advice(sizes.state(lane, i), 0) + cells.fixed(Mark::Round(i).column()));
    let second: [E; 3] = std::array::from_fn(|i| cells.fixed(Mark::Second(i).column()));
    let aux: [E; 3] = std::array::from_fn(|i| cells.advice(sizes.aux(lane, i), 0));
    // The next state before anything is absorbed into it: absorbing adds the two elements at the head of the next block.
    let mut next: [E; 3] = std::array::from_fn(|i| cells.advice(sizes.state(lane, i), 1));
    for (side, element) in next.iter_mut().take(SIDES).enumerate() {
        let message = cells.advice(sizes.element(lane, side), 1);
        *element = element.clone() - absorb.clone() * message;
    }
    let unmixed: [E; 3] = std::array::from_fn(|i| {
        (1..3).fold(next[0].clone().times(unmix[i][0]), |sum, j| sum + next[j].clone().times(unmix[i][j]))
    });
    let fifth = |square: &E, x: &E| square.clone() * square.clone() * x.clone();
    let both = full.clone() + partial.clone();
    // The first cell is x0^2 in either kind of row.
    out.push(("com-1", both * (x[0].clone() * x[0].clone() - aux[0].clone())));
    for i in 1..3 {
        out.push(("com-1", full.clone() * (x[i].clone() * x[i].clone() - aux[i].clone())));
    }
    // The segment's last round goes nowhere but into its digest.
    let goes_on = full.clone() - emit.clone();
    for i in 0..3 {
        out.push(("com-1", goes_on.clone() * (unmixed[i].clone() - fifth(&aux[i], &x[i]))));
    }
    // Between the two rounds of a row: m = mix(x0^5, x1, x2), of which only m0 + constant has a cell.
    let middle = aux[1].clone() - second[0].clone();
    let linear = |i: usize| x[1].clone().times(mix[i][1]) + x[2].clone().times(mix[i][2]);
    let first = fifth(&aux[0], &x[0]).times(mix[0][0]) + linear(0);
    out.push(("com-1", partial.clone() * (middle.clone() - first)));
    out.push(("com-1", partial.clone() * (aux[1].clone() * aux[1].clone() - aux[2].clone())));
    out.push(("com-1", partial.clone() * (unmixed[0].clone() - fifth(&aux[2], &aux[1]))));
    let inverse = mix[0][0].invert().expect("the matrix is maximum distance separable");
    for i in 1..3 {
        let ratio = mix[i][0] * inverse;
        let m = (middle.clone() - linear(0)).times(ratio) + linear(i);
        out.push(("com-1", partial.clone() * (unmixed[i].clone() - second[i].clone() - m)));
    }
    // com-2: a segment begins with a public state; its first element takes the blinding, which nothing else binds.
    let begins = cells.advice(sizes.state(lane, 1), 0)
        - cells.fixed(sizes.initial(lane, 0))
        - cells.advice(sizes.element(lane, 1), 0);
    out.push(("com-2", start.clone() * begins));
    let begins = cells.advice(sizes.state(lane, 2), 0) - cells.fixed(sizes.initial(lane, 1));
    out.push(("com-2", start * begins));
    let digest =
        (0..3).map(|j| fifth(&aux[j], &x[j]).times(mix[0][j])).reduce(|a, b| a + b).expect("three elements");
    out.push(("com-1", emit * (cells.advice(sizes.sum(lane, 0), 0) - digest)));
}

/// `qty-1`, `qty-2`: an element taken apart byte by byte, each six of them a quantity in offset binary.
fn quantities<E: Ring>(
    sizes: &Sizes,
    lane: usize,
    side: usize,
    cells: &mut impl Cells<E>,
    out: &mut Vec<(&'static str, E)>,
) {
    let byte_row = cells.fixed(Mark::Byte.column());
    let end = cells.fixed(Mark::End.column());
    let live = cells.fixed(Mark::Full.column()) + cells.fixed(Mark::Partial.column());
    let idle = live - byte_row.clone() - end.clone();
    let byte = cells.advice(sizes.byte(lane, side), 0);
    let (element, below) =
        (cells.advice(sizes.element(lane, side), 0), cells.advice(sizes.element(lane, side), 1));
    let rest = below.clone().times(Fp::from(256)) + byte.clone();
    out.push((
        "qty-1",
        byte_row.clone() * (element.clone() - rest)
            + idle * (element.clone() - below)
            + end * element.clone(),
    ));
    let (q, long) = (cells.advice(sizes.quantity(lane, side), 0), cells.advice(sizes.long(lane, side), 0));
    for column in [sizes.quantity(lane, side), sizes.long(lane, side)] {
        let held = cells.advice(column, 1) - cells.advice(column, 0);
        out.push(("qty-1", byte_row.clone() * held));
    }
    // The quantity is what the element loses in seven rows.
    let first = cells.fixed(Mark::First.column());
    let after = cells.advice(sizes.element(lane, side), 7).times(Fp::from(1 << 48));
    let offset = Fp::from(QUANTITY_LIMIT.unsigned_abs());
    out.push(("qty-1", first * (element - after - q.clone() - E::constant(offset))));
    // This row's byte is twice the top byte less 256 times the sign, so the sign is the top bit.
    let top = cells.fixed(Mark::Top.column());
    let sign = cells.advice(sizes.byte(lane, side), -1).times(Fp::from(2)) - byte;
    let less = sign.clone() - E::constant(Fp::from(256));
    out.push(("qty-2", top.clone() * sign.clone() * less));
    out.push(("qty-2", top * (long.times(Fp::from(256)) - sign * q)));
}

/// `col`, `sum`: sums along a segment; a sum column holds seven of them, in turns.
fn sums<E: Ring>(sizes: &Sizes, lane: usize, cells: &mut impl Cells<E>, out: &mut Vec<(&'static str, E)>) {
    let live = cells.fixed(Mark::Full.column()) + cells.fixed(Mark::Partial.column())
        - cells.fixed(Mark::Emit.column());
    let carry = cells.fixed(Mark::Carry.column());
    for sum in 0..sizes.sums {
        let column = sizes.sum(lane, sum);
        let mut right = carry.clone() * cells.advice(column, -7);
        for side in 0..SIDES {
            right = right
                + cells.fixed(sizes.weight(lane, side, sum)) * cells.advice(sizes.quantity(lane, side), 0);
            if let Some(weight) = sizes.split_weight(lane, side, sum) {
                right = right + cells.fixed(weight) * cells.advice(sizes.long(lane, side), 0);
            }
        }
        out.push(("sum", live.clone() * (cells.advice(column, 0) - right)));
    }
}

/// Linear equations: coefficients times values less powers times bytes come to zero between two stops.
fn equations<E: Ring>(
    sizes: &Sizes,
    range: usize,
    cells: &mut impl Cells<E>,
    out: &mut Vec<(&'static str, E)>,
) {
    let on = cells.fixed(Mark::Equations.column());
    let (left, below) = (cells.advice(sizes.left(range), 0), cells.advice(sizes.left(range), 1));
    let value = cells.fixed(sizes.coefficient(range)) * cells.advice(sizes.value(range), 0);
    let byte = cells.fixed(sizes.power(range)) * cells.advice(sizes.limb(range), 0);
    out.push(("equation", on * (below - left.clone() - value + byte)));
    out.push(("equation", cells.fixed(sizes.stop(range)) * left));
}
