//! What depends on which blocks or scenarios are the largest, from the definitions.

use super::Interval;
use num_bigint::BigInt;
use num_rational::BigRational;
use num_traits::{ToPrimitive, Zero};

/// `value` where it is above `threshold`, nothing where it is not. Within the rounding both can be so: the upper end counts
/// it where it may be above, the lower end where it must be.
pub(super) fn if_above(value: Interval, threshold: &Interval) -> Interval {
    let zero = BigRational::zero;
    let high = if value.high > threshold.low { value.high } else { zero() };
    let low = if value.low > threshold.high { value.low } else { value.low.min(zero()) };
    Interval { low, high }
}

/// The sum of the `count` largest, or of all where there are fewer. It never falls with any of them, so each end is the sum
/// of the largest of that end.
pub(super) fn largest(list: Vec<Interval>, count: usize) -> Interval {
    let (low, high): (Vec<_>, Vec<_>) = list.into_iter().map(|i| (i.low, i.high)).unzip();
    let sum = |mut ends: Vec<BigRational>| {
        ends.sort_by(|a, b| b.cmp(a));
        ends.into_iter().take(count).fold(BigRational::zero(), |sum, e| sum + e)
    };
    Interval { low: sum(low), high: sum(high) }
}

/// The mean of the worst `share` of the losses, which come largest first and weigh the same: whole losses as far as the share
/// reaches, and of the next one the part that is left.
pub(super) fn tail_mean(losses: &[BigInt], share: &BigRational) -> BigRational {
    let tail = share * BigRational::from(BigInt::from(losses.len()));
    let whole = tail.floor().to_integer().to_usize().unwrap_or(losses.len());
    let part = &tail - BigRational::from(BigInt::from(whole));
    let mut sum: BigRational = losses.iter().take(whole).map(|l| BigRational::from(l.clone())).sum();
    if let Some(next) = losses.get(whole) {
        sum += part * BigRational::from(next.clone());
    }
    sum / tail
}
