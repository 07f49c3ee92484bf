//! What the reading of rows refuses by itself, whoever checked the sheet before, and the ends of the ranges that it keeps to.

use Family::{Account, Asset, Global, Group};
use GlobalVar as G;
use LocalVar as L;
use mandate_rows::{RowsError, Witnesses, least_witnesses, slacks, used_blocks};
use mandate_statement::{Family, GlobalVar, LocalVar, RiskPart, RulesPart, Runs, Shape, SheetError};
use mandate_testing::{RulesBuilder, columns, empty_book, plain_risk_part, risk_part_for, t32};

const GROSS: LocalVar = L::Total(columns::GROSS);
const DELTA: LocalVar = L::Total(columns::DELTA);
const M: i128 = 1 << 90;

/// The least filling for a book on [`t32`] of which only `held` is not zero.
fn least_with(rules: &RulesPart, risk: &RiskPart, held: &[(usize, i64)]) -> Result<Witnesses, RowsError> {
    let mut book = empty_book(risk);
    for (slot, quantity) in held {
        book.quantities[*slot] = *quantity;
    }
    least_witnesses(rules, risk, t32(), &book.quantities, &book.active)
}

fn least(build: impl FnOnce(RulesBuilder) -> RulesBuilder) -> Result<Witnesses, RowsError> {
    least_with(&build(RulesBuilder::new(t32())).build(), &plain_risk_part(), &[])
}

fn refuses(wanted: &str, build: impl FnOnce(RulesBuilder) -> RulesBuilder) {
    match least(build) {
        Err(RowsError::NotOneSided { why, .. }) => assert!(why.contains(wanted), "{why}: not {wanted}"),
        Err(other) => panic!("{other}: not {wanted}"),
        Ok(_) => panic!("taken, though {wanted}"),
    }
}

/// A part without weights but for these, in column `column`.
fn only(column: usize, weights: &[(usize, i64)]) -> RiskPart {
    let mut risk = plain_risk_part();
    risk.weights.fill(0);
    for (slot, weight) in weights {
        risk.weights[slot * t32().columns() + column] = *weight;
    }
    risk
}

#[test]
fn parts_of_other_shapes() {
    let book = empty_book(&plain_risk_part());
    for (of_rules, of_risk) in [("r64", "t32"), ("t32", "r64")] {
        let (mut rules, mut risk) = (RulesBuilder::new(t32()).build(), plain_risk_part());
        (rules.shape, risk.shape) = (of_rules.to_owned(), of_risk.to_owned());
        let refused = least_witnesses(&rules, &risk, t32(), &book.quantities, &book.active).err();
        assert!(matches!(refused, Some(RowsError::Shape { .. })), "{refused:?}");
    }
}

#[test]
fn what_counts_against_the_book_is_not_read_from_above() {
    for variable in [G::WorstSum(Group), G::WorstSum(Account), G::WorstBook] {
        refuses("a worst loss is used from above", |b| b.row("r", Global, &[], &[(variable, 1)]));
    }
    for family in [Group, Account] {
        refuses("a worst loss is used from above", |b| b.row("r", family, &[(L::Worst, 1)], &[]));
    }
    for family in [Group, Account, Asset] {
        for variable in [G::WitnessSum(family, 0), G::BitSum(family, 0)] {
            refuses("a sum of witnesses or bits", |b| b.row("r", Global, &[], &[(variable, 1)]));
        }
    }
    // Peaks, which this shape has none of.
    let shape = mandate_testing::r64();
    let risk = risk_part_for(shape, 1);
    let book = empty_book(&risk);
    for (local, global) in [(Some(Runs::UPSIDE), None), (None, Some(Runs::UPSIDE))] {
        let local: Vec<_> = local.map(|i| (L::Peak(i), 1)).into_iter().collect();
        let global: Vec<_> = global.map(|i| (G::PeakSum(i), 1)).into_iter().collect();
        let family = if local.is_empty() { Global } else { Group };
        let rules = RulesBuilder::new(shape).row("r", family, &local, &global).build();
        let refused = least_witnesses(&rules, &risk, shape, &book.quantities, &book.active).err();
        assert!(
            matches!(refused, Some(RowsError::NotOneSided { why: "a peak of runs is used from above", .. })),
            "{refused:?}"
        );
    }
}

#[test]
fn a_bit_chooses_for_one_witness() {
    let alternative = |b: RulesBuilder, total, bit, coefficient: i128| {
        let one: &[(GlobalVar, i128)] = if coefficient < 0 { &[(G::One, M)] } else { &[] };
        b.row("r", Group, &[(L::Witness(0), 1), (total, -1), (L::Bit(bit), coefficient)], one)
    };
    let better = |b| alternative(alternative(b, GROSS, 0, M), DELTA, 0, -M);
    assert!(least(better).is_ok());
    refuses("two bits let go", |b| {
        [(0, M), (0, -M), (1, M)].into_iter().fold(b, |b, (bit, coefficient)| {
            b.row("r", Global, &[], &[(G::Witness(0), 1), (G::Bit(bit), coefficient), (G::One, M)])
        })
    });
    refuses("it reads a bit that chooses", |b| {
        better(b).row("r", Global, &[], &[(G::BitSum(Group, 0), -1), (G::One, 1)])
    });
    refuses("it reads from above what it cannot define", |b| {
        b.row("r", Asset, &[(GROSS, -1)], &[(G::Witness(0), 1)])
    });
    refuses("it reads from above what it cannot define", |b| {
        b.row("r", Group, &[(L::Bit(0), M)], &[(G::Witness(0), 1)])
    });
    // An alternative that reads another witness waits for it, whichever stands first.
    let waiting = |b: RulesBuilder| {
        b.row("r", Group, &[(L::Witness(0), 1), (L::Witness(1), -1), (L::Bit(0), M)], &[])
            .row("r", Group, &[(L::Witness(0), 1), (L::Bit(0), -M)], &[(G::One, M - 100)])
            .row("r", Group, &[(L::Witness(1), 1), (GROSS, -1)], &[])
    };
    let rules = waiting(RulesBuilder::new(t32())).build();
    let filled = least_with(&rules, &only(columns::GROSS, &[(16, 5)]), &[(16, 3)]).expect("lawful rows");
    assert_eq!((filled.group_x[2][0], filled.group_x[2][1]), (15, 15));
    // Where both leave it at the same, the first alternative stays.
    let filled = least(better).expect("lawful rows");
    assert!(filled.group_bits.iter().flatten().all(|bit| !bit), "a tie");
    // One slot's gross weight makes the first alternative dearer than the second: then the bit lets it go.
    let rules = better(RulesBuilder::new(t32())).build();
    let filled = least_with(&rules, &only(columns::GROSS, &[(16, 5)]), &[(16, 3)]).expect("lawful rows");
    assert_eq!(filled.group_bits.iter().map(|bits| bits[0]).collect::<Vec<_>>(), [false, false, true, false]);
    assert!(filled.group_x.iter().flatten().all(|x| *x == 0));
}

/// The two largest gross exposures of assets, by a free witness.
fn largest(b: RulesBuilder) -> RulesBuilder {
    b.row("r", Global, &[], &[(G::Witness(0), 1)])
        .row("r", Asset, &[(L::Witness(0), 1), (GROSS, -1)], &[(G::Witness(0), 1)])
        .row("r", Asset, &[(L::Witness(0), 1)], &[])
        .row("r", Global, &[], &[(G::Witness(1), 1), (G::Witness(0), -2), (G::WitnessSum(Asset, 0), -1)])
}

#[test]
fn a_free_witness_is_the_smallest_that_serves_its_charge() {
    // Assets 0 and 1 have 7 and 5, and the third nothing: every `y` from 0 to 5 gives 12.
    let risk = only(columns::GROSS, &[(0, 7), (16, 5)]);
    let filled = least_with(&largest(RulesBuilder::new(t32())).build(), &risk, &[(0, 1), (16, -1)])
        .expect("lawful rows");
    assert_eq!((filled.global_y[0], filled.global_y[1]), (0, 12), "the smallest of those that cost the same");
    // With one of two counted, from 5 to 7 it costs the same.
    let one = |b: RulesBuilder| {
        b.row("r", Global, &[], &[(G::Witness(0), 1)])
            .row("r", Asset, &[(L::Witness(0), 1), (GROSS, -1)], &[(G::Witness(0), 1)])
            .row("r", Asset, &[(L::Witness(0), 1)], &[])
            .row("r", Global, &[], &[(G::Witness(1), 1), (G::Witness(0), -1), (G::WitnessSum(Asset, 0), -1)])
    };
    let filled =
        least_with(&one(RulesBuilder::new(t32())).build(), &risk, &[(0, 1), (16, -1)]).expect("lawful rows");
    assert_eq!((filled.global_y[0], filled.global_y[1]), (5, 7));
    // Of the whole book, through a witness that stands behind it in the rows and must be known before: the gross exposure, 12.
    let through = |b: RulesBuilder| {
        b.row("r", Global, &[], &[(G::Witness(0), 1)])
            .row("r", Global, &[], &[(G::Witness(1), 1), (G::Witness(3), -1), (G::Witness(0), 1)])
            .row("r", Global, &[], &[(G::Witness(1), 1)])
            .row("r", Global, &[], &[(G::Witness(2), 1), (G::Witness(0), -1), (G::Witness(1), -2)])
            .row("r", Global, &[], &[(G::Witness(3), 1), (G::Total(columns::GROSS), -1)])
    };
    let filled = least_with(&through(RulesBuilder::new(t32())).build(), &risk, &[(0, 1), (16, -1)])
        .expect("lawful rows");
    assert_eq!(filled.global_y[..4], [12, 0, 12, 12]);
}

#[test]
fn a_free_witness_serves_one_charge() {
    assert!(least(largest).is_ok());
    refuses("serves no charge, or more than one", |b| {
        largest(b).row("r", Global, &[], &[(G::Total(columns::VALUE), 1), (G::Witness(0), -1)])
    });
    refuses("not the one row that defines a charge", |b| {
        largest(b).row("r", Global, &[], &[(G::Witness(1), 1)])
    });
    refuses("which only its charge may", |b| {
        largest(b).row("r", Asset, &[(L::Witness(0), -1)], &[(G::Total(columns::VALUE), 1)])
    });
    refuses("has no floor", |b| {
        b.row("r", Global, &[], &[(G::Witness(0), 1)])
            .row("r", Asset, &[(L::Witness(0), 1), (GROSS, -1)], &[(G::Witness(0), 1)])
            .row("r", Global, &[], &[(G::Witness(1), 1), (G::Witness(0), -2), (G::WitnessSum(Asset, 0), -1)])
    });
    refuses("is rounded", |b| {
        b.row("r", Global, &[], &[(G::Witness(0), 1)])
            .row("r", Asset, &[(L::Witness(0), 2), (GROSS, -1)], &[(G::Witness(0), 1)])
            .row("r", Asset, &[(L::Witness(0), 1)], &[])
            .row("r", Global, &[], &[(G::Witness(1), 1), (G::Witness(0), -2), (G::WitnessSum(Asset, 0), -1)])
    });
    // Nothing keeps it from falling, and nobody charges for it.
    let endless = least(|b| {
        b.row("r", Asset, &[(L::Witness(0), 1), (GROSS, -1)], &[(G::Witness(0), 1)])
            .row("r", Asset, &[(L::Witness(0), 1)], &[])
            .row("r", Global, &[], &[(G::Witness(1), 1), (G::Witness(0), -3), (G::WitnessSum(Asset, 0), -1)])
    });
    assert_eq!(endless.err(), Some(RowsError::Unbounded));
}

#[test]
fn witnesses_keep_to_their_ranges() {
    let global = |value: i128| least(|b| b.row("r", Global, &[], &[(G::Witness(0), 1), (G::One, -value)]));
    let local =
        |family, value: i128| least(|b| b.row("r", family, &[(L::Witness(0), 1)], &[(G::One, -value)]));
    for (bits, at) in [(112u32, None), (104, Some(Group)), (104, Some(Account)), (104, Some(Asset))] {
        let try_at = |value: i128| at.map_or_else(|| global(value), |family| local(family, value));
        let limit = 1i128 << (bits - 1);
        for lawful in [limit - 1, -limit] {
            assert!(try_at(lawful).is_ok(), "{at:?}: {lawful}");
        }
        for beyond in [limit, -limit - 1] {
            assert_eq!(try_at(beyond).err(), Some(RowsError::Range("a witness")), "{at:?}: {beyond}");
        }
    }
}

#[test]
fn worst_losses_keep_to_their_range() {
    let rules = RulesBuilder::new(t32()).build();
    // Weights far beyond what a checked sheet has: one slot of a used group loses this much in every scenario.
    let losing = |weight: i64, quantity: i64| {
        let mut risk = only(columns::scenario(t32(), 0), &[]);
        for s in 0..t32().scenarios {
            risk.weights[16 * t32().columns() + columns::scenario(t32(), s)] = -weight;
        }
        least_with(&rules, &risk, &[(16, quantity)]).map(|filled| filled.group_worst[2])
    };
    assert_eq!(losing((1 << 44) + 1, (1 << 44) - 1), Ok((1 << 88) - 1));
    assert_eq!(losing(1 << 44, -(1 << 44)), Ok(-(1 << 88)));
    assert_eq!(losing(1 << 44, 1 << 44), Err(RowsError::Range("a worst loss")));
}

#[test]
fn rows_in_use_are_listed_at_blocks_in_use() {
    let mut risk = plain_risk_part();
    assert_eq!(used_blocks(&risk, t32(), &[true, false, true], Asset), [true, true, false]);
    assert_eq!(used_blocks(&risk, t32(), &[true, false, true], Account), [true, false, true]);
    risk.layout.asset = vec![None; 4];
    assert_eq!(used_blocks(&risk, t32(), &[true; 3], Asset), [false; 3]);
    let risk = plain_risk_part();
    let rules = RulesBuilder::new(t32()).row("r", Asset, &[(GROSS, -1)], &[(G::One, 9)]).build();
    let book = empty_book(&risk);
    let filled = least_with(&rules, &risk, &[]).expect("lawful rows");
    let list = slacks(&rules, &risk, t32(), &book.quantities, &book.active, &filled).expect("in range");
    let got: Vec<_> = list.iter().map(|s| (s.row.family, s.row.index, s.block, s.slack)).collect();
    assert_eq!(got, [(Asset, 0, 0, 9), (Asset, 0, 1, 9), (Global, 0, 0, -1)], "rows of zeros are left out");
}

#[test]
fn sums_along_a_group_go_into_its_next_segment() {
    // Segments 0 and 1 are one group.
    let risk = only(columns::GROSS, &[(0, 2), (8, 3), (16, 5), (24, 7)]);
    let mut book = empty_book(&risk);
    for slot in [0, 8, 16, 24] {
        book.quantities[slot] = 1;
    }
    let totals = mandate_rows::totals(&risk, t32(), &book.quantities).expect("in range");
    assert_eq!(totals.group.iter().map(|t| t[columns::GROSS]).collect::<Vec<_>>(), [2, 5, 5, 7]);
    assert_eq!(totals.asset.iter().map(|t| t[columns::GROSS]).collect::<Vec<_>>(), [12, 5, 0]);
    assert_eq!(totals.book[columns::GROSS], 17);
}

#[test]
fn an_unknown_shape_is_told_the_known_ones() {
    let mut risk = plain_risk_part();
    risk.shape = "t33".to_owned();
    let error = risk.shape().expect_err("no such shape");
    assert!(matches!(error, SheetError::UnknownShape(_)));
    let said = error.to_string();
    for Shape { name, .. } in &mandate_statement::SHAPES {
        assert!(said.contains(&format!("`{name}`")), "{said}");
    }
}
