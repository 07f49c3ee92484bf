//! Constraint counts, held exactly: a check that silently vanishes changes one of them.

use ark_ff::AdditiveGroup;
use mandate_circuits::r1cs::relation;
use mandate_statement::{InputLayout, SHAPES};
use mandate_testing::{Case, t32_relation};

/// Shape, constraints, inputs, log2 of the evaluation domain.
const PINNED: [(&str, usize, usize, u32); 6] = [
    ("t32", 39_615, 3_507, 16),
    ("r64", 44_949, 4_466, 16),
    ("s256", 115_230, 13_279, 17),
    ("m1024", 196_967, 37_966, 18),
    ("l4096", 712_191, 138_174, 20),
    ("o2048", 835_358, 159_728, 20),
];

fn sizes_of(range: std::ops::Range<usize>) {
    assert_eq!(SHAPES.len(), PINNED.len());
    for (shape, (name, constraints, inputs, domain)) in
        SHAPES.iter().zip(PINNED).skip(range.start).take(range.len())
    {
        let relation = relation(shape);
        assert_eq!(shape.name, name);
        assert_eq!(relation.constraints(), constraints, "constraints of {name}");
        assert_eq!(relation.inputs, inputs, "inputs of {name}");
        assert_eq!(InputLayout::of(shape).total, inputs, "layout of {name}");
        // A row for every constraint, and one for every input that keeps it apart from the others.
        assert_eq!(relation.domain_points(), constraints + inputs, "domain of {name}");
        assert_eq!(relation.domain_points().next_power_of_two().trailing_zeros(), domain, "domain of {name}");
    }
}

#[test]
fn sizes_of_the_smallest_shapes() {
    sizes_of(0..2);
}

#[test]
fn sizes_of_the_other_shapes() {
    sizes_of(2..6);
}

#[test]
fn an_assignment_holds_as_a_whole() {
    let relation = t32_relation();
    let z = Case::lawful().assignment();
    assert!(relation.holds(&z));
    assert!(!relation.holds(&z[..z.len() - 1]), "one value is missing");
    assert!(!relation.holds(&[&z[..], &z[..1]].concat()), "one is too many");
    let mut other = z;
    other[0].double_in_place();
    assert!(!relation.holds(&other), "the constant one is two");
    assert!(
        !relation.holds(&vec![other[0] - other[0]; other.len()]),
        "zeros satisfy every row but for the constant one"
    );
}

#[test]
fn a_gain_in_every_scenario_is_a_worst_loss_below_zero() {
    let relation = t32_relation();
    let shape = mandate_testing::t32();
    let mut risk = mandate_testing::plain_risk_part();
    let columns = shape.columns();
    for s in 0..shape.scenarios {
        for slot in 0..shape.slots {
            risk.weights[slot * columns + mandate_testing::columns::scenario(shape, s)] = 0;
        }
        // Cash that gains in every scenario, in each another amount; large, as most of the range is.
        risk.weights[mandate_testing::columns::scenario(shape, s)] =
            1_000 + 7 * i64::try_from(s * s).expect("few");
    }
    for quantity in 1..12 {
        let mut book = mandate_testing::empty_book(&risk);
        book.quantities[0] = (1 << 43) * quantity;
        let z = Case::modest(risk.clone(), book).assignment();
        assert_eq!(relation.first_violation(&z), None, "{quantity}");
    }
}
