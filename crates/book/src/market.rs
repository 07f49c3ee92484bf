//! A market snapshot as slots.

use crate::slots::{SlotIndex, SlotInfo, SlotKind};
use mandate_market::{Instrument, Settle, Snapshot, UniverseError};
use mandate_numeric::Decimal;
use mandate_statement::{Digest, Shape};
use std::collections::BTreeMap;
use std::ops::Range;

/// A snapshot, indexed by account and instrument.
pub struct MarketSlots<'a> {
    snapshot: &'a Snapshot,
    shape: &'static Shape,
    universe: Digest,
    index: BTreeMap<(u16, String), SlotInfo>,
    marks: BTreeMap<usize, Decimal>,
}

impl<'a> MarketSlots<'a> {
    /// Indexes a snapshot.
    ///
    /// # Errors
    /// [`UniverseError`], where its universe is not one.
    pub fn new(snapshot: &'a Snapshot) -> Result<Self, UniverseError> {
        let universe = &snapshot.universe;
        let shape = universe.validate()?;
        let (mut index, mut marks) = (BTreeMap::new(), BTreeMap::new());
        for found in universe.slots()? {
            // A valid universe has at most as many accounts as its shape.
            let Ok(account) = u16::try_from(found.account) else { continue };
            let instrument = &found.slot.instrument;
            let venue = &universe.accounts[found.account].venue;
            let info = SlotInfo {
                slot: found.index,
                lot_places: found.slot.lot_places,
                kind: kind(instrument),
                priced: snapshot.unpriced(venue, instrument).is_none(),
            };
            if let Some(quote) = snapshot.quote(venue, instrument) {
                marks.insert(found.index, quote.mark.to_decimal());
            }
            index.insert((account, instrument.to_string()), info);
        }
        Ok(Self { snapshot, shape, universe: universe.digest(), index, marks })
    }
    /// The snapshot.
    pub const fn snapshot(&self) -> &'a Snapshot {
        self.snapshot
    }
}

fn kind(instrument: &Instrument) -> SlotKind {
    match instrument {
        Instrument::Cash { .. }
        | Instrument::Spot { .. }
        | Instrument::Deposit { .. }
        | Instrument::LiquidityRange { .. } => SlotKind::Balance,
        Instrument::Borrow { .. } => SlotKind::Borrow,
        Instrument::UnsettledPnl { .. } => SlotKind::UnsettledPnl,
        Instrument::Perpetual { underlying, settle } | Instrument::Future { underlying, settle, .. } => {
            match settle {
                Settle::Linear { currency } => SlotKind::Linear { currency: currency.clone() },
                Settle::Inverse => SlotKind::Inverse { currency: underlying.clone() },
            }
        }
        Instrument::Option { .. } => SlotKind::Option,
    }
}

impl SlotIndex for MarketSlots<'_> {
    fn shape(&self) -> &'static Shape {
        self.shape
    }
    fn universe(&self) -> Digest {
        self.universe
    }
    fn as_of(&self) -> u64 {
        self.snapshot.as_of
    }
    fn accounts(&self) -> Vec<String> {
        self.snapshot.universe.accounts.iter().map(mandate_market::Account::label).collect()
    }
    fn slots(&self, account: u16) -> Range<usize> {
        let segments = self.snapshot.universe.account_segments(usize::from(account));
        segments.start * self.shape.segment_len()..segments.end * self.shape.segment_len()
    }
    fn slot(&self, account: u16, instrument: &str) -> Option<SlotInfo> {
        self.index.get(&(account, instrument.to_owned())).cloned()
    }
    fn names(&self, account: u16) -> Vec<String> {
        self.index.keys().filter(|(a, _)| *a == account).map(|(_, name)| name.clone()).collect()
    }
    fn mark(&self, slot: usize) -> Option<Decimal> {
        self.marks.get(&slot).copied()
    }
}
