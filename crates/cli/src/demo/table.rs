//! The short table at the end.

use serde_json::{Value, json};
use std::fmt::Write as _;

/// Figures with what they are figures of, in order.
#[derive(Default)]
pub struct Table {
    rows: Vec<(String, String)>,
}

impl Table {
    /// Adds a row.
    pub fn row(&mut self, what: impl Into<String>, figure: impl Into<String>) {
        self.rows.push((what.into(), figure.into()));
    }
    /// For people.
    pub fn text(&self) -> String {
        let width = self.rows.iter().map(|(what, _)| what.chars().count()).max().unwrap_or(0);
        let mut out = String::new();
        for (what, figure) in &self.rows {
            let pad = width - what.chars().count();
            let _ = writeln!(out, "  {what}{}  {figure}", " ".repeat(pad));
        }
        out
    }
    /// For machines.
    pub fn json(&self) -> Value {
        Value::Array(self.rows.iter().map(|(w, f)| json!({ "what": w, "figure": f })).collect())
    }
}
