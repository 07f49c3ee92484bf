//! `optimum`: the best possible prover, for random mandates, markets and books.
//!
//! For each case the oracle is the plain evaluator of the mandate's text. Where it finds the book unlawful, the claim "some
//! filling of all witnesses satisfies the sheet" is a lie, and the program of all fillings, over the fractions, must be
//! empty: exactly, with a checked proof. Where it finds the book lawful, the program must not be empty, and the prover's own filling must be
//! in it. Books are made exactly lawful, unlawful by one unit and unlawful by much, by moving the limit of the rule.

use super::generate::{book, market, rule, stream};
use super::integers;
use super::language::{Rule, mandate};
use super::relation::{Holding, Relation, Variable};
use crate::{Ledger, Score};
use mandate_policy::{Compiled, Mandate, MandateError, compile, evaluate};
use mandate_rows::{Witnesses, least_witnesses, slacks};
use mandate_statement::{Family, GLOBAL_SLACK_BITS, LOCAL_SLACK_BITS, RiskPart, RulesPart};
use mandate_testing::{Book, t32};
use num_bigint::BigInt;
use num_rational::BigRational;
use num_traits::{One, Zero};
use rand::Rng;
use rayon::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

/// How far the limit is moved from where the book stands, in units: none or more is lawful (if the rule is not strict and
/// nothing else fails), less is not.
const MOVES: [i64; 8] = [0, -1, 1, -2, -1000, -1_000_000_007, 1_000_000, -(1 << 60)];

/// What one run met, beside the score.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// Lies: unlawful books.
    pub lies: Ledger,
    /// Lawful books, all of them taken.
    pub lawful: u64,
    /// Random mandates that do not compile on the smallest shape.
    pub skipped: u64,
    /// Random mandates that do.
    pub compiled: u64,
    /// Per construct: books that only rules with it forbid, and lawful books under rules with it.
    pub constructs: BTreeMap<String, (u64, u64)>,
}

impl Report {
    fn merge(mut self, other: Self) -> Self {
        self.lies = self.lies.merge(other.lies);
        self.lawful += other.lawful;
        self.skipped += other.skipped;
        self.compiled += other.compiled;
        for (name, (bad, good)) in other.constructs {
            let entry = self.constructs.entry(name).or_default();
            entry.0 += bad;
            entry.1 += good;
        }
        self
    }
    /// The score for the table.
    pub fn score(self) -> Score {
        self.lies.score(
            "optimum",
            "exact linear programs over all witnesses of random small mandates: no filling whatever makes an unlawful book pass, and every lawful book passes",
        )
        .with_part("mandates compiled", self.compiled)
        .with_part("lawful books that pass", self.lawful)
    }
}

/// The attack.
pub fn run() -> Score {
    attack(0..1600).score()
}

/// The cases of these seeds.
pub fn attack(seeds: std::ops::Range<u64>) -> Report {
    let reports: Vec<Report> = seeds.into_par_iter().map(one_seed).collect();
    reports.into_iter().fold(Report::default(), Report::merge)
}

/// A mandate compiled for the smallest shape, or `None` where it does not fit or says nothing.
///
/// # Panics
/// If the text is not in the language, or does not compile for any other reason: rules made here do.
pub fn compiled(text: &str) -> Option<(Mandate, Compiled)> {
    let mandate = match Mandate::parse("random.toml", text) {
        Ok(m) => m,
        Err(e) if e.to_string().contains("this says nothing") => return None,
        Err(e) => panic!("{text}\n{e}"),
    };
    match compile(&mandate, mandate.model, t32()) {
        Ok(compiled) => Some((mandate, compiled)),
        // Counted: a score says how many compiled, and that must not fall.
        Err(MandateError::TooSmall(_) | MandateError::Text(_)) => None,
        Err(e) => panic!("{text}\n{e}"),
    }
}

/// A mandate, a market and a book, and which rules the book breaks by the plain evaluator.
pub struct Case {
    /// Seed and text, to repeat it.
    pub name: String,
    /// The rules that were drawn; the first stands in the mandate with its limit moved.
    pub rules: Vec<Rule>,
    /// The compiled rules.
    pub part: RulesPart,
    /// The market.
    pub risk: RiskPart,
    /// The book.
    pub book: Book,
    /// Rules that it breaks; none where it is lawful.
    pub broken: Vec<String>,
}

/// The cases of one seed, and how many mandates of it do not compile on the smallest shape.
///
/// # Panics
/// If a rule made here is not in the language.
pub fn cases(seed: u64) -> (Vec<Case>, u64) {
    let mut rng = stream(20, seed);
    let count = if rng.gen_range(0..4) == 0 { 2 } else { 1 };
    let rules: Vec<Rule> = (0..count).map(|_| rule(&mut rng)).collect();
    let risk = market(rng.gen_range(0..1 << 40));
    let (mut out, mut skipped) = (Vec::new(), 0);
    for _ in 0..3 {
        let book = book(&risk, rng.gen_range(0..1 << 40));
        let text = |k: &BigInt, min: &BigInt| {
            let mut texts: Vec<String> = rules.iter().skip(1).map(|r| r.text(&BigInt::zero())).collect();
            texts.insert(0, rules[0].text(k));
            mandate(&texts, min)
        };
        let (zero, one) = (BigInt::zero(), BigInt::one());
        let Some((m, _)) = compiled(&text(&zero, &one)) else { return (out, skipped + 1) };
        let verdicts = judged(&m, &risk, &book);
        let mut moved = vec![(zero.clone(), one.clone())];
        if let Some(room) = verdicts[1].headroom.clone().filter(|r| r.bits() < 100) {
            moved.extend(MOVES.iter().map(|by| (-&room + by, one.clone())));
        }
        if let Some(room) = verdicts[0].headroom.clone().filter(|r| r.bits() < 100 && rng.gen_bool(0.15)) {
            moved.extend(
                [0, 1].map(|by: i64| (zero.clone(), &one + &room + by)).into_iter().filter(|m| m.1 >= one),
            );
        }
        for (k, min) in moved {
            let text = text(&k, &min);
            let Some((m, c)) = compiled(&text) else {
                skipped += 1;
                continue;
            };
            let broken = judged(&m, &risk, &book).into_iter().filter(|v| !v.holds).map(|v| v.id).collect();
            let (rules, risk, book) = (rules.clone(), risk.clone(), book.clone());
            out.push(Case { name: format!("seed {seed}:\n{text}"), rules, part: c.part, risk, book, broken });
        }
    }
    (out, skipped)
}

impl Case {
    /// The program of all fillings.
    pub fn relation(&self) -> Relation {
        let holdings: Vec<Holding> = self.book.quantities.iter().map(|q| Holding::Fixed(*q)).collect();
        Relation::of(&self.part, &self.risk, &holdings, &self.book.active)
    }
    /// Whether some filling of the witnesses satisfies the sheet.
    pub fn has_filling(&self) -> bool {
        let relation = self.relation();
        integers::feasible(&relation.program, &relation.bits()).is_ok()
    }
    /// The constructs of the rules that alone forbid the book, or of all rules where it is lawful.
    fn to_blame(&self) -> BTreeSet<String> {
        let mine = |i: usize| self.broken.iter().all(|id| id.split('/').next() == Some(&format!("r-{i}")));
        self.rules.iter().enumerate().filter(|(i, _)| mine(*i)).flat_map(|(_, r)| r.constructs()).collect()
    }
}

fn judged(m: &Mandate, risk: &RiskPart, book: &Book) -> Vec<mandate_policy::Verdict> {
    evaluate(m, m.model, risk, &book.quantities, &book.active).expect("books made here are in range")
}

fn one_seed(seed: u64) -> Report {
    let (cases, skipped) = cases(seed);
    let mut report = Report { skipped, ..Report::default() };
    for case in cases {
        let filled = case.has_filling();
        let lawful = case.broken.is_empty();
        match (lawful, filled) {
            (true, true) => honest_filling_is_in(&case),
            (true, false) => panic!("a lawful book has no proof: {}", case.name),
            (false, true) => {
                report
                    .lies
                    .believed(|| format!("{}\nbreaks {:?} and yet has a filling", case.name, case.broken));
            }
            (false, false) => report.lies.refused(),
        }
        report.lawful += u64::from(lawful);
        report.compiled += 1;
        for construct in case.to_blame() {
            let entry = report.constructs.entry(construct).or_default();
            entry.0 += u64::from(!lawful);
            entry.1 += u64::from(lawful);
        }
    }
    report
}

/// The prover's filling is a point of the program, and its slacks are within their widths.
fn honest_filling_is_in(case: &Case) {
    let Case { part, risk, book, .. } = case;
    let relation = case.relation();
    let w = least_witnesses(part, risk, t32(), &book.quantities, &book.active)
        .expect("a lawful book has a filling");
    let point: Vec<BigRational> =
        relation.variables.iter().map(|v| BigRational::from(BigInt::from(value(&w, book, *v)))).collect();
    assert!(
        relation.program.holds(&point),
        "the prover's own filling of a lawful book does not satisfy the sheet"
    );
    for s in slacks(part, risk, t32(), &book.quantities, &book.active, &w).expect("as above") {
        let bits = if s.row.family == Family::Global { GLOBAL_SLACK_BITS } else { LOCAL_SLACK_BITS };
        assert!(s.slack >= 0 && BigInt::from(s.slack).bits() <= u64::from(bits), "a slack beyond its width");
    }
}

fn value(w: &Witnesses, book: &Book, v: Variable) -> i128 {
    match v {
        Variable::Quantity(slot) => i128::from(book.quantities[slot]).abs(),
        Variable::Worst(Family::Group, b) => w.group_worst[b],
        Variable::Worst(Family::Account, b) => w.account_worst[b],
        Variable::Worst(..) => w.book_worst,
        Variable::Witness(Family::Group, b, i) => w.group_x[b][i],
        Variable::Witness(Family::Account, b, i) => w.account_x[b][i],
        Variable::Witness(Family::Asset, b, i) => w.asset_x[b][i],
        Variable::Witness(_, _, i) => w.global_y[i],
        Variable::Bit(..) => 0,
    }
}
