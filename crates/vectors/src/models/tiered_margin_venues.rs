//! Venues whose margin grows with the size of a position: Binance, Hyperliquid, Bybit, OKX, Deribit, Paradex, Synthetix.
//!
//! Notionals, contracts, balances and entry costs are the slots; prices, tier tables and rates are public.

use super::common::{floor_to, holds, least, most, num, or_zero, positive, printed, ten, tolerance, usd};
use crate::report::{Check, each};
use crate::{Outcome, Problem, Q, Trouble, at, flag, list, number, optional, text, whole};
use mandate_statement::Mode;
use num_traits::{One, Signed, Zero};
use serde_json::Value;

mod quadratic;

/// One outcome per vector of the file.
pub fn run(file: &Value) -> Vec<Outcome> {
    each(file, "venue margin", |v| vector(file, v))
}

fn vector(file: &Value, v: &Value) -> Result<Vec<Check>, Trouble> {
    let id = text(v, "id")?;
    let venue = id.split('/').next().unwrap_or_default();
    let has = |name: &str| v.get("inputs").is_some_and(|i| i.get(name).is_some());
    match venue {
        "binance" if has("notional_usdt") => binance(file, v, id),
        "binance" if has("wallet_balance") => liquidation(v),
        "binance" if has("margin") => portfolio(v),
        "hyperliquid" => hyperliquid(file, v),
        "bybit" => bybit(v),
        "okx" if has("tiers") => okx_brackets(v),
        "okx" => okx(v),
        "deribit" if has("strike") => deribit_option(v),
        "deribit" if has("slope_per_unit") => quadratic::deribit_linear(v),
        "paradex" => paradex(v),
        "synthetix" | "synthetix_v3" => quadratic::synthetix(v),
        other => Err(Trouble::Cannot(format!("no model of these inputs of `{other}`"))),
    }
}

/// A private notional, one unit of money each.
fn notional(amount: Q) -> Problem {
    let mut p = Problem::new();
    let slot = p.slot(amount);
    p.column("notional", Mode::Absolute, &[(slot, Q::one())]);
    p.exact();
    p
}

/// `(lower, rate)` of each tier as the language's marginal rates.
fn marginal(argument: &str, tiers: &[(Q, Q)]) -> String {
    let steps: Vec<String> =
        tiers.iter().map(|(from, rate)| format!("{}: {}", usd(from), num(rate))).collect();
    format!("tiers({argument}; {})", steps.join(", "))
}

// ---- Binance ----

fn binance(file: &Value, v: &Value, id: &str) -> Result<Vec<Check>, Trouble> {
    let symbol = match text(v, "inputs.symbol") {
        Ok(symbol) => symbol.to_owned(),
        Err(_) => id.split('/').nth(1).and_then(|s| s.split('_').next()).unwrap_or_default().to_owned(),
    };
    let tables = at(file, "tables")?.as_object().ok_or_else(|| Trouble::Missing("tables".into()))?;
    let table = tables
        .iter()
        .filter(|(name, _)| name.starts_with("binance"))
        .find_map(|(_, t)| t.get(&symbol))
        .ok_or_else(|| Trouble::Missing(format!("tables.binance.{symbol}")))?;
    let mut tiers = Vec::new();
    let mut lines = Vec::new();
    for row in list(table, "")? {
        let (lower, rate, deduction) = (number(row, "0")?, number(row, "2")?, number(row, "4")?);
        lines.push(format!("{} * notional(all) - {}", num(&rate), usd(&deduction)));
        tiers.push((lower, rate));
    }
    let p = notional(number(v, "inputs.notional_usdt")?);
    let expected = at(v, "expected.maintenance_margin")?;
    let room = tolerance(v, expected);
    Ok(vec![
        most("maintenance margin, by rates", &p, &marginal("notional(all)", &tiers), expected, &room)?,
        most(
            "maintenance margin, by deductions",
            &p,
            &format!("max({})", lines.join(", ")),
            expected,
            &room,
        )?,
    ])
}

/// The price at which equity meets maintenance: at every public price the rule is linear in the private balance, position
/// and cost, so the price is where its headroom, read at two prices, vanishes; the rule is then judged a tick to each side.
fn liquidation(v: &Value) -> Result<Vec<Check>, Trouble> {
    let of = |name: &str| number(v, &format!("inputs.{name}"));
    let (balance, quantity, entry) = (of("wallet_balance")?, of("qty")?, of("entry")?);
    let (rate, deduction) = (of("mmr")?, of("maintenance_amount")?);
    let other = or_zero(v, "inputs.other_positions_unrealised_pnl")
        - or_zero(v, "inputs.other_positions_maintenance_margin");
    let at_price = |price: &Q| {
        let mut p = Problem::new();
        let cash = p.slot(balance.clone());
        let others = p.slot(other.clone());
        let position = p.slot(quantity.clone());
        // The cost of the position is on the venue's books beside its size.
        let cost = p.slot(-(&quantity * &entry));
        let one = Q::one();
        p.column(
            "equity",
            Mode::Signed,
            &[(cash, one.clone()), (others, one.clone()), (cost, one), (position, price.clone())],
        );
        p.column("maintenance", Mode::Absolute, &[(position, price * &rate)]);
        p
    };
    let headroom = format!("equity(all) - maintenance(all) + {}", usd(&deduction));
    let (low, high) = (entry.clone(), &entry * whole(2));
    let (a, b) = (at_price(&low).value(&headroom)?.0, at_price(&high).value(&headroom)?.0);
    if a == b {
        return Err(Trouble::Cannot("the headroom does not depend on the price".into()));
    }
    let price = &low - &a * (&high - &low) / (&b - &a);
    if !price.is_positive() {
        return Err(Trouble::Cannot("no price above zero brings equity to maintenance".into()));
    }
    let rule = format!("{headroom} >= 0 USD");
    let safe_above = quantity.is_positive();
    // The finest tick at which the allowance of rounded weights leaves a verdict on both sides; a cent is what is quoted.
    let mut right = false;
    for tick in [ten(-6), ten(-4), ten(-2)] {
        let (below, above) = (floor_to(&price, &tick) - &tick, floor_to(&price, &tick) + &tick + &tick);
        right = at_price(&above).verdict(&rule)?.both(safe_above)
            && at_price(&below).verdict(&rule)?.both(!safe_above);
        if right {
            break;
        }
    }
    let expected = at(v, "expected.price_where_equity_equals_maintenance")?;
    Ok(vec![
        Check::number("liquidation price", &number(expected, "")?, &price, &tolerance(v, expected))
            .judged(right),
    ])
}

/// What a list of positions has earned: size at the mark less its cost.
fn earned(what: &str, quantity: Q, mark: Q, cost: Q, expected: &Value) -> Result<Check, Trouble> {
    let mut p = Problem::new();
    let (position, paid) = (p.slot(quantity), p.slot(cost));
    p.column("pnl", Mode::Signed, &[(position, mark), (paid, -Q::one())]);
    least(what, &p, "pnl(all)", expected, &printed(expected))
}

fn charged(what: &str, quantity: Q, weight: Q, expected: &Value) -> Result<Check, Trouble> {
    let mut p = Problem::new();
    let slot = p.slot(quantity);
    p.column("margin", Mode::Absolute, &[(slot, weight)]);
    most(what, &p, "margin(all)", expected, &printed(expected))
}

/// The parts of Binance's unified ratio: margin loans, and futures settled in the quote or in the coin.
fn portfolio(v: &Value) -> Result<Vec<Check>, Trouble> {
    let expected = |name: &str| v.get("expected").and_then(|e| e.get(name));
    let mut checks = Vec::new();
    let rate = number(v, "inputs.margin_mmr")?;
    for m in list(v, "inputs.margin")? {
        // What is held of a coin is no part of its margin: only loans are charged.
        let _ = optional(m, "asset");
        let coin = text(m, "coin")?;
        let loan = number(m, "loan")?;
        if let Some(wanted) = expected(&format!("margin_mm_{}", coin.to_lowercase())) {
            checks.push(charged(&format!("margin of the {coin} loan"), loan, rate.clone(), wanted)?);
        } else if !loan.is_zero() {
            return Err(Trouble::Missing(format!("expected.margin_mm_{}", coin.to_lowercase())));
        }
    }
    // Figures of futures come in the file's order: a list for those in the quote, lists or one number for the coin's.
    let mut seen = [0usize; 2];
    for f in list(v, "inputs.futures")? {
        let (entry, mark, rate) = (positive(f, "entry")?, positive(f, "mark")?, number(f, "mmr")?);
        let coin_settled = f.get("contracts_usd").is_some();
        let (index, pnl, mm) = if coin_settled {
            (&mut seen[1], "unrealised_pnl_btc_coin_m", "futures_mm_btc")
        } else {
            (&mut seen[0], "unrealised_pnl_usdt", "futures_mm_usdt")
        };
        let pick = |name: &str| {
            expected(name).and_then(|e| if e.is_array() { e.get(*index) } else { (*index == 0).then_some(e) })
        };
        let symbol = text(f, "symbol").unwrap_or("future");
        let (size, at_mark, cost) = if coin_settled {
            // Worth contracts / price in coin, the other way round: the cost less what it is worth now.
            let contracts = number(f, "contracts_usd")?;
            let cost = &contracts / entry;
            (contracts, mark.recip(), cost)
        } else {
            let quantity = number(f, "qty")?;
            let cost = &quantity * entry;
            (quantity, mark, cost)
        };
        if let Some(wanted) = pick(pnl) {
            let (size, at_mark, cost) = if coin_settled {
                (-size.clone(), at_mark.clone(), -cost)
            } else {
                (size.clone(), at_mark.clone(), cost)
            };
            checks.push(earned(&format!("unrealised profit of {symbol}"), size, at_mark, cost, wanted)?);
        }
        if let Some(wanted) = pick(mm) {
            checks.push(charged(&format!("maintenance of {symbol}"), size, at_mark * rate, wanted)?);
        }
        *index += 1;
    }
    Ok(checks)
}

// ---- Hyperliquid, Bybit, OKX, Paradex ----

fn hyperliquid(file: &Value, v: &Value) -> Result<Vec<Check>, Trouble> {
    let group = text(v, "inputs.asset_group")?;
    let table = at(file, "tables.hyperliquid")?
        .get(group)
        .ok_or_else(|| Trouble::Missing(format!("table of {group}")))?;
    let tiers = list(table, "")?
        .iter()
        // The published rate is a double; the rule is half of the inverse of the largest leverage.
        .map(|t| Ok((number(t, "lower_usd")?, (whole(2) * positive(t, "max_leverage")?).recip())))
        .collect::<Result<Vec<_>, Trouble>>()?;
    let p = notional(number(v, "inputs.notional_usd")?);
    let expected = at(v, "expected.maintenance_margin")?;
    Ok(vec![most(
        "maintenance margin",
        &p,
        &marginal("notional(all)", &tiers),
        expected,
        &tolerance(v, expected),
    )?])
}

/// `[upper end, rate]` of every bracket as `(lower end, rate)`; the last may be without an end.
fn brackets(v: &Value) -> Result<Vec<(Q, Q)>, Trouble> {
    let mut lower = Some(Q::zero());
    let mut tiers = Vec::new();
    for tier in list(v, "inputs.tiers")? {
        let from = lower.ok_or_else(|| Trouble::Cannot("a bracket above one without an end".into()))?;
        tiers.push((from, number(tier, "1")?));
        lower = if at(tier, "0")?.is_null() { None } else { Some(number(tier, "0")?) };
    }
    Ok(tiers)
}

/// Contracts of one USD of an inverse perpetual: their value in coin is `contracts / price`.
fn bybit(v: &Value) -> Result<Vec<Check>, Trouble> {
    let price = positive(v, "inputs.entry")?;
    let mut p = Problem::new();
    let slot = p.slot(number(v, "inputs.contracts_usd")?);
    p.column("worth", Mode::Absolute, &[(slot, price.recip())]);
    let tiers = brackets(v)?;
    let leverage = number(v, "inputs.leverage")?;
    let mut checks = Vec::new();
    for (name, expr) in [
        ("position_value_xyz", "worth(all)".to_owned()),
        ("initial_margin_xyz", format!("worth(all) / {}", num(&leverage))),
        ("maintenance_margin_xyz", marginal("worth(all)", &tiers)),
    ] {
        if let Some(wanted) = v.get("expected").and_then(|e| e.get(name)) {
            checks.push(most(name, &p, &expr, wanted, &tolerance(v, wanted))?);
        }
    }
    Ok(checks)
}

/// OKX's seventh requirement by itself: brackets of the position, each charged its multiple of a rate.
fn okx_brackets(v: &Value) -> Result<Vec<Check>, Trouble> {
    let names = ["notional_usd", "notional", "position_usd", "contracts", "size"];
    let size = names.iter().find_map(|n| optional(v, &format!("inputs.{n}")));
    let size = size.ok_or_else(|| Trouble::Missing("inputs.notional_usd".into()))?;
    let rate = ["rate", "base_rate"].iter().find_map(|n| optional(v, &format!("inputs.{n}")));
    let rate = rate.unwrap_or_else(Q::one);
    let tiers: Vec<(Q, Q)> = brackets(v)?.into_iter().map(|(from, times)| (from, times * &rate)).collect();
    let expected = at(v, "expected.mr7")?;
    let expr = marginal("notional(all)", &tiers);
    Ok(vec![most("minimum charge", &notional(size), &expr, expected, &tolerance(v, expected))?])
}

/// Seven requirements of one book, each a private amount, and how OKX puts them together.
fn okx(v: &Value) -> Result<Vec<Check>, Trouble> {
    let mut p = Problem::new();
    for i in 1..=7 {
        let slot = p.slot(or_zero(v, &format!("inputs.mr{i}")));
        p.column(&format!("mr{i}"), Mode::Signed, &[(slot, Q::one())]);
    }
    p.exact();
    let expr = "max(max(mr1(all), mr2(all), mr6(all)) + mr3(all) + mr4(all) + mr5(all), mr7(all))";
    let expected = at(v, "expected.mmr")?;
    Ok(vec![most("maintenance margin", &p, expr, expected, &tolerance(v, expected))?])
}

fn paradex(v: &Value) -> Result<Vec<Check>, Trouble> {
    let of = |name: &str| number(v, &format!("inputs.{name}"));
    let (collateral, quantity, rate) = (of("collateral")?, of("qty")?, of("imf")?);
    let entry = of("mark_before")?;
    let mut checks = Vec::new();
    for when in ["before", "after"] {
        let mark = of(&format!("mark_{when}"))?;
        let mut p = Problem::new();
        let (cash, position, cost) =
            (p.slot(collateral.clone()), p.slot(quantity.clone()), p.slot(-(&quantity * &entry)));
        p.column("equity", Mode::Signed, &[(cash, Q::one()), (cost, Q::one()), (position, mark.clone())]);
        p.column("initial", Mode::Absolute, &[(position, &mark * &rate)]);
        p.exact();
        let wanted = |name: &str| v.get("expected").and_then(|e| e.get(format!("{name}_{when}")));
        if let Some(e) = wanted("imr") {
            checks.push(most(&format!("initial margin {when}"), &p, "initial(all)", e, &tolerance(v, e))?);
        }
        if let Some(e) = wanted("account_value") {
            checks.push(least(&format!("account value {when}"), &p, "equity(all)", e, &tolerance(v, e))?);
        }
        if let Ok(e) = flag(v, &format!("expected.passes_{when}")) {
            checks.push(holds(&format!("passes {when}"), &p, "equity(all) >= initial(all)", e)?);
        }
    }
    Ok(checks)
}

// ---- Deribit's options ----

/// The rule charges a private short quantity a public amount per unit, in coin.
fn deribit_option(v: &Value) -> Result<Vec<Check>, Trouble> {
    let of = |name: &str| number(v, &format!("inputs.{name}"));
    let (strike, mark) = (of("strike")?, of("option_mark_in_btc")?);
    let spot = positive(v, "inputs.underlying_mark")?;
    let call = match text(v, "inputs.type")? {
        "call" => true,
        "put" => false,
        other => return Err(Trouble::Cannot(format!("no rule for a `{other}`"))),
    };
    let out = if call { &strike - &spot } else { &spot - &strike }.max(Q::zero()) / &spot;
    let share = |n: i64| Q::new(n.into(), 1000.into());
    let sloped = (share(150) - out).max(share(100)) + &mark;
    let (initial, maintenance) = if call {
        (sloped, share(75) + &mark)
    } else {
        let maintenance = share(75).max(share(75) * &mark) + &mark;
        (sloped.max(maintenance.clone()), maintenance)
    };
    let mut p = Problem::new();
    let slot = p.slot(-of("qty")?.abs());
    p.column("initial", Mode::Short, &[(slot, initial)]);
    p.column("maintenance", Mode::Short, &[(slot, maintenance)]);
    let mut checks = Vec::new();
    for (name, expr) in [("im_btc", "initial(all)"), ("mm_btc", "maintenance(all)")] {
        if let Some(wanted) = v.get("expected").and_then(|e| e.get(name)) {
            checks.push(most(name, &p, expr, wanted, &tolerance(v, wanted))?);
        }
    }
    Ok(checks)
}

#[cfg(test)]
mod tests;
