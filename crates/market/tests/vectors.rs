//! Published prices and Greeks of Black-76 and Black-Scholes-Merton, where the vector file is at hand.
#![allow(clippy::print_stderr, missing_docs)]

use mandate_market::Right;
use mandate_market::black76::{Black, YEAR_DAYS, black76};
use serde_json::Value;
use std::path::PathBuf;

fn vectors() -> Option<Value> {
    let root = std::env::var_os("MANDATE_DATA").map_or_else(
        || PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data")),
        PathBuf::from,
    );
    let path = root.join("../vectors/option_pricing_black.json");
    let Ok(bytes) = std::fs::read(&path) else {
        eprintln!("skipped: there is no {}", path.display());
        return None;
    };
    Some(serde_json::from_slice(&bytes).unwrap())
}

/// `0.5`, `"7/365"`, `"1/12 (...)"`, or a decimal in text.
fn number(value: &Value) -> Option<f64> {
    match value {
        Value::Number(n) => n.as_f64(),
        Value::String(text) => {
            let text = text.split(' ').next()?;
            match text.split_once('/') {
                Some((n, d)) => Some(n.parse::<f64>().ok()? / d.parse::<f64>().ok()?),
                None => text.parse().ok(),
            }
        }
        _ => None,
    }
}

/// Black-Scholes-Merton by way of the forward: `price`, then `delta`, `gamma`, `vega_per_1.0`, `theta_per_year`.
struct Bsm {
    price: f64,
    delta: f64,
    gamma: f64,
    vega: f64,
    theta: f64,
}

fn bsm(inputs: &Value, right: Right) -> (Bsm, Black) {
    let get = |key: &str| number(&inputs[key]);
    let (years, vol, strike, rate) =
        (get("years").unwrap(), get("vol").unwrap(), get("strike").unwrap(), get("rate").unwrap());
    let (forward, spot, carry) = match get("forward") {
        Some(forward) => (forward, forward, 0.0),
        None => {
            let carry = rate - get("div_yield").unwrap();
            let spot = get("spot").unwrap();
            (spot * libm::exp(carry * years), spot, carry)
        }
    };
    let black = black76(forward, strike, years, vol, right);
    let discount = libm::exp(-rate * years);
    let growth = forward / spot;
    let bsm = Bsm {
        price: black.price * discount,
        delta: black.delta * discount * growth,
        gamma: black.gamma * discount * growth * growth,
        vega: black.vega * 100.0 * discount,
        theta: black.price * discount * rate
            + discount * (black.theta * YEAR_DAYS - black.delta * forward * carry),
    };
    (bsm, black)
}

#[test]
fn prices_and_greeks_are_the_published_ones() {
    let Some(file) = vectors() else { return };
    let mut checked = 0;
    for vector in file["vectors"].as_array().unwrap() {
        let inputs = &vector["inputs"];
        let id = vector["id"].as_str().unwrap();
        let forward = inputs.get("forward").is_some();
        // Where the source printed few digits, the value recomputed with many is the better one.
        let expected = vector.get("recomputed").or_else(|| vector.get("expected")).unwrap();
        for (key, value) in expected.as_object().unwrap() {
            let put = key.starts_with("put") || inputs.get("type").and_then(Value::as_str) == Some("put");
            let (bsm, black) = bsm(inputs, if put { Right::Put } else { Right::Call });
            let ours = match key.as_str() {
                "price" | "call" | "put" => bsm.price,
                "undiscounted_price" => black.price,
                // The discounted ones, to a forward: spot is the forward there.
                "call_delta_fwd" | "put_delta_fwd" | "delta" | "call_delta" | "put_delta" => bsm.delta,
                "gamma_fwd" | "gamma" => bsm.gamma,
                "vega" | "vega_per_1.0" => bsm.vega,
                // Ours stops at the whole price; the published slope does not.
                key if key.contains("theta") && black.theta == -black.price => continue,
                "call_theta_per_year" | "put_theta_per_year" => bsm.theta,
                "theta_per_day_365" => bsm.theta / 365.0,
                // d1 and d2 are steps on the way; rho is no column.
                _ => continue,
            };
            let wanted = number(value).unwrap();
            // Ten digits are what the shorter tables print; the high-precision ones get twelve.
            let tolerance = if forward { 1e-11 } else { 2e-9 };
            let error = libm::fabs(ours - wanted);
            assert!(
                error <= tolerance * libm::fabs(wanted).max(1.0),
                "{id} {key}: {ours} against {wanted}, off by {error:e}"
            );
            checked += 1;
        }
    }
    eprintln!("{checked} published values");
    assert!(checked >= 200, "only {checked} values were checked");
}
