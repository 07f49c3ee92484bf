//! Two readings of one sheet, integers and constraints, reach one verdict on every book, lawful or not.

use ark_bn254::Fr;
use mandate_circuits::r1cs::Id;
use mandate_statement::{Family, GlobalVar, InputLayout, LocalVar, RiskPart, RulesPart};
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

/// Rules with bits and free witnesses, limits drawn so that books keep some and break others.
fn chosen_rules(seed: u64, limit: i128) -> RulesPart {
    const M: i128 = 1 << 100;
    let (value, lots) = (GlobalVar::Total(columns::VALUE), GlobalVar::Total(columns::LOTS));
    let (gross, own_lots) = (LocalVar::Total(columns::GROSS), LocalVar::Total(columns::LOTS));
    let share = i128::from(seed % 7) + 1;
    let loss = |s| (GlobalVar::Total(columns::scenario(t32(), s)), 1);
    let rule = |b: RulesBuilder, family, local: &[(LocalVar, i128)], global: &[(GlobalVar, i128)]| {
        b.row("r", family, local, global)
    };
    let b = RulesBuilder::new(t32());
    let b = match seed % 6 {
        // All assets but one keep a limit.
        0 => {
            let b = rule(b, Family::Asset, &[(gross, -1), (LocalVar::Bit(0), M)], &[(GlobalVar::One, limit)]);
            rule(b, Family::Global, &[], &[(GlobalVar::BitSum(Family::Asset, 0), -1), (GlobalVar::One, 1)])
        }
        // What is above a part of the limit adds up to at most the limit.
        1 => {
            let b = rule(
                b,
                Family::Account,
                &[(gross, -share), (LocalVar::Bit(0), M)],
                &[(GlobalVar::One, limit)],
            );
            let b = rule(
                b,
                Family::Account,
                &[(LocalVar::Witness(0), 1), (gross, -1), (LocalVar::Bit(0), -M)],
                &[(GlobalVar::One, M)],
            );
            let b = rule(b, Family::Account, &[(LocalVar::Witness(0), 1)], &[]);
            rule(
                b,
                Family::Global,
                &[],
                &[(GlobalVar::WitnessSum(Family::Account, 0), -1), (GlobalVar::One, limit)],
            )
        }
        // The better of the worst loss and a part of the gross exposure, group by group.
        2 => {
            let b = rule(
                b,
                Family::Group,
                &[(LocalVar::Witness(0), share), (gross, -1), (LocalVar::Bit(0), M)],
                &[],
            );
            let b = rule(
                b,
                Family::Group,
                &[
                    (LocalVar::Witness(0), share),
                    (LocalVar::Worst, -share),
                    (own_lots, -share),
                    (LocalVar::Bit(0), -M),
                ],
                &[(GlobalVar::One, M)],
            );
            rule(
                b,
                Family::Global,
                &[],
                &[(GlobalVar::WitnessSum(Family::Group, 0), -1), (GlobalVar::One, limit)],
            )
        }
        // The two largest assets.
        3 => {
            let b = rule(b, Family::Global, &[], &[(GlobalVar::Witness(0), 1)]);
            let b = rule(
                b,
                Family::Asset,
                &[(LocalVar::Witness(0), 1), (gross, -share)],
                &[(GlobalVar::Witness(0), 1)],
            );
            let b = rule(b, Family::Asset, &[(LocalVar::Witness(0), 1)], &[]);
            let sum = (GlobalVar::WitnessSum(Family::Asset, 0), -1);
            let b =
                rule(b, Family::Global, &[], &[(GlobalVar::Witness(1), 1), (GlobalVar::Witness(0), -2), sum]);
            rule(b, Family::Global, &[], &[(GlobalVar::Witness(1), -1), (GlobalVar::One, limit)])
        }
        // The mean of the worse two of three losses.
        4 => {
            let (t, x, y) = (GlobalVar::Witness(0), GlobalVar::Witness(1), GlobalVar::Witness(2));
            let b = rule(b, Family::Global, &[], &[(x, 1)]);
            let b = rule(b, Family::Global, &[], &[(x, 1), loss(0), (lots, -1), (t, 1)]);
            let b = rule(b, Family::Global, &[], &[(x, 1), loss(1), (lots, -1), (t, 1)]);
            let b = rule(b, Family::Global, &[], &[(x, 1), loss(0), loss(1), (lots, -2), (t, 2)]);
            let b = rule(b, Family::Global, &[], &[(y, 1)]);
            let b = rule(b, Family::Global, &[], &[(y, 1), loss(2), (lots, -1), (t, 1)]);
            let charge = GlobalVar::Witness(3);
            let b = rule(b, Family::Global, &[], &[(charge, 1), (t, -2), (x, -1), (y, -1)]);
            rule(b, Family::Global, &[], &[(charge, -1), (GlobalVar::One, limit)])
        }
        // At most one of four scenarios loses more than the limit.
        _ => {
            let b = (0..4).fold(b, |b, s| {
                let bit = (GlobalVar::Bit(s), M);
                rule(b, Family::Global, &[], &[loss(s), (lots, -1), bit, (GlobalVar::One, limit)])
            });
            let bits: Vec<_> = (0..4).map(|s| (GlobalVar::Bit(s), -1)).chain([(GlobalVar::One, 1)]).collect();
            rule(b, Family::Global, &[], &bits)
        }
    };
    // Net asset value is read once more, so that every rule reads the book.
    b.row("nav", Family::Global, &[], &[(value, 1), (lots, -1)]).build()
}

/// The least limit that the rows take for a book, or `None` where no limit does.
fn least_limit(seed: u64, risk: &RiskPart, book: &mandate_testing::Book) -> Option<i128> {
    let holds = |limit| Case::of(chosen_rules(seed, limit), risk.clone(), book.clone()).rows_hold();
    let (mut low, mut high) = (-(1i128 << 95), 1i128 << 95);
    if !holds(high) || holds(low) {
        return None;
    }
    while high - low > 1 {
        let middle = low + (high - low) / 2;
        if holds(middle) { high = middle } else { low = middle }
    }
    Some(high)
}

/// What a liar could choose instead: every setting of the bits, or the free witness at many other places, and each time the
/// least that the other witnesses can then be.
fn other_choices(seed: u64, case: &Case) -> Vec<mandate_rows::Witnesses> {
    let least = least(case);
    let mut out = Vec::new();
    match seed % 6 {
        kind @ (3 | 4) => {
            let t = least.global_y[0];
            for by in [-1, 1, -1000, 1000, -(1 << 40), 1 << 40, -t, t, -t / 2, t / 2] {
                let mut other = least.clone();
                other.global_y[0] += by;
                other.asset_x.iter_mut().for_each(|x| x[0] = -(1 << 100));
                other.global_y[1..4].fill(-(1 << 100));
                if kind == 4 || other.global_y[0] >= 0 {
                    out.push(other);
                }
            }
        }
        kind => {
            for setting in 0..16u32 {
                let mut other = least.clone();
                let (bits, x) = match kind {
                    0 => (&mut other.asset_bits, &mut other.asset_x),
                    1 => (&mut other.account_bits, &mut other.account_x),
                    _ => (&mut other.group_bits, &mut other.group_x),
                };
                for (block, bits) in bits.iter_mut().enumerate() {
                    bits[0] = kind != 5 && setting >> block & 1 == 1;
                }
                x.iter_mut().for_each(|x| x[0] = -(1 << 100));
                for (s, bit) in other.global_bits.iter_mut().enumerate() {
                    *bit = kind == 5 && setting >> s & 1 == 1;
                }
                out.push(other);
            }
        }
    }
    let one = |mut w| {
        raise(case, &mut w);
        w
    };
    out.into_iter().map(one).collect()
}

fn least(case: &Case) -> mandate_rows::Witnesses {
    let (q, active) = (&case.book.quantities, &case.book.active);
    mandate_rows::least_witnesses(&case.rules, &case.risk, case.shape, q, active).expect("rows read")
}

fn slacks(case: &Case, w: &mandate_rows::Witnesses) -> Vec<mandate_rows::RowSlack> {
    let (q, active) = (&case.book.quantities, &case.book.active);
    mandate_rows::slacks(&case.rules, &case.risk, case.shape, q, active, w).expect("rows read")
}

/// Raises every witness but the free one until the rows that define it hold.
fn raise(case: &Case, w: &mut mandate_rows::Witnesses) {
    for _ in 0..4 {
        for row in slacks(case, w).iter().filter(|r| r.slack < 0) {
            let (local, global) = case.rules.row(case.shape, row.row);
            let own = LocalVar::Witness(0).index(case.shape, row.row.family).map_or(0, |at| local[at]);
            let by = |d: i128| (-row.slack + d - 1) / d;
            match row.row.family {
                Family::Group if own > 0 => w.group_x[row.block][0] += by(own),
                Family::Account if own > 0 => w.account_x[row.block][0] += by(own),
                Family::Asset if own > 0 => w.asset_x[row.block][0] += by(own),
                _ => {
                    for i in 1..4 {
                        let d = global[GlobalVar::Witness(i).index(case.shape).expect("in range")];
                        if d > 0 {
                            w.global_y[i] += by(d);
                        }
                    }
                }
            }
        }
    }
}

#[test]
fn circuit_and_rows_agree_on_bits_and_free_witnesses() {
    let (mut met, mut kinds, mut lawful, mut unlawful) = (0, [0; 6], 0, 0);
    for seed in 0..48u64 {
        let risk = mandate_testing::risk_part(seed / 6);
        let book = mandate_testing::solvent_book(&risk, seed / 6);
        let Some(limit) = least_limit(seed, &risk, &book) else { continue };
        kinds[usize::try_from(seed % 6).expect("below six")] += 1;
        for (limit, holds) in [(limit, true), (limit - 1, false), (limit + 1, true)] {
            let case = Case::of(chosen_rules(seed, limit), risk.clone(), book.clone());
            let violation = t32_relation().first_violation(&case.assignment());
            assert_eq!(violation.is_none(), holds, "seed {seed}, limit {limit}: {violation:?}");
            met += 1;
            if seed >= 24 {
                continue;
            }
            for other in other_choices(seed, &case) {
                let rows = slacks(&case, &other).iter().all(|r| r.slack >= 0);
                let mut lying = case.clone();
                lying.fill(&other);
                assert_eq!(t32_relation().holds(&lying.assignment()), rows, "seed {seed}, limit {limit}");
                assert!(holds || !rows, "seed {seed}: a choice makes an unlawful book lawful");
                *if rows { &mut lawful } else { &mut unlawful } += 1;
            }
        }
    }
    assert!(met > 80 && kinds.iter().all(|k| *k >= 4), "{met}, {kinds:?}");
    assert!(lawful > 10 && unlawful > 100, "{lawful}, {unlawful}");
}
