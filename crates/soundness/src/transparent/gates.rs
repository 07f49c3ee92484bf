//! For every gate a lie that is carried through everything else: without the gate, the lie would stand.

use super::mock::{self, Broken};
use super::{Checker, Scene, hashes, shapes};
use crate::{Ledger, Score};
use ff::Field;
use mandate_circuits_halo2::sizes::{BLOCK, PER_ELEMENT, SIDES, SLOT_ROWS};
use mandate_circuits_halo2::{Layout, Witness};
use pasta_curves::Fp;
use rayon::prelude::*;
use std::collections::BTreeSet;

/// The attack.
pub fn run() -> Score {
    let (mut ledger, mut alone) = (Ledger::default(), 0);
    for (one, count) in shapes().map(|shape| tell(&Scene::lawful(shape, 0))) {
        ledger = ledger.merge(one);
        alone += count;
    }
    ledger
        .score(
            "t-gates",
            "transparent: each gate left out: wrong steps of a hash, quantities, signs, sums, equations and products, everything \
             after the lie computed from it; said by this project's evaluation of the constraints and by `halo2_proofs`' own",
        )
        .with_part("gates that alone refuse a lie", alone)
}

/// A lie: its name, all cells, and the public inputs that go with it.
struct Lie {
    name: String,
    columns: Vec<Vec<Fp>>,
    instance: Vec<Fp>,
}

/// Every lie about one scene, and the number of gates that alone refuse one.
///
/// # Panics
/// If the honest witness breaks a constraint.
pub fn tell(scene: &Scene) -> (Ledger, u64) {
    let layout = scene.layout();
    let (witness, _) = scene.witness(&layout);
    let honest = Checker::new(&layout, scene.instance(&layout));
    assert_eq!(honest.faults(&witness.columns), [], "the honest witness");
    let ids = honest.ids(&witness.columns);
    let shape = layout.shape().name;
    let said: Vec<(String, Broken, Broken)> = lies(&layout, &witness.columns, &honest.instance)
        .into_par_iter()
        .map(|Lie { name, columns, instance }| {
            let checker = Checker::new(&layout, instance);
            let here = Broken::of(&layout, &checker.faults(&columns));
            let there = mock::broken(&layout, &ids, &checker.instance, &Witness { columns });
            (name, here, there)
        })
        .collect();
    let (mut ledger, mut alone) = (Ledger::default(), BTreeSet::new());
    for (name, here, there) in said {
        if here != there {
            ledger.believed(|| format!("{shape}: {name}: {here:?} here, {there:?} in the proof system"));
        } else if here == Broken::default() {
            ledger.believed(|| format!("{shape}: {name}"));
        } else {
            ledger.refused();
            if here.gates.len() == 1 && here.lookups.is_empty() && !here.copies {
                alone.extend(here.gates);
            }
        }
    }
    let count = alone.len() as u64;
    for (gate, id) in ids.iter().enumerate().filter(|(gate, _)| !alone.contains(gate)) {
        ledger.believed(|| format!("{shape}: no lie that gate {gate}, `{id}`, alone refuses"));
    }
    (ledger, count)
}

fn lies(layout: &Layout, honest: &[Vec<Fp>], instance: &[Fp]) -> Vec<Lie> {
    let sizes = *layout.sizes();
    let mut out = Vec::new();
    for lie in hashes::all() {
        let (mut columns, mut instance) = (honest.to_vec(), instance.to_vec());
        lie.tell(layout, &mut columns, &mut instance);
        out.push(Lie { name: format!("{lie:?}"), columns, instance });
    }
    let mut change = |name: String, cells: &[(usize, usize)], by: Fp| {
        let mut columns = honest.to_vec();
        cells.iter().for_each(|(c, r)| columns[*c][*r] += by);
        out.push(Lie { name, columns, instance: instance.to_vec() });
    };
    // Places past a segment's slots weigh nothing, so that only their own gates read them.
    for side in 0..SIDES {
        let spare = layout.shape().segment_len()..sizes.elements() * PER_ELEMENT;
        let (_, row) = spare.map(|j| sizes.place(j)).rfind(|p| p.0 == side).expect("a spare place");
        let (q, long) = (sizes.quantity(0, side), sizes.long(0, side));
        let all = |c: usize| (row..row + SLOT_ROWS).map(move |r| (c, r)).collect::<Vec<_>>();
        change(format!("side {side}: another quantity in one row"), &[(q, row + 2)], Fp::ONE);
        change(format!("side {side}: another long part in one row"), &[(long, row + 2)], Fp::ONE);
        change(format!("side {side}: another quantity"), &[all(q), all(long)].concat(), Fp::ONE);
        change(format!("side {side}: another long part"), &all(long), Fp::ONE);
        change(format!("side {side}: another element"), &[(sizes.element(0, side), row + 3)], Fp::ONE);
        // A sign that is neither: 2 top - x = 128, and half of the quantity counted as long. The quantity is zero here.
        change(format!("side {side}: half a sign"), &[(sizes.byte(0, side), row + 6)], Fp::from(128));
    }
    for sum in 0..sizes.sums {
        change(format!("running sum {sum}"), &[(sizes.sum(0, sum), 2 * BLOCK - 20)], Fp::ONE);
    }
    for range in 0..sizes.ranges {
        let left = sizes.left(range);
        let inside = (1..).find(|r| layout.fixed[sizes.stop(range)][*r] == Fp::ZERO);
        let inside = inside.expect("an equation of two rows");
        change(format!("lane {range}: a left-hand side"), &[(left, inside)], Fp::ONE);
        let all: Vec<_> = (0..layout.rows()).map(|r| (left, r)).collect();
        change(format!("lane {range}: equations that end elsewhere than at zero"), &all, Fp::ONE);
    }
    change("the square of the context".into(), &[(sizes.value(0), layout.places[0].row + 2)], Fp::ONE);
    out
}
