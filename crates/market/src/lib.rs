//! Universe, market snapshot, importers, Black-76, and the risk models that turn them into a sheet's risk part.

mod model;

pub use model::{ColumnDef, MODELS, RiskModel, Rounding, Scenario, Unit};
