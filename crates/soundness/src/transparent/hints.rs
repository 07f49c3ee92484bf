//! Every value that the prover chooses overridden, and everything after it computed from the lie.

use super::liar::Liar;
use super::{Scene, shapes};
use crate::circuit::hints::one_unit_short;
use crate::{Ledger, Score};
use ff::Field;
use mandate_circuits_halo2::Layout;
use mandate_circuits_halo2::field::{from_i128, power_of_two};
use mandate_circuits_halo2::plan::{Hint, Var};
use mandate_rows as rows;
use mandate_statement::{Family, GLOBAL_WITNESS_BITS, RowRef, Runs};
use mandate_testing::Case;
use pasta_curves::Fp;
use rayon::prelude::*;

const READ: &str =
    "upper-bound witnesses and selectors with which every row, read as plain integers, still holds";
const TRIED: &str = "transparent: each choice of the prover overridden, all after it computed from the lie: more and less by each \
                     power of two, negated, the ends of its range, the field's order taken off; selectors turned over, and set to \
                     two";

/// The attack, on lawful books: two, and two with runs of strikes.
pub fn run() -> Score {
    let scenes = shapes().into_iter().flat_map(|shape| [0, 1].map(|skip| Scene::lawful(shape, skip)));
    scenes.map(|scene| tell(&scene)).reduce(Ledger::merge).unwrap_or_default().score("t-hints", TRIED)
}

/// The attack on an unlawful book: nothing is excused.
pub fn run_unlawful() -> Score {
    let case = one_unit_short();
    // The rules of a lawful fixture beside the minimum that the book misses, so that there are choices to lie about.
    let mut rules = Case::lawful().rules;
    let short = case.rules.row(case.shape, MIN_NAV);
    let (local, global) = rules.row_mut(case.shape, MIN_NAV);
    local.copy_from_slice(short.0);
    global.copy_from_slice(short.1);
    tell_unlawful(&Scene::of(rules, case.risk, case.book)).score(
        "t-unlawful",
        "transparent: the same lies about a book whose net asset value is one unit below the limit",
    )
}

/// The row of the least net asset value.
const MIN_NAV: RowRef = RowRef { family: Family::Global, index: 0 };

/// Every lie about a lawful statement.
///
/// # Panics
/// If it is not lawful.
pub fn tell(scene: &Scene) -> Ledger {
    let layout = scene.layout();
    let (witness, broken) = scene.witness(&layout);
    assert_eq!(broken, None, "the honest witness");
    let (shape, book) = (scene.shape(), &scene.book);
    let least = rows::least_witnesses(&scene.rules, &scene.risk, shape, &book.quantities, &book.active)
        .expect("rows read");
    each(
        scene,
        |liar, (var, hint), lie, ledger| {
            let said = liar.tell(var, lie.value);
            if !said.faults.is_empty() {
                ledger.refused();
            } else if lie.integer.is_some_and(|v| rows_hold(scene, &least, hint, v)) {
                ledger.excused(READ);
            } else {
                ledger.believed(|| format!("{}: {hint:?} is {}", layout.shape().name, lie.name));
            }
        },
        &layout,
        &witness.columns,
    )
}

/// Every lie about a statement that is false whatever the prover chooses.
///
/// # Panics
/// If it is true.
pub fn tell_unlawful(scene: &Scene) -> Ledger {
    let layout = scene.layout();
    let (witness, broken) = scene.witness(&layout);
    assert_eq!(broken, Some("row-global"), "the book misses the least net asset value");
    each(
        scene,
        |liar, (var, hint), lie, ledger| {
            if liar.tell(var, lie.value).faults.is_empty() {
                ledger.believed(|| format!("{}: {hint:?} is {}", layout.shape().name, lie.name));
            } else {
                ledger.refused();
            }
        },
        &layout,
        &witness.columns,
    )
}

/// One value in the place of an honest one.
struct Lie {
    name: String,
    value: Fp,
    /// The integer that it stands for, where it is one.
    integer: Option<i128>,
}

fn each(
    scene: &Scene,
    judge: impl Fn(&mut Liar<'_>, (Var, Hint), &Lie, &mut Ledger) + Sync,
    layout: &Layout,
    columns: &[Vec<Fp>],
) -> Ledger {
    let liar = || Liar::new(layout, scene.instance(layout), columns.to_vec());
    let hints = liar().hints();
    assert!(!hints.is_empty(), "there is something to choose");
    hints
        .into_par_iter()
        .map_init(liar, |liar, (var, hint)| {
            let mut ledger = Ledger::default();
            lies(scene, hint).iter().for_each(|lie| judge(liar, (var, hint), lie, &mut ledger));
            ledger
        })
        .reduce(Ledger::default, Ledger::merge)
}

fn lies(scene: &Scene, hint: Hint) -> Vec<Lie> {
    let honest = scene.hints.value(hint);
    let integer = |name: String, v: i128| Lie { name, value: from_i128(v), integer: Some(v) };
    if matches!(hint, Hint::Bit(..) | Hint::BookBit(_)) {
        return vec![
            integer("the other bit".into(), 1 - honest),
            Lie { name: "two".into(), value: Fp::from(2), integer: None },
            Lie { name: "minus one".into(), value: -Fp::ONE, integer: None },
        ];
    }
    let mut out = Vec::new();
    for i in 0..GLOBAL_WITNESS_BITS + 8 {
        for (sign, more) in [("+", 1), ("-", -1)] {
            out.push(integer(format!("{sign} 2^{i}"), honest + more * (1i128 << i)));
        }
    }
    out.push(integer("negated".into(), -honest));
    // As large as half the field: no integer that a range allows.
    for power in [128, 200, 253] {
        out.push(Lie {
            name: format!("+ 2^{power}"),
            value: from_i128(honest) + power_of_two(power),
            integer: None,
        });
    }
    out.retain(|lie| lie.value != from_i128(honest));
    out
}

/// What the rows say, read as integers by the other implementation, where one choice is `v`. A worst loss and a number of a run
/// must be at least the least one, which no row says.
fn rows_hold(scene: &Scene, least: &rows::Witnesses, hint: Hint, v: i128) -> bool {
    let (shape, book) = (scene.shape(), &scene.book);
    let mut filling = least.clone();
    let bit = v == 1;
    let bounded = match hint {
        Hint::Worst(Family::Account, b) => raised(&mut filling.account_worst[b], v),
        Hint::Worst(_, b) => raised(&mut filling.group_worst[b], v),
        Hint::WorstBook => raised(&mut filling.book_worst, v),
        // The circuit has a number of a run once, the integers in each of its strips.
        Hint::Peak(first, i) => {
            let run = (first..shape.strips)
                .take_while(|s| *s == first || (i != Runs::UPSIDE && scene.risk.runs.carry[*s]));
            // Every strip is written, whatever one of them says.
            let mut at_least = true;
            for strip in run {
                at_least &= raised(&mut filling.strip_peaks[strip][i], v);
            }
            at_least
        }
        Hint::Witness(family, b, i) => {
            let blocks = match family {
                Family::Group => &mut filling.group_x,
                Family::Account => &mut filling.account_x,
                _ => &mut filling.asset_x,
            };
            blocks[b][i] = v;
            true
        }
        Hint::Bit(family, b, i) => {
            let blocks = match family {
                Family::Group => &mut filling.group_bits,
                Family::Account => &mut filling.account_bits,
                _ => &mut filling.asset_bits,
            };
            blocks[b][i] = bit;
            true
        }
        Hint::BookWitness(i) => {
            filling.global_y[i] = v;
            true
        }
        Hint::BookBit(i) => {
            filling.global_bits[i] = bit;
            true
        }
    };
    bounded
        && rows::slacks(&scene.rules, &scene.risk, shape, &book.quantities, &book.active, &filling)
            .is_ok_and(|slacks| slacks.iter().all(|s| s.slack >= 0))
}

fn raised(place: &mut i128, v: i128) -> bool {
    let least = std::mem::replace(place, v);
    v >= least
}
