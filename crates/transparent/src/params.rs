//! The public parameters: points that a hash gives, and nobody chose.

use halo2_proofs::poly::commitment::Params;
use mandate_statement::{Digest, keccak};
use pasta_curves::EqAffine;

/// Points for columns of up to `2^k` rows.
pub struct Parameters {
    points: Params<EqAffine>,
}

/// Why bytes are not the parameters of a size.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum ParametersError {
    /// No digest is known for this size.
    #[error("there are no known parameters for 2^{0} rows")]
    Size(u32),
    /// Other bytes than the hash gives.
    #[error("these are not the parameters for 2^{k} rows: their digest is {found}, wanted is {wanted}")]
    Other {
        /// Size.
        k: u32,
        /// Digest of the bytes.
        found: Digest,
        /// Digest of what the hash gives.
        wanted: Digest,
    },
    /// The bytes do not decode.
    #[error("the parameters do not decode")]
    Malformed,
}

impl Parameters {
    /// Hashes the points: seconds for the larger sizes.
    pub fn derive(k: u32) -> Self {
        Self { points: Params::new(k) }
    }
    /// Size, as a power of two.
    pub fn k(&self) -> u32 {
        self.points.k()
    }
    pub(crate) const fn points(&self) -> &Params<EqAffine> {
        &self.points
    }
    /// All points, for a cache.
    ///
    /// # Panics
    /// Never: writing to memory does not fail.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = Vec::new();
        self.points.write(&mut out).expect("writing to memory does not fail");
        out
    }
    /// How many bytes the parameters of a size are.
    pub const fn length(k: u32) -> usize {
        4 + 32 * ((2 << k) + 2)
    }
    /// What [`Parameters::to_bytes`] wrote. A cache is nobody's word: the digest must be the one that this program knows.
    ///
    /// # Errors
    /// [`ParametersError`].
    pub fn from_bytes(k: u32, bytes: &[u8]) -> Result<Self, ParametersError> {
        let wanted = known(k).ok_or(ParametersError::Size(k))?;
        let found = keccak(bytes);
        if found != wanted {
            return Err(ParametersError::Other { k, found, wanted });
        }
        let points = Params::read(&mut &*bytes).map_err(|_| ParametersError::Malformed)?;
        Ok(Self { points })
    }
}

/// Digests of the parameters; `tests/parameters.rs` derives them again.
fn known(k: u32) -> Option<Digest> {
    let text = match k {
        9 => "0x09ec3852daa472f633ac4e3070643dc5ad03b54d414f91ad57c9cdcf386fb144",
        10 => "0x5915215341f938517bed91ce5e104dfc15f0f56b237a478f58a122e76e561615",
        11 => "0x6c3289c0e58851cd7403e93446134da5b6606b6bb2ed23267e95692f0aa84689",
        12 => "0x424565ac01ff66b3e79c7a3a62c1fb9a1b26f6943a92c7c85a3a56f6d6ea204a",
        13 => "0x74c65c162ee25ea013794c564f275cdc263720bb21f7626ad449a7e2ebad8f25",
        14 => "0x8cf63247a123bcb0c9f994dadce3ffec6066b42ba8a955626e0976748b0a4bdf",
        _ => return None,
    };
    Digest::from_hex(text)
}
