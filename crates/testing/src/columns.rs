//! Columns of the risk model `crypto-usd/1` by position, as every shape has them that this model fits; [`of`] says where the
//! same columns stand in a shape with more.

use mandate_statement::{Column, Shape};

/// Mark value (signed, to the nearest).
pub const VALUE: Column = 0;
/// Value of the underlying that the position moves with (signed).
pub const DELTA: Column = 1;
/// Change of delta for a 1% move (signed).
pub const GAMMA: Column = 2;
/// Change of value for one volatility point (signed).
pub const VEGA: Column = 3;
/// Change of value over one day (signed).
pub const THETA: Column = 4;
/// Fiat and stablecoin balances (signed).
pub const CASH: Column = 5;
/// Unsettled profit and loss (signed).
pub const UNSETTLED: Column = 6;
/// Mark value of options (signed).
pub const PREMIUM: Column = 7;
/// Exposure (absolute, rounded up).
pub const GROSS: Column = 8;
/// Face value (absolute, rounded up).
pub const NOTIONAL: Column = 9;
/// Lots held, long and short (absolute, exact).
pub const LOTS: Column = 10;
/// Lots in slots that must stay empty (absolute, exact).
pub const FORBIDDEN: Column = 11;
/// Value owned after haircut (long, rounded down).
pub const ASSETS: Column = 12;
/// Face value of long positions (long, rounded up).
pub const LONG: Column = 13;
/// Value owed after mark-up (short, rounded up).
pub const LIABILITIES: Column = 14;
/// Face value of short positions (short, rounded up).
pub const SHORT: Column = 15;

/// Where `column` of `crypto-usd/1` stands in `shape`: itself in every shape that the model fits; in a shape with more columns of
/// a mode, the first of that mode, but for `lots` and `forbidden`, which are the last two that read magnitudes.
pub const fn of(shape: &Shape, column: Column) -> Column {
    match column {
        LOTS => shape.lots_column(),
        FORBIDDEN => shape.forbidden_column(),
        GROSS..FORBIDDEN => shape.signed + (column - GROSS),
        ASSETS | LONG => shape.signed + shape.absolute + (column - ASSETS),
        LIABILITIES | SHORT => shape.signed + shape.absolute + shape.long + (column - LIABILITIES),
        _ => column,
    }
}

/// The column of scenario `s`.
pub const fn scenario(shape: &Shape, s: usize) -> Column {
    shape.metrics() + s
}
