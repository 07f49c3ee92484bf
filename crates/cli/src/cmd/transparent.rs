//! The proof system without a ceremony, where `mandate prove` or `mandate verify` is asked for it.

use crate::accounts::grade_name;
use crate::cmd::prove::Terms;
use crate::failure::{At, Done, Failure, Outcome, fail};
use crate::files;
use crate::keys::KeyArgs;
use crate::openings::Handed;
use crate::screen::{Screen, seconds};
use crate::sheet::{Sheet, rule_line};
use mandate_market::time;
use mandate_statement::{
    AccountSet, AttestorGrade, BACKEND_TRANSPARENT, Context, Kind, TransparentBundle, decode,
};
use mandate_transparent::prove::{SecondOpening, SheetProver, prove as prove_it};
use mandate_transparent::{Parameters, PublicSheet, TransparentError, TransparentlyVerified};
use mandate_verifier::Expectations;
use serde_json::{Value, json};
use std::fmt::Write as _;
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
    let mut holds = true;
    for ((path, bundle), result) in bundles.iter().zip(&results) {
        match result {
            Err(why) => {
                holds = false;
                screen.say(format!("{}: refused: {why}", path.display()));
            }
            Ok(verified) => {
                let bare = rules_without_rows(sheet, verified);
                if !bare.is_empty() {
                    holds = false;
                    screen.say(format!(
                        "{}: refused: no rows prove rule(s) {}",
                        path.display(),
                        bare.join(", ")
                    ));
                }
            }
        }
        if bundle.groth16.is_some() {
            screen.say(format!(
                "{}: the same statement under Groth16 is in the file too; `--groth16` verifies that one",
                path.display()
            ));
        }
    }
    let list: Vec<_> = bundles.iter().map(|(path, _)| path).zip(&results).collect();
    screen.data(
        || list.iter().map(|(path, result)| text(path, result)).collect(),
        || json!({ "holds": holds, "bundles": list.iter().map(|(p, r)| as_json(p, r)).collect::<Vec<_>>() }),
    );
    Ok(if holds { Outcome::Holds } else { Outcome::DoesNotHold })
}

/// Every rule of the mandate must have rows in what was verified.
pub fn rules_without_rows(sheet: &Sheet, verified: &TransparentlyVerified) -> Vec<String> {
    let has_rows = |id: &str| verified.rules.iter().any(|r| r.id == id && !r.rows.is_empty());
    sheet.mandate.rules.iter().filter(|r| !has_rows(&r.id)).map(|r| r.id.clone()).collect()
}

fn text(path: &Path, result: &Result<TransparentlyVerified, TransparentError>) -> String {
    let Ok(verified) = result else { return format!("{}: not accepted\n", path.display()) };
    let c = &verified.context;
    let mut out = format!("{}: holds, without a ceremony\n", path.display());
    let _ = writeln!(out, "  subject     {}", c.subject);
    let _ = writeln!(
        out,
        "  as of       {}, valid until {}",
        time::instant_text(c.as_of),
        time::instant_text(c.valid_until)
    );
    let _ = writeln!(out, "  mandate     {}", c.mandate);
    let _ = writeln!(out, "  risk part   {}", c.risk);
    let _ = writeln!(out, "  sheet's key {}", c.key);
    let _ = writeln!(
        out,
        "  account set {}, version {}{}",
        c.account_set,
        verified.account_set_version,
        if verified.account_set_known { "" } else { ", as handed in; --account-set pins it" }
    );
    let said = if verified.attestors_known { "by your list" } else { "as declared; --attestors pins it" };
    for a in &verified.attestors {
        let _ = writeln!(
            out,
            "  account {:<3} attested twice by 0x{}, {} {said}",
            a.netting_set,
            hex::encode(a.address),
            grade_name(a.grade)
        );
    }
    let _ = writeln!(out, "  proven, rule by rule:");
    for rule in &verified.rules {
        let _ = writeln!(out, "    {}", rule_line(rule));
    }
    out
}

fn as_json(path: &Path, result: &Result<TransparentlyVerified, TransparentError>) -> Value {
    match result {
        Ok(v) => json!({
            "bundle": path, "holds": true, "backend": BACKEND_TRANSPARENT, "context": v.context,
            "attestors_known": v.attestors_known, "account_set_version": v.account_set_version,
            "account_set_known": v.account_set_known,
            "attestors": v.attestors.iter().map(|a| json!({
                "netting_set": a.netting_set, "address": format!("0x{}", hex::encode(a.address)), "grade": a.grade,
            })).collect::<Vec<_>>(),
            "rules": v.rules.iter().map(|r| json!({
                "id": r.id,
                "rows": r.rows.iter().map(|w| format!("{:?} {}", w.family, w.index)).collect::<Vec<_>>(),
            })).collect::<Vec<_>>(),
        }),
        Err(why) => {
            json!({ "bundle": path, "holds": false, "backend": BACKEND_TRANSPARENT, "refused": why.to_string() })
        }
    }
}
