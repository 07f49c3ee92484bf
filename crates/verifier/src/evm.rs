//! Keys and proofs as the contracts take them: 256-bit big-endian words, second-field elements as `(c1, c0)`.

use crate::key::{KeyOrigin, coordinates};
use alloy_primitives::U256;
use ark_bn254::{Bn254, Fq, Fq2, G1Affine, G2Affine};
use ark_ff::{BigInteger, PrimeField};
use ark_groth16::{Proof, VerifyingKey as ArkKey};
use mandate_statement::{CIRCUIT_VERSION, Digest, InputLayout, RulesPart, Shape, keccak};
use rayon::prelude::*;

/// A key as the contracts store it: the head as code, every other input point by Merkle proof.
#[derive(Clone, Debug)]
pub struct EvmKey {
    /// `alpha`, `beta`, `gamma`, `delta`: 2 + 4 + 4 + 4 words.
    pub fixed: [U256; 14],
    /// `IC[0 .. 2 + accounts)`: the constant one, the context, the commitments.
    pub head: Vec<[U256; 2]>,
    /// `IC` of the sheet: rules first, then risk.
    pub sheet: Vec<[U256; 2]>,
    /// How many of `sheet` are rules; a mandate may name no position beyond.
    pub rules: u32,
    /// Root over `sheet`: leaves `keccak(0x00 || be32(position) || x || y)`, padded with zero to a power of two, nodes
    /// `keccak(0x01 || left || right)`.
    pub root: Digest,
    /// Name of the shape.
    pub shape: &'static str,
    /// Where the key comes from.
    pub origin: KeyOrigin,
    levels: Vec<Vec<Digest>>,
}

impl EvmKey {
    pub(crate) fn of(origin: KeyOrigin, shape: &'static Shape, key: &ArkKey<Bn254>) -> Self {
        let at = InputLayout::of(shape);
        let words: Vec<[U256; 2]> = key.gamma_abc_g1.par_iter().with_min_len(256).map(g1).collect();
        let (head, sheet) = words.split_at(at.rules);
        let mut fixed = [U256::ZERO; 14];
        fixed[..2].copy_from_slice(&g1(&key.alpha_g1));
        fixed[2..6].copy_from_slice(&g2(&key.beta_g2));
        fixed[6..10].copy_from_slice(&g2(&key.gamma_g2));
        fixed[10..].copy_from_slice(&g2(&key.delta_g2));
        let levels = tree(sheet);
        let root = levels.last().and_then(|l| l.first()).copied().unwrap_or_default();
        Self {
            fixed,
            head: head.to_vec(),
            sheet: sheet.to_vec(),
            rules: u32::try_from(RulesPart::len(shape)).expect("few rules"),
            root,
            shape: shape.name,
            origin,
            levels,
        }
    }
    /// `keccak256(fixed || head || be32(rules) || root || be16(circuit version) || keccak(shape) || origin)`.
    pub fn id(&self) -> Digest {
        let mut bytes = Vec::new();
        for word in self.fixed.iter().chain(self.head.iter().flatten()) {
            bytes.extend_from_slice(&word.to_be_bytes::<32>());
        }
        bytes.extend_from_slice(&self.rules.to_be_bytes());
        bytes.extend_from_slice(&self.root.0);
        bytes.extend_from_slice(&CIRCUIT_VERSION.to_be_bytes());
        bytes.extend_from_slice(&keccak(self.shape.as_bytes()).0);
        bytes.push(self.origin as u8);
        keccak(&bytes)
    }
    /// The Merkle path of one sheet point, from the leaf's sibling upwards.
    ///
    /// # Panics
    /// If there is no such position.
    pub fn path(&self, position: u32) -> Vec<Digest> {
        let mut index = position as usize;
        assert!(index < self.sheet.len(), "position {position} of {}", self.sheet.len());
        let below_root = self.levels.len() - 1;
        self.levels[..below_root]
            .iter()
            .map(|level| {
                let sibling = level[index ^ 1];
                index /= 2;
                sibling
            })
            .collect()
    }
}

fn tree(points: &[[U256; 2]]) -> Vec<Vec<Digest>> {
    let mut level: Vec<Digest> = points
        .par_iter()
        .with_min_len(256)
        .enumerate()
        .map(|(position, [x, y])| {
            let position = u32::try_from(position).expect("fewer than 2^32 inputs");
            let mut bytes = [0u8; 69];
            bytes[1..5].copy_from_slice(&position.to_be_bytes());
            bytes[5..37].copy_from_slice(&x.to_be_bytes::<32>());
            bytes[37..].copy_from_slice(&y.to_be_bytes::<32>());
            keccak(&bytes)
        })
        .collect();
    level.resize(level.len().next_power_of_two(), Digest::default());
    let mut levels = vec![level];
    while levels[levels.len() - 1].len() > 1 {
        let next = levels[levels.len() - 1]
            .par_chunks(2)
            .with_min_len(256)
            .map(|pair| {
                let mut bytes = [1u8; 65];
                bytes[1..33].copy_from_slice(&pair[0].0);
                bytes[33..].copy_from_slice(&pair[1].0);
                keccak(&bytes)
            })
            .collect();
        levels.push(next);
    }
    levels
}

/// A proof as eight words: `A`, `B`, `C`.
pub fn evm_proof(proof: &Proof<Bn254>) -> [U256; 8] {
    let mut out = [U256::ZERO; 8];
    out[..2].copy_from_slice(&g1(&proof.a));
    out[2..6].copy_from_slice(&g2(&proof.b));
    out[6..].copy_from_slice(&g1(&proof.c));
    out
}

fn word(v: &Fq) -> U256 {
    U256::from_be_slice(&v.into_bigint().to_bytes_be())
}

/// `x`, `y`.
pub(crate) fn g1(point: &G1Affine) -> [U256; 2] {
    let (x, y) = coordinates(point);
    [word(&x), word(&y)]
}

fn g2(point: &G2Affine) -> [U256; 4] {
    let pair = |v: &Fq2| [word(&v.c1), word(&v.c0)];
    let (x, y) = (pair(&point.x), pair(&point.y));
    [x[0], x[1], y[0], y[1]]
}
