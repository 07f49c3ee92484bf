//! Three readings of one sheet, integers, rank-1 constraints and this circuit, reach one verdict on every book.

use mandate_circuits_halo2::field::from_i128;
use mandate_soundness::transparent::{Checker, Scene};
use mandate_testing::{Case, Defect, RulesBuilder, t32, t32_relation};
use proptest::prelude::*;

/// The verdict of this circuit: what the prover finds must be what the constraints say.
fn holds(scene: &Scene) -> (bool, Option<&'static str>) {
    let layout = scene.layout();
    let (witness, broken) = scene.witness(&layout);
    let checker = Checker::new(&layout, scene.instance(&layout));
    let faults = checker.faults(&witness.columns);
    assert_eq!(faults.is_empty(), broken.is_none(), "{broken:?}, {:?}", faults.first());
    (broken.is_none(), broken)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    #[test]
    fn three_verdicts_agree(seed in any::<u64>(), other in any::<u64>()) {
        let risk = mandate_testing::risk_part(seed);
        let books = [
            mandate_testing::book(&risk, other),
            mandate_testing::solvent_book(&risk, other),
            mandate_testing::empty_book(&risk),
        ];
        for book in books {
            let case = Case::of(mandate_testing::rules_part(other), risk.clone(), book);
            let plain = case.rows_hold();
            let rank1 = t32_relation().first_violation(&case.assignment());
            let (here, broken) = holds(&Scene::of(case.rules.clone(), case.risk.clone(), case.book.clone()));
            prop_assert_eq!(plain, rank1.is_none(), "{:?}", rank1);
            prop_assert_eq!(plain, here, "{:?} {:?}", rank1, broken);
        }
    }

    /// A book that breaks a law of the layout has no witness, whatever the rules say of it, and breaks the same law in both circuits.
    #[test]
    fn defects_are_refused_by_the_same_id(seed in any::<u64>()) {
        let risk = mandate_testing::risk_part(seed);
        let (book, defect) = mandate_testing::unlawful_book(&risk, seed);
        let rules = RulesBuilder::new(t32()).build();
        let mut scene = Scene::of(rules, risk.clone(), mandate_testing::empty_book(&risk));
        scene.book = book;
        let wanted = match defect {
            Defect::Range(slot) => {
                // No commitment opens to such a quantity; the nearest lie is another quantity under the old commitment.
                scene.book.quantities[slot] = mandate_statement::QUANTITY_LIMIT - 1;
                "com-3"
            }
            Defect::Forbidden(_) => "forbid",
            Defect::Inactive(_) => "act-3",
        };
        if !matches!(defect, Defect::Range(_)) {
            scene.commitments.iter_mut().for_each(|c| *c = from_i128(0));
            scene.commit();
        }
        let layout = scene.layout();
        let (witness, _) = scene.witness(&layout);
        let checker = Checker::new(&layout, scene.instance(&layout));
        let faults = checker.faults(&witness.columns);
        prop_assert!(!faults.is_empty(), "{defect:?}");
        // The laws whose equations are broken, by the place that each fault stands in.
        let broken: Vec<&str> = broken_laws(&layout, &witness.columns);
        prop_assert!(broken.contains(&wanted), "{defect:?} broke {broken:?}");
    }
}

/// Every law of the plan that the values do not keep.
fn broken_laws(
    layout: &mandate_circuits_halo2::Layout,
    columns: &[Vec<pasta_curves::Fp>],
) -> Vec<&'static str> {
    use mandate_circuits_halo2::plan::Law;
    let sizes = layout.sizes();
    let laws = layout.plan.laws.iter().zip(&layout.places);
    laws.filter(|((_, law), place)| {
        let value = |i: usize| columns[sizes.value(place.range)][place.row + i];
        match law {
            Law::Product(..) => value(0) * value(1) != value(2),
            Law::Linear(terms, bytes) => {
                let sum: pasta_curves::Fp = terms.iter().enumerate().map(|(i, t)| t.1 * value(i)).sum();
                let repr = mandate_circuits_halo2::field::to_bytes(sum);
                repr[..32 - bytes].iter().any(|b| *b != 0)
            }
        }
    })
    .map(|((id, _), _)| *id)
    .collect()
}

/// Net asset value one unit below the limit, on it, and one above.
#[test]
fn the_limit_is_lawful_and_one_unit_past_it_is_not() {
    let risk = mandate_testing::plain_risk_part();
    let book = mandate_testing::solvent_book(&risk, 3);
    let totals = mandate_rows::totals(&risk, t32(), &book.quantities).expect("in range");
    let nav = totals.book[mandate_testing::columns::VALUE] - totals.book[t32().lots_column()];
    for (min_nav, wanted) in [(nav - 1, true), (nav, true), (nav + 1, false), (1, nav >= 1)] {
        let rules = RulesBuilder::new(t32()).min_nav(min_nav).build();
        let (here, broken) = holds(&Scene::of(rules, risk.clone(), book.clone()));
        assert_eq!(here, wanted, "minimum {min_nav} of {nav}");
        assert_eq!(broken, (!wanted).then_some("row-global"));
    }
}

/// Quantities at the ends of their range, in every slot.
#[test]
fn the_ends_of_the_range_have_a_witness() {
    let risk = mandate_testing::plain_risk_part();
    for q in mandate_testing::EDGE_QUANTITIES {
        let mut book = mandate_testing::empty_book(&risk);
        for slot in mandate_testing::usable_slots(t32(), &risk) {
            book.quantities[slot] = q;
        }
        let rules = RulesBuilder::new(t32()).min_nav(-(1 << 90)).build();
        let case = Case::of(rules.clone(), risk.clone(), book.clone());
        let (here, broken) = holds(&Scene::of(rules, risk.clone(), book));
        assert_eq!(here, t32_relation().holds(&case.assignment()), "{q}: {broken:?}");
    }
}

/// The same with runs of strikes.
#[test]
fn three_verdicts_agree_on_runs() {
    let shape = mandate_testing::r64();
    let relation = mandate_circuits::r1cs::relation(shape);
    let (mut kept, mut broke) = (0, 0);
    for seed in 0..12u64 {
        let risk = mandate_testing::risk_part_for(shape, seed);
        for book in [mandate_testing::book(&risk, seed), mandate_testing::solvent_book(&risk, seed)] {
            let case = Case::of(mandate_testing::rules_part_for(shape, seed + 100), risk.clone(), book);
            let plain = case.rows_hold();
            assert_eq!(relation.holds(&case.assignment()), plain, "seed {seed}");
            let (here, broken) = holds(&Scene::of(case.rules.clone(), case.risk.clone(), case.book.clone()));
            assert_eq!(here, plain, "seed {seed}: {broken:?}");
            *if plain { &mut kept } else { &mut broke } += 1;
        }
    }
    assert!(kept > 0 && broke > 0, "{kept} kept, {broke} broke");
}
