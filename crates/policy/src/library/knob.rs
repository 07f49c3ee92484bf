//! Knobs: their kinds, ranges and options, and how a value is read.

use super::data;
use crate::error::Span;
use crate::lex::Complaint;
use crate::parse::{self, Kind as Syntax};
use num_bigint::BigInt;
use num_rational::BigRational;
use num_traits::Signed;

/// What a knob is set to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Deserialize, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// A plain number, such as `3` or `1.5`.
    Ratio,
    /// A percentage or basis points, such as `25%` or `50 bps`.
    Percent,
    /// An amount of the risk model's currency, such as `5_000 USD`.
    Money,
    /// A whole number.
    Count,
    /// One of a list.
    Choice,
}

impl Kind {
    const fn words(self) -> &'static str {
        match self {
            Self::Ratio => "a plain number",
            Self::Percent => "a percentage or basis points",
            Self::Money => "an amount of money",
            Self::Count => "a whole number",
            Self::Choice => "one of a list",
        }
    }
}

/// One option of a choice.
#[derive(Clone, Debug, PartialEq, Eq, serde::Deserialize, serde::Serialize)]
#[serde(deny_unknown_fields)]
pub struct Opt {
    /// How a mandate names it.
    pub name: String,
    /// What it means.
    pub text: String,
    /// What stands in the rules where the knob is named; nothing for choices that only pick rules.
    #[serde(default)]
    pub is: String,
    /// The data file that it comes from, if it does.
    #[serde(skip_deserializing)]
    pub file: Option<String>,
}

/// One knob.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Knob {
    /// Its name.
    pub name: String,
    /// What it is set to.
    pub kind: Kind,
    /// What it does.
    pub text: String,
    /// What it is where a mandate does not say.
    pub default: Option<String>,
    /// Whether it may be left out without a default: the rules that name it are left out then.
    pub optional: bool,
    /// Smallest lawful value.
    pub min: Option<String>,
    /// Largest lawful value.
    pub max: Option<String>,
    /// Options of a choice.
    pub options: Vec<Opt>,
}

/// A value of a knob.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Value {
    /// As the mandate says it.
    pub(super) said: String,
    /// As it stands in the rules.
    pub(super) written: String,
    /// Money and numbers, exactly.
    pub(super) exact: Option<BigRational>,
}

fn wrong(text: &str, message: String, label: &str) -> Complaint {
    Complaint::new(Span { start: 0, end: text.len() }, message, label)
}

impl Knob {
    /// An example of a lawful value, for help.
    fn example(&self, currency: &str) -> String {
        let plain = self.default.as_ref().or(self.max.as_ref()).or(self.min.as_ref()).cloned();
        match self.kind {
            Kind::Choice => self.options.first().map_or_else(String::new, |o| o.name.clone()),
            Kind::Money => format!("{} {currency}", plain.unwrap_or_else(|| "1_000_000".into())),
            Kind::Ratio => plain.unwrap_or_else(|| "1.5".into()),
            Kind::Percent => plain.unwrap_or_else(|| "25%".into()),
            Kind::Count => plain.unwrap_or_else(|| "3".into()),
        }
    }
    /// Its range in words: `from 0% to 100%`, empty where it has none.
    pub fn range(&self, currency: &str) -> String {
        let amount = |text: &str| match self.kind {
            Kind::Money => format!("{text} {currency}"),
            _ => text.to_owned(),
        };
        match (&self.min, &self.max) {
            (Some(a), Some(b)) => format!("from {} to {}", amount(a), amount(b)),
            (Some(a), None) => format!("at least {}", amount(a)),
            (None, Some(b)) => format!("at most {}", amount(b)),
            (None, None) => String::new(),
        }
    }
    /// The bounds and the default are written without the currency: a template does not know it.
    fn own(&self, text: &str, currency: &str) -> String {
        if self.kind == Kind::Money { format!("{text} {currency}") } else { text.to_owned() }
    }
    /// Reads the default, if there is one.
    pub(super) fn fallback(&self, currency: &str) -> Option<Value> {
        self.default.as_ref().map(|text| {
            self.read(&self.own(text, currency), currency).expect("a default was read with its template")
        })
    }
    /// Reads a value and holds it against the range.
    pub(super) fn read(&self, text: &str, currency: &str) -> Result<Value, Complaint> {
        let value = self.bare(text, currency)?;
        let Some(exact) = &value.exact else { return Ok(value) };
        let bound = |b: &Option<String>| {
            b.as_ref().and_then(|b| self.bare(&self.own(b, currency), currency).ok()).and_then(|v| v.exact)
        };
        let low = bound(&self.min).is_some_and(|b| *exact < b);
        let high = bound(&self.max).is_some_and(|b| *exact > b);
        if low || high {
            let side = if low { "below" } else { "above" };
            let message = format!("knob `{}` is {} its range", self.name, side);
            return Err(wrong(text, message, "out of range").help(format!(
                "{}; it takes {} {}",
                self.text,
                self.kind.words(),
                self.range(currency)
            )));
        }
        Ok(value)
    }
    /// Reads a value of the knob's kind, whatever its size.
    fn bare(&self, text: &str, currency: &str) -> Result<Value, Complaint> {
        if self.kind == Kind::Choice {
            let Some(option) = self.options.iter().find(|o| o.name == text) else {
                let names: Vec<String> = self.options.iter().map(|o| format!("`{}`", o.name)).collect();
                let message = format!("knob `{}` has no option `{text}`", self.name);
                return Err(wrong(text, message, "not an option").help(format!(
                    "{}; options are {}",
                    self.text,
                    names.join(", ")
                )));
            };
            return Ok(Value {
                said: text.to_owned(),
                written: option.is.replace("{currency}", currency),
                exact: None,
            });
        }
        let (exact, unit, negative) = number(text).ok_or_else(|| self.other_kind(text, currency, None))?;
        let fits = match self.kind {
            Kind::Ratio => unit.is_none(),
            Kind::Count => unit.is_none() && exact.is_integer(),
            Kind::Percent => unit.as_deref().is_some_and(|u| u == "%" || u == "bps"),
            Kind::Money => unit.as_deref() == Some(currency),
            Kind::Choice => false,
        };
        if !fits {
            return Err(self.other_kind(text, currency, Some((&exact, unit.as_deref()))));
        }
        let exact = match unit.as_deref() {
            Some("%") => exact / BigInt::from(100),
            Some("bps") => exact / BigInt::from(10_000),
            _ => exact,
        };
        let said = text.trim().to_owned();
        let written = if negative { format!("({said})") } else { said.clone() };
        Ok(Value { said, written, exact: Some(exact) })
    }
    fn other_kind(
        &self,
        text: &str,
        currency: &str,
        found: Option<(&BigRational, Option<&str>)>,
    ) -> Complaint {
        // What was meant, where that can be told.
        let meant = match (self.kind, found) {
            (Kind::Percent, Some((v, None)))
                if v.is_integer() && *v >= BigRational::from(BigInt::from(1)) =>
            {
                format!("for {v} percent write \"{v}%\"")
            }
            (Kind::Ratio, Some((v, Some("%")))) => {
                let v = crate::words::decimal(&(v / BigInt::from(100)), 12, 0).replace(',', "");
                format!("for {} write {v}", text.trim())
            }
            (Kind::Money, Some((_, None))) => {
                format!("write it with its unit: \"{} {currency}\"", text.trim())
            }
            _ => format!("for example \"{}\"", self.example(currency)),
        };
        let message = format!("knob `{}` takes {}", self.name, self.kind.words());
        wrong(text, message, "of another kind").help(format!("{}; {meant}", self.text))
    }
}

/// A number of the language with its unit, and whether it has a minus sign.
fn number(text: &str) -> Option<(BigRational, Option<String>, bool)> {
    let mut syntax = parse::expression(text).ok()?;
    let mut negative = false;
    if let Syntax::Negative(inner) = syntax.kind {
        negative = true;
        syntax = *inner;
    }
    let Syntax::Number(value, unit) = syntax.kind else { return None };
    let value = crate::check::rational(&value);
    let value = if negative { -value } else { value };
    Some((value.clone(), unit.map(|(u, _)| u), value.is_negative()))
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FileKnob {
    name: String,
    kind: Kind,
    text: String,
    default: Option<String>,
    #[serde(default)]
    optional: bool,
    min: Option<String>,
    max: Option<String>,
    #[serde(default)]
    option: Vec<Opt>,
    /// Data files whose tables are further options.
    #[serde(default)]
    data: Vec<String>,
}

impl FileKnob {
    /// Checks the knob against itself: a lawful default, bounds in order, options for choices and for nothing else.
    pub(super) fn checked(self) -> Result<Knob, String> {
        const CURRENCY: &str = "USD";
        let name = self.name.clone();
        let why = |w: &str| format!("knob `{name}`: {w}");
        let lawful = !self.name.is_empty()
            && self.name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_');
        if !lawful || ["template", "id", "currency"].contains(&self.name.as_str()) {
            return Err(why("not a name for a knob"));
        }
        let mut options = self.option;
        for file in &self.data {
            let file = data::data_file(file).ok_or_else(|| why("no such data file"))?;
            options.extend(file.tables.iter().map(|t| Opt {
                name: t.name.clone(),
                text: t.text.clone(),
                is: t.is.clone(),
                file: Some(file.name.clone()),
            }));
        }
        if (self.kind == Kind::Choice) == options.is_empty() {
            return Err(why("choices have options, and nothing else has"));
        }
        if self.default.is_some() && self.optional {
            return Err(why("what has a default is not optional"));
        }
        let knob = Knob {
            name: self.name,
            kind: self.kind,
            text: self.text,
            default: self.default,
            optional: self.optional,
            min: self.min,
            max: self.max,
            options,
        };
        for bound in [&knob.min, &knob.max].into_iter().flatten() {
            knob.read(&knob.own(bound, CURRENCY), CURRENCY).map_err(|c| why(&c.message))?;
        }
        if let Some(default) = &knob.default {
            knob.read(&knob.own(default, CURRENCY), CURRENCY).map_err(|c| why(&c.message))?;
        }
        Ok(knob)
    }
}
