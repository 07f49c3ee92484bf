//! Batches: what is refused alone is refused among many, for the same reason, and spoils no other.

use crate::common::{bundle, check, expect, prover, story, task, verifier};
use ark_bn254::G1Affine;
use ark_ec::{AffineRepr, CurveGroup};
use ark_serialize::CanonicalSerialize;
use mandate_statement::{Bundle, Digest};
use mandate_verifier::{BatchItem, Verified, Verifier, VerifyError};

fn verify(bundles: &[Bundle]) -> Vec<Result<Verified, VerifyError>> {
    let v = verifier();
    let sheet = v.sheet(&story().rules, &story().risk).expect("a sound sheet");
    let items: Vec<BatchItem<'_>> = bundles
        .iter()
        .map(|bundle| BatchItem { bundle, sheet: &sheet, accounts: &story().accounts })
        .collect();
    v.verify_batch(&items, &expect())
}

/// One bad bundle of every kind.
fn bad() -> Vec<(&'static str, Bundle)> {
    type Change = fn(&mut Bundle);
    let changes: [(&str, Change); 24] = [
        ("backend", |b| b.backend = 2),
        ("shape", |b| b.shape = "s256".into()),
        ("chain", |b| b.context.chain_id = 1),
        ("registry", |b| b.context.registry[0] = 1),
        ("subject", |b| b.context.subject.0[0] ^= 1),
        ("key", |b| b.context.key.0[0] ^= 1),
        ("mandate", |b| b.context.mandate.0[0] ^= 1),
        ("risk", |b| b.context.risk.0[0] ^= 1),
        ("account set", |b| b.context.account_set.0[0] ^= 1),
        ("instant", |b| b.context.as_of += 1),
        ("expired", |b| b.context.valid_until = b.context.as_of),
        ("epoch", |b| b.context.epoch += 1),
        ("missing account", |b| b.commitments[0] = Digest::default()),
        ("no commitment", |b| b.commitments.clear()),
        ("not canonical", |b| b.commitments[1] = Digest([0xff; 32])),
        ("swapped", |b| b.commitments.swap(0, 1)),
        ("attestation missing", |b| b.attestations.truncate(1)),
        ("attestations swapped", |b| b.attestations.swap(0, 1)),
        ("attestation's subject", |b| b.attestations[0].attestation.subject.0[0] ^= 1),
        ("attestation's universe", |b| b.attestations[0].attestation.universe.0[0] ^= 1),
        ("signature", |b| b.attestations[0].signature[5] ^= 1),
        ("short proof", |b| b.proof.truncate(127)),
        ("proof of zeros", |b| b.proof = vec![0; 128]),
        ("opposite A", |b| b.proof[31] ^= 0x80),
    ];
    let with = |change: Change| {
        let mut out = bundle().clone();
        change(&mut out);
        out
    };
    changes.into_iter().map(|(name, change)| (name, with(change))).collect()
}

/// Bound: everything that a bundle is refused for. Each bad one among 63 good ones, first, last, at a joint of the halves and
/// elsewhere: that one is refused, in the words in which it is refused alone, and no other.
#[test]
fn a_bad_bundle_among_63_good_ones_is_the_one_refused() {
    for (i, (name, bad)) in bad().into_iter().enumerate() {
        let alone = check(&bad).expect_err(name).to_string();
        // Only a wrong equation is looked for by halves: there, every place that halving treats in its own way.
        let places: Vec<usize> =
            if alone == VerifyError::Rejected.to_string() { vec![0, 31, 32, 63] } else { vec![i * 63 / 23] };
        for place in places {
            let mut bundles = vec![bundle().clone(); 64];
            bundles[place] = bad.clone();
            for (at, told) in verify(&bundles).into_iter().enumerate() {
                match told {
                    Ok(_) => assert_ne!(at, place, "{name} passes in a batch"),
                    Err(told) => assert_eq!((at, told.to_string()), (place, alone.clone()), "{name}"),
                }
            }
        }
    }
}

/// Bound: every equation, also where there are more than one Miller loop takes.
#[test]
fn a_wrong_proof_among_a_thousand_is_the_one_refused() {
    for place in [0, 509, 512, 1023] {
        let mut bundles = vec![bundle().clone(); 1024];
        bundles[place].proof[31] ^= 0x80;
        let wrong =
            verify(&bundles).iter().enumerate().filter(|t| t.1.is_err()).map(|t| t.0).collect::<Vec<_>>();
        assert_eq!(wrong, [place]);
    }
}

/// Bound: the weights. Two wrong proofs whose errors cancel in a plain sum (`C + D` and `C - D`), and two that swap halves, are
/// each refused; so is a batch in which all are wrong in the same way.
#[test]
fn wrong_proofs_that_cancel_are_both_refused() {
    let good = bundle();
    let proof = Verifier::proof(good).expect("it decodes");
    let shifted = |c: G1Affine| {
        let mut bytes = Vec::new();
        ark_groth16::Proof { c, ..proof.clone() }.serialize_compressed(&mut bytes).unwrap();
        Bundle { proof: bytes, ..good.clone() }
    };
    let by = G1Affine::generator();
    let (plus, minus) = ((proof.c + by).into_affine(), (proof.c - by).into_affine());
    let other = prover().prove(&task(story(), good.context)).expect("a lawful book");
    let (mut left, mut right) = (good.clone(), other.clone());
    left.proof[96..].copy_from_slice(&other.proof[96..]);
    right.proof[96..].copy_from_slice(&good.proof[96..]);
    for (first, second) in [(shifted(plus), shifted(minus)), (left, right)] {
        let told = verify(&[first.clone(), good.clone(), second.clone(), other.clone()]);
        let ok: Vec<bool> = told.iter().map(Result::is_ok).collect();
        assert_eq!(ok, [false, true, false, true]);
        let told = verify(&vec![first; 8]);
        assert!(told.iter().all(|t| matches!(t, Err(VerifyError::Rejected))));
    }
}
