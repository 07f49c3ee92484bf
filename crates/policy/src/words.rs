//! Rules, rows and amounts in words.

use crate::bounds::Integers;
use crate::tree::{Clause, Expr, Node, Scope, Unit, block, domain};
use mandate_market::RiskModel;
use mandate_statement::{Family, GlobalVar, LocalVar, RowRef, Runs, Shape};
use num_bigint::BigInt;
use num_integer::Integer;
use num_rational::BigRational;
use num_traits::{One, Signed, Zero};

/// `group 3`, `global 0`.
pub(crate) fn row_name(row: RowRef) -> String {
    let family = match row.family {
        Family::Group => "group",
        Family::Account => "venue",
        Family::Asset => "underlying",
        Family::Slot => "instrument",
        Family::Global => "global",
    };
    format!("{family} {}", row.index)
}

fn grouped(digits: &str) -> String {
    let mut out = String::new();
    for (i, c) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(c);
    }
    out
}

/// A fraction as a decimal with at most `places` decimals, rounded down; trailing zeros beyond `least` are left out.
pub(crate) fn decimal(value: &BigRational, places: usize, least: usize) -> String {
    let power = BigInt::from(10u8).pow(u32::try_from(places).unwrap_or(40));
    let scaled = (value * BigRational::from(power)).floor().to_integer();
    let digits = format!("{:0>width$}", scaled.abs().to_string(), width = places + 1);
    let (whole, part) = digits.split_at(digits.len() - places);
    let mut part = part.to_owned();
    while part.len() > least && part.ends_with('0') {
        part.pop();
    }
    let sign = if scaled.is_negative() { "-" } else { "" };
    let point = if part.is_empty() { "" } else { "." };
    format!("{sign}{}{point}{part}", grouped(whole))
}

/// A fraction exactly, as a decimal where it has one.
fn exact(value: &BigRational) -> String {
    let mut rest = value.denom().clone();
    for prime in [2u8, 5] {
        while rest.is_multiple_of(&BigInt::from(prime)) {
            rest /= prime;
        }
    }
    let short = value.denom().bits() < 100;
    if rest.is_one() && short {
        decimal(value, 40, 0)
    } else {
        format!("{}/{}", value.numer(), value.denom())
    }
}

/// An amount of a unit: money in the model's currency.
pub(crate) fn amount(model: &RiskModel, value: &BigRational, unit: Unit) -> String {
    match unit {
        Unit::Ratio => exact(value),
        Unit::Money => {
            let units = BigInt::from(10u8).pow(u32::from(model.money_places));
            format!("{} {}", exact(&(value / BigRational::from(units))), model.currency)
        }
    }
}

fn factor(c: &BigRational) -> String {
    let hundred = c * BigRational::from(BigInt::from(100));
    if c < &BigRational::one() && (&hundred * BigRational::from(BigInt::from(10_000))).is_integer() {
        format!("{}% of ", exact(&hundred))
    } else {
        format!("{} times ", exact(c))
    }
}

fn column(model: &RiskModel, k: usize) -> String {
    let name = model.columns[k].name;
    match name {
        "value" => "net asset value",
        "delta" => "net delta",
        "gross" => "gross exposure",
        "notional" => "face value",
        "assets" => "haircut value of assets",
        "long" => "long face value",
        "short" => "short face value",
        "unsettled" => "unsettled profit",
        "premium" => "option value",
        other => other,
    }
    .to_owned()
}

/// An expression in words. `family` is that of the innermost block.
pub(crate) fn expr(model: &RiskModel, e: &Expr, family: Family) -> String {
    let say = |e: &Expr| expr(model, e, family);
    let of = |scope: &Scope| match scope {
        Scope::All => "of the whole book".to_owned(),
        Scope::Block => format!("of the {}", block(family)),
    };
    let list = |list: &[Expr]| list.iter().map(say).collect::<Vec<_>>().join("; ");
    match &e.node {
        Node::Const(c) => amount(model, c, e.unit),
        Node::Column { column: k, scope } => format!("{} {}", column(model, *k), of(scope)),
        Node::Worst(scope) => format!("the worst scenario loss {}", of(scope)),
        Node::Sum { family, body } => {
            format!("the sum over {} of ({})", domain(*family), expr(model, body, *family))
        }
        Node::Max(items) => format!("the largest of ({})", list(items)),
        Node::Abs(e) => format!("the magnitude of ({})", say(e)),
        Node::Positive(e) => format!("the positive part of ({})", say(e)),
        Node::Tiers { arg, steps, .. } => {
            let steps: Vec<String> = steps
                .iter()
                .map(|s| format!("{}above {}", factor(&s.rate), amount(model, &s.from, arg.unit)))
                .collect();
            format!("the tiered charge on ({}): {}", say(arg), steps.join(", "))
        }
        Node::Peak { peak, scope } => {
            let what = match *peak {
                Runs::UNCOVERED => {
                    "the calls sold that calls held at no higher strike leave uncovered, at the strike where they are most,"
                }
                Runs::UPSIDE => "the calls sold beyond those owned, expiry by expiry,",
                _ => {
                    "the largest loss at expiry, over the price zero and every listed strike, expiry by expiry,"
                }
            };
            format!("{what} {}", of(scope))
        }
        Node::Up { arg, step } => {
            format!("({}) rounded up to a multiple of {}", say(arg), amount(model, step, arg.unit))
        }
        Node::Better(a, b) => format!("the smaller, as chosen for the book, of ({}; {})", say(a), say(b)),
        Node::Above { family, body, threshold } => {
            let of = |e: &Expr| expr(model, e, *family);
            format!(
                "the sum over {} of ({}) where that is more than ({})",
                domain(*family),
                of(body),
                of(threshold)
            )
        }
        Node::Top { count, family, body } => {
            format!(
                "the sum of the {count} largest over {} of ({})",
                domain(*family),
                expr(model, body, *family)
            )
        }
        Node::Shortfall { share } => {
            let of = if share.is_one() { "all ".to_owned() } else { format!("the worst {}", factor(share)) };
            format!("the mean of {of}scenario losses of the whole book")
        }
        Node::Exceed { allowed } => {
            format!("the scenario loss of the whole book that at most {allowed} scenarios exceed")
        }
        Node::Add(items) => {
            items.iter().map(say).collect::<Vec<_>>().join(" plus ").replace("plus minus", "minus")
        }
        Node::Scale(c, e) => match &e.node {
            Node::Max(items) if c.is_negative() => {
                let items: Vec<String> = items
                    .iter()
                    .map(|e| say(&e.clone().scaled(-BigRational::one(), e.unit, e.span)))
                    .collect();
                let times = if c.abs().is_one() { String::new() } else { factor(&c.abs()) };
                format!("{times}the smallest of ({})", items.join("; "))
            }
            Node::Up { arg, step } if c.is_negative() => {
                let times = if c.abs().is_one() { String::new() } else { factor(&c.abs()) };
                let arg = say(&arg.as_ref().clone().scaled(-BigRational::one(), arg.unit, arg.span));
                format!("{times}({arg}) rounded down to a multiple of {}", amount(model, step, e.unit))
            }
            _ if c.is_one() => say(e),
            _ => {
                let sign = if c.is_negative() { "minus " } else { "" };
                let times = if c.abs().is_one() { String::new() } else { factor(&c.abs()) };
                format!("{sign}{times}{}", say(e))
            }
        },
    }
}

/// A comparison in words.
pub(crate) fn clause(model: &RiskModel, c: &Clause) -> String {
    let (small, large) = (expr(model, &c.small, c.family), expr(model, &c.large, c.family));
    let each = match c.family {
        Family::Global => String::new(),
        f => match c.except {
            Some(k) => format!("for every {} but at most {k}, ", block(f)),
            None => format!("for every {}, ", block(f)),
        },
    };
    if c.small.constant().is_some() {
        let word = if c.strict { "is more than" } else { "is at least" };
        return format!("{each}{large} {word} {small}");
    }
    let word = if c.strict { "is less than" } else { "is at most" };
    format!("{each}{small} {word} {large}")
}

/// How the language calls a number of runs.
pub(crate) const fn peak(i: usize) -> &'static str {
    match i {
        Runs::UNCOVERED => "uncovered",
        Runs::UPSIDE => "upside",
        _ => "expiry_loss",
    }
}

fn local_name(model: &RiskModel, shape: &Shape, family: Family, at: usize) -> String {
    let b = block(family);
    if at < shape.metrics() {
        return format!("{}({b})", model.columns[at].name);
    }
    if LocalVar::Worst.index(shape, family) == Some(at) {
        return format!("worst({b})");
    }
    let is = |v: LocalVar| v.index(shape, family) == Some(at);
    if let Some(i) = (0..shape.local_witnesses).find(|i| is(LocalVar::Witness(*i))) {
        return format!("x{i}({b})");
    }
    if let Some(i) = (0..shape.peaks()).find(|i| is(LocalVar::Peak(*i))) {
        return format!("{}({b})", peak(i));
    }
    match (0..shape.local_bits).find(|i| is(LocalVar::Bit(*i))) {
        Some(i) => format!("z{i}({b})"),
        None => format!("local{at}({b})"),
    }
}

fn global_name(model: &RiskModel, shape: &Shape, at: usize) -> String {
    let is = |v: GlobalVar| v.index(shape) == Some(at);
    if at < shape.metrics() {
        return format!("{}(all)", model.columns[at].name);
    }
    for f in [Family::Group, Family::Account, Family::Asset] {
        if f.has_worst() && is(GlobalVar::WorstSum(f)) {
            return format!("sum of worst over {}", domain(f));
        }
        if let Some(i) = (0..shape.local_witnesses).find(|i| is(GlobalVar::WitnessSum(f, *i))) {
            return format!("sum of x{i} over {}", domain(f));
        }
        if let Some(i) = (0..shape.local_bits).find(|i| is(GlobalVar::BitSum(f, *i))) {
            return format!("sum of z{i} over {}", domain(f));
        }
    }
    if is(GlobalVar::WorstBook) {
        return "worst(all)".into();
    }
    if let Some(i) = (0..shape.peaks()).find(|i| is(GlobalVar::PeakSum(*i))) {
        return format!("{}(all)", peak(i));
    }
    if let Some(i) = (0..shape.global_bits).find(|i| is(GlobalVar::Bit(*i))) {
        return format!("z{i}");
    }
    match (0..shape.global_witnesses).find(|i| is(GlobalVar::Witness(*i))) {
        Some(i) => format!("y{i}"),
        None => format!("global{at}"),
    }
}

/// A row as an inequality between variables.
pub(crate) fn row(model: &RiskModel, shape: &Shape, family: Family, row: &Integers) -> String {
    let mut out = String::new();
    for ((global, at), c) in row {
        let one = *global && GlobalVar::One.index(shape) == Some(*at);
        let sign = match (out.is_empty(), c.is_negative()) {
            (true, false) => "",
            (true, true) => "-",
            (false, false) => " + ",
            (false, true) => " - ",
        };
        out.push_str(sign);
        if one {
            out.push_str(&c.abs().to_string());
            continue;
        }
        if !c.abs().is_one() {
            out.push_str(&format!("{}*", c.abs()));
        }
        out.push_str(&if *global {
            global_name(model, shape, *at)
        } else {
            local_name(model, shape, family, *at)
        });
    }
    if row.values().all(Zero::is_zero) {
        out.push('0');
    }
    out.push_str(" >= 0");
    out
}
