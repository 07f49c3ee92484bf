//! A vector as a small public problem: private quantities in slots, exact public weights in columns, rules in the mandate
//! language.

use crate::Q;
use crate::build::Built;
use crate::circuit;
use mandate_market::Rounding;
use mandate_statement::Mode;
use num_bigint::BigInt;
use num_traits::{One, Zero};
use std::sync::OnceLock;

/// Why a problem cannot be computed.
#[derive(Clone, Debug, thiserror::Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum Trouble {
    /// A field of the vector.
    #[error("the vector has no `{0}`")]
    Missing(String),
    /// The vector asks for something that the language or the shape has no means for.
    #[error("{0}")]
    Cannot(String),
    /// The rule does not read, check or compile; with the compiler's words.
    #[error("{0}")]
    Rule(String),
    /// The weights have no common unit that is fine enough.
    #[error("column `{column}`: {why}")]
    Weights {
        /// The column.
        column: String,
        /// What is wrong.
        why: &'static str,
    },
    /// The evaluator, the rows or the circuit did not take the problem.
    #[error("{0}")]
    Judge(String),
}

/// What the two readings of a rule say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// The plain evaluator.
    pub plain: bool,
    /// The circuit: whether some filling satisfies every constraint.
    pub circuit: bool,
}

impl Verdict {
    /// Whether both say `expected`.
    pub fn both(self, expected: bool) -> bool {
        self.plain == expected && self.circuit == expected
    }
}

/// A requirement at its limit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edge {
    /// The least limit that holds (for [`Problem::at_least`], the greatest), in the model's currency.
    pub value: Q,
    /// The limit holds, by the evaluator and the circuit.
    pub holds_at: bool,
    /// One unit past it is refused, by both.
    pub refused_past: bool,
}

pub(crate) struct Slot {
    pub(crate) account: usize,
    pub(crate) asset: usize,
    pub(crate) quantity: Q,
}

pub(crate) struct Column {
    pub(crate) name: String,
    pub(crate) mode: Mode,
    pub(crate) rounding: Rounding,
    /// Per unit of quantity, by slot.
    pub(crate) weights: Vec<(usize, Q)>,
}

/// A small public problem. Quantities are what a proof would hide; they are not secret here, and have no `Debug` all the
/// same.
#[derive(Default)]
pub struct Problem {
    pub(crate) slots: Vec<Slot>,
    pub(crate) columns: Vec<Column>,
    pub(crate) scenarios: Vec<Vec<(usize, Q)>>,
    pub(crate) exact: bool,
    built: OnceLock<Result<Built, Trouble>>,
}

impl Problem {
    /// Without slots, columns or scenarios. `nav` is not for use: its column belongs to the builder, which keeps every
    /// sheet's smallest net asset value apart from the vector's.
    pub fn new() -> Self {
        Self::default()
    }
    /// A private signed quantity, in the group of the first account and asset.
    pub fn slot(&mut self, quantity: Q) -> usize {
        self.slot_in(0, 0, quantity)
    }
    /// A private signed quantity of an asset in an account. Slots of one account and one asset are a group; assets are the
    /// `underlyings` of the language, accounts its `venues`. Numbers need not be dense.
    pub fn slot_in(&mut self, account: usize, asset: usize, quantity: Q) -> usize {
        self.built = OnceLock::new();
        self.slots.push(Slot { account, asset, quantity });
        self.slots.len() - 1
    }
    /// A column: money per unit of quantity, by slot; slots that are not named weigh nothing. A slot that is named twice
    /// weighs the sum. Weights that the unit does not hold exactly are rounded against the prover: to the nearest where
    /// signed (the rule carries the allowance), otherwise up.
    pub fn column(&mut self, name: &str, mode: Mode, weights: &[(usize, Q)]) {
        let rounding = match mode {
            Mode::Signed | Mode::Scenario => Rounding::Nearest,
            Mode::Absolute | Mode::Long | Mode::Short => Rounding::Up,
        };
        self.column_rounded(name, mode, rounding, weights);
    }
    /// [`Problem::column`] with a rounding of its own: `Down` for what counts in the prover's favour.
    pub fn column_rounded(&mut self, name: &str, mode: Mode, rounding: Rounding, weights: &[(usize, Q)]) {
        self.built = OnceLock::new();
        self.columns.push(Column { name: name.to_owned(), mode, rounding, weights: weights.to_vec() });
    }
    /// A scenario: profit (or loss, below zero) per unit of quantity, by slot. Scenarios are numbered in the order of calls.
    pub fn scenario(&mut self, weights: &[(usize, Q)]) {
        self.built = OnceLock::new();
        self.scenarios.push(weights.to_vec());
    }
    /// Demands that the unit holds every weight exactly; without it, an inexact weight is rounded and allowed for.
    pub fn exact(&mut self) {
        self.built = OnceLock::new();
        self.exact = true;
    }

    fn built(&self) -> Result<&Built, Trouble> {
        self.built.get_or_init(|| Built::of(self)).as_ref().map_err(Clone::clone)
    }

    /// One unit of money of this problem.
    ///
    /// # Errors
    /// [`Trouble::Weights`] and the like, where the problem cannot be laid out.
    pub fn unit(&self) -> Result<Q, Trouble> {
        Ok(self.built()?.unit())
    }

    /// The interval of an expression over the whole book, ends included: in the currency for money, as it is for a plain
    /// number. The expression may be convex or concave.
    ///
    /// # Errors
    /// [`Trouble`], where the expression does not check or the problem cannot be laid out.
    pub fn value(&self, expr: &str) -> Result<(Q, Q), Trouble> {
        let built = self.built()?;
        let rule = match built.rule(&format!("{expr} <= 0")) {
            Ok(rule) => Ok((rule, 0)),
            Err(first) => built.rule(&format!("{expr} >= 0")).map(|rule| (rule, 1)).map_err(|_| first),
        }?;
        built.side(&rule.0, rule.1)
    }

    /// Whether a rule holds: by the plain evaluator, and by the circuit of the compiled sheet with the least witnesses.
    ///
    /// # Errors
    /// [`Trouble`], where the rule does not check or compile, or the problem cannot be laid out.
    pub fn verdict(&self, holds: &str) -> Result<Verdict, Trouble> {
        let built = self.built()?;
        let mandate = built.rule(holds)?;
        let plain = built.plain(&mandate)?.iter().all(|v| v.holds);
        let circuit = circuit::satisfied(built, &mandate)?;
        Ok(Verdict { plain, circuit })
    }

    /// What the plain evaluator says of a rule, without the circuit: for rules that a shape has no room for.
    ///
    /// # Errors
    /// As [`Problem::verdict`].
    pub fn plain(&self, holds: &str) -> Result<bool, Trouble> {
        let built = self.built()?;
        let mandate = built.rule(holds)?;
        Ok(built.plain(&mandate)?.iter().all(|v| v.holds))
    }

    /// The least limit `L` in whole units for which the evaluator accepts `expr <= L`, and what evaluator and circuit say of
    /// `expr <= L` and of `expr <= L - 1 unit`.
    ///
    /// # Errors
    /// [`Trouble`], where the expression may not stand on the smaller side, or as [`Problem::verdict`].
    pub fn at_most(&self, expr: &str) -> Result<Edge, Trouble> {
        self.edge(expr, "<=", &-BigInt::one())
    }

    /// The greatest limit `L` in whole units for which the evaluator accepts `expr >= L`: the mirror image of
    /// [`Problem::at_most`].
    ///
    /// # Errors
    /// [`Trouble`], where the expression may not stand on the larger side, or as [`Problem::verdict`].
    pub fn at_least(&self, expr: &str) -> Result<Edge, Trouble> {
        self.edge(expr, ">=", &BigInt::one())
    }

    /// How far a rule `small <= large` is from its limit, over the book or, with `front` such as `for u in underlyings: `, over
    /// every block: the greatest `L` in whole units for which the evaluator accepts `small + L <= large`, and what evaluator
    /// and circuit say of it and of one unit more.
    ///
    /// # Errors
    /// As [`Problem::verdict`].
    pub fn room(&self, front: &str, small: &str, large: &str) -> Result<Edge, Trouble> {
        let built = self.built()?;
        let rule = |units: &BigInt| format!("{front}{small} + {} <= {large}", built.money(units));
        let limit = built.headroom(&built.rule(&rule(&BigInt::zero()))?)?;
        let at = self.verdict(&rule(&limit))?;
        let beyond = self.verdict(&rule(&(&limit + BigInt::one())))?;
        Ok(Edge {
            value: Q::from(limit) * built.unit(),
            holds_at: at.both(true),
            refused_past: beyond.both(false),
        })
    }

    fn edge(&self, expr: &str, compare: &str, past: &BigInt) -> Result<Edge, Trouble> {
        let built = self.built()?;
        let zero = built.rule(&format!("{expr} {compare} {}", built.money(&BigInt::zero())))?;
        let headroom = built.headroom(&zero)?;
        // `expr <= 0` has the headroom `-expr`, rounded down; `expr >= 0` has `expr`, rounded down.
        let limit = if compare == "<=" { -headroom } else { headroom };
        let at = self.verdict(&format!("{expr} {compare} {}", built.money(&limit)))?;
        let beyond = self.verdict(&format!("{expr} {compare} {}", built.money(&(&limit + past))))?;
        Ok(Edge {
            value: Q::from(limit) * built.unit(),
            holds_at: at.both(true),
            refused_past: beyond.both(false),
        })
    }
}
