//! A fixture's statement as the transparent backend takes it.

use mandate_attest::{PastaSeed, commit_pasta};
use mandate_circuits_halo2::field::from_bytes;
use mandate_circuits_halo2::poseidon::from_digest;
use mandate_circuits_halo2::{Hints, Layout, Secrets, Witness};
use mandate_statement::{RiskPart, RulesPart, Shape};
use mandate_testing::{Book, Case};
use mandate_transparent::prove::hints;
use pasta_curves::Fp;

/// What a proof is about. Not secret, as no fixture is.
#[derive(Clone)]
pub struct Scene {
    /// Rows.
    pub rules: RulesPart,
    /// Layout and weights.
    pub risk: RiskPart,
    /// Quantities and activity.
    pub book: Book,
    /// Upper-bound witnesses and selectors.
    pub hints: Hints,
    /// One per segment; zero where its account is not declared.
    pub blindings: Vec<Fp>,
    /// One per segment; zero where its account is not declared.
    pub commitments: Vec<Fp>,
}

impl Scene {
    /// Honest commitments and least witnesses, of a lawful book or not.
    ///
    /// # Panics
    /// If the parts are not of one shape, the rows are outside the discipline, or a quantity is out of range.
    pub fn of(rules: RulesPart, risk: RiskPart, book: Book) -> Self {
        let shape = risk.shape().expect("fixtures have the lengths of their shape");
        let least = mandate_rows::least_witnesses(&rules, &risk, shape, &book.quantities, &book.active)
            .expect("rows read");
        let mut out = Self {
            rules,
            risk,
            book,
            hints: hints(&least),
            blindings: vec![Fp::zero(); shape.segments],
            commitments: vec![Fp::zero(); shape.segments],
        };
        out.commit();
        out
    }
    /// The same statement as `case`.
    pub fn of_case(case: &Case) -> Self {
        Self::of(case.rules.clone(), case.risk.clone(), case.book.clone())
    }
    /// The lawful fixture number `skip` of `shape`.
    pub fn lawful(shape: &'static Shape, skip: usize) -> Self {
        Self::of_case(&Case::lawful_of(shape, skip))
    }
    /// Its shape.
    ///
    /// # Panics
    /// If the risk part has been given another length.
    pub fn shape(&self) -> &'static Shape {
        self.risk.shape().expect("a fixture")
    }
    /// Commits to the quantities as they now are.
    ///
    /// # Panics
    /// If a quantity is out of range.
    pub fn commit(&mut self) {
        let shape = self.shape();
        let length = shape.segment_len();
        for a in 0..shape.accounts {
            let index = u16::try_from(a).expect("few accounts");
            let segments: Vec<usize> =
                (0..shape.segments).filter(|g| self.risk.layout.account[*g] == Some(index)).collect();
            if !self.book.active[a] || segments.is_empty() {
                continue;
            }
            let slots = segments[0] * length..(segments[0] + segments.len()) * length;
            let seed = PastaSeed::from_bytes([u8::try_from(a + 1).expect("few accounts"); 32]);
            let held = &self.book.quantities[slots];
            let made =
                commit_pasta(shape, self.risk.universe, index, segments[0], held, &seed).expect("in range");
            for (g, c) in segments.iter().zip(made) {
                self.blindings[*g] = seed.blinding(*g);
                self.commitments[*g] = from_bytes(&c.0).expect("below the order");
            }
        }
    }
    /// The sheet laid out.
    ///
    /// # Panics
    /// If it has no layout, which fixtures have.
    pub fn layout(&self) -> Layout {
        Layout::of(&self.rules, &self.risk).expect("fixtures have a layout")
    }
    /// The public inputs.
    pub fn instance(&self, layout: &Layout) -> Vec<Fp> {
        let context = from_digest(&mandate_testing::context().digest());
        layout.instance(context, &self.book.active, &self.commitments)
    }
    /// Every cell, and the first law that is broken.
    pub fn witness(&self, layout: &Layout) -> (Witness, Option<&'static str>) {
        let secrets =
            Secrets { quantities: &self.book.quantities, blindings: &self.blindings, hints: &self.hints };
        Witness::of(layout, &self.risk, &self.instance(layout), &secrets)
    }
}
