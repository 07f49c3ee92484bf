//! Constraint counts, held exactly: a check that silently vanishes changes one of them.

use mandate_circuits::r1cs::relation;
use mandate_statement::{InputLayout, SHAPES};

#[test]
fn sizes_of_the_default_shapes() {
    // shape, constraints, inputs, log2 of the evaluation domain
    let pinned = [
        ("t32", 39_615, 3_507, 16),
        ("r64", 44_949, 4_466, 16),
        ("s256", 115_230, 13_279, 17),
        ("m1024", 196_967, 37_966, 18),
        ("l4096", 712_191, 138_174, 20),
        ("o2048", 835_358, 159_728, 20),
    ];
    for (shape, (name, constraints, inputs, domain)) in SHAPES.iter().zip(pinned) {
        let relation = relation(shape);
        assert_eq!(shape.name, name);
        assert_eq!(relation.constraints(), constraints, "constraints of {name}");
        assert_eq!(relation.inputs, inputs, "inputs of {name}");
        assert_eq!(InputLayout::of(shape).total, inputs, "layout of {name}");
        assert_eq!(relation.domain_points().next_power_of_two().trailing_zeros(), domain, "domain of {name}");
    }
}
