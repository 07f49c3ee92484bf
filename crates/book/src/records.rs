//! A statement as it was read, before a universe gives it slots.

use crate::error::{BookError, Place, clip};
use crate::open::Seen;
use crate::secret::{Amount, AmountError};
use std::collections::BTreeMap;

/// What a statement says of how a perpetual or future was entered.
#[derive(Clone)]
pub enum Entry {
    /// Total cost, signed as the quantity: linear `quantity x price` in the settlement currency, inverse
    /// `quantity / price` in coin.
    Cost(Amount),
    /// Average entry price.
    Price(Amount),
    /// The venue's own figure of the position's unsettled profit or loss, in the settlement currency.
    Unsettled(Amount),
}

/// Which side of an instrument a row stands for. Venues in hedge mode report a long and a short row of one instrument,
/// which meet in one slot of one netting set; two rows of one side are a mistake.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Side {
    /// The whole position.
    Net,
    /// The long leg.
    Long,
    /// The short leg.
    Short,
}

/// One row of a statement. The quantity is signed, in the instrument's own unit.
pub struct Row {
    pub(crate) account: String,
    pub(crate) instrument: String,
    pub(crate) side: Side,
    pub(crate) quantity: Amount,
    pub(crate) entry: Option<Entry>,
    pub(crate) place: Place,
    /// Whether a venue's report may have listed it with nothing in it.
    pub(crate) may_be_idle: bool,
}

/// Statements, read but not yet placed: rows of named accounts.
#[derive(Default)]
pub struct Records {
    pub(crate) accounts: BTreeMap<String, Place>,
    pub(crate) rows: Vec<Row>,
    pub(crate) notes: Vec<String>,
    pub(crate) seen: Seen,
}

impl Records {
    /// Adds the rows of another statement: positions and balances often come in two files.
    pub fn merge(&mut self, other: Self) {
        for (name, place) in other.accounts {
            self.accounts.entry(name).or_insert(place);
        }
        self.rows.extend(other.rows);
        self.notes.extend(other.notes);
        self.seen.merge(other.seen);
    }
    /// Names of the accounts that are spoken of, those without any row included.
    pub fn accounts(&self) -> impl Iterator<Item = &str> {
        self.accounts.keys().map(String::as_str)
    }
    /// How many rows there are.
    pub fn len(&self) -> usize {
        self.rows.len()
    }
    /// Whether there is no row.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }
    /// Gives accounts the names that the universe has for them: statement name to universe name. Names that are not in
    /// `names` stay.
    pub fn rename(&mut self, names: &BTreeMap<String, String>) {
        let new = |name: &str| names.get(name).cloned().unwrap_or_else(|| name.to_owned());
        for row in &mut self.rows {
            row.account = new(&row.account);
        }
        let mut accounts = BTreeMap::new();
        for (name, place) in std::mem::take(&mut self.accounts) {
            accounts.entry(new(&name)).or_insert(place);
        }
        self.accounts = accounts;
        self.seen.rename(new);
    }
    pub(crate) fn declare(&mut self, account: &str, place: &Place) {
        if !self.accounts.contains_key(account) {
            self.accounts.insert(account.to_owned(), place.clone());
        }
    }
}

/// An amount of `instrument`, or an error that names everything but the amount.
pub(crate) fn amount(
    text: &str,
    what: &'static str,
    instrument: &str,
    place: &Place,
) -> Result<Amount, BookError> {
    Amount::parse(text).map_err(|why| amount_error(why, what, instrument, place))
}

pub(crate) fn amount_error(
    why: AmountError,
    what: &'static str,
    instrument: &str,
    place: &Place,
) -> BookError {
    BookError::Amount { place: place.clone(), what, instrument: clip(instrument), why }
}

/// A product or sum that must not overflow.
pub(crate) fn exact(
    value: Option<Amount>,
    what: &'static str,
    instrument: &str,
    place: &Place,
) -> Result<Amount, BookError> {
    value.ok_or_else(|| amount_error(AmountError::TooLong, what, instrument, place))
}
