//! One statement of the tiny shape, with everything a liar needs to change it.
#![allow(dead_code, missing_docs)] // each test binary uses its own part of this module

use ark_bn254::Fr;
use ark_ff::{AdditiveGroup, PrimeField};
use mandate_attest::{Blinding, commit};
use mandate_circuits::r1cs::{self, Blocks, Hints, Relation, Secrets, System, Tamper};
use mandate_rows as rows;
use mandate_statement::{Context, Digest, RiskPart, RulesPart, Shape};
use mandate_testing::{Book, t32};
use std::sync::OnceLock;

/// The tiny shape's constraints, built once.
pub fn relation() -> &'static Relation {
    static RELATION: OnceLock<Relation> = OnceLock::new();
    RELATION.get_or_init(|| r1cs::relation(t32()))
}

pub fn context() -> Context {
    Context {
        chain_id: 1,
        registry: [7; 20],
        subject: Digest([1; 32]),
        key: Digest([2; 32]),
        mandate: Digest([3; 32]),
        risk: Digest([4; 32]),
        account_set: Digest([5; 32]),
        as_of: 1_700_000_000,
        valid_until: 1_700_086_400,
        epoch: 1,
    }
}

/// A statement and a claimed witness for it.
pub struct Case {
    pub shape: &'static Shape,
    pub rules: RulesPart,
    pub risk: RiskPart,
    pub book: Book,
    pub blindings: Vec<Fr>,
    pub hints: Hints,
    pub inputs: Vec<Fr>,
}

impl Case {
    /// Honest commitments and least witnesses for `book`, lawful or not.
    pub fn of(rules: RulesPart, risk: RiskPart, book: Book) -> Self {
        let shape = t32();
        let least =
            rows::least_witnesses(&rules, &risk, shape, &book.quantities, &book.active).expect("rows read");
        let mut hints = Hints::zero(shape);
        for (blocks, x) in hints.blocks.iter_mut().zip([&least.group_x, &least.account_x, &least.asset_x]) {
            *blocks = Blocks { witnesses: x.clone(), bits: blocks.bits.clone() };
        }
        hints.witnesses = least.global_y.clone();
        let blindings: Vec<Fr> = (0..shape.accounts as u64).map(|a| Fr::from(1000 + a)).collect();
        let commitments = commitments(shape, &risk, &book, &blindings);
        let inputs = r1cs::public_inputs(shape, &context(), &commitments, &rules, &risk);
        Self { shape, rules, risk, book, blindings, hints, inputs }
    }
    pub fn secrets(&self) -> Secrets<'_> {
        Secrets {
            quantities: &self.book.quantities,
            blindings: &self.blindings,
            active: &self.book.active,
            hints: self.hints.clone(),
        }
    }
    pub fn assignment(&self) -> Vec<Fr> {
        r1cs::assignment(self.shape, self.inputs.clone(), &self.secrets()).to_vec()
    }
    /// The assignment in which some cells lie and everything after them is computed from the lies.
    pub fn lying(&self, tampers: &[Tamper]) -> Vec<Fr> {
        let mut system = System::lying(self.inputs.clone(), tampers);
        r1cs::synthesize(&mut system, self.shape, &self.secrets());
        system.into_assignment().to_vec()
    }
    /// What the rows say of the book, read as integers by the other implementation.
    pub fn rows_hold(&self) -> bool {
        let least = rows::least_witnesses(
            &self.rules,
            &self.risk,
            self.shape,
            &self.book.quantities,
            &self.book.active,
        )
        .expect("rows read");
        rows::slacks(&self.rules, &self.risk, self.shape, &self.book.quantities, &self.book.active, &least)
            .expect("rows read")
            .iter()
            .all(|s| s.slack >= 0)
    }
}

pub fn commitments(shape: &Shape, risk: &RiskPart, book: &Book, blindings: &[Fr]) -> Vec<Digest> {
    (0..shape.accounts)
        .map(|a| {
            let index = u16::try_from(a).unwrap();
            let segments: Vec<usize> =
                (0..shape.segments).filter(|g| risk.layout.account[*g] == Some(index)).collect();
            if !book.active[a] || segments.is_empty() {
                return Digest::default();
            }
            let length = shape.segment_len();
            let slots = segments[0] * length..(segments[0] + segments.len()) * length;
            let blinding = Blinding::from_element(blindings[a]);
            commit(shape, risk.universe, index, segments[0], &book.quantities[slots], &blinding)
                .expect("in range")
        })
        .collect()
}

/// A lawful case that has something in every kind of row.
pub fn lawful() -> Case {
    (0..)
        .map(|seed| {
            let risk = mandate_testing::risk_part(seed);
            let book = mandate_testing::solvent_book(&risk, seed);
            Case::of(mandate_testing::rules_part(seed), risk, book)
        })
        .find(|case| case.rows_hold() && case.rules.rules.len() >= 6 && case.book.active.iter().all(|a| *a))
        .expect("some seed gives one")
}

pub fn to_u64(v: Fr) -> Option<u64> {
    let repr = v.into_bigint().0;
    (repr[1..] == [0; 3]).then_some(repr[0])
}

pub fn zero() -> Fr {
    Fr::ZERO
}
