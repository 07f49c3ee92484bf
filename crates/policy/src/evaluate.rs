//! The plain reading: every rule from the checked tree, over exact fractions and intervals, straight from quantities
//! and weights. It knows nothing of rows, scales or witnesses; tests hold the compiler against it.
//!
//! Every column total `t` over slots that hold `L` lots stands for an interval (`Nearest` `[t - L, t + L]`, `Up`
//! `[t - L, t]`, `Down` `[t, t + L]`, `Exact` `[t, t]`), every operation works on intervals end by end, and `a <= b`
//! holds when the upper end of `a` is at most the lower end of `b`.

mod expiries;
mod ranked;

use crate::error::Span;
use crate::tree::{Expr, Mandate, Node, Scope, Step, Unit, block};
use crate::words;
use mandate_market::{RiskModel, Rounding};
use mandate_statement::{Family, Mode, QUANTITY_LIMIT, RiskPart, Runs, Shape, SheetError};
use num_bigint::BigInt;
use num_rational::BigRational;
use num_traits::{Signed, Zero};

/// Id of the verdict that every book gets beside the mandate's rules: slots that must stay empty are empty.
pub const BUILT_IN: &str = "empty-slots";

/// Why a book cannot be judged. No error tells a quantity.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum EvaluateError {
    /// The sheet does not fit its shape.
    #[error(transparent)]
    Sheet(#[from] SheetError),
    /// Mandate, model and sheet are not for each other.
    #[error("the mandate is written for risk model `{mandate}`, the sheet is of `{sheet}`")]
    Model {
        /// The mandate's model.
        mandate: String,
        /// The sheet's model.
        sheet: String,
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
    /// A quantity is outside `[-2^47, 2^47)` lots.
    #[error("the quantity of slot {slot} is outside the range of -2^47 to 2^47 - 1 lots")]
    Quantity {
        /// The slot.
        slot: usize,
    },
    /// Rules about runs of strikes, and a sheet without any.
    #[error("the mandate reads runs of strikes, and the sheet's shape `{shape}` has none")]
    NoRuns {
        /// The shape.
        shape: &'static str,
    },
    /// The sheet's groups do not cover the book.
    #[error("segment {segment} of the sheet: {why}")]
    Layout {
        /// The segment.
        segment: usize,
        /// What is wrong.
        why: &'static str,
    },
}

/// What the evaluator finds for one rule. It tells about the book: private.
#[derive(Clone, PartialEq, Eq, serde::Serialize)]
pub struct Verdict {
    /// The rule.
    pub id: String,
    /// Whether it holds for every value in the rounding intervals.
    pub holds: bool,
    /// Larger side minus smaller side at the tightest block, rounded down: units of `10^-10` of the currency, or of
    /// `10^-10` where the rule compares plain numbers. `None` where the rule has no block to speak of.
    #[serde(serialize_with = "as_text")]
    pub headroom: Option<BigInt>,
    /// The headroom for people, for example `12.34 USD`.
    pub headroom_text: String,
    /// What the tightest comparison is evaluated over.
    #[serde(serialize_with = "family_name")]
    pub family: Family,
    /// The tightest block: the last segment of the group, the account, asset or slot; `None` for the whole book.
    pub block: Option<usize>,
    #[serde(skip)]
    span: Option<Span>,
    #[serde(skip)]
    strict: bool,
}

fn as_text<S: serde::Serializer>(value: &Option<BigInt>, s: S) -> Result<S::Ok, S::Error> {
    match value {
        Some(v) => s.collect_str(v),
        None => s.serialize_none(),
    }
}

fn family_name<S: serde::Serializer>(family: &Family, s: S) -> Result<S::Ok, S::Error> {
    s.serialize_str(crate::tree::domain(*family))
}

impl Verdict {
    /// The verdict as text: one line where the rule holds, otherwise the rule underlined and by how much it fails.
    pub fn render(&self, mandate: &Mandate) -> String {
        let place = match self.block {
            Some(b) => format!(" at {} {b}", block(self.family)),
            None => String::new(),
        };
        if self.holds {
            return match self.headroom {
                Some(_) => format!("rule `{}` holds with {} to spare{place}", self.id, self.headroom_text),
                None if self.id == BUILT_IN => format!("rule `{}` holds", self.id),
                None => format!("rule `{}` holds: no block to apply it to", self.id),
            };
        }
        let message = format!("error: rule `{}` does not hold", self.id);
        let short = self.headroom_text.trim_start_matches('-');
        let label = match &self.headroom {
            Some(h) if h.is_zero() && self.strict => {
                format!("exactly at the limit{place}; it must stay below")
            }
            Some(_) => format!("over by {short}{place}"),
            None => format!("a quantity stands in a slot that must be empty{place}"),
        };
        match self.span {
            Some(span) => mandate
                .point(span, message, label)
                .help("no proof of this book exists; reduce the position or amend the mandate")
                .to_string(),
            None => format!("{message}\n{label}"),
        }
    }
}

/// An interval of exact values, ends included.
#[derive(Clone)]
struct Interval {
    low: BigRational,
    high: BigRational,
}

impl Interval {
    fn point(value: BigRational) -> Self {
        Self { low: value.clone(), high: value }
    }
    fn around(value: &BigInt, below: &BigInt, above: &BigInt) -> Self {
        Self { low: BigRational::from(value - below), high: BigRational::from(value + above) }
    }
    fn plus(self, other: Self) -> Self {
        Self { low: self.low + other.low, high: self.high + other.high }
    }
    fn times(self, c: &BigRational) -> Self {
        let (a, b) = (self.low * c, self.high * c);
        if c.is_negative() { Self { low: b, high: a } } else { Self { low: a, high: b } }
    }
    /// The image under a function that never falls.
    fn map(self, f: impl Fn(BigRational) -> BigRational) -> Self {
        Self { low: f(self.low), high: f(self.high) }
    }
}

/// The slots of one block.
struct Block {
    number: usize,
    slots: Vec<usize>,
}

struct Book<'a> {
    model: &'a RiskModel,
    shape: &'static Shape,
    /// `sums[family][block][column]`, scenarios included, for used blocks only.
    groups: Vec<(usize, Vec<BigInt>)>,
    accounts: Vec<(usize, Vec<BigInt>)>,
    assets: Vec<(usize, Vec<BigInt>)>,
    slots: Vec<(usize, Vec<BigInt>)>,
    whole: Vec<BigInt>,
}

fn contribution(mode: Mode, quantity: i64) -> i64 {
    match mode {
        Mode::Signed | Mode::Scenario => quantity,
        Mode::Absolute => quantity.abs(),
        Mode::Long => quantity.max(0),
        Mode::Short => -quantity.min(0),
    }
}

impl<'a> Book<'a> {
    fn read(
        model: &'a RiskModel,
        shape: &'static Shape,
        risk: &RiskPart,
        quantities: &[i64],
        active: &[bool],
    ) -> Result<Self, EvaluateError> {
        let total = |slots: &[usize]| -> Vec<BigInt> {
            let mut out = vec![BigInt::zero(); shape.columns()];
            for slot in slots.iter().copied().filter(|s| quantities[*s] != 0) {
                for (k, weight) in risk.weights_of(shape, slot).iter().enumerate() {
                    out[k] += i128::from(*weight) * i128::from(contribution(shape.mode(k), quantities[slot]));
                }
            }
            // After the columns: what the runs of strikes in these slots come to.
            out.extend(expiries::peaks(risk, quantities, slots));
            out
        };
        let totals =
            |blocks: Vec<Block>| blocks.into_iter().map(|b| (b.number, total(&b.slots))).collect::<Vec<_>>();
        let segment = |s: usize| s * shape.segment_len()..(s + 1) * shape.segment_len();
        let of = |wanted: &[Option<u16>], index: usize| -> Vec<usize> {
            let mine = |s: &usize| wanted[*s].map(usize::from) == Some(index);
            (0..shape.segments).filter(mine).flat_map(segment).collect()
        };
        let accounts = (0..shape.accounts)
            .filter(|a| active[*a])
            .map(|a| Block { number: a, slots: of(&risk.layout.account, a) })
            .collect();
        let assets = (0..shape.assets)
            .map(|a| Block { number: a, slots: of(&risk.layout.asset, a) })
            .filter(|b| !b.slots.is_empty())
            .collect();
        let slots = (0..shape.slots)
            .filter(|j| !must_be_empty(risk, shape, *j))
            .map(|j| Block { number: j, slots: vec![j] })
            .collect();
        let all: Vec<usize> = (0..shape.slots).collect();
        Ok(Self {
            model,
            shape,
            groups: totals(groups(risk, shape)?),
            accounts: totals(accounts),
            assets: totals(assets),
            slots: totals(slots),
            whole: total(&all),
        })
    }

    fn blocks(&self, family: Family) -> &[(usize, Vec<BigInt>)] {
        match family {
            Family::Group => &self.groups,
            Family::Account => &self.accounts,
            Family::Asset => &self.assets,
            Family::Slot => &self.slots,
            Family::Global => &[],
        }
    }

    /// The interval of an expression, with `here` the totals of the innermost block.
    fn value(&self, e: &Expr, here: &[BigInt]) -> Interval {
        let totals = |scope: &Scope| match scope {
            Scope::All => self.whole.as_slice(),
            Scope::Block => here,
        };
        let none = BigInt::zero();
        match &e.node {
            Node::Const(c) => Interval::point(c.clone()),
            Node::Column { column, scope } => {
                let totals = totals(scope);
                let lots = &totals[self.shape.lots_column()];
                let (below, above) = match self.model.columns[*column].rounding {
                    Rounding::Nearest => (lots, lots),
                    Rounding::Up => (lots, &none),
                    Rounding::Down => (&none, lots),
                    Rounding::Exact => (&none, &none),
                };
                Interval::around(&totals[*column], below, above)
            }
            Node::Worst(scope) => {
                let totals = totals(scope);
                let lots = &totals[self.shape.lots_column()];
                let worst = totals[self.shape.metrics()..self.shape.columns()]
                    .iter()
                    .map(|t| -t)
                    .max()
                    .unwrap_or_default();
                Interval::around(&worst, lots, lots)
            }
            Node::Peak { peak, scope } => {
                let totals = totals(scope);
                let lots = &totals[self.shape.lots_column()];
                // Cover is rounded to the nearest; what options pay at a strike is exact.
                let error = if *peak == Runs::EXPIRY_LOSS { &none } else { lots };
                Interval::around(&totals[self.shape.columns() + peak], error, error)
            }
            Node::Sum { family, body } => self
                .blocks(*family)
                .iter()
                .map(|(_, totals)| self.value(body, totals))
                .fold(Interval::point(BigRational::zero()), Interval::plus),
            Node::Add(list) => list
                .iter()
                .map(|e| self.value(e, here))
                .fold(Interval::point(BigRational::zero()), Interval::plus),
            Node::Scale(c, e) => self.value(e, here).times(c),
            Node::Max(list) => list
                .iter()
                .map(|e| self.value(e, here))
                .reduce(|a, b| Interval { low: a.low.max(b.low), high: a.high.max(b.high) })
                .unwrap_or_else(|| Interval::point(BigRational::zero())),
            Node::Abs(e) => {
                let v = self.value(e, here);
                let low = v.low.clone().max(-v.high.clone()).max(BigRational::zero());
                Interval { low, high: v.high.max(-v.low) }
            }
            Node::Positive(e) => self.value(e, here).map(|v| v.max(BigRational::zero())),
            Node::Tiers { arg, steps, floor } => self.value(arg, here).map(|v| charge(&v, steps, *floor)),
            Node::Up { arg, step } => self.value(arg, here).map(|v| (v / step).ceil() * step),
            Node::Better(a, b) => {
                let (a, b) = (self.value(a, here), self.value(b, here));
                Interval { low: a.low.min(b.low), high: a.high.min(b.high) }
            }
            Node::Above { family, body, threshold } => self
                .blocks(*family)
                .iter()
                .map(|(_, totals)| ranked::if_above(self.value(body, totals), &self.value(threshold, totals)))
                .fold(Interval::point(BigRational::zero()), Interval::plus),
            Node::Top { count, family, body } => {
                let all = self.blocks(*family).iter().map(|(_, totals)| self.value(body, totals)).collect();
                ranked::largest(all, *count)
            }
            Node::Shortfall { share } => self.losses_of_the_book(|losses| ranked::tail_mean(losses, share)),
            Node::Exceed { allowed } => {
                self.losses_of_the_book(|losses| BigRational::from(losses[*allowed].clone()))
            }
        }
    }
}

impl Book<'_> {
    /// A measure of the book's scenario losses, largest first. All of them lie within the same rounding of so many lots,
    /// and the measures here move by as much when all of the losses do.
    fn losses_of_the_book(&self, measure: impl Fn(&[BigInt]) -> BigRational) -> Interval {
        let scenarios = self.shape.metrics()..self.shape.metrics() + self.model.distinct_scenarios().len();
        let mut losses: Vec<BigInt> = self.whole[scenarios].iter().map(|t| -t).collect();
        losses.sort_by(|a, b| b.cmp(a));
        let value = measure(&losses);
        let lots = BigRational::from(self.whole[self.shape.lots_column()].clone());
        Interval { low: &value - &lots, high: value + lots }
    }
}

/// The tiered charge, slice by slice.
fn charge(value: &BigRational, steps: &[Step], floor: bool) -> BigRational {
    let first = &steps[0];
    if *value <= first.from {
        return if floor { BigRational::zero() } else { &first.rate * (value - &first.from) };
    }
    let mut out = BigRational::zero();
    for (i, step) in steps.iter().enumerate() {
        if *value <= step.from {
            break;
        }
        let top = match steps.get(i + 1) {
            Some(next) => value.clone().min(next.from.clone()),
            None => value.clone(),
        };
        out += &step.rate * (top - &step.from);
    }
    out
}

fn must_be_empty(risk: &RiskPart, shape: &Shape, slot: usize) -> bool {
    risk.weights_of(shape, slot)[shape.forbidden_column()] != 0
}

/// Used groups, after checking that they are runs inside one account and cover every slot that may hold something.
fn groups(risk: &RiskPart, shape: &Shape) -> Result<Vec<Block>, EvaluateError> {
    let layout = &risk.layout;
    let fail = |segment, why| Err(EvaluateError::Layout { segment, why });
    if layout.carry[0] {
        return fail(0, "the first segment cannot continue a group");
    }
    let mut out = Vec::new();
    let mut start = 0;
    for s in 0..shape.segments {
        if layout.carry[s] && layout.account[s] != layout.account[s - 1] {
            return fail(s, "its group reaches over two accounts");
        }
        let last = s + 1 == shape.segments || !layout.carry[s + 1];
        if !last {
            if layout.group_used[s] {
                return fail(s, "a group is marked in use before its last segment");
            }
            continue;
        }
        let slots: Vec<usize> = (start * shape.segment_len()..(s + 1) * shape.segment_len()).collect();
        start = s + 1;
        if layout.group_used[s] {
            out.push(Block { number: s, slots });
        } else if layout.account[s].is_some() && slots.iter().any(|j| !must_be_empty(risk, shape, *j)) {
            return fail(s, "its group has usable slots but is not in use");
        }
    }
    Ok(out)
}

/// Judges a book: one verdict per rule (with `min-nav` first and the guards of denominators after their rules), then
/// [`BUILT_IN`]. A proof exists exactly when all of them hold.
///
/// `quantities` has one entry per slot of the sheet's shape, in lots; `active` one per account index: whether the
/// account is declared. A rule over blocks reports its tightest block.
///
/// # Errors
/// [`EvaluateError`], where the inputs do not fit each other. No error tells a quantity.
pub fn evaluate(
    mandate: &Mandate,
    model: &RiskModel,
    risk: &RiskPart,
    quantities: &[i64],
    active: &[bool],
) -> Result<Vec<Verdict>, EvaluateError> {
    evaluate_on(mandate, model, risk.shape()?, risk, quantities, active)
}

/// [`evaluate`] on a shape that need not be one of the default ones.
///
/// # Errors
/// As [`evaluate`].
pub fn evaluate_on(
    mandate: &Mandate,
    model: &RiskModel,
    shape: &'static Shape,
    risk: &RiskPart,
    quantities: &[i64],
    active: &[bool],
) -> Result<Vec<Verdict>, EvaluateError> {
    risk.fits(shape)?;
    if risk.model != mandate.model.name || model.name != mandate.model.name || !model.fits(shape) {
        return Err(EvaluateError::Model { mandate: mandate.model.name.into(), sheet: risk.model.clone() });
    }
    for (what, got, wanted) in
        [("quantities", quantities.len(), shape.slots), ("active accounts", active.len(), shape.accounts)]
    {
        if got != wanted {
            return Err(EvaluateError::Length { what, got, wanted });
        }
    }
    if let Some(slot) = quantities.iter().position(|q| !(-QUANTITY_LIMIT..QUANTITY_LIMIT).contains(q)) {
        return Err(EvaluateError::Quantity { slot });
    }
    let mut sides = mandate.rules.iter().flat_map(|r| &r.clauses).flat_map(|c| [&c.small, &c.large]);
    if shape.strips == 0 && sides.any(Expr::reads_runs) {
        return Err(EvaluateError::NoRuns { shape: shape.name });
    }
    let book = Book::read(model, shape, risk, quantities, active)?;
    let mut out: Vec<Verdict> = mandate.rules.iter().map(|rule| judge(&book, rule)).collect();
    out.push(built_in(risk, shape, quantities, active));
    Ok(out)
}

/// Both sides of a comparison, as intervals of exact values. It tells about the book: private.
#[derive(Clone, PartialEq, Eq)]
pub struct Sides {
    /// Lower and upper end of the smaller side, then of the larger.
    pub ends: [[BigRational; 2]; 2],
    /// Whether they are money, in units; plain numbers otherwise.
    pub money: bool,
}

/// Both sides of the first comparison of a rule over the whole book; `None` where the mandate has no such rule.
///
/// # Errors
/// As [`evaluate`].
pub fn sides_on(
    mandate: &Mandate,
    rule: &str,
    model: &RiskModel,
    shape: &'static Shape,
    risk: &RiskPart,
    quantities: &[i64],
    active: &[bool],
) -> Result<Option<Sides>, EvaluateError> {
    // Its verdict is of no use here; its checks of the inputs are.
    evaluate_on(mandate, model, shape, risk, quantities, active)?;
    let book = Book::read(model, shape, risk, quantities, active)?;
    let clause = mandate.rules.iter().find(|r| r.id == rule).and_then(|r| r.clauses.first());
    Ok(clause.filter(|c| c.family == Family::Global).map(|clause| Sides {
        ends: [&clause.small, &clause.large].map(|side| {
            let v = book.value(side, &[]);
            [v.low, v.high]
        }),
        money: clause.unit == Unit::Money,
    }))
}

fn judge(book: &Book<'_>, rule: &crate::tree::Rule) -> Verdict {
    let mut tightest: Option<(bool, BigRational, Option<usize>, usize)> = None;
    let mut meet = |at: usize, strict: bool, room: BigRational, number: Option<usize>| {
        let holds = if strict { room.is_positive() } else { !room.is_negative() };
        let tighter = match &tightest {
            None => true,
            Some((held, least, ..)) => (holds, &room) < (*held, least),
        };
        if tighter {
            tightest = Some((holds, room, number, at));
        }
    };
    for (at, clause) in rule.clauses.iter().enumerate() {
        let room =
            |here: &[BigInt]| book.value(&clause.large, here).low - book.value(&clause.small, here).high;
        if clause.family == Family::Global {
            meet(at, clause.strict, room(&[]), None);
        }
        if let Some(allowed) = clause.except {
            // The tightest block but those that may break it.
            let mut rooms: Vec<_> =
                book.blocks(clause.family).iter().map(|(number, totals)| (room(totals), *number)).collect();
            rooms.sort();
            if let Some((room, number)) = rooms.into_iter().nth(allowed) {
                meet(at, clause.strict, room, Some(number));
            }
            continue;
        }
        for (number, totals) in book.blocks(clause.family) {
            meet(at, clause.strict, room(totals), Some(*number));
        }
    }
    let Some((holds, room, number, at)) = tightest else {
        return Verdict {
            id: rule.id.clone(),
            holds: true,
            headroom: None,
            headroom_text: String::new(),
            family: rule.clauses.first().map_or(Family::Global, |c| c.family),
            block: None,
            span: Some(rule.span),
            strict: false,
        };
    };
    let clause = &rule.clauses[at];
    let ten = BigInt::from(10u8).pow(10);
    let (scaled, text) = match clause.unit {
        Unit::Money => {
            let units = BigInt::from(10u8).pow(u32::from(book.model.money_places));
            let money = &room / BigRational::from(units);
            let text = format!("{} {}", words::decimal(&money, 2, 2), book.model.currency);
            (room, text)
        }
        Unit::Ratio => {
            let text = words::decimal(&room, 6, 0);
            (room * BigRational::from(ten), text)
        }
    };
    Verdict {
        id: rule.id.clone(),
        holds,
        headroom: Some(scaled.floor().to_integer()),
        headroom_text: text,
        family: clause.family,
        block: number,
        span: Some(clause.span),
        strict: clause.strict,
    }
}

/// What the circuit says beside the rules: slots that must stay empty, slots of segments without an account, and all
/// slots of accounts that are not active hold nothing.
fn built_in(risk: &RiskPart, shape: &Shape, quantities: &[i64], active: &[bool]) -> Verdict {
    let bad = (0..shape.slots).find(|j| {
        let open = risk.layout.account[j / shape.segment_len()].is_some_and(|a| active[usize::from(a)]);
        quantities[*j] != 0 && (!open || must_be_empty(risk, shape, *j))
    });
    Verdict {
        id: BUILT_IN.into(),
        holds: bad.is_none(),
        headroom: None,
        headroom_text: String::new(),
        family: Family::Slot,
        block: bad,
        span: None,
        strict: false,
    }
}
