//! Strategy margin of US brokers: Reg T as the Cboe margin manual works it out.
//!
//! Private: contracts and shares, with their signs. Public: strikes, premiums, days to expiry, the underlying's price and
//! class. One rule serves every strategy, because the book chooses what it is: the requirement is the *better of* two
//! readings, and the prover picks.
//!
//! - *Each leg for itself*: long options are paid for (75% in a margin account beyond nine months); options written take
//!   their naked charge, and of written calls and puts only the greater side does while the other adds its premium
//!   (straddles and strangles).
//! - *As a spread*: what was paid or taken in, and the largest loss at expiry over zero and every strike. An option held
//!   counts only if it does not expire before one that it may have to cover (calendars, diagonals). Calls written beyond the
//!   calls held have no largest loss: they take the naked charge, their premium given back.
//!
//! With shares in the universe: 50% of long shares, 150% of short ones, and calls (puts) written are charged only beyond what
//! long (short) shares cover. Charges per contract are rounded to cents per share, as the source does, to the even cent.

use super::found::{Found, larger, positive};
use crate::report::each;
use crate::{Outcome, Problem, Q, Trouble, list, number, optional, ratio, text, whole};
use mandate_statement::Mode;
use num_integer::Integer;
use num_traits::{One, Zero};
use serde_json::Value;

const MODEL: &str = "reg-t";
/// Days above which a long option is charged 75% of its cost: nine months.
const LONG_DATED: i64 = 270;

/// One outcome per vector of the file.
pub fn run(file: &Value) -> Vec<Outcome> {
    let multiplier = optional(file, "multiplier").unwrap_or_else(|| whole(100));
    each(file, MODEL, |vector| {
        let book = Book::read(crate::at(vector, "inputs")?, &multiplier)?;
        let mut found = Found::default();
        for account in [Account::Cash, Account::Margin] {
            let (problem, requirement) = book.problem(account);
            let name = if account == Account::Cash { "cash_account" } else { "margin_account" };
            found.at_most(name, &problem, &requirement)?;
        }
        found.compare(crate::at(vector, "expected")?)
    })
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Account {
    Cash,
    Margin,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Call,
    Put,
}

struct Leg {
    kind: Kind,
    strike: Q,
    premium: Q,
    days: Q,
    contracts: Q,
}

/// The universe of one vector, with its private quantities.
struct Book {
    price: Q,
    broad: bool,
    leverage: Q,
    multiplier: Q,
    legs: Vec<Leg>,
    /// Price paid and count.
    shares: Vec<(Q, Q)>,
}

/// To the nearest cent, a half to the even one.
fn cents(x: &Q) -> Q {
    let scaled = x * whole(100);
    let (floor, rest) = (scaled.floor(), scaled.clone() - scaled.floor());
    let up = match rest.cmp(&ratio(1, 2)) {
        std::cmp::Ordering::Greater => true,
        std::cmp::Ordering::Equal => floor.to_integer().is_odd(),
        std::cmp::Ordering::Less => false,
    };
    (if up { floor + Q::one() } else { floor }) / whole(100)
}

impl Book {
    fn read(inputs: &Value, multiplier: &Q) -> Result<Self, Trouble> {
        let broad = match text(inputs, "class")? {
            "broad" => true,
            "equity_or_narrow" => false,
            other => return Err(Trouble::Cannot(format!("no rates for class `{other}`"))),
        };
        let (mut legs, mut shares) = (Vec::new(), Vec::new());
        for leg in list(inputs, "legs")? {
            match text(leg, "kind")? {
                "shares" | "stock" => shares.push((number(leg, "price")?, number(leg, "qty")?)),
                "option" => legs.push(Leg {
                    kind: match text(leg, "type")? {
                        "call" => Kind::Call,
                        "put" => Kind::Put,
                        other => return Err(Trouble::Cannot(format!("no option of type `{other}`"))),
                    },
                    strike: number(leg, "strike")?,
                    premium: number(leg, "price")?,
                    days: optional(leg, "days_to_expiry").unwrap_or_else(Q::zero),
                    contracts: number(leg, "qty_contracts")?,
                }),
                other => return Err(Trouble::Cannot(format!("no rule for a leg of kind `{other}`"))),
            }
        }
        Ok(Self {
            price: number(inputs, "underlying_price")?,
            broad,
            leverage: optional(inputs, "leverage_factor").unwrap_or_else(Q::one),
            multiplier: multiplier.clone(),
            legs,
            shares,
        })
    }

    /// What one option written takes per share, premium included; in a cash account less the premium.
    fn naked(&self, leg: &Leg, account: Account) -> Q {
        if account == Account::Cash {
            // Puts: the strike in cash. Calls: the underlying; for broad indices, which nobody can deposit, the strike.
            let deposit = if leg.kind == Kind::Put || self.broad { &leg.strike } else { &self.price };
            return deposit - &leg.premium;
        }
        let rate = if self.broad { ratio(15, 100) } else { ratio(20, 100) };
        let out = positive(match leg.kind {
            Kind::Call => &leg.strike - &self.price,
            Kind::Put => &self.price - &leg.strike,
        });
        let floor = if leg.kind == Kind::Call { &self.price } else { &leg.strike };
        let base = &leg.premium + rate * &self.price * &self.leverage - out;
        let least = &leg.premium + ratio(1, 10) * floor * &self.leverage;
        larger(cents(&base), cents(&least))
    }

    fn payoff(leg: &Leg, price: &Q) -> Q {
        positive(match leg.kind {
            Kind::Call => price - &leg.strike,
            Kind::Put => &leg.strike - price,
        })
    }

    /// An amount per share as weights of contracts.
    fn weights(&self, slots: &[usize], weigh: impl Fn(&Leg) -> Q) -> Vec<(usize, Q)> {
        slots.iter().zip(&self.legs).map(|(s, l)| (*s, weigh(l) * &self.multiplier)).collect()
    }

    /// The problem, and the requirement as an expression.
    fn problem(&self, account: Account) -> (Problem, String) {
        let mut p = Problem::new();
        p.exact();
        let slots: Vec<usize> = self.legs.iter().map(|l| p.slot(l.contracts.clone())).collect();
        let shares: Vec<usize> = self.shares.iter().map(|(_, q)| p.slot(q.clone())).collect();
        let of = |kind: Kind, weigh: &dyn Fn(&Leg) -> Q| {
            self.weights(&slots, |l| if l.kind == kind { weigh(l) } else { Q::zero() })
        };
        let cost = |l: &Leg| {
            let reduced = account == Account::Margin && l.days > whole(LONG_DATED);
            if reduced { cents(&(&l.premium * ratio(3, 4))) } else { l.premium.clone() }
        };
        p.column("paid", Mode::Long, &self.weights(&slots, cost));
        if !shares.is_empty() {
            let requirement = self.with_shares(account, &mut p, &slots, &shares);
            return (p, requirement);
        }
        for (kind, name) in [(Kind::Call, "calls"), (Kind::Put, "puts")] {
            p.column(&format!("{name}_naked"), Mode::Short, &of(kind, &|l| self.naked(l, account)));
            p.column(&format!("{name}_premium"), Mode::Short, &of(kind, &|l| l.premium.clone()));
        }
        let written = match account {
            // Each side is deposited in full.
            Account::Cash => "calls_naked(all) + puts_naked(all)",
            Account::Margin => {
                "max(calls_naked(all) + puts_premium(all), puts_naked(all) + calls_premium(all))"
            }
        };
        let spread = self.spread(account, &mut p, &slots);
        (p, format!("better(paid(all) + {written}, {spread})"))
    }

    /// What was paid, the largest loss at expiry, and the charge for calls written beyond the calls held.
    fn spread(&self, account: Account, p: &mut Problem, slots: &[usize]) -> String {
        let last = self.legs.iter().map(|l| l.days.clone()).fold(Q::zero(), larger);
        let covers = |l: &Leg| l.days == last;
        let held = |l: &Leg, x: Q| if covers(l) { x } else { Q::zero() };
        p.column("debit", Mode::Signed, &self.weights(slots, |l| l.premium.clone()));
        let mut points: Vec<Q> = self.legs.iter().map(|l| l.strike.clone()).collect();
        points.push(Q::zero());
        points.sort();
        points.dedup();
        let mut losses = vec!["0".to_owned()];
        for (n, point) in points.iter().enumerate() {
            p.column(&format!("owed_{n}"), Mode::Short, &self.weights(slots, |l| Self::payoff(l, point)));
            p.column(
                &format!("held_{n}"),
                Mode::Long,
                &self.weights(slots, |l| held(l, Self::payoff(l, point))),
            );
            losses.push(format!("owed_{n}(all) - held_{n}(all)"));
        }
        // Contracts, at the dearest charge of any call, premium given back.
        let dearest =
            self.legs.iter().filter(|l| l.kind == Kind::Call).map(|l| self.naked(l, account) + &l.premium);
        let dearest = dearest.fold(Q::zero(), larger);
        let call = |l: &Leg| if l.kind == Kind::Call { dearest.clone() } else { Q::zero() };
        p.column("calls_owed", Mode::Short, &self.weights(slots, call));
        p.column("calls_held", Mode::Long, &self.weights(slots, |l| held(l, call(l))));
        format!("debit(all) + max({}) + pos(calls_owed(all) - calls_held(all))", losses.join(", "))
    }

    /// Shares, what they cover, and the rest of the options each for itself.
    fn with_shares(&self, account: Account, p: &mut Problem, slots: &[usize], shares: &[usize]) -> String {
        let priced = |factor: Q| -> Vec<(usize, Q)> {
            shares.iter().zip(&self.shares).map(|(s, (price, _))| (*s, price * &factor)).collect()
        };
        // A cash account cannot sell short: the source asks nothing for it.
        let (long, short) = match account {
            Account::Cash => (Q::one(), Q::zero()),
            Account::Margin => (ratio(1, 2), ratio(3, 2)),
        };
        p.column("shares_long", Mode::Long, &priced(long));
        p.column("shares_short", Mode::Short, &priced(short));
        let mut charges = vec!["paid(all) + shares_long(all) + shares_short(all)".to_owned()];
        for (kind, name, mode) in [(Kind::Call, "calls", Mode::Long), (Kind::Put, "puts", Mode::Short)] {
            let mine = || self.legs.iter().zip(slots).filter(move |(l, _)| l.kind == kind);
            // Contracts written beyond the cover take the dearest charge of their side.
            let dearest = mine().map(|(l, _)| self.naked(l, account)).fold(Q::zero(), larger);
            let written: Vec<(usize, Q)> = mine().map(|(_, s)| (*s, &dearest * &self.multiplier)).collect();
            let cover: Vec<(usize, Q)> = shares.iter().map(|s| (*s, dearest.clone())).collect();
            p.column(&format!("{name}_written"), Mode::Short, &written);
            p.column(&format!("{name}_cover"), mode, &cover);
            charges.push(format!("pos({name}_written(all) - {name}_cover(all))"));
        }
        charges.join(" + ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::Standing;
    use serde_json::json;

    fn option(kind: &str, strike: f64, price: f64, contracts: i64, days: i64) -> Value {
        json!({"kind": "option", "type": kind, "strike": strike, "price": price, "qty_contracts": contracts, "days_to_expiry": days})
    }
    fn shares(price: f64, count: i64) -> Value {
        json!({"kind": "shares", "price": price, "qty": count})
    }
    fn of(class: &str, legs: Vec<Value>, cash: f64, margin: f64) -> Standing {
        let inputs = json!({"underlying_price": 100, "class": class, "leverage_factor": 1, "legs": legs});
        let file = json!({"multiplier": 100, "vectors": [{"id": "x", "inputs": inputs,
            "expected": {"cash_account": cash, "margin_account": margin}}]});
        let outcome = &run(&file)[0];
        assert!(outcome.cannot.is_none(), "{:?}", outcome.cannot);
        outcome.standing()
    }
    fn equity(legs: Vec<Value>, cash: f64, margin: f64) -> Standing {
        of("equity_or_narrow", legs, cash, margin)
    }

    #[test]
    fn options_for_themselves() {
        assert_eq!(equity(vec![option("call", 110.0, 2.0, 3, 30)], 600.0, 600.0), Standing::Exact);
        assert_eq!(equity(vec![option("call", 110.0, 2.01, 1, 300)], 201.0, 151.0), Standing::Exact);
        // 2 + 20 - 10 = 12 is more than 2 + 9.
        assert_eq!(equity(vec![option("put", 90.0, 2.0, -2, 30)], 17_600.0, 2_400.0), Standing::Exact);
        // 2 + 15 - 10 = 7 is less than 2 + 9.
        assert_eq!(of("broad", vec![option("put", 90.0, 2.0, -1, 30)], 8_800.0, 1_100.0), Standing::Exact);
        assert_eq!(equity(vec![option("call", 105.0, 3.0, -1, 30)], 9_700.0, 1_800.0), Standing::Exact);
        assert_eq!(of("broad", vec![option("call", 105.0, 3.0, -1, 30)], 10_200.0, 1_300.0), Standing::Exact);
    }

    #[test]
    fn of_a_strangle_the_greater_side_and_the_others_premium() {
        let legs = vec![option("put", 90.0, 2.0, -1, 30), option("call", 105.0, 3.0, -1, 30)];
        assert_eq!(equity(legs.clone(), 18_500.0, 2_000.0), Standing::Exact);
        assert_eq!(equity(legs, 18_500.0, 3_000.0), Standing::Disagrees);
    }

    #[test]
    fn spreads_take_their_largest_loss() {
        let legs = vec![option("put", 95.0, 2.0, -1, 30), option("put", 90.0, 1.0, 1, 30)];
        assert_eq!(equity(legs, 400.0, 400.0), Standing::Exact);
        let legs = vec![
            option("put", 90.0, 1.0, 2, 30),
            option("put", 95.0, 2.0, -2, 30),
            option("call", 105.0, 2.5, -2, 30),
            option("call", 110.0, 1.0, 2, 30),
        ];
        assert_eq!(equity(legs, 500.0, 500.0), Standing::Exact);
    }

    #[test]
    fn an_option_that_expires_first_covers_nothing() {
        let later = vec![option("call", 95.0, 9.0, 1, 60), option("call", 95.0, 7.0, -1, 30)];
        assert_eq!(equity(later, 200.0, 200.0), Standing::Exact);
        let sooner = vec![option("call", 95.0, 7.0, 1, 30), option("call", 95.0, 9.0, -1, 60)];
        assert_eq!(equity(sooner, 9_800.0, 3_600.0), Standing::Exact);
    }

    #[test]
    fn shares_cover_what_was_written() {
        let covered = vec![option("call", 105.0, 3.0, -1, 30), shares(98.0, 100)];
        assert_eq!(equity(covered, 9_800.0, 4_900.0), Standing::Exact);
        let half = vec![option("call", 105.0, 3.0, -2, 30), shares(98.0, 100)];
        assert_eq!(equity(half, 19_500.0, 6_700.0), Standing::Exact);
        let short = vec![option("put", 95.0, 3.0, -1, 30), shares(98.0, -100)];
        assert_eq!(equity(short, 0.0, 14_700.0), Standing::Exact);
    }

    #[test]
    fn a_half_cent_goes_to_the_even_one() {
        assert_eq!(cents(&ratio(12_345, 1_000)), ratio(1_234, 100));
        assert_eq!(cents(&ratio(12_355, 1_000)), ratio(1_236, 100));
        assert_eq!(cents(&ratio(12_351, 1_000)), ratio(1_235, 100));
        assert_eq!(cents(&ratio(1, 1_000)), ratio(0, 1));
    }
}
