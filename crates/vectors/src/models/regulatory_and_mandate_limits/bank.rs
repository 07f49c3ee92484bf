//! Banks and issuers: Basel SCO60 Group 2, its capital, and the mix of a MiCA reserve.

use super::{amount, amounts, any, exact, ones, percent, sum};
use crate::models::found::{Found, Got, Rule, constant, value};
use crate::{Problem, Q, Trouble, optional, whole};
use mandate_statement::Mode;
use num_traits::{One, Zero};
use serde_json::Value;

/// Long and short positions of one asset: a number is an exposure that is netted already, a pair or an object has both.
fn sides(entry: &Value) -> Result<(Q, Q), Trouble> {
    if entry.is_number() {
        return Ok((crate::number(entry, "")?, Q::zero()));
    }
    if entry.is_array() {
        return Ok((crate::number(entry, "0")?, short_side(crate::number(entry, "1")?)));
    }
    Ok((crate::number(entry, "long")?, short_side(crate::number(entry, "short")?)))
}

/// A short position, written with or without its sign.
fn short_side(x: Q) -> Q {
    if x > Q::zero() { -x } else { x }
}

/// Assets as underlyings, each with its long and its short side as slots.
fn two_sided(assets: &[(Q, Q)]) -> Problem {
    let mut p = exact();
    let mut slots = Vec::new();
    for (k, (long, short)) in assets.iter().enumerate() {
        slots.push(p.slot_in(0, k, long.clone()));
        slots.push(p.slot_in(0, k, short.clone()));
    }
    p.column("longs", Mode::Long, &ones(&slots));
    p.column("shorts", Mode::Short, &ones(&slots));
    p
}

/// Basel SCO60: Group 2 exposure, per asset the larger of long and short, is meant to stay below 1% of Tier 1 and must not
/// exceed 2%. What is above 1% counts as Group 2b; above 2% everything does.
pub(super) fn bands(inputs: &Value) -> Result<Found, Trouble> {
    let names =
        ["group2_exposure_by_asset_max_long_short", "group2_exposure_by_asset", "positions", "assets"];
    let entries =
        any(inputs, &names)?.as_array().ok_or_else(|| Trouble::Missing("list of exposures".into()))?;
    let entries = entries.iter().map(sides).collect::<Result<Vec<_>, _>>()?;
    let mut p = two_sided(&entries);
    let tier = p.slot_in(0, entries.len(), amount(inputs, &["tier1", "tier_1"])?);
    sum(&mut p, "tier", &[tier]);
    let exposure = "sum(u in underlyings: max(longs(u), shorts(u)))";
    let mut found = Found::default();
    let total = found.at_most("total", &p, exposure)?;
    found.perhaps("pct_of_tier1", percent(&total, &value(&p, "tier(all)")?));
    let (low, right) = found.verdict("within_1pct", &p, &[Rule::new(exposure, "1% * tier(all)")])?;
    let (high, too) = found.verdict("within_2pct", &p, &[Rule::new(exposure, "2% * tier(all)")])?;
    found.verdict("passes", &p, &[Rule::new(exposure, "2% * tier(all)")])?;
    let excess = format!("pos({exposure} - 1% * tier(all))");
    found.at_most("excess_over_1pct", &p, &excess)?;
    found.at_most("excess_over_2pct", &p, &format!("pos({exposure} - 2% * tier(all))"))?;
    let treated = if low {
        Q::zero()
    } else if high {
        value(&p, &excess)?
    } else {
        total
    };
    for name in ["treated_as_group_2b", "treated_as_2b", "group_2b", "group2b_exposure"] {
        found.number(name, treated.clone());
    }
    // The words of the source begin with the band; a verdict of the circuit stands behind each.
    let (text, starts): (_, &[&str]) = match (low, high) {
        (true, _) => ("below 1%", &["below 1%", "under 1%", "<1%", "< 1%", "at most 1%", "<=1%"]),
        (false, true) => ("1-2%", &["1-2%", "1%-2%", "between 1"]),
        (false, false) => ("above 2%", &["above 2%", "over 2%", ">2%", "> 2%", "more than 2%", "exceeds 2%"]),
    };
    found.got("band", Got::Words(text.into(), starts, Some(right && too)));
    Ok(found)
}

/// Basel Group 2b: 1250% of the larger of long and short as risk-weighted assets, 8% of which is capital.
pub(super) fn capital(inputs: &Value) -> Result<Found, Trouble> {
    let p = two_sided(&[(amount(inputs, &["long"])?, short_side(amount(inputs, &["short"])?))]);
    let exposure = "max(longs(all), shorts(all))";
    let mut found = Found::default();
    found.at_most("exposure", &p, exposure)?;
    found.at_most("rwa_at_1250pct", &p, &format!("1250% * {exposure}"))?;
    found.at_most("capital_at_8pct", &p, &format!("8% * 1250% * {exposure}"))?;
    Ok(found)
}

/// MiCA: deposits at credit institutions at least 30% of the reserve, 60% where the token is significant; the draft standard
/// has a cap on each bank's share. Shares of what matures soon are told; the file has no minimum for them.
pub(super) fn reserve(inputs: &Value) -> Result<Found, Trouble> {
    let reserve = amount(inputs, &["reserve"])?;
    let banks = inputs.get("deposits_by_bank").map_or_else(|| Ok(Vec::new()), amounts)?;
    let at_banks: Q = banks.iter().sum();
    let deposits = optional(inputs, "deposits").unwrap_or_else(|| at_banks.clone());
    let mut p = exact();
    let slots: Vec<usize> = banks.iter().enumerate().map(|(k, x)| p.slot_in(0, k, x.clone())).collect();
    let elsewhere = p.slot_in(0, banks.len(), &deposits - at_banks);
    let rest = p.slot_in(0, banks.len() + 1, reserve - deposits);
    p.column("at_bank", Mode::Long, &ones(&slots));
    let held = [slots, vec![elsewhere]].concat();
    sum(&mut p, "deposits", &held);
    sum(&mut p, "total", &[held, vec![rest]].concat());
    let significant = inputs.get("significant").is_some() && crate::flag(inputs, "significant")?;
    // What matures soon has shares in the draft standard that the file does not state: told, not limited.
    for told in ["maturity_le_1d", "maturity_le_5d"] {
        let _ = optional(inputs, told);
    }
    let least = if significant { 60 } else { 30 };
    let mut rules = vec![Rule::new(&format!("{least}% * total(all)"), "deposits(all)")];
    let cap = optional(inputs, "bank_cap_pct");
    if let Some(cap) = &cap {
        let large = format!("{} * total(all)", constant(&(cap / whole(100))));
        rules.push(Rule::each("underlyings", "at_bank(u)", &large));
    }
    let mut found = Found::default();
    found.verdict("passes", &p, &rules)?;
    let total = value(&p, "total(all)")?;
    let edge = p.at_least("deposits(all)")?;
    if let Some(x) = percent(&edge.value, &total) {
        found.edge("deposit_pct", x, &edge);
    }
    found.number("deposit_min_pct", Q::one() * whole(least));
    let edge = p.at_most("top(1; u in underlyings: at_bank(u))")?;
    if let Some(x) = percent(&edge.value, &total) {
        found.edge("largest_bank_pct", x, &edge);
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::super::run;
    use crate::report::Standing;
    use serde_json::{Value, json};

    fn one(kind: &str, inputs: Value, expected: Value) -> Standing {
        let file = json!({"vectors": [{"id": "x", "kind": kind, "inputs": inputs, "expected": expected}]});
        let outcome = &run(&file)[0];
        assert!(outcome.cannot.is_none(), "{:?}", outcome.cannot);
        outcome.standing()
    }

    #[test]
    fn group_two_has_three_bands() {
        let at = |exposures: Value, expected: Value| {
            one(
                "limit_bands",
                json!({"tier1": 5000, "group2_exposure_by_asset_max_long_short": exposures}),
                expected,
            )
        };
        let low = json!({"total": 50, "pct_of_tier1": 1, "band": "below 1%: fine"});
        assert_eq!(at(json!([20, 30]), low.clone()), Standing::Exact);
        let middle = json!({"total": 51, "excess_over_1pct": 1, "band": "1-2%: part of it"});
        assert_eq!(at(json!([20, 31]), middle), Standing::Exact);
        let high = json!({"total": 101, "band": "above 2%: all of it", "treated_as_2b": 101});
        assert_eq!(at(json!([70, 31]), high), Standing::Exact);
        assert_eq!(at(json!([20, 31]), low), Standing::Disagrees);
        // Long and short of one asset do not add.
        let sides = json!([{"long": 25, "short": -10}, {"long": 5, "short": -20}]);
        assert_eq!(at(sides, json!({"total": 45, "band": "below 1%"})), Standing::Exact);
    }

    #[test]
    fn capital_is_all_of_the_larger_side() {
        let expected = json!({"exposure": 60, "rwa_at_1250pct": 750.0, "capital_at_8pct": 60.0});
        assert_eq!(one("capital", json!({"long": 20, "short": -60}), expected), Standing::Exact);
    }

    #[test]
    fn a_reserve_has_deposits_spread_over_banks() {
        let mix = |banks: Value, significant: bool, passes: bool| {
            let inputs = json!({"reserve": 200, "deposits": 70, "deposits_by_bank": banks, "significant": significant, "bank_cap_pct": 15});
            one("reserve_mix", inputs, json!({"deposit_pct": 35, "passes": passes}))
        };
        assert_eq!(mix(json!([30, 30, 10]), false, true), Standing::Exact);
        assert_eq!(mix(json!([31, 29, 10]), false, false), Standing::Exact);
        assert_eq!(mix(json!([30, 30, 10]), true, false), Standing::Exact);
    }
}
