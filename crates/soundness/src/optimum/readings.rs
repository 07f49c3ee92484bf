//! One book under one mandate, read in every way there is.

use super::integers;
use super::relation::{Holding, Relation};
use mandate_policy::{Mandate, Verdict, compile, evaluate};
use mandate_rows::{least_witnesses, slacks};
use mandate_statement::{RiskPart, Shape};
use mandate_testing::{Book, Case, t32, t32_relation};

/// The plain evaluator's verdicts, after all readings have said the same of the book as a whole: the evaluator of the text,
/// the rows under the prover's own filling, the rows under any filling (an exact linear program) and, on the smallest
/// shape, every constraint of the circuit.
///
/// # Panics
/// If two of them differ, or the text does not compile for the sheet's shape.
pub fn verdicts(text: &str, risk: &RiskPart, book: &Book) -> Vec<Verdict> {
    let shape: &'static Shape = risk.shape().expect("a risk part of its shape");
    let mandate = Mandate::parse("test.toml", text).unwrap_or_else(|e| panic!("{text}\n{e}"));
    let part = compile(&mandate, mandate.model, shape).unwrap_or_else(|e| panic!("{text}\n{e}")).part;
    let verdicts = evaluate(&mandate, mandate.model, risk, &book.quantities, &book.active)
        .unwrap_or_else(|e| panic!("{text}\n{e}"));
    let lawful = verdicts.iter().all(|v| v.holds);
    let w = least_witnesses(&part, risk, shape, &book.quantities, &book.active).expect("a book in range");
    let rows = slacks(&part, risk, shape, &book.quantities, &book.active, &w).expect("a book in range");
    let empty = verdicts.last().is_some_and(|v| v.holds);
    assert_eq!(lawful, empty && rows.iter().all(|r| r.slack >= 0), "evaluator and rows\n{text}");
    let holdings: Vec<Holding> = book.quantities.iter().map(|q| Holding::Fixed(*q)).collect();
    let relation = Relation::of(&part, risk, &holdings, &book.active);
    let filled = integers::feasible(&relation.program, &relation.bits()).is_ok();
    assert_eq!(lawful, filled, "evaluator and any filling\n{text}");
    if shape.name == t32().name {
        let case = Case::of(part, risk.clone(), book.clone());
        assert_eq!(lawful, t32_relation().holds(&case.assignment()), "evaluator and circuit\n{text}");
    }
    verdicts
}

/// Ids of the rules that a book breaks, after [`verdicts`] has held all readings against each other.
///
/// # Panics
/// As [`verdicts`].
pub fn broken(text: &str, risk: &RiskPart, book: &Book) -> Vec<String> {
    verdicts(text, risk, book).into_iter().filter(|v| !v.holds).map(|v| v.id).collect()
}
