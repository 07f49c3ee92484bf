//! A vector that is not as it should be is told, never a panic: every field of every kind is taken away, or is a word, or
//! nothing, or negative.

use mandate_vectors::models;
use serde_json::{Value, json};

/// One vector of each kind.
fn vectors() -> Vec<(&'static str, Value)> {
    let limits = "regulatory_and_mandate_limits";
    let opyn = "option_spread_collateral_opyn";
    let kind = |stem, kind: &str, inputs: Value, expected: Value| {
        (stem, json!({"id": "x", "kind": kind, "inputs": inputs, "expected": expected}))
    };
    let spread = |unit: &str| {
        json!({"type": "call", "short_qty": 2, "short_strike": 80, "long_qty": 1, "long_strike": 90,
            format!("collateral_{unit}"): 1.5, "settlement_price": 85})
    };
    let option = |contracts: i64| json!({"kind": "option", "type": "call", "strike": 90, "price": 3, "qty_contracts": contracts, "days_to_expiry": 9});
    let broker = |legs: Value| {
        let inputs = json!({"underlying_price": 88, "class": "broad", "leverage_factor": 1, "legs": legs});
        kind("reg_t_strategy_margin_cboe", "", inputs, json!({"margin_account": 1, "cash_account": 1}))
    };
    let passes = || json!({"passes": true});
    vec![
        kind(
            opyn,
            "put_spread_collateral",
            spread("usd"),
            json!({"excess_collateral_usd": 1, "valid": true}),
        ),
        kind(opyn, "call_spread_collateral", spread("underlying"), json!({"valid": true})),
        kind(opyn, "settlement", spread("underlying"), json!({"net_value_underlying_1e18_floor": 1})),
        kind(
            opyn,
            "naked_margin",
            json!({"type": "put", "qty": 1, "strike": 90, "spot": 80, "days_to_expiry": 7}),
            json!({"required_margin": 1}),
        ),
        broker(json!([option(1), option(-2)])),
        broker(json!([option(-1), {"kind": "shares", "price": 80, "qty": 100}])),
        kind(limits, "concentration_two_threshold", json!({"nav": 9, "issuer_values": [1, 0.5]}), passes()),
        kind(
            limits,
            "group_limits",
            json!({"nav": 9, "securities": 1, "deposits": 1, "otc_counterparty": 1}),
            passes(),
        ),
        kind(
            limits,
            "group_limits",
            json!({"nav": 9, "equity_at_venue": {"A": 2, "custody": 4}, "max_pct_per_trading_venue": 25}),
            passes(),
        ),
        kind(
            limits,
            "leverage",
            json!({"nav": 9, "positions": [{"instrument": "future", "exposure": 4, "netting_set": "a"}]}),
            json!({"gross_leverage": 1}),
        ),
        kind(limits, "ratio_limit", json!({"net_assets": 9, "adjusted_gross_notional": 1}), passes()),
        kind(
            limits,
            "var_limit",
            json!({"fund_var": 0.1, "reference_var": 0.1, "limit_multiple": 2}),
            passes(),
        ),
        kind(
            limits,
            "asset_coverage",
            json!({"total_assets": 9, "non_senior_liabilities": 1, "senior_debt": 2, "required": 3}),
            passes(),
        ),
        kind(limits, "diversification", json!({"total_assets": 9, "issuers": [1, 0.4]}), passes()),
        kind(
            limits,
            "limit_bands",
            json!({"tier1": 900, "group2_exposure_by_asset": [1, [2, -3]]}),
            json!({"band": "?"}),
        ),
        kind(limits, "capital", json!({"long": 1, "short": -2}), json!({"exposure": 2})),
        kind(
            limits,
            "reserve_mix",
            json!({"reserve": 9, "deposits": 4, "deposits_by_bank": [2, 1], "significant": true, "bank_cap_pct": 20}),
            passes(),
        ),
        kind(
            limits,
            "greeks_limit",
            json!({"nav": 9, "delta_limit_pct_nav": 1, "positions": [{"qty": 1, "delta": 1, "spot": 2}]}),
            passes(),
        ),
        kind(
            limits,
            "solvency",
            json!({"assets": [["A", 1, 2, 0.5]], "liabilities": 1, "min_ratio": 1}),
            passes(),
        ),
        kind(
            limits,
            "liquidity",
            json!({"positions": [["A", 1, 2]], "participation": 0.5, "max_days": 1, "nav": 9, "illiquid": 1}),
            passes(),
        ),
        kind(limits, "coverage", json!({"spot_qty": 1, "calls_qty_strike": [[-1, 90]]}), passes()),
        kind(limits, "coverage", json!({"cash": 1, "puts_qty_strike": [[-1, 90]]}), passes()),
        kind(
            limits,
            "expiry_max_loss",
            json!({"legs_type_strike_qty": [["put", 90, -1]]}),
            json!({"max_loss": 90}),
        ),
        (
            "historic_stress",
            json!({"id": "x", "inputs": {"weights_usd": {"A": 1}, "scenarios": "days"}, "expected": {"worst_loss": 1}}),
        ),
        (
            "historic_stress",
            json!({"id": "x", "inputs": {"usd_notional": {"A": 1}, "scenarios": "events (close)"}, "expected": {"worst_pnl": 1}}),
        ),
    ]
}

/// Every place in a value: its path.
fn places(value: &Value, at: &str, into: &mut Vec<String>) {
    let inner: Vec<(String, &Value)> = match value {
        Value::Object(fields) => fields.iter().map(|(k, v)| (k.replace('/', "~1"), v)).collect(),
        Value::Array(list) => list.iter().enumerate().map(|(k, v)| (k.to_string(), v)).collect(),
        _ => Vec::new(),
    };
    for (name, value) in inner {
        let path = format!("{at}/{name}");
        into.push(path.clone());
        places(value, &path, into);
    }
}

#[test]
fn odd_vectors_are_told() {
    let mut tried = 0;
    for (stem, vector) in vectors() {
        let file = |vectors: Vec<Value>| {
            json!({
                "multiplier": 100,
                "parameters": {"naked_spot_shock_s": 0.75, "naked_upper_bound_U_by_days": {"7": 0.2}},
                "days": {"start": "2022-01-01", "A": [0.1, -0.2]},
                "events": [{"date": "2022-01-01", "moves_vs_prior_close": {"A": {"close": -0.1}}}],
                "vectors": vectors,
            })
        };
        let whole = models::run(stem, &file(vec![vector.clone()]));
        assert_eq!(whole.len(), 1);
        assert_eq!(whole[0].cannot, None, "{stem} {vector}");
        let mut all = Vec::new();
        places(&vector, "", &mut all);
        let mut changed = Vec::new();
        for path in all {
            for odd in [Value::Null, json!("tea"), json!(-7), json!([])] {
                let mut one = vector.clone();
                *one.pointer_mut(&path).expect("its own path") = odd;
                changed.push(one);
            }
        }
        assert_eq!(models::run(stem, &file(changed.clone())).len(), changed.len(), "{stem}");
        tried += changed.len();
    }
    assert!(tried > 500, "{tried}");
    for (stem, _) in models::MODELS {
        assert!(models::run(stem, &json!({"vectors": 5})).is_empty());
        assert_eq!(models::run(stem, &json!({"vectors": [null]})).len(), 1, "{stem}");
    }
}
