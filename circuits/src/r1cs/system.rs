//! A small constraint system that can record rows, compute an assignment, or both.
//!
//! One piece of code describes the circuit. Run while *recording* it yields the matrices of a shape, once; run while
//! *assigning* it yields a witness and builds no linear combinations; run while doing *both* it lets a test change a
//! cell and ask which row objects.

use ark_bn254::Fr;
use ark_ff::{AdditiveGroup, Field};
use ark_relations::gr1cs::{
    ConstraintSynthesizer, ConstraintSystemRef, LinearCombination, SynthesisError, Variable,
};
use zeroize::{Zeroize, Zeroizing};

/// Which rule of `docs/statement.md` a row enforces.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Id {
    /// `ctx`: the context is touched by a row.
    Context,
    /// `act-1`: activity is a bit.
    ActiveBit,
    /// `act-2`: an account without segments is inactive.
    ActiveOwns,
    /// `act-3`: an inactive account holds nothing.
    ActiveHolds,
    /// `own`: a segment without an account holds nothing.
    Owned,
    /// `qty-1`: a quantity has 48 bits in offset binary.
    QuantityBit,
    /// `qty-2`: the positive part of a quantity.
    SignSplit,
    /// `col`: one slot's contribution to one column.
    Column,
    /// `sum`: totals of a segment.
    SegmentSum,
    /// `span`: where accounts begin and end.
    Span,
    /// `com-1`: Poseidon's rounds.
    Poseidon,
    /// `com-2`: which state a segment starts from.
    Chain,
    /// `com-3`: the commitment is the state after the account's last segment, or zero.
    Commitment,
    /// `grp`: totals of a group.
    GroupSum,
    /// `set`: totals of an account or asset.
    SetSum,
    /// `tot`: totals of the book.
    Total,
    /// `forbid`: forbidden slots are empty.
    Forbidden,
    /// `worst-1`: range of a worst loss.
    WorstRange,
    /// `worst-2`: a worst loss is at least every scenario's loss.
    Worst,
    /// `wit`: range of an upper-bound witness.
    WitnessRange,
    /// `bit`: a selector is a bit.
    Selector,
    /// `run-1`: what one option adds to a sum along its run.
    RunTerm,
    /// `run-2`: what a payoff grows by from one strike to the next.
    RunPayoff,
    /// `run-3`: a sum goes on into the next strip of its run.
    RunCarry,
    /// `peak-1`: range of a peak.
    PeakRange,
    /// `peak-2`: a run has one peak, strip by strip.
    PeakJoin,
    /// `peak-3`: a peak is at least what every pair is short of.
    Peak,
    /// `peak-4`: what a strip that ends no run in use adds to a sum of peaks.
    PeakMask,
    /// `mask`: what a block that is not in use adds to a sum.
    Mask,
    /// `row-group`, a rule of the mandate per group.
    GroupRow,
    /// `row-account`, a rule of the mandate per account.
    AccountRow,
    /// `row-asset`, a rule of the mandate per asset.
    AssetRow,
    /// `row-slot`, a rule of the mandate per slot.
    SlotRow,
    /// `row-global`, a rule of the mandate over the book.
    GlobalRow,
}

impl Id {
    /// The id in `docs/statement.md`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Context => "ctx",
            Self::ActiveBit => "act-1",
            Self::ActiveOwns => "act-2",
            Self::ActiveHolds => "act-3",
            Self::Owned => "own",
            Self::QuantityBit => "qty-1",
            Self::SignSplit => "qty-2",
            Self::Column => "col",
            Self::SegmentSum => "sum",
            Self::Span => "span",
            Self::Poseidon => "com-1",
            Self::Chain => "com-2",
            Self::Commitment => "com-3",
            Self::GroupSum => "grp",
            Self::SetSum => "set",
            Self::Total => "tot",
            Self::Forbidden => "forbid",
            Self::WorstRange => "worst-1",
            Self::Worst => "worst-2",
            Self::WitnessRange => "wit",
            Self::Selector => "bit",
            Self::RunTerm => "run-1",
            Self::RunPayoff => "run-2",
            Self::RunCarry => "run-3",
            Self::PeakRange => "peak-1",
            Self::PeakJoin => "peak-2",
            Self::Peak => "peak-3",
            Self::PeakMask => "peak-4",
            Self::Mask => "mask",
            Self::GroupRow => "row-group",
            Self::AccountRow => "row-account",
            Self::AssetRow => "row-asset",
            Self::SlotRow => "row-slot",
            Self::GlobalRow => "row-global",
        }
    }
}

/// A linear combination of variables, with its value where one is known. No `Debug`: values are secret.
#[derive(Clone)]
pub struct Num {
    value: Fr,
    /// `(variable, coefficient)`, unsorted, may repeat. Empty while only assigning.
    terms: Vec<(u32, Fr)>,
}

impl Num {
    /// Its value (zero while only recording).
    pub const fn value(&self) -> Fr {
        self.value
    }
    /// Adds `other`.
    pub fn add_assign(&mut self, other: &Self) {
        self.value += other.value;
        self.terms.extend_from_slice(&other.terms);
    }
    /// Adds `factor * other`.
    pub fn add_scaled(&mut self, other: &Self, factor: Fr) {
        self.value += other.value * factor;
        self.terms.extend(other.terms.iter().map(|&(v, c)| (v, c * factor)));
    }
    /// `self + other`.
    pub fn plus(&self, other: &Self) -> Self {
        let mut out = self.clone();
        out.add_assign(other);
        out
    }
    /// `self - other`.
    pub fn minus(&self, other: &Self) -> Self {
        let mut out = self.clone();
        out.value -= other.value;
        out.terms.extend(other.terms.iter().map(|&(v, c)| (v, -c)));
        out
    }
    /// Merges repeated variables, so that long sums stay short.
    pub fn compact(&mut self) {
        self.terms = normalised(&self.terms);
    }
}

fn normalised(terms: &[(u32, Fr)]) -> Vec<(u32, Fr)> {
    let mut sorted = terms.to_vec();
    sorted.sort_by_key(|t| t.0);
    let mut out: Vec<(u32, Fr)> = Vec::with_capacity(sorted.len());
    for (v, c) in sorted {
        match out.last_mut() {
            Some(last) if last.0 == v => last.1 += c,
            _ => out.push((v, c)),
        }
    }
    out.retain(|t| t.1 != Fr::ZERO);
    out
}

/// A lie for a test: the value of one allocated cell is changed, and everything after it is computed from the lie.
#[derive(Clone, Copy, Debug)]
pub struct Tamper {
    /// Which witness cell, counted from the first.
    pub cell: usize,
    /// What is added to its honest value.
    pub add: Fr,
}

/// See the module's documentation. No `Debug`: values are secret.
pub struct System {
    inputs: usize,
    witnesses: usize,
    record: Option<Vec<Row>>,
    values: Option<Vec<Fr>>,
    tampers: Vec<Tamper>,
}

struct Row {
    id: Id,
    a: Vec<(u32, Fr)>,
    b: Vec<(u32, Fr)>,
    c: Vec<(u32, Fr)>,
}

impl System {
    /// Records the constraints for `inputs` public inputs, the constant one included.
    pub const fn recording(inputs: usize) -> Self {
        Self { inputs, witnesses: 0, record: Some(Vec::new()), values: None, tampers: Vec::new() }
    }
    /// Computes an assignment for these public inputs; the first is one.
    pub fn assigning(inputs: Vec<Fr>) -> Self {
        Self { inputs: inputs.len(), witnesses: 0, record: None, values: Some(inputs), tampers: Vec::new() }
    }
    /// Computes an assignment in which some cells lie.
    pub fn lying(inputs: Vec<Fr>, tampers: &[Tamper]) -> Self {
        let mut system = Self::assigning(inputs);
        system.tampers = tampers.to_vec();
        system
    }
    /// The constant `c`.
    pub fn constant(&self, c: Fr) -> Num {
        self.var(0, c, c)
    }
    /// Public input `i`.
    ///
    /// # Panics
    /// If there is no such input.
    pub fn input(&self, i: usize) -> Num {
        assert!(i < self.inputs, "input {i} of {}", self.inputs);
        self.var(i, self.values.as_ref().map_or(Fr::ZERO, |v| v[i]), Fr::ONE)
    }
    /// Zero.
    pub const fn zero() -> Num {
        Num { value: Fr::ZERO, terms: Vec::new() }
    }
    /// `value` is that of `coefficient` times the variable: constants and new cells cost no multiplication.
    fn var(&self, index: usize, value: Fr, coefficient: Fr) -> Num {
        let index = u32::try_from(index).expect("fewer than 2^32 variables");
        let terms = if self.record.is_some() { vec![(index, coefficient)] } else { Vec::new() };
        Num { value, terms }
    }
    /// Allocates a witness cell with this value.
    pub fn alloc(&mut self, value: Fr) -> Num {
        let mut value = value;
        for tamper in self.tampers.iter().filter(|t| t.cell == self.witnesses) {
            value += tamper.add;
        }
        let index = self.inputs + self.witnesses;
        self.witnesses += 1;
        if let Some(values) = &mut self.values {
            if values.len() == values.capacity() {
                grow(values);
            }
            values.push(value);
        }
        self.var(index, value, Fr::ONE)
    }
    /// Enforces `a * b = c`.
    pub fn enforce(&mut self, id: Id, a: &Num, b: &Num, c: &Num) {
        if let Some(rows) = &mut self.record {
            rows.push(Row { id, a: normalised(&a.terms), b: normalised(&b.terms), c: normalised(&c.terms) });
        }
    }
    /// Enforces `a = b`.
    pub fn enforce_equal(&mut self, id: Id, a: &Num, b: &Num) {
        let one = self.constant(Fr::ONE);
        self.enforce(id, a, &one, b);
    }
    /// A new cell that equals `a * b`.
    pub fn product(&mut self, id: Id, a: &Num, b: &Num) -> Num {
        let c = self.alloc(a.value * b.value);
        self.enforce(id, a, b, &c);
        c
    }
    /// A new cell that equals the linear combination `a`, so that later rows stay short.
    pub fn settle(&mut self, id: Id, a: &Num) -> Num {
        let c = self.alloc(a.value);
        self.enforce_equal(id, a, &c);
        c
    }
    /// Cells allocated so far.
    pub const fn witnesses(&self) -> usize {
        self.witnesses
    }
    /// The recorded constraints.
    ///
    /// # Panics
    /// If nothing was recorded.
    pub fn into_relation(mut self) -> Relation {
        let rows = self.record.take().expect("a recording system");
        let mut relation = Relation {
            inputs: self.inputs,
            witnesses: self.witnesses,
            ids: Vec::with_capacity(rows.len()),
            matrices: (0..3).map(|_| Vec::with_capacity(rows.len())).collect(),
        };
        let wide = |terms: Vec<(u32, Fr)>| terms.into_iter().map(|(v, c)| (c, v as usize)).collect();
        for row in rows {
            relation.ids.push(row.id);
            relation.matrices[0].push(wide(row.a));
            relation.matrices[1].push(wide(row.b));
            relation.matrices[2].push(wide(row.c));
        }
        relation
    }
    /// The computed assignment.
    ///
    /// # Panics
    /// If nothing was computed.
    pub fn into_assignment(mut self) -> Zeroizing<Vec<Fr>> {
        Zeroizing::new(self.values.take().expect("an assigning system"))
    }
}

/// Makes room for as many values again. `push` would leave the old ones, unwiped, in memory that it gives back.
fn grow(values: &mut Vec<Fr>) {
    let mut wider = Vec::with_capacity(2 * values.len().max(512));
    wider.extend_from_slice(values);
    values.zeroize();
    *values = wider;
}

impl Drop for System {
    fn drop(&mut self) {
        if let Some(values) = &mut self.values {
            values.zeroize();
        }
    }
}

/// The constraints of one shape: `(A z) o (B z) = C z`, `z` the assignment, inputs first.
pub struct Relation {
    /// Public inputs, the constant one included.
    pub inputs: usize,
    /// Witness cells.
    pub witnesses: usize,
    /// Which rule each row enforces.
    pub ids: Vec<Id>,
    /// `A`, `B`, `C`, each a list of rows of `(coefficient, variable)`.
    pub matrices: Vec<Vec<Vec<(Fr, usize)>>>,
}

impl Relation {
    /// Rows.
    pub fn constraints(&self) -> usize {
        self.ids.len()
    }
    /// What the evaluation domain must hold: rows plus one consistency row per input.
    pub fn domain_points(&self) -> usize {
        self.constraints() + self.inputs
    }
    /// The first row that `z` does not satisfy, from the matrices themselves.
    pub fn first_violation(&self, z: &[Fr]) -> Option<(usize, Id)> {
        (0..self.constraints()).find(|&row| !self.row_holds(row, z)).map(|row| (row, self.ids[row]))
    }
    /// Whether one row holds.
    pub fn row_holds(&self, row: usize, z: &[Fr]) -> bool {
        let dot = |m: usize| self.matrices[m][row].iter().map(|(c, v)| z[*v] * c).sum::<Fr>();
        dot(0) * dot(1) == dot(2)
    }
    /// Whether every row holds.
    pub fn holds(&self, z: &[Fr]) -> bool {
        z.len() == self.inputs + self.witnesses && z[0] == Fr::ONE && self.first_violation(z).is_none()
    }
}

/// Hands the rows to `ark-groth16`'s setup as they are: no row is added, merged or dropped.
impl ConstraintSynthesizer<Fr> for &Relation {
    fn generate_constraints(self, cs: ConstraintSystemRef<Fr>) -> Result<(), SynthesisError> {
        let mut variables = vec![Variable::One];
        for _ in 1..self.inputs {
            variables.push(cs.new_input_variable(|| Ok(Fr::ZERO))?);
        }
        for _ in 0..self.witnesses {
            variables.push(cs.new_witness_variable(|| Ok(Fr::ZERO))?);
        }
        let lc = |m: usize, row: usize| {
            LinearCombination(self.matrices[m][row].iter().map(|(c, v)| (*c, variables[*v])).collect())
        };
        for row in 0..self.constraints() {
            cs.enforce_r1cs_constraint(|| lc(0, row), || lc(1, row), || lc(2, row))?;
        }
        Ok(())
    }
}
