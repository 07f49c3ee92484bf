use super::*;
use serde_json::json;

fn file() -> Value {
    json!({"parameters": {
        "risk_weight_by_bucket": [10, 20], "concentration_threshold_musd_by_bucket": [4, 100],
        "schedule_rates": {"rates_0_2y": 0.01, "rates_2_5y": 0.02, "rates_5y_plus": 0.04, "fx": 0.06, "other": 0.15}}})
}

fn right(file: &Value, v: &Value) -> Vec<Check> {
    let checks = vector(file, v).unwrap();
    assert!(!checks.is_empty());
    for c in &checks {
        assert!(c.agrees != Agreement::No && c.circuit == Some(true), "{c:?}");
    }
    checks
}

fn simm_of(list: &[(&str, i64, &str, i64)], margin: i64) -> Value {
    let sensitivities: Vec<Value> = list
        .iter()
        .map(|(class, bucket, qualifier, amount)| {
            json!({"product_class": class, "bucket": bucket, "qualifier": qualifier, "amount_usd_per_1pct": amount})
        })
        .collect();
    json!({"kind": "simm_commodity_delta", "inputs": {"sensitivities": sensitivities}, "expected": {"margin_usd": margin}})
}

#[test]
fn one_factor_is_charged_its_weight_and_its_concentration() {
    let f = file();
    right(&f, &simm_of(&[("Commodity", 1, "A", -3_000_000)], 30_000_000));
    // Nets before it is weighed: 9 million over a threshold of 4 are charged 1.5 times.
    right(&f, &simm_of(&[("Commodity", 1, "A", 10_000_000), ("Commodity", 1, "A", -1_000_000)], 135_000_000));
    // Classes add up.
    right(&f, &simm_of(&[("Commodity", 1, "A", 1_000_000), ("Credit", 2, "A", -5_000_000)], 110_000_000));
    let wrong = vector(&f, &simm_of(&[("Commodity", 1, "A", 9_000_000)], 135_000_001)).unwrap();
    assert_eq!(wrong[0].agrees, Agreement::No);
}

#[test]
fn what_is_quadratic_is_not_computed() {
    let f = file();
    let two = vector(
        &f,
        &simm_of(&[("Commodity", 1, "A", 1_000_000), ("Commodity", 2, "B", 1_000_000)], 25_000_000),
    );
    assert!(matches!(&two, Err(Trouble::Cannot(why)) if why.contains("20 % above")), "{two:?}");
    // 9.05 million is between two amounts of the grid.
    let exact = 136_126_561;
    let off = vector(&f, &simm_of(&[("Commodity", 1, "A", 9_050_000)], exact));
    assert!(matches!(&off, Err(Trouble::Cannot(why)) if why.contains("above")), "{off:?}");
    // A bound that is below the figure of the file is a disagreement.
    let low = vector(&f, &simm_of(&[("Commodity", 1, "A", 9_050_000)], exact + 1_000_000)).unwrap();
    assert_eq!(low[0].agrees, Agreement::No);
    assert!(matches!(vector(&f, &simm_of(&[("Commodity", 1, "A", 90_000_000)], 1)), Err(Trouble::Cannot(_))));
}

#[test]
fn the_schedule_nets_within_a_trade() {
    let mut f = file();
    // Charges 60, 40 and 6; values 30, -20 and 0 net to a third.
    let v = json!({"id": "a", "kind": "schedule_im", "inputs": {
        "notionals": [{"trade": "x", "product": "FX", "notional": 1500}, {"trade": "x", "product": "FX", "notional": -500},
            {"trade": "y", "product": "Rates", "years": 7, "notional": -1000},
            {"trade": "z", "product": "Rates", "years": 2, "notional": 600}],
        "pvs": [{"trade": "x", "pv": 50}, {"trade": "x", "pv": -20}, {"trade": "y", "pv": -20}]},
        "expected": {"gross_im": 106, "ngr": 0.3333, "schedule_im": 63.6, "margin_rounded": 64}});
    assert_eq!(right(&f, &v).len(), 4);
    // The other side gains 20 and loses 30: nothing net.
    f["vectors"] = json!([v]);
    let post = json!({"id": "b", "kind": "schedule_im", "inputs": {"same_trades_as": "a", "side": "post"},
        "expected": {"ngr": 0, "schedule_im": 42.4}});
    right(&f, &post);
    f["vectors"] = json!([]);
    assert!(matches!(vector(&f, &post), Err(Trouble::Cannot(_))));
}

#[test]
fn exposure_with_a_public_multiplier() {
    let v = |m: f64, ead: f64| {
        json!({"kind": "sa_ccr_ead", "inputs": {"replacement_cost": 10.5, "pfe_multiplier": m, "addon": 100},
            "expected": {"ead": ead}})
    };
    right(&file(), &v(1.0, 154.7));
    right(&file(), &v(0.25, 49.7));
    assert_eq!(vector(&file(), &v(0.25, 50.7)).unwrap()[0].agrees, Agreement::No);
}
