//! Signs and definitions of witnesses.
//!
//! A witness is a number that the prover chooses. It is safe only as an upper bound: some rows say that it is at least
//! something (coefficient exactly 1: a *definition*), and every other row counts it against the book (a coefficient
//! below 0: a *use*). Then choosing it larger than need be only hurts the prover, and choosing it smaller breaks a
//! definition. Worst losses are the same with the definition built into the circuit.

use crate::finding::{Finding, Findings};
use crate::model::Model;
use crate::terms::{Row, global_name, local_name};
use mandate_statement::{Family, GlobalVar, LocalVar, RowRef};
use std::collections::{BTreeMap, BTreeSet};

/// A witness: `x[i]` of every block of a family, or (for [`Family::Global`]) `y[i]`.
pub type Node = (Family, usize);

/// A witness in words: `x0 of groups`.
pub fn node_name((family, i): Node) -> String {
    match family {
        Family::Group => format!("x{i} of groups"),
        Family::Account => format!("x{i} of accounts"),
        Family::Asset => format!("x{i} of assets"),
        Family::Slot => format!("x{i} of slots"),
        Family::Global => format!("y{i}"),
    }
}

/// Which witnesses define and use which.
#[derive(Default)]
struct Graph {
    /// The first row that defines a witness: of its own family, as a row of another would hold only where that has a block.
    definition: BTreeMap<Node, RowRef>,
    /// The first row that uses a witness.
    used: BTreeMap<Node, RowRef>,
    /// `(a, b)`: a definition of `b` uses `a`.
    edges: BTreeSet<(Node, Node)>,
    /// Witnesses used in a row that defines none.
    required: BTreeSet<Node>,
}

/// What one row says of witnesses.
pub struct Reading {
    /// The witness it defines, if any.
    pub defines: Option<Node>,
    /// Those it counts against the book.
    pub uses: Vec<Node>,
}

/// Checks all rows, and returns what each of them says of witnesses.
pub fn check(
    model: &Model,
    rows: &BTreeMap<RowRef, Row>,
    findings: &mut Findings,
) -> BTreeMap<RowRef, Reading> {
    let mut graph = Graph::default();
    let mut readings = BTreeMap::new();
    for row in rows.values() {
        let (defined, used) = read(model, row, findings);
        readings.insert(row.at, Reading { defines: defined.first().copied(), uses: used.clone() });
        if let [first, second, ..] = defined[..] {
            let (first, second) = (node_name(first), node_name(second));
            findings.push(Finding::TwoDefinitions { row: row.at, first, second });
        }
        for &node in &used {
            graph.used.entry(node).or_insert(row.at);
        }
        match defined.first() {
            None => graph.required.extend(used),
            Some(&node) => {
                graph.edges.extend(used.into_iter().map(|u| (u, node)));
                graph.definition.entry(node).or_insert(row.at);
            }
        }
    }
    for (node, row) in graph.used.iter().filter(|(node, _)| !graph.definition.contains_key(*node)) {
        findings.push(Finding::UndefinedWitness { row: *row, variable: node_name(*node) });
    }
    let circle = circle(&graph.edges);
    if !circle.is_empty() {
        findings.push(Finding::Cycle { variables: circle.into_iter().map(node_name).collect() });
    }
    let live = live(&graph);
    for (node, row) in graph.definition.iter().filter(|(node, _)| !live.contains(node)) {
        findings.push(Finding::UnusedWitness { row: *row, variable: node_name(*node) });
    }
    readings
}

/// The witnesses that a row defines and uses; signs that are neither are findings.
fn read(model: &Model, row: &Row, findings: &mut Findings) -> (Vec<Node>, Vec<Node>) {
    let (mut defined, mut used) = (Vec::new(), Vec::new());
    let mut witness = |node: Node, variable: String, got: i128, findings: &mut Findings| match got {
        1 => defined.push(node),
        _ if got < 0 => used.push(node),
        _ => findings.push(Finding::WitnessCoefficient { row: row.at, variable, got }),
    };
    for &(variable, got) in &row.local {
        let name = local_name(model, variable);
        match variable {
            LocalVar::Total(_) => {}
            LocalVar::Worst if got > 0 => {
                findings.push(Finding::PositiveWorst { row: row.at, variable: name, got });
            }
            LocalVar::Peak(_) if got > 0 => {
                findings.push(Finding::PositivePeak { row: row.at, variable: name, got });
            }
            LocalVar::Worst | LocalVar::Peak(_) => {}
            LocalVar::Witness(i) => witness((row.at.family, i), name, got, findings),
            LocalVar::Bit(_) => findings.push(Finding::BitUsed { row: row.at, variable: name, got }),
        }
    }
    for &(variable, got) in &row.global {
        let name = global_name(model, variable);
        match variable {
            GlobalVar::Total(_) | GlobalVar::One => {}
            GlobalVar::WorstSum(_) | GlobalVar::WorstBook if got > 0 => {
                findings.push(Finding::PositiveWorst { row: row.at, variable: name, got });
            }
            GlobalVar::PeakSum(_) if got > 0 => {
                findings.push(Finding::PositivePeak { row: row.at, variable: name, got });
            }
            GlobalVar::WorstSum(_) | GlobalVar::WorstBook | GlobalVar::PeakSum(_) => {}
            GlobalVar::WitnessSum(..) if got > 0 => {
                findings.push(Finding::PositiveSum { row: row.at, variable: name, got });
            }
            GlobalVar::WitnessSum(family, i) => witness((family, i), name, got, findings),
            GlobalVar::Witness(_) if got == 1 && row.at.family != Family::Global => {
                findings.push(Finding::BlockDefinesBook { row: row.at, variable: name });
            }
            GlobalVar::Witness(i) => witness((Family::Global, i), name, got, findings),
            GlobalVar::BitSum(..) | GlobalVar::Bit(_) => {
                findings.push(Finding::BitUsed { row: row.at, variable: name, got });
            }
        }
    }
    (defined, used)
}

/// What is left of the edges' ends after taking away, again and again, those that nothing leads to or from: the
/// witnesses on circles (and between them). Empty where the definitions can be put in an order.
fn circle(edges: &BTreeSet<(Node, Node)>) -> BTreeSet<Node> {
    let mut left = edges.clone();
    loop {
        let from: BTreeSet<Node> = left.iter().map(|(a, _)| *a).collect();
        let to: BTreeSet<Node> = left.iter().map(|(_, b)| *b).collect();
        let kept: BTreeSet<_> =
            left.iter().copied().filter(|(a, b)| to.contains(a) && from.contains(b)).collect();
        if kept.len() == left.len() {
            return from;
        }
        left = kept;
    }
}

/// The witnesses that a requirement uses, itself or through definitions.
fn live(graph: &Graph) -> BTreeSet<Node> {
    let mut out = graph.required.clone();
    loop {
        let more: BTreeSet<Node> =
            graph.edges.iter().filter(|(_, b)| out.contains(b)).map(|(a, _)| *a).collect();
        let before = out.len();
        out.extend(more);
        if out.len() == before {
            return out;
        }
    }
}
