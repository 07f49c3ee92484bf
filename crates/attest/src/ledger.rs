//! What an attestor has signed so far, so that no sequence number is used twice and no account backs two books.

use crate::error::AttestError;
use crate::files;
use mandate_statement::Digest;
use std::collections::BTreeMap;
use std::fs::File;
use std::path::{Path, PathBuf};

/// Largest ledger that is read, in bytes: some hundred thousand attestations.
const LIMIT: usize = 32 << 20;
/// The format written. Format 1, which knew the subject of an instant alone, is read.
const FORMAT: u32 = 2;

/// What an account is attested as at one instant.
#[derive(Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Use {
    /// Whose book it backs.
    pub(crate) subject: Digest,
    /// As which account of the universe. `None`, like the universe, only where a ledger of format 1 did not say.
    pub(crate) netting_set: Option<u16>,
    /// Of which universe.
    pub(crate) universe: Option<Digest>,
}

#[derive(Clone, Default, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Account {
    /// The last number signed.
    sequence: u64,
    /// Whom it is bound to; `None` once released.
    subject: Option<Digest>,
    /// Instant to use, of everything signed.
    uses: BTreeMap<u64, Use>,
}

#[derive(serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Content {
    format: u32,
    accounts: BTreeMap<String, Account>,
}

/// An account in format 1.
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct OldAccount {
    sequence: u64,
    subjects: BTreeMap<u64, Digest>,
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct OldContent {
    #[serde(rename = "format")]
    _format: u32,
    accounts: BTreeMap<String, OldAccount>,
}

#[derive(serde::Deserialize)]
struct Format {
    format: u32,
}

/// The content of a ledger's file, of this format or the one before it.
fn parse(bytes: &[u8]) -> Result<Content, String> {
    let of = |e: serde_json::Error| e.to_string();
    match serde_json::from_slice::<Format>(bytes).map_err(of)?.format {
        FORMAT => serde_json::from_slice(bytes).map_err(of),
        1 => {
            let old: OldContent = serde_json::from_slice(bytes).map_err(of)?;
            let renew = |old: OldAccount| Account {
                sequence: old.sequence,
                // An account stays with the subject that it was last attested for.
                subject: old.subjects.last_key_value().map(|(_, subject)| *subject),
                uses: old
                    .subjects
                    .into_iter()
                    .map(|(as_of, subject)| (as_of, Use { subject, netting_set: None, universe: None }))
                    .collect(),
            };
            let accounts = old.accounts.into_iter().map(|(id, account)| (id, renew(account))).collect();
            Ok(Content { format: FORMAT, accounts })
        }
        other => Err(format!("format {other}, this program reads 1 and {FORMAT}")),
    }
}

/// The ledger of one key: a JSON file beside it, `KEY.ledger.json`. Held for one process at a time.
pub struct Ledger {
    path: PathBuf,
    content: Content,
    /// Locked as long as this lives. A file of its own, as the ledger's is replaced with every entry.
    _lock: File,
}

impl Ledger {
    /// Where the ledger of a key file lies.
    pub fn path_for(key: &Path) -> PathBuf {
        let mut name = key.as_os_str().to_owned();
        name.push(".ledger.json");
        PathBuf::from(name)
    }
    /// Opens a ledger, or begins one where there is none. A ledger of format 1 is read, and written anew in format 2 with
    /// its next entry; its accounts are bound to the subjects of their last instants.
    ///
    /// # Errors
    /// [`AttestError::LedgerBusy`] where another process holds it, [`AttestError::Ledger`] where the file is not one: it is
    /// never begun anew in the place of a damaged one.
    pub fn open(path: &Path) -> Result<Self, AttestError> {
        let failed = |why| AttestError::File { doing: "lock", path: path.to_owned(), why };
        let mut lock_name = path.as_os_str().to_owned();
        lock_name.push(".lock");
        let lock = File::options().create(true).append(true).open(lock_name).map_err(failed)?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(std::fs::TryLockError::WouldBlock) => {
                return Err(AttestError::LedgerBusy { path: path.to_owned() });
            }
            Err(std::fs::TryLockError::Error(why)) => return Err(failed(why)),
        }
        let wrong = |why: String| AttestError::Ledger { path: path.to_owned(), why };
        let content = match files::read_limited(path, LIMIT) {
            Ok(bytes) => parse(&bytes).map_err(wrong)?,
            Err(AttestError::File { why, .. }) if why.kind() == std::io::ErrorKind::NotFound => {
                Content { format: FORMAT, accounts: BTreeMap::new() }
            }
            Err(e) => return Err(e),
        };
        Ok(Self { path: path.to_owned(), content, _lock: lock })
    }
    /// The next number for an account: one above the last signed, and 1 for the first.
    pub fn next_sequence(&self, account: Digest) -> u64 {
        self.content.accounts.get(&account.to_string()).map_or(1, |a| a.sequence.saturating_add(1))
    }
    /// The subject that an account is bound to: that of its last attestation, unless it was released since.
    pub fn subject_of(&self, account: Digest) -> Option<Digest> {
        self.content.accounts.get(&account.to_string())?.subject
    }
    /// Releases an account from its subject, as when it changes hands: the next attestation may be for another one and
    /// binds the account to it. What is attested already stands: at those instants the account backs the book it did.
    ///
    /// Gives the subject that it was bound to, or `None` where it was bound to none.
    ///
    /// # Errors
    /// [`AttestError::Ledger`], [`AttestError::File`]: it is bound as before.
    pub fn release(&mut self, account: Digest) -> Result<Option<Digest>, AttestError> {
        let Some(entry) = self.content.accounts.get_mut(&account.to_string()) else { return Ok(None) };
        let Some(subject) = entry.subject.take() else { return Ok(None) };
        let written = self.write();
        if written.is_err()
            && let Some(entry) = self.content.accounts.get_mut(&account.to_string())
        {
            entry.subject = Some(subject);
        }
        written.map(|()| Some(subject))
    }
    /// Takes a number for an account, and writes it down before anything is signed with it.
    ///
    /// # Errors
    /// [`AttestError::Sequence`] where it is not above the last, [`AttestError::LastSequence`] where no number is above it,
    /// [`AttestError::OtherSubject`] and [`AttestError::OtherUse`]
    /// where the account is attested for another subject, as another netting set or of another universe at that instant,
    /// [`AttestError::Bound`] where it is bound to another subject.
    pub(crate) fn take(
        &mut self,
        account: Digest,
        as_of: u64,
        asked: Use,
        sequence: u64,
    ) -> Result<(), AttestError> {
        let known = self.content.accounts.get(&account.to_string());
        let last = known.map_or(0, |a| a.sequence);
        if sequence == u64::MAX {
            return Err(AttestError::LastSequence { account, got: sequence, last });
        }
        if sequence <= last {
            return Err(AttestError::Sequence { account, got: sequence, last });
        }
        if let Some(&stands) = known.and_then(|a| a.uses.get(&as_of)) {
            refuse_other_use(account, as_of, stands, asked)?;
        }
        if let Some(subject) = known.and_then(|a| a.subject)
            && subject != asked.subject
        {
            return Err(AttestError::Bound { account, subject, asked: asked.subject });
        }
        let entry = self.content.accounts.entry(account.to_string()).or_default();
        entry.sequence = sequence;
        entry.subject = Some(asked.subject);
        entry.uses.insert(as_of, asked);
        self.write()
    }
    fn write(&self) -> Result<(), AttestError> {
        let mut text = serde_json::to_vec_pretty(&self.content)
            .map_err(|e| AttestError::Ledger { path: self.path.clone(), why: e.to_string() })?;
        text.push(b'\n');
        files::write_private(&self.path, &text)
    }
}

/// One account is one thing at one instant: a second use would let its assets back two books, or one book twice.
fn refuse_other_use(account: Digest, as_of: u64, stands: Use, asked: Use) -> Result<(), AttestError> {
    if stands.subject != asked.subject {
        return Err(AttestError::OtherSubject { account, as_of, other: stands.subject });
    }
    let text = |set: Option<u16>, universe: Option<Digest>| {
        let unknown = || "one that the old ledger does not name".to_owned();
        (set.map_or_else(unknown, |n| n.to_string()), universe.map_or_else(unknown, |u| u.to_string()))
    };
    let (stands_as, asked_as) =
        (text(stands.netting_set, stands.universe), text(asked.netting_set, asked.universe));
    let other = |what, stands, asked| Err(AttestError::OtherUse { account, as_of, what, stands, asked });
    if stands.netting_set != asked.netting_set {
        return other("netting set", stands_as.0, asked_as.0);
    }
    if stands.universe != asked.universe {
        return other("universe", stands_as.1, asked_as.1);
    }
    Ok(())
}
