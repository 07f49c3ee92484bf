//! Each gadget alone: at the edges of its range, against its native twin, and small enough to try every assignment.

use ark_bn254::Fr;
use ark_ff::{AdditiveGroup, BigInteger, Field, PrimeField};
use light_poseidon::PoseidonHasher;
use mandate_circuits::r1cs::gadgets::{Poseidon, quantity, range};
use mandate_circuits::r1cs::{Id, Relation, System, Tamper};
use mandate_statement::{
    GLOBAL_SLACK_BITS, GLOBAL_WITNESS_BITS, LOCAL_SLACK_BITS, LOCAL_WITNESS_BITS, QUANTITY_BITS,
    QUANTITY_LIMIT, WORST_BITS,
};

/// A gadget on public inputs: its rows, and what it computes for some of them.
struct Gadget<F: Fn(&mut System)> {
    relation: Relation,
    build: F,
}

impl<F: Fn(&mut System)> Gadget<F> {
    fn new(inputs: usize, build: F) -> Self {
        let mut system = System::recording(inputs + 1);
        build(&mut system);
        Self { relation: system.into_relation(), build }
    }
    fn assign(&self, inputs: &[Fr], lies: &[Tamper]) -> Vec<Fr> {
        let mut system = System::lying([&[Fr::ONE], inputs].concat(), lies);
        (self.build)(&mut system);
        system.into_assignment().to_vec()
    }
    fn accepts(&self, inputs: &[Fr]) -> bool {
        self.relation.holds(&self.assign(inputs, &[]))
    }
}

fn ranged(width: u32) -> Gadget<impl Fn(&mut System)> {
    Gadget::new(1, move |system| {
        let number = system.input(1);
        range::enforce(system, Id::Worst, &number, width);
    })
}

fn power(bits: u32) -> Fr {
    Fr::from(2u64).pow([u64::from(bits)])
}

/// Every width that the relation uses, at the ends: `2^k - 1` is in, `2^k` is out, and so is everything that is negative.
#[test]
fn ranges_end_where_they_say() {
    let widths = [
        QUANTITY_BITS,
        WORST_BITS,
        WORST_BITS + 1,
        LOCAL_WITNESS_BITS,
        LOCAL_SLACK_BITS,
        GLOBAL_WITNESS_BITS,
        GLOBAL_SLACK_BITS,
        1,
        252,
    ];
    for k in widths {
        let gadget = ranged(k);
        assert_eq!(gadget.relation.constraints(), k as usize + 1, "rows of {k} bits");
        let top = power(k);
        for inside in [Fr::ZERO, Fr::ONE, top - Fr::ONE, power(k - 1)] {
            assert!(gadget.accepts(&[inside]), "{inside} has {k} bits");
        }
        let half = Fr::from(2u64).inverse().unwrap();
        for outside in [top, top + Fr::ONE, -Fr::ONE, -top, Fr::ONE - top, power(253), half, -half] {
            assert!(!gadget.accepts(&[outside]), "{outside} has not {k} bits");
        }
    }
}

/// A residue has one bit pattern: that of `r + x` is longer than any width, cut short it is another number's, and no
/// pattern with a digit beside zero and one passes.
#[test]
fn a_residue_has_one_bit_pattern() {
    let two = Fr::from(2u64);
    let widths = [
        QUANTITY_BITS,
        WORST_BITS,
        WORST_BITS + 1,
        LOCAL_WITNESS_BITS,
        LOCAL_SLACK_BITS,
        GLOBAL_WITNESS_BITS,
        GLOBAL_SLACK_BITS,
    ];
    assert_eq!(widths, [48, 89, 90, 104, 112, 112, 128], "every width in use");
    for k in widths {
        let gadget = ranged(k);
        for x in [0u64, 1, 12_345] {
            let mut aliased = Fr::MODULUS;
            assert!(!aliased.add_with_carry(&Fr::from(x).into_bigint()), "r + x has 254 bits");
            let honest = gadget.assign(&[Fr::from(x)], &[]);
            let lies: Vec<Tamper> = (0..k as usize)
                .map(|cell| {
                    let bit = Fr::from(u64::from(aliased.get_bit(cell)));
                    Tamper { cell, add: bit - honest[2 + cell] }
                })
                .collect();
            assert!(!gadget.relation.holds(&gadget.assign(&[Fr::from(x)], &lies)), "r + {x} in {k} bits");
            // One digit alone makes up for the whole of r, or for another digit.
            for cell in 0..k as usize {
                let other = if cell == 0 { 1 } else { 0 };
                let flip = Fr::ONE - honest[2 + other] - honest[2 + other];
                let make_up = -flip * two.pow([other as u64]) * two.pow([cell as u64]).inverse().unwrap();
                let lies = [Tamper { cell: other, add: flip }, Tamper { cell, add: make_up }];
                assert!(!gadget.relation.holds(&gadget.assign(&[Fr::from(x)], &lies)));
            }
        }
    }
}

/// More bits than the field has room for are refused when the circuit is built.
#[test]
#[should_panic(expected = "would wrap")]
fn a_range_that_would_wrap_is_not_built() {
    ranged(253);
}

/// Every assignment of digits from -1 to 3, for every number near the range: what is accepted is each number of the
/// range, once.
#[test]
fn small_ranges_accept_exactly_their_numbers_once() {
    for width in 1..=4u32 {
        let gadget = ranged(width);
        let digits: Vec<Fr> =
            (-1i64..=3).map(|d| if d < 0 { -Fr::ONE } else { Fr::from(d.unsigned_abs()) }).collect();
        for number in -20i64..=40 {
            let x =
                if number < 0 { -Fr::from(number.unsigned_abs()) } else { Fr::from(number.unsigned_abs()) };
            let accepted = (0..digits.len().pow(width))
                .filter(|n| {
                    let cells = (0..width).map(|i| digits[n / digits.len().pow(i) % digits.len()]);
                    let z: Vec<Fr> = [Fr::ONE, x].into_iter().chain(cells).collect();
                    gadget.relation.holds(&z)
                })
                .count();
            let inside = (0..1 << width).contains(&number);
            assert_eq!(accepted, usize::from(inside), "{number} in {width} bits");
        }
    }
}

/// `long`, `short` and `|q|` of every edge, and no other values for them: inputs are `q`, `long`, `short`, `|q|`.
#[test]
fn the_sign_split_is_exact() {
    let gadget = Gadget::new(5, |system: &mut System| {
        // The prover's claim of q comes as an integer; out of range it is the nearest lie.
        let claim = system.input(5).value().into_bigint().0[0].cast_signed();
        let slot = quantity::enforce(system, claim);
        for (i, part) in [&slot.signed, &slot.long, &slot.short, &slot.absolute].into_iter().enumerate() {
            let public = system.input(i + 1);
            system.enforce_equal(Id::SignSplit, part, &public);
        }
    });
    let field = |v: i64| if v < 0 { -Fr::from(v.unsigned_abs()) } else { Fr::from(v.unsigned_abs()) };
    let inputs = |q: i64, long: i64, short: i64, absolute: i64| {
        [field(q), field(long), field(short), field(absolute), Fr::from(q.cast_unsigned())]
    };
    let limit = QUANTITY_LIMIT;
    for q in [-limit, 1 - limit, -2, -1, 0, 1, 2, limit - 1] {
        let right = inputs(q, q.max(0), (-q).max(0), q.abs());
        assert!(gadget.accepts(&right), "{q}");
        for (i, wrong) in [(1, q.min(0)), (1, q.abs()), (2, q.abs()), (2, q), (3, q), (3, -q), (3, 0)] {
            let mut other = right;
            if other[i] != field(wrong) {
                other[i] = field(wrong);
                assert!(!gadget.accepts(&other), "{q}: part {i} is not {wrong}");
            }
        }
        // The sign taken the other way, with the rest of the bits made up for it, or not.
        let top = QUANTITY_BITS as usize - 1;
        let honest = gadget.assign(&right, &[]);
        let flip = Fr::ONE - honest[6 + top] - honest[6 + top];
        let below = -flip * Fr::from(2u64);
        for lies in [
            vec![Tamper { cell: top, add: flip }],
            vec![Tamper { cell: top, add: flip }, Tamper { cell: top - 1, add: below }],
        ] {
            assert!(!gadget.relation.holds(&gadget.assign(&right, &lies)), "{q} with the other sign");
        }
    }
    for q in [limit, limit + 1, -limit - 1, i64::MAX, i64::MIN + 1] {
        assert!(!gadget.accepts(&inputs(q, q.max(0), (-q).max(0), q.abs())), "{q} is out of range");
    }
}

/// The permutation in rows is the native one, for inputs at the edges of the field too; and no cell of it can move.
#[test]
fn poseidon_is_its_native_twin() {
    for width in [4usize, 8] {
        let gadget = Gadget::new(width + 1, move |system: &mut System| {
            let inputs: Vec<_> = (1..=width).map(|i| system.input(i)).collect();
            let hash = if width == 4 { Poseidon::of_four() } else { Poseidon::of_eight() };
            let digest = hash.hash(system, &inputs);
            let public = system.input(width + 1);
            system.enforce_equal(Id::Poseidon, &digest, &public);
        });
        let mut native = light_poseidon::Poseidon::<Fr>::new_circom(width).expect("circom has the width");
        for seed in 0..4u64 {
            let mut inputs: Vec<Fr> =
                (0..width as u64).map(|i| Fr::from(seed * 1000 + i).pow([seed * 70 + 1])).collect();
            if seed == 3 {
                inputs.fill(-Fr::ONE);
            }
            let digest = native.hash(&inputs).expect("as many inputs as the width");
            inputs.push(digest);
            assert!(gadget.accepts(&inputs), "width {width}, seed {seed}");
            for other in [digest + Fr::ONE, -digest, Fr::ZERO] {
                inputs[width] = other;
                assert!(!gadget.accepts(&inputs), "width {width}, seed {seed}: another digest");
            }
            inputs[width] = digest;
            let stride = if seed == 0 { 1 } else { 37 };
            for cell in (0..gadget.relation.witnesses).step_by(stride) {
                let lie = Tamper { cell, add: Fr::ONE };
                assert!(
                    !gadget.relation.holds(&gadget.assign(&inputs, &[lie])),
                    "width {width}, cell {cell}"
                );
            }
        }
    }
}
