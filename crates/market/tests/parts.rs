//! Weights of shares of pools, and of columns that are parts of others, by hand.

use mandate_market::{Instrument, RiskModel, examples, risk};
use mandate_statement::Shape;

const AS_OF: u64 = 1_800_000_000;

/// A share of a pool, per lot: worth its two holdings at the index, as much in every column of value and exposure, its coins in
/// `delta`; nothing in the columns of balances. The range around the index, below it and above it, by hand.
#[test]
fn shares_of_pools_are_worth_what_they_hold() {
    let made = examples::pools(AS_OF);
    let (eth, usdc) = (2500.0, 0.9998);
    let price: f64 = eth / usdc;
    let around = (1.0 / price.sqrt() - 1.0 / 3000f64.sqrt(), price.sqrt() - 2000f64.sqrt());
    let below = (0.0, 2000f64.sqrt() - 1500f64.sqrt());
    let above = (1.0 / 3000f64.sqrt() - 1.0 / 4000f64.sqrt(), 0.0);
    for (name, (coins, money), inside) in [
        ("LP:ETH_USDC-2000-3000", around, true),
        ("LP:ETH_USDC-1500-2000", below, false),
        ("LP:ETH_USDC-3000-4000", above, false),
    ] {
        for model in ["crypto-usd/1", "pool-shares/1", "reserve/1", "issuers/1"] {
            let model = RiskModel::by_name(model).unwrap();
            let shape = *Shape::by_name("s256").unwrap();
            let part = risk::compile_by(model, &made, &shape).unwrap();
            let account = made.universe.account_index("uniswap-v3/positions/main").unwrap();
            let slot = made.universe.find(account, name).unwrap();
            let lot = made.universe.slot(slot).unwrap().slot.lot_places;
            let units = 10f64.powi(10 - i32::from(lot));
            let value = (coins * eth + money * usdc) * units;
            let row = part.weights_of(&shape, slot);
            assert!(value >= 2_097_152.0, "{name}: a lot of {value} units");
            for (k, column) in model.columns.iter().enumerate() {
                let wanted = match column.name {
                    "value" | "gross" | "notional" | "long" | "short" | "illiquid" | "pools" | "circle" => {
                        value
                    }
                    // The larger haircut of the two, ETH's 7%.
                    "assets" => value * 0.93,
                    "liabilities" => value * 1.07,
                    "delta" => coins * eth * units,
                    // A move of 1% of the price takes so many coins: dT0/dP * P / 100, at the index.
                    "gamma" if inside => -0.5 / price.sqrt() / 100.0 * eth * units,
                    "lots" => 1.0,
                    _ => 0.0,
                };
                // `reserve/1` lists both symbols as liquid.
                let wanted = if column.name == "illiquid" { 0.0 } else { wanted };
                let got = row[k] as f64;
                assert!(
                    (got - wanted).abs() <= 1.0 + 1e-9 * value,
                    "{name} {}: {got}, {wanted}",
                    column.name
                );
            }
            let at = |name: &str| row[model.column(name).unwrap().0];
            assert!(at("assets") <= at("value") && at("value") <= at("liabilities"), "{name}");
        }
    }
}

/// Every part of every model weighs what its whole weighs or nothing, each of the instruments that its file names and no other; and
/// buckets that are meant to share a whole between them do.
#[test]
fn parts_are_their_wholes_or_nothing() {
    let (options, pools) = (examples::strikes(AS_OF), examples::pools(AS_OF));
    for (model, made, shape, sums) in [
        (
            "option-buckets/1",
            &options,
            "o2048",
            &[("expiry_7d", 0), ("expiry_30d", 0), ("expiry_later", 6)][..],
        ),
        ("perp-tiers/1", &options, "o2048", &[("perp_btc", 5), ("perp_eth", 5), ("perp_sol", 1)]),
        ("issuers/1", &pools, "s256", &[]),
        ("pool-shares/1", &pools, "s256", &[("pools", 5)]),
    ] {
        let model = RiskModel::by_name(model).unwrap();
        let shape = *Shape::by_name(shape).unwrap();
        let part = risk::compile_by(model, made, &shape).unwrap();
        let column = |name: &str| model.column(name).unwrap().0;
        let mut counted: Vec<usize> = vec![0; sums.len()];
        for found in made.universe.slots().unwrap() {
            let row = part.weights_of(&shape, found.index);
            let instrument = &found.slot.instrument;
            let dated = instrument.expiry().is_some();
            if model.name == "option-buckets/1" {
                let buckets: i64 =
                    ["expiry_7d", "expiry_30d", "expiry_later"].iter().map(|c| row[column(c)]).sum();
                assert_eq!(buckets, if dated { row[column("notional")] } else { 0 }, "{instrument}");
                let vega: i64 = ["vega_30d", "vega_90d", "vega_long"].iter().map(|c| row[column(c)]).sum();
                assert_eq!(vega, row[column("vega")], "{instrument}");
                let near = match instrument {
                    Instrument::Option { strike, underlying, .. } => {
                        let ratio = strike.to_f64() / made.price_of(underlying).unwrap().to_f64();
                        0.9 < ratio && ratio <= 1.1
                    }
                    _ => false,
                };
                for (name, whole) in [("long_near", "long"), ("short_near", "short")] {
                    assert_eq!(
                        row[column(name)],
                        if near { row[column(whole)] } else { 0 },
                        "{instrument} {name}"
                    );
                }
            }
            if model.name == "issuers/1" {
                let tokens = instrument.to_string().contains("USDC");
                assert_eq!(
                    row[column("circle")],
                    if tokens { row[column("value")] } else { 0 },
                    "{instrument}"
                );
            }
            for (n, (name, _)) in counted.iter_mut().zip(sums) {
                let option = matches!(instrument, Instrument::Option { .. });
                *n += usize::from(row[column(name)] != 0 && !option);
            }
        }
        assert_eq!(
            counted,
            sums.iter().map(|s| s.1).collect::<Vec<_>>(),
            "{}: instruments but options",
            model.name
        );
    }
}
