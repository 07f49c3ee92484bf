//! Attacks that succeeded against systems like this one, each a case that must stay dead.

use ark_bn254::Fr;
use ark_ff::{AdditiveGroup, Field};
use mandate_circuits::r1cs::{Id, Tamper};
use mandate_statement::{
    Family, GLOBAL_WITNESS_BITS, GlobalVar, LOCAL_WITNESS_BITS, LocalVar, QUANTITY_LIMIT, RowRef, RulesPart,
};
use mandate_testing::{
    Book, Case, RulesBuilder, columns, full_width_risk_part, lawful_layout, plain_risk_part, solvent_book,
    t32, t32_relation, usable_slots,
};
use std::collections::BTreeSet;

/// The ids of every row that an assignment breaks.
fn broken(z: &[Fr]) -> BTreeSet<&'static str> {
    let relation = t32_relation();
    (0..relation.constraints())
        .filter(|r| !relation.row_holds(*r, z))
        .map(|r| relation.ids[r].name())
        .collect()
}

/// The cells that hold witnesses of `width` bits, in order: the last of its own bits' rows defines each.
fn witness_cells(width: u32) -> Vec<usize> {
    let relation = t32_relation();
    let settled = (0..relation.constraints()).filter(|r| {
        relation.ids[*r] == Id::WitnessRange
            && relation.matrices[0][*r].iter().filter(|t| t.1 != 0).count() == width as usize
    });
    settled.map(|r| relation.matrices[2][r][0].1 - relation.inputs).collect()
}

/// The cell that holds witness `y[i]`.
fn witness_cell(i: usize) -> usize {
    let cells = witness_cells(GLOBAL_WITNESS_BITS);
    assert_eq!(cells.len(), t32().global_witnesses, "one row sums up the bits of each witness");
    cells[i]
}

/// The cell that holds the first witness of an account: those of groups come before.
fn account_witness_cell() -> usize {
    let cells = witness_cells(LOCAL_WITNESS_BITS);
    let blocks = t32().segments + t32().accounts + t32().assets;
    assert_eq!(cells.len(), blocks * t32().local_witnesses, "one row sums up the bits of each witness");
    cells[t32().segments * t32().local_witnesses]
}

/// Rows that say `2y >= T` and `2y <= T` for an odd `T`: over the integers no `y` satisfies both, in the field a half
/// does. Only the range of `y` refuses it.
#[test]
fn an_unranged_upper_bound_witness_posing_as_a_fraction() {
    let risk = plain_risk_part();
    let book = solvent_book(&risk, 1);
    let totals = mandate_rows::totals(&risk, t32(), &book.quantities).expect("in range");
    let odd = totals.book[columns::GROSS] | 1;
    let rules = RulesBuilder::new(t32())
        .row("twice", Family::Global, &[], &[(GlobalVar::Witness(0), 1), (GlobalVar::One, 0)])
        .build();
    let mut case = Case::of(rules, risk, book);
    // The sheet checker takes no definition with a coefficient of two; the circuit must not depend on that.
    let write = |rules: &mut RulesPart, index: u16, y: i128, one: i128| {
        let (_, global) = rules.row_mut(t32(), RowRef { family: Family::Global, index });
        global.fill(0);
        global[GlobalVar::Witness(0).index(t32()).unwrap()] = y;
        global[GlobalVar::One.index(t32()).unwrap()] = one;
    };
    write(&mut case.rules, 1, 2, -odd);
    write(&mut case.rules, 2, -2, odd);
    let commitments = mandate_testing::commitments(t32(), &case.risk, &case.book, &case.blindings);
    case.inputs = mandate_circuits::r1cs::public_inputs(
        t32(),
        &mandate_testing::context(),
        &commitments,
        &case.rules,
        &case.risk,
    );
    let cell = witness_cell(0);
    let honest = case.assignment()[t32_relation().inputs + cell];
    let half = Fr::from(2u64).inverse().unwrap();
    let wanted = Fr::from(odd.cast_unsigned()) * half;
    let z = case.lying(&[Tamper { cell, add: wanted - honest }]);
    assert_eq!(z[t32_relation().inputs + cell], wanted);
    assert_eq!(
        broken(&z),
        BTreeSet::from(["wit"]),
        "a half satisfies the rows, and is no number of 112 bits"
    );

    // No integer does, and no other fraction passes the range.
    for y in [(odd - 1) / 2, (odd + 1) / 2] {
        case.hints.witnesses[0] = y;
        assert_eq!(broken(&case.assignment()), BTreeSet::from(["row-global"]), "{y}");
    }
    for denominator in [3u64, 4, 7, 10_000] {
        let fraction = Fr::from(denominator).inverse().unwrap();
        let honest = case.assignment()[t32_relation().inputs + cell];
        let z = case.lying(&[Tamper { cell, add: fraction - honest }]);
        assert!(broken(&z).contains("wit"), "1/{denominator}");
    }
}

/// Widths hold for the widest claim, not for an honest one: totals, witnesses and coefficients at the ends of their
/// ranges give the verdict that the integers give.
#[test]
fn a_bound_computed_from_honest_values() {
    let risk = full_width_risk_part(t32(), 3);
    let usable = usable_slots(t32(), &risk);
    let all = |q: i64| {
        let mut book = mandate_testing::empty_book(&risk);
        usable.iter().for_each(|slot| book.quantities[*slot] = q);
        book
    };
    let (most, least) = (all(QUANTITY_LIMIT - 1), all(-QUANTITY_LIMIT));
    let totals = mandate_rows::totals(&risk, t32(), &most.quantities).expect("in range");
    assert!(totals.book[columns::VALUE] > (1 << 88) - (1 << 49), "the total fills its 88 bits");
    // The largest coefficients that a row over a block (112 bits) and over the book (128 bits) can have.
    let (local, global) = ((1i128 << 24) - 1, (1i128 << 40) - 1);
    for (book, sign) in [(&most, 1i128), (&least, -1)] {
        for c in [1, -1] {
            let rules = RulesBuilder::new(t32())
                .row("wide", Family::Global, &[], &[(GlobalVar::Total(columns::VALUE), c * global)])
                .build();
            let mut rules = without_min_nav(rules);
            // The plain reading keeps rows in 127 bits and a sign, so here the circuit speaks alone.
            let z = Case::of(rules.clone(), risk.clone(), book.clone()).assignment();
            assert_eq!(t32_relation().holds(&z), c * sign > 0, "over the book: {c} of {sign}");
            let row = RowRef { family: Family::Global, index: 1 };
            rules.row_mut(t32(), row).1.fill(0);
            let row = RowRef { family: Family::Account, index: 0 };
            rules.row_mut(t32(), row).0[columns::VALUE] = c * local;
            assert_eq!(verdict(&rules, &risk, book), c * sign > 0, "per account: {c} of {sign}");
        }
    }
    // Witnesses claimed at the ends of their ranges, under the largest coefficient of a use: refused as negative, or
    // lawful as positive, never wrapped.
    let used = (1i128 << 8) - 1;
    let rules = RulesBuilder::new(t32())
        .row("use", Family::Account, &[(LocalVar::Witness(0), -used)], &[])
        .row("use", Family::Global, &[], &[(GlobalVar::Witness(0), -used)])
        .build();
    let rules = without_min_nav(rules);
    let with_witnesses = |x: i128, y: i128| {
        let mut case =
            Case::of(without_min_nav(RulesBuilder::new(t32()).build()), risk.clone(), most.clone());
        case.rules = rules.clone();
        let commitments = mandate_testing::commitments(t32(), &risk, &most, &case.blindings);
        let context = mandate_testing::context();
        case.inputs = mandate_circuits::r1cs::public_inputs(t32(), &context, &commitments, &rules, &risk);
        case.hints.blocks[1].witnesses.iter_mut().for_each(|x_of| x_of[0] = x);
        case.hints.witnesses[0] = y;
        case
    };
    for (x, y, wanted) in [
        ((1i128 << (LOCAL_WITNESS_BITS - 1)) - 1, 0, BTreeSet::from(["row-account"])),
        (-(1i128 << (LOCAL_WITNESS_BITS - 1)), 0, BTreeSet::new()),
        (0, (1i128 << (GLOBAL_WITNESS_BITS - 1)) - 1, BTreeSet::from(["row-global"])),
        (0, -(1i128 << (GLOBAL_WITNESS_BITS - 1)), BTreeSet::new()),
    ] {
        let case = with_witnesses(x, y);
        assert_eq!(broken(&case.assignment()), wanted, "x = {x}, y = {y}");
    }
    // One past the range: no bits hold the claim, so the cell claims it over the bits of another number.
    let case = with_witnesses(0, 0);
    let half = |bits: u32| 1i128 << (bits - 1);
    for (cell, claim, wanted) in [
        (account_witness_cell(), half(LOCAL_WITNESS_BITS), vec!["row-account", "wit"]),
        (account_witness_cell(), -half(LOCAL_WITNESS_BITS) - 1, vec!["wit"]),
        (witness_cell(0), half(GLOBAL_WITNESS_BITS), vec!["row-global", "wit"]),
        (witness_cell(0), -half(GLOBAL_WITNESS_BITS) - 1, vec!["wit"]),
    ] {
        let z = case.lying(&[Tamper { cell, add: mandate_circuits::r1cs::from_i128(claim) }]);
        assert_eq!(z[t32_relation().inputs + cell], mandate_circuits::r1cs::from_i128(claim));
        assert_eq!(broken(&z), BTreeSet::from_iter(wanted), "a claim of {claim}");
    }
}

fn without_min_nav(mut rules: RulesPart) -> RulesPart {
    rules.row_mut(t32(), RowRef { family: Family::Global, index: 0 }).1.fill(0);
    rules
}

fn verdict(rules: &RulesPart, risk: &mandate_statement::RiskPart, book: &Book) -> bool {
    let case = Case::of(rules.clone(), risk.clone(), book.clone());
    let holds = t32_relation().holds(&case.assignment());
    assert_eq!(holds, case.rows_hold(), "both readings agree");
    holds
}

/// A long at one venue does not make up for a short at another: worst losses of accounts and of groups are summed, not
/// their scenarios, and an asset, which spans venues, has no worst loss at all.
#[test]
fn netting_across_venues() {
    assert_eq!(LocalVar::Worst.index(t32(), Family::Asset), None, "assets have no worst loss");
    assert_eq!(GlobalVar::WorstSum(Family::Asset).index(t32()), None);
    let mut risk = plain_risk_part();
    assert_eq!(risk.layout, lawful_layout());
    // One instrument, at two venues: both move alike in every scenario.
    let (here, there) = (1, 2 * t32().segment_len() + 1);
    for slot in [here, there] {
        let weights = &mut risk.weights[slot * t32().columns()..(slot + 1) * t32().columns()];
        weights.fill(0);
        weights[columns::LOTS] = 1;
        weights[columns::VALUE] = 1000;
        for s in 0..t32().scenarios {
            weights[columns::scenario(t32(), s)] = if s % 2 == 0 { 700 } else { -300 };
        }
    }
    let mut book = mandate_testing::empty_book(&risk);
    (book.quantities[here], book.quantities[there]) = (100, -100);
    // Long loses 300 a lot, short 700 a lot; together nothing ever moves.
    for family in [Family::Group, Family::Account] {
        for (limit, holds) in [(100_000, true), (99_999, false), (70_000, false), (0, false)] {
            let rules = RulesBuilder::new(t32())
                .row(
                    "margin",
                    Family::Global,
                    &[],
                    &[(GlobalVar::WorstSum(family), -1), (GlobalVar::One, limit)],
                )
                .build();
            assert_eq!(verdict(&without_min_nav(rules), &risk, &book), holds, "{family:?} at {limit}");
        }
    }
    // The book's own worst loss is a statement about net asset value, and does add up.
    let rules =
        RulesBuilder::new(t32()).row("book", Family::Global, &[], &[(GlobalVar::WorstBook, -1)]).build();
    assert!(verdict(&without_min_nav(rules), &risk, &book), "the whole book moves nowhere");
}

/// An instrument so cheap that its weights round to nothing still costs what its rounding may hide: one unit a lot, in
/// the minimum of net asset value.
#[test]
fn an_instrument_that_rounds_to_weight_zero() {
    let mut risk = plain_risk_part();
    let cheap = 1;
    let weights = &mut risk.weights[cheap * t32().columns()..(cheap + 1) * t32().columns()];
    weights.fill(0);
    weights[columns::LOTS] = 1;
    let mut book = solvent_book(&risk, 1);
    book.quantities[cheap] = 0;
    let nav = |book: &Book| {
        let totals = mandate_rows::totals(&risk, t32(), &book.quantities).expect("in range");
        totals.book[columns::VALUE] - totals.book[columns::LOTS]
    };
    let without = nav(&book);
    let rules = RulesBuilder::new(t32()).min_nav(without).build();
    assert!(verdict(&rules, &risk, &book));
    for lots in [1, -1, 5, QUANTITY_LIMIT - 1, -QUANTITY_LIMIT] {
        book.quantities[cheap] = lots;
        assert_eq!(nav(&book), without - i128::from(lots.abs()));
        assert!(!verdict(&rules, &risk, &book), "{lots} lots of it are not free");
    }
}

/// A commitment that its attestor never computed, where none is declared, or for another universe.
#[test]
fn a_commitment_in_the_wrong_place() {
    let case = Case::lawful();
    let at = mandate_statement::InputLayout::of(t32());
    let universe = case.inputs[at.risk];
    for (input, value) in
        [(at.commitments, Fr::ONE), (at.commitments, Fr::ZERO), (at.risk, universe + Fr::ONE)]
    {
        let mut other = case.clone();
        other.inputs[input] = value;
        assert!(broken(&other.assignment()).contains("com-3"), "input {input}");
    }
    // An account that is not declared, with a commitment of the prover's own making.
    let mut other = case.clone();
    let last = other.risk.layout.account.iter().flatten().max().copied().map(usize::from).unwrap();
    other.book.active[last] = false;
    for (slot, q) in other.book.quantities.iter_mut().enumerate() {
        if case.risk.layout.account[slot / t32().segment_len()].map(usize::from) == Some(last) {
            *q = 0;
        }
    }
    assert!(broken(&other.assignment()).contains("com-3"), "a commitment where no account is declared");
}
