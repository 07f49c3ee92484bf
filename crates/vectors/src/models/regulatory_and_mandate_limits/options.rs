//! Options: cover for what was written, and the payoff at expiry. Payoffs at a public strike are linear in the quantities,
//! so a rule at every strike is one column per strike.

use super::{amount, amounts, any, exact, ones, sum};
use crate::models::found::{Found, Got, Rule, positive, value};
use crate::{Problem, Q, Trouble, optional, text};
use mandate_statement::Mode;
use num_traits::{One, Zero};
use serde_json::Value;

/// Options written need cover: calls the underlying or calls held, puts cash.
pub(super) fn coverage(inputs: &Value) -> Result<Found, Trouble> {
    if inputs.get("cash").is_some() { cash_secured(inputs) } else { covered(inputs) }
}

/// Calls as quantities of one strike, or with strikes.
fn calls(inputs: &Value) -> Result<Vec<(Q, Option<Q>)>, Trouble> {
    if let Some(flat) = inputs.get("call_qtys") {
        return Ok(amounts(flat)?.into_iter().map(|q| (q, None)).collect());
    }
    let pairs = any(inputs, &["calls_qty_strike", "call_qty_strike", "call_qtys_strikes"])?;
    pairs_of(pairs).map(|list| list.into_iter().map(|(q, k)| (q, Some(k))).collect())
}

/// `[[quantity, strike], ...]`
fn pairs_of(list: &Value) -> Result<Vec<(Q, Q)>, Trouble> {
    let list = list.as_array().ok_or_else(|| Trouble::Missing("list of quantities and strikes".into()))?;
    list.iter().map(|pair| Ok((crate::number(pair, "0")?, crate::number(pair, "1")?))).collect()
}

/// Covered calls: what is owned and the calls held of the same or a lower strike (to the same or a later expiry) are at
/// least the calls written; where strikes are given, at every strike, calls held of that strike or lower included.
fn covered(inputs: &Value) -> Result<Found, Trouble> {
    let calls = calls(inputs)?;
    let held = "long_calls_same_or_lower_strike_later_or_same_expiry";
    let mut p = exact();
    let spot = p.slot(optional(inputs, "spot_qty").unwrap_or_else(Q::zero));
    let long = p.slot(optional(inputs, held).unwrap_or_else(Q::zero));
    let slots: Vec<usize> = calls.iter().map(|(q, _)| p.slot(q.clone())).collect();
    sum(&mut p, "cover", &[spot, long]);
    p.column("written", Mode::Short, &ones(&slots));
    let mut strikes: Vec<Q> = calls.iter().filter_map(|(_, k)| k.clone()).collect();
    strikes.sort();
    strikes.dedup();
    let mut rules = Vec::new();
    for (n, strike) in strikes.iter().enumerate() {
        let up_to = slots.iter().zip(&calls).filter(|(_, (_, k))| k.as_ref().is_some_and(|k| k <= strike));
        let up_to: Vec<usize> = up_to.map(|(slot, _)| *slot).collect();
        sum(&mut p, &format!("upto_{n}"), &up_to);
        rules.push(Rule::new(&format!("-upto_{n}(all)"), "cover(all)"));
    }
    if rules.is_empty() {
        rules.push(Rule::new("written(all)", "cover(all)"));
    }
    let mut found = Found::default();
    found.verdict("passes", &p, &rules)?;
    found.at_most("short_calls", &p, "written(all)")?;
    found.at_least("cover", &p, "cover(all)")?;
    Ok(found)
}

/// Cash-secured puts: cash is at least the strikes of all puts written; puts held do not help.
fn cash_secured(inputs: &Value) -> Result<Found, Trouble> {
    let puts = pairs_of(any(inputs, &["puts_qty_strike", "put_qty_strike"])?)?;
    let mut p = exact();
    let cash = p.slot(amount(inputs, &["cash"])?);
    let weights: Vec<(usize, Q)> = puts.into_iter().map(|(q, strike)| (p.slot(q), strike)).collect();
    p.column("needed", Mode::Short, &weights);
    sum(&mut p, "cash", &[cash]);
    let mut found = Found::default();
    found.verdict("passes", &p, &[Rule::new("needed(all)", "cash(all)")])?;
    found.at_most("needed", &p, "needed(all)")?;
    Ok(found)
}

struct Leg {
    kind: Kind,
    strike: Q,
    slot: usize,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Call,
    Put,
    Linear,
}

impl Leg {
    /// Payoff per unit at a price of the underlying. A linear leg pays the price less what it was entered at.
    fn payoff(&self, price: &Q) -> Q {
        match self.kind {
            Kind::Call => positive(price - &self.strike),
            Kind::Put => positive(&self.strike - price),
            Kind::Linear => price - &self.strike,
        }
    }
}

/// Payoff at zero and at every strike, the slope beyond the last, whether the loss has a bound (`slope >= 0`), and the
/// largest loss: between two strikes the payoff is a straight line, so its least is at one of the points.
pub(super) fn expiry(inputs: &Value) -> Result<Found, Trouble> {
    let mut p = exact();
    let list = any(inputs, &["legs_type_strike_qty"])?;
    let list = list.as_array().ok_or_else(|| Trouble::Missing("legs_type_strike_qty (a list)".into()))?;
    let mut legs = Vec::new();
    for leg in list {
        let kind = match text(leg, "0")? {
            "call" => Kind::Call,
            "put" => Kind::Put,
            "spot" | "underlying" | "future" | "forward" | "perp" | "stock" | "shares" => Kind::Linear,
            other => return Err(Trouble::Cannot(format!("no payoff for a leg `{other}`"))),
        };
        let slot = p.slot(crate::number(leg, "2")?);
        legs.push(Leg { kind, strike: optional(leg, "1").unwrap_or_else(Q::zero), slot });
    }
    let mut points = vec![Q::zero()];
    points.extend(legs.iter().filter(|l| l.kind != Kind::Linear).map(|l| l.strike.clone()));
    points.sort();
    points.dedup();
    for (n, point) in points.iter().enumerate() {
        let weights: Vec<(usize, Q)> = legs.iter().map(|l| (l.slot, l.payoff(point))).collect();
        p.column(&format!("at_{n}"), Mode::Signed, &weights);
    }
    let rising: Vec<usize> = legs.iter().filter(|l| l.kind != Kind::Put).map(|l| l.slot).collect();
    p.column("slope", Mode::Signed, &rising.iter().map(|s| (*s, Q::one())).collect::<Vec<_>>());
    loss(&p, &points)
}

fn loss(p: &Problem, points: &[Q]) -> Result<Found, Trouble> {
    let mut found = Found::default();
    for (n, point) in points.iter().enumerate() {
        let payoff = found.at_least(&format!("payoff_at.{point}"), p, &format!("at_{n}(all)"))?;
        // A strike such as 2.5 is a key in decimals.
        if !point.is_integer() {
            found.number(&format!("payoff_at.{}", crate::number::float(point)), payoff);
        }
    }
    found.at_least("slope_at_infinity", p, "slope(all)")?;
    let (bounded, _) = found.verdict("bounded", p, &[Rule::new("0", "slope(all)")])?;
    let losses: Vec<String> = (0..points.len()).map(|n| format!("-at_{n}(all)")).collect();
    let largest = format!("max(0, {})", losses.join(", "));
    if bounded {
        found.at_most("max_loss", p, &largest)?;
    } else {
        found.got("max_loss", Got::Nothing);
    }
    // The largest loss over the strikes is what a rule limits; the slope is a rule of its own.
    found.perhaps("max_loss_at_strikes", Some(value(p, &largest)?));
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::super::run;
    use crate::report::Standing;
    use serde_json::{Value, json};

    fn one(kind: &str, inputs: Value, expected: Value) -> Standing {
        let file = json!({"vectors": [{"id": "x", "kind": kind, "inputs": inputs, "expected": expected}]});
        let outcome = &run(&file)[0];
        assert!(outcome.cannot.is_none(), "{:?}", outcome.cannot);
        outcome.standing()
    }

    #[test]
    fn calls_written_are_covered_by_what_is_owned_and_held() {
        let held = "long_calls_same_or_lower_strike_later_or_same_expiry";
        let inputs = |long: f64| json!({"spot_qty": 3, "call_qtys": [-2, -4.5], held: long});
        let expect = |cover: f64, passes: bool| json!({"short_calls": 6.5, "cover": cover, "passes": passes});
        assert_eq!(one("coverage", inputs(3.5), expect(6.5, true)), Standing::Exact);
        assert_eq!(one("coverage", inputs(3.4), expect(6.4, false)), Standing::Exact);
    }

    #[test]
    fn a_low_strike_is_not_excused_by_a_higher_one() {
        let with = |calls: Value| {
            one("coverage", json!({"spot_qty": 1, "calls_qty_strike": calls}), json!({"passes": true}))
        };
        assert_eq!(with(json!([[2, 90], [-3, 100]])), Standing::Exact);
        assert_eq!(with(json!([[-3, 90], [2, 100]])), Standing::Disagrees);
        assert_eq!(with(json!([[2, 90], [-4, 100]])), Standing::Disagrees);
    }

    #[test]
    fn puts_are_secured_by_cash_alone() {
        let inputs = |cash: i64| json!({"cash": cash, "puts_qty_strike": [[-3, 70], [5, 80], [-1, 90]]});
        assert_eq!(one("coverage", inputs(300), json!({"needed": 300, "passes": true})), Standing::Exact);
        assert_eq!(one("coverage", inputs(299), json!({"needed": 300, "passes": false})), Standing::Exact);
    }

    #[test]
    fn a_collar_has_a_bound_and_a_naked_call_has_none() {
        let collar = json!({"legs_type_strike_qty": [["spot", 95, 2], ["put", 90, 2], ["call", 105.5, -2]]});
        let expected = json!({"payoff_at": {"0": -10, "90": -10, "105.5": 21}, "slope_at_infinity": 0, "bounded": true, "max_loss": 10});
        assert_eq!(one("expiry_max_loss", collar, expected), Standing::Exact);
        let naked = json!({"legs_type_strike_qty": [["call", 100, -1.5]]});
        let expected = json!({"payoff_at": {"0": 0, "100": 0}, "slope_at_infinity": -1.5, "bounded": false, "max_loss": null});
        assert_eq!(one("expiry_max_loss", naked.clone(), expected), Standing::Exact);
        assert_eq!(one("expiry_max_loss", naked, json!({"max_loss": 0})), Standing::Disagrees);
    }
}
