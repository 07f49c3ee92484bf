//! The independent sheet checker.
//!
//! A proof says that a hidden book satisfies the rows of a sheet. Whether the rows mean anything is a question about
//! public integers, and this crate answers as much of it as the integers can: it depends on the vocabulary
//! (`mandate-statement`) and on nothing else of this project, least of all on the compiler or the market model that
//! made the sheet. It has its own small table of what the columns of a risk model are.
//!
//! [`check_risk`] and [`check_rules`] look at one part each, [`check`] at both and at whether they belong together.
//! Each returns a report, or everything that is wrong with the sheet ([`Finding`], at most [`MOST_FINDINGS`]). All are
//! total: no part that decodes makes them panic. `docs/sheet-checker.md` lists every rule with its reason, and what no
//! checker can see from the sheet alone.

mod chosen;
mod finding;
mod lists;
mod model;
mod print;
mod risk;
mod rules;
mod runs;
mod terms;
mod witness;

pub use finding::{Finding, Level, MOST_FINDINGS, MOST_RULES};
pub use print::rule_rows;
pub use risk::{RiskReport, check_risk};
pub use rules::{RowBudget, RulesReport, check_rules, check_rules_on};

use finding::{Findings, clip};
use mandate_statement::{RiskPart, RulesPart};

/// What [`check`] found out about a lawful sheet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SheetReport {
    /// The risk part.
    pub risk: RiskReport,
    /// The rules part.
    pub rules: RulesReport,
    /// What is lawful but worth a reader's eye, in words. Empty for most sheets.
    pub notes: Vec<String>,
}

/// Checks both parts of a sheet, and that they belong together.
///
/// # Errors
/// Everything that is wrong, those of the risk part first.
pub fn check(rules: &RulesPart, risk: &RiskPart) -> Result<SheetReport, Vec<Finding>> {
    let mut findings = Findings::default();
    for (what, ours, theirs) in
        [("risk model", &rules.model, &risk.model), ("shape", &rules.shape, &risk.shape)]
    {
        if ours != theirs {
            findings.push(Finding::PartsDisagree { what, rules: clip(ours), risk: clip(theirs) });
        }
    }
    let risk_report = check_risk(risk).map_err(|list| findings.extend(list)).ok();
    let rules_report = check_rules(rules).map_err(|list| findings.extend(list)).ok();
    let notes = risk_report.iter().flat_map(|risk| &risk.accounts_without_slots).map(|account| {
        format!("account {account} has no usable slot: nothing can be held in it until the sheet prices something there")
    });
    let notes: Vec<String> = notes.collect();
    match (risk_report, rules_report) {
        (Some(risk), Some(rules)) if findings.is_empty() => Ok(SheetReport { risk, rules, notes }),
        _ => Err(findings.into_list()),
    }
}
