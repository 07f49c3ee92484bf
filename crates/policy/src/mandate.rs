//! The mandate file: TOML around the expressions.

use crate::check::{CheckedRule, Checker};
use crate::error::{Diagnostic, MandateError, Span, unseen};
use crate::lex::Complaint;
use crate::library::expand::{self, Expanded, Use, quote};
use crate::parse;
use crate::tree::{Clause, Expr, Mandate, Node, Rule, Scope, Unit};
use mandate_market::{MODELS, RiskModel};
use mandate_statement::{Family, SHAPES, Shape};
use num_rational::BigRational;
use num_traits::One;
use serde::Deserialize;
use toml::Spanned;

/// Largest mandate file, in bytes.
pub const SIZE_LIMIT: usize = 1 << 20;
/// Most rules of one mandate.
pub const RULE_LIMIT: usize = 128;
/// The id of the rule that every mandate has: net asset value is at least `min_nav`.
pub const MIN_NAV: &str = "min-nav";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    risk_model: Spanned<String>,
    min_nav: Spanned<String>,
    name: Option<Spanned<String>>,
    shape: Option<Spanned<String>>,
    #[serde(default)]
    rule: Vec<FileRule>,
    #[serde(default, rename = "use")]
    uses: Vec<expand::Table>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FileRule {
    id: Spanned<String>,
    text: Spanned<String>,
    holds: Spanned<String>,
}

pub(crate) struct Reader<'a> {
    pub(crate) file: &'a str,
    pub(crate) text: &'a str,
}

impl Reader<'_> {
    pub(crate) fn fail(
        &self,
        span: Span,
        message: impl Into<String>,
        label: impl Into<String>,
    ) -> Diagnostic {
        Diagnostic::at(self.file, self.text, span, message.into(), label.into())
    }
    fn whole(value: &Spanned<String>) -> Span {
        let range = value.span();
        Span { start: range.start, end: range.end }
    }
    /// Where the text of a TOML string begins in the file, if it stands there as it is, without escapes.
    fn base(&self, value: &Spanned<String>) -> Option<usize> {
        let range = value.span();
        let raw = self.text.get(range.clone())?;
        for quote in ["\"\"\"", "'''", "\"", "'"] {
            let Some(inner) = raw.strip_prefix(quote).and_then(|r| r.strip_suffix(quote)) else { continue };
            for skip in ["", "\n", "\r\n"] {
                if inner.strip_prefix(skip) == Some(value.get_ref().as_str()) {
                    return Some(range.start + quote.len() + skip.len());
                }
            }
            return None;
        }
        None
    }
    fn place(&self, value: &Spanned<String>, complaint: Complaint) -> MandateError {
        let span = match self.base(value) {
            Some(base) => Span { start: base + complaint.span.start, end: base + complaint.span.end },
            None => Self::whole(value),
        };
        let mut diagnostic = self.fail(span, complaint.message, complaint.label);
        diagnostic.help = complaint.help;
        diagnostic.into()
    }
    /// A complaint about a rule that a template wrote: it points at the use and quotes the rule.
    pub(crate) fn within(&self, used: &Use, rule: &Expanded, complaint: Complaint) -> MandateError {
        let Complaint { span, message, label, help } = complaint;
        let mut diagnostic = quote(self.file, self.text, used, rule, span, message, label);
        diagnostic.help = help;
        diagnostic.into()
    }
}

/// Refuses text for people that could look other than it is.
fn check_plain(reader: &Reader<'_>, what: &str, value: &str, span: Span) -> Result<(), MandateError> {
    let Some(c) = value.chars().find(|c| unseen(*c)) else { return Ok(()) };
    let code = u32::from(c);
    Err(reader
        .fail(
            span,
            format!("`{what}` has the character U+{code:04X}, which cannot be seen"),
            "a control or direction character",
        )
        .help(
            "write one line of visible text: line breaks, control characters and marks of the writing direction let \
             words look other than they are",
        )
        .into())
}

/// Moves every span of an expression from the string to the file.
fn shift(e: &mut Expr, base: Option<usize>, whole: Span) {
    e.span = moved(e.span, base, whole);
    e.parts_mut().into_iter().for_each(|e| shift(e, base, whole));
}

fn moved(span: Span, base: Option<usize>, whole: Span) -> Span {
    base.map_or(whole, |b| Span { start: b + span.start, end: b + span.end })
}

fn known<'a>(names: impl Iterator<Item = &'a str>) -> String {
    names.map(|n| format!("`{n}`")).collect::<Vec<_>>().join(", ")
}

impl Mandate {
    /// Reads and checks a mandate. `file` is only a name for errors. Never panics, whatever the text.
    ///
    /// # Errors
    /// [`MandateError`], pointing at the first thing that is wrong.
    pub fn parse(file: &str, text: &str) -> Result<Self, MandateError> {
        Self::parse_among(file, text, &RiskModel::by_name)
    }

    /// [`Mandate::parse`] with another list of risk models: `find` gives the one of a name.
    ///
    /// # Errors
    /// As [`Mandate::parse`].
    pub fn parse_among(
        file: &str,
        text: &str,
        find: &dyn Fn(&str) -> Option<&'static RiskModel>,
    ) -> Result<Self, MandateError> {
        if text.len() > SIZE_LIMIT {
            return Err(MandateError::TooLarge { got: text.len(), limit: SIZE_LIMIT });
        }
        let reader = Reader { file, text };
        let parsed: File = toml::from_str(text).map_err(|e| {
            // A book, handed in by mistake, must not be quoted.
            const WORDS: [&str; 4] = ["risk_model", "min_nav", "[[rule]]", "[[use]]"];
            if !text.lines().any(|line| WORDS.iter().any(|w| line.trim_start().starts_with(w))) {
                let why = "this is no mandate: no line of it begins with `risk_model`, `min_nav`, `[[rule]]` or \
                           `[[use]]`";
                let nothing = Reader { file, text: "" };
                return nothing.fail(Span { start: 0, end: 0 }, why, "not quoted, as it may be a book");
            }
            let range = e.span().unwrap_or(0..0);
            let span = Span { start: range.start, end: range.end };
            let mut message = e.message().replace('\n', " ");
            if message.len() > 300 {
                message = message.chars().take(300).collect();
            }
            reader.fail(span, message, "here").help(
                "a mandate has `risk_model`, `min_nav`, optionally `name` and `shape`, `[[rule]]` tables with `id`, `text` \
                 and `holds`, and `[[use]]` tables with `template`, `id` and the template's knobs",
            )
        })?;
        let model = find(parsed.risk_model.get_ref()).ok_or_else(|| {
            let models = known(MODELS.iter().map(|m| m.name));
            reader
                .fail(Reader::whole(&parsed.risk_model), "unknown risk model", "not a risk model")
                .help(format!("risk models are {models}"))
        })?;
        if let Some(shape) = &parsed.shape
            && Shape::by_name(shape.get_ref()).is_none()
        {
            let shapes = known(SHAPES.iter().map(|s| s.name));
            return Err(reader
                .fail(Reader::whole(shape), "unknown shape", "not a shape")
                .help(format!("shapes are {shapes}; leave it out to take the smallest that fits"))
                .into());
        }
        if let Some(name) = &parsed.name {
            check_plain(&reader, "name", name.get_ref(), Reader::whole(name))?;
        }
        let checker = Checker { model };
        let mut rules = vec![min_nav(&reader, &checker, &parsed.min_nav)?];
        // Rules stand in the order of the file, whether written out or made by a template.
        let written = parsed.rule.iter().map(|r| (r.id.span().start, Item::Rule(r)));
        let used = parsed.uses.iter().map(|u| (place_of(u), Item::Use(u)));
        let mut items: Vec<(usize, Item<'_>)> = written.chain(used).collect();
        items.sort_by_key(|(at, _)| *at);
        let mut uses: Vec<Use> = Vec::new();
        let mut base = text.len() + 1;
        let mut count = 0;
        for (_, item) in items {
            match item {
                Item::Rule(rule) => {
                    count += 1;
                    limit(&reader, count, Reader::whole(&rule.id))?;
                    check_id(&reader, &rules, &uses, rule.id.get_ref(), Reader::whole(&rule.id))?;
                    read_rule(&reader, &checker, rule, &mut rules)?;
                }
                Item::Use(table) => {
                    let used = expand::expand(&reader, model, table, base)?;
                    base += used.rules.iter().map(|r| r.holds.len() + 1).sum::<usize>();
                    count += used.rules.len();
                    limit(&reader, count, used.span)?;
                    for rule in &used.rules {
                        check_id(&reader, &rules, &uses, &rule.id, used.id_span)?;
                        expanded_rule(&reader, &checker, &used, rule, &mut rules)?;
                    }
                    uses.push(used);
                }
            }
        }
        Ok(Self {
            file: file.to_owned(),
            source: text.to_owned(),
            name: parsed.name.map(Spanned::into_inner),
            model,
            model_at: Reader::whole(&parsed.risk_model),
            shape: parsed.shape.map(Spanned::into_inner),
            rules,
            uses,
        })
    }
}

fn min_nav(reader: &Reader<'_>, checker: &Checker, value: &Spanned<String>) -> Result<Rule, MandateError> {
    let currency = checker.model.currency;
    let amount = parse::expression(value.get_ref())
        .and_then(|e| checker.money(&e))
        .map_err(|c| reader.place(value, c))?;
    let whole = Reader::whole(value);
    if !amount.is_integer() || amount < BigRational::one() {
        return Err(reader
            .fail(whole, "`min_nav` is at least one unit, and a whole number of units", "not such an amount")
            .help(format!(
                "write an amount above zero with at most {} decimals, such as `1_000_000 {currency}`",
                checker.model.money_places
            ))
            .into());
    }
    let text = format!("Net asset value is at least {}", value.get_ref());
    let clause = Clause {
        except: None,
        family: Family::Global,
        small: Expr { node: Node::Const(amount), unit: Unit::Money, span: whole },
        large: Expr { node: Node::Column { column: 0, scope: Scope::All }, unit: Unit::Money, span: whole },
        strict: false,
        unit: Unit::Money,
        span: whole,
    };
    let holds = format!("nav >= {}", value.get_ref());
    Ok(Rule { id: MIN_NAV.into(), text, holds, span: whole, clauses: vec![clause] })
}

enum Item<'a> {
    Rule(&'a FileRule),
    Use(&'a expand::Table),
}

/// Where a use stands: its first key, as the table's own span may begin before what stands before it in the file.
fn place_of(table: &expand::Table) -> usize {
    table.get_ref().keys().map(|k| k.span().start).min().unwrap_or(table.span().start)
}

fn limit(reader: &Reader<'_>, count: usize, span: Span) -> Result<(), MandateError> {
    if count <= RULE_LIMIT {
        return Ok(());
    }
    Err(reader
        .fail(span, "too many rules", "one too many")
        .help(format!("a mandate has at most {RULE_LIMIT} rules, those of templates counted"))
        .into())
}

fn check_id(
    reader: &Reader<'_>,
    rules: &[Rule],
    uses: &[Use],
    name: &str,
    span: Span,
) -> Result<(), MandateError> {
    check_plain(reader, "id", name, span)?;
    let lawful = (1..=40).contains(&name.len())
        && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
    if !lawful {
        return Err(reader
            .fail(span, "this is not a rule id", "not a rule id")
            .help("an id is 1 to 40 small letters, digits and hyphens, such as `lev-1`")
            .into());
    }
    if name == MIN_NAV {
        return Err(reader
            .fail(span, format!("the id `{MIN_NAV}` is the compiler's own"), "reserved")
            .help("the smallest net asset value is set by `min_nav`")
            .into());
    }
    if let Some(other) = rules.iter().find(|r| r.id == *name) {
        let first = expand::find(uses, other.span).map_or(other.span, |(u, ..)| u.id_span);
        let head = reader.text.get(..first.start).unwrap_or(reader.text);
        let line = head.matches('\n').count() + 1;
        return Err(reader
            .fail(span, format!("rule `{name}` is there already"), "second of this id")
            .help(format!("the first one says what holds on line {line}; ids are unique"))
            .into());
    }
    Ok(())
}

fn read_rule(
    reader: &Reader<'_>,
    checker: &Checker,
    rule: &FileRule,
    rules: &mut Vec<Rule>,
) -> Result<(), MandateError> {
    check_plain(reader, "text", rule.text.get_ref(), Reader::whole(&rule.text))?;
    let text = rule.text.get_ref().trim();
    if text.is_empty() || text.len() > 2000 {
        return Err(reader
            .fail(Reader::whole(&rule.text), "`text` says the rule in words", "empty, or over 2,000 bytes")
            .help("what a reader of the mandate letter agreed to, in one sentence")
            .into());
    }
    let checked = parse::holds(rule.holds.get_ref())
        .and_then(|h| checker.rule(&h))
        .map_err(|c| reader.place(&rule.holds, c))?;
    let (base, whole) = (reader.base(&rule.holds), Reader::whole(&rule.holds));
    push(rules, rule.id.get_ref(), text, rule.holds.get_ref().trim(), checked, base, whole);
    Ok(())
}

fn expanded_rule(
    reader: &Reader<'_>,
    checker: &Checker,
    used: &Use,
    rule: &Expanded,
    rules: &mut Vec<Rule>,
) -> Result<(), MandateError> {
    let checked = parse::holds(&rule.holds)
        .and_then(|h| checker.rule(&h))
        .map_err(|complaint| reader.within(used, rule, complaint))?;
    push(rules, &rule.id, &rule.text, &rule.holds, checked, Some(rule.base), rule.span());
    Ok(())
}

/// Adds a checked rule and the guards of its denominators, with spans counted from `base`, or all of them `whole`.
fn push(
    rules: &mut Vec<Rule>,
    id: &str,
    text: &str,
    holds: &str,
    mut checked: CheckedRule,
    base: Option<usize>,
    whole: Span,
) {
    for clause in checked.clauses.iter_mut().chain(&mut checked.guards) {
        clause.span = moved(clause.span, base, whole);
        shift(&mut clause.small, base, whole);
        shift(&mut clause.large, base, whole);
    }
    let (text, holds) = (text.to_owned(), holds.to_owned());
    rules.push(Rule { id: id.to_owned(), text, holds, span: whole, clauses: checked.clauses });
    if let Some(first) = checked.guards.first() {
        rules.push(Rule {
            id: format!("{id}/denominator"),
            text: format!("What rule `{id}` divides by is at least one unit"),
            holds: "denominator >= 1 unit".into(),
            span: first.span,
            clauses: checked.guards,
        });
    }
}
