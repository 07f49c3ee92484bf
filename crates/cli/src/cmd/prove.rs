//! `mandate prove`.

use crate::accounts;
use crate::book;
use crate::cmd::evaluate::{broken, verdicts};
use crate::failure::{Done, Failure, Outcome, fail};
use crate::files;
use crate::keys::{self, KeyArgs};
use crate::openings::{self, Handed};
use crate::place;
use crate::screen::{Screen, seconds};
use crate::sheet::Sheet;
use mandate_prover::{AccountOpening, Prover, Task};
use mandate_statement::{AccountSet, AttestorGrade, Bundle, Context, Kind, encode};
use mandate_verifier::{Expectations, Verifier};
use serde_json::json;
use std::path::PathBuf;
use std::time::Duration;

/// What to prove.
#[derive(clap::Args)]
pub struct Args {
    /// The mandate, a TOML file.
    mandate: PathBuf,
    /// The snapshot.
    #[arg(short, long, value_name = "SNAP")]
    snapshot: PathBuf,
    /// Folder of openings with their attestations, as `mandate attest` writes them.
    #[arg(short, long, value_name = "DIR")]
    book: PathBuf,
    /// The subject's declared accounts.
    #[arg(long, value_name = "TOML")]
    accounts: PathBuf,
    /// Proving key; that of the shape in the folder of keys where none is named.
    #[arg(long, value_name = "PK")]
    key: Option<PathBuf>,
    #[command(flatten)]
    keys: KeyArgs,
    #[command(flatten)]
    place: Place,
    /// Number of the scheduled period the proof is for.
    #[arg(long, default_value_t = 1)]
    epoch: u64,
    /// How long after the snapshot's instant the proof says something.
    #[arg(long, value_name = "SPAN", default_value = "1d", value_parser = place::span)]
    valid_for: u64,
    /// Proof system.
    #[arg(long, default_value = "groth16")]
    backend: Backend,
    /// Where to write the bundle.
    #[arg(short, long, value_name = "BUNDLE")]
    out: PathBuf,
}

/// Proof systems.
#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Backend {
    /// Groth16 over BN254: small proofs, for chains; needs a key per shape.
    Groth16,
    /// Without any setup; not in this version.
    Transparent,
}

/// The chain and registry that a proof is for.
#[derive(clap::Args, Clone, Copy)]
pub struct Place {
    /// Chain the proof is meant for; none where nothing is said.
    #[arg(long, requires = "registry")]
    pub chain_id: Option<u64>,
    /// The compliance registry there.
    #[arg(long, requires = "chain_id", value_parser = place::address)]
    pub registry: Option<[u8; 20]>,
}

impl Place {
    /// Both or neither.
    pub fn pair(self) -> Option<(u64, [u8; 20])> {
        self.chain_id.zip(self.registry)
    }
}

/// When and where a proof is to count.
#[derive(Clone, Copy)]
pub struct Terms {
    /// Chain and registry, or none.
    pub chain: Option<(u64, [u8; 20])>,
    /// Number of the period.
    pub epoch: u64,
    /// Seconds after the snapshot's instant.
    pub valid_for: u64,
}

/// What proving came to.
pub enum Proven {
    /// A bundle, verified, and the time that proving took.
    Bundle(Box<Bundle>, Duration),
    /// The rules that do not hold, each underlined. No proof exists.
    Broken(Vec<(String, String)>),
}

/// Evaluates, and where every rule holds proves and verifies what was proven.
pub fn prove(
    sheet: &Sheet,
    handed: &[Handed],
    set: &AccountSet,
    prover: &Prover,
    terms: Terms,
    screen: &Screen,
) -> Result<Proven, Failure> {
    same_accounts(sheet, handed, set)?;
    let holdings = book::of_openings(handed, &sheet.snapshot, sheet.shape())?;
    let (list, _) = verdicts(sheet, &holdings)?;
    let wrong: Vec<(String, String)> = list
        .iter()
        .filter(|v| !v.holds)
        .map(|v| (v.id.clone(), broken(&sheet.mandate, &sheet.snapshot, v)))
        .collect();
    if !wrong.is_empty() {
        return Ok(Proven::Broken(wrong));
    }
    let context = context(sheet, set, prover, terms);
    let accounts = handed
        .iter()
        .map(|h| AccountOpening {
            quantities: &h.opening.quantities,
            blinding: &h.opening.blinding,
            attestation: &h.signed,
        })
        .collect();
    let task = Task { context, rules: &sheet.compiled.part, risk: &sheet.risk, accounts };
    let (bundle, took) = screen.timed("proving", || prover.prove(&task));
    let bundle = bundle?;
    let verifier = Verifier::new(prover.key().verifying().clone());
    let collapsed = verifier.sheet(&sheet.compiled.part, &sheet.risk)?;
    let expect = Expectations {
        now: context.as_of,
        max_age: 0,
        min_grade: AttestorGrade::SelfAttested,
        attestors: None,
        account_set: None,
        development_keys: true,
        chain: terms.chain,
    };
    let (checked, _) =
        screen.timed("verifying what was proven", || verifier.verify(&bundle, &collapsed, set, &expect));
    checked?;
    Ok(Proven::Bundle(Box::new(bundle), took))
}

/// The context of a proof of this sheet.
pub fn context(sheet: &Sheet, set: &AccountSet, prover: &Prover, terms: Terms) -> Context {
    let (chain_id, registry) = terms.chain.unwrap_or_default();
    Context {
        chain_id,
        registry,
        subject: set.subject,
        key: prover.key().verifying().id(),
        mandate: sheet.compiled.part.digest(),
        risk: sheet.risk.digest(),
        account_set: set.digest(),
        as_of: sheet.snapshot.as_of,
        valid_until: sheet.snapshot.as_of.saturating_add(terms.valid_for),
        epoch: terms.epoch,
    }
}

/// One opening for each declared account and no other.
fn same_accounts(sheet: &Sheet, handed: &[Handed], set: &AccountSet) -> Result<(), Failure> {
    let label =
        |i: u16| sheet.snapshot.universe.account_label(usize::from(i)).unwrap_or_else(|| i.to_string());
    for entry in &set.entries {
        if !handed.iter().any(|h| h.opening.netting_set == entry.netting_set) {
            return fail(format!(
                "account `{}` is declared, but there is no opening of it",
                label(entry.netting_set)
            ));
        }
    }
    for one in handed {
        let index = one.opening.netting_set;
        let Some(entry) = set.entries.iter().find(|e| e.netting_set == index) else {
            return fail(format!("there is an opening of account `{}`, which is not declared", label(index)));
        };
        if one.opening.subject != set.subject {
            return fail(format!(
                "the opening of `{}` is of subject {}, the account set of {}",
                label(index),
                one.opening.subject,
                set.subject
            ));
        }
        if one.opening.account != entry.account || one.signed.signer() != Some(entry.attestor) {
            return fail(format!(
                "account `{}` is not attested by the declared attestor {} as the declared account {}",
                label(index),
                place::address_text(&entry.attestor),
                entry.account
            ));
        }
    }
    Ok(())
}

/// Runs it.
pub fn run(args: &Args, screen: &Screen) -> Done {
    if args.backend == Backend::Transparent {
        return fail("the transparent backend does not exist yet in this version; use --backend groth16");
    }
    if args.valid_for == 0 {
        return fail("--valid-for is zero: the proof would say nothing; give a span such as 1d");
    }
    let sheet = Sheet::read(&args.mandate, &args.snapshot)?;
    let set = accounts::read(&args.accounts, &sheet.snapshot.universe)?;
    let handed = openings::read(&args.book)?;
    let terms = Terms { chain: args.place.pair(), epoch: args.epoch, valid_for: args.valid_for };
    // Accounts and rules first: reading a key takes longer.
    same_accounts(&sheet, &handed, &set)?;
    let holdings = book::of_openings(&handed, &sheet.snapshot, sheet.shape())?;
    let (list, _) = verdicts(&sheet, &holdings)?;
    let outcome = if list.iter().all(|v| v.holds) {
        let key = args.keys.proving(sheet.shape(), args.key.as_deref(), screen)?;
        let prover = keys::prover(key, screen)?;
        prove(&sheet, &handed, &set, &prover, terms, screen)?
    } else {
        let wrong = list.iter().filter(|v| !v.holds);
        Proven::Broken(wrong.map(|v| (v.id.clone(), broken(&sheet.mandate, &sheet.snapshot, v))).collect())
    };
    match outcome {
        Proven::Broken(wrong) => {
            wrong.iter().for_each(|(_, text)| screen.say(text));
            screen.say("nothing was written");
            if screen.is_json() {
                let rules: Vec<&String> = wrong.iter().map(|(id, _)| id).collect();
                screen.data(String::new, || json!({ "holds": false, "broken": rules }));
            }
            Ok(Outcome::DoesNotHold)
        }
        Proven::Bundle(bundle, took) => {
            let bytes = encode(Kind::Bundle, bundle.as_ref());
            files::write(&args.out, &bytes)?;
            screen.data(
                || {
                    format!(
                        "{}: {} bytes, of them {} of proof; proven in {}, verified\nmandate {}\nrisk part {}\nkey {}",
                        args.out.display(),
                        bytes.len(),
                        bundle.proof.len(),
                        seconds(took),
                        bundle.context.mandate,
                        bundle.context.risk,
                        bundle.context.key
                    )
                },
                || {
                    json!({
                        "holds": true, "bundle": args.out, "bytes": bytes.len(), "proof_bytes": bundle.proof.len(),
                        "prove_seconds": took.as_secs_f64(), "context": bundle.context,
                    })
                },
            );
            Ok(Outcome::Holds)
        }
    }
}
