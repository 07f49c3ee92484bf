//! Proving keys: development keys from a seed, and the file they are kept in.

use crate::matrices::Matrices;
use ark_bn254::{Bn254, G1Affine, G2Affine};
use ark_groth16::{Groth16, ProvingKey as ArkKey};
use ark_relations::gr1cs::SynthesisError;
use ark_serialize::{CanonicalDeserialize, CanonicalSerialize, Compress, Valid, Validate};
use mandate_circuits::r1cs::Relation;
use mandate_statement::{CIRCUIT_VERSION, Digest, Shape, keccak};
use mandate_verifier::{KeyError, KeyOrigin, VerifyingKey};
use rand::SeedableRng;
use rayon::prelude::*;

const MAGIC: &[u8; 8] = b"MANDATEP";
/// Magic, circuit version, origin, length of the shape's name, its name padded, length of the points, [`file_digest`].
const HEADER: usize = 8 + 2 + 1 + 1 + 16 + 8 + 32;
/// Largest file read, in bytes: the largest default shape takes less than half.
const LIMIT: u64 = 2 << 30;

/// Whether every point of the key lies on its curve. G1 of BN254 has cofactor one, so there it is all there is to check.
fn on_curve(key: &ArkKey<Bn254>) -> bool {
    let g1 = |points: &[G1Affine]| points.par_iter().all(G1Affine::is_on_curve);
    g1(&[key.beta_g1, key.delta_g1])
        && g1(&key.a_query)
        && g1(&key.b_g1_query)
        && g1(&key.h_query)
        && g1(&key.l_query)
        && key.b_g2_query.par_iter().all(G2Affine::is_on_curve)
}

/// Whether all of these points of the twist lie in the subgroup of prime order, but for a chance below 2^-131.
///
/// A point is a part in the subgroup plus a part `T` in the group of the cofactor, whose smallest prime factor is 10,069. If
/// some `T` is not zero, a sum with weights uniform below 2^16 hides it for at most 7 of 65,536 weights of that point; ten sums
/// with fresh weights all do with probability below 2^-131. A check point by point takes about ten times as long.
fn in_subgroup(points: &[G2Affine]) -> bool {
    use ark_ec::VariableBaseMSM;
    (0..10).all(|_| {
        let mut weights = vec![0u8; points.len() * 2];
        rand::RngCore::fill_bytes(&mut rand::rngs::OsRng, &mut weights);
        let weights: Vec<u16> = weights.chunks_exact(2).map(|w| u16::from_le_bytes([w[0], w[1]])).collect();
        let sum = ark_bn254::G2Projective::msm_u16(points, &weights);
        ark_ec::CurveGroup::into_affine(sum).is_in_correct_subgroup_assuming_on_curve()
    })
}

/// Digest of the points, then of that with the header, so that no label can be changed alone.
fn file_digest(header: &[u8], body: &[u8]) -> Digest {
    let mut bytes = keccak(body).0.to_vec();
    bytes.extend_from_slice(header);
    keccak(&bytes)
}

/// Why bytes are not a proving key that can be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ProvingKeyError {
    /// Not a proving key at all, or cut short.
    #[error("this is not a proving key: {0}")]
    NotAKey(String),
    /// The points are not what the header's digest names.
    #[error("the proving key is damaged: its digest is {found}, the header names {named}")]
    Damaged {
        /// Digest of the points.
        found: Digest,
        /// Digest in the header.
        named: Digest,
    },
    /// Made for another circuit.
    #[error("the proving key is for circuit version {got}, this program proves version {wanted}")]
    Version {
        /// Version in the file.
        got: u16,
        /// Version of this program.
        wanted: u16,
    },
    /// Made for constraints that are no longer these.
    #[error(
        "the proving key is of another circuit: public inputs, witness cells and domain {got:?}, these are {wanted:?}; delete it \
         and it is made again"
    )]
    OtherCircuit {
        /// Sizes of the key.
        got: (usize, usize, usize),
        /// Sizes of the relation.
        wanted: (usize, usize, usize),
    },
    /// The verifying key inside is not usable.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// Points that no setup makes.
    #[error(
        "the proving key's `{0}` is not that of its verifying key: a proof under it could tell about the book"
    )]
    Altered(&'static str),
    /// The setup failed.
    #[error("the setup failed: {0}")]
    Setup(#[from] SynthesisError),
}

/// Which key it is: all of a proving key but its points.
pub struct KeyHead {
    pub(crate) verifying: VerifyingKey,
    pub(crate) vouched: bool,
}

impl KeyHead {
    /// The verifying key.
    pub const fn verifying(&self) -> &VerifyingKey {
        &self.verifying
    }
    /// See [`ProvingKey::is_vouched_for`].
    pub const fn is_vouched_for(&self) -> bool {
        self.vouched
    }
}

/// A proving key with the verifying key it belongs to.
pub struct ProvingKey {
    head: KeyHead,
    points: ArkKey<Bn254>,
    /// What the header of its file names, where it was read from one.
    digest: Option<Digest>,
}

/// `beta` and `delta` stand in both groups, in one ratio (the generators are random and not kept), and neither is zero. An
/// altered one would take the blinding off the proofs. This is not all that could be altered: see
/// [`ProvingKey::is_vouched_for`].
fn same_in_both_groups(key: &ArkKey<Bn254>) -> Result<(), ProvingKeyError> {
    use ark_ec::{AffineRepr, pairing::Pairing};
    for (name, point) in [("beta_g1", key.beta_g1), ("delta_g1", key.delta_g1)] {
        if point.is_zero() {
            return Err(ProvingKeyError::Altered(name));
        }
    }
    if Bn254::pairing(key.beta_g1, key.vk.delta_g2) != Bn254::pairing(key.delta_g1, key.vk.beta_g2) {
        return Err(ProvingKeyError::Altered("delta_g1 over beta_g1"));
    }
    Ok(())
}

impl ProvingKey {
    /// A key for tests and local chains, a function of shape, circuit version and `seed` alone.
    ///
    /// Whoever knows the seed can forge: the key says so in its file, its id, and every output that names it.
    ///
    /// # Errors
    /// [`ProvingKeyError::Setup`] if the shape is too large for the curve's evaluation domains, which none is.
    pub fn development(
        shape: &'static Shape,
        relation: &Relation,
        seed: &str,
    ) -> Result<Self, ProvingKeyError> {
        let mut bytes = b"mandate/development-key/1".to_vec();
        bytes.extend_from_slice(&CIRCUIT_VERSION.to_be_bytes());
        bytes.extend_from_slice(shape.name.as_bytes());
        bytes.push(0);
        bytes.extend_from_slice(seed.as_bytes());
        let mut rng = rand_chacha::ChaCha20Rng::from_seed(keccak(&bytes).0);
        let points = Groth16::<Bn254>::generate_random_parameters_with_reduction(relation, &mut rng)?;
        Self::new(KeyOrigin::Development, shape, points, None, true)
    }
    fn new(
        origin: KeyOrigin,
        shape: &'static Shape,
        points: ArkKey<Bn254>,
        digest: Option<Digest>,
        vouched: bool,
    ) -> Result<Self, ProvingKeyError> {
        let verifying = VerifyingKey::new(origin, shape, points.vk.clone())?;
        same_in_both_groups(&points)?;
        Ok(Self { head: KeyHead { verifying, vouched }, points, digest })
    }
    /// Whether the whole key is known to be what a setup made: made in this process, or read from a file whose digest this
    /// program knows. Proofs under any other verify or not like any, but whoever altered the key may read the book from them.
    pub const fn is_vouched_for(&self) -> bool {
        self.head.vouched
    }
    /// The verifying key.
    pub const fn verifying(&self) -> &VerifyingKey {
        &self.head.verifying
    }
    pub(crate) const fn points(&self) -> &ArkKey<Bn254> {
        &self.points
    }
    /// Refuses a key of other sizes than the constraints.
    pub(crate) fn fits(&self, matrices: &Matrices) -> Result<(), ProvingKeyError> {
        let points = &self.points;
        let got = (points.vk.gamma_abc_g1.len(), points.l_query.len(), points.h_query.len() + 1);
        let wanted = (matrices.inputs, matrices.witnesses, matrices.domain());
        let cells = matrices.inputs + matrices.witnesses;
        let queries = [points.a_query.len(), points.b_g1_query.len(), points.b_g2_query.len()];
        if got != wanted || queries != [cells; 3] {
            return Err(ProvingKeyError::OtherCircuit { got, wanted });
        }
        Ok(())
    }
    pub(crate) fn into_head(self) -> KeyHead {
        self.head
    }
    /// The digest that the header of its file names: of every point, shape, version and origin.
    pub fn digest(&self) -> Digest {
        let made = || Self::digest_in(&self.to_bytes()).expect("it has a header");
        self.digest.unwrap_or_else(made)
    }
    /// The digest that a file's header names, unchecked. `None` where the file is shorter than a header.
    pub fn digest_in(file: &[u8]) -> Option<Digest> {
        Some(Digest(file.get(36..HEADER)?.try_into().expect("thirty-two bytes")))
    }
    /// Bytes of the header of a file.
    pub const HEADER: usize = HEADER;
    /// As a file: header, then `ark-serialize` uncompressed.
    ///
    /// # Panics
    /// Never: writing to memory does not fail, and names of shapes are short.
    pub fn to_bytes(&self) -> Vec<u8> {
        let name = self.head.verifying.shape.name.as_bytes();
        assert!(name.len() <= 16, "names of shapes are short");
        let mut out = Vec::with_capacity(HEADER + self.points.uncompressed_size());
        out.extend_from_slice(MAGIC);
        out.extend_from_slice(&CIRCUIT_VERSION.to_le_bytes());
        out.push(self.head.verifying.origin as u8);
        out.push(u8::try_from(name.len()).expect("at most 16"));
        out.extend_from_slice(name);
        out.resize(HEADER, 0);
        self.points.serialize_uncompressed(&mut out).expect("writing to memory does not fail");
        let length = (out.len() - HEADER) as u64;
        out[28..36].copy_from_slice(&length.to_le_bytes());
        let digest = file_digest(&out[..36], &out[HEADER..]);
        out[36..HEADER].copy_from_slice(&digest.0);
        out
    }
    /// Reads a file: size, header, digest, then points, each checked to be on the curve and in the subgroup.
    ///
    /// # Errors
    /// [`ProvingKeyError`].
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, ProvingKeyError> {
        let not = |why: &str| ProvingKeyError::NotAKey(why.to_owned());
        if bytes.len() as u64 > LIMIT {
            return Err(not("it is larger than 2 GiB"));
        }
        let (header, body) = bytes.split_at_checked(HEADER).ok_or_else(|| not("it is too short"))?;
        if &header[..8] != MAGIC {
            return Err(not("it does not begin with `MANDATEP`"));
        }
        let version = u16::from_le_bytes([header[8], header[9]]);
        if version != CIRCUIT_VERSION {
            return Err(ProvingKeyError::Version { got: version, wanted: CIRCUIT_VERSION });
        }
        let origin = match header[10] {
            0 => KeyOrigin::Development,
            1 => KeyOrigin::Ceremony,
            _ => return Err(not("its origin is neither development nor ceremony")),
        };
        let length = usize::from(header[11]);
        let name = header[12..28].get(..length).and_then(|n| std::str::from_utf8(n).ok());
        let shape = name.and_then(Shape::by_name).ok_or_else(|| not("its shape does not exist"))?;
        if header[12 + length..28].iter().any(|b| *b != 0) {
            return Err(not("its header is not canonical"));
        }
        let named_length = u64::from_le_bytes(header[28..36].try_into().expect("eight bytes"));
        if named_length != body.len() as u64 {
            return Err(not("its length is not the one its header names"));
        }
        let named = Digest(header[36..HEADER].try_into().expect("thirty-two bytes"));
        let found = file_digest(&header[..36], body);
        if named != found {
            return Err(ProvingKeyError::Damaged { found, named });
        }
        let mut rest = body;
        // Coordinates are canonical or refused here; curve and subgroup are checked right after, all points at once.
        let points = ArkKey::<Bn254>::deserialize_with_mode(&mut rest, Compress::No, Validate::No)
            .map_err(|e| ProvingKeyError::NotAKey(format!("its points do not decode: {e}")))?;
        if !rest.is_empty() {
            return Err(not("bytes are left over after its points"));
        }
        if points.vk.check().is_err() || !on_curve(&points) || !in_subgroup(&points.b_g2_query) {
            return Err(not("a point is off its curve or outside its subgroup"));
        }
        Self::new(origin, shape, points, Some(found), crate::known::is_known(shape.name, found))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ark_bn254::Fr;
    use ark_ec::{AffineRepr, CurveGroup};
    use ark_ff::{PrimeField, UniformRand, Zero};

    #[test]
    fn one_point_outside_the_subgroup_among_many_is_found() {
        let mut rng = rand_chacha::ChaCha20Rng::from_seed([3; 32]);
        let mut points: Vec<G2Affine> = (0..300).map(|_| G2Affine::rand(&mut rng)).collect();
        points[7] = G2Affine::zero();
        assert!(in_subgroup(&points));
        let stray = loop {
            let x = ark_bn254::Fq2::rand(&mut rng);
            if let Some(point) = G2Affine::get_point_from_x_unchecked(x, true)
                && !point.is_in_correct_subgroup_assuming_on_curve()
            {
                break point;
            }
        };
        for place in [0, 150, 299] {
            let mut bad = points.clone();
            bad[place] = stray;
            assert!(!in_subgroup(&bad), "place {place}");
            // The hardest case: a stray part of the smallest order, 10,069, on a point of the subgroup.
            // The cofactor over 10,069, lowest limb first.
            let rest: [u64; 4] =
                [0x6c3cd334915f1659, 0x207142f7671af448, 0x9e28bcf65b5681da, 0x13af7a58fce69];
            let small = stray.mul_bigint(Fr::MODULUS).into_affine().mul_bigint(rest);
            assert!(!small.is_zero() && (small.into_affine() * Fr::from(10_069u64)).is_zero());
            bad[place] = (points[place] + small).into_affine();
            assert!(!in_subgroup(&bad), "place {place}, smallest order");
        }
    }
}
