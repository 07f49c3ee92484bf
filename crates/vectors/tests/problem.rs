//! A problem computes what it says: exact where it can be, allowed for where not, and the circuit agrees at the limit.

use mandate_market::Rounding;
use mandate_statement::Mode;
use mandate_vectors::{Edge, Problem, Q, decimal, ratio, whole};
use num_traits::Signed;

fn q(text: &str) -> Q {
    decimal(text).unwrap()
}

/// Two options of one coin and cash at another venue.
fn book() -> Problem {
    let mut p = Problem::new();
    let call = p.slot_in(0, 0, q("-2.5"));
    let put = p.slot_in(0, 1, q("4"));
    let cash = p.slot_in(1, 2, q("1000.25"));
    p.column("flow", Mode::Signed, &[(call, whole(30)), (put, whole(-7)), (cash, whole(1))]);
    p.column("size", Mode::Absolute, &[(call, whole(30)), (put, whole(7)), (cash, whole(1))]);
    p.column("owned", Mode::Long, &[(call, whole(30)), (put, whole(7)), (cash, whole(1))]);
    p.column("owed", Mode::Short, &[(call, whole(30)), (put, whole(7)), (cash, whole(1))]);
    p.scenario(&[(call, whole(10)), (put, whole(-1))]);
    p.scenario(&[(call, whole(-3)), (put, whole(-2))]);
    p
}

fn right(edge: &Edge) -> bool {
    edge.holds_at && edge.refused_past
}

#[test]
fn columns_read_quantities_by_their_mode() {
    let p = book();
    for (expr, value) in [
        ("flow(all)", "897.25"),
        ("size(all)", "1103.25"),
        ("owned(all)", "1028.25"),
        ("owed(all)", "75"),
        ("sum(u in underlyings: max(flow(u), 0))", "1000.25"),
        ("sum(v in venues: abs(flow(v)))", "1103.25"),
        ("-(owed(all) * 2)", "-150"),
    ] {
        assert_eq!(p.value(expr).unwrap(), (q(value), q(value)), "{expr}");
    }
    // Scenario totals carry an allowance of one unit per lot.
    let (low, high) = p.value("worst(scenarios, all)").unwrap();
    assert_eq!((&low + &high) / whole(2), whole(29));
    assert!(high > low && (high - low) < q("0.001"));
}

#[test]
fn the_circuit_agrees_at_the_limit_and_one_past_it() {
    let p = book();
    for (expr, value) in [
        ("sum(u in underlyings: abs(flow(u)))", "1103.25"),
        ("max(flow(all), 2 * owed(all), size(all))", "1103.25"),
        ("owed(all) - flow(all)", "-822.25"),
        ("pos(owed(all) - flow(all))", "0"),
    ] {
        let edge = p.at_most(expr).unwrap();
        assert_eq!(edge.value, q(value), "{expr}");
        assert!(right(&edge), "{expr}: {edge:?}");
    }
    let edge = p.at_least("owned(all) - sum(u in underlyings: abs(flow(u)))").unwrap();
    assert_eq!(edge.value, whole(-75));
    assert!(right(&edge), "{edge:?}");
    // A margin by scenarios, at its limit with the allowance counted against the book.
    let edge = p.at_most("worst(scenarios, all)").unwrap();
    assert!(right(&edge) && edge.value >= whole(29), "{edge:?}");
}

#[test]
fn verdicts_of_both_readings() {
    let p = book();
    for (rule, holds) in [
        ("for v in venues: size(v) <= 2_000 USD", true),
        ("for v in venues: size(v) <= 1_000 USD", false),
        ("owed(all) / flow(all) <= 8.4%", true),
        ("owed(all) / flow(all) <= 8.3%", false),
        ("for g in groups: flow(g) < 1_000.25 USD", false),
    ] {
        let verdict = p.verdict(rule).unwrap();
        assert!(verdict.both(holds), "{rule}: {verdict:?}");
    }
}

#[test]
fn weights_are_exact_or_allowed_for() {
    let third = |exact: bool| {
        let mut p = Problem::new();
        let s = p.slot(whole(3));
        p.column("share", Mode::Signed, &[(s, ratio(1, 3))]);
        if exact {
            p.exact();
        }
        p
    };
    assert!(third(true).value("share(all)").unwrap_err().to_string().contains("no unit holds"));
    let (low, high) = third(false).value("share(all)").unwrap();
    assert!(low < whole(1) && whole(1) < high, "{low} {high}");
    assert!(high - low < q("1e-9"));
    let edge = third(false).at_most("share(all)").unwrap();
    assert!(right(&edge) && edge.value > whole(1));

    // Each way of rounding keeps the exact total inside its interval, on its side.
    for (rounding, sign) in [(Rounding::Up, 1), (Rounding::Down, 1), (Rounding::Up, -1), (Rounding::Down, -1)]
    {
        let mut p = Problem::new();
        let s = p.slot(whole(3 * sign));
        p.column_rounded("size", Mode::Absolute, rounding, &[(s, ratio(1, 7))]);
        let (low, high) = p.value("size(all)").unwrap();
        assert!(low < ratio(3, 7) && ratio(3, 7) < high, "{rounding:?}: {low} {high}");
    }

    let mut p = Problem::new();
    let s = p.slot(whole(1));
    p.column("heavy", Mode::Signed, &[(s, whole(i64::MAX) * whole(i64::MAX))]);
    assert!(p.value("heavy(all)").unwrap_err().to_string().contains("too heavy"));
}

#[test]
fn quantities_with_many_digits_are_split_exactly() {
    for text in ["2681.6029850999994", "-123456789012345678", "0.000000123456789012345", "1/3", "-0.1"] {
        let mut p = Problem::new();
        let many = p.slot(q(text));
        p.column("flow", Mode::Signed, &[(many, whole(1))]);
        p.column("size", Mode::Absolute, &[(many, whole(1))]);
        let (low, high) = p.value("flow(all)").unwrap();
        assert!(low <= q(text) && q(text) <= high, "{text}: {low} {high}");
        assert!(&high - &low <= q(text).abs() * q("1e-9"), "{text}: {low} {high}");
        // Parts have the sign of the whole, or the magnitude would be larger.
        let size = p.at_most("size(all)").unwrap();
        assert!(right(&size));
        assert!((&size.value - q(text).abs()).abs() <= q(text).abs() * q("1e-9"), "{text}");
        if q(text).is_integer() {
            assert_eq!(size.value, q(text).abs(), "whole lots are exact");
        }
    }
}

#[test]
fn quantities_of_very_different_size_keep_their_precision() {
    let mut p = Problem::new();
    let coin = p.slot(whole(1));
    let dust = p.slot(q("12345678901.123456"));
    p.column("flow", Mode::Signed, &[(coin, ratio(300_001, 3)), (dust, ratio(1, 7_000_003))]);
    let wanted = ratio(300_001, 3) + q("12345678901.123456") * ratio(1, 7_000_003);
    let (low, high) = p.value("flow(all)").unwrap();
    assert!(low <= wanted && wanted <= high && &high - &low < q("1e-5"), "{low} {high}");
    assert!(right(&p.at_most("flow(all)").unwrap()));
}

#[test]
fn what_makes_no_sense_is_refused_with_a_reason() {
    let mut p = Problem::new();
    let s = p.slot(whole(1));
    p.column("flow", Mode::Signed, &[(s, whole(1))]);
    assert!(p.at_most("min(flow(all), 3 USD)").is_err(), "a concave expression has no least upper limit");
    assert!(p.value("gross(all)").is_err());
    p.column("flow", Mode::Signed, &[(s, whole(1))]);
    assert!(p.value("flow(all)").unwrap_err().to_string().contains("second of this name"));
    for word in ["nav", "net", "worst", "lots", "stake", "top", "Size", ""] {
        let mut p = Problem::new();
        p.slot(whole(1));
        p.column(word, Mode::Signed, &[(0, whole(1))]);
        assert!(p.unit().unwrap_err().to_string().contains("not a name"), "{word}");
    }
    let mut p = Problem::new();
    p.column("flow", Mode::Signed, &[(0, whole(1))]);
    assert!(p.value("flow(all)").is_err());
    let mut p = Problem::new();
    let s = p.slot(whole(1));
    p.column("size", Mode::Absolute, &[(s, whole(-1))]);
    assert!(p.value("size(all)").is_err());
    let mut p = Problem::new();
    p.column("nothing", Mode::Signed, &[]);
    assert_eq!(p.value("nothing(all)").unwrap(), (whole(0), whole(0)));
    assert!(right(&p.at_most("nothing(all)").unwrap()));
}
