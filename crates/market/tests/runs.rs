//! Options in runs: where they stand, and that coins and gaps are money to the last unit.
#![allow(clippy::print_stderr, missing_docs)]

use mandate_market::import::{Desk, InputFile};
use mandate_market::{
    Account, Currency, CurrencyClass, CutRule, Instrument, Listing, Price, Right, RiskError, Slot, Snapshot,
    State, Universe, arrange, examples, quote_key, risk,
};
use mandate_statement::{RiskPart, Runs, Shape};
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

const AS_OF: u64 = 1_800_000_000;
/// A wide model and the usual one: runs do not depend on columns.
const WIDE: &str = "deribit-pm/1";

fn part_of(made: &Snapshot) -> (&'static Shape, RiskPart) {
    let shape = made.universe.validate().unwrap();
    let model = if shape.scenarios == 40 { WIDE } else { "crypto-usd/1" };
    (shape, risk::compile_as(model, made, shape).unwrap())
}

#[test]
fn options_stand_in_pairs_by_strike() {
    for (made, runs, strikes) in [(examples::strikes(AS_OF), 8, 160), (examples::strikes_tiny(AS_OF), 1, 3)] {
        let shape = made.universe.validate().unwrap();
        let mut seen = BTreeSet::new();
        let mut before = None;
        for found in made.universe.slots().unwrap() {
            assert!(seen.insert(found.index) && before < Some(found.index), "slot {}", found.index);
            before = Some(found.index);
            // Lookups go both ways.
            assert_eq!(made.universe.slot(found.index), Some(found));
            assert_eq!(
                made.universe.find(found.account, &found.slot.instrument.to_string()),
                Some(found.index)
            );
            assert!(made.universe.account_slots(found.account).unwrap().contains(&found.index));
        }
        assert_eq!(seen.len(), made.universe.listed());
        let (mut counted, mut pairs) = (0, 0);
        for (first, group, arrangement) in made.universe.arrangements().unwrap() {
            for run in &arrangement.runs {
                counted += 1;
                pairs += run.pairs.len();
                let start = first + run.strips.start * Runs::STRIP_SLOTS;
                assert!(start.is_multiple_of(Runs::STRIP_SLOTS));
                assert!(
                    !seen.contains(&start) && !seen.contains(&(start + 1)),
                    "the pair for the price zero"
                );
                for (n, pair) in run.pairs.iter().enumerate() {
                    for (slot, listed, right) in [
                        (start + 2 * n + 2, pair.call, Right::Call),
                        (start + 2 * n + 3, pair.put, Right::Put),
                    ] {
                        let found = made.universe.slot(slot).unwrap();
                        assert_eq!(Some(found.slot), listed.map(|i| &group.slots[i]));
                        let Instrument::Option { strike, expiry, right: own, .. } = &found.slot.instrument
                        else {
                            panic!("slot {slot} is no option")
                        };
                        assert_eq!((*strike, *expiry, *own), (pair.strike, run.expiry, right));
                    }
                    assert!(n == 0 || run.pairs[n - 1].strike < pair.strike);
                }
                // Plain instruments and other runs stand outside.
                let end = first + run.strips.end * Runs::STRIP_SLOTS;
                assert_eq!(seen.range(start..end).count(), 2 * run.pairs.len());
            }
        }
        assert_eq!((counted, pairs), (runs, strikes));
        assert!(2 * made.universe.listed() <= shape.slots, "half is free");
    }
    // On a shape without strips nothing moves.
    let made = examples::small(AS_OF);
    let shape = made.universe.shape().unwrap();
    let groups = made.universe.accounts.iter().flat_map(|a: &Account| &a.groups);
    for group in groups {
        let a = arrange(shape, &group.slots);
        assert!(a.runs.is_empty() && a.offsets.iter().copied().eq(0..group.slots.len()));
    }
}

/// A run has a pair for the price zero and one for every strike, also where that fills a strip or goes one over.
#[test]
fn runs_do_not_run_into_each_other() {
    let shape = Shape::by_name("o2048").unwrap();
    for (n, strips) in [(1, 1), (7, 1), (8, 2), (15, 2), (16, 3), (40, 6)] {
        let name = |date: &str, k: usize, right: &str| format!("BTC-{date}-{}-{right}", 50_000 + 1000 * k);
        let option =
            |name: String| Slot { instrument: Instrument::parse_derivative(&name).unwrap(), lot_places: 8 };
        // Puts alone in one run, listed the wrong way round.
        let mut slots: Vec<Slot> = (0..n).map(|k| option(name("26FEB27", n - k, "P"))).collect();
        slots.extend((0..n).flat_map(|k| ["C", "P"].map(|right| option(name("19FEB27", k, right)))));
        slots.push(Slot { instrument: Instrument::Spot { asset: "BTC".into() }, lot_places: 8 });
        let a = arrange(shape, &slots);
        assert_eq!(
            a.runs.iter().map(|r| r.strips.clone()).collect::<Vec<_>>(),
            [1..1 + strips, 1 + strips..1 + 2 * strips]
        );
        assert_eq!(a.needed, (1 + 2 * strips) * Runs::STRIP_SLOTS);
        assert_eq!(a.offsets.iter().collect::<BTreeSet<_>>().len(), slots.len(), "{n} strikes");
        for (offset, slot) in a.offsets.iter().zip(&slots) {
            let strip = offset / Runs::STRIP_SLOTS;
            match slot.instrument.expiry() {
                None => assert_eq!(*offset, 0),
                Some(expiry) => {
                    let run = a.runs.iter().find(|r| r.expiry == expiry).unwrap();
                    assert!(run.strips.contains(&strip), "{} of {n} strikes at {offset}", slot.instrument);
                    assert!(offset - run.strips.start * Runs::STRIP_SLOTS >= 2, "the price zero");
                }
            }
        }
    }
}

/// `units * 10^-18`, exactly, of a price.
fn fine(price: Price) -> i128 {
    i128::from(price.mantissa()) * 10i128.pow(u32::from(18 - price.places()))
}

/// At the price zero and at every strike, what is summed along a run is what the options pay, in whole money units.
#[test]
fn coins_and_gaps_are_payoffs() {
    let mut checked = 0;
    for made in [examples::strikes(AS_OF), examples::strikes_tiny(AS_OF)] {
        let (_, part) = part_of(&made);
        for (first, group, arrangement) in made.universe.arrangements().unwrap() {
            for (r, run) in arrangement.runs.iter().enumerate() {
                let start = (first / Runs::STRIP_SLOTS + run.strips.start) * Runs::STRIP_PAIRS;
                let end = start + run.strips.len() * Runs::STRIP_PAIRS;
                let q = |slot: usize| (slot as i128 * 7919 + r as i128 * 13) % 2001 - 1000;
                // Strike of every pair, as the gaps say it.
                let strikes: Vec<i128> = (start..end)
                    .scan(0, |k, p| {
                        *k += i128::from(part.runs.gap[p]);
                        Some(*k)
                    })
                    .collect();
                for at in start..end {
                    let mut summed = 0;
                    for p in start..end {
                        let ticks = strikes[at - start] - strikes[p - start];
                        summed += i128::from(part.runs.coins[2 * p]) * q(2 * p) * ticks.max(0);
                        summed += i128::from(part.runs.coins[2 * p + 1]) * q(2 * p + 1) * (-ticks).max(0);
                    }
                    // The same from the instruments: lots times lot times how far they are in the money, in 10^-10 USD.
                    let n = at - start;
                    let price =
                        if n == 0 { 0 } else { fine(run.pairs[(n - 1).min(run.pairs.len() - 1)].strike) };
                    let mut paid = 0;
                    for (n, pair) in run.pairs.iter().enumerate() {
                        for (slot, listed, sign) in
                            [(2 * (start + n + 1), pair.call, 1), (2 * (start + n + 1) + 1, pair.put, -1)]
                        {
                            let lot = u32::try_from(group.slots[listed.unwrap()].lot_places).unwrap();
                            let inside = ((price - fine(pair.strike)) * sign).max(0);
                            paid += q(slot) * inside / 10i128.pow(8 + lot);
                            assert_eq!(inside % 10i128.pow(8 + lot), 0, "no whole unit");
                        }
                    }
                    assert_eq!(summed, paid, "pair {n} of {}", run.underlying);
                    checked += 1;
                }
                // Carried inside, not before; in use at the last strip; spare pairs repeat the last strike and hold nothing.
                let strips = start / Runs::STRIP_PAIRS..end / Runs::STRIP_PAIRS;
                for s in strips.clone() {
                    assert_eq!(part.runs.carry[s], s > strips.start);
                    assert_eq!(part.runs.used[s], s + 1 == strips.end);
                }
                for p in start + 1 + run.pairs.len()..end {
                    assert_eq!((part.runs.gap[p], part.runs.cover[p]), (0, 0));
                    assert_eq!(part.runs.coins[2 * p..2 * p + 2], [0, 0]);
                }
                assert_eq!((part.runs.gap[start], part.runs.cover[start]), (0, 0));
                // A lot of 10^-8 BTC is 6,000,000 units at 60,000 USD, one of 10^-7 ETH 2,500,000 at 2,500.
                let cover = if run.underlying == "BTC" { 6_000_000 } else { 2_500_000 };
                assert!((start + 1..=start + run.pairs.len()).all(|p| part.runs.cover[p] == cover));
            }
        }
        let in_runs: i64 = part.runs.coins.iter().map(|c| i64::from(*c != 0)).sum();
        let options =
            made.universe.slots().unwrap().filter(|s| matches!(s.slot.instrument, Instrument::Option { .. }));
        assert_eq!(
            usize::try_from(in_runs).unwrap(),
            options.count(),
            "every option and nothing else has coins"
        );
    }
    assert!(checked > 150, "{checked}");
}

/// A strike without prices stays a strike; an expiry without prices is not in use.
#[test]
fn what_has_no_price_pays_nothing() {
    let mut made = examples::strikes_tiny(AS_OF);
    let (_, whole) = part_of(&made);
    let names: Vec<(usize, String)> = made
        .universe
        .slots()
        .unwrap()
        .filter(|s| matches!(s.slot.instrument, Instrument::Option { .. }))
        .map(|s| (s.index, quote_key("harbour", &s.slot.instrument)))
        .collect();
    let gone = || State::Unpriced { why: "for this test".into() };
    made.quotes.insert(names[2].1.clone(), gone());
    let (_, part) = part_of(&made);
    assert_eq!(part.runs.gap, whole.runs.gap);
    for slot in 0..part.runs.coins.len() {
        let wanted = if slot == names[2].0 { 0 } else { whole.runs.coins[slot] };
        assert_eq!(part.runs.coins[slot], wanted, "slot {slot}");
    }
    assert_eq!(names[2].0 % 2, 0, "a call");
    assert_eq!((part.runs.cover[names[2].0 / 2], whole.runs.cover[names[2].0 / 2]), (0, 6_000_000));
    assert_eq!(part.runs.used, whole.runs.used);
    for (_, key) in &names {
        made.quotes.insert(key.clone(), gone());
    }
    let (_, part) = part_of(&made);
    assert!(part.runs.used.iter().all(|u| !u) && part.runs.coins.iter().all(|c| *c == 0));
    assert_eq!((part.runs.carry, part.runs.gap), (whole.runs.carry, whole.runs.gap));
}

/// The made-up market with other strikes.
fn with_strikes(from: &str, to: &str) -> Result<RiskPart, RiskError> {
    let json = examples::strikes_tiny(AS_OF).to_json();
    let named = |strike: &str| strike.replace('.', "d");
    let json = json
        .replace(&format!("\"{from}\""), &format!("\"{to}\""))
        .replace(&format!("-{}-C", named(from)), &format!("-{}-C", named(to)))
        .replace(&format!("-{}-P", named(from)), &format!("-{}-P", named(to)));
    let made = Snapshot::from_bytes(json.as_bytes()).unwrap_or_else(|e| panic!("{e}"));
    risk::compile(&made, made.universe.shape().unwrap())
}

#[test]
fn a_strike_with_too_many_digits_is_refused() {
    // Lots of 10^-8 coin leave two digits of 10^-10 USD for strikes.
    let part = with_strikes("48000", "48000.25").unwrap();
    let coins: BTreeSet<i64> = part.runs.coins.iter().copied().collect();
    assert_eq!(coins, BTreeSet::from([0, 1]));
    assert!(part.runs.gap.contains(&4_800_025) && part.runs.gap.contains(&1_199_975));
    assert_eq!(with_strikes("48000", "48001").unwrap().runs.coins.iter().max(), Some(&100));
    let error = with_strikes("48000", "48000.125").unwrap_err();
    let RiskError::Strike { digits: 3, places: 10, .. } = &error else { panic!("{error}") };
    for part in ["48000d125-C", "0.00000001", "up to 3 digits", "larger lot"] {
        assert!(error.to_string().contains(part), "{part}: {error}");
    }
}

/// Linear options settle in a currency whose price has digits too: lots are cut so that all of it is whole.
#[test]
fn lots_leave_room_for_strikes_and_settlement() {
    let price = |text: &str| text.parse::<Price>().unwrap();
    let prices: BTreeMap<String, Price> =
        [("BTC", "60000"), ("USD", "1"), ("USDC", "0.9998")].map(|(s, p)| (s.to_owned(), price(p))).into();
    let currencies: Vec<Currency> =
        [("BTC", CurrencyClass::Coin), ("USD", CurrencyClass::Fiat), ("USDC", CurrencyClass::Stable)]
            .map(|(s, class)| Currency { symbol: s.to_owned(), class })
            .into();
    let names = [
        "BTC_USDC-19FEB27-48000-C",
        "BTC_USDC-19FEB27-48000d5-P",
        "BTC_USDC-26FEB27-48000-C",
        "BTC-19FEB27-48000-C",
    ];
    let cut = |shape: &str| {
        let mut instruments = names.map(|n| Instrument::parse_derivative(n).unwrap()).to_vec();
        instruments.push(Instrument::Spot { asset: "BTC".into() });
        let listing = Listing { venue: "a".into(), pool: "b".into(), entity: "c".into(), instruments };
        Universe::cut("x", AS_OF, &currencies, &prices, vec![listing], &CutRule::named(["BTC"]).on(shape))
            .unwrap()
    };
    let lots = |universe: &Universe| -> Vec<i8> {
        let of =
            |name: &str| universe.slots().unwrap().find(|s| s.slot.instrument.to_string() == name).unwrap();
        names.iter().chain(&["BTC"]).map(|n| of(n).slot.lot_places).collect()
    };
    assert_eq!(lots(&cut("o2048")), [5, 5, 6, 8, 8]);
    assert_eq!(lots(&cut("s256")), [8; 5]);
}

/// Whoever changes where options stand, or what they pay, changes these.
#[test]
fn markets_with_runs_are_pinned() {
    let mut found = String::new();
    for made in [examples::strikes(AS_OF), examples::strikes_tiny(AS_OF)] {
        let (shape, part) = part_of(&made);
        let digests = [made.digest().short(), made.universe.digest().short(), part.digest().short()];
        found.push_str(&format!("{} {}\n", shape.name, digests.join(" ")));
    }
    assert_eq!(found, PINNED, "{found}");
}
const PINNED: &str = "\
o2048 a5dd63c96db4 16143a544ee6 c45423210177
r64 05e20597e841 f71964b7087b 279491a0dcc1
";

#[test]
fn a_run_is_said_in_words() {
    let made = examples::strikes_tiny(AS_OF);
    let (shape, part) = part_of(&made);
    let text = risk::explain_runs(&part, &made).unwrap();
    for words in
        ["harbour/cross/main BTC 19FEB27: 3 strikes, 4 spare pairs", "48000  gap      48000", "6000000"]
    {
        assert!(text.contains(words), "{words}: {text}");
    }
    let call =
        made.universe.slots().unwrap().find(|s| s.slot.instrument.to_string().ends_with("-60000-C")).unwrap();
    let slot = risk::explain_slot(&part, &made, call.index).unwrap();
    assert!(slot.contains("strike 12000 ticks above the one before it; a lot pays 100 units"), "{slot}");
    assert!(risk::explain_slot(&part, &made, shape.slots - 1).unwrap().contains("must stay empty"));
    let plain = examples::small(AS_OF);
    let part = risk::compile(&plain, plain.universe.shape().unwrap()).unwrap();
    assert_eq!(risk::explain_runs(&part, &plain).unwrap(), "");
}

fn file(path: &str) -> Option<InputFile> {
    let root = std::env::var_os("MANDATE_DATA").map_or_else(
        || PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data")),
        PathBuf::from,
    );
    let path = root.join(path);
    if !path.exists() {
        eprintln!("skipped: there is no {}", path.display());
        return None;
    }
    Some(InputFile::read(&path).unwrap())
}

/// The whole BTC chain of the stress day, with futures, perpetual, custody and administrator, on `o2048`.
#[test]
fn the_real_chain_stands_in_runs() {
    let Some(chain) = file("unlicensed/options/deribit_chain_btc_eth_20260205T212937Z.csv") else { return };
    let desk = Desk {
        chain: Some(chain),
        perpetuals: file("unlicensed/market/deribit_perpetual_prices_at_snapshots.csv"),
        futures: file("unlicensed/market/deribit_term_futures_marks_at_snapshots.csv"),
        collateral: file("open/market/binance_collateral_assets_prices_haircuts_2025.csv"),
        only: vec!["BTC".into()],
        shape: Some("o2048".into()),
        ..Desk::default()
    };
    let made = desk.import().unwrap().snapshot;
    let (shape, part) = part_of(&made);
    let (mut runs, mut strikes, mut strips, mut options) = (0, 0, 0, 0);
    for (_, _, arrangement) in made.universe.arrangements().unwrap() {
        runs += arrangement.runs.len();
        for run in &arrangement.runs {
            strikes += run.pairs.len();
            strips += run.strips.len();
            options += run.pairs.iter().flat_map(|p| [p.call, p.put]).flatten().count();
        }
    }
    let free = shape.slots - made.universe.listed();
    eprintln!(
        "{} listed, {free} of {} slots free; {options} options of {runs} expiries at {strikes} strikes on {strips} of {} strips; risk part {}",
        made.universe.listed(),
        shape.slots,
        shape.strips,
        part.digest().short()
    );
    assert_eq!(options, 902);
    assert!(2 * free >= shape.slots, "{free} free");
    for words in risk::explain_runs(&part, &made).unwrap().lines().filter(|l| l.starts_with("slots")) {
        eprintln!("{words}");
    }
    let none = Desk { only: vec!["DOGE".into()], ..desk };
    assert!(none.import().err().unwrap().to_string().contains("the chain has no options on `DOGE`"));
}
