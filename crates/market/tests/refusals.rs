//! What is refused, with its reason; and that no bytes panic.
#![allow(missing_docs)]

use mandate_market::import::{Desk, ImportError, InputFile, read_chain, read_collateral, read_gateio};
use mandate_market::{
    CurrencyClass, Gate, Instrument, Price, RiskError, Snapshot, State, UniverseError, examples, quote_key,
    risk,
};
use proptest::prelude::*;

const AS_OF: u64 = 1_800_000_000;
const HEADER: &str = "timestamp,instrument_name,option_type,strike,expiry_datetime,bid_price,ask_price,mark_price,\
                      futures_price,implied_volatility,delta,vega,index_price";
const ROW: &str = "2026-02-05T21:29:37.885165+00:00,BTC-27MAR26-70000-C,call,70000.0,2026-03-27T08:00:00+00:00,0.05,\
                   0.052,0.051,64000.5,0.6,0.4,80.1,63900.25";

fn chain(rows: &[&str]) -> InputFile {
    let text = std::iter::once(HEADER).chain(rows.iter().copied()).collect::<Vec<_>>().join("\n");
    InputFile::of_bytes("made-up.csv", text.into_bytes()).unwrap()
}

#[test]
fn a_bad_field_is_named_with_file_line_column_and_value() {
    assert_eq!(read_chain(&chain(&[ROW])).unwrap().len(), 1);
    for (from, to, column) in [
        ("70000.0", "71000", "strike"),
        ("call", "put", "option_type"),
        ("2026-03-27", "2026-03-28", "instrument_name"),
        ("BTC-27MAR26-70000-C", "BTC", "instrument_name"),
        ("BTC-27MAR26-70000-C", "BTC_USDC-27MAR26-70000-C", "instrument_name"),
        ("64000.5", "nan", "futures_price"),
        ("63900.25", "-1", "index_price"),
        ("0.6,", "inf,", "implied_volatility"),
        ("80.1", "NaN", "vega"),
        ("2026-02-05T21", "2026-02-05T25", "timestamp"),
    ] {
        let changed = ROW.replacen(from, to, 1);
        let error = read_chain(&chain(&[ROW, &changed])).unwrap_err();
        match &error {
            ImportError::Value { file, line: 3, column: c, .. } if file == "made-up.csv" && c == column => {}
            other => panic!("{from} -> {to}: {other}"),
        }
    }
    let twice = read_chain(&chain(&[ROW, ROW])).unwrap_err().to_string();
    assert_eq!(twice, "made-up.csv, line 3, `instrument_name`: `BTC-27MAR26-70000-C` is not listed once");
    let file = InputFile::of_bytes("x.csv", b"timestamp,strike\n1,2\n".to_vec()).unwrap();
    assert!(
        matches!(read_chain(&file).unwrap_err(), ImportError::Column { column, .. } if column == "expiry_datetime")
    );
    assert!(read_chain(&chain(&[])).is_err());
}

#[test]
fn gates_refuse_and_note() {
    let crossed =
        ROW.replace("27MAR26-70000", "27MAR26-71000").replace("70000.0", "71000").replace("0.05,", "0.06,");
    let blind =
        ROW.replace("27MAR26-70000", "27MAR26-72000").replace("70000.0", "72000").replace(",0.6,", ",,");
    let old = ROW
        .replace("27MAR26-70000", "27MAR26-73000")
        .replace("70000.0", "73000")
        .replace("2026-02-05T21:29", "2026-02-05T21:00");
    let lonely =
        ROW.replace("27MAR26-70000", "27MAR26-74000").replace("70000.0", "74000").replace("0.05,", ",");
    let desk = Desk { chain: Some(chain(&[ROW, &crossed, &blind, &old, &lonely])), ..Desk::default() };
    let imported = desk.import().unwrap();
    for (gate, refused) in [
        (Gate::Crossed, true),
        (Gate::MissingVolatility, true),
        (Gate::Stale, true),
        (Gate::OneSided, false),
        (Gate::AssumedAtPar, false),
    ] {
        let found: Vec<_> = imported.report.findings.iter().filter(|f| f.gate == gate).collect();
        assert!(!found.is_empty() && found.iter().all(|f| f.refused == refused), "{gate:?}: {found:?}");
    }
    assert_eq!(imported.report.unpriced, 3);
    let shape = imported.snapshot.universe.shape().unwrap();
    let part = risk::compile(&imported.snapshot, shape).unwrap();
    let slot = imported.snapshot.universe.find(0, "BTC-27MAR26-71000-C").unwrap();
    assert_eq!(part.weights_of(shape, slot).iter().sum::<i64>(), 1);
    assert!(risk::explain_slot(&part, &imported.snapshot, slot).unwrap().contains("bid above ask"));
    let nothing = Desk::default().import();
    assert!(matches!(nothing, Err(ImportError::Missing(_))));
}

#[test]
fn what_an_import_is_asked_must_fit_its_files() {
    let told = |desk: Desk| desk.import().err().expect("this must be refused").to_string();
    let desk = || Desk { chain: Some(chain(&[ROW])), ..Desk::default() };
    let own = desk().import().unwrap().snapshot.as_of;
    assert!(Desk { as_of: Some(own), ..desk() }.import().is_ok());
    let error = told(Desk { as_of: Some(own + 3600), ..desk() });
    assert!(error.contains("leave out `--as-of` beside a chain"), "{error}");
    assert!(told(Desk::default()).contains("`--as-of`"));
    assert!(Desk { named: vec!["BTC".into()], ..desk() }.import().is_ok());
    let error = told(Desk { named: vec!["BTC".into(), "BTX".into()], ..desk() });
    assert!(error.contains("`BTX` is named, and no file lists an instrument on it"), "{error}");
    let error = told(Desk { named: vec!["BTC".into(), "BTC".into()], ..desk() });
    assert!(error.contains("`BTC` is named twice"), "{error}");
}

#[test]
fn a_collateral_list_without_columns_or_rows_is_none() {
    let list = |text: &str| {
        let file = InputFile::of_bytes("list.csv", text.as_bytes().to_vec()).unwrap();
        read_collateral(&file).map(|l| l.len())
    };
    let header = "token,asset_usdt_price,collateral_portfolio_margin_ratio_tiers\n";
    assert_eq!(list(&format!("{header}BTC,60000,[0-3000000:95]\n")).unwrap(), 1);
    for (text, why) in [
        (header, "list.csv: the table has no row below its header"),
        ("", "there is no column `token`"),
        ("token,asset_usdt_price\n", "there is no column `collateral_portfolio_margin_ratio_tiers`"),
    ] {
        let told = list(text).unwrap_err().to_string();
        assert!(told.contains(why), "{told}");
    }
}

#[test]
fn a_lot_below_the_precision_floor_is_named() {
    let mut made = examples::small(AS_OF);
    let State::Priced(btc) = made.currencies.get_mut("BTC").unwrap() else { panic!("priced") };
    btc.price = "10000".parse().unwrap(); // 1,000,000 units a lot, below 2^20
    let shape = made.universe.shape().unwrap();
    let error = risk::compile(&made, shape).unwrap_err();
    assert!(matches!(&error, RiskError::Precision { face: 1_000_000, .. }), "{error}");
    assert!(error.to_string().contains("harbour/cross/main"), "{error}");
    // Unpriced, the same slots are refused to the book instead.
    made.currencies.insert("BTC".into(), State::Unpriced { why: "too cheap".into() });
    assert!(risk::compile(&made, shape).is_ok());
}

/// A group that nothing can be held in is not in use, and its asset is in use only where another account has it.
#[test]
fn what_has_no_price_is_not_in_use() {
    let made = examples::small(AS_OF);
    let shape = made.universe.shape().unwrap();
    let marks = |part: &mandate_statement::RiskPart| {
        let assets: std::collections::BTreeSet<u16> = part.layout.asset.iter().flatten().copied().collect();
        (part.layout.group_used.iter().filter(|u| **u).count(), assets.len())
    };
    let (groups, assets) = marks(&risk::compile(&made, shape).unwrap());
    let own = made.universe.groups().count();
    assert_eq!((groups, assets), (own, made.universe.assets.len()));
    let without = |part: &mandate_statement::RiskPart, asset: &str| {
        let index = made.universe.assets.iter().position(|a| a == asset).unwrap();
        made.universe.groups().filter(|(.., g)| usize::from(g.asset) == index).all(|(account, _, s, _)| {
            s.clone().all(|i| part.layout.asset[i].is_none() && !part.layout.group_used[i])
                && s.clone().all(|i| part.layout.account[i].map(usize::from) == Some(account))
        })
    };
    let mut unpriced = made.clone();
    unpriced.currencies.insert("ETH".into(), State::Unpriced { why: "no index".into() });
    let part = risk::compile(&unpriced, shape).unwrap();
    assert!(without(&part, "ETH") && !without(&part, "BTC"));
    assert_eq!(marks(&part).1, assets - 1);
    // Every usable slot belongs to a group in use and to an asset, cash included.
    for snapshot in [&made, &unpriced, &examples::snapshot(AS_OF), &examples::tiny(AS_OF)] {
        let shape = snapshot.universe.shape().unwrap();
        let part = risk::compile(snapshot, shape).unwrap();
        for slot in (0..shape.slots).filter(|j| part.weights_of(shape, *j)[shape.forbidden_column()] == 0) {
            let segment = slot / shape.segment_len();
            let end =
                (segment + 1..shape.segments).find(|s| !part.layout.carry[*s]).unwrap_or(shape.segments);
            assert!(part.layout.asset[segment].is_some() && part.layout.group_used[end - 1], "slot {slot}");
        }
    }
}

#[test]
fn made_up_markets_have_their_years() {
    for as_of in [examples::INSTANTS.start, examples::INSTANTS.end - 1, AS_OF + 1, AS_OF + 59] {
        for make in [examples::tiny, examples::small, examples::snapshot, examples::large] {
            assert_eq!(make(as_of).as_of, as_of);
        }
    }
    for as_of in [0, 1, examples::INSTANTS.start - 1, examples::INSTANTS.end, u64::MAX] {
        let told =
            *std::panic::catch_unwind(|| examples::tiny(as_of)).unwrap_err().downcast::<String>().unwrap();
        assert!(told.contains("a second of the years 2001 to 2098"), "{told}");
    }
}

#[test]
fn the_numeraire_is_one() {
    let mut made = examples::tiny(AS_OF);
    let State::Priced(usd) = made.currencies.get_mut("USD").unwrap() else { panic!("priced") };
    usd.price = "1.01".parse().unwrap();
    let shape = made.universe.shape().unwrap();
    assert!(matches!(risk::compile(&made, shape), Err(RiskError::Numeraire { .. })));
}

#[test]
fn a_column_too_heavy_is_named() {
    let mut made = examples::tiny(AS_OF);
    let State::Priced(btc) = made.currencies.get_mut("BTC").unwrap() else { panic!("priced") };
    btc.price = "900000000000".parse().unwrap();
    let shape = made.universe.shape().unwrap();
    assert!(matches!(risk::compile(&made, shape), Err(RiskError::ColumnSum { .. })));
}

#[test]
fn an_unlawful_universe_is_refused() {
    let made = examples::snapshot(AS_OF).universe;
    let broken = |change: &dyn Fn(&mut mandate_market::Universe)| {
        let mut universe = made.clone();
        change(&mut universe);
        assert_ne!(universe.digest(), made.digest());
        universe.validate().unwrap_err()
    };
    let twice = broken(&|u| {
        let slot = u.accounts[0].groups[0].slots[0].clone();
        u.accounts[0].groups[0].slots.push(slot);
    });
    assert!(matches!(twice, UniverseError::Twice { what: "instrument", .. }), "{twice}");
    // An underlying split over two groups would escape a limit per group.
    let split = broken(&|u| {
        let slot = u.accounts[0].groups[0].slots.pop().unwrap();
        u.accounts[0].groups[1].slots.push(slot);
    });
    assert!(matches!(split, UniverseError::Instrument { .. }), "{split}");
    let coin_as_cash = broken(&|u| {
        u.accounts[3].groups[0].slots[0].instrument = Instrument::Cash { currency: "BTC".into() }
    });
    assert!(matches!(coin_as_cash, UniverseError::Instrument { .. }), "{coin_as_cash}");
    let peg_lost = broken(&|u| u.currencies[0].class = CurrencyClass::Stable);
    assert!(matches!(peg_lost, UniverseError::Instrument { .. }), "{peg_lost}");
    let crowded = broken(&|u| u.accounts[0].groups[0].segments = 1);
    assert!(matches!(crowded, UniverseError::TooMany { .. }), "{crowded}");
    let sprawling = broken(&|u| u.accounts[0].groups[0].segments = 60_000);
    assert!(matches!(sprawling, UniverseError::TooMany { .. }), "{sprawling}");
    let named = broken(&|u| u.accounts[1].venue = "Quay".into());
    assert!(matches!(named, UniverseError::Name { what: "venue", .. }), "{named}");
    let bare = broken(&|u| u.accounts[2].groups.clear());
    assert!(matches!(&bare, UniverseError::NoGroups(label) if label == "vault/segregated/main"), "{bare}");
    let same = broken(&|u| {
        let first = u.accounts[0].clone();
        u.accounts[1].venue = first.venue;
    });
    assert!(matches!(same, UniverseError::Twice { what: "account", .. }), "{same}");
}

/// A share of a pool of two coins would move with two underlyings, and a slot stands in one: it is refused by both names.
#[test]
fn a_pool_pairs_a_coin_with_a_currency() {
    let made = examples::pools(AS_OF).universe;
    assert!(made.validate().is_ok());
    let paired = |first: Option<&str>, second: &str| {
        let mut universe = made.clone();
        let slots = universe.accounts.iter_mut().flat_map(|a| &mut a.groups).flat_map(|g| &mut g.slots);
        let range = slots.map(|s| &mut s.instrument).find_map(|i| match i {
            Instrument::LiquidityRange { asset, currency, .. } => Some((asset, currency)),
            _ => None,
        });
        let (asset, currency) = range.expect("the market has pools");
        if let Some(first) = first {
            *asset = first.into();
        }
        *currency = second.into();
        universe.validate().unwrap_err().to_string()
    };
    for (first, second) in [(None, "BTC"), (None, "ETH"), (Some("USDC"), "USDT")] {
        let told = paired(first, second);
        assert!(told.contains("of two coins it would move with two underlyings"), "{told}");
        assert!(told.contains(&format!("`{second}`")), "{told}");
    }
}

#[test]
fn a_snapshot_prices_its_universe_and_nothing_else() {
    let made = examples::small(AS_OF);
    let mut missing = made.clone();
    let key = quote_key("harbour", &Instrument::parse_derivative("BTC-PERPETUAL").unwrap());
    let quote = missing.quotes.remove(&key).unwrap();
    assert!(missing.validate().is_err());
    missing.quotes.insert("elsewhere:BTC-PERPETUAL".into(), quote.clone());
    assert!(missing.validate().is_err());
    let mut zero = made;
    let State::Priced(mut quote) = quote else { panic!("priced") };
    quote.mark = Price::ZERO;
    zero.quotes.insert(key, State::Priced(quote));
    assert!(zero.validate().unwrap_err().to_string().contains("must be above zero"));
}

/// One digest for all machines: prices, special functions, rounding and encodings are all in it.
#[test]
fn the_made_up_market_is_pinned() {
    let made = examples::snapshot(AS_OF);
    let part = risk::compile(&made, made.universe.shape().unwrap()).unwrap();
    assert_eq!(
        [made.universe.digest().short(), made.digest().short(), part.digest().short()],
        PINNED.map(str::to_owned)
    );
}
const PINNED: [&str; 3] = ["56573f0dc0b6", "a59736be408f", "ef30a7bace61"];

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn no_bytes_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400), at in 0usize..4000, xor in 1u8..) {
        let _ = Snapshot::from_bytes(&bytes);
        let mut file = examples::tiny(AS_OF).to_bytes();
        let at = at % file.len();
        file[at] ^= xor;
        prop_assert!(Snapshot::from_bytes(&file).is_err());
        let mut json = examples::tiny(AS_OF).to_json().into_bytes();
        let at = at % json.len();
        json[at] ^= xor;
        let _ = Snapshot::from_bytes(&json);
        let input = InputFile::of_bytes("x", bytes).unwrap();
        let _ = (read_chain(&input).is_ok(), read_collateral(&input).is_ok(), read_gateio(&input).is_ok());
    }

    /// Any single field of a chain replaced by any text gives a chain or an error, never a panic.
    #[test]
    fn no_field_panics(field in 0usize..13, text in "[^,\"\r\n]{0,40}") {
        let mut fields: Vec<&str> = ROW.split(',').collect();
        fields[field] = &text;
        let desk = Desk { chain: Some(chain(&[&fields.join(",")])), ..Desk::default() };
        if let Ok(imported) = desk.import() {
            let shape = imported.snapshot.universe.shape().unwrap();
            let _ = risk::compile(&imported.snapshot, shape).is_ok();
        }
    }

    /// Quantities and lots are inverse to each other, and rounding down goes down.
    #[test]
    fn lots_and_quantities_agree(lots in -(1i64 << 47) + 1..1i64 << 47, slot in 0usize..16) {
        let universe = examples::small(AS_OF).universe;
        let slots: Vec<_> = universe.slots().unwrap().map(|s| s.slot.clone()).collect();
        let mut slot = slots[slot % slots.len()].clone();
        for places in [slot.lot_places, -5] {
            slot.lot_places = places;
            let quantity = slot.quantity(lots);
            prop_assert_eq!(slot.lots(quantity).unwrap(), lots);
            prop_assert_eq!(slot.lots_floor(quantity).unwrap(), lots);
        }
        prop_assert!(slot.lots(slot.quantity(1 << 47)).is_err());
        prop_assert!(slot.lots("0.5".parse().unwrap()).is_err());
        prop_assert_eq!(slot.lots_floor("-0.5".parse().unwrap()).unwrap(), -1);
    }
}
