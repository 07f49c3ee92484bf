//! Lies that stay consistent, and lies handed to the real prover. Cells, gates, look-ups, choices and equations are attacked one by
//! one by `make soundness`.

use mandate_circuits_halo2::Layout;
use mandate_circuits_halo2::sizes::BLOCK;
use mandate_soundness::transparent::{Checker, Fault, Scene};
use mandate_testing::t32;
use mandate_transparent::prove::SheetProver;
use mandate_transparent::{Parameters, SheetKey, accepts};
use pasta_curves::Fp;
use std::collections::BTreeSet;

/// A liar who recomputes everything after the lie: the other half of a quantity, another sign, another quantity.
#[test]
fn lies_carried_through_are_noticed() {
    let honest = Scene::lawful(t32(), 0);
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
    let scene: Scene = Scene::lawful(t32(), 1);
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
