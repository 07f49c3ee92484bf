//! One statement with everything a liar needs to change it: sheet, book, blindings, witnesses and public inputs.

use crate::{Book, RulesBuilder, risk_part_for, rules_part_for, solvent_book, t32};
use ark_bn254::Fr;
use mandate_attest::{Blinding, commit};
use mandate_circuits::r1cs::{self, Blocks, Hints, Relation, Secrets, System, Tamper};
use mandate_rows as rows;
use mandate_statement::{Context, Digest, RiskPart, RulesPart, Shape};
use std::sync::OnceLock;

/// The constraints of [`t32`], built once per process.
pub fn t32_relation() -> &'static Relation {
    static RELATION: OnceLock<Relation> = OnceLock::new();
    RELATION.get_or_init(|| r1cs::relation(t32()))
}

/// A context of made-up digests.
pub const fn context() -> Context {
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

/// A statement and a claimed witness for it. Not secret, as nothing in this crate is.
#[derive(Clone)]
pub struct Case {
    /// The shape of both parts.
    pub shape: &'static Shape,
    /// Rows.
    pub rules: RulesPart,
    /// Layout and weights.
    pub risk: RiskPart,
    /// Quantities and activity.
    pub book: Book,
    /// One per account.
    pub blindings: Vec<Fr>,
    /// Upper-bound witnesses and selectors.
    pub hints: Hints,
    /// The public inputs that an honest attestor and an honest verifier would use.
    pub inputs: Vec<Fr>,
}

impl Case {
    /// Honest commitments and least witnesses for `book`, lawful or not.
    ///
    /// # Panics
    /// If the parts are not of one shape, the rows are outside the discipline, or a quantity is out of range.
    pub fn of(rules: RulesPart, risk: RiskPart, book: Book) -> Self {
        let shape = risk.shape().expect("fixtures have the lengths of their shape");
        let least =
            rows::least_witnesses(&rules, &risk, shape, &book.quantities, &book.active).expect("rows read");
        let blindings: Vec<Fr> = (0..shape.accounts as u64).map(|a| Fr::from(1000 + a)).collect();
        let commitments = commitments(shape, &risk, &book, &blindings);
        let inputs = r1cs::public_inputs(shape, &context(), &commitments, &rules, &risk);
        let mut case = Self { shape, rules, risk, book, blindings, hints: Hints::zero(shape), inputs };
        case.fill(&least);
        case
    }
    /// Hands the circuit these witnesses and bits.
    pub fn fill(&mut self, filling: &rows::Witnesses) {
        let filled = [
            (&filling.group_x, &filling.group_bits),
            (&filling.account_x, &filling.account_bits),
            (&filling.asset_x, &filling.asset_bits),
        ];
        for (blocks, (x, bits)) in self.hints.blocks.iter_mut().zip(filled) {
            *blocks = Blocks { witnesses: x.clone(), bits: bits.clone() };
        }
        self.hints.witnesses = filling.global_y.clone();
        self.hints.bits = filling.global_bits.clone();
    }
    /// A lawful case of [`t32`] that has something in every kind of row.
    pub fn lawful() -> Self {
        Self::lawful_of(t32(), 0)
    }
    /// The lawful case number `skip` of `shape`: at least six rules, every account declared and with segments.
    ///
    /// # Panics
    /// Never in practice: seeds that give one are found soon.
    pub fn lawful_of(shape: &'static Shape, skip: usize) -> Self {
        (0..)
            .filter_map(|seed| {
                let risk = risk_part_for(shape, seed);
                let book = solvent_book(&risk, seed);
                let rules = rules_part_for(shape, seed);
                (book.active.iter().all(|a| *a) && rules.rules.len() >= 6)
                    .then(|| Self::of(rules, risk, book))
                    .filter(Self::rows_hold)
            })
            .nth(skip)
            .expect("some seed gives one")
    }
    /// `book` under a mandate that asks only for a net asset value of one unit.
    pub fn modest(risk: RiskPart, book: Book) -> Self {
        let shape = risk.shape().expect("fixtures have the lengths of their shape");
        Self::of(RulesBuilder::new(shape).build(), risk, book)
    }
    /// What the prover would hand to the circuit.
    pub fn secrets(&self) -> Secrets<'_> {
        Secrets {
            quantities: &self.book.quantities,
            blindings: &self.blindings,
            active: &self.book.active,
            hints: self.hints.clone(),
        }
    }
    /// The assignment of every variable, inputs first.
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
    ///
    /// # Panics
    /// As [`Case::of`].
    pub fn rows_hold(&self) -> bool {
        let (book, shape) = (&self.book, self.shape);
        let least = rows::least_witnesses(&self.rules, &self.risk, shape, &book.quantities, &book.active)
            .expect("rows read");
        rows::slacks(&self.rules, &self.risk, shape, &book.quantities, &book.active, &least)
            .expect("rows read")
            .iter()
            .all(|s| s.slack >= 0)
    }
}

/// The commitment of every account of `book`, by the native hash; zero where an account is not active or has nothing.
///
/// # Panics
/// If a quantity is out of range.
pub fn commitments(shape: &'static Shape, risk: &RiskPart, book: &Book, blindings: &[Fr]) -> Vec<Digest> {
    (0..shape.accounts)
        .map(|a| {
            let index = u16::try_from(a).expect("shapes have few accounts");
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
