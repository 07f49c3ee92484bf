//! Runs of strikes: that the public data along them means what the sums of the circuit take it for.
//!
//! The circuit adds up whatever it is given. Here it is held to this: a run lies in one group and is marked where it ends;
//! its first pair is the price zero, its strikes ascend; every option stands in a run, with what a lot of it delivers; calls are
//! to be covered at one price; and no sum along a run leaves its 88 bits.

use crate::finding::{Finding, Findings};
use crate::model::Model;
use mandate_statement::{RiskPart, Runs, Shape, WEIGHT_SUM_BITS};

/// Checks the runs of a part whose lists have their lengths; says how many are in use. `usable` has a mark per slot.
pub fn check(
    shape: &Shape,
    model: &Model,
    part: &RiskPart,
    usable: &[bool],
    findings: &mut Findings,
) -> usize {
    if shape.strips == 0 {
        return 0;
    }
    let runs = &part.runs;
    if runs.carry[0] {
        findings.push(Finding::FirstStripCarries);
    }
    let segment = |strip: usize| strip * Runs::STRIP_SLOTS / shape.segment_len();
    for strip in (1..shape.strips).filter(|strip| runs.carry[*strip]) {
        let here = segment(strip);
        if segment(strip - 1) != here && !part.layout.carry[here] {
            findings.push(Finding::RunAcrossGroups { strip });
        }
    }
    let mut in_use = vec![false; shape.strips];
    let mut count = 0;
    for (first, last) in runs.spans() {
        (first..last)
            .filter(|strip| runs.used[*strip])
            .for_each(|strip| findings.push(Finding::MarkInsideRun { strip }));
        let run = Run { part, usable, pairs: first * Runs::STRIP_PAIRS..(last + 1) * Runs::STRIP_PAIRS };
        if runs.used[last] {
            count += 1;
            in_use[first..=last].fill(true);
            run.check(last, findings);
        } else if let Some(what) = run.says_something() {
            findings.push(Finding::RunUnmarked { strip: last, what });
        }
    }
    let options = ["premium", "short_options"].map(|name| model.column(name));
    for slot in (0..shape.slots).filter(|slot| !in_use[slot / Runs::STRIP_SLOTS]) {
        let weights = part.weights_of(shape, slot);
        if options.iter().flatten().any(|column| weights[*column] != 0) {
            findings.push(Finding::OptionOutsideRun { slot });
        }
    }
    count
}

/// One run: its pairs, first to last.
struct Run<'a> {
    part: &'a RiskPart,
    usable: &'a [bool],
    pairs: std::ops::Range<usize>,
}

impl Run<'_> {
    /// What a run that is not in use says nevertheless. Strikes of options that have no price may stand there.
    fn says_something(&self) -> Option<&'static str> {
        let runs = &self.part.runs;
        let mut slots = 2 * self.pairs.start..2 * self.pairs.end;
        if slots.any(|slot| runs.coins[slot] != 0) {
            Some("something in it delivers coins")
        } else if self.pairs.clone().any(|pair| runs.cover[pair] != 0) {
            Some("it has calls to cover")
        } else {
            None
        }
    }

    fn check(&self, last: usize, findings: &mut Findings) {
        let runs = &self.part.runs;
        let slots = 2 * self.pairs.start..2 * self.pairs.end;
        if !slots.clone().any(|slot| self.usable[slot]) {
            findings.push(Finding::RunEmpty { strip: last });
        }
        let first = self.pairs.start;
        for slot in [2 * first, 2 * first + 1] {
            if self.usable[slot] {
                findings.push(Finding::PriceZeroUsable { slot });
            }
        }
        if runs.gap[first] != 0 {
            findings.push(Finding::GapAtZero { pair: first, gap: runs.gap[first] });
        }
        for pair in self.pairs.clone().skip(1).filter(|pair| runs.gap[*pair] < 0) {
            findings.push(Finding::NegativeGap { pair, gap: runs.gap[pair] });
        }
        for slot in slots {
            let (coins, usable) = (runs.coins[slot], self.usable[slot]);
            if coins < 0 || usable != (coins != 0) {
                findings.push(Finding::Coins { slot, coins, usable });
            }
        }
        for pair in self.pairs.clone() {
            let (coins, cover) = (runs.coins[2 * pair], runs.cover[pair]);
            if cover < 0 || (coins == 0 && cover != 0) {
                findings.push(Finding::Cover { pair, cover });
            }
        }
        if self.widths(last, findings) && !self.one_price() {
            findings.push(Finding::CoverPrice { strip: last });
        }
    }

    /// With every quantity below `2^47` in magnitude, a sum along the run stays below `2^88` where its weights' magnitudes sum
    /// to less than `2^41`. What options pay at a price is convex in it, so it weighs most at zero or at the last strike.
    fn widths(&self, last: usize, findings: &mut Findings) -> bool {
        let runs = &self.part.runs;
        let add = |sum: u128, weight: u128| sum.saturating_add(weight);
        let (mut cover, mut calls, mut puts) = (0u128, 0u128, 0u128);
        let (mut at_last, mut at_zero) = (0u128, 0u128);
        let (mut slope, mut strike) = (0u128, 0u128);
        for pair in self.pairs.clone() {
            let gap = u128::from(runs.gap[pair].unsigned_abs());
            let [call, put] = [0, 1].map(|i| u128::from(runs.coins[2 * pair + i].unsigned_abs()));
            at_last = add(at_last, slope.saturating_mul(gap));
            slope = add(slope, call);
            strike = add(strike, gap);
            at_zero = add(at_zero, put.saturating_mul(strike));
            cover = add(cover, u128::from(runs.cover[pair].unsigned_abs()));
            (calls, puts) = (add(calls, call), add(puts, put));
        }
        let sums = [
            ("what its calls are to be covered with", cover),
            ("what its calls deliver", calls),
            ("what its puts deliver", puts),
            ("what its calls pay at the last strike", at_last),
            ("what its puts pay at the price zero", at_zero),
        ];
        let mut fits = true;
        for (what, sum) in sums {
            if sum >> WEIGHT_SUM_BITS != 0 {
                findings.push(Finding::RunTooWide { strip: last, what });
                fits = false;
            }
        }
        fits
    }

    /// Whether one price of a coin explains what every call is to be covered with, to half a unit each way. All weights are
    /// below `2^41`.
    fn one_price(&self) -> bool {
        let runs = &self.part.runs;
        // `(2 cover - 1) / (2 coins) <= price <= (2 cover + 1) / (2 coins)`.
        let mut low: Option<(i128, i128)> = None;
        let mut high: Option<(i128, i128)> = None;
        for pair in self.pairs.clone().filter(|pair| runs.coins[2 * pair] > 0) {
            let (coins, cover) = (2 * i128::from(runs.coins[2 * pair]), 2 * i128::from(runs.cover[pair]));
            let above = |a: (i128, i128), b: (i128, i128)| a.0 * b.1 > b.0 * a.1;
            let (from, to) = ((cover - 1, coins), (cover + 1, coins));
            if low.is_none_or(|low| above(from, low)) {
                low = Some(from);
            }
            if high.is_none_or(|high| above(high, to)) {
                high = Some(to);
            }
        }
        low.zip(high).is_none_or(|(low, high)| low.0 * high.1 <= high.0 * low.1)
    }
}
