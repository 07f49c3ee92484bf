//! Derive's standard margin: per expiry the better of isolated margins and the largest loss at expiry.
//!
//! Public: isolated charges per unit of a short option, payoffs at zero and at every strike held, forward and feeds.
//! Private: quantities and entry costs. A group per expiry of an underlying, and one for the rest. In the language:
//!
//! `sum(g in groups: better(isolated(g), max(loss0(g), loss1(g), ..., 0) + pos(-calls(g)))) + charged(all) - worth(all)`
//!
//! `loss_k` is the loss at the expiry's k-th price, `calls` its net calls at the scaled forward (what calls without a match
//! may cost beyond every strike), `charged` what magnitudes and shorts are charged for, `worth` what counts in full: cash,
//! unsettled profit, and the margin value of coins. The margin balance is the negative of the requirement.

use crate::report::each;
use crate::{
    Check, Outcome, Problem, Q, Tolerance, Trouble, at, exact, float, list, number, optional, ratio, text,
    whole,
};
use mandate_market::Right;
use mandate_market::black76::black76;
use mandate_statement::Mode;
use num_traits::{One, Signed, Zero};
use serde_json::Value;

/// One outcome per vector of the file.
pub fn run(file: &Value) -> Vec<Outcome> {
    each(file, "Derive standard margin", |vector| checks(file, vector))
}

/// Overrides of the market that a vector may make.
const OVERRIDES: &[&str] = &[
    "discount",
    "forward",
    "forward_confidence",
    "implied_vol",
    "perp_confidence",
    "perp_mark",
    "spot",
    "spot_confidence",
    "stable_price",
    "vol_confidence",
];

/// The file's market and parameters, with a vector's own values before them.
struct Market<'a> {
    market: &'a Value,
    parameters: &'a Value,
    overrides: &'a Value,
}

impl Market<'_> {
    fn parameter(&self, name: &str) -> Result<Q, Trouble> {
        number(self.parameters, name)
    }
    /// A quantity of an underlying, or of one of its expiries.
    fn of(&self, kind: &str, asset: &str, expiry: Option<&str>) -> Option<Q> {
        let own = self.overrides.get(kind);
        let shared = self.market.get(kind);
        let read = |table: Option<&Value>| {
            let table = table?;
            match expiry {
                Some(e) => optional(table, &format!("{asset}:{e}"))
                    .or_else(|| optional(table, &format!("{asset}.{e}"))),
                None => optional(table, asset),
            }
        };
        read(own).or_else(|| read(shared))
    }
    fn needed(&self, kind: &str, asset: &str, expiry: Option<&str>) -> Result<Q, Trouble> {
        self.of(kind, asset, expiry)
            .ok_or_else(|| Trouble::Missing(format!("{kind} of {asset} {}", expiry.unwrap_or(""))))
    }
    fn confidence(&self, kind: &str, asset: &str, expiry: Option<&str>) -> Result<Q, Trouble> {
        self.of(kind, asset, expiry).map_or_else(|| number(self.market, "all_confidences"), Ok)
    }
    fn single(&self, kind: &str) -> Result<Q, Trouble> {
        optional(self.overrides, kind).map_or_else(|| number(self.market, kind), Ok)
    }
    /// What a doubtful feed adds to the initial margin, as a share of notional.
    fn doubt(&self, confidence: &Q) -> Result<Q, Trouble> {
        Ok(if *confidence < self.parameter("confidence_threshold")? {
            (Q::one() - confidence) * self.parameter("oracle_contingency_factor")?
        } else {
            Q::zero()
        })
    }
}

struct Leg {
    asset: String,
    expiry: String,
    strike: Q,
    right: Right,
    quantity: Q,
}

impl Leg {
    fn read(value: &Value) -> Result<Self, Trouble> {
        let right = match text(value, "type")? {
            "call" => Right::Call,
            "put" => Right::Put,
            other => return Err(Trouble::Cannot(format!("an option of type `{other}`"))),
        };
        Ok(Self {
            asset: text(value, "asset")?.to_owned(),
            expiry: text(value, "expiry")?.to_owned(),
            strike: number(value, "strike")?,
            right,
            quantity: number(value, "qty")?,
        })
    }
    /// What one unit pays at expiry at a price.
    fn payoff(&self, price: &Q) -> Q {
        match self.right {
            Right::Call => price - &self.strike,
            Right::Put => &self.strike - price,
        }
        .max(Q::zero())
    }
    /// The isolated margin of one unit short: initial or maintenance.
    fn isolated(&self, m: &Market<'_>, initial: bool) -> Result<Q, Trouble> {
        let spot = m.needed("spot", &self.asset, None)?;
        let year = number(m.market, "year_days")? * whole(86_400);
        if !spot.is_positive() || !year.is_positive() {
            return Err(Trouble::Cannot("a price or a year of nothing".into()));
        }
        let expiry = Some(self.expiry.as_str());
        let forward = m.needed("forward", &self.asset, expiry)?;
        let seconds = number(m.market, &format!("seconds_to_expiry.{}", self.expiry))?;
        let years = seconds / year;
        let vol = m
            .of("implied_vol", &self.asset, expiry)
            .map_or_else(|| number(m.market, "implied_vol_all"), Ok)?;
        let price =
            black76(float(&forward), float(&self.strike), float(&years), float(&vol), self.right).price;
        let mark = exact(price).ok_or_else(|| Trouble::Cannot("a price that is not a number".into()))?
            * m.single("discount")?;
        let maintenance = match self.right {
            Right::Call => m.parameter("mmCallSpotReq")? * &spot,
            Right::Put => (m.parameter("mmPutSpotReq")? * &spot).max(m.parameter("mmPutMtmReq")? * &mark),
        } + &mark;
        if !initial {
            return Ok(maintenance);
        }
        let out = match self.right {
            Right::Call => &self.strike - &spot,
            Right::Put => &spot - &self.strike,
        };
        let share = m.parameter("maxSpotReq")? - out.max(Q::zero()) / &spot;
        let own = share.max(m.parameter("minSpotReq")?) * &spot + mark;
        Ok(match self.right {
            Right::Call => own,
            Right::Put => own.max(m.parameter("mmOffsetScale")? * maintenance),
        })
    }
}

/// The requirement as a problem and an expression.
fn lay(inputs: &Value, m: &Market<'_>, initial: bool) -> Result<(Problem, String), Trouble> {
    let mut problem = Problem::new();
    let (mut worth, mut charged, mut shorts) = (Vec::new(), Vec::new(), Vec::new());
    let stable = m.single("stable_price")?;
    let depeg = if initial {
        (m.parameter("depeg_threshold")? - stable).max(Q::zero()) * m.parameter("depeg_factor")?
    } else {
        Q::zero()
    };
    let none = Ok(Q::zero());

    let legs = list(inputs, "options")?.iter().map(Leg::read).collect::<Result<Vec<_>, _>>()?;
    let mut expiries: Vec<(&str, &str)> =
        legs.iter().map(|l| (l.asset.as_str(), l.expiry.as_str())).collect();
    expiries.sort_unstable();
    expiries.dedup();
    let group =
        |l: &Leg| expiries.iter().position(|e| *e == (l.asset.as_str(), l.expiry.as_str())).unwrap_or(0);
    let slots: Vec<usize> = legs.iter().map(|l| problem.slot_in(0, group(l), l.quantity.clone())).collect();
    let rest = expiries.len();

    // Options: isolated charges, payoffs, net calls, and what shorts are charged for feeds and the stablecoin.
    let mut isolated = Vec::new();
    let mut calls = Vec::new();
    let scale = m.parameter(if initial { "unpairedIMScale" } else { "unpairedMMScale" })?;
    let mut prices: Vec<Vec<Q>> = vec![vec![Q::zero()]; expiries.len()];
    for (leg, slot) in legs.iter().zip(&slots) {
        isolated.push((*slot, leg.isolated(m, initial)?));
        let expiry = Some(leg.expiry.as_str());
        if leg.right == Right::Call {
            calls.push((*slot, &scale * m.needed("forward", &leg.asset, expiry)?));
        }
        let feeds = m
            .confidence("spot_confidence", &leg.asset, None)?
            .min(m.confidence("forward_confidence", &leg.asset, expiry)?)
            .min(m.confidence("vol_confidence", &leg.asset, expiry)?);
        let doubt = if initial { m.doubt(&feeds) } else { none.clone() }?;
        shorts.push((*slot, m.needed("spot", &leg.asset, None)? * (doubt + &depeg)));
        let own = &mut prices[group(leg)];
        if !own.contains(&leg.strike) {
            own.push(leg.strike.clone());
        }
    }
    problem.column("isolated", Mode::Short, &isolated);
    problem.column("calls", Mode::Signed, &calls);
    let mut losses = String::new();
    for k in 0..prices.iter().map(Vec::len).max().unwrap_or(0) {
        let column: Vec<(usize, Q)> = legs
            .iter()
            .zip(&slots)
            .filter_map(|(l, slot)| Some((*slot, -l.payoff(prices[group(l)].get(k)?))))
            .collect();
        problem.column(&format!("loss{k}"), Mode::Signed, &column);
        losses.push_str(&format!("loss{k}(g), "));
    }

    // Perpetuals: a requirement on magnitude; profit from the private entry cost.
    for perp in list(inputs, "perps")? {
        let asset = text(perp, "asset")?;
        let (quantity, mark) = (number(perp, "qty")?, m.needed("perp_mark", asset, None)?);
        let slot = problem.slot_in(0, rest, quantity.clone());
        let feeds = m.confidence("perp_confidence", asset, None)?.min(m.confidence(
            "spot_confidence",
            asset,
            None,
        )?);
        let doubt = if initial { m.doubt(&feeds) } else { none.clone() }?;
        let share = m.parameter(if initial { "perp_im" } else { "perp_mm" })?;
        let spot = m.needed("spot", asset, None)?;
        charged.push((slot, share * &mark + spot * (doubt + &depeg)));
        worth.push((slot, mark));
        let cost = problem.slot_in(0, rest, quantity * number(perp, "entry")?);
        worth.push((cost, -Q::one()));
    }
    for base in list(inputs, "base")? {
        let asset = text(base, "asset")?;
        let spot = m.needed("spot", asset, None)?;
        let slot = problem.slot_in(0, rest, number(base, "qty")?);
        let mut share = m.parameter("base_margin_factor")?;
        if initial {
            share = share * m.parameter("base_im_scale")?
                - m.doubt(&m.confidence("spot_confidence", asset, None)?)?;
        }
        worth.push((slot, share * spot));
    }
    let cash = problem.slot_in(0, rest, number(inputs, "cash")?);
    worth.push((cash, Q::one()));
    problem.column("worth", Mode::Signed, &worth);
    problem.column("charged", Mode::Absolute, &charged);
    problem.column("written", Mode::Short, &shorts);
    let options = if legs.is_empty() {
        String::new()
    } else {
        format!("sum(g in groups: better(isolated(g), max({losses}0) + pos(-calls(g)))) + ")
    };
    Ok((problem, format!("{options}charged(all) + written(all) - worth(all)")))
}

/// Truncated towards zero, after rounding to a millionth, what the allowance of the weights leaves: the source compares whole
/// dollars.
fn whole_part(x: &Q) -> Q {
    let grain = whole(1_000_000);
    ((x * &grain).round() / grain).trunc()
}

fn checks(file: &Value, vector: &Value) -> Result<Vec<Check>, Trouble> {
    let none = Value::Null;
    let overrides = vector.get("market_overrides").unwrap_or(&none);
    for (name, _) in overrides.as_object().into_iter().flatten() {
        if !OVERRIDES.contains(&name.as_str()) {
            return Err(Trouble::Cannot(format!(
                "the vector overrides `{name}` of the market, which the model does not read"
            )));
        }
    }
    // Of the kinds that the model reads, those of what is not held change nothing.
    number::known(overrides);
    let m = Market { market: at(file, "market")?, parameters: at(file, "parameters")?, overrides };
    let inputs = at(vector, "inputs")?;
    let mut checks = Vec::new();
    for (name, initial) in [("im", true), ("mm", false)] {
        let (problem, requirement) = lay(inputs, &m, initial)?;
        let edge = problem.at_most(&requirement)?;
        let (low, high) = problem.value(&requirement)?;
        let margin = -(&low + &high) / whole(2);
        let field = format!("{name}_integer_part");
        let expected = number(vector, &format!("expected.{field}"))?;
        checks.push(Check::number(field, &expected, &whole_part(&margin), &Tolerance::None).on(&edge));
        if let Some(decimals) = optional(vector, &format!("recomputed.{name}")) {
            let near = Tolerance::Absolute(ratio(1, 1_000_000));
            checks.push(Check::interval(name, &decimals, &(-high, -low), &near));
        }
    }
    Ok(checks)
}
