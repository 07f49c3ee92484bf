//! `[[use]]`: knobs to values, rules written out, and every mistake at the mandate's own line.

use super::knob::{Kind, Value};
use super::{Template, TemplateRule, data, template, templates};
use crate::error::{Diagnostic, MandateError, Span, unseen};
use crate::lex::{Complaint, Token, lex};
use crate::mandate::Reader;
use mandate_market::{MODELS, RiskModel};
use std::collections::{BTreeMap, BTreeSet};
use toml::Spanned;

/// A `[[use]]` table as it stands in the file.
pub(crate) type Table = Spanned<BTreeMap<Spanned<String>, Spanned<toml::Value>>>;

/// Names that are called in the language and are no columns.
const CALLS: [&str; 18] = [
    "sum",
    "max",
    "min",
    "abs",
    "pos",
    "tiers",
    "worst",
    "up",
    "down",
    "top",
    "shortfall",
    "exceed",
    "at_most",
    "above",
    "better",
    "uncovered",
    "upside",
    "expiry_loss",
];

/// A template as a mandate uses it.
#[derive(Clone, Debug)]
pub struct Use {
    /// What its rules' ids begin with.
    pub id: String,
    /// The template.
    pub template: &'static Template,
    /// Knobs that its rules read, in order of the template.
    pub settings: Vec<Setting>,
    /// Its rules, written out.
    pub rules: Vec<Expanded>,
    /// Where the mandate names the template.
    pub span: Span,
    /// Where the mandate gives the id, or else where it names the template.
    pub(crate) id_span: Span,
}

/// A knob with its value.
#[derive(Clone, Debug)]
pub struct Setting {
    /// The knob.
    pub knob: String,
    /// What it is set to.
    pub value: String,
    /// Whether the mandate says so; otherwise it is the default.
    pub given: bool,
    /// The dated data file that the value comes from, if it does.
    pub data: Option<&'static data::DataFile>,
    /// Where it is set, or else where the template is named.
    pub span: Span,
}

/// A rule of a template with its knobs filled in.
#[derive(Clone, Debug)]
pub struct Expanded {
    /// Its id.
    pub id: String,
    /// Its wording.
    pub text: String,
    /// The expression.
    pub holds: String,
    /// Spans of the expression are counted from here: past the end of the file, so that they name this rule.
    pub(crate) base: usize,
}

impl Expanded {
    pub(crate) const fn span(&self) -> Span {
        Span { start: self.base, end: self.base + self.holds.len() }
    }
}

/// The use and the rule that a span past the end of the file names, with the span inside the rule.
pub(crate) fn find(uses: &[Use], span: Span) -> Option<(&Use, &Expanded, Span)> {
    uses.iter().find_map(|u| {
        let rule = u.rules.iter().find(|r| r.span().start <= span.start && span.start <= r.span().end)?;
        let end = span.end.saturating_sub(rule.base).min(rule.holds.len());
        Some((u, rule, Span { start: span.start - rule.base, end }))
    })
}

/// A diagnostic that points at the use and quotes the rule.
pub(crate) fn quote(
    file: &str,
    text: &str,
    used: &Use,
    rule: &Expanded,
    span: Span,
    message: String,
    label: String,
) -> Diagnostic {
    let beside = format!("this template's rule `{}`", rule.id);
    Diagnostic::at(file, text, used.span, message, beside).quoting(&rule.id, &rule.holds, span, label)
}

/// Names in braces, in order.
pub(super) fn holes(text: &str) -> Result<Vec<&str>, String> {
    let mut out = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find(['{', '}']) {
        let inner = rest[at..].strip_prefix('{').and_then(|r| r.split_once('}')).map(|(name, _)| name);
        let lawful = |n: &&str| {
            !n.is_empty() && n.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
        };
        let name = inner.filter(lawful).ok_or_else(|| format!("a brace without a knob in `{text}`"))?;
        out.push(name);
        rest = &rest[at + name.len() + 2..];
    }
    Ok(out)
}

fn fill(text: &str, of: &dyn Fn(&str) -> String) -> String {
    let mut out = text.to_owned();
    for name in holes(text).unwrap_or_default() {
        out = out.replace(&format!("{{{name}}}"), &of(name));
    }
    out
}

fn names(list: impl Iterator<Item = String>) -> String {
    list.map(|n| format!("`{n}`")).collect::<Vec<_>>().join(", ")
}

struct Expander<'a> {
    reader: &'a Reader<'a>,
    model: &'static RiskModel,
    template: &'static Template,
    /// Where the mandate names the template.
    at: Span,
    values: BTreeMap<&'static str, (Value, bool, Span)>,
}

fn span_of<T>(value: &Spanned<T>) -> Span {
    let range = value.span();
    Span { start: range.start, end: range.end }
}

/// Reads a `[[use]]` table. Rules' spans are counted from `base`.
pub(crate) fn expand(
    reader: &Reader<'_>,
    model: &'static RiskModel,
    table: &Table,
    base: usize,
) -> Result<Use, MandateError> {
    let whole = span_of(table);
    let line = Span { start: whole.start, end: whole.start };
    let entry = |key: &str| table.get_ref().iter().find(|(k, _)| k.get_ref() == key).map(|(_, v)| v);
    let text = |key: &str, value: &Spanned<toml::Value>| {
        value.get_ref().as_str().map(str::to_owned).ok_or_else(|| {
            let example = if key == "id" { "lev" } else { "leverage/1" };
            let wrong = reader.fail(span_of(value), format!("`{key}` is a text"), "not a text");
            MandateError::from(wrong.help(format!("write it in quotes: {key} = \"{example}\"")))
        })
    };
    let Some(name) = entry("template") else {
        return Err(reader
            .fail(line, "`[[use]]` names no template", "no `template` here")
            .help("as in template = \"leverage/1\"; `mandate templates` lists them")
            .into());
    };
    let at = span_of(name);
    let template = find_template(reader, at, &text("template", name)?)?;
    if !template.models.is_empty() && !template.models.iter().any(|m| m == model.name) {
        let wanted = names(template.models.iter().cloned());
        let why = format!("template `{}` does not stand on risk model `{}`", template.id(), model.name);
        return Err(reader
            .fail(at, why, "another risk model")
            .help(format!("it stands on {wanted}; name one as `risk_model`"))
            .into());
    }
    let id = match entry("id") {
        Some(value) => text("id", value)?,
        None => template.name.clone(),
    };
    let id_span = entry("id").map_or(at, span_of);
    if id.is_empty() {
        return Err(reader
            .fail(id_span, "the `id` of a use is empty", "nothing here")
            .help("ids of its rules begin with it, as `lev` in `lev-gross`; without `id` they begin with the template's name")
            .into());
    }
    let mut e = Expander { reader, model, template, at, values: BTreeMap::new() };
    for (key, value) in table.get_ref() {
        if !["template", "id"].contains(&key.get_ref().as_str()) {
            e.set(key, value)?;
        }
    }
    for knob in &template.knobs {
        if let Some(value) = knob.fallback(model.currency) {
            e.values.entry(&knob.name).or_insert((value, false, at));
        }
    }
    e.ascending()?;
    let mut base = base;
    let mut rules = Vec::new();
    for rule in e.chosen()? {
        let id = format!("{id}-{}", rule.id);
        if id.len() > 40 {
            return Err(reader
                .fail(id_span, format!("the rule id `{id}` would be over 40 characters"), "too long")
                .help(format!("take an `id` of at most {} characters", 40 - rule.id.len() - 1))
                .into());
        }
        let value = |name: &str, written: bool| match e.values.get(name) {
            Some((v, ..)) if written => v.written.clone(),
            Some((v, ..)) => v.said.clone(),
            None => model.currency.to_owned(),
        };
        let holds = fill(&rule.holds, &|n| value(n, true));
        let text = fill(&rule.text, &|n| value(n, false));
        let expanded = Expanded { id, text, holds, base };
        // One byte apart, so that the end of one is not the beginning of the next.
        base += expanded.holds.len() + 1;
        rules.push(expanded);
    }
    let mut used = Use { id, template, settings: Vec::new(), rules, span: at, id_span };
    used.settings = e.settings();
    for rule in &used.rules {
        e.columns(&used, rule)?;
    }
    Ok(used)
}

fn find_template(reader: &Reader<'_>, at: Span, id: &str) -> Result<&'static Template, MandateError> {
    let versions: Vec<&Template> =
        templates().iter().filter(|t| id.split('/').next() == Some(t.name.as_str())).collect();
    if let Some(found) = template(id).filter(|t| t.id() == id) {
        return Ok(found);
    }
    let (message, label, help) = if versions.is_empty() {
        let all: BTreeSet<&str> = templates().iter().map(|t| t.name.as_str()).collect();
        let all = names(all.into_iter().map(str::to_owned));
        (
            "unknown template",
            "not a template",
            format!("templates are {all}; `mandate templates` describes them"),
        )
    } else {
        let known = names(versions.iter().map(|t| t.id()));
        let message =
            if id.contains('/') { "unknown version of a template" } else { "a template without its version" };
        (
            message,
            "no such version",
            format!("there is {known}: a version never changes, so a mandate names one"),
        )
    };
    Err(reader.fail(at, message, label).help(help).into())
}

impl Expander<'_> {
    /// Reads a key of the table as a knob.
    fn set(&mut self, key: &Spanned<String>, value: &Spanned<toml::Value>) -> Result<(), MandateError> {
        let (template, currency) = (self.template, self.model.currency);
        let Some(knob) = template.knob(key.get_ref()) else {
            let known = names(template.knobs.iter().map(|k| k.name.clone()));
            let why = format!("template `{}` has no such knob", template.id());
            return Err(self
                .reader
                .fail(span_of(key), why, "not a knob")
                .help(format!("knobs are {known}; `mandate templates {}` describes them", template.name))
                .into());
        };
        let span = span_of(value);
        let raw = self.reader.text.get(span.start..span.end).unwrap_or_default();
        // A number keeps the digits that it was written with: a float would round them.
        let text = match value.get_ref() {
            toml::Value::String(text) => text.as_str(),
            toml::Value::Integer(_) | toml::Value::Float(_) => raw,
            _ => "",
        };
        if text.chars().any(unseen) {
            let why = format!("knob `{}` has a character that cannot be seen", knob.name);
            return Err(self.reader.fail(span, why, "not one line of visible text").into());
        }
        let value = knob.read(text, currency).map_err(|c| {
            let mut diagnostic = self.reader.fail(span, c.message, c.label);
            diagnostic.help = c.help;
            MandateError::from(diagnostic)
        })?;
        self.values.insert(&knob.name, (value, true, span));
        Ok(())
    }

    /// Refuses two knobs that must ascend and do not.
    fn ascending(&self) -> Result<(), MandateError> {
        for (low, high) in &self.template.ascending {
            let (Some((below, ..)), Some((above, _, span))) =
                (self.values.get(low.as_str()), self.values.get(high.as_str()))
            else {
                continue;
            };
            if below.exact >= above.exact {
                let why = format!("knob `{high}` must be above knob `{low}`");
                let label = format!("not above {}", below.said);
                let help = format!("`{low}` is {}; set `{high}` to more", below.said);
                return Err(self.reader.fail(*span, why, label).help(help).into());
            }
        }
        Ok(())
    }

    /// The rules that stand under the choices and knobs set.
    fn chosen(&self) -> Result<Vec<&'static TemplateRule>, MandateError> {
        let template = self.template;
        let missing = |name: &str| -> MandateError {
            let knob = template.knob(name).expect("read with the template");
            let mut ways = knob.range(self.model.currency);
            if knob.kind == Kind::Choice {
                ways = format!("one of {}", names(knob.options.iter().map(|o| o.name.clone())));
            }
            let why = format!("knob `{name}` of template `{}` is not set", template.id());
            self.reader
                .fail(self.at, why, format!("wants `{name}`"))
                .help(format!("{}: {}", knob.text, ways).trim_end_matches([' ', ':']).to_owned())
                .into()
        };
        for knob in template.knobs.iter().filter(|k| k.kind == Kind::Choice && !k.optional) {
            if !self.values.contains_key(knob.name.as_str()) {
                return Err(missing(&knob.name));
            }
        }
        let mut out: Vec<&'static TemplateRule> = Vec::new();
        for rule in &template.rules {
            let stands = rule.when.iter().all(|(choice, wanted)| {
                self.values.get(choice.as_str()).is_some_and(|(v, ..)| wanted.contains(&v.said))
            });
            let mut left_out = !stands;
            for name in read_by(rule) {
                if stands && !self.values.contains_key(name) {
                    if !template.knob(name).is_some_and(|k| k.optional) {
                        return Err(missing(name));
                    }
                    left_out = true;
                }
            }
            if !left_out {
                out.push(rule);
            }
        }
        if out.is_empty() {
            let knobs = names(template.knobs.iter().filter(|k| k.optional).map(|k| k.name.clone()));
            let why = format!("this use of template `{}` says nothing", template.id());
            return Err(self
                .reader
                .fail(self.at, why, "no rule of it stands")
                .help(format!("set at least one of {knobs}"))
                .into());
        }
        for (name, (_, given, span)) in &self.values {
            let choice = template.knob(name).is_some_and(|k| k.kind == Kind::Choice);
            if *given && !choice && !out.iter().any(|r| read_by(r).contains(name)) {
                let readers =
                    names(template.rules.iter().filter(|r| read_by(r).contains(name)).map(|r| r.id.clone()));
                let why = format!("knob `{name}` is set, and no rule that stands here reads it");
                return Err(self
                    .reader
                    .fail(*span, why, "read by nothing")
                    .help(format!(
                        "it is read by {readers}, which the other knobs leave out; `mandate templates {}` says when \
                         each rule stands",
                        template.name
                    ))
                    .into());
            }
        }
        Ok(out)
    }

    fn settings(&self) -> Vec<Setting> {
        let knobs = self.template.knobs.iter();
        knobs
            .filter_map(|k| {
                let (value, given, span) = self.values.get(k.name.as_str())?;
                let file = k.options.iter().find(|o| o.name == value.said).and_then(|o| o.file.as_deref());
                Some(Setting {
                    knob: k.name.clone(),
                    value: value.said.clone(),
                    given: *given,
                    data: file.and_then(data::data_file),
                    span: *span,
                })
            })
            .collect()
    }

    /// Refuses a rule that reads a column which the mandate's model does not have.
    fn columns(&self, used: &Use, rule: &Expanded) -> Result<(), MandateError> {
        let Ok(tokens) = lex(&rule.holds) else { return Ok(()) };
        for pair in tokens.windows(2) {
            let [(Token::Name(name), span), (Token::Open, _)] = pair else { continue };
            let column = match name.as_str() {
                "nav" => "value",
                "net" => "delta",
                n => n,
            };
            if CALLS.contains(&column) || self.model.column(column).is_some() {
                continue;
            }
            let message = format!(
                "rule `{}` needs the column `{column}`, which risk model `{}` does not have",
                rule.id, self.model.name
            );
            let have = names(MODELS.iter().filter(|m| m.column(column).is_some()).map(|m| m.name.to_owned()));
            let help = if have.is_empty() {
                format!("no risk model of this version has `{column}`")
            } else {
                format!("risk models with it are {have}; name one as `risk_model`")
            };
            let complaint = Complaint::new(*span, message, "not a column of the model").help(help);
            return Err(self.reader.within(used, rule, complaint));
        }
        Ok(())
    }
}

/// Knobs that a rule's words or expression name.
fn read_by(rule: &TemplateRule) -> Vec<&str> {
    let mut out: Vec<&str> =
        [&rule.holds, &rule.text].into_iter().flat_map(|t| holes(t).unwrap_or_default()).collect();
    out.retain(|n| *n != "currency");
    out
}
