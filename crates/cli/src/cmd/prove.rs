//! `mandate prove`.

use crate::accounts;
use crate::book;
use crate::cmd::batch;
use crate::cmd::evaluate::{broken, verdicts};
use crate::cmd::transparent;
use crate::failure::{Done, Failure, Outcome, fail};
use crate::files;
use crate::keys::KeyArgs;
use crate::openings::{self, Handed};
use crate::place;
use crate::screen::{Screen, seconds};
use crate::sheet::Sheet;
use mandate_prover::{AccountOpening, Flow, ProveError, Prover, Task};
use mandate_statement::{
    AccountSet, AttestorGrade, Bundle, Context, Digest, Kind, TransparentBundle, encode,
};
use mandate_verifier::{Expectations, Verifier, VerifyError};
use serde_json::json;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// What to prove.
#[derive(clap::Args)]
pub struct Args {
    /// The mandate, a TOML file.
    mandate: PathBuf,
    /// The snapshot.
    #[arg(short, long, value_name = "SNAP")]
    snapshot: PathBuf,
    /// Folder of openings with their attestations, as `mandate attest` writes them.
    #[arg(short, long, value_name = "DIR", required_unless_present = "batch")]
    book: Option<PathBuf>,
    /// The subject's declared accounts.
    #[arg(long, value_name = "TOML", required_unless_present = "batch")]
    accounts: Option<PathBuf>,
    /// Many books at once: a folder with a folder of openings for each, `accounts.toml` among them, or a `.csv` list with columns
    /// `name`, `book` and `accounts`. Bundles go to the folder --out as NAME.bundle. What is there and verifies is kept, so that a
    /// batch that was stopped, or killed, goes on where it was.
    #[arg(long, value_name = "DIR|CSV", conflicts_with_all = ["book", "accounts"])]
    batch: Option<PathBuf>,
    /// Books of a batch that are proven at the same time: each takes the memory of a proof.
    #[arg(long, default_value_t = NonZeroUsize::MIN.saturating_add(1), requires = "batch")]
    in_flight: NonZeroUsize,
    /// Proving key; that of the shape in the folder of keys where none is named.
    #[arg(long, value_name = "PK")]
    key: Option<PathBuf>,
    /// Digest of that key made ready, as `mandate setup ready` printed it to you: the file beside the key is read in its place, and
    /// nothing of it is checked but that digest.
    #[arg(long, value_name = "DIGEST", value_parser = accounts::digest)]
    key_pin: Option<Digest>,
    #[command(flatten)]
    keys: KeyArgs,
    /// Threads to compute on; all cores where nothing is said.
    #[arg(long, value_name = "N")]
    threads: Option<NonZeroUsize>,
    /// Hide the book from whoever can time the multiplications or watch their memory accesses; takes several times as long.
    #[arg(long)]
    constant_flow: bool,
    /// Leave the processor's vector instructions aside. Proofs are no other.
    #[arg(long)]
    portable: bool,
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
    /// Where to write the bundle, or the folder for the bundles of a batch.
    #[arg(short, long, value_name = "BUNDLE")]
    out: PathBuf,
}

/// Proof systems.
#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Backend {
    /// Groth16 over BN254: small proofs, for chains; needs a key per shape.
    Groth16,
    /// Without any ceremony: larger proofs, for readers who trust none; needs the custodians' second attestations.
    Transparent,
    /// Both in one file.
    Both,
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

/// Everything that proofs of one sheet share, whosever books they are.
pub struct Desk<'a> {
    sheet: &'a Sheet,
    prover: &'a Prover,
    verifier: Verifier,
    point: mandate_verifier::Sheet<'a>,
    terms: Terms,
}

impl<'a> Desk<'a> {
    /// Checks the sheet and computes its points.
    pub fn new(sheet: &'a Sheet, prover: &'a Prover, terms: Terms) -> Result<Self, Failure> {
        let verifier = Verifier::new(prover.key().verifying().clone());
        let point = verifier.sheet(&sheet.compiled.part, &sheet.risk)?;
        Ok(Self { sheet, prover, verifier, point, terms })
    }

    /// Verifies a bundle as whoever made it can: instant and place are the sheet's and the terms' own.
    fn accepts(&self, bundle: &Bundle, set: &AccountSet) -> Result<(), VerifyError> {
        let expect = Expectations {
            now: bundle.context.as_of,
            max_age: 0,
            min_grade: AttestorGrade::SelfAttested,
            attestors: None,
            account_set: None,
            development_keys: true,
            chain: self.terms.chain,
        };
        self.verifier.verify(bundle, &self.point, set, &expect).map(drop)
    }

    /// Whether a bundle is one that [`Self::prove`] would make of these openings, but for its blinders.
    pub fn is_proof_of(&self, bundle: &Bundle, handed: &[Handed], set: &AccountSet) -> bool {
        bundle.context == context(self.sheet, set, self.prover, self.terms)
            && bundle.attestations.iter().eq(handed.iter().map(|h| &h.signed))
            && self.accepts(bundle, set).is_ok()
    }

    /// Evaluates, and where every rule holds proves and verifies what was proven.
    pub fn prove(&self, handed: &[Handed], set: &AccountSet, screen: &Screen) -> Result<Proven, Failure> {
        if let Some(broken) = self.broken(handed, set)? {
            return Ok(Proven::Broken(broken));
        }
        let (made, took) = screen.timed("proving", || self.make(handed, set));
        let bundle = made?;
        let (checked, _) = screen.timed("verifying what was proven", || self.accepts(&bundle, set));
        checked?;
        Ok(Proven::Bundle(Box::new(bundle), took))
    }

    /// The same without a word to the screen.
    pub fn prove_quietly(&self, handed: &[Handed], set: &AccountSet) -> Result<Proven, Failure> {
        if let Some(broken) = self.broken(handed, set)? {
            return Ok(Proven::Broken(broken));
        }
        let start = Instant::now();
        let bundle = self.make(handed, set)?;
        let took = start.elapsed();
        self.accepts(&bundle, set)?;
        Ok(Proven::Bundle(Box::new(bundle), took))
    }

    fn make(&self, handed: &[Handed], set: &AccountSet) -> Result<Bundle, ProveError> {
        let accounts = handed.iter().map(|h| AccountOpening::of(&h.signed, &h.opening)).collect();
        let context = context(self.sheet, set, self.prover, self.terms);
        self.prover.prove(&Task {
            context,
            rules: &self.sheet.compiled.part,
            risk: &self.sheet.risk,
            accounts,
        })
    }

    fn broken(&self, handed: &[Handed], set: &AccountSet) -> Result<Option<Vec<(String, String)>>, Failure> {
        broken_rules(self.sheet, handed, set)
    }
}

/// The rules that the opened book breaks, each underlined; none where it keeps them all.
fn broken_rules(
    sheet: &Sheet,
    handed: &[Handed],
    set: &AccountSet,
) -> Result<Option<Vec<(String, String)>>, Failure> {
    same_accounts(sheet, handed, set)?;
    let holdings = book::of_openings(handed, &sheet.snapshot, sheet.shape())?;
    let (list, _) = verdicts(sheet, &holdings)?;
    let wrong: Vec<(String, String)> = list
        .iter()
        .filter(|v| !v.holds)
        .map(|v| (v.id.clone(), broken(&sheet.mandate, &sheet.snapshot, v)))
        .collect();
    Ok(if wrong.is_empty() { None } else { Some(wrong) })
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
    // Accounts and rules first: the points of a sheet take longer.
    match broken_rules(sheet, handed, set)? {
        Some(wrong) => Ok(Proven::Broken(wrong)),
        None => Desk::new(sheet, prover, terms)?.prove(handed, set, screen),
    }
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

fn prover(args: &Args, sheet: &Sheet, screen: &Screen) -> Result<Prover, Failure> {
    let prover = args.keys.prover(sheet.shape(), args.key.as_deref(), args.key_pin, screen)?;
    let prover = if args.constant_flow { prover.with_flow(Flow::Constant) } else { prover };
    Ok(if args.portable { prover.with_path(mandate_prover::Path::PORTABLE) } else { prover })
}

/// Writes a bundle that needs no ceremony.
fn written(args: &Args, bundle: &TransparentBundle, took: Duration, screen: &Screen) -> Done {
    let bytes = encode(Kind::TransparentBundle, bundle);
    files::write(&args.out, &bytes)?;
    screen.data(
        || {
            format!(
                "{}: {} bytes, of them {} of proof{}; proven in {}, verified\nmandate {}\nrisk part {}\nsheet's key {}",
                args.out.display(),
                bytes.len(),
                bundle.proof.len(),
                if bundle.groth16.is_some() { ", and the same statement under Groth16" } else { "" },
                seconds(took),
                bundle.context.mandate,
                bundle.context.risk,
                bundle.context.key
            )
        },
        || {
            json!({
                "holds": true, "bundle": args.out, "bytes": bytes.len(), "proof_bytes": bundle.proof.len(),
                "backend": bundle.backend, "prove_seconds": took.as_secs_f64(), "context": bundle.context,
            })
        },
    );
    Ok(Outcome::Holds)
}

/// Runs it.
pub fn run(args: &Args, screen: &Screen) -> Done {
    if args.valid_for == 0 {
        return fail("--valid-for is zero: the proof would say nothing; give a span such as 1d");
    }
    if let Some(threads) = args.threads {
        rayon::ThreadPoolBuilder::new().num_threads(threads.get()).build_global()?;
    }
    let terms = Terms { chain: args.place.pair(), epoch: args.epoch, valid_for: args.valid_for };
    let sheet = Sheet::read(&args.mandate, &args.snapshot)?;
    let (Some(folder), Some(accounts)) = (&args.book, &args.accounts) else {
        if args.backend != Backend::Groth16 {
            return fail(
                "a batch is proven under Groth16 alone; give --book and --accounts for another --backend",
            );
        }
        let Some(list) = &args.batch else { return fail("name a --book with its --accounts, or a --batch") };
        let orders = batch::read(list)?;
        let prover = prover(args, &sheet, screen)?;
        let desk = Desk::new(&sheet, &prover, terms)?;
        return batch::run(&desk, &sheet, &orders, &args.out, args.in_flight, screen);
    };
    let set = accounts::read(accounts, &sheet.snapshot.universe)?;
    let handed = openings::read(folder)?;
    // Accounts and rules first: reading a key takes longer.
    let outcome = match broken_rules(&sheet, &handed, &set)? {
        Some(wrong) => Proven::Broken(wrong),
        None => {
            let groth16 = || {
                let prover = prover(args, &sheet, screen)?;
                Desk::new(&sheet, &prover, terms)?.prove(&handed, &set, screen)
            };
            if args.backend == Backend::Groth16 {
                groth16()?
            } else {
                let other = match (args.backend == Backend::Both).then(groth16).transpose()? {
                    Some(Proven::Bundle(bundle, _)) => Some(*bundle),
                    Some(Proven::Broken(_)) => {
                        return fail("the rules hold, and one proof system does not say so");
                    }
                    None => None,
                };
                let (mut bundle, took) =
                    transparent::prove(&sheet, &handed, &set, terms, &args.keys, screen)?;
                bundle.groth16 = other;
                return written(args, &bundle, took, screen);
            }
        }
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
