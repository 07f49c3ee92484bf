//! What a mandate letter says: Greeks, solvency, liquidity, venues.

use super::{amount, any, exact, ones, percent, share, sum};
use crate::models::found::{Found, PASSES, Rule, constant, larger, money, value};
use crate::{Q, Trouble, list, number, optional, ratio, text, whole};
use mandate_statement::Mode;
use num_traits::{One, Zero};
use serde_json::Value;

/// A Greek in money, per unit of quantity.
type Greek = fn(&Value) -> Result<Q, Trouble>;

/// The name of its limit, of its figure, and what a unit weighs. Delta in money is `delta * S`; gamma is the change of that
/// for a move of 1%; vega is for one point of volatility, theta for a day.
const GREEKS: [(&str, &str, Greek); 4] = [
    ("delta", "dollar_delta", |p| Ok(per_unit(p, "delta") * number(p, "spot")?)),
    ("gamma", "dollar_gamma_1pct", |p| {
        Ok(per_unit(p, "gamma") * number(p, "spot")? * number(p, "spot")? / whole(100))
    }),
    ("vega", "vega_1pct", |p| Ok(per_unit(p, "vega_1pct"))),
    ("theta", "theta_1d", |p| Ok(per_unit(p, "theta_1d"))),
];

fn per_unit(position: &Value, name: &str) -> Q {
    optional(position, name).unwrap_or_else(Q::zero)
}

/// Greeks of the book within a band of its net asset value, or of money. Every limit that the vector states is a rule.
pub(super) fn greeks(inputs: &Value) -> Result<Found, Trouble> {
    let positions = list(inputs, "positions")?;
    let mut p = exact();
    let slots = positions.iter().map(|x| Ok(p.slot(amount(x, &["qty", "quantity"])?)));
    let slots = slots.collect::<Result<Vec<usize>, Trouble>>()?;
    let nav = p.slot(amount(inputs, &["nav"])?);
    sum(&mut p, "total", &[nav]);
    let (mut rules, mut found) = (Vec::new(), Found::default());
    for (name, _, weigh) in GREEKS {
        let weights = slots.iter().zip(positions).map(|(slot, x)| Ok((*slot, weigh(x)?)));
        p.column(&format!("{name}_money"), Mode::Signed, &weights.collect::<Result<Vec<_>, Trouble>>()?);
    }
    for (name, figure, _) in GREEKS {
        let greek = format!("{name}_money(all)");
        found.at_most(figure, &p, &greek)?;
        if let Some(large) = limit_of(inputs, name) {
            rules.push(Rule::new(&format!("abs({greek})"), &large));
            found.verdict(&format!("{name}_within_limit"), &p, &rules[rules.len() - 1..])?;
        }
    }
    if rules.is_empty() {
        return Err(Trouble::Missing("limit of a Greek".into()));
    }
    found.verdict(PASSES, &p, &rules)?;
    Ok(found)
}

/// The limit of a Greek, as one side of a rule: a share of net asset value where its field says percent, otherwise money.
fn limit_of(inputs: &Value, greek: &str) -> Option<String> {
    let fields = |v: &Value| -> Vec<(String, Q)> {
        let fields = v.as_object().into_iter().flatten();
        fields.filter_map(|(name, x)| Some((name.clone(), optional(x, "")?))).collect()
    };
    let stated = |(name, _): &(String, Q)| name.contains("limit") || name.contains("max");
    let outer = fields(inputs).into_iter().filter(stated);
    let inner = inputs.get("limits").map_or_else(Vec::new, fields);
    let (name, x) = outer.chain(inner).find(|(name, _)| name.contains(greek))?;
    Some(if name.contains("pct") {
        format!("{} * total(all)", constant(&(x / whole(100))))
    } else {
        money(&x)
    })
}

/// Assets after their haircuts against liabilities, times the least ratio. A balance below zero is owed in full: the haircut
/// is the smaller of the two readings.
pub(super) fn solvency(inputs: &Value) -> Result<Found, Trouble> {
    let mut p = exact();
    let (mut held, mut owed) = (Vec::new(), Vec::new());
    for asset in list(inputs, "assets")? {
        // `[name, quantity, price, weight]`
        let _ = text(asset, "0");
        let field = |at: &str, names: &[&str]| {
            if asset.is_array() { number(asset, at) } else { amount(asset, names) }
        };
        let slot = p.slot(field("1", &["qty", "quantity"])?);
        let price = field("2", &["price"])?;
        let weight = field("3", &["haircut", "weight", "factor"])?;
        held.push((slot, &price * weight));
        owed.push((slot, price));
    }
    let liabilities = match any(inputs, &["liabilities"])? {
        Value::Array(list) => {
            let each = list.iter().map(|x| match x {
                Value::Array(_) => Ok((number(x, "1")?, optional(x, "2").unwrap_or_else(Q::one))),
                Value::Object(_) => Ok((amount(x, &["qty", "quantity"])?, amount(x, &["price"])?)),
                _ => Ok((number(x, "")?, Q::one())),
            });
            each.collect::<Result<Vec<_>, Trouble>>()?
        }
        one => vec![(number(one, "")?, Q::one())],
    };
    let debts: Vec<(usize, Q)> = liabilities.into_iter().map(|(q, price)| (p.slot(-q), price)).collect();
    p.column("held", Mode::Long, &held);
    p.column("owed", Mode::Short, &owed);
    p.column("liabilities", Mode::Short, &debts);
    let least = optional(inputs, "min_ratio").unwrap_or_else(Q::one);
    let needed = format!("{} * liabilities(all)", constant(&least));
    let mut found = Found::default();
    found.verdict("passes", &p, &[Rule::new(&needed, "held(all) - owed(all)")])?;
    let assets = found.at_least("haircut_assets", &p, "held(all) - owed(all)")?;
    found.at_most("needed", &p, &needed)?;
    found.perhaps("ratio", share(&assets, &value(&p, "liabilities(all)")?));
    Ok(found)
}

/// No venue where trading happens holds more than a share of net asset value. What is in custody counts in net asset value
/// alone.
pub(super) fn venues(inputs: &Value) -> Result<Found, Trouble> {
    let venues = any(inputs, &["equity_at_venue"])?;
    let venues = venues.as_object().ok_or_else(|| Trouble::Missing("equity_at_venue (by venue)".into()))?;
    let limit = amount(inputs, &["max_pct_per_trading_venue", "max_pct_per_venue"])?;
    let mut p = exact();
    let (mut all, mut traded, mut sum_of) = (Vec::new(), Vec::new(), Q::zero());
    for (k, (name, equity)) in venues.iter().enumerate() {
        let equity = number(equity, "")?;
        sum_of += &equity;
        let slot = p.slot_in(k, 0, equity);
        all.push(slot);
        if !name.to_lowercase().contains("custod") {
            traded.push((name, slot));
        }
    }
    let rest = amount(inputs, &["nav"])? - sum_of;
    if !rest.is_zero() {
        all.push(p.slot_in(venues.len(), 0, rest));
    }
    sum(&mut p, "total", &all);
    p.column("traded", Mode::Signed, &ones(&traded.iter().map(|(_, s)| *s).collect::<Vec<_>>()));
    for (k, (_, slot)) in traded.iter().enumerate() {
        sum(&mut p, &format!("venue_{k}"), &[*slot]);
    }
    let large = format!("{} * total(all)", constant(&(limit / whole(100))));
    let mut found = Found::default();
    found.verdict("passes", &p, &[Rule::each("venues", "traded(u)", &large)])?;
    let total = value(&p, "total(all)")?;
    for (k, (name, _)) in traded.iter().enumerate() {
        let edge = p.at_most(&format!("venue_{k}(all)"))?;
        if let Some(x) = percent(&edge.value, &total) {
            found.edge(&format!("pct.{name}"), x, &edge);
        }
    }
    Ok(found)
}

/// A share written as a fraction or in percent, by its field.
fn fraction(inputs: &Value, names: &[&str]) -> Option<Q> {
    names.iter().find_map(|n| {
        let x = optional(inputs, n)?;
        Some(if n.ends_with("pct") { x / whole(100) } else { x })
    })
}

/// What a position may be called.
const NAMES: [&str; 5] = ["instrument", "name", "asset", "symbol", "coin"];

/// Every position can be closed within so many days at a share of the daily volume, `|q| <= share * volume * days`; and
/// where the vector says so, illiquid assets are at most 15% of net assets, and cash at least a share of them.
pub(super) fn liquidity(inputs: &Value) -> Result<Found, Trouble> {
    let mut p = exact();
    let (mut rules, mut days, mut names) = (Vec::new(), Vec::new(), Vec::new());
    let parts = [
        "participation",
        "participation_rate",
        "participation_pct",
        "max_participation",
        "max_participation_pct",
    ];
    let participation = fraction(inputs, &parts);
    let limits = ["max_days", "days", "days_limit", "limit_days", "max_days_to_liquidate"];
    let limit = amount(inputs, &limits).ok();
    if let Some(positions) = inputs.get("positions").and_then(Value::as_array) {
        let participation = participation.ok_or_else(|| Trouble::Missing("participation".into()))?;
        for (k, x) in positions.iter().enumerate() {
            let at = |i: &str, n: &[&str]| if x.is_array() { number(x, i) } else { amount(x, n) };
            let slot = p.slot_in(0, k, at("1", &["qty", "quantity", "position", "notional", "value"])?);
            let volume = at("2", &["adv", "adv_qty", "daily_volume", "average_daily_volume", "adv_usd"])?
                * &participation;
            if volume <= Q::zero() {
                return Err(Trouble::Cannot("a position without volume takes for ever to close".into()));
            }
            // Days per unit would be a fraction of the volume; quantities are held against the volume instead.
            p.column(&format!("size_{k}"), Mode::Absolute, &[(slot, Q::one())]);
            if let Some(limit) = &limit {
                rules.push(Rule::new(&format!("size_{k}(all)"), &money(&(&volume * limit))));
            }
            let name = if x.is_array() {
                text(x, "0")
            } else {
                NAMES.iter().map(|n| text(x, n)).find(Result::is_ok).unwrap_or_else(|| text(x, "name"))
            };
            names.push(name.map_or_else(|_| k.to_string(), str::to_owned));
            days.push(volume);
        }
    }
    let held = |names: &[&str]| amount(inputs, names).ok();
    let net = p.slot_in(0, usize::MAX, held(&["nav", "net_assets"]).unwrap_or_else(Q::zero));
    sum(&mut p, "total", &[net]);
    if let Some(x) = held(&["illiquid", "illiquid_assets", "illiquid_value"]) {
        let slot = p.slot_in(0, usize::MAX, x);
        p.column("illiquid", Mode::Absolute, &[(slot, Q::one())]);
        let most = fraction(inputs, &["max_illiquid_pct", "illiquid_limit_pct", "max_illiquid"])
            .unwrap_or_else(|| ratio(15, 100));
        rules.push(Rule::new("illiquid(all)", &format!("{} * total(all)", constant(&most))));
    }
    if let (Some(x), Some(least)) = (
        held(&["cash", "cash_and_same_day"]),
        fraction(inputs, &["min_cash_pct", "cash_min_pct", "min_cash"]),
    ) {
        let slot = p.slot_in(0, usize::MAX, x);
        sum(&mut p, "cash", &[slot]);
        rules.push(Rule::new(&format!("{} * total(all)", constant(&least)), "cash(all)"));
    }
    let mut found = Found::default();
    if !rules.is_empty() {
        found.verdict(PASSES, &p, &rules)?;
    }
    let mut longest = Q::zero();
    for (k, volume) in days.iter().enumerate() {
        let edge = p.at_most(&format!("size_{k}(all)"))?;
        let took = &edge.value / volume;
        longest = larger(longest, took.clone());
        for prefix in ["days", "days_to_liquidate", "days_needed"] {
            found.edge(&format!("{prefix}.{}", names[k]), took.clone(), &edge);
        }
    }
    for name in ["max_days", "days", "days_to_liquidate", "longest_days"] {
        found.number(name, longest.clone());
    }
    if held(&["illiquid", "illiquid_assets", "illiquid_value"]).is_some() {
        found.perhaps("illiquid_pct", percent(&value(&p, "illiquid(all)")?, &value(&p, "total(all)")?));
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
    fn greeks_are_in_money_and_in_bands() {
        let book = |limit: f64| {
            json!({"nav": 8000, "delta_limit_pct_nav": limit, "positions": [
                {"qty": 3, "delta": 1, "spot": 50}, {"qty": -4, "delta": 0.25, "gamma": 0.02, "vega_1pct": 0.5, "spot": 50}]})
        };
        // 150 - 50; -4 * 0.02 * 2500 / 100; -4 * 0.5.
        let figures = |within: bool| json!({"dollar_delta": 100, "dollar_gamma_1pct": -2, "vega_1pct": -2, "delta_neutral_within_limit": within});
        assert_eq!(one("greeks_limit", book(1.25), figures(true)), Standing::Exact);
        assert_eq!(one("greeks_limit", book(1.2), figures(false)), Standing::Exact);
        let mut vega = book(1.25);
        vega["vega_limit_usd"] = json!(1.75);
        assert_eq!(
            one("greeks_limit", vega, json!({"passes": false, "vega_within_limit": false})),
            Standing::Exact
        );
    }

    #[test]
    fn haircut_assets_cover_liabilities() {
        let inputs = |least: f64| json!({"assets": [["A", 10, 40, 0.5], ["B", 30, 1, 1.0], ["C", -5, 2, 0.5]], "liabilities": 200, "min_ratio": least});
        // 200 + 30 - 10, the last owed in full.
        let expect = |passes: bool| json!({"haircut_assets": 220, "ratio": 1.1, "passes": passes});
        assert_eq!(one("solvency", inputs(1.1), expect(true)), Standing::Exact);
        assert_eq!(one("solvency", inputs(1.11), expect(false)), Standing::Exact);
    }

    #[test]
    fn a_venue_holds_no_more_than_its_share() {
        let inputs = |a: i64| json!({"nav": 400, "equity_at_venue": {"A": a, "B": 80, "custody": 220}, "max_pct_per_trading_venue": 20});
        assert_eq!(
            one("group_limits", inputs(80), json!({"pct": {"A": 20, "B": 20}, "passes": true})),
            Standing::Exact
        );
        assert_eq!(
            one("group_limits", inputs(81), json!({"pct": {"A": 20.25}, "passes": false})),
            Standing::Exact
        );
    }

    #[test]
    fn a_position_is_closed_in_time() {
        let inputs = |q: i64| {
            json!({"positions": [{"instrument": "A", "qty": q, "adv": 100}, {"instrument": "B", "qty": 9, "adv": 30}],
                "participation": 0.2, "max_days": 3, "nav": 100, "illiquid": 15})
        };
        let ok = json!({"days": {"A": 3, "B": 1.5}, "passes": true, "illiquid_pct": 15});
        assert_eq!(one("liquidity", inputs(-60), ok), Standing::Exact);
        assert_eq!(one("liquidity", inputs(61), json!({"passes": false, "max_days": 3.05})), Standing::Exact);
    }
}
