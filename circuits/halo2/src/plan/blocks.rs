//! Groups, accounts, assets: totals, worst losses, witnesses, bits.

use super::{Builder, Hint, Inputs, Known, Law, Source, Terms, Var};
use crate::field::power_of_two;
use ff::Field;
use mandate_statement::{
    Family, GLOBAL_WITNESS_BITS, GlobalVar, LOCAL_WITNESS_BITS, LocalVar, Mode, PEAK_BITS, WORST_BITS,
};
use pasta_curves::Fp;

/// Bytes of the slack of a worst loss: above its 90 bits.
const WORST_SLACK_BYTES: usize = 12;
/// Segments from which on a union has a value of its own.
const LONG_UNION: usize = 3;

impl Builder<'_> {
    /// The segments of a block.
    pub(super) fn segments_of(&self, family: Family, block: usize) -> Vec<usize> {
        let layout = &self.risk.layout;
        match family {
            Family::Group => {
                let mut first = block;
                while first > 0 && layout.carry[first] {
                    first -= 1;
                }
                (first..=block).collect()
            }
            Family::Account => self.of_account(block),
            Family::Asset => (0..self.shape.segments)
                .filter(|g| layout.asset[*g].map(usize::from) == Some(block))
                .collect(),
            Family::Slot => Vec::new(),
            Family::Global => (0..self.shape.segments).collect(),
        }
    }
    /// The blocks of a family that can be in use: an account may still not be declared.
    pub(super) fn blocks_of(&self, family: Family) -> Vec<usize> {
        let any = |b: &usize| match family {
            Family::Group => self.risk.layout.group_used[*b],
            Family::Account | Family::Asset => !self.segments_of(family, *b).is_empty(),
            Family::Slot | Family::Global => true,
        };
        (0..family.blocks(self.shape)).filter(any).collect()
    }
    /// `grp`, `set`, `tot`: the total of a metric over a block.
    pub(super) fn union(&mut self, family: Family, block: usize, metric: usize) -> Terms {
        let segments = self.segments_of(family, block);
        let parts: Terms = segments.iter().map(|g| (self.total(*g, metric), Fp::ONE)).collect();
        if parts.len() < LONG_UNION {
            return parts;
        }
        let known = Known::Union(segments, metric);
        if let Some(var) = self.known.get(&known) {
            return vec![(*var, Fp::ONE)];
        }
        let id = match family {
            Family::Group => "grp",
            Family::Account | Family::Asset => "set",
            Family::Slot | Family::Global => "tot",
        };
        let var = self.named(id, parts);
        self.known.insert(known, var);
        vec![(var, Fp::ONE)]
    }

    /// `worst-1`, `worst-2`: a value at least as large as the loss in every scenario.
    fn worst(&mut self, hint: Hint, family: Family, block: usize) -> Var {
        let (w, new) = self.once(Known::Hint(hint), || Source::Hint(hint));
        if !new {
            return w;
        }
        // 89 bits: eleven bytes and a bit.
        let top = self.new_value(Source::NotNegative(w));
        self.bit("worst-1", top);
        let one = self.one();
        let offset = power_of_two(WORST_BITS - 1);
        self.linear("worst-1", vec![(w, Fp::ONE), (one, offset), (top, -offset)], 11);
        for s in 0..self.shape.scenarios {
            let mut terms = self.union(family, block, self.shape.metrics() + s);
            terms.push((w, Fp::ONE));
            self.linear("worst-2", terms, WORST_SLACK_BYTES);
        }
        w
    }
    fn witness(&mut self, hint: Hint, bits: u32) -> Var {
        let (x, new) = self.once(Known::Hint(hint), || Source::Hint(hint));
        if new {
            self.signed("wit", x, bits);
        }
        x
    }
    fn selector(&mut self, hint: Hint) -> Var {
        let (z, new) = self.once(Known::Hint(hint), || Source::Hint(hint));
        if new {
            self.bit("bit", z);
        }
        z
    }
    /// `peak-1`: one number of a strip, the same all along its run where it belongs to the run (`peak-2`).
    pub(super) fn peak(&mut self, strip: usize, i: usize) -> Var {
        let first = self.first_strip(strip, i);
        let hint = Hint::Peak(first, i);
        let (n, new) = self.once(Known::Hint(hint), || Source::Hint(hint));
        if new {
            self.linear("peak-1", vec![(n, Fp::ONE)], PEAK_BITS as usize / 8);
        }
        n
    }

    /// A local variable of a block.
    pub(super) fn local(&mut self, family: Family, block: usize, var: LocalVar) -> Terms {
        let one = |v: Var| vec![(v, Fp::ONE)];
        match var {
            LocalVar::Total(k) if family == Family::Slot => self.contribution(block, k),
            LocalVar::Total(k) => self.union(family, block, k),
            LocalVar::Worst => one(self.worst(Hint::Worst(family, block), family, block)),
            LocalVar::Witness(i) => one(self.witness(Hint::Witness(family, block, i), LOCAL_WITNESS_BITS)),
            LocalVar::Bit(i) => one(self.selector(Hint::Bit(family, block, i))),
            LocalVar::Peak(i) => self.peaks(family, block, i),
        }
    }
    /// `col`: what one slot adds to a column.
    fn contribution(&mut self, slot: usize, k: usize) -> Terms {
        let weight = i128::from(self.risk.weights_of(self.shape, slot)[k]);
        let [by_signed, by_long] = split(self.shape.mode(k), weight);
        let mut out = Vec::new();
        if by_signed != 0 {
            let q = self.once(Known::Signed(slot), || Source::Signed(slot)).0;
            out.push((q, crate::field::from_i128(by_signed)));
        }
        if by_long != 0 {
            let long = self.once(Known::Long(slot), || Source::Long(slot)).0;
            out.push((long, crate::field::from_i128(by_long)));
        }
        out
    }
    /// `mask`: a local variable where its block counts, zero where an account is not declared.
    fn counted(&mut self, family: Family, block: usize, var: LocalVar) -> Var {
        let value = self.local(family, block, var)[0].0;
        if family != Family::Account {
            return value;
        }
        let Source::Hint(hint) = self.sources[value.0 as usize] else {
            unreachable!("worst losses, witnesses and bits are hints")
        };
        let active = self.input(Inputs::active(block));
        let (masked, new) = self.once(Known::Masked(hint), || Source::Product(active, value));
        if new {
            self.law("mask", Law::Product(active, value, masked));
        }
        masked
    }
    fn summed(&mut self, family: Family, var: LocalVar) -> Terms {
        self.blocks_of(family).into_iter().map(|b| (self.counted(family, b, var), Fp::ONE)).collect()
    }

    /// A global variable.
    pub(super) fn global(&mut self, var: GlobalVar) -> Terms {
        let one = |v: Var| vec![(v, Fp::ONE)];
        match var {
            GlobalVar::Total(k) => self.union(Family::Global, 0, k),
            GlobalVar::WorstBook => one(self.worst(Hint::WorstBook, Family::Global, 0)),
            GlobalVar::Witness(i) => one(self.witness(Hint::BookWitness(i), GLOBAL_WITNESS_BITS)),
            GlobalVar::Bit(i) => one(self.selector(Hint::BookBit(i))),
            GlobalVar::PeakSum(i) => self.peaks(Family::Global, 0, i),
            GlobalVar::One => one(self.one()),
            GlobalVar::WorstSum(family) => self.sum_once(var, family, LocalVar::Worst),
            GlobalVar::WitnessSum(family, i) => self.sum_once(var, family, LocalVar::Witness(i)),
            GlobalVar::BitSum(family, i) => self.sum_once(var, family, LocalVar::Bit(i)),
        }
    }
    fn sum_once(&mut self, var: GlobalVar, family: Family, local: LocalVar) -> Terms {
        let at = var.index(self.shape).expect("a variable of the shape");
        if let Some(known) = self.known.get(&Known::Global(at)) {
            return vec![(*known, Fp::ONE)];
        }
        let terms = self.summed(family, local);
        let Some(sum) = self.single("mask", terms) else { return Vec::new() };
        self.known.insert(Known::Global(at), sum);
        vec![(sum, Fp::ONE)]
    }
}

/// A weight on a mode of `q` as weights on `q` and on `max(q, 0)`: `|q| = 2 max(q, 0) - q`, `max(-q, 0) = max(q, 0) - q`.
pub fn split(mode: Mode, weight: i128) -> [i128; 2] {
    match mode {
        Mode::Signed | Mode::Scenario => [weight, 0],
        Mode::Absolute => [-weight, 2 * weight],
        Mode::Long => [0, weight],
        Mode::Short => [-weight, weight],
    }
}
