//! The constraints that `docs/statement.md`, section 4, puts on the witnesses of one sheet, as a linear program.
//!
//! Written from that page and the vocabulary alone, for any rules part, lawful or not: it shares no code with the reader
//! of rows or the circuit. A book is either given, and then every total is a number, or it has a few slots whose
//! quantity is itself a variable, of a chosen sign, and then every total is linear in those.

use super::simplex::{Program, Row};
use mandate_statement::{
    Family, GLOBAL_WITNESS_BITS, GlobalVar, LOCAL_WITNESS_BITS, LocalVar, Mode, QUANTITY_LIMIT, RiskPart,
    RowRef, RulesPart, Shape, WORST_BITS,
};
use num_bigint::BigInt;
use num_traits::{One, Signed, Zero};
use std::collections::BTreeMap;

/// What a slot holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Holding {
    /// So many lots.
    Fixed(i64),
    /// Any magnitude in range, long.
    Long,
    /// Any magnitude in range, short.
    Short,
}

impl Holding {
    fn sign(self) -> i64 {
        match self {
            Self::Fixed(q) => q.signum(),
            Self::Long => 1,
            Self::Short => -1,
        }
    }
}

/// A variable of the program.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Variable {
    /// Magnitude of the quantity of a slot.
    Quantity(usize),
    /// Worst loss of a block, or of the book ([`Family::Global`], 0).
    Worst(Family, usize),
    /// Witness `x[i]` of a block, or `y[i]` of the book.
    Witness(Family, usize, usize),
    /// Bit `z[i]` of a block, or of the book.
    Bit(Family, usize, usize),
}

/// `constant + sum of coefficient * variable`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Affine {
    /// The part without variables.
    pub constant: BigInt,
    /// Variables with their coefficients; none is zero.
    pub terms: BTreeMap<Variable, BigInt>,
}

impl Affine {
    fn of(v: Variable) -> Self {
        Self { constant: BigInt::zero(), terms: BTreeMap::from([(v, BigInt::one())]) }
    }
    /// Adds `c * other`.
    pub fn add(&mut self, other: &Self, c: &BigInt) {
        self.constant += &other.constant * c;
        for (v, d) in &other.terms {
            let entry = self.terms.entry(*v).or_default();
            *entry += d * c;
            if entry.is_zero() {
                self.terms.remove(v);
            }
        }
    }
}

/// How column `k` reads one unit of a position of this sign.
pub fn reading(mode: Mode, sign: i64) -> i64 {
    match mode {
        Mode::Signed | Mode::Scenario => sign,
        Mode::Absolute => sign.abs(),
        Mode::Long => sign.max(0),
        Mode::Short => (-sign).max(0),
    }
}

/// The program of a sheet and a book.
pub struct Relation {
    /// Constraints, over the variables in the order of [`Relation::variables`].
    pub program: Program,
    /// What each variable is.
    pub variables: Vec<Variable>,
    /// Every row of the sheet at every block in use.
    pub rows: Vec<(RowRef, usize, Affine)>,
}

/// The slots of every block of a family that is in use.
///
/// # Panics
/// If the risk part is not of its shape.
pub fn blocks(risk: &RiskPart, active: &[bool], family: Family) -> Vec<Vec<usize>> {
    let shape = risk.shape().expect("a risk part of its shape");
    let rules = RulesPart::empty(&risk.model, shape, mandate_statement::Digest([0; 32]));
    let builder = Builder { rules: &rules, risk, shape, holdings: &[], active };
    builder.used(family).into_iter().map(|block| builder.slots(family, block)).collect()
}

struct Builder<'a> {
    rules: &'a RulesPart,
    risk: &'a RiskPart,
    shape: &'static Shape,
    holdings: &'a [Holding],
    active: &'a [bool],
}

impl Relation {
    /// Every constraint that reaches a row: variables that no row reads have ranges that are not empty, and are left out.
    ///
    /// # Panics
    /// If the parts, the book and the shape do not fit each other.
    pub fn of(rules: &RulesPart, risk: &RiskPart, holdings: &[Holding], active: &[bool]) -> Self {
        let shape = risk.shape().expect("a risk part of its shape");
        Self::on(shape, rules, risk, holdings, active)
    }
    /// [`Relation::of`] on another shape with the same slots, blocks and columns: one with more rows, witnesses and bits.
    ///
    /// # Panics
    /// As [`Relation::of`].
    pub fn on(
        shape: &'static Shape,
        rules: &RulesPart,
        risk: &RiskPart,
        holdings: &[Holding],
        active: &[bool],
    ) -> Self {
        assert_eq!((holdings.len(), active.len()), (shape.slots, shape.accounts), "a book of the shape");
        Builder { rules, risk, shape, holdings, active }.build()
    }
    /// The position of a variable.
    pub fn position(&self, v: Variable) -> Option<usize> {
        self.variables.binary_search(&v).ok()
    }
    /// Variables that are zero or one.
    pub fn bits(&self) -> Vec<usize> {
        (0..self.variables.len()).filter(|i| matches!(self.variables[*i], Variable::Bit(..))).collect()
    }
    /// An affine form as an objective, and its constant.
    pub fn objective(&self, form: &Affine) -> Vec<(usize, BigInt)> {
        form.terms.iter().filter_map(|(v, c)| Some((self.position(*v)?, c.clone()))).collect()
    }
}

impl Builder<'_> {
    fn account(&self, slot: usize) -> Option<usize> {
        self.risk.layout.account[slot / self.shape.segment_len()].map(usize::from)
    }
    /// The slots of a block. A group that is not at its end is as much of it as ends there, as the circuit has it.
    fn slots(&self, family: Family, block: usize) -> Vec<usize> {
        let layout = &self.risk.layout;
        let is = |list: &[Option<u16>], s: usize| list[s].map(usize::from) == Some(block);
        let mut first = block;
        if family == Family::Group {
            while first > 0 && layout.carry[first] {
                first -= 1;
            }
        }
        let inside = |s: &usize| match family {
            Family::Group => (first..=block).contains(s),
            Family::Account => is(&layout.account, *s),
            Family::Asset => is(&layout.asset, *s),
            Family::Slot => false,
            Family::Global => true,
        };
        if family == Family::Slot {
            return vec![block];
        }
        let len = self.shape.segment_len();
        (0..self.shape.segments).filter(inside).flat_map(|s| s * len..(s + 1) * len).collect()
    }
    fn total(&self, slots: &[usize], column: usize) -> Affine {
        let mut out = Affine::default();
        for slot in slots {
            let holding = self.holdings[*slot];
            let per_lot = self.risk.weights_of(self.shape, *slot)[column]
                * reading(self.shape.mode(column), holding.sign());
            match holding {
                Holding::Fixed(q) => out.constant += BigInt::from(per_lot) * BigInt::from(q).abs(),
                _ => out.add(&Affine::of(Variable::Quantity(*slot)), &BigInt::from(per_lot)),
            }
        }
        out
    }
    fn used(&self, family: Family) -> Vec<usize> {
        let mark = |block: &usize| match family {
            Family::Group => self.risk.layout.group_used[*block],
            Family::Account => self.active[*block],
            Family::Asset => self.risk.layout.asset.iter().any(|a| a.map(usize::from) == Some(*block)),
            Family::Slot => self.risk.weights_of(self.shape, *block)[self.shape.forbidden_column()] == 0,
            Family::Global => true,
        };
        (0..family.blocks(self.shape)).filter(mark).collect()
    }

    /// A row's left-hand side at one block.
    fn row(&self, row: RowRef, block: usize, slots: &[usize], globals: &[(GlobalVar, Affine)]) -> Affine {
        let (local, global) = self.rules.row(self.shape, row);
        let mut out = Affine::default();
        let mut add = |what: &Affine, c: i128| out.add(what, &BigInt::from(c));
        let family = row.family;
        let mut seen = vec![false; local.len()];
        let mut meet = |v: LocalVar, what: &dyn Fn() -> Affine, add: &mut dyn FnMut(&Affine, i128)| {
            if let Some(at) = v.index(self.shape, family) {
                assert!(!std::mem::replace(&mut seen[at], true), "two local variables at one place");
                if local[at] != 0 {
                    add(&what(), local[at]);
                }
            }
        };
        for k in 0..self.shape.metrics() {
            meet(LocalVar::Total(k), &|| self.total(slots, k), &mut add);
        }
        meet(LocalVar::Worst, &|| Affine::of(Variable::Worst(family, block)), &mut add);
        for i in 0..self.shape.local_witnesses {
            meet(LocalVar::Witness(i), &|| Affine::of(Variable::Witness(family, block, i)), &mut add);
        }
        for i in 0..self.shape.local_bits {
            meet(LocalVar::Bit(i), &|| Affine::of(Variable::Bit(family, block, i)), &mut add);
        }
        assert!(seen.iter().all(|s| *s), "a local variable without a meaning");
        for (var, what) in globals {
            let at = var.index(self.shape).expect("the shape has it");
            if global[at] != 0 {
                add(what, global[at]);
            }
        }
        out
    }

    /// Every global variable with what it stands for.
    fn globals(&self) -> Vec<(GlobalVar, Affine)> {
        let shape = self.shape;
        let book = self.slots(Family::Global, 0);
        let mut out: Vec<(GlobalVar, Affine)> =
            (0..shape.columns()).map(|k| (GlobalVar::Total(k), self.total(&book, k))).collect();
        let sum = |family: Family, of: &dyn Fn(usize) -> Variable| {
            let mut out = Affine::default();
            self.used(family).into_iter().for_each(|block| out.add(&Affine::of(of(block)), &BigInt::one()));
            out
        };
        for family in [Family::Group, Family::Account] {
            out.push((GlobalVar::WorstSum(family), sum(family, &|b| Variable::Worst(family, b))));
        }
        out.push((GlobalVar::WorstBook, Affine::of(Variable::Worst(Family::Global, 0))));
        for family in [Family::Group, Family::Account, Family::Asset] {
            for i in 0..shape.local_witnesses {
                out.push((
                    GlobalVar::WitnessSum(family, i),
                    sum(family, &|b| Variable::Witness(family, b, i)),
                ));
            }
            for i in 0..shape.local_bits {
                out.push((GlobalVar::BitSum(family, i), sum(family, &|b| Variable::Bit(family, b, i))));
            }
        }
        for i in 0..shape.global_witnesses {
            out.push((GlobalVar::Witness(i), Affine::of(Variable::Witness(Family::Global, 0, i))));
        }
        for i in 0..shape.global_bits {
            out.push((GlobalVar::Bit(i), Affine::of(Variable::Bit(Family::Global, 0, i))));
        }
        out.push((GlobalVar::One, Affine { constant: BigInt::one(), terms: BTreeMap::new() }));
        assert_eq!(out.len(), GlobalVar::count(shape), "a global variable without a meaning");
        out
    }

    /// What the circuit says of quantities alone: `qty-1`, `own`, `act-3`, `forbid`.
    fn layout(&self) -> Vec<Affine> {
        let mut out = Vec::new();
        for (slot, holding) in self.holdings.iter().enumerate() {
            let closed = self.account(slot).is_none_or(|a| !self.active[a])
                || self.risk.weights_of(self.shape, slot)[self.shape.forbidden_column()] != 0;
            let mut below = Affine::default();
            match holding {
                Holding::Fixed(q) => below.constant -= BigInt::from(*q).abs(),
                _ => below.add(&Affine::of(Variable::Quantity(slot)), &-BigInt::one()),
            }
            if closed {
                out.push(below.clone());
            }
            let limit = if holding.sign() < 0 { QUANTITY_LIMIT } else { QUANTITY_LIMIT - 1 };
            below.constant += limit;
            out.push(below);
        }
        out
    }

    fn build(self) -> Relation {
        let globals = self.globals();
        let mut rows = Vec::new();
        for family in Family::ALL {
            for block in self.used(family) {
                let slots = self.slots(family, block);
                for index in 0..family.rows(self.shape) {
                    let row = RowRef { family, index: u16::try_from(index).expect("shapes have few rows") };
                    let (local, global) = self.rules.row(self.shape, row);
                    if local.iter().chain(global).any(|c| *c != 0) {
                        rows.push((row, block, self.row(row, block, &slots, &globals)));
                    }
                }
            }
        }
        let mut constraints: Vec<Affine> = rows.iter().map(|(_, _, a)| a.clone()).collect();
        constraints.extend(self.layout());
        let mut lower: BTreeMap<Variable, BigInt> =
            constraints.iter().flat_map(|a| a.terms.keys()).map(|v| (*v, BigInt::zero())).collect();
        let power = |bits: u32| BigInt::one() << bits;
        for (v, least) in &mut lower {
            let limit = match v {
                Variable::Quantity(_) => continue,
                Variable::Bit(..) => BigInt::one(),
                Variable::Worst(..) => power(WORST_BITS - 1),
                Variable::Witness(Family::Global, ..) => power(GLOBAL_WITNESS_BITS - 1),
                Variable::Witness(..) => power(LOCAL_WITNESS_BITS - 1),
            };
            let top = if matches!(v, Variable::Bit(..)) { limit.clone() } else { &limit - 1 };
            let mut below = Affine { constant: top, terms: BTreeMap::new() };
            below.add(&Affine::of(*v), &-BigInt::one());
            constraints.push(below);
            if !matches!(v, Variable::Bit(..)) {
                *least = -limit;
            }
            if let Variable::Worst(family, block) = v {
                let slots = self.slots(*family, *block);
                for s in self.shape.metrics()..self.shape.columns() {
                    let mut loss = Affine::of(*v);
                    loss.add(&self.total(&slots, s), &BigInt::one());
                    constraints.push(loss);
                }
            }
        }
        let variables: Vec<Variable> = lower.keys().copied().collect();
        let mut program = Program { lower: lower.into_values().collect(), rows: Vec::new() };
        for a in constraints {
            let at = |v: &Variable| variables.binary_search(v).expect("every variable is listed");
            let coefficients: Vec<(usize, BigInt)> =
                a.terms.iter().map(|(v, c)| (at(v), c.clone())).collect();
            match coefficients.as_slice() {
                [] if !a.constant.is_negative() => {}
                // A lower bound for one variable: the largest of them is all of them.
                [(j, c)] if c.is_one() => program.lower[*j] = program.lower[*j].clone().max(-a.constant),
                _ => program.rows.push(Row { coefficients, at_least: -a.constant }),
            }
        }
        Relation { program, variables, rows }
    }
}
