//! Two readings of one sheet, integers and constraints, reach one verdict on every book, lawful or not.

use ark_bn254::Fr;
use mandate_circuits::r1cs::Id;
use mandate_statement::{Family, GlobalVar, InputLayout};
use mandate_testing::{Case, Defect, RulesBuilder, columns, t32, t32_relation};
use proptest::prelude::*;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn circuit_and_rows_agree(seed in any::<u64>(), other in any::<u64>()) {
        let risk = mandate_testing::risk_part(seed);
        for book in [mandate_testing::book(&risk, other), mandate_testing::solvent_book(&risk, other), mandate_testing::empty_book(&risk)] {
            let case = Case::of(mandate_testing::rules_part(other), risk.clone(), book);
            let violation = t32_relation().first_violation(&case.assignment());
            prop_assert_eq!(violation.is_none(), case.rows_hold(), "{:?}", violation);
        }
    }

    /// A book that breaks a law of the layout has no witness, whatever the rules say of it.
    #[test]
    fn defects_are_refused_by_their_own_id(seed in any::<u64>()) {
        let risk = mandate_testing::risk_part(seed);
        let (book, defect) = mandate_testing::unlawful_book(&risk, seed);
        let case = Case::of(RulesBuilder::new(t32()).build(), risk.clone(), mandate_testing::empty_book(&risk));
        let mut lying = Case { book, ..case };
        if let Defect::Range(slot) = defect {
            // No commitment opens to such a quantity; the nearest lie is the residue of its offset encoding.
            lying.book.quantities[slot] = mandate_statement::QUANTITY_LIMIT - 1;
        } else {
            let commitments = mandate_testing::commitments(t32(), &risk, &lying.book, &lying.blindings);
            lying.inputs = mandate_circuits::r1cs::public_inputs(t32(), &mandate_testing::context(), &commitments, &lying.rules, &risk);
        }
        let z = lying.assignment();
        let broken: Vec<Id> = (0..t32_relation().constraints()).filter(|r| !t32_relation().row_holds(*r, &z)).map(|r| t32_relation().ids[r]).collect();
        let wanted = match defect {
            Defect::Forbidden(_) => vec![Id::Forbidden],
            Defect::Inactive(_) => vec![Id::ActiveHolds],
            Defect::Range(_) => vec![Id::Commitment],
        };
        for id in wanted {
            prop_assert!(broken.contains(&id), "{:?} broke {:?}", defect, broken);
        }
    }
}

/// Net asset value one unit below the limit, on it, and one above, at the extremes of the width too.
#[test]
fn the_limit_is_lawful_and_one_unit_past_it_is_not() {
    let risk = mandate_testing::plain_risk_part();
    let book = mandate_testing::solvent_book(&risk, 3);
    let totals = mandate_rows::totals(&risk, t32(), &book.quantities).expect("in range");
    let nav = totals.book[columns::VALUE] - totals.book[t32().lots_column()];
    for (min_nav, holds) in [(nav - 1, true), (nav, true), (nav + 1, false), (1, nav >= 1)] {
        let case = Case::of(RulesBuilder::new(t32()).min_nav(min_nav).build(), risk.clone(), book.clone());
        let violation = t32_relation().first_violation(&case.assignment());
        assert_eq!(violation.is_none(), holds, "minimum {min_nav} of {nav}: {violation:?}");
        if !holds {
            assert_eq!(violation.map(|v| v.1), Some(Id::GlobalRow));
        }
    }
}

/// A net asset value of -1, 0 and 1 against a minimum of one unit.
#[test]
fn the_empty_and_the_insolvent_book() {
    let risk = mandate_testing::plain_risk_part();
    let empty = mandate_testing::empty_book(&risk);
    let case = Case::of(RulesBuilder::new(t32()).build(), risk, empty);
    assert_eq!(t32_relation().first_violation(&case.assignment()).map(|v| v.1), Some(Id::GlobalRow));
}

/// The native commitment and the circuit's are one function: another blinding, book or universe does not open it.
#[test]
fn commitments_open_only_to_their_book() {
    let case = Case::lawful();
    assert!(t32_relation().holds(&case.assignment()));
    let account = case.book.active.iter().position(|a| *a).expect("an account");
    let refuses = |case: &Case| {
        let z = case.assignment();
        (0..t32_relation().constraints())
            .any(|r| t32_relation().ids[r] == Id::Commitment && !t32_relation().row_holds(r, &z))
    };
    let mut other = Case { blindings: case.blindings.clone(), ..Case::lawful() };
    other.blindings[account] += Fr::from(1u64);
    assert!(refuses(&other), "another blinding");

    let mut other = Case::lawful();
    other.inputs[InputLayout::of(t32()).risk] += Fr::from(1u64);
    assert!(refuses(&other), "another universe");

    for slot in 0..t32().slots {
        let mut other = Case::lawful();
        other.book.quantities[slot] += 1;
        let owned = other.risk.layout.account[slot / t32().segment_len()]
            .is_some_and(|a| other.book.active[usize::from(a)]);
        assert_eq!(refuses(&other), owned, "slot {slot}");
    }

    // An account that is declared cannot be passed over, nor one that is not be slipped in.
    let mut other = Case::lawful();
    other.book.active[account] = false;
    assert!(refuses(&other), "declared, but said to be empty");
    let mut other = Case::lawful();
    other.inputs[InputLayout::of(t32()).commitments + account] = Fr::from(0u64);
    assert!(refuses(&other), "committed, but not declared");
}

/// Swapping the commitments of two accounts is refused: each absorbs its own index and range.
#[test]
fn commitments_keep_their_places() {
    let case = Case::lawful();
    let at = InputLayout::of(t32()).commitments;
    let present: Vec<usize> = (0..t32().accounts).filter(|a| case.inputs[at + a] != Fr::from(0u64)).collect();
    assert!(present.len() >= 2, "two accounts to swap");
    let mut other = Case::lawful();
    other.inputs.swap(at + present[0], at + present[1]);
    assert!(!t32_relation().holds(&other.assignment()));
}

/// Long at one venue and short at another is gross 200, not 0.
#[test]
fn gross_does_not_net_across_accounts() {
    let risk = mandate_testing::plain_risk_part();
    let mut book = mandate_testing::solvent_book(&risk, 1);
    let usable = mandate_testing::usable_slots(t32(), &risk);
    let account = |j: usize| risk.layout.account[j / t32().segment_len()];
    let a = usable[0];
    let b = *usable.iter().find(|j| account(**j) != account(a)).expect("two accounts");
    let weight = |j: usize| risk.weights_of(t32(), j)[columns::GROSS];
    let before = mandate_rows::totals(&risk, t32(), &book.quantities).expect("in range").book[columns::GROSS]
        - i128::from(weight(a)) * i128::from(book.quantities[a].abs())
        - i128::from(weight(b)) * i128::from(book.quantities[b].abs());
    (book.quantities[a], book.quantities[b]) = (100, -100);
    let gross = before + 100 * i128::from(weight(a)) + 100 * i128::from(weight(b));
    for (limit, holds) in [(gross, true), (gross - 1, false)] {
        let rules = RulesBuilder::new(t32())
            .row(
                "gross",
                Family::Global,
                &[],
                &[(GlobalVar::Total(columns::GROSS), -1), (GlobalVar::One, limit)],
            )
            .build();
        let case = Case::of(rules, risk.clone(), book.clone());
        assert_eq!(t32_relation().holds(&case.assignment()), holds);
    }
}
