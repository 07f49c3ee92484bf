use super::*;
use crate::Agreement;
use serde_json::json;

fn right(file: &Value, v: &Value) -> Vec<Check> {
    let checks = vector(file, v).unwrap();
    assert!(!checks.is_empty());
    for c in &checks {
        assert!(c.agrees != Agreement::No && c.circuit == Some(true), "{c:?}");
    }
    checks
}

#[test]
fn tiers_are_marginal() {
    let file = json!({"tables": {"binance_x": {"AB": [[0, 100, 0.01, 50, 0], [100, 1000, 0.03, 10, 2], [1000, 5000, 0.1, 5, 72]]},
        "hyperliquid": {"Z": [{"lower_usd": 0, "max_leverage": 15}, {"lower_usd": 300, "max_leverage": 3}]}}});
    for (n, m) in [(50.0, 0.5), (100.0, 1.0), (150.0, 2.5), (1000.0, 28.0), (2000.5, 128.05)] {
        let v = json!({"id": "binance/AB_1", "inputs": {"notional_usdt": n}, "expected": {"maintenance_margin": m}});
        right(&file, &v);
    }
    // 300 at 1/30 and 60 at 1/6.
    right(
        &file,
        &json!({"id": "hyperliquid/Z_1", "inputs": {"asset_group": "Z", "notional_usd": 360.0},
        "expected": {"maintenance_margin": 20.0}}),
    );
    let wrong = json!({"id": "binance/AB_1", "inputs": {"notional_usdt": 150}, "expected": {"maintenance_margin": 2.49}});
    assert!(vector(&file, &wrong).unwrap().iter().all(|c| c.agrees == Agreement::No));
}

#[test]
fn liquidation_of_a_long_and_of_a_short() {
    let v = |quantity: i64, price: f64| {
        json!({"id": "binance/liquidation_price_x", "inputs": {"wallet_balance": 20, "maintenance_amount": 1.5, "qty": quantity,
            "entry": 100, "mmr": 0.05, "other_positions_maintenance_margin": 2, "other_positions_unrealised_pnl": -1},
            "expected": {"price_where_equity_equals_maintenance": price}, "tolerance_abs": 0.0001})
    };
    // 20 - 3 + 1.5 - 100 + p = 0.05 p, and 20 - 3 + 1.5 + 100 - p = 0.05 p.
    right(&json!({}), &v(1, 85.789_473));
    right(&json!({}), &v(-1, 112.857_142));
    // Weights with more digits than a column holds: the allowance takes the finest ticks.
    right(
        &json!({}),
        &json!({"id": "binance/liquidation_price_x", "inputs": {"wallet_balance": 5000.5, "maintenance_amount": 50, "qty": -0.75,
            "entry": 61234.5, "mmr": 0.005, "other_positions_maintenance_margin": 120.25, "other_positions_unrealised_pnl": -310.75},
            "expected": {"price_where_equity_equals_maintenance": 67058.54}, "tolerance_abs": 0.005}),
    );
}

#[test]
fn inverse_contracts_and_sums_of_requirements() {
    right(
        &json!({}),
        &json!({"id": "bybit/x", "inputs": {"contracts_usd": 700, "entry": 20, "leverage": 7,
        "tiers": [[10, 0.01], [30, 0.02], [40, 0.05]]},
        "expected": {"position_value_xyz": 35, "initial_margin_xyz": 5, "maintenance_margin_xyz": 0.75}}),
    );
    let okx = |mr7: f64, mmr: f64| {
        json!({"id": "okx/x", "inputs": {"mr1": 5, "mr2": 9.5, "mr3": 1, "mr4": 0.25, "mr5": 0, "mr6": 3, "mr7": mr7},
            "expected": {"mmr": mmr}})
    };
    right(&json!({}), &okx(10.0, 10.75));
    right(&json!({}), &okx(11.0, 11.0));
    // 10 once, 20 twice and 5 four times, at half a percent.
    let mr7 = json!({"id": "okx/x", "inputs": {"notional_usd": 35, "rate": 0.005, "tiers": [[10, 1], [30, 2], [null, 4]]},
        "expected": {"mr7": 0.35}});
    right(&json!({}), &mr7);
}

#[test]
fn an_account_fails_after_the_move_and_not_before() {
    let v = json!({"id": "paradex/x", "inputs": {"collateral": 60, "qty": -5, "mark_before": 100, "mark_after": 103, "imf": 0.1},
        "expected": {"imr_before": 50, "account_value_before": 60, "imr_after": 51.5, "account_value_after": 45,
            "passes_before": true, "passes_after": false}});
    assert_eq!(right(&json!({}), &v).len(), 6);
}

#[test]
fn options_cost_a_public_amount_per_short_unit() {
    let v = |kind: &str, strike: i64, mark: f64, im: f64, mm: f64| {
        json!({"id": "deribit/x", "inputs": {"type": kind, "strike": strike, "underlying_mark": 1000, "option_mark_in_btc": mark,
            "qty": 2}, "expected": {"im_btc": im, "mm_btc": mm}})
    };
    right(&json!({}), &v("call", 1020, 0.01, 0.28, 0.17));
    right(&json!({}), &v("call", 1500, 0.01, 0.22, 0.17));
    right(&json!({}), &v("put", 970, 0.5, 1.24, 1.15));
    right(&json!({}), &v("put", 3000, 2.0, 4.3, 4.3));
}

#[test]
fn a_quadratic_charge_is_exact_on_the_grid_and_refused_elsewhere() {
    let v = |size: f64, im: f64| {
        json!({"id": "deribit/linear_x", "inputs": {"index_price": 10, "qty": size, "im_base": 0.02, "mm_base": 0.01,
            "slope_per_unit": 0.001}, "expected": {"im_usdc": im}})
    };
    // (0.02 + 0.0015) * 1.5 * 10
    right(&json!({}), &v(1.5, 0.3225));
    let off = vector(&json!({}), &v(1.25, 0.265_625));
    assert!(matches!(&off, Err(Trouble::Cannot(why)) if why.contains("too much")), "{off:?}");
    // Two markets, each with a least margin of its own: 6000 * (0.03 + 0.02) + 70, and 3000 * (0.04 + 0.02) + 30.
    let two = json!({"id": "synthetix_v3/x", "inputs": {"minimum_initial_margin_ratio": 0.02, "maintenance_margin_scalar": 0.5,
        "initial_margin_fraction": 2, "positions": [
            {"market": "A", "size": -3, "price": 2000, "skew_scale": 200, "minimum_position_margin": 70},
            {"market": "B", "size": 20, "price": 150, "skew_scale": 1000, "minimum_position_margin": 30}]},
        "expected": {"initial_margin": 580, "maintenance_margin": 340}});
    right(&json!({}), &two);
    let mut named = two.clone();
    let inputs = named["inputs"].as_object_mut().unwrap();
    let list = inputs.remove("positions").unwrap();
    inputs.insert("markets".into(), json!({"A": list[0], "B": list[1]}));
    right(&json!({}), &named);
    let rate = json!({"id": "synthetix_v3/x", "inputs": {"size": -20, "price": 50, "skew_scale": 1000, "initial_margin_fraction": 2,
        "minimum_initial_margin_ratio": 0.01, "maintenance_margin_scalar": 0.5}, "expected": {"imr": 0.05, "mmr": 0.025}});
    right(&json!({}), &rate);
    // A charge that is too small is a disagreement, on the grid or off it.
    assert_eq!(vector(&json!({}), &v(1.25, 0.29)).unwrap()[0].agrees, Agreement::No);
    right(
        &json!({}),
        &json!({"id": "synthetix/x", "inputs": {"size": -20, "price": 50, "skew_scale": 1000, "initial_margin_fraction": 2,
        "minimum_initial_margin_ratio": 0.01, "maintenance_margin_scalar": 0.5}, "expected": {"im": 50, "mm": 25}}),
    );
}

#[test]
fn loans_and_futures_of_one_account() {
    let v = json!({"id": "binance/x", "inputs": {"margin": [{"coin": "ETH", "asset": 3, "loan": 2.5}], "margin_mmr": 0.2,
        "futures": [{"symbol": "A", "qty": -2, "entry": 10, "mark": 12, "mmr": 0.01},
            {"symbol": "B", "contracts_usd": 100, "entry": 25, "mark": 20, "mmr": 0.02}]},
        "expected": {"margin_mm_eth": 0.5, "unrealised_pnl_usdt": [-4], "futures_mm_usdt": [0.24],
            "unrealised_pnl_btc_coin_m": -1, "futures_mm_btc": 0.1}});
    let checks = right(&json!({}), &v);
    assert_eq!(checks.len(), 5);
    assert!(checks.iter().all(|c| c.agrees == Agreement::Exact), "{checks:?}");
}

#[test]
fn what_a_rule_divides_by_is_above_zero() {
    let file = json!({"tables": {"hyperliquid": {"Z": [{"lower_usd": 0, "max_leverage": 0}]}}});
    for v in [
        json!({"id": "hyperliquid/Z_1", "inputs": {"asset_group": "Z", "notional_usd": 1}, "expected": {"maintenance_margin": 1}}),
        json!({"id": "bybit/x", "inputs": {"contracts_usd": 7, "entry": 0, "leverage": 7, "tiers": []}, "expected": {}}),
        json!({"id": "deribit/x", "inputs": {"type": "put", "strike": 3, "underlying_mark": -1, "option_mark_in_btc": 0, "qty": 1},
            "expected": {}}),
        json!({"id": "deribit/x", "inputs": {"index_price": 0, "qty": 1, "slope_per_unit": 0.1}, "expected": {}}),
    ] {
        assert!(
            matches!(vector(&file, &v), Err(Trouble::Cannot(why)) if why.contains("not above zero")),
            "{v}"
        );
    }
}
