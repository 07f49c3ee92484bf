//! What can be wrong with a statement. No text here ever holds an amount.

use crate::secret::AmountError;
use std::fmt;

/// Where something stands: a file and a line, counted from one.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// Name of the file, as the reader was told.
    pub file: String,
    /// Line, counted from one; zero for the file as a whole.
    pub line: u64,
}

impl Place {
    /// A place.
    pub fn new(file: &str, line: u64) -> Self {
        Self { file: file.to_owned(), line }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.line == 0 { f.write_str(&self.file) } else { write!(f, "{}:{}", self.file, self.line) }
    }
}

/// Why a statement is not a book. Each names file and line and what would be right, and none an amount.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum BookError {
    /// Larger than any honest statement.
    #[error("{place}: {got} bytes; statements of at most {limit} are read")]
    TooLarge {
        /// Where.
        place: Place,
        /// Bytes found.
        got: usize,
        /// Bytes accepted.
        limit: usize,
    },
    /// Not of the form it should be.
    #[error("{place}: {why}")]
    Form {
        /// Where.
        place: Place,
        /// What is wrong, and what would be right.
        why: String,
    },
    /// An amount that is none, or does not fit its slot.
    #[error("{place}: {what} of `{instrument}` {why}")]
    Amount {
        /// Where.
        place: Place,
        /// Quantity, entry cost, ...
        what: &'static str,
        /// Of what.
        instrument: String,
        /// What is wrong with it.
        why: AmountError,
    },
    /// No account of that name.
    #[error("{place}: there is no account `{name}` in the universe; accounts are {known}")]
    UnknownAccount {
        /// Where.
        place: Place,
        /// The name.
        name: String,
        /// All accounts.
        known: String,
    },
    /// An instrument that the universe does not list, with the risk that this hides.
    #[error("{place}: account `{account}` has no instrument `{instrument}`{like}; {why}")]
    Unlisted {
        /// Where.
        place: Place,
        /// The account.
        account: String,
        /// The instrument.
        instrument: String,
        /// Names that are spelt alike.
        like: Like,
        /// What this means.
        why: &'static str,
    },
    /// Balances whose report shows positions that nothing lists.
    #[error(
        "{place}: {shown}, and none of account `{account}` were read: \
         balances alone would leave them out; bring the positions too, in one list with the summary or as a second statement"
    )]
    OpenPositions {
        /// Where.
        place: Place,
        /// The account.
        account: String,
        /// Which summary shows which positions, and by what.
        shown: String,
    },
    /// The same instrument twice in one account.
    #[error(
        "{place}: `{instrument}` of account `{account}` stands already at {first}: one row for each instrument"
    )]
    Duplicate {
        /// Where.
        place: Place,
        /// The account.
        account: String,
        /// The instrument.
        instrument: String,
        /// Where it stood first.
        first: Place,
    },
    /// An entry cost where none belongs.
    #[error(
        "{place}: `{instrument}` is no perpetual or future: its value is its mark, and an entry cost does not count"
    )]
    CostOfNothing {
        /// Where.
        place: Place,
        /// The instrument.
        instrument: String,
    },
    /// A perpetual or future whose profit or loss nobody states.
    #[error(
        "{place}: `{instrument}` of account `{account}` has no entry cost, and the account has no row `PNL:{currency}`: \
         give one of them (a `PNL:{currency}` of 0 where all profit and loss is already in cash)"
    )]
    MissingCost {
        /// Where.
        place: Place,
        /// The account.
        account: String,
        /// The instrument.
        instrument: String,
        /// Its settlement currency.
        currency: String,
    },
    /// No slot for the profit or loss.
    #[error(
        "{place}: account `{account}` has no slot `PNL:{currency}` for the profit or loss of `{instrument}`"
    )]
    NoPnlSlot {
        /// Where.
        place: Place,
        /// The account.
        account: String,
        /// The instrument.
        instrument: String,
        /// Its settlement currency.
        currency: String,
    },
    /// No mark to compute a profit or loss at.
    #[error("{place}: the snapshot has no mark for `{instrument}`, so its profit or loss is unknown")]
    NoMark {
        /// Where.
        place: Place,
        /// The instrument.
        instrument: String,
    },
    /// A statement without the account it must be about.
    #[error("no account `{name}` in this book; it has {known}")]
    NotInBook {
        /// The account wanted.
        name: String,
        /// Accounts the book has.
        known: String,
    },
}

/// Names spelt alike, as the tail of a sentence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Like(
    /// The names.
    pub Vec<String>,
);

impl fmt::Display for Like {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return Ok(());
        }
        write!(f, " (did you mean {}?)", quoted(&self.0, " or "))
    }
}

/// Names in backticks.
pub(crate) fn quoted(names: &[String], between: &str) -> String {
    names.iter().map(|n| format!("`{n}`")).collect::<Vec<_>>().join(between)
}

/// User text that goes into a message: short, and without control characters.
pub(crate) fn clip(text: &str) -> String {
    text.chars().take(80).map(|c| if c.is_control() { '?' } else { c }).collect()
}
