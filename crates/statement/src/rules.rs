//! The rules part of a sheet: a mandate as rows of integer coefficients.
//!
//! A row is `sum(local[i] * local variable i) + sum(global[i] * global variable i) >= 0`. Rows of a [`Family`] are
//! templates: one set of coefficients, evaluated for every block of the family that is in use.

use crate::digest::{Digest, keccak};
use crate::shape::{Column, Shape};

/// What a row template is evaluated over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, bincode::Encode, bincode::Decode)]
pub enum Family {
    /// Every group: one underlying in one account.
    Group,
    /// Every active account (netting set).
    Account,
    /// Every asset: one underlying across all accounts.
    Asset,
    /// Every slot that is not forbidden.
    Slot,
    /// Once, over the whole book.
    Global,
}

impl Family {
    /// All families, in the order of the public inputs.
    pub const ALL: [Self; 5] = [Self::Group, Self::Account, Self::Asset, Self::Slot, Self::Global];

    /// How many row templates the shape has for this family.
    pub const fn rows(self, shape: &Shape) -> usize {
        match self {
            Self::Group => shape.group_rows,
            Self::Account => shape.account_rows,
            Self::Asset => shape.asset_rows,
            Self::Slot => shape.slot_rows,
            Self::Global => shape.global_rows,
        }
    }
    /// How many blocks the shape evaluates each template for.
    pub const fn blocks(self, shape: &Shape) -> usize {
        match self {
            Self::Group => shape.segments,
            Self::Account => shape.accounts,
            Self::Asset => shape.assets,
            Self::Slot => shape.slots,
            Self::Global => 1,
        }
    }
    /// How many local variables a template of this family reads.
    pub const fn locals(self, shape: &Shape) -> usize {
        let metrics = shape.metrics();
        match self {
            Self::Group | Self::Account => {
                metrics + 1 + shape.local_witnesses + shape.local_bits + shape.peaks()
            }
            Self::Asset => metrics + shape.local_witnesses + shape.local_bits + shape.peaks(),
            Self::Slot => metrics,
            Self::Global => 0,
        }
    }
    /// Whether blocks of this family carry a worst loss `w`. Assets do not: their scenarios would net across accounts.
    pub const fn has_worst(self) -> bool {
        matches!(self, Self::Group | Self::Account)
    }
    /// Whether blocks of this family carry witnesses `x` and bits `z`.
    pub const fn has_witnesses(self) -> bool {
        matches!(self, Self::Group | Self::Account | Self::Asset)
    }
}

/// A variable of one block, in the order that [`LocalVar::index`] gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LocalVar {
    /// The block's total of a column that is not a scenario (for a slot: its own contribution).
    Total(Column),
    /// The block's worst loss over the scenarios; positive is a loss.
    Worst,
    /// Upper-bound witness `x[i]`.
    Witness(usize),
    /// Bit `z[i]`.
    Bit(usize),
    /// Sum of one peak over the block's runs in use: [`crate::Runs::UNCOVERED`] and the other two.
    Peak(usize),
}

impl LocalVar {
    /// Position of this variable in a row of `family`, or `None` where the family has no such variable.
    pub const fn index(self, shape: &Shape, family: Family) -> Option<usize> {
        let metrics = shape.metrics();
        let after_worst = if family.has_worst() { metrics + 1 } else { metrics };
        match self {
            Self::Total(k) if k < metrics && !matches!(family, Family::Global) => Some(k),
            Self::Worst if family.has_worst() => Some(metrics),
            Self::Witness(i) if family.has_witnesses() && i < shape.local_witnesses => Some(after_worst + i),
            Self::Bit(i) if family.has_witnesses() && i < shape.local_bits => {
                Some(after_worst + shape.local_witnesses + i)
            }
            Self::Peak(i) if family.has_witnesses() && i < shape.peaks() => {
                Some(after_worst + shape.local_witnesses + shape.local_bits + i)
            }
            _ => None,
        }
    }
}

/// A variable of the whole book, in the order that [`GlobalVar::index`] gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum GlobalVar {
    /// Total of any column, scenarios included, over all slots.
    Total(Column),
    /// Sum of the worst losses of the blocks in use of a family ([`Family::Group`] or [`Family::Account`]).
    WorstSum(Family),
    /// Worst loss of the whole book over its summed scenarios.
    WorstBook,
    /// Sum of witness `x[i]` over the blocks in use of a family.
    WitnessSum(Family, usize),
    /// Sum of bit `z[i]` over the blocks in use of a family.
    BitSum(Family, usize),
    /// Upper-bound witness `y[i]`.
    Witness(usize),
    /// Bit of the whole book.
    Bit(usize),
    /// Sum of one peak over all runs in use.
    PeakSum(usize),
    /// The constant one.
    One,
}

impl GlobalVar {
    const fn family(family: Family) -> Option<usize> {
        match family {
            Family::Group => Some(0),
            Family::Account => Some(1),
            Family::Asset => Some(2),
            Family::Slot | Family::Global => None,
        }
    }
    /// Position of this variable in a row, or `None` where the shape has no such variable.
    pub const fn index(self, shape: &Shape) -> Option<usize> {
        let worst = shape.columns();
        let x = worst + 3;
        let z = x + 3 * shape.local_witnesses;
        let y = z + 3 * shape.local_bits;
        let bit = y + shape.global_witnesses;
        let peak = bit + shape.global_bits;
        match self {
            Self::Total(k) if k < shape.columns() => Some(k),
            Self::WorstSum(Family::Group) => Some(worst),
            Self::WorstSum(Family::Account) => Some(worst + 1),
            Self::WorstBook => Some(worst + 2),
            Self::WitnessSum(family, i) if i < shape.local_witnesses => match Self::family(family) {
                Some(f) => Some(x + f * shape.local_witnesses + i),
                None => None,
            },
            Self::BitSum(family, i) if i < shape.local_bits => match Self::family(family) {
                Some(f) => Some(z + f * shape.local_bits + i),
                None => None,
            },
            Self::Witness(i) if i < shape.global_witnesses => Some(y + i),
            Self::Bit(i) if i < shape.global_bits => Some(bit + i),
            Self::PeakSum(i) if i < shape.peaks() => Some(peak + i),
            Self::One => Some(peak + shape.peaks()),
            _ => None,
        }
    }
    /// How many global variables a shape has; the constant one is the last.
    pub const fn count(shape: &Shape) -> usize {
        shape.columns()
            + 3
            + 3 * (shape.local_witnesses + shape.local_bits)
            + shape.global_witnesses
            + shape.global_bits
            + shape.peaks()
            + 1
    }
}

/// One row by family and position.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, bincode::Encode, bincode::Decode)]
pub struct RowRef {
    /// What the row is evaluated over.
    pub family: Family,
    /// Its position among the family's templates.
    pub index: u16,
}

/// The rows that one rule of the mandate compiled to. A rule without rows is refused.
#[derive(Clone, Debug, PartialEq, Eq, bincode::Encode, bincode::Decode)]
pub struct RuleRows {
    /// The rule's id in the mandate.
    pub id: String,
    /// Its rows.
    pub rows: Vec<RowRef>,
}

/// The rules part of a sheet.
///
/// Row 0 of [`Family::Global`] always says that net asset value, rounded against the prover, is at least `min_nav`,
/// which is at least one unit; every denominator of a mandate is guarded by a row of its own.
#[derive(Clone, Debug, PartialEq, Eq, bincode::Encode, bincode::Decode)]
pub struct RulesPart {
    /// The risk model the mandate is written for, for example `crypto-usd/1`.
    pub model: String,
    /// Name of the shape.
    pub shape: String,
    /// Keccak-256 of the mandate's text.
    pub source: Digest,
    /// Coefficients, all families in the order of [`Family::ALL`], rows in order, local then global coefficients.
    pub coefficients: Vec<i128>,
    /// Which rule has which rows. Not part of the digest: it follows from compiling the text again.
    pub rules: Vec<RuleRows>,
}

impl RulesPart {
    /// A part without rules: every coefficient zero.
    pub fn empty(model: &str, shape: &Shape, source: Digest) -> Self {
        Self {
            model: model.to_owned(),
            shape: shape.name.to_owned(),
            source,
            coefficients: vec![0; Self::len(shape)],
            rules: Vec::new(),
        }
    }
    /// How many coefficients a shape has.
    pub fn len(shape: &Shape) -> usize {
        Family::ALL.iter().map(|f| f.rows(shape) * (f.locals(shape) + GlobalVar::count(shape))).sum()
    }
    /// Where a row's coefficients lie: local ones first, then global ones.
    ///
    /// # Panics
    /// If the shape has no such row.
    pub fn span(shape: &Shape, row: RowRef) -> (std::ops::Range<usize>, std::ops::Range<usize>) {
        assert!(usize::from(row.index) < row.family.rows(shape), "the shape has no row {row:?}");
        let globals = GlobalVar::count(shape);
        let mut start = 0;
        for family in Family::ALL {
            let width = family.locals(shape) + globals;
            if family == row.family {
                let at = start + usize::from(row.index) * width;
                let middle = at + family.locals(shape);
                return (at..middle, middle..middle + globals);
            }
            start += family.rows(shape) * width;
        }
        unreachable!("every family is in ALL")
    }
    /// Local and global coefficients of a row.
    pub fn row(&self, shape: &Shape, row: RowRef) -> (&[i128], &[i128]) {
        let (local, global) = Self::span(shape, row);
        (&self.coefficients[local], &self.coefficients[global])
    }
    /// The same, to be written.
    pub fn row_mut(&mut self, shape: &Shape, row: RowRef) -> (&mut [i128], &mut [i128]) {
        let (local, global) = Self::span(shape, row);
        let (before, after) = self.coefficients.split_at_mut(global.start);
        (&mut before[local], &mut after[..global.end - global.start])
    }
    /// The non-zero coefficients by position, in order: what a contract is given.
    pub fn entries(&self) -> impl Iterator<Item = (u32, i128)> + '_ {
        (0u32..).zip(self.coefficients.iter().copied()).filter(|(_, c)| *c != 0)
    }
    /// Digest of model, shape and integers, as a contract computes it entry by entry:
    /// `d = keccak(domain || keccak(shape) || keccak(model))`, then `d = keccak(d || be32(position) || be128(value))`.
    pub fn digest(&self) -> Digest {
        let mut head = Vec::with_capacity(96);
        head.extend_from_slice(&keccak(b"mandate/rules/1").0);
        head.extend_from_slice(&keccak(self.shape.as_bytes()).0);
        head.extend_from_slice(&keccak(self.model.as_bytes()).0);
        let mut digest = keccak(&head);
        for (position, value) in self.entries() {
            let mut word = [0u8; 52];
            word[..32].copy_from_slice(&digest.0);
            word[32..36].copy_from_slice(&position.to_be_bytes());
            word[36..].copy_from_slice(&value.to_be_bytes());
            digest = keccak(&word);
        }
        digest
    }
}
