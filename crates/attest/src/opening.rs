//! What the attestor hands back to the holder: everything the commitment opens to. Secret.

use crate::commitment::{Blinding, CommitmentError, commit};
use crate::error::AttestError;
use crate::pasta::PastaSeed;
use bincode::{Decode, Encode};
use mandate_book::AccountBook;
use mandate_statement::{Attestation, Digest, Kind, Shape, decode, encode};
use std::path::Path;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

/// The opening of one account's commitment. No `Debug`; wiped when dropped.
#[derive(Clone, Encode, Decode)]
pub struct Opening {
    /// Name of the shape.
    pub shape: String,
    /// Digest of the universe.
    pub universe: Digest,
    /// Instant of the records, seconds since 1970 in UTC.
    pub as_of: u64,
    /// Whose book the account belongs to.
    pub subject: Digest,
    /// The account, in the attestor's own naming, hashed.
    pub account: Digest,
    /// Index of the account in the universe.
    pub netting_set: u16,
    /// First segment of the account.
    pub first_segment: u16,
    /// Quantities in lots, slot by slot, whole segments.
    pub quantities: Vec<i64>,
    /// The blinding.
    pub blinding: Blinding,
    /// What the second commitment's blindings come from, where there is one.
    pub seed: Option<PastaSeed>,
}

impl Zeroize for Opening {
    fn zeroize(&mut self) {
        self.quantities.zeroize();
        self.blinding.zeroize();
        self.seed.zeroize();
    }
}
impl Drop for Opening {
    fn drop(&mut self) {
        self.zeroize();
    }
}
impl ZeroizeOnDrop for Opening {}

impl Opening {
    /// The shape it names.
    ///
    /// # Errors
    /// [`AttestError::UnknownShape`] where there is none of that name.
    pub fn shape(&self) -> Result<&'static Shape, AttestError> {
        Shape::by_name(&self.shape).ok_or_else(|| AttestError::UnknownShape(self.shape.clone()))
    }
    /// The commitment that it opens.
    ///
    /// # Errors
    /// [`AttestError`], where it opens none: a shape that does not exist, or quantities that are not its segments.
    pub fn commitment(&self) -> Result<Digest, AttestError> {
        Ok(commit(
            self.shape()?,
            self.universe,
            self.netting_set,
            usize::from(self.first_segment),
            &self.quantities,
            &self.blinding,
        )?)
    }
    /// Checks that this is the opening of what an attestation says: the same account, instant, universe and subject, and
    /// quantities that give the commitment.
    ///
    /// # Errors
    /// [`AttestError::Mismatch`], naming the first field that differs.
    pub fn check(&self, attestation: &Attestation) -> Result<(), AttestError> {
        let fields = [
            ("subject", self.subject == attestation.subject),
            ("account", self.account == attestation.account),
            ("netting set", self.netting_set == attestation.netting_set),
            ("universe", self.universe == attestation.universe),
            ("as-of", self.as_of == attestation.as_of),
            ("commitment", self.commitment()? == attestation.commitment),
        ];
        match fields.iter().find(|(_, same)| !same) {
            Some((field, _)) => Err(AttestError::Mismatch(field)),
            None => Ok(()),
        }
    }
    /// The account's quantities as a book has them.
    ///
    /// # Errors
    /// As [`Opening::commitment`].
    pub fn book(&self) -> Result<AccountBook, AttestError> {
        self.commitment()?;
        let first = usize::from(self.first_segment) * self.shape()?.segment_len();
        Ok(AccountBook::from_lots(self.netting_set, first, Zeroizing::new(self.quantities.clone())))
    }

    /// The file's bytes.
    pub fn to_bytes(&self) -> Zeroizing<Vec<u8>> {
        Zeroizing::new(encode(Kind::Opening, self))
    }
    /// Reads a file's bytes, and checks that they open something.
    ///
    /// # Errors
    /// [`AttestError`]. Never panics, whatever the bytes.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, AttestError> {
        let opening: Self = decode(Kind::Opening, bytes)?;
        opening.commitment()?;
        Ok(opening)
    }
    /// Writes the file: readable by its owner alone, and whole or not at all.
    ///
    /// # Errors
    /// [`AttestError::File`], with the path.
    pub fn write(&self, path: &Path) -> Result<(), AttestError> {
        crate::files::write_private(path, &self.to_bytes())
    }
    /// Reads the file.
    ///
    /// # Errors
    /// [`AttestError`], with the path where the file cannot be read.
    pub fn read(path: &Path) -> Result<Self, AttestError> {
        Self::from_bytes(&Zeroizing::new(crate::files::read_limited(path, Kind::Opening.limit() + 1024)?))
    }
}

impl From<CommitmentError> for AttestError {
    fn from(error: CommitmentError) -> Self {
        Self::Commitment(error)
    }
}
