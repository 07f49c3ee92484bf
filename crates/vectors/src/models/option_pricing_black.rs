//! Black-Scholes-Merton and Black-76: prices and Greeks are public weights, a private position is the slot.
//!
//! The price is the product's Black-76 on the forward, discounted; the Greeks of the spot follow from its own by the
//! chain rule. Theta is the plain slope per year: the product's, which never takes more than the whole price, is another.

use super::common::{most, tolerance};
use crate::report::{Check, Tolerance, each};
use crate::{Outcome, Problem, Q, Trouble, at, decimal, exact, float, number, ratio, text};
use mandate_market::Right;
use mandate_market::black76::{black76, normal_cdf, normal_pdf};
use mandate_statement::Mode;
use num_traits::One;
use serde_json::Value;

/// One outcome per vector of the file.
pub fn run(file: &Value) -> Vec<Outcome> {
    each(file, "Black-76 and BSM", vector)
}

/// The public numbers of an option.
#[derive(Clone, Copy, Debug)]
struct Quoted {
    spot: f64,
    strike: f64,
    rate: f64,
    /// Dividend yield; the rate itself for an option on a forward.
    carry: f64,
    years: f64,
    vol: f64,
}

/// Price and Greeks per unit, in years and whole points of rate and volatility.
#[derive(Clone, Copy, Debug)]
struct Priced {
    price: f64,
    undiscounted: f64,
    delta: f64,
    gamma: f64,
    vega: f64,
    theta: f64,
    rho: f64,
    dividend_rho: f64,
    d1: f64,
    d2: f64,
}

impl Quoted {
    fn priced(&self, right: Right) -> Priced {
        let Self { spot, strike, rate, carry, years, vol } = *self;
        let sign = if right == Right::Call { 1.0 } else { -1.0 };
        let forward = spot * libm::exp((rate - carry) * years);
        let (money, coupon) = (libm::exp(-rate * years), libm::exp(-carry * years));
        let black = black76(forward, strike, years, vol, right);
        let root = libm::sqrt(years);
        let d1 = libm::log(forward / strike) / (vol * root) + 0.5 * vol * root;
        let d2 = d1 - vol * root;
        let held = spot * coupon * normal_cdf(sign * d1);
        let owed = strike * money * normal_cdf(sign * d2);
        let decay = spot * coupon * normal_pdf(d1) * vol / (2.0 * root);
        Priced {
            price: money * black.price,
            undiscounted: black.price,
            delta: coupon * black.delta,
            // One unit of spot moves the forward by forward / spot.
            gamma: money * black.gamma * (forward / spot) * (forward / spot),
            vega: money * black.vega * 100.0,
            theta: sign * (carry * held - rate * owed) - decay,
            rho: sign * strike * years * money * normal_cdf(sign * d2),
            dividend_rho: -sign * years * held,
            d1,
            d2,
        }
    }
}

/// A number that may be written as a fraction with words after it: `1/12 (30/360)`.
fn years(v: &Value) -> Result<f64, Trouble> {
    let field = at(v, "inputs.years")?;
    number::known(field);
    let q = match field.as_str() {
        Some(words) => decimal(words.split_whitespace().next().unwrap_or_default()),
        None => number(v, "inputs.years").ok(),
    };
    q.map(|q| float(&q)).ok_or_else(|| Trouble::Missing("inputs.years (a number)".into()))
}

fn read(v: &Value) -> Result<Quoted, Trouble> {
    let of = |name: &str| number(v, &format!("inputs.{name}")).map(|q| float(&q));
    let rate = of("rate")?;
    // On a forward, nothing is earned by holding it: the yield is the rate, and the forward is the "spot" itself.
    let (spot, carry) = match of("forward") {
        Ok(forward) => (forward, rate),
        Err(_) => (of("spot")?, of("div_yield")?),
    };
    let option = Quoted { spot, strike: of("strike")?, rate, carry, years: years(v)?, vol: of("vol")? };
    let sane = option.spot > 0.0 && option.strike > 0.0 && option.years > 0.0 && option.vol > 0.0;
    if sane {
        Ok(option)
    } else {
        Err(Trouble::Cannot("spot, strike, time or volatility is not above zero".into()))
    }
}

/// The weight that a name of the file asks for: `call`, `put_delta`, `vega_per_1.0`, `call_theta_per_year`, `price`.
fn weight(option: &Quoted, own: Option<Right>, name: &str) -> Result<f64, Trouble> {
    let (right, rest) = match name.split_once('_').unwrap_or((name, "price")) {
        ("call", rest) => (Some(Right::Call), rest),
        ("put", rest) => (Some(Right::Put), rest),
        _ => (own, name),
    };
    let unknown = || Trouble::Cannot(format!("no Greek is called `{name}`"));
    // Gamma, vega, d1 and d2 are the same for both; anything else needs to know which it is.
    let either = ["gamma", "vega", "d1", "d2"].iter().any(|g| rest.starts_with(g));
    let right = match right {
        Some(right) => right,
        None if either => Right::Call,
        None => return Err(unknown()),
    };
    let p = option.priced(right);
    let (greek, per) = rest.split_once("_per_").unwrap_or((rest, ""));
    let greek = greek.trim_end_matches("_fwd");
    let share = match per {
        "" | "1.0" | "year" => 1.0,
        "day" | "day_365" => 1.0 / 365.0,
        "point" | "0.01" | "1pct" => 0.01,
        _ => return Err(unknown()),
    };
    Ok(share
        * match greek {
            "price" => p.price,
            "undiscounted_price" => p.undiscounted,
            "delta" => p.delta,
            "gamma" => p.gamma,
            "vega" => p.vega,
            "theta" => p.theta,
            // Change of the price in percent for a move of the spot of one percent.
            "elasticity" if p.price > 0.0 => p.delta * option.spot / p.price,
            "rho" => p.rho,
            "dividend_rho" | "div_rho" | "rho_dividend" => p.dividend_rho,
            "d1" => p.d1,
            "d2" => p.d2,
            _ => return Err(unknown()),
        })
}

/// What a double and a weight of 41 bits hold; finer digits of the file are beyond both.
fn floats() -> Q {
    ratio(1, 1_000_000_000_000)
}

fn vector(v: &Value) -> Result<Vec<Check>, Trouble> {
    let option = read(v)?;
    let own = match text(v, "inputs.type") {
        Ok("call") => Some(Right::Call),
        Ok("put") => Some(Right::Put),
        _ => None,
    };
    let expected = at(v, "expected")?.as_object().ok_or_else(|| Trouble::Missing("expected".into()))?;
    // The file names the one figure that it asks for twice.
    if let Ok(asked) = text(v, "inputs.greek")
        && !expected.keys().any(|name| name.contains(asked))
    {
        return Err(Trouble::Missing(format!("expected.{asked}")));
    }
    expected.iter().map(|(name, wanted)| check(v, &option, own, name, wanted)).collect()
}

/// One unit held: its figure at the limit.
fn check(
    v: &Value,
    option: &Quoted,
    own: Option<Right>,
    name: &str,
    wanted: &Value,
) -> Result<Check, Trouble> {
    let x = weight(option, own, name)?;
    let weight = exact(x).ok_or_else(|| Trouble::Cannot(format!("`{name}` is no finite number")))?;
    let room = match tolerance(v, wanted) {
        Tolerance::None => Tolerance::Relative(floats()),
        Tolerance::Absolute(a) | Tolerance::Either(_, a) => Tolerance::Either(floats(), a),
        Tolerance::Relative(r) => Tolerance::Relative(r),
    };
    let mut p = Problem::new();
    let held = p.slot(Q::one());
    p.column("figure", Mode::Signed, &[(held, weight)]);
    most(name, &p, "figure(all)", wanted, &room)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Agreement;
    use serde_json::json;

    fn option() -> Quoted {
        Quoted { spot: 100.0, strike: 110.0, rate: 0.03, carry: 0.01, years: 0.7, vol: 0.4 }
    }

    #[test]
    fn parity_with_rates_and_dividends() {
        let o = option();
        let (c, p) = (o.priced(Right::Call), o.priced(Right::Put));
        let forward = 100.0 * libm::exp(-0.01 * 0.7) - 110.0 * libm::exp(-0.03 * 0.7);
        assert!(libm::fabs(c.price - p.price - forward) < 1e-10);
        assert!(libm::fabs(c.delta - p.delta - libm::exp(-0.007)) < 1e-12);
        assert!(libm::fabs(c.gamma - p.gamma) < 1e-15 && libm::fabs(c.vega - p.vega) < 1e-12);
    }

    #[test]
    fn greeks_are_the_slopes_of_the_price() {
        let o = option();
        let h = 1e-5;
        for right in [Right::Call, Right::Put] {
            let slope =
                |up: Quoted, down: Quoted| (up.priced(right).price - down.priced(right).price) / (2.0 * h);
            let g = o.priced(right);
            for (name, formula, slope) in [
                ("delta", g.delta, slope(Quoted { spot: o.spot + h, ..o }, Quoted { spot: o.spot - h, ..o })),
                ("vega", g.vega, slope(Quoted { vol: o.vol + h, ..o }, Quoted { vol: o.vol - h, ..o })),
                (
                    "theta",
                    g.theta,
                    -slope(Quoted { years: o.years + h, ..o }, Quoted { years: o.years - h, ..o }),
                ),
                ("rho", g.rho, slope(Quoted { rate: o.rate + h, ..o }, Quoted { rate: o.rate - h, ..o })),
                (
                    "dividend",
                    g.dividend_rho,
                    slope(Quoted { carry: o.carry + h, ..o }, Quoted { carry: o.carry - h, ..o }),
                ),
            ] {
                assert!(libm::fabs(formula - slope) < 1e-5, "{name}: {formula} against {slope}");
            }
            let up = Quoted { spot: o.spot + 1e-3, ..o }.priced(right).delta;
            let down = Quoted { spot: o.spot - 1e-3, ..o }.priced(right).delta;
            assert!(libm::fabs(g.gamma - (up - down) / 2e-3) < 1e-8);
        }
        // An option on a forward: carry and rate are one, and time costs the discount only.
        let f = Quoted { carry: 0.03, ..o };
        assert!(
            libm::fabs(f.priced(Right::Call).undiscounted * libm::exp(-0.021) - f.priced(Right::Call).price)
                < 1e-12
        );
    }

    #[test]
    fn names_of_the_file() {
        let o = option();
        let put = o.priced(Right::Put);
        let weight = |name: &str| weight(&o, None, name);
        assert_eq!(weight("put").unwrap(), put.price);
        assert_eq!(weight("put_theta_per_day_365").unwrap(), put.theta * (1.0 / 365.0));
        assert_eq!(weight("gamma_fwd").unwrap(), o.priced(Right::Call).gamma);
        // A put of the source's own table: 105 against 100, half a year, 36%: -4.8775.
        let put = Quoted { spot: 105.0, strike: 100.0, rate: 0.1, carry: 0.1, years: 0.5, vol: 0.36 };
        let elasticity = super::weight(&put, Some(Right::Put), "elasticity").unwrap();
        assert!(libm::fabs(elasticity + 4.8775) < 1e-4, "{elasticity}");
        for name in ["price", "delta", "call_charm", "vega_per_week"] {
            assert!(weight(name).is_err(), "{name}");
        }
    }

    #[test]
    fn a_position_is_charged_at_the_price_of_the_file() {
        // Worth 1 exactly at expiry's door: spot 2, strike 1, no rate, next to no volatility.
        let v = |price: f64| {
            json!({"id": "x/1", "kind": "bsm_price", "inputs": {"type": "call", "spot": 2, "strike": 1, "rate": 0, "div_yield": 0,
                "years": "1/12 (made up)", "vol": 0.001}, "expected": {"price": price}, "tolerance_abs": 0.001})
        };
        let checks = vector(&v(1.0)).unwrap();
        assert!(checks[0].agrees != Agreement::No && checks[0].circuit == Some(true), "{checks:?}");
        assert_eq!(vector(&v(1.01)).unwrap()[0].agrees, Agreement::No);
    }
}
