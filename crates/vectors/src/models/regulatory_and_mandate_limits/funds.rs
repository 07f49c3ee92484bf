//! Funds: UCITS issuers and bodies, AIFMD leverage, the derivatives rule 18f-4, the 1940 Act.

use super::{amount, amounts, any, exact, ones, percent, share, sum};
use crate::models::found::{Found, Rule, constant, value};
use crate::{Problem, Q, Trouble, flag, list, optional, ratio, text, whole};
use mandate_statement::Mode;
use serde_json::Value;

/// Issuers as underlyings, and the rest of the total in a slot of its own underlying, so that the total is private too.
fn issuers(values: &[Q], total: &Q) -> Problem {
    let mut p = exact();
    let slots: Vec<usize> = values.iter().enumerate().map(|(k, v)| p.slot_in(0, k, v.clone())).collect();
    let rest = p.slot_in(0, values.len(), total - values.iter().sum::<Q>());
    p.column("issuer", Mode::Absolute, &ones(&slots));
    sum(&mut p, "total", &[slots, vec![rest]].concat());
    p
}

/// UCITS 5/10/40: no issuer above 10% of net asset value, and those strictly above 5% together at most 40%.
pub(super) fn two_thresholds(inputs: &Value) -> Result<Found, Trouble> {
    let p = issuers(&amounts(any(inputs, &["issuer_values"])?)?, &amount(inputs, &["nav"])?);
    let mut found = Found::default();
    let above = "above(u in underlyings: issuer(u) > 5% * total(all))";
    found.verdict(
        "passes",
        &p,
        &[Rule::each("underlyings", "issuer(u)", "10% * total(all)"), Rule::new(above, "40% * total(all)")],
    )?;
    let total = value(&p, "total(all)")?;
    let largest = p.at_most("top(1; u in underlyings: issuer(u))")?;
    if let Some(x) = percent(&largest.value, &total) {
        found.edge("max_issuer_pct", x, &largest);
    }
    let over = p.at_most(above)?;
    if let Some(x) = percent(&over.value, &total) {
        found.edge("sum_of_issuers_above_5pct", x, &over);
    }
    Ok(found)
}

/// UCITS limits of one body: securities 10%, deposits 20%, exposure to it as an OTC counterparty 10% (5% where it is no
/// credit institution), all of them together 20%. Only what the body owes the fund is exposure.
pub(super) fn same_body(inputs: &Value) -> Result<Found, Trouble> {
    let mut p = exact();
    let mut parts = Vec::new();
    for name in ["securities", "deposits", "otc_counterparty"] {
        let slot = p.slot(optional(inputs, name).unwrap_or_else(|| whole(0)));
        sum(&mut p, name, &[slot]);
        parts.push(slot);
    }
    let nav = amount(inputs, &["nav"])?;
    let held: Q =
        ["securities", "deposits", "otc_counterparty"].iter().filter_map(|n| optional(inputs, n)).sum();
    parts.push(p.slot(nav - held));
    sum(&mut p, "total", &parts);
    let institution = inputs.get("counterparty_is_credit_institution").is_none()
        || flag(inputs, "counterparty_is_credit_institution")?;
    let otc = "pos(otc_counterparty(all))";
    let combined = format!("securities(all) + deposits(all) + {otc}");
    let mut found = Found::default();
    let rules = [
        Rule::new("securities(all)", "10% * total(all)"),
        Rule::new("deposits(all)", "20% * total(all)"),
        Rule::new(otc, if institution { "10% * total(all)" } else { "5% * total(all)" }),
        Rule::new(&combined, "20% * total(all)"),
    ];
    found.verdict("passes", &p, &rules)?;
    let edge = p.at_most(&combined)?;
    let total = value(&p, "total(all)")?;
    if let Some(x) = percent(&edge.value, &total) {
        found.edge("combined_pct", x, &edge);
    }
    for (name, part) in
        [("securities_pct", "securities(all)"), ("deposits_pct", "deposits(all)"), ("otc_pct", otc)]
    {
        found.perhaps(name, percent(&value(&p, part)?, &total));
    }
    Ok(found)
}

/// Exposure of a position: as given, or delta-adjusted.
fn exposure(position: &Value) -> Result<Q, Trouble> {
    if let Some(x) = optional(position, "exposure") {
        return Ok(x);
    }
    let quantity = amount(position, &["qty", "quantity"])?;
    let delta = optional(position, "delta").unwrap_or_else(|| whole(1));
    Ok(quantity * delta * amount(position, &["spot", "price"])?)
}

/// AIFMD: exposure by the gross method (all of it, without netting) and by the commitment method (net within each netting
/// set), over net asset value. The fund's own currency in cash is no exposure. UCITS counts derivatives alone.
pub(super) fn leverage(inputs: &Value) -> Result<Found, Trouble> {
    let mut p = exact();
    let (mut sets, mut all, mut derivatives) = (Vec::new(), Vec::new(), Vec::new());
    for position in list(inputs, "positions")? {
        let name = text(position, "instrument").unwrap_or_default().to_lowercase();
        let set = text(position, "netting_set").unwrap_or(&name).to_owned();
        let at = sets.iter().position(|s| *s == set).unwrap_or_else(|| {
            sets.push(set);
            sets.len() - 1
        });
        let slot = p.slot_in(0, at, exposure(position)?);
        if !matches!(name.as_str(), "cash" | "base currency cash" | "base_currency_cash") {
            all.push(slot);
        }
        let words = ["derivative", "option", "call", "put", "future", "forward", "swap", "perp"];
        if words.iter().any(|w| name.contains(w)) {
            derivatives.push(slot);
        }
    }
    let nav = p.slot_in(0, sets.len(), amount(inputs, &["nav"])?);
    sum(&mut p, "total", &[nav]);
    sum(&mut p, "exposure", &all);
    p.column("gross", Mode::Absolute, &ones(&all));
    sum(&mut p, "derivatives", &derivatives);
    let mut found = Found::default();
    let nav = value(&p, "total(all)")?;
    let gross = found.at_most("gross_exposure", &p, "gross(all)")?;
    let commitment = "sum(u in underlyings: abs(exposure(u)))";
    let commitment = found.at_most("commitment_exposure", &p, commitment)?;
    let ucits = "sum(u in underlyings: abs(derivatives(u)))";
    let ucits = p.at_most(ucits)?;
    found.perhaps("gross_leverage", share(&gross, &nav));
    found.perhaps("commitment_leverage", share(&commitment, &nav));
    for name in ["gross_pct", "gross_pct_quoted"] {
        found.perhaps(name, percent(&gross, &nav));
    }
    for name in ["commitment_pct", "commitment_pct_quoted"] {
        found.perhaps(name, percent(&commitment, &nav));
    }
    for name in ["ucits_global_exposure_pct", "ucits_global_exposure_pct_quoted"] {
        if let Some(x) = percent(&ucits.value, &nav) {
            found.edge(name, x, &ucits);
        }
    }
    Ok(found)
}

/// The number of the first field, in the file's order, whose name holds one of these words and none of those.
fn like(inputs: &Value, words: &[&str], not: &[&str]) -> Option<(String, Q)> {
    let has = |name: &str, list: &[&str]| list.iter().any(|w| name.contains(w));
    let fields = inputs.as_object().into_iter().flatten();
    fields
        .filter(|(n, _)| has(n, words) && !has(n, not))
        .find_map(|(n, x)| Some((n.clone(), optional(x, "")?)))
}

/// A share of net assets: the limited user of rule 18f-4 (10% in derivatives), rule 22e-4 (15% illiquid), UCITS global
/// exposure by the commitment method (100%).
pub(super) fn net_asset_share(inputs: &Value) -> Result<Found, Trouble> {
    let shares = [
        ("notional", 10),
        ("derivative", 10),
        ("illiquid", 15),
        ("global_exposure", 100),
        ("commitment", 100),
    ];
    let part = shares
        .iter()
        .find_map(|(word, pct)| Some((like(inputs, &[word], &["limit", "max"])?.1, ratio(*pct, 100))));
    let (part, limit) = part.ok_or_else(|| Trouble::Missing("amount that has a limit".into()))?;
    let limit = match like(inputs, &["limit", "max"], &[]) {
        Some((name, pct)) if name.contains("pct") => pct / whole(100),
        Some((_, share)) => share,
        None => limit,
    };
    let mut p = exact();
    let part = p.slot(part);
    let net = p.slot(amount(inputs, &["net_assets", "nav"])?);
    p.column("part", Mode::Absolute, &ones(&[part]));
    sum(&mut p, "total", &[net]);
    let mut found = Found::default();
    let large = format!("{} * total(all)", constant(&limit));
    found.verdict("passes", &p, &[Rule::new("part(all)", &large)])?;
    let edge = p.at_most("part(all)")?;
    if let Some(x) = percent(&edge.value, &value(&p, "total(all)")?) {
        found.edge("pct", x, &edge);
    }
    Ok(found)
}

/// Value at risk of 99% over 20 days: at most a multiple of a public reference portfolio's (200%), or a share of net assets
/// (20%). The fund's figure is private and comes from its own scenarios: a slot in shares of net assets.
pub(super) fn value_at_risk(inputs: &Value) -> Result<Found, Trouble> {
    let mut p = exact();
    let own = like(inputs, &["var"], &["reference", "benchmark", "limit"]);
    let var = p.slot(own.ok_or_else(|| Trouble::Missing("fund_var".into()))?.1);
    let net = p.slot(whole(1));
    sum(&mut p, "var", &[var]);
    sum(&mut p, "total", &[net]);
    let reference = like(inputs, &["reference", "benchmark"], &["limit"]).map(|(_, x)| x);
    let limit = like(inputs, &["limit"], &[]).map(|(_, x)| x);
    let limit = match &reference {
        Some(x) => limit.unwrap_or_else(|| whole(2)) * x,
        None => limit.unwrap_or_else(|| ratio(20, 100)),
    };
    let mut found = Found::default();
    let large = format!("{} * total(all)", constant(&limit));
    found.verdict("passes", &p, &[Rule::new("var(all)", &large)])?;
    let edge = p.at_most("var(all)")?;
    if let Some(x) = reference.and_then(|r| share(&edge.value, &r)) {
        found.edge("ratio", x, &edge);
    }
    found.perhaps("pct", percent(&edge.value, &whole(1)));
    Ok(found)
}

/// 1940 Act section 18: total assets less liabilities that are not senior cover senior debt `required` times (3), and debt
/// with preferred stock (2). The test of debt leaves the stock out.
pub(super) fn asset_coverage(inputs: &Value) -> Result<Found, Trouble> {
    let debt = like(inputs, &["debt"], &["preferred"]).map_or_else(|| whole(0), |(_, x)| x);
    let preferred = like(inputs, &["preferred", "stock"], &["debt"]).map(|(_, x)| x);
    let required =
        optional(inputs, "required").unwrap_or_else(|| whole(if preferred.is_some() { 2 } else { 3 }));
    let mut p = exact();
    let assets = p.slot(amount(inputs, &["total_assets"])?);
    let other = p.slot(-optional(inputs, "non_senior_liabilities").unwrap_or_else(|| whole(0)));
    let mut senior = vec![p.slot(-debt)];
    if required < whole(3) {
        senior.extend(preferred.map(|x| p.slot(-x)));
    }
    sum(&mut p, "backing", &[assets, other]);
    p.column("senior", Mode::Short, &ones(&senior));
    let mut found = Found::default();
    let small = format!("{} * senior(all)", constant(&required));
    found.verdict("passes", &p, &[Rule::new(&small, "backing(all)")])?;
    let net = p.at_least("backing(all)")?;
    if let Some(x) = share(&net.value, &value(&p, "senior(all)")?) {
        found.edge("coverage", x, &net);
    }
    found.perhaps("coverage_pct", percent(&net.value, &value(&p, "senior(all)")?));
    Ok(found)
}

/// 1940 Act section 5(b)(1): 75% of total assets in cash, government securities and issuers of at most 5% each.
pub(super) fn diversification(inputs: &Value) -> Result<Found, Trouble> {
    if ["votes", "voting_pct", "issuer_votes_pct"].iter().any(|n| inputs.get(*n).is_some()) {
        return Err(Trouble::Cannot("votes per issuer are not a column of this rule".into()));
    }
    let values = amounts(any(inputs, &["issuers", "issuer_values"])?)?;
    let total = amount(inputs, &["total_assets", "nav"])?;
    let counted = ["cash", "government", "government_securities", "cash_and_government"];
    let counted: Vec<Q> = counted.iter().filter_map(|n| optional(inputs, n)).collect();
    let mut p = exact();
    let slots: Vec<usize> = values.iter().enumerate().map(|(k, v)| p.slot_in(0, k, v.clone())).collect();
    let safe: Vec<usize> = counted.iter().map(|v| p.slot_in(0, values.len(), v.clone())).collect();
    let rest = total - values.iter().chain(&counted).sum::<Q>();
    let rest = p.slot_in(0, values.len() + 1, rest);
    p.column("issuer", Mode::Long, &ones(&slots));
    sum(&mut p, "counted", &[slots.clone(), safe.clone()].concat());
    sum(&mut p, "total", &[slots, safe, vec![rest]].concat());
    let small = "counted(all) - above(u in underlyings: issuer(u) > 5% * total(all))";
    let mut found = Found::default();
    found.verdict("passes", &p, &[Rule::new("75% * total(all)", small)])?;
    found.at_least("assets_in_issuers_at_most_5pct", &p, small)?;
    found.number("bucket_75_needed", value(&p, "total(all)")? * ratio(3, 4));
    let total = value(&p, "total(all)")?;
    found.perhaps("pct", percent(&value(&p, small)?, &total));
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
    fn the_forty_percent_are_of_issuers_strictly_above_five() {
        let kind = "concentration_two_threshold";
        let pass = |values: &[f64], over: f64, passes: bool| {
            let inputs = json!({"nav": 200, "issuer_values": values});
            let expected =
                json!({"max_issuer_pct": 10.0, "sum_of_issuers_above_5pct": over, "passes": passes});
            one(kind, inputs, expected)
        };
        let five = [20.0, 20.0, 20.0, 20.0, 10.0, 10.0];
        assert_eq!(pass(&five, 40.0, true), Standing::Exact);
        let more = [20.0, 20.0, 20.0, 20.0, 10.01, 10.0];
        assert_eq!(pass(&more, 45.005, false), Standing::Exact);
        assert_eq!(pass(&more, 45.005, true), Standing::Disagrees);
    }

    #[test]
    fn one_body_has_four_limits() {
        let body = |securities: i64, deposits: i64, otc: i64, institution: bool, passes: bool| {
            let inputs = json!({"nav": 100, "securities": securities, "deposits": deposits, "otc_counterparty": otc,
                "counterparty_is_credit_institution": institution});
            let combined = securities + deposits + otc;
            one("group_limits", inputs, json!({"combined_pct": combined, "passes": passes}))
        };
        assert_eq!(body(6, 6, 8, true, true), Standing::Exact);
        assert_eq!(body(6, 7, 8, true, false), Standing::Exact);
        assert_eq!(body(11, 0, 0, true, false), Standing::Exact);
        assert_eq!(body(0, 0, 11, true, false), Standing::Exact);
        assert_eq!(body(0, 0, 6, false, false), Standing::Exact);
        assert_eq!(body(0, 20, 0, true, true), Standing::Exact);
    }

    #[test]
    fn commitment_nets_within_a_set_and_gross_does_not() {
        let position = |name: &str, exposure: i64, set: &str| json!({"instrument": name, "exposure": exposure, "netting_set": set});
        let inputs = json!({"nav": 400, "positions": [position("shares", 300, "a"), position("future", -250, "a"),
            position("option", -100, "b")]});
        let expected = json!({"gross_exposure": 650, "gross_leverage": 1.625, "commitment_exposure": 150,
            "commitment_leverage": 0.375, "ucits_global_exposure_pct_quoted": 87.5});
        assert_eq!(one("leverage", inputs, expected), Standing::Exact);
    }

    #[test]
    fn shares_of_net_assets_have_their_rules_limit() {
        let at = |part: &str, x: f64, passes: bool| {
            let inputs = json!({"net_assets": 1000, part: x});
            one("ratio_limit", inputs, json!({"passes": passes}))
        };
        assert_eq!(at("adjusted_gross_notional", 100.0, true), Standing::Exact);
        assert_eq!(at("adjusted_gross_notional", 100.01, false), Standing::Exact);
        assert_eq!(at("illiquid_assets", 150.0, true), Standing::Exact);
        assert_eq!(at("illiquid_assets", 150.01, false), Standing::Exact);
    }

    #[test]
    fn value_at_risk_is_held_against_the_reference_or_net_assets() {
        let relative = json!({"fund_var_99_20d": 0.14, "reference_var_99_20d": 0.07, "limit_multiple": 2.0});
        assert_eq!(one("var_limit", relative, json!({"ratio": 2, "passes": true})), Standing::Exact);
        let absolute = json!({"fund_var_99_20d": 0.2001, "limit": 0.2});
        assert_eq!(one("var_limit", absolute, json!({"passes": false})), Standing::Exact);
    }

    #[test]
    fn senior_debt_is_covered_three_times_and_with_preferred_twice() {
        let debt =
            json!({"total_assets": 70, "non_senior_liabilities": 10, "senior_debt": 20, "required": 3.0});
        assert_eq!(one("asset_coverage", debt, json!({"coverage": 3, "passes": true})), Standing::Exact);
        let both = json!({"total_assets": 70, "senior_debt": 20, "preferred": 16, "required": 2.0});
        let expected = json!({"coverage": 1.944444, "passes": false});
        assert_eq!(one("asset_coverage", both, expected), Standing::Within);
    }

    #[test]
    fn the_seventy_five_percent_leave_out_issuers_above_five() {
        let issuers = |list: &[f64], cash: f64, counted: f64, passes: bool| {
            let inputs = json!({"total_assets": 40, "issuers": list, "cash": cash});
            one(
                "diversification",
                inputs,
                json!({"assets_in_issuers_at_most_5pct": counted, "passes": passes}),
            )
        };
        assert_eq!(issuers(&[10.0, 2.0, 2.0], 26.0, 30.0, true), Standing::Exact);
        assert_eq!(issuers(&[10.0, 2.0, 2.01], 26.0, 28.0, false), Standing::Exact);
    }
}
