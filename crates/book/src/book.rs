//! A book: quantities in lots, slot by slot, account by account. Secret.

use crate::error::{BookError, quoted};
use crate::slots::SlotIndex;
use std::collections::BTreeMap;
use std::ops::Range;
use zeroize::Zeroizing;

/// The quantities of one account. Wiped when dropped; no `Debug`.
#[derive(Clone)]
pub struct AccountBook {
    netting_set: u16,
    first_slot: usize,
    quantities: Zeroizing<Vec<i64>>,
}

impl AccountBook {
    /// An account with nothing in it. `slots` are its slots, whole segments.
    pub fn empty(netting_set: u16, slots: Range<usize>) -> Self {
        Self { netting_set, first_slot: slots.start, quantities: Zeroizing::new(vec![0; slots.len()]) }
    }
    /// An account from quantities that are known already, in lots, from slot `first_slot` on.
    pub const fn from_lots(netting_set: u16, first_slot: usize, quantities: Zeroizing<Vec<i64>>) -> Self {
        Self { netting_set, first_slot, quantities }
    }
    /// Index of the account in the universe.
    pub const fn netting_set(&self) -> u16 {
        self.netting_set
    }
    /// Its first slot in the universe.
    pub const fn first_slot(&self) -> usize {
        self.first_slot
    }
    /// Its quantities in lots, from its first slot on, free slots included.
    pub fn quantities(&self) -> &[i64] {
        &self.quantities
    }
    /// The quantity in a slot of the universe, in lots; `None` where the slot is not this account's.
    pub fn lots(&self, slot: usize) -> Option<i64> {
        self.quantities.get(slot.checked_sub(self.first_slot)?).copied()
    }
    pub(crate) fn lots_mut(&mut self, slot: usize) -> Option<&mut i64> {
        self.quantities.get_mut(slot.checked_sub(self.first_slot)?)
    }
}

/// All accounts of a book: the *concatenation* of its netting sets, never their sum. No `Debug`.
#[derive(Clone, Default)]
pub struct Book {
    accounts: BTreeMap<u16, AccountBook>,
}

impl Book {
    /// Of accounts; a later one takes the place of an earlier one with the same index.
    pub fn new(accounts: impl IntoIterator<Item = AccountBook>) -> Self {
        Self { accounts: accounts.into_iter().map(|a| (a.netting_set, a)).collect() }
    }
    /// Its accounts, by growing index. An account that is not here takes no part; one that is empty does.
    pub fn accounts(&self) -> impl Iterator<Item = &AccountBook> {
        self.accounts.values()
    }
    /// An account by index.
    pub fn account(&self, netting_set: u16) -> Option<&AccountBook> {
        self.accounts.get(&netting_set)
    }
    /// An account by name.
    ///
    /// # Errors
    /// [`BookError::NotInBook`], with the names of those that are.
    pub fn account_named(&self, name: &str, slots: &dyn SlotIndex) -> Result<&AccountBook, BookError> {
        slots.account(name).and_then(|i| self.account(i)).ok_or_else(|| {
            let names = slots.accounts();
            let known: Vec<String> =
                self.accounts.keys().filter_map(|i| names.get(usize::from(*i)).cloned()).collect();
            BookError::NotInBook { name: crate::error::clip(name), known: quoted(&known, ", ") }
        })
    }
    /// The quantity of every slot of a shape with that many slots, in lots: what a witness is built from.
    pub fn quantities(&self, slots: usize) -> Zeroizing<Vec<i64>> {
        let mut out = Zeroizing::new(vec![0; slots]);
        for account in self.accounts.values() {
            for (place, q) in out.iter_mut().skip(account.first_slot).zip(account.quantities.iter()) {
                *place = *q;
            }
        }
        out
    }
}
