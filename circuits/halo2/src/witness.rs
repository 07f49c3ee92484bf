//! Every advice cell, from what the prover knows. Secrets: wiped when dropped, and without `Debug`.

use crate::field::{from_i128, power_of_two};
use crate::layout::{Layout, Place};
use crate::plan::{Hint, Law, Source};
use crate::poseidon::{initial, walk};
use crate::sizes::{BLOCK, PER_ELEMENT, SIDES, SLOT_ROWS};
use ff::{Field, PrimeField};
use mandate_statement::{Family, QUANTITY_LIMIT, RiskPart, Shape};
use pasta_curves::Fp;
use zeroize::Zeroize;

/// Upper-bound witnesses and selectors, as the prover chose them: any choice that satisfies the rows proves the rules.
#[derive(Clone)]
pub struct Hints {
    /// Worst loss per group and per account.
    pub worst: [Vec<i128>; 2],
    /// Worst loss of the book.
    pub worst_book: i128,
    /// `x[block][i]` of groups, accounts and assets.
    pub witnesses: [Vec<Vec<i128>>; 3],
    /// `z[block][i]` likewise.
    pub bits: [Vec<Vec<bool>>; 3],
    /// `y[i]`.
    pub book_witnesses: Vec<i128>,
    /// Bits of the book.
    pub book_bits: Vec<bool>,
    /// Three numbers for each strip.
    pub peaks: Vec<[i128; 3]>,
}

impl Hints {
    /// All zero.
    pub fn zero(shape: &Shape) -> Self {
        let blocks = [Family::Group, Family::Account, Family::Asset].map(|f| f.blocks(shape));
        Self {
            worst: [vec![0; blocks[0]], vec![0; blocks[1]]],
            worst_book: 0,
            witnesses: blocks.map(|n| vec![vec![0; shape.local_witnesses]; n]),
            bits: blocks.map(|n| vec![vec![false; shape.local_bits]; n]),
            book_witnesses: vec![0; shape.global_witnesses],
            book_bits: vec![false; shape.global_bits],
            peaks: vec![[0; 3]; shape.strips],
        }
    }
    /// One of them.
    pub fn value(&self, hint: Hint) -> i128 {
        let number = |f: Family| match f {
            Family::Group => 0,
            Family::Account => 1,
            Family::Asset | Family::Slot | Family::Global => 2,
        };
        match hint {
            Hint::Worst(f, b) => self.worst[number(f)][b],
            Hint::WorstBook => self.worst_book,
            Hint::Witness(f, b, i) => self.witnesses[number(f)][b][i],
            Hint::Bit(f, b, i) => i128::from(self.bits[number(f)][b][i]),
            Hint::BookWitness(i) => self.book_witnesses[i],
            Hint::BookBit(i) => i128::from(self.book_bits[i]),
            Hint::Peak(t, i) => self.peaks[t][i],
        }
    }
}

impl Drop for Hints {
    fn drop(&mut self) {
        self.worst.zeroize();
        self.worst_book.zeroize();
        self.witnesses.iter_mut().flatten().for_each(Zeroize::zeroize);
        self.bits.iter_mut().flatten().for_each(Zeroize::zeroize);
        self.book_witnesses.zeroize();
        self.book_bits.zeroize();
        self.peaks.iter_mut().for_each(Zeroize::zeroize);
    }
}

/// What the prover knows and nobody else does. No `Debug`.
pub struct Secrets<'a> {
    /// Quantity per slot, in lots, `[-2^47, 2^47)`.
    pub quantities: &'a [i64],
    /// Blinding per segment; zero where the segment's account is not declared.
    pub blindings: &'a [Fp],
    /// Upper-bound witnesses.
    pub hints: &'a Hints,
}

/// Every advice column, `columns[column][row]`.
pub struct Witness {
    /// The cells.
    pub columns: Vec<Vec<Fp>>,
}

impl Drop for Witness {
    fn drop(&mut self) {
        for cell in self.columns.iter_mut().flatten() {
            // A field element knows no `Zeroize`; a write through `black_box` is not taken away.
            *std::hint::black_box(cell) = Fp::ZERO;
        }
        std::hint::black_box(&self.columns);
    }
}

impl Witness {
    /// Fills every cell; the second value is the id of the first law that does not hold, and such a witness proves nothing.
    /// `instance` has the activity of accounts and the commitments.
    ///
    /// # Panics
    /// If a quantity is out of range or a list has another length than the layout's shape asks.
    pub fn of(
        layout: &Layout,
        risk: &RiskPart,
        instance: &[Fp],
        secrets: &Secrets<'_>,
    ) -> (Self, Option<&'static str>) {
        let mut out = Self { columns: vec![vec![Fp::ZERO; layout.rows()]; layout.sizes().advice()] };
        out.lanes(layout, risk, secrets);
        let broken = out.equations(layout, instance, secrets);
        (out, broken)
    }

    fn lanes(&mut self, layout: &Layout, risk: &RiskPart, secrets: &Secrets<'_>) {
        let (shape, sizes) = (layout.shape(), *layout.sizes());
        assert_eq!(secrets.quantities.len(), shape.slots, "one quantity per slot");
        assert_eq!(secrets.blindings.len(), shape.segments, "one blinding per segment");
        // A lane may be longer than its segments: what is past them is laid out all the same, with nothing in it.
        for segment in 0..sizes.depth * sizes.lanes {
            let (lane, base) = sizes.segment(segment);
            let held = |j: usize| {
                let inside = segment < shape.segments && j < shape.segment_len();
                if inside { secrets.quantities[segment * shape.segment_len() + j] } else { 0 }
            };
            for place in 0..sizes.elements() * PER_ELEMENT {
                let (side, row) = sizes.place(place);
                self.quantity(layout, lane, side, base + row, held(place));
            }
            // The side of the blinding has five places too; nothing reads them.
            for i in 0..PER_ELEMENT {
                self.quantity(layout, lane, 0, base + i * SLOT_ROWS, 0);
            }
            for block in 0..sizes.blocks {
                for side in 0..SIDES {
                    self.element(layout, lane, side, base + block * BLOCK);
                }
            }
            let blinding = secrets.blindings.get(segment).copied().unwrap_or(Fp::ZERO);
            let start = if segment < shape.segments {
                initial(shape, &risk.universe, crate::layout::header(risk, segment), segment)
            } else {
                [Fp::ZERO; 3]
            };
            self.hash(layout, segment, blinding, start);
        }
        for lane in 0..sizes.lanes {
            self.sums(layout, lane);
        }
    }

    /// Bytes, sign, `q` and `max(q, 0)` of one place.
    fn quantity(&mut self, layout: &Layout, lane: usize, side: usize, row: usize, q: i64) {
        let sizes = layout.sizes();
        let offset = q
            .checked_add(QUANTITY_LIMIT)
            .and_then(|v| u64::try_from(v).ok())
            .filter(|v| v >> 48 == 0)
            .expect("quantities are in range");
        let bytes = offset.to_le_bytes();
        for (i, byte) in bytes[..6].iter().enumerate() {
            self.columns[sizes.byte(lane, side)][row + i] = Fp::from(u64::from(*byte));
        }
        let twice = 2 * u64::from(bytes[5]) % 256;
        self.columns[sizes.byte(lane, side)][row + 6] = Fp::from(twice);
        let (signed, long) = (from_i128(i128::from(q)), from_i128(i128::from(q.max(0))));
        for r in row..row + SLOT_ROWS {
            self.columns[sizes.quantity(lane, side)][r] = signed;
            self.columns[sizes.long(lane, side)][r] = long;
        }
    }
    /// What is left of an element, from its last row up.
    fn element(&mut self, layout: &Layout, lane: usize, side: usize, base: usize) {
        let sizes = layout.sizes();
        let mut left = Fp::ZERO;
        for at in (0..BLOCK - 1).rev() {
            if at % SLOT_ROWS + 1 < SLOT_ROWS {
                left = left * Fp::from(256) + self.columns[sizes.byte(lane, side)][base + at];
            }
            self.columns[sizes.element(lane, side)][base + at] = left;
        }
    }
    fn hash(&mut self, layout: &Layout, segment: usize, blinding: Fp, start: [Fp; 3]) {
        let sizes = layout.sizes();
        let (lane, base) = sizes.segment(segment);
        let mut state = start;
        for block in 0..sizes.blocks {
            let row = base + block * BLOCK;
            let first = self.columns[sizes.element(lane, 0)][row];
            state[0] += if block == 0 { blinding } else { first };
            state[1] += self.columns[sizes.element(lane, 1)][row];
            for at in 0..BLOCK {
                let (aux, next) = walk(at, state);
                for i in 0..3 {
                    self.columns[sizes.state(lane, i)][row + at] = state[i];
                    self.columns[sizes.aux(lane, i)][row + at] = aux[i];
                }
                state = next;
            }
        }
        // A digest stands in its own cell even where nothing reads it.
        let (column, row) = sizes.digest(segment);
        self.columns[column][row] = state[0];
    }
    fn sums(&mut self, layout: &Layout, lane: usize) {
        let sizes = layout.sizes();
        for sum in 0..sizes.sums {
            let column = sizes.sum(lane, sum);
            for row in 0..sizes.lane_rows() {
                let in_segment = row % sizes.segment_rows();
                if in_segment + 1 == sizes.segment_rows() {
                    continue;
                }
                let mut value = Fp::ZERO;
                if in_segment >= SLOT_ROWS {
                    value = self.columns[column][row - SLOT_ROWS];
                }
                for side in 0..SIDES {
                    value += layout.fixed[sizes.weight(lane, side, sum)][row]
                        * self.columns[sizes.quantity(lane, side)][row];
                    if let Some(weight) = sizes.split_weight(lane, side, sum) {
                        value += layout.fixed[weight][row] * self.columns[sizes.long(lane, side)][row];
                    }
                }
                self.columns[column][row] = value;
            }
        }
    }

    fn equations(&mut self, layout: &Layout, instance: &[Fp], secrets: &Secrets<'_>) -> Option<&'static str> {
        let mut values = self.values(layout, instance, secrets);
        let sizes = layout.sizes();
        let mut broken = None;
        for ((id, law), Place { range, row }) in layout.plan.laws.iter().zip(&layout.places) {
            let (range, row) = (*range, *row);
            let mut put = |at: usize, v: Fp| self.columns[sizes.value(range)][row + at] = v;
            match law {
                Law::Product(a, b, c) => {
                    let read = [a, b, c].map(|v| values[v.0 as usize]);
                    read.into_iter().enumerate().for_each(|(i, v)| put(i, v));
                    if read[0] * read[1] != read[2] {
                        broken = broken.or(Some(*id));
                    }
                }
                Law::Linear(terms, bytes) => {
                    let mut left = Fp::ZERO;
                    for (i, (var, _)) in terms.iter().enumerate() {
                        put(i, values[var.0 as usize]);
                        left += terms[i].1 * values[var.0 as usize];
                    }
                    let repr = left.to_repr();
                    if repr[*bytes..].iter().any(|b| *b != 0) {
                        broken = broken.or(Some(*id));
                    }
                    let mut left = Fp::ZERO;
                    for at in 0..terms.len().max(*bytes) {
                        self.columns[sizes.left(range)][row + at] = left;
                        if let Some((var, c)) = terms.get(at) {
                            left += *c * values[var.0 as usize];
                        }
                        if let Some(byte) = repr[..*bytes].get(at) {
                            let byte = Fp::from(u64::from(*byte));
                            self.columns[sizes.limb(range)][row + at] = byte;
                            left -= byte * power_of_two(8 * u32::try_from(at).expect("few bytes"));
                        }
                    }
                }
            }
        }
        values.iter_mut().for_each(|v| *std::hint::black_box(v) = Fp::ZERO);
        broken
    }

    fn values(&self, layout: &Layout, instance: &[Fp], secrets: &Secrets<'_>) -> Vec<Fp> {
        let (shape, sizes) = (layout.shape(), layout.sizes());
        let cell = |(column, row): (usize, usize)| self.columns[column][row];
        let mut out: Vec<Fp> = Vec::with_capacity(layout.plan.sources.len());
        for source in &layout.plan.sources {
            let value = match source {
                Source::Instance(i) => instance[*i],
                Source::Total(g, m) => cell(sizes.total(shape, *g, *m)),
                Source::Signed(slot) => cell(sizes.slot(shape, *slot)[0]),
                Source::Long(slot) => cell(sizes.slot(shape, *slot)[1]),
                Source::Digest(g) => cell(sizes.digest(*g)),
                Source::Hint(hint) => from_i128(secrets.hints.value(*hint)),
                Source::Sum(terms) => terms.iter().map(|(v, c)| out[v.0 as usize] * c).sum(),
                Source::Product(a, b) => out[a.0 as usize] * out[b.0 as usize],
                Source::NotNegative(v) => {
                    let repr = (out[v.0 as usize] + power_of_two(88)).to_repr();
                    Fp::from(u64::from(repr[11] & 1))
                }
            };
            out.push(value);
        }
        out
    }
}
