//! Derive's portfolio margin, second version: scenarios of spot and volatility, revalued with Black-76.
//!
//! Public: the value of one option now and in every scenario. Private: quantities. The requirement in the language, with
//! a group per expiry (and one for perpetuals, collateral and cash):
//!
//! - the profit of an expiry in a scenario is `damp * (disc(V) - V0)`, `disc(V) = min(p V, n V)`: the loss is the larger of
//!   two columns, so it may stand on the smaller side; skew scenarios count its magnitude, which takes the better of the
//!   two mirror images beside it;
//! - the basis contingency is the worse of two moves of the forward, per expiry, scaled with its time;
//! - the rest are charges on magnitudes, and on the net short quantity of every strike.
//!
//! Requirement = `factor * max(worst scenario, basis) + charges - value`; the margin balance is its negative. Factors are
//! folded into the weights, so that rows have small coefficients.

use crate::report::each;
use crate::{
    Check, Outcome, Problem, Q, Tolerance, Trouble, at, exact, flag, float, list, number, ratio, text, whole,
};
use mandate_market::Right;
use mandate_market::black76::black76;
use mandate_statement::Mode;
use num_traits::{One, Signed, Zero};
use serde_json::Value;

/// Seconds of the year by which the model counts time.
const YEAR: f64 = 365.0 * 86_400.0;

/// One outcome per vector of the file.
pub fn run(file: &Value) -> Vec<Outcome> {
    each(file, "Derive PMRM v2", |vector| checks(file, vector))
}

/// Volatility of a scenario.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Vol {
    Same,
    Up,
    Down,
    Linear,
    Abs,
}

struct Scenario {
    spot: f64,
    vol: Vol,
    damp: f64,
}

impl Scenario {
    fn read(value: &Value) -> Result<Self, Trouble> {
        let vol = match text(value, "vol")? {
            "None" => Vol::Same,
            "Up" => Vol::Up,
            "Down" => Vol::Down,
            "LINEAR" => Vol::Linear,
            "ABS" => Vol::Abs,
            other => return Err(Trouble::Cannot(format!("a volatility shock `{other}`"))),
        };
        let spot = float(&number(value, "spot_multiplier")?);
        if matches!(vol, Vol::Linear | Vol::Abs) && (spot - 1.0).abs() > 0.0 {
            return Err(Trouble::Cannot("a skew scenario with a move of spot".into()));
        }
        Ok(Self { spot, vol, damp: float(&number(value, "dampening")?) })
    }
    const fn is_skew(&self) -> bool {
        matches!(self.vol, Vol::Linear | Vol::Abs)
    }
}

/// The parameters of a set, by name.
struct Parameters<'a>(&'a Value);

impl Parameters<'_> {
    fn get(&self, path: &str) -> Result<f64, Trouble> {
        Ok(float(&number(self.0, path)?))
    }
}

/// What follows from the parameters for one expiry.
struct Expiry {
    seconds: Q,
    years: f64,
    forward: f64,
    discount: f64,
    confidence: f64,
    /// Of a value above zero, and below.
    statics: [f64; 2],
    up: f64,
    down: f64,
}

impl Expiry {
    fn read(value: &Value, p: &Parameters<'_>, checks: &mut Vec<Check>) -> Result<Self, Trouble> {
        let of = |name: &str| number(value, name).map(|x| float(&x));
        let seconds = number(value, "seconds_to_expiry")?;
        let years = float(&seconds) / YEAR;
        let rate = of("rate")?.max(0.0);
        let discount = libm::exp(-rate * years);
        let shocked = |multiply: &str, add: &str| Ok::<f64, Trouble>(rate * p.get(multiply)? + p.get(add)?);
        let long = shocked("Margin.LONG_RATE_MULTSCALE", "Margin.LONG_RATE_ADDSCALE")?;
        let short = shocked("Margin.SHORT_RATE_MULTSCALE", "Margin.SHORT_RATE_ADDSCALE")?;
        let positive = p.get("Margin.BASE_STATIC_DISCOUNT")? * libm::exp(-years * long);
        let negative = p.get("Margin.BASE_STATIC_DISCOUNT_NEG")? * libm::exp(years * short);
        let statics = [positive, negative.min(1.0 / discount)];
        let days = (float(&seconds) / 86_400.0).max(p.get("VolShock.DTE_FLOOR")?);
        let power = if float(&seconds) <= 30.0 * 86_400.0 { "SHORTTERMPOWER" } else { "LONGTERMPOWER" };
        let scale = libm::pow(30.0 / days, p.get(&format!("VolShock.{power}"))?);
        let up = 1.0 + p.get("VolShock.VOLRANGEUP")? * scale;
        let down = (1.0 - p.get("VolShock.VOLRANGEDOWN")? * scale).max(0.0);
        // The file carries what its source derived from the parameters: ours are used, and held against those.
        let near = Tolerance::Either(ratio(1, 1_000_000_000), ratio(1, 1_000_000_000));
        for (name, ours) in [
            ("discount", discount),
            ("static_discount_if_value_positive", statics[0]),
            ("static_discount_if_value_negative", statics[1]),
            ("vol_up_multiplier", up),
            ("vol_down_multiplier", down),
        ] {
            if let (Ok(given), Some(ours)) = (number(value, name), exact(ours)) {
                checks.push(Check::number(format!("{seconds} s: {name}"), &given, &ours, &near));
            }
        }
        if statics[0] > statics[1] {
            return Err(Trouble::Cannot("a discount that is not the smaller of its two slopes".into()));
        }
        let (forward, confidence) = (of("forward")?, of("min_confidence")?);
        Ok(Self { seconds, years, forward, discount, confidence, statics, up, down })
    }

    /// The factor on the volatility of a strike in a skew scenario.
    fn skew(&self, strike: f64, linear: bool, p: &Parameters<'_>) -> Result<f64, Trouble> {
        let root = libm::sqrt(self.years);
        let (base, cap) =
            if linear { ("LINEAR_CBASE", "LINEAR_SCALE_CAP") } else { ("ABS_CBASE", "ABS_SCALE_CAP") };
        let cap = p.get(&format!("SkewShock.{base}"))? * root + p.get(&format!("SkewShock.{cap}"))?;
        let level = p.get("SkewShock.VOL_PARAM_STATIC")? + root * p.get("SkewShock.VOL_PARAM_SCALE")?;
        let flat = (root * p.get("SkewShock.MIN_WIDTH_SCALE")? * level).max(p.get("SkewShock.MIN_K_STAR")?);
        let moneyness = libm::log(strike / self.forward);
        let k = if linear { moneyness } else { moneyness.abs() };
        let share = k * cap / flat;
        let shift = if k >= 0.0 { share.min(cap) } else { share.max(-cap) };
        Ok((1.0 + shift).max(0.0))
    }
}

struct Option_ {
    expiry: usize,
    strike: Q,
    right: Right,
    vol: f64,
    quantity: Q,
}

impl Option_ {
    fn read(value: &Value, expiries: &[Expiry]) -> Result<Self, Trouble> {
        let seconds = number(value, "seconds_to_expiry")?;
        let expiry = expiries.iter().position(|e| e.seconds == seconds);
        let right = match text(value, "type")? {
            "call" => Right::Call,
            "put" => Right::Put,
            other => return Err(Trouble::Cannot(format!("an option of type `{other}`"))),
        };
        Ok(Self {
            expiry: expiry.ok_or_else(|| Trouble::Missing("expiry of an option".into()))?,
            strike: number(value, "strike")?,
            right,
            vol: float(&number(value, "mark_vol")?),
            quantity: number(value, "qty")?,
        })
    }
    fn value(&self, e: &Expiry, spot: f64, vol: f64) -> f64 {
        // The settlement price of an option that has expired is fixed: no move of spot changes it.
        let spot = if e.years > 0.0 { spot } else { 1.0 };
        e.discount * black76(e.forward * spot, float(&self.strike), e.years, vol, self.right).price
    }
    fn in_scenario(&self, e: &Expiry, s: &Scenario, p: &Parameters<'_>) -> Result<f64, Trouble> {
        let vol = match s.vol {
            Vol::Same => self.vol,
            Vol::Up => (self.vol * e.up).max(p.get("VolShock.MIN_VOL_EVAL_SHOCKED")?),
            Vol::Down => self.vol * e.down,
            Vol::Linear | Vol::Abs => self.vol * e.skew(float(&self.strike), s.vol == Vol::Linear, p)?,
        };
        Ok(self.value(e, s.spot, vol))
    }
}

/// What a unit of a perpetual or of collateral is worth, how it moves, and what is charged on it.
struct Linear {
    quantity: Q,
    value: Q,
    /// Value that moves with spot.
    moving: Q,
    /// Charges for the initial margin (with what the maintenance margin charges) and for the maintenance margin.
    charges: [Q; 2],
}

struct Account {
    scenarios: Vec<Scenario>,
    expiries: Vec<Expiry>,
    options: Vec<Option_>,
    linear: Vec<Linear>,
    spot: Q,
    /// Share of notional that an option is charged for doubtful feeds, by expiry.
    doubt: Vec<Q>,
    /// Charge on net short options, as a share of notional: initial, maintenance.
    naked: [Q; 2],
    /// Factor on the worst loss: initial, maintenance.
    factors: [Q; 2],
    /// Factor on the basis loss, by expiry.
    basis: Vec<Q>,
    basis_moves: [f64; 2],
}

fn real(x: f64) -> Result<Q, Trouble> {
    exact(x).ok_or_else(|| Trouble::Cannot("a price that is not a number".into()))
}

fn read(file: &Value, vector: &Value, checks: &mut Vec<Check>) -> Result<Account, Trouble> {
    let inputs = at(vector, "inputs")?;
    let set = |kind: &str, name: &str| at(file, &format!("{kind}.{}", text(vector, name)?));
    let scenarios = set("scenario_sets", "scenario_set")?;
    let parameters = set("parameter_sets", "parameter_set")?;
    let (p, other) =
        (Parameters(parameters), |name: &str| number(parameters, &format!("OtherContingency.{name}")));
    let scenarios = list(scenarios, "")?.iter().map(Scenario::read).collect::<Result<Vec<_>, _>>()?;
    let expiries = list(inputs, "expiries")?
        .iter()
        .map(|e| Expiry::read(e, &p, checks))
        .collect::<Result<Vec<_>, _>>()?;
    let options = list(inputs, "options")?
        .iter()
        .map(|o| Option_::read(o, &expiries))
        .collect::<Result<Vec<_>, _>>()?;

    let (spot, spot_confidence) = (number(inputs, "spot")?, number(inputs, "spot_confidence")?);
    let (threshold, margin) = (other("CONF_THRESHOLD")?, other("CONF_MARGIN")?);
    let doubt = |confidence: &Q| {
        if *confidence < threshold { (Q::one() - confidence) * &margin } else { Q::zero() }
    };
    let perp = number(inputs, "perp.qty")?;
    // A perpetual that is held brings its feed's confidence into every charge but those on collateral.
    let feed = number(inputs, "perp.confidence")?;
    let confidence = if perp.is_zero() { spot_confidence.clone() } else { spot_confidence.clone().min(feed) };
    let [im, mm] = ["IM_PERP_PERCENT", "MM_PERP_PERCENT"].map(&other);
    let (im, mm) = (im?, mm?);
    let mut linear = vec![
        Linear {
            quantity: perp,
            value: Q::zero(),
            moving: number(inputs, "perp.mark")?,
            charges: [&spot * (&im + &mm + doubt(&confidence)), &spot * &mm],
        },
        cash(number(inputs, "cash")?),
        cash(number(inputs, "perp.unrealised_pnl")?),
        cash(number(inputs, "perp.unrealised_funding")?),
    ];
    let stable = number(inputs, "stable_price")?;
    if !stable.is_positive() {
        return Err(Trouble::Cannot("a stablecoin without a price".into()));
    }
    for c in list(inputs, "collateral")? {
        let value = number(c, "price")? / &stable;
        let (im, mm) = (number(c, "im_haircut")?, number(c, "mm_haircut")?);
        let doubtful = doubt(&spot_confidence.clone().min(number(c, "confidence")?));
        linear.push(Linear {
            quantity: number(c, "qty")?,
            moving: if flag(c, "moves_with_spot")? { value.clone() } else { Q::zero() },
            charges: [&value * (im + &mm + doubtful), &value * &mm],
            value,
        });
    }
    let depeg = (other("PEG_LOSS_THRESHOLD")? - &stable).max(Q::zero()) * other("PEG_LOSS_FACTOR")?;
    let basis = expiries
        .iter()
        .map(|e| {
            let add = p.get("BasisContingency.BASIS_CONT_ADD_FACTOR")?;
            real(add + p.get("BasisContingency.BASIS_CONT_MULT_FACTOR")? * e.years)
        })
        .collect::<Result<Vec<_>, _>>()?;
    let doubt = expiries
        .iter()
        .map(|e| Ok(doubt(&real(e.confidence)?.min(confidence.clone()))))
        .collect::<Result<Vec<_>, Trouble>>()?;
    let (short_im, short_mm) = (other("IM_OPTION_PERCENT")?, other("MM_OPTION_PERCENT")?);
    Ok(Account {
        scenarios,
        expiries,
        options,
        linear,
        spot,
        doubt,
        naked: [short_im + &short_mm, short_mm],
        factors: [
            number(parameters, "Margin.IM_LOSS_FACTOR")? + depeg,
            number(parameters, "Margin.MM_LOSS_FACTOR")?,
        ],
        basis,
        basis_moves: [
            p.get("BasisContingency.SCENARIO_SPOT_UP")?,
            p.get("BasisContingency.SCENARIO_SPOT_DOWN")?,
        ],
    })
}

fn cash(quantity: Q) -> Linear {
    Linear { quantity, value: Q::one(), moving: Q::zero(), charges: [Q::zero(), Q::zero()] }
}

/// The account as a problem, with `factor` on scenario and basis losses and the charges of one of the two margins, and
/// the expressions of its parts.
struct Laid {
    problem: Problem,
    losses: Vec<String>,
    basis: String,
    charges: String,
}

fn lay(account: &Account, p: &Parameters<'_>, factor: &Q, which: usize) -> Result<Laid, Trouble> {
    let mut problem = Problem::new();
    let options: Vec<usize> =
        account.options.iter().map(|o| problem.slot_in(0, o.expiry, o.quantity.clone())).collect();
    let rest = account.expiries.len();
    let linear: Vec<usize> =
        account.linear.iter().map(|l| problem.slot_in(0, rest, l.quantity.clone())).collect();
    let now = account
        .options
        .iter()
        .map(|o| real(o.value(&account.expiries[o.expiry], 1.0, o.vol)))
        .collect::<Result<Vec<Q>, _>>()?;

    let mut losses = Vec::new();
    for (s, scenario) in account.scenarios.iter().enumerate() {
        let scale = factor * real(scenario.damp)?;
        let moves = real(scenario.spot)? - Q::one();
        let mut columns = [Vec::new(), Vec::new()];
        for (l, slot) in account.linear.iter().zip(&linear) {
            columns.iter_mut().for_each(|c| c.push((*slot, -(&scale * &moves * &l.moving))));
        }
        for ((o, slot), now) in account.options.iter().zip(&options).zip(&now) {
            let e = &account.expiries[o.expiry];
            let then = real(o.in_scenario(e, scenario, p)?)?;
            for (column, discount) in columns.iter_mut().zip(e.statics) {
                column.push((*slot, &scale * (now - &then * real(discount)?)));
            }
        }
        problem.column(&format!("a{s}"), Mode::Signed, &columns[0]);
        problem.column(&format!("b{s}"), Mode::Signed, &columns[1]);
        losses.push(if scenario.is_skew() {
            format!("sum(g in groups: max(a{s}(g), b{s}(g), better(-a{s}(g), -b{s}(g))))")
        } else {
            format!("sum(g in groups: max(a{s}(g), b{s}(g)))")
        });
    }
    for (name, shift) in ["up_loss", "down_loss"].iter().zip(account.basis_moves) {
        let mut column = Vec::new();
        for ((o, slot), now) in account.options.iter().zip(&options).zip(&now) {
            let e = &account.expiries[o.expiry];
            column.push((*slot, factor * &account.basis[o.expiry] * (now - real(o.value(e, shift, o.vol))?)));
        }
        problem.column(name, Mode::Signed, &column);
    }

    let mut worth: Vec<(usize, Q)> = options.iter().copied().zip(now).collect();
    worth.extend(account.linear.iter().zip(&linear).map(|(l, slot)| (*slot, l.value.clone())));
    problem.column("worth", Mode::Signed, &worth);
    let mut charged: Vec<(usize, Q)> =
        account.linear.iter().zip(&linear).map(|(l, slot)| (*slot, l.charges[which].clone())).collect();
    if which == 0 {
        let doubtful = |o: &Option_| &account.spot * &account.doubt[o.expiry];
        charged.extend(account.options.iter().zip(&options).map(|(o, slot)| (*slot, doubtful(o))));
    }
    problem.column("charged", Mode::Absolute, &charged);
    let mut charges = String::from("charged(all)");
    let per_unit = &account.spot * &account.naked[which];
    let mut strikes: Vec<(usize, &Q)> = account.options.iter().map(|o| (o.expiry, &o.strike)).collect();
    strikes.sort();
    strikes.dedup();
    for (k, (expiry, strike)) in strikes.into_iter().enumerate() {
        let at: Vec<(usize, Q)> = account
            .options
            .iter()
            .zip(&options)
            .filter(|(o, _)| o.expiry == expiry && o.strike == *strike)
            .map(|(_, slot)| (*slot, per_unit.clone()))
            .collect();
        problem.column(&format!("strike{k}"), Mode::Signed, &at);
        charges.push_str(&format!(" + pos(-strike{k}(all))"));
    }
    let basis = "sum(g in groups: max(up_loss(g), down_loss(g), 0))".to_owned();
    Ok(Laid { problem, losses, basis, charges })
}

fn checks(file: &Value, vector: &Value) -> Result<Vec<Check>, Trouble> {
    // Unit values that the file's author derived on the way to the scenarios' figures, which are compared.
    if let Some(table) = vector.get("derived_risk_table") {
        number::known(table);
    }
    let mut checks = Vec::new();
    let account = read(file, vector, &mut checks)?;
    let set = text(vector, "parameter_set")?;
    let p = Parameters(at(file, &format!("parameter_sets.{set}"))?);
    let near = |amount| Tolerance::Either(ratio(1, 1_000_000), ratio(1, amount));

    let plain = lay(&account, &p, &whole(1), 1)?;
    let worth = plain.problem.value("worth(all)")?;
    checks.push(Check::interval(
        "portfolio_mtm",
        &number(vector, "expected.portfolio_mtm")?,
        &worth,
        &near(1_000_000_000),
    ));
    let turned = |(low, high): (Q, Q)| (-high, -low);
    let basis = turned(plain.problem.value(&plain.basis)?);
    let expected = number(vector, "expected.basis_contingency")?;
    checks.push(Check::interval("basis_contingency", &expected, &basis, &near(100_000_000)));
    let expected = list(vector, "expected.scenario_pnl")?;
    if expected.len() != account.scenarios.len() {
        return Err(Trouble::Cannot("figures of other scenarios than its set has".into()));
    }
    for (s, loss) in plain.losses.iter().enumerate() {
        let expected = number(vector, &format!("expected.scenario_pnl.{s}"))?;
        let got = turned(plain.problem.value(loss)?);
        checks.push(Check::interval(format!("scenario_pnl {s}"), &expected, &got, &near(100_000_000)));
    }
    for (which, name) in ["im", "mm"].into_iter().enumerate() {
        let laid = lay(&account, &p, &account.factors[which], which)?;
        let worst = laid.losses.join(", ");
        let edge =
            laid.problem.at_most(&format!("max({worst}, {}) + {} - worth(all)", laid.basis, laid.charges))?;
        let expected = number(vector, &format!("expected.{name}"))?;
        checks.push(Check::number(name, &expected, &-edge.value.clone(), &near(1_000_000_000)).on(&edge));
    }
    Ok(checks)
}
