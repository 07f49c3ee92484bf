//! Importers: venue files to snapshots, with what the data-quality gates found on the way.

mod collateral;
mod deribit;
mod desk;
mod gateio;
mod pools;
mod table;

pub use collateral::{CollateralAsset, class_of_symbol, read_collateral};
pub use deribit::{
    ChainRow, ContractMark, read_any_chain, read_chain, read_chain_with_greeks, read_futures, read_perpetuals,
};
pub use desk::{Desk, Imported};
pub use gateio::{GatePerpetual, read_gateio};
pub use pools::{PoolRange, range_of, read_pools, unwrapped};
pub use table::{InputFile, MAX_INPUT};

use crate::cut::CutError;
use crate::snapshot::SnapshotError;

/// Why a file cannot be imported.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ImportError {
    /// The file cannot be read.
    #[error("{file}: {why}")]
    Read {
        /// The file.
        file: String,
        /// The system's word.
        why: String,
    },
    /// Larger than is read.
    #[error("{file}: {got} bytes; at most {limit} are read")]
    TooLarge {
        /// The file.
        file: String,
        /// Bytes found.
        got: u64,
        /// Bytes accepted.
        limit: u64,
    },
    /// Not a table, or not JSON.
    #[error("{file}, line {line}: {why}")]
    Syntax {
        /// The file.
        file: String,
        /// Line, from 1.
        line: u64,
        /// The parser's word.
        why: String,
    },
    /// A column is missing.
    #[error("{file}: there is no column `{column}`; the header has {header}")]
    Column {
        /// The file.
        file: String,
        /// Column wanted.
        column: String,
        /// Columns found.
        header: String,
    },
    /// A value is not what its column holds.
    #[error("{file}, line {line}, `{column}`: `{value}` is not {wanted}")]
    Value {
        /// The file.
        file: String,
        /// Line, from 1 (for JSON: position of the entry, from 1).
        line: u64,
        /// Column or key.
        column: String,
        /// What was found.
        value: String,
        /// What would be right.
        wanted: String,
    },
    /// No file gives what is needed.
    #[error("{0}")]
    Missing(String),
    /// The universe cannot be cut.
    #[error(transparent)]
    Cut(#[from] CutError),
    /// The snapshot does not hold together.
    #[error(transparent)]
    Snapshot(#[from] SnapshotError),
}
