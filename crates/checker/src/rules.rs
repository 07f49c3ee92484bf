//! The rules part: which rule has which rows, row 0, widths and rounding allowances.

use crate::finding::{Finding, Findings, Level, MOST_RULES, clip};
use crate::lists;
use crate::model::{Grid, Model};
use crate::risk::shape_and_model;
use crate::terms::{Row, global_name, rows};
use crate::witness;
use mandate_statement::{
    Digest, Family, GLOBAL_SLACK_BITS, GLOBAL_WITNESS_BITS, GlobalVar, LOCAL_SLACK_BITS, LOCAL_WITNESS_BITS,
    LocalVar, PEAK_BITS, RowRef, RulesPart, Runs, Shape, TOTAL_BITS,
};
use num_bigint::BigUint;
use std::collections::{BTreeMap, BTreeSet};

/// One row of a lawful rules part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RowBudget {
    /// Id of the rule it belongs to.
    pub rule: String,
    /// The row.
    pub row: RowRef,
    /// Bits that its left side can reach with every variable at its full range.
    pub bits: u64,
    /// Bits that its slack has: 112 for rows over blocks and slots, 128 for rows over the book.
    pub limit: u32,
    /// The witness it defines, or `None` for a row that requires something of the book.
    pub defines: Option<String>,
    /// The row as a formula.
    pub text: String,
}

/// What [`check_rules`] found out about a lawful rules part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RulesReport {
    /// The shape.
    pub shape: &'static str,
    /// The risk model.
    pub model: &'static str,
    /// The least net asset value that row 0 asks for, in money units; at least 1.
    pub min_nav: u128,
    /// Every row, rule by rule in the order of the part; a row that rules share comes once under each.
    pub rows: Vec<RowBudget>,
}

/// Checks a rules part: claims, row 0, widths, allowances, signs, and the discipline of witnesses.
///
/// # Errors
/// Everything that is wrong with it. An unknown shape or model, or a wrong length, hides the rest.
pub fn check_rules(part: &RulesPart) -> Result<RulesReport, Vec<Finding>> {
    let mut findings = Findings::default();
    if part.source == Digest::default() {
        findings.push(Finding::ZeroDigest { what: "mandate text" });
    }
    let known = shape_and_model("rules part", &part.shape, &part.model, &mut findings);
    let Some((shape, model)) = known else { return Err(findings.into_list()) };
    check_for(shape, model, part, findings)
}

/// [`check_rules`] on a shape that need not be one of the default ones.
///
/// # Errors
/// As [`check_rules`].
pub fn check_rules_on(shape: &'static Shape, part: &RulesPart) -> Result<RulesReport, Vec<Finding>> {
    let mut findings = Findings::default();
    let model = Model::by_name(&part.model).filter(|m| part.shape == shape.name && m.fits(shape));
    let Some(model) = model else {
        findings.push(Finding::UnknownModel { part: "rules part", model: clip(&part.model) });
        return Err(findings.into_list());
    };
    check_for(shape, model, part, findings)
}

fn check_for(
    shape: &'static Shape,
    model: &'static Model,
    part: &RulesPart,
    mut findings: Findings,
) -> Result<RulesReport, Vec<Finding>> {
    let (got, wanted) = (part.coefficients.len(), RulesPart::len(shape));
    if got != wanted {
        findings.push(Finding::CoefficientCount { shape: shape.name, got, wanted });
        return Err(findings.into_list());
    }
    let (got, most) = (part.rules.len(), MOST_RULES);
    if got > most {
        findings.push(Finding::TooManyRules { got, most });
    }
    let rows: BTreeMap<RowRef, Row> = rows(shape, part).into_iter().map(|row| (row.at, row)).collect();
    check_claims(shape, part, &rows, &mut findings);
    let min_nav = check_row_0(shape, model, rows.get(&ROW_0), &mut findings);
    for row in rows.values() {
        check_width(shape, row, &mut findings);
        check_allowance(shape, model, row, &mut findings);
        if row.local.is_empty() && row.global.iter().all(|(v, _)| *v == GlobalVar::One) {
            findings.push(Finding::ConstantRow { row: row.at });
        }
    }
    let readings = witness::check(shape, model, &rows, &mut findings);
    let defines = |row: &RowRef| readings.get(row).and_then(|r| r.defines);
    for rule in part.rules.iter().filter(|rule| !rule.rows.is_empty()) {
        if rule.rows.iter().all(|row| defines(row).is_some()) {
            findings.push(Finding::RequiresNothing { id: clip(&rule.id) });
        }
    }
    if findings.is_empty() {
        lists::check(part, &rows, &readings, &mut findings);
    }
    if !findings.is_empty() {
        return Err(findings.into_list());
    }
    let budget = |rule: &str, row: &Row| RowBudget {
        rule: rule.to_owned(),
        row: row.at,
        bits: reach(shape, row).bits(),
        limit: slack_bits(row.at.family),
        defines: defines(&row.at).map(witness::node_name),
        text: row.text(model),
    };
    let budgets = part
        .rules
        .iter()
        .flat_map(|rule| rule.rows.iter().filter_map(|at| rows.get(at)).map(|row| budget(&rule.id, row)))
        .collect();
    Ok(RulesReport { shape: shape.name, model: model.name, min_nav, rows: budgets })
}

pub(crate) const ROW_0: RowRef = RowRef { family: Family::Global, index: 0 };

/// Every rule has a readable id of its own and at least one row, names each of its rows once, and only rows that say
/// something; every row that says something belongs to a rule. Rules may share rows: two ratios have one denominator, and
/// the rows that define a witness are listed under every rule that uses it.
fn check_claims(shape: &Shape, part: &RulesPart, rows: &BTreeMap<RowRef, Row>, findings: &mut Findings) {
    let mut ids = BTreeSet::new();
    let mut claimed = BTreeSet::new();
    for rule in &part.rules {
        let id = || clip(&rule.id);
        let readable = |c: u8| matches!(c, b'a'..=b'z' | b'0'..=b'9' | b'-' | b'/');
        if !(1..=80).contains(&rule.id.len()) || !rule.id.bytes().all(readable) {
            findings.push(Finding::RuleId { id: id() });
        }
        if !ids.insert(rule.id.as_str()) {
            findings.push(Finding::DuplicateRule { id: id() });
        }
        if rule.rows.is_empty() {
            findings.push(Finding::RuleWithoutRows { id: id() });
        }
        let mut own = BTreeSet::new();
        for &row in &rule.rows {
            if usize::from(row.index) >= row.family.rows(shape) {
                findings.push(Finding::NoSuchRow { id: id(), row, shape: shape.name });
            } else if !own.insert(row) {
                findings.push(Finding::RowClaimedTwice { id: id(), row });
            } else if !rows.contains_key(&row) {
                findings.push(Finding::EmptyRow { id: id(), row });
            }
        }
        claimed.append(&mut own);
    }
    for &row in rows.keys().filter(|row| !claimed.contains(*row)) {
        findings.push(Finding::UnclaimedRow { row });
    }
}

/// Row 0 over the book is exactly `value - lots - min_nav >= 0` with `min_nav >= 1`. Returns `min_nav`, or zero.
fn check_row_0(shape: &Shape, model: &Model, row: Option<&Row>, findings: &mut Findings) -> u128 {
    let wanted = [(GlobalVar::Total(model.value), 1), (GlobalVar::Total(shape.lots_column()), -1)];
    let coefficient = |variable| row.map_or(0, |row| row.global(variable));
    for (variable, wanted) in wanted {
        let got = coefficient(variable);
        if got != wanted {
            findings.push(Finding::MinNavRow { variable: global_name(model, variable), got, wanted });
        }
    }
    for &(variable, got) in row.map_or(&[][..], |row| &row.global) {
        if variable != GlobalVar::One && wanted.iter().all(|(v, _)| *v != variable) {
            findings.push(Finding::MinNavRow { variable: global_name(model, variable), got, wanted: 0 });
        }
    }
    let one = coefficient(GlobalVar::One);
    if one >= 0 {
        let sign = if one > 0 { "-" } else { "" };
        findings.push(Finding::MinNavTooSmall { got: format!("{sign}{one}") });
        return 0;
    }
    one.unsigned_abs()
}

const fn slack_bits(family: Family) -> u32 {
    match family {
        Family::Global => GLOBAL_SLACK_BITS,
        Family::Group | Family::Account | Family::Asset | Family::Slot => LOCAL_SLACK_BITS,
    }
}

/// The largest magnitude that the left side of a row takes, every variable at the end of its range on its own.
fn reach(shape: &Shape, row: &Row) -> BigUint {
    let mut out = BigUint::ZERO;
    let mut add = |coefficient: i128, blocks: usize, bits: u32| {
        out += (BigUint::from(coefficient.unsigned_abs()) * blocks) << bits;
    };
    // A witness of n bits is signed: its magnitude is at most 2^(n-1).
    let (x, y) = (LOCAL_WITNESS_BITS - 1, GLOBAL_WITNESS_BITS - 1);
    for &(variable, coefficient) in &row.local {
        match variable {
            LocalVar::Total(_) | LocalVar::Worst => add(coefficient, 1, TOTAL_BITS),
            LocalVar::Witness(_) => add(coefficient, 1, x),
            LocalVar::Bit(_) => add(coefficient, 1, 0),
            LocalVar::Peak(_) => add(coefficient, shape.strips, PEAK_BITS),
        }
    }
    for &(variable, coefficient) in &row.global {
        match variable {
            GlobalVar::Total(_) | GlobalVar::WorstBook => add(coefficient, 1, TOTAL_BITS),
            GlobalVar::WorstSum(family) => add(coefficient, family.blocks(shape), TOTAL_BITS),
            GlobalVar::WitnessSum(family, _) => add(coefficient, family.blocks(shape), x),
            GlobalVar::BitSum(family, _) => add(coefficient, family.blocks(shape), 0),
            GlobalVar::Witness(_) => add(coefficient, 1, y),
            GlobalVar::Bit(_) | GlobalVar::One => add(coefficient, 1, 0),
            GlobalVar::PeakSum(_) => add(coefficient, shape.strips, PEAK_BITS),
        }
    }
    out
}

/// A row's reach stays below the range of its slack (and so far from any field's modulus).
fn check_width(shape: &Shape, row: &Row, findings: &mut Findings) {
    let (bits, limit) = (reach(shape, row).bits(), slack_bits(row.at.family));
    if bits > u64::from(limit) {
        findings.push(Finding::RowTooWide { row: row.at, bits, limit });
    }
}

/// How many times the lots a term may be wrong in the prover's favour.
fn error_of(grid: Grid, coefficient: i128) -> u128 {
    match grid {
        Grid::Near => coefficient.unsigned_abs(),
        Grid::Up if coefficient > 0 => coefficient.unsigned_abs(),
        Grid::Down if coefficient < 0 => coefficient.unsigned_abs(),
        Grid::Up | Grid::Down | Grid::Exact => 0,
    }
}

/// Calls that must be covered are in money at the index, rounded to the nearest once a weight; what an option pays at a strike
/// is exact.
const fn peak_grid(i: usize) -> Grid {
    match i {
        Runs::UNCOVERED | Runs::UPSIDE => Grid::Near,
        _ => Grid::Exact,
    }
}

/// A row takes off at least as many lots as its rounded terms may be wrong by, block by block and book by book.
fn check_allowance(shape: &Shape, model: &Model, row: &Row, findings: &mut Findings) {
    let lots = shape.lots_column();
    let (mut block, mut book) = (BigUint::ZERO, BigUint::ZERO);
    for &(variable, coefficient) in &row.local {
        block += match variable {
            LocalVar::Total(k) => error_of(model.grid(k), coefficient),
            LocalVar::Worst => error_of(Grid::Near, coefficient),
            LocalVar::Peak(i) => error_of(peak_grid(i), coefficient),
            LocalVar::Witness(_) | LocalVar::Bit(_) => 0,
        };
    }
    for &(variable, coefficient) in &row.global {
        book += match variable {
            GlobalVar::Total(k) => error_of(model.grid(k), coefficient),
            GlobalVar::WorstSum(_) | GlobalVar::WorstBook => error_of(Grid::Near, coefficient),
            GlobalVar::PeakSum(i) => error_of(peak_grid(i), coefficient),
            _ => 0,
        };
    }
    for (level, needed, got) in [
        (Level::Block, block, row.local(LocalVar::Total(lots))),
        (Level::Book, book, row.global(GlobalVar::Total(lots))),
    ] {
        if got > 0 || BigUint::from(got.unsigned_abs()) < needed {
            findings.push(Finding::Allowance { row: row.at, level, needed: needed.to_string(), got });
        }
    }
}
