//! Charges that grow with the square of a size: Deribit's linear futures, Synthetix v3.

use super::super::common::{floor_to, most, num, positive, printed, ten, usd};
use super::super::secants::{Secants, round_amounts};
use crate::report::{Agreement, Check, Tolerance};
use crate::{Problem, Q, Trouble, at, number, whole};
use mandate_statement::Mode;
use num_traits::{One, Signed, Zero};
use serde_json::Value;

/// The grid on which a charge that is quadratic in a size is proven: 0.1 to 10,000 of the coin in half steps of a digit.
fn sizes() -> Vec<Q> {
    round_amounts(&ten(-1), &ten(4), 50)
}

/// A position whose charge is `(base + slope * |q|) * |q| * price`, and what a position is charged whatever its size.
struct Position {
    size: Q,
    price: Q,
    base: Q,
    slope: Q,
    flat: Q,
}

/// The positions of a vector as columns, with their charges by chords over the public grid: exact at the grid's sizes, too
/// much between them.
struct Charge {
    problem: Problem,
    expr: String,
    notional: String,
    range: String,
    on_grid: bool,
}

impl Charge {
    fn of(positions: &[Position]) -> Result<Self, Trouble> {
        let mut problem = Problem::new();
        let (mut charges, mut ranges, mut notionals) = (Vec::new(), Vec::new(), Vec::new());
        for (k, p) in positions.iter().enumerate() {
            let slot = problem.slot(p.size.clone());
            let name = format!("notional{k}");
            problem.column(&name, Mode::Absolute, &[(slot, p.price.clone())]);
            let amounts: Vec<Q> = sizes().iter().map(|x| x * &p.price).collect();
            let secants = Secants::new(&amounts, 12, |n| (&p.base + &p.slope * n / &p.price) * n)?;
            let notional = format!("{name}(all)");
            charges.push(secants.of(&notional));
            ranges.push(secants.range(&notional));
            if !p.flat.is_zero() {
                // Public: the universe of the vector is the markets that are traded.
                charges.push(usd(&p.flat));
            }
            notionals.push(notional);
        }
        Ok(Self {
            problem,
            expr: charges.join(" + "),
            notional: notionals.join(" + "),
            range: ranges.join(" and "),
            on_grid: positions.iter().all(|p| p.size.is_zero() || sizes().contains(&p.size.abs())),
        })
    }

    fn check(&self, what: &str, expected: &Value) -> Result<Check, Trouble> {
        let p = &self.problem;
        let check = most(what, p, &self.expr, expected, &printed(expected))?;
        if !p.verdict(&self.range)?.both(true) {
            return Err(Trouble::Cannot(format!(
                "{what}: quadratic in the size, which is beyond the grid of chords"
            )));
        }
        let (got, wanted) = (p.value(&self.expr)?.1, number(expected, "")?);
        if check.agrees == Agreement::No && got > wanted && !self.on_grid {
            let over = (&got / &wanted - Q::one()) * whole(100);
            return Err(Trouble::Cannot(format!(
                "{what}: quadratic in the private size; chords over public sizes charge {} % too much here",
                num(&floor_to(&over, &ten(-4)))
            )));
        }
        Ok(check)
    }

    /// The charge as a share of the notional: the least rate at which the rule holds, to twelve places, upwards.
    fn rate(&self, what: &str, expected: &Value) -> Result<Check, Trouble> {
        let p = &self.problem;
        let (charge, notional) = (p.value(&self.expr)?.1, p.value(&self.notional)?.0);
        if notional.is_zero() {
            return Err(Trouble::Cannot("a charge on nothing is no rate".into()));
        }
        let step = ten(-12);
        let rate = -floor_to(&-(charge / notional), &step);
        let rule = |r: &Q| format!("{} <= {} * ({})", self.expr, num(r), self.notional);
        let past = floor_to(&(&rate - ten(-6)), &ten(-6));
        let right = p.verdict(&rule(&rate))?.both(true) && p.verdict(&rule(&past))?.both(false);
        let room = match printed(expected) {
            Tolerance::Absolute(a) | Tolerance::Either(_, a) => Tolerance::Absolute(a.max(step)),
            other => other,
        };
        Ok(Check::number(what, &number(expected, "")?, &rate, &room).judged(right))
    }
}

pub(super) fn deribit_linear(v: &Value) -> Result<Vec<Check>, Trouble> {
    let of = |name: &str| number(v, &format!("inputs.{name}"));
    let (size, price, slope) = (of("qty")?, positive(v, "inputs.index_price")?, of("slope_per_unit")?);
    let mut checks = Vec::new();
    for (name, base) in [("im_usdc", "im_base"), ("mm_usdc", "mm_base")] {
        // The other charge's rate is no part of a vector that asks for one.
        let base = of(base);
        if let Some(wanted) = v.get("expected").and_then(|e| e.get(name)) {
            let (size, price, slope) = (size.clone(), price.clone(), slope.clone());
            let flat = Q::zero();
            checks.push(
                Charge::of(&[Position { size, price, base: base?, slope, flat }])?.check(name, wanted)?,
            );
        }
    }
    Ok(checks)
}

/// The first number among the fields of a market, or of the vector's inputs, whose name has one of the words and none of
/// those that it must not have.
fn worded(places: [&Value; 2], words: &[&str], not: &[&str]) -> Option<Q> {
    words.iter().find_map(|w| {
        places.iter().find_map(|place| {
            let fields = place.as_object().into_iter().flatten();
            fields
                .filter(|(name, _)| {
                    let name = name.to_lowercase();
                    name.contains(w) && !not.iter().any(|n| name.contains(n))
                })
                .find_map(|(_, value)| number(value, "").ok())
        })
    })
}

/// The parameters of one market of Synthetix v3 and the position in it.
struct Market {
    size: Q,
    price: Q,
    scale: Q,
    least: Q,
    initial: Q,
    maintenance: Option<Q>,
    scalar: Option<Q>,
    flat: Q,
}

impl Market {
    fn read(places: [&Value; 2]) -> Result<Self, Trouble> {
        let needed = |words: &[&str], not: &[&str]| {
            worded(places, words, not)
                .ok_or_else(|| Trouble::Missing(format!("inputs.{}", words.join("` or `"))))
        };
        let market = Self {
            size: needed(&["qty", "size", "position"], &["margin", "min"])?,
            price: needed(&["price"], &[])?,
            scale: needed(&["skew"], &[])?,
            least: needed(&["minimum", "min_", "min"], &["position"])?,
            initial: needed(&["initial_margin_fraction", "initial_fraction", "fraction"], &["maintenance"])?,
            maintenance: worded(places, &["maintenance_margin_fraction", "maintenance_fraction"], &[]),
            scalar: worded(places, &["scalar"], &[]),
            flat: worded(places, &["position_margin"], &[]).unwrap_or_else(Q::zero),
        };
        if !(market.price.is_positive() && market.scale.is_positive()) {
            return Err(Trouble::Cannot("price or scale is not above zero".into()));
        }
        Ok(market)
    }
    /// Maintenance by a fraction of its own or as a share of both rates.
    fn position(&self, initial: bool) -> Result<Position, Trouble> {
        let (base, fraction) = match (initial, &self.maintenance, &self.scalar) {
            (true, ..) => (self.least.clone(), self.initial.clone()),
            (false, Some(own), _) => (self.least.clone(), own.clone()),
            (false, None, Some(share)) => (&self.least * share, &self.initial * share),
            (false, None, None) => {
                return Err(Trouble::Missing("inputs.maintenance_margin_scalar".into()));
            }
        };
        let (size, price, flat) = (self.size.clone(), self.price.clone(), self.flat.clone());
        Ok(Position { size, price, base, slope: fraction / &self.scale, flat })
    }
}

/// Per market `notional * (|q| / skew scale * fraction + least ratio)` and a least margin of its own; markets add up.
pub(super) fn synthetix(v: &Value) -> Result<Vec<Check>, Trouble> {
    let inputs = at(v, "inputs")?;
    // Markets in a list, or by their names; otherwise the inputs are one market's.
    let fields = || inputs.as_object().into_iter().flatten().map(|(_, value)| value);
    let by_name = |value: &&Value| value.as_object().is_some_and(|o| o.values().all(Value::is_object));
    let listed: Vec<&Value> = match fields().find(|value| value.is_array() || by_name(value)) {
        Some(Value::Array(list)) => list.iter().collect(),
        Some(Value::Object(named)) => named.values().collect(),
        _ => vec![inputs],
    };
    let markets = listed.into_iter().map(|m| Market::read([m, inputs])).collect::<Result<Vec<_>, _>>()?;
    let mut checks = Vec::new();
    let expected = at(v, "expected")?.as_object().ok_or_else(|| Trouble::Missing("expected".into()))?;
    for (name, wanted) in expected {
        let initial = name.starts_with("im") || name.contains("initial");
        if !initial && !name.starts_with("mm") && !name.contains("maintenance") {
            return Err(Trouble::Cannot(format!("no figure is called `{name}`")));
        }
        let positions = markets.iter().map(|m| m.position(initial)).collect::<Result<Vec<_>, _>>()?;
        let rate = ["imr", "mmr", "rate", "ratio"].iter().any(|w| name.ends_with(w));
        checks.push(if rate {
            // A rate is that of the sizes alone.
            let sizes: Vec<Position> =
                positions.into_iter().map(|p| Position { flat: Q::zero(), ..p }).collect();
            Charge::of(&sizes)?.rate(name, wanted)?
        } else {
            Charge::of(&positions)?.check(name, wanted)?
        });
    }
    Ok(checks)
}
