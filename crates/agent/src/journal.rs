//! What survives a crash: intents before they are sent, and what became of them.

use crate::world::{Fees, Journal};
use mandate_statement::{Digest, keccak};
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

/// Largest journal that is read, in bytes.
const LIMIT: u64 = 64 << 20;
/// From this size on a journal with nothing under way is written anew when it is opened.
const COMPACT_FROM: u64 = 1 << 20;
/// Hex digits of the checksum at the head of each line.
const CHECK: usize = 16;

/// Whose journal this is: one agent, one journal.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Identity {
    /// EIP-155 chain id.
    pub chain_id: u64,
    /// The compliance registry.
    #[serde(with = "bytes")]
    pub registry: Vec<u8>,
    /// The subject.
    pub subject: Digest,
    /// The mandate's id in its registry.
    pub mandate: Digest,
    /// Who pays.
    #[serde(with = "bytes")]
    pub sender: Vec<u8>,
}

/// A transaction that is about to be sent. Nothing of it is secret: it is what goes to the node.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Intent {
    /// The sender's counter that it takes; pinned until it is settled.
    pub nonce: u64,
    /// The epoch that it attests.
    pub epoch: u64,
    /// Instant of the book, seconds since 1970.
    pub as_of: u64,
    /// Last instant the attestation says anything about.
    pub valid_until: u64,
    /// The book's name.
    pub book: String,
    /// What is offered for it.
    pub fees: Fees,
    /// The transaction's hash.
    pub hash: Digest,
    /// The call inside, so that it can be offered again with higher fees.
    #[serde(with = "bytes")]
    pub call: Vec<u8>,
    /// The signed bytes.
    #[serde(with = "bytes")]
    pub raw: Vec<u8>,
}

/// What became of a nonce, for good.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Outcome {
    /// An intent was mined and did what it should.
    Attested {
        /// Its epoch.
        epoch: u64,
    },
    /// An intent was mined, and the registry said no.
    Reverted {
        /// Its epoch.
        epoch: u64,
    },
    /// Something else took the nonce: somebody else has the sender's key.
    Displaced,
}

/// One line of a journal.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Entry {
    /// Whose journal it is; the first line.
    Opened(Identity),
    /// About to be sent.
    Intent(Intent),
    /// A nonce is settled.
    Settled {
        /// Which.
        nonce: u64,
        /// How.
        outcome: Outcome,
    },
}

/// Why a journal cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum JournalError {
    /// The file system says no.
    #[error("journal `{}`: {why}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// Its words.
        why: std::io::Error,
    },
    /// Another agent has it.
    #[error("journal `{}` is held by another agent; two agents on one journal would send twice", path.display())]
    Held {
        /// The file.
        path: PathBuf,
    },
    /// It is larger than any honest one.
    #[error("journal `{}` is {got} bytes; at most {LIMIT} are read", path.display())]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// Bytes found.
        got: u64,
    },
    /// A line is damaged that had been written whole.
    #[error(
        "journal `{}`, line {line}: {why}; what was sent cannot be known from it. Wait until the sender has no pending \
         transaction, then start with a new journal",
        path.display()
    )]
    Damaged {
        /// The file.
        path: PathBuf,
        /// Which line, from 1.
        line: usize,
        /// What is wrong.
        why: &'static str,
    },
    /// It belongs to another agent.
    #[error(
        "the journal is of another agent: its {what} is {found}, this agent's is {wanted}; name another file"
    )]
    Stranger {
        /// What differs.
        what: &'static str,
        /// What the journal says.
        found: String,
        /// What this agent is.
        wanted: String,
    },
    /// Its entries do not follow from each other.
    #[error("the journal does not hang together: {0}")]
    Order(&'static str),
}

/// A journal in a file: a line per entry, each with a checksum, each on disk before it counts. A lock keeps a second agent
/// out as long as this lives, also where the first one is killed.
pub struct FileJournal {
    path: PathBuf,
    file: File,
    entries: Vec<Entry>,
    _lock: File,
}

impl FileJournal {
    /// Opens a journal, or begins one.
    ///
    /// A last line that is cut short was never acted upon, as it had not reached the disk whole: it is dropped. Any other
    /// damage is an error.
    ///
    /// # Errors
    /// [`JournalError`].
    pub fn open(path: &Path) -> Result<Self, JournalError> {
        let io = |why| JournalError::Io { path: path.to_owned(), why };
        let folder = folder(path);
        std::fs::create_dir_all(folder).map_err(io)?;
        let lock_path = path.with_added_extension("lock");
        let lock = File::options().create(true).truncate(false).write(true).open(&lock_path).map_err(io)?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(JournalError::Held { path: path.to_owned() }),
            Err(TryLockError::Error(why)) => return Err(io(why)),
        }
        let mut file =
            OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path).map_err(io)?;
        let got = file.metadata().map_err(io)?.len();
        if got > LIMIT {
            return Err(JournalError::TooLarge { path: path.to_owned(), got });
        }
        let mut bytes = Vec::new();
        (&mut file).take(LIMIT + 1).read_to_end(&mut bytes).map_err(io)?;
        let (entries, whole) = parse(&bytes).map_err(|(line, why)| JournalError::Damaged {
            path: path.to_owned(),
            line,
            why,
        })?;
        if (whole as u64) < got {
            file.set_len(whole as u64).map_err(io)?;
            file.sync_all().map_err(io)?;
        }
        file.seek(SeekFrom::End(0)).map_err(io)?;
        sync_folder(folder).map_err(io)?;
        let mut journal = Self { path: path.to_owned(), file, entries, _lock: lock };
        if got >= COMPACT_FROM {
            journal.compact().map_err(io)?;
        }
        Ok(journal)
    }
    /// Writes a journal anew with its first line and all that is not settled, whole or not at all.
    fn compact(&mut self) -> std::io::Result<()> {
        let settled = self.entries.iter().rposition(|e| matches!(e, Entry::Settled { .. }));
        let from = settled.map_or(0, |i| i + 1);
        let opened = self.entries.iter().take(1).filter(|e| matches!(e, Entry::Opened(_)));
        let kept: Vec<Entry> = opened.chain(&self.entries[from.max(1)..]).cloned().collect();
        let new = self.path.with_added_extension("new");
        let mut file = File::create(&new)?;
        for entry in &kept {
            file.write_all(&line(entry))?;
        }
        file.sync_all()?;
        std::fs::rename(&new, &self.path)?;
        sync_folder(folder(&self.path))?;
        (self.file, self.entries) = (file, kept);
        Ok(())
    }
}

impl Journal for FileJournal {
    fn replay(&mut self) -> Result<Vec<Entry>, JournalError> {
        Ok(self.entries.clone())
    }
    fn append(&mut self, entry: &Entry) -> Result<(), JournalError> {
        let io = |why| JournalError::Io { path: self.path.clone(), why };
        self.file.write_all(&line(entry)).map_err(io)?;
        self.file.sync_data().map_err(io)?;
        self.entries.push(entry.clone());
        Ok(())
    }
}

fn folder(path: &Path) -> &Path {
    path.parent().filter(|f| !f.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// A new file's name is on disk once its folder is.
fn sync_folder(folder: &Path) -> std::io::Result<()> {
    if cfg!(unix) { File::open(folder)?.sync_all() } else { Ok(()) }
}

/// `CHECKSUM JSON\n`, the checksum being the first eight bytes of the JSON's Keccak-256.
fn line(entry: &Entry) -> Vec<u8> {
    let json = serde_json::to_string(entry).expect("numbers and text");
    format!("{} {json}\n", &hex::encode(keccak(json.as_bytes()).0)[..CHECK]).into_bytes()
}

/// The entries, and how many bytes of the file are whole.
fn parse(bytes: &[u8]) -> Result<(Vec<Entry>, usize), (usize, &'static str)> {
    let (mut entries, mut whole) = (Vec::new(), 0);
    for (index, with_end) in bytes.split_inclusive(|b| *b == b'\n').enumerate() {
        let last = whole + with_end.len() == bytes.len();
        match read(with_end) {
            Ok(entry) => entries.push(entry),
            // Cut short, or with a hole where a page did not reach the disk: never acted upon.
            Err(_) if last && (!with_end.ends_with(b"\n") || with_end.contains(&0)) => break,
            Err(why) => return Err((index + 1, why)),
        }
        whole += with_end.len();
    }
    Ok((entries, whole))
}

fn read(line: &[u8]) -> Result<Entry, &'static str> {
    let line = line.strip_suffix(b"\n").ok_or("it has no end")?;
    let (check, json) = line.split_at_checked(CHECK + 1).ok_or("it is too short")?;
    let wanted = hex::encode(keccak(json).0);
    if check[..CHECK] != wanted.as_bytes()[..CHECK] || check[CHECK] != b' ' {
        return Err("its checksum is wrong");
    }
    serde_json::from_slice(json).map_err(|_| "it is no entry of this version")
}

/// Bytes as hex in JSON.
mod bytes {
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub fn serialize<S: Serializer>(bytes: &[u8], s: S) -> Result<S::Ok, S::Error> {
        s.serialize_str(&format!("0x{}", hex::encode(bytes)))
    }
    pub fn deserialize<'de, D: Deserializer<'de>>(d: D) -> Result<Vec<u8>, D::Error> {
        let text = String::deserialize(d)?;
        hex::decode(text.strip_prefix("0x").unwrap_or(&text)).map_err(|_| D::Error::custom("not hex"))
    }
}

/// Numbers beyond 64 bits as text in JSON.
pub(crate) mod decimal {
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub fn serialize<S: Serializer>(number: &u128, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(number)
    }
    pub fn deserialize<'de, D: Deserializer<'de>>(d: D) -> Result<u128, D::Error> {
        String::deserialize(d)?.parse().map_err(|_| D::Error::custom("not a whole number"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn identity() -> Identity {
        Identity {
            chain_id: 31337,
            registry: vec![1; 20],
            subject: keccak(b"s"),
            mandate: keccak(b"m"),
            sender: vec![2; 20],
        }
    }
    fn intent(nonce: u64) -> Entry {
        Entry::Intent(Intent {
            nonce,
            epoch: nonce + 1,
            as_of: 100,
            valid_until: 200,
            book: "morning".into(),
            fees: Fees { most: u128::MAX, tip: 1 },
            hash: keccak(&nonce.to_be_bytes()),
            call: vec![7; 40],
            raw: vec![8; 50],
        })
    }
    fn settled(nonce: u64) -> Entry {
        Entry::Settled { nonce, outcome: Outcome::Attested { epoch: nonce + 1 } }
    }

    #[test]
    fn what_was_written_is_read_again() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("deep/journal");
        let entries = vec![Entry::Opened(identity()), intent(0), settled(0), intent(1)];
        let mut journal = FileJournal::open(&path).unwrap();
        entries.iter().for_each(|e| journal.append(e).unwrap());
        assert!(matches!(FileJournal::open(&path), Err(JournalError::Held { .. })));
        drop(journal);
        assert_eq!(FileJournal::open(&path).unwrap().replay().unwrap(), entries);
    }

    /// Cut at any byte, the entries that are whole stay.
    #[test]
    fn cut_anywhere_the_whole_entries_stay() {
        let entries = [Entry::Opened(identity()), intent(0), settled(0)];
        let lines: Vec<Vec<u8>> = entries.iter().map(line).collect();
        let bytes = lines.concat();
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("journal");
        for cut in 0..=bytes.len() {
            let whole = (0..=lines.len()).rev().find(|n| lines[..*n].concat().len() <= cut).unwrap();
            let (read, length) = parse(&bytes[..cut]).unwrap();
            assert_eq!(
                (read.as_slice(), length),
                (&entries[..whole], lines[..whole].concat().len()),
                "cut at {cut}"
            );
            // A file goes on from there; some of the cuts, as each waits for the disk.
            if cut % 97 == 0 {
                std::fs::write(&path, &bytes[..cut]).unwrap();
                FileJournal::open(&path).unwrap().append(&intent(9)).unwrap();
                let after = FileJournal::open(&path).unwrap().replay().unwrap();
                assert_eq!(
                    (&after[..whole], &after[whole..]),
                    (&entries[..whole], &[intent(9)][..]),
                    "cut at {cut}"
                );
            }
        }
    }

    /// A bit flipped in any byte of a line written whole is found; only a lost end looks like a cut.
    #[test]
    fn damage_is_not_taken_for_a_cut() {
        let bytes = [line(&Entry::Opened(identity())), line(&intent(0))].concat();
        for at in 0..bytes.len() {
            let mut bad = bytes.clone();
            bad[at] ^= 1;
            assert_eq!(parse(&bad).is_ok(), at == bytes.len() - 1, "byte {at}");
        }
        let mut hole = bytes.clone();
        let end = hole.len();
        hole[end - 60..end - 20].fill(0);
        assert_eq!(parse(&hole).unwrap().0.len(), 1, "a page that was not written");
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("journal");
        hole[3] ^= 1;
        std::fs::write(&path, &hole).unwrap();
        assert!(matches!(FileJournal::open(&path), Err(JournalError::Damaged { line: 1, .. })));
    }

    #[test]
    fn a_long_journal_is_shortened_to_what_is_open() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("journal");
        let mut all = line(&Entry::Opened(identity()));
        let mut nonce = 0;
        while (all.len() as u64) < COMPACT_FROM {
            all.extend(line(&intent(nonce)));
            all.extend(line(&settled(nonce)));
            nonce += 1;
        }
        all.extend(line(&intent(nonce)));
        std::fs::write(&path, &all).unwrap();
        let mut journal = FileJournal::open(&path).unwrap();
        assert_eq!(journal.replay().unwrap(), [Entry::Opened(identity()), intent(nonce)]);
        journal.append(&settled(nonce)).unwrap();
        drop(journal);
        assert!(std::fs::metadata(&path).unwrap().len() < 4096);
        let read = FileJournal::open(&path).unwrap().replay().unwrap();
        assert_eq!(read, [Entry::Opened(identity()), intent(nonce), settled(nonce)]);
    }
}
