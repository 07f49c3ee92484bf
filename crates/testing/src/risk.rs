//! Lawful risk parts.

use crate::{columns, runs, stream};
use mandate_statement::{Digest, Layout, Mode, RiskPart, Runs, Shape, WEIGHT_SUM_BITS, keccak};
use proptest::prelude::*;
use rand::Rng;

/// The tiny shape: 32 slots in 4 segments, 3 accounts, 3 assets.
pub fn t32() -> &'static Shape {
    Shape::by_name("t32").expect("`t32` is a default shape")
}

/// One fixed layout of `t32`: account 0 has segments 0 and 1 as one group (carried), accounts 1 and 2 one segment each;
/// asset 0 is segments 0, 1 and 3 (so it lies in two accounts), asset 1 is segment 2.
pub fn lawful_layout() -> Layout {
    Layout {
        carry: vec![false, true, false, false],
        group_used: vec![false, true, true, true],
        account: vec![Some(0), Some(0), Some(1), Some(2)],
        asset: vec![Some(0), Some(0), Some(1), Some(0)],
    }
}

/// A random lawful layout of `shape`: accounts as runs in order, groups with carries inside them, one of each account and
/// asset, assets across accounts, and up to a quarter of the segments unowned at the end. Segment 0 always belongs to account 0.
pub fn layout(shape: &Shape, seed: u64) -> Layout {
    let mut rng = stream(1, seed);
    let owned = shape.segments - rng.gen_range(0..=shape.segments / 4);
    let index = |i: usize| u16::try_from(i).expect("shapes have few accounts and assets");
    let (mut account, mut asset) = (0, rng.gen_range(0..shape.assets));
    let mut out = Layout {
        carry: vec![false; shape.segments],
        group_used: vec![false; shape.segments],
        account: vec![None; shape.segments],
        asset: vec![None; shape.segments],
    };
    let mut groups = std::collections::BTreeSet::from([(account, asset)]);
    for segment in 0..owned {
        if segment > 0 {
            let roll = rng.gen_range(0..4);
            let next = if roll == 0 { asset } else { rng.gen_range(0..shape.assets) };
            account += usize::from(roll > 1 && account + 1 < shape.accounts);
            if groups.insert((account, next)) {
                asset = next;
            } else {
                out.carry[segment] = true;
            }
        }
        out.account[segment] = Some(index(account));
        out.asset[segment] = Some(index(asset));
    }
    for segment in 0..owned {
        out.group_used[segment] = segment + 1 == owned || !out.carry[segment + 1];
    }
    out
}

/// What a made-up slot holds.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Cash,
    Spot,
    Perpetual,
    Option,
    Forbidden,
}

/// Weights of one slot, in column order: magnitudes from `2^20` to below `top`.
pub(crate) fn slot_weights(shape: &Shape, kind: Kind, top: i64, rng: &mut impl Rng) -> Vec<i64> {
    let mut w = vec![0i64; shape.columns()];
    let at = |column| columns::of(shape, column);
    if kind == Kind::Forbidden {
        w[at(columns::FORBIDDEN)] = 1;
        return w;
    }
    w[at(columns::LOTS)] = 1;
    let face = rng.gen_range(1i64 << 20..top / 4);
    let value = match kind {
        Kind::Perpetual => 0,
        Kind::Option => face / rng.gen_range(2..50),
        _ => face,
    };
    let haircut = rng.gen_range(0..=50);
    w[at(columns::VALUE)] = value;
    w[at(columns::ASSETS)] = value / 100 * (100 - haircut);
    w[at(columns::LIABILITIES)] = value + value / 100 * haircut;
    if kind == Kind::Cash {
        w[at(columns::CASH)] = value;
        return w;
    }
    let delta = if kind == Kind::Option { rng.gen_range(-face..=face) } else { face };
    w[at(columns::DELTA)] = delta;
    w[at(columns::GROSS)] = delta.abs().max(1);
    for k in [columns::NOTIONAL, columns::LONG, columns::SHORT] {
        w[at(k)] = face;
    }
    if kind == Kind::Option {
        w[at(columns::PREMIUM)] = value;
        w[at(columns::GAMMA)] = rng.gen_range(0..=face / 8);
        w[at(columns::VEGA)] = rng.gen_range(0..=face / 8);
        w[at(columns::THETA)] = -rng.gen_range(0..=face / 8);
    }
    for s in 0..shape.scenarios {
        w[columns::scenario(shape, s)] = rng.gen_range(-face..=face) / 2;
    }
    w
}

fn part(shape: &Shape, layout: Layout, seed: u64) -> RiskPart {
    let mut rng = stream(2, seed);
    let len = shape.segment_len();
    // Half of what the column bound leaves to each slot; lots and mark-ups stay inside too.
    let top = (1i64 << (WEIGHT_SUM_BITS - 1)) / i64::try_from(shape.slots).expect("shapes are small");
    let mut weights = Vec::with_capacity(shape.slots * shape.columns());
    for slot in 0..shape.slots {
        let owned = layout.account[slot / len].is_some();
        let kind = match (owned, slot % len, rng.gen_range(0..8)) {
            (false, ..) => Kind::Forbidden,
            (true, 0, _) => Kind::Cash,
            (true, _, 0 | 1) => Kind::Forbidden,
            (true, _, 2) => Kind::Spot,
            (true, _, 3 | 4) => Kind::Perpetual,
            // Where there are runs, options stand in them.
            _ if shape.strips > 0 => Kind::Spot,
            _ => Kind::Option,
        };
        weights.extend(slot_weights(shape, kind, top, &mut rng));
    }
    let mut out = RiskPart {
        model: "crypto-usd/1".to_owned(),
        shape: shape.name.to_owned(),
        universe: named("universe", seed),
        snapshot: named("snapshot", seed),
        as_of: 1_770_249_600,
        layout,
        weights,
        runs: Runs::none(shape),
    };
    runs::put(shape, &mut out, seed, top);
    out
}

fn named(what: &str, seed: u64) -> Digest {
    keccak(format!("mandate/testing/{what}/{seed}").as_bytes())
}

/// A lawful risk part on [`t32`] with [`lawful_layout`] and made-up weights: the first slot of every segment is cash,
/// the others spot, perpetuals, options and slots that must stay empty.
pub fn plain_risk_part() -> RiskPart {
    part(t32(), lawful_layout(), 0)
}
/// A lawful risk part on [`t32`] with a random layout.
pub fn risk_part(seed: u64) -> RiskPart {
    risk_part_for(t32(), seed)
}
/// A lawful risk part on `shape` with a random layout. The first slot of every owned segment is cash.
pub fn risk_part_for(shape: &Shape, seed: u64) -> RiskPart {
    part(shape, layout(shape, seed), seed)
}
/// A risk part at the edge of the bounds: in every money column the magnitudes sum to exactly `2^41 - 1`, and signed
/// and scenario columns have both signs. Lawful, but for nothing that a market would give.
pub fn full_width_risk_part(shape: &Shape, seed: u64) -> RiskPart {
    let mut out = risk_part_for(shape, seed);
    let usable = usable_slots(shape, &out);
    let mut rng = stream(3, seed);
    let limit = (1i64 << WEIGHT_SUM_BITS) - 1;
    let count = i64::try_from(usable.len()).expect("shapes are small");
    let (share, rest) = (limit / count, limit % count);
    for (n, &slot) in usable.iter().enumerate() {
        let marks = [shape.lots_column(), shape.forbidden_column()];
        for k in (0..shape.columns()).filter(|k| !marks.contains(k)) {
            // What has a premium is an option, and where there are runs options stand in them.
            if shape.strips > 0 && k == columns::PREMIUM && out.runs.coins[slot] == 0 {
                continue;
            }
            let magnitude = share + if n == 0 { rest } else { 0 };
            let of_value = [columns::VALUE, columns::CASH, columns::UNSETTLED, columns::PREMIUM].contains(&k);
            let signed = matches!(shape.mode(k), Mode::Signed | Mode::Scenario) && !of_value;
            let sign = if signed && rng.gen_bool(0.5) { -1 } else { 1 };
            out.weights[slot * shape.columns() + k] = sign * magnitude;
        }
    }
    out
}
/// The slots of `risk` that may hold something, in order.
///
/// # Panics
/// If `risk` is not of `shape`.
pub fn usable_slots(shape: &Shape, risk: &RiskPart) -> Vec<usize> {
    (0..shape.slots).filter(|&slot| risk.weights_of(shape, slot)[shape.lots_column()] == 1).collect()
}

/// [`layout`] of [`t32`] over all seeds.
pub fn any_layout() -> impl Strategy<Value = Layout> {
    any::<u64>().prop_map(|seed| layout(t32(), seed))
}
/// [`risk_part`] over all seeds.
pub fn any_risk_part() -> impl Strategy<Value = RiskPart> {
    any::<u64>().prop_map(risk_part)
}

#[cfg(test)]
mod tests {
    use super::*;
    use mandate_statement::SHAPES;

    #[test]
    fn fixtures_have_their_shape_and_stay_below_the_column_bound() {
        for shape in &SHAPES {
            for seed in 0..4 {
                for part in [risk_part_for(shape, seed), full_width_risk_part(shape, seed)] {
                    assert_eq!(part.shape().unwrap().name, shape.name);
                    for k in 0..shape.columns() {
                        let sum: i64 = (0..shape.slots).map(|j| part.weights_of(shape, j)[k].abs()).sum();
                        assert!(sum < 1 << WEIGHT_SUM_BITS, "{} column {k}: {sum}", shape.name);
                    }
                }
            }
        }
    }

    #[test]
    fn a_seed_names_a_part() {
        assert_eq!(risk_part(7), risk_part(7));
        assert_ne!(risk_part(7).digest(), risk_part(8).digest());
        assert_eq!(plain_risk_part().layout, lawful_layout());
    }
}
