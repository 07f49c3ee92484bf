//! Templates in plain words.

use super::data::DataFile;
use super::expand::Use;
use super::{Kind, Knob, Template, data_files, templates};
use std::fmt::Write as _;

const WIDTH: usize = 108;

/// Text broken at blanks, each line behind `indent` blanks.
pub(crate) fn wrapped(text: &str, indent: usize) -> String {
    let mut out = String::new();
    for paragraph in text.lines() {
        let mut line = " ".repeat(indent);
        for word in paragraph.split_whitespace() {
            if line.len() > indent && line.chars().count() + word.chars().count() + 1 > WIDTH {
                out.push_str(line.trim_end());
                out.push('\n');
                line = " ".repeat(indent);
            }
            line.push_str(word);
            line.push(' ');
        }
        out.push_str(line.trim_end());
        out.push('\n');
    }
    out
}

fn section(out: &mut String, title: &str, text: &str) {
    let _ = write!(out, "\n{title}\n{}", wrapped(text, 4));
}

/// What a knob takes, in words.
pub fn takes(knob: &Knob) -> String {
    let kind = match knob.kind {
        Kind::Ratio => "number",
        Kind::Percent => "percentage",
        Kind::Money => "money",
        Kind::Count => "whole number",
        Kind::Choice => "choice",
    };
    let mut out = vec![kind.to_owned()];
    // A template does not know the currency; its bounds are amounts of whichever the model has.
    let range = knob.range("");
    if !range.trim().is_empty() {
        out.push(range.trim().replace("  ", " "));
    }
    out.push(match (&knob.default, knob.optional) {
        (Some(d), _) => format!("default {d}"),
        (None, true) => "optional".into(),
        (None, false) => "must be set".into(),
    });
    out.join(", ")
}

/// When a rule stands, in words; empty where it always does.
pub fn stands(when: &[(String, Vec<String>)]) -> String {
    let list: Vec<String> = when.iter().map(|(k, of)| format!("{k} is {}", of.join(" or "))).collect();
    list.join(" and ")
}

/// One line per template.
pub fn list() -> String {
    let mut out = String::new();
    let width = templates().iter().map(|t| t.id().len()).max().unwrap_or(0);
    for t in templates() {
        let _ = writeln!(out, "{:<width$}  {}", t.id(), t.title);
    }
    out.push_str("\n`mandate templates NAME` shows one. A mandate uses it with [[use]], template = \"NAME/VERSION\".\n");
    out
}

/// One template in full.
pub fn describe(t: &Template) -> String {
    let mut out = format!("{}: {}\ndigest {}\n\n{}", t.id(), t.title, t.digest, wrapped(&t.text, 0));
    let _ = write!(out, "\nformula\n");
    for line in t.formula.lines() {
        let _ = writeln!(out, "    {line}");
    }
    section(&mut out, "covers", &t.covers);
    section(&mut out, "leaves out", &t.leaves_out);
    section(&mut out, "source", &t.source);
    let models =
        if t.models.is_empty() { "every one that has the columns".into() } else { t.models.join(", ") };
    section(&mut out, "risk models", &models);
    out.push_str("\nknobs\n");
    for knob in &t.knobs {
        let _ = writeln!(out, "    {} ({})", knob.name, takes(knob));
        out.push_str(&wrapped(&knob.text, 8));
        for option in &knob.options {
            let _ = writeln!(out, "        {}: {}", option.name, option.text);
        }
    }
    out.push_str("\nrules\n");
    for rule in &t.rules {
        let _ = writeln!(out, "    ID-{}", rule.id);
        out.push_str(&wrapped(&rule.text, 8));
        let _ = writeln!(out, "        holds: {}", rule.holds);
        if !rule.when.is_empty() {
            let _ = writeln!(out, "        where {}", stands(&rule.when));
        }
    }
    let named =
        |d: &&DataFile| t.knobs.iter().flat_map(|k| &k.options).any(|o| o.file.as_ref() == Some(&d.name));
    for file in data_files().iter().filter(named) {
        let _ = write!(out, "\ndata {}, digest {}\n{}", dates(file), file.digest, wrapped(&file.source, 4));
    }
    out
}

fn dates(file: &DataFile) -> String {
    format!("{} (dated {} in its file, refused after {})", file.name, file.as_of, file.valid_until)
}

/// A use of a template, for the explanation of a mandate.
pub(crate) fn used(u: &Use) -> String {
    let t = u.template;
    let mut out = format!("{} as `{}`: {}\n", t.id(), u.id, t.title);
    for s in &u.settings {
        let from = if s.given { "" } else { " (default)" };
        let _ = writeln!(out, "    {} = {}{from}", s.knob, s.value);
        if let Some(file) = s.data {
            let _ = writeln!(out, "        data {}", dates(file));
        }
    }
    let ids: Vec<&str> = u.rules.iter().map(|r| r.id.as_str()).collect();
    out.push_str(&wrapped(&format!("rules: {}", ids.join(", ")), 4));
    out.push_str(&wrapped(&format!("covers: {}", t.covers.replace('\n', " ")), 4));
    out.push_str(&wrapped(&format!("leaves out: {}", t.leaves_out.replace('\n', " ")), 4));
    out.push_str(&wrapped(&format!("source: {}", t.source.replace('\n', " ")), 4));
    let _ = writeln!(out, "    digest of the template: {}", t.digest);
    out
}
