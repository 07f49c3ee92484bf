//! Universe, market snapshot, importers, Black-76, and the risk models that turn them into a sheet's risk part.
//!
//! The road is `import` (or [`examples`]) → [`Snapshot`] → [`risk::compile`] → [`mandate_statement::RiskPart`]. All of it
//! is public and recomputable: a snapshot is exact decimals, addressed by its content, and compiling it gives the same
//! bytes on every machine. `docs/market-data.md` has the formulas and the measured differences against real quotes.

mod arrange;
pub mod black76;
pub mod compare;
mod cut;
pub mod examples;
mod grid;
pub mod import;
mod instrument;
pub mod lp;
mod model;
mod price;
mod quality;
pub mod risk;
mod slot;
mod snapshot;
pub mod time;
mod universe;

pub use arrange::{Arrangement, Pair, Run, arrange};
pub use cut::{CUT_FLOOR, CutError, CutRule, Listing, lot_places};
pub use instrument::{Instrument, Right, Settle};
pub use model::{
    BackTest, ColumnDef, Details, Exceeded, MODELS, ModelError, Parameters, Part, PartKind, RiskModel,
    Rounding, SIZE_LIMIT as MODEL_SIZE_LIMIT, Scenario, Unit, VOCABULARY, VolShift, WrittenMargin,
};
pub use price::Price;
pub use quality::{Finding, Gate, Gates, IndexRange, QualityReport};
pub use risk::RiskError;
pub use slot::{LotError, Slot};
pub use snapshot::{CurrencyQuote, Quote, Snapshot, SnapshotError, Source, State, quote_key};
pub use universe::{Account, Currency, CurrencyClass, Group, SlotRef, Universe, UniverseError};
