//! A checked mandate: units agree, blocks are in reach, and every rule obeys the one-sided discipline.

use crate::error::{Diagnostic, Span};
use crate::library::expand::{self, Use};
use mandate_market::RiskModel;
use mandate_statement::{Column, Digest, Family, Runs};
use num_rational::BigRational;
use num_traits::{Signed, Zero};

/// What an expression is measured in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Money, in units of `10^-money_places` of the model's currency.
    Money,
    /// A plain number.
    Ratio,
}

impl Unit {
    pub(crate) const fn words(self) -> &'static str {
        match self {
            Self::Money => "money",
            Self::Ratio => "a number",
        }
    }
}

/// Which slots a quantity is summed over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// The whole book.
    All,
    /// The block of the innermost `for` or `sum` around it.
    Block,
}

/// A checked expression.
#[derive(Clone, Debug)]
pub struct Expr {
    /// What it is.
    pub node: Node,
    /// What it is measured in.
    pub unit: Unit,
    /// Where it stands.
    pub span: Span,
}

/// One marginal-rate step: `rate` applies to what lies above `from`.
#[derive(Clone, Debug)]
pub struct Step {
    /// In the argument's unit.
    pub from: BigRational,
    /// Not negative, not below the step before it.
    pub rate: BigRational,
}

/// Kinds of expression. Constants are exact fractions of units.
#[derive(Clone, Debug)]
pub enum Node {
    /// A constant.
    Const(BigRational),
    /// Total of a column.
    Column {
        /// The column.
        column: Column,
        /// Over what.
        scope: Scope,
    },
    /// Worst loss over the scenarios; a profit in every scenario gives a negative number.
    Worst(Scope),
    /// A number of the runs of strikes: [`mandate_statement::Runs::UNCOVERED`] and the other two.
    Peak {
        /// Which.
        peak: usize,
        /// Over what.
        scope: Scope,
    },
    /// Sum over the used blocks of a family.
    Sum {
        /// The family.
        family: Family,
        /// Evaluated once per block.
        body: Box<Expr>,
    },
    /// Largest of several.
    Max(Vec<Expr>),
    /// Magnitude.
    Abs(Box<Expr>),
    /// The value where positive, zero where not.
    Positive(Box<Expr>),
    /// Marginal-rate tiers.
    Tiers {
        /// What the rates apply to.
        arg: Box<Expr>,
        /// In growing order of `from`.
        steps: Vec<Step>,
        /// Whether the argument can lie below the first step, where nothing is charged.
        floor: bool,
    },
    /// The smallest multiple of `step` that is not below the argument.
    Up {
        /// What is rounded.
        arg: Box<Expr>,
        /// Above zero, in the argument's unit.
        step: BigRational,
    },
    /// The smaller of two amounts that are only bounded from above.
    Better(Box<Expr>, Box<Expr>),
    /// Sum over the used blocks of a family in which `body`, which is never negative, is above `threshold`.
    Above {
        /// The family.
        family: Family,
        /// What is summed.
        body: Box<Expr>,
        /// What it must exceed to be counted.
        threshold: Box<Expr>,
    },
    /// Sum of the `count` largest of `body`, which is never negative, over the used blocks of a family.
    Top {
        /// How many.
        count: usize,
        /// The family.
        family: Family,
        /// What is summed.
        body: Box<Expr>,
    },
    /// Mean of the worst `share` of the scenario losses of the whole book.
    Shortfall {
        /// Above 0, at most 1.
        share: BigRational,
    },
    /// The scenario loss of the whole book that only `allowed` scenarios exceed.
    Exceed {
        /// Fewer than there are scenarios.
        allowed: usize,
    },
    /// Sum of several.
    Add(Vec<Expr>),
    /// A constant times an expression.
    Scale(BigRational, Box<Expr>),
}

impl Expr {
    pub(crate) fn constant(&self) -> Option<&BigRational> {
        match &self.node {
            Node::Const(c) => Some(c),
            _ => None,
        }
    }
    /// Whether it reads the innermost block.
    pub(crate) fn reads_block(&self) -> bool {
        match &self.node {
            Node::Const(_)
            | Node::Sum { .. }
            | Node::Above { .. }
            | Node::Top { .. }
            | Node::Shortfall { .. }
            | Node::Exceed { .. } => false,
            Node::Up { arg, .. } => arg.reads_block(),
            Node::Better(a, b) => a.reads_block() || b.reads_block(),
            Node::Column { scope, .. } | Node::Worst(scope) | Node::Peak { scope, .. } => {
                *scope == Scope::Block
            }
            Node::Max(list) | Node::Add(list) => list.iter().any(Self::reads_block),
            Node::Abs(e) | Node::Positive(e) | Node::Scale(_, e) => e.reads_block(),
            Node::Tiers { arg, .. } => arg.reads_block(),
        }
    }
    /// The part that stands where only a bound from the other side would do, if any.
    ///
    /// `upper`: whether a large value of this expression is what the rule forbids. Convex constructs are only ever
    /// bounded from above by their witnesses, so they may stand only there.
    pub(crate) fn offender(&self, upper: bool) -> Option<&Self> {
        match &self.node {
            Node::Const(_) | Node::Column { .. } => None,
            Node::Worst(_) | Node::Peak { .. } | Node::Shortfall { .. } | Node::Exceed { .. } => {
                (!upper).then_some(self)
            }
            Node::Max(list) if upper => list.iter().find_map(|e| e.offender(true)),
            Node::Positive(e)
            | Node::Tiers { arg: e, .. }
            | Node::Up { arg: e, .. }
            | Node::Top { body: e, .. }
                if upper =>
            {
                e.offender(true)
            }
            Node::Better(a, b) if upper => a.offender(true).or_else(|| b.offender(true)),
            Node::Above { body, threshold, .. } if upper => {
                body.offender(true).or_else(|| threshold.offender(false))
            }
            Node::Abs(e) if upper => e.offender(true).or_else(|| e.offender(false)),
            Node::Max(_)
            | Node::Positive(_)
            | Node::Tiers { .. }
            | Node::Abs(_)
            | Node::Up { .. }
            | Node::Top { .. }
            | Node::Better(..)
            | Node::Above { .. } => Some(self),
            Node::Sum { body, .. } => body.offender(upper),
            Node::Add(list) => list.iter().find_map(|e| e.offender(upper)),
            Node::Scale(c, e) => e.offender(upper == c.is_positive()),
        }
    }
    pub(crate) fn construct(&self) -> &'static str {
        match &self.node {
            Node::Worst(_) => "`worst`",
            Node::Max(_) => "`max` or `min`",
            Node::Abs(_) => "`abs`",
            Node::Positive(_) => "`pos`",
            Node::Tiers { .. } => "`tiers`",
            Node::Up { .. } => "`up` or `down`",
            Node::Better(..) => "`better`",
            Node::Above { .. } => "`above`",
            Node::Top { .. } => "`top`",
            Node::Shortfall { .. } => "`shortfall`",
            Node::Peak { peak, .. } => match *peak {
                Runs::UNCOVERED => "`uncovered`",
                Runs::UPSIDE => "`upside`",
                _ => "`expiry_loss`",
            },
            Node::Exceed { .. } => "`exceed`",
            _ => "this expression",
        }
    }
    /// The expressions it is made of.
    pub(crate) fn parts(&self) -> Vec<&Self> {
        match &self.node {
            Node::Const(_)
            | Node::Column { .. }
            | Node::Worst(_)
            | Node::Peak { .. }
            | Node::Shortfall { .. }
            | Node::Exceed { .. } => Vec::new(),
            Node::Sum { body: e, .. }
            | Node::Top { body: e, .. }
            | Node::Abs(e)
            | Node::Positive(e)
            | Node::Scale(_, e)
            | Node::Up { arg: e, .. }
            | Node::Tiers { arg: e, .. } => vec![e],
            Node::Better(a, b) | Node::Above { body: a, threshold: b, .. } => vec![a, b],
            Node::Max(list) | Node::Add(list) => list.iter().collect(),
        }
    }
    /// The same, to be changed.
    pub(crate) fn parts_mut(&mut self) -> Vec<&mut Self> {
        match &mut self.node {
            Node::Const(_)
            | Node::Column { .. }
            | Node::Worst(_)
            | Node::Peak { .. }
            | Node::Shortfall { .. }
            | Node::Exceed { .. } => Vec::new(),
            Node::Sum { body: e, .. }
            | Node::Top { body: e, .. }
            | Node::Abs(e)
            | Node::Positive(e)
            | Node::Scale(_, e)
            | Node::Up { arg: e, .. }
            | Node::Tiers { arg: e, .. } => vec![e],
            Node::Better(a, b) | Node::Above { body: a, threshold: b, .. } => vec![a, b],
            Node::Max(list) | Node::Add(list) => list.iter_mut().collect(),
        }
    }
    /// The `exceed` in it, if there is one.
    pub(crate) fn exceed(&self) -> Option<&Self> {
        match &self.node {
            Node::Exceed { .. } => Some(self),
            _ => self.parts().into_iter().find_map(Self::exceed),
        }
    }
    /// Whether it reads runs of strikes.
    pub(crate) fn reads_runs(&self) -> bool {
        matches!(self.node, Node::Peak { .. }) || self.parts().into_iter().any(Self::reads_runs)
    }
    /// The terms that it adds up, factors left out.
    pub(crate) fn terms(&self) -> Vec<&Self> {
        match &self.node {
            Node::Add(list) => list.iter().flat_map(Self::terms).collect(),
            Node::Scale(_, e) => e.terms(),
            _ => vec![self],
        }
    }
    /// `c * e`, with constants folded and nested factors merged.
    pub(crate) fn scaled(self, c: BigRational, unit: Unit, span: Span) -> Self {
        let node = match self.node {
            _ if c.is_zero() => Node::Const(BigRational::zero()),
            Node::Const(v) => Node::Const(v * c),
            Node::Scale(d, e) => Node::Scale(d * c, e),
            node => Node::Scale(c, Box::new(Self { node, unit: self.unit, span: self.span })),
        };
        Self { node, unit, span }
    }
}

/// One comparison: `small <= large`, or `small < large`.
#[derive(Clone, Debug)]
pub struct Clause {
    /// What it is evaluated over.
    pub family: Family,
    /// The side that must not be larger.
    pub small: Expr,
    /// The side that must not be smaller.
    pub large: Expr,
    /// Whether equality fails.
    pub strict: bool,
    /// How many blocks of the family may break it; `None` where every block must keep it.
    pub except: Option<usize>,
    /// What both sides are measured in.
    pub unit: Unit,
    /// Where it stands.
    pub span: Span,
}

/// One rule.
#[derive(Clone, Debug)]
pub struct Rule {
    /// Its id: `[a-z0-9-]{1,40}`, or one that the compiler added: `min-nav`, `<rule>/denominator`.
    pub id: String,
    /// Its wording in the mandate letter.
    pub text: String,
    /// The expression as written.
    pub holds: String,
    /// Where the expression stands.
    pub span: Span,
    /// All must hold.
    pub clauses: Vec<Clause>,
}

/// A checked mandate.
#[derive(Clone, Debug)]
pub struct Mandate {
    /// Name of the file it was read from.
    pub file: String,
    /// Its whole text.
    pub source: String,
    /// A name for people, if it has one.
    pub name: Option<String>,
    /// The risk model it is written for.
    pub model: &'static RiskModel,
    pub(crate) model_at: Span,
    /// The shape it asks for, if it asks.
    pub shape: Option<String>,
    /// `min-nav` first, then the rules in order, each followed by the guards of its denominators.
    pub rules: Vec<Rule>,
    /// Templates that it uses, in order.
    pub uses: Vec<Use>,
}

impl Mandate {
    /// Keccak-256 of the text.
    pub fn digest(&self) -> Digest {
        mandate_statement::keccak(self.source.as_bytes())
    }
    /// Where a second since 1970 lies past the validity of the risk model, or of a dated data file that a template takes its
    /// numbers from: an error at the line that names it.
    ///
    /// # Errors
    /// [`crate::MandateError`], at the first one.
    pub fn check_dates(&self, now: u64) -> Result<(), crate::MandateError> {
        if !self.model.is_valid_at(now) {
            let (year, month, day) = mandate_market::time::date_of(self.model.details.valid_until);
            let message = format!("the risk model `{}` is older than its stated validity", self.model.name);
            let label =
                format!("vouched for until {year:04}-{month:02}-{day:02} by {}", self.model.details.owner);
            return Err(self
                .point(self.model_at, message, label)
                .help("name a newer version of the risk model; `mandate snapshot models` lists them")
                .into());
        }
        for setting in self.uses.iter().flat_map(|u| &u.settings) {
            let Some(file) = setting.data.filter(|d| d.stale(now)) else { continue };
            let message = format!("the data file `{}` is older than its stated validity", file.name);
            let label = format!("dated {} in its file, stands until {}", file.as_of, file.valid_until);
            return Err(self
                .point(setting.span, message, label)
                .help("take a newer version of the template or of its data, or write the numbers out as a `[[rule]]`")
                .into());
        }
        Ok(())
    }
    /// A diagnostic that points into this mandate; where a template wrote the rule, at the use, with the rule quoted.
    pub(crate) fn point(&self, span: Span, message: String, label: String) -> Diagnostic {
        if let Some((used, rule, inner)) = expand::find(&self.uses, span) {
            return expand::quote(&self.file, &self.source, used, rule, inner, message, label);
        }
        Diagnostic::at(&self.file, &self.source, span, message, label)
    }
}

/// How the language calls the blocks of a family.
pub(crate) const fn domain(family: Family) -> &'static str {
    match family {
        Family::Group => "groups",
        Family::Account => "venues",
        Family::Asset => "underlyings",
        Family::Slot => "instruments",
        Family::Global => "book",
    }
}

pub(crate) const fn block(family: Family) -> &'static str {
    match family {
        Family::Group => "group",
        Family::Account => "venue",
        Family::Asset => "underlying",
        Family::Slot => "instrument",
        Family::Global => "the whole book",
    }
}
