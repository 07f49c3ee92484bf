//! The rows read as plain integers: totals, least witnesses, slacks. Knows nothing of the language.
//!
//! # Least witnesses
//! A row with a positive coefficient `d` on a witness *defines* it: `x >= ceil(-(the rest of the row) / d)`. Everywhere
//! else a witness, and every worst loss, stands with a coefficient that is not positive, so a smaller value never makes
//! another row harder to satisfy. By induction along the order of definition, if any assignment satisfies all rows then
//! the least one does: the largest of those bounds. A bit is a witness that can be 0 or 1. Two kinds of variables are
//! chosen otherwise, each so that the one witness it serves is least: a bit that lets one alternative of a witness go or the
//! other, and a free witness that one charge minimises. [`least_witnesses`] computes them all and refuses a rules part for
//! which this argument does not hold.

mod least;
mod runs;

pub use least::least_witnesses;
pub use runs::Peaks;

use mandate_statement::{Column, Family, GlobalVar, Mode, RiskPart, RowRef, RulesPart, Shape, SheetError};
use runs::PeakSums;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

/// Why rows could not be read.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum RowsError {
    /// The risk part does not fit its shape.
    #[error(transparent)]
    Sheet(#[from] SheetError),
    /// The parts are for different shapes.
    #[error("the rules part is for shape `{rules}`, the risk part for `{risk}`, wanted `{shape}`")]
    Shape {
        /// Shape of the rules part.
        rules: String,
        /// Shape of the risk part.
        risk: String,
        /// Shape asked for.
        shape: &'static str,
    },
    /// A list has the wrong length.
    #[error("{what}: {got} entries, wanted {wanted}")]
    Length {
        /// Which list.
        what: &'static str,
        /// Entries found.
        got: usize,
        /// Entries wanted.
        wanted: usize,
    },
    /// A row uses a worst loss, a witness or a bit in a way that no one-sided bound proves.
    #[error("row {index} of family {family:?}: {why}", family = row.family, index = row.index)]
    NotOneSided {
        /// The row.
        row: RowRef,
        /// What it does.
        why: &'static str,
    },
    /// Witnesses are defined in terms of each other.
    #[error("the definitions of the witnesses go in a circle")]
    Circular,
    /// A free witness for which no value is best.
    #[error("a charge falls without end as its free witness does")]
    Unbounded,
    /// A value leaves the range that the circuit gives it. The value itself is not told.
    #[error("{0} is out of the range that the circuit gives it")]
    Range(&'static str),
}

/// Totals of every column, scenarios included, per block: `table[block][column]`. Secret.
#[derive(Zeroize, ZeroizeOnDrop)]
pub struct Totals {
    /// Per segment: total of the group so far, from its first segment to this one.
    pub group: Vec<Vec<i128>>,
    /// Per account.
    pub account: Vec<Vec<i128>>,
    /// Per asset.
    pub asset: Vec<Vec<i128>>,
    /// Per slot: its own contribution.
    pub slot: Vec<Vec<i128>>,
    /// Over all slots.
    pub book: Vec<i128>,
}

/// A filling of every upper-bound variable. Lists have the shape's full lengths; blocks that are not in use have zeros.
/// Secret.
#[derive(Zeroize, ZeroizeOnDrop, Clone, PartialEq, Eq)]
pub struct Witnesses {
    /// Worst loss per segment that ends a used group, in units; zero elsewhere.
    pub group_worst: Vec<i128>,
    /// Worst loss per active account.
    pub account_worst: Vec<i128>,
    /// Worst loss of the whole book over its summed scenarios.
    pub book_worst: i128,
    /// `group_x[segment][i]`.
    pub group_x: Vec<Vec<i128>>,
    /// `account_x[account][i]`.
    pub account_x: Vec<Vec<i128>>,
    /// `asset_x[asset][i]`.
    pub asset_x: Vec<Vec<i128>>,
    /// `global_y[i]`.
    pub global_y: Vec<i128>,
    /// Peaks per strip; a run in use has them at its last. Empty in a shape without strips.
    pub strip_peaks: Vec<Peaks>,
    /// Bits, `group_bits[segment][i]`.
    pub group_bits: Vec<Vec<bool>>,
    /// Bits, `account_bits[account][i]`.
    pub account_bits: Vec<Vec<bool>>,
    /// Bits, `asset_bits[asset][i]`.
    pub asset_bits: Vec<Vec<bool>>,
    /// Bits of the whole book.
    pub global_bits: Vec<bool>,
}

/// A row at one block, with what is left over: it holds when `slack >= 0`. Secret.
pub struct RowSlack {
    /// The row.
    pub row: RowRef,
    /// Segment, account, asset or slot; `0` for a global row.
    pub block: usize,
    /// Left-hand side of the row.
    pub slack: i128,
}

/// Which blocks of each family the circuit evaluates rows for.
pub fn used_blocks(risk: &RiskPart, shape: &Shape, active: &[bool], family: Family) -> Vec<bool> {
    match family {
        Family::Group => risk.layout.group_used.clone(),
        Family::Account => active.to_vec(),
        Family::Asset => (0..shape.assets)
            .map(|a| risk.layout.asset.iter().any(|x| x.map(usize::from) == Some(a)))
            .collect(),
        Family::Slot => {
            (0..shape.slots).map(|j| risk.weights_of(shape, j)[shape.forbidden_column()] == 0).collect()
        }
        Family::Global => vec![true],
    }
}

/// Totals of a book.
///
/// # Errors
/// [`RowsError`] where lengths do not fit or a quantity is outside `[-2^47, 2^47)`.
pub fn totals(risk: &RiskPart, shape: &'static Shape, quantities: &[i64]) -> Result<Totals, RowsError> {
    check_lengths(risk, shape, quantities)?;
    let columns = shape.columns();
    let zero = vec![0i128; columns];
    let mut out = Totals {
        group: vec![zero.clone(); shape.segments],
        account: vec![zero.clone(); shape.accounts],
        asset: vec![zero.clone(); shape.assets],
        slot: vec![zero.clone(); shape.slots],
        book: zero,
    };
    for segment in 0..shape.segments {
        if segment > 0 && risk.layout.carry[segment] {
            let before = out.group[segment - 1].clone();
            out.group[segment] = before;
        }
        let slots = segment * shape.segment_len()..(segment + 1) * shape.segment_len();
        for (slot, q) in slots.clone().zip(&quantities[slots]) {
            let q = i128::from(*q);
            if q == 0 {
                continue;
            }
            let weights = risk.weights_of(shape, slot);
            for (k, weight) in weights.iter().enumerate() {
                let term = i128::from(*weight) * read(shape, k, q);
                out.slot[slot][k] = term;
                out.group[segment][k] += term;
                out.book[k] += term;
                if let Some(a) = risk.layout.account[segment] {
                    out.account[usize::from(a)][k] += term;
                }
                if let Some(a) = risk.layout.asset[segment] {
                    out.asset[usize::from(a)][k] += term;
                }
            }
        }
    }
    Ok(out)
}

fn read(shape: &Shape, column: Column, q: i128) -> i128 {
    match shape.mode(column) {
        Mode::Signed | Mode::Scenario => q,
        Mode::Absolute => q.abs(),
        Mode::Long => q.max(0),
        Mode::Short => (-q).max(0),
    }
}

fn check_lengths(risk: &RiskPart, shape: &'static Shape, quantities: &[i64]) -> Result<(), RowsError> {
    risk.fits(shape)?;
    if quantities.len() != shape.slots {
        return Err(RowsError::Length { what: "quantities", got: quantities.len(), wanted: shape.slots });
    }
    let limit = mandate_statement::QUANTITY_LIMIT;
    if quantities.iter().any(|q| !(-limit..limit).contains(q)) {
        return Err(RowsError::Range("a quantity"));
    }
    Ok(())
}

/// Worst loss of a total: `max over scenarios of -total`, in `(-2^88, 2^88)` for a lawful sheet.
fn worst(shape: &Shape, totals: &[i128]) -> i128 {
    totals[shape.metrics()..].iter().map(|t| -t).max().unwrap_or(0)
}

/// Everything a row can read, with the global variables kept up to date.
struct Reading<'a> {
    rules: &'a RulesPart,
    shape: &'static Shape,
    totals: Totals,
    used: [Vec<bool>; 5],
    witnesses: Witnesses,
    globals: Zeroizing<Vec<i128>>,
    peaks: PeakSums,
}

const fn number(family: Family) -> usize {
    match family {
        Family::Group => 0,
        Family::Account => 1,
        Family::Asset => 2,
        Family::Slot => 3,
        Family::Global => 4,
    }
}

impl<'a> Reading<'a> {
    fn new(
        rules: &'a RulesPart,
        risk: &RiskPart,
        shape: &'static Shape,
        quantities: &[i64],
        active: &[bool],
        given: Option<&Witnesses>,
    ) -> Result<Self, RowsError> {
        if rules.shape != shape.name || risk.shape != shape.name {
            return Err(RowsError::Shape {
                rules: rules.shape.clone(),
                risk: risk.shape.clone(),
                shape: shape.name,
            });
        }
        let length = |what, got, wanted| {
            if got == wanted { Ok(()) } else { Err(RowsError::Length { what, got, wanted }) }
        };
        length("rules coefficients", rules.coefficients.len(), RulesPart::len(shape))?;
        length("active accounts", active.len(), shape.accounts)?;
        let totals = totals(risk, shape, quantities)?;
        let used = Family::ALL.map(|f| used_blocks(risk, shape, active, f));
        let witnesses = match given {
            Some(w) => {
                length("group witnesses", w.group_x.len(), shape.segments)?;
                length("group worst losses", w.group_worst.len(), shape.segments)?;
                length("account witnesses", w.account_x.len(), shape.accounts)?;
                length("account worst losses", w.account_worst.len(), shape.accounts)?;
                length("asset witnesses", w.asset_x.len(), shape.assets)?;
                length("global witnesses", w.global_y.len(), shape.global_witnesses)?;
                for block in w.group_x.iter().chain(&w.account_x).chain(&w.asset_x) {
                    length("witnesses of a block", block.len(), shape.local_witnesses)?;
                }
                length("peaks of runs", w.strip_peaks.len(), shape.strips)?;
                length("group bits", w.group_bits.len(), shape.segments)?;
                length("account bits", w.account_bits.len(), shape.accounts)?;
                length("asset bits", w.asset_bits.len(), shape.assets)?;
                length("global bits", w.global_bits.len(), shape.global_bits)?;
                for block in w.group_bits.iter().chain(&w.account_bits).chain(&w.asset_bits) {
                    length("bits of a block", block.len(), shape.local_bits)?;
                }
                w.clone()
            }
            None => {
                let pick = |used: &[bool], table: &[Vec<i128>]| -> Vec<i128> {
                    used.iter().zip(table).map(|(u, t)| if *u { worst(shape, t) } else { 0 }).collect()
                };
                let none = vec![0i128; shape.local_witnesses];
                let off = vec![false; shape.local_bits];
                Witnesses {
                    group_worst: pick(&used[0], &totals.group),
                    account_worst: pick(&used[1], &totals.account),
                    book_worst: worst(shape, &totals.book),
                    group_x: vec![none.clone(); shape.segments],
                    account_x: vec![none.clone(); shape.accounts],
                    asset_x: vec![none; shape.assets],
                    global_y: vec![0; shape.global_witnesses],
                    strip_peaks: runs::least(risk, shape, quantities)?,
                    group_bits: vec![off.clone(); shape.segments],
                    account_bits: vec![off.clone(); shape.accounts],
                    asset_bits: vec![off; shape.assets],
                    global_bits: vec![false; shape.global_bits],
                }
            }
        };
        let peaks = PeakSums::of(risk, shape, &witnesses.strip_peaks)?;
        let mut reading = Self {
            rules,
            shape,
            peaks,
            totals,
            used,
            witnesses,
            globals: Zeroizing::new(vec![0; GlobalVar::count(shape)]),
        };
        reading.fill_globals()?;
        Ok(reading)
    }

    fn fill_globals(&mut self) -> Result<(), RowsError> {
        let shape = self.shape;
        for k in 0..shape.columns() {
            self.set(GlobalVar::Total(k), self.totals.book[k]);
        }
        let group = self.sum_used(Family::Group, |r, b| r.witnesses.group_worst[b])?;
        self.set(GlobalVar::WorstSum(Family::Group), group);
        let account = self.sum_used(Family::Account, |r, b| r.witnesses.account_worst[b])?;
        self.set(GlobalVar::WorstSum(Family::Account), account);
        self.set(GlobalVar::WorstBook, self.witnesses.book_worst);
        for family in [Family::Group, Family::Account, Family::Asset] {
            for i in 0..shape.local_witnesses {
                let sum = self.sum_used(family, |r, b| r.local_witness(family, b)[i])?;
                self.set(GlobalVar::WitnessSum(family, i), sum);
            }
            for i in 0..shape.local_bits {
                let sum = self.sum_used(family, |r, b| i128::from(r.local_bits(family, b)[i]))?;
                self.set(GlobalVar::BitSum(family, i), sum);
            }
        }
        for i in 0..shape.global_witnesses {
            self.set(GlobalVar::Witness(i), self.witnesses.global_y[i]);
        }
        for i in 0..shape.peaks() {
            self.set(GlobalVar::PeakSum(i), self.peaks.book[i]);
        }
        for i in 0..shape.global_bits {
            self.set(GlobalVar::Bit(i), i128::from(self.witnesses.global_bits[i]));
        }
        self.set(GlobalVar::One, 1);
        Ok(())
    }

    fn set(&mut self, var: GlobalVar, value: i128) {
        if let Some(at) = var.index(self.shape) {
            self.globals[at] = value;
        }
    }

    fn sum_used(&self, family: Family, value: impl Fn(&Self, usize) -> i128) -> Result<i128, RowsError> {
        let used = &self.used[number(family)];
        (0..used.len())
            .filter(|b| used[*b])
            .try_fold(0i128, |sum, b| sum.checked_add(value(self, b)))
            .ok_or(RowsError::Range("a sum over blocks"))
    }

    fn local_witness(&self, family: Family, block: usize) -> &[i128] {
        match family {
            Family::Group => &self.witnesses.group_x[block],
            Family::Account => &self.witnesses.account_x[block],
            Family::Asset => &self.witnesses.asset_x[block],
            Family::Slot | Family::Global => &[],
        }
    }

    fn local_bits(&self, family: Family, block: usize) -> &[bool] {
        match family {
            Family::Group => &self.witnesses.group_bits[block],
            Family::Account => &self.witnesses.account_bits[block],
            Family::Asset => &self.witnesses.asset_bits[block],
            Family::Slot | Family::Global => &[],
        }
    }

    /// Left-hand side of a row at one block, leaving out the variables at the places in `skip`: `(false, i)` among the
    /// block's own, `(true, i)` among the book's.
    fn value(&self, row: RowRef, block: usize, skip: &[(bool, usize)]) -> Result<i128, RowsError> {
        let shape = self.shape;
        let (local, global) = self.rules.row(shape, row);
        let metrics = shape.metrics();
        let totals = match row.family {
            Family::Group => &self.totals.group[block],
            Family::Account => &self.totals.account[block],
            Family::Asset => &self.totals.asset[block],
            Family::Slot => &self.totals.slot[block],
            Family::Global => &self.totals.book,
        };
        let out = RowsError::Range("a row");
        let mut sum = 0i128;
        let mut add = |coefficient: i128, value: i128| {
            let term = coefficient.checked_mul(value)?;
            sum = sum.checked_add(term)?;
            Some(())
        };
        let done = (|| {
            for (at, coefficient) in local.iter().enumerate() {
                if *coefficient == 0 || skip.contains(&(false, at)) {
                    continue;
                }
                let after_worst = metrics + usize::from(row.family.has_worst());
                let after_bits = after_worst + shape.local_witnesses + shape.local_bits;
                let value = if at < metrics {
                    totals[at]
                } else if at < after_worst {
                    match row.family {
                        Family::Group => self.witnesses.group_worst[block],
                        _ => self.witnesses.account_worst[block],
                    }
                } else if at >= after_bits {
                    match row.family {
                        Family::Group => self.peaks.group[block][at - after_bits],
                        Family::Account => self.peaks.account[block][at - after_bits],
                        _ => self.peaks.asset[block][at - after_bits],
                    }
                } else {
                    let (xs, zs) =
                        (self.local_witness(row.family, block), self.local_bits(row.family, block));
                    match xs.get(at - after_worst) {
                        Some(x) => *x,
                        // Bits come after the witnesses.
                        None => zs.get(at - after_worst - xs.len()).copied().map_or(0, i128::from),
                    }
                };
                add(*coefficient, value)?;
            }
            for (at, coefficient) in global.iter().enumerate() {
                if *coefficient != 0 && !skip.contains(&(true, at)) {
                    add(*coefficient, self.globals[at])?;
                }
            }
            Some(())
        })();
        done.ok_or(out)?;
        Ok(sum)
    }
}

/// Every row that is not all zeros, at every block in use, with its slack.
///
/// # Errors
/// [`RowsError`], as [`least_witnesses`].
pub fn slacks(
    rules: &RulesPart,
    risk: &RiskPart,
    shape: &'static Shape,
    quantities: &[i64],
    active: &[bool],
    witnesses: &Witnesses,
) -> Result<Vec<RowSlack>, RowsError> {
    let reading = Reading::new(rules, risk, shape, quantities, active, Some(witnesses))?;
    let mut out = Vec::new();
    for family in Family::ALL {
        for index in 0..family.rows(shape) {
            let row = RowRef { family, index: u16::try_from(index).expect("shapes have few rows") };
            let (local, global) = rules.row(shape, row);
            if local.iter().chain(global).all(|c| *c == 0) {
                continue;
            }
            for block in (0..family.blocks(shape)).filter(|b| reading.used[number(family)][*b]) {
                out.push(RowSlack { row, block, slack: reading.value(row, block, &[])? });
            }
        }
    }
    Ok(out)
}
