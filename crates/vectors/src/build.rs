//! A problem as a risk model, a shape and the risk part of a sheet.
//!
//! Models and shapes are leaked: they are what the product keeps as constants, and a run has a few hundred.

use crate::Q;
use crate::problem::{Problem, Trouble};
use mandate_market::{ColumnDef, RiskModel, Rounding};
use mandate_policy::{Mandate, Verdict, compile, evaluate_on, sides_on};
use mandate_statement::{
    Digest, Family, Layout, Mode, QUANTITY_BITS, RiskPart, RulesPart, Runs, SHAPES, Shape, WEIGHT_SUM_BITS,
    keccak,
};
use num_bigint::BigInt;
use num_integer::Integer;
use num_traits::{One, Signed, ToPrimitive, Zero};
use std::collections::BTreeMap;

/// Finest money unit: `10^-PLACES`. Limits are written with that many decimals, so that many must read exactly.
const PLACES: u8 = 30;
/// Bits of a count of lots that the finest lots aim at.
const COUNT_BITS: u64 = QUANTITY_BITS as u64 - 2;
/// The column of the smallest net asset value, and what it says.
const STAKE: &str = "stake";

/// A count of lots of one slot of the sheet, and what a lot is.
#[derive(Clone)]
struct Part {
    slot: usize,
    lots: BigInt,
    lot: Q,
}

/// A problem laid out on a sheet.
pub(crate) struct Built {
    model: &'static RiskModel,
    /// Wide enough for any rule; the circuit's own shape is cut to fit.
    pub(crate) shape: &'static Shape,
    pub(crate) risk: RiskPart,
    pub(crate) quantities: Vec<i64>,
    pub(crate) active: Vec<bool>,
    places: u8,
}

/// What a rule compiles to.
pub(crate) enum Sheet {
    /// Rows on a shape.
    Rows(&'static Shape, RulesPart),
    /// The same verdict for every book.
    Always(bool),
}

fn power(n: u8) -> Q {
    Q::from(BigInt::from(10u8).pow(u32::from(n)))
}

/// The quantity as counts of lots: coarse ones where that is exact, halved as often as there is room where `fine`. A
/// quantity with more digits than a count holds takes several parts, the leading digits first.
fn parts(slot: usize, quantity: &Q, fine: bool) -> Vec<Part> {
    // The coarsest power of ten that divides the quantity, but no coarser than one; other denominators as they are.
    let mut lot = Q::new(BigInt::one(), quantity.denom().clone());
    for places in 0..=40u8 {
        if (quantity * power(places)).is_integer() {
            lot = power(places).recip();
            break;
        }
    }
    let mut lots = (quantity / &lot).to_integer();
    let ten = BigInt::from(10u8);
    while lots.bits() > COUNT_BITS && lots.is_multiple_of(&ten) {
        lots /= &ten;
        lot *= Q::from(ten.clone());
    }
    let mut out = Vec::new();
    loop {
        let bits = lots.bits();
        if bits <= COUNT_BITS {
            if out.is_empty() || !lots.is_zero() {
                out.push(Part { slot, lots, lot });
            }
            break;
        }
        let step = BigInt::one() << (bits - COUNT_BITS);
        // Towards zero, so that every part has the sign of the whole.
        let lead = &lots / &step;
        let rest = &lots - &lead * &step;
        out.push(Part { slot, lots: lead, lot: &lot * Q::from(step) });
        lots = rest;
    }
    if fine {
        for part in &mut out {
            let room = BigInt::one() << COUNT_BITS.saturating_sub(part.lots.bits());
            part.lots *= &room;
            part.lot /= Q::from(room);
        }
    }
    out
}

/// Columns in the order of the sheet, with the weight of every part per lot, in the currency.
struct Table<'a> {
    names: Vec<&'a str>,
    modes: Vec<Mode>,
    roundings: Vec<Rounding>,
    /// `weights[column][part]`.
    weights: Vec<Vec<Q>>,
}

impl<'a> Table<'a> {
    fn of(problem: &'a Problem, parts: &[Part]) -> Self {
        let mut out =
            Self { names: Vec::new(), modes: Vec::new(), roundings: Vec::new(), weights: Vec::new() };
        let per_lot = |weights: &[(usize, Q)]| {
            let mut by_slot = vec![Q::zero(); problem.slots.len()];
            for (slot, w) in weights {
                by_slot[*slot] += w;
            }
            parts.iter().map(|p| &by_slot[p.slot] * &p.lot).collect::<Vec<Q>>()
        };
        for mode in [Mode::Signed, Mode::Absolute, Mode::Long, Mode::Short] {
            for column in problem.columns.iter().filter(|c| c.mode == mode) {
                out.names.push(&column.name);
                out.modes.push(mode);
                out.roundings.push(column.rounding);
                out.weights.push(per_lot(&column.weights));
            }
        }
        for weights in &problem.scenarios {
            out.names.push("a scenario");
            out.modes.push(Mode::Scenario);
            out.roundings.push(Rounding::Nearest);
            out.weights.push(per_lot(weights));
        }
        out
    }
    /// Whether the unit `10^-places` holds every weight exactly.
    fn is_exact(&self, places: u8) -> bool {
        self.weights.iter().flatten().all(|w| (w * power(places)).is_integer())
    }
    /// The first column whose weights are too heavy in this unit, if any.
    fn too_heavy(&self, places: u8) -> Option<usize> {
        let limit = Q::from(BigInt::one() << WEIGHT_SUM_BITS);
        (0..self.names.len()).find(|k| {
            let sum: Q = self.weights[*k].iter().map(|w| (w * power(places)).abs().ceil()).sum();
            sum >= limit
        })
    }
}

fn rounded(w: &Q, rounding: Rounding) -> BigInt {
    match rounding {
        Rounding::Nearest | Rounding::Exact => w.round(),
        Rounding::Up => w.ceil(),
        Rounding::Down => w.floor(),
    }
    .to_integer()
}

/// Words that mean something else in the language, or on the sheet.
const TAKEN: &[&str] = &[
    "above",
    "abs",
    "all",
    "and",
    "at_most",
    "better",
    "bps",
    "delta",
    "down",
    "exceed",
    "expiry_loss",
    "for",
    "forbidden",
    "in",
    "lots",
    "max",
    "min",
    "nav",
    "net",
    "pos",
    "scenarios",
    "shortfall",
    "sum",
    "tiers",
    "top",
    "uncovered",
    "up",
    "upside",
    "value",
    "worst",
    STAKE,
];

fn lawful_name(name: &str) -> bool {
    !TAKEN.contains(&name)
        && name.starts_with(|c: char| c.is_ascii_lowercase())
        && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
}

impl Built {
    pub(crate) fn of(problem: &Problem) -> Result<Self, Trouble> {
        for (k, column) in problem.columns.iter().enumerate() {
            let again = problem.columns[..k].iter().any(|c| c.name == column.name);
            let known = column.weights.iter().all(|(slot, _)| *slot < problem.slots.len());
            let signs = column.mode == Mode::Signed || column.weights.iter().all(|(_, w)| !w.is_negative());
            for (fine, why) in [
                (lawful_name(&column.name) && column.mode != Mode::Scenario, "not a name for a column"),
                (!again, "the second of this name"),
                (known, "a weight of a slot that is not there"),
                (signs, "a column of magnitudes has a weight below zero"),
            ] {
                if !fine {
                    return Err(Trouble::Weights { column: column.name.clone(), why });
                }
            }
        }
        if problem.scenarios.iter().flatten().any(|(slot, _)| *slot >= problem.slots.len()) {
            return Err(Trouble::Weights {
                column: "a scenario".into(),
                why: "a weight of a slot that is not there",
            });
        }
        let all = |fine| -> Vec<Part> {
            problem.slots.iter().enumerate().flat_map(|(i, s)| parts(i, &s.quantity, fine)).collect()
        };
        let coarse = all(false);
        let table = Table::of(problem, &coarse);
        if let Some(places) = (0..=PLACES).find(|p| table.is_exact(*p)) {
            // Scenario totals carry an allowance of a unit per lot whatever their weights, so a fine unit keeps it small.
            let finest = if problem.scenarios.is_empty() { places } else { places.max(PLACES) };
            match (places..=finest)
                .rev()
                .find(|p| table.too_heavy(*p).is_none())
                .ok_or_else(|| table.too_heavy(places))
            {
                Ok(places) => return Self::lay_out(problem, &coarse, &table, places),
                Err(k) if problem.exact => {
                    let column = table.names[k.unwrap_or(0)].to_owned();
                    return Err(Trouble::Weights {
                        column,
                        why: "weights are too heavy in a unit that holds them exactly",
                    });
                }
                Err(_) => {}
            }
        } else if problem.exact {
            let inexact = |w: &Q| !(w * power(PLACES)).is_integer();
            let k = table.weights.iter().position(|c| c.iter().any(inexact)).unwrap_or(0);
            let column = table.names[k].to_owned();
            return Err(Trouble::Weights { column, why: "no unit holds its weights exactly" });
        }
        let fine = all(true);
        let table = Table::of(problem, &fine);
        match (0..=PLACES).rev().find(|p| table.too_heavy(*p).is_none()) {
            Some(places) => Self::lay_out(problem, &fine, &table, places),
            None => {
                let column = table.names[table.too_heavy(0).unwrap_or(0)].to_owned();
                Err(Trouble::Weights { column, why: "weights are too heavy in whole units of money" })
            }
        }
    }

    fn lay_out(problem: &Problem, parts: &[Part], table: &Table<'_>, places: u8) -> Result<Self, Trouble> {
        // Accounts and assets by rank, parts by group; the stake stands first in the first group.
        let rank = |of: fn(&crate::problem::Slot) -> usize| -> BTreeMap<usize, u16> {
            let mut numbers: Vec<usize> = problem.slots.iter().map(of).collect();
            numbers.sort_unstable();
            numbers.dedup();
            numbers.into_iter().zip(0..).collect()
        };
        let (accounts, assets) = (rank(|s| s.account), rank(|s| s.asset));
        let mut groups: BTreeMap<(u16, u16), Vec<Option<usize>>> = BTreeMap::new();
        for (at, part) in parts.iter().enumerate() {
            let slot = &problem.slots[part.slot];
            groups.entry((accounts[&slot.account], assets[&slot.asset])).or_default().push(Some(at));
        }
        match groups.values_mut().next() {
            Some(first) => first.insert(0, None),
            None => drop(groups.insert((0, 0), vec![None])),
        }
        let largest = groups.values().map(Vec::len).max().unwrap_or(1);
        let segment = largest.next_power_of_two().clamp(2, 32);
        let segments: usize = groups.values().map(|g| g.len().div_ceil(segment)).sum();

        let count = |mode| table.modes.iter().filter(|m| **m == mode).count();
        let shape: &'static Shape = Box::leak(Box::new(Shape {
            name: "vector",
            slots: segments * segment,
            segments,
            signed: count(Mode::Signed) + 1,
            absolute: count(Mode::Absolute) + 2,
            long: count(Mode::Long),
            short: count(Mode::Short),
            scenarios: problem.scenarios.len(),
            accounts: accounts.len().max(1),
            assets: assets.len().max(1),
            group_rows: 256,
            account_rows: 128,
            asset_rows: 256,
            slot_rows: 64,
            // Value at risk and expected shortfall take rows, a witness or a bit of every scenario.
            global_rows: 320 + 2 * problem.scenarios.len(),
            local_witnesses: 128,
            local_bits: 32,
            global_witnesses: 256 + problem.scenarios.len(),
            global_bits: 64 + problem.scenarios.len(),
            ..SHAPES[0]
        }));

        // Where each column of the table stands on the sheet, and whether its weights are exact.
        let mut columns: Vec<ColumnDef> = Vec::new();
        let mut place: Vec<usize> = Vec::new();
        let base =
            RiskModel::by_name("crypto-usd/1").ok_or_else(|| Trouble::Judge("no base model".into()))?;
        let define = |name: &str, mode, rounding| -> Result<ColumnDef, Trouble> {
            let known = |wanted: &str| base.columns.iter().find(|c| c.name == wanted);
            let like = if matches!(name, "lots" | "forbidden") { name } else { "value" };
            let like =
                known(like).ok_or_else(|| Trouble::Judge("the base model has other columns".into()))?;
            let name: &'static str = Box::leak(name.to_owned().into_boxed_str());
            Ok(ColumnDef { name, mode, rounding, ..*like })
        };
        columns.push(define(STAKE, Mode::Signed, Rounding::Exact)?);
        for mode in [Mode::Signed, Mode::Absolute, Mode::Long, Mode::Short] {
            for (k, _) in table.modes.iter().enumerate().filter(|(_, m)| **m == mode) {
                let whole = table.weights[k].iter().all(|w| (w * power(places)).is_integer());
                let rounding = if whole { Rounding::Exact } else { table.roundings[k] };
                place.push(columns.len());
                columns.push(define(table.names[k], mode, rounding)?);
            }
            if mode == Mode::Absolute {
                columns.push(define("lots", Mode::Absolute, Rounding::Exact)?);
                columns.push(define("forbidden", Mode::Absolute, Rounding::Exact)?);
            }
        }
        place.extend(columns.len()..columns.len() + problem.scenarios.len());
        let scenario = *base.scenarios.first().ok_or_else(|| Trouble::Judge("no base scenario".into()))?;
        let model: &'static RiskModel = Box::leak(Box::new(RiskModel {
            name: "vector/1",
            money_places: places,
            columns: Box::leak(columns.into_boxed_slice()),
            scenarios: Box::leak(vec![scenario; problem.scenarios.len()].into_boxed_slice()),
            ..*base
        }));
        if !model.fits(shape) {
            return Err(Trouble::Judge("the problem's columns do not fit its shape".into()));
        }

        let mut layout = Layout {
            carry: vec![false; segments],
            group_used: vec![false; segments],
            account: vec![None; segments],
            asset: vec![None; segments],
        };
        let width = shape.columns();
        let mut weights = vec![0i64; shape.slots * width];
        let mut quantities = vec![0i64; shape.slots];
        for row in weights.chunks_exact_mut(width) {
            row[shape.forbidden_column()] = 1;
        }
        let small =
            |n: &BigInt| n.to_i64().ok_or_else(|| Trouble::Judge("a weight or count is too large".into()));
        let mut next = 0;
        for ((account, asset), members) in &groups {
            let used = members.len().div_ceil(segment);
            for s in next..next + used {
                layout.carry[s] = s > next;
                layout.account[s] = Some(*account);
                layout.asset[s] = Some(*asset);
            }
            layout.group_used[next + used - 1] = true;
            for (i, member) in members.iter().enumerate() {
                let slot = next * segment + i;
                let row = &mut weights[slot * width..(slot + 1) * width];
                row[shape.forbidden_column()] = 0;
                row[shape.lots_column()] = 1;
                match member {
                    None => {
                        row[0] = 1;
                        quantities[slot] = 1;
                    }
                    Some(at) => {
                        for (k, here) in place.iter().enumerate() {
                            let w = &table.weights[k][*at] * power(places);
                            row[*here] = small(&rounded(&w, table.roundings[k]))?;
                        }
                        quantities[slot] = small(&parts[*at].lots)?;
                    }
                }
            }
            next += used;
        }
        let risk = RiskPart {
            model: model.name.to_owned(),
            shape: shape.name.to_owned(),
            universe: keccak(b"mandate/vector/universe"),
            snapshot: Digest::default(),
            as_of: 0,
            layout,
            weights,
            runs: Runs::none(shape),
        };
        Ok(Self { model, shape, risk, quantities, active: vec![true; shape.accounts], places })
    }

    pub(crate) fn unit(&self) -> Q {
        power(self.places).recip()
    }

    /// A whole number of units as the language writes it.
    pub(crate) fn money(&self, units: &BigInt) -> String {
        let places = usize::from(self.places);
        let digits = format!("{:0>width$}", units.abs().to_string(), width = places + 1);
        let (whole, part) = digits.split_at(digits.len() - places);
        let part = part.trim_end_matches('0');
        let dot = if part.is_empty() { "" } else { "." };
        let amount = format!("{whole}{dot}{part} {}", self.model.currency);
        if units.is_negative() { format!("(-{amount})") } else { amount }
    }

    /// A mandate of one rule.
    pub(crate) fn rule(&self, holds: &str) -> Result<Mandate, Trouble> {
        let text = format!(
            "risk_model = \"{}\"\nmin_nav = \"{}\"\n[[rule]]\nid = \"vector\"\ntext = \"The vector's requirement\"\nholds = '''{holds}'''\n",
            self.model.name,
            self.money(&BigInt::one()),
        );
        let model = self.model;
        Mandate::parse_among("vector.toml", &text, &|name| (name == model.name).then_some(model))
            .map_err(|e| Trouble::Rule(e.to_string()))
    }

    pub(crate) fn plain(&self, mandate: &Mandate) -> Result<Vec<Verdict>, Trouble> {
        evaluate_on(mandate, self.model, self.shape, &self.risk, &self.quantities, &self.active)
            .map_err(|e| Trouble::Judge(e.to_string()))
    }

    /// Headroom of the rule, rounded down to whole units.
    pub(crate) fn headroom(&self, mandate: &Mandate) -> Result<BigInt, Trouble> {
        let verdicts = self.plain(mandate)?;
        let own = verdicts.iter().find(|v| v.id == "vector").and_then(|v| v.headroom.clone());
        own.ok_or_else(|| Trouble::Judge("the rule has no block to speak of".into()))
    }

    /// The interval of one side of the rule's first comparison, in the currency.
    pub(crate) fn side(&self, mandate: &Mandate, side: usize) -> Result<(Q, Q), Trouble> {
        let sides =
            sides_on(mandate, "vector", self.model, self.shape, &self.risk, &self.quantities, &self.active)
                .map_err(|e| Trouble::Judge(e.to_string()))?
                .ok_or_else(|| Trouble::Judge("the rule does not speak of the whole book".into()))?;
        let [low, high] = &sides.ends[side];
        let unit = if sides.money { self.unit() } else { Q::one() };
        Ok((low * &unit, high * unit))
    }

    /// The compiled rule on a shape that is cut to it; or, where the compiler refuses it because it holds for no book or for
    /// every book, that verdict: there is no sheet to ask the circuit about.
    pub(crate) fn compiled(&self, mandate: &Mandate) -> Result<Sheet, Trouble> {
        let words = |e: mandate_policy::MandateError| Trouble::Rule(e.to_string());
        let wide = match compile(mandate, self.model, self.shape).map_err(words) {
            Ok(wide) => wide,
            Err(Trouble::Rule(why)) if why.contains("` holds for no book") => {
                return Ok(Sheet::Always(false));
            }
            Err(Trouble::Rule(why)) if why.contains("it holds for every book") => {
                return Ok(Sheet::Always(true));
            }
            Err(other) => return Err(other),
        };
        let rows = |family| wide.rows.iter().filter(|r| r.row.family == family).count();
        let [groups, accounts, assets, book] = wide.witnesses;
        let bits = wide.bits;
        let shape: &'static Shape = Box::leak(Box::new(Shape {
            group_rows: rows(Family::Group),
            account_rows: rows(Family::Account),
            asset_rows: rows(Family::Asset),
            slot_rows: rows(Family::Slot),
            global_rows: rows(Family::Global),
            local_witnesses: groups.max(accounts).max(assets),
            local_bits: bits[0].max(bits[1]).max(bits[2]),
            global_witnesses: book,
            global_bits: bits[3],
            ..*self.shape
        }));
        Ok(Sheet::Rows(shape, compile(mandate, self.model, shape).map_err(words)?.part))
    }
}
