//! For every column of bytes a lie that its look-up alone refuses: `byte + 256`, and the next byte less one, is the same number.

use super::mock::{self, Broken};
use super::{Checker, Scene, shapes};
use crate::{Ledger, Score};
use ff::Field;
use mandate_circuits_halo2::Witness;
use mandate_circuits_halo2::plan::Law;
use mandate_circuits_halo2::sizes::{BLOCK, SIDES};
use pasta_curves::Fp;
use std::collections::BTreeSet;

/// The attack.
pub fn run() -> Score {
    let told = shapes().map(|shape| tell(&Scene::lawful(shape, 0)));
    let (mut ledger, mut alone) = (Ledger::default(), 0);
    for (one, count) in told {
        ledger = ledger.merge(one);
        alone += count;
    }
    ledger
        .score(
            "t-bytes",
            "transparent: each look-up left out: a byte 256 too large, taken from the next; said by this project's evaluation of \
             the constraints and by `halo2_proofs`' own",
        )
        .with_part("look-ups that alone refuse a lie", alone)
}

/// One lie for each column of bytes: the lies, and the number of look-ups that alone refuse theirs.
///
/// # Panics
/// If a range lane has no range of two bytes.
pub fn tell(scene: &Scene) -> (Ledger, u64) {
    let layout = scene.layout();
    let (witness, _) = scene.witness(&layout);
    let checker = Checker::new(&layout, scene.instance(&layout));
    let ids = checker.ids(&witness.columns);
    let sizes = *layout.sizes();
    let mut lies: Vec<(usize, Vec<Vec<Fp>>)> = Vec::new();
    for lane in 0..sizes.lanes {
        for side in 0..SIDES {
            let mut columns = witness.columns.clone();
            let row = BLOCK;
            columns[sizes.byte(lane, side)][row] += Fp::from(256);
            columns[sizes.element(lane, side)][row + 1] -= Fp::ONE;
            columns[sizes.byte(lane, side)][row + 1] -= Fp::ONE;
            lies.push((sizes.byte(lane, side), columns));
        }
    }
    for range in 0..sizes.ranges {
        let mut columns = witness.columns.clone();
        let place = layout.plan.laws.iter().zip(&layout.places).find(|(law, place)| {
            place.range == range && matches!(&law.1, Law::Linear(_, bytes) if *bytes > 1)
        });
        let row = place.expect("a range in every lane").1.row;
        columns[sizes.limb(range)][row] += Fp::from(256);
        columns[sizes.left(range)][row + 1] -= Fp::from(256);
        columns[sizes.limb(range)][row + 1] -= Fp::ONE;
        lies.push((sizes.limb(range), columns));
    }
    let (mut ledger, mut alone) = (Ledger::default(), BTreeSet::new());
    let looked_up = sizes.looked_up();
    for (column, columns) in lies {
        let name = format!("{}: column {column} holds 256", layout.shape().name);
        let here = Broken::of(&layout, &checker.faults(&columns));
        let there = mock::broken(&layout, &ids, &checker.instance, &Witness { columns });
        if here != there {
            ledger.believed(|| format!("{name}: {here:?} here, {there:?} in the proof system"));
            continue;
        }
        let wanted = looked_up.iter().position(|c| *c == column);
        if here.lookups.is_empty() {
            ledger.believed(|| format!("{name}, and no look-up says no"));
        } else {
            ledger.refused();
            if here.gates.is_empty() && !here.copies && here.lookups.iter().copied().eq(wanted) {
                alone.extend(wanted);
            }
        }
    }
    let count = alone.len() as u64;
    for (at, column) in looked_up.iter().enumerate().filter(|(at, _)| !alone.contains(at)) {
        ledger.believed(|| {
            format!("{}: no lie that look-up {at}, of column {column}, alone refuses", layout.shape().name)
        });
    }
    (ledger, count)
}
