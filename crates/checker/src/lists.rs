//! How lawful rows are written: one after another, each under every rule that stands on it, no maximum of one thing.
//!
//! None of this is needed for a row to mean what it says. It is what any compiler does, so that a row or a piece taken
//! out afterwards leaves a gap that can be seen without compiling the text again.

use crate::finding::{Finding, Findings, clip};
use crate::rules::ROW_0;
use crate::terms::Row;
use crate::witness::{Node, Reading, node_name};
use mandate_statement::{Family, LocalVar, RowRef, RuleRows, RulesPart};
use std::collections::{BTreeMap, BTreeSet};

const MIN_NAV: &str = "min-nav";

/// Looks at a part in which nothing else is wrong.
pub fn check(
    part: &RulesPart,
    rows: &BTreeMap<RowRef, Row>,
    readings: &BTreeMap<RowRef, Reading>,
    findings: &mut Findings,
) {
    let first = part.rules.first();
    if first.is_none_or(|rule| rule.id != MIN_NAV || rule.rows != [ROW_0]) {
        findings.push(Finding::MinNavRule { id: clip(first.map_or("", |rule| &rule.id)) });
    }
    for row in rows.keys() {
        let before = row.index.checked_sub(1).map(|index| RowRef { index, ..*row });
        if before.is_some_and(|before| !rows.contains_key(&before)) {
            findings.push(Finding::RowGap { row: *row });
        }
    }
    let mut definitions: BTreeMap<Node, Vec<RowRef>> = BTreeMap::new();
    for (row, reading) in readings {
        if let Some(node) = reading.defines {
            definitions.entry(node).or_default().push(*row);
        }
    }
    for (node, pieces) in &definitions {
        // What is divided is rounded, and a charge over a free witness is a sum of them: neither could be read directly.
        let rounded = |row: &RowRef| readings[row].divisor > 1;
        let frees = |node: &Node| readings.values().any(|r| r.lets_go.is_some_and(|(n, _)| n == *node));
        let charge = |row: &RowRef| readings[row].uses.iter().any(frees);
        if let [only] = pieces[..]
            && !rounded(&only)
            && !charge(&only)
            && !frees(node)
            && needs_two(*node, &rows[&only], readings)
        {
            findings.push(Finding::OnePiece { row: only, variable: node_name(*node) });
        }
    }
    for rule in &part.rules {
        check_list(rule, readings, &definitions, findings);
    }
}

/// Whether a witness with the one definition `row` could have been written as what defines it. Sums over blocks take some
/// things only through a witness: totals of assets (which may share no sum with the book's), constants, variables of the
/// book. Totals and worst losses of groups and accounts have sums of their own, and a witness of the book, or one that a
/// row of its own family reads, stands for a maximum.
fn needs_two(node: Node, row: &Row, readings: &BTreeMap<RowRef, Reading>) -> bool {
    let own_row =
        |(at, reading): (&RowRef, &Reading)| at.family == node.family() && reading.uses.contains(&node);
    let summed =
        |(v, _): &(LocalVar, i128)| matches!(v, LocalVar::Total(_) | LocalVar::Worst | LocalVar::Peak(_));
    match node.family() {
        _ if matches!(node, Node::Bit(..)) => false,
        Family::Global => true,
        Family::Asset => readings.iter().any(own_row),
        _ => readings.iter().any(own_row) || row.local.iter().any(summed),
    }
}

/// A rule lists every row that defines a witness which it uses, itself or through other definitions, and no other
/// definition.
fn check_list(
    rule: &RuleRows,
    readings: &BTreeMap<RowRef, Reading>,
    definitions: &BTreeMap<Node, Vec<RowRef>>,
    findings: &mut Findings,
) {
    let reading = |row: &RowRef| &readings[row];
    let mut needed: BTreeMap<RowRef, Node> = BTreeMap::new();
    let mut open: Vec<RowRef> =
        rule.rows.iter().filter(|row| reading(row).defines.is_none()).copied().collect();
    while let Some(row) = open.pop() {
        for node in &reading(&row).uses {
            for definition in definitions.get(node).into_iter().flatten() {
                if needed.insert(*definition, *node).is_none() {
                    open.push(*definition);
                }
            }
        }
    }
    let listed: BTreeSet<RowRef> = rule.rows.iter().copied().collect();
    for (row, node) in needed.iter().filter(|(row, _)| !listed.contains(*row)) {
        let (id, variable) = (clip(&rule.id), node_name(*node));
        findings.push(Finding::DefinitionNotListed { id, row: *row, variable });
    }
    for row in listed.iter().filter(|row| !needed.contains_key(*row)) {
        if let Some(node) = reading(row).defines {
            let (id, variable) = (clip(&rule.id), node_name(node));
            findings.push(Finding::DefinitionNotNeeded { id, row: *row, variable });
        }
    }
}
