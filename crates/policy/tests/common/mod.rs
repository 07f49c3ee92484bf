//! Random sheets and books on the tiny shape, and a reader of rows that both tests use.
#![allow(dead_code)]

use mandate_rows::{RowsError, least_witnesses, slacks};
use mandate_statement::{Digest, Layout, RiskPart, RowRef, RulesPart, Shape};
use proptest::prelude::*;

/// The tiny shape: 32 slots in 4 segments, 3 accounts, 3 assets.
pub fn tiny() -> &'static Shape {
    Shape::by_name("t32").unwrap()
}

/// The tiny shape with room for every construct.
pub static WIDE: Shape = Shape {
    name: "w32",
    slots: 32,
    segments: 4,
    signed: 8,
    absolute: 4,
    long: 2,
    short: 2,
    scenarios: 16,
    accounts: 3,
    assets: 3,
    group_rows: 24,
    account_rows: 24,
    asset_rows: 24,
    slot_rows: 4,
    global_rows: 96,
    local_witnesses: 12,
    local_bits: 4,
    global_witnesses: 40,
    global_bits: 40,
    strips: 0,
};

/// A part of the given weights: segments 0-1 are account 0 (one group where `join`), 2 is account 1, 3 is account 2.
pub fn risk(weights: Vec<i64>, join: bool, assets: [Option<u16>; 4]) -> RiskPart {
    RiskPart {
        model: "crypto-usd/1".into(),
        shape: "t32".into(),
        universe: Digest([1; 32]),
        snapshot: Digest([2; 32]),
        as_of: 1_770_000_000,
        layout: Layout {
            carry: vec![false, join, false, false],
            group_used: vec![!join, true, true, true],
            account: vec![Some(0), Some(0), Some(1), Some(2)],
            asset: assets.to_vec(),
        },
        weights,
        runs: mandate_statement::Runs::default(),
    }
}

/// Any weights: signs as the model promises, `lots` one on usable slots, `forbidden` one on slot 31.
pub fn any_risk() -> impl Strategy<Value = RiskPart> {
    let shape = tiny();
    let asset = proptest::option::weighted(0.8, 0u16..3);
    (
        proptest::collection::vec(
            prop_oneof![-9i64..10, -(1i64 << 30)..(1i64 << 30)],
            shape.slots * shape.columns(),
        ),
        any::<bool>(),
        [asset.clone(), asset.clone(), asset.clone(), asset],
    )
        .prop_map(move |(mut weights, join, assets)| {
            for (at, weight) in weights.iter_mut().enumerate() {
                let (slot, k) = (at / shape.columns(), at % shape.columns());
                if k == shape.lots_column() {
                    *weight = i64::from(slot != 31);
                } else if k == shape.forbidden_column() {
                    *weight = i64::from(slot == 31);
                } else if (shape.signed..shape.metrics()).contains(&k) {
                    *weight = weight.abs();
                }
            }
            risk(weights, join, assets)
        })
}

/// Any quantities and active accounts; mostly lawful, sometimes something in a slot that must be empty.
pub fn any_book() -> impl Strategy<Value = (Vec<i64>, Vec<bool>)> {
    let quantity = prop_oneof![
        3 => Just(0i64),
        4 => -20i64..20,
        2 => -(1i64 << 30)..(1i64 << 30),
        1 => Just((1i64 << 47) - 1),
        1 => Just(-(1i64 << 47)),
    ];
    let quantities = proptest::collection::vec(quantity, tiny().slots);
    (quantities, proptest::collection::vec(proptest::bool::weighted(0.8), 3), proptest::bool::weighted(0.9))
        .prop_map(|(mut quantities, active, lawful)| {
            if lawful {
                quantities[31] = 0;
                for (slot, q) in quantities.iter_mut().enumerate() {
                    let account = [0, 0, 1, 2][slot / 8];
                    if !active[account] {
                        *q = 0;
                    }
                }
            }
            (quantities, active)
        })
}

/// Whether all rows hold under the least filling, and what the circuit says of empty slots.
pub fn rows_hold(
    rules: &RulesPart,
    risk: &RiskPart,
    quantities: &[i64],
    active: &[bool],
) -> Result<bool, RowsError> {
    rows_hold_on(tiny(), rules, risk, quantities, active)
}

/// [`rows_hold`] on any shape of as many slots.
pub fn rows_hold_on(
    shape: &'static Shape,
    rules: &RulesPart,
    risk: &RiskPart,
    quantities: &[i64],
    active: &[bool],
) -> Result<bool, RowsError> {
    let empty = (0..shape.slots).all(|j| {
        let open = risk.layout.account[j / 8].is_some_and(|a| active[usize::from(a)]);
        quantities[j] == 0 || (open && risk.weights_of(shape, j)[shape.forbidden_column()] == 0)
    });
    Ok(empty && broken_rows(shape, rules, risk, quantities, active)?.is_empty())
}

/// Rows that fail somewhere under the least filling.
pub fn broken_rows(
    shape: &'static Shape,
    rules: &RulesPart,
    risk: &RiskPart,
    quantities: &[i64],
    active: &[bool],
) -> Result<Vec<RowRef>, RowsError> {
    let witnesses = least_witnesses(rules, risk, shape, quantities, active)?;
    let rows = slacks(rules, risk, shape, quantities, active, &witnesses)?;
    Ok(rows.iter().filter(|r| r.slack < 0).map(|r| r.row).collect())
}
