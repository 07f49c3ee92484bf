//! Poseidon of width 17 as a chain, natively and in constraints.
//!
//! `x^5`, 8 full and 68 partial rounds (the numbers of the Poseidon paper for 128 bits over a field of 254 bits at this
//! width), constants by the paper's generator as `ark-crypto-primitives` runs it. Sixteen elements are absorbed by each
//! permutation, in overwrite mode, and one element is carried on: 612 rows for 16 elements, the least per element of all
//! widths up to 17.

use crate::r1cs::{Circuit, Sum, constant, plus, var};
use ark_bn254::Fr;
use ark_crypto_primitives::sponge::poseidon::find_poseidon_ark_and_mds;
use ark_ff::{Field, One, Zero};
use std::sync::OnceLock;

/// Elements absorbed by one permutation.
pub const RATE: usize = 16;
const WIDTH: usize = RATE + 1;
const FULL: usize = 8;
const PARTIAL: usize = 68;

struct Constants {
    add: Vec<Vec<Fr>>,
    mix: Vec<Vec<Fr>>,
    /// Rows of one permutation, over places: 0 is one, 1..=17 the state before it, then three per S-box.
    rows: Vec<[Sum; 3]>,
    /// The first element of the state after it.
    out: Sum,
}

fn constants() -> &'static Constants {
    static CONSTANTS: OnceLock<Constants> = OnceLock::new();
    CONSTANTS.get_or_init(|| {
        let (add, mix) = find_poseidon_ark_and_mds::<Fr>(254, RATE, FULL as u64, PARTIAL as u64, 0);
        let mut out = Constants { add, mix, rows: Vec::new(), out: Vec::new() };
        let mut state: Vec<Sum> = (1..=WIDTH).map(var).collect();
        let mut next = WIDTH + 1;
        for round in 0..FULL + PARTIAL {
            for (i, element) in state.iter_mut().enumerate() {
                *element = merged(plus(element.clone(), out.add[round][i], &constant(Fr::one())));
                if i == 0 || full(round) {
                    let x = element.clone();
                    let (square, fourth, fifth) = (var(next), var(next + 1), var(next + 2));
                    out.rows.push([x.clone(), x.clone(), square.clone()]);
                    out.rows.push([square.clone(), square, fourth.clone()]);
                    out.rows.push([fourth, x, fifth.clone()]);
                    *element = fifth;
                    next += 3;
                }
            }
            state = (0..WIDTH)
                .map(|i| {
                    let mut sum = Sum::new();
                    for (j, element) in state.iter().enumerate() {
                        sum = plus(sum, out.mix[i][j], element);
                    }
                    merged(sum)
                })
                .collect();
        }
        out.out = state.swap_remove(0);
        out
    })
}

const fn full(round: usize) -> bool {
    round < FULL / 2 || round >= FULL / 2 + PARTIAL
}

fn merged(mut sum: Sum) -> Sum {
    sum.sort_by_key(|(_, v)| *v);
    let mut out: Sum = Vec::with_capacity(sum.len());
    for (c, v) in sum {
        match out.last_mut() {
            Some((last, at)) if *at == v => *last += c,
            _ => out.push((c, v)),
        }
    }
    out
}

/// One permutation; `sbox` sees square, fourth and fifth power of every S-box in order. Gives the first element.
fn permute(mut state: Vec<Fr>, mut sbox: impl FnMut([Fr; 3])) -> Fr {
    let c = constants();
    for round in 0..FULL + PARTIAL {
        for (i, x) in state.iter_mut().enumerate() {
            *x += c.add[round][i];
            if i == 0 || full(round) {
                let square = x.square();
                let fourth = square.square();
                *x *= fourth;
                sbox([square, fourth, *x]);
            }
        }
        if round + 1 == FULL + PARTIAL {
            return c.mix[0].iter().zip(&state).map(|(m, x)| *m * x).sum();
        }
        state = c.mix.iter().map(|row| row.iter().zip(&state).map(|(m, x)| *m * x).sum()).collect();
    }
    Fr::zero()
}

/// The first state: the domain's number and how many elements follow.
fn start(domain: u64, elements: usize) -> Fr {
    Fr::from(domain * (1 << 32) + elements as u64)
}

/// The chain over `elements`, padded with zeros.
pub fn chain(domain: u64, elements: &[Fr]) -> Fr {
    elements.chunks(RATE).fold(start(domain, elements.len()), |carried, chunk| {
        let mut state = vec![carried];
        state.extend_from_slice(chunk);
        state.resize(WIDTH, Fr::zero());
        permute(state, |_| {})
    })
}

/// The chain in constraints over variables: 612 rows for every 16 or fewer elements, and no row for the result.
pub fn enforce_chain(circuit: &mut Circuit, domain: u64, elements: &[usize]) -> Sum {
    let mut carried = constant(start(domain, elements.len()));
    for chunk in elements.chunks(RATE) {
        let mut places = vec![constant(Fr::one()), carried];
        places.extend(chunk.iter().map(|v| var(*v)));
        places.resize(WIDTH + 1, Sum::new());
        let state = places[1..].iter().map(|sum| circuit.value(sum)).collect();
        let mut sboxes = Vec::with_capacity(FULL * WIDTH + PARTIAL);
        permute(state, |powers| sboxes.extend(powers));
        for value in sboxes {
            places.push(var(circuit.witness(value)));
        }
        let place = |sum: &Sum| sum.iter().fold(Sum::new(), |out, (c, v)| plus(out, *c, &places[*v]));
        if circuit.rows.is_some() {
            for [a, b, c] in &constants().rows {
                circuit.enforce(|| place(a), || place(b), || place(c));
            }
        }
        // The carried element is a long sum: a variable of its own keeps the next rows short, for one row more.
        let out = place(&constants().out);
        let value = circuit.value(&out);
        let next = circuit.witness(value);
        circuit.enforce(|| out, || constant(Fr::one()), || var(next));
        carried = var(next);
    }
    carried
}
