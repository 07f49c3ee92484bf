//! Real chains and lists, where they are at hand: `$MANDATE_DATA`, or `shared/data` beside the repository.
#![allow(clippy::print_stderr, missing_docs)]

use mandate_market::compare::compare;
use mandate_market::import::{Desk, InputFile, read_any_chain};
use mandate_market::{Gate, risk};
use std::path::PathBuf;

fn data() -> Option<PathBuf> {
    let root = std::env::var_os("MANDATE_DATA").map_or_else(
        || PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data")),
        PathBuf::from,
    );
    if root.is_dir() {
        return Some(root);
    }
    eprintln!("skipped: there is no {}; set MANDATE_DATA to where the market files are", root.display());
    None
}

fn file(path: &str) -> Option<InputFile> {
    let path = data()?.join(path);
    if !path.exists() {
        eprintln!("skipped: there is no {}", path.display());
        return None;
    }
    Some(InputFile::read(&path).unwrap())
}

const STRESS: &str = "unlicensed/options/deribit_chain_btc_eth_20260205T212937Z.csv";
const CALM: &str = "unlicensed/options/deribit_chain_btc_eth_20260118T152735Z.csv";
const GREEKS: &str = "unlicensed/options/deribit_chain_btc_full_greeks_20200521.csv";

#[test]
fn marks_and_greeks_are_those_of_the_venue() {
    // Largest p50 and p99 allowed, in the order mark, delta, vega, gamma, theta.
    for (path, rows, bounds) in [
        (STRESS, 1840, &[(3e-5, 1.1e-3), (1.5e-3, 2.5e-2), (3e-2, 2.0)][..]),
        (CALM, 1346, &[(4e-6, 1e-4), (3e-4, 5.5e-3), (6e-3, 0.3)][..]),
        (GREEKS, 326, &[(5e-6, 2e-4), (1e-5, 1e-3), (1e-4, 1e-2), (5e-6, 1e-5), (1e-3, 5e-2)][..]),
    ] {
        let Some(file) = file(path) else { continue };
        let chain = read_any_chain(&file).unwrap();
        assert_eq!(chain.len(), rows, "{path}");
        let table = compare(&chain);
        eprintln!("{path}\n{table}");
        assert_eq!(table.differences.len(), bounds.len());
        for (d, (p50, p99)) in table.differences.iter().zip(bounds) {
            assert!(d.p50 <= *p50 && d.p99 <= *p99, "{path}: {} p50 {:e} p99 {:e}", d.what, d.p50, d.p99);
        }
    }
}

fn desk(chain: &str) -> Option<Desk> {
    Some(Desk {
        chain: Some(file(chain)?),
        perpetuals: Some(file("unlicensed/market/deribit_perpetual_prices_at_snapshots.csv")?),
        futures: Some(file("unlicensed/market/deribit_term_futures_marks_at_snapshots.csv")?),
        ..Desk::default()
    })
}

#[test]
fn the_real_desk_compiles_on_the_large_shape() {
    for (chain, futures) in [(STRESS, 14), (CALM, 14)] {
        let Some(mut desk) = desk(chain) else { return };
        desk.collateral =
            Some(file("open/market/binance_collateral_assets_prices_haircuts_2025.csv").unwrap());
        let imported = desk.import().unwrap();
        eprintln!("{}", imported.report);
        let universe = &imported.snapshot.universe;
        let shape = universe.shape().unwrap();
        let part = risk::compile(&imported.snapshot, shape).unwrap();
        let labels: Vec<String> = universe.accounts.iter().map(mandate_market::Account::label).collect();
        eprintln!(
            "{} on {}: {} listed, {} slots free; {labels:?}; risk part {}",
            universe.digest(),
            shape.name,
            universe.listed(),
            shape.slots - universe.listed(),
            part.digest()
        );
        assert_eq!(labels, ["deribit/cross/main", "custody/segregated/main", "administrator/fund/main"]);
        assert_eq!(imported.report.rows["deribit futures"], futures);
        assert_eq!(part.shape().unwrap().name, if chain == STRESS { "l4096" } else { shape.name });
        // The file form is small enough and gives the same snapshot back.
        let bytes = imported.snapshot.to_bytes();
        eprintln!("snapshot file: {} bytes", bytes.len());
        assert_eq!(mandate_market::Snapshot::from_bytes(&bytes).unwrap(), imported.snapshot);
    }
}

#[test]
fn a_refused_quote_is_a_forbidden_slot() {
    let Some(mut desk) = desk(STRESS) else { return };
    desk.gates.two_sided = true;
    let imported = desk.import().unwrap();
    let shape = imported.snapshot.universe.shape().unwrap();
    let part = risk::compile(&imported.snapshot, shape).unwrap();
    assert!(imported.report.count(Gate::OneSided) > 100);
    let finding = imported.report.findings.iter().find(|f| f.gate == Gate::OneSided).unwrap();
    let slot = imported.snapshot.universe.find(0, &finding.what).unwrap();
    let row = part.weights_of(shape, slot);
    assert_eq!((row[shape.forbidden_column()], row.iter().filter(|w| **w != 0).count()), (1, 1));
}

#[test]
fn the_lists_compile_on_their_own() {
    let Some(collateral) = file("open/market/binance_collateral_assets_prices_haircuts_2025.csv") else {
        return;
    };
    let named = ["BTC", "ETH", "SOL"].map(str::to_owned).to_vec();
    let custody = Desk {
        collateral: Some(collateral),
        custody_all: true,
        as_of: Some(1_754_006_400),
        named: named.clone(),
        ..Desk::default()
    };
    let gateio = Desk {
        gateio: file("open/market/gateio_usdt_perp_contracts_20230524.json"),
        as_of: Some(1_684_930_163),
        named,
        ..Desk::default()
    };
    for (desk, listed) in [(custody, 483 + 4 + 1), (gateio, 300 + 6)] {
        let imported = desk.import().unwrap();
        let universe = &imported.snapshot.universe;
        let shape = universe.shape().unwrap();
        risk::compile(&imported.snapshot, shape).unwrap();
        eprintln!("{}: {} listed\n{}", shape.name, universe.listed(), imported.report);
        assert_eq!(universe.listed(), listed);
    }
}

/// How heavy the columns of the real desk are against the bound, and how small its smallest weights.
#[test]
fn the_real_desk_leaves_room_in_every_column() {
    let Some(desk) = desk(STRESS) else { return };
    let imported = desk.import().unwrap();
    let shape = imported.snapshot.universe.shape().unwrap();
    let start = std::time::Instant::now();
    let part = risk::compile(&imported.snapshot, shape).unwrap();
    let took = start.elapsed();
    let sums = (0..shape.columns()).map(|k| {
        part.weights.chunks_exact(shape.columns()).map(|row| u128::from(row[k].unsigned_abs())).sum::<u128>()
    });
    let heaviest = sums.max().unwrap();
    eprintln!("compiled in {took:?}; heaviest column {heaviest}, of at most {}", 1u64 << 41);
    assert!(heaviest < 1 << 39);
}
