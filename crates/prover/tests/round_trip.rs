//! Proven, verified, and every way in which another statement, key, file or proof is refused.

mod common;
use common::{MANDATE, bundle, expect, prover, proving_key, sign, story, task, verifier};
use mandate_book::examples::Example;
use mandate_circuits::r1cs::relation;
use mandate_prover::{ProveError, ProvingKey};
use mandate_statement::{Attestation, AttestorGrade, Bundle, Context, Digest, Kind, RowRef, decode, encode};
use mandate_testing::Story;
use mandate_verifier::{BatchItem, Expectations, KeyOrigin, Verified, Verifier, VerifyError, VerifyingKey};
use std::collections::BTreeMap;

/// The honest sheet, and the honest account set, against some bundle.
fn check(v: &Verifier, bundle: &Bundle, expect: &Expectations<'_>) -> Result<Verified, VerifyError> {
    let sheet = v.sheet(&story().rules, &story().risk)?;
    v.verify(bundle, &sheet, &story().accounts, expect)
}

#[test]
fn a_lawful_book_is_proven_and_verified() {
    let verified = check(verifier(), bundle(), &expect()).expect("it verifies");
    assert_eq!(verified.attestors.len(), story().accounts.entries.len());
    assert_eq!(verified.weakest_grade(), AttestorGrade::Custodian);
    assert!(!verified.attestors_known && !verified.account_set_known);
    assert_eq!(bundle().proof.len(), 128);
    assert!(verified.rules.iter().all(|r| !r.rows.is_empty()));
}

/// Two proofs of one book differ, and both verify: proof bytes are no identity.
#[test]
fn proofs_are_blinded() {
    let other = prover().prove(&task(story(), bundle().context)).expect("a lawful book");
    assert_ne!(other.proof, bundle().proof);
    assert_eq!(other.context, bundle().context);
    check(verifier(), &other, &expect()).expect("it verifies");
}

#[test]
fn an_unlawful_book_makes_nothing() {
    let bad = Story::of("t32", MANDATE, Example::OverLeveraged);
    let context = bad.context(prover().key().verifying().id());
    assert!(matches!(
        prover().prove(&task(&bad, context)),
        Err(ProveError::Unlawful("row-global" | "row-asset"))
    ));
}

#[test]
fn an_opening_of_another_book_is_refused() {
    let mut bad = Story::of("t32", MANDATE, Example::Lawful);
    bad.opened[0].1.quantities[0] += 1;
    let context = bad.context(prover().key().verifying().id());
    assert!(matches!(prover().prove(&task(&bad, context)), Err(ProveError::Opening(0))));
}

/// Every field of the context, alone changed, is refused: where the verifier has the file, by name; else by the proof.
#[test]
fn every_field_of_the_context_is_bound() {
    let (v, e) = (verifier(), expect());
    type Change = fn(&mut Context);
    let changes: [(&str, Change); 10] = [
        ("chain", |c| c.chain_id = 1),
        ("registry", |c| c.registry[0] ^= 1),
        ("subject", |c| c.subject.0[31] ^= 1),
        ("key", |c| c.key.0[31] ^= 1),
        ("mandate", |c| c.mandate.0[31] ^= 1),
        ("risk", |c| c.risk.0[31] ^= 1),
        ("account set", |c| c.account_set.0[31] ^= 1),
        ("as of", |c| c.as_of -= 1),
        ("valid until", |c| c.valid_until += 1),
        ("epoch", |c| c.epoch += 1),
    ];
    for (name, change) in changes {
        let mut bad = bundle().clone();
        change(&mut bad.context);
        assert!(check(v, &bad, &e).is_err(), "{name}");
    }
    // Even a verifier that expected the changed values is told no by the pairing.
    let mut bad = bundle().clone();
    bad.context.epoch += 1;
    assert!(matches!(check(v, &bad, &e), Err(VerifyError::Rejected)));
    let mut bad = bundle().clone();
    bad.context.chain_id = 31337;
    let on_chain = Expectations { chain: Some((31337, [0; 20])), ..e };
    assert!(matches!(check(v, &bad, &on_chain), Err(VerifyError::Rejected)));
}

#[test]
fn time_is_the_readers() {
    let v = verifier();
    let at = |now| check(v, bundle(), &Expectations { now, ..expect() });
    let as_of = story().risk.as_of;
    assert!(at(as_of).is_ok());
    assert!(at(as_of + 3600).is_ok());
    assert!(matches!(at(as_of - 1), Err(VerifyError::Future { .. })));
    assert!(matches!(at(as_of + 3601), Err(VerifyError::Stale { .. })));
    assert!(matches!(at(as_of + 86_401), Err(VerifyError::Expired { .. })));
}

#[test]
fn a_development_key_shows_nothing_unless_asked() {
    let strict = Expectations { development_keys: false, ..expect() };
    assert!(matches!(check(verifier(), bundle(), &strict), Err(VerifyError::DevelopmentKey)));
}

/// A key of one's own making with another label on it is another key, and none that a ceremony made.
#[test]
fn a_key_cannot_be_relabelled() {
    let key = prover().key().verifying();
    let relabelled =
        VerifyingKey::new(KeyOrigin::Ceremony, key.shape, key.points.clone()).expect("good points");
    assert_ne!(relabelled.id(), key.id());
    let mut bad = bundle().clone();
    bad.context.key = relabelled.id();
    let strict = Expectations { development_keys: false, ..expect() };
    assert!(matches!(check(&Verifier::new(relabelled), &bad, &strict), Err(VerifyError::UnknownCeremony(_))));
}

#[test]
fn declared_accounts_are_present_signed_and_in_place() {
    let (v, e) = (verifier(), expect());
    let no = |bundle: &Bundle| check(v, bundle, &e).expect_err("it is refused");
    let good = bundle();
    let mut bad = good.clone();
    bad.commitments[0] = Digest::default();
    assert!(matches!(no(&bad), VerifyError::AccountMissing(0)));
    let mut bad = good.clone();
    bad.commitments.swap(0, 1);
    assert!(matches!(no(&bad), VerifyError::Attestation { what: "commitment", .. }));
    let mut bad = good.clone();
    bad.commitments.push(Digest::default());
    assert!(matches!(no(&bad), VerifyError::CommitmentCount { .. }));
    let mut bad = good.clone();
    bad.commitments[0] = Digest([0xff; 32]);
    assert!(matches!(no(&bad), VerifyError::NotCanonical(0)));
    let mut bad = good.clone();
    bad.attestations.pop();
    assert!(matches!(no(&bad), VerifyError::AttestationCount { .. }));
    let mut bad = good.clone();
    bad.attestations.swap(0, 1);
    assert!(matches!(no(&bad), VerifyError::Attestation { what: "netting set", .. }));
    for byte in 0..65 {
        let mut bad = good.clone();
        bad.attestations[0].signature[byte] ^= 1;
        assert!(matches!(no(&bad), VerifyError::Signature { .. }), "signature byte {byte}");
    }
    // A self-made commitment with an attestation that its maker signed: not the declared attestor.
    let mut bad = good.clone();
    bad.attestations[0].attestation.sequence += 1;
    assert!(matches!(no(&bad), VerifyError::Signature { .. }));

    // An account set with one more or one fewer account is another set, and named as such.
    let mut fewer = story().accounts.clone();
    fewer.entries.pop();
    let sheet = v.sheet(&story().rules, &story().risk).expect("a sound sheet");
    assert!(matches!(
        v.verify(good, &sheet, &fewer, &e),
        Err(VerifyError::Binding { what: "account set", .. })
    ));
    let mut bad = good.clone();
    bad.context.account_set = fewer.digest();
    assert!(matches!(v.verify(&bad, &sheet, &fewer, &e), Err(VerifyError::AccountExtra(_))));
    let graded = Expectations { min_grade: AttestorGrade::Venue, ..e };
    assert!(matches!(check(v, good, &graded), Err(VerifyError::Grade { .. })));
}

/// A reader with a list of attestors takes grades from it, never from the account set; one who had the account set from the
/// administrator names it.
#[test]
fn readers_bring_their_own_list_of_attestors() {
    let v = verifier();
    let set = &story().accounts;
    let known: BTreeMap<[u8; 20], AttestorGrade> =
        set.entries.iter().map(|e| (e.attestor, AttestorGrade::Venue)).collect();
    let strict = Expectations {
        attestors: Some(&known),
        account_set: Some(set.digest()),
        min_grade: AttestorGrade::Venue,
        ..expect()
    };
    let verified = check(v, bundle(), &strict).expect("it verifies");
    assert!(verified.attestors_known && verified.account_set_known);
    assert_eq!(verified.weakest_grade(), AttestorGrade::Venue);
    let demoted = known.keys().map(|k| (*k, AttestorGrade::SelfAttested)).collect();
    let e = Expectations { attestors: Some(&demoted), ..expect() };
    assert!(matches!(check(v, bundle(), &e), Err(VerifyError::Grade { .. })));
    let nobody = BTreeMap::new();
    let e = Expectations { attestors: Some(&nobody), ..expect() };
    assert!(matches!(check(v, bundle(), &e), Err(VerifyError::UnknownAttestor { .. })));
    let e = Expectations { account_set: Some(Digest([1; 32])), ..expect() };
    assert!(matches!(check(v, bundle(), &e), Err(VerifyError::Binding { what: "account set", .. })));
}

/// The declared attestor's own, valid signature over something else: yesterday's book, another fund's, another account's,
/// another universe's. Each is refused by the name of what differs, not by the signature.
#[test]
fn a_valid_signature_over_something_else_is_refused() {
    let v = verifier();
    type Change = fn(&mut Attestation);
    let changes: [(&str, Change); 6] = [
        ("netting set", |a| a.netting_set += 1),
        ("subject", |a| a.subject.0[31] ^= 1),
        ("account", |a| a.account.0[31] ^= 1),
        ("universe", |a| a.universe.0[31] ^= 1),
        ("instant", |a| a.as_of -= 86_400),
        ("commitment", |a| a.commitment.0[31] ^= 1),
    ];
    for (named, change) in changes {
        let mut bad = bundle().clone();
        let signed = &mut bad.attestations[0];
        change(&mut signed.attestation);
        signed.signature = sign(0, &signed.attestation);
        assert_eq!(
            signed.signer(),
            Some(story().accounts.entries[0].attestor),
            "the signature itself is good"
        );
        match check(v, &bad, &expect()) {
            Err(VerifyError::Attestation { account: 0, what }) => assert_eq!(what, named),
            other => panic!("{named}: {other:?}"),
        }
    }
    // Another number alone is the attestor's to choose; off chain nothing compares it.
    let mut again = bundle().clone();
    again.attestations[0].attestation.sequence += 1;
    again.attestations[0].signature = sign(0, &again.attestations[0].attestation);
    assert!(check(v, &again, &expect()).is_ok());
}

/// Context and attestations that agree on another instant than the prices': a book of one moment at the prices of another.
#[test]
fn the_instant_is_that_of_the_prices() {
    let mut bad = bundle().clone();
    bad.context.as_of -= 1;
    for (i, signed) in (0u16..).zip(&mut bad.attestations) {
        signed.attestation.as_of -= 1;
        signed.signature = sign(i, &signed.attestation);
    }
    let refused = check(verifier(), &bad, &expect());
    assert!(matches!(refused, Err(VerifyError::Binding { what: "instant", .. })), "{refused:?}");
}

/// An account set that declares an account beyond the shape is refused, and no panic.
#[test]
fn an_account_beyond_the_shape_is_refused() {
    let v = verifier();
    let mut set = story().accounts.clone();
    set.entries.last_mut().expect("accounts").netting_set = 7;
    let sheet = v.sheet(&story().rules, &story().risk).expect("a sound sheet");
    let mut bad = bundle().clone();
    bad.context.account_set = set.digest();
    let refused = v.verify(&bad, &sheet, &set, &expect());
    assert!(matches!(refused, Err(VerifyError::NoSuchAccount(7))), "{refused:?}");
}

/// One real account under two netting sets would count its assets twice.
#[test]
fn an_account_is_declared_once() {
    let v = verifier();
    let mut set = story().accounts.clone();
    let first = set.entries[0].clone();
    (set.entries[1].account, set.entries[1].attestor) = (first.account, first.attestor);
    let sheet = v.sheet(&story().rules, &story().risk).expect("a sound sheet");
    let mut bad = bundle().clone();
    bad.context.account_set = set.digest();
    assert!(matches!(v.verify(&bad, &sheet, &set, &expect()), Err(VerifyError::AccountTwice(1))));
}

/// Another mandate, market or key: refused by name, and by the pairing where the context is made to agree.
#[test]
fn another_sheet_or_key_is_refused() {
    let (v, e) = (verifier(), expect());
    let mut rules = story().rules.clone();
    let row = RowRef { family: mandate_statement::Family::Global, index: 0 };
    let last = rules.row(story().shape, row).1.len() - 1;
    rules.row_mut(story().shape, row).1[last] += 1;
    let swapped = v.sheet(&rules, &story().risk).expect("a sound sheet");
    assert!(matches!(
        v.verify(bundle(), &swapped, &story().accounts, &e),
        Err(VerifyError::Binding { what: "mandate", .. })
    ));
    let mut bad = bundle().clone();
    bad.context.mandate = rules.digest();
    assert!(matches!(v.verify(&bad, &swapped, &story().accounts, &e), Err(VerifyError::Rejected)));

    let mut risk = story().risk.clone();
    let weight = risk.weights.iter().position(|w| *w > 1_000_000).expect("a price");
    risk.weights[weight] += 1;
    let mut bad = bundle().clone();
    bad.context.risk = risk.digest();
    let refused = v.sheet(&story().rules, &risk).and_then(|s| v.verify(&bad, &s, &story().accounts, &e));
    assert!(refused.is_err());

    let relation = relation(story().shape);
    let other = ProvingKey::development(story().shape, &relation, "another seed").unwrap();
    let other = Verifier::new(other.verifying().clone());
    assert!(matches!(check(&other, bundle(), &e), Err(VerifyError::Binding { what: "verifying key", .. })));
    let mut bad = bundle().clone();
    bad.context.key = other.key().id();
    assert!(matches!(check(&other, &bad, &e), Err(VerifyError::Rejected)));
}

#[test]
fn every_byte_of_the_bundle_counts() {
    let (v, e) = (verifier(), expect());
    let bytes = encode(Kind::Bundle, bundle());
    let good: Bundle = decode(Kind::Bundle, &bytes).expect("it reads");
    assert_eq!(&good, bundle());
    for byte in 0..128 {
        for bit in [1u8, 0x40, 0x80] {
            let mut bad = bundle().clone();
            bad.proof[byte] ^= bit;
            assert!(check(v, &bad, &e).is_err(), "proof byte {byte}, bit {bit:#x}");
        }
    }
    for proof in [vec![], vec![0; 127], vec![0; 128], vec![0xff; 128], vec![0; 129]] {
        let bad = Bundle { proof, ..bundle().clone() };
        assert!(matches!(check(v, &bad, &e), Err(VerifyError::ProofLength(_) | VerifyError::ProofPoints(_))));
    }
    for i in (0..bytes.len()).step_by(7) {
        let mut bad = bytes.clone();
        bad[i] ^= 4;
        assert!(decode::<Bundle>(Kind::Bundle, &bad).is_err(), "byte {i}");
    }
}

#[test]
fn a_batch_finds_each_wrong_proof() {
    let v = verifier();
    let sheet = v.sheet(&story().rules, &story().risk).expect("a sound sheet");
    let accounts = &story().accounts;
    let mut bundles = vec![bundle().clone(); 6];
    // Well-formed points, wrong equation: two proofs' points mixed.
    let other = prover().prove(&task(story(), bundle().context)).expect("a lawful book");
    bundles[2].proof[..32].copy_from_slice(&other.proof[..32]);
    bundles[5].context.epoch += 1;
    bundles[4].commitments[0] = Digest::default();
    let items: Vec<BatchItem<'_>> =
        bundles.iter().map(|bundle| BatchItem { bundle, sheet: &sheet, accounts }).collect();
    let results = v.verify_batch(&items, &expect());
    let ok: Vec<bool> = results.iter().map(Result::is_ok).collect();
    assert_eq!(ok, [true, true, false, true, false, false]);
    assert!(matches!(results[2], Err(VerifyError::Rejected)));
    assert!(matches!(results[4], Err(VerifyError::AccountMissing(0))));
    assert!(matches!(results[5], Err(VerifyError::Rejected)));
    assert!(v.verify_batch(&[], &expect()).is_empty());
}

#[test]
fn keys_read_back_and_refuse_damage() {
    let (key, _) = proving_key();
    let bytes = key.verifying().to_bytes();
    let again = VerifyingKey::from_bytes(&bytes).expect("it reads");
    assert_eq!(again.id(), key.verifying().id());
    for i in (0..bytes.len()).step_by(997) {
        let mut bad = bytes.clone();
        bad[i] ^= 1;
        assert!(VerifyingKey::from_bytes(&bad).is_err(), "byte {i}");
    }
    // A point moved off the curve behind a digest made to agree.
    let mut points = key.verifying().points.clone();
    points.gamma_abc_g1[3].x += ark_bn254::Fq::from(1u8);
    let forged =
        VerifyingKey::new(key.verifying().origin, key.verifying().shape, points).expect("not read yet");
    assert!(VerifyingKey::from_bytes(&forged.to_bytes()).is_err());
    let mut points = key.verifying().points.clone();
    points.delta_g2 = points.gamma_g2;
    assert!(VerifyingKey::new(key.verifying().origin, key.verifying().shape, points).is_err());

    let bytes = key.to_bytes();
    let again = ProvingKey::from_bytes(&bytes).expect("it reads");
    assert_eq!(again.verifying().id(), key.verifying().id());
    for i in (0..bytes.len()).step_by(99_991).chain(0..76) {
        let mut bad = bytes.clone();
        bad[i] ^= 1;
        assert!(ProvingKey::from_bytes(&bad).is_err(), "byte {i}");
    }
}

/// The key of a seed is the same on every machine.
#[test]
fn development_keys_are_deterministic() {
    let relation = relation(story().shape);
    let again = ProvingKey::development(story().shape, &relation, "tests").unwrap();
    assert_eq!(again.verifying().id(), prover().key().verifying().id());
}
