//! Every cell of every column changed alone: some constraint that reads it must object.

use super::{Checker, Scene, shapes};
use crate::{Ledger, Score};
use ff::{Field, FromUniformBytes};
use mandate_circuits_halo2::Layout;
use mandate_circuits_halo2::sizes::{BLOCK, Mark, SIDES};
use pasta_curves::Fp;
use rand::{RngCore, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

/// Where a cell stands.
const REGIONS: [&str; 4] = ["in the hash", "in bytes and quantities", "in running sums", "in the equations"];

/// The attack.
pub fn run() -> Score {
    let told = shapes().into_iter().map(|shape| tell(&Scene::lawful(shape, 0)));
    let (ledger, noticed) = told.reduce(merged).unwrap_or_default();
    let score = ledger.score(
        "t-cells",
        "transparent: each cell of each column of `t32` and `r64` changed alone by 1, -1 and to a random field element, and a \
         byte to the next byte",
    );
    (0..).zip(REGIONS).fold(score, |score, (i, region)| {
        score.with_part(&format!("refused {region}"), noticed.get(&i).copied().unwrap_or(0))
    })
}

type Told = (Ledger, BTreeMap<usize, u64>);

fn merged(one: Told, other: Told) -> Told {
    let mut counts = one.1;
    for (region, count) in other.1 {
        *counts.entry(region).or_default() += count;
    }
    (one.0.merge(other.0), counts)
}

/// Changes every cell of one honest witness: the lies, and how many were refused by region.
///
/// # Panics
/// If the honest witness breaks a constraint.
pub fn tell(scene: &Scene) -> Told {
    let layout = scene.layout();
    let (witness, _) = scene.witness(&layout);
    let checker = Checker::new(&layout, scene.instance(&layout));
    assert_eq!(checker.faults(&witness.columns), [], "the honest witness");
    let looked_up: BTreeSet<usize> = layout.sizes().looked_up().into_iter().collect();
    (0..witness.columns.len())
        .into_par_iter()
        .map(|column| {
            let mut columns = witness.columns.clone();
            let mut random = ChaCha8Rng::seed_from_u64(column as u64);
            let (mut ledger, mut noticed) = Told::default();
            for row in 0..layout.rows() {
                let honest = columns[column][row];
                let mut wide = [0; 64];
                random.fill_bytes(&mut wide);
                let mut lies = vec![honest + Fp::ONE, honest - Fp::ONE, Fp::from_uniform_bytes(&wide)];
                if looked_up.contains(&column) {
                    // A byte stays a byte, so that the look-up alone never notices.
                    let wraps = lies[0] == Fp::from(256);
                    lies.push(if wraps { Fp::ZERO } else { lies[0] });
                }
                for (n, lie) in lies.into_iter().enumerate() {
                    columns[column][row] = lie;
                    let faults = checker.faults_at(&columns, column, row);
                    match (faults.is_empty(), unread(&layout, column, row)) {
                        (false, _) => {
                            ledger.refused();
                            *noticed.entry(region(&layout, column)).or_default() += 1;
                        }
                        (true, Some(why)) => ledger.excused(why),
                        (true, None) => ledger.believed(|| {
                            format!("{}: column {column} row {row}, change {n}", layout.shape().name)
                        }),
                    }
                }
                columns[column][row] = honest;
            }
            (ledger, noticed)
        })
        .reduce(Told::default, merged)
}

/// The position in [`REGIONS`] of a column.
fn region(layout: &Layout, column: usize) -> usize {
    let sizes = layout.sizes();
    if column >= sizes.limb(0) {
        return 3;
    }
    match column % sizes.lane_width() {
        0..6 => 0,
        c if c < sizes.sum(0, 0) => 1,
        _ => 2,
    }
}

/// Why a cell may hold anything: no constraint reads it.
pub fn unread(layout: &Layout, column: usize, row: usize) -> Option<&'static str> {
    let sizes = layout.sizes();
    let fixed = |c: usize| layout.fixed[c][row];
    if column >= sizes.limb(0) {
        let range = (column - sizes.limb(0)) / 3;
        return match column {
            c if c == sizes.limb(range) && fixed(sizes.power(range)) == Fp::ZERO => {
                Some("a byte without a power")
            }
            c if c == sizes.left(range) && row > layout.equation_rows => {
                Some("a running left-hand side past the equations")
            }
            c if c == sizes.value(range) && fixed(sizes.coefficient(range)) == Fp::ZERO => {
                let product = (row.saturating_sub(2)..=row)
                    .any(|r| range == 0 && layout.fixed[Mark::Product.column()][r] != Fp::ZERO);
                (!product).then_some("a value without a coefficient")
            }
            _ => None,
        };
    }
    if row >= sizes.lane_rows() {
        return Some("a row past the lanes");
    }
    let end = row % BLOCK + 1 == BLOCK;
    let last = (row + 1).is_multiple_of(sizes.segment_rows());
    for lane in 0..sizes.lanes {
        if last && (1..sizes.sums).any(|i| column == sizes.sum(lane, i)) {
            return Some("a sum in the row where only the digest stands");
        }
        for side in 0..SIDES {
            let held = [sizes.byte(lane, side), sizes.quantity(lane, side), sizes.long(lane, side)];
            if end && held.contains(&column) {
                return Some("the row between two elements");
            }
        }
    }
    None
}
