//! The library of templates: ready-made rules with knobs, one file per template and version under `templates/`.
//!
//! A mandate uses one with a `[[use]]` table; [`expand`] writes its rules out, and from there on they are rules like any
//! other. Templates hold text only: whatever they expand to goes through the same parser, checker and compiler as a rule
//! that somebody wrote by hand.

mod data;
pub(crate) mod describe;
pub(crate) mod expand;
mod files;
mod knob;

pub use data::{DataFile, Table, data_files};
pub use knob::{Kind, Knob, Opt};

use mandate_statement::Digest;
use std::sync::LazyLock;

/// One template.
#[derive(Clone, Debug, serde::Serialize)]
pub struct Template {
    /// Its name, as in `leverage` of `leverage/1`.
    pub name: String,
    /// Its version: a change of any rule is a new one.
    pub version: u32,
    /// One line.
    pub title: String,
    /// What it is for.
    pub text: String,
    /// What is measured against what, in symbols.
    pub formula: String,
    /// Where the rule comes from.
    pub source: String,
    /// What it covers.
    pub covers: String,
    /// What it leaves out.
    pub leaves_out: String,
    /// Pairs of knobs of which the second must be above the first.
    pub ascending: Vec<(String, String)>,
    /// Risk models that it can stand on; empty for every one with the columns.
    pub models: Vec<String>,
    /// What can be set.
    pub knobs: Vec<Knob>,
    /// What it expands to.
    pub rules: Vec<TemplateRule>,
    /// Keccak-256 of its file.
    pub digest: Digest,
}

/// One rule of a template.
#[derive(Clone, Debug, serde::Serialize)]
pub struct TemplateRule {
    /// The part of the rule's id after the use's own.
    pub id: String,
    /// Its wording, with knobs in braces.
    pub text: String,
    /// The expression, with knobs in braces.
    pub holds: String,
    /// It stands only where every choice named here is one of the listed options.
    pub when: Vec<(String, Vec<String>)>,
}

impl Template {
    /// `leverage/1`.
    pub fn id(&self) -> String {
        format!("{}/{}", self.name, self.version)
    }
    /// A knob by name.
    pub fn knob(&self, name: &str) -> Option<&Knob> {
        self.knobs.iter().find(|k| k.name == name)
    }
}

static LIBRARY: LazyLock<Vec<Template>> = LazyLock::new(|| {
    files::TEMPLATES
        .iter()
        .map(|(file, text)| files::read(file, text).unwrap_or_else(|why| panic!("template {file}: {why}")))
        .collect()
});

/// All templates, by name and version.
pub fn templates() -> &'static [Template] {
    &LIBRARY
}

/// A template by `name/version`, or by name alone: the newest.
pub fn template(id: &str) -> Option<&'static Template> {
    templates().iter().rfind(|t| t.id() == id || t.name == id)
}
