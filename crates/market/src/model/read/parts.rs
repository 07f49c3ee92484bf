//! The reader of columns that are parts of others.

use super::super::part::{Part, PartKind};
use super::{ModelError, Reader, clip};
use crate::model::vocabulary::word;
use toml::Value;

impl Reader<'_> {
    /// Kinds of instrument.
    fn kinds(&self, key: &'static str, value: Value) -> Result<&'static [PartKind], ModelError> {
        let words = PartKind::WORDS.map(|(word, _)| word).join("`, `");
        let Value::Array(list) = value else {
            return self.wrong(key, format!("a list of `{words}` must stand here"));
        };
        let mut out = Vec::new();
        for entry in list {
            let found = PartKind::WORDS.iter().find(|(word, _)| entry.as_str() == Some(*word));
            match found.filter(|(_, kind)| !out.contains(kind)) {
                Some((_, kind)) => out.push(*kind),
                None => {
                    return self.wrong(
                        key,
                        format!("{}: `{words}`, each once, must stand here", clip(&entry.to_string())),
                    );
                }
            }
        }
        Ok(out.leak())
    }
}

/// Words that a part cannot be called by: they are the mandate language's own.
const TAKEN: [&str; 24] = [
    "nav",
    "net",
    "all",
    "scenarios",
    "worst",
    "shortfall",
    "exceed",
    "uncovered",
    "upside",
    "expiry_loss",
    "sum",
    "above",
    "top",
    "max",
    "min",
    "better",
    "abs",
    "pos",
    "tiers",
    "up",
    "down",
    "at_most",
    "for",
    "in",
];

/// Columns that are parts of others, in growing order of their names.
pub(super) fn parts(r: &mut Reader<'_>) -> Result<&'static [Part], ModelError> {
    let Some(value) = r.optional("parts") else { return Ok(&[]) };
    let named = r.as_table("parts", value)?;
    let mut out: Vec<Part> = Vec::new();
    for (name, value) in named.left.clone() {
        let lawful = (1..=24).contains(&name.len())
            && name.starts_with(|c: char| c.is_ascii_lowercase())
            && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_');
        if !lawful || word(&name).is_some() || TAKEN.contains(&name.as_str()) {
            let why = "a part is named by 1 to 24 of `a-z`, `0-9` and `_`, a letter first, and by no word that means something already";
            return named.wrong(&clip(&name), why);
        }
        let mut p = named.as_table(&name, value)?;
        let (of, meaning) = (p.text("of")?, p.text("meaning")?);
        let kinds = match p.optional("kinds") {
            Some(value) => p.kinds("kinds", value)?,
            None => &[],
        };
        let symbols = match p.optional("symbols") {
            Some(value) => p.symbols("symbols", value)?,
            None => &[],
        };
        let mut days = |key: &'static str| match p.optional(key) {
            None => Ok(None),
            Some(value) => match value
                .as_integer()
                .and_then(|n| u32::try_from(n).ok())
                .filter(|n| (1..=3650).contains(n))
            {
                Some(days) => Ok(Some(days)),
                None => p.wrong(key, "a number of days from 1 to 3650 must stand here"),
            },
        };
        let (after_days, within_days) = (days("after_days")?, days("within_days")?);
        let mut share = |key: &'static str| match p.optional(key) {
            None => Ok(None),
            Some(value) => p.as_share(key, value, 1, 10_000).map(Some),
        };
        let (strike_above, strike_up_to) = (share("strike_above")?, share("strike_up_to")?);
        let part = Part {
            name: name.leak(),
            of,
            meaning,
            kinds,
            symbols,
            after_days,
            within_days,
            strike_above,
            strike_up_to,
        };
        if part.definition().is_none() {
            return p
                .wrong("of", format!("`{}` is not a column of money that it could be a part of", clip(of)));
        }
        if after_days.zip(within_days).is_some_and(|(a, b)| a >= b) {
            return p.wrong("within_days", "it is not after `after_days`");
        }
        if strike_above.zip(strike_up_to).is_some_and(|(a, b)| a >= b) {
            return p.wrong("strike_up_to", "it is not above `strike_above`");
        }
        let unbounded = kinds.is_empty() && symbols.is_empty();
        if unbounded && after_days.or(within_days).is_none() && strike_above.or(strike_up_to).is_none() {
            return p.wrong(
                "of",
                "without a condition it is the whole; give `kinds`, `symbols`, days or strikes",
            );
        }
        p.end()?;
        out.push(part);
    }
    out.sort_by_key(|part| part.name);
    Ok(out.leak())
}
