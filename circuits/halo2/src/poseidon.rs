//! Poseidon over the Pasta base field, `P128Pow5T3`: width 3, rate 2, `x^5`, 8 full and 56 partial rounds.
//!
//! The constants come from `halo2_poseidon`; the rounds are written out here, as the circuit walks them. What a custodian
//! commits with is that crate's own hash, so that the two agree only if both are right.

use crate::field::from_i128;
use crate::sizes::{BLOCK, Sizes};
use ff::PrimeField;
use halo2_poseidon::{P128Pow5T3, Spec};
use mandate_statement::{Digest, Shape, keccak};
use pasta_curves::Fp;
use std::sync::LazyLock;

/// What the tag is the digest of.
pub const DOMAIN: &[u8] = b"mandate/commitment/pasta/1";

type Matrix = [[Fp; 3]; 3];

/// Round constants, the matrix, its inverse.
pub struct Constants {
    /// One triple for each of 64 rounds.
    pub rounds: Vec<[Fp; 3]>,
    /// The linear layer.
    pub mix: Matrix,
    /// Its inverse.
    pub unmix: Matrix,
}

/// Read once.
pub static CONSTANTS: LazyLock<Constants> = LazyLock::new(|| {
    let (rounds, mix, unmix) = <P128Pow5T3 as Spec<Fp, 3, 2>>::constants();
    assert_eq!(rounds.len(), 64, "8 full rounds and 56 partial ones");
    Constants { rounds, mix, unmix }
});

/// What a row of a permutation does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Full round of this number.
    Full(usize),
    /// Partial round of this number and the one after it.
    Partial(usize),
}

/// The step of row `row` of a block.
pub const fn step(row: usize) -> Step {
    match row {
        0..4 => Step::Full(row),
        4..32 => Step::Partial(4 + 2 * (row - 4)),
        _ => Step::Full(60 + row - 32),
    }
}

/// The linear layer.
pub fn mix(state: [Fp; 3]) -> [Fp; 3] {
    std::array::from_fn(|i| (0..3).map(|j| CONSTANTS.mix[i][j] * state[j]).sum())
}

/// The three cells beside the state of row `row`, and the state after it.
pub fn walk(row: usize, state: [Fp; 3]) -> ([Fp; 3], [Fp; 3]) {
    let rounds = &CONSTANTS.rounds;
    match step(row) {
        Step::Full(n) => {
            let shifted: [Fp; 3] = std::array::from_fn(|i| state[i] + rounds[n][i]);
            let squares = shifted.map(|x| x.square());
            (squares, mix(std::array::from_fn(|i| squares[i].square() * shifted[i])))
        }
        Step::Partial(n) => {
            let shifted: [Fp; 3] = std::array::from_fn(|i| state[i] + rounds[n][i]);
            let first = shifted[0].square();
            let middle = mix([first.square() * shifted[0], shifted[1], shifted[2]]);
            let shifted: [Fp; 3] = std::array::from_fn(|i| middle[i] + rounds[n + 1][i]);
            let second = shifted[0].square();
            let after = mix([second.square() * shifted[0], shifted[1], shifted[2]]);
            ([first, shifted[0], second], after)
        }
    }
}

/// The permutation.
pub fn permute(state: [Fp; 3]) -> [Fp; 3] {
    (0..BLOCK).fold(state, |state, row| walk(row, state).1)
}

/// A digest as a field element: the top byte dropped, 248 bits.
pub fn from_digest(digest: &Digest) -> Fp {
    crate::field::from_bytes(&digest.field_bytes()).expect("248 bits are below the order")
}

/// The state before the blinding of a segment is absorbed: tag and universe, then the account with its range, and the segment.
/// All of it is public, so all of it is in the key.
pub fn initial(shape: &Shape, universe: &Digest, header: i128, segment: usize) -> [Fp; 3] {
    let length = 4 + 1 + Sizes::of(shape).elements();
    let capacity = Fp::from_u128((length as u128) << 64);
    let state = permute([from_digest(&keccak(DOMAIN)), from_digest(universe), capacity]);
    permute([state[0] + from_i128(header), state[1] + from_i128(segment as i128), state[2]])
}
