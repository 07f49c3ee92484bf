//! Venues' own reports: made-up ones, and real ones where the data folder is there.

use mandate_book::{BookError, Records, SlotIndex, SlotInfo, SlotKind, read, resolve};
use mandate_numeric::Decimal;
use mandate_statement::{Digest, Shape, keccak};
use std::collections::BTreeMap;
use std::ops::Range;

/// A universe of one account `a` on `t32`, made for one test. Lots of `1e-8`, marks as given.
struct Slots {
    listed: Vec<(&'static str, SlotKind, Option<&'static str>)>,
}

impl SlotIndex for Slots {
    fn shape(&self) -> &'static Shape {
        Shape::by_name("t32").unwrap()
    }
    fn universe(&self) -> Digest {
        keccak(b"test")
    }
    fn as_of(&self) -> u64 {
        1
    }
    fn accounts(&self) -> Vec<String> {
        vec!["a".into()]
    }
    fn slots(&self, _: u16) -> Range<usize> {
        0..32
    }
    fn slot(&self, _: u16, instrument: &str) -> Option<SlotInfo> {
        let slot = self.listed.iter().position(|(name, ..)| *name == instrument)?;
        let (name, kind, _) = &self.listed[slot];
        let lot_places = if name.contains('-') { 5 } else { 8 };
        Some(SlotInfo { slot, lot_places, kind: kind.clone(), priced: true })
    }
    fn names(&self, _: u16) -> Vec<String> {
        self.listed.iter().map(|(name, ..)| (*name).to_owned()).collect()
    }
    fn mark(&self, slot: usize) -> Option<Decimal> {
        self.listed[slot].2.map(|m| m.parse().unwrap())
    }
}

fn linear(currency: &str) -> SlotKind {
    SlotKind::Linear { currency: currency.into() }
}
fn inverse(currency: &str) -> SlotKind {
    SlotKind::Inverse { currency: currency.into() }
}
fn venue(text: &str) -> Result<Records, BookError> {
    let mut options = read::VenueOptions::default();
    options.contract_sizes.insert("ETH-USD-210430".into(), "10".parse().unwrap());
    read::venue("report.json", text.as_bytes(), "a", &options)
}
/// Instrument to quantity in lots, of a report.
fn lots(text: &str, slots: &Slots) -> BTreeMap<&'static str, i64> {
    let records = venue(text).unwrap_or_else(|e| panic!("{e}"));
    let (book, _) = resolve(&records, slots, &Default::default()).unwrap_or_else(|e| panic!("{e}"));
    let account = book.account(0).unwrap();
    slots
        .listed
        .iter()
        .enumerate()
        .map(|(i, (name, ..))| (*name, account.lots(i).unwrap()))
        .filter(|(_, q)| *q != 0)
        .collect()
}
fn data(name: &str) -> Option<String> {
    let root = std::env::var_os("MANDATE_DATA").map_or_else(
        || std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data"),
        std::path::PathBuf::from,
    );
    let text = std::fs::read_to_string(root.join("open/accounts").join(name)).ok();
    if text.is_none() {
        #[allow(clippy::print_stderr)]
        {
            eprintln!("skipped: `{name}` is not in the data folder (MANDATE_DATA)");
        }
    }
    text
}

#[test]
fn unified_positions() {
    let slots = Slots {
        listed: vec![
            ("BTC-PERPETUAL", inverse("BTC"), Some("50000")),
            ("ETH_USDT-PERPETUAL", linear("USDT"), Some("2000")),
            ("BTC-28MAR25-70000-P", SlotKind::Option, None),
            ("PNL:BTC", SlotKind::UnsettledPnl, None),
            ("PNL:USDT", SlotKind::UnsettledPnl, None),
        ],
    };
    let text = r#"[
        {"symbol": "BTC/USD:BTC", "side": "short", "contracts": 250, "contractSize": 10, "entryPrice": 40000},
        {"symbol": "ETH/USDT:USDT", "side": "long", "contracts": "3", "contractSize": 0.1, "entryPrice": 1990},
        {"symbol": "BTC/USD:BTC-250328-70000-P", "side": "short", "contracts": 1.5, "contractSize": 1, "entryPrice": 0.01},
        {"symbol": "GONE/USD:GONE-200101", "side": "long", "contracts": 0, "contractSize": 1}
    ]"#;
    let held = lots(text, &slots);
    // -2500 (1/40000 - 1/50000) = -0.0125; 0.3 (2000 - 1990) = 3.
    let wanted = [
        ("BTC-PERPETUAL", -250_000_000),
        ("ETH_USDT-PERPETUAL", 30_000),
        ("BTC-28MAR25-70000-P", -150_000),
        ("PNL:BTC", -1_250_000),
        ("PNL:USDT", 300_000_000),
    ];
    assert_eq!(held, BTreeMap::from(wanted));
    for (wrong, why) in [
        (text.replace("\"contractSize\": 10,", ""), "report.json:2: `BTC/USD:BTC` is counted in contracts"),
        (text.replace("\"contracts\": \"3\"", "\"contracts\": \"-3\""), "is long with a negative count"),
        (text.replace("ETH/USDT:USDT", "ETH/USDT"), "`ETH/USDT` is not an instrument this reads"),
        (text.replace("\"short\"", "\"sideways\""), "side `sideways` must be"),
    ] {
        let told = venue(&wrong).err().unwrap().to_string();
        assert!(told.contains(why), "{told}");
    }
}

#[test]
fn hedge_legs_meet_and_repeated_legs_do_not() {
    let slots = Slots {
        listed: vec![
            ("BTC_USDT-PERPETUAL", linear("USDT"), Some("60000")),
            ("PNL:USDT", SlotKind::UnsettledPnl, None),
        ],
    };
    let leg = |side: &str, amount: &str| {
        format!(
            r#"{{"symbol":"BTCUSDT","positionAmt":"{amount}","entryPrice":"59000","positionSide":"{side}"}}"#
        )
    };
    let held = lots(&format!("[{},{}]", leg("LONG", "3"), leg("SHORT", "-1")), &slots);
    assert_eq!(held, BTreeMap::from([("BTC_USDT-PERPETUAL", 200_000), ("PNL:USDT", 200_000_000_000)]));
    for pair in [("LONG", "3", "LONG", "1"), ("BOTH", "3", "LONG", "1")] {
        let text = format!("[{},{}]", leg(pair.0, pair.1), leg(pair.2, pair.3));
        let told = resolve(&venue(&text).ok().unwrap(), &slots, &Default::default()).err().unwrap();
        assert!(matches!(told, BookError::Duplicate { .. }), "{told}");
    }
    assert!(venue(&format!("[{}]", leg("LONG", "-3"))).is_err());
}

#[test]
fn unified_balances_prefer_the_venues_own_word() {
    let slots = Slots {
        listed: vec![
            ("BTC", SlotKind::Balance, None),
            ("USDT", SlotKind::Balance, None),
            ("BORROW:USDT", SlotKind::Borrow, None),
            ("PNL:BTC", SlotKind::UnsettledPnl, None),
        ],
    };
    let held = lots(r#"{"total": {"BTC": 1.5, "USDT": 0, "XYZ": null}, "debt": {"USDT": 20}}"#, &slots);
    assert_eq!(held, BTreeMap::from([("BTC", 150_000_000), ("BORROW:USDT", -2_000_000_000)]));
    let deribit = r#"{"info": {"jsonrpc": "2.0", "result": {"currency": "BTC", "balance": 2, "equity": 9,
        "futures_session_upl": 0, "futures_session_rpl": -0.25}}, "total": {"BTC": 9}}"#;
    assert_eq!(lots(deribit, &slots), BTreeMap::from([("BTC", 200_000_000), ("PNL:BTC", -25_000_000)]));
    let debt = r#"{"total": {"BTC": 1}, "debt": {"XYZ": 1}}"#;
    let told = resolve(&venue(debt).ok().unwrap(), &slots, &Default::default()).err().unwrap().to_string();
    assert!(
        told.contains("no instrument `BORROW:XYZ`")
            && told.contains("could lose") | told.contains("can lose"),
        "{told}"
    );
}

#[test]
fn a_summary_with_open_positions_needs_them() {
    let slots = Slots {
        listed: vec![
            ("BTC", SlotKind::Balance, None),
            ("BTC-PERPETUAL", inverse("BTC"), Some("50000")),
            ("BTC-28MAR25-70000-P", SlotKind::Option, None),
            ("ETH-PERPETUAL", inverse("ETH"), Some("2000")),
            ("PNL:BTC", SlotKind::UnsettledPnl, None),
            ("PNL:ETH", SlotKind::UnsettledPnl, None),
        ],
    };
    let summary = |more: &str| {
        format!(r#"{{"currency": "BTC", "balance": 2, "equity": 2.5, "futures_session_rpl": 0{more}}}"#)
    };
    let position = |name: &str, size: &str| {
        format!(r#"{{"instrument_name": "{name}", "size": {size}, "floating_profit_loss": 0}}"#)
    };
    let (option, future) = (position("BTC-28MAR25-70000-P", "-3"), position("BTC-PERPETUAL", "10"));
    let other = position("ETH-PERPETUAL", "10");
    let go = |records: Records| resolve(&records, &slots, &Default::default()).map(|(_, report)| report);
    let with = |summary: &str, positions: &[&str]| {
        // The two reports merged, and in one list: the same.
        let list = format!("[{}]", positions.join(","));
        let mut records = venue(summary).unwrap_or_else(|e| panic!("{e}"));
        records.merge(venue(&list).unwrap_or_else(|e| panic!("{e}")));
        let merged = go(records);
        let together = go(venue(&format!("[{list}, {summary}]")).unwrap_or_else(|e| panic!("{e}")));
        assert_eq!(merged.is_ok(), together.is_ok(), "{summary} {list}");
        merged
    };
    let options = summary(r#", "options_value": -0.5, "maintenance_margin": 0.3"#);
    let told = go(venue(&options).ok().unwrap()).unwrap_err().to_string();
    assert!(
        told.contains("the summary of `BTC` shows open options (`options_value`)")
            && told.contains("balances alone would leave them out; bring the positions too"),
        "{told}"
    );
    assert!(!told.contains("0.5"), "{told}");
    assert!(with(&options, &[&option]).is_ok());
    for positions in [&[][..], &[future.as_str()], &[other.as_str()]] {
        assert!(matches!(with(&options, positions), Err(BookError::OpenPositions { .. })), "{positions:?}");
    }
    let futures = summary(r#", "futures_session_upl": "0.25""#);
    assert!(with(&futures, &[&option]).is_err());
    assert!(with(&futures, &[&option, &future]).is_ok());
    for more in [r#", "maintenance_margin": 0.3"#, r#", "delta_total": -1.5"#] {
        let summary = summary(more);
        assert!(with(&summary, &[]).is_err() && with(&summary, &[&other]).is_err(), "{more}");
        assert!(with(&summary, &[&future]).is_ok(), "{more}");
    }
    // Margin that is shared between currencies may be another one's; orders alone take initial margin.
    let shared = summary(r#", "maintenance_margin": 0.3, "margin_model": "cross_sm""#);
    assert!(with(&shared, &[]).is_err() && with(&shared, &[&other]).is_ok());
    let orders = summary(r#", "initial_margin": 0.3"#);
    assert!(go(venue(&orders).ok().unwrap()).is_err() && with(&orders, &[]).is_ok());
    // A summary goes with its account when that gets another name.
    let mut records = venue(&options).ok().unwrap();
    records.rename(&BTreeMap::from([("a".into(), "b".into())]));
    records.rename(&BTreeMap::from([("b".into(), "a".into())]));
    assert!(go(records).is_err());
    // Nothing is open: that no positions were read is noted all the same.
    let flat = summary(r#", "options_value": 0, "delta_total": 2.50000001"#);
    let note = "report.json:1: balances only: no positions were read of `a`";
    assert_eq!(go(venue(&flat).ok().unwrap()).unwrap().notes, [note]);
    assert!(with(&flat, &[]).unwrap().notes.is_empty());
    for balances in [
        r#"{"total": {"BTC": 1.5}}"#,
        r#"{"userAssets": [{"asset": "BTC", "free": 1}]}"#,
        r#"{"data": [{"details": [{"ccy": "BTC", "cashBal": "1"}]}]}"#,
    ] {
        let notes = go(venue(balances).ok().unwrap()).unwrap().notes;
        assert!(notes.iter().any(|n| n.contains("balances only")), "{balances}: {notes:?}");
    }
}

#[test]
fn real_deribit_positions_through_ccxt() {
    let Some(text) = data("deribit_ccxt_fetch_positions_20220420.json") else { return };
    let slots = Slots {
        listed: vec![
            ("BTC-22APR22-38000-P", SlotKind::Option, None),
            ("BTC-29APR22-36000-P", SlotKind::Option, None),
        ],
    };
    let wanted = [("BTC-22APR22-38000-P", -30_000), ("BTC-29APR22-36000-P", -10_000)];
    assert_eq!(lots(&text, &slots), BTreeMap::from(wanted));
    // The unified fields say the same when the venue's own are taken away.
    let bare = text.replace("\"info\"", "\"dropped\"");
    assert_eq!(lots(&bare, &slots), BTreeMap::from(wanted));
    // A short option that no slot takes is refused.
    let empty = Slots { listed: vec![("BTC", SlotKind::Balance, None)] };
    let open = mandate_book::Options { ignore_unlisted_assets: true, ..Default::default() };
    let told = resolve(&venue(&text).ok().unwrap(), &empty, &open).err().unwrap();
    assert!(matches!(told, BookError::Unlisted { .. }), "{told}");
}

#[test]
fn real_deribit_summaries() {
    let Some(text) = data("deribit_account_summaries_segregated_sm.json") else { return };
    let slots = Slots {
        listed: vec![
            ("BTC", SlotKind::Balance, None),
            ("ETH", SlotKind::Balance, None),
            ("PNL:BTC", SlotKind::UnsettledPnl, None),
            ("PNL:ETH", SlotKind::UnsettledPnl, None),
            ("BTC-28MAR25-70000-P", SlotKind::Option, None),
            ("ETH-28MAR25-2000-P", SlotKind::Option, None),
            ("BTC-PERPETUAL", inverse("BTC"), Some("50000")),
            ("ETH-PERPETUAL", inverse("ETH"), Some("2000")),
        ],
    };
    // It shows open positions, which its balances would leave out.
    let told = resolve(&venue(&text).ok().unwrap(), &slots, &Default::default()).err().unwrap();
    assert!(matches!(told, BookError::OpenPositions { .. }), "{told}");
    let open = r#"[{"instrument_name": "BTC-28MAR25-70000-P", "size": -1},
        {"instrument_name": "BTC-PERPETUAL", "size": 10}, {"instrument_name": "ETH-PERPETUAL", "size": 10},
        {"instrument_name": "ETH-28MAR25-2000-P", "size": -1}]"#;
    // Balance and session profit add up to the margin balance that the venue states, within its own rounding.
    let held = lots(&format!("[{open}, {text}]"), &slots);
    assert_eq!(held["BTC"], 30_260_065_765);
    assert!((held["BTC"] + held["PNL:BTC"] - 30_262_729_214).abs() <= 1);
    assert_eq!(held["ETH"], 10_000_000_000);
}

#[test]
fn real_hyperliquid_account_value_comes_back_exactly() {
    for name in [
        "hyperliquid_clearinghouse_state_20230327.json",
        "hyperliquid_clearinghouse_state_isolated_2025-08.json",
    ] {
        let Some(text) = data(name) else { return };
        let json: Vec<(&str, &str, &str)> = text
            .split("\"coin\":\"")
            .skip(1)
            .map(|part| {
                let field = |key: &str| {
                    part.split(&format!("\"{key}\":\"")).nth(1).and_then(|t| t.split('"').next()).unwrap()
                };
                (part.split('"').next().unwrap(), field("szi"), field("positionValue"))
            })
            .collect();
        // The venue's mark, from its own position value.
        let mut slots = Slots {
            listed: vec![("USDC", SlotKind::Balance, None), ("PNL:USDC", SlotKind::UnsettledPnl, None)],
        };
        for (coin, size, value) in json {
            let d = |t: &str| t.trim_start_matches('-').parse::<Decimal>().unwrap();
            let (size, value) = (d(size), d(value));
            let mark =
                value.digits() * 10i128.pow(u32::from(12 + size.scale() - value.scale())) / size.digits();
            let name: &'static str = Box::leak(format!("{coin}_USDC-PERPETUAL").into_boxed_str());
            let mark: &'static str = Box::leak(Decimal::new(mark, 12).to_string().into_boxed_str());
            slots.listed.push((name, linear("USDC"), Some(mark)));
        }
        let held = lots(&text, &slots);
        let total = held["USDC"] + held.get("PNL:USDC").copied().unwrap_or(0);
        let stated =
            text.split("\"marginSummary\":{\"accountValue\":\"").nth(1).unwrap().split('"').next().unwrap();
        let stated = stated.parse::<Decimal>().unwrap().to_scaled(8).unwrap();
        assert!((i128::from(total) - stated).abs() <= 2, "{name}: {total} {stated}");
    }
}

#[test]
fn real_binance_and_okx_reports() {
    let listed = vec![
        ("BTC", SlotKind::Balance, None),
        ("BNB", SlotKind::Balance, None),
        ("BORROW:BNB", SlotKind::Borrow, None),
        ("USDT", SlotKind::Balance, None),
        ("BUSD", SlotKind::Balance, None),
        ("ETH", SlotKind::Balance, None),
        ("BTC_USDT-PERPETUAL", linear("USDT"), Some("21123.05052574")),
        ("BTC-25DEC20", inverse("BTC"), Some("11788.66626667")),
        ("ETH-30APR21", inverse("ETH"), Some("2353.849")),
        ("PNL:USDT", SlotKind::UnsettledPnl, None),
        ("PNL:BTC", SlotKind::UnsettledPnl, None),
        ("PNL:ETH", SlotKind::UnsettledPnl, None),
    ];
    let slots = Slots { listed };
    let Some(text) = data("binance_usdm_position_risk_v3.json") else { return };
    // The venue states -1.06214947.
    assert_eq!(
        lots(&text, &slots),
        BTreeMap::from([("BTC_USDT-PERPETUAL", 100), ("PNL:USDT", -106_214_948)])
    );
    let held = lots(&data("binance_coinm_position_risk.json").unwrap(), &slots);
    // The venue states 0.00005866 BTC.
    assert_eq!(held, BTreeMap::from([("BTC-25DEC20", 10_000_000), ("PNL:BTC", 5_866)]));
    let held = lots(&data("binance_usdm_account_v2.json").unwrap(), &slots);
    assert_eq!(held, BTreeMap::from([("USDT", 2_372_469_206), ("BUSD", 10_312_345_678)]));
    let held = lots(&data("binance_cross_margin_account.json").unwrap(), &slots);
    let wanted = [("BTC", 499_500), ("BNB", 234_650_000_000), ("BORROW:BNB", -20_166_666_672)];
    assert_eq!(held, BTreeMap::from(wanted));
    let held = lots(&data("okx_positions.json").unwrap(), &slots);
    assert_eq!(held["ETH-30APR21"], 1_000_000);
    let text = data("okx_account_balance.json").unwrap();
    let down = mandate_book::Options { rounding: mandate_book::Rounding::Down, ..Default::default() };
    let told = resolve(&venue(&text).ok().unwrap(), &slots, &Default::default()).err().unwrap().to_string();
    assert!(told.contains("has 12 decimals, the lot is 1e-8"), "{told}");
    let (book, report) =
        resolve(&venue(&text).ok().unwrap(), &slots, &down).unwrap_or_else(|e| panic!("{e}"));
    assert_eq!(book.account(0).unwrap().lots(3), Some(485_043_569_362));
    assert_eq!(book.account(0).unwrap().lots(9), Some(-754_560_001));
    assert_eq!(report.rounded.len(), 2);
    // A report of something else says what would be right.
    let told = venue(&data("okx_account_greeks.json").unwrap()).err().unwrap().to_string();
    assert!(told.contains("wanted OKX positions"), "{told}");
}

#[test]
fn real_ccxt_balance_with_noise_in_its_digits() {
    let Some(text) = data("derive_ccxt_fetch_balance_2025-01.json") else { return };
    let start = text.find("\"parsedResponse\":").unwrap() + "\"parsedResponse\":".len();
    let end = text.rfind('}').unwrap();
    let slots = Slots { listed: vec![("ETH", SlotKind::Balance, None)] };
    assert_eq!(lots(&text[start..end], &slots), BTreeMap::from([("ETH", 10_000_000)]));
}

/// Positions in pools: two on one range are one holding, from either side of the pool and in either form of ticks; fees that wait go to
/// the balances; a closed position holds nothing.
#[test]
fn pool_positions_are_ranges_and_their_fees_are_balances() {
    let range = mandate_market::import::range_of(("USDC", "WETH"), (6, 18), (196_250, 201_360)).unwrap();
    let name: &'static str = range.to_string().leak();
    let slots = Slots {
        listed: vec![
            (name, SlotKind::Balance, None),
            ("ETH", SlotKind::Balance, None),
            ("USDC", SlotKind::Balance, None),
        ],
    };
    let usdc = r#"{"symbol":"USDC","decimals":"6"}"#;
    let weth = r#"{"symbol":"WETH","decimals":18}"#;
    let one = format!(
        r#"{{"token0":{usdc},"token1":{weth},"tickLower":{{"tickIdx":"196250"}},"tickUpper":{{"tickIdx":"201360"}},
        "liquidity":"2500000000000","tokensOwed0":"3000000","tokensOwed1":"500000000000000000"}}"#
    );
    let other = format!(
        r#"{{"token0":{weth},"token1":{usdc},"tickLower":-201360,"tickUpper":-196250,"liquidity":1000000000000,"tokensOwed0":null}}"#
    );
    let closed =
        format!(r#"{{"token0":{weth},"token1":{usdc},"tickLower":0,"tickUpper":10,"liquidity":"0"}}"#);
    for report in [
        format!("[{one},{other},{closed}]"),
        format!(r#"{{"data":{{"positions":[{one},{other},{closed}]}}}}"#),
        format!(r#"{{"positions":[{other},{one}]}}"#),
    ] {
        // 2.5 and 1 units of liquidity in lots of 1e-5; 3 USDC and 0.5 ETH of fees in lots of 1e-8.
        let wanted = BTreeMap::from([(name, 350_000), ("USDC", 300_000_000), ("ETH", 50_000_000)]);
        assert_eq!(lots(&report, &slots), wanted, "{report}");
    }
    for (from, to, why) in [
        (r#""liquidity":"2500000000000""#, r#""liquidity":"-1""#, "raw units"),
        (r#""liquidity":"2500000000000""#, r#""liquidity":"1.5""#, "raw units"),
        (r#""tickIdx":"196250""#, r#""tickIdx":"201360""#, "no range of prices"),
        (r#""tickIdx":"196250""#, r#""tickIdx":"x""#, "must be a tick"),
        (r#""decimals":"6""#, r#""decimals":"7""#, "odd in sum"),
        (r#""decimals":"6""#, r#""decimals":"37""#, "from 0 to 36"),
        (r#""symbol":"USDC""#, r#""symbol":"WBTC""#, "not a coin and a currency"),
    ] {
        let report = format!("[{}]", one.replace(from, to));
        let error = venue(&report).map(|_| ()).expect_err(to).to_string();
        assert!(error.contains(why) && !error.contains("2500000000000"), "{to}: {error}");
    }
}
