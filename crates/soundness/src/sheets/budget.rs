//! How far every row can reach, by interval arithmetic over exact ranges: shares no code with compiler, checker or prover.

use ark_bn254::Fr;
use ark_ff::{BigInteger, PrimeField};
use mandate_statement::{Family, GlobalVar, LocalVar, Mode, RowRef, RulesPart, Shape};
use num_bigint::{BigInt, BigUint, Sign};
use std::fmt::Write as _;

/// The least and the largest value of something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Range {
    /// Least.
    pub low: BigInt,
    /// Largest.
    pub high: BigInt,
}

impl Range {
    fn of(low: BigInt, high: BigInt) -> Self {
        Self { low, high }
    }
    fn times(&self, c: &BigInt) -> Self {
        let (a, b) = (&self.low * c, &self.high * c);
        if a <= b { Self::of(a, b) } else { Self::of(b, a) }
    }
    fn plus(&self, other: &Self) -> Self {
        Self::of(&self.low + &other.low, &self.high + &other.high)
    }
    /// Bits of the larger magnitude.
    pub fn bits(&self) -> u64 {
        self.low.bits().max(self.high.bits())
    }
}

/// One term of a row.
#[derive(Clone, Debug)]
pub struct Term {
    /// The variable, as the vocabulary names it.
    pub variable: String,
    /// Its coefficient.
    pub coefficient: BigInt,
    /// What the variable can be.
    pub range: Range,
}

/// One row.
#[derive(Clone, Debug)]
pub struct Row {
    /// Which.
    pub at: RowRef,
    /// Its terms.
    pub terms: Vec<Term>,
    /// What its left side can be.
    pub reach: Range,
    /// Bits of its slack.
    pub width: u32,
}

impl Row {
    /// Whether no book and no witness in range makes its slack wrap: a negative value is never taken for one within the
    /// width, and none at all is too large for it.
    pub fn is_safe(&self) -> bool {
        let width = power(self.width);
        self.reach.high < width && -&self.reach.low <= field_order() - &width
    }
    /// Bits between the row's reach and the field's order.
    pub fn margin(&self) -> u64 {
        field_order().bits().saturating_sub(self.reach.bits().max(u64::from(self.width)))
    }
}

fn power(bits: u32) -> BigInt {
    BigInt::from(1) << bits
}

/// The order of the field.
pub fn field_order() -> BigInt {
    BigInt::from_biguint(Sign::Plus, BigUint::from_bytes_be(&Fr::MODULUS.to_bytes_be()))
}

/// A signed number of `bits` bits.
fn signed(bits: u32) -> Range {
    Range::of(-power(bits - 1), power(bits - 1) - 1)
}

/// A total over any slots. The widths are those of docs/statement.md, written out.
fn total(mode: Mode) -> Range {
    let (weights, lots): (BigInt, BigInt) = (power(41) - 1, power(47));
    match mode {
        Mode::Signed | Mode::Scenario => Range::of(-(weights.clone() * &lots), weights * &lots),
        Mode::Absolute | Mode::Short => Range::of(BigInt::from(0), weights * &lots),
        Mode::Long => Range::of(BigInt::from(0), weights * (lots - 1)),
    }
}

/// What a total over weights of any sign can be: one-sided columns have no negative weight, but nothing here relies on it.
fn any_total(shape: &Shape, column: usize) -> Range {
    let top = total(shape.mode(column)).high;
    Range::of(-&top, top)
}

/// Sums of numbers of 88 bits, one a strip at most.
fn peaks(shape: &Shape) -> Range {
    Range::of(0.into(), power(88) - 1).times(&BigInt::from(shape.strips))
}

fn local(shape: &Shape, family: Family) -> Vec<(String, Range)> {
    let mut out = Vec::new();
    let mut push = |v: LocalVar, range: Range| {
        if let Some(at) = v.index(shape, family) {
            assert_eq!(at, out.len(), "variables come in the order of the vocabulary");
            out.push((format!("{v:?}"), range));
        }
    };
    (0..shape.metrics()).for_each(|k| push(LocalVar::Total(k), any_total(shape, k)));
    push(LocalVar::Worst, signed(89));
    (0..shape.local_witnesses).for_each(|i| push(LocalVar::Witness(i), signed(104)));
    (0..shape.local_bits).for_each(|i| push(LocalVar::Bit(i), Range::of(0.into(), 1.into())));
    (0..shape.peaks()).for_each(|i| push(LocalVar::Peak(i), peaks(shape)));
    out
}

fn global(shape: &Shape) -> Vec<(String, Range)> {
    let bit = || Range::of(0.into(), 1.into());
    let families = [Family::Group, Family::Account, Family::Asset];
    let blocks = |family: Family| BigInt::from(family.blocks(shape));
    let mut out = Vec::new();
    let mut push = |v: GlobalVar, range: Range| {
        assert_eq!(v.index(shape), Some(out.len()), "variables come in the order of the vocabulary");
        out.push((format!("{v:?}"), range));
    };
    (0..shape.columns()).for_each(|k| push(GlobalVar::Total(k), any_total(shape, k)));
    for family in &families[..2] {
        push(GlobalVar::WorstSum(*family), signed(89).times(&blocks(*family)));
    }
    push(GlobalVar::WorstBook, signed(89));
    for family in families {
        (0..shape.local_witnesses)
            .for_each(|i| push(GlobalVar::WitnessSum(family, i), signed(104).times(&blocks(family))));
    }
    for family in families {
        (0..shape.local_bits).for_each(|i| push(GlobalVar::BitSum(family, i), bit().times(&blocks(family))));
    }
    (0..shape.global_witnesses).for_each(|i| push(GlobalVar::Witness(i), signed(112)));
    (0..shape.global_bits).for_each(|i| push(GlobalVar::Bit(i), bit()));
    (0..shape.peaks()).for_each(|i| push(GlobalVar::PeakSum(i), peaks(shape)));
    push(GlobalVar::One, Range::of(1.into(), 1.into()));
    out
}

/// Every row with a coefficient.
pub fn budget(shape: &Shape, part: &RulesPart) -> Vec<Row> {
    let globals = global(shape);
    let mut out = Vec::new();
    for at in super::rules::used(shape, part) {
        let (l, g) = part.row(shape, at);
        let locals = local(shape, at.family);
        assert_eq!((l.len(), g.len()), (locals.len(), globals.len()), "a range for every variable");
        let mut row = Row {
            at,
            terms: Vec::new(),
            reach: Range::of(0.into(), 0.into()),
            width: if at.family == Family::Global { 128 } else { 112 },
        };
        for (c, (variable, range)) in l.iter().chain(g).zip(locals.iter().chain(&globals)) {
            if *c == 0 {
                continue;
            }
            let coefficient = BigInt::from(*c);
            row.reach = row.reach.plus(&range.times(&coefficient));
            row.terms.push(Term { variable: variable.clone(), coefficient, range: range.clone() });
        }
        out.push(row);
    }
    out
}

/// The table of docs/bit-budget.md: per shape and kind of variable, its bits and the largest coefficient that it may have
/// alone in a row.
pub fn table() -> String {
    let mut out = String::from(
        "| shape | variable | magnitude at most, bits | largest coefficient alone: row over blocks | row over the book |\n\
         |---|---|---|---|---|\n",
    );
    for shape in &mandate_statement::SHAPES {
        let kind = |text: &str| text.split_once('(').map_or(text, |(k, _)| k).to_owned();
        let mut rows: Vec<(String, u64, BigInt)> = Vec::new();
        for (scope, list) in [("block's", local(shape, Family::Group)), ("book's", global(shape))] {
            for (variable, range) in list {
                let magnitude = range.high.magnitude().max(range.low.magnitude()).clone();
                let mut name = format!("{scope} {}", kind(&variable));
                if let Some(family) = ["Group", "Account", "Asset"].iter().find(|f| variable.contains(**f)) {
                    let _ = write!(name, " over {family}s");
                }
                if rows.iter().all(|(n, ..)| *n != name) {
                    rows.push((name, magnitude.bits(), BigInt::from(magnitude)));
                }
            }
        }
        for (name, bits, magnitude) in rows {
            let most = |width: u32| -> BigInt { (power(width) - 1) / &magnitude };
            let shown =
                |v: BigInt| if v.bits() > 40 { format!("2^{} or so", v.bits() - 1) } else { v.to_string() };
            let over_blocks = shown(most(112));
            let _ = writeln!(
                out,
                "| `{}` | {name} | {bits} | {over_blocks} | {} |",
                shape.name,
                shown(most(128))
            );
        }
    }
    out
}
