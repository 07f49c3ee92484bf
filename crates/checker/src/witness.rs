//! Signs and definitions of witnesses and bits.
//!
//! A witness is a number that the prover chooses. It is safe only as an upper bound: some rows say that it is at least
//! something (a coefficient above 0: a *definition*), and every other row counts it against the book (a coefficient
//! below 0: a *use*). Then choosing it larger than need be only hurts the prover, and choosing it smaller breaks a
//! definition. Worst losses are the same with the definition built into the circuit, and a bit is a witness that is 0
//! or 1. Bits and witnesses that let a definition *go* are not of this kind; `chosen` looks at them.

use crate::chosen;
use crate::finding::{Finding, Findings};
use crate::model::Model;
use crate::terms::{Row, global_name, local_name};
use mandate_statement::{Family, GlobalVar, LocalVar, RowRef, Shape};
use std::collections::{BTreeMap, BTreeSet};

/// What the prover chooses: `x[i]` of every block of a family, or (for [`Family::Global`]) `y[i]`; or a bit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Node {
    Witness(Family, usize),
    Bit(Family, usize),
}

impl Node {
    pub const fn family(self) -> Family {
        match self {
            Self::Witness(family, _) | Self::Bit(family, _) => family,
        }
    }
}

/// A witness or bit in words: `x0 of groups`.
pub fn node_name(node: Node) -> String {
    let (letters, i) = match node {
        Node::Witness(_, i) => (["x", "y"], i),
        Node::Bit(_, i) => (["z", "book z"], i),
    };
    let of = match node.family() {
        Family::Group => "groups",
        Family::Account => "accounts",
        Family::Asset => "assets",
        Family::Slot => "slots",
        Family::Global => return format!("{}{i}", letters[1]),
    };
    format!("{}{i} of {of}", letters[0])
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

/// What one row says of witnesses and bits.
#[derive(Default)]
pub struct Reading {
    /// What it defines, if anything.
    pub defines: Option<Node>,
    /// With which coefficient.
    pub divisor: i128,
    /// What lets this definition go as it grows: a bit, or a free witness.
    pub lets_go: Option<(Node, i128)>,
    /// Those it counts against the book.
    pub uses: Vec<Node>,
}

/// Checks all rows, and returns what each of them says of witnesses and bits.
pub fn check(
    shape: &Shape,
    model: &Model,
    rows: &BTreeMap<RowRef, Row>,
    findings: &mut Findings,
) -> BTreeMap<RowRef, Reading> {
    let mut readings = BTreeMap::new();
    for row in rows.values() {
        readings.insert(row.at, read(model, row, findings));
    }
    // Variables that are not bounds: each is looked at where it stands, and left out of what follows.
    let choices = chosen::bits(rows, &mut readings, findings);
    let free = chosen::free(rows, &readings, findings);
    let mut divisors: BTreeMap<Node, i128> = BTreeMap::new();
    let mut graph = Graph::default();
    for (at, reading) in &readings {
        let bounds = || reading.uses.iter().copied().filter(|n| !choices.contains(n));
        for node in bounds().filter(|n| !free.contains(n)) {
            graph.used.entry(node).or_insert(*at);
        }
        match reading.defines {
            None => graph.required.extend(bounds()),
            Some(node) => {
                let lets_go = reading.lets_go.map(|(n, _)| n).filter(|n| free.contains(n));
                graph.edges.extend(bounds().chain(lets_go).map(|u| (u, node)));
                graph.definition.entry(node).or_insert(*at);
                let first = *divisors.entry(node).or_insert(reading.divisor);
                if matches!(node, Node::Witness(..)) && first != reading.divisor {
                    let (variable, got) = (node_name(node), reading.divisor);
                    findings.push(Finding::WitnessCoefficient { row: *at, variable, got, wanted: first });
                }
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
    for row in rows.values().filter(|row| readings[&row.at].defines.is_none()) {
        check_count(shape, row, findings);
    }
    readings
}

/// What a row defines and uses; signs that are neither are findings.
fn read(model: &Model, row: &Row, findings: &mut Findings) -> Reading {
    let mut above: Vec<(Node, i128)> = Vec::new();
    let mut reading = Reading::default();
    let mut meet = |node: Node, got: i128| {
        if got > 0 {
            above.push((node, got));
        } else {
            reading.uses.push(node);
        }
    };
    for &(variable, got) in &row.local {
        match variable {
            LocalVar::Worst if got > 0 => {
                let variable = local_name(model, variable);
                findings.push(Finding::PositiveWorst { row: row.at, variable, got });
            }
            LocalVar::Peak(_) if got > 0 => {
                let variable = local_name(model, variable);
                findings.push(Finding::PositivePeak { row: row.at, variable, got });
            }
            LocalVar::Total(_) | LocalVar::Worst | LocalVar::Peak(_) => {}
            LocalVar::Witness(i) => meet(Node::Witness(row.at.family, i), got),
            LocalVar::Bit(i) => meet(Node::Bit(row.at.family, i), got),
        }
    }
    // Of two witnesses of the book the one of the higher index is defined, and the other is the free one.
    for &(variable, got) in row.global.iter().rev() {
        let name = || global_name(model, variable);
        match variable {
            GlobalVar::Total(_) | GlobalVar::One => {}
            GlobalVar::WorstSum(_) | GlobalVar::WorstBook if got > 0 => {
                findings.push(Finding::PositiveWorst { row: row.at, variable: name(), got });
            }
            GlobalVar::PeakSum(_) if got > 0 => {
                findings.push(Finding::PositivePeak { row: row.at, variable: name(), got });
            }
            GlobalVar::WorstSum(_) | GlobalVar::WorstBook | GlobalVar::PeakSum(_) => {}
            GlobalVar::WitnessSum(..) | GlobalVar::BitSum(..) if got > 0 => {
                findings.push(Finding::PositiveSum { row: row.at, variable: name(), got });
            }
            GlobalVar::WitnessSum(family, i) => meet(Node::Witness(family, i), got),
            GlobalVar::BitSum(family, i) => meet(Node::Bit(family, i), got),
            GlobalVar::Witness(i) => meet(Node::Witness(Family::Global, i), got),
            GlobalVar::Bit(i) => meet(Node::Bit(Family::Global, i), got),
        }
    }
    // What the row can define comes first: a witness of its own family.
    above.sort_by_key(|(node, _)| (node.family() != row.at.family, matches!(node, Node::Bit(..))));
    let own = |node: Node| node.family() == row.at.family;
    match above[..] {
        [] => {}
        [(node, got)] if own(node) => (reading.defines, reading.divisor) = (Some(node), got),
        [(node, _)] => {
            findings.push(Finding::BlockDefinesBook { row: row.at, variable: node_name(node) });
        }
        [(x @ Node::Witness(..), got), (second, letting)]
            if own(x)
                && match second {
                    Node::Bit(..) => own(second),
                    Node::Witness(family, _) => family == Family::Global,
                } =>
        {
            reading.lets_go = Some((second, letting));
            (reading.defines, reading.divisor) = (Some(x), got);
        }
        [(first, got), (second, _), ..] => {
            (reading.defines, reading.divisor) = (Some(first), got);
            let (first, second) = (node_name(first), node_name(second));
            findings.push(Finding::TwoDefinitions { row: row.at, first, second });
        }
    }
    reading
}

/// A row that reads nothing but bits counts them: it says something only if it can fail.
fn check_count(shape: &Shape, row: &Row, findings: &mut Findings) {
    let (mut least, mut bits) = (0i128, false);
    for &(variable, coefficient) in &row.local {
        let LocalVar::Bit(_) = variable else { return };
        bits = true;
        least = least.saturating_add(coefficient.min(0));
    }
    for &(variable, coefficient) in &row.global {
        let most = match variable {
            GlobalVar::One => {
                least = least.saturating_add(coefficient);
                continue;
            }
            GlobalVar::Bit(_) => 1,
            GlobalVar::BitSum(family, _) => i128::try_from(family.blocks(shape)).unwrap_or(i128::MAX),
            _ => return,
        };
        bits = true;
        least = least.saturating_add(coefficient.min(0).saturating_mul(most));
    }
    if bits && least >= 0 {
        findings.push(Finding::CountAlwaysHolds { row: row.at });
    }
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
