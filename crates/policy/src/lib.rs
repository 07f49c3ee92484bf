//! The mandate language.
//!
//! A mandate is a TOML file of rules such as `gross(all) <= 3 * nav`. This crate reads and checks it
//! ([`Mandate::parse`]), compiles it to integer rows ([`compile`]), says it in plain words ([`explain`]) and reads it a
//! second time, straight from the checked tree and over exact fractions ([`evaluate`]). The compiler and the evaluator
//! share the tree and nothing else: tests hold them against each other on lawful and unlawful books.
//!
//! Rows alone, without the language, are read by `mandate-rows`; the prover fills its witnesses with it.
//!
//! `docs/policy-language.md` is the reference, with the discipline that makes one-sided bounds a proof.

mod bounds;
mod check;
mod choices;
mod compile;
mod error;
mod evaluate;
mod explain;
mod form;
mod lex;
mod library;
mod mandate;
mod measures;
mod parse;
mod tree;
mod words;

pub use compile::{Compiled, RowInfo, compile, compile_smallest};
pub use error::{Diagnostic, MandateError, Span, TooSmall};
pub use evaluate::{BUILT_IN, EvaluateError, Sides, Verdict, evaluate, evaluate_on, sides_on};
pub use explain::{dump, explain};
pub use library::describe::{describe, list, stands, takes};
pub use library::expand::{Expanded, Setting, Use};
pub use library::{
    DataFile, Kind, Knob, Opt, Table, Template, TemplateRule, data_files, template, templates,
};
pub use mandate::{MIN_NAV, RULE_LIMIT, SIZE_LIMIT};
pub use tree::{Clause, Expr, Mandate, Node, Rule, Scope, Step, Unit};
