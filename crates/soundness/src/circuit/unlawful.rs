//! Statements of `t32` that are false in one place, and the one lawful statement that leaves room for lies.
//!
//! Their sheets are not ones that the checker accepts: they isolate a constraint, and a row must hold whatever the sheet.

use super::liar::Lie;
use super::setup::wiring;
use ark_bn254::Fr;
use ark_ff::Field;
use mandate_circuits::r1cs::Id;
use mandate_statement::{Family, GlobalVar, Layout, LocalVar, RiskPart, RowRef, RulesPart};
use mandate_testing::{Book, Case, RulesBuilder, columns, plain_risk_part, t32};

/// Every segment a group of its own; accounts 0, 0, 1, 2; assets 0, 1, 2, 0; no slot has to stay empty.
fn risk() -> RiskPart {
    let mut risk = plain_risk_part();
    risk.layout = Layout {
        carry: vec![false; 4],
        group_used: vec![true; 4],
        account: vec![Some(0), Some(0), Some(1), Some(2)],
        asset: vec![Some(0), Some(1), Some(2), Some(0)],
    };
    for slot in 0..t32().slots {
        let weights = weights_of(&mut risk, slot);
        if weights[columns::FORBIDDEN] == 1 {
            weights[columns::FORBIDDEN] = 0;
            weights[columns::LOTS] = 1;
            weights[columns::VALUE] = 1 << 20;
        }
    }
    risk
}

fn weights_of(risk: &mut RiskPart, slot: usize) -> &mut [i64] {
    let columns = t32().columns();
    &mut risk.weights[slot * columns..(slot + 1) * columns]
}

fn book(quantities: Vec<i64>) -> Book {
    Book { quantities, active: vec![true; t32().accounts] }
}

/// Cash in every segment, something small elsewhere; a carried group too.
fn rich(risk: &RiskPart) -> Book {
    let mut book = mandate_testing::solvent_book(risk, 1);
    book.active = vec![true; t32().accounts];
    book
}

/// A lawful statement whose mandate asks only for net asset value, of which there is plenty.
pub fn open() -> Case {
    let mut risk = risk();
    risk.layout.carry = vec![false, true, false, false];
    let book = rich(&risk);
    Case::modest(risk, book)
}

/// A row: its family, its position in it, its local and its global coefficients.
type Row<'a> = (Family, usize, &'a [(LocalVar, i128)], &'a [(GlobalVar, i128)]);

/// A mandate of one row, or of none.
fn rules(row: Option<Row<'_>>) -> RulesPart {
    let shape = t32();
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
fn one_lot(slot: usize) -> Book {
    let mut quantities = vec![0; t32().slots];
    quantities[slot] = 1;
    book(quantities)
}

/// For every row template and block the statement that this row at this block does not hold, and all else does: the
/// mandate says that no lots are held, and one is. Each with its name.
pub fn mandates() -> Vec<(String, Case)> {
    let (shape, risk) = (t32(), risk());
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
                let rules = rules(Some((row.0, row.1, &row.2, &[])));
                let name = format!("row {index} over {family:?} is broken at block {block}");
                out.push((name, Case::of(rules, risk.clone(), one_lot(slot_of(family, block)))));
            }
        }
    }
    for index in 0..shape.global_rows {
        let rules = rules(Some((Family::Global, index, &[], &[(GlobalVar::Total(columns::LOTS), -1)])));
        out.push((format!("row {index} over the book is broken"), Case::of(rules, risk.clone(), one_lot(0))));
    }
    out
}

/// A lawful statement in which scenario `s` alone loses: one unit in every segment.
pub fn scenario(s: usize) -> Case {
    let shape = t32();
    let mut risk = risk();
    let mut quantities = vec![0; shape.slots];
    for (slot, quantity) in quantities.iter_mut().enumerate() {
        let weights = weights_of(&mut risk, slot);
        weights[shape.metrics()..].fill(0);
        if slot % shape.segment_len() == 0 {
            weights[columns::scenario(shape, s)] = -1;
            *quantity = 1;
        }
    }
    Case::of(rules(None), risk, book(quantities))
}

/// Books in the wrong places, and accounts that are not what the layout says, each with the lie that goes with it
/// and the name of the rule that says no.
pub fn places() -> Vec<(String, Case, Vec<Lie>)> {
    let (shape, risk) = (t32(), risk());
    let len = shape.segment_len();
    let relation = &wiring(shape).relation;
    let none = || rules(None);
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
        weights_of(&mut marked, slot).fill(0);
        weights_of(&mut marked, slot)[columns::FORBIDDEN] = 1;
        let case = Case::of(none(), marked, one_lot(slot));
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
        let mut active = one_lot(segment * len);
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
        let mut held = one_lot(first * len);
        held.active[account] = false;
        let name = format!("act-3: account {account} is not declared and holds something");
        out.push((name, Case::of(none(), risk.clone(), held), vec![]));

        // act-1: an account that holds nothing is twice as active as it can be.
        let empty = book(vec![0; shape.slots]);
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
