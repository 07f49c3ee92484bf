//! A verifying key as the contracts take it.

use crate::error::ChainError;
use crate::tree::Tree;
use alloy::primitives::U256;
use mandate_statement::{Digest, RulesPart, keccak};

/// A key made from a seed: whoever knows the seed can prove anything.
pub const ORIGIN_DEVELOPMENT: u8 = 0;
/// A key made by a ceremony.
pub const ORIGIN_CEREMONY: u8 = 1;

/// A point of the first group: `x`, `y`, big-endian words; infinity is never one.
pub type EvmPoint = [U256; 2];

/// A proof: `A.x, A.y, B.x.c1, B.x.c0, B.y.c1, B.y.c0, C.x, C.y`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EvmProof(pub [U256; 8]);

/// The parts of a key, in the words that precompiles take: elements of the second field are `(c1, c0)`.
#[derive(Clone, Debug)]
pub struct KeyParts {
    /// `alpha` (2), `beta`, `gamma`, `delta` (4 each).
    pub fixed: [U256; 14],
    /// Points of the constant one, the context and each account's commitment.
    pub inputs: Vec<EvmPoint>,
    /// Points of the sheet: rules first, in the order of [`RulesPart::coefficients`], then risk.
    pub sheet: Vec<EvmPoint>,
    /// How many points of `sheet` belong to rules.
    pub rules: u32,
    /// Version of the circuit.
    pub circuit_version: u16,
    /// Name of the shape.
    pub shape: String,
    /// [`ORIGIN_DEVELOPMENT`] or [`ORIGIN_CEREMONY`].
    pub origin: u8,
}

/// A key with the tree over its sheet points.
///
/// Leaves are `keccak(0x00 || be32(position) || x || y)`, padded with zero words to a power of two; nodes are
/// `keccak(0x01 || left || right)`.
#[derive(Clone, Debug)]
pub struct EvmKey {
    parts: KeyParts,
    tree: Tree,
}

impl EvmKey {
    /// Builds the tree.
    ///
    /// # Errors
    /// [`ChainError::Mismatch`] where there is no sheet point, or fewer than `rules`.
    pub fn new(parts: KeyParts) -> Result<Self, ChainError> {
        if parts.rules == 0 || parts.sheet.len() < parts.rules as usize {
            let wanted = format!("at least the {} rules points, and one", parts.rules);
            return Err(ChainError::mismatch("the number of sheet points", parts.sheet.len(), wanted));
        }
        let tree = Tree::new((0u32..).zip(&parts.sheet).map(|(i, p)| leaf(i, p)).collect());
        Ok(Self { parts, tree })
    }
    /// The key's parts.
    pub fn parts(&self) -> &KeyParts {
        &self.parts
    }
    /// Root of the tree.
    pub fn root(&self) -> Digest {
        self.tree.root()
    }
    /// What the chain stores: `alpha || beta || gamma || delta || input points || be32(rules) || root ||
    /// be16(circuit version) || keccak(shape) || origin`.
    pub fn head(&self) -> Vec<u8> {
        let parts = &self.parts;
        let mut out = Vec::with_capacity(448 + 64 * parts.inputs.len() + 71);
        for word in parts.fixed.iter().chain(parts.inputs.iter().flatten()) {
            out.extend_from_slice(&word.to_be_bytes::<32>());
        }
        out.extend_from_slice(&parts.rules.to_be_bytes());
        out.extend_from_slice(&self.root().0);
        out.extend_from_slice(&parts.circuit_version.to_be_bytes());
        out.extend_from_slice(&keccak(parts.shape.as_bytes()).0);
        out.push(parts.origin);
        out
    }
    /// The key's id: Keccak-256 of its head.
    pub fn id(&self) -> Digest {
        keccak(&self.head())
    }
    /// Siblings of a sheet point, from its leaf to below the root; `None` where there is no such point.
    pub fn path(&self, position: u32) -> Option<Vec<Digest>> {
        let index = position as usize;
        if index < self.parts.sheet.len() { self.tree.path(0, index) } else { None }
    }
    /// The tree over the sheet's points.
    pub(crate) fn tree(&self) -> &Tree {
        &self.tree
    }
    /// Levels of the tree below its root.
    pub fn depth(&self) -> usize {
        self.tree.depth()
    }
    /// A mandate's coefficients with the key's points for them.
    ///
    /// # Errors
    /// [`ChainError::Mismatch`] where the rules part is of another shape.
    pub fn coefficients(&self, rules: &RulesPart) -> Result<Vec<Coefficient>, ChainError> {
        if rules.shape != self.parts.shape || rules.coefficients.len() != self.parts.rules as usize {
            let got = format!("`{}` with {} coefficients", rules.shape, rules.coefficients.len());
            let wanted = format!("the key is for `{}` with {}", self.parts.shape, self.parts.rules);
            return Err(ChainError::mismatch("the mandate's shape", got, wanted));
        }
        let out = rules.entries().filter_map(|(position, value)| {
            let point = self.parts.sheet[position as usize];
            Some(Coefficient { position, value, point, path: self.path(position)? })
        });
        Ok(out.collect())
    }
}

/// A non-zero coefficient with the key's point for its position.
#[derive(Clone, Debug)]
pub struct Coefficient {
    /// Index among the rules coefficients.
    pub position: u32,
    /// The coefficient.
    pub value: i128,
    /// The point it multiplies.
    pub point: EvmPoint,
    /// Siblings up to the root.
    pub path: Vec<Digest>,
}

fn leaf(position: u32, [x, y]: &EvmPoint) -> Digest {
    let mut bytes = [0u8; 69];
    bytes[1..5].copy_from_slice(&position.to_be_bytes());
    bytes[5..37].copy_from_slice(&x.to_be_bytes::<32>());
    bytes[37..].copy_from_slice(&y.to_be_bytes::<32>());
    keccak(&bytes)
}
