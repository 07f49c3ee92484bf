//! A bundle against public files: whose, when, under what, who vouches, and then the proof.

use crate::keys::{KeyError, SheetKey};
use crate::params::Parameters;
use crate::verify::{accepts, batch_accepts};
use ff::Field;
use mandate_circuits_halo2::Layout;
use mandate_circuits_halo2::field::from_bytes;
use mandate_circuits_halo2::poseidon::from_digest;
use mandate_statement::{
    AccountSet, BACKEND_TRANSPARENT, Context, Digest, RiskPart, RuleRows, RulesPart, Shape, SheetError,
    SignedAttestation, TransparentBundle,
};
use mandate_verifier::{Attestor, Claim, Expectations, VerifyError, check_accounts, check_place_and_time};
use pasta_curves::Fp;

/// A sheet that passed the sheet checker, with the key derived from it.
pub struct PublicSheet<'a> {
    pub(crate) rules: &'a RulesPart,
    pub(crate) risk: &'a RiskPart,
    pub(crate) key: SheetKey<'a>,
    mandate_digest: Digest,
    risk_digest: Digest,
}

/// Why a bundle is not accepted.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TransparentError {
    /// What both proof systems ask of a bundle.
    #[error(transparent)]
    Statement(#[from] VerifyError),
    /// The sheet is of no shape.
    #[error(transparent)]
    Sheet(#[from] SheetError),
    /// The sheet has no key.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// Another proof system.
    #[error("the bundle is for backend {0}; wanted is the transparent one ({BACKEND_TRANSPARENT})")]
    Backend(u8),
    /// One second attestation per declared account, in order.
    #[error("there are {got} second attestations for {wanted} declared accounts")]
    SecondCount {
        /// Found.
        got: usize,
        /// Wanted.
        wanted: usize,
    },
    /// A second attestation does not stand beside the first.
    #[error("the second attestation of account {account}: {what}")]
    Second {
        /// The account.
        account: u16,
        /// What is wrong with it.
        what: &'static str,
    },
    /// The proof itself.
    #[error("the proof does not hold for this statement")]
    Rejected,
}

/// What was verified, in the verifier's own words. Only this crate makes one.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct TransparentlyVerified {
    /// Whose, under what, when and where.
    pub context: Context,
    /// Which rule has which rows.
    pub rules: Vec<RuleRows>,
    /// Who vouches for the declared accounts, all present.
    pub attestors: Vec<Attestor>,
    /// Version of the account set.
    pub account_set_version: u64,
    /// Whether attestors and grades are the reader's own, not merely declared.
    pub attestors_known: bool,
    /// Whether the account set is the one the reader named.
    pub account_set_known: bool,
}

impl<'a> PublicSheet<'a> {
    /// How many rows a sheet's key has, as a power of two: the size of the parameters it takes.
    ///
    /// # Errors
    /// [`TransparentError::Statement`] where the sheet checker objects, [`TransparentError::Key`] where there is no layout.
    pub fn rows(rules: &RulesPart, risk: &RiskPart) -> Result<u32, TransparentError> {
        Ok(laid_out(rules, risk)?.k)
    }
    /// Checks a sheet, lays it out and derives its key.
    ///
    /// # Errors
    /// As [`PublicSheet::rows`], and where the parameters are of another size.
    pub fn new(
        rules: &'a RulesPart,
        risk: &'a RiskPart,
        parameters: &'a Parameters,
    ) -> Result<Self, TransparentError> {
        let key = SheetKey::derive(laid_out(rules, risk)?, parameters)?;
        Ok(Self { rules, risk, key, mandate_digest: rules.digest(), risk_digest: risk.digest() })
    }
    /// The key.
    pub const fn key(&self) -> &SheetKey<'a> {
        &self.key
    }
    pub(crate) const fn shape(&self) -> &'static Shape {
        self.key.layout.shape()
    }
    /// That a context names this sheet.
    pub(crate) fn named_by(&self, context: &Context) -> Result<(), VerifyError> {
        for (what, named, given) in [
            ("verifying key", context.key, self.key.id()),
            ("mandate", context.mandate, self.mandate_digest),
            ("snapshot or risk part", context.risk, self.risk_digest),
        ] {
            same(what, named, given)?;
        }
        Ok(())
    }
    /// The segments of an account, in order.
    pub(crate) fn segments(&self, account: u16) -> Vec<usize> {
        let of = &self.risk.layout.account;
        (0..self.shape().segments).filter(|g| of[*g] == Some(account)).collect()
    }
    /// The public inputs: context, which accounts are declared, and every segment's commitment.
    pub(crate) fn instance(&self, context: &Context, declared: &[u16], commitments: &[Fp]) -> Vec<Fp> {
        let active: Vec<bool> = (0u16..).take(self.shape().accounts).map(|a| declared.contains(&a)).collect();
        self.key.layout.instance(from_digest(&context.digest()), &active, commitments)
    }

    /// Verifies one bundle.
    ///
    /// # Errors
    /// [`TransparentError`], the first reason found.
    pub fn verify(
        &self,
        bundle: &TransparentBundle,
        accounts: &AccountSet,
        expect: &Expectations<'_>,
    ) -> Result<TransparentlyVerified, TransparentError> {
        let (instance, verified) = self.check(bundle, accounts, expect)?;
        accepts(&self.key, &instance, &bundle.proof).map_err(|_| TransparentError::Rejected)?;
        Ok(verified)
    }
    /// Verifies several bundles of this sheet; the result at `i` is that of item `i`.
    pub fn verify_batch(
        &self,
        items: &[(&TransparentBundle, &AccountSet)],
        expect: &Expectations<'_>,
    ) -> Vec<Result<TransparentlyVerified, TransparentError>> {
        let mut checked: Vec<_> =
            items.iter().map(|(bundle, accounts)| self.check(bundle, accounts, expect)).collect();
        let whole: Vec<usize> = (0..items.len()).filter(|i| checked[*i].is_ok()).collect();
        let proofs: Vec<(&[Fp], &[u8])> = whole
            .iter()
            .filter_map(|i| checked[*i].as_ref().ok().map(|c| (c.0.as_slice(), items[*i].0.proof.as_slice())))
            .collect();
        let verdicts = batch_accepts(&self.key, &proofs);
        for (i, verdict) in whole.into_iter().zip(verdicts) {
            if verdict.is_err() {
                checked[i] = Err(TransparentError::Rejected);
            }
        }
        checked.into_iter().map(|c| c.map(|(_, verified)| verified)).collect()
    }

    fn check(
        &self,
        bundle: &TransparentBundle,
        accounts: &AccountSet,
        expect: &Expectations<'_>,
    ) -> Result<(Vec<Fp>, TransparentlyVerified), TransparentError> {
        let (shape, context) = (self.shape(), &bundle.context);
        if bundle.backend != BACKEND_TRANSPARENT {
            return Err(TransparentError::Backend(bundle.backend));
        }
        if bundle.shape != shape.name {
            let got = bundle.shape.chars().take(32).collect();
            return Err(VerifyError::Shape { what: "the bundle", got, wanted: shape.name }.into());
        }
        self.named_by(context)?;
        same("subject", context.subject, accounts.subject)?;
        same("account set", context.account_set, accounts.digest())?;
        same("account set", context.account_set, expect.account_set.unwrap_or(context.account_set))?;
        check_place_and_time(context, self.risk, expect)?;
        let commitments = first_commitments(shape, &bundle.attestations);
        let claim = Claim {
            shape,
            context,
            universe: self.risk.universe,
            commitments: &commitments,
            attestations: &bundle.attestations,
        };
        let attestors = check_accounts(&claim, accounts, expect)?;
        let seconds = self.seconds(bundle, accounts)?;
        let declared: Vec<u16> = accounts.entries.iter().map(|e| e.netting_set).collect();
        let verified = TransparentlyVerified {
            context: *context,
            rules: self.rules.rules.clone(),
            attestors,
            account_set_version: accounts.version,
            attestors_known: expect.attestors.is_some(),
            account_set_known: expect.account_set.is_some(),
        };
        Ok((self.instance(context, &declared, &seconds), verified))
    }

    /// Every second attestation beside its first, by the same attestor, with a commitment for each of the account's segments.
    fn seconds(
        &self,
        bundle: &TransparentBundle,
        accounts: &AccountSet,
    ) -> Result<Vec<Fp>, TransparentError> {
        let (got, wanted) = (bundle.seconds.len(), accounts.entries.len());
        if got != wanted {
            return Err(TransparentError::SecondCount { got, wanted });
        }
        let mut out = vec![Fp::ZERO; self.shape().segments];
        for ((entry, first), second) in accounts.entries.iter().zip(&bundle.attestations).zip(&bundle.seconds)
        {
            let account = entry.netting_set;
            let wrong = |what| Err(TransparentError::Second { account, what });
            if second.attestation != first.attestation.signing_hash() {
                return wrong("it stands beside another attestation");
            }
            if second.signer() != Some(entry.attestor) {
                return wrong("it is not signed by the account's attestor");
            }
            let segments = self.segments(account);
            if second.commitments.len() != segments.len() {
                return wrong("it has another number of segments than the account");
            }
            for (segment, commitment) in segments.into_iter().zip(&second.commitments) {
                match from_bytes(&commitment.0) {
                    Some(value) if value != Fp::ZERO => out[segment] = value,
                    Some(_) => return wrong("a commitment is zero, which stands for no account"),
                    None => return wrong("a commitment is not below the field order"),
                }
            }
        }
        Ok(out)
    }
}

fn laid_out(rules: &RulesPart, risk: &RiskPart) -> Result<Layout, TransparentError> {
    let shape = risk.shape()?;
    if rules.shape != shape.name {
        let got = rules.shape.chars().take(32).collect();
        return Err(VerifyError::Shape { what: "the mandate", got, wanted: shape.name }.into());
    }
    mandate_checker::check(rules, risk)
        .map_err(|findings| VerifyError::Sheet(findings.iter().map(ToString::to_string).collect()))?;
    Ok(Layout::of(rules, risk).map_err(KeyError::from)?)
}

/// The first commitments by account, as the attestations have them.
fn first_commitments(shape: &Shape, attestations: &[SignedAttestation]) -> Vec<Digest> {
    let mut out = vec![Digest::default(); shape.accounts];
    for signed in attestations {
        if let Some(place) = out.get_mut(usize::from(signed.attestation.netting_set)) {
            *place = signed.attestation.commitment;
        }
    }
    out
}

fn same(what: &'static str, named: Digest, given: Digest) -> Result<(), VerifyError> {
    if named == given {
        return Ok(());
    }
    Err(VerifyError::Binding { what, named: named.to_string(), given: given.to_string() })
}
