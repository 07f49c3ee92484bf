//! Runs of strikes: sums along them, and the numbers that bound those sums.

use super::{Builder, Known, Source, Terms, Var};
use crate::field::from_i128;
use ff::Field;
use mandate_statement::{Family, Runs};
use pasta_curves::Fp;

/// Bytes of a peak and a sum together: above their 89 bits.
const SLACK_BYTES: usize = 12;

/// Sums at every pair, or nothing where nothing has been added yet.
struct Sums {
    /// Calls to cover.
    covered: Vec<Option<Var>>,
    /// What calls pay.
    calls: Vec<Option<Var>>,
    /// What puts pay.
    puts: Vec<Option<Var>>,
}

impl Builder<'_> {
    /// The first strip that shares number `i` with `strip`: itself for the upside, the run's first for the other two.
    pub(super) fn first_strip(&self, strip: usize, i: usize) -> usize {
        let mut first = strip;
        while i != Runs::UPSIDE && first > 0 && self.risk.runs.carry[first] {
            first -= 1;
        }
        first
    }
    /// `peak-4`: the sum of one number over the runs in use of a block.
    pub(super) fn peaks(&mut self, family: Family, block: usize, i: usize) -> Terms {
        self.bounds();
        let per_segment = self.shape.strips / self.shape.segments;
        let mut out = Vec::new();
        for g in self.segments_of(family, block) {
            for strip in g * per_segment..(g + 1) * per_segment {
                if self.risk.runs.used[strip] {
                    out.push((self.peak(strip, i), Fp::ONE));
                }
            }
        }
        out
    }

    /// `peak-3`, for every pair, the first time that a row reads a peak.
    fn bounds(&mut self) {
        // The mark is a value that no rule can name: one more than the global variables.
        let mark = Known::Global(usize::MAX);
        if self.known.contains_key(&mark) {
            return;
        }
        let one = self.one();
        self.known.insert(mark, one);
        let sums = self.along();
        for strip in 0..self.shape.strips {
            let pairs = strip * Runs::STRIP_PAIRS..(strip + 1) * Runs::STRIP_PAIRS;
            let last = pairs.end - 1;
            let at_least = |n: Var, sums: [Option<Var>; 2]| -> Terms {
                std::iter::once(n).chain(sums.into_iter().flatten()).map(|v| (v, Fp::ONE)).collect()
            };
            for pair in pairs {
                let n = self.peak(strip, Runs::UNCOVERED);
                self.linear("peak-3", at_least(n, [sums.covered[pair], None]), SLACK_BYTES);
                let n = self.peak(strip, Runs::EXPIRY_LOSS);
                self.linear("peak-3", at_least(n, [sums.calls[pair], sums.puts[pair]]), SLACK_BYTES);
            }
            let n = self.peak(strip, Runs::UPSIDE);
            self.linear("peak-3", at_least(n, [sums.covered[last], None]), SLACK_BYTES);
        }
    }

    /// `before + sum of weight * value`, a value of its own where something is added.
    fn plus(&mut self, id: &'static str, before: Option<Var>, more: &[(Option<Var>, i64)]) -> Option<Var> {
        let more = more.iter().filter(|(_, c)| *c != 0);
        let terms: Terms = more
            .filter_map(|(v, c)| v.map(|v| (v, from_i128(i128::from(*c)))))
            .chain(before.map(|v| (v, Fp::ONE)))
            .collect();
        self.single(id, terms)
    }
    fn quantity(&mut self, slot: usize) -> Option<Var> {
        Some(self.once(Known::Signed(slot), || Source::Signed(slot)).0)
    }

    /// `run-1..3`: every sum at every pair.
    fn along(&mut self) -> Sums {
        let runs = self.risk.runs.clone();
        let pairs = self.shape.pairs();
        let mut out = Sums { covered: Vec::new(), calls: Vec::new(), puts: Vec::new() };
        let (mut covered, mut slope, mut paid) = (None, None, None);
        for pair in 0..pairs {
            if pair % Runs::STRIP_PAIRS == 0 && !runs.carry[pair / Runs::STRIP_PAIRS] {
                (covered, slope, paid) = (None, None, None);
            }
            if pair > 0 {
                paid = self.plus("run-2", paid, &[(slope, runs.gap[pair])]);
            }
            let call = self.quantity(2 * pair);
            covered = self.plus("run-1", covered, &[(call, runs.cover[pair])]);
            slope = self.plus("run-1", slope, &[(call, runs.coins[2 * pair])]);
            out.covered.push(covered);
            out.calls.push(paid);
        }
        let (mut slope, mut paid) = (None, None);
        for pair in (0..pairs).rev() {
            let next = pair + 1;
            if next < pairs {
                if next % Runs::STRIP_PAIRS == 0 && !runs.carry[next / Runs::STRIP_PAIRS] {
                    (slope, paid) = (None, None);
                }
                paid = self.plus("run-2", paid, &[(slope, runs.gap[next])]);
            }
            let put = self.quantity(2 * pair + 1);
            slope = self.plus("run-1", slope, &[(put, runs.coins[2 * pair + 1])]);
            out.puts.push(paid);
        }
        out.puts.reverse();
        out
    }
}
