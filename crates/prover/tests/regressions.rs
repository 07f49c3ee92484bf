//! Mistakes that systems like this one were broken by. Each must stay dead under its own name.

mod common;

use ark_bn254::{Bn254, Fr, G1Affine, G1Projective};
use ark_ec::{AffineRepr, CurveGroup};
use ark_ff::Field;
use ark_groth16::{Groth16, prepare_verifying_key};
use common::{MANDATE, bundle, expect, inputs, prover, story, task, verifier};
use mandate_attest::commit;
use mandate_book::examples::Example;
use mandate_circuits::r1cs::{Hints, Secrets, assignment, public_inputs, relation};
use mandate_prover::ProveError;
use mandate_statement::{Bundle, Digest, InputLayout, Layout, RulesPart};
use mandate_testing::Story;
use mandate_verifier::{KeyError, Verifier, VerifyError, VerifyingKey};

/// The prover opens a third account of its own making, full of money, in an input that the account set does not declare. The
/// proof is a good one; the verifier refuses it for the input, whether or not an attestation comes with it.
#[test]
fn a_self_made_commitment_in_an_undeclared_account_input() {
    let mut s = Story::of("t32", MANDATE, Example::Lawful);
    let undeclared = s.accounts.entries.pop().expect("three accounts");
    let context = s.context(prover().key().verifying().id());
    let made =
        prover().prove(&task(&s, context)).expect("the relation holds: it does not know what is declared");
    let points = &prover().key().verifying().points;
    let values = public_inputs(s.shape, &context, &made.commitments, &s.rules, &s.risk);
    let proof = Verifier::proof(&made).expect("it decodes");
    let holds = Groth16::<Bn254>::verify_proof(&prepare_verifying_key(points), &proof, &values[1..]);
    assert!(holds.expect("it computes"), "the equation alone does not see it");

    let sheet = verifier().sheet(&s.rules, &s.risk).expect("a sound sheet");
    let told = |b: &Bundle| verifier().verify(b, &sheet, &s.accounts, &expect());
    let extra = undeclared.netting_set;
    assert!(matches!(told(&made), Err(VerifyError::AccountExtra(a)) if a == extra));
    let mut without = made.clone();
    without.attestations.pop();
    assert!(matches!(told(&without), Err(VerifyError::AccountExtra(a)) if a == extra));
    // Left out of the inputs, the proof is of something else.
    without.commitments[usize::from(extra)] = Digest::default();
    assert!(matches!(told(&without), Err(VerifyError::Rejected)));
    // Declared in an order that hides it, or twice: the set itself is refused.
    let mut set = s.accounts.clone();
    set.entries.push(set.entries[0].clone());
    let mut agreed = made.clone();
    agreed.context.account_set = set.digest();
    assert!(matches!(verifier().verify(&agreed, &sheet, &set, &expect()), Err(VerifyError::AccountOrder(_))));
}

/// A commitment signed under one universe, where slot 0 is worth little, opened under another, where it is worth much. The prover
/// refuses; the circuit has no assignment with the honest opening, nor with quantities kept and blinding changed; the verifier
/// refuses the attestation, and the proof where the attestor's name is on the new universe.
#[test]
fn a_commitment_of_one_universe_opened_under_another() {
    let s = story();
    let mut risk = s.risk.clone();
    risk.universe.0[31] ^= 1;
    let mut context = s.context(prover().key().verifying().id());
    context.risk = risk.digest();
    let mut asked = task(s, context);
    asked.risk = &risk;
    assert!(matches!(prover().prove(&asked), Err(ProveError::Opening(0))));

    // The circuit itself: the commitments of the one universe as inputs, the digest of the other.
    let length = s.shape.segment_len();
    let mut quantities = vec![0i64; s.shape.slots];
    let mut blindings = vec![Fr::from(0u8); s.shape.accounts];
    let mut active = vec![false; s.shape.accounts];
    for (_, opening) in &s.opened {
        let start = usize::from(opening.first_segment) * length;
        quantities[start..start + opening.quantities.len()].copy_from_slice(&opening.quantities);
        blindings[usize::from(opening.netting_set)] = opening.blinding.element();
        active[usize::from(opening.netting_set)] = true;
    }
    let relation = relation(s.shape);
    let commitment_violated = |universe_risk: &mandate_statement::RiskPart, blindings: &[Fr]| {
        let values = public_inputs(s.shape, &context, &bundle().commitments, &s.rules, universe_risk);
        let secrets =
            Secrets { quantities: &quantities, blindings, active: &active, hints: Hints::zero(s.shape) };
        let z = assignment(s.shape, values, &secrets);
        (0..relation.constraints())
            .any(|row| !relation.row_holds(row, &z) && relation.ids[row].name() == "com-3")
    };
    assert!(!commitment_violated(&s.risk, &blindings), "under its own universe it opens");
    assert!(commitment_violated(&risk, &blindings), "under another it does not");
    for by in [Fr::ONE, -Fr::ONE, Fr::from(1u64 << 40)] {
        let moved: Vec<Fr> = blindings.iter().map(|b| *b + by).collect();
        assert!(commitment_violated(&risk, &moved));
    }
    let opening = &s.opened[0].1;
    let own = commit(s.shape, s.risk.universe, 0, 0, &opening.quantities, &opening.blinding);
    let other = commit(s.shape, risk.universe, 0, 0, &opening.quantities, &opening.blinding);
    assert_ne!(own.expect("it commits"), other.expect("it commits"));

    // The verifier, with the other universe's sheet.
    let sheet = verifier().sheet(&s.rules, &risk).expect("a sound sheet");
    let mut bad = bundle().clone();
    bad.context.risk = risk.digest();
    let told = verifier().verify(&bad, &sheet, &s.accounts, &expect());
    assert!(matches!(told, Err(VerifyError::Attestation { what: "universe", .. })), "{told:?}");
    for (account, signed) in (0u16..).zip(&mut bad.attestations) {
        signed.attestation.universe = risk.universe;
        signed.signature = common::sign(account, &signed.attestation);
    }
    let told = verifier().verify(&bad, &sheet, &s.accounts, &expect());
    assert!(matches!(told, Err(VerifyError::Rejected)), "{told:?}");
}

/// A sheet of zeros asks nothing of anybody and collapses to the point at infinity; a proof or a key of points at infinity
/// satisfies equations for free. Each is refused by its own name, and so is a sheet of honest integers whose point a crooked
/// key sends to infinity.
#[test]
fn an_all_zero_sheet_and_the_point_at_infinity() {
    let s = story();
    let v = verifier();
    let nothing = RulesPart::empty(&s.rules.model, s.shape, s.rules.source);
    let mut blank = s.risk.clone();
    blank.weights.fill(0);
    let mut bare = blank.clone();
    bare.universe = Digest::default();
    let segments = s.shape.segments;
    bare.layout = Layout {
        carry: vec![false; segments],
        group_used: vec![false; segments],
        account: vec![None; segments],
        asset: vec![None; segments],
    };
    for (rules, risk) in [(&nothing, &s.risk), (&s.rules, &blank), (&nothing, &blank), (&nothing, &bare)] {
        assert!(matches!(v.sheet(rules, risk).err(), Some(VerifyError::Sheet(_))));
    }

    // One input point of a key chosen so that the mandate's coefficients sum to infinity: the mandate would be any other.
    let key = prover().key().verifying();
    let at = InputLayout::of(s.shape);
    let values = inputs();
    for range in [at.rules..at.risk, at.risk..at.total, at.rules..at.total] {
        let pivot = range.clone().find(|i| values[*i] != Fr::from(0u8)).expect("some coefficient");
        let mut points = key.points.clone();
        let others: G1Projective =
            range.filter(|i| *i != pivot).map(|i| points.gamma_abc_g1[i] * values[i]).sum();
        points.gamma_abc_g1[pivot] = (-others * values[pivot].inverse().expect("not zero")).into_affine();
        let crooked =
            Verifier::new(VerifyingKey::new(key.origin, key.shape, points).expect("points of the curve"));
        assert!(matches!(crooked.sheet(&s.rules, &s.risk).err(), Some(VerifyError::SheetAtInfinity)));
    }

    // A proof of points at infinity.
    let mut infinity = vec![0u8; 128];
    for end in [31, 95, 127] {
        infinity[end] = 0x40;
    }
    let told = common::check(&Bundle { proof: infinity, ..bundle().clone() });
    assert!(matches!(told, Err(VerifyError::ProofPoints(_))), "{told:?}");
    // A key whose inputs all are: it would bind nothing.
    let mut points = key.points.clone();
    points.gamma_abc_g1.fill(G1Affine::zero());
    let told = VerifyingKey::new(key.origin, key.shape, points).err();
    assert!(matches!(told, Some(KeyError::Degenerate(_))));
}
