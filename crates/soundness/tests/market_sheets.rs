//! What the compilers make of markets, made up and real, is what the sheet checker calls lawful: every example mandate with
//! every market that takes it.
#![allow(clippy::print_stderr)] // says when there is no real market at hand

use mandate_checker::check;
use mandate_market::import::{Desk, InputFile};
use mandate_market::{Snapshot, examples, risk};
use mandate_soundness::sheets::corpus::{AS_OF, example_texts, written};
use std::path::PathBuf;

/// How many example mandates a market took; each with no findings.
fn lawful(snapshot: &Snapshot) -> usize {
    let shape = snapshot.universe.shape().expect("a default shape");
    let part = risk::compile(snapshot, shape).expect("the market compiles");
    let mut taken = 0;
    for (name, text) in example_texts() {
        let Some(sheet) = written(&name, &text, shape) else { continue };
        let report = check(&sheet.part, &part).unwrap_or_else(|findings| {
            let list: Vec<String> = findings.iter().map(ToString::to_string).collect();
            panic!("{}: {}", sheet.name, list.join("\n"))
        });
        assert_eq!(report.rules.rows.len(), sheet.part.rules.iter().map(|r| r.rows.len()).sum::<usize>());
        assert!(report.risk.usable_slots > 0);
        taken += 1;
    }
    taken
}

#[test]
fn sheets_of_the_made_up_market_are_lawful() {
    let all = example_texts().len();
    for as_of in [AS_OF, AS_OF + 86_399, 978_307_200, 4_070_908_799, 1_770_249_600] {
        assert!(lawful(&examples::tiny(as_of)) >= 5, "at {as_of}");
        assert_eq!(lawful(&examples::small(as_of)), all, "at {as_of}");
    }
    assert_eq!(lawful(&examples::snapshot(AS_OF)), all);
}

/// A file of the market data; nothing, and a word about it, where there is no such data at all.
///
/// # Panics
/// If there is data (the folder, or a promise of it in `MANDATE_DATA`) and not this file.
fn file(path: &str) -> Option<InputFile> {
    let promised = std::env::var_os("MANDATE_DATA").map(PathBuf::from);
    let beside = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data"));
    if promised.is_none() && !beside.exists() {
        eprintln!(
            "skipped: there is no {}; set MANDATE_DATA to where the market files are",
            beside.display()
        );
        return None;
    }
    let path = promised.unwrap_or(beside).join(path);
    assert!(path.exists(), "there is market data, but no {}", path.display());
    Some(InputFile::read(&path).expect("it reads"))
}

#[test]
fn sheets_of_real_chains_are_lawful() {
    for chain in ["20260205T212937Z", "20260118T152735Z"] {
        let Some(chain) = file(&format!("unlicensed/options/deribit_chain_btc_eth_{chain}.csv")) else {
            return;
        };
        let desk = Desk {
            chain: Some(chain),
            perpetuals: file("unlicensed/market/deribit_perpetual_prices_at_snapshots.csv"),
            futures: file("unlicensed/market/deribit_term_futures_marks_at_snapshots.csv"),
            collateral: file("open/market/binance_collateral_assets_prices_haircuts_2025.csv"),
            ..Desk::default()
        };
        let snapshot = desk.import().expect("the chain imports").snapshot;
        assert_eq!(lawful(&snapshot), example_texts().len());
    }
}
