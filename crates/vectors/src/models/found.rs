//! What an adapter found, held against what its file expects: leaf by leaf, and only after everything was found.

use crate::number::decimal;
use crate::{Check, Edge, Problem, Q, Tolerance, Trouble, ratio};
use num_bigint::BigInt;
use num_traits::{One, Signed};
use serde_json::Value;

/// The verdict of all rules of a vector.
pub(crate) const PASSES: &str = "passes";

/// One thing that an adapter computed.
pub(crate) enum Got {
    /// A number, and whether the circuit is right on both sides of it where it is a limit of its own.
    Number(Q, Option<bool>),
    /// A number known within the rounding of scenario columns, ends included, and whether the circuit is right about it.
    Interval((Q, Q), Option<bool>),
    /// Whether the requirements hold, and whether the circuit is right about that and about their limits.
    Verdict(bool, bool),
    /// Words for people, which the source's begin like one of these, and whether the circuit is right about what they say.
    Words(String, &'static [&'static str], Option<bool>),
    /// A name or a date.
    Text(String),
    /// There is no such number: the loss of a book without a bound.
    Nothing,
}

/// Everything that an adapter computed for one vector, by the name that the file has for it (`payoff_at.3000`).
#[derive(Default)]
pub(crate) struct Found(Vec<(String, Got)>);

/// A requirement `small <= large` of the book or of every block. Both sides of its limit are tried by moving a constant.
pub(crate) struct Rule {
    front: String,
    small: String,
    large: String,
}

impl Rule {
    /// `small <= large` of the whole book.
    pub(crate) fn new(small: &str, large: &str) -> Self {
        Self { front: String::new(), small: small.into(), large: large.into() }
    }
    /// `small <= large` for every `u` of the blocks.
    pub(crate) fn each(blocks: &str, small: &str, large: &str) -> Self {
        Self { front: format!("for u in {blocks}: "), ..Self::new(small, large) }
    }
}

/// A constant of a rule: an exact fraction in brackets.
pub(crate) fn constant(x: &Q) -> String {
    if x.is_integer() { format!("({})", x.numer()) } else { format!("({} / {})", x.numer(), x.denom()) }
}

/// An amount of money as the language writes one: a constant in dollars, which a fraction of the whole is too.
pub(crate) fn money(x: &Q) -> String {
    format!("{} * 1 USD", constant(x))
}

/// The larger of two.
pub(crate) fn larger(a: Q, b: Q) -> Q {
    if a < b { b } else { a }
}

/// The smaller of two.
pub(crate) fn smaller(a: Q, b: Q) -> Q {
    if a < b { a } else { b }
}

/// What counts up to here, and nothing below zero.
pub(crate) fn positive(x: Q) -> Q {
    larger(x, ratio(0, 1))
}

/// The one value of an expression of exact columns.
///
/// # Errors
/// Those of [`Problem::value`], and an interval, which exact columns never have.
pub(crate) fn value(p: &Problem, expr: &str) -> Result<Q, Trouble> {
    let (low, high) = p.value(expr)?;
    if low == high { Ok(low) } else { Err(Trouble::Cannot(format!("`{expr}` is known up to rounding only"))) }
}

/// Half of the last place that a number was printed with; nothing for one printed with less than two places, which is
/// taken at its word. A number of sixteen digits or more went through a float, whose last bit is allowed as well.
fn printed(text: &str) -> Option<Q> {
    let (mantissa, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
    let part = mantissa.split_once('.').map_or(0, |(_, part)| part.len());
    let places = i32::try_from(part).ok()? - exponent.parse::<i32>().ok()?;
    if places < 2 {
        return None;
    }
    let half = Q::new(BigInt::one(), BigInt::from(2u8) * BigInt::from(10u8).pow(places.unsigned_abs()));
    let digits = mantissa.trim_start_matches(['-', '0', '.']).bytes().filter(u8::is_ascii_digit).count();
    let float = if digits < 16 { ratio(0, 1) } else { decimal(text)?.abs() / Q::from(BigInt::one() << 52) };
    Some(half + float)
}

impl Found {
    /// A number that follows from others.
    pub(crate) fn number(&mut self, name: &str, value: Q) {
        self.0.push((name.into(), Got::Number(value, None)));
    }
    /// A requirement of the book, tried at the least limit that it keeps and one unit below.
    pub(crate) fn at_most(&mut self, name: &str, p: &Problem, expr: &str) -> Result<Q, Trouble> {
        let (exact, edge) = (value(p, expr)?, p.at_most(expr)?);
        self.met(name, p, exact.clone(), &edge, &edge.value - &exact)?;
        Ok(exact)
    }
    /// A resource of the book, tried at the largest demand that it meets and one unit above.
    pub(crate) fn at_least(&mut self, name: &str, p: &Problem, expr: &str) -> Result<Q, Trouble> {
        let (exact, edge) = (value(p, expr)?, p.at_least(expr)?);
        self.met(name, p, exact.clone(), &edge, &exact - &edge.value)?;
        Ok(exact)
    }
    /// The limit of an exact value is the value, or what the unit holds of it on the safe side.
    fn met(&mut self, name: &str, p: &Problem, exact: Q, edge: &Edge, over: Q) -> Result<(), Trouble> {
        let near = !over.is_negative() && over < p.unit()?;
        self.0.push((name.into(), Got::Number(exact, Some(near && edge.holds_at && edge.refused_past))));
        Ok(())
    }
    /// A number that an edge belongs to, in the file's own unit.
    pub(crate) fn edge(&mut self, name: &str, value: Q, edge: &Edge) {
        self.0.push((name.into(), Got::Number(value, Some(edge.holds_at && edge.refused_past))));
    }
    /// Whether all rules hold, under a name, and whether the circuit is right: it says the same of each, and is right on
    /// both sides of its limit.
    pub(crate) fn verdict(
        &mut self,
        name: &str,
        p: &Problem,
        rules: &[Rule],
    ) -> Result<(bool, bool), Trouble> {
        let (mut holds, mut right) = (true, true);
        for rule in rules {
            let Rule { front, small, large } = rule;
            let verdict = p.verdict(&format!("{front}{small} <= {large}"))?;
            let edge = p.room(front, small, large)?;
            holds &= verdict.plain;
            right &= verdict.circuit == verdict.plain && edge.holds_at && edge.refused_past;
            right &= edge.value.is_negative() != verdict.plain;
        }
        self.0.push((name.into(), Got::Verdict(holds, right)));
        Ok((holds, right))
    }
    /// Whether the circuit was right about the last thing found.
    pub(crate) fn last_on_circuit(&self) -> Option<bool> {
        match self.0.last() {
            Some((_, Got::Number(_, circuit) | Got::Interval(_, circuit))) => *circuit,
            _ => None,
        }
    }
    /// Anything else.
    pub(crate) fn got(&mut self, name: &str, got: Got) {
        self.0.push((name.into(), got));
    }
    /// Holds everything that the file expects against what was found.
    ///
    /// # Errors
    /// Where the file expects something that was not computed: half a comparison is none.
    pub(crate) fn compare(self, expected: &Value) -> Result<Vec<Check>, Trouble> {
        let mut leaves = Vec::new();
        flatten(String::new(), expected, &mut leaves);
        crate::number::known(expected);
        // The one verdict of a vector is that of all its rules, whatever it is called.
        let only = leaves.iter().filter(|(_, leaf)| leaf.is_boolean()).count() == 1;
        leaves.into_iter().map(|(name, leaf)| self.check(&name, leaf, only)).collect()
    }
    fn check(&self, name: &str, leaf: &Value, only: bool) -> Result<Check, Trouble> {
        let named = |wanted: &str| self.0.iter().find(|(n, _)| n == wanted);
        let verdict = || named(PASSES).filter(|_| only && leaf.is_boolean());
        let Some((_, got)) = named(name).or_else(verdict) else {
            return Err(Trouble::Cannot(format!("`{name}` is not computed")));
        };
        Ok(match (got, leaf) {
            (Got::Number(got, circuit), Value::Number(n)) => {
                let text = n.to_string();
                let want = decimal(&text).ok_or_else(|| Trouble::Missing(format!("{name} (a number)")))?;
                let digits = printed(&text).map_or(Tolerance::None, Tolerance::Absolute);
                let mut check = Check::number(name, &want, got, &digits);
                check.circuit = *circuit;
                check
            }
            (Got::Interval(ends, circuit), Value::Number(n)) => {
                let text = n.to_string();
                let want = decimal(&text).ok_or_else(|| Trouble::Missing(format!("{name} (a number)")))?;
                let digits = printed(&text).map_or(Tolerance::None, Tolerance::Absolute);
                let mut check = Check::interval(name, &want, ends, &digits);
                check.circuit = *circuit;
                check
            }
            (Got::Verdict(holds, right), Value::Bool(want)) => Check::same(name, want, holds).judged(*right),
            (Got::Words(got, starts, circuit), Value::String(want)) => {
                let like = starts.iter().any(|s| want.starts_with(s));
                let mut check = Check::same(name, want, if like { want } else { got });
                check.circuit = *circuit;
                check
            }
            (Got::Text(got), Value::String(want)) => Check::same(name, want, got),
            (Got::Nothing, Value::Null) => Check::same(name, "none", "none"),
            (got, want) => Check::same(name, want, got.shown()),
        })
    }
}

impl Got {
    fn shown(&self) -> String {
        match self {
            Self::Number(x, _) => x.to_string(),
            Self::Interval((low, high), _) => format!("{low} to {high}"),
            Self::Verdict(holds, _) => holds.to_string(),
            Self::Text(text) | Self::Words(text, ..) => text.clone(),
            Self::Nothing => "none".into(),
        }
    }
}

fn flatten<'a>(name: String, value: &'a Value, into: &mut Vec<(String, &'a Value)>) {
    match value {
        Value::Object(fields) => {
            for (key, value) in fields {
                let name = if name.is_empty() { key.clone() } else { format!("{name}.{key}") };
                flatten(name, value, into);
            }
        }
        leaf => into.push((name, leaf)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Agreement;
    use serde_json::json;

    #[test]
    fn a_printed_number_is_matched_to_half_its_last_place() {
        assert_eq!(printed("2.03"), Some(ratio(1, 200)));
        assert_eq!(printed("1.5e-7"), Some(ratio(1, 200_000_000)));
        assert!(printed("0.1234567890123456").unwrap() > ratio(1, 100_000_000_000_000_000));
        assert_eq!(printed("45.5"), None);
        assert_eq!(printed("-3"), None);
        let mut found = Found::default();
        found.number("a.b", ratio(2, 3));
        found.number("c", ratio(101, 2));
        found.got("d", Got::Words("above".into(), &["above", "over"], None));
        found.got("e", Got::Nothing);
        found.got("f", Got::Verdict(true, true));
        let checks = found
            .compare(&json!({"a": {"b": 0.667}, "c": 50, "d": "over the top", "e": null, "f": false}))
            .unwrap();
        let agree: Vec<bool> = checks.iter().map(|c| c.agrees != Agreement::No).collect();
        assert_eq!(agree, [true, false, true, true, false]);
    }

    #[test]
    fn what_was_not_computed_is_said() {
        assert!(Found::default().compare(&json!({"x": 1})).is_err());
        let verdict = || {
            let mut found = Found::default();
            found.got(PASSES, Got::Verdict(true, true));
            found
        };
        assert_eq!(verdict().compare(&json!({"fine": true})).unwrap()[0].agrees, Agreement::Exact);
        assert!(verdict().compare(&json!({"fine": true, "good": true})).is_err());
        assert!(verdict().compare(&json!({"fine": 1})).is_err());
        let mut found = Found::default();
        found.number("x", ratio(1, 1));
        assert_eq!(found.compare(&json!({"x": null})).unwrap()[0].agrees, Agreement::No);
    }
}
