//! What a verifier asks of declared accounts, of the place and of the time, each refusal alone and at its edge. No proof is needed for it.

use mandate_book::examples::Example;
use mandate_statement::{AccountSet, AttestorGrade, Context, Digest, SignedAttestation};
use mandate_testing::{MANDATE, Story};
use mandate_verifier::{Claim, Expectations, VerifyError, check_accounts, check_place_and_time};
use std::collections::BTreeMap;
use std::sync::OnceLock;

fn story() -> &'static Story {
    static STORY: OnceLock<Story> = OnceLock::new();
    STORY.get_or_init(|| Story::of("t32", MANDATE, Example::Lawful))
}

fn expect() -> Expectations<'static> {
    Expectations {
        now: story().risk.as_of + 60,
        max_age: 3600,
        min_grade: AttestorGrade::Administrator,
        attestors: None,
        account_set: None,
        development_keys: true,
        chain: None,
    }
}

/// What is claimed, before it is changed.
#[derive(Clone)]
struct Said {
    context: Context,
    universe: Digest,
    commitments: Vec<Digest>,
    attestations: Vec<SignedAttestation>,
    accounts: AccountSet,
}

impl Said {
    fn honest() -> Self {
        let s = story();
        let mut commitments = vec![Digest::default(); s.shape.accounts];
        for (signed, _) in &s.opened {
            commitments[usize::from(signed.attestation.netting_set)] = signed.attestation.commitment;
        }
        Self {
            context: s.context(Digest([7; 32])),
            universe: s.risk.universe,
            commitments,
            attestations: s.opened.iter().map(|(signed, _)| signed.clone()).collect(),
            accounts: s.accounts.clone(),
        }
    }
    fn check_with(&self, expect: &Expectations<'_>) -> Result<usize, VerifyError> {
        let claim = Claim {
            shape: story().shape,
            context: &self.context,
            universe: self.universe,
            commitments: &self.commitments,
            attestations: &self.attestations,
        };
        check_accounts(&claim, &self.accounts, expect).map(|list| list.len())
    }
    fn check(&self) -> Result<usize, VerifyError> {
        self.check_with(&expect())
    }
}

fn changed(change: impl FnOnce(&mut Said)) -> VerifyError {
    let mut said = Said::honest();
    change(&mut said);
    said.check().expect_err("it was changed")
}

#[test]
fn declared_accounts_stand_in_order_and_in_the_shape() {
    let count = Said::honest().check().expect("an honest claim");
    assert_eq!(count, story().opened.len());
    assert!(count > 1, "order is of two at least");
    let last = count - 1;
    assert!(matches!(
        changed(|s| s.commitments.truncate(2)),
        VerifyError::CommitmentCount { got: 2, wanted: 3 }
    ));
    assert!(matches!(changed(|s| s.accounts.entries.clear()), VerifyError::AccountOrder(0)));
    let twins = changed(|s| s.accounts.entries[last].netting_set = s.accounts.entries[last - 1].netting_set);
    assert!(matches!(twins, VerifyError::AccountOrder(at) if at == last), "{twins}");
    let swapped = changed(|s| s.accounts.entries.swap(last - 1, last));
    assert!(matches!(swapped, VerifyError::AccountOrder(at) if at == last), "{swapped}");
    let shared = changed(|s| {
        s.accounts.entries[last].attestor = s.accounts.entries[last - 1].attestor;
        s.accounts.entries[last].account = s.accounts.entries[last - 1].account;
    });
    assert!(matches!(shared, VerifyError::AccountTwice(at) if usize::from(at) == last), "{shared}");
    let beyond = changed(|s| s.accounts.entries[last].netting_set = 3);
    assert!(matches!(beyond, VerifyError::NoSuchAccount(3)), "{beyond}");
}

#[test]
fn every_declared_account_is_there_and_no_other() {
    let last = u16::try_from(story().opened.len() - 1).expect("few");
    let missing = changed(|s| s.commitments[usize::from(last)] = Digest::default());
    assert!(matches!(missing, VerifyError::AccountMissing(at) if at == last), "{missing}");
    let extra = changed(|s| {
        s.accounts.entries.pop();
    });
    assert!(matches!(extra, VerifyError::AccountExtra(at) if at == last), "{extra}");
    // The order of the field, and one less: a number has one spelling.
    let order = Digest::from_hex("30644e72e131a029b85045b68181585d2833e84879b9709143e1f593f0000001")
        .expect("a digest");
    let alias = changed(|s| s.commitments[0] = order);
    assert!(matches!(alias, VerifyError::NotCanonical(0)), "{alias}");
    let mut below = order;
    below.0[31] = 0;
    let other = changed(|s| s.commitments[0] = below);
    assert!(matches!(other, VerifyError::Attestation { account: 0, what: "commitment" }), "{other}");
    let fewer = changed(|s| {
        s.attestations.pop();
    });
    assert!(matches!(fewer, VerifyError::AttestationCount { .. }), "{fewer}");
}

#[test]
fn every_field_that_is_signed_is_compared() {
    type Change = fn(&mut SignedAttestation);
    let fields: [(&str, Change); 6] = [
        ("netting set", |a| a.attestation.netting_set ^= 1),
        ("subject", |a| a.attestation.subject.0[0] ^= 1),
        ("account", |a| a.attestation.account.0[0] ^= 1),
        ("universe", |a| a.attestation.universe.0[0] ^= 1),
        ("instant", |a| a.attestation.as_of ^= 1),
        ("commitment", |a| a.attestation.commitment.0[31] ^= 1),
    ];
    for (field, change) in fields {
        let refused = changed(|s| change(&mut s.attestations[0]));
        assert!(
            matches!(refused, VerifyError::Attestation { account: 0, what } if what == field),
            "{refused}"
        );
    }
    let number = changed(|s| s.attestations[0].attestation.sequence += 1);
    assert!(matches!(number, VerifyError::Signature { account: 0, .. }), "{number}");
    let other = changed(|s| s.accounts.entries[0].attestor[0] ^= 1);
    assert!(matches!(other, VerifyError::Signature { account: 0, .. }), "{other}");
}

#[test]
fn grades_are_the_readers() {
    let said = Said::honest();
    let with = |min_grade, attestors| said.check_with(&Expectations { min_grade, attestors, ..expect() });
    // The set declares custodians: that grade is enough, and the next is not.
    assert!(with(AttestorGrade::Custodian, None).is_ok());
    assert!(matches!(
        with(AttestorGrade::Venue, None),
        Err(VerifyError::Grade { account: 0, got: AttestorGrade::Custodian, wanted: AttestorGrade::Venue })
    ));
    let list: BTreeMap<_, _> =
        said.accounts.entries.iter().map(|e| (e.attestor, AttestorGrade::Administrator)).collect();
    assert!(with(AttestorGrade::Administrator, Some(&list)).is_ok());
    assert!(matches!(
        with(AttestorGrade::Custodian, Some(&list)),
        Err(VerifyError::Grade { account: 0, .. })
    ));
    let mut others = list.clone();
    others.remove(&said.accounts.entries[0].attestor);
    let unknown = with(AttestorGrade::Administrator, Some(&others));
    assert!(matches!(unknown, Err(VerifyError::UnknownAttestor { account: 0, .. })));
}

#[test]
fn place_and_time() {
    let s = story();
    let context = s.context(Digest([7; 32]));
    let check = |change: fn(&mut Context), expect: &Expectations<'_>| {
        let mut context = context;
        change(&mut context);
        check_place_and_time(&context, &s.risk, expect)
    };
    let at = |now, max_age| Expectations { now, max_age, ..expect() };
    let (as_of, until) = (context.as_of, context.valid_until);
    // At the instant itself, at the last second of its time, and at the last of the reader's patience.
    for (now, max_age) in [(as_of, 0), (until, u64::MAX), (as_of + 3600, 3600)] {
        assert!(check(|_| (), &at(now, max_age)).is_ok(), "{now} {max_age}");
    }
    assert!(matches!(check(|_| (), &at(as_of - 1, 3600)), Err(VerifyError::Future { .. })));
    assert!(matches!(check(|_| (), &at(until + 1, u64::MAX)), Err(VerifyError::Expired { .. })));
    let stale = check(|_| (), &at(as_of + 3601, 3600));
    assert!(matches!(stale, Err(VerifyError::Stale { age: 3601, max_age: 3600, .. })), "{stale:?}");
    let other = check(|c| c.as_of -= 1, &expect()).expect_err("another instant").to_string();
    assert!(other.contains("instant") && other.contains(&as_of.to_string()), "{other}");
    // For no chain, or for one registry of one chain.
    let named = Expectations { chain: Some((8453, [0xab; 20])), ..expect() };
    let refused = check(|_| (), &named).expect_err("for no chain").to_string();
    let place = format!("chain 8453, registry 0x{}", "ab".repeat(20));
    assert!(refused.contains("no chain") && refused.contains(&place), "{refused}");
    let here = |c: &mut Context| (c.chain_id, c.registry) = (8453, [0xab; 20]);
    assert!(check(here, &named).is_ok());
    assert!(check(here, &expect()).is_err());
    assert!(check(|c| (c.chain_id, c.registry) = (8453, [0xac; 20]), &named).is_err());
    assert!(check(|c| (c.chain_id, c.registry) = (8454, [0xab; 20]), &named).is_err());
}
