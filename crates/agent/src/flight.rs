//! What is under way, and how a journal says so.

use crate::journal::{Entry, Identity, Intent, JournalError};
use std::time::Duration;

/// Everything sent under one nonce that is not settled.
pub(crate) struct Flight {
    pub(crate) nonce: u64,
    /// Oldest first, never empty.
    pub(crate) intents: Vec<Intent>,
    /// When the last intent's bytes last went to the node, by this process's clock; `None` before the first time.
    pub(crate) sent: Option<Duration>,
    /// When the last intent was first sent by this process.
    pub(crate) since: Option<Duration>,
    /// The last intent would be refused.
    pub(crate) dead: bool,
    /// Looks that found the nonce taken, and no receipt.
    pub(crate) missing: u32,
}

impl Flight {
    pub(crate) fn of(intent: Intent) -> Self {
        Self { nonce: intent.nonce, intents: vec![intent], sent: None, since: None, dead: false, missing: 0 }
    }
    pub(crate) fn last(&self) -> &Intent {
        &self.intents[self.intents.len() - 1]
    }
}

/// What is under way by a journal.
pub(crate) fn restore(entries: &[Entry], identity: &Identity) -> Result<Option<Flight>, JournalError> {
    let mut flight: Option<Flight> = None;
    for (index, entry) in entries.iter().enumerate() {
        match entry {
            Entry::Opened(found) if index == 0 => same(found, identity)?,
            Entry::Opened(_) => return Err(JournalError::Order("it is opened twice")),
            _ if index == 0 => return Err(JournalError::Order("its first line does not say whose it is")),
            Entry::Intent(intent) => match &mut flight {
                None => flight = Some(Flight::of(intent.clone())),
                Some(open) if open.nonce == intent.nonce => open.intents.push(intent.clone()),
                Some(_) => return Err(JournalError::Order("two nonces are under way at once")),
            },
            Entry::Settled { nonce, .. } => match flight.take() {
                Some(open) if open.nonce == *nonce => {}
                _ => return Err(JournalError::Order("a nonce is settled that is not under way")),
            },
        }
    }
    Ok(flight)
}

fn same(found: &Identity, wanted: &Identity) -> Result<(), JournalError> {
    let hex = |bytes: &[u8]| format!("0x{}", hex::encode(bytes));
    let pairs = [
        ("chain", found.chain_id.to_string(), wanted.chain_id.to_string()),
        ("registry", hex(&found.registry), hex(&wanted.registry)),
        ("subject", found.subject.to_string(), wanted.subject.to_string()),
        ("mandate", found.mandate.to_string(), wanted.mandate.to_string()),
        ("sender", hex(&found.sender), hex(&wanted.sender)),
    ];
    match pairs.into_iter().find(|(_, f, w)| f != w) {
        Some((what, found, wanted)) => Err(JournalError::Stranger { what, found, wanted }),
        None => Ok(()),
    }
}
