//! Bytes in, [`Verified`] out.
//!
//! What an auditor runs. It needs the bundle and public files (key, mandate's rules part, risk part, account set) and
//! no secret; it trusts neither the prover nor the policy compiler: the sheet checker, which shares no code with the
//! compiler, reads the sheet again before any pairing is computed.

mod batch;
mod evm;
mod key;
mod points;
mod verify;

pub use batch::BatchItem;
pub use evm::{EvmKey, evm_proof};
pub use key::{KeyError, KeyOrigin, VerifyingKey};
pub use points::Sheet;
pub use verify::{
    Attestor, Claim, Expectations, Verified, Verifier, VerifyError, check_accounts, check_place_and_time,
};
