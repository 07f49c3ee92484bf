//! Every risk model of the market crate is one that the sheet checker, with its own tables, finds lawful.
#![allow(clippy::print_stderr, missing_docs)]

use mandate_checker::{Finding, check_risk};
use mandate_market::import::{Desk, InputFile};
use mandate_market::{MODELS, Rounding, examples, risk};
use mandate_statement::SHAPES;
use std::path::PathBuf;

const AS_OF: u64 = 1_790_000_000;

/// Markets on every shape for which there is one.
fn markets() -> Vec<mandate_market::Snapshot> {
    vec![
        examples::tiny(AS_OF),
        examples::strikes_tiny(AS_OF),
        examples::small(AS_OF),
        examples::snapshot(AS_OF),
        examples::strikes(AS_OF),
    ]
}

#[test]
fn the_checker_knows_every_model() {
    let mut parts = 0;
    for made in markets() {
        let shape = made.universe.shape().unwrap();
        for model in MODELS.iter().filter(|m| m.fits(shape)) {
            let part = risk::compile_by(model, &made, shape).unwrap();
            let report =
                check_risk(&part).unwrap_or_else(|f| panic!("{} on {}: {f:?}", model.name, shape.name));
            assert_eq!(report.model, model.name);
            let names: Vec<&str> = model.columns.iter().map(|c| c.name).collect();
            let theirs: Vec<&str> = report.columns.iter().take(names.len()).map(|c| c.0.as_str()).collect();
            assert_eq!(names, theirs, "{}", model.name);
            parts += 1;
        }
    }
    assert_eq!(parts, 4 * 12 + 8);
    for model in MODELS.iter() {
        assert!(SHAPES.iter().any(|s| model.fits(s)), "{} without a shape", model.name);
    }
}

/// A weight that rounds up may be one more and nothing else: the checker sees each column that goes with another.
#[test]
fn a_part_that_is_no_part_is_seen() {
    for (model, column, with) in [
        ("deribit-pm/1", "held", "value"),
        ("deribit-pm/1", "short_options", "notional"),
        ("reg-t/1", "written_margin", "premium"),
        ("reserve/1", "owned", "value"),
        ("reserve/1", "stable", "value"),
        ("reserve/1", "illiquid", "value"),
        ("option-greeks/1", "vega_30d", "vega"),
        ("option-greeks/1", "vega_90d", "vega"),
        ("perps-basis/1", "perp_notional", "notional"),
    ] {
        let model = mandate_market::RiskModel::by_name(model).unwrap();
        let made =
            if model.scenarios.len() == 40 { examples::strikes(AS_OF) } else { examples::small(AS_OF) };
        let shape = made.universe.shape().unwrap();
        let (k, def) = model.column(column).unwrap();
        let (of, _) = model.column(with).unwrap();
        let part = risk::compile_by(model, &made, shape).unwrap();
        let at = |slot: usize, k: usize| part.weights[slot * shape.columns() + k];
        let slot = (0..shape.slots).find(|&s| at(s, of) > 5).unwrap();
        let whole = at(slot, of);
        let wrong = match (def.rounding, with) {
            (Rounding::Up, "value") => [whole - 1, whole + 2],
            (Rounding::Down, _) => [whole - 2, whole + 1],
            (_, "premium") => [whole - 1, 0],
            _ => [whole - 1, whole + 1],
        };
        for weight in wrong {
            let mut bad = part.clone();
            bad.weights[slot * shape.columns() + k] = weight;
            let findings = check_risk(&bad).unwrap_err();
            let named = findings.iter().any(|f| match f {
                Finding::PartOfValue { column: c, .. } => c == column && with == "value",
                Finding::PartOfColumn { column: c, of, .. } => c == column && *of == with,
                _ => false,
            });
            assert!(named, "{} {column} {weight}: {findings:?}", model.name);
        }
    }
}

/// The real chain in runs, by every wide model.
#[test]
fn the_real_chain_is_lawful_in_runs() {
    let root = std::env::var_os("MANDATE_DATA").map_or_else(
        || PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data")),
        PathBuf::from,
    );
    let path = root.join("unlicensed/options/deribit_chain_btc_eth_20260205T212937Z.csv");
    if !path.exists() {
        eprintln!("skipped: there is no {}", path.display());
        return;
    }
    let chain = Some(InputFile::read(&path).unwrap());
    let desk = Desk { chain, only: vec!["BTC".into()], shape: Some("o2048".into()), ..Desk::default() };
    let made = desk.import().unwrap().snapshot;
    let shape = made.universe.shape().unwrap();
    for model in MODELS.iter().filter(|m| m.fits(shape)) {
        let part = risk::compile_by(model, &made, shape).unwrap();
        let report = check_risk(&part).unwrap_or_else(|f| panic!("{}: {f:?}", model.name));
        assert!(report.usable_slots > 900, "{}", model.name);
    }
}
