//! Risk models: versioned lists of what a sheet's columns mean.
//!
//! A mandate names the model it is written for, so that one risk part serves every mandate of its model. The columns of
//! `crypto-usd/1` fit every default shape: 8 signed, 4 absolute, 2 long, 2 short, 16 scenarios.

use mandate_statement::{Column, Mode, Shape};

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

/// One scenario: relative shifts, as exact fractions in basis points.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scenario {
    /// Relative move of every price, in basis points: `-1500` is 15% down.
    pub price_bps: i32,
    /// Relative move of every implied volatility, in basis points.
    pub vol_bps: i32,
    /// Share of the profit or loss that counts, in basis points (SPAN's extreme moves count about a third).
    pub weight_bps: i32,
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
    /// Whether the model's columns are the ones that `shape` has, mode by mode.
    pub fn fits(&self, shape: &Shape) -> bool {
        self.columns.len() == shape.metrics()
            && self.scenarios.len() == shape.scenarios
            && self.columns.iter().enumerate().all(|(k, c)| c.mode == shape.mode(k))
            && self.columns[shape.lots_column()].name == "lots"
            && self.columns[shape.forbidden_column()].name == "forbidden"
    }
}

const fn money(name: &'static str, mode: Mode, rounding: Rounding, meaning: &'static str) -> ColumnDef {
    ColumnDef { name, mode, rounding, unit: Unit::Money, meaning }
}

const fn shock(price_bps: i32, vol_bps: i32, weight_bps: i32) -> Scenario {
    Scenario { price_bps, vol_bps, weight_bps }
}

/// All models.
pub static MODELS: [RiskModel; 1] = [CRYPTO_USD_1];

/// `crypto-usd/1`: money in `10^-10` USD; SPAN's sixteen scenarios over a price range of 15% and a volatility range of
/// 25%, with extreme moves of three ranges (45%) that count 35%.
const CRYPTO_USD_1: RiskModel = RiskModel {
    name: "crypto-usd/1",
    currency: "USD",
    money_places: 10,
    columns: &[
        money(
            "value",
            Mode::Signed,
            Rounding::Nearest,
            "mark value; zero for perpetuals and futures, whose profit stands in its own slot",
        ),
        money(
            "delta",
            Mode::Signed,
            Rounding::Nearest,
            "value of the underlying the position moves with: quantity x delta x spot",
        ),
        money(
            "gamma",
            Mode::Signed,
            Rounding::Nearest,
            "change of delta for a 1% move of the underlying: quantity x gamma x spot^2 / 100",
        ),
        money("vega", Mode::Signed, Rounding::Nearest, "change of value for one point of implied volatility"),
        money("theta", Mode::Signed, Rounding::Nearest, "change of value over one day"),
        money(
            "cash",
            Mode::Signed,
            Rounding::Nearest,
            "value of fiat and stablecoin balances, borrowings negative",
        ),
        money(
            "unsettled",
            Mode::Signed,
            Rounding::Nearest,
            "unsettled profit and loss of perpetuals and futures",
        ),
        money("premium", Mode::Signed, Rounding::Nearest, "mark value of options"),
        money(
            "gross",
            Mode::Absolute,
            Rounding::Up,
            "exposure, options by delta; cash in the model's currency is none",
        ),
        money(
            "notional",
            Mode::Absolute,
            Rounding::Up,
            "face value: options at the underlying's price, whatever their delta",
        ),
        ColumnDef {
            name: "lots",
            mode: Mode::Absolute,
            rounding: Rounding::Exact,
            unit: Unit::Lots,
            meaning: "lots held, long and short",
        },
        ColumnDef {
            name: "forbidden",
            mode: Mode::Absolute,
            rounding: Rounding::Exact,
            unit: Unit::Lots,
            meaning: "lots in slots that must stay empty",
        },
        money("assets", Mode::Long, Rounding::Down, "value of what is owned, after the asset's haircut"),
        money(
            "long",
            Mode::Long,
            Rounding::Up,
            "face value of long positions; cash in the model's currency is none",
        ),
        money(
            "liabilities",
            Mode::Short,
            Rounding::Up,
            "value of what is owed: borrowings, short options and negative balances, marked up by the asset's haircut",
        ),
        money(
            "short",
            Mode::Short,
            Rounding::Up,
            "face value of short positions; cash in the model's currency is none",
        ),
    ],
    scenarios: &[
        shock(0, 2500, 10_000),
        shock(0, -2500, 10_000),
        shock(500, 2500, 10_000),
        shock(500, -2500, 10_000),
        shock(-500, 2500, 10_000),
        shock(-500, -2500, 10_000),
        shock(1000, 2500, 10_000),
        shock(1000, -2500, 10_000),
        shock(-1000, 2500, 10_000),
        shock(-1000, -2500, 10_000),
        shock(1500, 2500, 10_000),
        shock(1500, -2500, 10_000),
        shock(-1500, 2500, 10_000),
        shock(-1500, -2500, 10_000),
        shock(4500, 0, 3500),
        shock(-4500, 0, 3500),
    ],
};

#[cfg(test)]
mod tests {
    use super::*;
    use mandate_statement::SHAPES;

    #[test]
    fn every_model_fits_every_default_shape() {
        for model in &MODELS {
            for shape in &SHAPES {
                assert!(model.fits(shape), "{} in {}", model.name, shape.name);
            }
        }
    }
}
