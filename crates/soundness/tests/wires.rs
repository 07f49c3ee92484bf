//! Two readings of the matrices say which cells the prover chooses: that of the export, which puts them among the private
//! inputs of the `.r1cs` file, and that of the attacks, which lie in them. They were written apart, and must agree.

use mandate_export::Wires;
use mandate_soundness::circuit::trace::Trace;
use mandate_testing::t32_relation;

#[test]
fn export_and_attacks_agree_on_what_the_prover_chooses() {
    let relation = t32_relation();
    let wires = Wires::of(relation);
    let trace = Trace::of(relation);
    assert!(trace.unread.is_empty(), "{:?}", trace.unread);
    let mut hint = vec![false; relation.inputs + relation.witnesses];
    for choice in &trace.hints {
        for (i, taken) in hint[choice.first..choice.first + choice.width].iter_mut().enumerate() {
            assert!(!*taken, "cell {} is in two hints", choice.first + i);
            *taken = true;
        }
    }
    // The private inputs follow the public ones.
    let private = relation.inputs..relation.inputs + wires.choices();
    let differ: Vec<usize> =
        (0..hint.len()).filter(|cell| hint[*cell] != private.contains(&wires.wire(*cell))).collect();
    assert!(differ.is_empty(), "{} cells, the first {:?}", differ.len(), differ.first());
    assert_eq!(hint.iter().filter(|h| **h).count(), wires.choices());
    assert!(wires.choices() > 1000 && wires.choices() < relation.witnesses / 2);
}
