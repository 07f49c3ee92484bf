//! What an attestor has signed so far, so that no sequence number is used twice and no account backs two books.

use crate::error::AttestError;
use crate::files;
use mandate_statement::Digest;
use std::collections::BTreeMap;
use std::fs::File;
use std::path::{Path, PathBuf};

/// Largest ledger that is read, in bytes: some two hundred thousand attestations.
const LIMIT: usize = 32 << 20;

#[derive(Clone, Default, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Account {
    /// The last number signed.
    sequence: u64,
    /// Instant to subject, of everything signed.
    subjects: BTreeMap<u64, Digest>,
}

#[derive(Default, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Content {
    format: u32,
    accounts: BTreeMap<String, Account>,
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
    /// Opens a ledger, or begins one where there is none.
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
            Ok(bytes) => {
                let content: Content = serde_json::from_slice(&bytes).map_err(|e| wrong(e.to_string()))?;
                if content.format != 1 {
                    return Err(wrong(format!("format {}, this program reads 1", content.format)));
                }
                content
            }
            Err(AttestError::File { why, .. }) if why.kind() == std::io::ErrorKind::NotFound => {
                Content { format: 1, accounts: BTreeMap::new() }
            }
            Err(e) => return Err(e),
        };
        Ok(Self { path: path.to_owned(), content, _lock: lock })
    }
    /// The next number for an account: one above the last signed, and 1 for the first.
    pub fn next_sequence(&self, account: Digest) -> u64 {
        self.content.accounts.get(&account.to_string()).map_or(1, |a| a.sequence.saturating_add(1))
    }
    /// Takes a number for an account, and writes it down before anything is signed with it.
    ///
    /// # Errors
    /// [`AttestError::Sequence`] where it is not above the last, [`AttestError::OtherSubject`] where the account is attested
    /// for another subject at that instant.
    pub(crate) fn take(
        &mut self,
        account: Digest,
        subject: Digest,
        as_of: u64,
        sequence: u64,
    ) -> Result<(), AttestError> {
        let known = self.content.accounts.get(&account.to_string());
        let last = known.map_or(0, |a| a.sequence);
        if sequence <= last {
            return Err(AttestError::Sequence { account, got: sequence, last });
        }
        if let Some(&other) = known.and_then(|a| a.subjects.get(&as_of))
            && other != subject
        {
            return Err(AttestError::OtherSubject { account, as_of, other });
        }
        let entry = self.content.accounts.entry(account.to_string()).or_default();
        entry.sequence = sequence;
        entry.subjects.insert(as_of, subject);
        let mut text = serde_json::to_vec_pretty(&self.content)
            .map_err(|e| AttestError::Ledger { path: self.path.clone(), why: e.to_string() })?;
        text.push(b'\n');
        files::write_private(&self.path, &text)
    }
}
