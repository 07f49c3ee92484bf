//! What a rule says, exactly: the linear functions of the totals that it wants at or below zero.
//!
//! A rule of the language is `small <= large` with `small` convex and `large` concave, so it is a finite list of linear
//! functions. They are listed here straight from the tree of [`language`](super::language), by hand-written cases.

use super::language::{Node, Over, Rule, Sign};
use mandate_market::{RiskModel, Rounding};
use mandate_statement::Family;
use num_rational::BigRational;
use num_traits::{One, Signed, Zero};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

/// One linear function that a rule says is nowhere above zero: per set of slots and column a coefficient, in allowances
/// that a reading of intervals counts one by one.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Piece {
    /// The part that does not depend on the book, in units.
    pub constant: BigRational,
    /// Coefficients by block (`None` is the whole book) and column.
    pub columns: BTreeMap<(Option<(Family, usize)>, usize), BigRational>,
    /// Lots that the definition of a rule adds, by block: the magnitude of every occurrence whose rounding leaves the exact
    /// total on the side that breaks the rule, before any occurrence cancels another.
    pub allowances: BTreeMap<Option<(Family, usize)>, BigRational>,
}

impl Piece {
    fn plus(mut self, other: &Self) -> Self {
        self.constant += &other.constant;
        for (k, c) in &other.columns {
            *self.columns.entry(*k).or_insert_with(BigRational::zero) += c;
        }
        for (k, c) in &other.allowances {
            *self.allowances.entry(*k).or_insert_with(BigRational::zero) += c;
        }
        self
    }
}

/// The blocks that a reading of a rule runs over.
pub struct Blocks {
    /// Blocks in use, by family.
    pub used: BTreeMap<Family, Vec<usize>>,
    /// Blocks in use that hold something: every column of the others is zero.
    pub held: BTreeSet<(Family, usize)>,
    /// Scenario columns.
    pub scenarios: Range<usize>,
    /// More pieces than this are too many.
    pub limit: usize,
}

/// Too many pieces to list.
#[derive(Debug)]
pub struct TooMany;

impl Blocks {
    /// The linear functions whose maximum is `factor * node`. Exact where `factor * node` is convex, which is all that the
    /// language accepts on the smaller side.
    pub fn pieces(
        &self,
        node: &Node,
        factor: &BigRational,
        here: Option<(Family, usize)>,
    ) -> Result<Vec<Piece>, TooMany> {
        let at = |o: &Over| if *o == Over::All { None } else { here };
        let single = |o: &Over, column: usize, c: BigRational| {
            let block = at(o);
            if block.is_some_and(|b| !self.held.contains(&b)) {
                return Piece::default();
            }
            let allowances =
                if allowed(column, &c) { BTreeMap::from([(block, c.abs())]) } else { BTreeMap::new() };
            Piece {
                constant: BigRational::zero(),
                columns: BTreeMap::from([((block, column), c)]),
                allowances,
            }
        };
        let convex = factor.is_positive();
        let join = |lists: Vec<Vec<Piece>>| lists.into_iter().flatten().collect::<Vec<_>>();
        let out = match node {
            Node::Money(units) => {
                vec![Piece { constant: factor * BigRational::from(units.clone()), ..Piece::default() }]
            }
            Node::Column(k, _, o) => vec![single(o, *k, factor.clone())],
            Node::Worst(o) => {
                assert!(convex, "a worst loss is bounded from above only");
                self.scenarios.clone().map(|s| single(o, s, -factor)).collect()
            }
            Node::Sum(family, body) => {
                let mut out = vec![Piece::default()];
                for block in &self.used[family] {
                    out = self.product(&out, &self.pieces(body, factor, Some((*family, *block)))?)?;
                }
                out
            }
            Node::Max(list) | Node::Min(list) => {
                assert_eq!(convex, matches!(node, Node::Max(_)), "a maximum is bounded from above only");
                join(list.iter().map(|e| self.pieces(e, factor, here)).collect::<Result<_, _>>()?)
            }
            Node::Abs(e) => {
                assert!(convex, "a magnitude is bounded from above only");
                join(vec![self.pieces(e, factor, here)?, self.pieces(e, &-factor, here)?])
            }
            Node::Pos(e) => {
                assert!(convex, "a positive part is bounded from above only");
                join(vec![self.pieces(e, factor, here)?, vec![Piece::default()]])
            }
            Node::Tiers(e, steps) => {
                assert!(convex, "a tiered charge is bounded from above only");
                let mut out = vec![Piece::default()];
                let mut charged = BigRational::zero();
                for (i, (from, rate)) in steps.iter().enumerate() {
                    if i > 0 {
                        let (before, flat) = &steps[i - 1];
                        charged += &flat.value * BigRational::from(from - before);
                    }
                    let offset = &charged - &rate.value * BigRational::from(from.clone());
                    for mut p in self.scaled(e, &(factor * &rate.value), here)? {
                        p.constant += &offset * factor;
                        out.push(p);
                    }
                }
                out
            }
            Node::Plus(a, b) => {
                self.product(&self.pieces(a, factor, here)?, &self.pieces(b, factor, here)?)?
            }
            Node::Minus(a, b) => {
                self.product(&self.pieces(a, factor, here)?, &self.pieces(b, &-factor, here)?)?
            }
            Node::Negative(e) => self.pieces(e, &-factor, here)?,
            Node::Times(f, e) => self.scaled(e, &(factor * &f.value), here)?,
            Node::Divided(e, f) => self.scaled(e, &(factor / &f.value), here)?,
        };
        if out.len() > self.limit { Err(TooMany) } else { Ok(distinct(out)) }
    }

    fn scaled(
        &self,
        e: &Node,
        factor: &BigRational,
        here: Option<(Family, usize)>,
    ) -> Result<Vec<Piece>, TooMany> {
        if factor.is_zero() {
            return Ok(vec![Piece::default()]);
        }
        self.pieces(e, factor, here)
    }

    fn product(&self, a: &[Piece], b: &[Piece]) -> Result<Vec<Piece>, TooMany> {
        if a.len() * b.len() > self.limit {
            return Err(TooMany);
        }
        Ok(distinct(a.iter().flat_map(|a| b.iter().map(|b| a.clone().plus(b))).collect()))
    }

    /// Every linear function that a rule says is not above zero (below it where the flag says so): each comparison at each
    /// block in use, and each denominator, which is at least one unit.
    pub fn of_rule(&self, rule: &Rule) -> Result<Vec<(Piece, bool)>, TooMany> {
        let one = BigRational::one();
        let places: Vec<Option<(Family, usize)>> = match rule.family {
            Family::Global => vec![None],
            family => self.used[&family].iter().map(|b| Some((family, *b))).collect(),
        };
        let mut out = Vec::new();
        for c in &rule.comparisons {
            let at_most = matches!(c.sign, Sign::AtMost | Sign::Below);
            let strict = matches!(c.sign, Sign::Below | Sign::Above);
            let sign = if at_most { one.clone() } else { -one.clone() };
            for here in &places {
                let left = self.scaled(&c.left, &sign, *here)?;
                let right = match &c.ratio {
                    Some((below, limit)) => {
                        for mut guard in self.pieces(below, &-one.clone(), *here)? {
                            guard.constant += &one;
                            out.push((guard, false));
                        }
                        self.scaled(below, &(-&sign * &limit.value), *here)?
                    }
                    None => self.scaled(&c.right, &-&sign, *here)?,
                };
                out.extend(self.product(&left, &right)?.into_iter().map(|p| (p, strict)));
            }
        }
        Ok(out)
    }
}

/// How the weights of a column were rounded; scenarios to the nearest.
pub fn rounding(column: usize) -> Rounding {
    let model = RiskModel::by_name("crypto-usd/1").expect("the model of this project");
    model.columns.get(column).map_or(Rounding::Nearest, |c| c.rounding)
}

/// Whether `c * column` can be larger than `c * (computed total)`.
fn allowed(column: usize, c: &BigRational) -> bool {
    match rounding(column) {
        Rounding::Nearest => !c.is_zero(),
        Rounding::Up => c.is_negative(),
        Rounding::Down => c.is_positive(),
        Rounding::Exact => false,
    }
}

fn distinct(pieces: Vec<Piece>) -> Vec<Piece> {
    let mut out: Vec<Piece> = Vec::new();
    for p in pieces {
        if !out.contains(&p) {
            out.push(p);
        }
    }
    out
}
