//! What a proof of this project *says*, and nothing about how it is made.
//!
//! Every other crate speaks in these types: a [`Shape`] (how large the circuit is), a [`RiskPart`] (one row of
//! public integer weights per slot) and a [`RulesPart`] (a small system of integer inequalities), which together are
//! the **sheet**; the [`Context`] that ties a proof to a subject, an instant and a place; the [`Attestation`] by which
//! a custodian vouches for a commitment; and the [`Bundle`] that carries all of it to a verifier.
//!
//! `docs/statement.md` says in symbols what is proven over them.

mod attestation;
mod bundle;
mod codec;
mod context;
mod digest;
mod inputs;
mod rules;
mod runs;
mod shape;
mod sheet;

pub use attestation::{
    AccountEntry, AccountSet, Attestation, AttestorGrade, SecondAttestation, SignedAttestation,
    second_commitment,
};
pub use bundle::{BACKEND_GROTH16, BACKEND_TRANSPARENT, Bundle, TransparentBundle};
pub use codec::{CodecError, Kind, decode, encode};
pub use context::Context;
pub use digest::{Digest, keccak};
pub use inputs::InputLayout;
pub use rules::{Family, GlobalVar, LocalVar, RowRef, RuleRows, RulesPart};
pub use runs::Runs;
pub use shape::{Column, Mode, SHAPES, Shape};
pub use sheet::{Layout, RiskPart, SheetError};

/// Version of the relation. It is absorbed by every key id and digest: a proof of one version says nothing in another.
pub const CIRCUIT_VERSION: u16 = 1;

/// Bits of a quantity in offset binary: `q` lies in `[-2^47, 2^47)` lots and is held as `q + 2^47`.
pub const QUANTITY_BITS: u32 = 48;
/// Largest magnitude of a quantity, in lots: `2^47`.
pub const QUANTITY_LIMIT: i64 = 1 << (QUANTITY_BITS - 1);
/// Every column of a sheet has weights whose magnitudes sum to less than `2^41`, so every total is below `2^88`.
pub const WEIGHT_SUM_BITS: u32 = 41;
/// A total over any set of slots lies in `(-2^88, 2^88)`: `2^47` lots times weights that sum to less than `2^41`.
pub const TOTAL_BITS: u32 = WEIGHT_SUM_BITS + QUANTITY_BITS - 1;
/// A worst loss `w` lies in `[-2^88, 2^88)`.
pub const WORST_BITS: u32 = TOTAL_BITS + 1;
/// A peak of a run lies in `[0, 2^88)`: the sums along a run stay below `2^88`, as totals do.
pub const PEAK_BITS: u32 = TOTAL_BITS;
/// A peak and a sum along its run together lie in `(-2^88, 2^89)`; what must not be negative is held to `[0, 2^89)`.
pub const PEAK_SLACK_BITS: u32 = PEAK_BITS + 1;
/// A block's witness `x` lies in `[-2^103, 2^103)`.
pub const LOCAL_WITNESS_BITS: u32 = 104;
/// A global witness `y` lies in `[-2^111, 2^111)`.
pub const GLOBAL_WITNESS_BITS: u32 = 112;
/// The slack of a row evaluated per block or per slot lies in `[0, 2^112)`.
pub const LOCAL_SLACK_BITS: u32 = 112;
/// The slack of a global row lies in `[0, 2^128)`.
pub const GLOBAL_SLACK_BITS: u32 = 128;
