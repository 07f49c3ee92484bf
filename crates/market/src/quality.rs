//! Data-quality gates: what is refused, what is only noted, and a table of what was found.

use crate::price::Price;
use std::collections::BTreeMap;
use std::fmt::{self, Write as _};

/// Limits of the gates.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Gates {
    /// A quote older than this before the snapshot's instant, in seconds, is stale: refused.
    pub max_age: u64,
    /// The index of one coin may differ between the rows of one chain by this share of its lowest, in basis points; more
    /// is noted.
    pub max_index_spread_bps: i64,
    /// A perpetual's or future's mark may differ from the index by this share, in basis points; more is refused.
    pub max_basis_bps: i64,
    /// Whether an option without both a bid and an ask is refused; otherwise noted.
    pub two_sided: bool,
    /// Whether a mark outside bid and ask is refused; otherwise noted.
    pub mark_inside: bool,
}

impl Default for Gates {
    /// 15 minutes, 25 basis points of index, 15% of basis; one-sided quotes and marks outside the quote are noted.
    fn default() -> Self {
        Self {
            max_age: 900,
            max_index_spread_bps: 25,
            max_basis_bps: 1500,
            two_sided: false,
            mark_inside: false,
        }
    }
}

/// What a gate looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Gate {
    /// Older than [`Gates::max_age`].
    Stale,
    /// The source does not say of when it is.
    Undated,
    /// Expired at the snapshot's instant.
    Expired,
    /// Bid above ask.
    Crossed,
    /// Bid or ask missing.
    OneSided,
    /// No mark.
    MissingMark,
    /// No implied volatility.
    MissingVolatility,
    /// Mark below the bid or above the ask.
    MarkOutsideQuote,
    /// Mark of a perpetual or future far from the index.
    MarkFarFromIndex,
    /// The rows of one chain saw different indices: the chain was not collected in one instant.
    IndexNotAtomic,
    /// The venue is taking the instrument off its list.
    Delisting,
    /// A contract on or in something that this project does not model: not listed.
    NotModelled,
    /// A price that no file gives and that is taken to be its peg.
    AssumedAtPar,
}

impl Gate {
    /// In words, for tables.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Stale => "stale",
            Self::Undated => "source without a date",
            Self::Expired => "expired",
            Self::Crossed => "bid above ask",
            Self::OneSided => "bid or ask missing",
            Self::MissingMark => "no mark",
            Self::MissingVolatility => "no implied volatility",
            Self::MarkOutsideQuote => "mark outside bid and ask",
            Self::MarkFarFromIndex => "mark far from index",
            Self::IndexNotAtomic => "index differs by row",
            Self::Delisting => "being delisted",
            Self::NotModelled => "not modelled, not listed",
            Self::AssumedAtPar => "price assumed at par",
        }
    }
}

/// One thing found.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Finding {
    /// Which gate.
    pub gate: Gate,
    /// Name of the source.
    pub source: String,
    /// Instrument or symbol.
    pub what: String,
    /// The offending values.
    pub detail: String,
    /// Whether the instrument is unpriced for it.
    pub refused: bool,
}

/// The indices that the rows of one chain saw for one coin.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct IndexRange {
    /// The coin.
    pub symbol: String,
    /// Rows.
    pub rows: usize,
    /// The one used: of the first row, the nearest to the start of the collection.
    pub used: Price,
    /// Lowest.
    pub low: Price,
    /// Highest.
    pub high: Price,
}

impl IndexRange {
    /// Highest over lowest, less one, in basis points rounded up.
    pub fn spread_bps(&self) -> i64 {
        bps_between(self.low, self.high)
    }
}

/// `|b / a - 1|` in basis points, rounded up; `i64::MAX` where `a` is not above zero.
pub(crate) fn bps_between(a: Price, b: Price) -> i64 {
    if !a.is_positive() {
        return i64::MAX;
    }
    let ratio = libm::fabs(b.to_f64() / a.to_f64() - 1.0) * 10_000.0;
    // A hundredth of a basis point of slack for the division's rounding.
    let rounded = libm::ceil(ratio - 0.01).clamp(0.0, 1e15);
    #[allow(clippy::cast_possible_truncation)]
    {
        rounded as i64
    }
}

/// What importing found.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct QualityReport {
    /// Rows read per source.
    pub rows: BTreeMap<String, usize>,
    /// Instruments priced, and not.
    pub priced: usize,
    /// Instruments and symbols left unpriced: their slots must stay empty.
    pub unpriced: usize,
    /// Indices per coin of a chain.
    pub indices: Vec<IndexRange>,
    /// Everything found, in the order of the sources.
    pub findings: Vec<Finding>,
}

impl QualityReport {
    /// Number of findings of one gate.
    pub fn count(&self, gate: Gate) -> usize {
        self.findings.iter().filter(|f| f.gate == gate).count()
    }
}

/// The report as a text table: rows, indices, then per source and gate the count, what follows, and an example.
impl fmt::Display for QualityReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut out = String::new();
        for (source, rows) in &self.rows {
            writeln!(out, "{source}: {rows} rows")?;
        }
        for index in &self.indices {
            writeln!(
                out,
                "index of {}: {} used; {} rows saw {} to {}, {} basis points apart",
                index.symbol,
                index.used,
                index.rows,
                index.low,
                index.high,
                index.spread_bps()
            )?;
        }
        let mut groups: BTreeMap<(&str, Gate, bool), Vec<&Finding>> = BTreeMap::new();
        for finding in &self.findings {
            groups.entry((&finding.source, finding.gate, finding.refused)).or_default().push(finding);
        }
        writeln!(out, "{:<24} {:<26} {:>6}  {:<8} example", "source", "found", "count", "so")?;
        for ((source, gate, refused), found) in &groups {
            writeln!(
                out,
                "{source:<24} {:<26} {:>6}  {:<8} {}: {}",
                gate.label(),
                found.len(),
                if *refused { "refused" } else { "noted" },
                found[0].what,
                found[0].detail
            )?;
        }
        writeln!(
            out,
            "{} instruments and currencies priced, {} not: their slots must stay empty",
            self.priced, self.unpriced
        )?;
        f.write_str(&out)
    }
}
