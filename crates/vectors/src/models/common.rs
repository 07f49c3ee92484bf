//! Numbers as the mandate language writes them, and the comparisons that most models make.

use crate::report::{Check, Tolerance};
use crate::{Problem, Q, Trouble};
use num_bigint::BigInt;
use num_traits::{One, Signed, Zero};
use serde_json::Value;

/// Decimals and digits that the language reads exactly.
const MOST_DIGITS: usize = 38;

/// `10^n`, `n` of either sign.
pub(crate) fn ten(n: i32) -> Q {
    let power = Q::from(BigInt::from(10u8).pow(n.unsigned_abs()));
    if n < 0 { power.recip() } else { power }
}

/// The number as a decimal, where it has one that the language reads.
fn as_decimal(q: &Q) -> Option<String> {
    let places = (0..=36i32).find(|p| (q * ten(*p)).is_integer())?;
    let places = usize::try_from(places).ok()?;
    let digits = (q.abs() * ten(i32::try_from(places).ok()?)).to_integer().to_string();
    if digits.len() > MOST_DIGITS {
        return None;
    }
    let digits = format!("{digits:0>width$}", width = places + 1);
    let (whole, part) = digits.split_at(digits.len() - places);
    Some(if part.is_empty() { whole.to_owned() } else { format!("{whole}.{part}") })
}

fn written(q: &Q, unit: &str) -> String {
    let text = match as_decimal(q) {
        Some(decimal) => format!("{decimal}{unit}"),
        None => format!("{}{unit} / {}", q.numer().abs(), q.denom()),
    };
    match (q.is_negative(), text.contains('/')) {
        (true, _) => format!("(-{text})"),
        (false, true) => format!("({text})"),
        (false, false) => text,
    }
}

/// A plain number of the language: `0.25`, `(1 / 30)`, `(-3)`.
pub(crate) fn num(q: &Q) -> String {
    written(q, "")
}

/// An amount of money of the language: `0.25 USD`.
pub(crate) fn usd(q: &Q) -> String {
    written(q, " USD")
}

/// The largest multiple of `step` that is at most `q`.
pub(crate) fn floor_to(q: &Q, step: &Q) -> Q {
    (q / step).floor() * step
}

/// How far a number may be from the one that the file prints: half of its last digit, and what a double holds.
pub(crate) fn printed(value: &Value) -> Tolerance {
    let text = match value {
        Value::String(s) => s.clone(),
        other => other.to_string(),
    };
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((m, e)) => (m.to_owned(), e.parse::<i32>().unwrap_or(0)),
        None => (text, 0),
    };
    let part = mantissa.split_once('.').map_or("", |(_, p)| p);
    // `3000000.0` is how some writers print a whole number.
    let places = if part == "0" { 0 } else { i32::try_from(part.len()).unwrap_or(0) } - exponent;
    if places <= 0 {
        return Tolerance::None;
    }
    let double = Q::new(BigInt::one(), BigInt::one() << 52u32);
    let half = ten(-places) / Q::from(BigInt::from(2u8));
    if value.is_string() { Tolerance::Absolute(half) } else { Tolerance::Either(double, half) }
}

/// The file's own tolerance of a vector, else [`printed`].
pub(crate) fn tolerance(vector: &Value, expected: &Value) -> Tolerance {
    match crate::optional(vector, "tolerance_abs") {
        Some(room) => Tolerance::Absolute(room),
        None => printed(expected),
    }
}

fn expected_number(what: &str, expected: &Value) -> Result<Q, Trouble> {
    crate::number(expected, "").map_err(|_| Trouble::Missing(format!("expected {what} (a number)")))
}

/// A convex requirement: its value by the plain evaluator against the file, and the circuit at the least limit.
pub(crate) fn most(
    what: &str,
    p: &Problem,
    expr: &str,
    expected: &Value,
    room: &Tolerance,
) -> Result<Check, Trouble> {
    let wanted = expected_number(what, expected)?;
    let edge = p.at_most(expr)?;
    Ok(Check::interval(what, &wanted, &p.value(expr)?, room).on(&edge))
}

/// The mirror image of [`most`]: a concave amount and its greatest limit.
pub(crate) fn least(
    what: &str,
    p: &Problem,
    expr: &str,
    expected: &Value,
    room: &Tolerance,
) -> Result<Check, Trouble> {
    let wanted = expected_number(what, expected)?;
    let edge = p.at_least(expr)?;
    Ok(Check::interval(what, &wanted, &p.value(expr)?, room).on(&edge))
}

/// [`most`] for a requirement that is rounded up to whole steps: at its value, and refused one step below.
pub(crate) fn most_in_steps(
    what: &str,
    p: &Problem,
    expr: &str,
    step: &Q,
    expected: &Value,
) -> Result<Check, Trouble> {
    let limit = p.value(expr)?.1;
    let rule = |limit: &Q| format!("{expr} <= {}", usd(limit));
    let right = p.verdict(&rule(&limit))?.both(true) && p.verdict(&rule(&(&limit - step)))?.both(false);
    Ok(Check::number(what, &expected_number(what, expected)?, &limit, &Tolerance::None).judged(right))
}

/// [`least`] for an amount that is rounded down to whole steps: at its value, and refused one step above.
pub(crate) fn least_in_steps(
    what: &str,
    p: &Problem,
    expr: &str,
    step: &Q,
    expected: &Value,
) -> Result<Check, Trouble> {
    let limit = p.value(expr)?.0;
    let rule = |limit: &Q| format!("{expr} >= {}", usd(limit));
    let right = p.verdict(&rule(&limit))?.both(true) && p.verdict(&rule(&(&limit + step)))?.both(false);
    Ok(Check::number(what, &expected_number(what, expected)?, &limit, &Tolerance::None).judged(right))
}

/// Whether a rule holds, against the file's verdict: by the plain evaluator and by the circuit.
pub(crate) fn holds(what: &str, p: &Problem, rule: &str, expected: bool) -> Result<Check, Trouble> {
    let verdict = p.verdict(rule)?;
    Ok(Check::same(what, expected, verdict.plain).judged(verdict.circuit == expected))
}

/// A number that is public in real use: computed outside the circuit, so compared and nothing more.
pub(crate) fn public(what: &str, expected: &Value, got: &Q, room: &Tolerance) -> Result<Check, Trouble> {
    Ok(Check::number(format!("{what} (public)"), &expected_number(what, expected)?, got, room))
}

/// A number that a rule divides by.
pub(crate) fn positive(value: &Value, path: &str) -> Result<Q, Trouble> {
    let q = crate::number(value, path)?;
    if q.is_positive() { Ok(q) } else { Err(Trouble::Cannot(format!("`{path}` is not above zero"))) }
}

/// A power of ten of the file: small, of either sign.
pub(crate) fn power(value: &Value, path: &str) -> Result<i32, Trouble> {
    let q = crate::number(value, path)?;
    let small =
        q.is_integer().then(|| i32::try_from(q.to_integer()).ok()).flatten().filter(|p| p.abs() <= 60);
    small.ok_or_else(|| Trouble::Cannot(format!("`{path}` is no power of ten between -60 and 60")))
}

/// The number at a path, or zero where there is none.
pub(crate) fn or_zero(value: &Value, path: &str) -> Q {
    crate::optional(value, path).unwrap_or_else(Q::zero)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{decimal, ratio, whole};
    use serde_json::json;

    #[test]
    fn numbers_read_as_the_language_writes_them() {
        for (q, text) in [
            (ratio(1, 4), "0.25"),
            (ratio(-1, 4), "(-0.25)"),
            (ratio(1, 30), "(1 / 30)"),
            (ratio(-1, 30), "(-1 / 30)"),
            (whole(5_000_000), "5000000"),
            (ten(-12), "0.000000000001"),
        ] {
            assert_eq!(num(&q), text);
        }
        assert_eq!(usd(&ratio(-5, 2)), "(-2.5 USD)");
        assert_eq!(usd(&ratio(2, 3)), "(2 USD / 3)");
        assert_eq!(floor_to(&ratio(-7, 2), &whole(2)), whole(-4));
    }

    #[test]
    fn half_of_the_last_digit_is_allowed() {
        let room = |v: Value| match printed(&v) {
            Tolerance::None => Q::zero(),
            Tolerance::Absolute(a) | Tolerance::Either(_, a) => a,
            Tolerance::Relative(_) => panic!("no share alone"),
        };
        assert_eq!(room(json!(12)), Q::zero());
        assert_eq!(room(json!(3_000_000.0)), Q::zero());
        assert_eq!(room(json!(0.25)), ratio(1, 200));
        assert_eq!(room(json!(6.271e-7)), decimal("5e-11").unwrap());
        assert_eq!(room(json!("0.5140")), ratio(1, 20_000));
    }
}
