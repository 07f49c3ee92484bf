//! Attacks on the circuit itself: every cell changed alone, every lookup and every gate left out, lies that stay consistent.

#![allow(
    clippy::print_stderr,
    reason = "a measured figure, or why a test is left out, is worth a line in the log"
)]

mod common;

use common::check::{Checker, Fault};
use common::{Scene, lawful};
use mandate_circuits_halo2::Layout;
use mandate_circuits_halo2::sizes::{BLOCK, Mark, SIDES};
use mandate_testing::t32;
use mandate_transparent::prove::SheetProver;
use mandate_transparent::{Parameters, SheetKey, accepts};
use pasta_curves::Fp;
use std::collections::{BTreeMap, BTreeSet};

/// Why a cell may hold anything: no constraint reads it.
fn unread(layout: &Layout, column: usize, row: usize) -> Option<&'static str> {
    let sizes = layout.sizes();
    let fixed = |c: usize| layout.fixed[c][row];
    if column >= sizes.limb(0) {
        let range = (column - sizes.limb(0)) / 3;
        return match column {
            c if c == sizes.limb(range) && fixed(sizes.power(range)) == Fp::zero() => {
                Some("a byte without a power")
            }
            c if c == sizes.left(range) && row > layout.equation_rows => Some("past the equations"),
            c if c == sizes.value(range) && fixed(sizes.coefficient(range)) == Fp::zero() => {
                let product = (row.saturating_sub(2)..=row)
                    .any(|r| range == 0 && layout.fixed[Mark::Product.column()][r] != Fp::zero());
                (!product).then_some("a value without a coefficient")
            }
            _ => None,
        };
    }
    if row >= sizes.lane_rows() {
        return Some("past the lanes");
    }
    let end = row % BLOCK + 1 == BLOCK;
    let last = (row + 1).is_multiple_of(sizes.segment_rows());
    for lane in 0..sizes.lanes {
        if last && (1..sizes.sums).any(|i| column == sizes.sum(lane, i)) {
            return Some("a sum where only the digest stands");
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

#[test]
fn every_cell_changed_alone_is_noticed_unless_nothing_reads_it() {
    let scene = lawful(t32(), 0);
    let layout = scene.layout();
    let (witness, _) = scene.witness(&layout);
    let checker = Checker::new(&layout, scene.instance(&layout));
    let mut columns = witness.columns.clone();
    assert_eq!(checker.faults(&columns), []);
    let looked_up: BTreeSet<usize> = layout.sizes().looked_up().into_iter().collect();
    let mut free: BTreeMap<&str, usize> = BTreeMap::new();
    let (mut noticed, mut only): (usize, BTreeSet<usize>) = (0, BTreeSet::new());
    for column in 0..columns.len() {
        for row in 0..layout.rows() {
            let honest = columns[column][row];
            // A byte stays a byte, so that the lookup alone never notices.
            let next = honest + Fp::one();
            let wraps = looked_up.contains(&column) && next == Fp::from(256);
            columns[column][row] = if wraps { Fp::zero() } else { next };
            let faults = checker.faults_at(&columns, column, row);
            columns[column][row] = honest;
            match unread(&layout, column, row) {
                Some(why) => {
                    assert_eq!(faults, [], "column {column} row {row}: {why}");
                    *free.entry(why).or_default() += 1;
                }
                None => {
                    assert!(!faults.is_empty(), "column {column} row {row} is free");
                    noticed += 1;
                    if let [Fault::Gate(gate, _)] = faults.as_slice() {
                        only.insert(*gate);
                    }
                }
            }
        }
    }
    let ids = checker.ids(&columns);
    eprintln!(
        "{noticed} cells noticed; free: {free:?}; {} of {} gates are the only one to notice some cell",
        only.len(),
        ids.len()
    );
    assert!(free.len() >= 5, "{free:?}");
}

/// A lie that is carried through everything but one gate, for every gate: without it, the lie would stand.
#[test]
fn every_gate_left_out_lets_a_lie_through() {
    let scene = lawful(t32(), 0);
    let layout = scene.layout();
    let (witness, _) = scene.witness(&layout);
    let sizes = *layout.sizes();
    let honest = Checker::new(&layout, scene.instance(&layout));
    let count = honest.ids(&witness.columns).len();
    let mut alone: BTreeSet<usize> = BTreeSet::new();
    let mut lie = |instance: &[Fp], columns: &[Vec<Fp>]| {
        let checker = Checker::new(&layout, instance.to_vec());
        let faults = checker.faults(columns);
        let gates: BTreeSet<usize> =
            faults.iter().map(|f| if let Fault::Gate(g, _) = f { *g } else { usize::MAX }).collect();
        alone.extend(gates.iter().filter(|g| gates.len() == 1 && **g != usize::MAX));
    };
    // Poseidon: a segment walked with one step wrong, and its wrong digest handed in as the commitment.
    let instance = honest.instance.clone();
    for lies in hash_lies() {
        let (mut columns, mut instance) = (witness.columns.clone(), instance.clone());
        lies.walk(&layout, &mut columns, &mut instance);
        lie(&instance, &columns);
    }
    // Quantities: places past a segment's slots weigh nothing, so that only their own gates read them.
    for (side, row) in [(0, BLOCK + 28), (1, BLOCK + 28)] {
        let (q, long) = (sizes.quantity(0, side), sizes.long(0, side));
        let change = |cells: &[(usize, usize)]| {
            let mut columns = witness.columns.clone();
            cells.iter().for_each(|(c, r)| columns[*c][*r] += Fp::one());
            columns
        };
        let all = |c: usize| (row..row + 7).map(move |r| (c, r));
        for cells in [
            vec![(q, row + 2)],
            vec![(long, row + 2)],
            all(q).chain(all(long)).collect(),
            all(long).collect(),
            vec![(sizes.element(0, side), row + 3)],
        ] {
            lie(&instance, &change(&cells));
        }
        // A sign that is neither: 2 top - x = 128, and half of the quantity counted as long. The quantity is zero here.
        let mut columns = witness.columns.clone();
        columns[sizes.byte(0, side)][row + 6] += Fp::from(128);
        lie(&instance, &columns);
    }
    for sum in 0..sizes.sums {
        let mut columns = witness.columns.clone();
        columns[sizes.sum(0, sum)][2 * BLOCK - 20] += Fp::one();
        lie(&instance, &columns);
    }
    for range in 0..sizes.ranges {
        let mut columns = witness.columns.clone();
        let inside = (1..).find(|r| layout.fixed[sizes.stop(range)][*r] == Fp::zero());
        columns[sizes.left(range)][inside.expect("an equation of two rows")] += Fp::one();
        lie(&instance, &columns);
        let mut columns = witness.columns.clone();
        (0..layout.rows()).for_each(|r| columns[sizes.left(range)][r] += Fp::one());
        lie(&instance, &columns);
    }
    let square = layout.places[0].row + 2;
    let mut columns = witness.columns.clone();
    columns[sizes.value(0)][square] += Fp::one();
    lie(&instance, &columns);
    let ids = honest.ids(&witness.columns);
    let missing: Vec<_> = (0..count).filter(|g| !alone.contains(g)).map(|g| (g, ids[g])).collect();
    assert_eq!(missing, [], "no lie that this gate alone notices");
}

/// One wrong step of a hash.
struct HashLie {
    row: usize,
    kind: Wrong,
}
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

fn hash_lies() -> Vec<HashLie> {
    let mut out = vec![HashLie { row: 0, kind: Wrong::Digest }];
    out.extend((1..3).map(|i| HashLie { row: 0, kind: Wrong::Start(i) }));
    for row in [2, 9] {
        out.extend((0..3).map(|i| HashLie { row, kind: Wrong::Aux(i) }));
        out.extend((0..3).map(|i| HashLie { row, kind: Wrong::Next(i) }));
    }
    out
}

impl HashLie {
    /// Walks the last block of segment 0 again with the lie in it.
    fn walk(&self, layout: &Layout, columns: &mut [Vec<Fp>], instance: &mut [Fp]) {
        use mandate_circuits_halo2::poseidon::{CONSTANTS, Step, mix, step, walk};
        let sizes = layout.sizes();
        let starts = matches!(self.kind, Wrong::Start(_));
        let first = if starts { 0 } else { sizes.segment_rows() - BLOCK };
        let mut state: [Fp; 3] = std::array::from_fn(|i| columns[sizes.state(0, i)][first]);
        if let Wrong::Start(i) = self.kind {
            state[i] += Fp::one();
        }
        #[allow(clippy::needless_range_loop, reason = "the row names cells of many columns")]
        for row in first..sizes.segment_rows() {
            if row > first && row % BLOCK == 0 {
                state[0] += columns[sizes.element(0, 0)][row];
                state[1] += columns[sizes.element(0, 1)][row];
            }
            let (mut aux, mut next) = walk(row % BLOCK, state);
            if row - first == self.row {
                let rounds = &CONSTANTS.rounds;
                let plus = |n: usize, s: [Fp; 3]| -> [Fp; 3] { std::array::from_fn(|i| s[i] + rounds[n][i]) };
                match (&self.kind, step(row % BLOCK)) {
                    (Wrong::Next(i), _) => {
                        let mut wrong = [Fp::zero(); 3];
                        wrong[*i] = Fp::one();
                        let wrong = mix(wrong);
                        (0..3).for_each(|j| next[j] += wrong[j]);
                    }
                    (Wrong::Aux(i), Step::Full(n)) => {
                        aux[*i] += Fp::one();
                        let x = plus(n, state);
                        next = mix(std::array::from_fn(|j| aux[j].square() * x[j]));
                    }
                    (Wrong::Aux(i), Step::Partial(n)) => {
                        let x = plus(n, state);
                        aux[*i] += Fp::one();
                        let mut middle = mix([aux[0].square() * x[0], x[1], x[2]]);
                        if *i == 0 {
                            aux[1] = middle[0] + rounds[n + 1][0];
                        }
                        if *i == 1 {
                            // The other two follow the first without the fifth power.
                            let power = (aux[1] - rounds[n + 1][0] - mix([Fp::zero(), x[1], x[2]])[0])
                                * ff::Field::invert(&CONSTANTS.mix[0][0]).expect("not zero");
                            middle = mix([power, x[1], x[2]]);
                        }
                        if *i < 2 {
                            aux[2] = aux[1].square();
                        }
                        let y = plus(n + 1, middle);
                        next = mix([aux[2].square() * aux[1], y[1], y[2]]);
                    }
                    (Wrong::Start(_) | Wrong::Digest, _) => {}
                }
            }
            for i in 0..3 {
                columns[sizes.state(0, i)][row] = state[i];
                columns[sizes.aux(0, i)][row] = aux[i];
            }
            state = next;
        }
        if matches!(self.kind, Wrong::Digest) {
            state[0] += Fp::one();
        }
        let (column, row) = sizes.digest(0);
        columns[column][row] = state[0];
        // Whoever reads the digest, and the public commitment.
        let laws = layout.plan.laws.iter().zip(&layout.places).find(|((id, _), _)| *id == "com-3");
        let place = laws.expect("a commitment").1;
        columns[sizes.value(place.range)][place.row + 1] = state[0];
        columns[sizes.value(place.range)][place.row + 2] = state[0];
        instance[mandate_circuits_halo2::Inputs::commitment(layout.shape(), 0)] = state[0];
    }
}

/// `byte + 256` and the next byte less one is the same number: only the lookup tells.
#[test]
fn without_its_lookup_a_column_of_bytes_lies() {
    let scene = lawful(t32(), 0);
    let layout = scene.layout();
    let (witness, _) = scene.witness(&layout);
    let checker = Checker::new(&layout, scene.instance(&layout));
    let sizes = *layout.sizes();
    for lane in 0..sizes.lanes {
        for side in 0..SIDES {
            let mut columns = witness.columns.clone();
            let row = BLOCK;
            columns[sizes.byte(lane, side)][row] += Fp::from(256);
            columns[sizes.element(lane, side)][row + 1] -= Fp::one();
            columns[sizes.byte(lane, side)][row + 1] -= Fp::one();
            only_bytes(&checker, &columns, sizes.byte(lane, side));
        }
    }
    for range in 0..sizes.ranges {
        let mut columns = witness.columns.clone();
        let place = layout.plan.laws.iter().zip(&layout.places).find(|(law, place)| {
            place.range == range
                && matches!(&law.1, mandate_circuits_halo2::plan::Law::Linear(_, bytes) if *bytes > 1)
        });
        let row = place.expect("a range in every lane").1.row;
        columns[sizes.limb(range)][row] += Fp::from(256);
        columns[sizes.left(range)][row + 1] -= Fp::from(256);
        columns[sizes.limb(range)][row + 1] -= Fp::one();
        only_bytes(&checker, &columns, sizes.limb(range));
    }
}

fn only_bytes(checker: &Checker<'_>, columns: &[Vec<Fp>], column: usize) {
    let faults = checker.faults(columns);
    assert!(!faults.is_empty(), "column {column}: the lie is noticed");
    assert!(
        faults.iter().all(|f| matches!(f, Fault::Byte(c, _) if *c == column)),
        "column {column}: only by its lookup: {faults:?}"
    );
}

/// A liar who recomputes everything after the lie: the other half of a quantity, another sign, another quantity.
#[test]
fn lies_carried_through_are_noticed() {
    let honest = lawful(t32(), 0);
    let layout = honest.layout();
    let checker = Checker::new(&layout, honest.instance(&layout));
    let ids = |columns: &[Vec<Fp>]| -> BTreeSet<&'static str> {
        let names = checker.ids(columns);
        let faults = checker.faults(columns);
        faults
            .iter()
            .map(|f| match f {
                Fault::Gate(i, _) => names[*i],
                Fault::Copy(_) => "copy",
                Fault::Byte(..) => "byte",
            })
            .collect()
    };
    // Another quantity under the old commitments: all that follows is honest, so only the commitment tells.
    let usable = mandate_testing::usable_slots(t32(), &honest.risk);
    for slot in usable.iter().step_by(5) {
        let mut other = honest.clone();
        other.book.quantities[*slot] += 1;
        let (witness, broken) = other.witness(&layout);
        assert!(broken.is_some(), "slot {slot}");
        assert!(ids(&witness.columns).contains("product"), "slot {slot}: {:?}", ids(&witness.columns));
    }
    // The sign of a quantity, with everything that follows from it inside its own rows.
    let (lane, side) = (0, 1);
    let sizes = *layout.sizes();
    let (witness, _) = honest.witness(&layout);
    let mut columns = witness.columns.clone();
    let top = columns[sizes.byte(lane, side)][6];
    let flipped = if columns[sizes.long(lane, side)][0] == columns[sizes.quantity(lane, side)][0] {
        (top + Fp::from(256), Fp::zero())
    } else {
        (top - Fp::from(256), columns[sizes.quantity(lane, side)][0])
    };
    columns[sizes.byte(lane, side)][6] = flipped.0;
    (0..7).for_each(|r| columns[sizes.long(lane, side)][r] = flipped.1);
    let found = ids(&columns);
    assert!(found.contains("byte"), "the sign is the top bit: {found:?}");
}

/// The same lies handed to the real prover: whatever bytes come out, no verifier takes them.
#[test]
fn no_real_proof_of_a_lie_is_accepted() {
    let scene: Scene = lawful(t32(), 1);
    let layout = scene.layout();
    let instance = scene.instance(&layout);
    let (witness, broken) = scene.witness(&layout);
    assert_eq!(broken, None);
    let parameters = Parameters::derive(layout.k);
    let key = SheetKey::derive(layout, &parameters).expect("a key");
    let prover = SheetProver::new(&key).expect("a proving key");
    let proof = prover.prove_assignment(&instance, &witness).expect("a proof");
    assert_eq!(accepts(&key, &instance, &proof), Ok(()));
    let layout = key.layout_of();
    let sizes = *layout.sizes();
    let row = BLOCK + 3;
    let place = layout.places[0];
    let cells = [
        (sizes.state(0, 1), row),
        (sizes.aux(0, 0), row),
        (sizes.element(0, 0), row),
        (sizes.quantity(0, 1), 0),
        (sizes.long(0, 1), 6),
        (sizes.sum(0, 2), row),
        (sizes.digest(0).0, sizes.digest(0).1),
        (sizes.left(1), 5),
        // The square of the context: what is copied from a public input is filled in by the proof system itself.
        (sizes.value(place.range), place.row + 2),
    ];
    for (column, row) in cells {
        let mut other = scene.witness(layout).0;
        other.columns[column][row] += Fp::one();
        if let Ok(proof) = prover.prove_assignment(&instance, &other) {
            assert!(accepts(&key, &instance, &proof).is_err(), "column {column} row {row}");
        }
    }
    // A cell that is no byte: the prover itself finds no place in the table.
    let mut other = scene.witness(layout).0;
    other.columns[sizes.limb(0)][layout.equation_rows - 1] = Fp::from(256);
    let proof = prover.prove_assignment(&instance, &other);
    assert!(proof.is_err() || accepts(&key, &instance, &proof.expect("bytes")).is_err());
    // Another sheet's key.
    let mut risk = scene.risk.clone();
    let weight = risk.weights.iter().position(|w| *w > 1).expect("a weight");
    risk.weights[weight] += 1;
    let other = Layout::of(&scene.rules, &risk).expect("a layout");
    assert_eq!(other.k, key.layout_of().k);
    let other = SheetKey::derive(other, &parameters).expect("a key");
    assert_ne!(other.id(), key.id());
    assert!(accepts(&other, &instance, &proof_of(&prover, &instance, &witness)).is_err(), "one weight more");
}

fn proof_of(
    prover: &SheetProver<'_, '_>,
    instance: &[Fp],
    witness: &mandate_circuits_halo2::Witness,
) -> Vec<u8> {
    prover.prove_assignment(instance, witness).expect("a proof")
}
