//! One assignment, and what becomes of it when some cells lie.

use super::trace::{Node, Strip, Trace};
use ark_bn254::Fr;
use ark_ff::{AdditiveGroup, BigInteger, Field, PrimeField};
use mandate_circuits::r1cs::{Id, Relation};
use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// A variable, and what is added to the value that it would have.
pub type Lie = (usize, Fr);

/// Recomputes only what follows from a lie. One per thread.
pub struct Liar<'a> {
    relation: &'a Relation,
    trace: &'a Trace,
    /// The assignment, honest between lies.
    pub z: Vec<Fr>,
    /// What each changed variable was before.
    undo: Vec<(usize, Fr)>,
    added: Vec<u8>,
    queued: Vec<bool>,
    queue: BinaryHeap<Reverse<u32>>,
    seen: Vec<u32>,
    round: u32,
}

impl<'a> Liar<'a> {
    /// Starts from the assignment `z`.
    pub fn new(relation: &'a Relation, trace: &'a Trace, z: Vec<Fr>) -> Self {
        assert_eq!(z.len(), relation.inputs + relation.witnesses, "an assignment of this relation");
        Self {
            relation,
            trace,
            added: vec![0; z.len()],
            z,
            undo: Vec::new(),
            queued: vec![false; trace.nodes.len()],
            queue: BinaryHeap::new(),
            seen: vec![0; relation.constraints()],
            round: 0,
        }
    }

    /// Tells `lies`: each variable gets what is added to it, and everything after it is computed from that.
    ///
    /// # Panics
    /// If one variable is named twice or more than 255 are.
    pub fn tell(&mut self, lies: &[Lie]) {
        assert!(self.undo.is_empty(), "one lie at a time");
        for (i, (v, _)) in lies.iter().enumerate() {
            assert_eq!(self.added[*v], 0, "a variable is named once");
            self.added[*v] = u8::try_from(i + 1).expect("few lies at once");
        }
        for (v, add) in lies {
            let value = self.z[*v] + add;
            self.set(*v, value);
        }
        while let Some(Reverse(n)) = self.queue.pop() {
            self.queued[n as usize] = false;
            self.compute(n as usize, lies);
        }
        for (v, _) in lies {
            self.added[*v] = 0;
        }
    }
    /// Changes the public commitments to what the assignment opens to.
    pub fn adapt(&mut self) {
        for row in 0..self.relation.constraints() {
            if let (Id::Commitment, [(_, input)]) =
                (self.relation.ids[row], self.relation.matrices[2][row].as_slice())
                && *input < self.relation.inputs
            {
                let value = self.dot(0, row) * self.dot(1, row);
                self.set(*input, value);
            }
        }
    }
    /// Back to the assignment as it was before.
    pub fn recant(&mut self) {
        while let Some((v, old)) = self.undo.pop() {
            self.z[v] = old;
        }
    }
    /// The variables that differ from the assignment as it was, some perhaps twice.
    pub fn changed(&self) -> impl Iterator<Item = usize> + '_ {
        self.undo.iter().map(|(v, _)| *v)
    }
    /// The first row that reads a changed variable and does not hold.
    pub fn objection(&mut self) -> Option<usize> {
        self.objections(1).first().copied()
    }
    /// The rows that read a changed variable and do not hold, at most `most` of them.
    pub fn objections(&mut self, most: usize) -> Vec<usize> {
        self.round += 1;
        let mut out = Vec::new();
        for i in 0..self.undo.len() {
            for row in self.trace.readers.get(self.undo[i].0) {
                let row = *row as usize;
                if self.seen[row] != self.round {
                    self.seen[row] = self.round;
                    if !self.relation.row_holds(row, &self.z) {
                        out.push(row);
                        if out.len() == most {
                            return out;
                        }
                    }
                }
            }
        }
        out
    }

    fn dot(&self, matrix: usize, row: usize) -> Fr {
        self.relation.matrices[matrix][row].iter().map(|(c, v)| self.z[*v] * c).sum()
    }
    fn set(&mut self, v: usize, value: Fr) {
        if self.z[v] == value {
            return;
        }
        self.undo.push((v, self.z[v]));
        self.z[v] = value;
        for n in self.trace.followers.get(v) {
            if !self.queued[*n as usize] {
                self.queued[*n as usize] = true;
                self.queue.push(Reverse(*n));
            }
        }
    }
    /// Sets `v` to an honest value, or to the lie about it.
    fn follow(&mut self, v: usize, honest: Fr, lies: &[Lie]) {
        let value = match self.added[v] {
            0 => honest,
            i => honest + lies[usize::from(i) - 1].1,
        };
        self.set(v, value);
    }
    fn compute(&mut self, n: usize, lies: &[Lie]) {
        let trace: &'a Trace = self.trace;
        match &trace.nodes[n] {
            Node::Row { row, cell, scale } => {
                let rest: Fr = self.relation.matrices[2][*row]
                    .iter()
                    .filter(|t| t.1 != *cell)
                    .map(|(c, v)| self.z[*v] * c)
                    .sum();
                let value = (self.dot(0, *row) * self.dot(1, *row) - rest) * scale;
                self.follow(*cell, value, lies);
            }
            Node::Bits { row, first, width } => {
                let number = self.dot(2, *row);
                self.follow_bits(*first, *width, number, lies);
            }
            Node::Worst { first, width, cell, rows } => {
                let was = self.z[*cell];
                let losses = rows.iter().map(|r| was - self.dot(2, *r));
                let worst = losses.max_by_key(|v| order(*v)).unwrap_or(Fr::ZERO);
                let offset = Fr::from(2u64).pow([*width as u64 - 1]);
                self.follow_bits(*first, *width, worst + offset, lies);
            }
            Node::Peak { first, width, own, before, after } => {
                let carried = |strips: &'a [Strip]| strips.iter().take_while(|s| self.z[s.carry] == Fr::ONE);
                let strips = std::iter::once(own).chain(carried(before)).chain(carried(after));
                let short = |s: &'a Strip| s.rows.iter().map(|r| self.z[s.cell] - self.dot(2, *r));
                let most = strips.flat_map(short).chain([Fr::ZERO]).max_by_key(|v| order(*v));
                let most = most.unwrap_or(Fr::ZERO);
                self.follow_bits(*first, *width, most, lies);
            }
        }
    }
    fn follow_bits(&mut self, first: usize, width: usize, number: Fr, lies: &[Lie]) {
        let digits = number.into_bigint();
        for i in 0..width {
            self.follow(first + i, Fr::from(u64::from(digits.get_bit(i))), lies);
        }
    }
}

/// Orders field elements as the integers nearest to zero.
pub fn order(v: Fr) -> (bool, ark_ff::BigInteger256) {
    let repr = v.into_bigint();
    let negative = repr > Fr::MODULUS_MINUS_ONE_DIV_TWO;
    (!negative, repr)
}
