//! Why an account is not attested.

use crate::commitment::CommitmentError;
use mandate_statement::{CodecError, Digest};
use std::path::PathBuf;

/// Why an account is not attested, or an opening or key not read. No text holds a quantity, a blinding or a key.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AttestError {
    /// The quantities cannot be committed to.
    #[error(transparent)]
    Commitment(CommitmentError),
    /// Not one of this project's files.
    #[error(transparent)]
    Codec(#[from] CodecError),
    /// No shape of that name.
    #[error("there is no shape `{0}`")]
    UnknownShape(String),
    /// The book is not laid out as the universe is.
    #[error(
        "account {account} of the book has slots {got_first}..{got_end}; the universe gives it {first}..{end}"
    )]
    Layout {
        /// Index of the account.
        account: u16,
        /// First slot in the book.
        got_first: usize,
        /// One past the last slot in the book.
        got_end: usize,
        /// First slot in the universe.
        first: usize,
        /// One past the last slot in the universe.
        end: usize,
    },
    /// Something is held in a slot that nothing is listed for, or that has no price.
    #[error("the book holds something in slot {slot}, where {why}: what it can lose would go uncounted")]
    Unlisted {
        /// The slot.
        slot: usize,
        /// What is wrong with the slot.
        why: &'static str,
    },
    /// The largest sequence number would be the account's last.
    #[error(
        "sequence {got} of account {account} leaves no number after it, so that the account could never be attested \
         again; the last one signed is {last}: leave the number out, or give one just above that"
    )]
    LastSequence {
        /// The account.
        account: Digest,
        /// The number asked for.
        got: u64,
        /// The last one signed.
        last: u64,
    },
    /// The sequence number was used, or is lower than one that was.
    #[error(
        "sequence {got} of account {account} is used up: the last one signed is {last}, so {next} is the next",
        next = last.saturating_add(1)
    )]
    Sequence {
        /// The account.
        account: Digest,
        /// The number asked for.
        got: u64,
        /// The last one signed.
        last: u64,
    },
    /// The account backs another book at the same instant.
    #[error(
        "account {account} at {as_of} is already attested for subject {other}: one account backs one book"
    )]
    OtherSubject {
        /// The account.
        account: Digest,
        /// The instant, seconds since 1970 in UTC.
        as_of: u64,
        /// The subject it is attested for.
        other: Digest,
    },
    /// The account is attested as something else at the same instant.
    #[error(
        "account {account} at {as_of} is already attested for {what} {stands}, not {asked}: an account is one part of one \
         book; attest it as it was, or at a later instant"
    )]
    OtherUse {
        /// The account.
        account: Digest,
        /// The instant, seconds since 1970 in UTC.
        as_of: u64,
        /// Netting set or universe.
        what: &'static str,
        /// What it is attested as.
        stands: String,
        /// What was asked for.
        asked: String,
    },
    /// The account is bound to another subject.
    #[error(
        "account {account} is bound to subject {subject}, asked was {asked}: where it has changed hands, release it from \
         its subject first"
    )]
    Bound {
        /// The account.
        account: Digest,
        /// Whom it is bound to.
        subject: Digest,
        /// Who was asked for.
        asked: Digest,
    },
    /// Opening and attestation are not of one piece.
    #[error("this opening is not of this attestation: the {0} differs")]
    Mismatch(&'static str),
    /// The key file holds no key.
    #[error("`{path}` holds no key: wanted 64 hex digits, of a number between 1 and the order of secp256k1")]
    Key {
        /// The file.
        path: PathBuf,
    },
    /// Others can read the key.
    #[error("key `{path}` can be read by others (mode {mode:04o}): take that right away with `chmod 600`")]
    KeyOpen {
        /// The file.
        path: PathBuf,
        /// Its mode.
        mode: u32,
    },
    /// The ledger of used sequence numbers is not one.
    #[error("ledger `{path}`: {why}; restore it from a copy, as without it an account could back two books")]
    Ledger {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        why: String,
    },
    /// Another process holds the ledger.
    #[error("ledger `{path}` is in use by another process; try again when it is done")]
    LedgerBusy {
        /// The file.
        path: PathBuf,
    },
    /// The signer failed.
    #[error("the signer failed: {0}")]
    Signer(String),
    /// A file cannot be read or written.
    #[error("cannot {doing} `{path}`: {why}")]
    File {
        /// Read or write.
        doing: &'static str,
        /// The file.
        path: PathBuf,
        /// The system's word.
        why: std::io::Error,
    },
    /// A file is larger than any honest one.
    #[error("`{path}` is larger than the {limit} bytes that are read")]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// Bytes read.
        limit: usize,
    },
}
