//! Books: quantities per slot, lawful for a layout or breaking one named law of it.

use crate::risk::usable_slots;
use crate::{columns, stream};
use mandate_statement::{QUANTITY_LIMIT, RiskPart, Shape};
use proptest::prelude::*;
use rand::Rng;

/// Quantities at and next to the ends of their range, in lots.
pub const EDGE_QUANTITIES: [i64; 7] =
    [0, 1, -1, QUANTITY_LIMIT - 1, 1 - QUANTITY_LIMIT, -QUANTITY_LIMIT, QUANTITY_LIMIT / 2];

/// A book for one risk part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Book {
    /// One quantity per slot of the shape, in lots.
    pub quantities: Vec<i64>,
    /// One mark per account index of the shape: whether the account is declared.
    pub active: Vec<bool>,
}

/// Which law of the layout a book breaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Defect {
    /// Something in this slot, which must stay empty.
    Forbidden(usize),
    /// Something in this slot, whose account is not active.
    Inactive(usize),
    /// A quantity of `2^47` or beyond in this slot.
    Range(usize),
}

/// The seeds' shape; fixtures always have one.
fn shape_of(risk: &RiskPart) -> &'static Shape {
    risk.shape().expect("fixtures have the lengths of their shape")
}

fn account_of(shape: &Shape, risk: &RiskPart, slot: usize) -> Option<usize> {
    risk.layout.account[slot / shape.segment_len()].map(usize::from)
}

/// Zero, one, the ends of the range, or any size in between, either sign.
fn quantity(rng: &mut impl Rng) -> i64 {
    match rng.gen_range(0..8) {
        0..=2 => 0,
        3 => EDGE_QUANTITIES[rng.gen_range(0..EDGE_QUANTITIES.len())],
        4 | 5 => rng.gen_range(-1000..=1000),
        _ => {
            let limit = 1i64 << rng.gen_range(1..48);
            rng.gen_range(-limit..limit)
        }
    }
}

/// Every quantity zero and every account of the layout active.
pub fn empty_book(risk: &RiskPart) -> Book {
    let shape = shape_of(risk);
    let used = |a: usize| risk.layout.account.iter().flatten().any(|x| usize::from(*x) == a);
    Book { quantities: vec![0; shape.slots], active: (0..shape.accounts).map(used).collect() }
}
/// Quantities that the layout allows, every account active: slots that must stay empty are zero, the others take every
/// size from zero to the ends of the range.
pub fn quantities(risk: &RiskPart, seed: u64) -> Vec<i64> {
    let mut rng = stream(4, seed);
    let mut out = empty_book(risk).quantities;
    for slot in usable_slots(shape_of(risk), risk) {
        out[slot] = quantity(&mut rng);
    }
    out
}
/// A book that the layout allows, with some accounts not active (and empty). Whether it keeps the rules is open.
pub fn book(risk: &RiskPart, seed: u64) -> Book {
    let shape = shape_of(risk);
    let mut rng = stream(5, seed);
    let mut out = Book { quantities: quantities(risk, seed), ..empty_book(risk) };
    for active in &mut out.active {
        *active &= rng.gen_range(0..4) > 0;
    }
    for slot in 0..shape.slots {
        if account_of(shape, risk, slot).is_none_or(|a| !out.active[a]) {
            out.quantities[slot] = 0;
        }
    }
    out
}
/// A book with much cash in every account and small positions, short and long, elsewhere: it keeps most rules.
pub fn solvent_book(risk: &RiskPart, seed: u64) -> Book {
    let shape = shape_of(risk);
    let mut rng = stream(6, seed);
    let mut out = empty_book(risk);
    for slot in usable_slots(shape, risk) {
        let cash = risk.weights_of(shape, slot)[columns::CASH] != 0;
        out.quantities[slot] = if cash { rng.gen_range(1 << 40..1 << 42) } else { rng.gen_range(-9..=9) };
    }
    out
}
/// A book that breaks exactly one law of the layout, and which.
pub fn unlawful_book(risk: &RiskPart, seed: u64) -> (Book, Defect) {
    let shape = shape_of(risk);
    let mut rng = stream(7, seed);
    let mut out = book(risk, seed);
    let usable = usable_slots(shape, risk);
    let something =
        |rng: &mut rand_chacha::ChaCha8Rng| [1, -1, 1 << 40, -QUANTITY_LIMIT][rng.gen_range(0..4)];
    let forbidden: Vec<usize> = (0..shape.slots).filter(|j| !usable.contains(j)).collect();
    let defect = match rng.gen_range(0..3) {
        0 if !forbidden.is_empty() => Defect::Forbidden(forbidden[rng.gen_range(0..forbidden.len())]),
        1 => Defect::Inactive(usable[rng.gen_range(0..usable.len())]),
        _ => Defect::Range(usable[rng.gen_range(0..usable.len())]),
    };
    let revive = |out: &mut Book, slot: usize| {
        if let Some(a) = account_of(shape, risk, slot) {
            out.active[a] = true;
        }
    };
    match defect {
        Defect::Forbidden(slot) => {
            revive(&mut out, slot);
            out.quantities[slot] = something(&mut rng);
        }
        Defect::Inactive(slot) => {
            let account = account_of(shape, risk, slot).expect("a usable slot has an account");
            out.active[account] = false;
            for j in (0..shape.slots).filter(|j| account_of(shape, risk, *j) == Some(account)) {
                out.quantities[j] = 0;
            }
            out.quantities[slot] = something(&mut rng);
        }
        Defect::Range(slot) => {
            revive(&mut out, slot);
            out.quantities[slot] =
                [QUANTITY_LIMIT, -QUANTITY_LIMIT - 1, i64::MAX, i64::MIN][rng.gen_range(0..4)];
        }
    }
    (out, defect)
}

/// [`quantities`] of `risk` over all seeds.
pub fn any_quantities(risk: RiskPart) -> impl Strategy<Value = Vec<i64>> {
    any::<u64>().prop_map(move |seed| quantities(&risk, seed))
}
/// [`book`] of `risk` over all seeds.
pub fn any_book(risk: RiskPart) -> impl Strategy<Value = Book> {
    any::<u64>().prop_map(move |seed| book(&risk, seed))
}
/// [`unlawful_book`] of `risk` over all seeds.
pub fn any_unlawful_book(risk: RiskPart) -> impl Strategy<Value = (Book, Defect)> {
    any::<u64>().prop_map(move |seed| unlawful_book(&risk, seed))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::risk_part;

    /// The laws of the layout, written out once more.
    fn laws_kept(risk: &RiskPart, book: &Book) -> bool {
        let shape = shape_of(risk);
        book.quantities.iter().enumerate().all(|(slot, &q)| {
            let active = account_of(shape, risk, slot).is_some_and(|a| book.active[a]);
            let usable = risk.weights_of(shape, slot)[shape.forbidden_column()] == 0;
            q == 0 || (active && usable && (-QUANTITY_LIMIT..QUANTITY_LIMIT).contains(&q))
        })
    }

    proptest! {
        #[test]
        fn books_keep_or_break_the_layout_as_they_say(risk in crate::any_risk_part(), seed in any::<u64>()) {
            prop_assert!(laws_kept(&risk, &empty_book(&risk)));
            prop_assert!(laws_kept(&risk, &book(&risk, seed)));
            prop_assert!(laws_kept(&risk, &solvent_book(&risk, seed)));
            let (bad, defect) = unlawful_book(&risk, seed);
            prop_assert!(!laws_kept(&risk, &bad), "{:?}", defect);
            let (Defect::Forbidden(slot) | Defect::Inactive(slot) | Defect::Range(slot)) = defect;
            let mut healed = bad;
            healed.quantities[slot] = 0;
            prop_assert!(laws_kept(&risk, &healed), "{:?}", defect);
        }
    }

    #[test]
    fn edges_occur() {
        let seen: std::collections::BTreeSet<i64> =
            (0..200).flat_map(|seed| quantities(&risk_part(seed), seed)).collect();
        for edge in EDGE_QUANTITIES {
            assert!(seen.contains(&edge), "{edge}");
        }
    }
}
