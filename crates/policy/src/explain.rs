//! A mandate in plain words, with what each rule costs, and a dump of its rows.

use crate::bounds::slack_bits;
use crate::compile::{Compiled, compile_smallest};
use crate::error::MandateError;
use crate::library::describe;
use crate::tree::{Expr, Mandate, Node, Rule, domain};
use crate::words;
use mandate_market::{RiskModel, Rounding};
use mandate_statement::{Family, Runs, Shape};
use std::collections::BTreeSet;
use std::fmt::Write as _;

/// The mandate in plain words: each rule with its numbers and units, how its roundings fall, and what it costs in rows,
/// witnesses and constraints. Compiles for `shape`, or where that is `None` for the shape the mandate asks for or the
/// smallest that takes it.
///
/// # Errors
/// [`MandateError`], as [`crate::compile`].
pub fn explain(mandate: &Mandate, shape: Option<&'static Shape>) -> Result<String, MandateError> {
    let compiled = match shape {
        Some(shape) => crate::compile(mandate, mandate.model, shape)?,
        None => compile_smallest(mandate, mandate.model)?,
    };
    let mut out = String::new();
    write_all(&mut out, mandate, &compiled).expect("writing to memory does not fail");
    Ok(out)
}

fn write_all(out: &mut String, mandate: &Mandate, compiled: &Compiled) -> std::fmt::Result {
    let (model, shape) = (mandate.model, compiled.shape);
    writeln!(out, "{}", mandate.name.as_deref().unwrap_or(&mandate.file))?;
    writeln!(
        out,
        "risk model {}, money in {} (exact to 10^-{})",
        model.name, model.currency, model.money_places
    )?;
    write_model(out, model);
    writeln!(
        out,
        "shape {}: {} slots in {} segments, {} venues, {} underlyings\n",
        shape.name, shape.slots, shape.segments, shape.accounts, shape.assets
    )?;
    for used in &mandate.uses {
        writeln!(out, "{}", describe::used(used))?;
    }
    for rule in &mandate.rules {
        writeln!(out, "{}: {}", rule.id, rule.text)?;
        for clause in &rule.clauses {
            writeln!(out, "    proven: {}", words::clause(model, clause))?;
        }
        write_cost(out, rule, compiled)?;
    }
    writeln!(out, "\nwhat is measured, and how it is rounded")?;
    let mut columns = BTreeSet::new();
    for clause in mandate.rules.iter().flat_map(|r| &r.clauses) {
        gather(&clause.small, &mut columns);
        gather(&clause.large, &mut columns);
    }
    for column in &columns {
        match column {
            Measured::Column(k) => {
                let def = &model.columns[*k];
                writeln!(out, "    {}: {}; {}", def.name, def.meaning, rounding(def.rounding))?;
            }
            Measured::Peak(i) => writeln!(
                out,
                "    {}: {}",
                words::peak(*i),
                match *i {
                    Runs::EXPIRY_LOSS => "exact; each expiry at its worst strike, and the expiries added up",
                    _ =>
                        "in money at the index, each expiry at its worst strike; to the nearest unit, counted against the book",
                }
            )?,
            Measured::Scenarios => writeln!(out, "    scenario losses: {}", scenarios(model))?,
        }
    }
    writeln!(
        out,
        "    a rule holds only if it holds for every value within the rounding: one unit of 10^-{} {} per lot held and \
         column read",
        model.money_places, model.currency
    )?;
    writeln!(out, "\nwhat it takes of shape {}", shape.name)?;
    for family in Family::ALL {
        let rows = compiled.rows.iter().filter(|r| r.row.family == family).count();
        let blocks = family.blocks(shape);
        let cost = rows * blocks * slack_bits(family) as usize;
        writeln!(
            out,
            "    {}: {rows} of {} rows, each over {blocks} block(s) with {} bits of slack: about {cost} constraints{}",
            domain(family),
            family.rows(shape),
            slack_bits(family),
            share(cost, shape)
        )?;
    }
    let [g, a, u, y] = compiled.witnesses;
    let local = shape.local_witnesses;
    writeln!(
        out,
        "    witnesses: {g} of {local} per group, {a} of {local} per venue, {u} of {local} per underlying, {y} of {} of \
         the whole book",
        shape.global_witnesses
    )?;
    let [g, a, u, y] = compiled.bits;
    let local = shape.local_bits;
    writeln!(
        out,
        "    bits: {g} of {local} per group, {a} of {local} per venue, {u} of {local} per underlying, {y} of {} of the \
         whole book",
        shape.global_bits
    )?;
    writeln!(
        out,
        "    the circuit has all rows of the shape whether a mandate uses them or not: another mandate, the same cost"
    )
}

/// Where the scenario set comes from, who answers for it, until when, and how it would have fared: what its file says
/// before its columns.
fn write_model(out: &mut String, model: &RiskModel) {
    for line in model.text().lines().take_while(|l| !l.starts_with("  columns")) {
        let indent = 4 + line.len() - line.trim_start().len();
        out.push_str(&describe::wrapped(line, indent));
    }
}

fn write_cost(out: &mut String, rule: &Rule, compiled: &Compiled) -> std::fmt::Result {
    let Some(list) = compiled.part.rules.iter().find(|r| r.id == rule.id) else { return Ok(()) };
    let names: Vec<String> = list.rows.iter().map(|r| words::row_name(*r)).collect();
    let mine = |r: &&crate::RowInfo| list.rows.contains(&r.row);
    let defining = compiled.rows.iter().filter(mine).filter(|r| r.defines).count();
    let bits = list.rows.iter().flat_map(|r| compiled.bits_of(*r)).collect::<BTreeSet<_>>().len();
    let constraints: usize =
        list.rows.iter().map(|r| r.family.blocks(compiled.shape) * slack_bits(r.family) as usize).sum();
    writeln!(
        out,
        "    cost: {} row(s) ({}), {defining} of them defining witnesses, {}about {constraints} constraints{}",
        names.len(),
        names.join(", "),
        if bits == 0 { String::new() } else { format!("{bits} kind(s) of bits, ") },
        share(constraints, compiled.shape)
    )
}

/// Constraints of the circuit of each shape, as `docs/shapes.md` has them.
const SIZES: [(&str, usize); 4] =
    [("s256", 115_230), ("m1024", 196_967), ("l4096", 712_191), ("o2048", 835_358)];

/// What part of the shape's circuit some constraints are, where its size is on record.
fn share(constraints: usize, shape: &Shape) -> String {
    SIZES.iter().find(|(name, _)| *name == shape.name).map_or_else(String::new, |(_, all)| {
        let bps = constraints * 10_000 / all;
        format!(", {}.{:02}% of the circuit", bps / 100, bps % 100)
    })
}

/// What a mandate reads of the market.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Measured {
    Column(usize),
    Scenarios,
    Peak(usize),
}

fn gather(e: &Expr, out: &mut BTreeSet<Measured>) {
    match &e.node {
        Node::Const(_) => {}
        Node::Column { column, .. } => {
            out.insert(Measured::Column(*column));
        }
        Node::Worst(_) | Node::Shortfall { .. } | Node::Exceed { .. } => {
            out.insert(Measured::Scenarios);
        }
        Node::Peak { peak, .. } => {
            out.insert(Measured::Peak(*peak));
        }
        _ => e.parts().into_iter().for_each(|e| gather(e, out)),
    }
}

fn rounding(r: Rounding) -> &'static str {
    match r {
        Rounding::Nearest => "to the nearest unit, counted against the book either way",
        Rounding::Up => "rounded up; where small is bad, one unit per lot is taken off",
        Rounding::Down => "rounded down; where large is bad, one unit per lot is added",
        Rounding::Exact => "exact",
    }
}

fn scenarios(model: &RiskModel) -> String {
    let list: Vec<String> = model.distinct_scenarios().iter().map(mandate_market::Scenario::words).collect();
    format!("{} scenarios of price/volatility: {}", list.len(), list.join(", "))
}

/// Every rule with its rows, and every row with its coefficients and worst case. The same mandate gives the same text.
pub fn dump(compiled: &Compiled) -> String {
    let mut out = String::new();
    for rule in &compiled.part.rules {
        out.push_str(&rule.id);
        out.push('\n');
        for row in &rule.rows {
            let Some(info) = compiled.rows.iter().find(|r| r.row == *row) else { continue };
            let defines = if info.defines { ", defines a witness" } else { "" };
            let room = slack_bits(row.family);
            out.push_str(&format!(
                "    {}: {}  [worst case {} of {room} bits{defines}]\n",
                words::row_name(*row),
                info.text,
                info.bits
            ));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::SIZES;

    /// The sizes are those of `docs/shapes.md`, which the circuit's own tests hold.
    #[test]
    fn sizes_are_those_of_the_documentation() {
        let page = include_str!("../../../docs/shapes.md");
        let cells = |line: &str| -> Vec<String> {
            line.trim_matches('|').split('|').map(|c| c.trim().replace(['`', ','], "")).collect()
        };
        let names =
            cells(page.lines().find(|l| l.contains("`s256`") && l.starts_with('|')).expect("a header"));
        let sizes =
            cells(page.lines().find(|l| l.starts_with("| constraints |")).expect("a row of constraints"));
        let found: Vec<(&str, usize)> = names[1..]
            .iter()
            .zip(&sizes[1..])
            .map(|(name, size)| (name.as_str(), size.parse().expect("a number")))
            .collect();
        assert_eq!(found, SIZES);
    }
}
