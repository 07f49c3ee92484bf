//! Where the instruments of a group stand on a shape with strips: everything else first, then options in runs.
//!
//! A *run* is the options of one underlying, settlement and expiry, on strips of their own that follow one another. Its first
//! pair of slots stands for the price zero and lists nothing; then every strike has a pair, the call in the even slot and the put in
//! the odd one, in growing order. The positions follow from the list of instruments and the shape alone, so nothing of this
//! is stored, and a group lists as many as fit: what is free in a strip, and whole strips, take new listings when the universe is
//! cut again.

use crate::instrument::{Instrument, Right, Settle};
use crate::price::Price;
use crate::slot::Slot;
use crate::universe::{Group, Universe, UniverseError};
use mandate_statement::{Runs, Shape};
use std::collections::BTreeMap;
use std::ops::Range;

/// One strike of a run: positions of its call and put in the group's list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pair {
    /// The strike.
    pub strike: Price,
    /// The call, where it is listed.
    pub call: Option<usize>,
    /// The put, where it is listed.
    pub put: Option<usize>,
}

/// The options of one expiry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Run<'a> {
    /// Symbol of the underlying.
    pub underlying: &'a str,
    /// Settlement.
    pub settle: &'a Settle,
    /// Expiry, seconds since 1970 in UTC.
    pub expiry: u64,
    /// Its strips, counted from the first strip of the group.
    pub strips: Range<usize>,
    /// Strikes in growing order; the pair for the price zero is not among them.
    pub pairs: Vec<Pair>,
}

/// How a group stands on its slots.
pub struct Arrangement<'a> {
    /// Per instrument of the list: its slot, counted from the first slot of the group.
    pub offsets: Vec<usize>,
    /// Runs in slot order; none on a shape without strips.
    pub runs: Vec<Run<'a>>,
    /// Slots from the first to the last one that is needed.
    pub needed: usize,
}

/// The arrangement of a group's list on a shape.
pub fn arrange<'a>(shape: &Shape, slots: &'a [Slot]) -> Arrangement<'a> {
    if shape.strips == 0 {
        return Arrangement { offsets: (0..slots.len()).collect(), runs: Vec::new(), needed: slots.len() };
    }
    let mut offsets = vec![0; slots.len()];
    let mut plain = 0usize;
    let mut found: BTreeMap<(&str, &Settle, u64), BTreeMap<Price, Pair>> = BTreeMap::new();
    for (i, slot) in slots.iter().enumerate() {
        let Instrument::Option { underlying, settle, expiry, strike, right } = &slot.instrument else {
            offsets[i] = plain;
            plain += 1;
            continue;
        };
        let pairs = found.entry((underlying, settle, *expiry)).or_default();
        let pair = pairs.entry(*strike).or_insert(Pair { strike: *strike, call: None, put: None });
        match right {
            Right::Call => pair.call = Some(i),
            Right::Put => pair.put = Some(i),
        }
    }
    let mut next = plain.div_ceil(Runs::STRIP_SLOTS);
    let mut runs = Vec::new();
    for ((underlying, settle, expiry), pairs) in found {
        let strips = next..next + (pairs.len() + 1).div_ceil(Runs::STRIP_PAIRS);
        next = strips.end;
        for (n, pair) in pairs.values().enumerate() {
            let even = strips.start * Runs::STRIP_SLOTS + 2 * (n + 1);
            for (slot, i) in [(even, pair.call), (even + 1, pair.put)] {
                if let Some(i) = i {
                    offsets[i] = slot;
                }
            }
        }
        runs.push(Run { underlying, settle, expiry, strips, pairs: pairs.into_values().collect() });
    }
    Arrangement { offsets, runs, needed: next * Runs::STRIP_SLOTS }
}

impl Universe {
    /// Every group that has runs, with the index of its first slot: none on a shape without strips.
    ///
    /// # Errors
    /// As [`Universe::shape`].
    pub fn arrangements(
        &self,
    ) -> Result<impl Iterator<Item = (usize, &Group, Arrangement<'_>)>, UniverseError> {
        let shape = self.shape()?;
        let place = move |(_, _, segments, g): (usize, usize, Range<usize>, _)| {
            let g: &Group = g;
            (segments.start * shape.segment_len(), g, arrange(shape, &g.slots))
        };
        Ok(self.groups().map(place).filter(|(.., a)| !a.runs.is_empty()))
    }
}
