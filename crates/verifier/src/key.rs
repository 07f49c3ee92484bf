//! Verifying keys: one per shape and circuit version.

use crate::evm::EvmKey;
use ark_bn254::{Bn254, Fq, G1Affine, G2Affine};
use ark_ec::AffineRepr;
use ark_groth16::VerifyingKey as ArkKey;
use ark_serialize::{CanonicalDeserialize, CanonicalSerialize};
use mandate_statement::{CIRCUIT_VERSION, CodecError, Digest, InputLayout, Kind, Shape, decode, encode};

/// Where a key comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, bincode::Encode, bincode::Decode)]
#[repr(u8)]
pub enum KeyOrigin {
    /// Made from a seed that anyone may know: whoever knows it can forge. For tests and local chains only.
    Development = 0,
    /// Made by a ceremony.
    Ceremony = 1,
}

impl KeyOrigin {
    /// In words.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Development => "development",
            Self::Ceremony => "ceremony",
        }
    }
}

#[derive(bincode::Encode, bincode::Decode)]
struct KeyFile {
    origin: KeyOrigin,
    version: u16,
    shape: String,
    /// `ark-serialize`, uncompressed.
    points: Vec<u8>,
}

/// Why bytes are not a verifying key that can be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum KeyError {
    /// The file is not one.
    #[error(transparent)]
    File(#[from] CodecError),
    /// Made for another circuit.
    #[error("the key is for circuit version {got}, this program verifies version {wanted}")]
    Version {
        /// Version in the file.
        got: u16,
        /// Version of this program.
        wanted: u16,
    },
    /// A shape nobody knows.
    #[error("the key is for shape `{0}`, which does not exist")]
    Shape(String),
    /// Points off the curve, outside the subgroup, non-canonical or trailing.
    #[error("the key's points do not decode: {0}")]
    Points(String),
    /// The number of inputs does not match the shape.
    #[error("the key has {got} input points, shape `{shape}` takes {wanted}")]
    Inputs {
        /// The shape.
        shape: &'static str,
        /// Points found.
        got: usize,
        /// Points wanted.
        wanted: usize,
    },
    /// A key that proves anything.
    #[error("the key is degenerate: {0}")]
    Degenerate(&'static str),
}

/// A verifying key that passed every check.
#[derive(Clone)]
pub struct VerifyingKey {
    /// Where it comes from.
    pub origin: KeyOrigin,
    /// Its shape.
    pub shape: &'static Shape,
    /// The points.
    pub points: ArkKey<Bn254>,
    id: Digest,
}

impl VerifyingKey {
    /// Takes freshly made or decoded points.
    ///
    /// # Errors
    /// [`KeyError`], where the points do not belong to the shape or prove anything.
    pub fn new(origin: KeyOrigin, shape: &'static Shape, points: ArkKey<Bn254>) -> Result<Self, KeyError> {
        let wanted = InputLayout::of(shape).total;
        if points.gamma_abc_g1.len() != wanted {
            return Err(KeyError::Inputs { shape: shape.name, got: points.gamma_abc_g1.len(), wanted });
        }
        // A key whose delta equals gamma, or is a generator, lets anyone forge: the phase-2 contribution was skipped.
        let generator = G2Affine::generator();
        let degenerate = |why| Err(KeyError::Degenerate(why));
        if points.alpha_g1.is_zero()
            || points.beta_g2.is_zero()
            || points.gamma_g2.is_zero()
            || points.delta_g2.is_zero()
        {
            return degenerate("one of alpha, beta, gamma, delta is the point at infinity");
        }
        if points.delta_g2 == points.gamma_g2 {
            return degenerate("delta equals gamma");
        }
        if points.delta_g2 == generator {
            return degenerate("delta is the generator");
        }
        if points.gamma_abc_g1.iter().any(AffineRepr::is_zero) {
            return degenerate("an input point is at infinity, so that input would bind nothing");
        }
        let id = EvmKey::of(origin, shape, &points).id();
        Ok(Self { origin, shape, points, id })
    }
    /// What a context names: digest of the points, shape, circuit version and origin, as the contract computes it.
    pub const fn id(&self) -> Digest {
        self.id
    }
    /// The key as the contract takes it.
    pub fn evm(&self) -> EvmKey {
        EvmKey::of(self.origin, self.shape, &self.points)
    }
    /// As a file.
    ///
    /// # Panics
    /// Never: writing to memory does not fail.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut points = Vec::new();
        self.points.serialize_uncompressed(&mut points).expect("writing to memory does not fail");
        encode(
            Kind::VerifyingKey,
            &KeyFile {
                origin: self.origin,
                version: CIRCUIT_VERSION,
                shape: self.shape.name.to_owned(),
                points,
            },
        )
    }
    /// Reads a file: size, digest, then points, each on the curve and in the subgroup.
    ///
    /// # Errors
    /// [`KeyError`].
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, KeyError> {
        let file: KeyFile = decode(Kind::VerifyingKey, bytes)?;
        if file.version != CIRCUIT_VERSION {
            return Err(KeyError::Version { got: file.version, wanted: CIRCUIT_VERSION });
        }
        let shape = Shape::by_name(&file.shape).ok_or(KeyError::Shape(file.shape))?;
        let mut rest = file.points.as_slice();
        let points = ArkKey::<Bn254>::deserialize_uncompressed(&mut rest)
            .map_err(|e| KeyError::Points(e.to_string()))?;
        if !rest.is_empty() {
            return Err(KeyError::Points(format!("{} bytes are left over", rest.len())));
        }
        // The reader of uncompressed points ignores a bit of each: without this, one key would have many files.
        let mut again = Vec::with_capacity(file.points.len());
        points.serialize_uncompressed(&mut again).map_err(|e| KeyError::Points(e.to_string()))?;
        if again != file.points {
            return Err(KeyError::Points("they are not in their canonical encoding".into()));
        }
        Self::new(file.origin, shape, points)
    }
}

/// The coordinates of a point that is not at infinity.
pub(crate) fn coordinates(point: &G1Affine) -> (Fq, Fq) {
    (point.x, point.y)
}
