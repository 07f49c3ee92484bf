//! From rows to slots.

use crate::book::{AccountBook, Book};
use crate::error::{BookError, Like, Place, clip, quoted};
use crate::records::{Entry, Records, Row, Side, amount_error};
use crate::secret::Fraction;
use crate::slots::{SlotIndex, SlotInfo, SlotKind, is_asset_name, nearest};
use std::collections::BTreeMap;

/// What to do with amounts finer than their lot.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Rounding {
    /// Refuse them.
    #[default]
    Exact,
    /// Balances, loans and unsettled profit go down to the lot: an asset counts for less, a debt for more. Derivatives
    /// are refused all the same: neither way is against the holder under every rule.
    Down,
}

/// Choices that whoever reads a statement makes in the open.
#[derive(Clone, Copy, Debug, Default)]
pub struct Options {
    /// What to do with amounts finer than their lot.
    pub rounding: Rounding,
    /// Leave out what is owned, and can only be worth something, where the universe does not list it or the snapshot
    /// has no price for it. The report names it. Anything else unlisted is refused, always.
    pub ignore_unlisted_assets: bool,
}

/// What was done beside reading. Names, never amounts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Assets that were left out.
    pub left_out: Vec<String>,
    /// Rows that were rounded down to the lot.
    pub rounded: Vec<String>,
    /// All else worth a look.
    pub notes: Vec<String>,
}

/// Unsettled profit and loss of one settlement currency of one account.
struct Pnl {
    total: Fraction,
    /// A perpetual or future that nobody states the cost of.
    unknown: Option<Place>,
    /// A row that makes it needed, for errors.
    place: Place,
    instrument: String,
}

/// Places every row in its slot.
///
/// # Errors
/// [`BookError`]: with file, line and what would be right, and never an amount.
pub fn resolve(
    records: &Records,
    slots: &dyn SlotIndex,
    options: &Options,
) -> Result<(Book, Report), BookError> {
    let mut work = Work {
        slots,
        options,
        accounts: BTreeMap::new(),
        seen: BTreeMap::new(),
        listed_pnl: BTreeMap::new(),
        pnl: BTreeMap::new(),
        report: Report { notes: records.notes.clone(), ..Report::default() },
    };
    for (name, place) in &records.accounts {
        work.account(name, place)?;
    }
    for row in &records.rows {
        work.row(row)?;
    }
    work.settle()?;
    work.report.notes.extend(crate::open::check(records)?);
    Ok((Book::new(work.accounts.into_values()), work.report))
}

struct Work<'a> {
    slots: &'a dyn SlotIndex,
    options: &'a Options,
    accounts: BTreeMap<u16, AccountBook>,
    /// Rows so far, by account, instrument and side.
    seen: BTreeMap<(u16, String), Vec<(Side, Place)>>,
    /// Accounts and currencies whose unsettled profit the statement lists itself.
    listed_pnl: BTreeMap<(u16, String), Place>,
    pnl: BTreeMap<(u16, String), Pnl>,
    report: Report,
}

impl Work<'_> {
    fn account(&mut self, name: &str, place: &Place) -> Result<u16, BookError> {
        let index = self.slots.account(name).ok_or_else(|| BookError::UnknownAccount {
            place: place.clone(),
            name: clip(name),
            known: quoted(&self.slots.accounts(), ", "),
        })?;
        self.accounts.entry(index).or_insert_with(|| AccountBook::empty(index, self.slots.slots(index)));
        Ok(index)
    }

    fn row(&mut self, row: &Row) -> Result<(), BookError> {
        let account = self.account(&row.account, &row.place)?;
        self.refuse_twice(account, row)?;
        let info = match self.slots.slot(account, &row.instrument) {
            Some(info) if info.priced || row.quantity.is_zero() => info,
            found => return self.not_usable(row, account, found.is_some()),
        };
        if row.entry.is_some() && !matches!(info.kind, SlotKind::Linear { .. } | SlotKind::Inverse { .. }) {
            return Err(BookError::CostOfNothing {
                place: row.place.clone(),
                instrument: clip(&row.instrument),
            });
        }
        self.add(account, row, &info)?;
        match &info.kind {
            SlotKind::UnsettledPnl => {
                let currency = row.instrument.strip_prefix("PNL:").unwrap_or(&row.instrument);
                self.listed_pnl.insert((account, currency.to_owned()), row.place.clone());
                Ok(())
            }
            SlotKind::Linear { currency } => self.unsettled(account, row, &info, currency, false),
            SlotKind::Inverse { currency } => self.unsettled(account, row, &info, currency, true),
            _ => Ok(()),
        }
    }

    /// One row for each instrument of an account; a long and a short leg, where a venue reports both.
    fn refuse_twice(&mut self, account: u16, row: &Row) -> Result<(), BookError> {
        let rows = self.seen.entry((account, row.instrument.clone())).or_default();
        let clash = |side: Side| side == row.side || side == Side::Net || row.side == Side::Net;
        if let Some((_, first)) = rows.iter().find(|(side, _)| clash(*side)) {
            return Err(BookError::Duplicate {
                place: row.place.clone(),
                account: clip(&row.account),
                instrument: clip(&row.instrument),
                first: first.clone(),
            });
        }
        if !rows.is_empty() {
            self.report.notes.push(format!(
                "{}: both legs of `{}` meet in one slot of `{}`",
                row.place,
                clip(&row.instrument),
                clip(&row.account)
            ));
        }
        rows.push((row.side, row.place.clone()));
        Ok(())
    }

    fn not_usable(&mut self, row: &Row, account: u16, listed: bool) -> Result<(), BookError> {
        if row.quantity.is_zero() && row.may_be_idle {
            return Ok(());
        }
        let asset = is_asset_name(&row.instrument) && !row.quantity.is_negative();
        if asset && self.options.ignore_unlisted_assets {
            let why = if listed { "has no price" } else { "is not listed" };
            self.report.left_out.push(format!(
                "{}: `{}` of `{}` {why} and is left out",
                row.place,
                clip(&row.instrument),
                clip(&row.account)
            ));
            return Ok(());
        }
        let why = match (listed, asset) {
            (false, true) => "correct the name, or leave out unlisted assets with `--ignore-unlisted-assets`",
            (true, true) => {
                "it is listed, but the snapshot has no price for it: leave it out with `--ignore-unlisted-assets`"
            }
            (false, false) => {
                "what it can lose would go uncounted: correct the name, or use a universe that lists it"
            }
            (true, false) => {
                "it is listed, but the snapshot has no price for it, and what it can lose would go uncounted"
            }
        };
        let like = if listed { Vec::new() } else { nearest(&row.instrument, &self.slots.names(account)) };
        Err(BookError::Unlisted {
            place: row.place.clone(),
            account: clip(&row.account),
            instrument: clip(&row.instrument),
            like: Like(like),
            why,
        })
    }

    /// Adds a row's lots to its slot.
    fn add(&mut self, account: u16, row: &Row, info: &SlotInfo) -> Result<(), BookError> {
        let may_round = matches!(info.kind, SlotKind::Balance | SlotKind::Borrow | SlotKind::UnsettledPnl);
        let floor = may_round && self.options.rounding == Rounding::Down;
        let wrong = |why| amount_error(why, "quantity", &row.instrument, &row.place);
        let lots = row.quantity.lots(info.lot_places, floor).map_err(wrong)?;
        if floor && row.quantity.lots(info.lot_places, false).is_err() {
            self.report.rounded.push(format!(
                "{}: `{}` of `{}` is rounded down to the lot",
                row.place,
                clip(&row.instrument),
                clip(&row.account)
            ));
        }
        self.put(account, info, lots).ok_or_else(|| wrong(range(info)))
    }
    fn put(&mut self, account: u16, info: &SlotInfo, lots: i64) -> Option<()> {
        let place = self.accounts.get_mut(&account)?.lots_mut(info.slot)?;
        let sum = place.checked_add(lots)?;
        (sum.abs() < mandate_statement::QUANTITY_LIMIT).then(|| *place = sum)
    }

    /// Counts a position's unsettled profit or loss towards its settlement currency.
    fn unsettled(
        &mut self,
        account: u16,
        row: &Row,
        info: &SlotInfo,
        currency: &str,
        inverse: bool,
    ) -> Result<(), BookError> {
        if row.quantity.is_zero() && row.entry.is_none() {
            return Ok(());
        }
        let gain = match &row.entry {
            None => None,
            Some(Entry::Unsettled(amount)) => Some(amount.fraction()),
            Some(Entry::Cost(cost)) => {
                let same = cost.is_zero()
                    || row.quantity.is_zero()
                    || cost.is_negative() == row.quantity.is_negative();
                if !same {
                    return Err(BookError::Form {
                        place: row.place.clone(),
                        why: format!(
                            "the entry cost of `{}` must have the sign of its quantity",
                            clip(&row.instrument)
                        ),
                    });
                }
                let now = self.worth(row, info, inverse)?;
                let cost = cost.fraction();
                Some(if inverse { cost.minus(&now) } else { now.minus(&cost) })
            }
            Some(Entry::Price(price)) => {
                let (now, price, quantity) =
                    (self.worth(row, info, inverse)?, price.fraction(), row.quantity.fraction());
                if !price.is_positive() {
                    return Err(BookError::Form {
                        place: row.place.clone(),
                        why: format!("the entry price of `{}` must be above zero", clip(&row.instrument)),
                    });
                }
                let cost = if inverse { quantity.over(&price) } else { Some(quantity.times(&price)) };
                cost.map(|cost| if inverse { cost.minus(&now) } else { now.minus(&cost) })
            }
        };
        let entry = self.pnl.entry((account, currency.to_owned())).or_insert_with(|| Pnl {
            total: Fraction::zero(),
            unknown: None,
            place: row.place.clone(),
            instrument: row.instrument.clone(),
        });
        match gain {
            Some(gain) => entry.total = entry.total.plus(&gain),
            None => {
                if entry.unknown.is_none() {
                    entry.unknown = Some(row.place.clone());
                    entry.instrument.clone_from(&row.instrument);
                }
            }
        }
        Ok(())
    }
    /// `quantity x mark`, or `quantity / mark` in coin.
    fn worth(&self, row: &Row, info: &SlotInfo, inverse: bool) -> Result<Fraction, BookError> {
        let none = || BookError::NoMark { place: row.place.clone(), instrument: clip(&row.instrument) };
        let mark = crate::Amount::new(self.slots.mark(info.slot).ok_or_else(none)?).fraction();
        let quantity = row.quantity.fraction();
        if inverse { quantity.over(&mark).ok_or_else(none) } else { Ok(quantity.times(&mark)) }
    }

    /// Writes the sums to their slots, rounded down once: a gain counts for less, a loss for more. Where the statement
    /// lists a currency's unsettled profit itself, that stands, and nothing is added to it.
    fn settle(&mut self) -> Result<(), BookError> {
        for ((account, currency), pnl) in std::mem::take(&mut self.pnl) {
            if self.listed_pnl.contains_key(&(account, currency.clone())) {
                continue;
            }
            let name = self.slots.accounts().get(usize::from(account)).cloned().unwrap_or_default();
            let instrument = clip(&pnl.instrument);
            if let Some(place) = pnl.unknown {
                return Err(BookError::MissingCost { place, account: name, instrument, currency });
            }
            let slot_name = format!("PNL:{currency}");
            let Some(info) = self.slots.slot(account, &slot_name) else {
                return Err(BookError::NoPnlSlot { place: pnl.place, account: name, instrument, currency });
            };
            let lots = pnl.total.scaled(info.lot_places).floor();
            let lots = lots.filter(|n| n.unsigned_abs() < mandate_statement::QUANTITY_LIMIT.unsigned_abs());
            lots.and_then(|lots| self.put(account, &info, lots))
                .ok_or_else(|| amount_error(range(&info), "unsettled profit", &slot_name, &pnl.place))?;
        }
        Ok(())
    }
}

const fn range(info: &SlotInfo) -> crate::AmountError {
    crate::AmountError::Range(crate::secret::Lot(info.lot_places))
}
