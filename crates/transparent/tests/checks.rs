//! Every check between a bundle's bytes and `Verified`, each failed alone: what fails is signed again, so that no other check says
//! it first, and the reason is asked for word by word.

mod story;

use alloy_signer::SignerSync;
use alloy_signer_local::PrivateKeySigner;
use mandate_statement::{
    AttestorGrade, BACKEND_GROTH16, Context, Digest, SecondAttestation, TransparentBundle, keccak,
};
use mandate_testing::Story;
use mandate_transparent::prove::{SheetProver, prove};
use mandate_transparent::{
    KeyError, Parameters, ParametersError, PublicSheet, SheetKey, TransparentError, TransparentlyVerified,
};
use mandate_verifier::{Expectations, VerifyError};
use std::collections::BTreeMap;
use story::{accounts, expectations, story};

type Verdict = Result<TransparentlyVerified, TransparentError>;

/// Signs as the custodian of an account does, whatever it is handed.
fn sign(netting_set: u16, second: &mut SecondAttestation) {
    let mut seed = [1u8; 32];
    seed[31] = u8::try_from(netting_set + 1).expect("few accounts");
    let signer = PrivateKeySigner::from_bytes(&seed.into()).expect("a key");
    let hash = second.signing_hash().0.into();
    second.signature = signer.sign_hash_sync(&hash).expect("it signs").as_bytes().to_vec();
}

fn binding(verdict: Verdict, wanted: &str) {
    match verdict {
        Err(TransparentError::Statement(VerifyError::Binding { what, .. })) => assert_eq!(what, wanted),
        other => panic!("`{wanted}` is not what was said: {other:?}"),
    }
}
fn second(verdict: Verdict, wanted: &str) {
    match verdict {
        Err(TransparentError::Second { account: 0, what }) => assert_eq!(what, wanted),
        other => panic!("`{wanted}` is not what was said: {other:?}"),
    }
}

/// A bundle that is accepted, and its public files.
struct World {
    story: Story,
    parameters: Parameters,
}

impl World {
    fn new() -> (Self, Vec<SecondAttestation>) {
        let mut story = story();
        let seconds = story.seconds();
        let rows = PublicSheet::rows(&story.rules, &story.risk).expect("a sound sheet");
        (Self { story, parameters: Parameters::derive(rows) }, seconds)
    }
    fn sheet(&self) -> PublicSheet<'_> {
        PublicSheet::new(&self.story.rules, &self.story.risk, &self.parameters).expect("a key")
    }
    fn bundle(&self, sheet: &PublicSheet<'_>, seconds: &[SecondAttestation]) -> TransparentBundle {
        let prover = SheetProver::new(sheet.key()).expect("a proving key");
        let context = self.story.context(sheet.key().id());
        prove(sheet, &prover, context, &accounts(&self.story, seconds)).expect("a lawful book")
    }
}

#[test]
fn every_check_of_a_bundle_is_the_only_one_to_say_so() {
    let (world, seconds) = World::new();
    let (sheet, set) = (world.sheet(), &world.story.accounts);
    let bundle = world.bundle(&sheet, &seconds);
    let expect = expectations(&world.story);
    sheet.verify(&bundle, set, &expect).expect("it holds");
    let with = |change: &dyn Fn(&mut TransparentBundle)| -> Verdict {
        let mut other = bundle.clone();
        change(&mut other);
        sheet.verify(&other, set, &expect)
    };
    let context = |change: &dyn Fn(&mut Context)| with(&|b| change(&mut b.context));

    // Whose, under what, when, where.
    assert!(matches!(with(&|b| b.backend = BACKEND_GROTH16), Err(TransparentError::Backend(1))));
    let shape = with(&|b| b.shape = "s256".into());
    assert!(
        matches!(shape, Err(TransparentError::Statement(VerifyError::Shape { what: "the bundle", .. }))),
        "{shape:?}"
    );
    binding(context(&|c| c.key.0[0] ^= 1), "verifying key");
    binding(context(&|c| c.mandate.0[0] ^= 1), "mandate");
    binding(context(&|c| c.risk.0[0] ^= 1), "snapshot or risk part");
    binding(context(&|c| c.subject.0[0] ^= 1), "subject");
    binding(context(&|c| c.account_set.0[0] ^= 1), "account set");
    binding(context(&|c| c.chain_id = 1), "place");
    binding(context(&|c| c.as_of += 1), "instant");
    let pinned = Expectations { account_set: Some(Digest([9; 32])), ..expect };
    binding(sheet.verify(&bundle, set, &pinned), "account set");
    let own = Expectations { account_set: Some(set.digest()), ..expect };
    assert!(sheet.verify(&bundle, set, &own).expect("it holds").account_set_known);

    // Who vouches: the first attestation, as for the other proof system.
    let signature = with(&|b| b.attestations[0].signature[5] ^= 1);
    assert!(
        matches!(signature, Err(TransparentError::Statement(VerifyError::Signature { account: 0, .. }))),
        "{signature:?}"
    );
    let strict = Expectations { min_grade: AttestorGrade::Venue, ..expect };
    let grade = sheet.verify(&bundle, set, &strict);
    assert!(matches!(grade, Err(TransparentError::Statement(VerifyError::Grade { .. }))), "{grade:?}");
    let nobody = BTreeMap::new();
    let listed = Expectations { attestors: Some(&nobody), ..expect };
    let unknown = sheet.verify(&bundle, set, &listed);
    assert!(
        matches!(unknown, Err(TransparentError::Statement(VerifyError::UnknownAttestor { .. }))),
        "{unknown:?}"
    );

    // The second attestation, signed again each time by the account's own custodian.
    let resigned = |change: &dyn Fn(&mut SecondAttestation)| {
        with(&|b| {
            change(&mut b.seconds[0]);
            sign(0, &mut b.seconds[0]);
        })
    };
    resigned(&|_| ()).expect("signing the same again changes nothing");
    let none = with(&|b| drop(b.seconds.pop()));
    assert!(matches!(none, Err(TransparentError::SecondCount { .. })), "{none:?}");
    second(resigned(&|s| s.attestation = keccak(b"another day")), "it stands beside another attestation");
    second(with(&|b| sign(1, &mut b.seconds[0])), "it is not signed by the account's attestor");
    second(
        resigned(&|s| s.commitments.push(Digest([1; 32]))),
        "it has another number of segments than the account",
    );
    second(resigned(&|s| s.commitments.clear()), "it has another number of segments than the account");
    second(
        resigned(&|s| s.commitments[0] = Digest::default()),
        "a commitment is zero, which stands for no account",
    );
    second(resigned(&|s| s.commitments[0] = Digest([0xff; 32])), "a commitment is not below the field order");

    // What only the proof can say: another book, other declared accounts, another context.
    let rejected = |verdict: Verdict, what: &str| {
        assert!(matches!(verdict, Err(TransparentError::Rejected)), "{what}: {verdict:?}");
    };
    rejected(resigned(&|s| s.commitments[0] = Digest([1; 32])), "another book");
    rejected(context(&|c| c.epoch += 1), "another epoch");
    rejected(context(&|c| c.valid_until += 1), "a longer time");
    let mut fewer = set.clone();
    fewer.entries.pop();
    let mut without = bundle.clone();
    without.attestations.pop();
    without.seconds.pop();
    without.context.account_set = fewer.digest();
    rejected(sheet.verify(&without, &fewer, &expect), "an account that is not declared");
    let alone = sheet.verify_batch(&[(&without, &fewer), (&bundle, set)], &expect);
    assert!(matches!(alone[0], Err(TransparentError::Rejected)) && alone[1].is_ok(), "{alone:?}");
}

/// A sheet that the reader is handed is checked before anything is derived from it.
#[test]
fn no_key_is_derived_of_a_sheet_that_the_checker_refuses() {
    let mut story = story();
    let rules = story.rules.clone();
    story.rules.coefficients.fill(0);
    let unsound = PublicSheet::rows(&story.rules, &story.risk).err();
    assert!(matches!(unsound, Some(TransparentError::Statement(VerifyError::Sheet(_)))), "{unsound:?}");
    story.rules = rules;
    story.rules.shape = "s256".into();
    let other = PublicSheet::rows(&story.rules, &story.risk).err();
    assert!(
        matches!(other, Some(TransparentError::Statement(VerifyError::Shape { what: "the mandate", .. }))),
        "{other:?}"
    );
}

/// Parameters of another size, and of no known size.
#[test]
fn parameters_are_of_the_sheets_own_size() {
    let story = story();
    let rows = PublicSheet::rows(&story.rules, &story.risk).expect("a sound sheet");
    let larger = Parameters::derive(rows + 1);
    let layout = SheetKey::layout(&story.rules, &story.risk).expect("a layout");
    let refused = SheetKey::derive(layout, &larger).err();
    assert!(
        matches!(refused, Some(KeyError::Parameters { got, wanted }) if (got, wanted) == (rows + 1, rows)),
        "{refused:?}"
    );
    let unknown = Parameters::from_bytes(8, &[]).err();
    assert_eq!(unknown, Some(ParametersError::Size(8)));
    let bytes = larger.to_bytes();
    assert!(matches!(Parameters::from_bytes(rows, &bytes).err(), Some(ParametersError::Other { .. })));
}
