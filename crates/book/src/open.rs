//! Reports of balances that speak of positions which they do not list.

use crate::error::{BookError, Place, clip};
use crate::records::{Records, Row};
use mandate_market::Instrument;
use std::collections::BTreeMap;

/// Which positions a summary shows to be open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Needs {
    /// An option that is settled in the currency.
    Option,
    /// A perpetual or future that is settled in the currency.
    Future,
    /// Any derivative that is settled in the currency.
    Derivative,
    /// Any derivative of the account, as margins are shared between currencies.
    Any,
    /// A list of positions, be it an empty one: orders take margin too.
    List,
}

/// A sign of open positions in a report of balances.
#[derive(Clone)]
pub(crate) struct Open {
    pub(crate) account: String,
    pub(crate) currency: String,
    pub(crate) needs: Needs,
    /// What shows it.
    pub(crate) shown: String,
    pub(crate) place: Place,
}

/// What the reports of an account were of.
#[derive(Default)]
pub(crate) struct Seen {
    /// Accounts with a report of balances.
    pub(crate) balances: BTreeMap<String, Place>,
    /// Accounts with a list of positions, empty ones included.
    pub(crate) positions: BTreeMap<String, Place>,
    /// Signs of open positions.
    pub(crate) open: Vec<Open>,
}

impl Seen {
    pub(crate) fn merge(&mut self, other: Self) {
        self.balances.extend(other.balances);
        self.positions.extend(other.positions);
        self.open.extend(other.open);
    }
    pub(crate) fn rename(&mut self, new: impl Fn(&str) -> String) {
        for accounts in [&mut self.balances, &mut self.positions] {
            *accounts = std::mem::take(accounts).into_iter().map(|(name, at)| (new(&name), at)).collect();
        }
        for open in &mut self.open {
            open.account = new(&open.account);
        }
    }
}

/// Refuses balances whose report shows positions that no row brings, and notes accounts that only balances were read of.
pub(crate) fn check(records: &Records) -> Result<Vec<String>, BookError> {
    let seen = &records.seen;
    let mut held: BTreeMap<&str, Vec<Instrument>> = BTreeMap::new();
    for row in &records.rows {
        let Row { account, instrument, quantity, .. } = row;
        if let Some(derivative) = Instrument::parse_derivative(instrument).filter(|_| !quantity.is_zero()) {
            held.entry(account).or_default().push(derivative);
        }
    }
    let of = |account: &str| held.get(account).map(Vec::as_slice).unwrap_or_default();
    for open in &seen.open {
        let own = of(&open.account);
        let settled = |i: &Instrument| i.settlement_currency() == Some(open.currency.as_str());
        let option = |i: &Instrument| matches!(i, Instrument::Option { .. });
        let met = match open.needs {
            Needs::Option => own.iter().any(|i| option(i) && settled(i)),
            Needs::Future => own.iter().any(|i| !option(i) && settled(i)),
            Needs::Derivative => own.iter().any(settled),
            Needs::Any => !own.is_empty(),
            Needs::List => !own.is_empty() || seen.positions.contains_key(&open.account),
        };
        if !met {
            let what = match open.needs {
                Needs::Option => "options",
                Needs::Future => "futures",
                Needs::Derivative | Needs::Any | Needs::List => "positions",
            };
            let currency = clip(&open.currency);
            return Err(BookError::OpenPositions {
                place: open.place.clone(),
                account: clip(&open.account),
                shown: format!("the summary of `{currency}` shows open {what} ({})", open.shown),
            });
        }
    }
    Ok(seen
        .balances
        .iter()
        .filter(|(account, _)| !seen.positions.contains_key(*account) && of(account).is_empty())
        .map(|(account, place)| {
            format!("{place}: balances only: no positions were read of `{}`", clip(account))
        })
        .collect())
}
