//! Constructs with bits and free witnesses at their edges: what they mean to the unit, to the evaluator and to the rows,
//! what is refused, and what a shape must have for them.

mod common;

use common::{WIDE, risk, tiny};
use mandate_policy::{Mandate, MandateError, compile, compile_smallest, evaluate_on, explain};
use mandate_statement::{RiskPart, Shape};

/// USD as units.
const USD: i64 = 10_000_000_000;

/// A sheet of twenty underlyings, one slot each, and one slot of cash: with no rounding, one lot is worth as many USD as
/// `usd` says, and has as much gross exposure.
static TWENTY: Shape = Shape { name: "twenty", slots: 42, segments: 21, accounts: 1, assets: 21, ..WIDE };

fn file(rules: &[&str]) -> String {
    let mut out = String::from("risk_model = \"crypto-usd/1\"\nmin_nav = \"1 USD\"\n");
    for (i, rule) in rules.iter().enumerate() {
        out.push_str(&format!("[[rule]]\nid = \"r-{i}\"\ntext = \"rule {i}\"\nholds = '{rule}'\n"));
    }
    out
}

fn mandate(rules: &[&str]) -> Mandate {
    Mandate::parse("m.toml", &file(rules)).unwrap_or_else(|e| panic!("{e}"))
}

fn refusal(rule: &str) -> String {
    Mandate::parse("m.toml", &file(&[rule])).map(|_| ()).expect_err("refused").to_string()
}

fn issuers() -> RiskPart {
    let (shape, columns) = (&TWENTY, TWENTY.columns());
    let mut weights = vec![0; shape.slots * columns];
    for slot in 0..shape.slots {
        // No lots: then nothing is rounded, and the edges are the ones of the limits.
        if slot % 2 == 1 {
            weights[slot * columns + shape.forbidden_column()] = 1;
            continue;
        }
        weights[slot * columns] = USD;
        if slot < 40 {
            weights[slot * columns + 8] = USD;
        }
    }
    let mut part = risk(weights, false, [None; 4]);
    part.shape = shape.name.into();
    part.layout.carry = vec![false; 21];
    part.layout.group_used = vec![true; 21];
    part.layout.account = vec![Some(0); 21];
    part.layout.asset = (0..21).map(Some).collect();
    part
}

/// Whether each rule holds, by the evaluator, after holding the rows against it.
fn judge(
    rules: &[&str],
    part: &RiskPart,
    shape: &'static Shape,
    quantities: &[i64],
    active: &[bool],
) -> Vec<bool> {
    let mandate = mandate(rules);
    let compiled = compile(&mandate, mandate.model, shape).unwrap_or_else(|e| panic!("{e}"));
    let findings = mandate_checker::check_rules_on(shape, &compiled.part).err();
    assert!(findings.is_none(), "{findings:?}\n{}", mandate_policy::dump(&compiled));
    let verdicts = evaluate_on(&mandate, mandate.model, shape, part, quantities, active).expect("judged");
    let witnesses =
        mandate_rows::least_witnesses(&compiled.part, part, shape, quantities, active).expect("rows read");
    let slacks =
        mandate_rows::slacks(&compiled.part, part, shape, quantities, active, &witnesses).expect("rows read");
    let out: Vec<bool> = verdicts.iter().map(|v| v.holds).collect();
    for (rule, holds) in compiled.part.rules.iter().zip(&out) {
        let rows = slacks.iter().filter(|s| rule.rows.contains(&s.row)).all(|s| s.slack >= 0);
        assert_eq!(rows, *holds, "{}\n{}", rule.id, mandate_policy::dump(&compiled));
    }
    out[1..=rules.len()].to_vec()
}

fn held(usd: &[i64], cash: i64) -> Vec<i64> {
    let mut quantities = vec![0; TWENTY.slots];
    for (i, q) in usd.iter().enumerate() {
        quantities[2 * i] = *q;
    }
    quantities[40] = cash;
    quantities
}

/// 5/10/40: an issuer at most 10% of the fund; those above 5% at most 40% together; what is exactly at 5% is not above it.
#[test]
fn ucits_five_ten_forty() {
    let rules = [
        "for u in underlyings: gross(u) <= 10% * nav",
        "above(u in underlyings: gross(u) > 5% * nav) <= 40% * nav",
    ];
    let judge = |usd: &[i64], cash: i64| {
        let total = usd.iter().sum::<i64>() + cash;
        assert_eq!(total, 10_000);
        judge(&rules, &issuers(), &TWENTY, &held(usd, cash), &[true])
    };
    // Twenty issuers at exactly 5%: none is above.
    assert_eq!(judge(&[500; 20], 0), [true, true]);
    // One unit of one more, taken from another.
    let mut one = [500; 20];
    (one[0], one[1]) = (501, 499);
    assert_eq!(judge(&one, 0), [true, true]);
    // Four at 10% and sixteen at less than 5%: exactly 40%. The fifth above 5% breaks it.
    let mut four = [375; 20];
    four[..4].fill(1_000);
    assert_eq!(judge(&four, 0), [true, true]);
    (four[4], four[5]) = (501, 249);
    assert_eq!(judge(&four, 0), [true, false]);
    // Eight at exactly 5% less one unit, and eight just above it: 40.08%.
    let mut eight = [0; 20];
    eight[..8].fill(501);
    eight[8..16].fill(499);
    assert_eq!(judge(&eight, 2_000), [true, false]);
    eight[0] = 500;
    assert_eq!(judge(&eight, 2_001), [true, true]);
    // The first part alone fails.
    let mut large = [0; 20];
    large[0] = 1_001;
    assert_eq!(judge(&large, 8_999), [false, true]);
}

/// 75-5-10: for three quarters of the fund, no issuer above 5%; counted by how many may be above.
#[test]
fn all_but_so_many() {
    for (k, wanted) in [(0, false), (1, false), (2, true), (3, true)] {
        let rule = format!("at_most({k}; u in underlyings: gross(u) <= 10% * nav)");
        let mut usd = [100; 20];
        (usd[3], usd[17]) = (1_001, 2_000);
        assert_eq!(
            judge(&[&rule], &issuers(), &TWENTY, &held(&usd, 5_199), &[true]),
            [wanted],
            "{k} may break it"
        );
    }
    // At the limit, and strictly.
    let mut usd = [0; 20];
    usd[0] = 1_000;
    let at_limit = |op: &str| format!("at_most(0; u in underlyings: gross(u) {op} 10% * nav)");
    let both = [at_limit("<="), at_limit("<")];
    let both: Vec<&str> = both.iter().map(String::as_str).collect();
    assert_eq!(judge(&both, &issuers(), &TWENTY, &held(&usd, 9_000), &[true]), [true, false]);
}

#[test]
fn the_largest_few() {
    let usd: Vec<i64> = (1..=20).map(|i| i * 10).collect();
    // 200 + 190 + 180 of 10,000.
    for (n, limit, wanted) in [
        (3, "5.7%", true),
        (3, "5.69%", false),
        (1, "2%", true),
        (1, "1.99%", false),
        (20, "21%", true),
        (20, "20.99%", false),
        // More than there are: all of them.
        (25, "21%", true),
        (25, "20.99%", false),
    ] {
        let rule = format!("top({n}; u in underlyings: gross(u)) <= {limit} * nav");
        assert_eq!(
            judge(&[&rule], &issuers(), &TWENTY, &held(&usd, 10_000 - 2_100), &[true]),
            [wanted],
            "{rule}"
        );
    }
    // Equal ones, and none at all.
    assert_eq!(
        judge(
            &[
                "top(3; u in underlyings: gross(u)) <= 15% * nav",
                "top(3; u in underlyings: gross(u)) < 15% * nav"
            ],
            &issuers(),
            &TWENTY,
            &held(&[500; 20], 0),
            &[true]
        ),
        [true, false]
    );
    assert_eq!(
        judge(
            &["top(3; u in underlyings: gross(u)) <= 0 * nav"],
            &issuers(),
            &TWENTY,
            &held(&[], 10_000),
            &[true]
        ),
        [true]
    );
}

/// Net asset value of 1,000 USD and one loss per scenario, without rounding.
fn losses(list: [i64; 16]) -> (RiskPart, Vec<i64>) {
    let columns = WIDE.columns();
    let mut weights = vec![0; WIDE.slots * columns];
    weights[0] = 1_000 * USD;
    for (s, loss) in list.iter().enumerate() {
        weights[WIDE.metrics() + s] = -loss * USD;
    }
    let mut part = risk(weights, true, [Some(0); 4]);
    part.shape = WIDE.name.into();
    let mut quantities = vec![0; WIDE.slots];
    quantities[0] = 1;
    (part, quantities)
}

#[test]
fn scenario_losses_by_count_and_by_tail() {
    // 160, 150, ..., 10: every third as a gain would change nothing above it.
    let list: [i64; 16] = std::array::from_fn(|i| 160 - 10 * ((i as i64 * 5) % 16));
    let (part, quantities) = losses(list);
    let judge = |rule: &str| judge(&[rule], &part, &WIDE, &quantities, &[true; 3])[0];
    for k in 0..16 {
        let next = 160 - 10 * k;
        assert!(judge(&format!("exceed({k}, scenarios, all) <= {next} USD")), "{k}");
        assert!(!judge(&format!("exceed({k}, scenarios, all) < {next} USD")), "{k}");
        assert!(!judge(&format!("exceed({k}, scenarios, all) <= {} USD", next - 1)), "{k}");
        assert!(judge(&format!("exceed({k}, scenarios, all) + 1 USD <= {} USD", next + 1)), "{k}");
        assert!(
            judge(&format!("{next}.1% * nav - 10 * exceed({k}, scenarios, all) >= -9 * {next} USD")),
            "{k}"
        );
    }
    // A tail of 2.5% of sixteen is 0.4 of a scenario: the worst one. Of 10%: (160 + 0.6 * 150) / 1.6 = 156.25.
    for (share, wanted) in
        [("2.5%", "160"), ("6.25%", "160"), ("10%", "156.25"), ("12.5%", "155"), ("100%", "85")]
    {
        assert!(judge(&format!("shortfall({share}, scenarios, all) <= {wanted} USD")), "{share}");
        assert!(!judge(&format!("shortfall({share}, scenarios, all) < {wanted} USD")), "{share}");
        assert!(
            !judge(&format!("shortfall({share}, scenarios, all) <= {wanted} USD - 0.000_000_000_1 USD")),
            "{share}"
        );
    }
    // One third of sixteen: (160 + 150 + 140 + 130 + 120 + 110 / 3) / (16 / 3) = 138.125.
    assert!(judge("shortfall(1 / 3, scenarios, all) <= 138.125 USD"));
    assert!(!judge("shortfall(1 / 3, scenarios, all) < 138.125 USD"));
    // A book that gains everywhere has a negative tail mean.
    let (part, quantities) = losses(list.map(|l| -l));
    let rules = ["shortfall(12.5%, scenarios, all) <= -15 USD", "shortfall(12.5%, scenarios, all) < -15 USD"];
    assert_eq!(super_judge(&rules, &part, &quantities), [true, false]);
    let rules = ["exceed(3, scenarios, all) <= -40 USD", "exceed(2, scenarios, all) <= -40 USD"];
    assert_eq!(super_judge(&rules, &part, &quantities), [true, false]);
}

fn super_judge(rules: &[&str], part: &RiskPart, quantities: &[i64]) -> Vec<bool> {
    judge(rules, part, &WIDE, quantities, &[true; 3])
}

#[test]
fn rounding_up_and_down() {
    let (part, mut quantities) = losses([0; 16]);
    quantities[0] = 1;
    // Net asset value is 1,000 USD: a third of it is 333.333... USD.
    for (rule, wanted) in [
        ("up(nav / 3, 1 USD) <= 334 USD", true),
        ("up(nav / 3, 1 USD) < 334 USD", false),
        ("up(nav / 3, 0.01 USD) <= 333.34 USD", true),
        ("up(nav / 3, 0.01 USD) < 333.34 USD", false),
        ("up(nav / 3, 7 USD) <= 336 USD", true),
        ("up(nav / 3, 7 USD) <= 335.999 USD", false),
        ("up(nav, 1 USD) <= 1000 USD", true),
        ("up(nav, 1 USD) < 1000 USD", false),
        ("up(nav + 0.000_000_000_1 USD, 1 USD) <= 1000 USD", false),
        ("up(nav + 0.000_000_000_1 USD, 1 USD) <= 1001 USD", true),
        ("up(-nav / 3, 1 USD) <= -333 USD", true),
        ("up(-nav / 3, 1 USD) < -333 USD", false),
        ("down(nav / 3, 1 USD) >= 333 USD", true),
        ("down(nav / 3, 1 USD) > 333 USD", false),
        ("down(nav / 3, 0.000_001 USD) >= 333.333_333 USD", true),
        ("down(nav / 3, 0.000_001 USD) > 333.333_333 USD", false),
        ("sum(v in venues: up(value(v) / 3, 0.01 USD)) <= 333.34 USD", true),
        ("sum(v in venues: up(value(v) / 3, 0.01 USD)) < 333.34 USD", false),
        ("up(max(nav / 3, nav / 7), 1 USD) <= 334 USD", true),
        ("up(max(nav / 3, nav / 7), 1 USD) < 334 USD", false),
    ] {
        assert_eq!(super_judge(&[rule], &part, &quantities), [wanted], "{rule}");
    }
}

#[test]
fn the_better_of_two() {
    let (part, quantities) = losses(std::array::from_fn(|i| i as i64));
    for (rule, wanted) in [
        ("better(worst(scenarios, all), 20 USD) <= 15 USD", true),
        ("better(worst(scenarios, all), 20 USD) < 15 USD", false),
        ("better(20 USD, worst(scenarios, all)) <= 15 USD", true),
        ("better(worst(scenarios, all), 10 USD) <= 10 USD", true),
        ("better(worst(scenarios, all), 10 USD) < 10 USD", false),
        ("better(nav, better(worst(scenarios, all), abs(nav - 988 USD))) <= 12 USD", true),
        ("better(nav, better(worst(scenarios, all), abs(nav - 988 USD))) < 12 USD", false),
        ("sum(v in venues: better(worst(scenarios, v), max(1%*value(v), 3 USD))) <= 10 USD", true),
        ("sum(v in venues: better(worst(scenarios, v), max(1%*value(v), 3 USD))) < 10 USD", false),
    ] {
        assert_eq!(super_judge(&[rule], &part, &quantities), [wanted], "{rule}");
    }
}

/// With nothing held nothing is above a threshold of nothing, and no solvency comes of it.
#[test]
fn empty_and_insolvent_books() {
    let rules = [
        "above(u in underlyings: gross(u) > 5% * nav) <= 40% * nav",
        "top(2; u in underlyings: gross(u)) <= nav",
        "at_most(1; u in underlyings: gross(u) <= 10% * nav)",
        "better(nav, gross(all)) <= 0 USD",
    ];
    let (part, cash) = (issuers(), |c| held(&[], c));
    assert_eq!(judge(&rules, &part, &TWENTY, &cash(0), &[true]), [true; 4]);
    // Of a negative net asset value everything is above.
    assert_eq!(judge(&rules, &part, &TWENTY, &cash(-1_000), &[true]), [false, false, false, true]);
    let mandate = mandate(&rules);
    for c in [0, -1_000] {
        let verdicts =
            evaluate_on(&mandate, mandate.model, &TWENTY, &part, &cash(c), &[true]).expect("judged");
        assert!(!verdicts[0].holds && verdicts[0].id == "min-nav");
    }
}

#[test]
fn what_is_refused_and_why() {
    for (rule, wanted) in [
        ("above(u in underlyings: gross(u) >= 5% * nav) <= nav", "strictly above"),
        ("above(u in underlyings: gross(u)) <= nav", "takes one comparison"),
        ("above(gross(all) > 5 USD) <= nav", "needs blocks to run over"),
        ("above(u in underlyings: delta(u) > 5% * nav) <= nav", "not negative by its form"),
        ("above(u in underlyings: 5 USD > 5% * nav) <= nav", "says nothing about the blocks"),
        ("above(u in underlyings: gross(u) > 5%) <= nav", "do not go together"),
        ("above(u in underlyings: gross(u) > max(nav, 5 USD)) <= nav", "`max` or `min` stands on the side"),
        ("above(u in underlyings: gross(u) > 5% * nav) >= 10% * nav", "`above` stands on the side"),
        ("above(i in instruments: gross(i) > 5% * nav) <= nav", "sums do not run over instruments"),
        ("sum(v in venues: above(u in underlyings: gross(u) > 5% * nav)) <= nav", "a sum inside a sum"),
        ("sum(u in underlyings: gross(u) > 5% * nav) <= nav", "takes no comparison"),
        ("top(2; u in underlyings: gross(u) > 5% * nav) <= nav", "takes no comparison"),
        ("top(3 > 1_000 USD; u in underlyings: gross(u)) <= nav", "`:`"),
        ("top(0; u in underlyings: gross(u)) <= nav", "not a whole number from 1"),
        ("top(1.5; u in underlyings: gross(u)) <= nav", "not a whole number from 1"),
        ("top(3 USD; u in underlyings: gross(u)) <= nav", "not a whole number from 1"),
        ("top(3; u in underlyings: net(u)) <= nav", "not negative by its form"),
        ("top(3; gross(all)) <= nav", "`:`"),
        ("top(u in underlyings: gross(u)) <= nav", "says first how many"),
        ("top(u in underlyings: 3, gross(u)) <= nav", "says first how many"),
        ("top(3; u in underlyings: gross(u)) >= nav", "`top` stands on the side"),
        ("up(nav, 1 USD) >= 5 USD", "`up` or `down` stands on the side"),
        ("down(nav, 1 USD) <= 5 USD", "`up` or `down` stands on the side"),
        ("up(gross(all), 0 USD) <= nav", "a constant above zero"),
        ("up(gross(all), nav) <= nav", "a constant above zero"),
        ("up(gross(all), 1) <= nav", "do not go together"),
        ("up(gross(all)) <= nav", "takes an expression and a step"),
        ("better(nav, gross(all)) >= 5 USD", "`better` stands on the side"),
        ("better(nav) <= 5 USD", "takes two expressions"),
        ("better(nav, 5) <= 5 USD", "do not go together"),
        ("shortfall(0%, scenarios, all) <= nav", "above 0% and at most 100%"),
        ("shortfall(101%, scenarios, all) <= nav", "above 0% and at most 100%"),
        ("shortfall(5 USD, scenarios, all) <= nav", "above 0% and at most 100%"),
        ("for g in groups: shortfall(5%, scenarios, g) <= nav", "only of the whole book"),
        ("shortfall(5%, scenarios, all) >= nav", "`shortfall` stands on the side"),
        ("shortfall(5%, all) <= nav", "takes a share, the scenarios and `all`"),
        ("exceed(16, scenarios, all) <= nav", "not a whole number from 0 to 15"),
        ("exceed(3, scenarios, g) <= nav", "not a block in reach"),
        ("exceed(3, columns, all) <= nav", "there is one list"),
        ("for g in groups: exceed(3, scenarios, all) <= value(g)", "`exceed` stands in a rule over blocks"),
        ("max(exceed(3, scenarios, all), 5 USD) <= nav", "stands inside another construct"),
        ("sum(g in groups: exceed(3, scenarios, all)) <= nav", "stands inside another construct"),
        ("exceed(3, scenarios, all) + exceed(2, scenarios, all) <= nav", "two `exceed`"),
        ("exceed(3, scenarios, all) <= nav - exceed(2, scenarios, all)", "two `exceed`"),
        ("nav <= exceed(3, scenarios, all)", "`exceed` stands on the side"),
        ("at_most(2; i in instruments: gross(i) <= nav)", "instruments are not counted"),
        ("at_most(2; u in underlyings: gross(u) <= nav and net(u) <= nav)", "counts one comparison"),
        ("at_most(2; u in underlyings: gross(u) <= nav) and nav > 5 USD", "a whole rule"),
        ("nav > 5 USD and at_most(2; u in underlyings: gross(u) <= nav) <= nav", "`at_most` is a whole rule"),
        ("at_most(-1; u in underlyings: gross(u) <= nav)", "not a whole number from 0"),
        ("at_most(nav; u in underlyings: gross(u) <= nav)", "not a whole number from 0"),
        ("at_most(2, u in underlyings: gross(u) <= nav)", "`;` and blocks"),
        ("at_most(2; u in underlyings: nav <= max(gross(u), 0))", "stands on the side"),
        ("max(u in underlyings: gross(u)) <= nav", "does not run over blocks"),
        ("for top in groups: gross(top) <= nav", "already has a meaning"),
    ] {
        let error = refusal(rule);
        assert!(error.contains(wanted), "{rule}\n{error}");
        assert!(error.contains("-->") && error.contains('^'), "{rule}\n{error}");
    }
}

#[test]
fn what_a_shape_must_have() {
    let fails = |rules: &[&str], shape: &'static Shape| {
        let m = mandate(rules);
        compile(&m, m.model, shape).map(|_| ()).expect_err("too much for the shape")
    };
    // One bit for each underlying.
    let two =
        ["at_most(1; u in underlyings: gross(u) <= nav)", "at_most(2; u in underlyings: short(u) <= nav)"];
    let error = fails(&two, tiny());
    assert!(matches!(error, MandateError::TooSmall(_)));
    assert!(error.to_string().contains("more underlying bits than the 1 of shape `t32`"), "{error}");
    // One rule with two counts takes one bit.
    let m = mandate(&[two[0], "at_most(2; u in underlyings: gross(u) <= nav)"]);
    assert_eq!(compile(&m, m.model, tiny()).unwrap().bits, [0, 0, 1, 0]);
    let error = fails(&["exceed(3, scenarios, all) <= nav"], tiny());
    assert!(error.to_string().contains("more global bits than the 4 of shape `t32`"), "{error}");
    let error = fails(&["at_most(3; u in underlyings: gross(u) <= nav)"], tiny());
    assert!(error.to_string().contains("room for 3 underlyings in all"), "{error}");
    assert!(error.to_string().contains("`m1024` (has 8)"), "{error}");
    let m = mandate(&["at_most(6; u in underlyings: gross(u) <= nav)"]);
    assert_eq!(compile_smallest(&m, m.model).unwrap().shape.name, "m1024");
    let m = mandate(&["shortfall(6.25%, scenarios, all) <= 10% * nav"]);
    assert_eq!(compile(&m, m.model, tiny()).unwrap().rows.len(), 2);
    let m = mandate(&["shortfall(10%, scenarios, all) <= 10% * nav"]);
    let compiled = compile(&m, m.model, Shape::by_name("s256").unwrap()).unwrap();
    assert_eq!((compiled.witnesses, compiled.rows.len()), ([0, 0, 0, 10], 35));
    let error = fails(&["for i in instruments: up(gross(i), 1 USD) <= nav"], &WIDE);
    assert!(error.to_string().contains("instruments have no witnesses of their own"), "{error}");
    let error = fails(&["for g in groups: up(gross(g) / 1_000_003, 1 USD) <= nav"], &WIDE);
    assert!(error.to_string().contains("too large a prime factor"), "{error}");
    let error = fails(&["for g in groups: up(gross(g), 1 USD) <= value(g)"], &WIDE);
    assert!(error.to_string().contains("coefficients too large"), "{error}");
}

/// What can never be above is left out, and with nothing left so is the sum.
#[test]
fn what_is_never_above() {
    let (part, quantities) = losses([0; 16]);
    for (rule, wanted) in [
        ("above(u in underlyings: pos(gross(u)) > 0 USD) <= nav - 1000 USD", true),
        ("above(u in underlyings: pos(gross(u)) > 0 USD) < nav - 1000 USD", false),
        ("above(u in underlyings: pos(-gross(u) - 1 USD) > 0 USD) <= nav - 1000 USD", true),
        ("top(2; u in underlyings: pos(-gross(u) - 1 USD)) < nav - 1000 USD", false),
    ] {
        assert_eq!(super_judge(&[rule], &part, &quantities), [wanted], "{rule}");
    }
}

#[test]
fn in_words() {
    let m = mandate(&[
        "above(u in underlyings: gross(u) > 5% * nav) <= 40% * nav",
        "at_most(2; u in underlyings: gross(u) <= 10% * nav)",
        "down(nav / 3, 1 USD) >= up(gross(all), 0.01 USD)",
        "better(gross(all), top(3; g in groups: gross(g))) <= nav",
        "shortfall(10%, scenarios, all) <= 10% * nav",
        "exceed(3, scenarios, all) <= 20% * nav",
    ]);
    let text = explain(&m, Some(&WIDE)).unwrap_or_else(|e| panic!("{e}"));
    for words in [
        "the sum over underlyings of (gross exposure of the underlying) where that is more than (5% of net asset value of \
         the whole book) is at most 40% of net asset value",
        "for every underlying but at most 2, gross exposure of the underlying is at most 10% of net asset value",
        "rounded up to a multiple of 0.01 USD is at most (1/3 times net asset value of the whole book) rounded down to a multiple of 1 USD",
        "the smaller, as chosen for the book, of (gross exposure of the whole book; the sum of the 3 largest over groups of",
        "the mean of the worst 10% of scenario losses of the whole book is at most 10% of",
        "the scenario loss of the whole book that at most 3 scenarios exceed is at most 20% of",
        "16 kind(s) of bits",
        "bits: 0 of 4 per group, 0 of 4 per venue, 2 of 4 per underlying, 17 of 40 of the whole book",
    ] {
        assert!(text.contains(words), "{words}\n\n{text}");
    }
}
