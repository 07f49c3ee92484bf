//! A case with its constraints, its trace and its honest assignment.

use super::trace::{Hint, Trace};
use ark_bn254::Fr;
use mandate_circuits::r1cs::{Id, Relation, relation};
use mandate_statement::{SHAPES, Shape};
use mandate_testing::Case;
use std::sync::OnceLock;

/// One shape's constraints and how their cells follow.
pub struct Wiring {
    /// The rows.
    pub relation: Relation,
    /// How cells follow.
    pub trace: Trace,
}

impl Wiring {
    /// Reads how cells follow off the rows.
    pub fn of(relation: Relation) -> Self {
        let trace = Trace::of(&relation);
        Self { relation, trace }
    }
}

/// The wiring of `shape`, built once per process.
///
/// # Panics
/// If `shape` is not one of [`SHAPES`].
pub fn wiring(shape: &Shape) -> &'static Wiring {
    static WIRINGS: [OnceLock<Wiring>; SHAPES.len()] = [const { OnceLock::new() }; SHAPES.len()];
    let at = SHAPES.iter().position(|s| s.name == shape.name).expect("a default shape");
    WIRINGS[at].get_or_init(|| Wiring::of(relation(shape)))
}

/// A case, ready to be lied about.
pub struct Bench {
    /// The statement and its book.
    pub case: Case,
    /// How cells follow.
    pub trace: &'static Trace,
    /// The honest assignment.
    pub honest: Vec<Fr>,
    relation: &'static Relation,
}

impl Bench {
    /// Computes the honest assignment; whether it satisfies the rows is open.
    pub fn of(case: Case) -> Self {
        let wiring = wiring(case.shape);
        Self::with(case, wiring)
    }
    /// The same with rows that are not quite those of the shape; cells are.
    pub fn with(case: Case, wiring: &'static Wiring) -> Self {
        let honest = case.assignment();
        Self { case, trace: &wiring.trace, relation: &wiring.relation, honest }
    }
    /// The rows.
    pub const fn relation(&self) -> &'static Relation {
        self.relation
    }
    /// The hints of a rule, in order of their cells.
    pub fn hints(&self, id: Id) -> Vec<&'static Hint> {
        self.trace.hints.iter().filter(|h| h.id == id).collect()
    }
}

/// Choices that reach nothing: each predicate looks at the case, not at an id alone.
pub mod idle {
    use super::Bench;
    use ark_ff::AdditiveGroup;
    use mandate_circuits::r1cs::Id;

    /// Whether `cell` is a selector bit that every row which reads it multiplies by zero: a coefficient of the sheet, or
    /// the mark of a block that is not in use.
    pub fn selector(bench: &Bench, cell: usize) -> bool {
        let relation = bench.relation();
        bench.trace.boolean[cell].is_some_and(|own| {
            relation.ids[own as usize] == Id::Selector
                && bench.trace.readers.get(cell).iter().filter(|row| **row != own).all(|row| {
                    let a = &relation.matrices[0][*row as usize];
                    a.iter().all(|(_, v)| *v != cell)
                        && a.iter().map(|(c, v)| bench.honest[*v] * c).sum::<ark_bn254::Fr>()
                            == ark_bn254::Fr::ZERO
                })
        })
    }
}
