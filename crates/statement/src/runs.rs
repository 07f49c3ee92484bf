//! Runs: the strikes of one expiry in order, for rules that must hold at every listed strike.
//!
//! A *strip* is [`Runs::STRIP_SLOTS`] consecutive slots, read as *pairs*: the even slot is the call of a strike, the odd one
//! its put. A *run* is one strip or several that follow one another in one group: one expiry of one underlying in one account,
//! strikes ascending. Its first pair stands for the price zero and its slots are forbidden; unused pairs at its end repeat the
//! last strike. `docs/statement.md` has the sums that the circuit carries along a run.

/// The public data of runs. Every list is empty in a shape without strips.
#[derive(Clone, Debug, Default, PartialEq, Eq, bincode::Encode, bincode::Decode)]
pub struct Runs {
    /// Per strip: whether it continues the run of the strip before it. The first never does.
    pub carry: Vec<bool>,
    /// Per strip: whether it is the last of a run that is in use; peaks are read there.
    pub used: Vec<bool>,
    /// Per pair: its strike less the strike of the pair before it in the run, in price ticks; zero at the first of a run.
    pub gap: Vec<i64>,
    /// Per slot: coins that one lot of this call (even slot) or put (odd slot) delivers, in coin units. Zero for what is no option.
    pub coins: Vec<i64>,
    /// Per pair: what one lot of its call delivers, in money at the index, to the nearest unit.
    pub cover: Vec<i64>,
}

impl Runs {
    /// Slots of a strip.
    pub const STRIP_SLOTS: usize = 16;
    /// Pairs of a strip.
    pub const STRIP_PAIRS: usize = Self::STRIP_SLOTS / 2;
    /// How many numbers a run has: [`Runs::UNCOVERED`], [`Runs::UPSIDE`], [`Runs::EXPIRY_LOSS`].
    pub const PEAKS: usize = 3;
    /// The most that calls up to one strike are short of, over all strikes, in money at the index; never below zero.
    pub const UNCOVERED: usize = 0;
    /// What all calls of the run together are short of, in money at the index; never below zero.
    pub const UPSIDE: usize = 1;
    /// The largest loss at expiry over the price zero and every strike, in money; never below zero.
    pub const EXPIRY_LOSS: usize = 2;

    /// Whether there is nothing in it.
    pub fn is_empty(&self) -> bool {
        self.carry.is_empty()
            && self.used.is_empty()
            && self.gap.is_empty()
            && self.coins.is_empty()
            && self.cover.is_empty()
    }
    /// No runs: as many strips as `shape` has, none of them in use.
    pub fn none(shape: &crate::Shape) -> Self {
        Self {
            carry: vec![false; shape.strips],
            used: vec![false; shape.strips],
            gap: vec![0; shape.pairs()],
            coins: vec![0; shape.strips * Self::STRIP_SLOTS],
            cover: vec![0; shape.pairs()],
        }
    }
    /// The strips of every run, in order, each as `(first strip, last strip)`.
    pub fn spans(&self) -> Vec<(usize, usize)> {
        let mut out: Vec<(usize, usize)> = Vec::new();
        for (strip, carry) in self.carry.iter().enumerate() {
            match out.last_mut() {
                Some(run) if *carry => run.1 = strip,
                _ => out.push((strip, strip)),
            }
        }
        out
    }
}
