//! The story up to the chain.

use super::books::Scene;
use super::chain;
use super::parties::{Attestors, Subject};
use super::refusals::Refusals;
use super::table::Table;
use super::twice;
use crate::book;
use crate::cmd::evaluate::{table, verdicts};
use crate::cmd::prove::{Proven, Terms, context, prove};
use crate::failure::{Done, Failure, Outcome, fail};
use crate::keys::KeyArgs;
use crate::screen::{Screen, grouped, seconds};
use crate::sheet::{Sheet, rule_line};
use crate::verdict::Verdict;
use mandate_policy::Mandate;
use mandate_prover::{AccountOpening, Prover, Task};
use mandate_statement::{AttestorGrade, Bundle, Digest, Kind, encode};
use mandate_verifier::{BatchItem, Expectations, Verifier};
use serde_json::json;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Instant;

/// How long a proof of the story is valid, in seconds.
pub const VALID_FOR: u64 = 86_400;
/// The honest subject and the other one.
const NAMES: [&str; 2] = ["Example Fund", "Reckless Fund"];

/// Choices of whoever runs it.
pub struct Options {
    /// Where keys are.
    pub keys: KeyArgs,
    /// Without a chain.
    pub no_chain: bool,
    /// Root of the repository, below which the local node is looked for.
    pub root: PathBuf,
}

/// What the story is about, once it is set up.
pub struct Stage<'a> {
    /// Mandate and market.
    pub sheet: &'a Sheet,
    /// Attestors.
    pub attestors: &'a Attestors,
    /// Keeps the mandate.
    pub honest: &'a Subject,
    /// Does not.
    pub reckless: &'a Subject,
    /// Proves.
    pub prover: &'a Prover,
    /// Points of the sheet.
    pub point: &'a mandate_verifier::Sheet<'a>,
    /// A valid proof meant for no chain.
    pub bundle: &'a Bundle,
}

/// Tells the story; exit code 1 where anything that must be refused was not.
pub fn tell(scene: Scene, options: &Options, screen: &Screen) -> Done {
    let start = Instant::now();
    let folder = tempfile::tempdir()?;
    let (mut figures, mut refusals) = (Table::default(), Refusals::default());
    let (file, text) = &scene.mandate;
    screen.say("\n== 1. A mandate and a market, both public, compile to a sheet of integers ==");
    let mandate = Mandate::parse(file, text)?;
    let (sheet, compile_time) = screen.timed("compiling the sheet", || Sheet::of(mandate, scene.snapshot));
    let sheet = sheet?;
    screen.say(crate::cmd::snapshot::summary(&sheet.snapshot));
    screen.say(format!("mandate {} ({file})", sheet.compiled.part.digest()));
    sheet.mandate.rules.iter().for_each(|r| screen.say(format!("  {:<24} {}", r.id, r.text)));
    screen.say("the sheet checker, which shares no code with the compiler, finds nothing wrong");

    screen.say("\n== 2. A key for the shape ==");
    let prover = options.keys.prover(sheet.shape(), None, None, screen)?;

    screen.say("\n== 3. Custodians read their own records, commit and sign ==");
    let mut attestors = Attestors::new(&sheet.snapshot, folder.path())?;
    let honest = attestors.attest(NAMES[0], &scene.lawful, &sheet.snapshot, &folder.path().join("honest"))?;
    let reckless =
        attestors.attest(NAMES[1], &scene.unlawful, &sheet.snapshot, &folder.path().join("reckless"))?;
    for (entry, handed) in honest.set.entries.iter().zip(&honest.handed) {
        screen.say(format!(
            "  {:<28} {:<13} signs commitment {}",
            sheet.snapshot.universe.account_label(usize::from(entry.netting_set)).unwrap_or_default(),
            crate::accounts::grade_name(entry.grade),
            handed.signed.attestation.commitment.short()
        ));
    }

    screen.say(format!("\n== 4. {} looks at its own book: private, on its own machine ==", honest.name));
    let holdings = book::of_openings(&honest.handed, &sheet.snapshot, sheet.shape())?;
    let (list, nav) = verdicts(&sheet, &holdings)?;
    screen.say(table(&sheet.mandate, &sheet.snapshot, &list, nav));
    drop(holdings);

    screen.say("\n== 5. It proves ==");
    let terms = Terms { chain: None, epoch: 1, valid_for: VALID_FOR };
    let Proven::Bundle(bundle, prove_time) =
        prove(&sheet, &honest.handed, &honest.set, &prover, terms, screen)?
    else {
        return fail("the book of this story should keep its mandate, and does not");
    };
    let bytes = encode(Kind::Bundle, bundle.as_ref());
    screen.say(format!(
        "  a bundle of {} bytes, of them {} of proof, in {}",
        bytes.len(),
        bundle.proof.len(),
        seconds(prove_time)
    ));

    screen.say("\n== 6. An auditor verifies, with the bundle and public files alone ==");
    let verifier = Verifier::new(prover.key().verifying().clone());
    // The auditor knows who the attestors are, and had the account set from the fund's administrator.
    let known: BTreeMap<[u8; 20], AttestorGrade> =
        honest.set.entries.iter().map(|e| (e.attestor, e.grade)).collect();
    let expect = Expectations {
        attestors: Some(&known),
        account_set: Some(honest.set.digest()),
        ..expectations(&sheet)
    };
    let (point, point_time) = screen.timed("points", || verifier.sheet(&sheet.compiled.part, &sheet.risk));
    let point = point?;
    let (verified, verify_time) =
        screen.timed("verifying", || verifier.verify(&bundle, &point, &honest.set, &expect));
    let verified = verified?;
    let bare = Verdict::from(&verified).without_rows(&sheet);
    if !bare.is_empty() {
        return fail(format!("no rows prove rule(s) {}", bare.join(", ")));
    }
    screen.say(format!("  holds, in {}; rule by rule:", seconds(verify_time)));
    verified.rules.iter().for_each(|r| screen.say(format!("    {}", rule_line(r))));

    figures.row("shape", format!("{} ({} slots)", sheet.shape().name, grouped(sheet.shape().slots)));
    figures.row("constraints", grouped(prover.constraints()));
    figures.row("public inputs, collapsed to two points", grouped(prover.inputs()));
    for (what, extension) in [("proving key", "pk"), ("verifying key", "vk")] {
        let size = std::fs::metadata(options.keys.path(sheet.shape(), extension)).map_or(0, |m| m.len());
        figures.row(what, format!("{} bytes", grouped(size)));
    }
    figures.row("compile the sheet, both parts, checked", seconds(compile_time));
    figures.row("prove", seconds(prove_time));
    figures.row("sheet points, once per sheet", seconds(point_time));
    figures.row("verify, points known", seconds(verify_time));
    figures.row("proof", format!("{} bytes", bundle.proof.len()));
    figures.row("bundle with attestations", format!("{} bytes", grouped(bytes.len())));

    twice::tell(&sheet, &honest, &bundle, &expect, &options.keys, &mut figures, screen)?;

    screen.say("\n== 7. What an auditor refuses ==");
    let stage = Stage {
        sheet: &sheet,
        attestors: &attestors,
        honest: &honest,
        reckless: &reckless,
        prover: &prover,
        point: &point,
        bundle: &bundle,
    };
    refuse(&stage, &verifier, &mut refusals, screen)?;

    if options.no_chain {
        screen.say("\n== 8. No chain: left out as asked ==");
    } else {
        chain::tell(&stage, options, &mut figures, &mut refusals, screen)?;
    }

    let all = refusals.all();
    figures.row("the whole story", seconds(start.elapsed()));
    screen.say("");
    screen.data(
        || {
            let refused = refusals.list.iter().filter(|t| t.refused).count();
            format!(
                "{}\n{refused} of {} attempts refused as they must be",
                figures.text(),
                refusals.list.len()
            )
        },
        || {
            json!({
                "holds": all,
                "figures": figures.json(),
                "refusals": refusals.list.iter().map(|t| json!({
                    "what": t.what, "by": t.by, "reason": t.reason, "refused": t.refused,
                })).collect::<Vec<_>>(),
            })
        },
    );
    if all {
        return Ok(Outcome::Holds);
    }
    screen.say("something that must be refused was not: see NOT AS IT MUST BE above");
    Ok(Outcome::DoesNotHold)
}

/// A reader who looks ten minutes after the snapshot.
fn expectations(sheet: &Sheet) -> Expectations<'static> {
    Expectations {
        now: sheet.snapshot.as_of + 600,
        max_age: VALID_FOR,
        min_grade: AttestorGrade::Administrator,
        attestors: None,
        account_set: None,
        development_keys: true,
        chain: None,
    }
}

/// The task of proving a subject's book, whatever its rules say.
fn task<'a>(stage: &Stage<'a>, subject: &'a Subject, terms: Terms) -> Task<'a> {
    Task {
        context: context(stage.sheet, &subject.set, stage.prover, terms),
        rules: &stage.sheet.compiled.part,
        risk: &stage.sheet.risk,
        accounts: subject
            .handed
            .iter()
            .map(|h| AccountOpening {
                quantities: &h.opening.quantities,
                blinding: &h.opening.blinding,
                attestation: &h.signed,
            })
            .collect(),
    }
}

/// Everything that an honest reader refuses, each tried.
fn refuse(
    stage: &Stage<'_>,
    verifier: &Verifier,
    refusals: &mut Refusals,
    screen: &Screen,
) -> Result<(), Failure> {
    let (sheet, bundle) = (stage.sheet, stage.bundle);
    let terms = Terms { chain: None, epoch: 1, valid_for: VALID_FOR };
    let accounts = &stage.honest.set;
    let expect = expectations(sheet);
    let verify = |b: &Bundle, e: &Expectations<'_>| verifier.verify(b, stage.point, accounts, e);

    let over = match prove(sheet, &stage.reckless.handed, &stage.reckless.set, stage.prover, terms, screen)? {
        Proven::Broken(rules) => Err(rules.into_iter().map(|(_, text)| text).collect::<Vec<_>>().join("\n")),
        Proven::Bundle(..) => Ok(()),
    };
    refusals.expect(
        "a book over the limit, before anything is proven",
        "mandate prove",
        "does not hold",
        over,
        screen,
    );
    let unlawful = stage.prover.prove(&task(stage, stage.reckless, terms));
    refusals.expect(
        "the same book, with the rules not looked at first",
        "the circuit",
        "no proof of it exists",
        unlawful,
        screen,
    );

    let (accepted, _) = screen.timed("flipping every bit of the proof", || {
        let flipped = |bit: usize| {
            let mut forged = bundle.clone();
            forged.proof[bit / 8] ^= 1 << (bit % 8);
            verify(&forged, &expect).is_ok()
        };
        (0..bundle.proof.len() * 8).filter(|bit| flipped(*bit)).count()
    });
    let mut forged = bundle.clone();
    forged.proof[40] ^= 1;
    let result = if accepted == 0 {
        verify(&forged, &expect).map_err(|e| e.to_string())
    } else {
        Err(format!("{accepted} bits"))
    };
    refusals.expect(
        "a proof with one bit flipped, for each of its 1,024 bits",
        "mandate verify",
        "proof",
        result,
        screen,
    );

    let other = Terms { epoch: 2, ..terms };
    let Proven::Bundle(later, _) =
        prove(sheet, &stage.honest.handed, &stage.honest.set, stage.prover, other, screen)?
    else {
        return fail("the book of this story should keep its mandate, and does not");
    };
    let mut forged = bundle.clone();
    forged.proof.clone_from(&later.proof);
    refusals.expect(
        "a forged proof: a true proof of another statement in this one's place",
        "mandate verify",
        "the proof does not hold for this statement",
        verify(&forged, &expect),
        screen,
    );
    let item = |bundle| BatchItem { bundle, sheet: stage.point, accounts };
    let results = verifier.verify_batch(&[item(bundle), item(&forged), item(&later)], &expect);
    let found = match results.as_slice() {
        [Ok(_), Err(why), Ok(_)] => Err(why.to_string()),
        _ => Ok(()),
    };
    refusals.expect(
        "the forged one between two true ones, in one batch",
        "mandate verify",
        "the proof does not hold for this statement",
        found,
        screen,
    );

    let mut left_out = bundle.clone();
    if let Some(last) = left_out.commitments.iter_mut().rev().find(|c| **c != Digest::default()) {
        *last = Digest::default();
    }
    refusals.expect(
        "an account left out",
        "mandate verify",
        "is missing",
        verify(&left_out, &expect),
        screen,
    );

    let stolen = verifier.verify(bundle, stage.point, &stage.reckless.set, &expect);
    let what = format!("{}, showing the proof of {}", stage.reckless.name, stage.honest.name);
    refusals.expect(what, "mandate verify", "another subject", stolen, screen);

    let late = Expectations { now: sheet.snapshot.as_of + VALID_FOR + 3600, ..expect };
    refusals.expect(
        "the proof, an hour after its end",
        "mandate verify",
        "expired",
        verify(bundle, &late),
        screen,
    );
    let strict = Expectations { now: sheet.snapshot.as_of + 7200, max_age: 3600, ..expect };
    refusals.expect(
        "the proof, two hours old, by a reader who takes one",
        "mandate verify",
        "stale",
        verify(bundle, &strict),
        screen,
    );
    let strangers = BTreeMap::new();
    let choosy = Expectations { attestors: Some(&strangers), ..expect };
    refusals.expect(
        "attestors the reader does not know",
        "mandate verify",
        "not on the reader's list",
        verify(bundle, &choosy),
        screen,
    );
    let careful = Expectations { development_keys: false, ..expect };
    refusals.expect(
        "a development key, by a reader who did not ask for one",
        "mandate verify",
        "development key",
        verify(bundle, &careful),
        screen,
    );
    Ok(())
}
