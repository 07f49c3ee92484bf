//! One wrong step of a segment's hash, everything after it computed from the lie, and the wrong digest handed in as the commitment.

use ff::Field;
use mandate_circuits_halo2::poseidon::{CONSTANTS, Step, mix, step, walk};
use mandate_circuits_halo2::sizes::BLOCK;
use mandate_circuits_halo2::{Inputs, Layout};
use pasta_curves::Fp;

/// One wrong step of the hash of segment 0.
#[derive(Clone, Copy, Debug)]
pub struct HashLie {
    /// Row within the block that is walked again.
    row: usize,
    kind: Wrong,
}

#[derive(Clone, Copy, Debug)]
enum Wrong {
    /// A cell beside the state, and what follows from it.
    Aux(usize),
    /// The next state, before the linear layer.
    Next(usize),
    /// The state that a segment begins with.
    Start(usize),
    /// The digest itself.
    Digest,
}

/// Every kind of wrong step: of the start, of a full and of a partial round, of the digest.
pub fn all() -> Vec<HashLie> {
    let mut out = vec![HashLie { row: 0, kind: Wrong::Digest }];
    out.extend((1..3).map(|i| HashLie { row: 0, kind: Wrong::Start(i) }));
    for row in [2, 9] {
        out.extend((0..3).map(|i| HashLie { row, kind: Wrong::Aux(i) }));
        out.extend((0..3).map(|i| HashLie { row, kind: Wrong::Next(i) }));
    }
    out
}

fn plus(round: usize, state: [Fp; 3]) -> [Fp; 3] {
    std::array::from_fn(|i| state[i] + CONSTANTS.rounds[round][i])
}

impl HashLie {
    /// Walks the last block of segment 0 again with the lie in it, or all of it where the lie is about its start.
    ///
    /// # Panics
    /// If the layout has no commitment.
    pub fn tell(&self, layout: &Layout, columns: &mut [Vec<Fp>], instance: &mut [Fp]) {
        let sizes = layout.sizes();
        let starts = matches!(self.kind, Wrong::Start(_));
        let first = if starts { 0 } else { sizes.segment_rows() - BLOCK };
        let mut state: [Fp; 3] = std::array::from_fn(|i| columns[sizes.state(0, i)][first]);
        if let Wrong::Start(i) = self.kind {
            state[i] += Fp::ONE;
        }
        #[allow(clippy::needless_range_loop, reason = "the row names cells of many columns")]
        for row in first..sizes.segment_rows() {
            if row > first && row % BLOCK == 0 {
                state[0] += columns[sizes.element(0, 0)][row];
                state[1] += columns[sizes.element(0, 1)][row];
            }
            let (aux, next) = if row - first == self.row {
                self.wrong(row % BLOCK, state)
            } else {
                walk(row % BLOCK, state)
            };
            for i in 0..3 {
                columns[sizes.state(0, i)][row] = state[i];
                columns[sizes.aux(0, i)][row] = aux[i];
            }
            state = next;
        }
        if matches!(self.kind, Wrong::Digest) {
            state[0] += Fp::ONE;
        }
        let (column, row) = sizes.digest(0);
        columns[column][row] = state[0];
        // Whoever reads the digest, and the public commitment.
        let laws = layout.plan.laws.iter().zip(&layout.places).find(|((id, _), _)| *id == "com-3");
        let place = laws.expect("a commitment").1;
        columns[sizes.value(place.range)][place.row + 1] = state[0];
        columns[sizes.value(place.range)][place.row + 2] = state[0];
        instance[Inputs::commitment(layout.shape(), 0)] = state[0];
    }

    /// The cells beside the state, and the next state, of the row that lies.
    fn wrong(&self, row: usize, state: [Fp; 3]) -> ([Fp; 3], [Fp; 3]) {
        let (mut aux, mut next) = walk(row, state);
        match (self.kind, step(row)) {
            (Wrong::Next(i), _) => {
                let mut wrong = [Fp::ZERO; 3];
                wrong[i] = Fp::ONE;
                let wrong = mix(wrong);
                (0..3).for_each(|j| next[j] += wrong[j]);
            }
            (Wrong::Aux(i), Step::Full(n)) => {
                aux[i] += Fp::ONE;
                let x = plus(n, state);
                next = mix(std::array::from_fn(|j| aux[j].square() * x[j]));
            }
            (Wrong::Aux(i), Step::Partial(n)) => {
                let x = plus(n, state);
                aux[i] += Fp::ONE;
                let mut middle = mix([aux[0].square() * x[0], x[1], x[2]]);
                if i == 0 {
                    aux[1] = middle[0] + CONSTANTS.rounds[n + 1][0];
                }
                if i == 1 {
                    // The other two follow the first without the fifth power.
                    let power = (aux[1] - CONSTANTS.rounds[n + 1][0] - mix([Fp::ZERO, x[1], x[2]])[0])
                        * Field::invert(&CONSTANTS.mix[0][0]).expect("not zero");
                    middle = mix([power, x[1], x[2]]);
                }
                if i < 2 {
                    aux[2] = aux[1].square();
                }
                let y = plus(n + 1, middle);
                next = mix([aux[2].square() * aux[1], y[1], y[2]]);
            }
            (Wrong::Start(_) | Wrong::Digest, _) => {}
        }
        (aux, next)
    }
}
