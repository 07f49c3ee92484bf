//! The fixed vocabulary that models choose their columns from. `docs/risk-models.md` has the formula of each.

use super::{ColumnDef, Rounding, Unit};
use mandate_statement::Mode;

const fn money(name: &'static str, mode: Mode, rounding: Rounding, meaning: &'static str) -> ColumnDef {
    ColumnDef { name, mode, rounding, unit: Unit::Money, meaning }
}
const fn signed(name: &'static str, meaning: &'static str) -> ColumnDef {
    money(name, Mode::Signed, Rounding::Nearest, meaning)
}
const fn absolute(name: &'static str, meaning: &'static str) -> ColumnDef {
    money(name, Mode::Absolute, Rounding::Up, meaning)
}
const fn short(name: &'static str, meaning: &'static str) -> ColumnDef {
    money(name, Mode::Short, Rounding::Up, meaning)
}
const fn count(name: &'static str, meaning: &'static str) -> ColumnDef {
    ColumnDef { name, mode: Mode::Absolute, rounding: Rounding::Exact, unit: Unit::Lots, meaning }
}

/// Every column that a model may have. What one is called is what it means, in every model.
pub static VOCABULARY: [ColumnDef; 37] = [
    signed("value", "mark value; zero for perpetuals and futures, whose profit stands in its own slot"),
    signed("delta", "value of the underlying the position moves with: quantity x delta x spot"),
    signed("gamma", "change of delta for a 1% move of the underlying: quantity x gamma x spot^2 / 100"),
    signed("vega", "change of value for one point of implied volatility"),
    signed("vega_30d", "vega of options that expire within 30 days"),
    signed("vega_90d", "vega of options that expire after 30 and within 90 days"),
    signed("vega_long", "vega of options that expire after 90 days"),
    signed("theta", "change of value over one day"),
    signed("cash", "value of fiat and stablecoin balances, borrowings negative"),
    signed("stable", "value of stablecoin balances, borrowings negative"),
    signed(
        "owned",
        "value of coins held in spot and deposits, borrowings negative, no haircut: what covers written calls",
    ),
    signed("staked", "value of staked coins held in spot and deposits, borrowings negative, no haircut"),
    signed("unsettled", "unsettled profit and loss of perpetuals and futures"),
    signed("premium", "mark value of options"),
    absolute("gross", "exposure, options by delta; cash in the model's currency is none"),
    absolute("notional", "face value: options at the underlying's price, whatever their delta"),
    absolute("perp_notional", "face value of perpetuals and futures"),
    absolute("option_notional", "face value of options, at the underlying's price"),
    absolute("option_7d", "face value of options that expire within 7 days, at the underlying's price"),
    absolute("illiquid", "value of balances and options of symbols that the model does not list as liquid"),
    count("lots", "lots held, long and short"),
    count("forbidden", "lots in slots that must stay empty"),
    money("assets", Mode::Long, Rounding::Down, "value of what is owned, after the asset's haircut"),
    money(
        "long",
        Mode::Long,
        Rounding::Up,
        "face value of long positions; cash in the model's currency is none",
    ),
    money("held", Mode::Long, Rounding::Down, "value of balances that are owned, no haircut"),
    money(
        "long_options",
        Mode::Long,
        Rounding::Up,
        "face value of bought options, at the underlying's price",
    ),
    money("long_perps", Mode::Long, Rounding::Up, "face value of long perpetuals and futures"),
    short(
        "liabilities",
        "value of what is owed: borrowings, short options and negative balances, marked up by the asset's haircut",
    ),
    short("short", "face value of short positions; cash in the model's currency is none"),
    short("owed", "value of balances that are owed, no mark-up"),
    short("short_calls", "face value of written calls, at the underlying's price"),
    short("short_puts", "face value of written puts, at the underlying's price"),
    short("short_options", "face value of written options, at the underlying's price"),
    short("short_perps", "face value of short perpetuals and futures"),
    short("put_cash", "strike value of written puts: the cash that secures them"),
    short("written_margin", "margin of each written option on its own"),
    short("written_premium", "mark value of written options, no mark-up"),
];

/// A column of the vocabulary.
pub(super) fn word(name: &str) -> Option<&'static ColumnDef> {
    VOCABULARY.iter().find(|c| c.name == name)
}

/// The columns that every model has: what other parts of the program read by name.
pub(super) const REQUIRED: [&str; 8] =
    ["value", "notional", "lots", "forbidden", "assets", "long", "liabilities", "short"];
