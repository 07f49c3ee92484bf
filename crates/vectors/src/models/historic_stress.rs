//! Days that happened: the worst of named event days, value at risk by counted exceptions, expected shortfall.
//!
//! Private: notional per asset. Public: every asset's move on every day, one scenario per day and none left out. The worst
//! day is `worst`, value at risk the loss that at most `k` days exceed (`exceed`), expected shortfall the Rockafellar-Uryasev
//! minimum (`shortfall`), also at the tail of exactly `k` days, where it is the mean of the `k` worst.
//!
//! A day on which an asset that is held has no price is no scenario: leaving its move at zero would make the day look calm.

use super::found::{Found, Got, constant};
use crate::report::each;
use crate::{Edge, Outcome, Problem, Q, Trouble, number, text, whole};
use mandate_market::time::{date_of, days_of};
use num_bigint::BigInt;
use num_traits::{Signed, ToPrimitive, Zero};
use serde_json::Value;

const MODEL: &str = "historic-days";
/// Levels of value at risk and expected shortfall: the file's name, and what lies beyond.
const LEVELS: [(&str, i64); 3] = [("0.95", 50), ("0.975", 25), ("0.99", 10)];

/// One outcome per vector of the file.
pub fn run(file: &Value) -> Vec<Outcome> {
    each(file, MODEL, |vector| {
        let inputs = crate::at(vector, "inputs")?;
        let book = ["weights_usd", "usd_notional"].iter().find_map(|n| inputs.get(*n)?.as_object());
        let book = book.ok_or_else(|| Trouble::Missing("weights_usd or usd_notional".into()))?;
        let book: Vec<(&str, Q)> = book
            .iter()
            .map(|(asset, x)| Ok((asset.as_str(), number(x, "")?)))
            .collect::<Result<_, Trouble>>()?;
        let held: Vec<&str> = book.iter().filter(|(_, q)| !q.is_zero()).map(|(a, _)| *a).collect();
        let (days, daily) = days(file, text(inputs, "scenarios")?, &held)?;
        stress(&book, &days, daily)?.compare(crate::at(vector, "expected")?)
    })
}

/// One day or window: its last date, what it is called, and the moves of the assets that are held.
struct Day {
    name: String,
    label: Option<String>,
    moves: Vec<(String, Q)>,
}

/// The days of a set by the vector's name for it, and whether they are a sample (rather than days picked for what happened).
fn days(file: &Value, set: &str, held: &[&str]) -> Result<(Vec<Day>, bool), Trouble> {
    if let Some(sample) = file.get(set).filter(|v| v.get("start").is_some()) {
        return Ok((sampled(sample, held)?, true));
    }
    let (list, field, date) = match set {
        "events" | "events (close)" => ("events", "close", "date"),
        "events (low)" => ("events", "low", "date"),
        "events (high)" => ("events", "high", "date"),
        "windows" => ("windows", "", "to_close"),
        other => return Err(Trouble::Cannot(format!("no scenario set `{other}`"))),
    };
    let mut days = Vec::new();
    for entry in crate::list(file, list)? {
        let moves = crate::at(entry, if list == "events" { "moves_vs_prior_close" } else { "return" })?;
        let of = |asset: &str| {
            let path = if field.is_empty() { asset.to_owned() } else { format!("{asset}.{field}") };
            Some((asset.to_owned(), crate::optional(moves, &path)?))
        };
        if let Some(moves) = held.iter().map(|a| of(a)).collect::<Option<Vec<_>>>() {
            let label = text(entry, "label").ok().map(str::to_owned);
            days.push(Day { name: text(entry, date)?.to_owned(), label, moves });
        }
    }
    if days.is_empty() {
        return Err(Trouble::Cannot(format!("no day of `{set}` has prices of everything that is held")));
    }
    Ok((days, false))
}

/// A run of consecutive days from `start`.
fn sampled(sample: &Value, held: &[&str]) -> Result<Vec<Day>, Trouble> {
    let start = text(sample, "start")?;
    let columns =
        held.iter().map(|a| Ok((*a, crate::list(sample, a)?))).collect::<Result<Vec<_>, Trouble>>()?;
    let count = columns.iter().map(|(_, c)| c.len()).max().unwrap_or(0);
    if count == 0 || columns.iter().any(|(_, c)| c.len() != count) {
        return Err(Trouble::Cannot("the assets have different numbers of days".into()));
    }
    let first = day_number(start).ok_or_else(|| Trouble::Missing("start (a date)".into()))?;
    let one = |k: usize| {
        let moves = columns.iter().map(|(a, c)| Ok(((*a).to_owned(), number(&c[k], "")?)));
        let name = day_name(first + k as u64);
        Ok(Day { name, label: None, moves: moves.collect::<Result<_, Trouble>>()? })
    };
    (0..count).map(one).collect()
}

/// Days since 1970 of a date such as `2022-06-13`.
fn day_number(date: &str) -> Option<u64> {
    let mut parts = date.splitn(3, '-').map(|p| p.parse::<u32>().ok());
    days_of(parts.next()??, parts.next()??, parts.next()??)
}

/// The date of a number of days since 1970.
fn day_name(number: u64) -> String {
    let (year, month, day) = date_of(number);
    format!("{year:04}-{month:02}-{day:02}")
}

fn problem(book: &[(&str, Q)], days: &[Day]) -> Problem {
    let mut p = Problem::new();
    let slots: Vec<(&str, usize)> =
        book.iter().enumerate().map(|(k, (a, q))| (*a, p.slot_in(0, k, q.clone()))).collect();
    for day in days {
        let weight = |(asset, slot): &(&str, usize)| {
            day.moves.iter().find(|(a, _)| a == asset).map(|(_, x)| (*slot, x.clone()))
        };
        p.scenario(&slots.iter().filter_map(weight).collect::<Vec<_>>());
    }
    p
}

fn stress(book: &[(&str, Q)], days: &[Day], daily: bool) -> Result<Found, Trouble> {
    let p = problem(book, days);
    let mut found = Found::default();
    let (low, high) = limit(&mut found, "worst_loss", &p, "worst(scenarios, all)")?;
    let right = found.last_on_circuit();
    found.got("worst_pnl", Got::Interval((-&high, -&low), right));
    // Which day it was: the one that alone has a loss as large.
    let loss = |day: &Day| {
        let of = |asset: &str| day.moves.iter().find(|(a, _)| a == asset).map(|(_, x)| x.clone());
        book.iter().filter_map(|(a, q)| Some(-q * of(a)?)).sum::<Q>()
    };
    let Some(worst) = days.iter().reduce(|a, b| if loss(a) < loss(b) { b } else { a }) else {
        return Err(Trouble::Cannot("no day".into()));
    };
    let alone = problem(book, std::slice::from_ref(worst)).value("worst(scenarios, all)")?;
    if alone.0 <= high && low <= alone.1 {
        for name in ["worst_loss_date", "worst_date"] {
            found.got(name, Got::Text(worst.name.clone()));
        }
        if let Some(label) = &worst.label {
            for name in ["worst_label", "worst_event", "worst_window"] {
                found.got(name, Got::Text(label.clone()));
            }
        }
    }
    if daily {
        tails(&mut found, &p, days.len())?;
    }
    Ok(found)
}

/// Value at risk and expected shortfall of a sample of `n` days.
fn tails(found: &mut Found, p: &Problem, n: usize) -> Result<(), Trouble> {
    for (level, beyond) in LEVELS {
        let days = Q::new(BigInt::from(beyond) * BigInt::from(n), BigInt::from(1000));
        let allowed = days.floor().to_integer().to_usize().unwrap_or(0);
        found.number(&format!("{level}.k_allowed_exceedances"), whole(i64::try_from(allowed).unwrap_or(0)));
        limit(found, &format!("{level}.var"), p, &format!("exceed({allowed}, scenarios, all)"))?;
        let tail = constant(&crate::ratio(beyond, 1000));
        let name = format!("{level}.es_rockafellar_uryasev");
        limit(found, &name, p, &format!("shortfall({tail}, scenarios, all)"))?;
        if allowed > 0 {
            let tail = constant(&Q::new(BigInt::from(allowed), BigInt::from(n)));
            let name = format!("{level}.es_mean_of_k_worst");
            limit(found, &name, p, &format!("shortfall({tail}, scenarios, all)"))?;
        }
    }
    Ok(())
}

/// A requirement over scenarios: its interval, and the circuit at the least limit that the evaluator accepts, which is the
/// interval's upper end, and one unit below.
fn limit(found: &mut Found, name: &str, p: &Problem, expr: &str) -> Result<(Q, Q), Trouble> {
    let (low, high) = p.value(expr)?;
    let Edge { value, holds_at, refused_past } = p.at_most(expr)?;
    let over = &value - &high;
    let right = holds_at && refused_past && !over.is_negative() && over < p.unit()?;
    found.got(name, Got::Interval((low.clone(), high.clone()), Some(right)));
    Ok((low, high))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Agreement;
    use serde_json::json;

    #[test]
    fn days_have_dates() {
        assert_eq!(day_name(day_number("2024-02-28").unwrap() + 2), "2024-03-01");
        assert_eq!(day_number("2023-02-29"), None);
        assert_eq!(day_number("June"), None);
    }

    fn file(inputs: Value, expected: Value) -> Value {
        // Forty days: A falls by k per mille on the k-th, B by as much on every second day.
        let a: Vec<f64> = (1..=40).map(|k| f64::from(-k) / 1000.0).collect();
        let b: Vec<f64> = (1..=40).map(|k| f64::from(if k % 2 == 0 { -k } else { 0 }) / 1000.0).collect();
        let event = |date: &str, moves: Value| json!({"date": date, "label": format!("day of {date}"), "moves_vs_prior_close": moves});
        let move_of = |x: f64| json!({"close": x, "low": x - 0.1, "high": x + 0.2});
        json!({
            "daily_returns_test": {"start": "2023-02-27", "A": a, "B": b},
            "events": [event("2020-01-02", json!({"A": move_of(-0.5)})),
                event("2021-01-02", json!({"A": move_of(-0.25), "B": move_of(0.125)}))],
            "vectors": [{"id": "x", "inputs": inputs, "expected": expected}],
        })
    }
    fn agreements(inputs: Value, expected: Value) -> Vec<(bool, Option<bool>)> {
        let outcomes = run(&file(inputs, expected));
        assert!(outcomes[0].cannot.is_none(), "{:?}", outcomes[0].cannot);
        outcomes[0].checks.iter().map(|c| (c.agrees != Agreement::No, c.circuit)).collect()
    }

    #[test]
    fn a_sample_has_its_worst_day_its_exceptions_and_its_tail() {
        let inputs = json!({"weights_usd": {"A": 2.0, "B": 0}, "scenarios": "daily_returns_test"});
        // Of 40 days: 2 beyond 95%, 1 beyond 97.5%, none beyond 99%.
        let expected = json!({"worst_loss": 0.08, "worst_loss_date": "2023-04-07",
            "0.95": {"k_allowed_exceedances": 2, "var": 0.076, "es_mean_of_k_worst": 0.079, "es_rockafellar_uryasev": 0.079},
            "0.975": {"k_allowed_exceedances": 1, "var": 0.078, "es_mean_of_k_worst": 0.08},
            "0.99": {"k_allowed_exceedances": 0, "var": 0.08, "es_rockafellar_uryasev": 0.08}});
        let got = agreements(inputs.clone(), expected);
        assert!(got.iter().all(|(agrees, circuit)| *agrees && circuit.unwrap_or(true)), "{got:?}");
        assert!(got.iter().filter(|(_, circuit)| circuit.is_some()).count() >= 7);
        let wrong = json!({"worst_loss": 0.081, "worst_loss_date": "2023-04-06", "0.95": {"var": 0.078}});
        assert!(agreements(inputs, wrong).iter().all(|(agrees, _)| !agrees));
    }

    #[test]
    fn a_day_without_a_price_is_no_scenario() {
        let both = json!({"usd_notional": {"A": 100.0, "B": -100.0}, "scenarios": "events (close)"});
        let expected =
            json!({"worst_pnl": -37.5, "worst_date": "2021-01-02", "worst_event": "day of 2021-01-02"});
        assert_eq!(agreements(both, expected), [(true, Some(true)), (true, None), (true, None)]);
        let one = json!({"usd_notional": {"A": 100.0}, "scenarios": "events (low)"});
        let got = agreements(one, json!({"worst_pnl": -60.0, "worst_date": "2020-01-02"}));
        assert_eq!(got, [(true, Some(true)), (true, None)]);
    }
}
