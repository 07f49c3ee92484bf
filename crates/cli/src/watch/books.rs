//! Books at hand: a folder with a folder for each. Secrets stay on this side of the agent.

use crate::accounts;
use crate::cmd::prove::{Proven, Terms, prove};
use crate::evm;
use crate::failure::{Failure, fail};
use crate::keys::KeyArgs;
use crate::openings;
use crate::screen::Screen;
use crate::sheet::{Sheet, snapshot};
use mandate_agent as agent;
use mandate_agent::Fault;
use mandate_chain::{AttestRequest, Registries};
use mandate_market::risk;
use mandate_policy::Mandate;
use mandate_prover::Prover;
use mandate_statement::{Digest, Shape};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// Names that a book's snapshot may have.
const SNAPSHOTS: [&str; 2] = ["market.snap", "market.json"];
/// Name of a book's own account set.
const ACCOUNTS: &str = "accounts.toml";
/// Most folders that are looked at.
const MOST: usize = 4096;

/// A folder of books: each is a folder with a snapshot (`market.snap` or `market.json`), openings and attestations, and its own
/// `accounts.toml` where the declared accounts changed. A book is put there by renaming its folder when it is whole; names that
/// begin with a dot are passed over.
pub struct Inbox<'a> {
    folder: PathBuf,
    mandate: Mandate,
    accounts: PathBuf,
    shape: &'static Shape,
    keys: KeyArgs,
    registries: Registries,
    subject: Digest,
    prover: Option<Prover>,
    known: BTreeMap<String, agent::Book>,
    /// Names that were said to be passed over.
    said: BTreeSet<String>,
    screen: &'a Screen,
}

/// Folders of books, in the order of their names.
fn folders(folder: &Path) -> Result<Vec<(String, PathBuf)>, String> {
    let say = |e: std::io::Error| format!("{}: {e}", folder.display());
    let mut out = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(say)? {
        let path = entry.map_err(say)?.path();
        let name = path.file_name().and_then(|n| n.to_str()).unwrap_or(".").to_owned();
        if !name.starts_with('.') && path.is_dir() {
            out.push((name, path));
        }
    }
    if out.len() > MOST {
        return Err(format!(
            "{}: {} folders; at most {MOST} are looked at, move old books away",
            folder.display(),
            out.len()
        ));
    }
    out.sort();
    Ok(out)
}

/// A book's snapshot.
fn market(book: &Path) -> Option<PathBuf> {
    SNAPSHOTS.iter().map(|name| book.join(name)).find(|path| path.is_file())
}

/// The shape of the first book in a folder that can be read.
pub fn shape_of_any(folder: &Path) -> Result<&'static Shape, Failure> {
    for (_, path) in folders(folder).map_err(Failure)? {
        if let Some(market) = market(&path)
            && let Ok(read) = snapshot(&market)
        {
            return Ok(read.universe.shape()?);
        }
    }
    fail(format!(
        "{}: no book is there that says which shape the mandate is compiled for; name it with --shape",
        folder.display()
    ))
}

impl<'a> Inbox<'a> {
    /// Books of one subject under one mandate.
    #[allow(clippy::too_many_arguments)]
    pub fn new(
        folder: &Path,
        mandate: Mandate,
        accounts: &Path,
        shape: &'static Shape,
        keys: KeyArgs,
        registries: Registries,
        subject: Digest,
        screen: &'a Screen,
    ) -> Self {
        Self {
            folder: folder.to_owned(),
            mandate,
            accounts: accounts.to_owned(),
            shape,
            keys,
            registries,
            subject,
            prover: None,
            known: BTreeMap::new(),
            said: BTreeSet::new(),
            screen,
        }
    }
    fn read(&self, name: &str, path: &Path) -> Result<agent::Book, Failure> {
        let Some(market) = market(path) else {
            return fail(format!("there is no {} in it", SNAPSHOTS.join(" or ")));
        };
        let snapshot = snapshot(&market)?;
        let shape = snapshot.universe.shape()?;
        if shape.name != self.shape.name {
            return fail(format!(
                "it is laid out on shape `{}`, the mandate on `{}`",
                shape.name, self.shape.name
            ));
        }
        let part = risk::compile_as(self.mandate.model.name, &snapshot, shape)?;
        Ok(agent::Book { name: name.to_owned(), as_of: snapshot.as_of, risk: part.digest() })
    }
    /// The prover, made when it is first needed: a large key is read once.
    fn prover(&mut self) -> Result<Prover, Failure> {
        match self.prover.take() {
            Some(prover) => Ok(prover),
            None => self.keys.prover(self.shape, None, None, self.screen),
        }
    }
    fn attempt(
        &mut self,
        book: &agent::Book,
        epoch: u64,
        valid_until: u64,
        prover: &Prover,
    ) -> Result<agent::Proven, Failure> {
        let folder = self.folder.join(&book.name);
        let market = market(&folder).ok_or_else(|| Failure("its snapshot is gone".into()))?;
        let sheet = Sheet::of(self.mandate.clone(), snapshot(&market)?)?;
        if sheet.risk.digest() != book.risk {
            return fail("its snapshot was changed; one name is one book: put it there under another name");
        }
        let own = folder.join(ACCOUNTS);
        let set =
            accounts::read(if own.is_file() { &own } else { &self.accounts }, &sheet.snapshot.universe)?;
        if set.subject != self.subject {
            return fail(format!("its accounts are of subject {}, not of {}", set.subject, self.subject));
        }
        let handed = openings::read(&folder)?;
        let at = self.registries.at();
        let chain = Some((at.chain_id, at.compliance));
        let terms = Terms { chain, epoch, valid_for: valid_until.saturating_sub(sheet.snapshot.as_of) };
        match prove(&sheet, &handed, &set, prover, terms, self.screen)? {
            Proven::Broken(rules) => {
                rules.iter().for_each(|(_, text)| self.screen.say(text));
                Ok(agent::Proven::Broken(rules.into_iter().map(|(id, _)| id).collect()))
            }
            Proven::Bundle(bundle, _) => {
                let request = AttestRequest {
                    context: &bundle.context,
                    commitments: &bundle.commitments,
                    attestations: &bundle.attestations,
                    proof: evm::proof(&bundle)?,
                };
                Ok(agent::Proven::Call(agent::Call(self.registries.attest_data(&request)?)))
            }
        }
    }
}

impl agent::Prover for Inbox<'_> {
    fn books(&mut self) -> Result<Vec<agent::Book>, Fault> {
        let found = folders(&self.folder).map_err(Fault::Unreachable)?;
        self.known.retain(|name, _| found.iter().any(|(n, _)| n == name));
        for (name, path) in found {
            if self.known.contains_key(&name) {
                continue;
            }
            // What cannot be read is tried again with every look: it may be on its way.
            match self.read(&name, &path) {
                Ok(book) => {
                    self.known.insert(name, book);
                }
                Err(why) if self.said.insert(name.clone()) => {
                    self.screen.say(format!("book `{name}` is passed over: {}", why.0));
                }
                Err(_) => {}
            }
        }
        Ok(self.known.values().cloned().collect())
    }
    fn prove(&mut self, book: &agent::Book, epoch: u64, valid_until: u64) -> Result<agent::Proven, Fault> {
        let prover = self.prover().map_err(|why| Fault::Unreachable(why.0))?;
        let proven = self.attempt(book, epoch, valid_until, &prover);
        self.prover = Some(prover);
        // What is wrong with one book is wrong with it tomorrow; the others are not held up by it.
        proven
            .map_err(|why| Fault::Refused { why: format!("book `{}`: {}", book.name, why.0), lasting: true })
    }
}
