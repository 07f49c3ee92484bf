//! A mandate and a snapshot, compiled and checked.

use crate::failure::{At, Failure, fail};
use crate::files;
use mandate_checker::SheetReport;
use mandate_market::{Snapshot, risk};
use mandate_policy::{Compiled, Mandate, compile};
use mandate_statement::{Kind, RiskPart, Shape};
use std::path::Path;

/// Both parts of a sheet with where they come from.
pub struct Sheet {
    /// The mandate as written.
    pub mandate: Mandate,
    /// Its rules part and rows.
    pub compiled: Compiled,
    /// The market.
    pub snapshot: Snapshot,
    /// Its risk part.
    pub risk: RiskPart,
    /// What the independent checker says.
    pub report: SheetReport,
}

/// Reads a mandate.
pub fn mandate(path: &Path) -> Result<Mandate, Failure> {
    let text = files::read_text(path, mandate_policy::SIZE_LIMIT as u64)?;
    Ok(Mandate::parse(&path.display().to_string(), &text)?)
}

/// Reads a snapshot, in its native form or as JSON.
pub fn snapshot(path: &Path) -> Result<Snapshot, Failure> {
    let bytes = files::read(path, Kind::Snapshot.limit() as u64 + 1024)?;
    Snapshot::from_bytes(&bytes).at(path.display())
}

impl Sheet {
    /// Compiles both parts for the snapshot's shape, and runs the sheet checker on them.
    pub fn of(mandate: Mandate, snapshot: Snapshot) -> Result<Self, Failure> {
        let shape = snapshot.universe.shape()?;
        if let Some(wanted) = &mandate.shape
            && wanted != shape.name
        {
            return fail(format!(
                "{}: the mandate asks for shape `{wanted}`, the snapshot's universe is laid out on `{}`",
                mandate.file, shape.name
            ));
        }
        mandate.check_dates(snapshot.as_of)?;
        let risk = risk::compile_as(mandate.model.name, &snapshot, shape)?;
        let compiled = compile(&mandate, mandate.model, shape)?;
        let report = mandate_checker::check(&compiled.part, &risk).or_else(|findings| {
            let list: Vec<String> = findings.iter().map(|f| format!("  {f}")).collect();
            fail(format!("the sheet is not sound:\n{}", list.join("\n")))
        })?;
        Ok(Self { mandate, compiled, snapshot, risk, report })
    }
    /// Reads both files.
    pub fn read(mandate_file: &Path, snapshot_file: &Path) -> Result<Self, Failure> {
        Self::of(mandate(mandate_file)?, snapshot(snapshot_file)?)
    }
    /// The shape.
    pub const fn shape(&self) -> &'static Shape {
        self.compiled.shape
    }
}

/// A rule and its rows in words.
pub fn rule_line(rule: &mandate_statement::RuleRows) -> String {
    let rows: Vec<String> = rule
        .rows
        .iter()
        .map(|r| format!("{} row {}", format!("{:?}", r.family).to_lowercase(), r.index))
        .collect();
    format!("{:<24} {}", rule.id, rows.join(", "))
}
