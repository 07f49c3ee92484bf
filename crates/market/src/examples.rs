//! A made-up market, the project's own: venues `harbour` (inverse options, futures, perpetuals), `quay` (linear
//! perpetuals), a custodian `vault`, and the fund's `administrator`. Deterministic; no number in it was ever quoted.

use crate::black76::{black76, years_between};
use crate::cut::{CutRule, Listing};
use crate::instrument::{Instrument, Right, Settle};
use crate::price::Price;
use crate::snapshot::{CurrencyQuote, Quote, Snapshot, Source, State, quote_key};
use crate::time::DAY;
use crate::universe::{Currency, CurrencyClass, Universe};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

/// The instants that the made-up markets can be made for, in seconds since 1970: the years 2001 to 2098. Expiries follow
/// from the instant, and names of instruments hold two digits of the year, of 2000 to 2099. Any second will do.
pub const INSTANTS: Range<u64> = 978_307_200..4_070_908_800;

/// Symbols of the made-up market: class, USD price, haircut in basis points.
const CURRENCIES: [(&str, CurrencyClass, &str, u16); 6] = [
    ("BTC", CurrencyClass::Coin, "60000", 500),
    ("ETH", CurrencyClass::Coin, "2500", 700),
    ("SOL", CurrencyClass::Coin, "150", 1500),
    ("USD", CurrencyClass::Fiat, "1", 0),
    ("USDC", CurrencyClass::Stable, "0.9998", 50),
    ("USDT", CurrencyClass::Stable, "1.0002", 100),
];

/// What a made-up market consists of.
struct Plan {
    shape: &'static str,
    /// Coins with inverse contracts at `harbour`.
    harbour: &'static [&'static str],
    /// Coins with linear contracts at `quay`; empty for no such account.
    quay: &'static [&'static str],
    /// Balances at `vault`; empty for no such account.
    vault: &'static [&'static str],
    /// Days to each option expiry.
    expiries: &'static [u64],
    /// Strikes in percent of spot.
    strikes: &'static [i64],
    /// Days to each future's expiry.
    futures: &'static [u64],
    /// Whether balances can be lent and borrowed in slots of their own.
    loans: bool,
    /// Ranges of a pool that pairs a coin with USDC, at `uniswap-v3/positions/main`: coin, ends.
    pools: &'static [(&'static str, &'static str, &'static str)],
    free_percent: usize,
}

/// The market on `m1024`: four accounts `harbour/cross/main`, `quay/cross/main`, `vault/segregated/main` and
/// `administrator/fund/main`; BTC and ETH options in three expiries and twelve strikes, perpetuals, futures, spot, loans,
/// cash in USD, USDC and USDT, unsettled profit. `as_of` in seconds since 1970; expiries follow from it.
///
/// # Panics
/// If `as_of` is not one of [`INSTANTS`].
pub fn snapshot(as_of: u64) -> Snapshot {
    build(
        as_of,
        &Plan {
            shape: "m1024",
            harbour: &["BTC", "ETH"],
            quay: &["BTC", "ETH", "SOL"],
            vault: &["BTC", "ETH", "SOL", "USD", "USDC"],
            expiries: &[7, 35, 126],
            strikes: &[50, 60, 70, 80, 90, 95, 100, 105, 110, 125, 150, 200],
            futures: &[35, 126],
            loans: true,
            pools: &[],
            free_percent: 50,
        },
    )
}

/// The same market in large, on `l4096`: the same four accounts; BTC and ETH options in eight expiries of up to a year and
/// thirty-two strikes.
///
/// # Panics
/// As [`snapshot`].
pub fn large(as_of: u64) -> Snapshot {
    build(
        as_of,
        &Plan {
            shape: "l4096",
            harbour: &["BTC", "ETH"],
            quay: &["BTC", "ETH", "SOL"],
            vault: &["BTC", "ETH", "SOL", "USD", "USDC"],
            expiries: &[7, 14, 35, 63, 126, 189, 280, 364],
            strikes: &[
                40, 45, 50, 55, 60, 65, 70, 75, 80, 84, 88, 90, 92, 94, 96, 98, 100, 102, 104, 106, 108, 110,
                112, 116, 120, 125, 130, 140, 150, 160, 175, 200,
            ],
            futures: &[35, 126, 280],
            loans: true,
            pools: &[],
            free_percent: 50,
        },
    )
}

/// The same market in small, on `s256`: the same four accounts; BTC and ETH options in two expiries and three strikes.
///
/// # Panics
/// As [`snapshot`].
pub fn small(as_of: u64) -> Snapshot {
    build(
        as_of,
        &Plan {
            shape: "s256",
            harbour: &["BTC", "ETH"],
            quay: &["BTC"],
            vault: &["BTC", "USDC"],
            expiries: &[7, 35],
            strikes: &[80, 100, 125],
            futures: &[35],
            loans: false,
            pools: &[],
            free_percent: 50,
        },
    )
}

/// The small market with ranges of liquidity pools in place of `quay` and `vault`: `uniswap-v3/positions/main` on ETH and BTC against USDC, below,
/// around and above the index.
///
/// # Panics
/// As [`snapshot`].
pub fn pools(as_of: u64) -> Snapshot {
    build(
        as_of,
        &Plan {
            shape: "s256",
            harbour: &["BTC", "ETH"],
            quay: &[],
            vault: &[],
            expiries: &[7, 35],
            strikes: &[80, 100, 125],
            futures: &[],
            loans: false,
            pools: &[
                ("BTC", "50000", "75000"),
                ("ETH", "1500", "2000"),
                ("ETH", "2000", "3000"),
                ("ETH", "2450.5", "2550"),
                ("ETH", "3000", "4000"),
            ],
            free_percent: 50,
        },
    )
}

/// The smallest market, on the shape for tests `t32`: `harbour/cross/main` (BTC spot, perpetual, one call, one put,
/// unsettled profit; USD), `vault/segregated/main` (BTC) and `administrator/fund/main` (USD).
///
/// # Panics
/// As [`snapshot`].
pub fn tiny(as_of: u64) -> Snapshot {
    build(
        as_of,
        &Plan {
            shape: "t32",
            harbour: &["BTC"],
            quay: &[],
            vault: &["BTC"],
            expiries: &[35],
            strikes: &[100],
            futures: &[],
            loans: false,
            pools: &[],
            free_percent: 25,
        },
    )
}

/// The market on `o2048`, where the options of each expiry stand in a run: the same four accounts; BTC and ETH options in four
/// expiries of up to 280 days and twenty strikes.
///
/// # Panics
/// As [`snapshot`].
pub fn strikes(as_of: u64) -> Snapshot {
    build(
        as_of,
        &Plan {
            shape: "o2048",
            harbour: &["BTC", "ETH"],
            quay: &["BTC", "ETH", "SOL"],
            vault: &["BTC", "ETH", "SOL", "USD", "USDC"],
            expiries: &[7, 35, 126, 280],
            strikes: &[
                40, 50, 60, 70, 75, 80, 85, 90, 95, 100, 105, 110, 115, 120, 130, 140, 150, 160, 175, 200,
            ],
            futures: &[35, 126, 280],
            loans: true,
            pools: &[],
            free_percent: 50,
        },
    )
}

/// The smallest market with a run, on the shape for tests `r64`: `harbour/cross/main` (BTC spot, perpetual, three strikes of
/// one expiry, unsettled profit; USD) and `administrator/fund/main` (USD).
///
/// # Panics
/// As [`snapshot`].
pub fn strikes_tiny(as_of: u64) -> Snapshot {
    build(
        as_of,
        &Plan {
            shape: "r64",
            harbour: &["BTC"],
            quay: &[],
            vault: &[],
            expiries: &[35],
            strikes: &[80, 100, 125],
            futures: &[],
            loans: false,
            pools: &[],
            free_percent: 25,
        },
    )
}

fn build(as_of: u64, plan: &Plan) -> Snapshot {
    let (from, to) = (INSTANTS.start, INSTANTS.end);
    assert!(
        INSTANTS.contains(&as_of),
        "no made-up market at {as_of}: its instant is a second of the years 2001 to 2098, {from} to {}",
        to - 1
    );
    let first = as_of / DAY * DAY + 8 * 3600;
    let source = 0;
    let price_of: BTreeMap<String, Price> = CURRENCIES
        .iter()
        .map(|(symbol, _, price, _)| ((*symbol).to_owned(), price.parse().expect("a price of the table")))
        .collect();
    let listings = listings(first, plan, &price_of);
    let symbols: BTreeSet<String> = listings
        .iter()
        .flat_map(|l| &l.instruments)
        .flat_map(|i| std::iter::once(i.exposure()).chain(i.settlement_currency()))
        .map(str::to_owned)
        .collect();
    let used = |symbol: &str| symbols.contains(symbol);
    let currencies: Vec<Currency> = CURRENCIES
        .iter()
        .filter(|(symbol, ..)| used(symbol))
        .map(|(symbol, class, ..)| Currency { symbol: (*symbol).to_owned(), class: *class })
        .collect();
    let named = CURRENCIES.iter().filter(|(s, c, ..)| *c == CurrencyClass::Coin && used(s)).map(|c| c.0);
    let rule = CutRule { free_percent: plan.free_percent, min_free_percent: 0, ..CutRule::named(named) }
        .on(plan.shape);
    let universe = Universe::cut("a made-up market", as_of, &currencies, &price_of, listings, &rule)
        .expect("the made-up market fits its shape");
    let mut snapshot = Snapshot {
        as_of,
        sources: vec![Source { name: "made up".into(), digest: None }],
        currencies: BTreeMap::new(),
        quotes: BTreeMap::new(),
        universe,
    };
    for (symbol, _, _, haircut_bps) in CURRENCIES.iter().filter(|(s, ..)| used(s)) {
        let quote =
            CurrencyQuote { price: price_of[*symbol], haircut_bps: *haircut_bps, time: as_of, source };
        snapshot.currencies.insert((*symbol).to_owned(), State::Priced(quote));
    }
    for account in &snapshot.universe.accounts {
        for slot in account.groups.iter().flat_map(|g| &g.slots) {
            if let Some(quote) = quote(as_of, &slot.instrument, &price_of) {
                snapshot.quotes.insert(quote_key(&account.venue, &slot.instrument), State::Priced(quote));
            }
        }
    }
    snapshot.validate().expect("the made-up market holds together");
    snapshot
}

fn listings(first: u64, plan: &Plan, prices: &BTreeMap<String, Price>) -> Vec<Listing> {
    let text = |s: &str| s.to_owned();
    let balance = |symbol: &str| {
        if symbol.starts_with("USD") {
            Instrument::Cash { currency: text(symbol) }
        } else {
            Instrument::Spot { asset: text(symbol) }
        }
    };
    let mut harbour = vec![balance("USD")];
    if !matches!(plan.shape, "t32" | "r64") {
        harbour.extend([balance("USDC"), Instrument::UnsettledPnl { currency: text("USDC") }]);
    }
    for coin in plan.harbour {
        let underlying = text(coin);
        harbour.extend([
            balance(coin),
            Instrument::UnsettledPnl { currency: text(coin) },
            Instrument::Perpetual { underlying: text(coin), settle: Settle::Inverse },
        ]);
        if plan.loans {
            harbour.push(Instrument::Deposit { asset: text(coin) });
            harbour.push(Instrument::Borrow { asset: text(coin) });
        }
        for days in plan.futures {
            let expiry = first + days * DAY;
            harbour.push(Instrument::Future { underlying: text(coin), settle: Settle::Inverse, expiry });
        }
        for days in plan.expiries {
            for percent in plan.strikes {
                for right in [Right::Call, Right::Put] {
                    let spot = prices[*coin];
                    harbour.push(Instrument::Option {
                        underlying: underlying.clone(),
                        settle: Settle::Inverse,
                        expiry: first + days * DAY,
                        strike: Price::new(spot.mantissa() * percent / 100, spot.places())
                            .expect("a strike of the table"),
                        right,
                    });
                }
            }
        }
    }
    let account = |venue: &str, pool: &str, instruments| Listing {
        venue: text(venue),
        pool: text(pool),
        entity: text("main"),
        instruments,
    };
    let mut out = vec![account("harbour", "cross", harbour)];
    if !plan.quay.is_empty() {
        let mut quay = vec![balance("USDT"), Instrument::UnsettledPnl { currency: text("USDT") }];
        if plan.loans {
            quay.push(Instrument::Borrow { asset: text("USDT") });
        }
        for coin in plan.quay {
            let settle = Settle::Linear { currency: text("USDT") };
            quay.push(Instrument::Perpetual { underlying: text(coin), settle });
            quay.push(balance(coin));
        }
        out.push(account("quay", "cross", quay));
    }
    if !plan.pools.is_empty() {
        let range = |(coin, lower, upper): &(&str, &str, &str)| Instrument::LiquidityRange {
            asset: text(coin),
            currency: text("USDC"),
            lower: lower.parse().expect("an end of the table"),
            upper: upper.parse().expect("an end of the table"),
        };
        let coins: BTreeSet<&str> = plan.pools.iter().map(|p| p.0).chain(["USDC"]).collect();
        let mut pools: Vec<Instrument> = coins.into_iter().map(balance).collect();
        pools.extend(plan.pools.iter().map(range));
        out.push(account("uniswap-v3", "positions", pools));
    }
    if !plan.vault.is_empty() {
        out.push(account("vault", "segregated", plan.vault.iter().map(|s| balance(s)).collect()));
    }
    let mut fund = vec![balance("USD")];
    if plan.loans {
        fund.push(balance("USDC"));
        fund.extend(["USD", "USDC"].map(|s| Instrument::Borrow { asset: text(s) }));
    }
    out.push(account("administrator", "fund", fund));
    out
}

/// A quote from a smooth volatility surface and an interest of 4% a year; none for balances.
fn quote(as_of: u64, instrument: &Instrument, prices: &BTreeMap<String, Price>) -> Option<Quote> {
    let spot = prices[instrument.exposure()].to_f64();
    let rounded = |x: f64, places: u8| Price::nearest(x, places).expect("a number of the made-up market");
    let at = |mark: Price, half: f64, places: u8| Quote {
        mark,
        forward: None,
        vol: None,
        bid: Some(rounded(mark.to_f64() * (1.0 - half), places)),
        ask: Some(rounded(mark.to_f64() * (1.0 + half), places)),
        time: as_of,
        source: 0,
    };
    match instrument {
        Instrument::Perpetual { .. } => Some(at(rounded(spot * 1.0004, 2), 0.0002, 2)),
        Instrument::Future { expiry, .. } => {
            Some(at(rounded(spot * (1.0 + 0.04 * years_between(as_of, *expiry)), 2), 0.0003, 2))
        }
        Instrument::Option { settle, expiry, strike, right, .. } => {
            let years = years_between(as_of, *expiry);
            let forward = rounded(spot * (1.0 + 0.04 * years), 2);
            let moneyness = libm::log(strike.to_f64() / forward.to_f64());
            let base = if instrument.exposure() == "BTC" { 0.55 } else { 0.70 };
            let vol =
                rounded(base + 0.10 * moneyness * moneyness - 0.05 * moneyness + 0.03 * (0.3 - years), 4);
            let black = black76(forward.to_f64(), strike.to_f64(), years, vol.to_f64(), *right);
            let mark = match settle {
                Settle::Inverse => rounded(black.price / forward.to_f64(), 6),
                Settle::Linear { .. } => rounded(black.price, 2),
            };
            Some(Quote { forward: Some(forward), vol: Some(vol), ..at(mark, 0.02, 4) })
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests;
