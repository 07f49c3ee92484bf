//! The proof system without a ceremony, where `mandate prove` or `mandate verify` is asked for it.

use crate::cmd::prove::Terms;
use crate::failure::{At, Done, Failure, Outcome, fail};
use crate::files;
use crate::keys::KeyArgs;
use crate::openings::Handed;
use crate::screen::{Screen, seconds};
use crate::sheet::Sheet;
use crate::verdict;
use mandate_statement::{
    AccountSet, AttestorGrade, BACKEND_TRANSPARENT, Context, Kind, TransparentBundle, decode,
};
use mandate_transparent::prove::{SecondOpening, SheetProver, prove as prove_it};
use mandate_transparent::{Parameters, PublicSheet};
use mandate_verifier::Expectations;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The parameters for `2^k` rows: from the folder of keys where they are there and are what the hash gives, else hashed anew and
/// kept there.
pub fn parameters(k: u32, keys: &KeyArgs, screen: &Screen) -> Result<Parameters, Failure> {
    let path = keys.params.join(format!("transparent-{k}.params"));
    if path.exists() {
        let bytes = files::read(&path, Parameters::length(k) as u64)?;
        match Parameters::from_bytes(k, &bytes) {
            Ok(parameters) => return Ok(parameters),
            Err(why) => screen.say(format!("{}: {why}; they are hashed again", path.display())),
        }
    }
    let (parameters, took) =
        screen.timed(&format!("hashing the parameters for 2^{k} rows"), || Parameters::derive(k));
    screen.say(format!("parameters for 2^{k} rows hashed in {}", seconds(took)));
    files::write(&path, &parameters.to_bytes())?;
    Ok(parameters)
}

/// Proves a book that keeps its rules, and verifies what was proven.
pub fn prove(
    sheet: &Sheet,
    handed: &[Handed],
    set: &AccountSet,
    terms: Terms,
    keys: &KeyArgs,
    screen: &Screen,
) -> Result<(TransparentBundle, Duration), Failure> {
    let accounts = handed.iter().map(second_opening).collect::<Result<Vec<_>, _>>()?;
    let (rules, risk) = (&sheet.compiled.part, &sheet.risk);
    let parameters = parameters(PublicSheet::rows(rules, risk)?, keys, screen)?;
    let (public, _) = screen.timed("the sheet's key", || PublicSheet::new(rules, risk, &parameters));
    let public = public?;
    let context = context(sheet, &public, set, terms);
    let prover = SheetProver::new(public.key())?;
    let (bundle, took) = screen.timed("proving", || prove_it(&public, &prover, context, &accounts));
    let bundle = bundle?;
    let expect = Expectations {
        now: context.as_of,
        max_age: 0,
        min_grade: AttestorGrade::SelfAttested,
        attestors: None,
        account_set: None,
        development_keys: true,
        chain: terms.chain,
    };
    screen.timed("verifying what was proven", || public.verify(&bundle, set, &expect)).0?;
    Ok((bundle, took))
}

fn second_opening(handed: &Handed) -> Result<SecondOpening<'_>, Failure> {
    match (&handed.opening.seed, &handed.second) {
        (Some(seed), Some(second)) => Ok(SecondOpening {
            quantities: &handed.opening.quantities,
            seed,
            attestation: &handed.signed,
            second,
        }),
        _ => fail(format!(
            "the opening of account {} has no second commitment; its custodian makes one with `mandate attest --second`",
            handed.opening.netting_set
        )),
    }
}

fn context(sheet: &Sheet, public: &PublicSheet<'_>, set: &AccountSet, terms: Terms) -> Context {
    let (chain_id, registry) = terms.chain.unwrap_or_default();
    Context {
        chain_id,
        registry,
        subject: set.subject,
        key: public.key().id(),
        mandate: sheet.compiled.part.digest(),
        risk: sheet.risk.digest(),
        account_set: set.digest(),
        as_of: sheet.snapshot.as_of,
        valid_until: sheet.snapshot.as_of.saturating_add(terms.valid_for),
        epoch: terms.epoch,
    }
}

/// Reads a bundle of this proof system; `None` where the file is another.
pub fn read_bundle(path: &Path) -> Result<Option<TransparentBundle>, Failure> {
    let bytes = files::read(path, Kind::TransparentBundle.limit() as u64 + 1024)?;
    // The kind stands in bytes 10 and 11 of every file.
    if bytes.get(10..12) != Some((Kind::TransparentBundle as u16).to_le_bytes().as_slice()) {
        return Ok(None);
    }
    decode(Kind::TransparentBundle, &bytes).map(Some).at(path.display())
}

/// Verifies bundles of one sheet, each against its own account set or all against one.
pub fn verify(
    bundles: &[(PathBuf, TransparentBundle)],
    sheet: &Sheet,
    sets: &[AccountSet],
    expect: &Expectations<'_>,
    keys: &KeyArgs,
    screen: &Screen,
) -> Done {
    let (rules, risk) = (&sheet.compiled.part, &sheet.risk);
    let parameters = parameters(PublicSheet::rows(rules, risk)?, keys, screen)?;
    let (public, key_time) = screen.timed("the sheet's key", || PublicSheet::new(rules, risk, &parameters));
    let public = public?;
    let (results, took) = screen.timed("verifying", || match bundles {
        [(_, one)] => vec![public.verify(one, &sets[0], expect)],
        many => {
            let items: Vec<_> = many.iter().map(|(_, bundle)| bundle).zip(sets.iter().cycle()).collect();
            public.verify_batch(&items, expect)
        }
    });
    screen.say(format!(
        "{} bundle(s) without a ceremony: key derived in {}, verified in {}",
        bundles.len(),
        seconds(key_time),
        seconds(took)
    ));
    for (path, bundle) in bundles {
        if bundle.groth16.is_some() {
            screen.say(format!(
                "{}: the same statement under Groth16 is in the file too; `--groth16` verifies that one",
                path.display()
            ));
        }
    }
    let paths = bundles.iter().map(|(path, _)| path);
    let holds = verdict::say(paths, &results, sheet, Some(BACKEND_TRANSPARENT), screen);
    Ok(if holds { Outcome::Holds } else { Outcome::DoesNotHold })
}
