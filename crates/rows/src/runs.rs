//! Runs read as plain integers: the peaks of every run from what its options pay, strike by strike.
//!
//! The circuit carries sums along a run; this takes each strike on its own, as a payoff diagram is drawn, so the two readings
//! share no step. Strikes are taken in their order along the run, whatever the gaps say.

use crate::RowsError;
use mandate_statement::{PEAK_BITS, RiskPart, Runs, Shape};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

/// The three peaks of a run: [`Runs::UNCOVERED`], [`Runs::UPSIDE`], [`Runs::EXPIRY_LOSS`].
pub type Peaks = [i128; Runs::PEAKS];

const OUT: RowsError = RowsError::Range("a sum along a run");

/// The least peaks, per strip. The uncovered calls and the loss at expiry are one number for all strips of a run; the upside of
/// a strip is that of the run up to its end, and means the run's where the run ends. Empty in a shape without strips.
///
/// # Errors
/// [`RowsError`], where a peak leaves the range that the circuit gives it.
pub(crate) fn least(risk: &RiskPart, shape: &Shape, quantities: &[i64]) -> Result<Vec<Peaks>, RowsError> {
    let mut out = Zeroizing::new(vec![[0; Runs::PEAKS]; shape.strips]);
    let per_strip = Runs::STRIP_PAIRS;
    for (first, last) in risk.runs.spans() {
        let pairs = first * per_strip..(last + 1) * per_strip;
        let (mut uncovered, mut loss) = (0i128, 0i128);
        let mut covered = 0i128;
        for p in pairs.clone() {
            covered = covered.checked_add(times(risk.runs.cover[p], quantities[2 * p])).ok_or(OUT)?;
            uncovered = uncovered.max(-covered);
            loss = loss.max(-payoff(risk, quantities, pairs.clone(), p).ok_or(OUT)?);
            // The upside of a strip: what the calls up to its end are short of.
            out[p / per_strip][Runs::UPSIDE] = 0.max(-covered);
        }
        for strip in &mut out[first..=last] {
            strip[Runs::UNCOVERED] = uncovered;
            strip[Runs::EXPIRY_LOSS] = loss;
        }
    }
    if out.iter().flatten().any(|n| !(0..1i128 << PEAK_BITS).contains(n)) {
        return Err(RowsError::Range("a peak of a run"));
    }
    Ok(std::mem::take(&mut *out))
}

fn times(weight: i64, quantity: i64) -> i128 {
    i128::from(weight) * i128::from(quantity)
}

/// What the options of a run pay together if the price at expiry is the strike of pair `at`.
fn payoff(risk: &RiskPart, quantities: &[i64], pairs: std::ops::Range<usize>, at: usize) -> Option<i128> {
    let runs = &risk.runs;
    let mut strike = 0i128;
    let strikes: Vec<i128> = pairs
        .clone()
        .map(|p| {
            strike += i128::from(runs.gap[p]);
            strike
        })
        .collect();
    let here = strikes[at - pairs.start];
    let mut sum = 0i128;
    for (p, strike) in pairs.zip(strikes) {
        let slot = if p <= at { 2 * p } else { 2 * p + 1 };
        let (call, put) = (here - strike, strike - here);
        let each = if p <= at { call } else { put };
        let term = times(runs.coins[slot], quantities[slot]).checked_mul(each)?;
        sum = sum.checked_add(term)?;
    }
    Some(sum)
}

/// Sums of peaks over the runs in use of every block. Secret.
#[derive(Zeroize, ZeroizeOnDrop)]
pub(crate) struct PeakSums {
    /// Per segment: sum over the group so far, from its first segment to this one.
    pub group: Vec<Peaks>,
    /// Per account.
    pub account: Vec<Peaks>,
    /// Per asset.
    pub asset: Vec<Peaks>,
    /// Over all runs in use.
    pub book: Peaks,
}

impl PeakSums {
    /// Adds up the peaks of strips that end a run in use; `peaks` has one entry per strip.
    pub(crate) fn of(risk: &RiskPart, shape: &Shape, peaks: &[Peaks]) -> Result<Self, RowsError> {
        let none = [0; Runs::PEAKS];
        let mut out = Self {
            group: vec![none; shape.segments],
            account: vec![none; shape.accounts],
            asset: vec![none; shape.assets],
            book: none,
        };
        let per_segment = shape.strips / shape.segments;
        for segment in 0..shape.segments {
            if segment > 0 && risk.layout.carry[segment] {
                out.group[segment] = out.group[segment - 1];
            }
            let strips = segment * per_segment..(segment + 1) * per_segment;
            for strip in strips.filter(|strip| risk.runs.used[*strip]) {
                let place = |list: &[Option<u16>]| list[segment].map(usize::from);
                add(&mut out.group[segment], &peaks[strip])?;
                add(&mut out.book, &peaks[strip])?;
                if let Some(account) = place(&risk.layout.account) {
                    add(&mut out.account[account], &peaks[strip])?;
                }
                if let Some(asset) = place(&risk.layout.asset) {
                    add(&mut out.asset[asset], &peaks[strip])?;
                }
            }
        }
        Ok(out)
    }
}

fn add(sum: &mut Peaks, peaks: &Peaks) -> Result<(), RowsError> {
    for (sum, n) in sum.iter_mut().zip(peaks) {
        *sum = sum.checked_add(*n).ok_or(RowsError::Range("a sum over runs"))?;
    }
    Ok(())
}
