//! Markets and books of the demonstration.

use crate::failure::{At, Failure, fail};
use crate::screen::Screen;
use mandate_book::examples::{Example, csv};
use mandate_market::import::{Desk, InputFile};
use mandate_market::{Instrument, Right, Snapshot};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

/// A market with two books in it, as statements in the project's own table form.
pub struct Scene {
    /// The market.
    pub snapshot: Snapshot,
    /// Keeps the mandate.
    pub lawful: String,
    /// Breaks it.
    pub unlawful: String,
    /// The mandate's name and text.
    pub mandate: (String, String),
}

/// The made-up market with its made-up books.
pub fn made_up(snapshot: Snapshot) -> Scene {
    let lawful = csv(&snapshot, Example::Lawful);
    let unlawful = csv(&snapshot, Example::OverLeveraged);
    let text = include_str!("../../../../examples/demo/fund.toml").to_owned();
    Scene { snapshot, lawful, unlawful, mandate: ("examples/demo/fund.toml".into(), text) }
}

/// Files of the real chain, below the folder of data.
const CHAIN: &str = "unlicensed/options/deribit_chain_btc_eth_20260205T212937Z.csv";
const PERPETUALS: &str = "unlicensed/market/deribit_perpetual_prices_at_snapshots.csv";
const FUTURES: &str = "unlicensed/market/deribit_term_futures_marks_at_snapshots.csv";
const COLLATERAL: &str = "open/market/binance_collateral_assets_prices_haircuts_2025.csv";

/// The Deribit chain of 2026-02-05, of all its coins or of some, laid out on a shape.
fn chain(data: &Path, only: &[&str], shape: &str, screen: &Screen) -> Result<Snapshot, Failure> {
    let read = |name: &str| -> Result<Option<InputFile>, Failure> {
        Ok(Some(InputFile::read(&data.join(name)).at("the real chain is not there")?))
    };
    let desk = Desk {
        chain: read(CHAIN)?,
        perpetuals: read(PERPETUALS)?,
        futures: read(FUTURES)?,
        collateral: read(COLLATERAL)?,
        only: only.iter().map(|coin| (*coin).to_owned()).collect(),
        shape: Some(shape.into()),
        ..Desk::default()
    };
    let imported = screen.timed("importing the real chain", || desk.import()).0?;
    screen.say(format!("{}", imported.report));
    Ok(imported.snapshot)
}

/// BTC of that chain with every strike of every expiry in runs, a vault that writes calls on coins it owns, and five templates
/// in one mandate: margin, leverage, concentration, Greeks and coverage.
pub fn strikes(data: &Path, screen: &Screen) -> Result<Scene, Failure> {
    let snapshot = chain(data, &["BTC"], "o2048", screen)?;
    let text = include_str!("../../../../examples/templates/five.toml");
    let words = "calls written and held over every expiry of BTC";
    by_rule(snapshot, vault_book, (10, 100), words, ("examples/templates/five.toml", text), screen)
}

/// A vault's book by rule, and how many positions it has.
///
/// Of the calls with a bid and an ask, in the universe's order, every fourth is written, a tenth of a coin times `times`, and
/// every eighth held, a twentieth; of the puts every tenth is held, a twentieth. Coins are spot, the rest is cash.
fn vault_book(snapshot: &Snapshot, times: u32) -> Result<(String, usize), Failure> {
    let mut out = String::from("account,instrument,quantity,entry_price\n");
    let (mut positions, mut calls, mut puts) = (0, 0u32, 0u32);
    for account in &snapshot.universe.accounts {
        let label = account.label();
        writeln!(out, "{label},,,")?;
        for slot in account.groups.iter().flat_map(|g| &g.slots) {
            let quote = snapshot.quote(&account.venue, &slot.instrument);
            let quantity = match &slot.instrument {
                Instrument::Option { right, .. } => {
                    if quote.is_none_or(|q| q.bid.is_none() || q.ask.is_none()) {
                        continue;
                    }
                    let count = if *right == Right::Call { &mut calls } else { &mut puts };
                    *count += 1;
                    match (right, *count % 8, *count % 10) {
                        (Right::Call, 2 | 6, _) => format!("-{}.{}", times / 10, times % 10),
                        (Right::Call, 0, _) | (Right::Put, _, 0) => "0.05".into(),
                        _ => continue,
                    }
                }
                Instrument::Spot { asset } => match (account.venue.as_str(), asset.as_str()) {
                    ("deribit", "BTC") => "20".into(),
                    ("custody", "BTC") => "15.5".into(),
                    _ => continue,
                },
                Instrument::Cash { currency } => match (account.venue.as_str(), currency.as_str()) {
                    ("deribit", "USDC") => "1500000".into(),
                    ("custody", "USD") => "3000000".into(),
                    ("administrator", "USD") => "150000".into(),
                    _ => continue,
                },
                _ => continue,
            };
            writeln!(out, "{label},{},{quantity},", slot.instrument)?;
            positions += 1;
        }
    }
    Ok((out, positions))
}

/// The Deribit chain of 2026-02-05 with a book made by rule from what it lists.
pub fn real(data: &Path, screen: &Screen) -> Result<Scene, Failure> {
    let snapshot = chain(data, &[], "l4096", screen)?;
    let text = include_str!("../../../../examples/real/desk.toml");
    let words = "in options, futures, perpetuals and spot over BTC and ETH";
    by_rule(snapshot, desk_book, (60, 150), words, ("examples/real/desk.toml", text), screen)
}

/// A book of some size by a public rule, and how many positions it has.
type Rule = fn(&Snapshot, u32) -> Result<(String, usize), Failure>;

/// Both books of a scene by one rule: at its own size, which must give `least` positions, and `times` that.
fn by_rule(
    snapshot: Snapshot,
    rule: Rule,
    (times, least): (u32, usize),
    words: &str,
    (name, text): (&str, &str),
    screen: &Screen,
) -> Result<Scene, Failure> {
    let (lawful, positions) = rule(&snapshot, 1)?;
    if positions < least {
        return fail(format!(
            "the rule makes a book of {positions} positions on this chain; wanted {least} or more"
        ));
    }
    screen.say(format!("a book by public rule: {positions} positions, {words}"));
    let (unlawful, _) = rule(&snapshot, times)?;
    Ok(Scene { snapshot, lawful, unlawful, mandate: (name.to_owned(), text.to_owned()) })
}

/// A book by rule, and how many positions it has.
///
/// Options: of those with a bid and an ask, in the universe's order, every seventh of BTC and every ninth of ETH; long and
/// short in turn, a tenth of a coin to half a coin of BTC and ten times that of ETH; a short is half of that. Futures: 40,000
/// dollars of face value each, long and short in turn. The perpetuals lean against the coins held, `times` times 300,000
/// dollars short each.
fn desk_book(snapshot: &Snapshot, times: u32) -> Result<(String, usize), Failure> {
    let mut out = String::from("account,instrument,quantity,entry_price\n");
    let mut positions = 0;
    let mut seen: BTreeMap<String, u32> = BTreeMap::new();
    let mut futures = 0u32;
    for account in &snapshot.universe.accounts {
        let label = account.label();
        writeln!(out, "{label},,,")?;
        for slot in account.groups.iter().flat_map(|g| &g.slots) {
            let quote = snapshot.quote(&account.venue, &slot.instrument);
            let quantity = match &slot.instrument {
                Instrument::Option { underlying, .. } => {
                    if quote.is_none_or(|q| q.bid.is_none() || q.ask.is_none()) {
                        continue;
                    }
                    let (step, unit) = if underlying == "BTC" { (7, 1) } else { (9, 10) };
                    let count = seen.entry(underlying.clone()).or_insert(0);
                    *count += 1;
                    if !count.is_multiple_of(step) {
                        continue;
                    }
                    let index = *count / step;
                    let twentieths =
                        i64::from(index % 5 + 1) * unit * if index.is_multiple_of(2) { 2 } else { -1 };
                    format!(
                        "{}",
                        mandate_market::Price::new(twentieths * 5, 2).unwrap_or(mandate_market::Price::ZERO)
                    )
                }
                Instrument::Future { .. } => {
                    futures += 1;
                    if futures.is_multiple_of(2) { "40000".into() } else { "-40000".into() }
                }
                Instrument::Perpetual { .. } => format!("-{}", 300_000 * times),
                Instrument::Spot { asset } => match (account.venue.as_str(), asset.as_str()) {
                    ("deribit", "BTC") => "20".into(),
                    ("deribit", "ETH") => "400".into(),
                    ("custody", "BTC") => "15.5".into(),
                    ("custody", "ETH") => "250".into(),
                    ("custody", "SOL") => "1000".into(),
                    _ => continue,
                },
                Instrument::Cash { currency } => match (account.venue.as_str(), currency.as_str()) {
                    ("deribit", "USDC") => "1500000".into(),
                    ("custody", "USD") => "3000000".into(),
                    ("custody", "USDC") => "500000".into(),
                    ("administrator", "USD") => "-150000".into(),
                    _ => continue,
                },
                _ => continue,
            };
            let entry = match &slot.instrument {
                Instrument::Future { .. } | Instrument::Perpetual { .. } => {
                    quote.map_or_else(String::new, |q| q.mark.to_string())
                }
                _ => String::new(),
            };
            writeln!(out, "{label},{},{quantity},{entry}", slot.instrument)?;
            positions += 1;
        }
    }
    Ok((out, positions))
}
