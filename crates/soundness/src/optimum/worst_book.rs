//! `worst-book`: the book that the rows accept and that breaks the exact rule by most.
//!
//! The weights of a sheet are roundings of exact numbers. A book is accepted when some filling satisfies the rows; here
//! the quantities of a few slots are variables too, so for each choice of long and short the accepted books (over the
//! fractions, and with all fillings) are the points of one linear program. For each linear function that the rule wants at or below zero, read
//! exactly from the rule's own tree, each weight is put where its rounding allows and the function is largest, and the
//! maximum over all accepted books is computed exactly. It must not be above zero: so no exact weights that round to the
//! sheet, and no accepted book, break the rule.
//!
//! The same maximum of the function *with* the allowances of the definition shows what rounding costs: where it is
//! zero the rows refuse nothing that the definition allows.

use super::generate::{market, rule, stream};
use super::language::{Rule, mandate};
use super::lies::compiled;
use super::pieces::{Blocks, Piece, TooMany, rounding};
use super::relation::{Holding, Relation, Variable, reading};
use super::simplex::{Optimum, Solver};
use crate::{Ledger, Score};
use mandate_market::Rounding;
use mandate_statement::{Family, RiskPart, RulesPart, Shape};
use mandate_testing::t32;
use num_bigint::BigInt;
use num_integer::Integer;
use num_rational::BigRational;
use num_traits::{One, Signed, ToPrimitive, Zero};
use rand::{Rng, seq::SliceRandom};
use rayon::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

/// Of one linear function of a rule, over all accepted books.
pub struct Worst {
    /// Whether the rule wants it below zero.
    pub strict: bool,
    /// Its largest value with every weight at its worst.
    pub exact: BigRational,
    /// Its largest value with the computed totals and the allowances of the definition.
    pub defined: BigRational,
    /// At the book of the latter: by how much the definition is stricter than the worst exact weights, per lot.
    pub lost_per_lot: BigRational,
    /// The magnitudes of the free slots at the worst book.
    pub book: BTreeMap<usize, BigRational>,
}

impl Worst {
    /// Whether an accepted book breaks the exact rule.
    pub fn breaks(&self) -> bool {
        if self.strict { !self.exact.is_negative() } else { self.exact.is_positive() }
    }
}

/// A sheet, and the slots that may hold something.
pub struct Search<'a> {
    /// The market.
    pub risk: &'a RiskPart,
    /// What each slot holds.
    pub holdings: &'a [Holding],
    /// Declared accounts.
    pub active: &'a [bool],
    /// More linear functions than this are too many.
    pub limit: usize,
}

/// The least and the largest exact weight that rounds to `w`.
fn exact_weights(column: usize, w: i64) -> [BigRational; 2] {
    let w = BigRational::from(BigInt::from(w));
    let half = BigRational::new(1.into(), 2.into());
    let one = BigRational::one();
    match rounding(column) {
        Rounding::Nearest => [&w - &half, &w + &half],
        Rounding::Up => [&w - one, w],
        Rounding::Down => [w.clone(), w + one],
        Rounding::Exact => [w.clone(), w],
    }
}

/// `constant + sum of coefficient * magnitude`, by slot.
struct OfBook {
    constant: BigRational,
    per_lot: BTreeMap<usize, BigRational>,
}

impl Search<'_> {
    fn shape(&self) -> &'static Shape {
        self.risk.shape().expect("a risk part of its shape")
    }
    fn holds(&self, slot: usize) -> bool {
        self.holdings[slot] != Holding::Fixed(0)
    }
    fn inside(&self, block: Option<(Family, usize)>, slot: usize) -> bool {
        let (layout, segment) = (&self.risk.layout, slot / self.shape().segment_len());
        match block {
            None | Some((Family::Global, _)) => true,
            // A group ends at its mark and begins after the segment before which nothing carries on.
            Some((Family::Group, end)) => segment <= end && (segment + 1..=end).all(|s| layout.carry[s]),
            Some((Family::Account, a)) => layout.account[segment].map(usize::from) == Some(a),
            Some((Family::Asset, a)) => layout.asset[segment].map(usize::from) == Some(a),
            Some((Family::Slot, j)) => slot == j,
        }
    }
    fn blocks(&self) -> Blocks {
        let (shape, layout) = (self.shape(), &self.risk.layout);
        let usable = |j: &usize| self.risk.weights_of(shape, *j)[shape.forbidden_column()] == 0;
        let is = |list: &[Option<u16>], n: usize| list.iter().any(|x| x.map(usize::from) == Some(n));
        let used = BTreeMap::from([
            (Family::Group, (0..shape.segments).filter(|s| layout.group_used[*s]).collect()),
            (Family::Account, (0..shape.accounts).filter(|a| self.active[*a]).collect()),
            (Family::Asset, (0..shape.assets).filter(|a| is(&layout.asset, *a)).collect()),
            (Family::Slot, (0..shape.slots).filter(usable).collect::<Vec<usize>>()),
        ]);
        let all = used.iter().flat_map(|(f, l)| l.iter().map(|b| (*f, *b)));
        let held = all
            .filter(|b| (0..shape.slots).any(|j| self.holds(j) && self.inside(Some(*b), j)))
            .collect::<BTreeSet<_>>();
        Blocks { used, held, scenarios: shape.metrics()..shape.columns(), limit: self.limit }
    }

    /// A piece as a function of the book: with every weight at its worst, or with computed totals and allowances.
    fn of_book(&self, piece: &Piece, exact: bool) -> OfBook {
        let shape = self.shape();
        let mut out = OfBook { constant: piece.constant.clone(), per_lot: BTreeMap::new() };
        for (slot, holding) in self.holdings.iter().enumerate().filter(|(j, _)| self.holds(*j)) {
            let sign = match holding {
                Holding::Long => 1,
                Holding::Short => -1,
                Holding::Fixed(q) => q.signum(),
            };
            let mut by_column: BTreeMap<usize, BigRational> = BTreeMap::new();
            for ((_, column), c) in piece.columns.iter().filter(|((b, _), _)| self.inside(*b, slot)) {
                let read = BigRational::from(BigInt::from(reading(shape.mode(*column), sign)));
                *by_column.entry(*column).or_insert_with(BigRational::zero) += c * read;
            }
            let mut per_lot = BigRational::zero();
            for (column, c) in &by_column {
                let w = self.risk.weights_of(shape, slot)[*column];
                per_lot += if exact {
                    let [low, high] = exact_weights(*column, w);
                    (c * low).max(c * high)
                } else {
                    c * BigRational::from(BigInt::from(w))
                };
            }
            if !exact {
                for (_, a) in piece.allowances.iter().filter(|(b, _)| self.inside(**b, slot)) {
                    per_lot += a;
                }
            }
            match holding {
                Holding::Fixed(q) => out.constant += per_lot * BigInt::from(*q).abs(),
                _ => {
                    out.per_lot.insert(slot, per_lot);
                }
            }
        }
        out
    }

    /// The worst accepted book for every linear function of a rule; none where no book of these signs is accepted.
    ///
    /// # Errors
    /// [`TooMany`] linear functions.
    ///
    /// # Panics
    /// If the solver's answers do not pass their checks.
    pub fn worst(&self, part: &RulesPart, rule: &Rule) -> Result<Vec<Worst>, TooMany> {
        let pieces = self.blocks().of_rule(rule)?;
        let relation = Relation::of(part, self.risk, self.holdings, self.active);
        let Ok(mut solver) = Solver::new(&relation.program) else { return Ok(Vec::new()) };
        let mut maximum = |f: &OfBook| {
            let scale = f.per_lot.values().fold(BigInt::one(), |m, c| m.lcm(c.denom()));
            let objective: Vec<(usize, BigInt)> = f
                .per_lot
                .iter()
                .filter_map(|(j, c)| {
                    Some((relation.position(Variable::Quantity(*j))?, (c * &scale).to_integer()))
                })
                .collect();
            match solver.maximise(&objective) {
                Optimum::At { point, value } => (point, &f.constant + value / scale),
                Optimum::Unbounded => panic!("quantities have ranges"),
            }
        };
        let magnitude = |point: &[BigRational], slot: usize| match self.holdings[slot] {
            Holding::Fixed(q) => BigRational::from(BigInt::from(q).abs()),
            _ => relation
                .position(Variable::Quantity(slot))
                .map_or_else(BigRational::zero, |at| point[at].clone()),
        };
        let mut out = Vec::new();
        for (piece, strict) in pieces {
            let (exact, defined) = (self.of_book(&piece, true), self.of_book(&piece, false));
            let (point, worst) = maximum(&exact);
            let book = exact.per_lot.keys().map(|j| (*j, magnitude(&point, *j))).collect();
            let (point, most) = maximum(&defined);
            let lots: BigRational = (0..self.holdings.len()).map(|j| magnitude(&point, j)).sum();
            let at = |f: &OfBook| {
                f.per_lot.iter().fold(f.constant.clone(), |s, (j, c)| s + c * magnitude(&point, *j))
            };
            let lost = at(&defined) - at(&exact);
            let allowance: BigRational = piece.allowances.values().sum::<BigRational>() * &lots;
            assert!(
                !lost.is_negative() && lost <= allowance,
                "rounding costs more than one unit per lot and occurrence, or favours the prover"
            );
            let lost_per_lot = if lots.is_zero() { lots } else { lost / lots };
            out.push(Worst { strict, exact: worst, defined: most, lost_per_lot, book });
        }
        Ok(out)
    }
}

/// What one run met, beside the score.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// Linear functions maximised over accepted books.
    pub lies: Ledger,
    /// Of those: the definition's own limit is reached by an accepted book.
    pub tight: u64,
    /// Rules, sign by sign, under which no book of the free slots is accepted.
    pub empty: u64,
    /// Rules, sign by sign, under which some book is.
    pub searched: u64,
    /// Rules that do not compile on the smallest shape, or with too many linear functions.
    pub skipped: u64,
    /// Largest cost of rounding met where the limit is reached, in units per lot, rounded up.
    pub lost_per_lot: u64,
    /// Linear functions by construct of their rule: all, and those whose limit is reached.
    pub constructs: BTreeMap<String, (u64, u64)>,
}

impl Report {
    fn merge(mut self, other: Self) -> Self {
        self.lies = self.lies.merge(other.lies);
        self.tight += other.tight;
        self.empty += other.empty;
        self.searched += other.searched;
        self.skipped += other.skipped;
        self.lost_per_lot = self.lost_per_lot.max(other.lost_per_lot);
        for (name, (all, tight)) in other.constructs {
            let entry = self.constructs.entry(name).or_default();
            entry.0 += all;
            entry.1 += tight;
        }
        self
    }
    /// The score for the table.
    pub fn score(self) -> Score {
        self.lies.score(
            "worst-book",
            "the book that the rows of a random mandate accept and that breaks the exact rule by most, with exact weights anywhere in their roundings: it breaks none",
        )
        .with_part("searches with accepted books", self.searched)
        .with_part("limits reached", self.tight)
    }
}

/// The attack.
pub fn run() -> Score {
    attack(0..700).score()
}

/// The cases of these seeds.
pub fn attack(seeds: std::ops::Range<u64>) -> Report {
    let reports: Vec<Report> = seeds.into_par_iter().map(one_seed).collect();
    reports.into_iter().fold(Report::default(), Report::merge)
}

/// A random rule, compiled, a market, and holdings of two or three free slots (and sometimes one given), one per choice of signs.
pub struct Case {
    /// Seed and text, to repeat it.
    pub name: String,
    /// The rule.
    pub rule: Rule,
    /// Its rows.
    pub part: RulesPart,
    /// The market.
    pub risk: RiskPart,
    /// Declared accounts.
    pub active: Vec<bool>,
    /// What the slots hold, one list per choice of signs.
    pub holdings: Vec<Vec<Holding>>,
}

/// The case of a seed, if its rule compiles on the smallest shape.
pub fn case(seed: u64) -> Option<Case> {
    let mut rng = stream(30, seed);
    let rule = rule(&mut rng);
    let risk = market(rng.gen_range(0..1 << 40));
    let text = mandate(&[rule.text(&BigInt::zero())], &BigInt::one());
    let (_, c) = compiled(&text)?;
    let mut base: Vec<Holding> = vec![Holding::Fixed(0); t32().slots];
    let mut slots = mandate_testing::usable_slots(t32(), &risk);
    slots.shuffle(&mut rng);
    if rng.gen_bool(0.5) {
        base[slots[3]] = Holding::Fixed(rng.gen_range(-(1 << 20)..1 << 20));
    }
    let free = &slots[..rng.gen_range(2..=3)];
    let holdings = (0..1u32 << free.len())
        .map(|signs| {
            let mut out = base.clone();
            for (n, slot) in free.iter().enumerate() {
                out[*slot] = if signs >> n & 1 == 0 { Holding::Long } else { Holding::Short };
            }
            out
        })
        .collect();
    let active = mandate_testing::empty_book(&risk).active;
    Some(Case { name: format!("seed {seed}:\n{text}"), rule, part: c.part, risk, active, holdings })
}

fn one_seed(seed: u64) -> Report {
    let mut report = Report::default();
    let Some(case) = case(seed) else { return Report { skipped: 1, ..report } };
    for holdings in &case.holdings {
        let search = Search { risk: &case.risk, holdings, active: &case.active, limit: 300 };
        let Ok(found) = search.worst(&case.part, &case.rule) else {
            report.skipped += 1;
            continue;
        };
        report.empty += u64::from(found.is_empty());
        report.searched += u64::from(!found.is_empty());
        for worst in found {
            if worst.breaks() || worst.defined.is_positive() {
                report
                    .lies
                    .believed(|| format!("{} broken by {} with {:?}", case.name, worst.exact, worst.book));
            } else {
                report.lies.refused();
            }
            let tight = !worst.strict && worst.defined.is_zero();
            if tight {
                report.tight += 1;
                let lost = worst.lost_per_lot.ceil().to_integer().to_u64().unwrap_or(u64::MAX);
                report.lost_per_lot = report.lost_per_lot.max(lost);
            }
            for construct in case.rule.constructs() {
                let entry = report.constructs.entry(construct).or_default();
                entry.0 += 1;
                entry.1 += u64::from(tight);
            }
        }
    }
    report
}
