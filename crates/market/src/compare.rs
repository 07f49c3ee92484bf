//! Black-76 against what a venue quotes: the distribution of differences over a whole chain.

use crate::black76::{black76, years_between};
use crate::import::ChainRow;
use crate::instrument::Instrument;
use std::fmt::{self, Write as _};

/// Absolute differences of one quantity.
#[derive(Clone, Debug, PartialEq)]
pub struct Differences {
    /// What is compared.
    pub what: &'static str,
    /// Its unit.
    pub unit: &'static str,
    /// Options compared.
    pub count: usize,
    /// Median.
    pub p50: f64,
    /// 90th percentile.
    pub p90: f64,
    /// 99th percentile.
    pub p99: f64,
    /// Largest.
    pub max: f64,
    /// Where it is.
    pub worst: String,
}

/// Differences of one chain.
#[derive(Clone, Debug, PartialEq)]
pub struct Comparison {
    /// Rows of the chain.
    pub rows: usize,
    /// One entry per quantity that the chain quotes.
    pub differences: Vec<Differences>,
}

fn summary(what: &'static str, unit: &'static str, mut all: Vec<(f64, String)>) -> Option<Differences> {
    all.sort_by(|a, b| a.0.total_cmp(&b.0));
    let last = all.last()?.clone();
    // The smallest value that at least the share of all does not exceed.
    let at = |percent: usize| all[(all.len() * percent).div_ceil(100).max(1) - 1].0;
    Some(Differences {
        what,
        unit,
        count: all.len(),
        p50: at(50),
        p90: at(90),
        p99: at(99),
        max: last.0,
        worst: last.1,
    })
}

/// Prices every option of a chain from its own forward, volatility and time, and compares mark and Greeks with the quoted.
///
/// Marks in coin per coin of contract (price over forward), delta per coin of forward, vega in USD per volatility point,
/// gamma per USD, theta in USD per day. Rows without volatility or the quantity are left out.
pub fn compare(rows: &[ChainRow]) -> Comparison {
    let mut columns: [Vec<(f64, String)>; 5] = Default::default();
    for row in rows {
        let (Some(vol), Instrument::Option { expiry, strike, right, .. }) = (row.vol, &row.instrument) else {
            continue;
        };
        let forward = row.forward.to_f64();
        let model = black76(forward, strike.to_f64(), years_between(row.time, *expiry), vol.to_f64(), *right);
        let pairs = [
            (model.price / forward, row.mark.map(crate::Price::to_f64)),
            (model.delta, row.delta),
            (model.vega, row.vega),
            (model.gamma, row.gamma),
            (model.theta, row.theta),
        ];
        for (column, (ours, quoted)) in columns.iter_mut().zip(pairs) {
            if let Some(quoted) = quoted {
                column.push((libm::fabs(ours - quoted), row.instrument.to_string()));
            }
        }
    }
    let names = [
        ("mark", "coin"),
        ("delta", "coin"),
        ("vega", "USD per point"),
        ("gamma", "per USD"),
        ("theta", "USD per day"),
    ];
    Comparison {
        rows: rows.len(),
        differences: columns
            .into_iter()
            .zip(names)
            .filter_map(|(c, (what, unit))| summary(what, unit, c))
            .collect(),
    }
}

/// A text table.
impl fmt::Display for Comparison {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut out = String::new();
        writeln!(
            out,
            "{:<6} {:<14} {:>7} {:>9} {:>9} {:>9} {:>9}  largest at",
            "what", "unit", "options", "p50", "p90", "p99", "max"
        )?;
        for d in &self.differences {
            writeln!(
                out,
                "{:<6} {:<14} {:>7} {:>9.1e} {:>9.1e} {:>9.1e} {:>9.1e}  {}",
                d.what, d.unit, d.count, d.p50, d.p90, d.p99, d.max, d.worst
            )?;
        }
        f.write_str(&out)
    }
}
