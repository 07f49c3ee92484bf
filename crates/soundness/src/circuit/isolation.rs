//! No continuous freedom: at a witness, the derivative of the constraints by the witness cells has full column rank.
//!
//! A single changed cell cannot show a freedom that several cells share. Let `d` be a direction in which every row
//! stays true to first order: `(B z)(A d) + (A z)(B d) = C d` for each row. A bit's row says `(2 b - 1) d = 0`, so bits
//! stand still; then every row with one cell left decides it. Where no row has one cell left, the next undecided cell
//! becomes a parameter, the others become linear forms in the parameters, and each row whose cells are all forms gives an
//! equation. Elimination shows which parameters can move. All of it is exact, in the scalar field.

use super::setup::Bench;
use crate::{Ledger, Score};
use ark_bn254::Fr;
use ark_ff::{AdditiveGroup, Field};
use mandate_circuits::r1cs::{Id, Relation};
use mandate_statement::SHAPES;
use mandate_testing::{Case, empty_book, risk_part_for, solvent_book, t32};

const BLINDING: &str =
    "a cell of the hash of an account that is not declared: it moves with its blinding, which opens nothing";

/// The attack: lawful books of every shape; of `t32` also a book with no account declared, the empty book, and a book at
/// the ends of the range of quantities.
pub fn run() -> Score {
    let mut ledger = Ledger::default();
    for shape in &SHAPES {
        ledger = ledger.merge(tell(&Bench::of(Case::lawful_of(shape, 0))));
    }
    for case in edges() {
        ledger = ledger.merge(tell(&Bench::of(case)));
    }
    ledger.score(
        "isolation",
        "each witness cell of each shape, moved together with any others: directions in which all rows stay true",
    )
}

/// Books of `t32` at the edges. That a row of the mandate may fail there does not matter: the derivative is the same.
pub fn edges() -> Vec<Case> {
    let risk = risk_part_for(t32(), 2);
    let mut undeclared = empty_book(&risk);
    undeclared.active.fill(false);
    let mut full = solvent_book(&risk, 2);
    for slot in mandate_testing::usable_slots(t32(), &risk) {
        let limit = mandate_statement::QUANTITY_LIMIT;
        full.quantities[slot] = if slot % 2 == 0 { limit - 1 } else { -limit };
    }
    [undeclared, empty_book(&risk), full].into_iter().map(|book| Case::modest(risk.clone(), book)).collect()
}

/// A direction's value at one cell: a linear form in the parameters. Trailing zeros are left out.
type Form = Vec<Fr>;

/// What is known of the directions at one assignment.
struct Peeling<'a> {
    relation: &'a Relation,
    z: &'a [Fr],
    bench: &'a Bench,
    form: Vec<Option<Form>>,
    /// Per row, how many cells of it have no form yet.
    open: Vec<u32>,
    ready: Vec<usize>,
    parameters: Vec<usize>,
    /// Equations among the parameters.
    equations: Vec<Form>,
}

/// Counts the cells of one assignment: each must stand still.
///
/// # Panics
/// If a bit is neither zero nor one.
pub fn tell(bench: &Bench) -> Ledger {
    let peeling = Peeling::at(bench);
    let name = bench.case.shape.name;
    let kernel = kernel(&peeling.equations, peeling.parameters.len());
    let idle: Vec<usize> = bench
        .hints(Id::Poseidon)
        .into_iter()
        .zip(&bench.case.book.active)
        .filter(|(_, active)| !**active)
        .map(|(hint, _)| hint.first)
        .collect();
    let mut ledger = Ledger::default();
    // As many free directions as there are idle blindings, and in each of them some idle blinding moves.
    let moves = |cell: usize, direction: &Form| {
        let form = peeling.form[cell].as_ref().expect("every cell has a form");
        form.iter().zip(direction).map(|(a, b)| *a * b).sum::<Fr>() != Fr::ZERO
    };
    let explained =
        kernel.len() == idle.len() && kernel.iter().all(|d| idle.iter().any(|cell| moves(*cell, d)));
    let relation = bench.relation();
    for cell in relation.inputs..bench.honest.len() {
        let hashed = || {
            let mut ids = bench.trace.readers.get(cell).iter().map(|r| relation.ids[*r as usize]);
            ids.any(|id| matches!(id, Id::Poseidon | Id::Chain | Id::Commitment))
        };
        if !kernel.iter().any(|d| moves(cell, d)) {
            ledger.refused();
        } else if explained && hashed() {
            ledger.excused(BLINDING);
        } else {
            ledger.believed(|| format!("{name}: cell {} moves", cell - relation.inputs));
        }
    }
    ledger
}

impl<'a> Peeling<'a> {
    fn at(bench: &'a Bench) -> Self {
        let relation = bench.relation();
        let mut peeling = Self {
            relation,
            z: &bench.honest,
            bench,
            form: vec![None; bench.honest.len()],
            open: vec![0; relation.constraints()],
            ready: Vec::new(),
            parameters: Vec::new(),
            equations: Vec::new(),
        };
        for input in 0..relation.inputs {
            peeling.form[input] = Some(Form::new());
        }
        for v in relation.inputs..bench.honest.len() {
            for row in bench.trace.readers.get(v) {
                peeling.open[*row as usize] += 1;
            }
        }
        peeling.ready = (0..relation.constraints()).filter(|r| peeling.open[*r] <= 1).collect();
        let mut next = relation.inputs;
        loop {
            while let Some(row) = peeling.ready.pop() {
                peeling.decide(row);
            }
            // Hints come first in each part of the circuit, so the first undecided cell is a good parameter.
            while next < peeling.form.len() && peeling.form[next].is_some() {
                next += 1;
            }
            if next == peeling.form.len() {
                return peeling;
            }
            let mut form = vec![Fr::ZERO; peeling.parameters.len()];
            form.push(Fr::ONE);
            peeling.parameters.push(next);
            peeling.settle(next, form);
        }
    }

    /// Reads a row that has one cell without a form, or none.
    fn decide(&mut self, row: usize) {
        let [a, b, c] = [0, 1, 2].map(|m| &self.relation.matrices[m][row]);
        let dot = |terms: &[(Fr, usize)]| terms.iter().map(|(c, v)| self.z[*v] * c).sum::<Fr>();
        let (left, right) = (dot(a), dot(b));
        let mut rest = Form::new();
        let mut cell: Option<(usize, Fr)> = None;
        for (terms, factor) in [(a, right), (b, left), (c, -Fr::ONE)] {
            for (coefficient, v) in terms {
                match &self.form[*v] {
                    Some(form) => {
                        if rest.len() < form.len() {
                            rest.resize(form.len(), Fr::ZERO);
                        }
                        let factor = factor * coefficient;
                        rest.iter_mut().zip(form).for_each(|(r, f)| *r += *f * factor);
                    }
                    None => cell.get_or_insert((*v, Fr::ZERO)).1 += factor * coefficient,
                }
            }
        }
        match cell {
            Some((v, slope)) => {
                // A slope of zero decides nothing here: the product's other side is zero.
                if let Some(inverse) = slope.inverse() {
                    let form = rest.into_iter().map(|r| -r * inverse).collect();
                    self.settle(v, form);
                } else if rest.iter().any(|r| *r != Fr::ZERO) {
                    self.equations.push(rest);
                }
            }
            None if rest.iter().any(|r| *r != Fr::ZERO) => self.equations.push(rest),
            None => {}
        }
    }
    fn settle(&mut self, v: usize, mut form: Form) {
        while form.last() == Some(&Fr::ZERO) {
            form.pop();
        }
        self.form[v] = Some(form);
        for row in self.bench.trace.readers.get(v) {
            let row = *row as usize;
            self.open[row] -= 1;
            if self.open[row] <= 1 {
                self.ready.push(row);
            }
        }
    }
}

/// A basis of the parameters' values that satisfy every equation.
fn kernel(equations: &[Form], parameters: usize) -> Vec<Form> {
    let mut pivots: Vec<(usize, Form)> = Vec::new();
    for equation in equations {
        let mut row = equation.clone();
        row.resize(parameters, Fr::ZERO);
        for (at, pivot) in &pivots {
            let factor = row[*at];
            row.iter_mut().zip(pivot).for_each(|(r, p)| *r -= *p * factor);
        }
        let Some(at) = row.iter().position(|r| *r != Fr::ZERO) else { continue };
        let scale = row[at].inverse().expect("not zero");
        row.iter_mut().for_each(|r| *r *= scale);
        for (_, pivot) in &mut pivots {
            let factor = pivot[at];
            pivot.iter_mut().zip(&row).for_each(|(p, r)| *p -= *r * factor);
        }
        pivots.push((at, row));
    }
    (0..parameters)
        .filter(|free| pivots.iter().all(|(at, _)| at != free))
        .map(|free| {
            let mut direction = vec![Fr::ZERO; parameters];
            direction[free] = Fr::ONE;
            for (at, pivot) in &pivots {
                direction[*at] = -pivot[free];
            }
            direction
        })
        .collect()
}
