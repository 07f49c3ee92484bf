//! How long to wait after a failure.

use mandate_statement::keccak;
use std::time::Duration;

/// Exponential waits with seeded jitter: after the n-th failure in a row between half and all of `first * 2^(n-1)`, at most
/// `most`. One seed, one sequence.
#[derive(Clone, Debug)]
pub struct Backoff {
    first: Duration,
    most: Duration,
    seed: u64,
    failures: u32,
    drawn: u64,
}

impl Backoff {
    /// Nothing failed so far.
    pub const fn new(first: Duration, most: Duration, seed: u64) -> Self {
        Self { first, most, seed, failures: 0, drawn: 0 }
    }
    /// Failures in a row.
    pub const fn failures(&self) -> u32 {
        self.failures
    }
    /// Something went well.
    pub const fn reset(&mut self) {
        self.failures = 0;
    }
    /// Something failed: how long to wait.
    pub fn fail(&mut self) -> Duration {
        let doublings = self.failures.min(30);
        self.failures = self.failures.saturating_add(1);
        let whole = self.first.saturating_mul(1 << doublings).min(self.most);
        let half = whole / 2;
        half + half.mul_f64(self.draw())
    }
    /// The next of a sequence in `[0, 1)` that the seed fixes.
    fn draw(&mut self) -> f64 {
        let bytes = [self.seed.to_be_bytes(), self.drawn.to_be_bytes()].concat();
        self.drawn += 1;
        let mut word = [0u8; 4];
        word.copy_from_slice(&keccak(&bytes).0[..4]);
        f64::from(u32::from_be_bytes(word)) / 4_294_967_296.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn waits_double_up_to_the_most_and_start_anew() {
        let mut backoff = Backoff::new(SECOND, SECOND * 60, 7);
        for n in 0..40u32 {
            let whole = (SECOND * (1 << n.min(20))).min(SECOND * 60);
            let wait = backoff.fail();
            assert!(wait >= whole / 2 && wait < whole, "failure {n}: {wait:?} of {whole:?}");
        }
        backoff.reset();
        assert!(backoff.fail() < SECOND);
    }

    #[test]
    fn one_seed_is_one_sequence() {
        let waits = |seed| {
            let mut backoff = Backoff::new(SECOND, SECOND * 60, seed);
            (0..8).map(|_| backoff.fail()).collect::<Vec<_>>()
        };
        assert_eq!(waits(1), waits(1));
        assert_ne!(waits(1), waits(2), "two agents that lost one node do not come back at once");
    }
}
