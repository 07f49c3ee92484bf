//! Rules at every listed strike, from their text: the evaluator draws payoffs from the definitions, the rows and the circuit
//! bound them; all three say the same, at the limit and one unit past it.

use mandate_circuits::r1cs::{Relation, relation};
use mandate_policy::{EvaluateError, Mandate, compile, evaluate, explain};
use mandate_statement::{RiskPart, Runs, Shape};
use mandate_testing::{Book, Case, r64};
use std::sync::OnceLock;

fn r64_relation() -> &'static Relation {
    static RELATION: OnceLock<Relation> = OnceLock::new();
    RELATION.get_or_init(|| relation(r64()))
}

/// Rule forms; `{}` is an amount, the higher the easier.
const FORMS: [&str; 13] = [
    "uncovered(all) <= {}",
    "upside(all) <= {}",
    "expiry_loss(all) <= {}",
    "for u in underlyings: uncovered(u) <= assets(u) + {}",
    "for v in venues: expiry_loss(v) + uncovered(v) <= {}",
    "for g in groups: max(expiry_loss(g) - 5% * value(g), 0 - value(g)) <= {}",
    "sum(g in groups: expiry_loss(g) + 2 * uncovered(g)) <= {}",
    "sum(u in underlyings: max(upside(u), 5% * gross(u))) <= {}",
    "top(1; v in venues: expiry_loss(v)) <= {}",
    "better(expiry_loss(all), gross(all)) <= {}",
    "at_most(1; g in groups: expiry_loss(g) <= {})",
    "above(v in venues: expiry_loss(v) > 0 USD) <= {}",
    "up(expiry_loss(all), 0.000_000_000_7 USD) <= {}",
];

fn mandate(form: &str, units: i128) -> Mandate {
    let (sign, magnitude) = (if units < 0 { "-" } else { "" }, units.unsigned_abs());
    let amount = format!("{sign}{}.{:010} USD", magnitude / 10_000_000_000, magnitude % 10_000_000_000);
    let holds = form.replace("{}", &amount);
    let text = format!(
        "risk_model = \"crypto-usd/1\"\nmin_nav = \"0.0000000001 USD\"\n[[rule]]\nid = \"r\"\ntext = \"a rule\"\nholds = '{holds}'\n"
    );
    Mandate::parse("m.toml", &text).unwrap_or_else(|e| panic!("{e}"))
}

/// What the evaluator says of the rule and the book, with the room that is left; rows and circuit held against it.
fn judge(form: &str, units: i128, risk: &RiskPart, book: &Book) -> (bool, Option<i128>) {
    let mandate = mandate(form, units);
    let compiled = compile(&mandate, mandate.model, r64()).unwrap_or_else(|e| panic!("{form}\n{e}"));
    let findings = mandate_checker::check(&compiled.part, risk).err();
    assert!(findings.is_none(), "{form}\n{findings:?}");
    let verdicts = evaluate(&mandate, mandate.model, risk, &book.quantities, &book.active).expect("judged");
    let all = verdicts.iter().all(|v| v.holds);
    let case = Case::of(compiled.part.clone(), risk.clone(), book.clone());
    assert_eq!(case.rows_hold(), all, "{form} with {units}\n{}", mandate_policy::dump(&compiled));
    let violation = r64_relation().first_violation(&case.assignment());
    assert_eq!(violation.is_none(), all, "{form} with {units}: {violation:?}");
    let room = verdicts[1].headroom.as_ref().map(|h| i128::try_from(h).expect("small"));
    (verdicts[1].holds, room)
}

#[test]
fn three_readings_agree_to_the_unit() {
    let (mut held, mut failed, mut kinds) = (0, 0, [0; FORMS.len()]);
    for seed in 0..91u64 {
        let risk = mandate_testing::risk_part_for(r64(), seed);
        let book = mandate_testing::solvent_book(&risk, seed + 7);
        let at = usize::try_from(seed).expect("small") % FORMS.len();
        let (_, room) = judge(FORMS[at], 0, &risk, &book);
        let Some(room) = room else { continue };
        // The limit is where the room is nothing: the rule holds there and not one unit below.
        let edge = -room;
        for (units, wanted) in [(edge, true), (edge - 1, false), (edge + 1, true)] {
            let (holds, _) = judge(FORMS[at], units, &risk, &book);
            assert_eq!(holds, wanted, "{} with {units}, seed {seed}", FORMS[at]);
            *if holds { &mut held } else { &mut failed } += 1;
        }
        kinds[at] += usize::from(room < -1_000);
    }
    // Of all forms but two, which others bound more tightly in these books, the limit lay at a large amount.
    let large = kinds.iter().filter(|k| **k > 0).count();
    assert!(held > 150 && failed > 75 && large >= FORMS.len() - 2, "{held}, {failed}, {kinds:?}");
}

#[test]
fn a_shape_without_runs_is_refused_by_both_readings() {
    let mandate = mandate(FORMS[0], 5);
    let error = compile(&mandate, mandate.model, mandate_testing::t32())
        .map(|_| ())
        .expect_err("no runs")
        .to_string();
    assert!(
        error.contains("reads runs of strikes, and shape `t32` has none") && error.contains("`o2048`"),
        "{error}"
    );
    let risk = mandate_testing::risk_part(1);
    let book = mandate_testing::empty_book(&risk);
    assert_eq!(
        evaluate(&mandate, mandate.model, &risk, &book.quantities, &book.active).map(|_| ()).unwrap_err(),
        EvaluateError::NoRuns { shape: "t32" }
    );
}

#[test]
fn refusals_and_words() {
    let refuse = |holds: &str| {
        let text = format!(
            "risk_model = \"crypto-usd/1\"\nmin_nav = \"1 USD\"\n[[rule]]\nid = \"r\"\ntext = \"a rule\"\nholds = '{holds}'\n"
        );
        Mandate::parse("m.toml", &text).map(|_| ()).expect_err("refused").to_string()
    };
    for (holds, wanted) in [
        ("uncovered(all) >= 5 USD", "`uncovered` stands on the side"),
        ("nav <= upside(all)", "`upside` stands on the side"),
        ("abs(expiry_loss(all)) <= nav", "`expiry_loss` stands on the side"),
        ("for i in instruments: expiry_loss(i) <= nav", "`expiry_loss` of one instrument"),
        ("uncovered() <= nav", "`uncovered` takes one block"),
        ("uncovered(g) <= nav", "not a block in reach"),
        ("uncovered(all) <= 5", "do not go together"),
    ] {
        let error = refuse(holds);
        assert!(error.contains(wanted), "{holds}\n{error}");
    }
    let words = explain(&mandate(FORMS[3], 5), Some(r64())).unwrap_or_else(|e| panic!("{e}"));
    for wanted in [
        "for every underlying, the calls sold that calls held at no higher strike leave uncovered, at the strike where they are most, of the",
        "uncovered: in money at the index",
    ] {
        assert!(words.contains(wanted), "{words}");
    }
    let compiled =
        compile(&mandate(FORMS[3], 5), mandate(FORMS[3], 5).model, r64()).unwrap_or_else(|e| panic!("{e}"));
    let dump = mandate_policy::dump(&compiled);
    assert!(
        dump.contains("-lots(underlying) + assets(underlying) - uncovered(underlying) + 5 >= 0"),
        "{dump}"
    );
}

/// Sold calls that calls of no higher strike cover, by the definition and by hand: one call at the second strike is sold,
/// one at the fourth owned, so that the first has no cover until there.
#[test]
fn a_bear_spread_by_hand() {
    let shape: &Shape = r64();
    let mut risk = mandate_testing::risk_part_for(shape, 1);
    risk.layout.carry = vec![false; 4];
    risk.layout.group_used = vec![true, true, false, false];
    risk.layout.account = vec![Some(0), Some(0), None, None];
    risk.layout.asset = vec![Some(0), Some(1), None, None];
    risk.runs = Runs::none(shape);
    risk.weights.fill(0);
    for slot in 0..shape.slots {
        let weights = &mut risk.weights[slot * shape.columns()..(slot + 1) * shape.columns()];
        if !(slot == 0 || (18..32).contains(&slot)) {
            weights[shape.forbidden_column()] = 1;
            continue;
        }
        weights[shape.lots_column()] = 1;
        // Worth something, so that the checker takes it: value, exposure, face value twice.
        for k in [0, 8, 9, 13, 14, 15] {
            weights[k] = if slot == 0 { 1_000 } else { 1 };
        }
    }
    for pair in 9..16 {
        risk.runs.gap[pair] = 1_000;
        risk.runs.cover[pair] = 9_000;
        (risk.runs.coins[2 * pair], risk.runs.coins[2 * pair + 1]) = (3, 3);
    }
    risk.runs.used[1] = true;
    let mut book = mandate_testing::empty_book(&risk);
    book.quantities[0] = 1_000_000;
    (book.quantities[2 * 10], book.quantities[2 * 12]) = (-1, 1);
    // Two lots are held of the group beside the cash, so two units of money may be rounding.
    for (form, limit) in [
        ("for g in groups: uncovered(g) <= {}", 1_000_000),
        ("sum(g in groups: uncovered(g)) <= {}", 9_000 + 1_000_002),
        ("for u in underlyings: upside(u) <= {}", 1_000_000),
        ("for g in groups: expiry_loss(g) <= {}", 3 * 2_000),
        ("expiry_loss(all) <= {}", 3 * 2_000),
    ] {
        assert!(judge(form, limit, &risk, &book).0, "{form}");
        assert!(!judge(form, limit - 1, &risk, &book).0, "{form}");
    }
}
