//! Risk models: versioned lists of what a sheet's columns mean, read from dated data files.
//!
//! A mandate names the model it is written for, so that one risk part serves every mandate of its model. The files stand
//! under `models/` and are part of the program; `docs/risk-models.md` says what each key means and lists them.

mod part;
mod read;
mod scenario;
mod vocabulary;

pub use part::{Part, PartKind};
pub use read::{ModelError, SIZE_LIMIT};
pub use scenario::{Scenario, VolShift};
pub use vocabulary::VOCABULARY;

use crate::price::Price;
use crate::time::{DAY, date_of};
use mandate_statement::{Column, Mode, Shape};
use std::fmt::Write as _;
use std::sync::LazyLock;

/// Which way a weight was rounded to the grid, so how far a total may be from the exact one.
///
/// With `L` the total of the `lots` column over the same slots (the sum of `|q|` in lots), and `t` the computed total,
/// the exact total lies in the interval that each variant names. A rule must hold for every value in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rounding {
    /// To the nearest integer: `[t - L, t + L]` (half of that, doubled to stay integral).
    Nearest,
    /// Towards plus infinity: `[t - L, t]`.
    Up,
    /// Towards minus infinity: `[t, t + L]`.
    Down,
    /// The weight is exact: `[t, t]`.
    Exact,
}

/// What a column is measured in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Money, in units of `10^-money_places` of the model's currency.
    Money,
    /// A count of lots.
    Lots,
}

/// One column of a model.
#[derive(Clone, Copy, Debug)]
pub struct ColumnDef {
    /// Name in the mandate language.
    pub name: &'static str,
    /// How it reads a quantity.
    pub mode: Mode,
    /// Rounding of its weights.
    pub rounding: Rounding,
    /// What it is measured in.
    pub unit: Unit,
    /// In words, with its time or shift unit.
    pub meaning: &'static str,
}

/// A versioned risk model.
#[derive(Clone, Copy, Debug)]
pub struct RiskModel {
    /// Name and version, for example `crypto-usd/1`.
    pub name: &'static str,
    /// Currency of every money column.
    pub currency: &'static str,
    /// Money is counted in units of `10^-money_places`.
    pub money_places: u8,
    /// Columns that are not scenarios, in column order.
    pub columns: &'static [ColumnDef],
    /// Scenarios, in column order after [`RiskModel::columns`].
    pub scenarios: &'static [Scenario],
    /// Where it comes from, how long it holds, what parameters its columns take.
    pub details: &'static Details,
}

/// What a model's file says beside its columns and scenarios.
#[derive(Clone, Copy, Debug)]
pub struct Details {
    /// Day of the parameters where their source is dated, else the day on which they were recorded in the file,
    /// days since 1970 in UTC.
    pub as_of: u64,
    /// Last day on which a snapshot may stand to be weighed by the model, days since 1970 in UTC.
    pub valid_until: u64,
    /// Who answers for the file.
    pub owner: &'static str,
    /// Where the parameters are from, and how they were come by.
    pub source: &'static str,
    /// What it covers.
    pub covers: &'static str,
    /// What it leaves out.
    pub leaves_out: &'static str,
    /// How many scenarios at the end repeat the first one, to fill the shape.
    pub repeated: usize,
    /// How the set would have fared, or why that cannot be said.
    pub back_test: BackTest,
    /// Parameters of its columns.
    pub parameters: Parameters,
}

/// How a scenario set would have fared on past days.
#[derive(Clone, Copy, Debug)]
pub enum BackTest {
    /// No figure, with the reason.
    None(&'static str),
    /// Figures, each counted over daily closes, with how.
    Counted {
        /// How they were computed, over which days.
        how: &'static str,
        /// One for each book.
        figures: &'static [Exceeded],
    },
}

/// On how many past days a book lost more than the worst of the scenarios.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Exceeded {
    /// The coin.
    pub coin: &'static str,
    /// Whether the book owes the coin, rather than owns it.
    pub short: bool,
    /// Loss of the worst scenario, as a share of the face value.
    pub worst: Price,
    /// Days counted.
    pub days: u32,
    /// Days with a larger loss.
    pub exceeded: u32,
}

/// Parameters of columns. Lists of symbols are in growing order.
#[derive(Clone, Copy, Debug, Default)]
pub struct Parameters {
    /// Symbols that `illiquid` leaves out.
    pub liquid: &'static [&'static str],
    /// Symbols that `staked` counts.
    pub staked: &'static [&'static str],
    /// Whether balances that are owed stand in `liabilities` at par, without the asset's haircut on top.
    pub debts_at_par: bool,
    /// What `written_margin` charges.
    pub written_margin: Option<WrittenMargin>,
    /// Columns that are parts of others.
    pub parts: &'static [Part],
}

/// The margin of one written option on its own: its mark, and the larger of `rate * S - OTM` and `floor * base`, with `S`
/// the index, `OTM` what the option is out of the money, `base` the index (of puts perhaps the strike).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WrittenMargin {
    /// Share of the index.
    pub rate: Price,
    /// Least share.
    pub floor: Price,
    /// Whether the least share of a put is one of its strike, not of the index.
    pub put_floor_on_strike: bool,
}

impl Details {
    /// Of a model that no file describes: valid on every day, no parameters.
    pub const NONE: Self = Self {
        as_of: 0,
        valid_until: u64::MAX / DAY,
        owner: "nobody",
        source: "none",
        covers: "not said",
        leaves_out: "not said",
        repeated: 0,
        back_test: BackTest::None("not from a file"),
        parameters: Parameters {
            liquid: &[],
            staked: &[],
            debts_at_par: false,
            written_margin: None,
            parts: &[],
        },
    };
}

impl RiskModel {
    /// A model by name.
    pub fn by_name(name: &str) -> Option<&'static Self> {
        MODELS.iter().find(|m| m.name == name)
    }
    /// A column by name.
    pub fn column(&self, name: &str) -> Option<(Column, &'static ColumnDef)> {
        self.columns.iter().enumerate().find(|(_, c)| c.name == name)
    }
    /// The part that a column is, where it is one.
    pub fn part(&self, column: &str) -> Option<&'static Part> {
        self.details.parameters.parts.iter().find(|part| part.name == column)
    }
    /// Whether the model's columns are the ones that `shape` has, mode by mode.
    pub fn fits(&self, shape: &Shape) -> bool {
        self.columns.len() == shape.metrics()
            && self.scenarios.len() == shape.scenarios
            && self.columns.iter().enumerate().all(|(k, c)| c.mode == shape.mode(k))
            && self.columns[shape.lots_column()].name == "lots"
            && self.columns[shape.forbidden_column()].name == "forbidden"
    }
    /// Whether the model may weigh a snapshot of this instant, seconds since 1970: its last day is not past.
    pub const fn is_valid_at(&self, instant: u64) -> bool {
        instant / DAY <= self.details.valid_until
    }
    /// Scenarios without the repetitions that fill the shape.
    pub fn distinct_scenarios(&self) -> &'static [Scenario] {
        &self.scenarios[..self.scenarios.len().saturating_sub(self.details.repeated)]
    }
    /// Everything that its file says, in plain words; lines of text.
    pub fn text(&self) -> String {
        let d = self.details;
        let mut out = String::new();
        let distinct = self.distinct_scenarios();
        let _ = writeln!(
            out,
            "{}: parameters as of {} (day of the source, or of recording where it has none), valid for snapshots until \
             {}, kept by {}",
            self.name,
            day_text(d.as_of),
            day_text(d.valid_until),
            d.owner
        );
        for (what, text) in [("source", d.source), ("covers", d.covers), ("leaves out", d.leaves_out)] {
            let _ = writeln!(out, "  {what}: {text}");
        }
        match d.back_test {
            BackTest::None(why) => {
                let _ = writeln!(out, "  back-test: none: {why}");
            }
            BackTest::Counted { how, figures } => {
                let _ = writeln!(out, "  back-test: {how}");
                for f in figures {
                    let _ = writeln!(
                        out,
                        "    {} {}: lost more than the worst scenario's {} on {} of {} days",
                        if f.short { "short" } else { "long" },
                        f.coin,
                        scenario::percent(f.worst),
                        f.exceeded,
                        f.days
                    );
                }
            }
        }
        let names: Vec<&str> = self.columns.iter().map(|c| c.name).collect();
        let _ = writeln!(out, "  columns: {}", names.join(", "));
        for line in self.parameter_lines() {
            let _ = writeln!(out, "  {line}");
        }
        let repeated = self.scenarios.len() - distinct.len();
        let repeats =
            if repeated == 0 { String::new() } else { format!(", {repeated} more repeat the first") };
        let _ = writeln!(out, "  {} scenarios{repeats}:", distinct.len());
        for s in distinct {
            let _ = writeln!(out, "    {}", s.words());
        }
        out
    }
    fn parameter_lines(&self) -> Vec<String> {
        let p = &self.details.parameters;
        let has = |name: &str| self.column(name).is_some();
        let mut out = Vec::new();
        if has("illiquid") {
            out.push(format!("`illiquid` leaves out {}", p.liquid.join(", ")));
        }
        if has("staked") {
            out.push(format!("`staked` counts {}", p.staked.join(", ")));
        }
        if p.debts_at_par {
            out.push("`liabilities` counts what is owed at par".to_owned());
        }
        for part in p.parts {
            out.push(format!("`{}` is of `{}`: {}", part.name, part.of, part.meaning));
        }
        if let Some(w) = p.written_margin {
            out.push(format!(
                "`written_margin` is mark + max({} of the index - out of the money, {} of {})",
                scenario::percent(w.rate),
                scenario::percent(w.floor),
                if w.put_floor_on_strike { "the index (puts: the strike)" } else { "the index" }
            ));
        }
        out
    }
}

/// `2026-11-21`.
pub(crate) fn day_text(days: u64) -> String {
    let (year, month, day) = date_of(days);
    format!("{year:04}-{month:02}-{day:02}")
}

/// The files, in the order in which models are listed.
const FILES: [(&str, &str); 20] = [
    ("models/crypto-usd-1.toml", include_str!("../../../models/crypto-usd-1.toml")),
    ("models/span-16-1.toml", include_str!("../../../models/span-16-1.toml")),
    ("models/aevo-15-1.toml", include_str!("../../../models/aevo-15-1.toml")),
    ("models/tims-10-1.toml", include_str!("../../../models/tims-10-1.toml")),
    ("models/okx-spot-1.toml", include_str!("../../../models/okx-spot-1.toml")),
    ("models/stress-16-1.toml", include_str!("../../../models/stress-16-1.toml")),
    ("models/option-greeks-1.toml", include_str!("../../../models/option-greeks-1.toml")),
    ("models/reserve-1.toml", include_str!("../../../models/reserve-1.toml")),
    ("models/perps-basis-1.toml", include_str!("../../../models/perps-basis-1.toml")),
    ("models/lending-1.toml", include_str!("../../../models/lending-1.toml")),
    ("models/deribit-pm-1.toml", include_str!("../../../models/deribit-pm-1.toml")),
    ("models/derive-pmrm2-1.toml", include_str!("../../../models/derive-pmrm2-1.toml")),
    ("models/paradex-pm-1.toml", include_str!("../../../models/paradex-pm-1.toml")),
    ("models/stress-40-1.toml", include_str!("../../../models/stress-40-1.toml")),
    ("models/option-vault-1.toml", include_str!("../../../models/option-vault-1.toml")),
    ("models/reg-t-1.toml", include_str!("../../../models/reg-t-1.toml")),
    ("models/issuers-1.toml", include_str!("../../../models/issuers-1.toml")),
    ("models/pool-shares-1.toml", include_str!("../../../models/pool-shares-1.toml")),
    ("models/option-buckets-1.toml", include_str!("../../../models/option-buckets-1.toml")),
    ("models/perp-tiers-1.toml", include_str!("../../../models/perp-tiers-1.toml")),
];

/// All models, `crypto-usd/1` first. Read once; a file that does not read is a defect of the program, and its tests say so.
pub static MODELS: LazyLock<Vec<RiskModel>> = LazyLock::new(|| {
    let read = |(file, text): &(&str, &str)| RiskModel::read(file, text).unwrap_or_else(|e| panic!("{e}"));
    FILES.iter().map(read).collect()
});
