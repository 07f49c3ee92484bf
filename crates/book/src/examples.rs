//! Made-up books for the made-up market of [`mandate_market::examples`]: any of its sizes, any instant.

use crate::book::Book;
use crate::market::MarketSlots;
use crate::read;
use crate::resolve::{Options, resolve};
use crate::slots::SlotIndex;
use mandate_market::{Instrument, Snapshot};
use std::fmt::Write;

/// Which made-up book.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Example {
    /// Mostly cash, some coins, small derivatives on both sides: gross exposure well below its net asset value, no
    /// underlying of one account above a quarter of it.
    Lawful,
    /// The same but for a short of 60 million dollars in the first perpetual: gross exposure above three times net
    /// asset value.
    OverLeveraged,
}

/// A made-up statement, in the form that [`read::csv`] reads: every account of the snapshot's universe, every listed
/// option, and whatever else of the list below the universe lists.
pub fn csv(snapshot: &Snapshot, which: Example) -> String {
    let mut out = String::from("account,instrument,quantity,entry_price\n");
    for account in &snapshot.universe.accounts {
        let label = account.label();
        // Writing to a text does not fail.
        let _ = writeln!(out, "{label},,,");
        let mut options = 0u32;
        for slot in account.groups.iter().flat_map(|g| &g.slots) {
            let name = slot.instrument.to_string();
            if let Instrument::Option { underlying, .. } = &slot.instrument {
                // Long and short in turn; a tenth of a coin to half a coin of BTC, ten times that of the rest.
                let tenths = i64::from(options % 5 + 1) * if underlying == "BTC" { 1 } else { 10 };
                let sign = if options.is_multiple_of(2) { "" } else { "-" };
                let _ = writeln!(out, "{label},{name},{sign}{}.{},", tenths / 10, tenths % 10);
                options += 1;
            } else if let Some((quantity, price)) = holding(&account.venue, &name, which) {
                let _ = writeln!(out, "{label},{name},{quantity},{price}");
            }
        }
    }
    out
}

/// Quantity and entry price, by venue and instrument.
fn holding(venue: &str, instrument: &str, which: Example) -> Option<(&'static str, &'static str)> {
    Some(match (venue, instrument) {
        ("harbour", "BTC-PERPETUAL") if which == Example::OverLeveraged => ("-60000000", "60000"),
        ("harbour", "USD") => ("4500000", ""),
        ("harbour", "BTC") => ("10.25", ""),
        ("harbour", "ETH") => ("150", ""),
        ("harbour", "BORROW:ETH") => ("-20", ""),
        ("harbour", "BTC-PERPETUAL") => ("-600000", "60500"),
        ("harbour", "ETH-PERPETUAL") => ("-250000", "2450"),
        ("quay", "USDT") => ("1000000", ""),
        ("quay", "BTC") => ("2.5", ""),
        ("quay", "BTC_USDT-PERPETUAL") => ("8", "59000"),
        ("quay", "ETH_USDT-PERPETUAL") => ("-100", "2550"),
        ("quay", "SOL_USDT-PERPETUAL") => ("1000", "148.5"),
        ("vault", "BTC") => ("25", ""),
        ("vault", "ETH") => ("600", ""),
        ("vault", "USD") => ("6000000", ""),
        ("vault", "USDC") => ("1000000", ""),
        ("administrator", "USD") => ("-200000", ""),
        _ => return None,
    })
}

/// The book that [`csv()`] spells.
///
/// # Panics
/// If the snapshot is not one of [`mandate_market::examples`] and lists none of what the statement holds.
pub fn book(snapshot: &Snapshot, which: Example) -> Book {
    let slots = MarketSlots::new(snapshot).expect("the made-up market has a universe");
    let records = read::csv("example.csv", csv(snapshot, which).as_bytes()).expect("the example is a table");
    let (book, _) = resolve(&records, &slots as &dyn SlotIndex, &Options::default())
        .unwrap_or_else(|e| panic!("the example fits the made-up market: {e}"));
    book
}
