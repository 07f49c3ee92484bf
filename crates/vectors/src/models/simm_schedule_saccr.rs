//! Bilateral margin: ISDA SIMM commodity delta, the regulatory schedule, and the exposure of SA-CCR.
//!
//! Sensitivities, notionals and present values are the slots; risk weights, thresholds and rates are public.

use super::common::{floor_to, most, num, printed, ten};
use super::secants::{Secants, root_up, round_amounts};
use crate::report::{Check, Tolerance, each};
use crate::{Agreement, Outcome, Problem, Q, Trouble, at, list, number, optional, ratio, text, whole};
use mandate_statement::Mode;
use num_bigint::BigInt;
use num_traits::{One, Signed, Zero};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// One outcome per vector of the file.
pub fn run(file: &Value) -> Vec<Outcome> {
    each(file, "bilateral margin", |v| vector(file, v))
}

fn vector(file: &Value, v: &Value) -> Result<Vec<Check>, Trouble> {
    match text(v, "kind")? {
        "simm_commodity_delta" => simm(file, v),
        "schedule_im" => schedule(file, v),
        "sa_ccr_ead" => sa_ccr(v),
        other => Err(Trouble::Cannot(format!("no model of kind `{other}`"))),
    }
}

// ---- SIMM ----

/// A risk factor: product class, bucket, qualifier.
type Factor = (String, usize, String);

/// Risk weight and concentration threshold of a bucket, the threshold in the unit of the sensitivities.
fn bucket(file: &Value, bucket: usize) -> Result<(Q, Q), Trouble> {
    let index = bucket.checked_sub(1).ok_or_else(|| Trouble::Missing("bucket (from 1)".into()))?;
    let weight = number(file, &format!("parameters.risk_weight_by_bucket.{index}"))?;
    let threshold = number(file, &format!("parameters.concentration_threshold_musd_by_bucket.{index}"))?;
    Ok((weight, threshold * ten(6)))
}

/// How far above its threshold a factor is charged by chords.
const TIMES_THRESHOLD: i64 = 16;

/// The amounts above the threshold at which chords meet the charge: of two digits, or where several charges share a rule,
/// in half steps of one.
fn amounts(threshold: &Q, factors: usize) -> Vec<Q> {
    let step = if factors > 1 { 50 } else { 10 };
    round_amounts(&(threshold + Q::one()), &(threshold * whole(TIMES_THRESHOLD)), step)
}

/// Decimal places of the chords' rates: what a row has room for, or where several charges share a rule, what a witness has.
/// The steepest chord is below one and a half times the weight times four, the root of [`TIMES_THRESHOLD`].
fn places(weight: &Q, factors: usize) -> i32 {
    let room = Q::from(BigInt::one() << if factors > 1 { 22u32 } else { 39u32 });
    (0..9).rev().find(|k| weight * whole(6) * ten(*k + 1) < room).map_or(0, |k| k + 1)
}

/// `RW * |s| * max(1, sqrt(|s| / T))` as the language's tiers: a straight line up to the threshold, chords above it.
fn concentrated(weight: &Q, threshold: &Q, factors: usize) -> Result<Secants, Trouble> {
    let mut amounts = amounts(threshold, factors);
    amounts.insert(0, threshold.clone());
    Secants::new(&amounts, places(weight, factors), |s| {
        let share = s / threshold;
        if share > Q::one() { weight * s * root_up(&share) } else { weight * s }
    })
}

/// By how many percent a bound is above a figure, to four decimals.
fn above(bound: &Q, figure: &Q) -> String {
    if !figure.is_positive() {
        return "infinitely many".into();
    }
    num(&floor_to(&((bound / figure - Q::one()) * whole(100)), &ten(-4)))
}

fn simm(file: &Value, v: &Value) -> Result<Vec<Check>, Trouble> {
    let mut p = Problem::new();
    let mut factors: BTreeMap<Factor, (Vec<(usize, Q)>, Q)> = BTreeMap::new();
    for s in list(v, "inputs.sensitivities")? {
        let number_of =
            number(s, "bucket")?.to_integer().try_into().map_err(|_| Trouble::Missing("bucket".into()))?;
        let factor = (text(s, "product_class")?.to_owned(), number_of, text(s, "qualifier")?.to_owned());
        let amount = number(s, "amount_usd_per_1pct")?;
        let slot = p.slot(amount.clone());
        let entry = factors.entry(factor).or_insert_with(|| (Vec::new(), Q::zero()));
        entry.0.push((slot, Q::one()));
        entry.1 += amount;
    }
    let classes: BTreeSet<&String> = factors.keys().map(|(class, _, _)| class).collect();
    let mut charges = Vec::new();
    let mut ranges = Vec::new();
    let (mut on_grid, mut slack) = (true, ratio(1, 2));
    for (i, ((_, number_of, _), (weights, net))) in factors.iter().enumerate() {
        p.column(&format!("s{i}"), Mode::Signed, weights);
        let (weight, threshold) = bucket(file, *number_of)?;
        let secants = concentrated(&weight, &threshold, factors.len())?;
        let size = format!("abs(s{i}(all))");
        on_grid &= net.abs() <= threshold || amounts(&threshold, factors.len()).contains(&net.abs());
        if net.abs() > threshold {
            slack += secants.slack();
        }
        charges.push(secants.of(&size));
        ranges.push(secants.range(&size));
    }
    p.exact();
    let expected = at(v, "expected.margin_usd")?;
    let wanted = number(expected, "")?;
    if classes.len() < factors.len() {
        let mut bound = Q::zero();
        for charge in &charges {
            bound += p.value(charge)?.1;
        }
        if &bound + ratio(1, 2) < wanted {
            return Ok(vec![Check::number("the sum of charges, a bound", &wanted, &bound, &Tolerance::None)]);
        }
        return Err(Trouble::Cannot(format!(
            "the root of a quadratic form of {} private sensitivities; the sum of their charges, which bounds it, is {} % above",
            factors.len(),
            above(&bound, &wanted)
        )));
    }
    let expr = charges.join(" + ");
    if !p.verdict(&ranges.join(" and "))?.both(true) {
        return Err(Trouble::Cannot(
            "a sensitivity beyond the grid of chords of its concentration charge".into(),
        ));
    }
    let bound = p.value(&expr)?.1;
    // Classes add up, and each has one factor: its margin is that factor's charge. The file rounds to whole dollars, and the
    // rates of the chords are rounded.
    let check = most("margin", &p, &expr, expected, &Tolerance::Absolute(slack))?;
    if check.agrees == Agreement::No && bound > wanted && !on_grid {
        return Err(Trouble::Cannot(format!(
            "the concentration charge is a root of the private sensitivity; chords between round amounts are {} % above",
            above(&bound, &wanted)
        )));
    }
    Ok(vec![check])
}

// ---- The schedule ----

/// Rate of a product and term, in years, ends included.
fn rate(file: &Value, product: &str, years: Option<Q>) -> Result<Q, Trouble> {
    let rates = at(file, "parameters.schedule_rates")?;
    let product = product.to_lowercase();
    let term = match years {
        Some(y) if y <= whole(2) => "_0_2y",
        Some(y) if y <= whole(5) => "_2_5y",
        _ => "_5y_plus",
    };
    number(rates, &format!("{product}{term}"))
        .or_else(|_| number(rates, &product))
        .or_else(|_| number(rates, "other"))
}

/// The inputs of a vector, or of the one whose trades it takes over.
fn trades_of<'a>(file: &'a Value, v: &'a Value) -> Result<&'a Value, Trouble> {
    let Ok(other) = text(v, "inputs.same_trades_as") else { return at(v, "inputs") };
    let found = list(file, "vectors")?.iter().find(|o| text(o, "id").ok() == Some(other));
    at(
        found.ok_or_else(|| {
            Trouble::Cannot(format!("its trades are those of `{other}`, which the file does not have"))
        })?,
        "inputs",
    )
}

/// Present value of a trade among its own fields.
fn own_pv(trade: &Value) -> Option<Q> {
    ["pv", "present_value", "npv", "pv_usd"].iter().find_map(|n| optional(trade, n))
}

/// `0.4 * gross + 0.6 * NGR * gross`. The ratio of net to gross replacement cost is a quotient of private amounts: it is
/// public here, and a rule proves that the true one is no larger.
fn schedule(file: &Value, v: &Value) -> Result<Vec<Check>, Trouble> {
    let inputs = trades_of(file, v)?;
    let post = text(v, "inputs.side").is_ok_and(|s| s == "post");
    let entries = ["notionals", "trades"].iter().find_map(|n| list(inputs, n).ok());
    let entries = entries.ok_or_else(|| Trouble::Missing("inputs.notionals".into()))?;
    let mut names: Vec<String> = Vec::new();
    let mut trade_of = |entry: &Value| {
        let name = entry
            .get("trade")
            .or_else(|| entry.get("id"))
            .map_or_else(|| names.len().to_string(), Value::to_string);
        names.iter().position(|n| *n == name).unwrap_or_else(|| {
            names.push(name);
            names.len() - 1
        })
    };
    // One notional (per rate) and one value to a trade: its legs net.
    let mut notionals: BTreeMap<(usize, Q), Q> = BTreeMap::new();
    let mut values: BTreeMap<usize, Q> = BTreeMap::new();
    for entry in entries {
        let trade = trade_of(entry);
        let years = optional(entry, "years").or_else(|| optional(entry, "maturity_years"));
        let rate = rate(file, text(entry, "product")?, years)?;
        *notionals.entry((trade, rate)).or_insert_with(Q::zero) += number(entry, "notional")?;
        if let Some(pv) = own_pv(entry) {
            *values.entry(trade).or_insert_with(Q::zero) += pv;
        }
    }
    for entry in list(inputs, "pvs").unwrap_or_default() {
        let pv = own_pv(entry).ok_or_else(|| Trouble::Missing("pv".into()))?;
        *values.entry(trade_of(entry)).or_insert_with(Q::zero) += pv;
    }
    let mut p = Problem::new();
    let weights: Vec<(usize, Q)> = notionals.into_iter().map(|((_, rate), n)| (p.slot(n), rate)).collect();
    // The poster sees every value with the other sign.
    let sign = if post { -Q::one() } else { Q::one() };
    let pv_weights: Vec<(usize, Q)> = values.into_values().map(|pv| (p.slot(&sign * pv), Q::one())).collect();
    p.column("gross", Mode::Absolute, &weights);
    p.column("pv", Mode::Signed, &pv_weights);
    p.column("gains", Mode::Long, &pv_weights);
    p.exact();

    let gross = "gross(all)";
    let (net, all) = (p.value("pos(pv(all))")?.1, p.value("gains(all)")?.0);
    let ngr = if all.is_zero() { Q::one() } else { net / &all };
    let rule = |r: &Q| format!("pos(pv(all)) <= {} * gains(all)", num(r));
    // A smaller ratio is refused, unless there is none: no gain at all, or a ratio of zero.
    let smaller = floor_to(&(&ngr - ten(-6)), &ten(-6));
    let least = all.is_zero() || ngr.is_zero() || p.verdict(&rule(&smaller))?.both(false);
    let right = p.verdict(&rule(&ngr))?.both(true) && least;
    let factor = ratio(2, 5) + ratio(3, 5) * &ngr;
    let margin = format!("{} * {gross}", num(&factor));
    let expected = at(v, "expected")?.as_object().ok_or_else(|| Trouble::Missing("expected".into()))?;
    let mut checks = Vec::new();
    for (name, wanted) in expected {
        checks.push(match name.as_str() {
            "ngr" => Check::number("NGR", &number(wanted, "")?, &ngr, &printed(wanted)).judged(right),
            "gross_im" => most("gross margin", &p, gross, wanted, &printed(wanted))?,
            "schedule_im" => most("margin", &p, &margin, wanted, &printed(wanted))?,
            "margin_rounded" => {
                most("margin, rounded", &p, &margin, wanted, &Tolerance::Absolute(ratio(1, 2)))?
            }
            other => return Err(Trouble::Cannot(format!("no figure is called `{other}`"))),
        });
    }
    Ok(checks)
}

// ---- SA-CCR ----

/// `1.4 * (RC + multiplier * add-on)`, the multiplier public; without one it is at its cap of one, which bounds it.
fn sa_ccr(v: &Value) -> Result<Vec<Check>, Trouble> {
    let multiplier = optional(v, "inputs.pfe_multiplier")
        .or_else(|| optional(v, "inputs.multiplier"))
        .unwrap_or_else(Q::one);
    let field = |names: &[&str]| {
        names
            .iter()
            .find_map(|n| at(v, "inputs").ok().and_then(|i| i.get(*n)).map(|x| (number(x, ""), printed(x))))
            .ok_or_else(|| Trouble::Missing(format!("inputs.{}", names[0])))
    };
    let (cost, cost_room) = field(&["replacement_cost", "rc"])?;
    let (addon, addon_room) = field(&["addon", "add_on", "aggregate_addon", "pfe_addon"])?;
    let mut p = Problem::new();
    let (rc, pfe) = (p.slot(cost?), p.slot(addon?));
    p.column("cost", Mode::Signed, &[(rc, Q::one())]);
    p.column("addon", Mode::Signed, &[(pfe, multiplier.clone())]);
    let expected = at(v, "expected.ead")?;
    // The file prints its inputs, too: half of the last digit of each, carried through.
    let digits = |t: &Tolerance| match t {
        Tolerance::Absolute(a) | Tolerance::Either(_, a) => a.clone(),
        _ => Q::zero(),
    };
    let room =
        digits(&printed(expected)) + ratio(7, 5) * (digits(&cost_room) + multiplier * digits(&addon_room));
    Ok(vec![most(
        "exposure at default",
        &p,
        "1.4 * (cost(all) + addon(all))",
        expected,
        &Tolerance::Absolute(room),
    )?])
}

#[cfg(test)]
mod tests;
