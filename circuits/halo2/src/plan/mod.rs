//! The statement of one sheet as equations: which values there are, and what must hold between them.
//!
//! The sheet is public and fixed, so masks, memberships and coefficients are numbers here, not variables, and a row with a zero
//! coefficient simply does not read its variable. What nothing reads is not laid out: a range that only bounds an unread
//! witness says nothing about the book.

mod blocks;
mod rows;
mod runs;

pub use blocks::split;

use crate::field::{from_i128, power_of_two};
use crate::sizes::Sizes;
use ff::Field;
use mandate_statement::{Family, RiskPart, RulesPart, Shape};
use pasta_curves::Fp;
use std::collections::BTreeMap;

/// A value that equations read, by its number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Var(pub u32);

/// What a value is, and how an honest prover comes by it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// A public input.
    Instance(usize),
    /// A segment's sum of one metric: a column of the sheet, or past them all the sum of `|q|`.
    Total(usize, usize),
    /// A slot's quantity.
    Signed(usize),
    /// `max(q, 0)` of a slot.
    Long(usize),
    /// A segment's digest.
    Digest(usize),
    /// Chosen by the prover, within what the equations allow.
    Hint(Hint),
    /// Fixed by an equation: this sum.
    Sum(Vec<(Var, Fp)>),
    /// Fixed by a product.
    Product(Var, Var),
    /// Bit 88 of a value plus `2^88`: whether a worst loss is not negative.
    NotNegative(Var),
}

/// An upper-bound witness or a selector.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Hint {
    /// Worst loss of a group or an account.
    Worst(Family, usize),
    /// Worst loss of the book.
    WorstBook,
    /// `x[block][i]`.
    Witness(Family, usize, usize),
    /// `z[block][i]`.
    Bit(Family, usize, usize),
    /// `y[i]`.
    BookWitness(usize),
    /// A bit of the book.
    BookBit(usize),
    /// Number `i` of a strip.
    Peak(usize, usize),
}

/// Something that must hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Law {
    /// The sum of coefficients times values is an integer of this many bytes, not negative; zero where there are none.
    Linear(Vec<(Var, Fp)>, usize),
    /// The product of the first two is the third.
    Product(Var, Var, Var),
}

/// All that must hold of one sheet, beside what the lanes say of quantities and commitments.
pub struct Plan {
    /// The shape.
    pub shape: &'static Shape,
    /// Its columns.
    pub sizes: Sizes,
    /// Every value, in an order in which each can be computed from those before it.
    pub sources: Vec<Source>,
    /// Every law with its id.
    pub laws: Vec<(&'static str, Law)>,
}

/// Where public inputs stand: one, context, activity per account, commitment per segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Inputs;

impl Inputs {
    /// The constant one.
    pub const ONE: usize = 0;
    /// The context's digest.
    pub const CONTEXT: usize = 1;
    /// Whether account `a` is declared.
    pub const fn active(a: usize) -> usize {
        2 + a
    }
    /// Commitment of segment `g`; zero where its account is not declared.
    pub const fn commitment(shape: &Shape, g: usize) -> usize {
        2 + shape.accounts + g
    }
    /// How many there are.
    pub const fn count(shape: &Shape) -> usize {
        2 + shape.accounts + shape.segments
    }
}

/// A sum of coefficients times values.
type Terms = Vec<(Var, Fp)>;

struct Builder<'a> {
    shape: &'static Shape,
    rules: &'a RulesPart,
    risk: &'a RiskPart,
    sources: Vec<Source>,
    laws: Vec<(&'static str, Law)>,
    /// Values that have been named before.
    known: BTreeMap<Known, Var>,
}

/// What a value is known by, so that each is made once.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Known {
    Instance(usize),
    Total(usize, usize),
    Signed(usize),
    Long(usize),
    Hint(Hint),
    /// A hint times the activity of its account.
    Masked(Hint),
    /// Sum of one metric over several segments.
    Union(Vec<usize>, usize),
    /// A global variable, by its index.
    Global(usize),
}

impl Plan {
    /// The laws of a sheet whose parts fit `shape`.
    pub fn of(shape: &'static Shape, rules: &RulesPart, risk: &RiskPart) -> Self {
        let mut builder =
            Builder { shape, rules, risk, sources: Vec::new(), laws: Vec::new(), known: BTreeMap::new() };
        builder.all();
        Self { shape, sizes: Sizes::of(shape), sources: builder.sources, laws: builder.laws }
    }
}

impl Builder<'_> {
    fn all(&mut self) {
        self.accounts_and_commitments();
        self.forbidden();
        for family in [Family::Group, Family::Account, Family::Asset, Family::Slot, Family::Global] {
            for index in 0..family.rows(self.shape) {
                self.row(family, index);
            }
        }
    }

    fn new_value(&mut self, source: Source) -> Var {
        let var = Var(u32::try_from(self.sources.len()).expect("far fewer values"));
        self.sources.push(source);
        var
    }
    fn once(&mut self, known: Known, source: impl FnOnce() -> Source) -> (Var, bool) {
        if let Some(var) = self.known.get(&known) {
            return (*var, false);
        }
        let var = self.new_value(source());
        self.known.insert(known, var);
        (var, true)
    }
    fn input(&mut self, i: usize) -> Var {
        self.once(Known::Instance(i), || Source::Instance(i)).0
    }
    fn one(&mut self) -> Var {
        self.input(Inputs::ONE)
    }
    fn total(&mut self, segment: usize, metric: usize) -> Var {
        self.once(Known::Total(segment, metric), || Source::Total(segment, metric)).0
    }
    fn law(&mut self, id: &'static str, law: Law) {
        self.laws.push((id, law));
    }
    /// `terms` lie in `[0, 256^bytes)`, or are zero.
    fn linear(&mut self, id: &'static str, terms: Terms, bytes: usize) {
        let terms = merged(terms);
        if !terms.is_empty() {
            self.law(id, Law::Linear(terms, bytes));
        }
    }
    /// A new value that is this sum.
    fn named(&mut self, id: &'static str, terms: Terms) -> Var {
        let var = self.new_value(Source::Sum(terms.clone()));
        let mut law = terms;
        law.push((var, -Fp::ONE));
        self.law(id, Law::Linear(law, 0));
        var
    }
    /// A value for a sum: itself where it is one value already.
    fn single(&mut self, id: &'static str, terms: Terms) -> Option<Var> {
        let terms = merged(terms);
        match terms.as_slice() {
            [] => None,
            [(var, c)] if *c == Fp::ONE => Some(*var),
            _ => Some(self.named(id, terms)),
        }
    }
    fn bit(&mut self, id: &'static str, var: Var) {
        self.law(id, Law::Product(var, var, var));
    }
    /// `[-2^(bits-1), 2^(bits-1))` for a width of whole bytes.
    fn signed(&mut self, id: &'static str, var: Var, bits: u32) {
        assert_eq!(bits % 8, 0, "whole bytes");
        let one = self.one();
        self.linear(id, vec![(var, Fp::ONE), (one, power_of_two(bits - 1))], bits as usize / 8);
    }

    /// `act-1..3`, `own`, `com-3`, `ctx`, `forbid`.
    fn accounts_and_commitments(&mut self) {
        let shape = self.shape;
        let context = self.input(Inputs::CONTEXT);
        let square = self.new_value(Source::Product(context, context));
        self.law("ctx", Law::Product(context, context, square));
        for a in 0..shape.accounts {
            let active = self.input(Inputs::active(a));
            self.bit("act-1", active);
            let segments = self.of_account(a);
            let together = segments.windows(2).all(|w| w[0] + 1 == w[1]);
            if segments.is_empty() || !together {
                // No one range of slots: no commitment opens to it.
                self.linear("act-2", vec![(active, Fp::ONE)], 0);
            }
            if !segments.is_empty() {
                let terms = segments.iter().map(|g| (self.total(*g, shape.columns()), Fp::ONE)).collect();
                let held = self.single("act-3", terms).expect("at least one segment");
                self.law("act-3", Law::Product(active, held, held));
            }
        }
        for g in 0..shape.segments {
            let commitment = self.input(Inputs::commitment(shape, g));
            if let Some(a) = self.risk.layout.account[g] {
                let active = self.input(Inputs::active(usize::from(a)));
                let digest = self.new_value(Source::Digest(g));
                self.law("com-3", Law::Product(active, digest, commitment));
            } else {
                let held = self.total(g, shape.columns());
                self.linear("own", vec![(held, Fp::ONE)], 0);
                self.linear("com-3", vec![(commitment, Fp::ONE)], 0);
            }
        }
    }

    /// `forbid`: weights are 0 or 1 and magnitudes are not negative, so a zero sum means that every such slot is empty.
    fn forbidden(&mut self) {
        let k = self.shape.forbidden_column();
        let terms = (0..self.shape.segments).map(|g| (self.total(g, k), Fp::ONE)).collect();
        self.linear("forbid", terms, 0);
    }
    fn of_account(&self, a: usize) -> Vec<usize> {
        let wanted = u16::try_from(a).ok();
        (0..self.shape.segments)
            .filter(|g| self.risk.layout.account[*g] == wanted && wanted.is_some())
            .collect()
    }
}

/// Each value once, no coefficient zero.
fn merged(terms: Terms) -> Terms {
    let mut sums: BTreeMap<Var, Fp> = BTreeMap::new();
    for (var, c) in terms {
        *sums.entry(var).or_insert(Fp::ZERO) += c;
    }
    sums.into_iter().filter(|(_, c)| *c != Fp::ZERO).collect()
}

/// `by * terms`.
fn scaled(terms: &Terms, by: i128) -> impl Iterator<Item = (Var, Fp)> {
    let by = from_i128(by);
    terms.iter().map(move |(v, c)| (*v, *c * by))
}
