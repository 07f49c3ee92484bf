//! `mandate attest`: what a custodian, venue, administrator or auditor runs.

use crate::accounts;
use crate::book::{records, report_lines};
use crate::cmd::evaluate::Reading;
use crate::failure::{At, Done, Failure, Outcome, fail};
use crate::place;
use crate::screen::Screen;
use crate::sheet;
use mandate_attest::{
    AttestorKey, Ledger, Opening, Request, attest, attest_second, write_attestation, write_second,
};
use mandate_book::{Book, MarketSlots, Records, SlotIndex, resolve};
use mandate_statement::SignedAttestation;
use serde_json::json;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// What to attest.
#[derive(clap::Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub struct Args {
    #[command(subcommand)]
    command: Option<Command>,
    /// The attestor's own records: CSV, JSON, or a venue's report (may be repeated: positions and balances often come in two
    /// files).
    #[arg(long, value_name = "RECORDS", required = true)]
    statement: Vec<PathBuf>,
    /// The snapshot whose universe is committed to.
    #[arg(short, long, value_name = "SNAP", required = true)]
    snapshot: Option<PathBuf>,
    /// Which account of the universe: VENUE/POOL/ENTITY.
    #[arg(long, required = true)]
    account: Option<String>,
    /// The account in the attestor's own naming; the universe's where nothing is said. Needed where the statement calls the
    /// account by another name than the universe does.
    #[arg(long, value_name = "NAME")]
    own_name: Option<String>,
    /// Whose book it belongs to: a name, or 0x and 64 hex digits.
    #[arg(long, required = true)]
    subject: Option<String>,
    /// The attestor's key file.
    #[arg(long, value_name = "K", required = true)]
    key: Option<PathBuf>,
    /// Number of the attestation; the next of the ledger beside the key where nothing is said.
    #[arg(long)]
    sequence: Option<u64>,
    /// Where to write NAME.attestation and NAME.opening.
    #[arg(long, value_name = "DIR", default_value = ".")]
    out: PathBuf,
    /// Commit a second time, over the field of the proof system without a ceremony, and sign that too: NAME.second.
    #[arg(long)]
    second: bool,
    #[command(flatten)]
    reading: Reading,
}

#[derive(clap::Subcommand)]
enum Command {
    /// Make a key that signs attestations.
    NewKey {
        /// Where to write it, readable by its owner alone.
        #[arg(short, long, value_name = "K")]
        out: PathBuf,
    },
    /// Release an account from its subject, as when it changes hands. What is attested already stands.
    Release {
        /// The attestor's key file.
        #[arg(long, value_name = "K")]
        key: PathBuf,
        /// The account in the attestor's own naming, as it was attested.
        #[arg(long, value_name = "NAME")]
        own_name: String,
    },
}

/// Runs it.
pub fn run(args: &Args, screen: &Screen) -> Done {
    match &args.command {
        Some(Command::NewKey { out }) => return new_key(out, screen),
        Some(Command::Release { key, own_name }) => return release(key, own_name, screen),
        None => {}
    }
    let need = |what: &'static str| Failure(format!("--{what} is missing"));
    let snapshot = sheet::snapshot(args.snapshot.as_deref().ok_or_else(|| need("snapshot"))?)?;
    let account = args.account.as_deref().ok_or_else(|| need("account"))?;
    let subject = accounts::subject(args.subject.as_deref().ok_or_else(|| need("subject"))?)?;
    // An empty name would be one id for every account that is left unnamed.
    args.own_name.as_deref().map_or(Ok(()), named)?;
    let venue = args.reading.venue()?;
    let key_path = args.key.as_deref().ok_or_else(|| need("key"))?;
    let key = AttestorKey::read(key_path, false)?;
    let mut ledger = Ledger::open(&Ledger::path_for(key_path))?;
    let slots = MarketSlots::new(&snapshot)?;
    if slots.account(account).is_none() {
        let names: Vec<String> = slots.accounts().iter().map(|n| format!("`{n}`")).collect();
        return fail(format!("there is no account `{account}`; the universe has {}", names.join(", ")));
    }
    let mut rows = Records::default();
    for path in &args.statement {
        let mut read = records(path, Some(account), &venue)?;
        fit(&mut read, path, account, args.own_name.as_deref(), &slots, screen)?;
        rows.merge(read);
    }
    let (book, report) = resolve(&rows, &slots, &args.reading.options())?;
    report_lines(&report).iter().for_each(|line| screen.say(line));
    let own_name = args.own_name.as_deref().unwrap_or(account);
    let request =
        Request { subject, account: accounts::account(own_name, &key.address())?, sequence: args.sequence };
    // Before a number is used up: what is signed must find its place.
    writable(&args.out)?;
    let (signed, mut opening) = sign(&book, account, &slots, &request, &key, &mut ledger)?;
    let second = args.second.then(|| attest_second(&mut opening, &signed, &key)).transpose()?;
    let files = write(&args.out, account, &signed, &opening)?;
    if let Some(second) = &second {
        let path = files.0.with_extension("second");
        write_second(second, &path)?;
        screen.say(format!("{} may be shown to anyone, too.", path.display()));
    }
    screen.say(format!(
        "{} goes to the holder alone: it opens the commitment. {} may be shown to anyone.",
        files.1.display(),
        files.0.display()
    ));
    screen.data(
        || {
            format!(
                "account    {account} (netting set {})\nsubject    {}\nattestor   {}\nas of      {}\nsequence   {}\n\
                 commitment {}",
                signed.attestation.netting_set,
                signed.attestation.subject,
                place::address_text(&key.address()),
                signed.attestation.as_of,
                signed.attestation.sequence,
                signed.attestation.commitment
            )
        },
        || json!({ "signed": signed, "attestor": place::address_text(&key.address()), "files": [files.0, files.1] }),
    );
    Ok(Outcome::Holds)
}

/// Sees to it that a statement speaks of `account`. One that speaks of a single account by another name is renamed, but only
/// where `own_name` says what the account's own name is, and never where that name is another account of the universe.
fn fit(
    rows: &mut Records,
    path: &Path,
    account: &str,
    own_name: Option<&str>,
    slots: &MarketSlots<'_>,
    screen: &Screen,
) -> Result<(), Failure> {
    let names: Vec<String> = rows.accounts().map(str::to_owned).collect();
    if names.iter().any(|n| n == account) {
        return Ok(());
    }
    let path = path.display();
    let [only] = names.as_slice() else {
        let names: Vec<String> = names.iter().map(|n| format!("`{n}`")).collect();
        return fail(format!(
            "{path}: the statement does not speak of `{account}`, but of {}",
            names.join(", ")
        ));
    };
    if slots.account(only).is_some() {
        return fail(format!(
            "{path}: the statement is of `{only}`, another account of the universe than `{account}`"
        ));
    }
    if own_name.is_none() {
        return fail(format!(
            "{path}: the statement calls the account `{only}`; where that is `{account}`, say so with --own-name {only} (or \
             the account's name in your own books)"
        ));
    }
    screen.say(format!("{path}: the statement calls the account `{only}`; it is attested as `{account}`"));
    rows.rename(&BTreeMap::from([(only.clone(), account.to_owned())]));
    Ok(())
}

/// A name of one's own must be there.
fn named(own_name: &str) -> Result<(), Failure> {
    if own_name.trim().is_empty() {
        return fail("--own-name is empty; wanted the account's name in the attestor's own books");
    }
    Ok(())
}

/// Makes a folder where there is none, and sees that files can be made in it.
fn writable(folder: &Path) -> Result<(), Failure> {
    std::fs::create_dir_all(folder).at(folder.display())?;
    tempfile::tempfile_in(folder).at(folder.display())?;
    Ok(())
}

/// Attests one account of a book.
pub fn sign(
    book: &Book,
    account: &str,
    slots: &MarketSlots<'_>,
    request: &Request,
    key: &AttestorKey,
    ledger: &mut Ledger,
) -> Result<(SignedAttestation, Opening), Failure> {
    Ok(attest(book.account_named(account, slots)?, slots, request, key, ledger)?)
}

/// Writes both files; gives the attestation's path, then the opening's.
pub fn write(
    folder: &Path,
    account: &str,
    signed: &SignedAttestation,
    opening: &Opening,
) -> Result<(PathBuf, PathBuf), Failure> {
    std::fs::create_dir_all(folder).at(folder.display())?;
    let stem = place::file_stem(account);
    let (public, secret) =
        (folder.join(format!("{stem}.attestation")), folder.join(format!("{stem}.opening")));
    opening.write(&secret)?;
    write_attestation(signed, &public)?;
    Ok((public, secret))
}

fn new_key(out: &Path, screen: &Screen) -> Done {
    if out.exists() {
        return fail(format!("{}: there is a file already; a key is never overwritten", out.display()));
    }
    let key = AttestorKey::random();
    key.write(out)?;
    let address = place::address_text(&key.address());
    screen.data(|| address.clone(), || json!({ "address": address, "file": out }));
    Ok(Outcome::Holds)
}

fn release(key_path: &Path, own_name: &str, screen: &Screen) -> Done {
    named(own_name)?;
    let key = AttestorKey::read(key_path, false)?;
    let account = accounts::account(own_name, &key.address())?;
    match Ledger::open(&Ledger::path_for(key_path))?.release(account)? {
        Some(subject) => {
            screen.data(
                || format!("released from {subject}"),
                || json!({ "account": account, "subject": subject }),
            );
            Ok(Outcome::Holds)
        }
        None => fail(format!("account `{own_name}` is bound to no subject in the ledger of this key")),
    }
}
