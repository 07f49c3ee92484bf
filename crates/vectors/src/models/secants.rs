//! A convex charge that is no sum of straight lines, bounded from above by the chords between public amounts.
//!
//! Rows are linear, so a square or a square root of a private amount is not in the language. A convex charge is at most its
//! chord between two amounts, and equal to it at both: `tiers` over a public grid proves a requirement that is exact at the
//! grid's amounts and too large, never too small, between them.

use super::common::{num, ten, usd};
use crate::{Q, Trouble, whole};
use num_bigint::BigInt;
use num_traits::{One, Signed, Zero};

/// A square root to forty decimal places, rounded up.
pub(crate) fn root_up(x: &Q) -> Q {
    let scale = BigInt::from(10u8).pow(80);
    let scaled = (x.numer() * &scale).div_ceil_by(x.denom());
    let down = scaled.sqrt();
    let up = if &down * &down == scaled { down } else { down + 1u8 };
    Q::new(up, BigInt::from(10u8).pow(40))
}

trait DivCeil {
    fn div_ceil_by(&self, d: &BigInt) -> BigInt;
}

impl DivCeil for BigInt {
    fn div_ceil_by(&self, d: &BigInt) -> BigInt {
        Q::new(self.clone(), d.clone()).ceil().to_integer()
    }
}

/// Round amounts from the decade of `from` to `to`: every multiple of `step` hundredths of a decade's first amount from one
/// decade to the next. A step of 50 gives 1, 1.5, 2 .. 9.5, 10, 15 ..; of 10 gives amounts of two digits.
pub(crate) fn round_amounts(from: &Q, to: &Q, step: i64) -> Vec<Q> {
    if !from.is_positive() {
        return Vec::new();
    }
    let mut decade = Q::one();
    while &decade > from {
        decade /= whole(10);
    }
    while &(&decade * whole(10)) <= from {
        decade *= whole(10);
    }
    let mut out = Vec::new();
    while &decade <= to {
        for m in (100..1000).step_by(usize::try_from(step).unwrap_or(50)) {
            let amount = &decade * crate::ratio(m, 100);
            if &amount >= from && &amount <= to {
                out.push(amount);
            }
        }
        decade *= whole(10);
    }
    out
}

/// `tiers` of an argument over the chords of a charge that starts at zero and never falls. Every rate is rounded up so that
/// the chords end at the charge or less than `step` times its last place above it. Beyond the last amount the last rate is
/// no bound, so a rule must say beside it that the argument stays below.
pub(crate) struct Secants {
    steps: Vec<(Q, Q)>,
    last: Q,
    slack: Q,
}

impl Secants {
    /// Of the charge at the amounts, which do not include zero; rates with so many decimal places.
    ///
    /// # Errors
    /// [`Trouble::Cannot`] where the charge is not convex at the amounts.
    pub(crate) fn new(amounts: &[Q], places: i32, charge: impl Fn(&Q) -> Q) -> Result<Self, Trouble> {
        let (mut steps, mut rate_before) = (Vec::new(), Q::zero());
        let (mut from, mut at, mut slack) = (Q::zero(), Q::zero(), Q::zero());
        for to in amounts {
            let width = to - &from;
            if !width.is_positive() {
                return Err(Trouble::Cannot("the grid's amounts are not above zero and in order".into()));
            }
            let rate = ((charge(to) - &at) / &width * ten(places)).ceil() * ten(-places);
            slack = slack.max(&width * ten(-places));
            if rate < rate_before || rate.is_negative() {
                return Err(Trouble::Cannot("the charge is not convex on the grid".into()));
            }
            if rate > rate_before || steps.is_empty() {
                steps.push((from.clone(), rate.clone()));
            }
            at += &width * &rate;
            (from, rate_before) = (to.clone(), rate);
        }
        Ok(Self { steps, last: from, slack })
    }
    /// How far above the charge the chords may be at the amounts.
    pub(crate) fn slack(&self) -> &Q {
        &self.slack
    }
    /// The charge on a money expression of the book.
    pub(crate) fn of(&self, argument: &str) -> String {
        let steps: Vec<String> =
            self.steps.iter().map(|(from, rate)| format!("{}: {}", usd(from), num(rate))).collect();
        format!("tiers({argument}; {})", steps.join(", "))
    }
    /// The statement under which the charge is a bound.
    pub(crate) fn range(&self, argument: &str) -> String {
        format!("{argument} <= {}", usd(&self.last))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ratio;

    #[test]
    fn roots_go_up_and_grids_are_round() {
        assert_eq!(root_up(&whole(9)), whole(3));
        let two = root_up(&whole(2));
        assert!(&two * &two > whole(2) && (&two - ten(-40)) * (&two - ten(-40)) < whole(2));
        let shown: Vec<String> = round_amounts(&ratio(8, 1), &whole(20), 50).iter().map(num).collect();
        assert_eq!(shown, ["8", "8.5", "9", "9.5", "10", "15", "20"]);
        assert_eq!(round_amounts(&ratio(21, 10), &ratio(24, 10), 10).len(), 4);
    }

    #[test]
    fn chords_of_a_square_are_exact_at_the_amounts_and_above_between() {
        let amounts: Vec<Q> = (1..=4).map(whole).collect();
        let s = Secants::new(&amounts, 12, |x| x * x).unwrap();
        assert_eq!(s.of("a(all)"), "tiers(a(all); 0 USD: 1, 1 USD: 3, 2 USD: 5, 3 USD: 7)");
        assert_eq!(s.range("a(all)"), "a(all) <= 4 USD");
        // A third of a square with rates of one place: 0.4, then enough for 4/3, 3 and 16/3 without adding up the excess.
        let third = Secants::new(&amounts, 1, |x| x * x / whole(3)).unwrap();
        assert_eq!(third.of("a(all)"), "tiers(a(all); 0 USD: 0.4, 1 USD: 1, 2 USD: 1.6, 3 USD: 2.4)");
        assert_eq!(third.slack(), &ratio(1, 10));
        assert!(Secants::new(&amounts, 12, root_up).is_err());
        assert!(Secants::new(&[whole(2), whole(1)], 12, Q::clone).is_err());
        assert!(round_amounts(&Q::zero(), &whole(9), 50).is_empty());
    }
}
