//! What became of each vector, and the table.

use crate::number::{float, forget, unread};
use crate::{Edge, Q, Trouble};
use num_traits::{Signed, Zero};
use rayon::prelude::*;
use serde::Serialize;
use serde_json::Value;

/// How far a computed number may be from the expected one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Tolerance {
    /// Not at all.
    None,
    /// By this much.
    Absolute(Q),
    /// By this share of the expected magnitude.
    Relative(Q),
    /// By the larger of a share (first) and an amount (second).
    Either(Q, Q),
}

impl Tolerance {
    fn of(&self, expected: &Q) -> Q {
        match self {
            Self::None => Q::zero(),
            Self::Absolute(a) => a.clone(),
            Self::Relative(r) => r * expected.abs(),
            Self::Either(r, a) => (r * expected.abs()).max(a.clone()),
        }
    }
}

/// How a computed number stands to the expected one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Agreement {
    /// Equal.
    Exact,
    /// Not equal, and no farther than this.
    Within(String),
    /// Farther.
    No,
}

/// One number or verdict of a vector.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Check {
    /// What is compared.
    pub what: String,
    /// What the source says.
    pub expected: String,
    /// What our evaluator says.
    pub got: String,
    /// How the two stand to each other.
    pub agrees: Agreement,
    /// Whether the circuit's verdicts at the limit and one unit past it are right. `None` where the figure is no limit.
    pub circuit: Option<bool>,
}

/// A number for people: exact where its decimals are few, otherwise to twelve places.
fn shown(x: &Q) -> String {
    let mut d = x.denom().clone();
    for p in [2u8, 5] {
        while (&d % p).is_zero() {
            d /= p;
        }
    }
    let places = if d == 1.into() && x.denom().bits() < 60 { 18 } else { 12 };
    let scaled = (x * Q::from(num_bigint::BigInt::from(10u8).pow(places))).round().to_integer();
    let sign = if scaled.is_negative() { "-" } else { "" };
    let digits = format!("{:0>width$}", scaled.abs().to_string(), width = places as usize + 1);
    let (whole, part) = digits.split_at(digits.len() - places as usize);
    let part = part.trim_end_matches('0');
    if part.is_empty() { format!("{sign}{whole}") } else { format!("{sign}{whole}.{part}") }
}

impl Check {
    /// Compares two numbers.
    pub fn number(what: impl Into<String>, expected: &Q, got: &Q, tolerance: &Tolerance) -> Self {
        let room = tolerance.of(expected);
        let agrees = if expected == got {
            Agreement::Exact
        } else if (expected - got).abs() <= room {
            Agreement::Within(format!("{:.1e}", float(&room)))
        } else {
            Agreement::No
        };
        Self { what: what.into(), expected: shown(expected), got: shown(got), agrees, circuit: None }
    }
    /// Compares a number with an interval: exact where both its ends are the number, within where it holds the number
    /// after widening by the tolerance.
    pub fn interval(
        what: impl Into<String>,
        expected: &Q,
        (low, high): &(Q, Q),
        tolerance: &Tolerance,
    ) -> Self {
        let middle = (low + high) / Q::from(num_bigint::BigInt::from(2u8));
        let half = (high - low) / Q::from(num_bigint::BigInt::from(2u8));
        if half.is_zero() {
            return Self::number(what, expected, &middle, tolerance);
        }
        let room = tolerance.of(expected);
        let mut check = Self::number(what, expected, &middle, &Tolerance::Absolute(room + half));
        if check.agrees == Agreement::Exact {
            check.agrees = Agreement::Within("the allowance".into());
        }
        check
    }
    /// Compares two texts or verdicts.
    pub fn same(what: impl Into<String>, expected: impl ToString, got: impl ToString) -> Self {
        let (expected, got) = (expected.to_string(), got.to_string());
        let agrees = if expected == got { Agreement::Exact } else { Agreement::No };
        Self { what: what.into(), expected, got, agrees, circuit: None }
    }
    /// The same check with what the circuit said at the limit and one unit past it.
    #[must_use]
    pub fn on(mut self, edge: &Edge) -> Self {
        self.circuit = Some(edge.holds_at && edge.refused_past);
        self
    }
    /// The same check with whether the circuit's verdict is right.
    #[must_use]
    pub fn judged(mut self, right: bool) -> Self {
        self.circuit = Some(right);
        self
    }
}

/// What became of one vector.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Outcome {
    /// The vector's id.
    pub id: String,
    /// The model that computed it.
    pub model: String,
    /// Every number and verdict that was compared.
    pub checks: Vec<Check>,
    /// Why it cannot be expressed, where it cannot.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cannot: Option<String>,
}

/// The worst that can be said of a vector.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// Every number equals its source's.
    Exact,
    /// Every number is within its tolerance.
    Within,
    /// Some number is not, or a verdict of the circuit is wrong.
    Disagrees,
    /// It was not computed.
    Cannot,
}

impl Outcome {
    /// Where the vector stands. One without a single check was not computed.
    pub fn standing(&self) -> Standing {
        if self.cannot.is_some() || self.checks.is_empty() {
            return Standing::Cannot;
        }
        let of = |c: &Check| match (&c.agrees, c.circuit) {
            (Agreement::No, _) | (_, Some(false)) => Standing::Disagrees,
            (Agreement::Within(_), _) => Standing::Within,
            (Agreement::Exact, _) => Standing::Exact,
        };
        self.checks.iter().map(of).max().unwrap_or(Standing::Cannot)
    }
    /// Whether some figure of it was held against the circuit.
    pub fn on_circuit(&self) -> bool {
        self.checks.iter().any(|c| c.circuit.is_some())
    }
}

/// What a vector says of itself rather than of the portfolio: how the file's author checked it.
const ABOUT: &[&str] =
    &["id", "kind", "basis", "src", "how", "recomputed", "recomputed_agrees", "check", "note"];

/// The field of a vector that no model read, if there is one.
fn ignored(vector: &Value) -> Option<String> {
    let fields = vector.as_object().into_iter().flatten();
    fields.filter(|(name, _)| !ABOUT.contains(&name.as_str())).find_map(|(name, value)| {
        let inside = unread(value)?;
        Some(if inside.is_empty() { name.clone() } else { format!("{name}.{inside}") })
    })
}

/// Runs `f` on every vector of a file, on all cores: one outcome each, in the file's order. An error of `f` becomes the
/// reason why the vector cannot be computed, so a missing field never stops the run; and so does a field that `f` does not
/// read, of what goes in or of what is expected: figures that leave part of a vector aside say nothing about it.
pub fn each(
    file: &Value,
    model: &str,
    f: impl Fn(&Value) -> Result<Vec<Check>, Trouble> + Sync,
) -> Vec<Outcome> {
    let none = Vec::new();
    let vectors = file.get("vectors").and_then(Value::as_array).unwrap_or(&none);
    let indexed: Vec<(usize, &Value)> = vectors.iter().enumerate().collect();
    indexed
        .into_par_iter()
        .map(|(index, vector)| {
            let id =
                vector.get("id").and_then(Value::as_str).map_or_else(|| format!("#{index}"), str::to_owned);
            forget(vector);
            // A model that panics is a defect of ours, and must not take the other vectors with it.
            let done = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| f(vector)));
            let (checks, cannot) = match done {
                Ok(Ok(checks)) if checks.is_empty() => (checks, Some("nothing to compare".to_owned())),
                Ok(Ok(checks)) => match ignored(vector) {
                    Some(field) => (Vec::new(), Some(format!("`{field}` is not understood"))),
                    None => (checks, None),
                },
                Ok(Err(trouble)) => (Vec::new(), Some(trouble.to_string())),
                Err(_) => (Vec::new(), Some("the model failed on it".to_owned())),
            };
            Outcome { id, model: model.to_owned(), checks, cannot }
        })
        .collect()
}

/// One line of the table.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Line {
    /// The file's stem.
    pub file: String,
    /// Its vectors.
    pub vectors: usize,
    /// Equal to the source in every number.
    pub exact: usize,
    /// Within the stated tolerance in every number.
    pub within: usize,
    /// Not.
    pub disagree: usize,
    /// Not computed.
    pub cannot: usize,
    /// Vectors with a figure that the circuit judged at the limit and one unit past it, or as a verdict.
    pub circuit: usize,
    /// Of these, judged right in all of them.
    pub circuit_right: usize,
}

impl Line {
    /// The line of a file.
    pub fn of(file: &str, outcomes: &[Outcome]) -> Self {
        let count = |s: Standing| outcomes.iter().filter(|o| o.standing() == s).count();
        let judged = || outcomes.iter().filter(|o| o.on_circuit());
        Self {
            file: file.to_owned(),
            vectors: outcomes.len(),
            exact: count(Standing::Exact),
            within: count(Standing::Within),
            disagree: count(Standing::Disagrees),
            cannot: count(Standing::Cannot),
            circuit: judged().count(),
            circuit_right: judged().filter(|o| o.checks.iter().all(|c| c.circuit != Some(false))).count(),
        }
    }
    /// As a row of the table.
    pub fn row(&self) -> String {
        let name = if self.file == "all" { "**all**".to_owned() } else { format!("`{}`", self.file) };
        let Self { vectors, exact, within, disagree, cannot, circuit, circuit_right, .. } = self;
        format!(
            "| {name} | {vectors} | {exact} | {within} | {disagree} | {cannot} | {circuit_right} of {circuit} |"
        )
    }
    /// The sum of several.
    pub fn total(lines: &[Self]) -> Self {
        lines.iter().fold(Self { file: "all".into(), ..Self::default() }, |a, b| Self {
            file: a.file,
            vectors: a.vectors + b.vectors,
            exact: a.exact + b.exact,
            within: a.within + b.within,
            disagree: a.disagree + b.disagree,
            cannot: a.cannot + b.cannot,
            circuit: a.circuit + b.circuit,
            circuit_right: a.circuit_right + b.circuit_right,
        })
    }
}

/// The table, as Markdown.
pub fn table(lines: &[Line]) -> String {
    let mut out = String::from(
        "| file | vectors | exact | within tolerance | disagree | cannot | circuit right |\n|---|---|---|---|---|---|---|\n",
    );
    let total = Line::total(lines);
    for line in lines.iter().chain([&total]) {
        out.push_str(&line.row());
        out.push('\n');
    }
    out
}
