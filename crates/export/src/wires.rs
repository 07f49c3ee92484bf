//! Which wire of an exported file is which variable of the relation, and what each is called.

use mandate_circuits::r1cs::Relation;
use mandate_statement::{CIRCUIT_VERSION, InputLayout, Shape};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// The order that the format asks for: the constant one, public inputs, private inputs, everything else.
///
/// A *private input* is a cell that the prover chooses: no row says what it must be. Every other cell is a product, a
/// sum, or a bit of the binary form of a sum, of cells before it. Told by the rows alone:
///
/// - a cell is *made* where the first row that names it has it in `C` only, as the newest of its variables and the only new
///   one there;
/// - it is a *bit of a sum* where the row that it shares with its neighbours equates their weighted sum with older cells;
/// - otherwise it is a choice.
///
/// A detector of missing constraints must find that the choices and the public inputs determine every other wire.
pub struct Wires {
    wire_of: Vec<usize>,
    variable_of: Vec<usize>,
    inputs: usize,
    choices: usize,
}

impl Wires {
    /// Reads the rows.
    pub fn of(relation: &Relation) -> Self {
        let total = relation.inputs + relation.witnesses;
        let chosen = chosen(relation, total);
        let inputs = relation.inputs;
        let choices: Vec<usize> = (inputs..total).filter(|v| chosen[*v]).collect();
        let mut variable_of: Vec<usize> = (0..inputs).collect();
        variable_of.extend(&choices);
        variable_of.extend((inputs..total).filter(|v| !chosen[*v]));
        let mut wire_of = vec![0; total];
        for (wire, variable) in variable_of.iter().enumerate() {
            wire_of[*variable] = wire;
        }
        Self { wire_of, variable_of, inputs, choices: choices.len() }
    }
    /// All wires, the constant one included.
    pub const fn count(&self) -> usize {
        self.variable_of.len()
    }
    /// Public inputs, the constant one left aside.
    pub const fn public(&self) -> usize {
        self.inputs - 1
    }
    /// Cells that the prover chooses.
    pub const fn choices(&self) -> usize {
        self.choices
    }
    /// The wire of a variable.
    ///
    /// # Panics
    /// If there is no such variable.
    pub fn wire(&self, variable: usize) -> usize {
        self.wire_of[variable]
    }
    /// The variable on a wire.
    ///
    /// # Panics
    /// If there is no such wire.
    pub fn variable(&self, wire: usize) -> usize {
        self.variable_of[wire]
    }
}

/// Per variable, whether the prover chooses it.
fn chosen(relation: &Relation, total: usize) -> Vec<bool> {
    let mut chosen = vec![true; total];
    let mut seen = vec![false; total];
    seen[..relation.inputs].fill(true);
    for row in 0..relation.constraints() {
        let [a, b, c] = [0, 1, 2].map(|m| &relation.matrices[m][row]);
        let fresh = |side: &[(ark_bn254::Fr, usize)]| {
            side.iter().map(|t| t.1).filter(|v| !seen[*v]).collect::<Vec<_>>()
        };
        let (new_a, new_b, new_c) = (fresh(a), fresh(b), fresh(c));
        if let [cell] = new_c.as_slice()
            && new_a.iter().chain(&new_b).all(|other| other < cell)
        {
            chosen[*cell] = false;
        }
        if is_decomposition(relation, row) {
            // Bits on the left, the number that they spell on the right.
            let number = c.iter().map(|t| t.1).max().unwrap_or(0);
            let lowest = a.iter().map(|t| t.1).min().unwrap_or(0);
            if number < lowest {
                a.iter().for_each(|t| chosen[t.1] = false);
            }
        }
        for side in [a, b, c] {
            side.iter().for_each(|t| seen[t.1] = true);
        }
    }
    chosen
}

/// Whether a row says `sum of 2^i * cell_i = older cells`, over consecutive cells.
fn is_decomposition(relation: &Relation, row: usize) -> bool {
    use ark_ff::AdditiveGroup;
    let [a, b, c] = [0, 1, 2].map(|m| &relation.matrices[m][row]);
    let one = <ark_bn254::Fr as ark_ff::Field>::ONE;
    let times_one = b.len() == 1 && b[0] == (one, 0);
    let mut weight = one;
    let mut next = a.first().map_or(0, |t| t.1);
    times_one
        && a.len() > 1
        && !c.is_empty()
        && a.iter().all(|(coefficient, variable)| {
            let fits = *coefficient == weight && *variable == next;
            weight.double_in_place();
            next += 1;
            fits
        })
}

/// What each wire is called, in circom's `.sym` form: `label,wire,component,name`.
///
/// Public inputs are called by their place in the statement; a cell by the rule of the row that names it first, with a
/// number that counts the cells of that rule.
pub fn sym_file(relation: &Relation, shape: &Shape, wires: &Wires) -> String {
    let names = names(relation, shape);
    let mut out = String::new();
    for wire in 1..wires.count() {
        let variable = wires.variable(wire);
        let _ = writeln!(out, "{variable},{wire},0,main.{}", names[variable]);
    }
    out
}

fn names(relation: &Relation, shape: &Shape) -> Vec<String> {
    let at = InputLayout::of(shape);
    let mut out: Vec<String> = (0..relation.inputs)
        .map(|i| match i {
            0 => "one".to_owned(),
            InputLayout::CONTEXT => "context".to_owned(),
            i if i < at.rules => format!("commitment[{}]", i - at.commitments),
            i if i < at.risk => format!("rules[{}]", i - at.rules),
            i if i == at.risk => "universe".to_owned(),
            i => format!("risk[{}]", i - at.risk - 1),
        })
        .collect();
    out.resize(relation.inputs + relation.witnesses, String::new());
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for (row, id) in relation.ids.iter().enumerate() {
        let mut fresh: Vec<usize> = relation
            .matrices
            .iter()
            .flat_map(|m| m[row].iter().map(|t| t.1))
            .filter(|v| out[*v].is_empty())
            .collect();
        fresh.sort_unstable();
        fresh.dedup();
        for variable in fresh {
            let count = counts.entry(id.name()).or_default();
            out[variable] = format!("{}[{count}]", id.name());
            *count += 1;
        }
    }
    out
}

/// Which constraint enforces which rule of `docs/statement.md`, and the sizes, as JSON: `rows` lists runs of
/// `[rule, first constraint, how many]` in order.
pub fn map_json(relation: &Relation, shape: &Shape, wires: &Wires) -> Value {
    let mut rows: Vec<(&str, usize, usize)> = Vec::new();
    for (row, id) in relation.ids.iter().enumerate() {
        match rows.last_mut() {
            Some(last) if last.0 == id.name() => last.2 += 1,
            _ => rows.push((id.name(), row, 1)),
        }
    }
    json!({
        "shape": shape.name,
        "circuit_version": CIRCUIT_VERSION,
        "constraints": relation.constraints(),
        "wires": wires.count(),
        "public_inputs": wires.public(),
        "private_inputs": wires.choices(),
        "sizes": {
            "slots": shape.slots, "segments": shape.segments, "accounts": shape.accounts, "assets": shape.assets,
            "local_witnesses": shape.local_witnesses, "local_bits": shape.local_bits,
            "global_witnesses": shape.global_witnesses, "global_bits": shape.global_bits,
        },
        "rows": rows,
    })
}
