//! The attestor's key, from a file.

use crate::error::AttestError;
use crate::files;
use alloy_primitives::B256;
use alloy_signer::SignerSync;
use alloy_signer_local::PrivateKeySigner;
use mandate_statement::Digest;
use std::path::Path;
use zeroize::Zeroizing;

/// Signs for one attestor. No `Debug`.
pub struct AttestorKey(PrivateKeySigner);

impl AttestorKey {
    /// A new key from the operating system.
    pub fn random() -> Self {
        Self(PrivateKeySigner::random())
    }
    /// From 32 bytes; `None` where they are no key of secp256k1.
    pub fn from_bytes(bytes: &[u8; 32]) -> Option<Self> {
        PrivateKeySigner::from_slice(bytes).ok().map(Self)
    }
    /// Reads a key file: 64 hex digits, with or without `0x`.
    ///
    /// # Errors
    /// [`AttestError::KeyOpen`] where anyone but its owner can read the file (unless `allow_open`), and
    /// [`AttestError::Key`] where it holds no key.
    pub fn read(path: &Path, allow_open: bool) -> Result<Self, AttestError> {
        #[cfg(unix)]
        if !allow_open {
            use std::os::unix::fs::PermissionsExt;
            let meta = std::fs::metadata(path).map_err(|why| AttestError::File {
                doing: "read",
                path: path.to_owned(),
                why,
            })?;
            let mode = meta.permissions().mode() & 0o7777;
            if mode & 0o077 != 0 {
                return Err(AttestError::KeyOpen { path: path.to_owned(), mode });
            }
        }
        let text = Zeroizing::new(files::read_limited(path, 1024)?);
        let digits = text.trim_ascii();
        let digits = digits.strip_prefix(b"0x").unwrap_or(digits);
        let mut bytes = Zeroizing::new([0u8; 32]);
        hex::decode_to_slice(digits, bytes.as_mut_slice())
            .ok()
            .and_then(|()| Self::from_bytes(&bytes))
            .ok_or_else(|| AttestError::Key { path: path.to_owned() })
    }
    /// Writes the key to a file that only its owner can read.
    ///
    /// # Errors
    /// [`AttestError::File`], with the path.
    pub fn write(&self, path: &Path) -> Result<(), AttestError> {
        let bytes = Zeroizing::new(self.0.to_bytes().0);
        let mut text = Zeroizing::new(vec![0u8; 65]);
        // Twice thirty-two digits fit.
        let _ = hex::encode_to_slice(*bytes, &mut text[..64]);
        text[64] = b'\n';
        files::write_private(path, &text)
    }
    /// The address that its signatures recover to.
    pub fn address(&self) -> [u8; 20] {
        self.0.address().into_array()
    }
    /// Signs a digest: `r`, `s` in the lower half, `v` 27 or 28.
    pub(crate) fn sign(&self, digest: Digest) -> Result<Vec<u8>, AttestError> {
        let signature =
            self.0.sign_hash_sync(&B256::from(digest.0)).map_err(|e| AttestError::Signer(e.to_string()))?;
        Ok(signature.normalize_s().unwrap_or(signature).as_bytes().to_vec())
    }
}
