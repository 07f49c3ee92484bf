//! Verdicts as people read them, and books that cannot be judged.

mod common;

use common::{risk, tiny};
use mandate_policy::{EvaluateError, Mandate, evaluate};
use mandate_statement::{RiskPart, Shape};

/// One lot of slot `s` is worth `value[s]` USD and has as much gross exposure; nothing else.
fn priced(value: &[(usize, i64)]) -> RiskPart {
    let shape = tiny();
    let mut part = risk(vec![0; shape.slots * shape.columns()], true, [Some(0), Some(0), Some(0), Some(1)]);
    for slot in 0..31 {
        part.weights[slot * shape.columns() + shape.lots_column()] = 1;
    }
    for (slot, usd) in value {
        part.weights[slot * shape.columns()] = usd * 10_000_000_000;
        part.weights[slot * shape.columns() + 8] = usd.abs() * 10_000_000_000;
    }
    part
}

const TEXT: &str = "risk_model = \"crypto-usd/1\"
min_nav = \"10 USD\"

[[rule]]
id = \"conc-1\"
text = \"No underlying exceeds half of net asset value\"
holds = \"for u in underlyings: gross(u) <= 50% * nav\"
";

#[test]
fn a_broken_rule_is_underlined_with_by_how_much() {
    let mandate = Mandate::parse("fund.toml", TEXT).unwrap();
    let mut quantities = vec![0; 32];
    (quantities[0], quantities[24]) = (60, 60);
    let verdicts =
        evaluate(&mandate, mandate.model, &priced(&[(0, 2), (24, 1)]), &quantities, &[true; 3]).unwrap();
    assert_eq!(
        verdicts.iter().map(|v| v.id.as_str()).collect::<Vec<_>>(),
        ["min-nav", "conc-1", "empty-slots"]
    );
    assert_eq!(
        verdicts[0].render(&mandate),
        "rule `min-nav` holds with 169.99 USD to spare",
        "180 USD less 120 lots of allowance"
    );
    assert_eq!(
        verdicts[1].render(&mandate),
        "error: rule `conc-1` does not hold\n \
         --> fund.toml:7:32\n\
         7 | holds = \"for u in underlyings: gross(u) <= 50% * nav\"\n  \
         |                                ^^^^^^^^^^^^^^^^^^^^^ over by 30.01 USD at underlying 0\n\
         help: no proof of this book exists; reduce the position or amend the mandate"
    );
    assert!(!verdicts[1].holds && verdicts[1].block == Some(0));
    assert!(verdicts[2].holds);
}

/// Long at one venue and short at another is gross 200, not 0: the book is the concatenation of its netting sets.
#[test]
fn long_here_and_short_there_does_not_net() {
    let text = "risk_model = \"crypto-usd/1\"\nmin_nav = \"0.0000000001 USD\"\n[[rule]]\nid = \"gross\"\ntext = \"t\"\n\
                holds = \"gross(all) <= 199.99 USD\"\n";
    let mandate = Mandate::parse("m.toml", text).unwrap();
    let mut quantities = vec![0; 32];
    (quantities[0], quantities[16], quantities[24]) = (100, -100, 1);
    let verdicts =
        evaluate(&mandate, mandate.model, &priced(&[(0, 1), (16, 1)]), &quantities, &[true; 3]).unwrap();
    assert_eq!(verdicts[1].headroom_text, "-0.01 USD");
    assert!(!verdicts[1].holds);
}

#[test]
fn what_does_not_fit_is_an_error_and_not_a_verdict() {
    let mandate = Mandate::parse("fund.toml", TEXT).unwrap();
    let part = priced(&[(0, 2)]);
    let run = |part: &RiskPart, q: &[i64], active: &[bool]| {
        evaluate(&mandate, mandate.model, part, q, active).map(|_| ()).unwrap_err()
    };
    let zeros = vec![0i64; 32];
    assert!(matches!(run(&part, &zeros[1..], &[true; 3]), EvaluateError::Length { what: "quantities", .. }));
    assert!(matches!(run(&part, &zeros, &[true; 2]), EvaluateError::Length { what: "active accounts", .. }));
    let mut large = zeros.clone();
    large[5] = 1 << 47;
    assert_eq!(run(&part, &large, &[true; 3]), EvaluateError::Quantity { slot: 5 });
    let mut other = part.clone();
    other.model = "other/1".into();
    assert!(matches!(run(&other, &zeros, &[true; 3]), EvaluateError::Model { .. }));
    let mut uncovered = part.clone();
    uncovered.layout.group_used[3] = false;
    assert!(matches!(run(&uncovered, &zeros, &[true; 3]), EvaluateError::Layout { segment: 3, .. }));
    let mut early = part.clone();
    early.layout.group_used[0] = true;
    assert!(matches!(run(&early, &zeros, &[true; 3]), EvaluateError::Layout { segment: 0, .. }));
    let mut short = part;
    short.weights.pop();
    assert!(matches!(run(&short, &zeros, &[true; 3]), EvaluateError::Sheet(_)));
    assert!(Shape::by_name("t32").is_some());
}

#[test]
fn what_holds_says_so_and_what_touches_a_strict_limit_does_not() {
    let strict = TEXT.replace("gross(u) <= 50% * nav", "gross(u) < 100 USD");
    let mandate = Mandate::parse("fund.toml", &strict).unwrap();
    let held = |lots: i64| {
        let mut quantities = vec![0; 32];
        quantities[0] = lots;
        evaluate(&mandate, mandate.model, &priced(&[(0, 2)]), &quantities, &[true; 3]).unwrap()
    };
    let words = |lots: i64| held(lots)[1].render(&mandate);
    assert_eq!(words(49), "rule `conc-1` holds with 2.00 USD to spare at underlying 0");
    assert!(words(50).contains("exactly at the limit at underlying 0; it must stay below"), "{}", words(50));
    assert!(words(51).contains("over by 2.00 USD at underlying 0"), "{}", words(51));
    // An empty book has nothing over any limit, and the built-in rule that slots stay empty has no headroom to tell.
    let empty = held(0);
    assert_eq!(empty[2].render(&mandate), "rule `empty-slots` holds");
    assert_eq!(empty[1].render(&mandate), "rule `conc-1` holds with 100.00 USD to spare at underlying 0");
    let mut nowhere = priced(&[]);
    nowhere.layout.asset = vec![None; 4];
    nowhere.layout.account = vec![None; 4];
    nowhere.layout.group_used = vec![false; 4];
    nowhere.layout.carry = vec![false; 4];
    let none = evaluate(&mandate, mandate.model, &nowhere, &[0; 32], &[false; 3]).unwrap();
    assert_eq!(none[1].render(&mandate), "rule `conc-1` holds: no block to apply it to");
    // Nothing may stand in the last slot.
    let mut quantities = vec![0; 32];
    quantities[31] = 1;
    let mut closed = priced(&[]);
    closed.weights[31 * tiny().columns() + tiny().forbidden_column()] = 1;
    let broken = evaluate(&mandate, mandate.model, &closed, &quantities, &[true; 3]).unwrap();
    let words = broken[2].render(&mandate);
    assert!(words.starts_with("error: rule `empty-slots` does not hold\n"), "{words}");
    assert!(words.contains("a quantity stands in a slot that must be empty"), "{words}");
}
