//! The best possible prover against rules with bits and free witnesses: sums above a threshold, the largest few, the better of two,
//! rounding up, all blocks or scenarios but so many, tail means.
//!
//! What each rule says is computed here from the definition in `docs/policy-language.md`, over the totals and lots of a book, in
//! fractions; neither the compiler nor the evaluator has a part in it. The limit is put where the book stands exactly, and one
//! unit below: there the program of *all* fillings, every bit searched, must have a point, and here none.

use super::generate::{book, market, stream};
use super::integers;
use super::language::amount;
use super::pieces::rounding;
use super::relation::{Holding, Relation, blocks, reading};
use crate::Ledger;
use mandate_market::{RiskModel, Rounding};
use mandate_policy::{Mandate, compile};
use mandate_statement::{Family, RiskPart, RulesPart, Shape};
use mandate_testing::{Book, t32};
use num_bigint::BigInt;
use num_integer::Integer;
use num_traits::{One, Signed, Zero};
use rand::{Rng, seq::SliceRandom};
use rayon::prelude::*;
use std::collections::BTreeMap;

/// Slots of the smallest shape, with room for every construct: tail means take two rows for each scenario.
pub static ROOMY: Shape = Shape {
    name: "roomy",
    slots: 32,
    segments: 4,
    signed: 8,
    absolute: 4,
    long: 2,
    short: 2,
    scenarios: 16,
    accounts: 3,
    assets: 3,
    group_rows: 8,
    account_rows: 8,
    asset_rows: 8,
    slot_rows: 1,
    global_rows: 64,
    local_witnesses: 4,
    local_bits: 2,
    global_witnesses: 24,
    global_bits: 20,
    strips: 0,
};

/// The constructs, as cases are counted by.
pub const CONSTRUCTS: [&str; 7] = ["above", "top", "better", "up", "at_most", "exceed", "shortfall"];

/// Columns that are nowhere negative, so that they may be counted or ranked.
const COUNTED: [&str; 5] = ["gross", "notional", "long", "liabilities", "short"];
const FAMILIES: [(Family, &str); 3] =
    [(Family::Group, "groups"), (Family::Account, "venues"), (Family::Asset, "underlyings")];

/// One rule with its limit where the book stands, or one unit below.
pub struct Case {
    /// Seed and text, to repeat it.
    pub name: String,
    /// Which construct.
    pub construct: &'static str,
    /// The compiled rules.
    pub part: RulesPart,
    /// The market.
    pub risk: RiskPart,
    /// The book.
    pub book: Book,
    /// Whether the book keeps the rule, by its definition.
    pub lawful: bool,
}

impl Case {
    /// Whether any filling of bits and witnesses whatever satisfies every row.
    pub fn has_filling(&self) -> bool {
        self.has_filling_under(&self.part)
    }
    /// The same under other rows.
    pub fn has_filling_under(&self, part: &RulesPart) -> bool {
        let holdings: Vec<Holding> = self.book.quantities.iter().map(|q| Holding::Fixed(*q)).collect();
        let mut relation = Relation::on(&ROOMY, part, &self.risk, &holdings, &self.book.active);
        // Witnesses are whole numbers: `d x >= c` is `x >= ceil(c / d)`, which is all that rounding up rests on.
        for row in &relation.program.rows {
            if let [(j, d)] = row.coefficients.as_slice()
                && d.is_positive()
            {
                let least = row.at_least.div_ceil(d);
                relation.program.lower[*j] = relation.program.lower[*j].clone().max(least);
            }
        }
        integers::feasible(&relation.program, &relation.bits()).is_ok()
    }
}

/// A book on a market, read by hand.
struct Totals<'a> {
    risk: &'a RiskPart,
    book: &'a Book,
}

impl Totals<'_> {
    fn of(&self, slots: &[usize], column: usize) -> BigInt {
        let one = |slot: &usize| {
            let q = self.book.quantities[*slot];
            let per_lot =
                self.risk.weights_of(t32(), *slot)[column] * reading(t32().mode(column), q.signum());
            BigInt::from(per_lot) * BigInt::from(q).abs()
        };
        slots.iter().map(one).sum()
    }
    fn lots(&self, slots: &[usize]) -> BigInt {
        self.of(slots, t32().lots_column())
    }
    /// The upper end of a column's interval.
    fn high(&self, slots: &[usize], column: usize) -> BigInt {
        let more = matches!(rounding(column), Rounding::Nearest | Rounding::Down);
        self.of(slots, column) + if more { self.lots(slots) } else { BigInt::zero() }
    }
}

fn position(name: &str) -> usize {
    let model = RiskModel::by_name("crypto-usd/1").expect("the model of this project");
    model.column(name).expect("a column of the model").0
}

fn all() -> Vec<usize> {
    (0..t32().slots).collect()
}

/// The upper end of what stands on the smaller side of the rule, and the rule's text with `LIMIT` for the limit; nothing where
/// the rule would forbid no book.
fn drawn(
    construct: &'static str,
    totals: &Totals<'_>,
    rng: &mut rand_chacha::ChaCha8Rng,
) -> Option<(String, BigInt)> {
    let (family, domain) = *FAMILIES.choose(rng).expect("not empty");
    let column = *COUNTED.choose(rng).expect("not empty");
    let (name, at) = (column, position(column));
    let each: Vec<BigInt> =
        blocks(totals.risk, &totals.book.active, family).iter().map(|slots| totals.high(slots, at)).collect();
    let mut ranked = each.clone();
    ranked.sort_by(|a, b| b.cmp(a));
    // Losses of the whole book, every one with the allowance of its lots.
    let mut losses: Vec<BigInt> =
        (t32().metrics()..t32().columns()).map(|s| totals.lots(&all()) - totals.of(&all(), s)).collect();
    losses.sort_by(|a, b| b.cmp(a));
    Some(match construct {
        "above" => {
            // At a block's own exposure, which is not above itself, one unit below it, or anywhere.
            let some = each.choose(rng).cloned().unwrap_or_default();
            let threshold = match rng.gen_range(0..3) {
                0 => some,
                1 => some - 1,
                _ => some / rng.gen_range(2..5),
            };
            let sum = each.iter().filter(|e| **e > threshold).sum();
            (format!("above(b in {domain}: {name}(b) > {}) <= LIMIT", amount(&threshold)), sum)
        }
        "top" => {
            let n = rng.gen_range(1..=3usize);
            let sum = ranked.iter().take(n).sum();
            (format!("top({n}; b in {domain}: {name}(b)) <= LIMIT"), sum)
        }
        "better" => {
            let other = *COUNTED.choose(rng).expect("not empty");
            let (a, b) = (rng.gen_range(1..9i64), rng.gen_range(1..9i64));
            let least = (totals.high(&all(), at) * a).min(totals.high(&all(), position(other)) * b);
            (format!("better({a} * {name}(all), {b} * {other}(all)) <= LIMIT"), least)
        }
        "up" => {
            let step = BigInt::from([1i64, 2, 1000, 65_536][rng.gen_range(0..4)]);
            let value = totals.high(&all(), at).div_ceil(&step) * &step;
            (format!("up({name}(all), {}) <= LIMIT", amount(&step)), value)
        }
        "at_most" => {
            // Where every block may be an exception the rule forbids nothing.
            let k = rng.gen_range(0..3usize);
            let next = ranked.get(k)?.clone();
            (format!("at_most({k}; b in {domain}: {name}(b) <= LIMIT)"), next)
        }
        "exceed" => {
            let k = rng.gen_range(0..3usize);
            (format!("exceed({k}, scenarios, all) <= LIMIT"), losses[k].clone())
        }
        _ => {
            // The mean of the worst n of 16, rounded up to a unit: the least limit in units that holds.
            let (share, n) = [("12.5%", 2), ("25%", 4), ("50%", 8)][rng.gen_range(0..3)];
            let sum: BigInt = losses.iter().take(n).sum();
            (format!("shortfall({share}, scenarios, all) <= LIMIT"), sum.div_ceil(&BigInt::from(n)))
        }
    })
}

/// The two cases of a seed; none where the book has no net asset value, or fewer blocks than the rule allows.
///
/// # Panics
/// If a rule made here is not in the language, or its sheet is not lawful.
pub fn cases(seed: u64) -> Vec<Case> {
    let mut rng = stream(40, seed);
    let construct = CONSTRUCTS[usize::try_from(seed % 7).expect("below 7")];
    let risk = market(rng.gen_range(0..1 << 40));
    let book = book(&risk, rng.gen_range(0..1 << 40));
    let totals = Totals { risk: &risk, book: &book };
    let worth = totals.of(&all(), position("value")) - totals.lots(&all());
    if !worth.is_positive() {
        return Vec::new();
    }
    let Some((rule, at)) = drawn(construct, &totals, &mut rng) else { return Vec::new() };
    let mut out = Vec::new();
    for (limit, lawful) in [(at.clone(), true), (at - 1, false)] {
        // Nothing that is counted is below zero, so a limit below it leaves the rule without a book.
        let text = format!(
            "risk_model = \"crypto-usd/1\"\nmin_nav = \"{}\"\n[[rule]]\nid = \"r\"\ntext = \"r\"\nholds = \"{}\"\n",
            amount(&BigInt::one()),
            rule.replace("LIMIT", &amount(&limit))
        );
        let name = format!("seed {seed}:\n{text}");
        let Ok(mandate) = Mandate::parse("chosen.toml", &text) else { continue };
        let Ok(compiled) = compile(&mandate, mandate.model, &ROOMY) else { continue };
        mandate_checker::check_rules_on(&ROOMY, &compiled.part).unwrap_or_else(|f| panic!("{name}{}", f[0]));
        out.push(Case {
            name,
            construct,
            part: compiled.part,
            risk: risk.clone(),
            book: book.clone(),
            lawful,
        });
    }
    out
}

/// What one run met.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// Lies: books one unit past their limit.
    pub lies: Ledger,
    /// By construct: unlawful books refused, and lawful ones taken.
    pub constructs: BTreeMap<&'static str, (u64, u64)>,
    /// Lawful books that no filling satisfies: the rule is stricter than its definition.
    pub too_strict: Vec<String>,
}

/// The cases of these seeds.
pub fn attack(seeds: std::ops::Range<u64>) -> Report {
    let one = |seed: u64| {
        let mut report = Report::default();
        for case in cases(seed) {
            let entry = report.constructs.entry(case.construct).or_default();
            match (case.has_filling(), case.lawful) {
                (true, true) => entry.1 += 1,
                (false, false) => {
                    entry.0 += 1;
                    report.lies.refused();
                }
                (true, false) => report.lies.believed(|| case.name.clone()),
                (false, true) => report.too_strict.push(case.name.clone()),
            }
        }
        report
    };
    let merge = |mut a: Report, b: Report| {
        a.lies = a.lies.merge(b.lies);
        a.too_strict.extend(b.too_strict);
        for (name, (bad, good)) in b.constructs {
            let entry = a.constructs.entry(name).or_default();
            entry.0 += bad;
            entry.1 += good;
        }
        a
    };
    seeds.into_par_iter().map(one).collect::<Vec<_>>().into_iter().fold(Report::default(), merge)
}
