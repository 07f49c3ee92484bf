//! The vectors at hand agree as docs/vectors.md says they do.

#![allow(clippy::print_stderr)] // a test says what it skips

use mandate_vectors::models;
use mandate_vectors::report::{Line, Standing};
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn folder() -> PathBuf {
    std::env::var_os("MANDATE_VECTORS").map_or_else(|| root().join("../shared/vectors"), PathBuf::from)
}

/// The line of a file in the table of the page, as it stands there.
fn recorded(stem: &str) -> Option<String> {
    let page = std::fs::read_to_string(root().join("docs/vectors.md")).unwrap();
    let start = format!("| `{stem}` |");
    page.lines().find(|l| l.starts_with(&start)).map(str::to_owned)
}

fn agrees_as_recorded(stem: &str) {
    let path = folder().join(format!("{stem}.json"));
    let Ok(text) = std::fs::read_to_string(&path) else {
        eprintln!("skipped: no vectors at {}", path.display());
        return;
    };
    let outcomes = models::run(stem, &mandate_vectors::parse(&text).unwrap());
    for o in &outcomes {
        let known = models::on_record(&o.id).is_some();
        assert!(o.standing() != Standing::Disagrees || known, "{} disagrees: {:#?}", o.id, o.checks);
    }
    let line = Line::of(stem, &outcomes);
    let now = numbers(&line.row());
    match recorded(stem).as_deref().map(numbers) {
        // Another collection of the same kinds is held to agreement alone.
        Some(then) if then[0] == now[0] => {
            // Vectors, exact, within, disagree, cannot, right, judged.
            let better = now[1] + now[2] >= then[1] + then[2] && now[1] >= then[1] && now[5] >= then[5];
            assert!(
                better,
                "{now:?} against {then:?} on record: run `make vectors ARGS=--write` if this is meant"
            );
        }
        other => eprintln!("not the vectors on record: {now:?} against {other:?}"),
    }
}

/// The numbers of a row of the table.
fn numbers(row: &str) -> Vec<usize> {
    let counts = row.splitn(3, '|').last().unwrap_or_default();
    counts.split(|c: char| !c.is_ascii_digit()).filter_map(|n| n.parse().ok()).collect()
}

macro_rules! files {
    ($($stem:ident)*) => {
        $(#[test] fn $stem() { agrees_as_recorded(stringify!($stem)); })*
        #[test]
        fn every_model_is_held_to_the_record() {
            let named: Vec<&str> = models::MODELS.iter().map(|(stem, _)| *stem).collect();
            assert_eq!(named, [$(stringify!($stem)),*]);
        }
    };
}

files! {
    derive_portfolio_margin_v2
    derive_standard_margin
    historic_stress
    lending_health
    lp_uniswap_v3
    option_pricing_black
    option_spread_collateral_opyn
    perp_margin_dydx_v4
    perp_spot_health_drift_mango
    reg_t_strategy_margin_cboe
    regulatory_and_mandate_limits
    scenario_sets
    simm_schedule_saccr
    tiered_margin_venues
}
