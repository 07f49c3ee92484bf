//! Books, in every form that is read.

use crate::fixtures::AS_OF;
use mandate_book::read::{self, VenueOptions};
use mandate_book::{BookError, MarketSlots, Options, Records, Rounding, SlotIndex, resolve};
use mandate_market::{Snapshot, examples};
use mandate_statement::QUANTITY_LIMIT;
use std::collections::BTreeMap;
use std::sync::OnceLock;

/// The small made-up market: four accounts, inverse and linear contracts, options.
pub(crate) fn snapshot() -> &'static Snapshot {
    static SNAPSHOT: OnceLock<Snapshot> = OnceLock::new();
    SNAPSHOT.get_or_init(|| examples::small(AS_OF))
}

/// What holds of every statement that was read.
fn hold(read: impl Fn() -> Result<Records, BookError>) -> bool {
    let records = match read() {
        Ok(records) => records,
        Err(error) => {
            assert!(!error.to_string().is_empty());
            return false;
        }
    };
    let slots = MarketSlots::new(snapshot()).expect("the made-up market holds together");
    let total = slots.shape().slots;
    let mut exact = None;
    for ignore_unlisted_assets in [false, true] {
        for rounding in [Rounding::Exact, Rounding::Down] {
            let options = Options { rounding, ignore_unlisted_assets };
            let (book, report) = match resolve(&records, &slots, &options) {
                Ok(resolved) => resolved,
                Err(error) => {
                    assert!(!error.to_string().is_empty());
                    continue;
                }
            };
            for account in book.accounts() {
                let own = slots.slots(account.netting_set());
                assert_eq!(account.first_slot(), own.start, "outside its account");
                assert_eq!(account.quantities().len(), own.len(), "outside its account");
                let inside = |q: &i64| (-QUANTITY_LIMIT..QUANTITY_LIMIT).contains(q);
                assert!(account.quantities().iter().all(inside), "out of range");
            }
            let quantities = book.quantities(total).to_vec();
            if rounding == Rounding::Exact {
                assert!(report.rounded.is_empty());
                exact = Some(quantities);
            } else if let Some(exact) = &exact
                && report.rounded.is_empty()
            {
                assert_eq!(exact, &quantities, "nothing was rounded, and yet it differs");
            }
            // The same statement again: every row stands twice, and no row may count twice.
            if !records.is_empty() {
                let mut twice = read().unwrap_or_else(|e| panic!("it read before: {e}"));
                twice.merge(read().unwrap_or_else(|e| panic!("it read before: {e}")));
                assert!(resolve(&twice, &slots, &options).is_err(), "every row counted twice");
            }
        }
    }
    exact.is_some()
}

pub(super) fn table(data: &[u8]) -> bool {
    hold(|| read::csv("book.csv", data))
}

pub(super) fn json(data: &[u8]) -> bool {
    hold(|| read::json("book.json", data))
}

pub(super) fn venue(data: &[u8]) -> bool {
    let sizes = ["BTCUSD_PERP", "BTC-USD-SWAP", "BTC-USDT-SWAP", "BTC/USD:BTC"];
    let contract_sizes: BTreeMap<_, _> =
        sizes.iter().map(|s| ((*s).to_owned(), "100".parse().expect("a decimal"))).collect();
    let options = VenueOptions { contract_sizes };
    let mut any = false;
    for account in ["harbour/cross/main", "quay/cross/main", "vault/segregated/main"] {
        any |= hold(|| read::venue("report.json", data, account, &options));
    }
    any
}
