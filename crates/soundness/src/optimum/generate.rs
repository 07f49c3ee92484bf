//! Random rules, markets and books by seed: every construct of the language, and books of every kind.

use super::language::{Comparison, Factor, Node, Over, Rule, Sign, column};
use mandate_statement::{Family, Mode, QUANTITY_LIMIT, RiskPart};
use mandate_testing::{Book, columns, t32};
use num_bigint::BigInt;
use num_rational::BigRational;
use num_traits::One;
use rand::{Rng, SeedableRng, seq::SliceRandom};
use rand_chacha::ChaCha8Rng;

/// The names under which rules read columns of money.
pub const COLUMNS: [&str; 16] = [
    "nav",
    "net",
    "value",
    "delta",
    "gamma",
    "vega",
    "theta",
    "cash",
    "unsettled",
    "premium",
    "gross",
    "notional",
    "assets",
    "long",
    "liabilities",
    "short",
];

/// The stream of a seed.
pub fn stream(domain: u64, seed: u64) -> ChaCha8Rng {
    let mut key = [0u8; 32];
    key[..8].copy_from_slice(&seed.to_le_bytes());
    key[8..16].copy_from_slice(&domain.to_le_bytes());
    ChaCha8Rng::from_seed(key)
}

fn factor(rng: &mut ChaCha8Rng) -> Factor {
    let n = |rng: &mut ChaCha8Rng, top: i64| rng.gen_range(1..top);
    let (text, num, den) = match rng.gen_range(0..6) {
        0 => {
            let k = n(rng, 20);
            (k.to_string(), k, 1)
        }
        1 => {
            let k = n(rng, 200);
            (format!("{k}%"), k, 100)
        }
        2 => {
            let k = n(rng, 2000);
            (format!("{k} bps"), k, 10_000)
        }
        3 => {
            let k = n(rng, 1000);
            (format!("0.{k:03}"), k, 1000)
        }
        4 => {
            let k = n(rng, 100_000);
            (format!("{}.{:04}", k / 10_000, k % 10_000), k, 10_000)
        }
        _ => {
            let (a, b) = (n(rng, 9), n(rng, 9));
            (format!("{a} / {b}"), a, b)
        }
    };
    Factor { text, value: BigRational::new(num.into(), den.into()) }
}

fn amount(rng: &mut ChaCha8Rng) -> BigInt {
    match rng.gen_range(0..4) {
        0 => BigInt::from(0),
        1 => BigInt::from(rng.gen_range(1..100i64)),
        2 => BigInt::from(rng.gen_range(1..1_000_000_000_000i64)),
        _ => BigInt::from(rng.gen_range(1..1_000_000i64)) * 10_000_000_000u64,
    }
}

fn over(rng: &mut ChaCha8Rng, here: Option<Family>) -> Over {
    if here.is_some() && rng.gen_range(0..4) > 0 { Over::Block } else { Over::All }
}

/// A sum of columns and amounts.
fn affine(rng: &mut ChaCha8Rng, here: Option<Family>, depth: u32) -> Node {
    let again = |rng: &mut ChaCha8Rng| Box::new(affine(rng, here, depth - 1));
    match if depth == 0 { 0 } else { rng.gen_range(0..9) } {
        0..=3 => {
            let place = over(rng, here);
            column(COLUMNS.choose(rng).expect("not empty"), place)
        }
        4 => Node::Plus(again(rng), again(rng)),
        5 => Node::Minus(again(rng), again(rng)),
        6 => Node::Times(factor(rng), again(rng)),
        7 if rng.gen_bool(0.5) => Node::Divided(again(rng), factor_whole(rng)),
        7 => Node::Plus(again(rng), Box::new(Node::Money(amount(rng)))),
        _ => Node::Negative(again(rng)),
    }
}

fn factor_whole(rng: &mut ChaCha8Rng) -> Factor {
    let k = rng.gen_range(2..30i64);
    Factor { text: k.to_string(), value: BigRational::from(BigInt::from(k)) }
}

/// Something bounded from above.
fn convex(rng: &mut ChaCha8Rng, here: Option<Family>, depth: u32, sums: bool) -> Node {
    let again = |rng: &mut ChaCha8Rng| Box::new(convex(rng, here, depth - 1, sums));
    let worst = match here {
        Some(f) if f.has_worst() => over(rng, here),
        _ => Over::All,
    };
    match if depth == 0 { rng.gen_range(0..3) } else { rng.gen_range(0..14) } {
        0 => affine(rng, here, 1),
        1 => Node::Worst(worst),
        2 => Node::Abs(Box::new(affine(rng, here, 1))),
        3 | 4 if sums => {
            let family = *[Family::Group, Family::Account, Family::Asset].choose(rng).expect("not empty");
            Node::Sum(family, Box::new(convex(rng, Some(family), depth - 1, false)))
        }
        3..=5 => Node::Max(vec![*again(rng), *again(rng)]),
        6 => Node::Pos(again(rng)),
        7 => Node::Plus(again(rng), again(rng)),
        8 => Node::Minus(again(rng), Box::new(concave(rng, here))),
        9 => Node::Times(factor(rng), again(rng)),
        10 => Node::Divided(again(rng), factor_whole(rng)),
        11 | 12 => tiers(rng, again),
        _ => Node::Negative(Box::new(concave(rng, here))),
    }
}

fn tiers(rng: &mut ChaCha8Rng, argument: impl Fn(&mut ChaCha8Rng) -> Box<Node>) -> Node {
    let argument = argument(rng);
    let mut from = if rng.gen_bool(0.3) { -amount(rng) } else { amount(rng) };
    let mut bps = rng.gen_range(0..100i64);
    let steps = (0..rng.gen_range(1..4))
        .map(|_| {
            let step = (
                from.clone(),
                Factor { text: format!("{bps} bps"), value: BigRational::new(bps.into(), 10_000.into()) },
            );
            from += amount(rng) + BigInt::one();
            bps += rng.gen_range(0..300i64);
            step
        })
        .collect();
    Node::Tiers(argument, steps)
}

/// Something bounded from below.
fn concave(rng: &mut ChaCha8Rng, here: Option<Family>) -> Node {
    match rng.gen_range(0..6) {
        0..=3 => affine(rng, here, 2),
        4 => Node::Min(vec![affine(rng, here, 1), affine(rng, here, 1)]),
        _ => Node::Minus(Box::new(affine(rng, here, 1)), Box::new(convex(rng, here, 1, false))),
    }
}

fn compare(rng: &mut ChaCha8Rng, small: Node, large: Node) -> Comparison {
    let (left, sign, right) = match rng.gen_range(0..6) {
        0 | 1 => (small, Sign::AtMost, large),
        2 => (small, Sign::Below, large),
        3 | 4 => (large, Sign::AtLeast, small),
        _ => (large, Sign::Above, small),
    };
    Comparison { left, ratio: None, sign, right }
}

/// A rule. One in three is a single construct against net asset value or an amount; the others are nested.
pub fn rule(rng: &mut ChaCha8Rng) -> Rule {
    let family = *[
        Family::Global,
        Family::Global,
        Family::Global,
        Family::Group,
        Family::Group,
        Family::Account,
        Family::Asset,
        Family::Slot,
    ]
    .choose(rng)
    .expect("not empty");
    let here = (family != Family::Global).then_some(family);
    if family == Family::Slot {
        // One row over instruments is all that the smallest shape has.
        let large = if rng.gen_bool(0.5) {
            Node::Min(vec![affine(rng, None, 1), affine(rng, None, 1)])
        } else {
            affine(rng, here, 1)
        };
        let small = affine(rng, here, 1);
        return Rule { family, comparisons: vec![compare(rng, small, large)] };
    }
    let plain = rng.gen_bool(0.35);
    let comparison = |rng: &mut ChaCha8Rng| {
        let depth = if plain { 1 } else { 2 };
        let small = convex(rng, here, depth, true);
        let large = if plain { affine(rng, here, 1) } else { concave(rng, here) };
        if rng.gen_range(0..6) > 0 {
            return compare(rng, small, large);
        }
        let below = if rng.gen_bool(0.8) { affine(rng, here, 0) } else { concave(rng, here) };
        let place = over(rng, here);
        let flat = column(COLUMNS.choose(rng).expect("not empty"), place);
        // A ratio from below multiplies its denominator by the limit on the smaller side: that one stays affine.
        match rng.gen_range(0..2) {
            0 => {
                Comparison { left: small, ratio: Some((below, factor(rng))), sign: Sign::AtMost, right: flat }
            }
            _ => {
                let left = concave(rng, here);
                let limit = factor(rng);
                Comparison { left, ratio: Some((flat.clone(), limit)), sign: Sign::AtLeast, right: flat }
            }
        }
    };
    let count = if rng.gen_range(0..6) == 0 { 2 } else { 1 };
    Rule { family, comparisons: (0..count).map(|_| comparison(rng)).collect() }
}

/// A market: weights like real ones, or small, or any that the circuit takes.
pub fn market(seed: u64) -> RiskPart {
    let shape = t32();
    let mut rng = stream(21, seed);
    let mut risk = mandate_testing::risk_part(seed);
    let kind = rng.gen_range(0..3);
    if kind == 0 {
        return risk;
    }
    let top = if kind == 1 { 9i64 } else { 1 << 34 };
    for slot in mandate_testing::usable_slots(shape, &risk) {
        for k in (0..shape.columns()).filter(|k| *k != columns::LOTS && *k != columns::FORBIDDEN) {
            let signed = matches!(shape.mode(k), Mode::Signed | Mode::Scenario);
            risk.weights[slot * shape.columns() + k] = rng.gen_range(if signed { -top } else { 0 }..=top);
        }
    }
    risk
}

/// A book that the layout allows, of one of several kinds.
pub fn book(risk: &RiskPart, seed: u64) -> Book {
    let mut rng = stream(22, seed);
    match rng.gen_range(0..6) {
        0 => mandate_testing::empty_book(risk),
        1 => mandate_testing::book(risk, seed),
        2 => mandate_testing::solvent_book(risk, seed),
        kind => {
            let mut out = mandate_testing::empty_book(risk);
            let top = [5, 1000, QUANTITY_LIMIT - 1][kind - 3];
            for slot in mandate_testing::usable_slots(t32(), risk) {
                if rng.gen_bool(0.4) {
                    out.quantities[slot] = rng.gen_range(-top..=top);
                }
            }
            // Owning something large, so that net asset value leaves the verdict to the rules.
            let (slot, weight) = (0..t32().slots)
                .map(|j| (j, risk.weights_of(t32(), j)[columns::VALUE]))
                .max_by_key(|(_, w)| *w)
                .expect("not empty");
            if weight > 1 && rng.gen_bool(0.8) {
                out.quantities[slot] = 1 << rng.gen_range(20..47);
            }
            out
        }
    }
}
