//! Private keys of senders and signers.

use crate::error::ChainError;
use alloy::primitives::{Address, B256};
use alloy::signers::SignerSync;
use alloy::signers::local::PrivateKeySigner;
use zeroize::Zeroize;

/// A private key that pays for transactions or signs for a quorum. It never prints; the key inside is wiped on drop.
#[derive(Clone)]
pub struct SigningKey(PrivateKeySigner);

impl SigningKey {
    /// Reads 64 hex digits, with or without `0x`.
    ///
    /// # Errors
    /// [`ChainError::BadKey`], which does not repeat the text.
    pub fn from_hex(text: &str) -> Result<Self, ChainError> {
        let mut bytes = B256::ZERO;
        let digits = text.trim();
        let outcome = hex::decode_to_slice(digits.strip_prefix("0x").unwrap_or(digits), &mut bytes.0);
        let key = outcome
            .map_err(|_| ChainError::BadKey("the private key is not 64 hex digits"))
            .and_then(|()| Self::from_bytes(&bytes.0));
        bytes.0.zeroize();
        key
    }
    /// Takes 32 bytes, big-endian.
    ///
    /// # Errors
    /// [`ChainError::BadKey`] where they are zero or not below the order of the curve.
    pub fn from_bytes(bytes: &[u8; 32]) -> Result<Self, ChainError> {
        PrivateKeySigner::from_slice(bytes)
            .map(Self)
            .map_err(|_| ChainError::BadKey("the private key is zero or not below the order of the curve"))
    }
    /// The address that this key speaks for.
    pub fn address(&self) -> [u8; 20] {
        self.0.address().into_array()
    }
    pub(crate) fn inner(&self) -> &PrivateKeySigner {
        &self.0
    }
    pub(crate) fn alloy_address(&self) -> Address {
        self.0.address()
    }
    /// `r || s || v`, `v` being 27 or 28.
    pub(crate) fn sign_hash(&self, hash: B256) -> Result<[u8; 65], ChainError> {
        let signature =
            self.0.sign_hash_sync(&hash).map_err(|_| ChainError::BadKey("the private key does not sign"))?;
        Ok(signature.as_bytes())
    }
}
