//! How many columns a shape gets, and where in them each thing stands.
//!
//! A *lane* holds segments one below the other: Poseidon in six columns, and beside it the quantities that it absorbs, their
//! bytes, and the running sums of every column of the sheet. A *range lane* holds linear equations, one below the other, with
//! the bytes that prove ranges. Rows and lanes do not depend on the sheet; how many rows there are in all does.

use mandate_statement::{Mode, Shape};

/// Rows of one Poseidon permutation: one for each of 8 full rounds, one for each two of 56 partial rounds.
pub const BLOCK: usize = 36;
/// Rows of one quantity: six bytes, and one row that proves the sign.
pub const SLOT_ROWS: usize = 7;
/// Quantities in one absorbed element.
pub const PER_ELEMENT: usize = 5;
/// Sides of a lane: a permutation absorbs two elements.
pub const SIDES: usize = 2;
/// Rows at the end of every column that the proof system keeps for itself.
pub const RESERVED: usize = 6;
/// Sum columns, the last ones of a lane, that read `max(q, 0)` beside `q`.
pub const SPLIT_SUMS: usize = 2;

/// The columns of one shape.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sizes {
    /// Lanes.
    pub lanes: usize,
    /// Range lanes.
    pub ranges: usize,
    /// Columns of running sums in a lane.
    pub sums: usize,
    /// Whether an equation can read a quantity by itself: for rows per slot, and for runs.
    pub reads_slots: bool,
    /// Permutations of one segment.
    pub blocks: usize,
    /// Segments of one lane, one below the other.
    pub depth: usize,
}

/// A fixed column that all lanes share.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    /// A full round.
    Full,
    /// Two partial rounds.
    Partial,
    /// The last round of a permutation that another one of the same segment follows.
    Absorb,
    /// The last round of a segment.
    Emit,
    /// The first row of a segment.
    Start,
    /// A byte of a quantity.
    Byte,
    /// The row after the five quantities of an element.
    End,
    /// The first byte of a quantity.
    First,
    /// The row that proves a sign.
    Top,
    /// One where a running sum goes on, zero where it begins.
    Carry,
    /// Equations.
    Equations,
    /// A product of three consecutive values of the first range lane.
    Product,
    /// Round constants of the first round of this row.
    Round(usize),
    /// Round constants of the second round of this row.
    Second(usize),
}

impl Mark {
    /// How many there are.
    pub const COUNT: usize = 18;
    /// Its column among the fixed ones.
    pub const fn column(self) -> usize {
        match self {
            Self::Full => 0,
            Self::Partial => 1,
            Self::Absorb => 2,
            Self::Emit => 3,
            Self::Start => 4,
            Self::Byte => 5,
            Self::End => 6,
            Self::First => 7,
            Self::Top => 8,
            Self::Carry => 9,
            Self::Equations => 10,
            Self::Product => 11,
            Self::Round(i) => 12 + i,
            Self::Second(i) => 15 + i,
        }
    }
}

impl Sizes {
    /// The columns of `shape`.
    pub fn of(shape: &Shape) -> Self {
        let (lanes, ranges) = match shape.name {
            "m1024" => (2, 4),
            "l4096" => (4, 6),
            "o2048" => (2, 6),
            "r64" => (1, 6),
            _ => (1, 5),
        };
        Self {
            lanes,
            ranges,
            sums: (shape.columns() + 1).div_ceil(SLOT_ROWS),
            reads_slots: shape.slot_rows > 0 || shape.strips > 0,
            blocks: (1 + shape.packed_per_segment()).div_ceil(SIDES),
            depth: shape.segments.div_ceil(lanes),
        }
    }
    /// Advice columns of a lane.
    pub const fn lane_width(&self) -> usize {
        6 + 4 * SIDES + self.sums
    }
    /// All advice columns.
    pub const fn advice(&self) -> usize {
        self.lanes * self.lane_width() + 3 * self.ranges
    }
    /// Element `i` of the state of Poseidon.
    pub const fn state(&self, lane: usize, i: usize) -> usize {
        lane * self.lane_width() + i
    }
    /// What a round keeps beside the state.
    pub const fn aux(&self, lane: usize, i: usize) -> usize {
        lane * self.lane_width() + 3 + i
    }
    /// Bytes of quantities.
    pub const fn byte(&self, lane: usize, side: usize) -> usize {
        lane * self.lane_width() + 6 + 4 * side
    }
    /// What is left of an element from this row on.
    pub const fn element(&self, lane: usize, side: usize) -> usize {
        self.byte(lane, side) + 1
    }
    /// `q`.
    pub const fn quantity(&self, lane: usize, side: usize) -> usize {
        self.byte(lane, side) + 2
    }
    /// `max(q, 0)`.
    pub const fn long(&self, lane: usize, side: usize) -> usize {
        self.byte(lane, side) + 3
    }
    /// Running sums.
    pub const fn sum(&self, lane: usize, i: usize) -> usize {
        lane * self.lane_width() + 6 + 4 * SIDES + i
    }
    /// Bytes of a range lane.
    pub const fn limb(&self, range: usize) -> usize {
        self.lanes * self.lane_width() + 3 * range
    }
    /// The running left-hand side of an equation.
    pub const fn left(&self, range: usize) -> usize {
        self.limb(range) + 1
    }
    /// Values that equations read.
    pub const fn value(&self, range: usize) -> usize {
        self.limb(range) + 2
    }

    /// Fixed columns of a lane.
    const fn lane_marks(&self) -> usize {
        2 + SIDES * (self.sums + SPLIT_SUMS)
    }
    /// All fixed columns but the table.
    pub const fn fixed(&self) -> usize {
        Mark::COUNT + self.lanes * self.lane_marks() + 3 * self.ranges
    }
    /// Elements 1 and 2 of the state that a segment begins with.
    pub const fn initial(&self, lane: usize, i: usize) -> usize {
        Mark::COUNT + lane * self.lane_marks() + i
    }
    /// Weight of `q` in a sum column.
    pub const fn weight(&self, lane: usize, side: usize, sum: usize) -> usize {
        self.initial(lane, 2) + side * (self.sums + SPLIT_SUMS) + sum
    }
    /// Weight of `max(q, 0)` in one of the last sum columns, or `None` where the column has none.
    pub const fn split_weight(&self, lane: usize, side: usize, sum: usize) -> Option<usize> {
        if sum + SPLIT_SUMS < self.sums {
            return None;
        }
        Some(self.weight(lane, side, self.sums + sum + SPLIT_SUMS - self.sums))
    }
    /// Coefficient of a value.
    pub const fn coefficient(&self, range: usize) -> usize {
        Mark::COUNT + self.lanes * self.lane_marks() + 3 * range
    }
    /// Coefficient of a byte.
    pub const fn power(&self, range: usize) -> usize {
        self.coefficient(range) + 1
    }
    /// Where an equation ends and the next begins.
    pub const fn stop(&self, range: usize) -> usize {
        self.coefficient(range) + 2
    }

    /// Columns that copies join, in the order of the permutation argument.
    pub fn copied(&self) -> Vec<usize> {
        let mut out: Vec<usize> =
            (0..self.lanes).flat_map(|l| (0..self.sums).map(move |i| self.sum(l, i))).collect();
        if self.reads_slots {
            for lane in 0..self.lanes {
                for side in 0..SIDES {
                    out.extend([self.quantity(lane, side), self.long(lane, side)]);
                }
            }
        }
        out.extend((0..self.ranges).map(|r| self.value(r)));
        out
    }
    /// Columns whose cells must be bytes.
    pub fn looked_up(&self) -> Vec<usize> {
        let lanes = (0..self.lanes).flat_map(|l| (0..SIDES).map(move |s| self.byte(l, s)));
        lanes.chain((0..self.ranges).map(|r| self.limb(r))).collect()
    }

    /// Elements of a segment: every permutation takes two, the first of them the blinding.
    pub const fn elements(&self) -> usize {
        SIDES * self.blocks - 1
    }
    /// Rows of a segment.
    pub const fn segment_rows(&self) -> usize {
        BLOCK * self.blocks
    }
    /// Rows of a lane.
    pub const fn lane_rows(&self) -> usize {
        self.depth * self.segment_rows()
    }
    /// Lane and first row of a segment.
    pub const fn segment(&self, segment: usize) -> (usize, usize) {
        (segment % self.lanes, segment / self.lanes * self.segment_rows())
    }
    /// Side and first row, counted from the segment's, of place `j` of a segment: its slots, then padding.
    pub const fn place(&self, j: usize) -> (usize, usize) {
        let element = j / PER_ELEMENT + 1;
        (element % SIDES, element / SIDES * BLOCK + j % PER_ELEMENT * SLOT_ROWS)
    }
    /// Sum column and class of rows (modulo seven) of metric `m`: the sheet's columns, then the sum of `|q|`.
    pub fn metric(&self, shape: &Shape, m: usize) -> (usize, usize) {
        let split =
            |m: usize| m == shape.columns() || !matches!(shape.mode(m), Mode::Signed | Mode::Scenario);
        let before = (0..m).filter(|other| split(*other) == split(m)).count();
        let at = if split(m) { self.sums * SLOT_ROWS - 1 - before } else { before };
        (at / SLOT_ROWS, at % SLOT_ROWS)
    }
    /// The cell, column and row, in which metric `m` of a whole segment stands.
    pub fn total(&self, shape: &Shape, segment: usize, m: usize) -> (usize, usize) {
        let (lane, base) = self.segment(segment);
        let (sum, class) = self.metric(shape, m);
        let last = base + self.segment_rows() - 2;
        let row = (last + 1 - SLOT_ROWS..=last).find(|r| r % SLOT_ROWS == class);
        (self.sum(lane, sum), row.expect("seven rows have every class"))
    }
    /// The cells, column and row, of `q` and `max(q, 0)` of a slot.
    pub fn slot(&self, shape: &Shape, slot: usize) -> [(usize, usize); 2] {
        let (lane, base) = self.segment(slot / shape.segment_len());
        let (side, row) = self.place(slot % shape.segment_len());
        [(self.quantity(lane, side), base + row), (self.long(lane, side), base + row)]
    }
    /// The cell, column and row, of a segment's digest.
    pub const fn digest(&self, segment: usize) -> (usize, usize) {
        let (lane, base) = self.segment(segment);
        (self.sum(lane, 0), base + self.segment_rows() - 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use mandate_statement::SHAPES;
    use std::collections::BTreeSet;

    #[test]
    fn columns_are_disjoint_and_there_are_as_many_as_said() {
        for shape in &SHAPES {
            let s = Sizes::of(shape);
            let mut seen = BTreeSet::new();
            let mut fixed = BTreeSet::new();
            for lane in 0..s.lanes {
                seen.extend((0..3).flat_map(|i| [s.state(lane, i), s.aux(lane, i)]));
                seen.extend((0..s.sums).map(|i| s.sum(lane, i)));
                fixed.extend([s.initial(lane, 0), s.initial(lane, 1)]);
                for side in 0..SIDES {
                    seen.extend([s.byte(lane, side), s.element(lane, side)]);
                    seen.extend([s.quantity(lane, side), s.long(lane, side)]);
                    fixed.extend((0..s.sums).map(|i| s.weight(lane, side, i)));
                    fixed.extend((0..s.sums).filter_map(|i| s.split_weight(lane, side, i)));
                }
            }
            for range in 0..s.ranges {
                seen.extend([s.limb(range), s.left(range), s.value(range)]);
                fixed.extend([s.coefficient(range), s.power(range), s.stop(range)]);
            }
            assert_eq!(seen, (0..s.advice()).collect(), "{}", shape.name);
            assert_eq!(fixed, (Mark::COUNT..s.fixed()).collect(), "{}", shape.name);
        }
    }

    #[test]
    fn every_slot_and_every_metric_has_its_own_place() {
        for shape in &SHAPES {
            let s = Sizes::of(shape);
            let slots: BTreeSet<_> = (0..shape.slots).map(|j| s.slot(shape, j)[0]).collect();
            assert_eq!(slots.len(), shape.slots);
            assert!(s.elements() >= shape.packed_per_segment());
            let metrics: BTreeSet<_> = (0..=shape.columns()).map(|m| s.metric(shape, m)).collect();
            assert_eq!(metrics.len(), shape.columns() + 1);
            for m in 0..=shape.columns() {
                let reads_long =
                    m == shape.columns() || !matches!(shape.mode(m), Mode::Signed | Mode::Scenario);
                assert!(!reads_long || s.split_weight(0, 0, s.metric(shape, m).0).is_some());
            }
            // Sums are read after the last slot and before the row of the digest.
            for g in 0..shape.segments {
                let (_, last) = s.slot(shape, (g + 1) * shape.segment_len() - 1)[0];
                for m in 0..=shape.columns() {
                    let (_, row) = s.total(shape, g, m);
                    assert!(row < s.digest(g).1);
                    assert!(row >= last || row + SLOT_ROWS > last + SLOT_ROWS - 1);
                }
            }
        }
    }
}
