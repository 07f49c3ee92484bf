//! Every witness cell changed alone: some row that reads it must object.

use super::setup::{Bench, idle};
use crate::{Ledger, Score};
use ark_bn254::Fr;
use ark_ff::{AdditiveGroup, Field, UniformRand};
use mandate_circuits::r1cs::Relation;
use mandate_statement::SHAPES;
use mandate_testing::Case;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;

const SELECTOR: &str = "a selector bit that no rule of the mandate reads, changed to the other bit";

/// The attack, on every shape.
pub fn run() -> Score {
    let ledger = SHAPES.iter().map(|shape| {
        let bench = Bench::of(Case::lawful_of(shape, 0));
        tell(&bench)
    });
    ledger.reduce(Ledger::merge).unwrap_or_default().score(
        "cells",
        "each witness cell of each shape changed alone by 1, -1, 2^60, and to a random field element",
    )
}

/// Changes every cell of one honest assignment.
pub fn tell(bench: &Bench) -> Ledger {
    let (relation, z) = (bench.relation(), &bench.honest);
    assert!(relation.holds(z), "the honest assignment of {} holds", bench.case.shape.name);
    let dots: Vec<[Fr; 3]> = (0..relation.constraints())
        .into_par_iter()
        .map(|row| [0, 1, 2].map(|m| relation.matrices[m][row].iter().map(|(c, v)| z[*v] * c).sum()))
        .collect();
    let cells: Vec<usize> = (relation.inputs..z.len()).collect();
    cells
        .par_chunks(4096)
        .map(|cells| {
            let mut ledger = Ledger::default();
            let mut random = ChaCha8Rng::seed_from_u64(cells[0] as u64);
            for &cell in cells {
                let changes = [Fr::ONE, -Fr::ONE, Fr::from(1u64 << 60), Fr::rand(&mut random) - z[cell]];
                for (n, change) in changes.into_iter().enumerate() {
                    let readers = bench.trace.readers.get(cell);
                    if readers.iter().any(|row| refuses(relation, &dots, *row as usize, cell, change)) {
                        ledger.refused();
                    } else if idle::selector(bench, cell) && is_bit(z[cell] + change) {
                        ledger.excused(SELECTOR);
                    } else {
                        let name = bench.case.shape.name;
                        ledger.believed(|| format!("{name}: cell {} by change {n}", cell - relation.inputs));
                    }
                }
            }
            ledger
        })
        .reduce(Ledger::default, Ledger::merge)
}

fn is_bit(v: Fr) -> bool {
    v == Fr::ZERO || v == Fr::ONE
}

/// Whether `row` fails once `cell` has moved by `change`, from what its three sides were before.
fn refuses(relation: &Relation, dots: &[[Fr; 3]], row: usize, cell: usize, change: Fr) -> bool {
    let side = |m: usize| {
        let terms = &relation.matrices[m][row];
        let moved = terms.binary_search_by_key(&cell, |t| t.1).map_or(Fr::ZERO, |at| terms[at].0 * change);
        dots[row][m] + moved
    };
    side(0) * side(1) != side(2)
}
