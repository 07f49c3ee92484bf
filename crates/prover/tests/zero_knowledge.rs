//! What a proof and a commitment do not tell.

mod common;
use ark_bn254::{Bn254, Fr, G1Affine, G2Affine};
use ark_ec::pairing::Pairing;
use ark_ec::{AffineRepr, CurveGroup};
use ark_ff::AdditiveGroup;
use ark_groth16::{Groth16, Proof, ProvingKey as ArkKey};
use ark_serialize::CanonicalDeserialize;
use common::{MANDATE, prover, proving_key, story, task};
use mandate_attest::{Blinding, commit};
use mandate_book::examples::Example;
use mandate_statement::{Digest, Shape, keccak};
use mandate_testing::Story;
use mandate_verifier::Verifier;
use std::collections::BTreeSet;

fn shape() -> &'static Shape {
    Shape::by_name("t32").unwrap()
}

/// A proof is `A0 + r delta`, `B0 + s delta`, and a `C` that follows: with `r = s = 0` it is a function of the witness, and
/// anyone could try books against it. Every proof here has both blinders, fresh, and not one number twice.
#[test]
fn two_proofs_of_one_statement_share_no_point_and_both_blinders_are_used() {
    let prover = prover();
    let (key, relation) = proving_key();
    // Magic, version, origin, name, length and digest are 68 bytes; the points follow. They are this process's own, made a moment
    // ago: checking 100,000 of them again would only take time.
    let points = ArkKey::<Bn254>::deserialize_uncompressed_unchecked(&key.to_bytes()[68..]).unwrap();
    let task = task(story(), story().context(prover.key().verifying().id()));
    let (_, witness) = prover.witness(&task).unwrap();
    let bare = || {
        Groth16::<Bn254>::create_proof_with_reduction_and_matrices(
            &points,
            Fr::ZERO,
            Fr::ZERO,
            &relation.matrices,
            relation.inputs,
            relation.constraints(),
            &witness,
        )
        .unwrap()
    };
    let bare_proof: Proof<Bn254> = bare();
    assert!(bare_proof == bare(), "without blinders a proof says which witness it is of");

    let (delta_1, delta_2) = (points.delta_g1, points.vk.delta_g2);
    let mut seen = BTreeSet::new();
    let text = |point: &dyn std::fmt::Display| point.to_string();
    for _ in 0..6 {
        let bundle = prover.prove(&task).unwrap();
        let proof = Verifier::proof(&bundle).unwrap();
        for point in [text(&proof.a), text(&proof.b), text(&proof.c)] {
            assert!(seen.insert(point), "a point stands in two proofs");
        }
        let r: G1Affine = (proof.a.into_group() - bare_proof.a).into_affine();
        let s: G2Affine = (proof.b.into_group() - bare_proof.b).into_affine();
        assert!(!r.is_zero(), "A is not blinded");
        assert!(!s.is_zero(), "B is not blinded");
        assert!(proof.c != bare_proof.c, "C is not blinded");
        assert_ne!(Bn254::pairing(r, delta_2), Bn254::pairing(delta_1, s), "one number blinds A and B");
        assert!(seen.insert(text(&r)) && seen.insert(text(&s)), "a blinder was used before");
    }
}

/// Attesting one book twice: another blinding, another commitment.
#[test]
fn two_commitments_of_one_book_differ() {
    let (one, two) = (Story::of("t32", MANDATE, Example::Lawful), Story::of("t32", MANDATE, Example::Lawful));
    let mut blindings = BTreeSet::new();
    for ((_, a), (_, b)) in one.opened.iter().zip(&two.opened) {
        assert!(a.quantities == b.quantities, "the same book");
        assert_ne!(a.commitment().unwrap(), b.commitment().unwrap());
        for opening in [a, b] {
            assert!(blindings.insert(*opening.blinding.to_bytes()), "a blinding is used twice");
        }
    }
    assert_eq!(blindings.len(), 2 * one.opened.len());
}

/// A book of one position below a thousand lots: two thousand candidates. Whoever has the blinding finds it; whoever has the
/// commitment alone finds nothing, whatever blinding a careless attestor might have used.
#[test]
fn a_small_book_is_not_found_by_trying() {
    let universe = keccak(b"a universe");
    let account = |q: i64, blinding: &Blinding| -> Digest {
        let mut quantities = vec![0i64; shape().segment_len()];
        quantities[2] = q;
        commit(shape(), universe, 0, 0, &quantities, blinding).unwrap()
    };
    let secret = -617;
    let blinding = Blinding::random();
    let commitment = account(secret, &blinding);
    let candidates = || -1000i64..=1000;
    let found: Vec<i64> = candidates().filter(|q| account(*q, &blinding) == commitment).collect();
    assert_eq!(found, [secret], "with the blinding it is found, and nothing else is");

    let guesses = [
        Fr::ZERO,
        Fr::from(1u64),
        mandate_attest::commitment::tag(),
        mandate_attest::commitment::field_element(&universe),
        mandate_attest::commitment::element_of(&commitment.0).unwrap(),
        Blinding::random().element(),
    ];
    for guess in guesses {
        let guess = Blinding::from_element(guess);
        assert!(candidates().all(|q| account(q, &guess) != commitment));
    }
}

/// A thousand blindings, a thousand commitments: nothing of the book alone is left to be compared.
#[test]
fn the_blinding_reaches_every_commitment() {
    let quantities = vec![5i64; shape().segment_len()];
    let mut seen = BTreeSet::new();
    let mut first_bytes = BTreeSet::new();
    for _ in 0..1000 {
        let c = commit(shape(), keccak(b"u"), 0, 0, &quantities, &Blinding::random()).unwrap();
        first_bytes.insert(c.0[31]);
        assert!(seen.insert(c.0));
    }
    assert!(first_bytes.len() > 200, "the lowest byte takes {} of 256 values", first_bytes.len());
}
