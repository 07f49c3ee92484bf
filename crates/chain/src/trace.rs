//! The trace of a risk part: its integers in chunks of 32, with the sum of the key's points after each.
//!
//! The quorum signs the root of the tree over it. Anyone who has the snapshot and the key computes the same trace, chunk by
//! chunk; and where a published one goes wrong, one step of it shows that on chain for about 0.3 million gas.

use crate::error::ChainError;
use crate::key::{EvmKey, EvmPoint};
use crate::tree::Tree;
use alloy::primitives::U256;
use ark_bn254::{Fq, Fr, G1Affine, G1Projective};
use ark_ec::{AffineRepr, CurveGroup};
use ark_ff::{BigInteger, PrimeField, Zero};
use mandate_statement::{Digest, RiskPart, Shape, keccak};

/// Integers in a chunk.
pub const CHUNK: usize = 32;

/// The 32 words of a chunk.
pub type Chunk = [U256; CHUNK];

/// A trace: what a proposer publishes beside the signed root, and what a watcher recomputes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trace {
    /// Per chunk its integers as field elements. Chunk `c` stands at the sheet's positions `32 (rules / 32 + c)` on;
    /// positions of rules, and those beyond the sheet, hold zero.
    pub values: Vec<Chunk>,
    /// Per chunk the sum after it; infinity is `(0, 0)`.
    pub sums: Vec<EvmPoint>,
}

impl Trace {
    /// Computes the trace of a risk part under a key.
    ///
    /// # Errors
    /// [`ChainError::Mismatch`] where the part is of another shape than the key, or a key point is no point.
    pub fn new(key: &EvmKey, risk: &RiskPart) -> Result<Self, ChainError> {
        let parts = key.parts();
        let shape = Shape::by_name(&parts.shape)
            .filter(|s| risk.fits(s).is_ok())
            .ok_or_else(|| ChainError::mismatch("the risk part's shape", &risk.shape, parts.shape.clone()))?;
        let rules = parts.rules as usize;
        let mut words = vec![U256::ZERO; rules % CHUNK];
        words.push(U256::from_be_bytes(risk.universe.field_bytes()));
        words.extend(risk.integers(shape).into_iter().map(element));
        let wanted = rules - rules % CHUNK + words.len();
        if parts.sheet.len() != wanted {
            let why = format!("the key has {}", parts.sheet.len());
            return Err(ChainError::mismatch("the number of sheet points", wanted, why));
        }
        words.resize(words.len().next_multiple_of(CHUNK), U256::ZERO);
        let values: Vec<Chunk> = words.chunks(CHUNK).map(|c| c.try_into().expect("32 words")).collect();
        let mut sum = G1Projective::zero();
        let mut sums = Vec::with_capacity(values.len());
        for (i, chunk) in values.iter().enumerate() {
            sum = add_chunk(key, i, chunk, sum)?;
            sums.push(sum);
        }
        let sums = G1Projective::normalize_batch(&sums).iter().map(evm_point).collect();
        Ok(Self { values, sums })
    }
    /// How many chunks.
    pub fn chunks(&self) -> u32 {
        u32::try_from(self.values.len()).expect("a sheet has fewer than 2^32 points")
    }
    /// The sum after the last chunk: P_risk.
    pub fn point(&self) -> EvmPoint {
        self.sums.last().copied().unwrap_or_default()
    }
    /// The tree that the quorum signs the root of. Leaves are `keccak(0x02 || be32(chunk) || x || y || keccak(values))`.
    pub fn tree(&self) -> Tree {
        Tree::new((0u32..).zip(self.values.iter().zip(&self.sums)).map(|(i, (v, s))| leaf(i, s, v)).collect())
    }
    /// The first step that does not follow from the one before, by this trace's own integers and sums; or the last, where
    /// the sum is not `point`. `None` for a trace that nobody can challenge.
    ///
    /// # Errors
    /// [`ChainError::Mismatch`] where it has another number of chunks than the key asks for.
    pub fn first_wrong(
        &self,
        key: &EvmKey,
        universe: &Digest,
        point: &EvmPoint,
    ) -> Result<Option<u32>, ChainError> {
        if self.values.len() != self.sums.len() || self.values.is_empty() {
            return Err(ChainError::mismatch(
                "the number of sums",
                self.sums.len(),
                self.values.len().to_string(),
            ));
        }
        let mut before = G1Projective::zero();
        for (i, chunk) in self.values.iter().enumerate() {
            let number = Some(u32::try_from(i).expect("a sheet has fewer than 2^32 points"));
            if !is_lawful(key, universe, i, chunk) {
                return Ok(number);
            }
            let after = add_chunk(key, i, chunk, before)?;
            if evm_point(&after.into_affine()) != self.sums[i] {
                return Ok(number);
            }
            before = after;
        }
        Ok((self.point() != *point).then(|| self.chunks() - 1))
    }
}

/// Keccak-256 of a chunk's words.
pub(crate) fn values_hash(chunk: &Chunk) -> Digest {
    keccak(&chunk.iter().flat_map(|w| w.to_be_bytes::<32>()).collect::<Vec<u8>>())
}

fn leaf(chunk: u32, [x, y]: &EvmPoint, values: &Chunk) -> Digest {
    let mut bytes = [2u8; 101];
    bytes[1..5].copy_from_slice(&chunk.to_be_bytes());
    bytes[5..37].copy_from_slice(&x.to_be_bytes::<32>());
    bytes[37..69].copy_from_slice(&y.to_be_bytes::<32>());
    bytes[69..].copy_from_slice(&values_hash(values).0);
    keccak(&bytes)
}

/// First sheet position of a chunk.
pub(crate) fn first_position(key: &EvmKey, chunk: usize) -> usize {
    CHUNK * (key.parts().rules as usize / CHUNK + chunk)
}

/// What the contract asks of values before it sums.
fn is_lawful(key: &EvmKey, universe: &Digest, chunk: usize, values: &Chunk) -> bool {
    let (first, rules) = (first_position(key, chunk), key.parts().rules as usize);
    values.iter().enumerate().all(|(i, v)| {
        let at = first + i;
        let holds_none = at < rules || at >= key.parts().sheet.len();
        let empty_where_it_must_be = v.is_zero() || !holds_none;
        let names_the_universe = at != rules || *v == U256::from_be_bytes(universe.field_bytes());
        *v < modulus() && empty_where_it_must_be && names_the_universe
    })
}

fn add_chunk(
    key: &EvmKey,
    chunk: usize,
    values: &Chunk,
    mut sum: G1Projective,
) -> Result<G1Projective, ChainError> {
    let first = first_position(key, chunk);
    for (i, value) in values.iter().enumerate().filter(|(_, v)| !v.is_zero()) {
        let at = first + i;
        let Some(point) = key.parts().sheet.get(at) else { continue };
        let bad = || ChainError::mismatch("a key point", at, "it is not on the curve");
        let point = ark_point(point).ok_or_else(bad)?;
        // A small negative number is the field's large one: its negative costs 64 doublings instead of 254.
        let negative = modulus().wrapping_sub(*value);
        if negative < *value {
            sum -= point.mul_bigint(negative.as_limbs());
        } else {
            sum += point.mul_bigint(value.as_limbs());
        }
    }
    Ok(sum)
}

fn modulus() -> U256 {
    U256::from_limbs(Fr::MODULUS.0)
}

fn element(value: i64) -> U256 {
    let magnitude = U256::from(value.unsigned_abs());
    if value < 0 { modulus() - magnitude } else { magnitude }
}

fn ark_point([x, y]: &EvmPoint) -> Option<G1Affine> {
    let coordinate = |w: &U256| Fq::from_bigint(ark_ff::BigInt::new(w.into_limbs()));
    let point = G1Affine::new_unchecked(coordinate(x)?, coordinate(y)?);
    point.is_on_curve().then_some(point)
}

fn evm_point(point: &G1Affine) -> EvmPoint {
    match point.xy() {
        None => [U256::ZERO; 2],
        Some((x, y)) => [x, y].map(|v: Fq| U256::from_be_slice(&v.into_bigint().to_bytes_be())),
    }
}
