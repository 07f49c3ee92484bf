//! Keys and proofs in the words of the chain client.

use crate::failure::Failure;
use mandate_chain::{EvmKey, EvmProof, KeyParts, Spot};
use mandate_market::Snapshot;
use mandate_statement::{Bundle, CIRCUIT_VERSION, keccak};
use mandate_verifier::{Verifier, VerifyingKey, evm_proof};

/// A verifying key as the contracts take it.
pub fn key(key: &VerifyingKey) -> Result<EvmKey, Failure> {
    let evm = key.evm();
    let parts = KeyParts {
        fixed: evm.fixed,
        inputs: evm.head.clone(),
        sheet: evm.sheet.clone(),
        rules: evm.rules,
        circuit_version: CIRCUIT_VERSION,
        shape: evm.shape.to_owned(),
        origin: evm.origin as u8,
    };
    let made = EvmKey::new(parts)?;
    if made.id() != key.id() {
        return Err(Failure(format!("the chain would know key {} as {}", key.id(), made.id())));
    }
    Ok(made)
}

/// A bundle's proof as the contracts take it.
pub fn proof(bundle: &Bundle) -> Result<EvmProof, Failure> {
    Ok(EvmProof(evm_proof(&Verifier::proof(bundle)?)))
}

/// Most spot prices that a risk part names on chain.
const MOST_SPOTS: usize = 64;

/// The snapshot's priced currencies, in the order of their symbols, as the chain names them; the first 64.
pub fn spots(snapshot: &Snapshot) -> Vec<Spot> {
    let priced = snapshot.currencies.iter().filter_map(|(symbol, state)| {
        let price = state.priced()?.price;
        Some(Spot {
            asset: keccak(symbol.as_bytes()),
            price: u128::try_from(price.mantissa()).ok()?,
            decimals: price.places(),
        })
    });
    priced.take(MOST_SPOTS).collect()
}
