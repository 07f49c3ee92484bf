//! From openings to a bundle and back: what ties a proof to whoever vouches for the book, each tie cut once.

mod story;

use mandate_attest::{AttestorKey, PastaSeed, attest_second};
use mandate_book::examples::Example;
use mandate_statement::{Context, Kind, TransparentBundle, decode, encode};
use mandate_testing::{MANDATE, Story};
use mandate_transparent::prove::{ProveError, SheetProver, prove};
use mandate_transparent::{Parameters, PublicSheet, TransparentError};
use mandate_verifier::{Expectations, VerifyError};
use story::{accounts, expectations, story, story_of};

#[test]
fn every_tie_of_a_bundle_holds() {
    let mut story = story();
    let seconds = story.seconds();
    for ((first, opening), second) in story.opened.iter().zip(&seconds) {
        opening.check_second(first, second).expect("it opens both");
        let bytes = opening.to_bytes();
        let read = mandate_attest::Opening::from_bytes(&bytes).expect("it reads");
        read.check_second(first, second).expect("the file keeps the seed");
        assert!(mandate_attest::Opening::from_bytes(&bytes[..bytes.len() - 1]).is_err());
    }
    let size = PublicSheet::rows(&story.rules, &story.risk).expect("a sound sheet");
    let parameters = Parameters::derive(size);
    let sheet = PublicSheet::new(&story.rules, &story.risk, &parameters).expect("a key");
    let prover = SheetProver::new(sheet.key()).expect("a proving key");
    let context: Context = story.context(sheet.key().id());
    let bundle = prove(&sheet, &prover, context, &accounts(&story, &seconds)).expect("a lawful book");
    let expect = expectations(&story);

    let file = encode(Kind::TransparentBundle, &bundle);
    let read: TransparentBundle = decode(Kind::TransparentBundle, &file).expect("it reads");
    assert_eq!(read, bundle);
    let verified = sheet.verify(&read, &story.accounts, &expect).expect("it holds");
    assert_eq!(verified.attestors.len(), story.opened.len());

    let refused = |change: &dyn Fn(&mut TransparentBundle)| {
        let mut other = bundle.clone();
        change(&mut other);
        sheet.verify(&other, &story.accounts, &expect).expect_err("one tie is cut")
    };
    use TransparentError as E;
    assert!(matches!(refused(&|b| b.backend = 1), E::Backend(1)));
    assert!(matches!(refused(&|b| b.shape = "s256".into()), E::Statement(VerifyError::Shape { .. })));
    assert!(matches!(refused(&|b| b.context.epoch += 1), E::Rejected));
    assert!(matches!(refused(&|b| b.context.key.0[0] ^= 1), E::Statement(VerifyError::Binding { .. })));
    assert!(matches!(refused(&|b| b.context.mandate.0[0] ^= 1), E::Statement(VerifyError::Binding { .. })));
    assert!(matches!(refused(&|b| b.context.as_of += 1), E::Statement(VerifyError::Binding { .. })));
    assert!(matches!(refused(&|b| b.context.chain_id = 1), E::Statement(VerifyError::Binding { .. })));
    assert!(matches!(refused(&|b| b.proof[100] ^= 1), E::Rejected));
    assert!(matches!(refused(&|b| b.proof.clear()), E::Rejected));
    assert!(matches!(
        refused(&|b| {
            b.attestations.pop();
        }),
        E::Statement(_)
    ));
    assert!(matches!(
        refused(&|b| {
            b.seconds.pop();
        }),
        E::SecondCount { .. }
    ));
    assert!(matches!(refused(&|b| b.seconds.swap(0, 1)), E::Second { .. }));
    assert!(matches!(refused(&|b| b.seconds[0].signature[5] ^= 1), E::Second { .. }));
    assert!(matches!(refused(&|b| b.seconds[0].commitments[0].0[31] ^= 1), E::Second { .. }));
    assert!(matches!(
        refused(&|b| {
            b.seconds[0].commitments.pop();
        }),
        E::Second { .. }
    ));
    let late = Expectations { now: context.valid_until + 1, max_age: 1 << 40, ..expect };
    assert!(matches!(
        sheet.verify(&bundle, &story.accounts, &late),
        Err(E::Statement(VerifyError::Expired { .. }))
    ));

    let mut forged = bundle.clone();
    forged.context.epoch += 1;
    let set = &story.accounts;
    let verdicts = sheet.verify_batch(&[(&bundle, set), (&forged, set), (&bundle, set)], &expect);
    assert_eq!(verdicts.iter().map(Result::is_ok).collect::<Vec<_>>(), [true, false, true]);
}

/// A second attestation over other quantities, or by another key, is no attestation of this opening.
#[test]
fn a_prover_with_another_opening_is_refused() {
    let mut story = story();
    let made = story.seconds();
    let size = PublicSheet::rows(&story.rules, &story.risk).expect("a sound sheet");
    let parameters = Parameters::derive(size);
    let sheet = PublicSheet::new(&story.rules, &story.risk, &parameters).expect("a key");
    let prover = SheetProver::new(sheet.key()).expect("a proving key");
    let context = story.context(sheet.key().id());
    let seed = PastaSeed::from_bytes([9; 32]);
    let mut list = accounts(&story, &made);
    list[0].seed = &seed;
    assert!(matches!(prove(&sheet, &prover, context, &list), Err(ProveError::Opening(_))));
    let mut list = accounts(&story, &made);
    let mut quantities = list[0].quantities.to_vec();
    quantities[0] += 1;
    list[0].quantities = &quantities;
    assert!(matches!(prove(&sheet, &prover, context, &list), Err(ProveError::Opening(_))));
    let mut list = accounts(&story, &made);
    list.swap(0, 1);
    assert!(matches!(prove(&sheet, &prover, context, &list), Err(ProveError::Account(_))));
    let mut other = context;
    other.mandate.0[0] ^= 1;
    assert!(matches!(prove(&sheet, &prover, other, &accounts(&story, &made)), Err(ProveError::Context(_))));
    // The custodian's own check: another key, or an opening of another account, signs nothing.
    let (first, opening) = story.opened[0].clone();
    assert!(attest_second(&mut opening.clone(), &first, &AttestorKey::random()).is_err());
    let mut moved = story.opened[1].1.clone();
    assert!(attest_second(&mut moved, &first, &Story::attestor(first.attestation.netting_set)).is_err());
}

/// A book over its limit has no proof.
#[test]
fn a_book_that_breaks_its_mandate_has_no_proof() {
    let mut story = story_of(Example::OverLeveraged);
    let made = story.seconds();
    let size = PublicSheet::rows(&story.rules, &story.risk).expect("a sound sheet");
    let parameters = Parameters::derive(size);
    let sheet = PublicSheet::new(&story.rules, &story.risk, &parameters).expect("a key");
    let prover = SheetProver::new(sheet.key()).expect("a proving key");
    let context = story.context(sheet.key().id());
    let result = prove(&sheet, &prover, context, &accounts(&story, &made));
    assert!(matches!(result, Err(ProveError::Unlawful(_))), "{:?}", result.err());
}

/// Runs of strikes at every expiry, in the shape that is made for them.
#[test]
#[ignore = "a minute and 620 MiB: it takes 2^13 rows or more; run by name, its figures are in docs/backends.md"]
fn an_option_book_of_2048_slots_is_proven() {
    let mandate = MANDATE.replace("crypto-usd/1", "option-vault/1");
    let mut story = Story::of("o2048", &mandate, Example::Lawful);
    assert!(story.risk.runs.used.contains(&true), "options stand in runs");
    let made = story.seconds();
    let size = PublicSheet::rows(&story.rules, &story.risk).expect("a sound sheet");
    let parameters = Parameters::derive(size);
    let sheet = PublicSheet::new(&story.rules, &story.risk, &parameters).expect("a key");
    let prover = SheetProver::new(sheet.key()).expect("a proving key");
    let context = story.context(sheet.key().id());
    let bundle = prove(&sheet, &prover, context, &accounts(&story, &made)).expect("a lawful book");
    let verified = sheet.verify(&bundle, &story.accounts, &expectations(&story)).expect("it holds");
    assert_eq!(verified.rules.len(), story.rules.rules.len());
    let mut other = bundle;
    other.context.epoch += 1;
    assert!(sheet.verify(&other, &story.accounts, &expectations(&story)).is_err());
}
