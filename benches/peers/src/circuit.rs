//! The statement in rank-one constraints, as `ark-groth16` and `taceo-groth16` prove it.

use crate::poseidon::{chain, enforce_chain};
use crate::r1cs::{Circuit, Sum, constant, plus, power, var};
use crate::statement::{Case, METRICS, QUANTITY_BITS, SLACK_BITS, SUM_BITS};
use ark_bn254::Fr;
use ark_ff::{AdditiveGroup, One};

/// How a proof is tied to the public table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Binding {
    /// The table is private; the circuit hashes it, and the hash is a public input.
    Root,
    /// Every number of the table is a public input.
    Public,
}

/// Quantities to a hashed element.
const PACKED: usize = 5;
const COMMITMENT: u64 = 1;
const TABLE: u64 = 2;

fn signed(value: i64) -> Fr {
    Fr::from(value)
}

/// The quantities, five in offset binary to an element.
fn packed(quantities: &[i64]) -> Vec<Fr> {
    let element = |chunk: &[i64]| {
        chunk
            .iter()
            .rev()
            .fold(Fr::ZERO, |sum, q| sum * power(QUANTITY_BITS) + signed(*q) + power(QUANTITY_BITS - 1))
    };
    quantities.chunks(PACKED).map(element).collect()
}

/// The public inputs, the constant left out: commitment, root or table, limits.
pub fn public_inputs(case: &Case, binding: Binding, blinding: Fr) -> Vec<Fr> {
    let mut committed = vec![blinding];
    committed.extend(packed(&case.quantities));
    let mut out = vec![chain(COMMITMENT, &committed)];
    let table: Vec<Fr> = case.table.iter().map(|w| signed(*w)).collect();
    match binding {
        Binding::Root => out.push(chain(TABLE, &table)),
        Binding::Public => out.extend(table),
    }
    out.extend(case.limits.list().map(Fr::from));
    out
}

/// A long sum as a variable, so that every later row is short.
fn named(cs: &mut Circuit, sum: Sum) -> Sum {
    let value = cs.value(&sum);
    let out = cs.witness(value);
    cs.enforce(|| sum, || constant(Fr::one()), || var(out));
    var(out)
}

/// The circuit with the case's assignment, lawful or not.
///
/// `inputs` are [`public_inputs`]; a liar may give others.
pub fn circuit(case: &Case, binding: Binding, blinding: Fr, inputs: &[Fr], record: bool) -> Circuit {
    let size = case.size;
    let mut cs = Circuit::new(inputs, record);
    let limits: Vec<Sum> = (cs.inputs - 6..cs.inputs).map(var).collect();
    let one = Fr::one();

    // Table.
    let table: Vec<usize> = match binding {
        Binding::Public => (2..2 + case.table.len()).collect(),
        Binding::Root => case.table.iter().map(|w| cs.witness(signed(*w))).collect(),
    };
    if binding == Binding::Root {
        let root = enforce_chain(&mut cs, TABLE, &table);
        cs.enforce(|| root, || constant(one), || var(2));
    }

    // Quantities: range, magnitude, commitment.
    let mut quantities = Vec::with_capacity(size.slots);
    let mut magnitudes = Vec::with_capacity(size.slots);
    for q in &case.quantities {
        let q = var(cs.witness(signed(*q)));
        let top = cs.range(&plus(q.clone(), power(QUANTITY_BITS - 1), &constant(one)), QUANTITY_BITS);
        let long = cs.product(&top, &q);
        magnitudes.push(plus(vec![(Fr::from(2u64), long)], -one, &q));
        quantities.push(q);
    }
    let mut committed = vec![cs.witness(blinding)];
    for chunk in quantities.chunks(PACKED) {
        let sum = chunk.iter().rev().fold(Sum::new(), |sum, q| {
            let shifted = plus(Sum::new(), power(QUANTITY_BITS), &sum);
            plus(plus(shifted, one, q), power(QUANTITY_BITS - 1), &constant(one))
        });
        let value = cs.value(&sum);
        let element = cs.witness(value);
        cs.enforce(|| sum, || constant(one), || var(element));
        committed.push(element);
    }
    let commitment = enforce_chain(&mut cs, COMMITMENT, &committed);
    cs.enforce(|| commitment, || constant(one), || var(1));

    // Totals per group and column.
    let mut totals = vec![vec![Sum::new(); size.width()]; size.groups()];
    for slot in 0..size.slots {
        for column in 0..size.width() {
            let q = if column == METRICS - 1 { &magnitudes[slot] } else { &quantities[slot] };
            let product = cs.product(&var(table[slot * size.width() + column]), q);
            totals[slot / size.group_len()][column].push((one, product));
        }
    }
    let book = |column: usize| totals.iter().fold(Sum::new(), |sum, group| plus(sum, one, &group[column]));
    let lots = magnitudes.iter().fold(Sum::new(), |sum, m| plus(sum, one, m));
    let lots = named(&mut cs, lots);
    let nav = plus(book(0), -one, &lots);
    let nav = named(&mut cs, nav);
    let (delta, vega) = (named(&mut cs, book(1)), named(&mut cs, book(2)));
    let gross: Vec<Sum> = totals.iter().map(|group| named(&mut cs, group[3].clone())).collect();

    // Worst losses, one upper bound per group.
    let claimed = case.claimed_worst();
    let mut worst = Sum::new();
    for (group, totals) in totals.iter().enumerate() {
        let bound = var(cs.witness(Fr::from(claimed[group])));
        cs.range(&plus(bound.clone(), power(SUM_BITS), &constant(one)), SUM_BITS + 1);
        for total in &totals[METRICS..] {
            let total = named(&mut cs, total.clone());
            cs.range(&plus(bound.clone(), one, &total), SUM_BITS + 2);
        }
        worst = plus(worst, one, &bound);
    }

    // Rules.
    let rule = |cs: &mut Circuit, limit: &Sum, used: &Sum| {
        let allowed = var(cs.product(limit, &nav));
        cs.range(&plus(allowed, -Fr::from(100u64), used), SLACK_BITS);
    };
    let all = gross.iter().fold(Sum::new(), |sum, g| plus(sum, one, g));
    rule(&mut cs, &limits[1], &all);
    for group in &gross {
        rule(&mut cs, &limits[2], group);
    }
    for (limit, net) in [(&limits[3], &delta), (&limits[4], &vega)] {
        rule(&mut cs, limit, &plus(lots.clone(), one, net));
        rule(&mut cs, limit, &plus(lots.clone(), -one, net));
    }
    rule(&mut cs, &limits[5], &plus(worst, one, &lots));
    cs.range(&plus(nav, -one, &limits[0]), SLACK_BITS);
    cs
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::statement::Size;

    #[test]
    fn the_constraints_agree_with_plain_integers() {
        for (slots, scenarios) in [(64, 4), (64, 16), (256, 4)] {
            for (name, case) in Case::examples(Size::new(slots, scenarios).unwrap()) {
                for binding in [Binding::Root, Binding::Public] {
                    let blinding = Fr::from(7u64);
                    let inputs = public_inputs(&case, binding, blinding);
                    let built = circuit(&case, binding, blinding, &inputs, true);
                    assert_eq!(
                        built.holds(),
                        case.verdict().is_ok(),
                        "{slots} x {scenarios} {binding:?}: {name}"
                    );
                }
            }
        }
    }

    /// A table, a commitment or a limit other than the proven one is refused, each by itself.
    #[test]
    fn every_public_input_is_bound() {
        let case = Case::lawful(Size::new(64, 4).unwrap());
        for binding in [Binding::Root, Binding::Public] {
            let blinding = Fr::from(7u64);
            let honest = public_inputs(&case, binding, blinding);
            let built = circuit(&case, binding, blinding, &honest, true);
            for i in 0..2 {
                let mut lie = honest.clone();
                lie[i] += Fr::one();
                let mut values = built.values.clone();
                values[1..=lie.len()].copy_from_slice(&lie);
                let lying = Circuit { inputs: built.inputs, values, rows: built.rows.clone() };
                assert!(!lying.holds(), "{binding:?} input {i}");
            }
        }
    }

    /// A witness computed without rows is the one computed with them.
    #[test]
    fn rows_do_not_change_values() {
        let case = Case::lawful(Size::new(64, 4).unwrap());
        let inputs = public_inputs(&case, Binding::Root, Fr::from(7u64));
        let with = circuit(&case, Binding::Root, Fr::from(7u64), &inputs, true);
        let without = circuit(&case, Binding::Root, Fr::from(7u64), &inputs, false);
        assert_eq!(with.values, without.values);
    }
}
