//! Statements of a tiny shape that are false in one place, and the one lawful statement that leaves room for lies.
//!
//! Their sheets are not ones that the checker accepts: they isolate a constraint, and a row must hold whatever the sheet.

use super::liar::Lie;
use super::setup::wiring;
use ark_bn254::Fr;
use ark_ff::Field;
use mandate_circuits::r1cs::Id;
use mandate_statement::{Family, GlobalVar, Layout, LocalVar, RiskPart, RowRef, RulesPart, Runs, Shape};
use mandate_testing::{Book, Case, RulesBuilder, columns, risk_part_for};

/// Every segment a group of its own; accounts 0, 0, 1, 2; assets 0, 1, 2, 0; no slot has to stay empty.
fn risk(shape: &'static Shape) -> RiskPart {
    assert_eq!((shape.segments, shape.accounts, shape.assets), (4, 3, 3), "one of the tiny shapes");
    let mut risk = risk_part_for(shape, 0);
    risk.runs = Runs::none(shape);
    risk.layout = Layout {
        carry: vec![false; 4],
        group_used: vec![true; 4],
        account: vec![Some(0), Some(0), Some(1), Some(2)],
        asset: vec![Some(0), Some(1), Some(2), Some(0)],
    };
    for slot in 0..shape.slots {
        let weights = weights_of(shape, &mut risk, slot);
        if weights[columns::FORBIDDEN] == 1 {
            weights[columns::FORBIDDEN] = 0;
            weights[columns::LOTS] = 1;
            weights[columns::VALUE] = 1 << 20;
        }
    }
    risk
}

fn weights_of<'a>(shape: &Shape, risk: &'a mut RiskPart, slot: usize) -> &'a mut [i64] {
    let columns = shape.columns();
    &mut risk.weights[slot * columns..(slot + 1) * columns]
}

fn book(shape: &Shape, quantities: Vec<i64>) -> Book {
    Book { quantities, active: vec![true; shape.accounts] }
}

/// Cash in every segment, something small elsewhere; a carried group too.
fn rich(shape: &Shape, risk: &RiskPart) -> Book {
    let mut book = mandate_testing::solvent_book(risk, 1);
    book.active = vec![true; shape.accounts];
    book
}

/// A lawful statement whose mandate asks only for net asset value, of which there is plenty.
pub fn open(shape: &'static Shape) -> Case {
    let mut risk = risk(shape);
    risk.layout.carry = vec![false, true, false, false];
    let book = rich(shape, &risk);
    Case::modest(risk, book)
}

/// A row: its family, its position in it, its local and its global coefficients.
type Row<'a> = (Family, usize, &'a [(LocalVar, i128)], &'a [(GlobalVar, i128)]);

/// A mandate of one row, or of none.
fn rules(shape: &'static Shape, row: Option<Row<'_>>) -> RulesPart {
    let mut part = RulesBuilder::new(shape).build();
    part.coefficients.fill(0);
    part.rules.clear();
    if let Some((family, index, local, global)) = row {
        let at = RowRef { family, index: u16::try_from(index).expect("few rows") };
        let (l, g) = part.row_mut(shape, at);
        for (var, c) in local {
            l[var.index(shape, family).expect("the family has it")] = *c;
        }
        for (var, c) in global {
            g[var.index(shape).expect("the shape has it")] = *c;
        }
    }
    part
}

/// A book of one lot in one slot.
fn one_lot(shape: &Shape, slot: usize) -> Book {
    let mut quantities = vec![0; shape.slots];
    quantities[slot] = 1;
    book(shape, quantities)
}

/// For every row template and block the statement that this row at this block does not hold, and all else does: the
/// mandate says that no lots are held, and one is. Each with its name.
pub fn mandates(shape: &'static Shape) -> Vec<(String, Case)> {
    let risk = risk(shape);
    let len = shape.segment_len();
    let slot_of = |family: Family, block: usize| match family {
        Family::Group => block * len,
        Family::Account => {
            risk.layout.account.iter().position(|a| a.map(usize::from) == Some(block)).expect("owns") * len
        }
        Family::Asset => {
            risk.layout.asset.iter().position(|a| a.map(usize::from) == Some(block)).expect("used") * len
        }
        Family::Slot | Family::Global => block,
    };
    let mut out = Vec::new();
    for family in [Family::Group, Family::Account, Family::Asset, Family::Slot] {
        for index in 0..family.rows(shape) {
            for block in 0..family.blocks(shape) {
                let row = (family, index, [(LocalVar::Total(columns::LOTS), -1)]);
                let rules = rules(shape, Some((row.0, row.1, &row.2, &[])));
                let name = format!("row {index} over {family:?} is broken at block {block}");
                out.push((name, Case::of(rules, risk.clone(), one_lot(shape, slot_of(family, block)))));
            }
        }
    }
    for index in 0..shape.global_rows {
        let rules =
            rules(shape, Some((Family::Global, index, &[], &[(GlobalVar::Total(columns::LOTS), -1)])));
        out.push((
            format!("row {index} over the book is broken"),
            Case::of(rules, risk.clone(), one_lot(shape, 0)),
        ));
    }
    out
}

/// A lawful statement in which scenario `s` alone loses: one unit in every segment.
pub fn scenario(shape: &'static Shape, s: usize) -> Case {
    let mut risk = risk(shape);
    let mut quantities = vec![0; shape.slots];
    for (slot, quantity) in quantities.iter_mut().enumerate() {
        let weights = weights_of(shape, &mut risk, slot);
        weights[shape.metrics()..].fill(0);
        if slot % shape.segment_len() == 0 {
            weights[columns::scenario(shape, s)] = -1;
            *quantity = 1;
        }
    }
    Case::of(rules(shape, None), risk, book(shape, quantities))
}

/// Books in the wrong places, and accounts that are not what the layout says, each with the lie that goes with it
/// and the name of the rule that says no.
pub fn places(shape: &'static Shape) -> Vec<(String, Case, Vec<Lie>)> {
    let risk = risk(shape);
    let len = shape.segment_len();
    let relation = &wiring(shape).relation;
    let none = || rules(shape, None);
    let mut out = Vec::new();

    // forbid: a slot that must stay empty holds something; said to be nothing in the slot's own contribution, in the
    // segment's total, in the book's.
    let defined = |id: Id| -> Vec<usize> {
        let rows = (0..relation.constraints()).filter(|r| relation.ids[*r] == id);
        rows.map(|r| relation.matrices[2][r][0].1).collect()
    };
    let (contributions, sums, totals) = (defined(Id::Column), defined(Id::SegmentSum), defined(Id::Total));
    for slot in 0..shape.slots {
        let mut marked = risk.clone();
        weights_of(shape, &mut marked, slot).fill(0);
        weights_of(shape, &mut marked, slot)[columns::FORBIDDEN] = 1;
        let case = Case::of(none(), marked, one_lot(shape, slot));
        let (k, columns) = (shape.forbidden_column(), shape.columns());
        let cells = [
            ("col", contributions[slot * columns + k]),
            ("sum", sums[slot / len * columns + k]),
            ("tot", totals[k]),
        ];
        for (rule, cell) in cells {
            let name = format!("{rule}: what slot {slot} holds, and may not, is left out");
            out.push((name, case.clone(), vec![(cell, -Fr::ONE)]));
        }
        out.push((format!("forbid: slot {slot} holds what it may not"), case, vec![]));
    }

    for segment in 0..shape.segments {
        // own: a segment without an account holds something.
        let mut unowned = risk.clone();
        unowned.layout.account[segment] = None;
        let mut active = one_lot(shape, segment * len);
        active.active = (0..shape.accounts)
            .map(|a| unowned.layout.account.iter().any(|x| x.map(usize::from) == Some(a)))
            .collect();
        let name = format!("own: segment {segment} holds something and no account owns it");
        out.push((name, Case::of(none(), unowned, active), vec![]));
    }
    // Activity is the first thing allocated after the square of the context.
    let activity = |account: usize| relation.inputs + 1 + account;
    let joins: Vec<usize> = (0..relation.constraints())
        .filter(|r| relation.ids[*r] == Id::Span)
        .map(|r| relation.matrices[2][r][0].1)
        .collect();
    let per_account = shape.segments - 1;
    for account in 0..shape.accounts {
        // act-3: an account that is not declared holds something.
        let first =
            risk.layout.account.iter().position(|a| a.map(usize::from) == Some(account)).expect("owns");
        let mut held = one_lot(shape, first * len);
        held.active[account] = false;
        let name = format!("act-3: account {account} is not declared and holds something");
        out.push((name, Case::of(none(), risk.clone(), held), vec![]));

        // act-1: an account that holds nothing is twice as active as it can be.
        let empty = book(shape, vec![0; shape.slots]);
        let twice = Case::of(none(), risk.clone(), empty.clone());
        let name = format!("act-1: account {account} is declared twice over");
        out.push((name, twice, vec![(activity(account), Fr::ONE)]));

        // act-2: an account without segments is declared.
        let mut without = risk.clone();
        let (one, other) = ((account + 1) % 3, (account + 2) % 3);
        without.layout.account = [one, other, other, other].map(|a| u16::try_from(a).ok()).to_vec();
        let declared = Case::of(none(), without.clone(), empty.clone());
        let name = format!("act-2: account {account} is declared and owns no segment");
        out.push((name, declared.clone(), vec![]));

        // span: the same account, said to begin where another one's segment is.
        for join in &joins[account * per_account..(account + 1) * per_account] {
            let name = format!("span: account {account} begins at another account's segment");
            out.push((name, declared.clone(), vec![(*join, -Fr::ONE)]));
        }
    }
    out
}

/// A statement about runs that is true, and what is claimed of one number of one strip: that it is one less than it must be.
pub struct Short {
    /// Which claim, in words.
    pub name: String,
    /// The statement.
    pub case: Case,
    /// The strip.
    pub strip: usize,
    /// The number: [`Runs::UNCOVERED`] or another.
    pub peak: usize,
}

/// For every bound along a run a statement in which it alone refuses a number that is one too small: calls sold at a strike and
/// bought at the next, payoffs that are below zero at one strike alone, and a number that changes within a run.
pub fn shorts(shape: &'static Shape) -> Vec<Short> {
    let mut out = Vec::new();
    let pairs = Runs::STRIP_PAIRS;
    let call = |strip: usize, pair: usize| 2 * (strip * pairs + pair);
    let case = |joint: Option<usize>, covered: bool, positions: &[(usize, i64)]| {
        let mut risk = risk(shape);
        risk.runs.used.fill(true);
        if let Some(strip) = joint {
            risk.runs.carry[strip] = true;
        }
        if covered {
            risk.runs.cover.fill(1);
        } else {
            risk.runs.gap.fill(1);
            risk.runs.coins.fill(1);
        }
        let mut quantities = vec![0; shape.slots];
        positions.iter().for_each(|(slot, lots)| quantities[*slot] += lots);
        Case::of(rules(shape, None), risk, book(shape, quantities))
    };
    // One unit short at one strike, and nowhere else.
    let uncovered = |strip: usize, pair: usize| {
        let mut legs = vec![(call(strip, pair), -1)];
        if pair + 1 < pairs {
            legs.push((call(strip, pair + 1), 1));
        }
        legs
    };
    let loss = |strip: usize, pair: usize| match pair {
        0 => vec![(call(strip, 1) + 1, -1)],
        last if last + 1 == pairs => vec![(call(strip, last - 1), -1)],
        _ => vec![(call(strip, pair - 1), -1), (call(strip, pair), 2), (call(strip, pair + 1), -1)],
    };
    for strip in 0..shape.strips {
        for pair in 0..pairs {
            let names = ["is covered", "loses nothing"]
                .map(|claim| format!("peak-3: strip {strip} {claim} at pair {pair}"));
            let [covered, paid] = names;
            let held = case(None, true, &uncovered(strip, pair));
            out.push(Short { name: covered, case: held, strip, peak: Runs::UNCOVERED });
            let held = case(None, false, &loss(strip, pair));
            out.push(Short { name: paid, case: held, strip, peak: Runs::EXPIRY_LOSS });
        }
        let held = case(None, true, &uncovered(strip, pairs - 1));
        let name = format!("peak-3: strip {strip} is covered beyond its strikes");
        out.push(Short { name, case: held, strip, peak: Runs::UPSIDE });
        if strip > 0 {
            // The strip before is short, this one is not, and they are one run.
            let name = |what: &str| {
                format!("peak-2: strip {strip} has another {what} than the strip that it continues")
            };
            let held = case(Some(strip), true, &uncovered(strip - 1, 5));
            out.push(Short { name: name("shortage"), case: held, strip, peak: Runs::UNCOVERED });
            let held = case(Some(strip), false, &loss(strip - 1, 5));
            out.push(Short { name: name("loss"), case: held, strip, peak: Runs::EXPIRY_LOSS });
        }
    }
    out
}
