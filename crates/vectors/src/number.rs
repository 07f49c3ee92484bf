//! Numbers of a vector file as exact fractions, and the other fields of a vector.

use crate::{Q, Trouble};
use num_bigint::BigInt;
use num_traits::{ToPrimitive, Zero};
use serde_json::Value;
use std::cell::RefCell;
use std::collections::HashSet;

/// `n / d`.
pub fn ratio(n: i64, d: i64) -> Q {
    Q::new(n.into(), d.into())
}

/// A whole number.
pub fn whole(n: i64) -> Q {
    Q::from(BigInt::from(n))
}

/// The number that `text` writes: `-12_345.678`, `1.2e-5`, `100/110`.
pub fn decimal(text: &str) -> Option<Q> {
    if let Some((n, d)) = text.split_once('/') {
        let (n, d) = (decimal(n.trim())?, decimal(d.trim())?);
        return (!d.is_zero()).then(|| n / d);
    }
    let text: String = text.chars().filter(|c| *c != '_').collect();
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((m, e)) => (m.to_owned(), e.parse::<i32>().ok().filter(|e| e.abs() <= 400)?),
        None => (text, 0),
    };
    let (whole, part) = mantissa.split_once('.').unwrap_or((&mantissa, ""));
    let digits = format!("{whole}{part}");
    let bare = digits.strip_prefix(['-', '+']).unwrap_or(&digits);
    if bare.is_empty() || !bare.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let n: BigInt = digits.strip_prefix('+').unwrap_or(&digits).parse().ok()?;
    let places = exponent - i32::try_from(part.len()).ok()?;
    let power = BigInt::from(10u8).pow(places.unsigned_abs());
    Some(if places < 0 { Q::new(n, power) } else { Q::from(n * power) })
}

/// A float as the shortest decimal that reads back as it: what the file it came from says.
pub fn exact(x: f64) -> Option<Q> {
    x.is_finite().then(|| decimal(&format!("{x:e}"))).flatten()
}

/// An exact number as the nearest float, for prices that are computed in floating point.
pub fn float(x: &Q) -> f64 {
    x.to_f64().unwrap_or(f64::NAN)
}

/// A JSON number, or a string that writes one.
fn read(value: &Value) -> Option<Q> {
    let number = match value {
        Value::Number(n) => decimal(&n.to_string()),
        Value::String(s) => decimal(s),
        _ => None,
    };
    if number.is_some() {
        seen(value);
    }
    number
}

thread_local! {
    /// The places of the leaves that were read. A vector is computed on one thread, and its file outlives the run.
    static SEEN: RefCell<HashSet<usize>> = RefCell::default();
}

fn place(value: &Value) -> usize {
    std::ptr::from_ref(value).addr()
}

fn seen(leaf: &Value) {
    SEEN.with_borrow_mut(|set| set.insert(place(leaf)));
}

/// Fields whose text is for people: names, and where a figure comes from.
const FOR_PEOPLE: &[&str] = &[
    "asset",
    "basis",
    "coin",
    "comment",
    "description",
    "how",
    "id",
    "instrument",
    "label",
    "market",
    "name",
    "note",
    "notes",
    "pair",
    "qualifier",
    "source",
    "src",
    "symbol",
    "token",
    "trade",
];

/// Every leaf of a value with its path. A path of an array has the index.
fn leaves<'a>(path: &str, value: &'a Value, visit: &mut impl FnMut(&str, &'a Value)) {
    let inside = |step: &str| if path.is_empty() { step.to_owned() } else { format!("{path}.{step}") };
    match value {
        Value::Object(fields) => fields.iter().for_each(|(k, v)| leaves(&inside(k), v, visit)),
        Value::Array(list) => {
            list.iter().enumerate().for_each(|(k, v)| leaves(&inside(&k.to_string()), v, visit));
        }
        leaf => visit(path, leaf),
    }
}

/// Takes everything inside a value as read: a label, or what a model compares in its own way.
pub(crate) fn known(value: &Value) {
    leaves("", value, &mut |_, leaf| seen(leaf));
}

/// Takes everything inside a value as not read.
pub(crate) fn forget(value: &Value) {
    leaves("", value, &mut |_, leaf| {
        SEEN.with_borrow_mut(|set| set.remove(&place(leaf)));
    });
}

/// The path of the first leaf that says something and was not read since [`forget`]: null and words for people do not.
pub(crate) fn unread(value: &Value) -> Option<String> {
    let mut first = None;
    leaves("", value, &mut |path, leaf| {
        let field = path.rsplit('.').find(|s| s.parse::<usize>().is_err()).unwrap_or_default();
        let words = leaf.is_string() && FOR_PEOPLE.contains(&field);
        let silent = leaf.is_null() || words || SEEN.with_borrow(|set| set.contains(&place(leaf)));
        if !silent && first.is_none() {
            first = Some(path.to_owned());
        }
    });
    first
}

/// Reads a vector file. Integers beyond 64 bits become strings, which [`number`] reads as well: as numbers they would lose
/// digits.
///
/// # Errors
/// What is wrong with the JSON, and where.
pub fn parse(file: &str) -> Result<Value, serde_json::Error> {
    let mut out = String::with_capacity(file.len());
    let (mut inside, mut escaped) = (false, false);
    let mut rest = file;
    while let Some(c) = rest.chars().next() {
        let number = |c: char| c.is_ascii_digit() || matches!(c, '-' | '+' | '.' | 'e' | 'E');
        if !inside && (c.is_ascii_digit() || c == '-') {
            let (token, after) = rest.split_at(rest.find(|c| !number(c)).unwrap_or(rest.len()));
            let integer = token.bytes().all(|b| b.is_ascii_digit() || b == b'-');
            if integer && token.parse::<i64>().is_err() && token.parse::<u64>().is_err() {
                out.push_str(&format!("\"{token}\""));
            } else {
                out.push_str(token);
            }
            rest = after;
            continue;
        }
        match c {
            '"' if !escaped => inside = !inside,
            _ => {}
        }
        escaped = inside && c == '\\' && !escaped;
        out.push(c);
        rest = &rest[c.len_utf8()..];
    }
    serde_json::from_str(&out)
}

/// The value at a path such as `inputs.perp.qty`; steps of an array are indices.
///
/// # Errors
/// [`Trouble::Missing`].
pub fn at<'a>(value: &'a Value, path: &str) -> Result<&'a Value, Trouble> {
    let mut here = value;
    for step in path.split('.').filter(|s| !s.is_empty()) {
        let next = match here {
            Value::Array(list) => step.parse::<usize>().ok().and_then(|i| list.get(i)),
            other => other.get(step),
        };
        here = next.ok_or_else(|| Trouble::Missing(path.to_owned()))?;
    }
    Ok(here)
}

/// The number at a path.
///
/// # Errors
/// [`Trouble::Missing`], also where it is no number.
pub fn number(value: &Value, path: &str) -> Result<Q, Trouble> {
    read(at(value, path)?).ok_or_else(|| Trouble::Missing(format!("{path} (a number)")))
}

/// The number at a path, if there is one.
pub fn optional(value: &Value, path: &str) -> Option<Q> {
    at(value, path).ok().and_then(read)
}

/// The text at a path.
///
/// # Errors
/// [`Trouble::Missing`], also where it is no text.
pub fn text<'a>(value: &'a Value, path: &str) -> Result<&'a str, Trouble> {
    let here = at(value, path)?;
    seen(here);
    here.as_str().ok_or_else(|| Trouble::Missing(format!("{path} (text)")))
}

/// The array at a path.
///
/// # Errors
/// [`Trouble::Missing`], also where it is no array.
pub fn list<'a>(value: &'a Value, path: &str) -> Result<&'a [Value], Trouble> {
    at(value, path)?.as_array().map(Vec::as_slice).ok_or_else(|| Trouble::Missing(format!("{path} (a list)")))
}

/// The truth value at a path.
///
/// # Errors
/// [`Trouble::Missing`], also where it is neither true nor false.
pub fn flag(value: &Value, path: &str) -> Result<bool, Trouble> {
    let here = at(value, path)?;
    seen(here);
    here.as_bool().ok_or_else(|| Trouble::Missing(format!("{path} (true or false)")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_as_they_are_written() {
        let cases =
            [("0.1", 1, 10), ("-2.50", -5, 2), ("1e3", 1000, 1), ("1.5E-2", 3, 200), ("100/110", 10, 11)];
        for (text, n, d) in cases {
            assert_eq!(decimal(text), Some(ratio(n, d)), "{text}");
        }
        for text in ["", "-", "x", "1.2.3", "1/0", "0x10", "1e999", "nan"] {
            assert_eq!(decimal(text), None, "{text}");
        }
        assert_eq!(exact(0.1), Some(ratio(1, 10)));
        assert_eq!(exact(f64::NAN), None);
        let value: Value = serde_json::json!({"a": [{"b": 0.3}, {"b": "7"}]});
        assert_eq!(number(&value, "a.0.b").unwrap(), ratio(3, 10));
        assert_eq!(number(&value, "a.1.b").unwrap(), whole(7));
        assert!(number(&value, "a.2.b").is_err());
        let text = r#"{"a": 340282366920938463463374607431768211456, "b": [-1, 18446744073709551615, 1.5], "c": "9\" 99999999999999999999"}"#;
        let value = parse(text).unwrap();
        assert_eq!(number(&value, "a").unwrap(), Q::from(BigInt::from(1) << 128));
        assert_eq!(number(&value, "b.1").unwrap(), Q::from(BigInt::from(u64::MAX)));
        assert_eq!(value["b"][2], serde_json::json!(1.5));
        assert_eq!(value["c"], "9\" 99999999999999999999");
    }
}
