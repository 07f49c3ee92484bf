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
    let spread = |unit: &str, more: Value| {
        let mut inputs = json!({"short_qty": 2, "short_strike": 80, "long_qty": 1, "long_strike": 90});
        inputs[format!("collateral_{unit}")] = json!(1.5);
        for (name, value) in more.as_object().into_iter().flatten() {
            inputs[name] = value.clone();
        }
        inputs
    };
    let option = |contracts: i64| json!({"kind": "option", "type": "call", "strike": 90, "price": 3, "qty_contracts": contracts, "days_to_expiry": 9});
    let broker = |legs: Value| {
        let inputs = json!({"underlying_price": 88, "class": "broad", "leverage_factor": 1, "legs": legs});
        kind("reg_t_strategy_margin_cboe", "", inputs, json!({"margin_account": 1, "cash_account": 1}))
    };
    let passes = || json!({"passes": true});
    let named = |stem, id: &str, kind: &str, inputs: Value, expected: Value| {
        (stem, json!({"id": id, "kind": kind, "inputs": inputs, "expected": expected}))
    };
    vec![
        kind(
            opyn,
            "put_spread_collateral",
            spread("usd", json!({})),
            json!({"excess_collateral_usd": 1, "valid": true}),
        ),
        kind(opyn, "call_spread_collateral", spread("underlying", json!({})), json!({"valid": true})),
        kind(
            opyn,
            "settlement",
            spread("underlying", json!({"type": "call", "settlement_price": 85})),
            json!({"net_value_underlying_1e18_floor": 1}),
        ),
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
        named(
            "lending_health",
            "aave_v3/x",
            "health_factor",
            json!({"collateral": [{"amount": "5", "decimals": 1, "price_1e8": 100_000_000, "ltv_bps": 7000, "liq_threshold_bps": 8000}],
                "debt": [{"amount": "2", "decimals": 1, "price_1e8": 100_000_000}]}),
            json!({"total_collateral_base": 1, "total_debt_base": 1, "avg_ltv_bps": 1, "avg_liquidation_threshold_bps": 1,
                "available_borrows_base": 1, "health_factor_wad": "1"}),
        ),
        named(
            "lending_health",
            "compound_v3/x",
            "pass_fail",
            json!({"collateral_factor": 0.9, "collateral_qty": 1, "price": 1, "base_debt": 1}),
            json!({"is_borrow_collateralised": true}),
        ),
        named(
            "lending_health",
            "euler_evk/x",
            "pass_fail",
            json!({"borrow_ltv": 0.9, "collateral_value": 1, "liability_value": 1}),
            passes(),
        ),
        named(
            "perp_margin_dydx_v4",
            "dydx/x",
            "",
            json!({"initial_margin_ppm": 50_000, "position_quote_quantums": 100}),
            json!({"imr_quote_quantums": 5}),
        ),
        named(
            "tiered_margin_venues",
            "deribit/x",
            "",
            json!({"type": "call", "strike": 3, "underlying_mark": 2, "option_mark_in_btc": 0.01, "qty": 1}),
            json!({"im_btc": 1}),
        ),
        named(
            "tiered_margin_venues",
            "deribit/y",
            "",
            json!({"index_price": 10, "qty": 1.5, "im_base": 0.02, "slope_per_unit": 0.001}),
            json!({"im_usdc": 1}),
        ),
        named(
            "tiered_margin_venues",
            "okx/x",
            "",
            json!({"mr1": 1, "mr2": 2, "mr3": 3, "mr4": 4, "mr5": 5, "mr6": 6, "mr7": 7}),
            json!({"mmr": 1}),
        ),
        named(
            "perp_spot_health_drift_mango",
            "drift/x",
            "account",
            json!({"usdc_deposit": 1, "sol_borrow": 1, "sol_price": 1, "sol_liability_weight_initial": 1.2, "open_orders": 1}),
            json!({"margin_requirement_usd": 1}),
        ),
        kind(
            "simm_schedule_saccr",
            "sa_ccr_ead",
            json!({"replacement_cost": 1, "pfe_multiplier": 1, "addon": 1}),
            json!({"ead": 1}),
        ),
        kind(
            "option_pricing_black",
            "bsm_price",
            json!({"type": "call", "spot": 60, "strike": 65, "div_yield": 0, "rate": 0.1, "years": 0.25, "vol": 0.3}),
            json!({"price": 2.13}),
        ),
        named(
            "lp_uniswap_v3",
            "lp_greeks/x",
            "",
            json!({"price": 15, "range_low": 10, "range_high": 20, "liquidity": 3}),
            json!({"token0": 1}),
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

/// A file of one kind, with what its models read beside the vectors.
fn file(vectors: Vec<Value>) -> Value {
    json!({
        "multiplier": 100,
        "parameters": {"naked_spot_shock_s": 0.75, "naked_upper_bound_U_by_days": {"7": 0.2}},
        "days": {"start": "2022-01-01", "A": [0.1, -0.2]},
        "events": [{"date": "2022-01-01", "moves_vs_prior_close": {"A": {"close": -0.1}}}],
        "vectors": vectors,
    })
}

/// A field that no model reads is named: agreement over the rest of a vector would say nothing about it.
#[test]
fn a_field_that_is_not_understood_is_named() {
    for (stem, vector) in vectors() {
        for place in ["inputs", "expected"] {
            let mut one = vector.clone();
            one[place]["surprise"] = json!({"deep": [0, 7]});
            let outcome = models::run(stem, &file(vec![one])).remove(0);
            let why = outcome.cannot.unwrap_or_else(|| panic!("{stem} takes no notice of it: {vector}"));
            assert!(why.contains("surprise"), "{stem}: {why}");
            let mut words = vector.clone();
            words[place]["note"] = json!("for people");
            if place == "inputs" {
                assert_eq!(models::run(stem, &file(vec![words])).remove(0).cannot, None, "{stem}: {vector}");
            }
        }
        let mut one = vector.clone();
        one["market"] = json!({"halted": true});
        let outcome = models::run(stem, &file(vec![one])).remove(0);
        assert!(outcome.cannot.is_some_and(|why| why.contains("market.halted")), "{stem}: {vector}");
    }
}

#[test]
fn odd_vectors_are_told() {
    let mut tried = 0;
    for (stem, vector) in vectors() {
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
