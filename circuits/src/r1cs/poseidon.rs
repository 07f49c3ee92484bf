//! Poseidon with circom's parameters over BN254: `x^5`, 8 full rounds, partial rounds by width.
//!
//! The constants come from `light-poseidon`, which is also the native twin the commitment is computed with; the rounds
//! are written out here, so that the two agree only if both are right (`tests/commitment.rs`).

use super::system::{Id, Num, System};
use ark_bn254::Fr;
use light_poseidon::PoseidonParameters;
use light_poseidon::parameters::bn254_x5::get_poseidon_parameters;
use std::sync::LazyLock;

/// A permutation of one width, ready to be used many times.
pub struct Poseidon {
    parameters: &'static PoseidonParameters<Fr>,
}

/// The constants of the two widths the commitment uses, read once.
static FOUR: LazyLock<PoseidonParameters<Fr>> = LazyLock::new(|| constants(4));
static EIGHT: LazyLock<PoseidonParameters<Fr>> = LazyLock::new(|| constants(8));

fn constants(inputs: u8) -> PoseidonParameters<Fr> {
    let parameters = get_poseidon_parameters::<Fr>(inputs + 1).expect("circom has widths 2 to 13");
    assert_eq!(parameters.alpha, 5, "the S-box below is x^5");
    parameters
}

impl Poseidon {
    /// For four inputs: width 5, the first element the capacity.
    pub fn of_four() -> Self {
        Self { parameters: &FOUR }
    }
    /// For eight inputs: width 9, the first element the capacity.
    pub fn of_eight() -> Self {
        Self { parameters: &EIGHT }
    }

    /// `Poseidon(inputs)` as circom defines it: capacity zero, output the first element.
    ///
    /// Cost: `3 * (full rounds * width + partial rounds)` rows.
    pub fn hash(&self, system: &mut System, inputs: &[Num]) -> Num {
        let p = self.parameters;
        assert_eq!(inputs.len() + 1, p.width, "Poseidon of width {} takes {} inputs", p.width, p.width - 1);
        let mut state = Vec::with_capacity(p.width);
        state.push(System::zero());
        state.extend_from_slice(inputs);
        let half = p.full_rounds / 2;
        for round in 0..p.full_rounds + p.partial_rounds {
            for (i, element) in state.iter_mut().enumerate() {
                element.add_assign(&system.constant(p.ark[round * p.width + i]));
            }
            let full = round < half || round >= half + p.partial_rounds;
            let boxed = if full { p.width } else { 1 };
            for element in state.iter_mut().take(boxed) {
                *element = fifth_power(system, element);
            }
            state = p
                .mds
                .iter()
                .map(|row| {
                    let mut out = System::zero();
                    for (factor, element) in row.iter().zip(&state) {
                        out.add_scaled(element, *factor);
                    }
                    out.compact();
                    out
                })
                .collect();
        }
        // One cell for the digest, so that what reads it stays short.
        system.settle(Id::Poseidon, &state[0])
    }
}

fn fifth_power(system: &mut System, x: &Num) -> Num {
    let square = system.product(Id::Poseidon, x, x);
    let fourth = system.product(Id::Poseidon, &square, &square);
    system.product(Id::Poseidon, &fourth, x)
}
