//! Mango v4: tokens at the smaller of two weights, perpetuals at the worse fill, reserved amounts of spot markets.
//!
//! Health is put together from minima of straight lines. Every line is a column, so a rule reads `max` where a minimum
//! stands for the account (a smaller health) and `better` where it stands against it: a market's reserved amount is worth
//! the *difference* of two minima, and the prover may take either line of the one that is subtracted.

use super::super::common::tolerance;
use crate::report::Check;
use crate::{Problem, Q, Trouble, at, number, optional};
use mandate_statement::Mode;
use num_traits::{One, Signed, Zero};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// A straight line over slots.
type Line = BTreeMap<usize, Q>;
/// The smallest of several lines; never empty.
type Least = Vec<Line>;

fn times(a: &Line, c: &Q) -> Line {
    a.iter().map(|(slot, w)| (*slot, w * c)).collect()
}

fn plus(a: &Line, b: &Line) -> Line {
    let mut out = a.clone();
    for (slot, w) in b {
        *out.entry(*slot).or_insert_with(Q::zero) += w;
    }
    out.retain(|_, w| !w.is_zero());
    out
}

fn distinct(mut lines: Least) -> Least {
    let mut seen = BTreeSet::new();
    lines.retain(|l| seen.insert(l.clone()));
    lines
}

/// The sum of two minima is the smallest of all sums.
fn sum(a: &Least, b: &Least) -> Least {
    distinct(a.iter().flat_map(|x| b.iter().map(move |y| plus(x, y))).collect())
}

/// `min(low * x, high * x)` of a minimum, `0 <= low <= high`: neither factor turns it round.
fn weighed(x: &Least, low: &Q, high: &Q) -> Least {
    distinct(x.iter().flat_map(|line| [times(line, low), times(line, high)]).collect())
}

struct Token {
    price: Q,
    asset: Q,
    liability: Q,
    balance: Least,
}

/// A spot market's reserved amounts as base and as quote, in money.
struct Market {
    base: usize,
    quote: usize,
    as_base: Least,
    as_quote: Least,
}

/// The tokens of the parameters, their weights scaled by what the whole venue holds and owes.
fn tokens(file: &Value, v: &Value, p: &mut Problem) -> Result<Vec<Token>, Trouble> {
    let mut out = Vec::new();
    for i in 1.. {
        let Some(parameters) = at(file, "mango_parameters")?.get(format!("token{i}")) else { break };
        let of = |name: &str| number(parameters, name);
        let price = of("price")?;
        let list = |name: &str| optional(v, &format!("inputs.{name}.{}", i - 1));
        // Deposits above the start make each count for less, borrows above theirs cost more.
        let share = |start: Option<Q>, total: Option<Q>| match (start, total) {
            (Some(start), Some(total)) if &total * &price > start && start.is_positive() => {
                &total * &price / start
            }
            _ => Q::one(),
        };
        let asset =
            of("init_asset_weight")? / share(list("deposit_scale_start_quote"), list("total_deposits"));
        let liability =
            of("init_liab_weight")? * share(list("borrow_scale_start_quote"), list("total_borrows"));
        let slot = p.slot(optional(v, &format!("inputs.token{i}")).unwrap_or_else(Q::zero));
        out.push(Token { balance: vec![Line::from([(slot, price.clone())])], price, asset, liability });
    }
    Ok(out)
}

/// `[quote locked, base locked]` of every market among the inputs, converted at the price or at the extreme order price,
/// whichever gives less.
fn markets(v: &Value, tokens: &[Token], p: &mut Problem) -> Result<Vec<Market>, Trouble> {
    let inputs = at(v, "inputs")?.as_object().ok_or_else(|| Trouble::Missing("inputs".into()))?;
    let mut out = Vec::new();
    for (name, locked) in inputs {
        let Some((quote, base)) = name.strip_prefix("orders_").and_then(|n| n.split_once('_')) else {
            continue;
        };
        let index =
            |n: &str| n.parse::<usize>().ok().and_then(|i| i.checked_sub(1)).filter(|i| *i < tokens.len());
        let (Some(q), Some(b)) = (index(quote), index(base)) else {
            return Err(Trouble::Missing(format!("parameters of the tokens of `{name}`")));
        };
        let (quotes, bases) = (number(locked, "0")?, number(locked, "1")?);
        let (pq, pb) = (&tokens[q].price, &tokens[b].price);
        let (quote_slot, base_slot) = (p.slot(quotes.clone()), p.slot(bases.clone()));
        // The account keeps the reserved amounts at its extreme order prices: amounts of their own.
        let mut converted = |amount: Q, price: &Q| vec![Line::from([(p.slot(amount), price.clone())])];
        let held = |slot: usize, price: &Q| vec![Line::from([(slot, price.clone())])];
        let mut from_quote = held(quote_slot, pq);
        if let Some(bid) =
            optional(v, &format!("inputs.highest_bid_{quote}_{base}")).filter(Signed::is_positive)
        {
            from_quote.extend(converted(quotes / bid, pb));
        }
        let mut from_base = held(base_slot, pb);
        if let Some(ask) =
            optional(v, &format!("inputs.lowest_ask_{quote}_{base}")).filter(Signed::is_positive)
        {
            from_base.extend(converted(bases * ask, pq));
        }
        let as_base = sum(&held(base_slot, pb), &from_quote);
        let as_quote = sum(&held(quote_slot, pq), &from_base);
        out.push(Market { base: b, quote: q, as_base, as_quote });
    }
    Ok(out)
}

/// What the perpetual adds to the token it settles in: the worse fill, a gain counted in part.
fn perpetual(file: &Value, v: &Value, p: &mut Problem) -> Result<Option<(usize, Least)>, Trouble> {
    let Ok(position) = at(v, "inputs.perp") else { return Ok(None) };
    let parameters = at(file, "mango_parameters.perp")?;
    let lot = number(parameters, "lots_to_quote")?;
    let (asset, liability) =
        (number(parameters, "init_base_asset_weight")?, number(parameters, "init_base_liab_weight")?);
    let overall = number(parameters, "overall_positive_pnl_weight")?;
    let settles = crate::text(parameters, "settles_in")?;
    let settles =
        settles.strip_prefix("token").and_then(|n| n.parse::<usize>().ok()).and_then(|i| i.checked_sub(1));
    let settles = settles.ok_or_else(|| Trouble::Missing("mango_parameters.perp.settles_in".into()))?;
    let mut slots = Vec::new();
    for i in ["0", "1", "2", "3"] {
        slots.push(p.slot(number(position, i)?));
    }
    let [base, quote, bids, asks] = slots[..] else { return Ok(None) };
    let mut lines = Vec::new();
    for (order, sign) in [(bids, Q::one()), (asks, -Q::one())] {
        for weight in [&asset, &liability] {
            let filled = &sign * &lot;
            let line =
                Line::from([(base, weight * &lot), (order, &filled * weight - &filled), (quote, Q::one())]);
            lines.push(line);
        }
    }
    Ok(Some((settles, weighed(&lines, &overall, &Q::one()))))
}

/// Which market's reserved amount is counted beside a token's balance.
type Argument = (usize, BTreeSet<usize>);

/// Health as the smallest, over all ways in which markets may fill, of sums and differences of minima.
fn choices(markets: &[Market], tokens: usize) -> Vec<BTreeMap<Argument, i32>> {
    let at_token = |t: usize| -> BTreeSet<usize> {
        (0..markets.len()).filter(|m| markets[*m].base == t || markets[*m].quote == t).collect()
    };
    (0..1usize << markets.len())
        .map(|choice| {
            let mut terms: BTreeMap<Argument, i32> = (0..tokens).map(|t| ((t, BTreeSet::new()), 1)).collect();
            for (m, market) in markets.iter().enumerate() {
                let t = if choice >> m & 1 == 0 { market.base } else { market.quote };
                // Its own amount comes last, after those of every other market of the token.
                let all = at_token(t);
                let mut others = all.clone();
                others.remove(&m);
                *terms.entry((t, all)).or_insert(0) += 1;
                *terms.entry((t, others)).or_insert(0) -= 1;
            }
            terms.retain(|_, n| *n != 0);
            terms
        })
        .collect()
}

/// The smallest of several amounts, as the prover may take any: halves of halves, to nest no deeper than needed.
fn better(amounts: &[String]) -> String {
    match amounts {
        [one] => one.clone(),
        _ => {
            let (a, b) = amounts.split_at(amounts.len() / 2);
            format!("better({}, {})", better(a), better(b))
        }
    }
}

/// Columns by line.
struct Columns<'a> {
    problem: &'a mut Problem,
    names: BTreeMap<Line, String>,
}

impl Columns<'_> {
    fn name(&mut self, line: &Line) -> String {
        if let Some(name) = self.names.get(line) {
            return name.clone();
        }
        let name = format!("l{}", self.names.len());
        let weights: Vec<(usize, Q)> = line.iter().map(|(slot, w)| (*slot, w.clone())).collect();
        self.problem.column(&name, Mode::Signed, &weights);
        self.names.insert(line.clone(), name.clone());
        name
    }
    /// A minimum taken `n` times from the requirement (`n > 0`) or added to it.
    fn term(&mut self, lines: &Least, n: i32) -> String {
        let sign = if n > 0 { "-" } else { "" };
        let pieces: Vec<String> = lines.iter().map(|l| format!("{sign}{}(all)", self.name(l))).collect();
        let one = match (pieces.as_slice(), n > 0) {
            ([one], _) => one.clone(),
            (_, true) => format!("max({})", pieces.join(", ")),
            (_, false) => better(&pieces),
        };
        if n.abs() == 1 { one } else { format!("{} * {one}", n.abs()) }
    }
}

/// What health must be made good by: health is at least `-L` where this is at most `L`.
fn requirement(file: &Value, v: &Value) -> Result<(Problem, String), Trouble> {
    let mut p = Problem::new();
    let mut tokens = tokens(file, v, &mut p)?;
    let markets = markets(v, &tokens, &mut p)?;
    if let Some((settles, gain)) = perpetual(file, v, &mut p)? {
        let token = tokens
            .get_mut(settles)
            .ok_or_else(|| Trouble::Missing("the token that the perpetual settles in".into()))?;
        let per_token: Least = gain.iter().map(|l| times(l, &token.price)).collect();
        token.balance = sum(&token.balance, &per_token);
    }
    let mut columns = Columns { problem: &mut p, names: BTreeMap::new() };
    let mut sums = Vec::new();
    for terms in choices(&markets, tokens.len()) {
        let mut parts = Vec::new();
        for ((t, with), n) in &terms {
            let token = &tokens[*t];
            let mut argument = token.balance.clone();
            for m in with {
                let market = &markets[*m];
                argument = sum(&argument, if market.base == *t { &market.as_base } else { &market.as_quote });
            }
            let lines = weighed(&argument, &token.asset, &token.liability);
            parts.push(columns.term(&lines, *n));
        }
        sums.push(if parts.is_empty() { "0 USD".to_owned() } else { parts.join(" + ") });
    }
    let expr = if sums.len() == 1 { sums.remove(0) } else { format!("max({})", sums.join(", ")) };
    Ok((p, expr))
}

pub(super) fn health(file: &Value, v: &Value) -> Result<Vec<Check>, Trouble> {
    let (p, expr) = requirement(file, v)?;
    let expected = at(v, "expected.init_health")?;
    let edge = p.at_most(&expr)?;
    let (low, high) = p.value(&expr)?;
    let room = tolerance(v, expected);
    Ok(vec![Check::interval("initial health", &number(expected, "")?, &(-high, -low), &room).on(&edge)])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Agreement, whole};
    use serde_json::json;

    fn file() -> Value {
        json!({"mango_parameters": {
            "token1": {"price": 1, "init_asset_weight": 0.9, "init_liab_weight": 1.1},
            "token2": {"price": 2, "init_asset_weight": 0.5, "init_liab_weight": 1.5},
            "token3": {"price": 4, "init_asset_weight": 0.5, "init_liab_weight": 1.5},
            "perp": {"lots_to_quote": 10, "init_base_asset_weight": 0.8, "init_base_liab_weight": 1.2,
                "overall_positive_pnl_weight": 0.5, "settles_in": "token1"}}})
    }

    fn right(inputs: Value, health: f64) {
        let v = json!({"id": "mango_v4/x", "inputs": inputs, "expected": {"init_health": health}});
        let checks = super::health(&file(), &v).unwrap();
        assert!(
            checks[0].agrees == Agreement::Exact && checks[0].circuit == Some(true),
            "{inputs}: {checks:?}"
        );
    }

    #[test]
    fn tokens_and_perpetuals() {
        right(json!({"token1": 10, "token2": -3}), 0.0);
        // 2 long, 5 asked, 1 bid: bids 3 * 8 - 10 - 7 = 7, asks -3 * 12 + 50 - 7 = 7; half of 7.
        right(json!({"token1": 10, "perp": [2, -7, 1, 5]}), 12.15);
        // asks: -5 * 12 + 70 - 20 = -10, taken whole: nothing is left.
        right(json!({"token1": 10, "perp": [2, -20, 1, 7]}), 0.0);
        right(
            json!({"token2": 10, "total_deposits": [0, 100, 0], "deposit_scale_start_quote": [1, 50, 1]}),
            2.5,
        );
    }

    /// The published procedure, step by step, over plain numbers.
    fn by_steps(balance: [i64; 3], orders: &[(usize, i64, i64)]) -> f64 {
        let (price, asset, debt) = ([1.0, 2.0, 4.0], [0.9, 0.5, 0.5], [1.1, 1.5, 1.5]);
        #[allow(clippy::cast_precision_loss)]
        let f = |x: i64| x as f64;
        let own: Vec<f64> = balance.iter().zip(price).map(|(b, p)| f(*b) * p).collect();
        let worth = |x: f64, t: usize| if x < 0.0 { x * debt[t] } else { x * asset[t] };
        let reserved: Vec<f64> = orders.iter().map(|(b, q, n)| f(*q) + f(*n) * price[*b]).collect();
        let mut most = [0.0; 3];
        for ((b, _, _), r) in orders.iter().zip(&reserved) {
            most[*b] += r;
            most[0] += r;
        }
        let mut total: f64 = (0..3).map(|t| worth(own[t], t)).sum();
        for ((b, _, _), r) in orders.iter().zip(&reserved) {
            let effect = |t: usize| {
                let largest = own[t] + most[t];
                let above = largest.clamp(0.0, *r);
                above * asset[t] + (r - above) * debt[t]
            };
            total += effect(*b).min(effect(0));
        }
        total
    }

    #[test]
    fn reserved_amounts_of_one_and_two_markets() {
        for (balance, a, b) in [
            ([10, -3, 2], (4, 1), None),
            ([-10, -3, 2], (4, 1), Some((3, 2))),
            ([-5, 1, -1], (2, 0), Some((0, 3))),
            ([7, -20, -2], (1, 9), Some((6, 1))),
        ] {
            let mut inputs = json!({"token1": balance[0], "token2": balance[1], "token3": balance[2],
                "orders_1_2": [a.0, a.1]});
            let mut orders = vec![(1usize, a.0, a.1)];
            if let Some((q, n)) = b {
                inputs["orders_1_3"] = json!([q, n]);
                orders.push((2, q, n));
            }
            let wanted = by_steps(balance, &orders);
            right(inputs, (wanted * 1e6).round() / 1e6);
        }
    }

    #[test]
    fn minima_add_and_weigh() {
        let line = |n: i64| Line::from([(0, whole(n))]);
        assert_eq!(sum(&vec![line(1), line(2)], &vec![line(10), line(11)]).len(), 3);
        assert_eq!(weighed(&vec![Line::new()], &whole(1), &whole(2)), vec![Line::new()]);
        assert_eq!(plus(&line(1), &line(-1)), Line::new());
    }
}
