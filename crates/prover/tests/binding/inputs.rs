//! Public inputs of the pairing equation itself, beneath everything that the verifier checks before it.

use crate::common::{bundle, check, expect, inputs, prover, story, verifier};
use ark_bn254::{Bn254, Fr};
use ark_ec::AffineRepr;
use ark_ff::{BigInteger, Field, PrimeField};
use ark_groth16::{Groth16, prepare_verifying_key};
use mandate_circuits::r1cs::public_inputs;
use mandate_statement::{Context, Digest, Family, InputLayout, RowRef, RulesPart};
use mandate_verifier::{Verifier, VerifyError};
use std::collections::BTreeSet;

/// Bound: all 3,507 public inputs of `t32`, the constant one included. Each of them, one more, one less, or another value
/// altogether, and the pairing says no. Beside it the reason: no input point is at infinity, and no two are equal or opposite.
#[test]
fn every_public_input_alone_is_bound() {
    let key = &prover().key().verifying().points;
    let prepared = prepare_verifying_key(key);
    let proof = Verifier::proof(bundle()).expect("it decodes");
    let values = inputs();
    assert_eq!(values.len(), InputLayout::of(story().shape).total);
    assert_eq!(values.len(), 3_507);
    let sum =
        key.gamma_abc_g1.iter().zip(&values).map(|(point, v)| *point * v).sum::<ark_bn254::G1Projective>();
    let holds = |x: &ark_bn254::G1Projective| {
        Groth16::<Bn254>::verify_proof_with_prepared_inputs(&prepared, &proof, x).expect("it computes")
    };
    assert!(holds(&sum), "the honest inputs hold");
    let free: Vec<usize> = (0..values.len())
        .filter(|&i| {
            let by = match i % 3 {
                0 => Fr::ONE,
                1 => -Fr::ONE,
                // To zero, or to another value where it is zero.
                _ if values[i] != Fr::from(0u8) => -values[i],
                _ => Fr::from(123_456_789u64),
            };
            holds(&(sum + key.gamma_abc_g1[i] * by))
        })
        .collect();
    assert!(free.is_empty(), "inputs {free:?} bind nothing");

    assert!(key.gamma_abc_g1.iter().all(|p| !p.is_zero()));
    // Opposite points have one `x`; so had two inputs that could stand in for each other.
    let xs: BTreeSet<Vec<u8>> = key.gamma_abc_g1.iter().map(|p| p.x.into_bigint().to_bytes_be()).collect();
    assert_eq!(xs.len(), values.len(), "two input points are equal or opposite");
}

/// Bound: the ten fields of the context, each through its own bits of the one input they share.
#[test]
fn every_field_of_the_context_changes_its_input() {
    type Change = fn(&mut Context);
    let changes: [(&str, Change); 10] = [
        ("chain", |c| c.chain_id ^= 1),
        ("registry", |c| c.registry[19] ^= 1),
        ("subject", |c| c.subject.0[0] ^= 0x80),
        ("key", |c| c.key.0[0] ^= 0x80),
        ("mandate", |c| c.mandate.0[0] ^= 0x80),
        ("risk", |c| c.risk.0[0] ^= 0x80),
        ("account set", |c| c.account_set.0[0] ^= 0x80),
        ("as of", |c| c.as_of ^= 1 << 63),
        ("valid until", |c| c.valid_until ^= 1 << 63),
        ("epoch", |c| c.epoch ^= 1 << 63),
    ];
    let s = story();
    let honest = inputs();
    for (name, change) in changes {
        let mut context = bundle().context;
        change(&mut context);
        let other = public_inputs(s.shape, &context, &bundle().commitments, &s.rules, &s.risk);
        let differ: Vec<usize> = (0..honest.len()).filter(|i| honest[*i] != other[*i]).collect();
        assert_eq!(differ, [InputLayout::CONTEXT], "{name}");
    }
}

/// Bound: a coefficient of every row of every family, at its first, middle and last place. The context is made to agree with
/// the altered mandate; what the sheet checker lets through, the pairing refuses.
#[test]
fn a_coefficient_of_every_row_is_bound() {
    let s = story();
    let (mut unsound, mut rejected) = (0, 0);
    for family in Family::ALL {
        for index in 0..family.rows(s.shape) {
            let row = RowRef { family, index: u16::try_from(index).unwrap() };
            let (local, global) = RulesPart::span(s.shape, row);
            let used = (local.start..global.end).filter(|i| s.rules.coefficients[*i] != 0);
            for place in [local.start, local.end.min(global.end - 1), global.end - 1].into_iter().chain(used)
            {
                for by in [1, -1] {
                    let mut rules = s.rules.clone();
                    rules.coefficients[place] += by;
                    let sheet = match verifier().sheet(&rules, &s.risk) {
                        Ok(sheet) => sheet,
                        Err(VerifyError::Sheet(_)) => {
                            unsound += 1;
                            continue;
                        }
                        Err(other) => panic!("{row:?} {place}: {other}"),
                    };
                    let told = verifier().verify(bundle(), &sheet, &s.accounts, &expect());
                    assert!(
                        matches!(told, Err(VerifyError::Binding { what: "mandate", .. })),
                        "{row:?} {place}"
                    );
                    let mut agreed = bundle().clone();
                    agreed.context.mandate = rules.digest();
                    let told = verifier().verify(&agreed, &sheet, &s.accounts, &expect());
                    assert!(matches!(told, Err(VerifyError::Rejected)), "{row:?} {place}: {told:?}");
                    rejected += 1;
                }
            }
        }
    }
    assert!(unsound > 50 && rejected > 10, "{unsound} unsound, {rejected} rejected");
}

/// Bound: every kind of integer of the risk part: carry bit, group mark, account, asset, weight of each column, universe,
/// snapshot, instant, model and shape.
#[test]
fn every_kind_of_risk_integer_is_bound() {
    let s = story();
    let mut changed = Vec::new();
    for segment in 0..s.shape.segments {
        let mut risk = s.risk.clone();
        risk.layout.carry[segment] ^= true;
        changed.push(risk);
        let mut risk = s.risk.clone();
        risk.layout.group_used[segment] ^= true;
        changed.push(risk);
        for other in [None, Some(0), Some(1), Some(2)] {
            let mut risk = s.risk.clone();
            risk.layout.account[segment] = other;
            changed.push(risk);
            let mut risk = s.risk.clone();
            risk.layout.asset[segment] = other;
            changed.push(risk);
        }
    }
    for column in 0..s.shape.columns() {
        for slot in (0..s.shape.slots).filter(|slot| slot % 3 == column % 3) {
            for by in [1, -1] {
                let mut risk = s.risk.clone();
                risk.weights[slot * s.shape.columns() + column] += by;
                changed.push(risk);
            }
        }
    }
    type Change = fn(&mut mandate_statement::RiskPart);
    let fields: [Change; 5] = [
        |r| r.universe.0[31] ^= 1,
        |r| r.snapshot.0[31] ^= 1,
        |r| r.as_of += 1,
        |r| r.model.push('1'),
        |r| r.shape = "s256".into(),
    ];
    for change in fields {
        let mut risk = s.risk.clone();
        change(&mut risk);
        changed.push(risk);
    }
    changed.retain(|risk| *risk != s.risk);
    let told: Vec<&str> = changed
        .iter()
        .map(|risk| {
            assert_ne!(risk.digest(), s.risk.digest());
            let sheet = match verifier().sheet(&s.rules, risk) {
                Ok(sheet) => sheet,
                Err(VerifyError::Sheet(_) | VerifyError::Shape { .. }) => return "unsound",
                Err(other) => panic!("{other}"),
            };
            let mut agreed = bundle().clone();
            let told = verifier().verify(&agreed, &sheet, &s.accounts, &expect());
            assert!(matches!(told, Err(VerifyError::Binding { .. })), "{told:?}");
            agreed.context.risk = risk.digest();
            match verifier().verify(&agreed, &sheet, &s.accounts, &expect()) {
                Err(VerifyError::Rejected) => "rejected",
                Err(VerifyError::Binding { what: "instant", .. }) => "instant",
                Err(VerifyError::Attestation { what: "universe", .. }) => "universe",
                other => panic!("{other:?}"),
            }
        })
        .collect();
    for (kind, least) in [("unsound", 100), ("rejected", 100), ("instant", 1), ("universe", 1)] {
        let count = told.iter().filter(|t| **t == kind).count();
        assert!(count >= least, "{count} {kind} of {}", told.len());
    }
}

/// Bound: commitments as integers. The order `r`, `r + 1`, `2^256 - 1`, and the right commitment plus `r`, which is the same
/// field element, signed for by the right attestor: each refused by its own name.
#[test]
fn commitments_are_below_the_field_order() {
    let order: Digest = Digest(Fr::MODULUS.to_bytes_be().try_into().unwrap());
    let right = bundle().commitments[0];
    let mut one_more = order;
    one_more.0[31] += 1;
    for value in [order, one_more, Digest([0xff; 32]), plus(&right, &order)] {
        let mut bad = bundle().clone();
        bad.commitments[0] = value;
        bad.attestations[0].attestation.commitment = value;
        bad.attestations[0].signature = crate::common::sign(0, &bad.attestations[0].attestation);
        assert_eq!(bad.attestations[0].signer(), Some(story().accounts.entries[0].attestor));
        let told = check(&bad);
        assert!(matches!(told, Err(VerifyError::NotCanonical(0))), "{value}: {told:?}");
    }
    // It is that element: only the spelling is refused.
    let alias = plus(&right, &order);
    assert_eq!(Fr::from_be_bytes_mod_order(&alias.0), Fr::from_be_bytes_mod_order(&right.0));
    // The largest lawful spelling is read, and then refused for what it says.
    let mut last = order;
    last.0[31] -= 1;
    let mut bad = bundle().clone();
    bad.commitments[0] = last;
    assert!(matches!(check(&bad), Err(VerifyError::Attestation { what: "commitment", .. })));
}

/// `a + b`, big-endian; the sum of a field element and the order stays below `2^256`.
fn plus(a: &Digest, b: &Digest) -> Digest {
    let mut out = [0u8; 32];
    let mut carry = 0u16;
    for i in (0..32).rev() {
        let sum = u16::from(a.0[i]) + u16::from(b.0[i]) + carry;
        out[i] = sum.to_le_bytes()[0];
        carry = sum >> 8;
    }
    assert_eq!(carry, 0);
    Digest(out)
}
