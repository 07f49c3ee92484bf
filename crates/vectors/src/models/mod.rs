//! One module per vector file, named after it.

use crate::report::each;
use crate::{Outcome, Trouble};
use serde_json::Value;

mod common;
mod derive_portfolio_margin_v2;
mod derive_standard_margin;
mod found;
mod historic_stress;
mod lending_health;
mod lp_uniswap_v3;
mod option_pricing_black;
mod option_spread_collateral_opyn;
mod perp_margin_dydx_v4;
mod perp_spot_health_drift_mango;
mod reg_t_strategy_margin_cboe;
mod regulatory_and_mandate_limits;
mod scenario_sets;
mod secants;
mod simm_schedule_saccr;
mod tiered_margin_venues;

/// What computes the vectors of a file.
pub type Run = fn(&Value) -> Vec<Outcome>;

/// The models by the stem of their file, in the order of the table.
pub const MODELS: &[(&str, Run)] = &[
    ("derive_portfolio_margin_v2", derive_portfolio_margin_v2::run),
    ("derive_standard_margin", derive_standard_margin::run),
    ("historic_stress", historic_stress::run),
    ("lending_health", lending_health::run),
    ("lp_uniswap_v3", lp_uniswap_v3::run),
    ("option_pricing_black", option_pricing_black::run),
    ("option_spread_collateral_opyn", option_spread_collateral_opyn::run),
    ("perp_margin_dydx_v4", perp_margin_dydx_v4::run),
    ("perp_spot_health_drift_mango", perp_spot_health_drift_mango::run),
    ("reg_t_strategy_margin_cboe", reg_t_strategy_margin_cboe::run),
    ("regulatory_and_mandate_limits", regulatory_and_mandate_limits::run),
    ("scenario_sets", scenario_sets::run),
    ("simm_schedule_saccr", simm_schedule_saccr::run),
    ("tiered_margin_venues", tiered_margin_venues::run),
];

/// Vectors that are known to disagree, each with the reason. `make vectors` fails on any other.
const ON_RECORD: &[(&str, &str)] = &[];

/// Why a vector is known to disagree, if it is.
pub fn on_record(id: &str) -> Option<&'static str> {
    ON_RECORD.iter().find(|(known, _)| *known == id).map(|(_, why)| *why)
}

/// The outcomes of a file, by its stem. A file that no model knows has outcomes too, so that it shows.
pub fn run(stem: &str, file: &Value) -> Vec<Outcome> {
    match MODELS.iter().find(|(name, _)| *name == stem) {
        Some((_, run)) => run(file),
        None => each(file, "none", |_| Err(Trouble::Cannot(format!("no model computes `{stem}`")))),
    }
}
