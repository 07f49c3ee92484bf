//! Rule to rows, for people.

use crate::finding::{Finding, Findings, clip, row_name};
use crate::risk::shape_and_model;
use crate::rules::RulesReport;
use crate::terms::{Row, rows};
use mandate_statement::{RowRef, RulesPart};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::{self, Write};

/// Every rule of `part` with its rows as formulas, lawful or not. A row that rules share is written out once.
///
/// ```text
/// leverage
///   global row 1: 3 book value - 1 book gross - 3 book lots >= 0
/// ```
///
/// # Errors
/// Where the shape or the model is unknown, or the coefficients are not as many as the shape takes.
pub fn rule_rows(part: &RulesPart) -> Result<String, Finding> {
    let mut findings = Findings::default();
    let Some((shape, model)) = shape_and_model("rules part", &part.shape, &part.model, &mut findings) else {
        return Err(findings.into_list().swap_remove(0));
    };
    let (got, wanted) = (part.coefficients.len(), RulesPart::len(shape));
    if got != wanted {
        return Err(Finding::CoefficientCount { shape: shape.name, got, wanted });
    }
    let all: BTreeMap<RowRef, Row> = rows(shape, part).into_iter().map(|row| (row.at, row)).collect();
    let mut left: BTreeSet<RowRef> = all.keys().copied().collect();
    let mut out = String::new();
    for rule in &part.rules {
        out.push_str(&clip(&rule.id));
        out.push('\n');
        if rule.rows.is_empty() {
            out.push_str("  no rows: nothing would be proven of this rule\n");
        }
        for at in &rule.rows {
            let first = left.remove(at);
            match all.get(at) {
                Some(row) if first => line(&mut out, at, &row.text(model)),
                Some(_) => line(&mut out, at, "as above"),
                None => line(&mut out, at, "says nothing, or is no row of the shape"),
            }
        }
    }
    if !left.is_empty() {
        out.push_str("(rows of no rule)\n");
        for row in left.iter().filter_map(|at| all.get(at)) {
            line(&mut out, &row.at, &row.text(model));
        }
    }
    Ok(out)
}

fn line(out: &mut String, at: &RowRef, text: &str) {
    out.push_str("  ");
    out.push_str(&row_name(at));
    out.push_str(": ");
    out.push_str(text);
    out.push('\n');
}

impl fmt::Display for RulesReport {
    /// The bit budget, row by row, under the rules' ids.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut rule = None;
        for row in &self.rows {
            if rule != Some(&row.rule) {
                writeln!(f, "{}", row.rule)?;
                rule = Some(&row.rule);
            }
            let mut role = String::new();
            if let Some(name) = &row.defines {
                write!(role, ", defines {name}")?;
            }
            writeln!(f, "  {} ({} of {} bits{role}): {}", row_name(&row.row), row.bits, row.limit, row.text)?;
        }
        Ok(())
    }
}
