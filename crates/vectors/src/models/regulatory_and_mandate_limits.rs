//! Limits of funds, banks and issuers, and what a mandate letter says: one rule per kind of vector.
//!
//! Private: holdings, quantities, liabilities, the parts of net asset value. Public: prices, haircuts, Greeks per unit,
//! strikes, the tags (who issued it, where it is held, what nets with what) and the limits, which come from the rule named
//! in each function. A verdict is asked of the rule itself, and of both sides of its limit by moving a constant.

mod bank;
mod funds;
mod mandates;
mod options;

use super::found::Found;
use crate::report::each;
use crate::{Outcome, Problem, Q, Trouble, text};
use mandate_statement::Mode;
use num_traits::One;
use serde_json::Value;

const MODEL: &str = "limits";

/// One outcome per vector of the file.
pub fn run(file: &Value) -> Vec<Outcome> {
    each(file, MODEL, |vector| {
        let inputs = crate::at(vector, "inputs")?;
        found(text(vector, "kind")?, inputs)?.compare(crate::at(vector, "expected")?)
    })
}

fn found(kind: &str, inputs: &Value) -> Result<Found, Trouble> {
    match kind {
        "concentration_two_threshold" => funds::two_thresholds(inputs),
        "group_limits" if inputs.get("equity_at_venue").is_some() => mandates::venues(inputs),
        "group_limits" => funds::same_body(inputs),
        "leverage" => funds::leverage(inputs),
        "ratio_limit" => funds::net_asset_share(inputs),
        "var_limit" => funds::value_at_risk(inputs),
        "asset_coverage" => funds::asset_coverage(inputs),
        "diversification" => funds::diversification(inputs),
        "limit_bands" => bank::bands(inputs),
        "capital" => bank::capital(inputs),
        "reserve_mix" => bank::reserve(inputs),
        "greeks_limit" => mandates::greeks(inputs),
        "solvency" => mandates::solvency(inputs),
        kind if kind.contains("liquid") => mandates::liquidity(inputs),
        "coverage" => options::coverage(inputs),
        "expiry_max_loss" => options::expiry(inputs),
        other => Err(Trouble::Cannot(format!("no rule for kind `{other}`"))),
    }
}

/// The first of these fields that is there.
fn any<'a>(inputs: &'a Value, names: &[&str]) -> Result<&'a Value, Trouble> {
    let found = names.iter().find_map(|n| inputs.get(*n).filter(|v| !v.is_null()));
    found.ok_or_else(|| Trouble::Missing(names.join(" or ")))
}

/// A number, from the first of these fields that is there.
fn amount(inputs: &Value, names: &[&str]) -> Result<Q, Trouble> {
    crate::number(any(inputs, names)?, "")
}

/// The numbers of a list.
fn amounts(list: &Value) -> Result<Vec<Q>, Trouble> {
    let list = list.as_array().ok_or_else(|| Trouble::Missing("list of numbers".into()))?;
    list.iter().map(|v| crate::number(v, "")).collect()
}

/// A problem whose weights are exact, so that its values are points.
fn exact() -> Problem {
    let mut p = Problem::new();
    p.exact();
    p
}

/// A signed column of weight one on these slots.
fn sum(p: &mut Problem, name: &str, slots: &[usize]) {
    p.column(name, Mode::Signed, &ones(slots));
}

fn ones(slots: &[usize]) -> Vec<(usize, Q)> {
    slots.iter().map(|s| (*s, Q::one())).collect()
}

/// `100 * a / b`, where there is such a share.
fn percent(a: &Q, b: &Q) -> Option<Q> {
    share(a, b).map(|x| x * crate::whole(100))
}

fn share(a: &Q, b: &Q) -> Option<Q> {
    use num_traits::Zero;
    (!b.is_zero()).then(|| a / b)
}

impl Found {
    /// A number that may have no value.
    fn perhaps(&mut self, name: &str, value: Option<Q>) {
        if let Some(value) = value {
            self.number(name, value);
        }
    }
}
