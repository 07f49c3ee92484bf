//! The weights of a sheet are roundings of exact numbers, each the way its column says: recomputed here as fractions,
//! from prices, for everything that is an exact product of prices. `worst-book` takes any exact weight in these roundings.

use mandate_market::{Instrument, Price, RiskModel, Rounding, Settle, Snapshot, State, quote_key};
use mandate_statement::Shape;
use num_bigint::BigInt;
use num_rational::BigRational;
use num_traits::{One, Zero};
use std::collections::BTreeMap;

const AS_OF: u64 = 1_790_000_000;

fn power(places: i32) -> BigRational {
    let ten = BigRational::from(BigInt::from(10));
    num_traits::pow::Pow::pow(ten, places)
}

fn rational(price: Price) -> BigRational {
    BigRational::from(BigInt::from(price.mantissa())) * power(-i32::from(price.places()))
}

fn bps(n: i64) -> BigRational {
    BigRational::new(n.into(), 10_000.into())
}

/// Exact amounts per unit of quantity in USD, by column name; scenarios as `scenario 3`. `None` for what needs a formula.
fn exact(snapshot: &Snapshot, venue: &str, instrument: &Instrument) -> BTreeMap<String, Option<BigRational>> {
    let model = RiskModel::by_name("crypto-usd/1").unwrap();
    let price = |symbol: &str| rational(snapshot.price_of(symbol).unwrap());
    let own = snapshot.currency(instrument.exposure()).unwrap();
    let haircut = i64::from(own.haircut_bps);
    let mark =
        snapshot.quotes.get(&quote_key(venue, instrument)).and_then(State::priced).map(|q| rational(q.mark));
    let cash = snapshot.universe.class_of(instrument.exposure()).is_some_and(|c| c.is_cash());
    let usd = instrument.exposure() == "USD";
    let mut out: BTreeMap<String, Option<BigRational>> = BTreeMap::new();
    let mut put = |names: &[&str], value: &BigRational| {
        names.iter().for_each(|n| drop(out.insert((*n).to_owned(), Some(value.clone()))));
    };
    let moving = |face: &BigRational| -> Vec<(String, BigRational)> {
        let one = |(s, m): (usize, &mandate_market::Scenario)| {
            (format!("scenario {s}"), face * rational(m.price) * rational(m.weight))
        };
        model.scenarios.iter().enumerate().map(one).collect()
    };
    match instrument {
        Instrument::Option { settle, .. } => {
            let money = match settle {
                Settle::Inverse => price(instrument.exposure()),
                Settle::Linear { currency } => price(currency),
            };
            let value = mark.unwrap() * money;
            let cut = haircut.max(1000);
            put(&["value", "premium"], &value);
            put(&["assets"], &(&value * bps(10_000 - cut)));
            put(&["liabilities"], &(&value * bps(10_000 + cut)));
            put(&["notional", "long", "short"], &price(instrument.exposure()));
            put(&["cash", "unsettled"], &BigRational::zero());
            for name in ["delta", "gamma", "vega", "theta", "gross"] {
                out.insert(name.into(), None);
            }
            (0..model.scenarios.len()).for_each(|s| drop(out.insert(format!("scenario {s}"), None)));
        }
        Instrument::Perpetual { settle, .. } | Instrument::Future { settle, .. } => {
            let face = match settle {
                Settle::Inverse => BigRational::one(),
                Settle::Linear { currency } => mark.unwrap() * price(currency),
            };
            put(&["gross", "notional", "long", "short"], &face);
            if matches!(settle, Settle::Linear { .. }) {
                put(&["delta"], &face);
                moving(&face).iter().for_each(|(n, v)| put(&[n], v));
            } else {
                out.insert("delta".into(), None);
                (0..model.scenarios.len()).for_each(|s| drop(out.insert(format!("scenario {s}"), None)));
            }
        }
        _ => {
            let p = price(instrument.exposure());
            put(&["value"], &p);
            put(&["assets"], &(&p * bps(10_000 - haircut)));
            put(&["liabilities"], &(&p * bps(10_000 + haircut)));
            let unsettled = matches!(instrument, Instrument::UnsettledPnl { .. });
            if unsettled {
                put(&["unsettled"], &p);
            } else if cash {
                put(&["cash"], &p);
            }
            if !unsettled && !usd {
                put(&["gross", "notional", "long", "short"], &p);
            }
            if !cash {
                put(&["delta"], &p);
                moving(&p).iter().for_each(|(n, v)| put(&[n], v));
            }
        }
    }
    out
}

/// The price cut to two places, and these digits after them.
fn with_digits(price: Price, digits: i64, places: usize) -> Price {
    let hundredths = (rational(price) * BigInt::from(100)).floor().to_integer();
    let (whole, part) = (&hundredths / 100, &hundredths % 100);
    format!("{whole}.{part:02}{digits:0places$}").parse().unwrap()
}

#[test]
fn every_exact_weight_is_rounded_its_columns_way() {
    let model = RiskModel::by_name("crypto-usd/1").unwrap();
    let half = BigRational::new(1.into(), 2.into());
    let mut fractions: BTreeMap<String, usize> = BTreeMap::new();
    let mut checked = 0;
    for seed in 0..6i64 {
        let mut made = if seed % 2 == 0 {
            mandate_market::examples::small(AS_OF)
        } else {
            mandate_market::examples::snapshot(AS_OF)
        };
        // Prices with many digits, so that little of what follows is whole.
        for (n, (symbol, state)) in made.currencies.iter_mut().enumerate() {
            let State::Priced(quote) = state else { continue };
            if symbol != "USD" {
                let digits = 1 + seed * 12_345_677 + i64::try_from(n).unwrap() * 987_653;
                quote.price = with_digits(quote.price, digits, 11);
                quote.haircut_bps += u16::try_from(seed).unwrap();
            }
        }
        for (n, state) in made.quotes.values_mut().enumerate() {
            let State::Priced(quote) = state else { continue };
            if quote.mark.places() <= 2 {
                let digits = 1 + seed * 7919 + i64::try_from(n).unwrap() * 104_729;
                quote.mark = with_digits(quote.mark, digits, 9);
                (quote.bid, quote.ask) = (None, None);
            }
        }
        let shape = Shape::by_name(&made.universe.shape).unwrap();
        let risk = mandate_market::risk::compile(&made, shape).unwrap_or_else(|e| panic!("{e}"));
        for found in made.universe.slots().unwrap() {
            let venue = &made.universe.accounts[found.account].venue;
            let exact = exact(&made, venue, &found.slot.instrument);
            let lot = power(i32::from(model.money_places) - i32::from(found.slot.lot_places));
            for (k, w) in risk.weights_of(shape, found.index).iter().enumerate() {
                let (name, rounding) = match model.columns.get(k) {
                    Some(c) if c.name == "lots" || c.name == "forbidden" => continue,
                    Some(c) => (c.name.to_owned(), c.rounding),
                    None => (format!("scenario {}", k - shape.metrics()), Rounding::Nearest),
                };
                let wanted = match exact.get(&name) {
                    None => BigRational::zero(),
                    Some(None) => continue,
                    Some(Some(amount)) => amount * &lot,
                };
                let w = BigRational::from(BigInt::from(*w));
                let one = BigRational::one();
                let right = match rounding {
                    Rounding::Nearest => &w - &half <= wanted && wanted <= &w + &half,
                    Rounding::Up => wanted <= w && &w - one < wanted,
                    Rounding::Down => w <= wanted && wanted < &w + one,
                    Rounding::Exact => w == wanted,
                };
                assert!(right, "{} in {name}: {wanted} became {w}", found.slot.instrument);
                checked += 1;
                let kind =
                    if name.starts_with("scenario") { "scenario".into() } else { format!("{rounding:?}") };
                *fractions.entry(kind).or_default() += usize::from(!wanted.is_integer());
            }
        }
    }
    assert!(checked > 5000, "{checked}");
    for kind in ["Nearest", "Up", "Down", "scenario"] {
        assert!(fractions.get(kind).is_some_and(|n| *n > 100), "{fractions:?}");
    }
}
