//! A fixture's statement as this backend takes it.
#![allow(dead_code)]

pub mod check;

use mandate_attest::{PastaSeed, commit_pasta};
use mandate_circuits_halo2::field::{from_bytes, from_i128};
use mandate_circuits_halo2::poseidon::from_digest;
use mandate_circuits_halo2::{Hints, Layout, Secrets, Witness};
use mandate_statement::{RiskPart, RulesPart, Shape};
use mandate_testing::Book;
use mandate_transparent::prove::hints;
use pasta_curves::Fp;

/// What a proof is about.
#[derive(Clone)]
pub struct Scene {
    pub rules: RulesPart,
    pub risk: RiskPart,
    pub book: Book,
    pub hints: Hints,
    pub blindings: Vec<Fp>,
    pub commitments: Vec<Fp>,
}

impl Scene {
    /// Honest commitments and least witnesses, of a lawful book or not.
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
    pub fn shape(&self) -> &'static Shape {
        self.risk.shape().expect("a fixture")
    }
    /// Commits to the quantities as they now are.
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
    pub fn layout(&self) -> Layout {
        Layout::of(&self.rules, &self.risk).expect("fixtures have a layout")
    }
    pub fn instance(&self, layout: &Layout) -> Vec<Fp> {
        let context = from_digest(&mandate_testing::context().digest());
        layout.instance(context, &self.book.active, &self.commitments)
    }
    pub fn witness(&self, layout: &Layout) -> (Witness, Option<&'static str>) {
        let secrets =
            Secrets { quantities: &self.book.quantities, blindings: &self.blindings, hints: &self.hints };
        Witness::of(layout, &self.risk, &self.instance(layout), &secrets)
    }
}

pub fn number(v: i128) -> Fp {
    from_i128(v)
}

/// A fixture that keeps its rules.
pub fn lawful(shape: &'static Shape, skip: usize) -> Scene {
    let case = mandate_testing::Case::lawful_of(shape, skip);
    Scene::of(case.rules.clone(), case.risk.clone(), case.book.clone())
}
