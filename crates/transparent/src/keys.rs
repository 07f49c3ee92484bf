//! The key of one sheet, derived from public files.

use crate::params::Parameters;
use halo2_proofs::plonk::{self, ProvingKey, VerifyingKey};
use halo2_proofs::transcript::{Blake2bWrite, Challenge255, EncodedChallenge, Transcript};
use mandate_circuits_halo2::field::to_bytes;
use mandate_circuits_halo2::{Layout, LayoutError, SheetCircuit, Witness};
use mandate_statement::{CIRCUIT_VERSION, Digest, RiskPart, RulesPart, SHAPES, Shape, keccak};
use pasta_curves::EqAffine;

/// Why no key was derived.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum KeyError {
    /// The sheet has no layout.
    #[error(transparent)]
    Layout(#[from] LayoutError),
    /// Parameters of another size.
    #[error("the sheet takes 2^{wanted} rows, the parameters are for 2^{got}")]
    Parameters {
        /// Size of the parameters.
        got: u32,
        /// Size wanted.
        wanted: u32,
    },
    /// The proof system objects.
    #[error("the key could not be derived: {0}")]
    System(#[from] plonk::Error),
}

/// A verifying key with the layout it is the key of.
pub struct SheetKey<'p> {
    pub(crate) layout: Layout,
    pub(crate) parameters: &'p Parameters,
    pub(crate) verifying: VerifyingKey<EqAffine>,
    id: Digest,
}

/// Calls with the position of a shape as a constant, which the circuit's type takes.
macro_rules! at_position {
    ($position:expr, $n:ident, $body:expr) => {{
        macro_rules! with {
            ($at:literal) => {{
                const $n: usize = $at;
                $body
            }};
        }
        match $position {
            0 => with!(0),
            1 => with!(1),
            2 => with!(2),
            3 => with!(3),
            4 => with!(4),
            5 => with!(5),
            _ => unreachable!("there are six shapes"),
        }
    }};
}
pub(crate) use at_position;
const _: () = assert!(SHAPES.len() == 6, "one arm for each shape");

pub(crate) fn position(shape: &Shape) -> usize {
    SHAPES.iter().position(|s| s.name == shape.name).expect("every shape is in SHAPES")
}

/// A digest of the digest of a key that every proof under it absorbs first: of the constraint system and of the commitments of all
/// fixed columns and of the copies. `halo2_proofs` computes it once with the key; printing the key a second time took as long as
/// several commitments.
fn absorbed(key: &VerifyingKey<EqAffine>) -> Result<[u8; 32], plonk::Error> {
    let mut transcript = Blake2bWrite::<_, EqAffine, Challenge255<_>>::init(std::io::sink());
    key.hash_into(&mut transcript).map_err(plonk::Error::Transcript)?;
    Ok(to_bytes(transcript.squeeze_challenge().get_scalar()))
}

impl<'p> SheetKey<'p> {
    /// How many rows a sheet takes, as a power of two, and its layout.
    ///
    /// # Errors
    /// [`LayoutError`].
    pub fn layout(rules: &RulesPart, risk: &RiskPart) -> Result<Layout, LayoutError> {
        Layout::of(rules, risk)
    }
    /// Derives the key of a layout.
    ///
    /// # Errors
    /// [`KeyError`].
    pub fn derive(layout: Layout, parameters: &'p Parameters) -> Result<Self, KeyError> {
        if parameters.k() != layout.k {
            return Err(KeyError::Parameters { got: parameters.k(), wanted: layout.k });
        }
        let verifying = at_position!(position(layout.shape()), N, {
            plonk::keygen_vk(parameters.points(), &SheetCircuit::<N>::new(&layout, None))
        })?;
        let mut bytes = keccak(b"mandate/transparent-key/2").0.to_vec();
        bytes.extend_from_slice(&CIRCUIT_VERSION.to_be_bytes());
        bytes.extend_from_slice(&keccak(layout.shape().name.as_bytes()).0);
        bytes.extend_from_slice(&absorbed(&verifying)?);
        Ok(Self { id: keccak(&bytes), layout, parameters, verifying })
    }
    /// Id of the key: of the circuit with every fixed column, and so of the sheet.
    pub const fn id(&self) -> Digest {
        self.id
    }
    /// The layout.
    pub const fn layout_of(&self) -> &Layout {
        &self.layout
    }
    pub(crate) fn proving(&self) -> Result<ProvingKey<EqAffine>, plonk::Error> {
        at_position!(position(self.layout.shape()), N, {
            let circuit = SheetCircuit::<N>::new(&self.layout, None::<&Witness>);
            plonk::keygen_pk(self.parameters.points(), self.verifying.clone(), &circuit)
        })
    }
}
