//! `run-1..3`, `peak-1..4`: sums along runs of strikes, and the numbers that bound them.
//!
//! A shape without strips has none of this. Whether the public data means strikes in order is the sheet checker's to say;
//! over any public data these rows say what `docs/statement.md` says they do.

use super::compliance::signed_order;
use super::quantity::Slot;
use super::range;
use super::system::{Id, Num, System};
use ark_bn254::Fr;
use ark_ff::{AdditiveGroup, Field};
use mandate_statement::{PEAK_BITS, PEAK_SLACK_BITS, Runs, Shape};

/// The public data of runs, read from the inputs. The first strip carries nothing, and the first gap is of no consequence:
/// neither is an input.
struct Sheet {
    carry: Vec<Num>,
    used: Vec<Num>,
    gap: Vec<Num>,
    coins: Vec<Num>,
    cover: Vec<Num>,
}

impl Sheet {
    fn read(system: &System, shape: &Shape, first_input: usize) -> Self {
        let mut next = first_input;
        let mut take = |n: usize| -> Vec<Num> {
            next += n;
            (next - n..next).map(|i| system.input(i)).collect()
        };
        let after_none = |rest: Vec<Num>| std::iter::once(System::zero()).chain(rest).collect();
        let (strips, pairs) = (shape.strips, shape.pairs());
        Self {
            carry: after_none(take(strips - 1)),
            used: take(strips),
            gap: after_none(take(pairs - 1)),
            coins: take(2 * pairs),
            cover: take(pairs),
        }
    }
}

/// Sums at every pair: calls to cover, what calls pay, what puts pay.
struct Sums {
    covered: Vec<Num>,
    calls: Vec<Num>,
    puts: Vec<Num>,
}

/// Enforces the sums of all runs and their peaks; returns, per segment, the peaks of the runs in use that end in it, added up.
///
/// Rows: `5` products a pair, `5` a strip, and `90` for each of two bounds a pair and four numbers a strip.
pub fn enforce(system: &mut System, shape: &Shape, first_input: usize, slots: &[Slot]) -> Vec<Vec<Num>> {
    if shape.strips == 0 {
        return vec![Vec::new(); shape.segments];
    }
    let sheet = Sheet::read(system, shape, first_input);
    let sums = along(system, &sheet, slots);
    let peaks = peaks(system, &sheet, &sums);
    let per_segment = shape.strips / shape.segments;
    (0..shape.segments)
        .map(|segment| {
            (0..Runs::PEAKS)
                .map(|i| {
                    let mut sum = System::zero();
                    let strips = sheet.used.iter().zip(&peaks).skip(segment * per_segment);
                    for (used, peaks) in strips.take(per_segment) {
                        // peak-4: a strip that does not end a run in use adds nothing.
                        let part = system.product(Id::PeakMask, used, &peaks[i]);
                        sum.add_assign(&part);
                    }
                    sum
                })
                .collect()
        })
        .collect()
}

/// `run-1..3`: every sum at every pair.
fn along(system: &mut System, sheet: &Sheet, slots: &[Slot]) -> Sums {
    let pairs = sheet.gap.len();
    let mut out = Sums { covered: Vec::new(), calls: Vec::new(), puts: Vec::new() };
    // run-1: what a slot adds.
    let mut puts_at = Vec::with_capacity(pairs);
    let (mut covered, mut slope, mut paid) = (System::zero(), System::zero(), System::zero());
    for pair in 0..pairs {
        let (call, put) = (&slots[2 * pair].signed, &slots[2 * pair + 1].signed);
        if pair > 0 && pair % Runs::STRIP_PAIRS == 0 {
            // run-3: into the next strip of the run, or nothing where another run begins.
            let carry = &sheet.carry[pair / Runs::STRIP_PAIRS];
            covered = system.product(Id::RunCarry, carry, &covered);
            slope = system.product(Id::RunCarry, carry, &slope);
            paid = system.product(Id::RunCarry, carry, &paid);
        }
        if pair > 0 {
            // run-2: calls of lower strikes pay their coins for every tick from one strike to the next.
            let more = system.product(Id::RunPayoff, &sheet.gap[pair], &slope);
            paid.add_assign(&more);
        }
        covered.add_assign(&system.product(Id::RunTerm, &sheet.cover[pair], call));
        slope.add_assign(&system.product(Id::RunTerm, &sheet.coins[2 * pair], call));
        puts_at.push(system.product(Id::RunTerm, &sheet.coins[2 * pair + 1], put));
        out.covered.push(covered.clone());
        out.calls.push(paid.clone());
    }
    // The same for puts, from the highest strike down.
    let (mut slope, mut paid) = (System::zero(), System::zero());
    for pair in (0..pairs).rev() {
        let next = pair + 1;
        if next < pairs && next % Runs::STRIP_PAIRS == 0 {
            let carry = &sheet.carry[next / Runs::STRIP_PAIRS];
            slope = system.product(Id::RunCarry, carry, &slope);
            paid = system.product(Id::RunCarry, carry, &paid);
        }
        if next < pairs {
            let more = system.product(Id::RunPayoff, &sheet.gap[next], &slope);
            paid.add_assign(&more);
        }
        slope.add_assign(&puts_at[pair]);
        out.puts.push(paid.clone());
    }
    out.puts.reverse();
    out
}

/// `peak-1..3`: three numbers a strip that are at least what they bound, two of them the same all along a run.
fn peaks(system: &mut System, sheet: &Sheet, sums: &Sums) -> Vec<Vec<Num>> {
    let mut out: Vec<Vec<Num>> = Vec::with_capacity(sheet.used.len());
    for (strip, least) in least(sheet, sums).into_iter().enumerate() {
        // peak-1: from zero up. Not below zero, so that one run never makes up for another.
        let peaks: Vec<Num> = least
            .into_iter()
            .map(|value| {
                let (_, sum) = range::bits(system, Id::PeakRange, value, PEAK_BITS);
                system.settle(Id::PeakRange, &sum)
            })
            .collect();
        if let Some(before) = out.last() {
            // peak-2: one number for the whole run.
            for i in [Runs::UNCOVERED, Runs::EXPIRY_LOSS] {
                let step = peaks[i].minus(&before[i]);
                system.enforce(Id::PeakJoin, &sheet.carry[strip], &step, &System::zero());
            }
        }
        // peak-3: the peak and the sum are each below 2^88 in magnitude, so together below 2^89.
        let pairs = strip * Runs::STRIP_PAIRS..(strip + 1) * Runs::STRIP_PAIRS;
        for pair in pairs.clone() {
            let spare = peaks[Runs::UNCOVERED].plus(&sums.covered[pair]);
            range::enforce(system, Id::Peak, &spare, PEAK_SLACK_BITS);
            let spare = peaks[Runs::EXPIRY_LOSS].plus(&sums.calls[pair]).plus(&sums.puts[pair]);
            range::enforce(system, Id::Peak, &spare, PEAK_SLACK_BITS);
        }
        let spare = peaks[Runs::UPSIDE].plus(&sums.covered[pairs.end - 1]);
        range::enforce(system, Id::Peak, &spare, PEAK_SLACK_BITS);
        out.push(peaks);
    }
    out
}

/// What an honest prover fills in: the least numbers that satisfy the rows.
fn least(sheet: &Sheet, sums: &Sums) -> Vec<[Fr; Runs::PEAKS]> {
    let short = |of: &Num| larger(Fr::ZERO, -of.value());
    let mut out = vec![[Fr::ZERO; Runs::PEAKS]; sheet.used.len()];
    for (strip, peaks) in out.iter_mut().enumerate() {
        for pair in strip * Runs::STRIP_PAIRS..(strip + 1) * Runs::STRIP_PAIRS {
            let paid = -(sums.calls[pair].value() + sums.puts[pair].value());
            peaks[Runs::UNCOVERED] = larger(peaks[Runs::UNCOVERED], short(&sums.covered[pair]));
            peaks[Runs::EXPIRY_LOSS] = larger(peaks[Runs::EXPIRY_LOSS], paid);
            peaks[Runs::UPSIDE] = short(&sums.covered[pair]);
        }
    }
    // To the end of each run, then back to its beginning.
    let carried: Vec<usize> = (1..out.len()).filter(|t| sheet.carry[*t].value() == Fr::ONE).collect();
    let steps = carried.iter().map(|t| (t - 1, *t)).chain(carried.iter().rev().map(|t| (*t, t - 1)));
    for (from, to) in steps {
        for i in [Runs::UNCOVERED, Runs::EXPIRY_LOSS] {
            out[to][i] = larger(out[to][i], out[from][i]);
        }
    }
    out
}

fn larger(a: Fr, b: Fr) -> Fr {
    if signed_order(b) > signed_order(a) { b } else { a }
}
