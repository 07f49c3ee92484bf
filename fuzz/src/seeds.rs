//! The inputs that every corpus starts from, made by the project itself. Those named `seed` are accepted by their target.

use crate::envelope::HEADER;
use crate::fixtures::{AS_OF, MANDATE, world};
use crate::targets::TARGETS;
use mandate_attest::attestation_to_bytes;
use mandate_book::examples::{Example, csv};
use mandate_market::{Snapshot, examples};
use mandate_statement::{Kind, encode};

/// Seeds of a target by name, each with a name of its own.
///
/// # Panics
/// If there is no such target.
pub fn of(target: &str) -> Vec<(String, Vec<u8>)> {
    let w = world();
    let one = |bytes: Vec<u8>| vec![("seed".to_owned(), bytes)];
    match target {
        "mandate" => mandates(),
        "names" => names(),
        "accounts" => one(accounts().into_bytes()),
        "snapshot" => vec![
            ("seed-file".to_owned(), w.snapshot.to_bytes()),
            ("seed-json".to_owned(), compact(&w.snapshot)),
        ],
        "import" => imports(),
        "book-table" => one(csv(&examples::small(AS_OF), Example::Lawful).into_bytes()),
        "book-json" => one(BOOK_JSON.trim().as_bytes().to_vec()),
        "book-venue" => venues(),
        "rules" => one(encode(Kind::RulesPart, &w.rules)),
        "risk" => one(encode(Kind::RiskPart, &w.risk)),
        "bundle" => one(encode(Kind::Bundle, &w.bundle)),
        "transparent-bundle" => crate::targets::transparent_seeds(),
        "attestation" => one(attestation_to_bytes(&w.bundle.attestations[0])),
        "opening" => one(w.openings[0].to_bytes().to_vec()),
        "verifying-key" => keys(),
        "proving-key" => one(proving_key()),
        "msm" => sums(),
        other => panic!(
            "no target `{other}`; targets are {:?}",
            TARGETS.iter().map(|t| t.name).collect::<Vec<_>>()
        ),
    }
}

/// Points and scalars (`targets/arith.rs` reads them): equal points, opposite ones, infinity, every kind of scalar.
fn sums() -> Vec<(String, Vec<u8>)> {
    let equal: Vec<u8> = (0..40).flat_map(|_| [0x01, 0xf0, 1]).collect();
    let opposite: Vec<u8> = (0..40u8).flat_map(|i| [0x03 | (i & 1) << 4, 0x30, 1]).collect();
    let kinds: Vec<u8> = (0..16u8)
        .flat_map(|kind| {
            let length = [1, 1, 8, 16, 32, 1, 1, 1][usize::from(kind & 7)];
            let mut item = vec![kind, 0x10 | kind];
            item.extend((0..length).map(|i| 0xe0 | i));
            item
        })
        .collect();
    vec![
        ("seed-equal".to_owned(), equal),
        ("seed-opposite".to_owned(), opposite),
        ("seed-kinds".to_owned(), kinds),
    ]
}

/// JSON without the white space: a third of the size.
fn compact(snapshot: &Snapshot) -> Vec<u8> {
    let json = snapshot.to_json();
    json.lines().map(str::trim_start).collect::<String>().into_bytes()
}

fn mandates() -> Vec<(String, Vec<u8>)> {
    let mut out = vec![("seed".to_owned(), MANDATE.as_bytes().to_vec())];
    let examples = [
        ("bank-group2", include_str!("../../examples/mandates/bank-group2.toml")),
        ("covered-options", include_str!("../../examples/mandates/covered-options.toml")),
        ("delta-neutral", include_str!("../../examples/mandates/delta-neutral.toml")),
        ("leverage-concentration", include_str!("../../examples/mandates/leverage-concentration.toml")),
        ("portfolio-margin", include_str!("../../examples/mandates/portfolio-margin.toml")),
        ("solvency-haircuts", include_str!("../../examples/mandates/solvency-haircuts.toml")),
        ("tiered-margin", include_str!("../../examples/mandates/tiered-margin.toml")),
    ];
    for (name, text) in examples {
        // Comments say nothing to the parser.
        let lines = text.lines().filter(|l| !l.starts_with('#') && !l.trim().is_empty());
        let bare: Vec<&str> = lines.collect();
        out.push((format!("seed-{name}"), format!("{}\n", bare.join("\n")).into_bytes()));
    }
    out
}

fn names() -> Vec<(String, Vec<u8>)> {
    let list = [
        "-1_234.50",
        "0.000000000000000001",
        "1e-8",
        "170141183460469231731687303715884105727",
        "BTC-PERPETUAL",
        "BTC_USDC-27MAR26",
        "XRP_USDC-27MAR26-1d5-P",
        "BTC-27MAR26@1600-70000-C",
        "2026-02-05T21:29:37+00:00",
        "27MAR26",
    ];
    list.iter().enumerate().map(|(i, text)| (format!("seed-{i}"), text.as_bytes().to_vec())).collect()
}

fn accounts() -> String {
    let mut out = String::from("subject = \"Fuzzed fund\"\nversion = 1\n");
    for (entry, grade) in world().accounts.entries.iter().zip(["custodian", "venue", "administrator"]) {
        let name =
            world().snapshot.universe.account_label(usize::from(entry.netting_set)).unwrap_or_default();
        out.push_str(&format!(
            "[[account]]\nnetting_set = \"{name}\"\naccount = \"main\"\nattestor = \"0x{}\"\ngrade = \"{grade}\"\n",
            hex::encode(entry.attestor)
        ));
    }
    out
}

const CHAIN: &str = "timestamp,instrument_name,option_type,strike,expiry_datetime,bid_price,ask_price,mark_price,\
futures_price,implied_volatility,delta,vega,index_price
2026-01-01T12:00:00+00:00,BTC-30JAN26-60000-C,call,60000,2026-01-30T08:00:00+00:00,0.05,0.06,0.055,60500,0.5988,0.5,60,60000
2026-01-01T12:00:00+00:00,BTC-30JAN26-60000-P,put,60000,2026-01-30T08:00:00+00:00,0.04,0.06,0.05,60500,0.6,-0.5,60,60010
";
const GREEKS: &str = "timestamp,expiration_timestamp,instrument_name,option_type,strike,underlying_price,index_price,\
mark_price,mark_iv,best_bid_price,best_ask_price,greeks
1767268800000,1769760000000,ETH-30JAN26-2500-C,call,2500,2510,2500,0.05,59.5,0.04,0.06,\"{'delta': 0.5, 'gamma': 0.001, \
'vega': 2.5, 'theta': None}\"
";
const PERPETUALS: &str = "instrument_name,perp_futures_mark_price,candle_price_timestamp_ms,obs_datetime
BTC-PERPETUAL,60010.5,1767268800000,2026-01-01T12:00:00+00:00
";
const FUTURES: &str = "futures_instrument_name,snapshot_term_mark_price,timestamp
BTC-30JAN26,60500,2026-01-01T12:00:00+00:00
";
const COLLATERAL: &str = "token,asset_usdt_price,collateral_portfolio_margin_ratio_tiers
BTC,60000,\"[0-3000000:95,3000000-4000000:90]\"
USDT,1,[0-18446744073709551615:100]
EUR,1.17,[]
";
const POOLS: &str = "account,token0,token1,decimals0,decimals1,tick_lower,tick_upper
uniswap-v3/positions/main,BTC,USDT,8,6,60000,70000
uniswap-v3/positions/main,USDT,BTC,6,8,-65000,-64000";

const GATEIO: &str = r#"[{"name":"BTC_USDT","mark_price":"60020","index_price":"60000","quanto_multiplier":"0.0001"},
{"name":"ETH_USDT","mark_price":"2502","index_price":"2500","quanto_multiplier":"0.01","in_delisting":true},
{"name":"BTC_USD","mark_price":"1","index_price":"1","quanto_multiplier":"0"}]"#;

fn imports() -> Vec<(String, Vec<u8>)> {
    let chain = format!("c{CHAIN}\n%%\np{PERPETUALS}\n%%\nf{FUTURES}");
    let collateral = format!("b{COLLATERAL}");
    [
        ("chain", chain.clone()),
        ("greeks", format!("c{GREEKS}")),
        ("gateio", format!("g{GATEIO}\n%%\n{collateral}")),
        ("pools", format!("l{POOLS}\n%%\n{collateral}")),
        ("all", format!("{chain}\n%%\n{collateral}\n%%\ng{GATEIO}")),
    ]
    .map(|(name, text)| (format!("seed-{name}"), text.into_bytes()))
    .to_vec()
}

const BOOK_JSON: &str = r#"
{"accounts":{"harbour/cross/main":{"positions":[
{"instrument":"BTC-PERPETUAL","quantity":"-250000","entry_price":"61250.5"},
{"instrument":"ETH-PERPETUAL","quantity":1000,"entry_cost":0.4}],
"cash":{"USD":"1200000.50","BTC":3.25,"\u0045TH":"1e1"}},
"quay/cross/main":{"positions":[{"instrument":"BTC_USDT-PERPETUAL","quantity":2.5e0,"entry_price":60001}]},
"vault/segregated/main":{}}}
"#;

fn venues() -> Vec<(String, Vec<u8>)> {
    let list = [
        (
            "uniswap",
            r#"{"data":{"positions":[{"token0":{"symbol":"USDC","decimals":"6"},"token1":{"symbol":"WETH","decimals":"18"},
"tickLower":{"tickIdx":"196250"},"tickUpper":{"tickIdx":"201360"},"liquidity":"150000000000000","tokensOwed0":"7","tokensOwed1":0},
{"token0":{"symbol":"WBTC","decimals":8},"token1":{"symbol":"USDT","decimals":6},"tickLower":60000,"tickUpper":70000,"liquidity":5}]}}"#,
        ),
        (
            "ccxt",
            r#"[[{"symbol":"BTC/USD:BTC","side":"short","contracts":250,"contractSize":10,"entryPrice":40000},
{"symbol":"ETH/USD:ETH","side":"long","contracts":"3","contractSize":1,"entryPrice":1990}],
{"total":{"BTC":1.5,"USD":20,"XYZ":null},"debt":{"USD":0}}]"#,
        ),
        (
            "binance",
            r#"[[{"symbol":"BTCUSDT","positionAmt":"3","entryPrice":"59000","positionSide":"LONG"},
{"symbol":"BTCUSDT","positionAmt":"-1","entryPrice":"59000","positionSide":"SHORT"}],
{"userAssets":[{"asset":"USDT","free":"5","locked":"1","borrowed":"0","interest":"0","netAsset":"6"}]}]"#,
        ),
        (
            "deribit",
            r#"[{"result":[{"instrument_name":"BTC-PERPETUAL","size":-10,"floating_profit_loss":0.1,"kind":"future"}]},
{"result":{"summaries":[{"currency":"BTC","balance":2,"equity":2.5,"futures_session_rpl":0,"futures_session_upl":"0.25"}]}}]"#,
        ),
        (
            "hyperliquid",
            r#"{"assetPositions":[],"marginSummary":{"accountValue":"5","totalRawUsd":"29000.5"}}"#,
        ),
        (
            "!hyperliquid-positions",
            r#"{"assetPositions":[{"position":{"coin":"BTC","szi":"0.5","entryPx":"60000","unrealizedPnl":"5"},"type":"oneWay"}],
"marginSummary":{"accountValue":"1000","totalRawUsd":"-29000"},"withdrawable":"1"}"#,
        ),
        (
            "okx",
            r#"[{"data":[{"instId":"BTC-USDT-SWAP","pos":"2","posSide":"net","avgPx":"60000","instType":"SWAP"}]},
{"data":[{"details":[{"ccy":"USDT","cashBal":"100","liab":"0","upl":"0"}]}]}]"#,
        ),
    ];
    let name =
        |name: &str| name.strip_prefix('!').map_or_else(|| format!("seed-{name}"), |n| format!("more-{n}"));
    list.iter().map(|(n, text)| (name(n), text.as_bytes().to_vec())).collect()
}

/// Nothing altered; a point replaced by another; the ends of the list.
fn keys() -> Vec<(String, Vec<u8>)> {
    let payload = &world().verifier.key().to_bytes()[HEADER..];
    // The last input point in the place of the one before it: a good key of another id.
    let last = &payload[payload.len() - 64..];
    let mut swap = vec![0x80, 0, 128, 64];
    swap.extend_from_slice(last);
    vec![("seed-good".to_owned(), Vec::new()), ("seed-swap".to_owned(), swap)]
}

fn proving_key() -> Vec<u8> {
    let mut out = b"MANDATEP".to_vec();
    out.extend_from_slice(&1u16.to_le_bytes());
    out.extend_from_slice(&[0, 3]);
    out.extend_from_slice(b"t32");
    out.resize(68, 0);
    // The fixed points of a good verifying key, then a list that says it is of two points.
    let payload = &world().verifier.key().to_bytes()[HEADER..];
    let points = payload.windows(64).position(|w| {
        use ark_serialize::CanonicalSerialize;
        let mut alpha = Vec::new();
        let written = world().verifier.key().points.alpha_g1.serialize_uncompressed(&mut alpha);
        written.is_ok() && w == alpha
    });
    let start = points.unwrap_or(0);
    out.extend_from_slice(&payload[start..start + 64 + 3 * 128]);
    out.extend_from_slice(&2u64.to_le_bytes());
    out.extend_from_slice(&payload[payload.len() - 128..]);
    out
}
