//! A market snapshot: everything a risk part is computed from, as exact decimals, addressed by its content.

use crate::instrument::Instrument;
use crate::price::Price;
use crate::universe::{Universe, UniverseError};
use mandate_statement::{CodecError, Digest, Kind, decode, encode, keccak};
use std::collections::BTreeMap;

/// Where numbers came from.
#[derive(
    Clone, Debug, PartialEq, Eq, bincode::Encode, bincode::Decode, serde::Serialize, serde::Deserialize,
)]
pub struct Source {
    /// Short name, for example `deribit chain`.
    pub name: String,
    /// Keccak-256 of the file that was read, if it was one.
    pub digest: Option<Digest>,
}

/// A symbol's price and haircut.
#[derive(
    Clone, Debug, PartialEq, Eq, bincode::Encode, bincode::Decode, serde::Serialize, serde::Deserialize,
)]
pub struct CurrencyQuote {
    /// USD per unit; the spot index of a coin. Above zero.
    pub price: Price,
    /// Share taken off what is owned and put on what is owed, in basis points of the value, 0 to 10,000.
    pub haircut_bps: u16,
    /// Seconds since 1970 in UTC.
    pub time: u64,
    /// Index into [`Snapshot::sources`].
    pub source: u16,
}

/// A perpetual's, future's or option's quote.
#[derive(
    Clone, Debug, PartialEq, Eq, bincode::Encode, bincode::Decode, serde::Serialize, serde::Deserialize,
)]
pub struct Quote {
    /// Mark. Perpetuals and futures: USD (or settlement currency) per coin, above zero. Options: coin per coin of
    /// contract if inverse, settlement currency per coin if linear; zero is lawful.
    pub mark: Price,
    /// Options: forward of the underlying at expiry, in the strike's currency, above zero.
    pub forward: Option<Price>,
    /// Options: implied volatility per square root of a year, `0.5988` for 59.88%, above zero, at most 50.
    pub vol: Option<Price>,
    /// Best bid, in the mark's unit.
    pub bid: Option<Price>,
    /// Best ask, in the mark's unit.
    pub ask: Option<Price>,
    /// Seconds since 1970 in UTC.
    pub time: u64,
    /// Index into [`Snapshot::sources`].
    pub source: u16,
}

/// What is known of a symbol or instrument.
#[derive(
    Clone, Debug, PartialEq, Eq, bincode::Encode, bincode::Decode, serde::Serialize, serde::Deserialize,
)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum State<T> {
    /// Priced.
    Priced(T),
    /// Not priced, and why: its slots must stay empty.
    Unpriced {
        /// The data-quality gate that refused it, or what was missing.
        why: String,
    },
}

impl<T> State<T> {
    /// What is known, if it is priced.
    pub const fn priced(&self) -> Option<&T> {
        match self {
            Self::Priced(value) => Some(value),
            Self::Unpriced { .. } => None,
        }
    }
}

/// A snapshot.
#[derive(
    Clone, Debug, PartialEq, Eq, bincode::Encode, bincode::Decode, serde::Serialize, serde::Deserialize,
)]
pub struct Snapshot {
    /// Instant, seconds since 1970 in UTC.
    pub as_of: u64,
    /// Where the numbers came from.
    pub sources: Vec<Source>,
    /// Per symbol of the universe.
    pub currencies: BTreeMap<String, State<CurrencyQuote>>,
    /// Per perpetual, future and option of the universe, by `venue:instrument` (see [`quote_key`]).
    pub quotes: BTreeMap<String, State<Quote>>,
    /// The universe.
    pub universe: Universe,
}

/// The key of a quote: one per venue, shared by all its pools.
pub fn quote_key(venue: &str, instrument: &Instrument) -> String {
    format!("{venue}:{instrument}")
}

/// Why bytes are not a snapshot that can be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SnapshotError {
    /// Not a snapshot file.
    #[error(transparent)]
    Codec(#[from] CodecError),
    /// Not the JSON form of one.
    #[error("this is not a snapshot in JSON: {0}")]
    Json(#[from] serde_json::Error),
    /// Larger than any honest file.
    #[error("snapshot in JSON is {got} bytes; at most {limit} are read")]
    TooLarge {
        /// Bytes found.
        got: usize,
        /// Bytes accepted.
        limit: usize,
    },
    /// Its universe is not one.
    #[error("universe: {0}")]
    Universe(#[from] UniverseError),
    /// A symbol or instrument of the universe is not in it, or one is in it that the universe does not name.
    #[error("{what} `{key}` {why}")]
    Entries {
        /// Currency or quote.
        what: &'static str,
        /// Which.
        key: String,
        /// What is wrong.
        why: &'static str,
    },
    /// A number is out of its range.
    #[error("{what} of `{key}` is {got}; it must be {wanted}")]
    Value {
        /// Which number.
        what: &'static str,
        /// Of which symbol or instrument.
        key: String,
        /// The number.
        got: String,
        /// What would be right.
        wanted: &'static str,
    },
}

impl Snapshot {
    /// Digest of everything in it, universe included.
    pub fn digest(&self) -> Digest {
        let mut bytes = keccak(b"mandate/snapshot/1").0.to_vec();
        bincode::encode_into_std_write(self, &mut bytes, bincode::config::standard())
            .expect("writing to memory does not fail");
        keccak(&bytes)
    }
    /// The native file.
    pub fn to_bytes(&self) -> Vec<u8> {
        encode(Kind::Snapshot, self)
    }
    /// The same content as JSON, for people.
    pub fn to_json(&self) -> String {
        serde_json::to_string_pretty(self).expect("maps with text keys serialize")
    }
    /// Reads the native file, or its JSON form where the bytes begin with `{`, and checks it.
    ///
    /// # Errors
    /// [`SnapshotError`]. Never panics, whatever the bytes.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, SnapshotError> {
        let snapshot: Self = if bytes.iter().find(|b| !b.is_ascii_whitespace()) == Some(&b'{') {
            let limit = Kind::Snapshot.limit();
            if bytes.len() > limit {
                return Err(SnapshotError::TooLarge { got: bytes.len(), limit });
            }
            serde_json::from_slice(bytes)?
        } else {
            decode(Kind::Snapshot, bytes)?
        };
        snapshot.validate()?;
        Ok(snapshot)
    }
    /// A symbol's price and haircut, if it is priced.
    pub fn currency(&self, symbol: &str) -> Option<&CurrencyQuote> {
        self.currencies.get(symbol)?.priced()
    }
    /// A symbol's price in USD per unit, if it is priced.
    pub fn price_of(&self, symbol: &str) -> Option<Price> {
        self.currency(symbol).map(|c| c.price)
    }
    /// The quote of a perpetual, future or option at a venue, if it is priced.
    pub fn quote(&self, venue: &str, instrument: &Instrument) -> Option<&Quote> {
        self.quotes.get(&quote_key(venue, instrument))?.priced()
    }
    /// Why an instrument at a venue is not priced, or `None` where it is.
    pub fn unpriced(&self, venue: &str, instrument: &Instrument) -> Option<String> {
        let symbols = std::iter::once(instrument.exposure()).chain(instrument.settlement_currency());
        for symbol in symbols {
            match self.currencies.get(symbol) {
                Some(State::Priced(_)) => {}
                Some(State::Unpriced { why }) => return Some(format!("{symbol}: {why}")),
                None => return Some(format!("{symbol}: not in the snapshot")),
            }
        }
        if !instrument.is_derivative() {
            return None;
        }
        match self.quotes.get(&quote_key(venue, instrument)) {
            Some(State::Priced(_)) => match instrument.expiry() {
                Some(expiry) if expiry <= self.as_of => Some("expired".into()),
                _ => None,
            },
            Some(State::Unpriced { why }) => Some(why.clone()),
            None => Some("not in the snapshot".into()),
        }
    }

    /// Checks the universe, that exactly its symbols and derivatives have an entry, and that every number is in range.
    ///
    /// # Errors
    /// [`SnapshotError`], naming the first thing that is wrong.
    pub fn validate(&self) -> Result<(), SnapshotError> {
        self.universe.validate()?;
        let entries = |what, key: &str, why| Err(SnapshotError::Entries { what, key: key.to_owned(), why });
        for currency in &self.universe.currencies {
            if !self.currencies.contains_key(&currency.symbol) {
                return entries("currency", &currency.symbol, "is in the universe and has no entry");
            }
        }
        for (symbol, state) in &self.currencies {
            if self.universe.class_of(symbol).is_none() {
                return entries("currency", symbol, "is not in the universe");
            }
            if let State::Priced(quote) = state {
                self.check_currency(symbol, quote)?;
            }
        }
        let mut wanted = BTreeMap::new();
        for slot in self.universe.slots()?.filter(|s| s.slot.instrument.is_derivative()) {
            let venue = &self.universe.accounts[slot.account].venue;
            wanted.insert(quote_key(venue, &slot.slot.instrument), &slot.slot.instrument);
        }
        if let Some(key) = wanted.keys().find(|k| !self.quotes.contains_key(*k)) {
            return entries("instrument", key, "is in the universe and has no entry");
        }
        for (key, state) in &self.quotes {
            let Some(instrument) = wanted.get(key) else {
                return entries("instrument", key, "is not in the universe");
            };
            if let State::Priced(quote) = state {
                self.check_quote(key, instrument, quote)?;
            }
        }
        Ok(())
    }

    fn check_source(&self, key: &str, source: u16) -> Result<(), SnapshotError> {
        if usize::from(source) < self.sources.len() {
            return Ok(());
        }
        Err(SnapshotError::Value {
            what: "source",
            key: key.to_owned(),
            got: source.to_string(),
            wanted: "an index into the list of sources",
        })
    }
    fn check_currency(&self, symbol: &str, quote: &CurrencyQuote) -> Result<(), SnapshotError> {
        let value = |what, got: String, wanted| {
            Err(SnapshotError::Value { what, key: symbol.to_owned(), got, wanted })
        };
        if !quote.price.is_positive() {
            return value("price", quote.price.to_string(), "above zero");
        }
        if quote.haircut_bps > 10_000 {
            return value("haircut", quote.haircut_bps.to_string(), "at most 10000 basis points");
        }
        self.check_source(symbol, quote.source)
    }
    fn check_quote(&self, key: &str, instrument: &Instrument, quote: &Quote) -> Result<(), SnapshotError> {
        let value =
            |what, got: String, wanted| Err(SnapshotError::Value { what, key: key.to_owned(), got, wanted });
        let option = matches!(instrument, Instrument::Option { .. });
        if quote.mark < Price::ZERO || (!option && quote.mark == Price::ZERO) {
            return value(
                "mark",
                quote.mark.to_string(),
                if option { "at least zero" } else { "above zero" },
            );
        }
        let fifty = Price::new(50, 0).unwrap_or(Price::ONE);
        for (what, number, most) in [("forward", quote.forward, None), ("volatility", quote.vol, Some(fifty))]
        {
            match number {
                None if option => return value(what, "missing".into(), "there for an option"),
                Some(_) if !option => return value(what, "there".into(), "there for options only"),
                Some(n) if !n.is_positive() => return value(what, n.to_string(), "above zero"),
                Some(n) if most.is_some_and(|m| n > m) => return value(what, n.to_string(), "at most 50"),
                _ => {}
            }
        }
        self.check_source(key, quote.source)
    }
}
